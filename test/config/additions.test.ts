import { describe, expect, test } from 'vitest'
import { loadConfig, memoryFileSystem } from '../../src/config/index.ts'
import { stringVal } from '../../src/cty/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { functionTable } from '../../src/lang/functions/index.ts'

/** Loads with what a working directory would hand in. */
function load(files: Readonly<Record<string, string>>, given: Readonly<Record<string, string>> = {}) {
  const diags = new Diagnostics()
  const functions = functionTable({ baseDir: '.', pure: true })
  const early = {
    variables: () => new Map(Object.entries(given).map(([name, text]) => [name, { value: stringVal(text) }] as const)),
    functions: () => ({ functions: functions.lookUp, functionNames: functions.names }),
    workspace: 'blue',
    cwd: '.',
  }
  const config = loadConfig('.', { files: memoryFileSystem(files), early, installed: () => null }, diags)
  return { config, diags, problems: diags.items.map(({ severity, summary }) => `${severity}: ${summary}`) }
}

describe('sources and versions of modules', () => {
  const rows: readonly [name: string, text: string, source: string, problems?: readonly string[]][] = [
    ['a variable', 'variable "x" { default = "./a" }\nmodule "m" { source = var.x }', './a'],
    ['a value that was given', 'variable "dir" {}\nmodule "m" { source = "./${var.dir}" }', './given'],
    ['locals in any order', 'module "m" { source = local.a }\nlocals {\n a = local.b\n b = "./b"\n}', './b'],
    ['workspace and functions', 'module "m" { source = "./${upper(terraform.workspace)}" }', './BLUE'],
    ['by the name of the other tool', 'module "m" { source = "./${tofu.workspace}" }', './blue'],
    ['a circle', 'module "m" { source = local.a }\nlocals {\n a = local.b\n b = local.a\n}', '', ['error: Circular reference']],
    ['nothing of that name', 'module "m" { source = local.a }', '', ['error: Undefined local']],
    ['not known before planning', 'module "m" { source = data.x.y.z }', '', ['error: Dynamic value in static context']],
    ['no value', 'variable "x" {}\nmodule "m" { source = var.x }', '', ['error: No value for required variable']],
    [
      'not constant',
      'variable "x" {\n default = "./a"\n const = false\n}\nmodule "m" { source = var.x }',
      '',
      ['error: Dynamic value in static context'],
    ],
    [
      'secret',
      'variable "x" {\n default = "./a"\n sensitive = true\n}\nmodule "m" { source = var.x }',
      '',
      ['error: Sensitive value not allowed'],
    ],
    [
      'that is there for a while only',
      'variable "x" {\n default = "./a"\n ephemeral = true\n}\nlocals { y = upper(var.x) }\nmodule "m" { source = local.y }',
      '',
      ['error: Ephemeral value not allowed'],
    ],
    [
      'not known before planning, of its own repetition',
      'module "m" {\n for_each = {}\n source = each.key\n}',
      '',
      ['error: Dynamic value in static context'],
    ],
    ['no text', 'locals { x = [] }\nmodule "m" { source = local.x }', '', ['error: Invalid module source']],
    ['the function of a provider', 'module "m" { source = provider::p::f() }', '', ['error: Call to unknown function']],
    [
      'version of a local module',
      'module "m" {\n source = "./a"\n version = local.v\n}\nlocals { v = "1.0" }',
      './a',
      ['error: Invalid registry module source address'],
    ],
  ]
  test.each(rows)('%s', (_, text, source, problems = []) => {
    const { config, problems: got } = load({ 'main.tf': text }, { dir: 'given' })
    expect(got).toEqual(problems)
    expect(config.module.moduleCalls.get('m')!.source).toBe(source)
  })

  test('a version of null is none', () => {
    const { config, problems } = load({ 'main.tf': 'module "m" {\n source = "./a"\n version = local.v\n}\nlocals { v = null }' })
    expect(problems).toEqual([])
    expect(config.module.moduleCalls.get('m')).toMatchObject({ source: './a', version: undefined })
  })
})

