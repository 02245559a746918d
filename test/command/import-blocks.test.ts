import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { main } from '../../src/command/main.ts'

// What Terraform 1.11.4 says of import blocks.

const previous = process.cwd()
let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-import-'))
  process.chdir(dir)
})
afterEach(() => {
  process.chdir(previous)
  rmSync(dir, { recursive: true })
})
afterAll(() => process.chdir(previous))

async function run(...argv: string[]): Promise<{ code: number; out: string }> {
  let out = ''
  const code = await main({
    argv,
    programName: 'terraform',
    environment: {},
    cwd: () => process.cwd(),
    chdir: (to) => process.chdir(to),
    streams: {
      out: (text) => (out += text),
      err: (text) => (out += text),
      readLine: async () => undefined,
      readAll: async () => '',
      close: () => {},
      outIsTerminal: false,
      inIsTerminal: false,
      columns: 200,
    },
  })
  return { code, out }
}

const block = (to: string, more: string): string => `import {\n  to = ${to}\n  ${more}\n}\n`
const data = (name: string, more = ''): string => `resource "terraform_data" "${name}" {\n  ${more}\n}\n`
const keyed = (over: string, key = 'each.key'): string => block(`terraform_data.x[${key}]`, `for_each = ${over}\n  id       = "i"`)

test.each<[config: string, summary: string, detail: string, command?: string]>([
  [keyed('toset(["a"])') + data('x', 'count = 1'), "Invalid import 'to' expression", 'The target resource does not use for_each.'],
  [keyed('{ "0" = "a" }') + data('x', 'count = 1'), "Invalid import 'to' expression", 'The target resource does not use for_each.'],
  [keyed('toset(["a"])') + data('x'), "Invalid import 'to' expression", 'The target resource does not use for_each.'],
  [
    keyed('{ a = 0 }', 'each.value') + data('x', 'for_each = toset(["a"])'),
    "Invalid import 'to' expression",
    'The target resource does not use count.',
  ],
  [keyed('{ a = 0 }', 'each.value'), "Invalid import 'to' expression", 'The target resource does not use count.'],
  [
    keyed('toset([terraform_data.u.id])') + data('x', 'for_each = toset(["a"])') + data('u'),
    'Invalid for_each argument',
    'The "for_each" expression includes values derived from other resource attributes that cannot be determined until apply, and so Terraform cannot determine the full set of values that might be used to import this resource.',
    'plan',
  ],
  [block('terraform_data.x', 'id = ["a"]') + data('x'), 'Incorrect value type', 'Invalid expression value: string required.'],
  [
    block('terraform_data.x', 'id = terraform_data.x.id') + data('x'),
    'Invalid import id argument',
    'The import ID cannot reference the resource being imported.',
  ],
])('%s', async (config, summary, detail, command = 'validate') => {
  writeFileSync('main.tf', config)
  const { code, out } = await run(command, '-json')
  expect(code).toBe(1)
  const said =
    command === 'validate'
      ? JSON.parse(out).diagnostics
      : out
          .trim()
          .split('\n')
          .flatMap((line) => JSON.parse(line).diagnostic ?? [])
  expect(said.map((d: { summary: string; detail: string }) => [d.summary, d.detail])).toEqual([[summary, detail]])
})

test('keys that fit', async () => {
  writeFileSync('main.tf', keyed('{ a = 0, b = 1 }', 'each.value') + data('x', 'count = 2'))
  expect(await run('validate')).toEqual({ code: 0, out: 'Success! The configuration is valid.\n\n' })
})

test('what targets leave out needs no configuration', async () => {
  writeFileSync('main.tf', block('terraform_data.nothing', 'id = "a"') + block('terraform_data.x', 'id = "b"') + data('x'))
  expect((await run('plan')).out).toContain('Configuration for import target does not exist')
  const { code, out } = await run('plan', '-target=terraform_data.x')
  expect([code, out]).toEqual([0, expect.stringContaining('Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.')])
})

test('an import that names the provider that the resource names', async () => {
  const resource = 'resource "null_resource" "x" {\n  provider = null.q\n}\nprovider "null" {\n  alias = "q"\n}\n'
  writeFileSync('main.tf', resource + block('null_resource.x', 'id = "1"\n  provider = null.q'))
  expect((await run('validate')).out).not.toContain('Invalid import provider argument')
  writeFileSync('main.tf', resource + block('null_resource.x', 'id = "1"\n  provider = null'))
  expect((await run('validate')).out).toContain('Invalid import provider argument')
})
