import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parseProviderSource } from '../../src/addrs/index.ts'
import { loadConfig, memoryFileSystem } from '../../src/config/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { checkProviders, providerFactories, readSettings, selectProviders } from '../../src/workdir/index.ts'
import { selectProvider } from '../../src/workdir/providers.ts'

const settings = (builtin: string) => readSettings({ LANDFORM_BUILTIN_PROVIDERS: builtin }, '/')

function configOf(required: string) {
  const diags = new Diagnostics()
  const config = loadConfig(
    '.',
    { files: memoryFileSystem({ 'main.tf': `terraform {\n  required_providers {\n    aws = ${required}\n  }\n}\n` }) },
    diags,
  )
  expect(diags.items).toEqual([])
  return config
}

describe('the version that a built-in provider follows', () => {
  test.each([
    ['{ source = "hashicorp/aws" }', '6.25.0'],
    ['{ source = "hashicorp/aws", version = "~> 5.0" }', '5.100.0'],
    ['{ source = "hashicorp/aws", version = "5.100.0" }', '5.100.0'],
    ['{ source = "hashicorp/aws", version = ">= 5.0" }', '6.25.0'],
    ['{ source = "hashicorp/aws", version = ">= 5.0, < 6.0" }', '5.100.0'],
    ['{ source = "hashicorp/aws", version = "6.25.0" }', '6.25.0'],
    ['{ source = "registry.opentofu.org/hashicorp/aws", version = "~> 6.0" }', '6.25.0'],
  ])('%s: %s', (required, version) => {
    expect(selectProviders(configOf(required), undefined, settings('datadog, aws'))).toMatchObject([{ kind: 'builtin', version }])
  })
})

describe('providers that cannot be had', () => {
  test.each([
    [
      'not chosen',
      '{ source = "hashicorp/aws" }',
      '',
      'Inconsistent dependency lock file',
      'provider registry.terraform.io/hashicorp/aws: required by this configuration',
    ],
    [
      'not chosen by name',
      '{ source = "hashicorp/aws" }',
      'all,none',
      'Inconsistent dependency lock file',
      'provider registry.terraform.io/hashicorp/aws',
    ],
    ['of somebody else', '{ source = "acme/aws" }', 'aws', 'Inconsistent dependency lock file', 'provider registry.terraform.io/acme/aws'],
    [
      'of another version',
      '{ source = "hashicorp/aws", version = "~> 4.0" }',
      'aws',
      'Provider not available',
      'none of which meets the version constraint ~> 4.0',
    ],
  ])('%s', async (_name, required, builtin, summary, text) => {
    const config = configOf(required)
    const diags = new Diagnostics()
    checkProviders(config, undefined, settings(builtin), diags)
    expect(diags.items).toMatchObject([{ severity: 'error', summary }])
    expect(diags.items[0]!.detail).toContain(text)
    const source = selectProviders(config, undefined, settings(builtin))[0]!.source
    expect(await providerFactories(settings(builtin), config).open(source)).toBeUndefined()
  })
})

describe('who serves a provider', () => {
  const source = (text: string) => parseProviderSource(text, 'registry.terraform.io', new Diagnostics())!
  const reattach = JSON.stringify({
    'hashicorp/aws': { Protocol: 'grpc', ProtocolVersion: 5, Addr: { Network: 'unix', String: '/tmp/x' } },
  })
  test.each([
    ['hashicorp/aws', {}, 'missing'],
    ['hashicorp/aws', { LANDFORM_BUILTIN_PROVIDERS: 'aws' }, 'builtin'],
    ['hashicorp/aws', { LANDFORM_BUILTIN_PROVIDERS: 'hashicorp/aws' }, 'builtin'],
    ['hashicorp/aws', { LANDFORM_BUILTIN_PROVIDERS: 'registry.opentofu.org/hashicorp/aws' }, 'builtin'],
    ['hashicorp/aws', { LANDFORM_BUILTIN_PROVIDERS: 'all' }, 'builtin'],
    ['hashicorp/aws', { LANDFORM_BUILTIN_PROVIDERS: 'datadog' }, 'missing'],
    ['hashicorp/aws', { LANDFORM_BUILTIN_PROVIDERS: 'all,none' }, 'missing'],
    ['acme/aws', { LANDFORM_BUILTIN_PROVIDERS: 'all' }, 'missing'],
    ['hashicorp/aws', { LANDFORM_BUILTIN_PROVIDERS: 'aws', TF_REATTACH_PROVIDERS: reattach }, 'reattached'],
    ['registry.opentofu.org/hashicorp/aws', { TF_REATTACH_PROVIDERS: reattach }, 'reattached'],
    ['hashicorp/aws', { LANDFORM_POLICY: 'signed-plugins', TF_REATTACH_PROVIDERS: reattach }, 'missing'],
    ['hashicorp/external', { LANDFORM_POLICY: 'no-external' }, 'missing'],
    ['terraform.io/builtin/terraform', { LANDFORM_BUILTIN_PROVIDERS: 'none' }, 'builtin'],
  ])('%s with %j: %s', (address, environment, kind) => {
    expect(selectProvider(source(address), [], readSettings(environment, '/'))).toMatchObject({ kind })
  })
})

