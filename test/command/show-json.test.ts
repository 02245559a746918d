// biome-ignore-all lint/suspicious/noExplicitAny: the documents are data of others.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { schemasFrom } from '../../src/command/json/schemas.ts'
import { planJson } from '../../src/command/jsonplan/index.ts'
import { stateJson } from '../../src/command/jsonstate/index.ts'
import { loadConfig, memoryFileSystem } from '../../src/config/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { plan } from '../../src/engine/index.ts'
import { emptyState, readStateFile } from '../../src/states/index.ts'
import { loadSchemas, neededProviders } from '../../src/workdir/index.ts'
import { conformanceDir, haveConformance } from '../support/vectors.ts'
import { testProviders } from './_test-provider.ts'

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

/** Cases that fail for reasons outside of the documents. */
const exceptions: Readonly<Record<string, string>> = {
  'provider-aliasing-conflict': 'config.providerConfigFor takes the root provider of the same name for an inherited one of another source',
}

describe.skipIf(!haveConformance)('show -json of a plan', () => {
  test.each(cases('show-json').filter((name) => exceptions[name] === undefined))('%s', async (name) => {
    const dir = join(folder, 'show-json', name)
    const diags = new Diagnostics()
    const config = loadConfig('.', { files: memoryFileSystem(filesBelow(dir)) }, diags)
    const stateText = existsSync(join(dir, 'terraform.tfstate')) ? readFileSync(join(dir, 'terraform.tfstate'), 'utf8') : ''
    const state = readStateFile(stateText).value?.state ?? emptyState
    const { value, diags: found } = await plan({ config, providers: testProviders, state, variables: new Map(), cwd: dir })
    const want = JSON.parse(readFileSync(join(dir, 'output.json'), 'utf8'))
    expect([...diags.items, ...found].filter((d) => d.severity === 'error').map((d) => d.summary).length > 0).toBe(want.errored === true)
    const schemas = schemasFrom(await loadSchemas(neededProviders(config, state), testProviders))
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
