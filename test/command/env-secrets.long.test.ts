import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ops as opsAccount } from '../../environments/accounts.ts'
import { openSession, type Session } from '../../src/aws/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { openProject, prepareEnvironments, sandboxOptions } from '../../src/ops/index.ts'
import { hubKey, startSandbox } from '../../src/sandbox/index.ts'
import { FakeGithub } from '../ops/_github.ts'
import { TestProject } from '../ops/_project.ts'
import { type Typed, typeAt } from './_type.ts'

/** Secrets in every kind of input: not one byte of them may be in anything that is printed, posted or kept beside plans and states. The steps follow on each other. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const canary = 'S3CR3T-7d1f0b62-given'
const plain = 'ghp_abcdefghijklmnopqrstuvwxyzCANARY01'
/** By where they come from. */
const canaries = {
  'input variable': canary,
  'like a token, in the sources': plain,
  'keys of Datadog in the provider': 'S3CR3T-a1b2c3d4-datadog-key',
  'keys in the environment': 'S3CR3T-99887766-environment',
  'data source': 'S3CR3T-5f6a7b8c-parameter',
  'address of an account': 'root-s3cr3t-0c1d2e3f@example.com',
} as const
const ops = `import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group/index.js'
import { DataAwsSsmParameter } from '@cdktf/provider-aws/lib/data-aws-ssm-parameter/index.js'
import { LaunchTemplate } from '@cdktf/provider-aws/lib/launch-template/index.js'
import { Vpc } from '@cdktf/provider-aws/lib/vpc/index.js'
import { Monitor } from '@cdktf/provider-datadog/lib/monitor/index.js'
import { DatadogProvider } from '@cdktf/provider-datadog/lib/provider/index.js'
import { type App, Fn, TerraformOutput, type TerraformStack, TerraformVariable } from 'cdktf'
import { Environment } from '../modules/environment/index.ts'
import { backendOf } from '../state/index.ts'
import { ops } from './accounts.ts'

export default (app: App): TerraformStack[] => {
  const env = new Environment(app, { account: ops, backend: backendOf(ops) })
  const secret = new TerraformVariable(env, 'secret', { type: 'string', sensitive: true })
  const key = new TerraformVariable(env, 'datadog_key', { type: 'string', sensitive: true })
  new DatadogProvider(env, 'datadog', { apiKey: key.stringValue, appKey: key.stringValue })
  const suffix = ''
  const parameter = new DataAwsSsmParameter(env, 'parameter', { name: '/shop/token' })
  const vpc = new Vpc(env, 'vpc', { cidrBlock: '10.1.0.0/16', tags: { Secret: secret.stringValue, Both: \`a \${secret.stringValue} b\`, Plain: '${plain}', Owner: 'one' } })
  new CloudwatchLogGroup(env, 'log', { name: \`/shop/log\${suffix}\`, tags: { Secret: secret.stringValue, Parameter: parameter.value } })
  const script = \`#!/bin/sh\\nexport TOKEN=\${secret.stringValue} OTHER=\${parameter.value}\\n\`
  new LaunchTemplate(env, 'template', { name: 'shop', userData: Fn.base64encode(script) })
  new Monitor(env, 'monitor', { name: 'up', type: 'metric alert', query: 'avg(last_5m):avg:system.load.1{*} > 4', message: \`tell \${secret.stringValue}\` })
  new TerraformOutput(env, 'secret-output', { value: secret.stringValue, sensitive: true })
  new TerraformOutput(env, 'parameter-output', { value: parameter.value, sensitive: true })
  new TerraformOutput(env, 'vpc-id', { value: vpc.id })
  return [env]
}
`

let project: TestProject
let server: FakeGithub
let forge: Readonly<Record<string, string>>
const printed: string[] = []
beforeAll(async () => {
  server = new FakeGithub()
  server.pull(7)
  const api = await server.start()
  forge = { GITHUB_TOKEN: server.token, GITHUB_REPOSITORY: 'acme/shop', GITHUB_API_URL: api, GITHUB_ACTIONS: 'true', GITHUB_RUN_ID: '5' }
  project = new TestProject({ types: false })
  for (const name of ['stage', 'prod']) rmSync(join(project.root, `environments/${name}.ts`))
  project.write('environments/ops.ts', ops)
  const { id, email } = opsAccount
  project.edit('environments/accounts.ts', email, canaries['address of an account'])
  expect(project.read('environments/accounts.ts')).toContain(id)
  await byHand(async (session) => {
    await session.call('ssm', 'PutParameter', { Name: '/shop/token', Type: 'SecureString', Value: canaries['data source'] })
  })
})
afterAll(async () => {
  project.remove()
  await server.stop()
})

const key = canaries['keys in the environment']
const surroundings = {
  YES: '1',
  TF_VAR_secret: canary,
  TF_VAR_datadog_key: canaries['keys of Datadog in the provider'],
  AWS_ACCESS_KEY_ID: key,
  AWS_SECRET_ACCESS_KEY: key,
  AWS_SESSION_TOKEN: key,
  DD_API_KEY: key,
  DATADOG_APP_KEY: key,
  DATABASE_PASSWORD: key,
}

