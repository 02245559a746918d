import { CtyError } from './errors.ts'
import { compareNumeric, type Numeric } from './number.ts'
import type { NumberBound, Refinement } from './refinement.ts'
import type { Type } from './type.ts'
import { listVal, mapVal, normalizeString, numberVal, refinedUnknownVal, setVal, unknownVal, type Value } from './value.ts'

/** An unknown list of known length becomes a list of unknowns up to this length; a provider could claim any. */
const MAX_COLLAPSED_LENGTH = 65_536

/**
 * Adds to what is known of an unknown value. The result may be known, where no other value is left: a number between
 * equal bounds, an empty collection, a list of known length (of unknown elements), provided it is not null. The unknown of
 * unknown type stays as it is, a known value is only checked. A `prefix` is taken as given: cut it with `safePrefix`
 * first when text may follow it. Marks stay.
 *
 * @throws CtyError when the refinement contradicts what was known.
 */
export function refine(value: Value, refinement: Refinement): Value {
  if (value.type.kind === 'dynamic' && !value.isKnown) return value
  if (value.isKnown) {
    if (!mayBe(value, refinement)) throw new CtyError('the value is not within the refinement')
    return value
  }
  const merged = merge(value.type, value.refinement, refinement)
  const refined = collapse(value.type, merged)
  return refined.withMarks(value.marks)
}

const notNullOnly: Refinement = { notNull: true }

/** The same value, known not to be null unless it is known already or of unknown type. */
export function refineNotNull(value: Value): Value {
  if (value.isKnown || value.type.kind === 'dynamic' || value.refinement?.notNull) return value
  return refine(value, value.refinement === undefined ? notNullOnly : { ...value.refinement, notNull: true })
}

function merge(type: Type, old: Refinement | undefined, added: Refinement): Refinement {
  const merged: { -readonly [K in keyof Refinement]: Refinement[K] } = {}
  if (old?.notNull || added.notNull) merged.notNull = true
  if (type.kind === 'string') {
    const prefix = mergePrefix(old?.prefix, added.prefix === undefined ? undefined : normalizeString(added.prefix))
    if (prefix) merged.prefix = prefix
  }
  if (type.kind === 'number') {
    const min = tighter(old?.min, added.min, 1)
    const max = tighter(old?.max, added.max, -1)
    if (min !== undefined && min.value !== Number.NEGATIVE_INFINITY) merged.min = min
    if (max !== undefined && max.value !== Number.POSITIVE_INFINITY) merged.max = max
    if (min !== undefined && max !== undefined) {
      const order = compareNumeric(min.value, max.value)
      if (order > 0 || (order === 0 && !(min.inclusive && max.inclusive))) throw new CtyError('number bounds leave no value')
    }
  }
  if (type.kind === 'list' || type.kind === 'set' || type.kind === 'map') {
    const minLength = Math.max(old?.minLength ?? 0, added.minLength ?? 0)
    const maxLength = Math.min(old?.maxLength ?? Number.POSITIVE_INFINITY, added.maxLength ?? Number.POSITIVE_INFINITY)
    if (minLength > maxLength) throw new CtyError('length bounds leave no value')
    if (minLength > 0) merged.minLength = minLength
    if (Number.isFinite(maxLength)) merged.maxLength = maxLength
  }
  return merged
}

function mergePrefix(old: string | undefined, added: string | undefined): string | undefined {
  if (old === undefined || added === undefined) return old ?? added
  if (old.startsWith(added)) return old
  if (added.startsWith(old)) return added
  throw new CtyError('string prefixes contradict each other')
}

/** @param direction 1 for lower bounds, of which the larger one counts, -1 for upper ones. */
function tighter(a: NumberBound | undefined, b: NumberBound | undefined, direction: number): NumberBound | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const order = compareNumeric(a.value, b.value) * direction
  if (order === 0) return a.inclusive ? b : a
  return order > 0 ? a : b
}

