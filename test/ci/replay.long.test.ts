import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { ensureBuilt } from '../e2e/_cli.ts'
import { FakeGithub } from '../ops/_github.ts'
import { repository, TestProject } from '../ops/_project.ts'

/** The commands of the workflows, run as a runner would: in a repository of git, with the event's file and the runner's variables. The steps follow on each other. */
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 })

const executable = process.env.LANDFORM_EXECUTABLE ?? join(repository, 'bin', 'landform')
const ops = `import { Vpc } from '@cdktf/provider-aws/lib/vpc/index.js'
import type { App, TerraformStack } from 'cdktf'
import { Environment } from '../modules/environment/index.ts'
import { PrivateBucket } from '../modules/private-bucket/index.ts'
import { protect } from '../modules/protect/index.ts'
import { backendOf } from '../state/index.ts'
import { ops } from './accounts.ts'

const owner = 'one'

export default (app: App): TerraformStack[] => {
  const env = new Environment(app, { account: ops, backend: backendOf(ops) })
  new PrivateBucket(env, 'audit', { bucket: 'example-ops-audit' })
  const vpc = new Vpc(env, 'vpc', { cidrBlock: '10.1.0.0/16', tags: { Owner: owner } })
  protect(vpc, { on: 'change', reason: 'everything is in it', approvers: ['@acme/network'] })
  return [env]
}
`

interface Step {
  readonly name?: string
  readonly run?: string
  readonly env?: Readonly<Record<string, string>>
}
interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>
}