async function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Typed> {
  const typed = await typeAt(project.root, args, { environment: { ...surroundings, ...environment } })
  printed.push(typed.out, typed.err)
  return typed
}

async function byHand(work: (session: Session) => Promise<unknown>): Promise<void> {
  const diags = new Diagnostics()
  const prepared = await prepareEnvironments(openProject(project.root, diags)!, diags, { checkTypes: false })
  const sandbox = await startSandbox(sandboxOptions(prepared!.project, prepared!.organization, {}))
  const { id, secret } = hubKey('222233334444')
  const assumeRole = [{ roleArn: 'arn:aws:iam::222233334444:role/landform-apply' }]
  await work(
    await openSession({ region: 'us-east-1', accessKey: id, secretKey: secret, assumeRole }, { env: { AWS_ENDPOINT_URL: sandbox.url } }),
  )
  await sandbox.close()
}

/** Files that anybody may see: not plans, states, the world itself and the sources, which hold secrets by their nature. */
function kept(dir = project.root): readonly string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name)
    if (['node_modules', 'sandbox', 'environments', 'modules', 'cache', 'synth'].includes(entry.name)) return []
    if (entry.isDirectory()) return kept(path)
    return entry.name.endsWith('.tfplan') || !statSync(path).isFile() ? [] : [path]
  })
}

test('planned, shown, applied, changed by hand, looked at, and failed', async () => {
  expect(await run(['env', 'plan', 'ops'])).toMatchObject({ code: 0, err: '' })
  expect(await run(['comment', '-pr=7', '-artefact=artefact'], forge)).toMatchObject({ code: 0, err: '' })
  expect(await run(['env', 'apply', 'ops', '-report=applied.json'])).toMatchObject({ code: 0, err: '' })
  expect(await run(['comment', '-report=applied.json', '-file=-'])).toMatchObject({ code: 0, err: '' })
  await byHand(async (session) => {
    const { Vpcs } = await session.call('ec2', 'DescribeVpcs', { Filters: [{ Name: 'tag:Owner', Values: ['one'] }] })
    await session.call('ec2', 'CreateTags', {
      Resources: [Vpcs![0]!.VpcId!],
      Tags: [
        { Key: 'Secret', Value: `${canary}-by-hand` },
        { Key: 'Extra', Value: canary },
      ],
    })
  })
  expect(await run(['env', 'drift', 'ops', '-issue'], forge)).toMatchObject({ code: 2, err: '' })
  expect(await run(['env', 'drift', 'ops', '-json'])).toMatchObject({ code: 2 })
  expect(await run(['env', 'snapshot', 'ops', '-out=snapshot'])).toMatchObject({ code: 0, err: '' })
  // A service's own words may repeat what it was told.
  project.edit('environments/ops.ts', "const suffix = ''", `const suffix = \` not a name ${plain} \${secret.stringValue}\``)
  expect(await run(['env', 'plan', 'ops'])).toMatchObject({ code: expect.any(Number) })
  await run(['env', 'apply', 'ops', '-report=failed.json'])
  expect(printed.join('')).toContain('not a name')
  await run(['comment', '-report=failed.json', '-pr=7', '-artefact=artefact'], { ...forge, GITHUB_RUN_ID: '6' })
})

test.each<[string, () => readonly (readonly [string, string])[]]>([
  [
    'what was posted',
    () => [
      ...server.comments.map((c) => ['comment', c.body] as const),
      ['check runs', JSON.stringify(server.runs)],
      ['issues', JSON.stringify(server.issues)],
    ],
  ],
  ['what is kept', () => kept().map((path) => [relative(project.root, path), readFileSync(path, 'latin1')] as const)],
])('%s', (_name, list) => {
  const found = list()
  expect(found.length).toBeGreaterThan(2)
  for (const [name, text] of found) {
    for (const [from, secret] of Object.entries({ ...canaries, 'token of the forge': server.token }))
      for (const form of formsOf(secret)) expect([name, from, text.includes(form)]).toEqual([name, from, false])
  }
})

/** As it is, and within base64 wherever it begins. */
function formsOf(secret: string): readonly string[] {
  return [
    secret,
    ...[0, 1, 2].map((before) =>
      Buffer.from(`${' '.repeat(before)}${secret}`)
        .toString('base64')
        .slice(4, 24),
    ),
  ]
}

test('what is printed', () => {
  const text = printed.join('')
  expect(text).toContain('(sensitive value)')
  // What no mark calls sensitive is shown by a plan at a terminal, to whoever may read its sources.
  for (const secret of [...Object.values(canaries).filter((c) => c !== plain), server.token])
    for (const form of formsOf(secret)) expect(text.split('\n').filter((line) => line.includes(form))).toEqual([])
})
