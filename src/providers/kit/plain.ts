import { invariant } from '../../base/index.ts'
import {
  boolVal,
  intVal,
  listVal,
  mapVal,
  nullVal,
  numberVal,
  numericToJs,
  objectVal,
  parseNumeric,
  setVal,
  stringVal,
  type Type,
  unknownVal,
  type Value,
} from '../../cty/index.ts'

/** What is not known until something is applied. */
export const UNKNOWN: unique symbol = Symbol('unknown')
export type Unknown = typeof UNKNOWN

/**
 * A value as provider code handles it. Lists and sets are arrays (sets in the order of their type), maps and objects are
 * records. Numbers are JavaScript's: no service of ours has one that does not fit.
 */
export type Plain = string | number | boolean | null | Unknown | readonly Plain[] | PlainObject
export interface PlainObject {
  readonly [name: string]: Plain
}

/** @param value without marks. */
export function toPlain(value: Value): Plain {
  if (value.isNull) return null
  if (!value.isKnown) return UNKNOWN
  const { payload } = value
  if (typeof payload === 'string' || typeof payload === 'boolean') return payload
  if (Array.isArray(payload)) return (payload as readonly Value[]).map(toPlain)
  if (payload instanceof Map) {
    const record: Record<string, Plain> = {}
    for (const [key, child] of payload as ReadonlyMap<string, Value>) record[key] = toPlain(child)
    return record
  }
  return numericToJs(value.asNumeric())
}

/** The value of a type; members of objects that are not given are null. @throws InvariantError when it does not fit: a bug of the provider. */
export function fromPlain(plain: Plain | undefined, type: Type): Value {
  if (plain === null || plain === undefined) return nullVal(type)
  if (plain === UNKNOWN) return unknownVal(type)
  switch (type.kind) {
    case 'string':
      return stringVal(typeof plain === 'string' ? plain : String(plain as number | boolean))
    case 'bool':
      invariant(typeof plain === 'boolean', `A ${typeof plain} was given for a bool.`)
      return boolVal(plain)
    case 'number': {
      if (typeof plain === 'number' && Number.isSafeInteger(plain)) return intVal(plain)
      const parsed = parseNumeric(String(plain as number | string))
      invariant(parsed !== undefined, 'A number was expected.')
      return numberVal(parsed)
    }
    case 'list':
      return listVal(
        asArray(plain).map((e) => fromPlain(e, type.element)),
        type.element,
      )
    case 'set':
      return setVal(
        asArray(plain).map((e) => fromPlain(e, type.element)),
        type.element,
      )
    case 'map':
      return mapVal(
        Object.entries(asRecord(plain)).map(([k, v]) => [k, fromPlain(v, type.element)] as const),
        type.element,
      )
    case 'object': {
      const record = asRecord(plain)
      return objectVal(
        [...type.attributes].map(([name, t]) => [name, fromPlain(record[name], t)] as const),
        type,
      )
    }
    default:
      throw new Error(`Provider code cannot make a value of type ${type.kind}. This is a bug in Landform.`)
  }
}

export function asArray(plain: Plain): readonly Plain[] {
  invariant(Array.isArray(plain), 'A list was expected.')
  return plain as readonly Plain[]
}

export function asRecord(plain: Plain): PlainObject {
  invariant(typeof plain === 'object' && plain !== null && !Array.isArray(plain), 'An object was expected.')
  return plain as PlainObject
}

/** Deep equality. Something unknown equals nothing, not even itself. */
export function plainEquals(a: Plain | undefined, b: Plain | undefined): boolean {
  if (a === UNKNOWN || b === UNKNOWN) return false
  if (a === b) return true
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((e, i) => plainEquals(e, b[i]))
  }
  const left = a as PlainObject
  const right = b as PlainObject
  const names = Object.keys(left)
  return names.length === Object.keys(right).length && names.every((n) => n in right && plainEquals(left[n], right[n]))
}

export function isWhollyKnown(plain: Plain): boolean {
  if (plain === UNKNOWN) return false
  if (plain === null || typeof plain !== 'object') return true
  return Object.values(plain).every((child) => isWhollyKnown(child as Plain))
}

/** Null, or what the old SDK stores for "nothing": an empty text, zero, false, an empty collection. */
export function isZero(plain: Plain | undefined): boolean {
  if (plain === null || plain === undefined || plain === '' || plain === 0 || plain === false) return true
  return typeof plain === 'object' && Object.keys(plain).length === 0
}

/** Deep equality to which null, zeros and empty collections are one, as members of objects that are missing. */
export function isEquivalent(a: Plain | undefined, b: Plain | undefined): boolean {
  if (a === UNKNOWN || b === UNKNOWN) return false
  if (isZero(a) && isZero(b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((e, i) => isEquivalent(e, b[i]))
  const [left, right] = [a as PlainObject, b as PlainObject]
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((name) => isEquivalent(left[name], right[name]))
}

/** The same with null for everything unknown. */
export function unknownAsNullPlain(plain: Plain): Plain {
  if (plain === UNKNOWN) return null
  if (plain === null || typeof plain !== 'object') return plain
  if (Array.isArray(plain)) return plain.map(unknownAsNullPlain)
  return Object.fromEntries(Object.entries(plain).map(([k, v]) => [k, unknownAsNullPlain(v as Plain)]))
}

/** Whether two maps agree in what is not null; null itself is an empty map. Something unknown equals nothing. */
export function isSameWithoutNulls(a: Plain | undefined, b: Plain | undefined): boolean {
  const kept = (plain: Plain | undefined): Plain => {
    if (plain === UNKNOWN) return plain
    return Object.fromEntries(Object.entries((plain ?? {}) as PlainObject).filter(([, value]) => value !== null))
  }
  return plainEquals(kept(a), kept(b))
}
