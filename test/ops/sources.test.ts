import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { Diagnostics } from '../../src/diags/index.ts'
import { isReproducible } from '../../src/ops/_sources.ts'
import { parseCompilerOutput } from '../../src/ops/check-types.ts'
import { openProject, prepareEnvironments, readOrganization, selectEnvironments, synthesise } from '../../src/ops/index.ts'
import { brief, TestProject } from './_project.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let project: TestProject
beforeAll(() => {
  project = new TestProject()
})
afterAll(() => project.remove())

async function synth(name: string) {
  const diags = new Diagnostics()
  const prepared = await prepareEnvironments(openProject(project.root, diags)!, diags)
  const stack = prepared === undefined ? undefined : await synthesise(prepared, name, diags)
  return { prepared, stack, diags: diags.items.map(brief) }
}

describe('finding environments', () => {
  test('from a folder below the project', () => {
    const diags = new Diagnostics()
    const found = openProject(join(project.root, 'modules', 'network'), diags)
    expect(found?.root).toBe(project.root)
    expect(found?.environments).toEqual(['ops', 'prod', 'stage'])
  })

  test('where there is none', () => {
    const diags = new Diagnostics()
    expect(openProject('/', diags)).toBeUndefined()
    expect(diags.items.map((d) => d.summary)).toEqual(['No environments here'])
  })

  test.each([
    ['stage', ['stage']],
    ['all', ['ops', 'stage', 'prod']],
  ])('%s', (name, want) => {
    const diags = new Diagnostics()
    expect(selectEnvironments(openProject(project.root, diags)!, name, ['management', 'ops', 'stage', 'prod'], diags)).toEqual(want)
  })

  test.each([
    ['stag', 'Did you mean "stage"?'],
    ['staging-eu', 'write environments/staging-eu.ts'],
    ['../../etc', 'write environments/NAME.ts'],
    ['accounts', 'The environments are ops, prod, stage'],
  ])('unknown: %s', (name, want) => {
    const diags = new Diagnostics()
    expect(selectEnvironments(openProject(project.root, diags)!, name, [], diags)).toBeUndefined()
    expect(diags.items.map((d) => d.summary)).toEqual(['Unknown environment'])
    expect(diags.items[0]!.detail).toContain(want)
  })
})

describe('mistakes in sources are told at their line', () => {
  afterEach(() => project.reset())

  test.each([
    {
      name: 'misspelt prop',
      file: 'environments/application.ts',
      from: "healthCheck: '/health',",
      to: "healtCheck: '/health',",
      want: /^Type error \| .*'healtCheck' does not exist in type 'EcsServiceProps'.* Did you mean to write 'healthCheck'\? \(TS2561\) \| environments\/application\.ts:62$/,
    },
    {
      name: 'wrong type',
      file: 'environments/stage.ts',
      from: 'drainingSeconds: 300',
      to: "drainingSeconds: '300'",
      want: /^Type error \| Type 'string' is not assignable to type 'number'\. \(TS2322\) \| environments\/stage\.ts:13$/,
    },
    {
      name: 'syntax error, told once',
      file: 'environments/stage.ts',
      from: 'application(app, stage, {',
      to: 'application(app, stage, {{',
      want: /^Type error \| .* \| environments\/stage\.ts:6$/,
    },
    {
      name: 'a rule of a module, at the line that breaks it',
      file: 'environments/stage.ts',
      from: "cidr: '10.30.0.0/16'",
      to: "cidr: '10.30.0.0/20'",
      want: /^Environment failed \| stage\/network: cidr must be a \/16 .*environments\/stage\.ts:6 \| environments\/application\.ts:53$/s,
    },
    {
      name: 'two services on one port',
      file: 'environments/application.ts',
      from: 'port: 3000',
      to: 'port: 8080',
      want: /^Environment failed \| stage\/web: port 8080 of the hosts of stage-cluster is taken by stage\/api; .* \| environments\/application\.ts:68$/s,
    },
    {
      name: 'whatever is thrown',
      file: 'environments/stage.ts',
      from: 'export default (app: App) =>',
      to: 'const missing: string[] = []\nexport default (app: App) =>\n  missing[0]!.length > 0 ? [] :',
      want: /^Environment failed \| Cannot read properties of undefined \(reading 'length'\) \| environments\/stage\.ts:7$/,
    },
    {
      name: 'no stack',
      file: 'environments/stage.ts',
      from: 'application(app, stage, {',
      to: 'application(app, stage, {',
      replaceAll: "import type { App } from 'cdktf'\nexport default (_: App) => []\n",
      want: /^Invalid environment \| .* returned none\. /,
    },
    {
      name: 'an account id that is none',
      file: 'environments/accounts.ts',
      from: "id: '333344445555'",
      to: "id: '33334444555'",
      want: /^Invalid accounts \| environments\/accounts\.ts cannot be used:\n {2}- accounts\[2\]\.id must be twelve digits in quotes/,
    },
  ])('$name', async ({ file, from, to, want, replaceAll }) => {
    project.edit(file, from, to)
    if (replaceAll !== undefined) project.write(file, replaceAll)
    const { diags, stack } = await synth('stage')
    expect(stack).toBeUndefined()
    expect(diags[0]).toMatch(want)
    if (want.source.includes('Type error')) expect(diags.every((d) => d.startsWith('Type error'))).toBe(true)
  })
})

