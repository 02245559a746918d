import { absProviderConfigToString, providerSourceToString } from '../addrs/index.ts'
import {
  applyPath,
  CtyError,
  jsonString,
  type Marks,
  markPaths,
  type PathMarks,
  pathToString,
  rawEquals,
  SENSITIVE,
  typeConformanceErrors,
  unmarkDeepWithPaths,
  type Value,
} from '../cty/index.ts'
import type { Diagnostic, Diagnostics } from '../diags/index.ts'
import { normalizeLegacySdk } from '../plans/objchange/index.ts'
import type { Provider, StoredAttributes } from '../providers/index.ts'
import { type BlockSchema, impliedType, mayBeLegacySdk, type Schema, schemaSensitivePaths, writeOnlyPaths } from '../schema/index.ts'
import { encodeObject, type ObjectState } from '../states/index.ts'
import type { Limiter } from './_limiter.ts'
import { placeDiagnostics } from './_placing.ts'
import { isPromise, type Steps, wait } from './_steps.ts'
import { checkIdentity, checkSameIdentity, decodeIdentity, identitySchemaOf, recordIdentity } from './identity.ts'
import type { ObjectOrigin, ObjectPlace } from './plan/planning.ts'

/** An object out of the state, decoded with today's schema. */
export interface StoredObject {
  /** With its sensitive marks, recorded and by schema. */
  readonly value: Value
  readonly private: Uint8Array | undefined
  readonly status: ObjectState['status']
  /** Undefined when none is known. */
  readonly identity: Value | undefined
  /** The record that `value` stands for; its attributes are out of date when `value` was refreshed. */
  readonly record: ObjectState
}

const sensitive: Marks = new Set([SENSITIVE])

/** What a provider is given of a record. */
export function storedAttributes({ attributesJson: json }: ObjectState): StoredAttributes {
  return typeof json === 'string' ? { json } : json
}

/** Adds the marks that the schema asks for to an object of its type. */
export function withSchemaMarks(block: BlockSchema, value: Value): Value {
  if (!value.hasContent) return value
  const paths = schemaSensitivePaths(block, value)
  return paths.length === 0
    ? value
    : markPaths(
        value,
        paths.map((path) => ({ path, marks: sensitive })),
      )
}

/** Reads a record with the provider's help, which brings records of older schema versions up to date. Undefined when that failed. */
export function* decodeStored(
  limiter: Limiter,
  provider: Provider,
  schema: Schema,
  place: ObjectPlace,
  record: ObjectState,
  diags: Diagnostics,
): Steps<StoredObject | undefined> {
  if (place.takenFrom !== undefined) return yield* takeOver(limiter, provider, schema, place, place.takenFrom, record, diags)
  const typeName = place.address.resource.type
  if (record.schemaVersion > schema.version) {
    diags.error(
      'Resource instance managed by newer provider version',
      `The current state of ${place.text} was created by a newer provider version than is currently selected. Upgrade the ${place.provider.source.type} provider to work with this state.`,
      { address: place.text },
    )
    return undefined
  }
  let value: Value
  try {
    const asked = limiter.run(() =>
      provider.upgradeResourceState({ typeName, version: record.schemaVersion, stored: storedAttributes(record) }),
    )
    const answer = isPromise(asked) ? ((yield asked) as Awaited<typeof asked>) : asked
    diags.addAll(placeDiagnostics(answer.diags, place.text))
    if (answer.diags.some(isError)) return undefined
    value = answer.value
  } catch (error) {
    if (!(error instanceof CtyError)) throw error
    diags.error('Failed to decode resource from state', `Error decoding ${jsonString(place.text)} from prior state: ${error.message}`, {
      address: place.text,
    })
    return undefined
  }
  const problem = typeConformanceErrors(value.type, impliedType(schema.block))[0]
  if (problem !== undefined) {
    diags.error(
      'Invalid resource state upgrade',
      `The ${providerName(place)} provider upgraded the state for ${place.text} from a previous version, but produced an invalid result: ${pathToString(problem.path)}: ${problem.message}.`,
      { address: place.text },
    )
    return undefined
  }
  if (hasWriteOnly(schema, value, place, 'during state upgrade', diags, 'Invalid resource state upgrade')) return undefined
  const places: PathMarks[] = record.sensitivePaths.map((path) => ({ path, marks: sensitive }))
  const identity =
    identitySchemaOf(provider, typeName) === undefined ? undefined : yield* decodeIdentity(limiter, provider, place, record, diags)
  if (identity === 'failed') return undefined
  return {
    value: withSchemaMarks(schema.block, markPaths(value, places)),
    private: record.private,
    status: record.status,
    identity,
    record: recordIdentity(
      record.schemaVersion === schema.version
        ? record
        : encodeObject(value, impliedType(schema.block), { ...record, schemaVersion: schema.version }),
      provider,
      typeName,
      identity,
    ),
  }
}

