import { describe, expect, test } from 'vitest'
import { absProviderConfigToString, providerSourceToString } from '../../src/addrs/index.ts'
import {
  allModules,
  installedModules,
  installLocalModules,
  loadConfig,
  memoryFileSystem,
  modulesManifestToString,
  parseModuleSource,
  parseModulesManifest,
  providerConfigFor,
  resolveProviderSources,
  selectConfigFiles,
} from '../../src/config/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { literalString, traversalToString } from '../../src/hcl/index.ts'
import { loaded } from './_load.ts'

test('which files make a module', () => {
  const names = [
    'b.tf',
    'a.tf.json',
    'override.tf',
    'x_override.tf.json',
    '.hidden.tf',
    'a.tf~',
    '#a.tf#',
    'c.tofu',
    'd.txt',
    'Z.tf',
    'e.tfvars',
  ]
  expect(selectConfigFiles(names)).toEqual({
    primary: ['Z.tf', 'a.tf.json', 'b.tf', 'c.tofu'],
    override: ['override.tf', 'x_override.tf.json'],
  })
})

test.each([
  ['terraform', ['a.tf', 'b.tofu', 'c.tf.json', 'd.tf', 'd.tofu.json']],
  ['tofu', ['a.tofu', 'b.tofu', 'c.tofu.json', 'd.tf', 'd.tofu.json']],
] as const)('of two files of one name %s reads its own', (dialect, primary) => {
  const names = ['a.tf', 'a.tofu', 'b.tofu', 'c.tf.json', 'c.tofu.json', 'd.tf', 'd.tofu.json', 'x_override.tf', 'x_override.tofu']
  expect(selectConfigFiles(names, dialect)).toEqual({ primary, override: [`x_override.${dialect === 'tofu' ? 'tofu' : 'tf'}`] })
})

test('blocks of every kind, native and JSON alike', () => {
  const native = `
    terraform {
      required_version = ">= 1.0"
      required_providers {
        null = { source = "hashicorp/null", version = "~> 3.0", configuration_aliases = [null.x] }
      }
      backend "s3" { bucket = "b" }
    }
    provider "null" { alias = "west" }
    variable "v" {
      type = map(number)
      sensitive = true
      nullable = false
      default = {}
    }
    output "o" {
      value = 1
      depends_on = [null_resource.a]
    }
    locals { l = 1 }
    resource "null_resource" "a" {
      count = 2
      provider = null.west
      depends_on = [data.null_data_source.d]
      lifecycle {
        create_before_destroy = true
        ignore_changes = [triggers["x"]]
        replace_triggered_by = [null_resource.b[count.index].id]
      }
      provisioner "local-exec" {
        when = destroy
        on_failure = continue
        command = "x"
      }
    }
    data "null_data_source" "d" {}
    moved {
      from = null_resource.old
      to = null_resource.a
    }
    removed {
      from = null_resource.gone
      lifecycle { destroy = false }
    }
    import {
      to = null_resource.a[0]
      id = "x"
    }
    check "c" {
      assert {
        condition = local.l == 1
        error_message = "no"
      }
    }`
  const json = {
    terraform: {
      required_version: '>= 1.0',
      required_providers: { null: { source: 'hashicorp/null', version: '~> 3.0', configuration_aliases: ['null.x'] } },
      backend: { s3: { bucket: 'b' } },
    },
    provider: { null: { alias: 'west' } },
    variable: { v: { type: 'map(number)', sensitive: true, nullable: false, default: {} } },
    output: { o: { value: 1, depends_on: ['null_resource.a'] } },
    locals: { l: 1 },
    resource: {
      null_resource: {
        a: {
          count: 2,
          provider: 'null.west',
          depends_on: ['data.null_data_source.d'],
          lifecycle: {
            create_before_destroy: true,
            ignore_changes: ['triggers["x"]'],
            replace_triggered_by: ['null_resource.b[count.index].id'],
          },
          provisioner: [{ 'local-exec': { when: 'destroy', on_failure: 'continue', command: 'x' } }],
        },
      },
    },
    data: { null_data_source: { d: {} } },
    moved: { from: 'null_resource.old', to: 'null_resource.a' },
    removed: { from: 'null_resource.gone', lifecycle: { destroy: false } },
    import: { to: 'null_resource.a[0]', id: 'x' },
    check: { c: { assert: { condition: '${local.l == 1}', error_message: 'no' } } },
  }
  const summary = (files: Record<string, string>): unknown => {
    const { module } = loaded(files)
    const a = module.resources.get('null_resource.a')!
    const v = module.variables.get('v')!
    return {
      versions: module.requiredVersions.map(({ constraint }) => constraint),
      required: [...module.requiredProviders.values()].map(({ range, ...rest }) => rest),
      backend: module.backend?.type,
      providers: [...module.providerConfigs.keys()],
      variable: [v.type, v.sensitive, v.nullable, v.parsing, v.default?.type],
      outputs: [...module.outputs.values()].map(({ name, dependsOn }) => [name, dependsOn.map(traversalToString)]),
      locals: [...module.locals.keys()],
      resources: [...module.resources.keys()],
      a: [
        a.count?.kind,
        a.provider,
        a.dependsOn.map(traversalToString),
        a.lifecycle.createBeforeDestroy,
        a.lifecycle.ignoreChanges.map(traversalToString),
        a.lifecycle.replaceTriggeredBy.map(({ kind }) => kind),
        a.provisioners.map(({ type, when, onFailure }) => [type, when, onFailure]),
      ],
      moved: module.moved.map(({ from, to }) => [traversalToString(from), traversalToString(to)]),
      removed: module.removed.map(({ from, destroy }) => [traversalToString(from), destroy]),
      imports: module.imports.map(({ target, id }) => [target, id && literalString(id)]),
      checks: [...module.checks.values()].map(({ name, asserts }) => [name, asserts.length]),
    }
  }
  const first = summary({ 'main.tf': native }) as Record<string, unknown>
  const second = summary({ 'main.tf.json': JSON.stringify(json) }) as Record<string, unknown>
  const withoutCount = (s: Record<string, unknown>): unknown => ({ ...s, a: (s.a as unknown[]).slice(1) })
  expect(withoutCount(second)).toEqual(withoutCount(first))
  expect(first).toMatchObject({
    versions: ['>= 1.0'],
    backend: 's3',
    providers: ['null.west'],
    outputs: [['o', ['null_resource.a']]],
    resources: ['null_resource.a', 'data.null_data_source.d'],
    moved: [['null_resource.old', 'null_resource.a']],
    removed: [['null_resource.gone', false]],
    checks: [['c', 1]],
  })
})

