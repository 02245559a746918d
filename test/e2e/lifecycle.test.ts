import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, Workspace } from './_cli.ts'

beforeAll(ensureBuilt, 120_000)

const made: Workspace[] = []
afterEach(() => {
  for (const w of made.splice(0)) w.remove()
})
function workspace(files: Readonly<Record<string, string>>): Workspace {
  const w = new Workspace(files)
  made.push(w)
  return w
}

const basic = {
  'main.tf': `
variable "name" { default = "x" }
resource "terraform_data" "a" { input = { n = var.name } }
resource "terraform_data" "b" {
  count = 2
  input = terraform_data.a.output.n
}
output "id" { value = terraform_data.a.id }
output "name" { value = var.name }
output "list" { value = ["a", 1] }
`,
}

describe('a folder through its life', () => {
  test('init, validate, plan, show, apply, output, state, destroy', () => {
    const w = workspace(basic)
    const init = w.run(['init', '-no-color'])
    expect(init).toMatchObject({ code: 0, stderr: '' })
    expect(init.stdout).toContain('Terraform has been successfully initialized!')
    expect(w.run(['validate', '-no-color'])).toEqual({ code: 0, stdout: 'Success! The configuration is valid.\n\n', stderr: '' })

    const plan = w.run(['plan', '-no-color', '-input=false', '-out', 'saved'])
    expect(plan).toMatchObject({ code: 0, stderr: '' })
    expect(plan.stdout).toContain('Plan: 3 to add, 0 to change, 0 to destroy.\n')
    expect(plan.stdout).toContain('Saved the plan to: saved\n')
    expect(statSync(join(w.dir, 'saved')).mode & 0o777).toBe(0o600)
    expect(existsSync(join(w.dir, 'terraform.tfstate'))).toBe(false)

    const shown = w.run(['show', '-json', 'saved'])
    expect(shown.stderr).toBe('')
    expect(shown.stdout.trimEnd()).not.toContain('\n')
    const json = JSON.parse(shown.stdout)
    expect(json).toMatchObject({ format_version: '1.2', terraform_version: '1.11.4', errored: false })
    expect(JSON.parse(w.run(['show', '-json', 'saved'], { env: { LANDFORM_DIALECT: 'terraform' } }).stdout)).toMatchObject({
      applyable: true,
      complete: true,
    })
    expect(json.resource_changes.map((c: { address: string; change: { actions: string[] } }) => [c.address, c.change.actions])).toEqual([
      ['terraform_data.a', ['create']],
      ['terraform_data.b[0]', ['create']],
      ['terraform_data.b[1]', ['create']],
    ])

    const applied = w.run(['apply', '-no-color', 'saved'])
    expect(applied).toMatchObject({ code: 0, stderr: '' })
    expect(applied.stdout).toContain('terraform_data.a: Creating...\n')
    expect(applied.stdout).toMatch(/terraform_data\.a: Creation complete after \d+s \[id=[0-9a-f-]{36}\]\n/)
    expect(applied.stdout).toContain('\nApply complete! Resources: 3 added, 0 changed, 0 destroyed.\n\nOutputs:\n\nid = "')

    const again = w.run(['plan', '-no-color', '-detailed-exitcode'])
    expect(again.code).toBe(0)
    expect(again.stdout).toContain('No changes. Your infrastructure matches the configuration.\n')

    expect(w.run(['output', '-raw', 'name'])).toEqual({ code: 0, stdout: 'x', stderr: '' })
    expect(w.run(['output', 'list']).stdout).toBe('[\n  "a",\n  1,\n]\n')
    expect(JSON.parse(w.run(['output', '-json']).stdout)).toMatchObject({
      list: { sensitive: false, type: ['tuple', ['string', 'number']], value: ['a', 1] },
      name: { sensitive: false, type: 'string', value: 'x' },
    })
    expect(w.run(['output', '-no-color', 'nope'])).toMatchObject({ code: 1, stdout: '' })

    expect(w.run(['state', 'list']).stdout).toBe('terraform_data.a\nterraform_data.b[0]\nterraform_data.b[1]\n')
    expect(w.run(['state', 'list', 'terraform_data.b']).stdout).toBe('terraform_data.b[0]\nterraform_data.b[1]\n')
    expect(w.run(['state', 'show', '-no-color', 'terraform_data.b[0]']).stdout).toMatch(
      /^# terraform_data\.b\[0\]:\nresource "terraform_data" "b" \{\n {4}id {5}= "[^"]+"\n {4}input {2}= "x"\n {4}output = "x"\n\}\n$/,
    )
    expect(w.run(['show', '-no-color']).stdout).toContain('\n\nOutputs:\n\nid = "')
    expect(JSON.parse(w.run(['show', '-json']).stdout).values.root_module.resources).toHaveLength(3)

    const removed = w.run(['state', 'rm', 'terraform_data.b[1]'])
    expect(removed).toEqual({ code: 0, stdout: 'Removed terraform_data.b[1]\nSuccessfully removed 1 resource instance(s).\n', stderr: '' })
    expect(w.run(['plan', '-no-color', '-detailed-exitcode']).code).toBe(2)

    const destroyed = w.run(['destroy', '-no-color', '-auto-approve'])
    expect(destroyed).toMatchObject({ code: 0, stderr: '' })
    expect(destroyed.stdout).toContain('\nDestroy complete! Resources: 2 destroyed.\n')
    const state = JSON.parse(readFileSync(join(w.dir, 'terraform.tfstate'), 'utf8'))
    expect(state).toMatchObject({ version: 4, terraform_version: '1.11.4', outputs: {}, resources: [] })
    expect(existsSync(join(w.dir, 'terraform.tfstate.backup'))).toBe(true)
    expect(existsSync(join(w.dir, '.terraform.tfstate.lock.info'))).toBe(false)
  })

  test('a saved plan is refused once the state has changed', () => {
    const w = workspace(basic)
    w.run(['plan', '-out=one'])
    w.run(['plan', '-out=two'])
    expect(w.run(['apply', 'one']).code).toBe(0)
    const late = w.run(['apply', '-no-color', 'two'])
    expect(late.code).toBe(1)
    expect(late.stderr).toContain('Error: Saved plan is stale\n')
  })

  test('a saved plan does what was planned, whatever the files say now', () => {
    const w = workspace(basic)
    w.run(['plan', '-out=one', '-var', 'name=planned'])
    w.write({ 'main.tf': 'this is not a configuration' })
    expect(w.run(['apply', '-no-color', 'one'])).toMatchObject({ code: 0, stderr: '' })
    // Commands that ask the state want to know where it is.
    w.write(basic)
    expect(w.run(['output', '-raw', 'name']).stdout).toBe('planned')
  })

  test('a foreign or damaged plan file is refused', () => {
    const w = workspace({ ...basic, broken: 'PK\x03\x04 nonsense' })
    for (const args of [
      ['apply', '-no-color', 'broken'],
      ['show', '-no-color', 'broken'],
      ['apply', '-no-color', 'absent'],
    ]) {
      const { code, stderr } = w.run(args)
      expect([args[0], code]).toEqual([args[0], 1])
      expect(stderr).toMatch(/^\nError: Failed to/)
    }
  })
})