/** L-071: an object that another type of resource or another provider has made, as an object of this one. */
function* takeOver(
  limiter: Limiter,
  provider: Provider,
  schema: Schema,
  place: ObjectPlace,
  origin: ObjectOrigin,
  record: ObjectState,
  diags: Diagnostics,
): Steps<StoredObject | undefined> {
  const { address } = place
  const targetTypeName = address.resource.type
  if (provider.moveResourceState === undefined) {
    diags.error(
      'Unsupported `moved` across resource types',
      `The provider "${providerSourceToString(place.provider.source)}" does not support moved operations across resource types and providers.`,
      { address: place.text },
    )
    return undefined
  }
  const answer = yield* wait(
    limiter.run(() =>
      provider.moveResourceState!({
        sourceProvider: providerSourceToString(origin.provider.source),
        sourceTypeName: origin.typeName,
        sourceVersion: record.schemaVersion,
        sourceStored: storedAttributes(record),
        sourcePrivate: record.private,
        targetTypeName,
      }),
    ),
  )
  diags.addAll(placeDiagnostics(answer.diags, place.text))
  if (answer.diags.some(isError)) return undefined
  const problem = typeConformanceErrors(answer.value.type, impliedType(schema.block))[0]
  if (problem !== undefined || answer.value.isNull || !answer.value.isWhollyKnown) {
    const what = problem === undefined ? 'an object that is null or not wholly known' : `${pathToString(problem.path)}: ${problem.message}`
    diags.error(
      'Provider returned invalid value',
      `The ${providerName(place)} provider took ${place.text} over from ${origin.typeName}, but produced an invalid result: ${what}.\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker.`,
      { address: place.text },
    )
    return undefined
  }
  if (hasWriteOnly(schema, answer.value, place, 'during move', diags)) return undefined
  if (!checkIdentity(place, identitySchemaOf(provider, targetTypeName), answer.identity, 'when it was moved', diags)) return undefined
  const value = withSchemaMarks(schema.block, answer.value)
  const { extra: _, ...kept } = record
  const encoded = encodeObject(value, impliedType(schema.block), { ...kept, schemaVersion: schema.version, private: answer.private })
  return {
    value,
    private: answer.private,
    status: record.status,
    identity: answer.identity,
    record: recordIdentity(encoded, provider, targetTypeName, answer.identity),
  }
}

