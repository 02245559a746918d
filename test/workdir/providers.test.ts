import { describe, expect, test } from 'vitest'
import { parseProviderSource } from '../../src/addrs/index.ts'
import { loadConfig, memoryFileSystem } from '../../src/config/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { checkProviders, providerFactories, readSettings, selectProviders } from '../../src/workdir/index.ts'

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
      'set the environment variable LANDFORM_BUILTIN_PROVIDERS:\n  export LANDFORM_BUILTIN_PROVIDERS=aws',
    ],
    ['unknown', '{ source = "hashicorp/random" }', 'aws,random', 'Provider plugins are not supported yet'],
    ['of somebody else', '{ source = "acme/aws" }', 'aws', 'registry.terraform.io/acme/aws'],
    ['of another version', '{ source = "hashicorp/aws", version = "~> 4.0" }', 'aws', 'none of which meets the version constraint ~> 4.0'],
  ])('%s', async (_name, required, builtin, text) => {
    const config = configOf(required)
    const diags = new Diagnostics()
    checkProviders(config, undefined, settings(builtin), diags)
    expect(diags.items).toMatchObject([{ severity: 'error', summary: 'Provider not supported yet' }])
    expect(diags.items[0]!.detail).toContain(text)
    const source = selectProviders(config, undefined, settings(builtin))[0]!.source
    expect(await providerFactories(settings(builtin), config).open(source)).toBeUndefined()
  })
})

test('schemas and providers are those of the version', async () => {
  const source = parseProviderSource('hashicorp/aws', 'registry.terraform.io', new Diagnostics())!
  const schemaOf = async (required: string) =>
    (await providerFactories(settings('aws'), configOf(required)).schemaOf(source))!.resource('aws_vpc')!
  expect('region' in (await schemaOf('{ source = "hashicorp/aws" }')).block.attributes).toBe(true)
  expect('region' in (await schemaOf('{ source = "hashicorp/aws", version = "~> 5.0" }')).block.attributes).toBe(false)
})
