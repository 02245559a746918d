import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { main } from '../../src/command/main.ts'
import { smallEnvironment } from '../e2e/_environments.ts'
import { expectDocumented } from '../ops/_documented.ts'
import { TestProject } from '../ops/_project.ts'

/** What is asked at a terminal, where the answers are typed. The steps follow on each other. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let project: TestProject
const planFile = () => join(project.root, '.landform', 'plans', 'ops', 'plan.tfplan')
beforeAll(() => {
  project = new TestProject()
  project.write('environments/ops.ts', smallEnvironment)
})
afterAll(() => project.remove())

async function type(args: readonly string[], answers: readonly string[], programName = 'landform') {
  const left = [...answers]
  let out = ''
  let err = ''
  const code = await main({
    argv: args,
    programName,
    environment: { NO_COLOR: '1', PATH: process.env.PATH },
    cwd: () => project.root,
    chdir: () => {},
    streams: {
      out: (text) => {
        out += text
      },
      err: (text) => {
        err += text
      },
      readLine: async () => left.shift(),
      readAll: async () => '',
      close: () => {},
      outIsTerminal: true,
      inIsTerminal: true,
      columns: 200,
    },
  })
  return { code, out, err }
}

test('a plan is kept', async () => {
  expect(await type(['env', 'plan', 'ops'], [])).toMatchObject({ code: 0, err: '' })
})

test('what the types forbid is all that is told, and the plan stays that was there', async () => {
  const kept = readFileSync(planFile())
  project.edit('environments/stage.ts', 'drainingSeconds: 300', "drainingSeconds: 'long'")
  const { code, out, err } = await type(['env', 'plan', 'ops'], [])
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toMatch(
    /^╷\n│ Error: Type error\n│ \n│ {3}on environments\/stage\.ts line 13:\n[\s\S]*Type 'string' is not assignable to type 'number'/,
  )
  expect(err.match(/Error: /g)).toHaveLength(1)
  expectDocumented('docs/environments.md', '│ Error: Type error', err)
  expect(readFileSync(planFile()).equals(kept)).toBe(true)
  const report = readFileSync(join(project.root, '.landform', 'plans', 'report.json'), 'utf8')
  expect(JSON.parse(report)).toMatchObject({ stacks: [{ stack: 'ops', status: 'failed', diagnostics: [{ summary: 'Type error' }] }] })
  project.edit('environments/stage.ts', "drainingSeconds: 'long'", 'drainingSeconds: 300')
})

test.each([
  ['no', ['no']],
  ['not quite yes', ['Yes']],
  ['nothing', []],
])('the answer is %s', async (_name, answers) => {
  const { code, out, err } = await type(['env', 'apply', 'ops'], answers)
  expect(code).toBe(1)
  expect(out).toContain('Do you want to perform these actions for ops in the SANDBOX?')
  expect(out).toContain('Plan: 5 to add, 0 to change, 0 to destroy.')
  expect(err).toContain('Error: Apply cancelled')
  expect(existsSync(planFile())).toBe(true)
})

test('the answer is yes', async () => {
  const { code, out, err } = await type(['env', 'apply', 'ops'], ['yes'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toContain('Apply complete! Resources: 5 added')
  expect(existsSync(planFile())).toBe(false)
})

test('destroy asks as well', async () => {
  const no = await type(['env', 'destroy', 'ops'], ['no'])
  expect(no.code).toBe(1)
  expect(no.err).toContain('Error: Destroy cancelled')
  const yes = await type(['env', 'destroy', 'ops'], ['yes'])
  expect(yes.out).toContain('Do you really want to destroy all of ops in the SANDBOX?')
  expect(yes.out).toContain('Destroy complete! Resources: 5 destroyed.')
})

test.each([
  [['env'], 0, /Subcommands:\n {4}apply /, ''],
  [['env', 'plan', '-help'], 0, /^Usage: landform \[global options\] env plan/, ''],
  [['env', 'plam'], 1, /^$/, 'Did you mean "env plan"?'],
  [['env', 'list'], 0, /^ops +222233334444 +us-east-1\nstage/, ''],
  [['env', 'state'], 0, /The sandbox has its store from the start: s3:\/\/example-landform-state in the account ops/, ''],
])('%s', async (args, code, out, err) => {
  const got = await type(args, [])
  expect(got.code).toBe(code)
  expect(got.out).toMatch(out)
  expect(got.err).toContain(err)
})

test('started as terraform there are no environments', async () => {
  const { code, err } = await type(['env', 'plan', 'ops'], [], '/usr/bin/terraform')
  expect(code).toBe(1)
  expect(err).toContain('Terraform has no command named "workspace plan"')
})
