import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
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

describe('the values of deprecated outputs', () => {
  /** What is told of one expression in an output of the root module, with the lines it is told of. */
  async function told(...lines: readonly string[]): Promise<readonly string[]> {
    writeFileSync(
      join(dir, 'main.tf'),
      [
        'module "call" { source = "./mod" }',
        'module "many" {',
        '  source = "./mod"',
        '  count  = 2',
        '}',
        'module "named" {',
        '  source   = "./mod"',
        '  for_each = { a = 1, b = 2 }',
        '}',
        ...lines,
      ].join('\n'),
    )
    writeFileSync(
      join(dir, 'mod', 'main.tf'),
      `output "old" {
  value      = "x"
  deprecated = "use fine"
}
output "items" {
  value      = ["x"]
  deprecated = "use fine"
}
output "fine" {
  value = "y"
}
`,
    )
    await run('init')
    const { diagnostics } = planDiagnostics(await run('plan', '-json'))
    return diagnostics.map(({ detail, range }) => {
      expect(detail).toMatch(/, which is deprecated with the following message:\n\nuse fine$/)
      return `${range.start.line}: ${detail.slice(0, detail.indexOf(','))}`
    })
  }

  function planDiagnostics(text: string): { diagnostics: { detail: string; range: { start: { line: number } } }[] } {
    const lines = text.trim().split('\n')
    const messages = lines.map(
      (line) => JSON.parse(line) as { type: string; diagnostic: { detail: string; range: { start: { line: number } } } },
    )
    return { diagnostics: messages.filter(({ type }) => type === 'diagnostic').map(({ diagnostic }) => diagnostic) }
  }

  const call = 'is derived from module.call.old'
  test.each([
    ['module.call.old', [`This value ${call}`]],
    ['module.call.fine', []],
    ['[module.call.old, module.call.old]', [`This value's attribute [0] ${call}`, `This value's attribute [1] ${call}`]],
    ['{ a = { b = module.call.old } }', [`This value's attribute a.b ${call}`]],
    ['module.call', [`This value's attribute items is derived from module.call.items`, `This value's attribute old ${call}`]],
    ['upper(module.call.old)', [`This value ${call}`]],
    ['"a-${module.call.old}"', [`This value ${call}`]],
    ['module.call.old == "x" ? 1 : 2', [`This value ${call}`]],
    ['true ? module.call.fine : module.call.old', [`This value ${call}`]],
    ['length(module.call.items)', ['This value is derived from module.call.items']],
    ['[for i in module.call.items : upper(i)]', ['This value is derived from module.call.items']],
    ['[for i in ["a"] : i if i != module.call.old]', [`This value ${call}`]],
    ['try(module.call.old, 1)', [`This value ${call}`]],
    ['sensitive(module.call.old) == "x" ? nonsensitive(sensitive(1)) : 2', [`This value ${call}`]],
    [
      '[for m in module.many : m.old]',
      ["This value's attribute [0] is derived from module.many[0].old", "This value's attribute [1] is derived from module.many[1].old"],
    ],
    ['[for m in module.many : m.fine]', []],
    ['module.many[*].fine', []],
    [
      'module.many[*].old',
      ["This value's attribute [0] is derived from module.many[0].old", "This value's attribute [1] is derived from module.many[1].old"],
    ],
    ['module.named["a"].old', ['This value is derived from module.named["a"].old']],
    [
      'join("", values(module.named)[*].old)',
      ['This value is derived from module.named["a"].old', 'This value is derived from module.named["b"].old'],
    ],
    ['{ for k, m in module.named : k => m.fine }', []],
    ['toset([module.call.old])', [`This value ${call}`]],
  ])('%s', async (expr, want) => {
    const wrapped = expr.startsWith('sensitive(') ? `nonsensitive(${expr})` : expr
    expect((await told(`output "o" { value = ${wrapped} }`)).toSorted()).toEqual(want.map((text) => `10: ${text}`))
  })

  test('a local value is where it is used; what uses the local value has nothing to change', async () => {
    expect(
      await told(
        'locals {',
        '  all  = module.many',
        '  one  = module.call.old',
        '  both = [local.one, local.all[0].fine]',
        '}',
        'output "o" { value = [local.both, local.all[*].old] }',
      ),
    ).toEqual([
      "11: This value's attribute [0].items is derived from module.many[0].items",
      "11: This value's attribute [0].old is derived from module.many[0].old",
      "11: This value's attribute [1].items is derived from module.many[1].items",
      "11: This value's attribute [1].old is derived from module.many[1].old",
      `12: This value ${call}`,
    ])
  })

  test('arguments of resources, once for all instances, and in no object of the state', async () => {
    const lines = [
      'resource "terraform_data" "a" {',
      '  count = 2',
      '  input = {',
      '    plain = 1',
      '    old   = module.call.old',
      '  }',
      '  triggers_replace = [for m in module.many : m.fine]',
      '  lifecycle {',
      '    precondition {',
      '      condition     = module.call.old == "x"',
      '      error_message = "no"',
      '    }',
      '  }',
      '}',
      'resource "terraform_data" "b" {',
      '  for_each = toset(module.call.items)',
      '  input    = each.key',
      '}',
    ]
    expect((await told(...lines)).toSorted()).toEqual([
      `14: This value ${call}`,
      `19: This value ${call}`,
      '25: This value is derived from module.call.items',
    ])
    await run('apply', '-auto-approve')
    expect(await run('plan')).toContain('No changes.')
    const shown = await run('show', '-json')
    expect(shown).not.toMatch(/deprecat|"sensitive_values":[^}]*true/)
  })
})

test('a deprecated variable of the root module that is set', async () => {
  writeFileSync(
    join(dir, 'main.tf'),
    `variable "old" {
  default    = "x"
  deprecated = "use new"
}
output "o" {
  value = var.old
}
`,
  )
  const told = 'Variable "old" is marked as deprecated with the following message:\nuse new'
  expect(await run('plan', '-no-color')).not.toContain('deprecated')
  expect(await run('plan', '-no-color', '-var', 'old=y')).toContain(told)
  expect((await run('apply', '-auto-approve', '-no-color', '-var', 'old=y')).split(told)).toHaveLength(2)
  writeFileSync(join(dir, 'terraform.tfvars'), 'old = "z"\n')
  expect(await run('plan', '-no-color')).toContain(`on terraform.tfvars line 1`)
  writeFileSync(join(dir, 'terraform.tfvars'), 'old = null\n')
  expect(await run('plan', '-no-color')).not.toContain('deprecated')
})

test('an argument that is null is none', async () => {
  writeFileSync(join(dir, 'main.tf'), main.replace('"test"', 'null'))
  expect(await run('plan', '-no-color')).not.toContain('Variable "input"')
})