function collapse(type: Type, r: Refinement): Value {
  if (r.notNull) {
    if (r.min !== undefined && r.max !== undefined && compareNumeric(r.min.value, r.max.value) === 0) return numberVal(r.min.value)
    if (r.maxLength === 0) {
      if (type.kind === 'list') return listVal([], type.element)
      if (type.kind === 'set') return setVal([], type.element)
      if (type.kind === 'map') return mapVal([], type.element)
    }
    if (r.minLength !== undefined && r.minLength === r.maxLength) {
      if (type.kind === 'list' && r.minLength <= MAX_COLLAPSED_LENGTH) {
        return listVal(new Array(r.minLength).fill(unknownVal(type.element)), type.element)
      }
      if (type.kind === 'set' && r.minLength === 1) return setVal([unknownVal(type.element)], type.element)
    }
  }
  return Object.keys(r).length === 0 ? unknownVal(type) : refinedUnknownVal(type, r)
}

/** Whether a known value, unmarked or not, lies within the refinement as far as can be told. */
export function mayBe(value: Value, r: Refinement): boolean {
  const { payload, type } = value
  if (payload === null) return !r.notNull
  if (!value.isKnown) return true
  if (type.kind === 'string') return r.prefix === undefined || (payload as string).startsWith(r.prefix)
  if (type.kind === 'number') return aboveMin(payload as Numeric, r.min) && belowMax(payload as Numeric, r.max)
  if (type.kind === 'list' || type.kind === 'set' || type.kind === 'map') {
    const { min, max } = lengthBounds(value)
    return min <= (r.maxLength ?? Number.POSITIVE_INFINITY) && max >= (r.minLength ?? 0)
  }
  return true
}

function aboveMin(n: Numeric, min: NumberBound | undefined): boolean {
  if (min === undefined) return true
  const order = compareNumeric(n, min.value)
  return order > 0 || (order === 0 && min.inclusive)
}

function belowMax(n: Numeric, max: NumberBound | undefined): boolean {
  if (max === undefined) return true
  const order = compareNumeric(n, max.value)
  return order < 0 || (order === 0 && max.inclusive)
}

/** How many elements a known or unknown list, set or map has, inclusive; unequal also for a set with unknown elements. */
export function lengthBounds(value: Value): { min: number; max: number } {
  if (!value.isKnown) return { min: value.refinement?.minLength ?? 0, max: value.refinement?.maxLength ?? Number.POSITIVE_INFINITY }
  if (value.payload instanceof Map) return { min: value.payload.size, max: value.payload.size }
  const elements = value.asArray()
  if (value.type.kind !== 'set' || value.isWhollyKnown) return { min: elements.length, max: elements.length }
  let known = 0
  for (const e of elements) if (e.isWhollyKnown) known++
  return { min: Math.max(known, Math.min(1, elements.length)), max: elements.length }
}

/** ASCII characters that no following character combines with; `<`, `=` and `>` are not among them. */
const terminators = new Set('-_:;/\\,.(){}[]|?!~ \t@#$%^&*+"\'')

let segmenter: Intl.Segmenter | undefined

/**
 * The part of a text that stays a prefix whatever is appended: the last grapheme cluster is dropped, because what follows
 * may combine with it, unless it is one of a set of characters for which that does not happen. In NFC.
 */
export function safePrefix(text: string): string {
  const normal = normalizeString(text)
  if (normal === '' || terminators.has(normal[normal.length - 1]!)) return normal
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  const last = segmenter.segment(normal).containing(normal.length - 1)
  return normal.slice(0, last?.index ?? 0)
}

/** A value of the type that is unknown, with the same not-null promise as another value and no other. */
export function unknownLike(value: Value, type: Type): Value {
  const notNull = value.isKnown ? value.payload !== null : value.refinement?.notNull === true
  return notNull ? refineNotNull(unknownVal(type)) : unknownVal(type)
}
