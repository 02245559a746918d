import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parseAbsResourceInstance } from '../../src/addrs/index.ts'
import { boolVal, listVal, nullVal, numberVal, objectVal, stringType, stringVal, type Value } from '../../src/cty/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { classifyDrift, driftIssues, driftJson, readIgnoreRules, type StackDrift, updateIssue } from '../../src/ops/drift/index.ts'
import { Github, ordinaryPatience } from '../../src/ops/forge/index.ts'
import type { ResourceChange } from '../../src/plans/index.ts'
import { FakeGithub } from './_github.ts'
import { toHtml, unsanitised } from './_markdown.ts'

const text = stringVal
function change(address: string, before: Value, after: Value | undefined): ResourceChange {
  const parsed = parseAbsResourceInstance(address, new Diagnostics())!
  return {
    address: parsed,
    previousAddress: parsed,
    deposed: undefined,
    provider: undefined as never,
    action: after === undefined ? 'delete' : 'update',
    reason: undefined,
    before,
    after: after ?? nullVal(before.type),
    requiredReplace: [],
    schemaVersion: 0,
    private: undefined,
    importing: undefined,
  }
}
/** A null list: what a new group says of its rules. */
const setOfNothing = () => nullVal(listVal([text('a')]).type)
const update = (address: string, name: string, before: Value, after: Value) =>
  change(address, objectVal({ [name]: before, other: text('x') }), objectVal({ [name]: after, other: text('x') }))

test.each([
  ['gone', change('aws_vpc.a', objectVal({ id: text('vpc-1') }), undefined)],
  ['changed', update('aws_instance.a', 'instance_type', text('a'), text('b'))],
  ['security', update('aws_s3_bucket.a', 'policy', text('a'), text('b'))],
  ['security', update('aws_iam_role.a', 'path', text('a'), text('b'))],
  ['changed', update('aws_iam_role.a', 'tags', text('a'), text('b'))],
  ['security', update('aws_security_group.a', 'name', text('a'), text('b'))],
  ['security', update('aws_db_instance.a', 'publicly_accessible', boolVal(false), boolVal(true))],
  ['defaults', update('aws_instance.a', 'description', nullVal(stringType), text(''))],
  [
    'defaults',
    update(
      'aws_instance.a',
      'ids',
      nullVal(listVal([text('a')]).type),
      listVal([text('a')]).type.kind === 'list' ? nullVal(stringType) : text(''),
    ),
  ],
  ['defaults', update('aws_instance.a', 'count', numberVal(0), nullVal(numberVal(0).type))],
  ['changed', update('aws_instance.a', 'count', numberVal(0), numberVal(1))],
])('%s', (kind, drift) => {
  expect(classifyDrift([drift], [], '2026-11-21').map((item) => item.kind)).toEqual([kind])
})

test.each([
  ['defaults', 'private_ip', ['cidr_block']],
  ['changed', 'private_ip', ['private_ip']],
  ['security', 'ingress', ['name']],
  ['defaults', 'tags_all', ['name']],
  ['changed', 'tags_all', ['tags']],
])('%s: %s where the sources say %j', (kind, name, said) => {
  const found = classifyDrift([update('aws_eip.a[0]', name, text('a'), text('b'))], [], '2026-11-21', (block) =>
    block === 'aws_eip.a' ? new Set(said) : undefined,
  )
  expect(found.map((item) => item.kind)).toEqual([kind])
})

test('what other resources of the stack complete, the first time', () => {
  const rules = (before: readonly Value[]) =>
    update('aws_security_group.a', 'ingress', before.length === 0 ? setOfNothing() : listVal(before), listVal([text('22')]))
  const kind = (drift: ResourceChange, completed: boolean) =>
    classifyDrift(
      [drift],
      [],
      '2026-11-21',
      () => new Set(['name']),
      () => completed,
    )[0]!.kind
  expect(kind(rules([]), true)).toBe('defaults')
  expect(kind(rules([]), false)).toBe('security')
  expect(kind(rules([text('443')]), true)).toBe('security')
})

test('the most serious first; nothing for what is the same', () => {
  const found = classifyDrift(
    [
      update('aws_instance.a', 'count', numberVal(0), nullVal(numberVal(0).type)),
      update('aws_instance.b', 'type', text('a'), text('a')),
      update('aws_iam_role.a', 'path', text('a'), text('b')),
      change('aws_vpc.a', objectVal({ id: text('vpc-1') }), undefined),
    ],
    [],
    '2026-11-21',
  )
  expect(found.map((item) => item.kind)).toEqual(['gone', 'security', 'defaults'])
})

