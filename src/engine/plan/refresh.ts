import { nullVal, rawEquals, unmarkDeep } from '../../cty/index.ts'
import type { Diagnostics } from '../../diags/index.ts'
import type { Importing } from '../../plans/index.ts'
import type { Provider } from '../../providers/index.ts'
import { impliedType, type Schema } from '../../schema/index.ts'
import { type ObjectState, withSkipDestroy } from '../../states/index.ts'
import { isPromise, resume, type Steps, wait } from '../_steps.ts'
import { providerMetaFor } from '../provider-meta.ts'
import { decodeStored, refreshStored, type StoredObject } from '../stored-object.ts'
import { importObject, reportNoSuchObject } from './import.ts'
import type { ObjectPlace, Planning } from './planning.ts'

/** What the state is to say of an object beside its attributes. */
export interface RecordFlags {
  readonly dependencies: readonly string[]
  readonly createBeforeDestroy: boolean
  /** Not to be destroyed but forgotten. */
  readonly skipDestroy: boolean
}

/**
 * Steps P-12 to P-15: decodes the record of an object, upgrades and refreshes it, and writes what was found into the two states.
 * Null: there is no such object any more. Undefined: failed, with the reason reported.
 */
export function* bringUpToDate(
  p: Planning,
  provider: Provider,
  schema: Schema,
  place: ObjectPlace,
  record: ObjectState,
  flags: RecordFlags | undefined,
  diags: Diagnostics,
): Steps<StoredObject | null | undefined> {
  const { run } = p
  const { hooks } = run.input
  const { address, deposed } = place
  const decoding = decodeStored(run.limiter, provider, schema, place, record, diags)
  const decoded = decoding.next()
  const stored = decoded.done === true ? decoded.value : yield* resume(decoding, decoded.value)
  if (stored === undefined) return undefined
  if (stored.record !== record) put(p.previous, place, stored.record)
  let refreshed: StoredObject | null | undefined = stored
  if (p.refresh) {
    const before = hooks?.preRefresh?.(address, stored.value, deposed)
    if (isPromise(before)) yield before
    const steps = refreshStored(run.limiter, provider, schema, place, stored, providerMetaFor(run, place, diags), diags)
    const first = steps.next()
    refreshed = first.done === true ? first.value : yield* resume(steps, first.value)
    if (refreshed === undefined) return undefined
    if (hooks?.postRefresh !== undefined) {
      yield* wait(hooks.postRefresh(address, stored.value, refreshed?.value ?? nullVal(impliedType(schema.block)), deposed))
    }
  }
  if (deposed === undefined) recordDrift(p, schema, place, stored, refreshed)
  if (refreshed === null) {
    put(p.prior, place, undefined)
    return null
  }
  // Dependencies are part of what refreshing finds out; how the object is replaced is not.
  const known = flags === undefined || p.refresh ? flags : { ...flags, dependencies: record.dependencies }
  const rewritten = withFlags(refreshed.record, record, known)
  if (rewritten !== record) put(p.prior, place, rewritten)
  return rewritten === refreshed.record ? refreshed : { ...refreshed, record: rewritten }
}

/** Imports an object, reads it and writes it into the refreshed state. Undefined: failed, with the reason reported. */
export function* bringIn(
  p: Planning,
  provider: Provider,
  schema: Schema,
  place: ObjectPlace,
  importing: Importing,
  flags: RecordFlags,
  diags: Diagnostics,
): Steps<StoredObject | undefined> {
  const { run } = p
  const { hooks } = run.input
  const imported = yield* importObject(run, provider, schema, place, importing, diags)
  if (imported === undefined) return undefined
  if (hooks?.preRefresh !== undefined) yield* wait(hooks.preRefresh(place.address, imported.value, undefined))
  const refreshed = yield* refreshStored(run.limiter, provider, schema, place, imported, providerMetaFor(run, place, diags), diags)
  if (refreshed === undefined) return undefined
  if (hooks?.postRefresh !== undefined) {
    yield* wait(hooks.postRefresh(place.address, imported.value, refreshed?.value ?? nullVal(impliedType(schema.block)), undefined))
  }
  if (refreshed === null) {
    reportNoSuchObject(place, diags)
    return undefined
  }
  const record = withFlags(refreshed.record, refreshed.record, flags)
  put(p.prior, place, record)
  return { ...refreshed, record }
}

/** The record with up-to-date flags: stored dependencies are kept beside the configured ones until something is changed. */
function withFlags(fresh: ObjectState, stored: ObjectState, flags: RecordFlags | undefined): ObjectState {
  const dependencies = flags === undefined ? stored.dependencies : union(stored.dependencies, flags.dependencies)
  const createBeforeDestroy = flags?.createBeforeDestroy ?? stored.createBeforeDestroy
  const extra = flags === undefined ? fresh.extra : withSkipDestroy(fresh.extra, flags.skipDestroy)
  if (fresh.dependencies === dependencies && fresh.createBeforeDestroy === createBeforeDestroy && fresh.extra === extra) return fresh
  return { ...fresh, dependencies, createBeforeDestroy, extra }
}

/** What each list was found to be the same as last: lists are compared several times, and are long where many depend on many. */
const sameAs = new WeakMap<readonly string[], readonly string[]>()

export function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  if (a.length > 20 && sameAs.get(a) === b) return true
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  if (a.length > 20) sameAs.set(a, b)
  return true
}

/** Both ascending; the first itself when it holds everything. */
function union(a: readonly string[], b: readonly string[]): readonly string[] {
  if (b.length === 0 || sameTexts(a, b)) return a
  const all = new Set(a)
  const size = all.size
  for (const text of b) all.add(text)
  if (all.size === size) return a
  return [...all].sort()
}

export function put(builder: Planning['prior'], place: ObjectPlace, record: ObjectState | undefined): void {
  if (place.deposed === undefined) builder.setInstance(place.address, place.provider, record)
  else builder.setDeposed(place.address, place.deposed, place.provider, record)
}

/** P-43: what changed outside of us since the last run. */
function recordDrift(p: Planning, schema: Schema, place: ObjectPlace, stored: StoredObject, refreshed: StoredObject | null): void {
  if (place.address.resource.mode !== 'managed') return
  const previousAddress = p.movedFrom.get(place.text) ?? place.address
  const moved = previousAddress !== place.address
  const changed = refreshed === null || (refreshed !== stored && !rawEquals(unmarkDeep(refreshed.value), unmarkDeep(stored.value)))
  if (!changed && !moved) return
  p.drift.push({
    address: place.address,
    previousAddress,
    deposed: undefined,
    provider: place.provider,
    action: refreshed === null ? 'delete' : changed ? 'update' : 'noop',
    reason: undefined,
    before: stored.value,
    after: refreshed === null ? nullVal(impliedType(schema.block)) : refreshed.value,
    requiredReplace: [],
    schemaVersion: schema.version,
    private: undefined,
    importing: undefined,
  })
}
