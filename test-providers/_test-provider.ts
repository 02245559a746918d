import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type ApplyResourceRequest,
  type ApplyResourceResponse,
  attributeStep,
  type BlockSchema,
  type Diagnosis,
  type Diagnostic,
  nullVal,
  numberType,
  numericToJs,
  objectVal,
  type PlanResourceRequest,
  type PlanResourceResponse,
  type Provider,
  type ProviderSchema,
  type ReadDataRequest,
  type ReadDataResponse,
  type ReadResourceRequest,
  type ReadResourceResponse,
  type Schema,
  storedToValue,
  stringType,
  stringVal,
  unknownVal,
  type Value,
} from '../src/providers/authoring.ts'

const optionalText = { type: stringType, optional: true }

const providerBlock: BlockSchema = {
  attributes: {
    region: optionalText,
    data_prefix: optionalText,
    resource_prefix: optionalText,
    username: optionalText,
    password: optionalText,
  },
  blockTypes: { block_single: { nesting: 'single', block: { attributes: { string_attr: optionalText }, blockTypes: {} } } },
}

const instanceBlock: BlockSchema = {
  attributes: { id: { type: stringType, optional: true, computed: true }, ami: optionalText },
  blockTypes: {},
}

const resourceBlock: BlockSchema = {
  attributes: {
    id: { type: stringType, optional: true, computed: true },
    value: optionalText,
    interrupt_count: { type: numberType, optional: true },
  },
  blockTypes: {},
}

const dataBlock: BlockSchema = {
  attributes: {
    id: { type: stringType, required: true },
    value: { type: stringType, computed: true },
    interrupt_count: { type: numberType, computed: true },
  },
  blockTypes: {},
}

const resources: Readonly<Record<string, Schema>> = {
  test_instance: { version: 0, block: instanceBlock },
  test_resource: { version: 0, block: resourceBlock },
}
const dataSources: Readonly<Record<string, Schema>> = { test_data_source: { version: 0, block: dataBlock } }

/** Objects of `test_resource` by prefix and id: they live as long as the process, in which all runs of a test file happen. */
const store = new Map<string, Value>()

export interface TestProviderOptions {
  /** `test_instance` has an identity of its `id`. */
  readonly identity?: boolean
}

/** The provider `test` of the conformance data. */
export function testProvider({ identity = false }: TestProviderOptions = {}): Provider {
  const schema: ProviderSchema = {
    provider: providerBlock,
    resource: (name) => (Object.hasOwn(resources, name) ? resources[name] : undefined),
    dataSource: (name) => (Object.hasOwn(dataSources, name) ? dataSources[name] : undefined),
    resourceNames: () => Object.keys(resources),
    dataSourceNames: () => Object.keys(dataSources),
    identity: (name) =>
      identity && name === 'test_instance' ? { version: 0, attributes: { id: { type: stringType, requiredForImport: true } } } : undefined,
  }
  const prefixes = { data: '', resource: '' }
  const identityOf = (typeName: string, value: Value): { identity?: Value } =>
    identity && typeName === 'test_instance' && !value.isNull ? { identity: objectVal({ id: value.getAttr('id') }) } : {}
  return {
    schema: () => schema,
    validateProviderConfig: async () => nothing,
    validateResourceConfig: ({ typeName }) => knownType(schema.resource(typeName), typeName),
    validateDataConfig: ({ typeName }) => knownType(schema.dataSource(typeName), typeName),
    configure: async ({ config }) => {
      prefixes.data = textOf(config.getAttr('data_prefix'))
      prefixes.resource = textOf(config.getAttr('resource_prefix'))
      return nothing
    },
    upgradeResourceState: ({ typeName, stored }) => storedToValue(stored.json, resources[typeName]!.block),
    readResource: (request) => {
      const answer = request.typeName === 'test_instance' ? readInstance(request) : readStored(request, prefixes.resource)
      return { ...answer, ...identityOf(request.typeName, answer.newState) }
    },
    planResourceChange: (request) => {
      const answer = plan(request)
      return { ...answer, plannedIdentity: identityOf(request.typeName, answer.planned).identity }
    },
    applyResourceChange: async (request) => {
      const answer = request.typeName === 'test_instance' ? applyInstance(request) : await applyStored(request, prefixes.resource)
      return { ...answer, ...identityOf(request.typeName, answer.newState) }
    },
    importResourceState: async ({ typeName, id, identity: by }) => {
      const text = by === undefined ? id : by.getAttr('id').asString()
      const known = objectVal({ ...nullMembers(resources[typeName]!.block), id: stringVal(text) })
      return { imported: [{ typeName, state: known, private: undefined, ...identityOf(typeName, known) }], ...nothing }
    },
    readDataSource: async (request) => readData(request, prefixes.data),
    stop: async () => {},
    close: async () => {},
  }
}

