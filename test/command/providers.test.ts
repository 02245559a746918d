import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runIn } from '../support/in-process.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-providers-'))
})
afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text)
  }
}

const run = (...args: string[]) => runIn(dir, args, { name: 'terraform' })

describe('providers', () => {
  const required = (name: string, version: string): string =>
    `terraform {\n  required_providers {\n    ${name} = {\n      source  = "example.com/v/${name}"\n      version = "${version}"\n    }\n  }\n}\n`

  test('a tree of modules and of the tests that have modules of their own', async () => {
    write({
      'main.tf': `${required('a', '~> 1.0, != 1.2')}resource "z_t" "r" {}\nmodule "m" {\n  source = "./m"\n}\n`,
      'm/main.tf': required('b', '> 1'),
      'tests/x.tftest.hcl': 'run "p" {\n}\nrun "q" {\n  module {\n    source = "./t"\n  }\n}\n',
      'top.tftest.hcl': 'run "p" {\n}\n',
      't/main.tf': 'module "u" {\n  source = "./u"\n}\nresource "c_t" "x" {}\n',
      't/u/main.tf': 'resource "d_t" "x" {}\n',
    })
    await run('get')
    const { code, stdout } = await run('providers')
    expect(code).toBe(0)
    expect(stdout.replaceAll('\u00a0', ' ')).toBe(`
Providers required by configuration:
.
├── provider[example.com/v/a] ~> 1.0, != 1.2.0
├── provider[registry.terraform.io/hashicorp/z]
├── test.tests.x
│   └── run.q
│       ├── provider[registry.terraform.io/hashicorp/c]
│       └── module.u
│           └── provider[registry.terraform.io/hashicorp/d]
├── test.top
└── module.m
    └── provider[example.com/v/b] > 1.0.0

`)
  })

  test('a folder of tests that is not there', async () => {
    write({ 'main.tf': 'resource "z_t" "r" {}\n' })
    const { code, stdout } = await run('providers', '-test-directory=nope', '-no-color')
    expect(code).toBe(0)
    expect(stdout).toContain('Warning: Test directory does not exist\n\nRequested test directory nope does not exist.\n')
  })

  test('takes no arguments', async () => {
    write({ 'main.tf': 'foo {\n}\n' })
    const { code, stderr } = await run('providers', 'x')
    expect(code).toBe(1)
    expect(stderr.match(/Error: .*/g)).toEqual(['Error: Too many command line arguments'])
  })
})

test('what to type is what was typed', async () => {
  write({ 'main.tf': 'resource "z_t" "r" {}\n' })
  for (const name of ['terraform', 'tofu', 'landform']) {
    const { stderr } = await runIn(dir, ['plan', '-no-color'], { name })
    expect(stderr).toContain(`\n  ${name} init\n`)
  }
})

test('help in a console that is piped into', async () => {
  write({ 'main.tf': '' })
  const { code, stdout } = await runIn(dir, ['console'], { input: 'help\n1 + 1\n' })
  expect(code).toBe(0)
  expect(stdout).toMatch(/exit[\s\S]*\n2\n$/)
})
