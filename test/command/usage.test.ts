import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runIn } from '../support/in-process.ts'

/*
 * What Terraform 1.11.4 answers to command lines that are wrong, or about things that are not there: texts, where they go, exit codes.
 */

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-usage-'))
  writeFileSync(join(dir, 'main.tf'), 'resource "terraform_data" "a" {}\n')
})
afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

const run = (args: readonly string[]) =>
  runIn(dir, args, { name: 'terraform', environment: { LANDFORM_DIALECT: 'terraform', TF_CLI_CONFIG_FILE: '/dev/null' } })
/** Without line breaks, which depend on the width, and without boxes. */
const flat = (text: string): string => text.replace(/[│╷╵]/g, ' ').replace(/\s+/g, ' ').trim()

describe('mistakes go to the error output', () => {
  test.each<[readonly string[], string]>([
    [['init', 'a', 'b'], 'Error: Too many command line arguments. Did you mean to use -chdir?'],
    [['validate', 'nodir'], 'Error: Failed to read module directory Module directory nodir does not exist or cannot be read.'],
    [['plan', '-target=bogus..x'], 'Error: Invalid target "bogus..x" Dot must be followed by attribute name.'],
    [['plan', '-replace=module.x'], 'Error: Invalid force-replace address "module.x" A resource'],
    [
      ['plan', '-destroy', '-replace=terraform_data.a'],
      'Error: Unsupported plan mode Forcing resource instance replacement (with -replace=...) is allowed only in normal planning mode.',
    ],
    [
      ['plan', '-destroy', '-generate-config-out=g.tf'],
      'Error: Invalid generate-config-out flag Config can only be generated during a normal plan operation, and not during a refresh-only or destroy plan.',
    ],
    [['plan', '-refresh-only', '-generate-config-out=main.tf'], 'Error: Invalid generate-config-out flag Config can only be generated'],
    [['plan', '-parallelism=-1'], 'Error: Invalid parallelism value The parallelism must be a positive value. Not -1.'],
    [['destroy', '-force'], 'Error: Failed to parse command-line flags flag provided but not defined: -force'],
    [['destroy', 'nofile'], 'Error: Failed to load "nofile" as a plan file Error: stat nofile: no such file or directory'],
    [['destroy', '-refresh-only'], 'Error: Invalid mode option The -refresh-only option is not valid for "terraform destroy".'],
    [['apply', '-lock-timeout=x'], 'Error: Failed to parse command-line flags invalid value "x" for flag -lock-timeout: parse error'],
    [['plan', '-input=x'], 'Error: Failed to parse command-line flags invalid boolean value "x" for -input: parse error'],
    [['output', '-json', 'nope'], 'Error: Output "nope" not found'],
    [['taint'], 'The taint command expects exactly one argument. Usage: terraform [global options] taint'],
    [['untaint', 'a', 'b'], 'The untaint command expects exactly one argument. Usage: terraform [global options] untaint'],
    [['import', 'a'], 'The import command expects two arguments. Usage: terraform [global options] import'],
    [['providers', 'x'], 'Error: Too many command line arguments Did you mean to use -chdir?'],
    [
      ['plan', '-out=nodir/x'],
      'Error: Failed to write plan file The plan file could not be written: open nodir/x: no such file or directory.',
    ],
    [['-chdir=nodir', 'plan'], 'Error handling -chdir option: chdir nodir: no such file or directory'],
  ])('%j', async (args, want) => {
    const { stdout, stderr, code } = await run(args)
    expect([code, stdout]).toEqual([1, ''])
    expect(flat(stderr)).toContain(want)
  })
})

describe('options before the command', () => {
  const misplaced = 'Invalid flags before the subcommand. If these flags are for the subcommand, please put them after the subcommand.'
  test.each<[readonly string[], number, string]>([
    [['-json', 'version'], 1, `${misplaced} Usage: terraform [global options] version`],
    [['-no-color', 'plan'], 1, `${misplaced} Usage: terraform [global options] plan`],
    [['-chdir=.', '-auto-approve', 'apply'], 1, misplaced],
    [['-', 'plan'], 1, misplaced],
    [['-version', 'plan'], 0, 'Terraform v1.11.4 on '],
    [['-json', '-v'], 0, '{ "terraform_version": "1.11.4",'],
    [['-version', '-help'], 0, 'Usage: terraform [global options] <subcommand> [args]'],
    [['-json', '-help', 'plan'], 0, 'Usage: terraform [global options] plan'],
  ])('%j', async (args, wantCode, want) => {
    const { stdout, stderr, code } = await run(args)
    expect([code, stderr]).toEqual([wantCode, ''])
    expect(flat(stdout).startsWith(want)).toBe(true)
  })
})