describe('questions', () => {
  const asked = 'Do you want to perform these actions?\n  Terraform will perform the actions described above.\n'

  test('apply goes ahead only after yes', () => {
    const w = workspace(basic)
    const declined = w.run(['apply', '-no-color'], { input: 'y\n' })
    expect(declined.code).toBe(1)
    expect(declined.stdout).toContain(`${asked}  Only 'yes' will be accepted to approve.\n\n  Enter a value: \nApply cancelled.\n`)
    expect(existsSync(join(w.dir, 'terraform.tfstate'))).toBe(false)
    expect(w.run(['apply', '-no-color'], { input: '' })).toMatchObject({ code: 1 })
    const accepted = w.run(['apply', '-no-color'], { input: 'yes\n' })
    expect(accepted.code).toBe(0)
    expect(accepted.stdout).toContain('Apply complete! Resources: 3 added, 0 changed, 0 destroyed.')
  })

  test('an interrupt at the question ends the run and releases the lock', async () => {
    const w = workspace(basic)
    const child = w.start(['apply', '-no-color'])
    let stdout = ''
    const code = await new Promise<number | null>((resolve) => {
      child.stdout!.on('data', (chunk: Buffer) => {
        const asking = stdout.includes('Enter a value')
        stdout += chunk.toString()
        if (!asking && stdout.includes('Enter a value')) child.kill('SIGINT')
      })
      child.on('exit', resolve)
    })
    expect(code).toBe(1)
    expect(stdout).toContain('Interrupt received.\nPlease wait for Terraform to exit or data loss may occur.\n')
    expect(existsSync(join(w.dir, '.terraform.tfstate.lock.info'))).toBe(false)
    expect(existsSync(join(w.dir, 'terraform.tfstate'))).toBe(false)
  })

  test('a state that somebody else holds is not touched', () => {
    const w = workspace(basic)
    const lock = {
      ID: 'f2ab1de3-9a2c-ca6e-2e9f-f9e7cc7f0a91',
      Operation: 'OperationTypeApply',
      Info: '',
      Who: 'somebody@elsewhere',
      Version: '1.11.4',
      Created: '2026-01-01T00:00:00Z',
      Path: 'terraform.tfstate',
    }
    w.write({ '.terraform.tfstate.lock.info': JSON.stringify(lock) })
    const { code, stderr } = w.run(['apply', '-auto-approve', '-no-color'])
    expect(code).toBe(1)
    expect(stderr).toContain('Error: Error acquiring the state lock\n')
    expect(stderr).toMatch(/Lock Info:\n\s+ID:\s+f2ab1de3/)
    expect(w.run(['plan', '-lock=false']).code).toBe(0)
  })

  test('destroy has a question of its own', () => {
    const w = workspace(basic)
    w.run(['apply', '-auto-approve'])
    const declined = w.run(['destroy', '-no-color'], { input: 'no\n' })
    expect(declined.code).toBe(1)
    expect(declined.stdout).toContain('Do you really want to destroy all resources?\n')
    expect(declined.stdout).toContain('\nDestroy cancelled.\n')
    expect(w.run(['state', 'list']).stdout.split('\n')).toHaveLength(4)
  })

  test('required variables are asked for, unless input is off', () => {
    const w = workspace({ 'main.tf': 'variable "v" { description = "Say it" }\noutput "o" { value = var.v }\n' })
    const { stdout, code } = w.run(['plan', '-no-color'], { input: 'hello\n' })
    expect(code).toBe(0)
    expect(stdout).toContain('var.v\n  Say it\n\n  Enter a value: ')
    expect(stdout).toContain('  + o = "hello"\n')
    for (const attempt of [
      w.run(['plan', '-no-color', '-input=false'], { input: 'hello\n' }),
      w.run(['plan', '-no-color'], { input: 'hello\n', env: { TF_INPUT: '0' } }),
    ]) {
      expect(attempt.code).toBe(1)
      expect(attempt.stderr).toContain('Error: No value for required variable\n')
      expect(attempt.stdout).not.toContain('Enter a value')
    }
  })
})

