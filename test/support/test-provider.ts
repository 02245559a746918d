import {
  attributeStep,
  boolType,
  jsonToValue,
  listType,
  mapType,
  nullVal,
  numberType,
  numericToJs,
  objectType,
  objectVal,
  rawEquals,
  stringType,
  stringVal,
  unknownVal,
  type Value,
} from '../../src/cty/index.ts'
import type { IdentitySchema, Provider, ProviderDiagnostic, ProviderSchema } from '../../src/providers/index.ts'
import { type BlockSchema, impliedType } from '../../src/schema/index.ts'

const thing: BlockSchema = {
  attributes: {
    id: { type: stringType, computed: true },
    name: { type: stringType, optional: true },
    /** A change of it makes a replacement necessary. */
    zone: { type: stringType, optional: true },
    /** Set by the provider when not configured. */
    size: { type: stringType, optional: true, computed: true },
    secret: { type: stringType, optional: true, sensitive: true },
    tags: { type: mapType(stringType), optional: true },
    refs: { type: listType(stringType), optional: true },
    /** Makes apply fail: `create`, `update`, `delete`, or `half` for a failed creation that leaves an object. */
    fail: { type: stringType, optional: true },
    /** Arrives at the provider and is stored nowhere. */
    password: { type: stringType, optional: true, writeOnly: true },
  },
  blockTypes: {},
}

/** What has an identity: its name, and where it is. Objects of `test_thing` can be taken over as such ones. */
const named: BlockSchema = {
  attributes: {
    id: { type: stringType, computed: true },
    name: { type: stringType, optional: true },
    note: { type: stringType, optional: true },
  },
  blockTypes: {},
}

export const namedIdentity: IdentitySchema = {
  version: 2,
  attributes: {
    name: { type: stringType, requiredForImport: true },
    place: { type: stringType, optionalForImport: true },
  },
}

/** `renew`: after so many milliseconds. */
const token: BlockSchema = {
  attributes: {
    name: { type: stringType, required: true },
    renew: { type: numberType, optional: true },
    value: { type: stringType, computed: true },
  },
  blockTypes: {},
}

const lookup: BlockSchema = {
  attributes: {
    id: { type: stringType, required: true },
    result: { type: stringType, computed: true },
    missing: { type: boolType, optional: true },
  },
  blockTypes: {},
}

export const testProviderSchema: ProviderSchema = {
  provider: { attributes: { region: { type: stringType, optional: true } }, blockTypes: {} },
  resource: (name) =>
    name === 'test_thing' ? { version: 1, block: thing } : name === 'test_named' ? { version: 0, block: named } : undefined,
  identity: (name) => (name === 'test_named' ? namedIdentity : undefined),
  providerMeta: { attributes: { module: { type: stringType, optional: true } }, blockTypes: {} },
  planDestroy: true,
  dataSource: (name) => (name === 'test_lookup' ? { version: 0, block: lookup } : undefined),
  ephemeralResource: (name) => (name === 'test_token' ? { version: 0, block: token } : undefined),
  ephemeralResourceNames: () => ['test_token'],
  functions: new Map([
    ['shout', { parameters: [{ name: 'text', type: stringType }], returnType: stringType }],
    ['join', { parameters: [], variadicParameter: { name: 'parts', type: stringType, allowNull: true }, returnType: stringType }],
  ]),
  resourceNames: () => ['test_thing', 'test_named'],
  dataSourceNames: () => ['test_lookup'],
}

/** What the world outside holds, and what was asked of it. Shared by all providers of one test. */
export interface TestWorld {
  /** By id. */
  readonly things: Map<string, Value>
  /** `create a`, `delete a`, `read id`, `configure us`: one line per call, with names where there are some. */
  readonly calls: string[]
  /** For each provider that was closed the call before that. */
  readonly closed: string[]
  /** The most calls that ran at the same time. */
  most: number
  running: number
  next: number
  /** Milliseconds that each apply takes. */
  delayMs: number
  /** Called at the start of each apply with the operation and the name. */
  onApply?: (operation: string, name: string) => void
  /** Called where an object is read or applied, with the region that the provider was configured with. */
  onServed?: (operation: string, name: string, region: string) => void
  /** Called with each request to plan or apply a change, and with what the module says of itself. */
  onMeta?: (operation: string, meta: Value | undefined) => void
  /** Replaces the identity that a provider answers with. */
  corruptIdentity?: (operation: 'read' | 'plan' | 'apply') => Value | undefined
  /** Replaces the provider's answers, to break its promises. */
  corrupt?: (operation: 'plan' | 'apply', value: Value) => Value
}

