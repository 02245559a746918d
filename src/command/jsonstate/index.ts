import {
  type AbsResourceInstance,
  absResourceInstanceToString,
  type ModuleInstance,
  moduleInstanceToString,
  providerSourceToString,
} from '../../addrs/index.ts'
import { compareStrings } from '../../base/index.ts'
import { CtyError, type Mark, markPaths, SENSITIVE, typeToJson, type Value } from '../../cty/index.ts'
import { DiagnosticError } from '../../diags/index.ts'
import { impliedType, type Schema, schemaSensitivePaths } from '../../schema/index.ts'
import {
  type CheckResult,
  decodeObject,
  identityOf,
  isEmptyState,
  type ObjectState,
  type State,
  stateInstances,
} from '../../states/index.ts'
import { checksJson } from '../json/checks-json.ts'
import { type JsonDocument, RawJson, toJson } from '../json/json-text.ts'
import type { Schemas } from '../json/schemas.ts'
import { sensitiveMask, valueJson } from '../json/value-json.ts'

export const stateFormatVersion = '1.0'

/** The document of `show -json` for a state; see reference/plan-json.md 2. An absent or empty state has a format version only. */
export function stateDocument(state: State | undefined, terraformVersion: string, schemas: Schemas): JsonDocument {
  if (state === undefined || isEmptyState(state)) return { format_version: stateFormatVersion }
  return {
    format_version: stateFormatVersion,
    terraform_version: terraformVersion,
    values: stateValues(state, schemas),
    checks: optionalChecks(state.checkResults),
  }
}

function optionalChecks(results: readonly CheckResult[] | undefined): JsonDocument | undefined {
  return results === undefined || results.length === 0 ? undefined : checksJson(results)
}

function stateValues(state: State, schemas: Schemas): JsonDocument {
  const outputs: Record<string, JsonDocument> = {}
  for (const name of [...state.outputs.keys()].sort(compareStrings)) {
    const output = state.outputs.get(name)!
    outputs[name] = { sensitive: output.sensitive, value: valueJson(output.value), type: new RawJson(typeToJson(output.type)) }
  }
  const tree = new ModuleTree()
  for (const [address, deposed, object, provider] of stateInstances(state)) {
    const schema = schemas.resource(provider.source, address.resource)
    tree.add(address.module, resourceEntry(address, deposed, object, providerSourceToString(provider.source), schema))
  }
  return { outputs: state.outputs.size === 0 ? undefined : outputs, root_module: tree.document() }
}

/** One resource object as values representations show it. */
export function resourceEntry(
  address: AbsResourceInstance,
  deposed: string | undefined,
  object: ObjectState,
  providerName: string,
  schema: Schema | undefined,
): JsonDocument {
  const value = objectValue(address, object, schema)
  const identity = identityOf(object)
  return {
    address: absResourceInstanceToString(address),
    mode: address.resource.mode,
    type: address.resource.type,
    name: address.resource.name,
    index: address.key,
    provider_name: providerName,
    schema_version: deposed === undefined ? (schema?.version ?? object.schemaVersion) : 0,
    values: valueJson(value),
    sensitive_values: new RawJson(JSON.stringify(sensitiveMask(value))),
    depends_on: object.dependencies.length === 0 ? undefined : object.dependencies,
    tainted: object.status === 'tainted' ? true : undefined,
    deposed_key: deposed,
    identity_schema_version: identity?.schemaVersion,
    identity: identity === undefined ? undefined : new RawJson(identity.json),
  }
}

const sensitive: ReadonlySet<Mark> = new Set([SENSITIVE])

/** The stored object as a value with the marks of the state and of the schema. */
export function objectValue(address: AbsResourceInstance, object: ObjectState, schema: Schema | undefined): Value {
  const text = absResourceInstanceToString(address)
  if (schema === undefined) {
    throw new DiagnosticError({
      severity: 'error',
      summary: 'Failed to decode state object',
      detail: `There is no schema for ${text}: the provider that the state names for it is not available or has no such resource type.`,
    })
  }
  try {
    const value = decodeObject(object, impliedType(schema.block))
    const paths = schemaSensitivePaths(schema.block, value)
    return paths.length === 0
      ? value
      : markPaths(
          value,
          paths.map((path) => ({ path, marks: sensitive })),
        )
  } catch (error) {
    if (!(error instanceof CtyError)) throw error
    throw new DiagnosticError({
      severity: 'error',
      summary: 'Failed to decode state object',
      detail: `The object of ${text} does not fit the current schema of its resource type: ${error.message}. Run "apply -refresh-only" to bring the state up to date.`,
    })
  }
}

/** Resources sorted into the modules they belong to. */
export class ModuleTree {
  readonly #root: ModuleNode = { address: '', resources: [], children: new Map() }

  add(module: ModuleInstance, resource: JsonDocument): void {
    let node = this.#root
    for (let length = 1; length <= module.length; length++) {
      const address = moduleInstanceToString(module.slice(0, length))
      let child = node.children.get(address)
      if (child === undefined) {
        child = { address, resources: [], children: new Map() }
        node.children.set(address, child)
      }
      node = child
    }
    node.resources.push(resource)
  }

  document(): JsonDocument {
    return moduleDocument(this.#root)
  }
}

interface ModuleNode {
  readonly address: string
  readonly resources: JsonDocument[]
  readonly children: Map<string, ModuleNode>
}

function moduleDocument(node: ModuleNode): JsonDocument {
  const children = [...node.children.values()].sort((a, b) => compareStrings(a.address, b.address))
  return {
    resources: node.resources.length === 0 ? undefined : node.resources,
    address: node.address === '' ? undefined : node.address,
    child_modules: children.length === 0 ? undefined : children.map(moduleDocument),
  }
}

/** One line with its newline. */
export function stateJson(state: State | undefined, terraformVersion: string, schemas: Schemas): string {
  return `${toJson(stateDocument(state, terraformVersion, schemas))}\n`
}