describe('exit codes and streams', () => {
  test('-detailed-exitcode', () => {
    const w = workspace(basic)
    expect(w.run(['plan', '-detailed-exitcode']).code).toBe(2)
    expect(w.run(['plan', '-detailed-exitcode', '-var', 'nope=1']).code).toBe(1)
    w.run(['apply', '-auto-approve'])
    expect(w.run(['plan', '-detailed-exitcode']).code).toBe(0)
  })

  test('validate -json tells place and snippet, and exits with 1', () => {
    const w = workspace({ 'main.tf': 'resource "terraform_data" "a" {\n  input = var.nope\n}\n' })
    const { code, stdout, stderr } = w.run(['validate', '-json'])
    expect([code, stderr]).toEqual([1, ''])
    expect(JSON.parse(stdout)).toMatchObject({
      format_version: '1.0',
      valid: false,
      error_count: 1,
      warning_count: 0,
      diagnostics: [
        {
          severity: 'error',
          summary: 'Reference to undeclared input variable',
          range: { filename: 'main.tf', start: { line: 2, column: 11, byte: 42 }, end: { line: 2, column: 19, byte: 50 } },
          snippet: {
            context: 'resource "terraform_data" "a"',
            code: '  input = var.nope',
            start_line: 2,
            highlight_start_offset: 10,
            highlight_end_offset: 18,
            values: [],
          },
        },
      ],
    })
  })

  test('errors show the source, in a box unless -no-color', () => {
    const w = workspace({ 'main.tf': 'resource "terraform_data" "a" {\n  input = var.nope\n}\n' })
    const boxed = w.run(['plan'])
    expect(boxed.stdout).toBe('')
    expect(boxed.stderr).toMatch(
      /^╷\n│ Error: Reference to undeclared input variable\n│ \n│ {3}on main\.tf line 2, in resource "terraform_data" "a":\n│ {4}2: {3}input = var\.nope\n│ \n(│ .+\n)+╵\n$/,
    )
    const plain = w.run(['plan', '-no-color'])
    expect(plain.stderr).toMatch(
      /^\nError: Reference to undeclared input variable\n\n {2}on main\.tf line 2, in resource "terraform_data" "a":\n {3}2: {3}input = var\.nope\n\n/,
    )
  })

  test('wrong arguments', () => {
    const w = workspace(basic)
    const cases: readonly (readonly [readonly string[], string])[] = [
      [['plan', '-nope'], 'flag provided but not defined: -nope'],
      [['plan', 'dir'], 'Too many command line arguments'],
      [['plan', '-refresh=maybe'], 'invalid boolean value "maybe" for -refresh: parse error'],
      [['plan', '-destroy', '-refresh-only'], 'Incompatible plan mode options'],
      [['output', '-json', '-raw', 'x'], 'Invalid output format'],
      [['plam'], 'has no command named "plam". Did you mean "plan"?'],
      [['-chdir=absent', 'plan'], 'Error handling -chdir option'],
    ]
    for (const [args, text] of cases) {
      const { code, stdout, stderr } = w.run(args)
      expect([args, code, stdout]).toEqual([args, 1, ''])
      expect(stderr).toContain(text)
    }
  })

  test('no configuration', () => {
    const w = workspace({})
    expect(w.run(['plan']).stderr).toContain('No configuration files')
    expect(w.run(['init', '-no-color']).stdout).toContain('Terraform initialized in an empty directory!')
    expect(w.run(['output', '-json'])).toEqual({ code: 0, stdout: '{}\n', stderr: '' })
    expect(w.run(['show', '-json'])).toEqual({ code: 0, stdout: '{"format_version":"1.0"}\n', stderr: '' })
    expect(w.run(['show']).stdout).toBe('No state.\n')
    expect(w.run(['state', 'list']).code).toBe(1)
    expect(w.run(['destroy', '-auto-approve', '-no-color'])).toMatchObject({ code: 0, stderr: '' })
  })

  test('a failing operation keeps what succeeded', () => {
    const w = workspace({
      'main.tf': `
resource "terraform_data" "good" { input = "g" }
resource "terraform_data" "bad" {
  input = terraform_data.good.output
  lifecycle {
    postcondition {
      condition     = self.output == "other"
      error_message = "It is not what it should be."
    }
  }
}
`,
    })
    const { code, stderr } = w.run(['apply', '-auto-approve', '-no-color'])
    expect(code).toBe(1)
    expect(stderr).toContain('It is not what it should be.')
    expect(w.run(['state', 'list']).stdout).toContain('terraform_data.good\n')
  })
})