let project: TestProject
let server: FakeGithub
let api: string
const path = (name: string) => join(project.root, name)
const git = (...args: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
    cwd: project.root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()

beforeAll(async () => {
  ensureBuilt()
  server = new FakeGithub()
  api = await server.start()
  server.teams.set('acme/network', ['carol'])
  project = new TestProject()
  for (const name of ['stage', 'prod']) rmSync(path(`environments/${name}.ts`))
  project.write('environments/ops.ts', ops)
  project.write('.gitignore', 'node_modules\n.landform\nreport.json\nreviewed\ncomment\nsnapshot\nreport\napplied.json\nruntime\n')
  mkdirSync(path('runtime/bin'), { recursive: true })
  writeFileSync(path('runtime/bin/landform'), `#!/bin/sh\nexec ${JSON.stringify(process.execPath)} ${JSON.stringify(executable)} "$@"\n`)
  chmodSync(path('runtime/bin/landform'), 0o755)
  git('init', '-q', '-b', 'main')
  git('add', '-A')
  git('commit', '-q', '-m', 'first')
})
afterAll(async () => {
  project.remove()
  await server.stop()
})

/** Runs a step of a workflow. @param values of the expressions in its `env` */
async function step(workflow: string, job: string, name: string, event: object, values: Readonly<Record<string, string>> = {}, run = 1) {
  const { jobs } = parse(readFileSync(join(repository, '.github/workflows', workflow), 'utf8')) as Workflow
  const found = jobs[job]!.steps.find((s) => s.name === name)!
  writeFileSync(path('runtime/event.json'), JSON.stringify(event))
  writeFileSync(path('runtime/output'), '')
  writeFileSync(path('runtime/summary'), '')
  const own = Object.fromEntries(
    Object.entries(found.env ?? {}).map(([key, text]) => [
      key,
      text.replace(
        /\$\{\{ *(.*?) *\}\}/g,
        (_, expression: string) => values[expression] ?? (expression === 'github.token' ? server.token : `no value for ${expression}`),
      ),
    ]),
  )
  const child = spawn('bash', ['-eo', 'pipefail', '-c', found.run!], {
    cwd: project.root,
    env: {
      PATH: `${path('runtime/bin')}${delimiter}${process.env.PATH}`,
      HOME: process.env.HOME,
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_API_URL: api,
      GITHUB_GRAPHQL_URL: api.replace('/v3', '/graphql'),
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: 'acme/shop',
      GITHUB_RUN_ID: String(run),
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_EVENT_PATH: path('runtime/event.json'),
      GITHUB_OUTPUT: path('runtime/output'),
      GITHUB_STEP_SUMMARY: path('runtime/summary'),
      ...own,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  expect(out + err).not.toContain(server.token)
  return { code, out, err, output: readFileSync(path('runtime/output'), 'utf8'), summary: readFileSync(path('runtime/summary'), 'utf8') }
}

describe('apply on merge', () => {
  test('plans, shows it in the summary and says that there are changes', async () => {
    const { code, err, output, summary } = await step('apply.yml', 'plan', 'Plan', {}, {}, 10)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(output).toBe('changes=true\n')
    expect(summary).toContain('### Landform plan in the SANDBOX: 5 to add')
    mkdirSync(path('reviewed'), { recursive: true })
    cpSync(path('report.json'), path('reviewed/report.json'))
  })

  test('applies the same plan made again', async () => {
    expect(await step('apply.yml', 'apply', 'Plan again', {}, {}, 10)).toMatchObject({ code: 0, err: '' })
    const { code, out, err } = await step('apply.yml', 'apply', 'Apply', {}, {}, 10)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('Apply complete! Resources: 5 added')
    expect((await step('apply.yml', 'apply', 'Show', {}, {}, 10)).summary).toContain('### Landform apply in the SANDBOX: 5 to add')
  })

  test('leaves a snapshot for forks', async () => {
    expect(await step('apply.yml', 'plan', 'Snapshot', {}, {}, 10)).toMatchObject({ code: 0 })
    expect(readFileSync(path('snapshot/ops.tfstate'), 'utf8')).toContain('"aws_vpc"')
  })

  test('refuses another plan than the reviewed one', async () => {
    project.edit('environments/ops.ts', "'one'", "'else'")
    git('commit', '-q', '-am', 'else')
    const { code, err } = await step('apply.yml', 'apply', 'Plan again', {}, {}, 11)
    expect(code).toBe(1)
    expect(err).toContain('The plan is not the reviewed one')
    git('reset', '-q', '--hard', 'HEAD~1')
  })
})

describe('a pull request', () => {
  const base = () => git('rev-parse', 'main')
  test('of a branch: planned with its report as data, shown by another workflow', async () => {
    const sha = base()
    git('checkout', '-q', '-b', 'change')
    project.edit('environments/ops.ts', "'one'", "'two'")
    git('commit', '-q', '-am', 'two')
    server.pull(7, git('rev-parse', 'HEAD'))
    const planned = await step(
      'plan.yml',
      'plan',
      'Plan',
      { pull_request: { number: 7 } },
      { 'github.event.pull_request.base.sha': sha },
      20,
    )
    expect(planned).toMatchObject({ code: 0, err: '' })
    expect(planned.out).toContain('Affected: ops.')
    expect(server.writes()).toEqual([])
    mkdirSync(path('report'), { recursive: true })
    cpSync(path('report.json'), path('report/report.json'))
    const event = {
      workflow_run: {
        id: 20,
        run_attempt: 1,
        html_url: 'https://github.com/acme/shop/actions/runs/20',
        head_sha: git('rev-parse', 'HEAD'),
        head_branch: 'change',
        head_repository: { full_name: 'acme/shop', owner: { login: 'acme' } },
        pull_requests: [{ number: 7 }],
      },
    }
    expect(await step('comment.yml', 'comment', 'Comment', event, {}, 21)).toMatchObject({ code: 0, err: '' })
    expect(server.comments).toHaveLength(1)
    expect(server.comments[0]!.body).toContain(
      '<b>protected</b> on change: <code>everything is in it</code>; approvers: <code>@acme/network</code>',
    )
    expect(server.comments[0]!.body).not.toContain('Simulated')
    expect(server.runs[0]).toMatchObject({
      conclusion: 'action_required',
      annotations: [{ path: 'environments/ops.ts', start_line: 14, title: 'ops: protected' }],
    })
  })

  test('of a fork: simulated without credentials, and said so', async () => {
    const sha = git('rev-parse', 'HEAD')
    server.pulls.set(8, { state: 'open', merged: false, sha, head: 'mallory/shop' })
    const simulated = await step(
      'plan.yml',
      'simulate',
      'Simulate',
      { pull_request: { number: 8 } },
      { 'github.event.pull_request.base.sha': base() },
      30,
    )
    expect(simulated).toMatchObject({ code: 0, err: '' })
    expect(simulated.out).toContain('This was simulated: the plans cannot be applied.')
    cpSync(path('report.json'), path('report/report.json'))
    const event = {
      workflow_run: {
        id: 30,
        run_attempt: 1,
        html_url: 'https://github.com/acme/shop/actions/runs/30',
        head_sha: sha,
        head_branch: 'change',
        head_repository: { full_name: 'mallory/shop', owner: { login: 'mallory' } },
        pull_requests: [],
      },
    }
    expect(await step('comment.yml', 'comment', 'Comment', event, {}, 31)).toMatchObject({ code: 0, err: '' })
    const comment = server.comments.find((c) => c.issue === 8)!
    expect(comment.body).toContain('**Simulated.**')
    expect(comment.body).toContain('!   Owner = "one" -> "two"')
    expect(comment.body).toContain('1 to change')
  })

  test('merged: what is protected waits for a review of the run', async () => {
    git('checkout', '-q', 'main')
    git('merge', '-q', '--ff-only', 'change')
    expect(await step('apply.yml', 'plan', 'Plan', {}, {}, 40)).toMatchObject({ code: 0 })
    cpSync(path('report.json'), path('reviewed/report.json'))
    expect(await step('apply.yml', 'apply', 'Plan again', {}, {}, 40)).toMatchObject({ code: 0, err: '' })
    server.approvals.set('40', ['mallory'])
    const refused = await step('apply.yml', 'apply', 'Apply', {}, {}, 40)
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('Protected changes need approval')
    server.approvals.set('40', ['mallory', 'carol'])
    expect(await step('apply.yml', 'apply', 'Apply', {}, {}, 40)).toMatchObject({ code: 0, err: '' })
  })
})

test('drift: an issue where there is any, and no failure', async () => {
  expect(await step('drift.yml', 'drift', 'Drift', {}, {}, 50)).toMatchObject({ code: 0, err: '' })
  expect(server.issues).toEqual([])
})
