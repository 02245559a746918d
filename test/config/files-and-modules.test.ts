import { describe, expect, test } from 'vitest'
import { providerSourceToString } from '../../src/addrs/index.ts'
import { type ConfigDialect, loadConfig, memoryFileSystem, providerSourceFor } from '../../src/config/index.ts'
import { Diagnostics, formatRange } from '../../src/diags/index.ts'

/** Rows L-001 to L-012 of the feature matrix and its section 1.9, as far as loading decides them. */
function load(files: Readonly<Record<string, string>>, dialect: ConfigDialect = 'terraform') {
  const diags = new Diagnostics()
  const config = loadConfig('.', { files: memoryFileSystem(files), dialect }, diags)
  return { config, diags, problems: diags.items.map(({ severity, summary }) => `${severity}: ${summary}`) }
}

describe('JSON', () => {
  test('positions that take a reference in quotes', () => {
    const { config, problems } = load({
      'main.tf.json': JSON.stringify({
        resource: {
          a_x: {
            one: {},
            two: { depends_on: ['a_x.one'], lifecycle: { ignore_changes: ['name', 'tags.x'], replace_triggered_by: ['a_x.one.id'] } },
          },
        },
        module: { m: { source: './m', providers: { a: 'a.west' } } },
        provider: { a: [{}, { alias: 'west' }] },
        moved: [{ from: 'a_x.old', to: 'a_x.one' }],
      }),
      'm/main.tf.json': '{"terraform":{"required_providers":{"a":{"source":"hashicorp/a"}}}}',
    })
    expect(problems).toEqual([])
    const two = config.module.resources.get('a_x.two')!
    expect(two.dependsOn).toHaveLength(1)
    expect(two.lifecycle.ignoreChanges).toHaveLength(2)
    expect(two.lifecycle.replaceTriggeredBy).toHaveLength(1)
    expect(config.module.moved).toHaveLength(1)
  })
})

describe('required_version', () => {
  const rows: readonly [ConfigDialect, file: string, constraint: string, problems: readonly string[]][] = [
    ['terraform', 'main.tf', '>= 1.11', []],
    ['terraform', 'main.tf', '>= 9', ['error: Unsupported Terraform Core version']],
    // OpenTofu heeds it in its own files only, and there for its own version.
    ['tofu', 'main.tf', '>= 9', []],
    ['tofu', 'main.tofu', '>= 1.12', []],
    ['tofu', 'main.tofu', '>= 9', ['error: Incompatible module']],
  ]
  test.each(rows)('%s, %s: %s', (dialect, file, constraint, want) => {
    expect(load({ [file]: `terraform {\n  required_version = "${constraint}"\n}\n` }, dialect).problems).toEqual(want)
  })
})

describe('language', () => {
  const rows: readonly [name: string, body: string, problems: readonly string[]][] = [
    ['versions of other software are theirs', 'compatible_with {\n opentofu = ">= 1.12"\n other = ">= 99"\n}', []],
    ['a version that is not there yet', 'compatible_with {\n opentofu = ">= 9"\n}', ['error: Incompatible module']],
    ['the edition', 'edition = tofu2024', []],
    ['another edition', 'edition = tofu2030', ['error: Unsupported language edition']],
    ['experiments', 'experiments = [anything]', ['error: Unknown experiment keyword']],
  ]
  test.each(rows)('%s', (_, body, want) => {
    expect(load({ 'main.tf': `language {\n${body}\n}\n` }, 'tofu').problems).toEqual(want)
  })

  test('experiments of Terraform are refused', () => {
    expect(load({ 'main.tf': 'terraform {\n experiments = [x]\n}' }).problems).toEqual(['error: Module uses experimental features'])
  })
})

