import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AbsResourceInstance,
  absProviderConfigToString,
  absResourceInstanceToString,
  absResourceToString,
  compareInstanceKeys,
  defaultHost,
  defaultProviderSource,
  formatProviderSource,
  type InstanceKey,
  impliedLocalName,
  instanceKeyToMapKey,
  instanceKeyToString,
  moduleInstanceToString,
  parseAbsProviderConfig,
  parseAbsResource,
  parseAbsResourceInstance,
  parseLegacyAbsProviderConfig,
  parseModuleInstance,
  parseProviderSource,
  parseTarget,
  providerSourceToString,
  type Target,
  TargetSet,
  targetContains,
  targetContainsConfig,
  targetToString,
} from '../../src/addrs/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'

function parsed<T>(parse: (diags: Diagnostics) => T | undefined): T | string {
  const diags = new Diagnostics()
  const value = parse(diags)
  if (value !== undefined) {
    expect(diags.items).toEqual([])
    return value
  }
  return diags.items.map((d) => `${d.summary}: ${d.detail}`).join('\n')
}

describe('resource instances', () => {
  test.each<[string, AbsResourceInstance]>([
    [
      'aws_instance.web',
      { module: [], resource: { kind: 'resource', mode: 'managed', type: 'aws_instance', name: 'web' }, key: undefined },
    ],
    ['aws_instance.web[0]', { module: [], resource: { kind: 'resource', mode: 'managed', type: 'aws_instance', name: 'web' }, key: 0 }],
    ['data.aws_ami.base["x"]', { module: [], resource: { kind: 'resource', mode: 'data', type: 'aws_ami', name: 'base' }, key: 'x' }],
    ['ephemeral.a.b', { module: [], resource: { kind: 'resource', mode: 'ephemeral', type: 'a', name: 'b' }, key: undefined }],
    [
      'module.a["x"].module.b[1].module.c.t.n',
      {
        module: [
          { name: 'a', key: 'x' },
          { name: 'b', key: 1 },
          { name: 'c', key: undefined },
        ],
        resource: { kind: 'resource', mode: 'managed', type: 't', name: 'n' },
        key: undefined,
      },
    ],
  ])('%s', (text, want) => {
    expect(parsed((d) => parseAbsResourceInstance(text, d))).toEqual(want)
    expect(absResourceInstanceToString(want)).toBe(text)
  })

  test('the prefix resource. is taken and left out again', () => {
    const address = parsed((d) => parseAbsResourceInstance('module.m.resource.data.x', d)) as AbsResourceInstance
    expect(address.resource).toEqual({ kind: 'resource', mode: 'managed', type: 'data', name: 'x' })
    expect(absResourceInstanceToString(address)).toBe('module.m.data.x')
  })

  test('a whole resource must not have a key', () => {
    expect(absResourceToString(parsed((d) => parseAbsResource('module.a[0].t.n', d)) as AbsResourceInstance)).toBe('module.a[0].t.n')
    expect(parsed((d) => parseAbsResource('t.n[0]', d))).toBe(
      'Invalid address: A resource address is required. This instance key identifies a specific resource instance.',
    )
  })
})

describe('instance keys survive text', () => {
  test.each<[InstanceKey, string]>([
    [undefined, ''],
    [0, '[0]'],
    [12, '[12]'],
    ['', '[""]'],
    ['0', '["0"]'],
    ['a b', '["a b"]'],
    ['a"b\\c', '["a\\"b\\\\c"]'],
    ['line\nbreak\ttab\r', '["line\\nbreak\\ttab\\r"]'],
    ['${x}', '["$${x}"]'],
    ['%{x}', '["%%{x}"]'],
    ['$x %y', '["$x %y"]'],
    ['\u0001', '["\\u0001"]'],
    ['é😀', '["é😀"]'],
    ['\u{e0001}', '["\\U000e0001"]'],
    ['a.b[0]', '["a.b[0]"]'],
  ])('%j', (key, text) => {
    expect(instanceKeyToString(key)).toBe(text)
    const address = parsed((d) => parseAbsResourceInstance(`t.n${text}`, d)) as AbsResourceInstance
    expect(address.key).toBe(key)
  })

  test('map keys tell apart what text does not', () => {
    const keys: InstanceKey[] = [undefined, 0, '0', '', '#0', '"']
    expect(new Set(keys.map(instanceKeyToMapKey)).size).toBe(keys.length)
  })

  test('order', () => {
    const keys: InstanceKey[] = ['b', 10, undefined, 'a', 2, '10']
    expect(keys.sort(compareInstanceKeys)).toEqual([2, 10, '10', 'a', 'b', undefined])
    expect(compareInstanceKeys(undefined, 0)).toBeLessThan(0)
    expect(compareInstanceKeys('a', undefined)).toBeGreaterThan(0)
  })
})

