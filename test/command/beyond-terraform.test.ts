import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { leftBehindError } from '../../src/command/apply.ts'
import { runIn } from '../support/in-process.ts'

/*
 * Options that OpenTofu has and Terraform does not, by https://opentofu.org/docs/cli/commands: there under the names tofu and landform,
 * unknown under the name terraform.
 */

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-tofu-flags-'))
})
afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

const run = (args: readonly string[], dialect: 'tofu' | 'terraform' | undefined = 'tofu') =>
  runIn(dir, args, {
    environment: { LANDFORM_DIALECT: dialect, TF_CLI_CONFIG_FILE: '/dev/null', LANDFORM_BUILTIN_PROVIDERS: 'null,random' },
  })

const write = (text: string, name = 'main.tf'): void => writeFileSync(join(dir, name), text)

const secret = `
variable "key" {
  default   = "hidden-key"
  sensitive = true
}
resource "terraform_data" "a" {
  input = var.key
}
output "key" {
  value     = var.key
  sensitive = true
}
`

describe('unknown to Terraform', () => {
  const flags: Readonly<Record<string, readonly string[]>> = {
    plan: [
      '-concise',
      '-consolidate-warnings=false',
      '-consolidate-errors',
      '-show-sensitive',
      '-json-into=x',
      '-deprecation=module:none',
      '-exclude=a.b',
      '-exclude-file=x',
      '-target-file=x',
    ],
    apply: ['-concise', '-show-sensitive', '-json-into=x', '-suppress-forget-errors', '-exclude=a.b'],
    destroy: ['-suppress-forget-errors', '-concise'],
    refresh: ['-concise', '-json-into=x'],
    show: ['-state', '-plan=x', '-config', '-module=x', '-show-sensitive', '-json-into=x'],
    output: ['-show-sensitive', '-json-into=x'],
    validate: ['-consolidate-errors', '-json-into=x', '-deprecation=module:all'],
    'state show': ['-show-sensitive'],
    init: ['-json-into=x'],
    test: ['-json-into=x'],
  }
  const rows = Object.entries(flags).flatMap(([command, all]) => all.map((flag): [string, string] => [command, flag]))

  test.each(rows)('%s %s', async (command, flag) => {
    const name = flag.split('=')[0]!
    const { stdout, stderr, code } = await run([...command.split(' '), flag], 'terraform')
    expect(code).toBe(1)
    expect(stdout + stderr).toContain(`flag provided but not defined: ${name}`)
    for (const dialect of ['tofu', undefined] as const) {
      const answer = await run([...command.split(' '), flag], dialect)
      expect(answer.stdout + answer.stderr).not.toContain('flag provided but not defined')
      expect((await run([...command.split(' '), '-help'], dialect)).stdout).toMatch(new RegExp(`\n  ${name}[ =]`))
    }
    expect((await run([...command.split(' '), '-help'], 'terraform')).stdout).not.toMatch(new RegExp(`\n  ${name}[ =]`))
  })
})

describe('-concise', () => {
  test('tells nothing of the progress, but what is planned and done', async () => {
    write('resource "terraform_data" "a" {\n  input = 1\n}\n')
    const applied = await run(['apply', '-auto-approve', '-concise'])
    expect(applied.stdout).toContain('Plan: 1 to add')
    expect(applied.stdout).toContain('Apply complete! Resources: 1 added')
    expect(applied.stdout).not.toContain('Creating...')
    expect((await run(['plan'])).stdout).toContain('Refreshing state...')
    const planned = await run(['plan', '-concise'])
    expect(planned.stdout).not.toContain('Refreshing state...')
    expect(planned.stdout).toContain('No changes.')
  })
})

