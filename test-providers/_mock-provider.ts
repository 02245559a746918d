import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type ApplyResourceRequest,
  type ApplyResourceResponse,
  attributeStep,
  attributeType,
  boolType,
  coerceValue,
  type Diagnosis,
  type Diagnostic,
  impliedType,
  nullVal,
  objectVal,
  type PlanResourceRequest,
  type PlanResourceResponse,
  type Provider,
  type ProviderSchema,
  rawEquals,
  type Schema,
  storedToValue,
  stringType,
  stringVal,
  unknownVal,
  type Value,
} from '../src/providers/authoring.ts'
import { dataBlock, type MockType, type MockValue, resourceBlock, staticTypes } from './_mock-types.ts'
import { applyComputed, changeObject, fromMock, mockMembers, planComputed, replacePaths } from './_mock-values.ts'

const providerBlock = {
  attributes: {
    data_directory: { type: stringType, optional: true },
    resource_directory: { type: stringType, optional: true },
    use_only_state: { type: boolType, optional: true },
  },
  blockTypes: {},
}

/** The provider `tfcoremock` of the conformance data: objects are files, types those of `dynamic_resources.json` as well. */
export function mockProvider(): Provider {
  const types: Readonly<Record<string, MockType>> = { ...staticTypes, ...declaredTypes() }
  const schemas = new Map<string, Schema>()
  const schemaOf = (name: string, kind: 'resource' | 'data'): Schema | undefined => {
    const type = Object.hasOwn(types, name) ? types[name] : undefined
    if (type === undefined) return undefined
    const key = `${kind} ${name}`
    const schema = schemas.get(key) ?? { version: 0, block: kind === 'resource' ? resourceBlock(type) : dataBlock(type) }
    schemas.set(key, schema)
    return schema
  }
  const schema: ProviderSchema = {
    provider: providerBlock,
    resource: (name) => schemaOf(name, 'resource'),
    dataSource: (name) => schemaOf(name, 'data'),
    resourceNames: () => Object.keys(types),
    dataSourceNames: () => Object.keys(types),
  }
  const resourceSchema = (typeName: string): Schema => schemaOf(typeName, 'resource')!
  let resourceFolder: string | undefined = 'terraform.resource'
  let dataFolder = 'terraform.data'
  return {
    schema: () => schema,
    validateProviderConfig: async () => nothing,
    validateResourceConfig: ({ typeName }) => knownType(schema.resource(typeName), typeName),
    validateDataConfig: ({ typeName }) => knownType(schema.dataSource(typeName), typeName),
    configure: async ({ config }) => {
      const onlyState = config.getAttr('use_only_state')
      const textOr = (name: string, fallback: string): string => {
        const value = config.getAttr(name)
        return value.hasContent ? value.asString() : fallback
      }
      resourceFolder = onlyState.hasContent && onlyState.asBool() ? undefined : textOr('resource_directory', resourceFolder!)
      dataFolder = textOr('data_directory', dataFolder)
      return nothing
    },
    upgradeResourceState: ({ typeName, stored }) => storedToValue(stored.json, resourceSchema(typeName).block),
    readResource: ({ typeName, prior, private: kept }) => {
      if (resourceFolder === undefined) return { newState: prior, private: kept, ...nothing }
      return attempt('Failed to read resource', { newState: prior, private: kept }, () => {
        const found = readObject(resourceFolder!, prior.getAttr('id').asString(), resourceSchema(typeName))
        return { newState: found ?? nullVal(prior.type), private: kept }
      })
    },
    planResourceChange: (request) => plan(types[request.typeName]!, request),
    applyResourceChange: async (request) =>
      attempt('Failed to write resource', { newState: request.prior, private: request.plannedPrivate }, () =>
        apply(types[request.typeName]!, request, resourceFolder),
      ),
    importResourceState: async ({ typeName, id }) => {
      const { block } = resourceSchema(typeName)
      const empty = Object.entries(block.attributes).map(([name, attribute]): [string, Value] => [name, nullVal(attributeType(attribute))])
      const state = coerceValue(objectVal(new Map([...empty, ['id', stringVal(id)]])), block)
      return { imported: [{ typeName, state, private: undefined }], ...nothing }
    },
    readDataSource: async ({ typeName, config }) =>
      attempt('Failed to read data source', { value: config }, () => {
        const id = config.getAttr('id').asString()
        const value = readObject(dataFolder, id, schemaOf(typeName, 'data')!)
        if (value === undefined) throw new Error(`there is no file ${join(dataFolder, `${id}.json`)}`)
        return { value }
      }),
    stop: async () => {},
    close: async () => {},
  }
}