export function testWorld(): TestWorld {
  return { things: new Map(), calls: [], closed: [], most: 0, running: 0, next: 1, delayMs: 0 }
}

const type = impliedType(thing)
const tokenType = impliedType(token)
const ok = { diags: [] as readonly ProviderDiagnostic[] }

function failure(summary: string, attribute?: string): { diags: readonly ProviderDiagnostic[] } {
  const path = attribute === undefined ? undefined : [attributeStep(attribute)]
  return { diags: [{ severity: 'error', summary, detail: 'As it was told to.', attribute: path }] }
}

function text(value: Value): string {
  return value.hasContent ? value.asString() : ''
}

/** A provider without any network: `test_thing` with an id, an argument that forces replacement, and failures on request. */
export function testProvider(world: TestWorld): Provider {
  const change = (value: Value, changes: Readonly<Record<string, Value>>): Value =>
    objectVal(new Map([...value.asMap(), ...Object.entries(changes)].map(([k, v]) => [k, v])), type)
  let region = ''
  const busy = async (operation: string, name: string): Promise<void> => {
    world.calls.push(`${operation} ${name}`)
    world.onServed?.(operation, name, region)
    world.onApply?.(operation, name)
    world.running++
    world.most = Math.max(world.most, world.running)
    await new Promise((resolve) => setTimeout(resolve, world.delayMs))
    world.running--
  }
  const things: Provider = {
    schema: () => testProviderSchema,
    validateProviderConfig: async (config) => (text(config.getAttr('region')) === 'nowhere' ? failure('No such region', 'region') : ok),
    validateResourceConfig: ({ config }) => (text(config.getAttr('name')) === 'invalid' ? failure('Invalid name', 'name') : ok),
    validateDataConfig: ({ config }) => (text(config.getAttr('id')) === 'invalid' ? failure('Invalid id', 'id') : ok),
    configure: async ({ config }) => {
      region = text(config.getAttr('region'))
      world.calls.push(`configure ${region}`)
      return ok
    },
    upgradeResourceState: ({ stored, version }) => {
      // Version 0 called the name "title".
      const json = version === 0 ? stored.json.replace('"title":', '"name":') : stored.json
      return { value: jsonToValue(json, type), ...ok }
    },
    readResource: async ({ prior, private: kept }) => {
      const id = text(prior.getAttr('id'))
      world.calls.push(`read ${id}`)
      world.onServed?.('read', text(prior.getAttr('name')), region)
      return { newState: world.things.get(id) ?? nullVal(type), private: kept, ...ok }
    },
    planResourceChange: ({ prior, proposed, priorPrivate }) => {
      if (proposed.isNull) return { planned: proposed, requiresReplace: [], plannedPrivate: priorPrivate, ...ok }
      const changes: Record<string, Value> = {}
      if (prior.isNull) changes.id = unknownVal(stringType)
      if (prior.isNull && proposed.getAttr('size').isNull) changes.size = unknownVal(stringType)
      const planned = change(proposed, changes)
      return {
        planned: world.corrupt?.('plan', planned) ?? planned,
        requiresReplace:
          !prior.isNull && !rawEquals(prior.getAttr('zone'), proposed.getAttr('zone')) ? [[{ kind: 'attribute', name: 'zone' }]] : [],
        plannedPrivate: priorPrivate,
        ...ok,
      }
    },
    applyResourceChange: async ({ prior, planned, config, plannedPrivate }) => {
      if (planned.isNull) {
        await busy('delete', text(prior.getAttr('name')))
        if (text(prior.getAttr('fail')) === 'delete') return { newState: prior, private: plannedPrivate, ...failure('Delete failed') }
        world.things.delete(text(prior.getAttr('id')))
        return { newState: planned, private: undefined, ...ok }
      }
      const operation = prior.isNull ? 'create' : 'update'
      const password = text(config.getAttr('password'))
      await busy(operation, `${text(planned.getAttr('name'))}${password === '' ? '' : ` with ${password}`}`)
      const fail = text(planned.getAttr('fail'))
      if (fail === operation) return { newState: prior, private: plannedPrivate, ...failure(`${operation} failed`, 'fail') }
      const id = prior.isNull ? stringVal(`id-${world.next++}`) : prior.getAttr('id')
      const size = planned.getAttr('size')
      let value = change(planned, { id, size: size.isKnown ? size : stringVal('small') })
      value = world.corrupt?.('apply', value) ?? value
      world.things.set(id.asString(), value)
      if (fail === 'half' && operation === 'create')
        return { newState: value, private: plannedPrivate, ...failure('create failed half way') }
      return { newState: value, private: plannedPrivate, ...ok }
    },
    importResourceState: async () => ({ imported: [], ...ok }),
    readDataSource: async ({ config }) => {
      const id = text(config.getAttr('id'))
      world.calls.push(`lookup ${id}`)
      world.onServed?.('lookup', id, region)
      return { value: objectVal(new Map([...config.asMap(), ['result', stringVal(`<${id}>`)]])), ...ok }
    },
    callFunction: async ({ name, args }) => {
      world.calls.push(`call ${name} ${args.map((a) => (a.isNull ? 'null' : a.asString())).join(' ')}`)
      if (args.some((a) => text(a) === 'bad')) return { error: { text: 'that is bad', argument: 0 } }
      const words = args.map((a) => (a.isNull ? '-' : a.asString()))
      return { result: stringVal(name === 'shout' ? `${words[0]!.toUpperCase()}!` : words.join('+')) }
    },
    validateEphemeralConfig: ({ config }) => (text(config.getAttr('name')) === 'invalid' ? failure('Invalid token', 'name') : ok),
    openEphemeralResource: async ({ config }) => {
      const name = text(config.getAttr('name'))
      world.calls.push(`open ${name}`)
      if (name === 'refused') return { value: nullVal(tokenType), private: undefined, renewAt: undefined, ...failure('Refused', 'name') }
      const renew = config.getAttr('renew')
      const value = objectVal(new Map([...config.asMap(), ['value', stringVal(`token of ${name}`)]]), tokenType)
      return {
        value,
        private: Buffer.from(`${name}.0`),
        renewAt: renew.isNull ? undefined : new Date(Date.now() + numericToJs(renew.asNumeric())),
        ...ok,
      }
    },
    renewEphemeralResource: async ({ private: kept }) => {
      const [name, count] = Buffer.from(kept!).toString().split('.')
      world.calls.push(`renew ${name} ${count}`)
      return { private: Buffer.from(`${name}.${Number(count) + 1}`), renewAt: undefined, ...ok }
    },
    closeEphemeralResource: async ({ private: kept }) => {
      world.calls.push(`close ${Buffer.from(kept!).toString()}`)
      return text(stringVal(Buffer.from(kept!).toString())) === 'stuck.0' ? failure('Cannot close') : ok
    },
    stop: async () => {
      world.calls.push('stop')
    },
    close: async () => {
      world.closed.push(`after ${world.calls[world.calls.length - 1]}`)
    },
  }
  const others = namedProvider(world)
  const choose = (typeName: string): Provider => (typeName === 'test_named' ? { ...things, ...others } : things)
  return {
    ...things,
    validateResourceConfig: (r) => choose(r.typeName).validateResourceConfig(r),
    upgradeResourceState: (r) => choose(r.typeName).upgradeResourceState(r),
    readResource: (r) => choose(r.typeName).readResource(r),
    planResourceChange: (r) => {
      world.onMeta?.('plan', r.providerMeta)
      return choose(r.typeName).planResourceChange(r)
    },
    applyResourceChange: (r) => {
      world.onMeta?.('apply', r.providerMeta)
      return choose(r.typeName).applyResourceChange(r)
    },
    importResourceState: (r) => choose(r.typeName).importResourceState(r),
    upgradeResourceIdentity: others.upgradeResourceIdentity,
    moveResourceState: others.moveResourceState,
  }
}

