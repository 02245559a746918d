import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Diagnostics } from '../../src/diags/index.ts'
import { currentPlatform, platformToString } from '../../src/registry/index.ts'
import { loadConfiguration, readSettings } from '../../src/workdir/index.ts'
import { type InitProvidersOptions, initProviders } from '../../src/workdir/init-providers.ts'

let dir: string
let previous: string
beforeEach(() => {
  previous = process.cwd()
  dir = mkdtempSync(join(tmpdir(), 'landform-init-'))
  mkdirSync(join(dir, 'work'))
  process.chdir(join(dir, 'work'))
})
afterEach(() => {
  process.chdir(previous)
  rmSync(dir, { recursive: true, force: true })
})

const required = (source: string, version?: string): string =>
  `terraform {\n  required_providers {\n    x = {\n      source = "${source}"\n${version === undefined ? '' : `      version = "${version}"\n`}    }\n  }\n}\n`

interface Run {
  readonly told: readonly string[]
  readonly said: readonly string[]
  readonly lock: string | undefined
  readonly outcome: string
}

async function run(config: string, environment: Record<string, string> = {}, more: Partial<InitProvidersOptions> = {}): Promise<Run> {
  writeFileSync('main.tf', config)
  const diags = new Diagnostics()
  const settings = readSettings({ HOME: dir, TF_REGISTRY_DISCOVERY_RETRY: '0', ...environment }, dir)
  const said: string[] = []
  const { lockFile } = await initProviders(
    loadConfiguration(settings, diags).config,
    undefined,
    settings,
    {
      upgrade: false,
      readonlyLockFile: false,
      pluginDirs: undefined,
      onInProcess: (s) => said.push(`${s.source.type} ${'version' in s ? s.version : ''} in process`),
      onEvent: (event) => said.push(event.kind),
      product: 'Terraform',
      command: 'terraform',
      ...more,
    },
    diags,
  )
  const lock = existsSync('.terraform.lock.hcl') ? readFileSync('.terraform.lock.hcl', 'utf8') : undefined
  return { told: diags.items.map((d) => d.summary), said, lock, outcome: lockFile }
}

const header = '# This file is maintained automatically by "terraform init".\n# Manual edits may be lost in future updates.\n'
const locked = (version: string, more = ''): string =>
  `${header}\nprovider "registry.terraform.io/hashicorp/aws" {\n  version = "${version}"\n${more}}\n`

test('a built-in provider is locked with its version and without checksums; the sign of init is there', async () => {
  const { told, said, lock, outcome } = await run(required('hashicorp/aws', '~> 5.0'), { LANDFORM_BUILTIN_PROVIDERS: 'aws' })
  expect([told, said, outcome]).toEqual([[], ['aws 5.100.0 in process'], 'created'])
  expect(lock).toBe(`${header}\nprovider "registry.terraform.io/hashicorp/aws" {\n  version     = "5.100.0"\n  constraints = "~> 5.0"\n}\n`)
  expect(existsSync('.terraform/providers')).toBe(true)
})

test('entries that are there are left alone, checksums included, while they fit', async () => {
  const environment = { LANDFORM_BUILTIN_PROVIDERS: 'aws' }
  const hashes = '  hashes = [\n    "h1:AAAA=",\n    "zh:bbbb",\n  ]\n'
  for (const version of ['5.100.0', '5.99.0']) {
    writeFileSync('.terraform.lock.hcl', locked(version, hashes))
    expect(await run(required('hashicorp/aws', '~> 5.0'), environment)).toMatchObject({
      told: [],
      lock: locked(version, hashes),
      outcome: 'unchanged',
    })
  }
  expect((await run(required('hashicorp/aws', '~> 5.0'), environment, { upgrade: true })).lock).toContain(
    '"5.100.0"\n  constraints = "~> 5.0"\n}',
  )
  writeFileSync('.terraform.lock.hcl', locked('4.0.0', hashes))
  expect((await run(required('hashicorp/aws', '~> 5.0'), environment)).lock).toContain('"5.100.0"')
})

test('the host under which a provider is locked is kept', async () => {
  const text = locked('5.100.0').replace('registry.terraform.io', 'registry.opentofu.org')
  writeFileSync('.terraform.lock.hcl', text)
  expect((await run(required('hashicorp/aws'), { LANDFORM_BUILTIN_PROVIDERS: 'aws' })).lock).toBe(text)
})

test('terraform.io/builtin/terraform alone needs no lock file', async () => {
  expect(await run('resource "terraform_data" "x" {\n}\n')).toMatchObject({
    told: [],
    said: ['terraform undefined in process'],
    lock: undefined,
  })
  expect(existsSync('.terraform')).toBe(false)
})

test('providers under development are neither installed nor locked; entries stay', async () => {
  writeFileSync(join(dir, '.terraformrc'), `provider_installation {\n  dev_overrides {\n    "example.com/a/x" = "${dir}"\n  }\n}\n`)
  const { told, said, lock } = await run(required('example.com/a/x'))
  expect([told, said, lock]).toEqual([['Provider development overrides are in effect'], [], undefined])
  const text = `${header}\nprovider "example.com/a/x" {\n  version = "1.0.0"\n}\n`
  writeFileSync('.terraform.lock.hcl', text)
  expect((await run(required('example.com/a/x'))).lock).toBe(text)
})

test('-plugin-dir is remembered until it is given empty', async () => {
  const folder = join(dir, 'plugins/example.com/a/x/1.0.0', platformToString(currentPlatform()))
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'terraform-provider-x'), 'x')
  chmodSync(join(folder, 'terraform-provider-x'), 0o755)
  const config = required('example.com/a/x')
  const first = await run(config, {}, { pluginDirs: [join(dir, 'plugins')] })
  expect([first.said, first.told]).toEqual([
    ['finding', 'installing', 'installed', 'incomplete'],
    ['Incomplete lock file information for providers'],
  ])
  expect(readFileSync('.terraform/plugin_path', 'utf8')).toBe(JSON.stringify([join(dir, 'plugins')], undefined, 2))
  rmSync('.terraform.lock.hcl')
  expect((await run(config)).said).toContain('installed')
  await run(config, {}, { pluginDirs: [''] })
  expect(existsSync('.terraform/plugin_path')).toBe(false)
})

test('a lock file that must not change is not written', async () => {
  const environment = { LANDFORM_BUILTIN_PROVIDERS: 'aws' }
  expect(await run(required('hashicorp/aws'), environment, { readonlyLockFile: true })).toMatchObject({
    told: ['Provider dependency changes detected'],
    lock: undefined,
  })
})

test('a damaged lock file and strange constraints are reported', async () => {
  writeFileSync('.terraform.lock.hcl', 'provider "x" {\n')
  expect((await run(required('example.com/a/x'))).told.length).toBeGreaterThan(0)
  rmSync('.terraform.lock.hcl')
  expect((await run(required('example.com/a/x', 'v1.0'))).told).toContain('Invalid version constraint')
  expect((await run(required('registry.terraform.io/-/x'))).told).toEqual(['Invalid legacy provider address'])
})