describe('what did not change is not done again', () => {
  afterEach(() => project.reset())

  test('a stack comes from the cache, and anew after an edit', async () => {
    const first = await synth('stage')
    expect(first.diags).toEqual([])
    const written = statSync(first.prepared!.bundle).mtimeMs
    const second = await synth('stage')
    expect(second.stack).toEqual(first.stack)
    expect(statSync(second.prepared!.bundle).mtimeMs).toBe(written)
    project.edit('environments/stage.ts', 'drainingSeconds: 300', 'drainingSeconds: 60')
    const third = await synth('stage')
    expect(third.stack![0]!.text.match(/"connection_draining_timeout": 60/g)).toHaveLength(2)
    expect(first.stack![0]!.text.match(/"connection_draining_timeout": 300/g)).toHaveLength(2)
  })

  test('the environments of this repository', async () => {
    expect((await synth('stage')).prepared!.reproducible).toBe(true)
  })

  test.each([
    ['export const a = 1', true],
    ['const id = process.env.ID', false],
    ['const now = new Date()', false],
    ["import { readFileSync } from 'node:fs'", false],
    ['Math.random()', false],
    ["await import('./x.ts')", false],
    ["import 'anything'", false],
    ["import { x } from 'some-package'", false],
    ["import type { App } from 'cdktf'\nimport { Vpc } from '@cdktf/provider-aws/lib/vpc/index.js'\nimport { a } from './a.ts'", true],
    ['/** Not the Date,\n * nor the process. */\n  // require\nexport const all = `${arn}/*`', true],
    ['export const all = `${arn}/*`; const id = process.env.ID // */', false],
  ])('%s', (text, want) => {
    expect(isReproducible({ files: new Map([['environments/a.ts', text]]), digest: '' })).toBe(want)
  })
})

test('output of the compiler', () => {
  const output = [
    "environments/stage.ts(8,5): error TS2561: Object literal may only specify known properties, but 'zone' does not exist.",
    'error TS18003: No inputs were found.',
    '  And more of it.',
    'Found 2 errors.',
  ].join('\n')
  expect(parseCompilerOutput(output)).toEqual([
    {
      file: 'environments/stage.ts',
      line: 8,
      column: 5,
      message: "Object literal may only specify known properties, but 'zone' does not exist. (TS2561)",
    },
    { file: undefined, line: 0, column: 0, message: 'No inputs were found. (TS18003)\n  And more of it.' },
  ])
})

describe('accounts', () => {
  const account = { name: 'a', id: '111122223333', email: 'a@example.com', region: 'us-east-1', roles: { plan: 'p', apply: 'q' } }
  const good = {
    target: 'sandbox',
    accounts: [account],
    hub: account,
    management: account,
    store: { account, region: 'r', bucket: 'b', role: 's' },
  }
  test.each([
    ['good', good, ''],
    ['no target', { ...good, target: 'moon' }, `target must be 'sandbox' or 'aws', not "moon"`],
    ['none', { ...good, accounts: [] }, 'accounts must list the accounts'],
    ['twice', { ...good, accounts: [account, { ...account, id: '999999999999' }] }, 'two accounts have the name "a"'],
    ['no bucket', { ...good, store: { ...good.store, bucket: '' } }, 'store.bucket must be a text'],
    ['number', { ...good, hub: { ...account, id: 111122223333 } }, 'hub.id must be twelve digits in quotes'],
    ['nothing', undefined, 'accounts must list the accounts'],
    ['providers', { ...good, builtinProviders: ['hashicorp/aws', 'none'] }, ''],
    ['unknown provider', { ...good, builtinProviders: ['awz'] }, 'builtinProviders[0] must be one of aws, datadog, null,'],
  ])('%s', (_name, exported, want) => {
    const diags = new Diagnostics()
    const organization = readOrganization(exported, diags)
    expect(organization === undefined).toBe(want !== '')
    if (want !== '') expect(diags.items[0]!.detail).toContain(want)
  })
})