describe('-show-sensitive', () => {
  test.each<[readonly string[], string, string]>([
    [['plan'], '+ key = (sensitive value)', '+ key = "hidden-key"'],
    [['apply', '-auto-approve'], 'key = <sensitive>', 'key = "hidden-key"'],
    [['show', 'p'], '+ input  = (sensitive value)', '+ input  = "hidden-key"'],
    [['show'], 'key = (sensitive value)', 'key = "hidden-key"'],
    [['show'], 'input  = (sensitive value)', 'input  = "hidden-key"'],
    [['output'], 'key = <sensitive>', 'key = "hidden-key"'],
    [['state', 'show', 'terraform_data.a'], 'input  = (sensitive value)', 'input  = "hidden-key"'],
    [['refresh'], 'key = <sensitive>', 'key = "hidden-key"'],
  ])('%j', async (args, hidden, shown) => {
    write(secret)
    const isPlanned = args[0] === 'plan' || args[1] === 'p'
    await run(['plan', '-out=p'])
    if (!isPlanned && args[0] !== 'apply') await run(['apply', '-auto-approve'])
    const without = await run(args)
    expect([without.code, without.stdout]).toEqual([0, expect.stringContaining(hidden)])
    expect(without.stdout).not.toContain(shown)
    rmSync(join(dir, isPlanned || args[0] === 'apply' ? 'terraform.tfstate' : 'none'), { force: true })
    const withIt = await run([
      ...args.slice(0, 1),
      ...(args[0] === 'state' ? ['show'] : []),
      '-show-sensitive',
      ...args.slice(args[0] === 'state' ? 2 : 1),
    ])
    expect([withIt.code, withIt.stdout]).toEqual([0, expect.stringContaining(shown)])
    expect(withIt.stdout).not.toMatch(/sensitive/)
  })

  test('what JSON says is the same', async () => {
    write(secret)
    await run(['plan', '-out=p'])
    const plain = JSON.parse((await run(['show', '-json', 'p'])).stdout)
    expect(JSON.parse((await run(['show', '-json', '-show-sensitive', 'p'])).stdout)).toEqual(plain)
  })
})

describe('similar diagnostics', () => {
  const warnings = (text: string): number => text.match(/Warning: /g)?.length ?? 0
  const errors = (text: string): number => text.match(/Error: /g)?.length ?? 0

  test('warnings are told once, unless all are wanted', async () => {
    write(
      ['a', 'b', 'c'].map((name) => `check "${name}" {\n  assert {\n    condition = 1 == 2\n    error_message = "no"\n  }\n}\n`).join('') +
        ['a', 'b', 'c']
          .map((name) => `resource "terraform_data" "${name}" {\n  lifecycle {\n    ignore_changes = ["input"]\n  }\n}\n`)
          .join(''),
    )
    const once = (await run(['validate'])).stdout
    expect(once).toContain('(and 2 more similar warnings elsewhere)')
    const each = (await run(['validate', '-consolidate-warnings=false'])).stdout
    expect([warnings(once), warnings(each)]).toEqual([1, 3])
    expect(each).not.toContain('more similar')
  })

  test('errors are told each, unless once is enough', async () => {
    write('output "a" {\n  value = var.x\n}\noutput "b" {\n  value = var.y\n}\noutput "c" {\n  value = var.z\n}\n')
    const each = (await run(['validate'])).stderr
    const once = (await run(['validate', '-consolidate-errors'])).stderr
    expect([errors(each), errors(once)]).toEqual([3, 1])
    expect(once).toContain('(and 2 more similar errors elsewhere)')
  })

  test('deprecations are of a kind that there is', async () => {
    expect((await run(['plan', '-deprecation=all'])).stderr).toContain('invalid value "all" for flag -deprecation')
  })
})