describe('environments that cannot be worked with stop every command', () => {
  test.each<[string, string, string]>([
    ['TF_REATTACH_PROVIDERS', 'nonsense', 'Error: Invalid TF_REATTACH_PROVIDERS'],
    ['TF_REATTACH_PROVIDERS', '{"a/b/c/d":{}}', '"a/b/c/d" is no provider source address.'],
    ['TF_DATA_DIR', 'main.tf', 'Error: Data directory is a file "main.tf" is where modules, providers and choices of this folder are kept'],
  ])('%s=%s', async (name, value, want) => {
    for (const args of [['init'], ['plan'], ['workspace', 'new', 'x'], ['state', 'list'], ['providers']]) {
      const { stdout, stderr, code } = await runIn(dir, args, { name: 'terraform', environment: { [name]: value } })
      expect([args, code, stdout]).toEqual([args, 1, ''])
      expect(flat(stderr)).toContain(want)
    }
  })
})

test('values of sensitive variables are not shown while they are typed', async () => {
  writeFileSync(join(dir, 'main.tf'), 'variable "a" {}\nvariable "b" {\n  sensitive = true\n}\n')
  const asked: unknown[] = []
  await runIn(dir, ['plan'], { input: 'x\ny\n', onRead: (how) => asked.push(how?.secret) })
  expect(asked).toEqual([false, true])
})

test('only "yes" is a yes', async () => {
  for (const input of [' yes\n', 'yes \n', 'YES\n', 'y\n']) {
    const { code, stdout } = await runIn(dir, ['apply'], { input })
    expect([code, stdout]).toEqual([1, expect.stringContaining('Apply cancelled.')])
  }
})

test('get records modules even where there are none', async () => {
  expect((await run(['get'])).code).toBe(0)
  expect(readFileSync(join(dir, '.terraform/modules/modules.json'), 'utf8')).toBe('{"Modules":[{"Key":"","Source":"","Dir":"."}]}')
})

test('refresh of targets tells of them, and of nothing that was left undone', async () => {
  const { stdout } = await run(['refresh', '-target=terraform_data.a'])
  expect(stdout.match(/Warning: .*/g)).toEqual(['Warning: Empty or non-existent state', 'Warning: Resource targeting is in effect'])
})

describe('folders that are not ready', () => {
  const write = (text: string): void => writeFileSync(join(dir, 'main.tf'), text)

  test('variables without values', async () => {
    write('variable "b" {}\nvariable "a" {\n  description = "what"\n}\noutput "o" {\n  value = 1\n}\n')
    for (const args of [
      ['plan'],
      ['plan', '-input=false'],
      ['apply', '-auto-approve'],
      ['destroy', '-auto-approve', '-input=false'],
      ['refresh'],
    ]) {
      const { stdout, stderr, code } = await run(args)
      // Each is asked for, even when the input has ended.
      const asked = args.includes('-input=false') ? '' : 'var.a what Enter a value: var.b Enter a value:'
      expect([args, code, flat(stdout)]).toEqual([args, 1, asked])
      // The test's input has one line, and it is empty.
      expect(stderr.match(/No value for required variable/g)).toHaveLength(asked === '' ? 2 : 1)
    }
    const lines = (await run(['plan', '-json'])).stdout.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line).type)).toEqual(['version', 'diagnostic', 'diagnostic'])
  })

  test.each([['show'], ['output', '-json'], ['state', 'list'], ['providers'], ['console'], ['workspace', 'list'], ['plan']])(
    'a backend that is not initialised: %s %s',
    async (...args) => {
      write('terraform {\n  backend "local" {\n    path = "x"\n  }\n}\n')
      const { stdout, stderr, code } = await run(args.filter((arg) => arg !== undefined))
      expect([code, stdout]).toEqual([1, ''])
      expect(flat(stderr)).toContain(
        'Error: Backend initialization required, please run "terraform init" Reason: Initial configuration of the requested backend "local"',
      )
    },
  )

  test('modules that are not installed', async () => {
    write('module "m" {\n  source = "./m"\n}\n')
    for (const args of [['plan'], ['validate'], ['console'], ['test']]) {
      const { stderr, code } = await run(args)
      expect([code, flat(stderr)]).toEqual([
        1,
        expect.stringContaining('This module is not yet installed. Run "terraform init" to install all modules'),
      ])
    }
  })

  test('providers that are not locked', async () => {
    write('resource "null_resource" "a" {}\n')
    const { stderr, code } = await run(['plan'])
    expect([code, flat(stderr)]).toEqual([
      1,
      expect.stringContaining(
        '- provider registry.terraform.io/hashicorp/null: required by this configuration but no version is selected To make the initial',
      ),
    ])
  })
})