describe('modules', () => {
  test.each(['', 'module.a', 'module.a[0].module.b["x"]'])('%j', (text) => {
    const module = parsed((d) => parseModuleInstance(text, d))
    expect(moduleInstanceToString(module as never)).toBe(text)
  })

  test.each([
    ['foo', 'Invalid module instance address: A module instance address must begin with "module.".'],
    ['module.a.foo', 'Invalid module instance address: The module instance address is followed by additional invalid content.'],
  ])('%s is refused', (text, want) => {
    expect(parsed((d) => parseModuleInstance(text, d))).toBe(want)
  })
})

/** Texts as Terraform 1.11.4 prints them for -target. */
describe('targets that are refused', () => {
  const whole = 'value must be a whole number, between -9223372036854775808 and 9223372036854775807.'
  const reserved = (word: string) =>
    `The keyword "${word}" is reserved and cannot be used to target a resource address. If you are targeting a resource type that uses a reserved keyword, please prefix your address with "resource.".`
  test.each([
    ['foo', 'Resource specification must include a resource type and name.'],
    ['module.a.foo', 'Resource specification must include a resource type and name.'],
    ['module.a.data', 'Resource specification must include a resource type and name.'],
    ['data', 'Resource specification must include a resource type and name.'],
    ['data.foo', 'Resource specification must include a resource type and name.'],
    ['module', 'Prefix "module." must be followed by a module name.'],
    ['module[0].x', 'Prefix "module." must be followed by a module name.'],
    ['module["x"]', 'Prefix "module." must be followed by a module name.'],
    ['module.foo[0][1]', 'Module address prefix must be followed by dot and then a name.'],
    ['module.foo[1.5]', `Invalid module index: ${whole}`],
    ['data.foo[0]', 'A resource name is required.'],
    ['foo[0].bar', 'A resource name is required.'],
    ['data[0].x.y', 'A data source name is required.'],
    ['foo.bar.baz', 'Resource instance key must be given in square brackets.'],
    ['foo.bar[0].baz', 'Unexpected extra operators after address.'],
    ['foo.bar[0][1]', 'Unexpected extra operators after address.'],
    ['foo.bar[1.5]', `Invalid resource instance key: ${whole}`],
    ['foo.bar[99999999999999999999]', `Invalid resource instance key: ${whole}`],
    ['var.x', reserved('var')],
    ['module.a.var.x', reserved('var')],
    ['each.key', reserved('each')],
    ['self.x', reserved('self')],
  ])('%s', (text, detail) => {
    const diags = new Diagnostics()
    expect(parseTarget(text, diags)).toBeUndefined()
    expect(diags.items.map((d) => d.detail)).toEqual([detail])
  })

  test.each(['', 'foo.', 'foo.bar[x]', 'module.foo[-1]', 'foo.bar["${x}"]', '[0]', 'foo bar', 'foo.bar[*]'])(
    'not even a traversal: %j',
    (text) => {
      const diags = new Diagnostics()
      expect(parseTarget(text, diags)).toBeUndefined()
      expect(diags.hasErrors).toBe(true)
    },
  )
})

describe('what a target contains', () => {
  const rows: [target: string, instance: string, contains: boolean][] = [
    ['t.n', 't.n', true],
    ['t.n', 't.n[0]', true],
    ['t.n[0]', 't.n[0]', true],
    ['t.n[0]', 't.n[1]', false],
    ['t.n["0"]', 't.n[0]', false],
    ['t.n', 'data.t.n', false],
    ['t.n', 'module.a.t.n', false],
    ['module.a', 'module.a.t.n[0]', true],
    ['module.a', 'module.a[1].module.b.t.n', true],
    ['module.a[0]', 'module.a[1].t.n', false],
    ['module.a[0]', 'module.a[0].module.b["x"].t.n', true],
    ['module.a.module.b', 'module.a[0].module.b.t.n', false],
    ['module.a.t.n', 'module.a[0].t.n', false],
    ['module.a', 't.n', false],
  ]
  test('a set of targets says what each of them says', () => {
    const key = fc.constantFrom('', '', '[0]', '["0"]', '["a/b"]')
    const module = fc.array(fc.tuple(fc.constantFrom('a', 'b'), key), { maxLength: 3 }).map((m) => m.map(([n, k]) => `module.${n}${k}`))
    const object = fc.tuple(module, fc.constantFrom('t.a', 't.b', 'data.t.a'), key).map(([m, r, k]) => [...m, r + k].join('.'))
    const targetText = fc.oneof(
      object,
      module.filter((m) => m.length > 0).map((m) => m.join('.')),
    )
    fc.assert(
      fc.property(fc.array(targetText, { maxLength: 6 }), object, (texts, text) => {
        const targets = texts.map((t) => parsed((d) => parseTarget(t, d)) as Target)
        const instance = parsed((d) => parseAbsResourceInstance(text, d)) as AbsResourceInstance
        const config = { module: instance.module.map((s) => s.name), resource: instance.resource }
        const set = new TargetSet(targets)
        expect(new Set(set.covering(instance))).toEqual(new Set(targets.filter((t) => targetContains(t, instance))))
        expect(new Set(set.about(config))).toEqual(new Set(targets.filter((t) => targetContainsConfig(t, config))))
      }),
    )
  })
  test.each(rows)('%s / %s: %s', (target, instance, want) => {
    const t = parsed((d) => parseTarget(target, d)) as Target
    expect(targetToString(t)).toBe(target)
    const i = parsed((d) => parseAbsResourceInstance(instance, d)) as AbsResourceInstance
    expect(targetContains(t, i)).toBe(want)
    expect(new TargetSet([t]).covers(i)).toBe(want)
    if (want) expect(targetContainsConfig(t, { module: i.module.map((s) => s.name), resource: i.resource })).toBe(true)
  })
})