describe('-json-into', () => {
  const lines = (name: string): readonly Readonly<Record<string, unknown>>[] =>
    readFileSync(join(dir, name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))

  test('people and programs read the same run', async () => {
    write('resource "terraform_data" "a" {\n  input = 1\n}\noutput "o" {\n  value = 1\n}\n')
    const planned = await run(['plan', '-json-into=plan.json', '-out=p'])
    expect(planned.stdout).toContain('Plan: 1 to add')
    expect(lines('plan.json').map((line) => line.type)).toEqual(['version', 'planned_change', 'change_summary', 'outputs'])
    const applied = await run(['apply', '-json-into=apply.json', 'p'])
    expect(applied.stdout).toContain('terraform_data.a: Creation complete')
    expect(lines('apply.json').map((line) => line.type)).toEqual([
      'version',
      'planned_change',
      'apply_start',
      'apply_complete',
      'change_summary',
      'outputs',
    ])
    await run(['apply', '-auto-approve', '-concise', '-json-into=again.json'])
    expect(lines('again.json').map((line) => line.type)).toContain('refresh_start')
    await run(['refresh', '-json-into=refresh.json'])
    expect(lines('refresh.json').at(-1)).toMatchObject({ type: 'outputs' })
    await run(['destroy', '-auto-approve', '-json-into=destroy.json'])
    expect(lines('destroy.json').at(-1)).toMatchObject({ type: 'change_summary', changes: { operation: 'destroy', remove: 1 } })
  })

  test('init and test, too', async () => {
    write('module "m" {\n  source = "./m"\n}\noutput "o" {\n  value = 1\n}\n')
    mkdirSync(join(dir, 'm'))
    writeFileSync(join(dir, 'm', 'main.tf'), '')
    writeFileSync(
      join(dir, 'main.tftest.hcl'),
      'run "good" {\n  assert {\n    condition     = output.o == 1\n    error_message = "Not one."\n  }\n}\nrun "bad" {\n  assert {\n    condition     = output.o == 2\n    error_message = "Not two."\n  }\n}\n',
    )
    const timeless = (text: string): readonly unknown[] =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => ({ ...JSON.parse(line), '@timestamp': undefined, test_run: undefined }))
    for (const [command, words, code] of [
      ['init', 'has been successfully initialized!', 0],
      ['test', 'Failure! 1 passed, 1 failed.', 1],
    ] as const) {
      const json = await run([command, '-json'])
      rmSync(join(dir, '.terraform'), { recursive: true, force: true })
      if (command === 'test') await run(['init'])
      const both = await run([command, `-json-into=${command}.json`])
      expect([command, both.code, both.stdout]).toEqual([command, code, expect.stringContaining(words)])
      expect(timeless(readFileSync(join(dir, `${command}.json`), 'utf8'))).toEqual(timeless(json.stdout))
    }
    writeFileSync(join(dir, 'main.tf'), 'output "o" {\n')
    for (const command of ['init', 'test']) {
      const { code, stderr } = await run([command, `-json-into=${command}.json`])
      expect([command, code, stderr]).toEqual([command, 1, expect.stringContaining('Error: ')])
      expect(lines(`${command}.json`).at(-1)).toMatchObject({ type: 'diagnostic', '@level': 'error' })
    }
  })

  test('errors are in both', async () => {
    write('output "o" {\n  value = var.x\n}\n')
    const { stderr, code } = await run(['plan', '-json-into=x.json'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('Error: Reference to undeclared input variable')])
    expect(lines('x.json').at(-1)).toMatchObject({ type: 'diagnostic', '@level': 'error' })
  })

  test.each<[readonly string[], RegExp]>([
    [['validate'], /Success!/],
    [['output'], /o = 1/],
    [['output', 'o'], /^1$/m],
    [['show'], /Outputs:/],
    [['show', 'p'], /No changes|Plan:|Changes to Outputs/],
  ])('documents: %j', async (args, text) => {
    write('output "o" {\n  value = 1\n}\n')
    await run(['plan', '-out=p'])
    await run(['apply', '-auto-approve'])
    const { stdout, code } = await run([args[0]!, '-json-into=out.json', ...args.slice(1)])
    expect([code, stdout]).toEqual([0, expect.stringMatching(text)])
    expect(readFileSync(join(dir, 'out.json'), 'utf8').trimEnd()).toBe((await run([args[0]!, '-json', ...args.slice(1)])).stdout.trimEnd())
  })

  test.each(['plan', 'apply', 'validate', 'output', 'show', 'init', 'test'])('%s: not together with -json', async (command) => {
    const { stdout, stderr, code } = await run([command, '-json', '-json-into=x.json', ...(command === 'apply' ? ['-auto-approve'] : [])])
    expect([code, stdout + stderr]).toEqual([1, expect.stringContaining('Invalid combination of arguments')])
    expect(existsSync(join(dir, 'x.json'))).toBe(false)
  })

  test('a file that cannot be opened', async () => {
    write('output "o" {\n  value = 1\n}\n')
    const { stderr, code } = await run(['plan', '-json-into=no/such/folder.json'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('The file of -json-into could not be opened: ENOENT')])
  })
})

