import { absProviderConfigToString } from '../addrs/index.ts'
import {
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
import type { Provider } from '../providers/index.ts'
import { type BlockSchema, impliedType, type Schema, schemaSensitivePaths } from '../schema/index.ts'
import { encodeObject, type ObjectState } from '../states/index.ts'
import type { Limiter } from './_limiter.ts'
import { placeDiagnostics } from './_placing.ts'
import { type Steps, wait } from './_steps.ts'
import type { ObjectPlace } from './plan/planning.ts'

/** An object out of the state, decoded with today's schema. */
export interface StoredObject {
  /** With its sensitive marks, recorded and by schema. */
  readonly value: Value
  readonly private: Uint8Array | undefined
  readonly status: ObjectState['status']
  /** The record that `value` stands for; its attributes are out of date when `value` was refreshed. */
  readonly record: ObjectState
}

const sensitive: Marks = new Set([SENSITIVE])

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
    const answer = yield* wait(
      limiter.run(() =>
        provider.upgradeResourceState({ typeName, version: record.schemaVersion, stored: { json: record.attributesJson } }),
      ),
    )
    diags.add(...placeDiagnostics(answer.diags, place.text))
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
  const places: PathMarks[] = record.sensitivePaths.map((path) => ({ path, marks: sensitive }))
  return {
    value: withSchemaMarks(schema.block, markPaths(value, places)),
    private: record.private,
    status: record.status,
    record:
      record.schemaVersion === schema.version
        ? record
        : encodeObject(value, impliedType(schema.block), { ...record, schemaVersion: schema.version }),
  }
}

/** Asks the provider what has become of the object. Null: it is gone. Undefined: that could not be found out. */
export function* refreshStored(
  limiter: Limiter,
  provider: Provider,
  schema: Schema,
  place: ObjectPlace,
  stored: StoredObject,
  diags: Diagnostics,
): Steps<StoredObject | null | undefined> {
  const [prior, marks] = unmarkDeepWithPaths(stored.value)
  const answer = yield* wait(
    limiter.run(() => provider.readResource({ typeName: place.address.resource.type, prior, private: stored.private })),
  )
  diags.add(...placeDiagnostics(answer.diags, place.text))
  if (answer.diags.some(isError)) return undefined
  const { newState } = answer
  if (newState.isNull) return null
  const problem = typeConformanceErrors(newState.type, impliedType(schema.block))[0]
  if (problem !== undefined || !newState.isWhollyKnown) {
    const what =
      problem === undefined ? 'Provider returned an object with unknown values' : `${pathToString(problem.path)}: ${problem.message}`
    diags.error(
      'Provider produced invalid object',
      `Provider "${absProviderConfigToString(place.provider)}" planned an invalid value for ${place.text} during refresh: ${what}.\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker.`,
      { address: place.text },
    )
    return undefined
  }
  if (rawEquals(newState, prior) && sameBytes(answer.private, stored.private)) return stored
  const value = withSchemaMarks(schema.block, markPaths(newState, marks))
  return {
    value,
    private: answer.private,
    status: stored.status,
    record: encodeObject(value, impliedType(schema.block), {
      ...stored.record,
      private: answer.private,
      dependencies: undefined,
      schemaVersion: schema.version,
    }),
  }
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === b) return true
  if (a === undefined || b === undefined) return (a ?? b)!.length === 0
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

export function isError(d: Diagnostic): boolean {
  return d.severity === 'error'
}

/** The provider's configuration as messages name it. */
export function providerName(place: ObjectPlace): string {
  return absProviderConfigToString(place.provider)
}
