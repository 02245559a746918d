import { describe, expect, test } from 'vitest'
import { Diagnostics } from '../../src/diags/index.ts'
import { bodyContent, evaluate, literalString } from '../../src/hcl/index.ts'
import { loaded } from './_load.ts'

const text = (value: { asString(): string } | undefined): string | undefined => value?.asString()

describe('override files', () => {
  test('variables: argument by argument, in the order of the files', () => {
    const { module } = loaded({
      'main.tf': 'variable "a" {\n  type = string\n  default = "base"\n  description = "base"\n  sensitive = true\n}',
      'a_override.tf': 'variable "a" {\n  default = "a"\n  description = "a"\n}',
      'b_override.tf.json': '{"variable": {"a": {"default": "b", "sensitive": false}}}',
    })
    const a = module.variables.get('a')!
    expect([text(a.default), a.description, a.sensitive, a.type.kind]).toEqual(['b', 'a', false, 'string'])
  })

  test('a default follows an overridden type', () => {
    const { module } = loaded({
      'main.tf': 'variable "a" {\n  default = "5"\n}',
      'override.tf': 'variable "a" {\n  type = number\n}',
    })
    expect(module.variables.get('a')!.default!.type.kind).toBe('number')
    expect(module.variables.get('a')!.parsing).toBe('literal')
  })

  test('resources: arguments, blocks of a type, dynamic blocks, lifecycle, repetition, provider, provisioners', () => {
    const { module } = loaded({
      'main.tf': `resource "test" "a" {
        count = 1
        x = "base"
        y = "base"
        one { v = "base" }
        one { v = "base" }
        two { v = "base" }
        lifecycle {
          prevent_destroy = true
          ignore_changes = [x]
        }
        provisioner "local-exec" { command = "a" }
        provisioner "local-exec" { command = "b" }
      }`,
      'override.tf': `resource "test" "a" {
        for_each = {}
        provider = other.alias
        x = "over"
        dynamic "one" {
          for_each = []
          content {}
        }
        lifecycle { ignore_changes = all }
        provisioner "file" {}
      }`,
    })
    const a = module.resources.get('test.a')!
    expect([a.count, a.forEach?.kind, a.provider]).toEqual([undefined, 'object', { localName: 'other', alias: 'alias' }])
    expect([a.lifecycle.preventDestroy, a.lifecycle.ignoreAllChanges]).toEqual([true, true])
    expect(a.provisioners.map(({ type }) => type)).toEqual(['file'])
    const diags = new Diagnostics()
    const schema = {
      attributes: [{ name: 'x' }, { name: 'y' }],
      blocks: [...['one', 'two'].map((type) => ({ type, labelNames: [] })), { type: 'dynamic', labelNames: ['type'] }],
    }
    const content = bodyContent(a.body, schema, diags)
    expect(diags.items).toEqual([])
    expect([...content.attributes].map(([name, { expr }]) => [name, literalString(expr)])).toEqual(
      expect.arrayContaining([
        ['x', 'over'],
        ['y', 'base'],
      ]),
    )
    expect(content.blocks.map(({ type }) => type)).toEqual(['two', 'dynamic'])
  })

  test('JSON over native and native over JSON', () => {
    const native = 'provider "p" {\n  a = "native"\n  b = "native"\n}'
    const json = '{"provider": {"p": {"a": "json"}}}'
    const read = (files: Record<string, string>): unknown => {
      const diags = new Diagnostics()
      const { body } = loaded(files).module.providerConfigs.get('p')!
      const { attributes } = bodyContent(body, { attributes: [{ name: 'a' }, { name: 'b' }], blocks: [] }, diags)
      expect(diags.items).toEqual([])
      return Object.fromEntries([...attributes].map(([name, { expr }]) => [name, evaluate(expr, undefined, diags).asString()]))
    }
    expect(read({ 'main.tf': native, 'override.tf.json': json })).toEqual({ a: 'json', b: 'native' })
    expect(read({ 'main.tf.json': json, 'override.tf': native })).toEqual({ a: 'native', b: 'native' })
  })

  test('terraform: backend, required providers and versions', () => {
    const { module } = loaded({
      'main.tf': `terraform {
        required_version = ">= 9"
        backend "local" {}
        required_providers {
          a = { source = "x/a" }
          b = { source = "x/b" }
        }
      }`,
      'x_override.tf': `terraform {
        required_version = ">= 1"
        cloud {}
        required_providers {
          b = { source = "y/b" }
        }
      }`,
    })
    expect(module.backend?.type).toBe('cloud')
    expect([...module.requiredProviders.values()].map(({ source }) => source.namespace)).toEqual(['x', 'y'])
  })

  test('locals, outputs, module calls', () => {
    const { module } = loaded({
      'main.tf': 'locals { a = 1 }\noutput "o" {\n  value = 1\n  description = "d"\n}\nmodule "m" {\n  source = "./m"\n  x = 1\n}',
      'override.tf': 'locals { a = "two" }\noutput "o" { sensitive = true }\nmodule "m" {\n  source = "./n"\n  y = 1\n}',
      'm/main.tf': '',
      'n/main.tf': 'variable "x" {}',
    })
    expect(literalString(module.locals.get('a')!.expr)).toBe('two')
    const o = module.outputs.get('o')!
    expect([o.expr.kind, o.description, o.sensitive]).toEqual(['literal', 'd', true])
    expect(module.moduleCalls.get('m')!.source).toBe('./n')
  })
})