describe('provider sources', () => {
  test.each([
    ['aws', 'registry.terraform.io/hashicorp/aws', 'hashicorp/aws'],
    ['A/B', 'registry.terraform.io/a/b', 'a/b'],
    ['EXAMPLE.com/x/y', 'example.com/x/y', 'example.com/x/y'],
    ['localhost:80/x/y', 'localhost:80/x/y', 'localhost:80/x/y'],
    ['example.com:443/x/y', 'example.com/x/y', 'example.com/x/y'],
    ['registry.terraform.io/-/aws', 'registry.terraform.io/-/aws', '-/aws'],
    ['terraform-provider-foo', 'registry.terraform.io/hashicorp/terraform-provider-foo', 'hashicorp/terraform-provider-foo'],
    ['terraform.io/builtin/terraform', 'terraform.io/builtin/terraform', 'terraform.io/builtin/terraform'],
  ])('%s', (text, full, short) => {
    const source = parsed((d) => parseProviderSource(text, defaultHost, d))
    expect(typeof source === 'string' ? source : providerSourceToString(source)).toBe(full)
    expect(formatProviderSource(source as never)).toBe(short)
  })

  const letters = 'must contain only letters, digits, and dashes, and may not use leading or trailing dashes'
  test.each([
    ['', 'Invalid provider source string: The "source" attribute must be in the format "[hostname/][namespace/]name"'],
    ['a/b/c/d', 'Invalid provider source string: The "source" attribute must be in the format "[hostname/][namespace/]name"'],
    ['a//b', 'Invalid provider source string: The "source" attribute must be in the format "[hostname/][namespace/]name"'],
    ['a/b c', `Invalid provider type: Invalid provider type "b c" in source "a/b c": ${letters}`],
    ['x/a--b', 'Invalid provider type: Invalid provider type "a--b" in source "x/a--b": cannot use multiple consecutive dashes'],
    ['x/a.b', 'Invalid provider type: Invalid provider type "a.b" in source "x/a.b": dots are not allowed'],
    ['x/a_b', `Invalid provider type: Invalid provider type "a_b" in source "x/a_b": ${letters}`],
    ['x/b-', `Invalid provider type: Invalid provider type "b-" in source "x/b-": ${letters}`],
    ['-a/b', `Invalid provider namespace: Invalid provider namespace "-a" in source "-a/b": ${letters}`],
  ])('%j is refused', (text, want) => {
    expect(parsed((d) => parseProviderSource(text, defaultHost, d))).toBe(want)
  })

  test.each(['foo bar/x/y', 'x/terraform-provider-foo', 'x/terraform-foo', 'a:b/x/y'])('%j is refused too', (text) => {
    expect(parsed((d) => parseProviderSource(text, defaultHost, d))).toMatch(/^Invalid provider /)
  })

  test('defaults', () => {
    expect(providerSourceToString(defaultProviderSource('aws'))).toBe('registry.terraform.io/hashicorp/aws')
    expect(providerSourceToString(defaultProviderSource('terraform'))).toBe('terraform.io/builtin/terraform')
    expect(impliedLocalName('aws_instance')).toBe('aws')
    expect(impliedLocalName('external')).toBe('external')
  })
})

describe('provider configurations', () => {
  test.each([
    'provider["registry.terraform.io/hashicorp/aws"]',
    'provider["registry.terraform.io/hashicorp/aws"].west',
    'module.a.module.b.provider["example.com:8443/x/y"].z',
  ])('%s', (text) => {
    const config = parsed((d) => parseAbsProviderConfig(text, d))
    expect(typeof config === 'string' ? config : absProviderConfigToString(config)).toBe(text)
  })

  test.each(['provider.aws', 'provider[0]', 'aws', 'module.a[0].provider["hashicorp/aws"]', 'provider["aws"].a.b', 'provider["a b"]'])(
    '%s is refused',
    (text) => {
      expect(typeof parsed((d) => parseAbsProviderConfig(text, d))).toBe('string')
    },
  )

  test('the form of Terraform 0.12', () => {
    const config = parsed((d) => parseLegacyAbsProviderConfig('module.a.provider.aws.west', d))
    expect(absProviderConfigToString(config as never)).toBe('module.a.provider["registry.terraform.io/-/aws"].west')
  })
})
