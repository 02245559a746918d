import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runIn } from '../support/in-process.ts'

/* L-058: as OpenTofu 1.11 tells it. */

const main = `module "call" {
  source = "./mod"
  input  = "test"
}
locals {
  i1 = module.call.modout1
}
output "o" {
  value = [local.i1, module.call.modout1, module.call.fine]
}
`
const mod = `variable "input" {
  type       = string
  deprecated = "this is local deprecated"
}
variable "unused" {
  default    = "x"
  deprecated = "nobody sets it"
}
output "modout1" {
  value      = var.input
  deprecated = "output deprecated"
}
output "fine" {
  value = var.unused
}
`

let dir: string
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'landform-deprecations-'))
  mkdirSync(join(dir, 'mod'))
  writeFileSync(join(dir, 'main.tf'), main)
  writeFileSync(join(dir, 'mod', 'main.tf'), mod)
  await run('init')
})
afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

async function run(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await runIn(dir, argv)
  expect(code, stdout + stderr).toBe(0)
  return stdout
}

const variable = `Warning: Variable marked as deprecated by the module author

  on main.tf line 3, in module "call":
   3:   input  = "test"

Variable "input" is marked as deprecated with the following message:
this is local deprecated
`
const output = `Warning: Value derived from a deprecated source

  on main.tf line 6, in locals:
   6:   i1 = module.call.modout1

This value is derived from module.call.modout1, which is deprecated with the
following message:

output deprecated

(and one more similar warning elsewhere)
`

test('a deprecated variable that is given and a deprecated output that is used', async () => {
  const planned = await run('plan', '-no-color')
  expect(planned).toContain(variable)
  expect(planned).toContain(output)
  expect(planned).not.toContain('nobody sets it')
})

test('validate tells of variables', async () => {
  const text = await run('validate', '-no-color')
  expect(text).toContain('Variable "input" is marked as deprecated')
  expect(text).not.toContain('derived from a deprecated source')
  const { diagnostics } = JSON.parse(await run('validate', '-json')) as { diagnostics: { summary: string; range: unknown }[] }
  expect(diagnostics.map(({ summary }) => summary)).toEqual(['Variable marked as deprecated by the module author'])
})

test('an apply tells it once', async () => {
  const applied = await run('apply', '-auto-approve', '-no-color', '-consolidate-warnings=false')
  expect(applied.split('derived from module.call.modout1')).toHaveLength(3)
  expect(applied.split('Variable "input" is marked')).toHaveLength(2)
  expect(await run('destroy', '-auto-approve', '-no-color')).toContain('Variable "input" is marked')
})

test.each([
  ['all', true],
  ['local', true],
  ['none', false],
])('-deprecation=module:%s', async (level, told) => {
  expect((await run('plan', `-deprecation=module:${level}`)).includes('deprecated')).toBe(told)
})

test('-deprecation=module:local leaves out modules from elsewhere', async () => {
  writeFileSync(join(dir, 'main.tf'), main.replace('./mod', join(dir, 'mod')))
  await run('init')
  expect(await run('plan', '-deprecation=module:local')).not.toContain('deprecated')
  expect(await run('plan', '-deprecation=module:all')).toContain('deprecated')
})
