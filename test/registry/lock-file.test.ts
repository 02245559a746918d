import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Diagnostics, rangeStart } from '../../src/diags/index.ts'
import { lockFileToString, parseLockFile } from '../../src/registry/index.ts'

const canonical = `# This file is maintained automatically by "terraform init".
# Manual edits may be lost in future updates.

provider "example.com/test/alpha" {
  version     = "1.1.0"
  constraints = ">= 1.0.0, ~> 1.0, != 1.0.5, < 3.0.0"
  hashes = [
    "h1:QqZArl2tNiT/cuA3lpoGc6nVwR4RI5OX98njJvtOb7k=",
    "zh:03360ed3ecd31e8c5dac9c95fe0858be50f3e9a0d0c654b5e504109c2159287d",
  ]
}

provider "registry.terraform.io/hashicorp/null" {
  version = "3.2.2"
}
`

function read(text: string) {
  const diags = new Diagnostics()
  const locks = parseLockFile(text, diags)
  return { locks, told: diags.items.map((d) => `${d.severity}: ${d.summary}: ${d.detail}`) }
}

describe('lock file', () => {
  test('what is read and written again is the same text', () => {
    const { locks, told } = read(canonical)
    expect(told).toEqual([])
    expect(lockFileToString(locks)).toBe(canonical)
    expect(lockFileToString(locks, 'tofu')).toBe(canonical.replace('terraform init', 'tofu init'))
  })

  test('entries and hashes are written in order, each once', () => {
    const text =
      'provider "b.example/x/y" {\n version="1.0.0"\n hashes=["zh:b","h1:a","zh:b"]\n}\nprovider "a.example/x/y" {\n version="2.0.0-beta.1+x"\n}\n'
    const [, , , ...lines] = lockFileToString(read(text).locks).split('\n')
    expect(lines).toEqual([
      'provider "a.example/x/y" {',
      '  version = "2.0.0-beta.1+x"',
      '}',
      '',
      'provider "b.example/x/y" {',
      '  version = "1.0.0"',
      '  hashes = [',
      '    "h1:a",',
      '    "zh:b",',
      '  ]',
      '}',
      '',
    ])
  })

  test('without entries there is a header only', () => {
    expect(lockFileToString(new Map())).toBe(canonical.split('\n').slice(0, 2).join('\n').concat('\n'))
  })

  test.each<[body: string, want: string]>([
    [
      'provider "hashicorp/aws" {\n version = "1.0.0"\n}',
      'error: Non-normalized provider source address: The provider source address for this provider lock must be written as "registry.terraform.io/hashicorp/aws", the fully-qualified and normalized form.',
    ],
    [
      'provider "a.example/b/c" {\n version = "1.0"\n}',
      'error: Invalid provider version number: The selected version number for provider a.example/b/c must be written in normalized form: "1.0.0".',
    ],
    [
      'provider "a.example/b/c" {\n version = "1.0.0"\n constraints = ">=1.0"\n}',
      'error: Invalid provider version constraints: The recorded version constraints for provider a.example/b/c must be written in normalized form: ">= 1.0.0".',
    ],
    [
      'provider "a.example/b/c" {\n version = "1.0.0"\n constraints = "v1.0"\n}',
      'error: Invalid provider version constraints: The recorded version constraints for provider a.example/b/c are invalid: a "v" prefix should not be used.',
    ],
    [
      'provider "a.example/b/c" {\n version = "1.0.0"\n hashes = ["foo"]\n}',
      'error: Invalid provider hash string: Cannot interpret "foo" as a provider hash: hash string must start with a scheme keyword followed by a colon.',
    ],
    [
      'provider "a.example/b/c" {\n version = "1.0.0"\n hashes = []\n}',
      'error: Invalid provider hash set: The "hashes" argument must either be omitted or contain at least one hash value.',
    ],
    [
      'provider "a.example/b/c" {\n version = "1.0.0"\n foo = 1\n}',
      'error: Unsupported argument: An argument named "foo" is not expected here.',
    ],
    [
      'module "x" {\n}',
      'warning: Dependency locks for modules are not yet supported: Only dependencies on providers are locked, not modules. This file may be intended for a later version of Terraform that also supports dependency locks for modules.',
    ],
  ])('%s', (body, want) => {
    expect(read(`${body}\n`).told).toEqual([want])
  })
})

const folder = resolve(import.meta.dirname, '../../../shared/conformance/lockfile')

describe.skipIf(!existsSync(folder))('lock files of the conformance suite (skipped where it is not there)', () => {
  test.each(existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.hcl')) : [])('%s', (name) => {
    const text = readFileSync(join(folder, name), 'utf8')
    const wanted = text
      .split('\n')
      .flatMap((line, i) => (line.includes('# ERROR: ') ? [`${i + 1} ${line.replace(/.*# ERROR: /, '')}`] : []))
    const diags = new Diagnostics()
    parseLockFile(text, diags)
    expect(diags.items.map((d) => `${rangeStart(d.subject!).line} ${d.summary}`).sort()).toEqual(wanted.sort())
  })
})