const namedType = impliedType(named)
const namedIdentityType = objectType([
  ['name', stringType],
  ['place', stringType],
] as const)

function identityOf(name: Value, place = 'here'): Value {
  return objectVal(
    new Map([
      ['name', name],
      ['place', stringVal(place)],
    ]),
    namedIdentityType,
  )
}

/** What serves `test_named`: every name exists. */
function namedProvider(
  world: TestWorld,
): Pick<
  Provider,
  | 'validateResourceConfig'
  | 'upgradeResourceState'
  | 'upgradeResourceIdentity'
  | 'readResource'
  | 'planResourceChange'
  | 'applyResourceChange'
  | 'importResourceState'
  | 'moveResourceState'
> {
  const object = (id: Value, name: Value, note: Value): Value =>
    objectVal(
      new Map([
        ['id', id],
        ['name', name],
        ['note', note],
      ]),
      namedType,
    )
  return {
    validateResourceConfig: () => ok,
    upgradeResourceState: ({ stored }) => ({ value: jsonToValue(stored.json, namedType), ...ok }),
    // Version 1 called the place "region".
    upgradeResourceIdentity: ({ stored }) => ({
      identity: jsonToValue(stored.json.replace('"region":', '"place":'), namedIdentityType),
      ...ok,
    }),
    readResource: ({ prior, private: kept, identity }) => {
      world.calls.push(
        `read ${text(prior.getAttr('name'))} ${identity === undefined ? 'without identity' : text(identity.getAttr('place'))}`,
      )
      const answer = world.corruptIdentity?.('read') ?? identity ?? identityOf(prior.getAttr('name'))
      return { newState: prior, private: kept, identity: answer, ...ok }
    },
    planResourceChange: ({ prior, proposed, priorPrivate, priorIdentity }) => {
      if (proposed.isNull) {
        if (text(prior.getAttr('note')) === 'keep')
          return { planned: proposed, requiresReplace: [], plannedPrivate: priorPrivate, ...failure('Not to be destroyed', 'note') }
        return { planned: proposed, requiresReplace: [], plannedPrivate: Buffer.from('going'), ...ok }
      }
      const id = prior.isNull ? unknownVal(stringType) : prior.getAttr('id')
      const identity =
        world.corruptIdentity?.('plan') ??
        priorIdentity ??
        (proposed.getAttr('name').isKnown ? identityOf(proposed.getAttr('name')) : unknownVal(namedIdentityType))
      return {
        planned: object(id, proposed.getAttr('name'), proposed.getAttr('note')),
        requiresReplace: prior.isNull || rawEquals(prior.getAttr('name'), proposed.getAttr('name')) ? [] : [[attributeStep('name')]],
        plannedPrivate: priorPrivate,
        plannedIdentity: identity,
        ...ok,
      }
    },
    applyResourceChange: async ({ planned, plannedPrivate, plannedIdentity }) => {
      if (planned.isNull) {
        world.calls.push(`delete with ${Buffer.from(plannedPrivate ?? []).toString()}`)
        return { newState: planned, private: undefined, ...ok }
      }
      const name = planned.getAttr('name')
      const identity = world.corruptIdentity?.('apply') ?? (plannedIdentity?.isWhollyKnown ? plannedIdentity : identityOf(name))
      return { newState: object(name, name, planned.getAttr('note')), private: plannedPrivate, identity, ...ok }
    },
    importResourceState: async ({ typeName, id, identity }) => {
      const name = identity === undefined ? stringVal(id) : identity.getAttr('name')
      const place = identity === undefined || identity.getAttr('place').isNull ? 'here' : text(identity.getAttr('place'))
      const state = object(name, name, nullVal(stringType))
      return { imported: [{ typeName, state, private: undefined, identity: identityOf(name, place) }], ...ok }
    },
    moveResourceState: ({ sourceTypeName, sourceStored, sourceProvider, sourceVersion }) => {
      world.calls.push(`move ${sourceTypeName} ${sourceVersion} of ${sourceProvider}`)
      const none = { value: nullVal(namedType), private: undefined }
      if (sourceTypeName !== 'test_thing') return { ...none, ...failure('Cannot be taken over') }
      const { name } = JSON.parse(sourceStored.json)
      return {
        value: object(stringVal(name), stringVal(name), nullVal(stringType)),
        private: undefined,
        identity: identityOf(stringVal(name), 'moved'),
        ...ok,
      }
    },
  }
}
