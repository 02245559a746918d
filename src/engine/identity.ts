import {
  CtyError,
  jsonToValue,
  objectType,
  pathToString,
  rawEquals,
  type Type,
  typeConformanceErrors,
  type Value,
  valueToJson,
} from '../cty/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import type { IdentitySchema, Provider } from '../providers/index.ts'
import { identityOf, type ObjectState, withIdentity } from '../states/index.ts'
import type { Limiter } from './_limiter.ts'
import { placeDiagnostics } from './_placing.ts'
import { type Steps, wait } from './_steps.ts'
import type { ObjectPlace } from './plan/planning.ts'

const types = new WeakMap<IdentitySchema, Type>()

/** The type of the identities of a resource type. */
export function identityType(schema: IdentitySchema): Type {
  let type = types.get(schema)
  if (type === undefined) {
    type = objectType(Object.entries(schema.attributes).map(([name, a]) => [name, a.type] as const))
    types.set(schema, type)
  }
  return type
}

export function identitySchemaOf(provider: Provider, typeName: string): IdentitySchema | undefined {
  return provider.schema().identity?.(typeName)
}

/**
 * The recorded identity by today's schema, with the provider's help where it was recorded by another one. Undefined when there is
 * none; `failed` with the reason reported.
 */
export function* decodeIdentity(
  limiter: Limiter,
  provider: Provider,
  place: ObjectPlace,
  record: ObjectState,
  diags: Diagnostics,
): Steps<Value | undefined | 'failed'> {
  const typeName = place.address.resource.type
  const schema = identitySchemaOf(provider, typeName)
  const recorded = schema === undefined ? undefined : identityOf(record)
  if (schema === undefined || recorded === undefined) return undefined
  if (recorded.schemaVersion > schema.version) {
    diags.error(
      'Resource instance managed by newer provider version',
      `The identity of ${place.text} was recorded by a newer provider version than is currently selected. Upgrade the ${place.provider.source.type} provider to work with this state.`,
      { address: place.text },
    )
    return 'failed'
  }
  if (recorded.schemaVersion !== schema.version && provider.upgradeResourceIdentity !== undefined) {
    const request = { typeName, version: recorded.schemaVersion, stored: { json: recorded.json } }
    const answer = yield* wait(limiter.run(() => provider.upgradeResourceIdentity!(request)))
    const found = placeDiagnostics(answer.diags, place.text)
    diags.addAll(found)
    if (found.some((d) => d.severity === 'error')) return 'failed'
    return checkIdentity(place, schema, answer.identity, 'while upgrading it', diags) ? answer.identity : 'failed'
  }
  try {
    return jsonToValue(recorded.json, identityType(schema))
  } catch (error) {
    if (!(error instanceof CtyError)) throw error
    diags.error('Failed to decode resource identity from state', `The identity of ${place.text} cannot be read: ${error.message}.`, {
      address: place.text,
    })
    return 'failed'
  }
}

/** Holds an identity that a provider gave against its schema; it must be known unless the object is still to be made. */
export function checkIdentity(
  place: Pick<ObjectPlace, 'text'>,
  schema: IdentitySchema | undefined,
  identity: Value | undefined,
  when: string,
  diags: Diagnostics,
  mayBeUnknown = false,
): boolean {
  if (identity === undefined || identity.isNull) return true
  const invalid = (what: string): boolean => {
    diags.error(
      'Provider produced invalid identity',
      `The provider answered with an invalid identity for ${place.text} ${when}: ${what}.\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker.`,
      { address: place.text },
    )
    return false
  }
  if (schema === undefined) return invalid('its schema has no identity for this resource type')
  const problem = typeConformanceErrors(identity.type, identityType(schema))[0]
  if (problem !== undefined) return invalid(`${pathToString(problem.path)}: ${problem.message}`)
  return mayBeUnknown || identity.isWhollyKnown || invalid('it holds unknown values')
}

/** An object keeps its identity as long as it exists. */
export function checkSameIdentity(
  place: Pick<ObjectPlace, 'text'>,
  before: Value | undefined,
  after: Value | undefined,
  diags: Diagnostics,
): boolean {
  if (before === undefined || before.isNull || after === undefined || after.isNull || !after.isWhollyKnown) return true
  if (rawEquals(before, after)) return true
  diags.error(
    'Provider produced inconsistent identity',
    `The provider changed the identity of ${place.text}, which must stay the same as long as the object exists.\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker.`,
    { address: place.text },
  )
  return false
}

/** A record with this identity; an absent one leaves what is recorded. */
export function recordIdentity(record: ObjectState, provider: Provider, typeName: string, identity: Value | undefined): ObjectState {
  const schema = identitySchemaOf(provider, typeName)
  if (schema === undefined || identity === undefined || identity.isNull || !identity.isWhollyKnown) return record
  const extra = withIdentity(record.extra, { schemaVersion: schema.version, json: valueToJson(identity, identityType(schema)) })
  return extra === record.extra ? record : { ...record, extra }
}