describe('a destruction that forgets', () => {
  test.each([
    ['destroy', 1, 'tofu', true],
    ['destroy', 0, 'tofu', false],
    ['destroy', 1, 'terraform', false],
    ['normal', 1, 'tofu', false],
  ] as const)('%s of a plan that forgets %i, as %s: error %s', (mode, forgotten, kind, want) => {
    expect(leftBehindError(mode, { forgotten }, { kind, product: 'OpenTofu' }) !== undefined).toBe(want)
  })

  test.each([[['destroy']], [['apply', '-destroy']]])('%j takes -suppress-forget-errors', async (args) => {
    write('resource "terraform_data" "a" {}\n')
    await run(['apply', '-auto-approve'])
    const { code, stdout } = await run([...args, '-auto-approve', '-suppress-forget-errors'])
    expect([code, stdout]).toEqual([0, expect.stringMatching(/(Destroy|Apply) complete!/)])
  })
})

describe('show', () => {
  beforeEach(() => {
    mkdirSync(join(dir, 'm'))
    write('variable "n" {\n  type = number\n}\nresource "null_resource" "x" {\n  triggers = { n = var.n }\n}\n', 'm/main.tf')
    write('module "m" {\n  source = "./m"\n  n      = 1\n}\noutput "o" {\n  value = 1\n}\n')
  })

  test('-state, -plan and the old way agree', async () => {
    await run(['init'])
    await run(['plan', '-out=p'])
    await run(['apply', 'p'])
    expect((await run(['show', '-state'])).stdout).toBe((await run(['show'])).stdout)
    expect((await run(['show', '-plan=p'])).stdout).toBe((await run(['show', 'p'])).stdout)
    expect((await run(['show', '-json', '-plan', 'p'])).stdout).toBe((await run(['show', '-json', 'p'])).stdout)
  })

  test('-config is the configuration of a plan', async () => {
    await run(['init'])
    await run(['plan', '-out=p'])
    const { configuration } = JSON.parse((await run(['show', '-json', 'p'])).stdout)
    expect(JSON.parse((await run(['show', '-json', '-config'])).stdout)).toEqual({ format_version: '1.0', ...configuration })
  })

  test('-module needs nothing that is installed', async () => {
    const { stdout, code } = await run(['show', '-json', '-module=m'])
    expect([code, JSON.parse(stdout).root_module]).toEqual([
      0,
      {
        resources: [expect.objectContaining({ address: 'null_resource.x', type: 'null_resource' })],
        variables: { n: { type: 'number', required: true } },
      },
    ])
    const root = JSON.parse((await run(['show', '-json', '-module=.'])).stdout)
    expect(root.root_module.module_calls).toEqual({ m: { source: './m', expressions: undefined } })
  })

  test.each<[readonly string[], string]>([
    [['-config'], 'JSON output required for configuration'],
    [['-module=m'], 'JSON output required for configuration'],
    [['-json', '-config', '-state'], 'Conflicting object types to show'],
    [['-plan=p', 'q'], 'Too many command line arguments'],
    [['a', 'b'], 'Too many command line arguments'],
    [['-json', '-module=nowhere'], 'Module directory does not exist'],
  ])('%j is refused', async (args, want) => {
    const { stderr, code } = await run(['show', ...args])
    expect([code, stderr]).toEqual([1, expect.stringContaining(`Error: ${want}`)])
  })
})