test('a backend is handed on with values in place of names', () => {
  const { config, problems } = load({
    'main.tf': 'variable "x" { default = "a" }\nterraform {\n backend "local" { path = "${var.x}.tfstate" }\n}',
  })
  expect(problems).toEqual([])
  const body = config.module.backend!.body
  expect(body.kind === 'native' && body.attributes.get('path')!.expr).toMatchObject({ kind: 'literal', value: { payload: 'a.tfstate' } })
})

describe('repetition', () => {
  const rows: readonly [name: string, text: string, problems: readonly string[]][] = [
    ['enabled', 'resource "a" "b" {\n lifecycle { enabled = var.x }\n}\nvariable "x" {}', []],
    ['enabled of a module', 'module "m" {\n source = "./m"\n lifecycle { enabled = true }\n}', []],
    [
      'enabled and count',
      'data "a" "b" {\n count = 1\n lifecycle { enabled = true }\n}',
      ['error: Invalid combination of "count" and "enabled"'],
    ],
    ['provider without alias', 'provider "a" { for_each = {} }', ['error: Alias required when using "for_each"']],
    ['provider instance', 'provider "a" {\n alias = "b"\n for_each = toset(["x"])\n}\nresource "a_x" "y" { provider = a.b["x"] }', []],
    [
      'provider instance without key',
      'provider "a" {\n alias = "b"\n for_each = toset(["x"])\n}\nresource "a_x" "y" { provider = a.b }',
      ['error: Invalid resource provider configuration'],
    ],
    [
      'a resource with the instances of its provider',
      'variable "r" {}\nprovider "a" {\n alias = "b"\n for_each = var.r\n}\nresource "a_x" "y" {\n for_each = var.r\n provider = a.b[each.key]\n}',
      ['warning: Provider configuration for_each matches resource'],
    ],
    [
      'key without instances',
      'provider "a" { alias = "b" }\nresource "a_x" "y" { provider = a.b["x"] }',
      ['error: Invalid resource provider configuration'],
    ],
  ]
  test.each(rows)('%s', (_, text, problems) => {
    expect(load({ 'main.tf': text }).problems).toEqual(problems)
  })
})

describe('destroy of lifecycle', () => {
  const rows: readonly [
    name: string,
    files: Readonly<Record<string, string>>,
    destroy: boolean | undefined,
    problems?: readonly string[],
  ][] = [
    ['unless it is said', { 'main.tf': 'resource "a" "b" {}' }, true],
    ['false', { 'main.tf': 'resource "a" "b" {\n lifecycle { destroy = false }\n}' }, false],
    ['true', { 'main.tf': 'resource "a" "b" {\n lifecycle { destroy = true }\n}' }, true],
    ['in JSON', { 'main.tf.json': '{"resource": {"a": {"b": {"lifecycle": {"destroy": false}}}}}' }, false],
    [
      'overridden',
      {
        'main.tf': 'resource "a" "b" {\n lifecycle { destroy = false }\n}',
        'x_override.tf': 'resource "a" "b" {\n lifecycle { destroy = true }\n}',
      },
      true,
    ],
    [
      'kept beside what is overridden',
      {
        'main.tf': 'resource "a" "b" {\n lifecycle { destroy = false }\n}',
        'x_override.tf': 'resource "a" "b" {\n lifecycle { prevent_destroy = true }\n}',
      },
      false,
    ],
    [
      'no literal',
      { 'main.tf': 'variable "x" { default = true }\nresource "a" "b" {\n lifecycle { destroy = var.x }\n}' },
      true,
      ['error: Variables not allowed', 'error: Unsuitable value type'],
    ],
    [
      'of what is never destroyed',
      { 'main.tf': 'data "a" "b" {\n lifecycle { destroy = false }\n}' },
      undefined,
      ['error: Invalid data resource lifecycle argument'],
    ],
  ]
  test.each(rows)('%s', (_, files, destroy, problems = []) => {
    const { config, problems: got } = load(files)
    expect(got).toEqual(problems)
    expect(config.module.resources.get('a.b')?.lifecycle.destroy).toBe(destroy)
  })
})
