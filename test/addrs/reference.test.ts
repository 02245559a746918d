import { describe, expect, test } from 'vitest'
import { parseReference, referenceableToString } from '../../src/addrs/index.ts'
import { Diagnostics, Source } from '../../src/diags/index.ts'
import { parseTraversal } from '../../src/hcl/index.ts'

function reference(text: string): string {
  const diags = new Diagnostics()
  const traversal = parseTraversal(new Source('', text), diags)
  expect(diags.items).toEqual([])
  const found = parseReference(traversal!, diags)
  if (found === undefined) {
    return diags.items.map((d) => `${text.slice(d.subject!.start, d.subject!.end)} | ${d.summary} | ${d.detail}`).join('\n')
  }
  expect(diags.items).toEqual([])
  const rest = found.remaining.map((s) => text.slice(s.range.start, s.range.end)).join('')
  return `${found.subject.kind} ${referenceableToString(found.subject)} | ${text.slice(found.range.start, found.range.end)} | ${rest}`
}

describe('what an expression refers to', () => {
  test.each([
    ['var.a', 'variable var.a | var.a | '],
    ['var.a[0].b', 'variable var.a | var.a | [0].b'],
    ['local.a.b', 'local local.a | local.a | .b'],
    ['each.key', 'each each.key | each.key | '],
    ['each.value.x', 'each each.value | each.value | .x'],
    ['count.index', 'count count.index | count.index | '],
    ['path.module', 'path path.module | path.module | '],
    ['terraform.workspace', 'terraform terraform.workspace | terraform.workspace | '],
    ['self', 'self self | self | '],
    ['self.a.b', 'self self | self | .a.b'],
    ['module.m', 'moduleCall module.m | module.m | '],
    ['module.m.out', 'moduleOutput module.m.out | module.m.out | '],
    ['module.m.out.x[0]', 'moduleOutput module.m.out | module.m.out | .x[0]'],
    ['module.m[0]', 'moduleCallInstance module.m[0] | module.m[0] | '],
    ['module.m["k"].out.x', 'moduleOutput module.m["k"].out | module.m["k"].out | .x'],
    ['data.t.n', 'resource data.t.n | data.t.n | '],
    ['data.t.n[0].x', 'resourceInstance data.t.n[0] | data.t.n[0] | .x'],
    ['ephemeral.t.n', 'resource ephemeral.t.n | ephemeral.t.n | '],
    ['resource.data.n', 'resource data.n | resource.data.n | '],
    ['t.n', 'resource t.n | t.n | '],
    ['t.n.x.y', 'resource t.n | t.n | .x.y'],
    ['t.n[0].x', 'resourceInstance t.n[0] | t.n[0] | .x'],
    ['t.n["k"]', 'resourceInstance t.n["k"] | t.n["k"] | '],
    ['provider.foo', 'resource provider.foo | provider.foo | '],
  ])('%s', (text, want) => {
    expect(reference(text)).toBe(want)
  })
})

/** Texts and ranges as Terraform 1.11.4 gives them. */
describe('references that are refused', () => {
  const directly = (root: string) =>
    `Invalid reference | The "${root}" object cannot be accessed directly. Instead, access one of its attributes.`
  const unsupported = (root: string) => `Invalid reference | The "${root}" object does not support this operation.`
  const twoNames = (root: string, type: string) =>
    `Invalid reference | The "${root}" object must be followed by two attribute names: ${type} and the resource name.`
  const needsName = (noun: string) =>
    `Invalid reference | A reference to ${noun} must be followed by at least one attribute access, specifying the resource name.`
  test.each([
    ['foo', `foo | ${needsName('a resource type')}`],
    ['foo[0]', `[0] | ${needsName('a resource type')}`],
    ['foo["bar"]', `["bar"] | ${needsName('a resource type')}`],
    ['var', `var | ${directly('var')}`],
    ['var["a"]', `["a"] | ${unsupported('var')}`],
    ['local[0]', `[0] | ${unsupported('local')}`],
    ['each', `each | ${directly('each')}`],
    ['count["index"]', `["index"] | ${unsupported('count')}`],
    ['path', `path | ${directly('path')}`],
    ['terraform', `terraform | ${directly('terraform')}`],
    ['module', `module | ${directly('module')}`],
    ['module[0]', `[0] | ${unsupported('module')}`],
    ['module.foo[0]["x"]', '["x"] | Invalid reference | Module instance objects do not support this operation.'],
    ['data', `data | ${twoNames('data', 'the data source type')}`],
    ['data.foo', `data.foo | ${twoNames('data', 'the data source type')}`],
    ['data[0]', `data[0] | ${twoNames('data', 'the data source type')}`],
    ['data.foo[0]', `[0] | ${needsName('a data source')}`],
    ['data.foo["x"].y', `["x"] | ${needsName('a data source')}`],
    ['resource', `resource | ${twoNames('resource', 'the resource type')}`],
    ['resource.foo', `resource.foo | ${twoNames('resource', 'the resource type')}`],
    ['resource[0].x', `[0] | ${unsupported('resource')}`],
    ['ephemeral.foo', `ephemeral.foo | ${twoNames('ephemeral', 'the ephemeral resource type')}`],
    [
      'template.foo',
      'template | Reserved symbol name | The symbol name "template" is reserved for use in a future Terraform version. If you are using a provider that already uses this as a resource type name, add the prefix "resource." to force interpretation as a resource type name.',
    ],
  ])('%s', (text, want) => {
    expect(reference(text)).toBe(want)
  })
})
