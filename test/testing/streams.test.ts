import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runIn } from '../support/in-process.ts'

const data = join(import.meta.dirname, 'testdata')
let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-test-streams-'))
  cpSync(data, dir, { recursive: true })
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const lines = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('for programs', () => {
  test('-json is the stream that Terraform writes', async () => {
    const got = await runIn(join(dir, 'outcomes'), ['test', '-json'])
    expect([got.code, got.stderr]).toEqual([1, ''])
    const want = lines(readFileSync(join(data, 'outcomes', 'terraform.stream.jsonl'), 'utf8'))
    expect(
      lines(got.stdout).map(({ '@timestamp': at, ...rest }) => {
        expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/)
        return rest
      }),
    ).toEqual(want)
  })

  test('-junit-xml is the file that Terraform writes, times aside', async () => {
    await runIn(join(dir, 'outcomes'), ['test', '-no-color', '-junit-xml=junit.xml'])
    const got = readFileSync(join(dir, 'outcomes', 'junit.xml'), 'utf8').replace(/ (time|timestamp)="[^"]*"/g, '')
    expect(got).toBe(readFileSync(join(data, 'outcomes', 'terraform.junit.xml'), 'utf8'))
  })

  test('-verbose tells states and plans', async () => {
    const got = await runIn(join(dir, 'names'), ['test', '-json', '-verbose', '-filter=unknown-run.tftest.hcl'])
    const [plan] = lines(got.stdout).filter((l) => l.type === 'test_plan')
    const [state] = lines(got.stdout).filter((l) => l.type === 'test_state')
    expect(plan).toMatchObject({
      '@testfile': 'unknown-run.tftest.hcl',
      '@testrun': 'zero',
      test_plan: { plan_format_version: '1.2', resource_changes: [{ address: 'terraform_data.x', change: { actions: ['create'] } }] },
    })
    expect(state).toMatchObject({
      '@testrun': 'one',
      test_state: { state_format_version: '1.0', root_module: { resources: [{ values: { input: 'x' } }] }, outputs: { s: { value: 'x' } } },
    })
  })

  test('-verbose shows them to people', async () => {
    const got = await runIn(join(dir, 'names'), ['test', '-no-color', '-verbose', '-filter=unknown-run.tftest.hcl'])
    expect(got.stdout).toContain('  run "zero"... pass\n\nTerraform used the selected providers')
    expect(got.stdout).toMatch(/ {2}run "one"\.\.\. fail\n\n# terraform_data\.x:\nresource "terraform_data" "x" \{\n/)
    expect(got.stdout).toContain('Plan: 1 to add, 0 to change, 0 to destroy.\n')
  })
})

describe('options', () => {
  const cases: readonly (readonly [string, readonly string[], number, string])[] = [
    ['values from the command line win over files', ['-var=from_cli=cli', '-filter=cli.tftest.hcl'], 0, 'Success! 1 passed, 0 failed.'],
    ['a filter that fits nothing', ['-filter=nothing.tftest.hcl'], 0, '\nSuccess! 0 passed, 0 failed.\n'],
    ['a directory of tests elsewhere', ['-test-directory=../outcomes'], 1, 'Invalid testing directory'],
    ['an absolute one', ['-test-directory=/tmp'], 1, 'Invalid testing directory'],
    ['no such option', ['-nope'], 1, 'flag provided but not defined: -nope'],
    ['values for variables that nobody declares are for the tests', ['-var=other=1', '-filter=root.tftest.hcl'], 0, '1 passed'],
  ]
  test.each(cases)('%s', async (_, args, code, text) => {
    const folder = join(dir, 'variables')
    const file = 'run "cli" {\n  assert {\n    condition     = var.from_cli == "cli"\n    error_message = var.from_cli\n  }\n}\n'
    writeFileSync(join(folder, 'cli.tftest.hcl'), file)
    const got = await runIn(folder, ['test', '-no-color', ...args])
    expect([got.code, got.stdout + got.stderr]).toEqual([code, expect.stringContaining(text)])
  })
})

describe('validate', () => {
  const folder = (): string => join(dir, 'mistakes-options')
  test('finds mistakes in test files', async () => {
    const got = await runIn(folder(), ['validate', '-json'])
    expect([got.code, JSON.parse(got.stdout)]).toEqual([
      1,
      expect.objectContaining({
        valid: false,
        error_count: 1,
        diagnostics: [expect.objectContaining({ summary: 'Incompatible plan options' })],
      }),
    ])
  })
  test('unless it is told not to look', async () => {
    expect(await runIn(folder(), ['validate', '-no-color', '-no-tests'])).toEqual({
      code: 0,
      stdout: expect.stringContaining('Success!'),
      stderr: '',
    })
  })
})

describe('init', () => {
  test('records the modules that runs call', async () => {
    const got = await runIn(join(dir, 'modules'), ['init', '-no-color'])
    expect([got.code, got.stderr, got.stdout]).toEqual([0, '', expect.stringContaining('- test.main.setup in setup\n')])
    const { Modules: modules } = JSON.parse(readFileSync(join(dir, 'modules', '.terraform', 'modules', 'modules.json'), 'utf8')) as {
      Modules: { Key: string; Dir: string }[]
    }
    expect(modules.map((m) => `${m.Key}=${m.Dir}`)).toEqual([
      '=.',
      'child=setup',
      'test.main.own_state=setup',
      'test.main.same_state=setup',
      'test.main.setup=setup',
    ])
  })

  test('fetches those from elsewhere, which runs then find', async () => {
    const repo = join(dir, 'repo')
    mkdirSync(repo)
    writeFileSync(join(repo, 'main.tf'), 'output "o" { value = "from a repository" }\n')
    const git = (...args: readonly string[]) =>
      spawnSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: repo, encoding: 'utf8' })
    git('init', '-q')
    git('add', '.')
    expect(git('commit', '-q', '-m', 'x').status).toBe(0)
    const folder = join(dir, 'remote')
    mkdirSync(join(folder, 'tests'), { recursive: true })
    writeFileSync(join(folder, 'main.tf'), '')
    const run = (condition: string): string =>
      `run "r" {\n  module {\n    source = "git::file://${repo}"\n  }\n  assert {\n    condition     = ${condition}\n    error_message = "x"\n  }\n}\n`
    writeFileSync(join(folder, 'tests', 'x.tftest.hcl'), run('output.o == "from a repository"'))
    expect((await runIn(folder, ['test', '-no-color'])).stderr).toContain('Error: Module not installed')
    const init = await runIn(folder, ['init', '-no-color'])
    expect([init.code, init.stderr]).toEqual([0, ''])
    const got = await runIn(folder, ['test', '-no-color'])
    expect([got.code, got.stderr, got.stdout]).toEqual([0, '', expect.stringContaining('1 passed, 0 failed')])
  })
})

test('init records the providers that modules of runs need', async () => {
  const folder = join(dir, 'providers-of-runs')
  mkdirSync(join(folder, 'setup'), { recursive: true })
  writeFileSync(join(folder, 'main.tf'), '')
  writeFileSync(join(folder, 'setup', 'main.tf'), 'resource "test_resource" "x" {}\n')
  writeFileSync(join(folder, 'main.tftest.hcl'), 'run "setup" {\n  module {\n    source = "./setup"\n  }\n}\n')
  expect((await runIn(folder, ['init'])).code).toBe(0)
  expect(readFileSync(join(folder, '.terraform.lock.hcl'), 'utf8')).toContain('provider "registry.terraform.io/hashicorp/test"')
  expect((await runIn(folder, ['test', '-no-color'])).stdout).toContain('1 passed, 0 failed')
})
