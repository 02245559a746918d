import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { differences } from '../../src/command/comparison/differences.ts'
import { type JsonObject, normalPlan } from '../../src/command/comparison/normal-form.ts'
import { cpuOf } from '../../src/command/comparison/run-tool.ts'
import { ensureBuilt, terraform, Workspace } from '../e2e/_cli.ts'

describe('normal form', () => {
  const cases: readonly (readonly [string, JsonObject, JsonObject])[] = [
    [
      'versions and times say nothing',
      { terraform_version: '1', timestamp: 't', format_version: '1.2', errored: false },
      { errored: false },
    ],
    [
      'a state without objects is none',
      { prior_state: { format_version: '1.0', terraform_version: '1' }, errored: false },
      { errored: false },
    ],
    [
      'both default registries are one',
      { resource_changes: [{ address: 'a', provider_name: 'registry.opentofu.org/hashicorp/aws' }] },
      { resource_changes: [{ address: 'a', provider_name: 'registry.terraform.io/hashicorp/aws' }] },
    ],
    [
      'values keep names that mean something elsewhere',
      { variables: { timestamp: { value: { timestamp: 1, format_version: 2 } } } },
      { variables: { timestamp: { value: { timestamp: 1, format_version: 2 } } } },
    ],
    [
      'relevant attributes have no order',
      {
        relevant_attributes: [
          { resource: 'b', attribute: ['x'] },
          { resource: 'a', attribute: ['x'] },
        ],
      },
      {
        relevant_attributes: [
          { resource: 'a', attribute: ['x'] },
          { resource: 'b', attribute: ['x'] },
        ],
      },
    ],
  ]
  test.each(cases)('%s', (_, document, want) => expect(normalPlan(document)).toEqual(want))
})

describe('differences', () => {
  const change = (members: JsonObject): JsonObject => ({ resource_changes: [{ address: 'x.a', change: members }] })
  const cases: readonly (readonly [string, JsonObject, JsonObject, readonly object[]])[] = [
    ['none', { a: [1, { b: null }] }, { a: [1, { b: null }] }, []],
    ['a member that only one has', { a: 1 }, {}, [{ path: 'a', ours: 1, theirs: undefined }]],
    ['null is not nothing', { a: null }, {}, [{ path: 'a', ours: null, theirs: undefined }]],
    [
      'deep inside',
      change({ after: { tags: { x: '1' } } }),
      change({ after: { tags: { x: '2' } } }),
      [{ path: 'resource_changes[x.a].change.after.tags.x', ours: '1', theirs: '2' }],
    ],
    [
      'entries by address, wherever they stand',
      { resource_changes: [{ address: 'x.a' }, { address: 'x.b', mode: 'data' }] },
      { resource_changes: [{ address: 'x.b', mode: 'managed' }] },
      [
        { path: 'resource_changes[x.a]', ours: { address: 'x.a' }, theirs: undefined },
        { path: 'resource_changes[x.b].mode', ours: 'data', theirs: 'managed' },
      ],
    ],
    [
      'another order alone',
      { resource_changes: [{ address: 'x.a' }, { address: 'x.b' }] },
      { resource_changes: [{ address: 'x.b' }, { address: 'x.a' }] },
      [{ path: 'resource_changes (order)', ours: ['x.a', 'x.b'], theirs: ['x.b', 'x.a'] }],
    ],
    [
      'what is sensitive is not shown, whoever says so',
      change({ after: { password: 'a', plain: 1 }, after_sensitive: { password: true } }),
      change({ after: { password: 'b', plain: 2 }, after_sensitive: {} }),
      [
        { path: 'resource_changes[x.a].change.after.password', ours: '(sensitive value)', theirs: '(sensitive value)' },
        { path: 'resource_changes[x.a].change.after.plain', ours: 1, theirs: 2 },
        { path: 'resource_changes[x.a].change.after_sensitive.password', ours: true, theirs: undefined },
      ],
    ],
    [
      'nor what holds something sensitive',
      change({ after: { block: [{ password: 'a' }] }, after_sensitive: { block: [{ password: true }] } }),
      change({ after: {}, after_sensitive: { block: [{ password: true }] } }),
      [{ path: 'resource_changes[x.a].change.after.block', ours: '(sensitive value)', theirs: undefined }],
    ],
    [
      'nor sensitive output values',
      { planned_values: { outputs: { o: { sensitive: true, value: 'a' } } } },
      { planned_values: { outputs: { o: { sensitive: true, value: 'b' } } } },
      [{ path: 'planned_values.outputs.o.value', ours: '(sensitive value)', theirs: '(sensitive value)' }],
    ],
  ]
  test.each(cases)('%s', (_, ours, theirs, want) => expect(differences(ours, theirs)).toEqual(want))
})