/** Asks the provider what has become of the object. Null: it is gone. Undefined: that could not be found out. */
export function* refreshStored(
  limiter: Limiter,
  provider: Provider,
  schema: Schema,
  place: ObjectPlace,
  stored: StoredObject,
  providerMeta: Value | undefined,
  diags: Diagnostics,
): Steps<StoredObject | null | undefined> {
  const bare = unmarkDeepWithPaths(stored.value)
  const prior = bare[0]
  const marks = bare[1]
  const asked = limiter.run(() =>
    provider.readResource({
      typeName: place.address.resource.type,
      prior,
      private: stored.private,
      identity: stored.identity,
      providerMeta,
    }),
  )
  const answer = isPromise(asked) ? ((yield asked) as Awaited<typeof asked>) : asked
  diags.addAll(placeDiagnostics(answer.diags, place.text, undefined, [stored.value]))
  if (answer.diags.some(isError)) return undefined
  if (answer.newState.isNull) return null
  const problem = typeConformanceErrors(answer.newState.type, impliedType(schema.block))[0]
  if (problem !== undefined || !answer.newState.isWhollyKnown) {
    const what = problem === undefined ? 'The returned state contains unknown values' : `${pathToString(problem.path)}: ${problem.message}`
    diags.error(
      'Provider produced invalid object',
      `Provider ${quotedSource(place)} planned an invalid value for ${place.text} during refresh: ${what}.\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker.`,
      { address: place.text },
    )
    return undefined
  }
  const newState = mayNeedNormalizing(schema.block) ? normalizeLegacySdk(schema.block, answer.newState) : answer.newState
  if (hasWriteOnly(schema, newState, place, 'during refresh', diags)) return undefined
  const identitySchema = identitySchemaOf(provider, place.address.resource.type)
  if (!checkIdentity(place, identitySchema, answer.identity, 'when it was read', diags)) return undefined
  if (!checkSameIdentity(place, stored.identity, answer.identity, diags)) return undefined
  const identity = answer.identity === undefined || answer.identity.isNull ? stored.identity : answer.identity
  const isSameIdentity =
    identity === stored.identity || (stored.identity !== undefined && identity !== undefined && rawEquals(identity, stored.identity))
  if (rawEquals(newState, prior) && sameBytes(answer.private, stored.private) && isSameIdentity) return stored
  const value = withSchemaMarks(schema.block, markPaths(newState, marks))
  return {
    value,
    private: answer.private,
    status: stored.status,
    identity,
    record: recordIdentity(
      encodeObject(value, impliedType(schema.block), {
        ...stored.record,
        private: answer.private,
        dependencies: undefined,
        schemaVersion: schema.version,
      }),
      provider,
      place.address.resource.type,
      identity,
    ),
  }
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === b) return true
  if (a === undefined || b === undefined) return (a ?? b)!.length === 0
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

const normalized = new WeakMap<BlockSchema, boolean>()

/** The old SDK cannot tell absent blocks from empty ones; nothing can go wrong where there are no blocks. */
function mayNeedNormalizing(block: BlockSchema): boolean {
  let answer = normalized.get(block)
  if (answer === undefined) normalized.set(block, (answer = Object.keys(block.blockTypes).length > 0 && mayBeLegacySdk(block)))
  return answer
}

/** Reports write-only attributes that a provider gives a value. `when`: `during planning`, `after apply` and so on. */
export function hasWriteOnly(
  schema: Schema,
  value: Value,
  place: Pick<ObjectPlace, 'text' | 'provider'>,
  when: string,
  diags: Diagnostics,
  summary = 'Provider produced invalid object',
): boolean {
  const paths = writeOnlyPaths(schema.block, value)
  if (paths.length === 0) return false
  const found = paths.filter((p) => !applyPath(value, p).isNull)
  for (const path of found) {
    diags.error(
      summary,
      `Provider ${quotedProvider(place)} returned a value for the write-only attribute "${place.text}${pathToString(path)}" ${when}. Write-only attributes cannot be read back from the provider. This is a bug in the provider, which should be reported in the provider's own issue tracker.`,
      { address: place.text },
    )
  }
  return found.length > 0
}

export function isError(d: Diagnostic): boolean {
  return d.severity === 'error'
}

/** The provider's configuration as messages about its mistakes name it: in quotes, with those inside of it escaped. */
export function quotedProvider({ provider }: Pick<ObjectPlace, 'provider'>): string {
  return jsonString(absProviderConfigToString(provider))
}

/** The same for messages that name the provider alone. */
export function quotedSource({ provider }: Pick<ObjectPlace, 'provider'>): string {
  return jsonString(providerSourceToString(provider.source))
}

/** The provider's configuration as messages name it. */
export function providerName(place: ObjectPlace): string {
  return absProviderConfigToString(place.provider)
}
