// biome-ignore-all lint/suspicious/noExplicitAny: the documents are data of others.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { toJson } from '../../src/command/json/json-text.ts'
import { schemasFrom } from '../../src/command/json/schemas.ts'
import { configDocument } from '../../src/command/jsonconfig/index.ts'
import { loadConfig, memoryFileSystem } from '../../src/config/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import type { ProviderSchema } from '../../src/providers/index.ts'
import { blockFromJson } from '../../src/schema/index.ts'
import { conformanceDir, haveConformance } from '../support/vectors.ts'

/**
 * The part `configuration` of documents that Terraform 0.12 to 1.1 wrote, built again from the configuration and the schemas beside them.
 * That all documents are read is for test/ops/comment.test.ts.
 */
const folder = join(conformanceDir, 'plan-json')
const cases = haveConformance ? readdirSync(folder).filter((name) => readdirSync(join(folder, name)).some((f) => f.endsWith('.tf'))) : []

/** Cases that cannot be built again. */
const exceptions: Readonly<Record<string, string>> = {
  '013_module_depends_on': 'its module lies in a registry',
}

function schemasBeside(name: string): Map<string, ProviderSchema> {
  const path = [name, 'basic'].map((dir) => join(folder, dir, 'schemas.json')).find((file) => existsSync(file))!
  const { provider_schemas: providers } = JSON.parse(readFileSync(path, 'utf8'))
  return new Map(
    Object.entries<any>(providers).map(([key, json]) => {
      const find = (schemas: any) => (type: string) =>
        schemas?.[type] === undefined ? undefined : { version: schemas[type].version, block: blockFromJson(schemas[type].block) }
      const schema: ProviderSchema = {
        provider: blockFromJson(json.provider?.block ?? {}),
        resource: find(json.resource_schemas),
        dataSource: find(json.data_source_schemas),
        resourceNames: () => Object.keys(json.resource_schemas ?? {}),
        dataSourceNames: () => Object.keys(json.data_source_schemas ?? {}),
      }
      // Terraform 0.12 had no addresses for providers.
      return [key.includes('/') ? key : `registry.terraform.io/hashicorp/${key}`, schema]
    }),
  )
}

/** Without what came with later versions: addresses of providers, those that nobody configured, whose they are, and references with their attributes. */
function plain(document: any, version: string): any {
  const providers: any = {}
  const keyOf = (key: string): string => key.replace(/^module\./, '')
  for (const [key, { full_name: _, module_address: module, ...rest }] of Object.entries<any>(document.provider_config ?? {})) {
    if (Object.keys(rest).length > 1) providers[keyOf(key)] = { ...rest, ...(module && { module_address: keyOf(module) }) }
  }
  const inner = (value: any): any => {
    if (Array.isArray(value)) return value.map(inner)
    if (typeof value !== 'object' || value === null) return value
    const mapped = Object.fromEntries(Object.entries(value).map(([k, v]) => [k, inner(v)]))
    if (typeof mapped.provider_config_key === 'string') {
      const key = keyOf(mapped.provider_config_key)
      mapped.provider_config_key = key in providers ? key : key.replace(/^.*:|\..*$/g, '')
    }
    const { references } = mapped
    if (Array.isArray(references) && !version.startsWith('1.')) {
      mapped.references = references.filter((r) => !references.some((other) => r.startsWith(`${other}.`) || r.startsWith(`${other}[`)))
    }
    return mapped
  }
  return { provider_config: providers, root_module: inner(document.root_module) }
}

describe.skipIf(!haveConformance)('configuration as documents of other versions have it', () => {
  test.each(cases.filter((name) => exceptions[name] === undefined))('%s', (name) => {
    const dir = join(folder, name)
    const files = Object.fromEntries(
      readdirSync(dir, { recursive: true, encoding: 'utf8' })
        .filter((f) => f.endsWith('.tf'))
        .map((f) => [f, readFileSync(join(dir, f), 'utf8')]),
    )
    const diags = new Diagnostics()
    const config = loadConfig('.', { files: memoryFileSystem(files) }, diags)
    // Words of Terraform 0.11 that 0.12 still took.
    const errors = diags.items.filter((d) => d.severity === 'error').map((d) => d.summary)
    expect(errors.filter((summary) => summary !== 'Invalid quoted type constraints')).toEqual([])
    const { terraform_version: version, configuration: want } = JSON.parse(readFileSync(join(dir, 'plan.json'), 'utf8'))
    const got = JSON.parse(toJson(configDocument(config, schemasFrom(schemasBeside(name)))))
    expect(plain(got, version)).toEqual(plain(want, version))
  })
})