test.each([
  ['0m0.010s 0m0.020s\n0m1.500s 1m0.250s\n', 61_750],
  ['', 0],
])('CPU times of children: %j', (text, want) => expect(cpuOf(text)).toBeCloseTo(want))

describe('a folder planned by two tools', () => {
  const files = {
    'main.tf': `variable "v" { default = "one" }
resource "terraform_data" "x" { input = var.v }
variable "secret" {
  default   = "one"
  sensitive = true
}
resource "terraform_data" "y" { input = var.secret }
`,
  }
  let workspace: Workspace
  let elsewhere: Workspace
  beforeAll(() => {
    ensureBuilt()
    elsewhere = new Workspace({})
  })
  afterEach(() => workspace.remove())
  afterAll(() => elsewhere.remove())

  /** Landform under another name, with arguments of its own for each plan. */
  const stranger = (extra: string): string => {
    const path = join(elsewhere.dir, 'stranger')
    const landform = process.env.LANDFORM_EXECUTABLE ?? join(import.meta.dirname, '../../bin/landform')
    writeFileSync(
      path,
      `#!/bin/sh\ncommand=$1\nshift\nif [ "$command" = plan ]; then set -- "$@" ${extra}; fi\nexec '${landform}' $command "$@"\n`,
    )
    chmodSync(path, 0o755)
    return path
  }

  test('the same plans', () => {
    workspace = new Workspace(files)
    workspace.run(['init'])
    workspace.run(['apply', '-auto-approve'])
    const state = readFileSync(join(workspace.dir, 'terraform.tfstate'), 'utf8')
    const before = readdirSync(workspace.dir)
    const got = workspace.run(['compare', '-no-color', `-with=${stranger('')}`])
    expect([got.code, got.stderr]).toEqual([0, ''])
    expect(got.stdout).toMatch(/CPU +elapsed\nlandform +[\d.]+ s +[\d.]+ s\n/)
    expect(got.stdout).toContain('The plans are the same.')
    expect(readdirSync(workspace.dir)).toEqual(before)
    expect(readFileSync(join(workspace.dir, 'terraform.tfstate'), 'utf8')).toBe(state)
  })

  test('other plans', () => {
    workspace = new Workspace(files)
    const program = stranger('-var=v=two -var=secret=two')
    const got = workspace.run(['compare', '-json', `-with=${program}`])
    expect([got.code, got.stderr]).toEqual([2, ''])
    const document = JSON.parse(got.stdout) as { equal: boolean; differences: Record<string, unknown>[] }
    expect(document.equal).toBe(false)
    const at = (path: string) => document.differences.find((d) => d.path === path)
    expect(at('resource_changes[terraform_data.x].change.after.input')).toEqual({
      path: 'resource_changes[terraform_data.x].change.after.input',
      landform: 'one',
      [program]: 'two',
    })
    expect(at('resource_changes[terraform_data.y].change.after.input')).toMatchObject({ landform: '(sensitive value)' })
    expect(existsSync(join(workspace.dir, 'terraform.tfstate'))).toBe(false)
    const text = workspace.run(['compare', '-no-color', `-with=${program}`])
    expect([text.code, text.stdout]).toEqual([2, expect.stringContaining('The plans differ in')])
  })

  test('a tool that does not plan', () => {
    workspace = new Workspace(files)
    const got = workspace.run(['compare', '-no-color', '-with=no-such-tool'])
    expect([got.code, got.stderr]).toEqual([1, expect.stringContaining('No plan of no-such-tool')])
  })

  test.skipIf(terraform === undefined)('Terraform', () => {
    workspace = new Workspace(files)
    const got = workspace.run(['compare', '-no-color', `-with=${terraform}`])
    expect([got.code, got.stdout, got.stderr]).toEqual([0, expect.stringContaining('The plans are the same.'), ''])
  })
})