describe('what is left alone', () => {
  const rule = (more: object = {}) => ({
    address: 'aws_autoscaling_group.*',
    attributes: ['desired_capacity'],
    reason: 'scales',
    until: '2026-12-31',
    ...more,
  })
  const scaled = update('aws_autoscaling_group.a["x"]', 'desired_capacity', numberVal(1), numberVal(2))
  const verdict = (r: object, drift = scaled, today = '2026-11-21') => {
    const [item] = classifyDrift([drift], [r as never], today)
    return item!.ignored !== undefined ? 'ignored' : item!.expired !== undefined ? 'expired' : 'counts'
  }
  test.each([
    ['ignored', rule(), scaled, '2026-11-21'],
    ['ignored', rule(), scaled, '2026-12-31'],
    ['expired', rule(), scaled, '2027-01-01'],
    ['counts', rule({ attributes: ['max_size'] }), scaled, '2026-11-21'],
    ['ignored', rule({ attributes: [] }), scaled, '2026-11-21'],
    ['counts', rule(), change('aws_autoscaling_group.a', objectVal({ desired_capacity: numberVal(1) }), undefined), '2026-11-21'],
    [
      'ignored',
      rule({ attributes: [] }),
      change('aws_autoscaling_group.a', objectVal({ desired_capacity: numberVal(1) }), undefined),
      '2026-11-21',
    ],
    ['counts', rule({ address: 'aws_autoscaling_group.b' }), scaled, '2026-11-21'],
  ])('%s', (want, r, drift, today) => {
    expect(verdict(r, drift, today)).toBe(want)
  })

  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'landform-drift-'))
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))
  test.each([
    [{ drift: { ignore: [rule()] } }, ''],
    [{}, ''],
    [{ drift: { ignore: {} } }, '"drift.ignore" must be a list'],
    [{ drift: { ignore: [rule({ until: undefined })] } }, 'nothing is ignored for ever'],
    [{ drift: { ignore: [rule({ until: '2026-13-01' })] } }, '"until" must be a date'],
    [{ drift: { ignore: [rule({ reason: '' })] } }, '"reason" must say why'],
    [{ drift: { ignore: [rule({ address: 3 })] } }, '"address" must be'],
    [{ drift: { ignore: [rule({ attributes: 'x' })] } }, '"attributes" must be a list'],
  ])('%j', (settings, problem) => {
    writeFileSync(join(dir, 'landform.json'), JSON.stringify(settings))
    const diags = new Diagnostics()
    const rules = readIgnoreRules(dir, diags)
    expect(diags.items.map((d) => d.detail).join()).toContain(problem)
    expect(rules.length).toBe(JSON.stringify(settings).includes('scales') && problem === '' ? 1 : 0)
  })
})

describe('one issue per stack', () => {
  let server: FakeGithub
  let github: Github
  beforeAll(async () => {
    server = new FakeGithub()
    const api = await server.start()
    github = new Github(
      { apiUrl: api, graphqlUrl: api.replace('/v3', '/graphql'), token: server.token, owner: 'acme', repo: 'shop' },
      { ...ordinaryPatience, sleep: async () => {} },
    )
  })
  afterAll(() => server.stop())
  const drift = (attributes: readonly string[]): StackDrift => ({
    environment: 'stage',
    stack: 'stage',
    name: 'stage',
    items: attributes.map((name) => ({
      address: `aws_x.<b>@acme/ops["${name}"]`,
      kind: 'changed',
      attributes: [name],
      ignored: undefined,
      expired: undefined,
    })),
    report: undefined,
    failed: false,
  })
  test('opened, left alone, edited, closed, and opened again', async () => {
    const step = async (attributes: readonly string[]) => updateIssue(github, drift(attributes), await driftIssues(github))
    expect(await step([])).toBe('unchanged')
    expect(await step(['a'])).toBe('opened')
    expect(await step(['a'])).toBe('unchanged')
    expect(await step(['a', 'b'])).toBe('edited')
    expect(await step([])).toBe('closed')
    expect(await step([])).toBe('unchanged')
    expect(await step(['c'])).toBe('opened')
    expect(server.issues).toHaveLength(1)
    expect(server.issues[0]).toMatchObject({ title: 'Drift in stage', state: 'open', labels: [{ name: 'landform-drift' }] })
    const html = toHtml(server.issues[0]!.body)
    expect(html).toContain('<code>aws_x.&lt;b&gt;@acme/ops["c"]</code>')
    expect(unsanitised(server.issues[0]!.body)).not.toContain('<b>')
  })

  test('as JSON', () => {
    expect(JSON.parse(driftJson([drift(['a'])]))).toMatchObject({
      format_version: '1.0',
      stacks: [{ stack: 'stage', status: 'drifted', counts: { gone: 0, security: 0, changed: 1, defaults: 0 } }],
    })
  })
})