describe('no mistakes', () => {
  test.each<[readonly string[], string]>([
    [['output', 'nope'], 'Warning: No outputs found'],
    [['output', '-raw', 'nope'], 'Warning: No outputs found'],
    [['output'], 'Warning: No outputs found'],
    [['validate', '-test-directory=nowhere'], 'Warning: Test directory does not exist Requested test directory nowhere does not exist.'],
    [['test', '-test-directory=nowhere'], 'Warning: Test directory does not exist'],
    [['plan', '-parallelism=0'], 'Plan: 1 to add'],
    [
      ['plan', '-state=other.tfstate'],
      'Warning: Deprecated flag: -state Use `path` attribute within the `local` backend instead: https://developer.hashicorp.com/terraform/language/v1.10.x/settings/backends/local#path',
    ],
    [['apply', '-auto-approve', '-state=other.tfstate'], 'Warning: Deprecated flag: -state'],
    [['refresh', '-state=other.tfstate'], 'Warning: Deprecated flag: -state'],
  ])('%j', async (args, want) => {
    const { stdout, stderr, code } = await run(args)
    expect([code, stderr]).toEqual([0, ''])
    expect(flat(stdout)).toContain(want)
  })

  test('options for planning have no effect on a saved plan', async () => {
    await run(['plan', '-out=p'])
    const { code, stdout } = await run(['apply', '-target=terraform_data.zz', '-destroy', '-refresh=false', '-parallelism=3', 'p'])
    expect([code, stdout]).toEqual([0, expect.stringContaining('1 added, 0 changed, 0 destroyed')])
  })

  test('groups of commands say what is in them', async () => {
    for (const group of ['state', 'workspace', 'metadata']) {
      const { stdout } = await run([group])
      expect(stdout).toContain(`Usage: terraform [global options] ${group} <subcommand>`)
    }
  })
})