describe('module sources', () => {
  test.each([
    ['./a/../b', { kind: 'local', path: './b' }],
    ['../x//y', { kind: 'local', path: '../x/y' }],
    ['.\\m', { kind: 'local', path: './m' }],
    ['hashicorp/consul/aws//modules/x', { kind: 'registry', host: 'registry.terraform.io', subdir: 'modules/x' }],
    ['example.com/a/b/c', { kind: 'registry', host: 'example.com', namespace: 'a', name: 'b', system: 'c' }],
    ['git::https://example.com/x.git//sub?ref=v1', { kind: 'remote', address: 'git::https://example.com/x.git?ref=v1', subdir: 'sub' }],
    ['github.com/a/b', { kind: 'remote' }],
    ['git@github.com:a/b.git', { kind: 'remote' }],
    ['foo', { summary: 'Invalid module source address' }],
    ['', { summary: 'Invalid module source address' }],
  ])('%s', (text, want) => {
    expect(parseModuleSource(text, false)).toMatchObject(want)
  })
})

describe('tree of modules', () => {
  const files = {
    'main.tf': 'module "a" {\n  source = "./a"\n}',
    'a/main.tf': 'module "b" {\n  source = "../b"\n}',
    'b/main.tf': 'output "x" { value = 1 }',
  }

  test('local modules are installed where they lie', () => {
    const diags = new Diagnostics()
    const { manifest, config } = installLocalModules('.', memoryFileSystem(files), diags)
    expect(diags.items).toEqual([])
    expect(modulesManifestToString(manifest)).toBe(
      '{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"a","Source":"./a","Dir":"a"},{"Key":"a.b","Source":"../b","Dir":"b"}]}',
    )
    expect([...allModules(config)].map(({ path }) => path.join('.'))).toEqual(['', 'a', 'a.b'])
    const again = parseModulesManifest(modulesManifestToString(manifest), diags)!
    expect(again).toEqual(manifest)
    const second = loadConfig('.', { files: memoryFileSystem(files), installed: installedModules(again, diags) }, diags)
    expect(second.children.get('a')!.children.get('b')!.module.outputs.has('x')).toBe(true)
  })

  test.each([
    ['nothing recorded', '{"Modules":[]}', 'Module not installed'],
    [
      'another source',
      '{"Modules":[{"Key":"a","Source":"./other","Dir":"a"},{"Key":"a.b","Source":"../b","Dir":"b"}]}',
      'Module source has changed',
    ],
    ['a folder that is gone', '{"Modules":[{"Key":"a","Source":"./a","Dir":"gone"}]}', 'Unreadable module directory'],
    ['damaged', '{"Modules":[{"Key":1}]}', 'Invalid module manifest'],
    ['no JSON', 'x', 'Invalid module manifest'],
  ])('%s', (_, text, summary) => {
    const diags = new Diagnostics()
    const manifest = parseModulesManifest(text, diags)
    if (manifest !== undefined) loadConfig('.', { files: memoryFileSystem(files), installed: installedModules(manifest, diags) }, diags)
    expect(diags.items.map((item) => item.summary)).toEqual([summary])
  })

  test('a module that calls itself is no endless tree', () => {
    const diags = new Diagnostics()
    const loop = {
      'main.tf': 'module "a" { source = "./a" }',
      'a/x.tf': 'module "b" { source = "../b" }',
      'b/x.tf': 'module "a" { source = "../a" }',
    }
    loadConfig('.', { files: memoryFileSystem(loop) }, diags)
    expect(diags.items.map((item) => item.summary)).toEqual(['Module call cycle'])
  })

  test('an unsupported version is all that is said about a module', () => {
    const diags = new Diagnostics()
    const text = 'terraform {\n  required_version = ">= 9"\n}\nfuture_block {}\n'
    loadConfig('.', { files: memoryFileSystem({ 'main.tf': text }) }, diags)
    expect(diags.items.map((item) => item.summary)).toEqual(['Unsupported Terraform Core version'])
  })

  test('a folder that is not there', () => {
    const diags = new Diagnostics()
    loadConfig('nope', { files: memoryFileSystem({}) }, diags)
    expect(diags.items.map((item) => item.summary)).toEqual(['Failed to read module directory'])
  })
})

