// biome-ignore-all lint/suspicious/noExplicitAny: the documents are data of others.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ProviderSource } from '../../src/addrs/index.ts'
import { schemasFrom } from '../../src/command/json/schemas.ts'
import { planJson } from '../../src/command/jsonplan/index.ts'
import { stateJson } from '../../src/command/jsonstate/index.ts'
import { loadConfig, memoryFileSystem } from '../../src/config/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { plan } from '../../src/engine/index.ts'
import { emptyState, readStateFile } from '../../src/states/index.ts'
import { loadSchemas, neededProviders } from '../../src/workdir/index.ts'
import type { WorkdirProviders } from '../../src/workdir/providers.ts'
import identified from '../../test-providers/identity/test.ts'
import first from '../../test-providers/test.ts'
import second from '../../test-providers/test-hashicorp2.ts'
import { conformanceDir, haveConformance } from '../support/vectors.ts'

const folder = join(conformanceDir, 'show-json')
const cases = (suite: string): string[] => (haveConformance ? readdirSync(join(folder, suite)) : [])

function filesBelow(dir: string, from = dir): Record<string, string> {
  const files: Record<string, string> = {}
  for (const name of readdirSync(dir)) {
    const path = join(dir, name)
    if (statSync(path).isDirectory()) Object.assign(files, filesBelow(path, from))
    else files[relative(from, path)] = readFileSync(path, 'utf8')
  }
  return files
}

const compared = [
  'variables',
  'planned_values',
  'resource_drift',
  'resource_changes',
  'output_changes',
  'prior_state',
  'configuration',
  'errored',
]

/** The documents were written by OpenTofu, whose default registry is another, and leave out what is false. */
function comparable(written: any): any {
  const document = JSON.parse(JSON.stringify(written).replaceAll('registry.opentofu.org', 'registry.terraform.io'))
  const result: any = {}
  for (const name of compared) if (document[name] !== undefined) result[name] = document[name]
  result.errored ??= false
  // OpenTofu also tells the types of variables.
  for (const variable of Object.values<any>(result.configuration.root_module.variables ?? {})) delete variable.type
  if (result.prior_state?.values === undefined) delete result.prior_state
  else {
    const { format_version, values } = result.prior_state
    result.prior_state = { format_version, values }
  }
  return result
}

/** The providers that the README of the conformance data describes. */
function served(providers: readonly (typeof first)[]): WorkdirProviders {
  const find = (source: ProviderSource) => providers.find((p) => p.source === `${source.namespace}/${source.type}`)
  const schemaOf: WorkdirProviders['schemaAtHand'] = async (source) => find(source)?.provider().schema()
  return { open: async (source) => find(source)?.provider(), schemaOf, schemaAtHand: schemaOf }
}

const testProviders = served([first, second])
const suites = [
  ['show-json', testProviders],
  ['show-json-identity', served([identified])],
] as const

describe.skipIf(!haveConformance).each(suites)('show -json of a plan: %s', (suite, providers) => {
  test.each(cases(suite))('%s', async (name) => {
    const dir = join(folder, suite, name)
    const diags = new Diagnostics()
    const config = loadConfig('.', { files: memoryFileSystem(filesBelow(dir)) }, diags)
    const stateText = existsSync(join(dir, 'terraform.tfstate')) ? readFileSync(join(dir, 'terraform.tfstate'), 'utf8') : ''
    const state = readStateFile(stateText).value?.state ?? emptyState
    const { value, diags: found } = await plan({ config, providers, state, variables: new Map(), cwd: dir })
    const want = JSON.parse(readFileSync(join(dir, 'output.json'), 'utf8'))
    expect([...diags.items, ...found].filter((d) => d.severity === 'error').map((d) => d.summary).length > 0).toBe(want.errored === true)
    const schemas = schemasFrom(await loadSchemas(neededProviders(config, state), providers))
    const got = JSON.parse(planJson({ plan: value.plan, config, schemas, terraformVersion: '1.11.4' }))
    expect(comparable(got)).toEqual(comparable(want))
  })
})

describe.skipIf(!haveConformance)('show -json of a state', () => {
  test.each(cases('show-json-state'))('%s', async (name) => {
    const dir = join(folder, 'show-json-state', name)
    const { value: file } = readStateFile(readFileSync(join(dir, 'terraform.tfstate'), 'utf8'))
    const schemas = schemasFrom(await loadSchemas(neededProviders(undefined, file?.state), testProviders))
    const want = JSON.parse(readFileSync(join(dir, 'output.json'), 'utf8'))
    expect(JSON.parse(stateJson(file?.state, file!.terraformVersion, schemas))).toEqual(want)
  })
})