describe('environment', () => {
  test('variables, arguments, folders', () => {
    const w = workspace({
      'sub/main.tf': 'variable "v" {}\noutput "o" { value = "${var.v} ${path.cwd == abspath(".")}" }\n',
      'sub/x.tfvars': 'v = "file"\n',
    })
    const value = (args: readonly string[], env: Readonly<Record<string, string>> = {}): string => {
      const { stdout, stderr } = w.run(['-chdir=sub', 'plan', '-no-color', '-input=false', ...args], { env })
      return /o = "(.*)"/.exec(stdout)?.[1] ?? stderr
    }
    expect(value([], { TF_VAR_v: 'env' })).toBe('env false')
    expect(value(['-var-file=x.tfvars'], { TF_VAR_v: 'env' })).toBe('file false')
    expect(value(['-var-file=x.tfvars', '-var', 'v=cli'])).toBe('cli false')
    expect(value(['--var=v=dashes'])).toBe('dashes false')
    expect(value([], { TF_CLI_ARGS_plan: "-var 'v=a b'" })).toBe('a b false')
    expect(value(['-var=v=late'], { TF_CLI_ARGS: '-var=v=early' })).toBe('late false')
  })

  test('TF_DATA_DIR and TF_WORKSPACE', () => {
    const w = workspace({ 'main.tf': 'module "m" { source = "./m" }\n', 'm/main.tf': 'resource "terraform_data" "x" {}\n' })
    const env = { TF_DATA_DIR: 'data', TF_WORKSPACE: 'other' }
    expect(w.run(['init'], { env }).code).toBe(0)
    expect(existsSync(join(w.dir, 'data/modules/modules.json'))).toBe(true)
    expect(w.run(['apply', '-auto-approve'], { env }).code).toBe(0)
    expect(existsSync(join(w.dir, 'terraform.tfstate.d/other/terraform.tfstate'))).toBe(true)
    expect(w.run(['plan', '-no-color'])).toMatchObject({ code: 1 })
  })

  test('TF_IN_AUTOMATION leaves out what to type next', () => {
    const w = workspace(basic)
    const { stdout } = w.run(['plan', '-no-color', '-out=p'], { env: { TF_IN_AUTOMATION: '1' } })
    expect(stdout).toContain('Plan: 3 to add')
    expect(stdout).not.toContain('landform apply')
  })

  test('version', () => {
    const w = workspace({})
    const { stdout } = w.run(['version'])
    expect(stdout).toMatch(/^Terraform v1\.11\.4\non [a-z]+_[a-z0-9]+\nLandform v\d+\.\d+\.\d+\n$/)
    for (const args of [['-v'], ['-version'], ['--version']]) expect(w.run(args).stdout).toBe(stdout)
    expect(JSON.parse(w.run(['version', '-json']).stdout)).toMatchObject({
      terraform_version: '1.11.4',
      provider_selections: {},
      terraform_outdated: false,
    })
    expect(w.run(['version'], { env: { LANDFORM_DIALECT: 'tofu' } }).stdout).toMatch(/^OpenTofu v/)
  })
})

