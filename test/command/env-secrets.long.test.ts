import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
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
const ops = `import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group/index.js'
import { Vpc } from '@cdktf/provider-aws/lib/vpc/index.js'
import { type App, TerraformOutput, type TerraformStack, TerraformVariable } from 'cdktf'
import { Environment } from '../modules/environment/index.ts'
import { backendOf } from '../state/index.ts'
import { ops } from './accounts.ts'

const suffix = ''

export default (app: App): TerraformStack[] => {
  const env = new Environment(app, { account: ops, backend: backendOf(ops) })
  const secret = new TerraformVariable(env, 'secret', { type: 'string', sensitive: true })
  const vpc = new Vpc(env, 'vpc', { cidrBlock: '10.1.0.0/16', tags: { Secret: secret.stringValue, Both: \`a \${secret.stringValue} b\`, Plain: '${plain}', Owner: 'one' } })
  new CloudwatchLogGroup(env, 'log', { name: \`/shop/log\${suffix}\`, tags: { Secret: secret.stringValue } })
  new TerraformOutput(env, 'secret-output', { value: secret.stringValue, sensitive: true })
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
})
afterAll(async () => {
  project.remove()
  await server.stop()
})

async function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Typed> {
  const typed = await typeAt(project.root, args, { environment: { TF_VAR_secret: canary, YES: '1', ...environment } })
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
  project.edit('environments/ops.ts', "const suffix = ''", `const suffix = ' not a name ${plain}'`)
  await run(['env', 'plan', 'ops'])
  await run(['env', 'apply', 'ops', '-report=failed.json'])
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
    for (const secret of [canary, plain, Buffer.from(canary).toString('base64').slice(0, 24), server.token])
      expect([name, secret, text.includes(secret)]).toEqual([name, secret, false])
  }
})

test('what is printed', () => {
  const text = printed.join('')
  expect(text).toContain('(sensitive value)')
  // What no mark calls sensitive is shown by a plan at a terminal, to whoever may read its sources.
  for (const secret of [canary, server.token]) expect(text.split('\n').filter((line) => line.includes(secret))).toEqual([])
})