const nothing = { diags: [] as readonly Diagnostic[] }

function knownType(schema: Schema | undefined, typeName: string): Diagnosis {
  if (schema !== undefined) return nothing
  return { diags: [{ severity: 'error', summary: 'Invalid type', detail: `The provider has no type ${typeName}.` }] }
}

function nullMembers(block: BlockSchema): Record<string, Value> {
  return Object.fromEntries(Object.entries(block.attributes).map(([name, { type }]) => [name, nullVal(type!)]))
}

function textOf(value: Value): string {
  return value.hasContent ? value.asString() : ''
}

function withMembers(value: Value, changes: Readonly<Record<string, Value>>): Value {
  return objectVal(new Map([...value.asMap(), ...Object.entries(changes)]))
}

function plan({ typeName, proposed, priorPrivate }: PlanResourceRequest): PlanResourceResponse {
  const answer = { planned: proposed, requiresReplace: [], plannedPrivate: priorPrivate, ...nothing }
  if (proposed.isNull) return answer
  const planned = proposed.getAttr('id').isNull ? withMembers(proposed, { id: unknownVal(stringType) }) : proposed
  const mustReplace = typeName === 'test_instance' && textOf(proposed.getAttr('ami')) === 'force-replace'
  return { ...answer, planned, requiresReplace: mustReplace ? [[attributeStep('ami')]] : [] }
}

function readInstance({ prior, private: kept }: ReadResourceRequest): ReadResourceResponse {
  const isStale = textOf(prior.getAttr('ami')) === 'refresh-me'
  return { newState: isStale ? withMembers(prior, { ami: stringVal('refreshed') }) : prior, private: kept, ...nothing }
}

function applyInstance({ planned, plannedPrivate }: ApplyResourceRequest): ApplyResourceResponse {
  const isNew = !planned.isNull && !planned.getAttr('id').isKnown
  return { newState: isNew ? withMembers(planned, { id: stringVal('placeholder') }) : planned, private: plannedPrivate, ...nothing }
}

function key(prefix: string, id: string): string {
  return `${prefix}/${id}`
}

function readStored({ prior, private: kept }: ReadResourceRequest, prefix: string): ReadResourceResponse {
  const found = store.get(key(prefix, textOf(prior.getAttr('id'))))
  return { newState: found ?? nullVal(prior.type), private: kept, ...nothing }
}

async function applyStored({ prior, planned, plannedPrivate }: ApplyResourceRequest, prefix: string): Promise<ApplyResourceResponse> {
  if (planned.isNull) {
    await interruptIfAsked(prior)
    store.delete(key(prefix, textOf(prior.getAttr('id'))))
    return { newState: planned, private: plannedPrivate, ...nothing }
  }
  const id = planned.getAttr('id')
  const newState = id.isKnown ? planned : withMembers(planned, { id: stringVal(randomUUID()) })
  await interruptIfAsked(newState)
  store.set(key(prefix, newState.getAttr('id').asString()), newState)
  return { newState, private: plannedPrivate, ...nothing }
}

/** Sends this process as many interrupts as the object says, and gives them time to be noticed before the call ends. */
async function interruptIfAsked(object: Value): Promise<void> {
  const count = object.getAttr('interrupt_count')
  if (!count.hasContent) return
  const times = numericToJs(count.asNumeric())
  for (let i = 0; i < times; i++) {
    process.kill(process.pid, 'SIGINT')
    await sleep(50)
  }
  await sleep(1000)
}

async function readData({ config }: ReadDataRequest, prefix: string): Promise<ReadDataResponse> {
  const id = config.getAttr('id').asString()
  const found = store.get(key(prefix, id))
  if (found === undefined) {
    return { value: config, diags: [{ severity: 'error', summary: 'Object not found', detail: `There is no object with the id "${id}".` }] }
  }
  await interruptIfAsked(found)
  return { value: found, ...nothing }
}