describe('-json', () => {
  test('plan and apply write one object a line', () => {
    const w = workspace(basic)
    const lines = (args: readonly string[]) => {
      const { code, stdout, stderr } = w.run(args)
      expect([code, stderr]).toEqual([0, ''])
      return stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
    }
    const planned = lines(['plan', '-json'])
    expect(planned.map((l) => l.type)).toEqual([
      'version',
      'planned_change',
      'planned_change',
      'planned_change',
      'change_summary',
      'outputs',
    ])
    expect(planned[0]).toMatchObject({
      '@level': 'info',
      '@message': 'Terraform 1.11.4',
      '@module': 'terraform.ui',
      terraform: '1.11.4',
      ui: '1.2',
    })
    expect(planned[4].changes).toEqual({ add: 3, change: 0, import: 0, remove: 0, forget: 0, operation: 'plan' })
    const applied = lines(['apply', '-json', '-auto-approve'])
    expect(applied.filter((l) => l.type === 'apply_complete')).toHaveLength(3)
    expect(applied.at(-2)).toMatchObject({ type: 'change_summary', changes: { add: 3, operation: 'apply' } })
    expect(applied.at(-1).outputs.name).toEqual({ sensitive: false, type: 'string', value: 'x' })
  })

  test('errors are lines too', () => {
    const w = workspace({ 'main.tf': 'output "o" { value = foo }\n' })
    const { code, stdout, stderr } = w.run(['plan', '-json'])
    expect([code, stderr]).toEqual([1, ''])
    const last = JSON.parse(stdout.trimEnd().split('\n').at(-1)!)
    expect(last).toMatchObject({ '@level': 'error', '@message': 'Error: Invalid reference', type: 'diagnostic' })
  })
})