describe('required_providers', () => {
  const rows: readonly [name: string, text: string, localName: string, terraform: string, tofu: string][] = [
    ['nothing said', '', 'aws', 'registry.terraform.io/hashicorp/aws', 'registry.opentofu.org/hashicorp/aws'],
    ['a source without host', 'x = { source = "acme/y" }', 'x', 'registry.terraform.io/acme/y', 'registry.opentofu.org/acme/y'],
    ['a type alone', 'x = { source = "y" }', 'x', 'registry.terraform.io/hashicorp/y', 'registry.opentofu.org/hashicorp/y'],
    ['a host', 'x = { source = "registry.terraform.io/acme/y" }', 'x', 'registry.terraform.io/acme/y', 'registry.terraform.io/acme/y'],
    ['versions alone', 'x = "~> 1.0"', 'x', 'registry.terraform.io/hashicorp/x', 'registry.opentofu.org/hashicorp/x'],
    ['what is built in', '', 'terraform', 'terraform.io/builtin/terraform', 'terraform.io/builtin/terraform'],
  ]
  test.each(rows)('%s', (_, entry, localName, terraform, tofu) => {
    for (const [dialect, want] of [['terraform', terraform] as const, ['tofu', tofu] as const]) {
      const { config, problems } = load({ 'main.tf': `terraform {\n  required_providers {\n    ${entry}\n  }\n}\n` }, dialect)
      expect(problems).toEqual([])
      expect(providerSourceToString(providerSourceFor(config.module, localName))).toBe(want)
    }
  })
})

describe('blocks of the root module', () => {
  const child = (text: string) => load({ 'main.tf': 'module "m" { source = "./m" }\n', 'm/main.tf': text })
  test('a backend in a called module has no effect', () => {
    const { config, problems } = child('terraform {\n backend "local" {}\n}')
    expect(problems).toEqual(['warning: Backend configuration ignored'])
    expect(config.module.backend).toBeUndefined()
  })
  test.each([
    ['backend "local" {}\n backend "http" {}', 'error: Duplicate backend configuration'],
    ['backend "local" {}\n cloud {}', 'error: Both a backend and cloud configuration are present'],
    ['provider_meta "a" {}\n provider_meta "a" {}', 'error: Duplicate provider_meta block'],
  ])('%s', (body, want) => {
    expect(load({ 'main.tf': `terraform {\n ${body}\n}\n` }).problems).toContain(want)
  })
  test.each<ConfigDialect>(['terraform', 'tofu'])('an import block in a called module is refused by %s', (dialect) => {
    const files = {
      'main.tf': 'module "m" { source = "./m" }\n',
      'm/main.tf': 'import {\n to = a_x.y\n id = "1"\n}\nresource "a_x" "y" {}\n',
    }
    expect(load(files, dialect).problems).toEqual(['error: Invalid import configuration'])
  })
  test('what is not in Terraform 1.11 is refused', () => {
    expect(load({ 'main.tf': 'terraform {\n state_store "x" {}\n}\n' }).problems).toEqual(['error: Unsupported block type'])
  })
})

describe('a removed block that does not say whether to destroy', () => {
  test.each<[ConfigDialect, destroys: boolean, problems: readonly string[]]>([
    ['terraform', true, []],
    ['tofu', false, ['warning: Missing lifecycle from the removed block']],
  ])('%s', (dialect, destroys, want) => {
    const { config, problems } = load({ 'main.tf': 'removed {\n  from = a_x.y\n}\n' }, dialect)
    expect(problems).toEqual(want)
    expect(config.module.removed[0]!.destroy).toBe(destroys)
  })
})

test('blocks of JSON in one array stand where the array begins', () => {
  const { items } = load({ 'a.tf.json': '{"resource": {"test_x": {"a": [{"n": 1}, {"n": 2}]}}}' }).diags
  expect(items.map(({ detail, subject }) => [detail.split('. ')[0], formatRange(subject!)])).toEqual([
    ['A test_x resource named "a" was already declared at a.tf.json:1,31-32', 'a.tf.json:1,31-32'],
  ])
})