describe('problems of the CLI configuration are told, and the command goes on', () => {
  test.each<[string, string]>([
    ['provider_installation {\n  bogus {\n  }\n}\n', 'Unknown provider installation method "bogus" at 2:3.'],
    ['plugin_cache_dir = "/no/such/folder"\n', 'The specified plugin cache dir /no/such/folder cannot be opened: there is no such folder.'],
    ['credentials "a b" {\n  token = "x"\n}\n', 'The credentials "a b" block has an invalid hostname.'],
    ['host {\n', 'Error: Invalid CLI configuration'],
    ['credentials_helper "a" {\n}\ncredentials_helper "b" {\n}\n', 'No more than one credentials_helper block may be specified.'],
    ['provider_installation = 3\n', 'The provider_installation block at 1:1 must not be introduced with an equals sign.'],
    ['provider_installation "x" {\n}\n', 'The provider_installation block at 1:1 must not have any labels.'],
  ])('%j', async (text, want) => {
    writeFileSync(join(dir, 'rc'), text)
    const environment = { LANDFORM_DIALECT: 'terraform', TF_CLI_CONFIG_FILE: join(dir, 'rc') }
    const { code, stdout, stderr } = await runIn(dir, ['plan'], { name: 'terraform', environment })
    expect([code, stdout]).toEqual([0, expect.stringContaining('Plan: 1 to add')])
    expect(flat(stderr)).toMatch(
      /^There are some problems with the CLI configuration: .* As a result of the above problems, Terraform may not behave as intended\.$/,
    )
    expect(flat(stderr)).toContain(want)
  })

  test('a file that is named and not there is a warning, and not among the output', async () => {
    const environment = { TF_CLI_CONFIG_FILE: join(dir, 'nowhere') }
    const { code, stdout, stderr } = await runIn(dir, ['version', '-json'], { name: 'terraform', environment })
    expect([code, (JSON.parse(stdout) as { platform: string }).platform]).toEqual([0, expect.stringMatching(/_/)])
    expect(flat(stderr)).toContain('Warning: Unable to open CLI configuration file')
    expect(flat(stderr)).toContain('nowhere" does not exist.')
  })

  test('a folder in its place, and a folder for plugins that the environment names and that is not there', async () => {
    for (const [name, value, want] of [
      ['TF_CLI_CONFIG_FILE', dir, 'it is a folder.'],
      ['TF_PLUGIN_CACHE_DIR', '/no/such/folder', 'The specified plugin cache dir /no/such/folder cannot be opened'],
    ] as const) {
      const { code, stderr } = await runIn(dir, ['version'], { name: 'terraform', environment: { HOME: dir, [name]: value } })
      expect(code).toBe(0)
      expect(flat(stderr)).toMatch(/^There are some problems with the CLI configuration: .* Terraform may not behave as intended\.$/)
      expect(flat(stderr)).toContain(want)
    }
  })

  test('providers under development are told of before anything is planned, applied or validated', async () => {
    writeFileSync(join(dir, 'rc'), 'provider_installation {\n  dev_overrides {\n    "acme/x" = "/x"\n  }\n}\n')
    const environment = { LANDFORM_DIALECT: 'terraform', TF_CLI_CONFIG_FILE: join(dir, 'rc') }
    const warning = 'Warning: Provider development overrides are in effect'
    for (const args of [
      ['validate'],
      ['plan'],
      ['plan', '-json'],
      ['plan', '-out=p'],
      ['apply', 'p'],
      ['apply', '-auto-approve'],
      ['destroy', '-auto-approve'],
    ]) {
      const { stdout } = await runIn(dir, args, { name: 'terraform', environment })
      expect([args, stdout.match(/Warning: [^"\n]*/g)]).toEqual([args, [warning]])
    }
    for (const args of [['refresh'], ['show'], ['state', 'list'], ['output']]) {
      const { stdout } = await runIn(dir, args, { name: 'terraform', environment })
      expect([args, stdout]).toEqual([args, expect.not.stringContaining(warning)])
    }
  })

  test('nothing is told of one that is right', async () => {
    writeFileSync(
      join(dir, 'rc'),
      `disable_checkpoint = true\nplugin_cache_dir = ${JSON.stringify(dir)}\ncredentials "example.com" {\n  token = "x"\n}\nhost "example.com" {\n  services = {\n    "modules.v1" = "https://example.com/m/"\n  }\n}\n`,
    )
    const { code, stderr } = await runIn(dir, ['plan'], { name: 'terraform', environment: { TF_CLI_CONFIG_FILE: join(dir, 'rc') } })
    expect([code, stderr]).toEqual([0, ''])
  })
})

describe('commands to copy are those of the name that was typed', () => {
  const lock = {
    ID: 'held',
    Operation: 'OperationTypeApply',
    Info: '',
    Who: 'me@elsewhere',
    Version: '1.11.4',
    Created: '2026-01-01T00:00:00Z',
    Path: '',
  }

  test.each(['terraform', 'tofu', 'landform'])('%s', async (name) => {
    const server = createServer((_, response) => response.writeHead(423).end(JSON.stringify(lock)))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    try {
      writeFileSync(join(dir, 'main.tf'), 'terraform {\n  backend "http" {}\n}\n')
      const environment = {
        TF_CLI_CONFIG_FILE: '/dev/null',
        TF_HTTP_ADDRESS: address,
        TF_HTTP_LOCK_ADDRESS: address,
        TF_HTTP_UNLOCK_ADDRESS: address,
      }
      await runIn(dir, ['init'], { name, environment })
      const { stderr } = await runIn(dir, ['plan'], { name, environment })
      expect(flat(stderr)).toContain(
        `Error: Error acquiring the state lock Error message: HTTP remote state already locked: ID=held Lock Info: ID: held`,
      )
      expect(stderr).toContain(`    ${name} force-unlock held\n`)
      expect(stderr).toMatch(/^│ For most commands, you can disable locking/m)
      const json = (await runIn(dir, ['plan', '-json'], { name, environment })).stdout
      expect(json).toContain(`\\n    ${name} force-unlock held\\n`)
    } finally {
      server.close()
    }
  })
})

test('a saved plan is not destroyed', async () => {
  await run(['plan', '-out=p'])
  const { code, stderr } = await run(['destroy', 'p'])
  expect([code, flat(stderr)]).toEqual([
    1,
    expect.stringContaining(
      'Error: Destroy can\'t be called with a plan file If this plan was created using plan -destroy, apply it using: terraform apply "p"',
    ),
  ])
  expect(() => readFileSync(join(dir, 'terraform.tfstate'))).toThrow()
})