describe('provider configurations', () => {
  const root = loaded({
    'main.tf': `
      terraform {
        required_providers {
          foo = { source = "acme/foo", version = "1.0" }
        }
      }
      provider "foo" { x = 1 }
      provider "foo" {
        alias = "west"
        x = 2
      }
      module "passed" {
        source = "./passed"
        providers = { bar = foo.west, bar.two = foo }
      }
      module "inherits" { source = "./inherits" }
      module "own" { source = "./own" }`,
    'passed/x.tf': `
      terraform {
        required_providers {
          bar = { source = "acme/foo", configuration_aliases = [bar.two] }
        }
      }
      module "deep" {
        source = "../inherits"
      }`,
    'inherits/x.tf': `
      terraform {
        required_providers {
          baz = { source = "acme/foo", version = "~> 1.0" }
        }
      }
      resource "baz_x" "y" {}
      resource "other_x" "y" {}`,
    'own/x.tf': 'provider "foo" { x = 3 }',
  })

  test.each([
    [[], 'foo', undefined, 'provider["registry.terraform.io/acme/foo"]'],
    [[], 'foo', 'west', 'provider["registry.terraform.io/acme/foo"].west'],
    [[], 'foo', 'east', undefined],
    [[], 'terraform', undefined, 'provider["terraform.io/builtin/terraform"]'],
    [['passed'], 'bar', undefined, 'provider["registry.terraform.io/acme/foo"].west'],
    [['passed'], 'bar', 'two', 'provider["registry.terraform.io/acme/foo"]'],
    [['passed'], 'bar', 'three', undefined],
    [['passed', 'deep'], 'baz', undefined, 'provider["registry.terraform.io/acme/foo"].west'],
    [['inherits'], 'baz', undefined, 'provider["registry.terraform.io/acme/foo"]'],
    [['inherits'], 'other', undefined, 'provider["registry.terraform.io/hashicorp/other"]'],
    [['own'], 'foo', undefined, 'module.own.provider["registry.terraform.io/hashicorp/foo"]'],
  ])('in %j: %s.%s', (path, localName, alias, want) => {
    const found = providerConfigFor(root, path, { localName, alias })
    expect(found && absProviderConfigToString(found)).toBe(want)
  })

  test('requirements of the whole tree', () => {
    const found = [...resolveProviderSources(root).values()].map(({ source, constraints }) => [providerSourceToString(source), constraints])
    expect(found).toEqual([
      ['registry.terraform.io/acme/foo', ['1.0', '~> 1.0']],
      ['registry.terraform.io/hashicorp/other', []],
      ['registry.terraform.io/hashicorp/foo', []],
    ])
  })
})
