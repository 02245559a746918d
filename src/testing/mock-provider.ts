import { jsonToValue, nullVal, type ObjectType, objectVal, type Value } from '../cty/index.ts'
import { Diagnostics, type SourceRange } from '../diags/index.ts'
import type { Provider, ProviderSchema } from '../providers/index.ts'
import { type BlockSchema, emptyBlockValue, impliedType } from '../schema/index.ts'
import { fillObject, madeUpFilling, unknownFilling } from './mock-values.ts'

/** What stands in for a type, or for one address. */
export interface Answers {
  readonly values: Value | undefined
  /** Where they are written. */
  readonly range?: SourceRange | undefined
  /** Made up while planning already. */
  readonly duringPlan: boolean
}

export interface MockInput {
  /** Of the provider that it stands in for. */
  readonly schema: ProviderSchema
  readonly resource: (type: string) => Answers
  readonly dataSource: (type: string) => Answers
  /** Functions and ephemeral resources ask for nothing outside, so the provider itself answers; undefined: there is none. */
  readonly real: Provider | undefined
}

/**
 * A provider that asks nothing of the world: it keeps what is configured and makes up what the provider would have computed. What exists stays as
 * it is, however often it is read.
 */
export function mockProvider({ schema, resource, dataSource, real }: MockInput): Provider {
  const fine = { diags: [] }
  const blockOf = (type: string): BlockSchema => schema.resource(type)!.block
  return {
    schema: () => schema,
    validateProviderConfig: async () => fine,
    validateResourceConfig: (request) => real?.validateResourceConfig(request) ?? fine,
    validateDataConfig: (request) => real?.validateDataConfig(request) ?? fine,
    configure: async () => fine,
    upgradeResourceState: ({ typeName, stored }) => ({
      value: jsonToValue(stored.parsed ?? stored.json, impliedType(blockOf(typeName))),
      ...fine,
    }),
    readResource: ({ prior, private: bytes, identity }) => ({ newState: prior, private: bytes, identity, ...fine }),
    planResourceChange: ({ typeName, prior, proposed, priorPrivate }) => ({
      ...planned(blockOf(typeName), prior, proposed, resource(typeName)),
      requiresReplace: [],
      plannedPrivate: priorPrivate,
    }),
    applyResourceChange: async ({ typeName, planned: plan, plannedPrivate }) => ({
      ...applied(blockOf(typeName), plan, resource(typeName)),
      private: plannedPrivate,
    }),
    importResourceState: async ({ typeName }) => ({
      imported: [],
      diags: [
        {
          severity: 'error',
          summary: 'Invalid import request',
          detail: `Cannot import resources from mock providers: ${typeName} has no objects. Use an override_resource targeting the specific resource being imported instead.`,
        },
      ],
    }),
    readDataSource: async ({ typeName, config }) => {
      const diags = new Diagnostics()
      const value = fillObject(schema.dataSource(typeName)!.block, config, madeUpFilling(dataSource(typeName)), diags)
      return { value, diags: diags.items }
    },
    validateEphemeralConfig: (request) => real?.validateEphemeralConfig?.(request) ?? fine,
    openEphemeralResource: async ({ typeName, config }) => {
      const diags = new Diagnostics()
      const block = schema.ephemeralResource?.(typeName)?.block
      const value = block === undefined ? config : fillObject(block, config, madeUpFilling(undefined), diags)
      return { value, private: undefined, renewAt: undefined, diags: diags.items }
    },
    renewEphemeralResource: async ({ private: bytes }) => ({ private: bytes, renewAt: undefined, ...fine }),
    closeEphemeralResource: async () => fine,
    ...(real?.callFunction === undefined ? {} : { callFunction: (request) => real.callFunction!(request) }),
    stop: async () => real?.stop(),
    close: async () => real?.close(),
  }
}

/** The provider with one object of it made up: for an address that a test overrides. Everything else about it is real. */
export function overriddenProvider(provider: Provider, answers: Answers): Provider {
  const schema = provider.schema()
  const blockOf = (type: string): BlockSchema => schema.resource(type)!.block
  const own: Partial<Provider> = {
    readResource: ({ prior, private: bytes, identity }) => ({ newState: prior, private: bytes, identity, diags: [] }),
    planResourceChange: ({ typeName, prior, proposed, priorPrivate }) => ({
      ...planned(blockOf(typeName), prior, proposed, answers),
      requiresReplace: [],
      plannedPrivate: priorPrivate,
    }),
    applyResourceChange: async ({ typeName, planned: plan, plannedPrivate }) => ({
      ...applied(blockOf(typeName), plan, answers),
      private: plannedPrivate,
    }),
    importResourceState: async ({ typeName }) => {
      const diags = new Diagnostics()
      const state = fillObject(blockOf(typeName), emptyBlockValue(blockOf(typeName)), madeUpFilling(answers), diags)
      return { imported: [{ typeName, state, private: undefined }], diags: diags.items }
    },
    readDataSource: async ({ typeName, config }) => {
      const diags = new Diagnostics()
      const value = fillObject(schema.dataSource(typeName)!.block, config, madeUpFilling(answers), diags)
      return { value, diags: diags.items }
    },
  }
  return withMembers(provider, own)
}

/**
 * A provider that plans a new object as it has planned it before: when applying it is asked again, and what was made up must stay.
 *
 * @param plans what was planned, by address
 */
export function rememberingProvider(provider: Provider, address: string, plans: Map<string, Value>): Provider {
  const planResourceChange: Provider['planResourceChange'] = (request) => {
    const answer = provider.planResourceChange(request)
    if (answer instanceof Promise || !request.prior.isNull || !answer.planned.hasContent) return answer
    const earlier = plans.get(address)
    const planned = earlier === undefined ? answer.planned : withEarlier(answer.planned, request.proposed, earlier)
    plans.set(address, planned)
    return { ...answer, planned }
  }
  return withMembers(provider, { planResourceChange })
}

/** Values that nobody has proposed, as they were made up first. */
function withEarlier(planned: Value, proposed: Value, earlier: Value): Value {
  const members = [...planned.asMap()].map(([name, value]) => {
    const wanted = proposed.getAttr(name)
    const isMadeUp = (!wanted.isKnown || wanted.isNull) && value.isWhollyKnown && earlier.getAttr(name).isWhollyKnown
    return [name, isMadeUp ? earlier.getAttr(name) : value] as const
  })
  return objectVal(members, planned.type as ObjectType)
}

function withMembers(provider: Provider, own: Partial<Provider>): Provider {
  return new Proxy(provider, {
    get(target, name) {
      if (Object.hasOwn(own, name)) return own[name as keyof Provider]
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

function planned(block: BlockSchema, prior: Value, proposed: Value, answers: Answers) {
  const diags = new Diagnostics()
  // What exists keeps what was computed when it was made.
  if (proposed.isNull || !prior.isNull) return { planned: proposed, diags: diags.items }
  const filling = answers.duringPlan ? madeUpFilling(answers) : unknownFilling()
  return { planned: fillObject(block, proposed, { ...filling, isGap: (v) => v.isKnown && v.isNull }, diags), diags: diags.items }
}

function applied(block: BlockSchema, plan: Value, answers: Answers) {
  const diags = new Diagnostics()
  if (plan.isNull) return { newState: nullVal(impliedType(block)), diags: diags.items }
  const newState = fillObject(block, plan, { ...madeUpFilling(answers), isGap: (v) => !v.isKnown }, diags)
  return { newState, diags: diags.items }
}