const nothing = { diags: [] as readonly Diagnostic[] }

function knownType(schema: Schema | undefined, typeName: string): Diagnosis {
  if (schema !== undefined) return nothing
  return { diags: [{ severity: 'error', summary: 'Invalid type', detail: `The provider has no type ${typeName}.` }] }
}

/** A file that cannot be read or written is a diagnostic. */
function attempt<T>(summary: string, otherwise: T, work: () => T): T & Diagnosis {
  try {
    return { ...work(), ...nothing }
  } catch (error) {
    return { ...otherwise, diags: [{ severity: 'error', summary, detail: `${(error as Error).message}.` }] }
  }
}

function declaredTypes(): Readonly<Record<string, MockType>> {
  const file = process.env.TFCOREMOCK_DYNAMIC_RESOURCES_FILE || 'dynamic_resources.json'
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, MockType>
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new Error(`The types declared in ${file} cannot be read: ${(error as Error).message}`)
  }
}

function readObject(folder: string, id: string, schema: Schema): Value | undefined {
  let text: string
  try {
    text = readFileSync(join(folder, `${id}.json`), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const { values } = JSON.parse(text) as { values: Record<string, MockValue> }
  return coerceValue(fromMock({ object: values }, impliedType(schema.block)), schema.block)
}

function plan(type: MockType, { prior, proposed, config, priorPrivate }: PlanResourceRequest): PlanResourceResponse {
  const answer = { planned: proposed, requiresReplace: [], plannedPrivate: priorPrivate, ...nothing }
  if (proposed.isNull) return answer
  // Nothing is computed anew as long as nothing changes.
  if (!prior.isNull && rawEquals(prior, proposed)) return answer
  const id = config.getAttr('id')
  const known = prior.isNull ? id : prior.getAttr('id')
  const planned = changeObject(type, forgetComputed(type, proposed, config), planComputed)
  const withId = objectVal(new Map([...planned.asMap(), ['id', id.isNull ? (known.isNull ? unknownVal(stringType) : known) : id]]))
  if (prior.isNull) return { ...answer, planned: withId }
  const replace = replacePaths(type, prior, withId)
  if (!rawEquals(prior.getAttr('id'), withId.getAttr('id'))) replace.push([attributeStep('id')])
  return { ...answer, planned: withId, requiresReplace: replace }
}

/** What is computed and not configured is null again, so that it is computed anew; inside collections it stays as proposed. */
function forgetComputed(type: MockType, proposed: Value, config: Value): Value {
  const members = new Map(proposed.asMap())
  for (const [name, attribute] of Object.entries(type.attributes ?? {})) {
    const value = members.get(name)!
    if (attribute.computed && config.getAttr(name).isNull) members.set(name, nullVal(value.type))
  }
  return objectVal(members)
}

function apply(
  type: MockType,
  { prior, planned, plannedPrivate }: ApplyResourceRequest,
  folder: string | undefined,
): Omit<ApplyResourceResponse, 'diags'> {
  if (planned.isNull) {
    if (folder !== undefined) rmSync(join(folder, `${prior.getAttr('id').asString()}.json`), { force: true })
    return { newState: planned, private: plannedPrivate }
  }
  const computed = changeObject(type, planned, applyComputed)
  const id = computed.getAttr('id')
  const newState = id.isKnown ? computed : objectVal(new Map([...computed.asMap(), ['id', stringVal(randomUUID())]]))
  if (folder !== undefined) {
    mkdirSync(folder, { recursive: true })
    const text = JSON.stringify({ values: mockMembers(newState) }, undefined, 2)
    writeFileSync(join(folder, `${newState.getAttr('id').asString()}.json`), text)
  }
  return { newState, private: plannedPrivate }
}