describe('builtin_providers of the CLI configuration', () => {
  const dir = mkdtempSync(join(tmpdir(), 'landform-rc-'))
  afterAll(() => rmSync(dir, { recursive: true }))
  const source = parseProviderSource('hashicorp/aws', 'registry.terraform.io', new Diagnostics())!
  test.each([
    ['["aws"]', undefined, 'builtin'],
    ['["datadog"]', undefined, 'missing'],
    // The variable comes before it.
    ['["aws"]', 'none', 'missing'],
    ['["aws"]', 'datadog', 'missing'],
    ['["none"]', 'aws', 'builtin'],
  ])('%s with LANDFORM_BUILTIN_PROVIDERS=%s: %s', (listed, variable, kind) => {
    const file = join(dir, `${listed.replace(/\W/g, '')}.rc`)
    writeFileSync(file, `builtin_providers = ${listed}\n`)
    const environment = { TF_CLI_CONFIG_FILE: file, ...(variable === undefined ? {} : { LANDFORM_BUILTIN_PROVIDERS: variable }) }
    expect(selectProvider(source, [], readSettings(environment, '/'))).toMatchObject({ kind })
  })
})

describe('what a policy refuses', () => {
  const check = (text: string, environment: Record<string, string>) => {
    const config = loadConfig('.', { files: memoryFileSystem({ 'main.tf': text }) }, new Diagnostics())
    const diags = new Diagnostics()
    checkProviders(config, undefined, readSettings({ LANDFORM_BUILTIN_PROVIDERS: 'all', ...environment }, '/'), diags)
    return diags.items
  }
  const localExec = 'resource "terraform_data" "a" {\n  provisioner "local-exec" {\n    command = "true"\n  }\n}\n'
  test('local-exec, at its place', () => {
    expect(check(localExec, {})).toEqual([])
    expect(check(localExec, { LANDFORM_POLICY: 'no-local-exec' })).toMatchObject([
      { severity: 'error', summary: 'Provisioner refused', subject: { start: 34 } },
    ])
  })
  test('external', () => {
    expect(check('data "external" "a" {\n  program = ["true"]\n}\n', { LANDFORM_POLICY: 'no-external,no-local-exec' })).toMatchObject([
      { summary: 'Provider not available', detail: expect.stringContaining('LANDFORM_POLICY refuses (no-external)') },
    ])
  })
  test('a word that means nothing is no permission', () => {
    expect(check('', { LANDFORM_POLICY: 'no-localexec' })).toMatchObject([{ severity: 'error', summary: 'Invalid policy' }])
  })
})

test('schemas and providers are those of the version', async () => {
  const source = parseProviderSource('hashicorp/aws', 'registry.terraform.io', new Diagnostics())!
  const schemaOf = async (required: string) =>
    (await providerFactories(settings('aws'), configOf(required)).schemaOf(source))!.resource('aws_vpc')!
  expect('region' in (await schemaOf('{ source = "hashicorp/aws" }')).block.attributes).toBe(true)
  expect('region' in (await schemaOf('{ source = "hashicorp/aws", version = "~> 5.0" }')).block.attributes).toBe(false)
})
