import { equalKnown } from './_equal.ts'
import { conforms } from './convert/conformance.ts'
import { CtyError } from './errors.ts'
import { type Marks, unionMarks } from './marks.ts'
import {
  absoluteNumeric,
  addNumeric,
  compareNumeric,
  divideNumeric,
  moduloNumeric,
  multiplyNumeric,
  type Numeric,
  negateNumeric,
  numericFromInteger,
  numericToJs,
  subtractNumeric,
} from './number.ts'
import type { NumberBound, Refinement, Unknown } from './refinement.ts'
import { setKey } from './set.ts'
import { boolType, hasDynamic, numberType, type Type, typeEquals } from './type.ts'
import { lengthBounds, mayBe, refine } from './unknown.ts'
import { boolVal, dynamicVal, falseVal, numberVal, refinedUnknownVal, takeMarks, unknownVal, type Value } from './value.ts'

/** Integers the engine makes itself, such as lengths and `count.index`: 64 bits of precision. */
export function intVal(n: number | bigint): Value {
  if (typeof n === 'number' && n >= 0 && n < smallIntegers.length) return smallIntegers[n]!
  return numberVal(numericFromInteger(n))
}

const smallIntegers = Array.from({ length: 256 }, (_, i) => numberVal(numericFromInteger(i)))

const unknownBool = refinedUnknownVal(boolType, { notNull: true })
const unknownNumber = refinedUnknownVal(numberType, { notNull: true })

// Equality

/**
 * Equality of the language: nulls of all types are equal, values of different types are not. Unknown where an unknown
 * could decide it and its refinement does not. Compared with null only the marks of the values themselves count.
 */
export function equals(a: Value, b: Value): Value {
  if (!a.containsMarked && !b.containsMarked) return equalsBare(a, b)
  if (a.isNull || b.isNull) return equalsBare(takeMarks(a)[0], takeMarks(b)[0]).withMarks(unionMarks(a.marks, b.marks))
  const [x, xMarks] = takeMarks(a)
  const [y, yMarks] = takeMarks(b)
  return equalsBare(x, y).withMarks(unionMarks(xMarks, yMarks))
}

export function notEqual(a: Value, b: Value): Value {
  return not(equals(a, b))
}

function equalsBare(a: Value, b: Value): Value {
  if (a.isWhollyKnown && b.isWhollyKnown) {
    if (a.isNull || b.isNull) return boolVal(a.isNull && b.isNull)
    return boolVal(typeEquals(a.type, b.type) ? contentEquals(a, b) === true : false)
  }
  const result = decide(a, b)
  return result === undefined ? unknownBool : boolVal(result)
}

/** undefined: it depends on what is not known. */
function decide(a: Value, b: Value): boolean | undefined {
  if (!a.isKnown || !b.isKnown) return decideUnknown(a, b)
  if (a.isNull || b.isNull) return a.isNull && b.isNull
  if (hasUnknownType(a) || hasUnknownType(b)) return conforms(a.type, b.type) || conforms(b.type, a.type) ? undefined : false
  if (!typeEquals(a.type, b.type)) return false
  return contentEquals(a, b)
}

function decideUnknown(a: Value, b: Value): boolean | undefined {
  if (!a.isKnown && !b.isKnown) return undefined
  const [unknown, known] = a.isKnown ? [b, a] : [a, b]
  const refinement = unknown.refinement
  // An unknown that may be null equals a null of any type.
  if (known.isNull) return refinement?.notNull ? false : undefined
  if (unknown.type.kind === 'dynamic') return undefined
  if (!conforms(known.type, unknown.type) && !conforms(unknown.type, known.type)) return false
  return refinement === undefined || mayBe(known, refinement) ? undefined : false
}

/** Whether a type of an unknown somewhere inside is not decided yet. */
function hasUnknownType(value: Value): boolean {
  if (value.isWhollyKnown || !hasDynamic(value.type)) return false
  if (!value.isKnown) return true
  if (value.payload instanceof Map) return [...value.asMap().values()].some(hasUnknownType)
  return Array.isArray(value.payload) && value.asArray().some(hasUnknownType)
}

/** @param a and b known, not null, of one type. The first pair that is not equal or not decided settles it, as in go-cty. */
function contentEquals(a: Value, b: Value): boolean | undefined {
  const x = a.payload
  const y = b.payload
  if (x === y && a.isWhollyKnown) return true
  if (a.type.kind === 'number') return compareNumeric(x as Numeric, y as Numeric) === 0
  if (a.type.kind === 'set') return setEquals(a, b)
  if (Array.isArray(x)) {
    const others = y as readonly Value[]
    if (x.length !== others.length) return false
    for (let i = 0; i < x.length; i++) {
      const equal = decide(x[i]!, others[i]!)
      if (equal !== true) return equal
    }
    return true
  }
  if (x instanceof Map) {
    const others = y as ReadonlyMap<string, Value>
    if (x.size !== others.size) return false
    for (const key of x.keys()) if (!others.has(key)) return false
    for (const [key, child] of x as ReadonlyMap<string, Value>) {
      const equal = decide(child, others.get(key)!)
      if (equal !== true) return equal
    }
    return true
  }
  return x === y
}

function setEquals(a: Value, b: Value): boolean | undefined {
  if (!a.isWhollyKnown || !b.isWhollyKnown) return undefined
  return sameElements(a.asArray(), b.asArray(), equalKnown)
}

/** Both in set order. Only where keys are equal may the order differ, so pairs are sought among elements of one key. */
function sameElements(a: readonly Value[], b: readonly Value[], same: (x: Value, y: Value) => boolean): boolean {
  if (a.length !== b.length) return false
  if (a.every((e, i) => same(e, b[i]!))) return true
  const byKey = new Map<string, Value[]>()
  for (const e of b) {
    const key = setKey(e)
    const list = byKey.get(key)
    if (list === undefined) byKey.set(key, [e])
    else list.push(e)
  }
  return a.every((e) => {
    const candidates = byKey.get(setKey(e))
    const found = candidates?.findIndex((c) => same(e, c)) ?? -1
    if (found < 0) return false
    candidates!.splice(found, 1)
    return true
  })
}

/** Whether two values are the same in everything: type, content, null, unknown with its refinement, and marks at every depth. */
export function rawEquals(a: Value, b: Value): boolean {
  if (a === b) return true
  if (a.type !== b.type && !typeEquals(a.type, b.type)) return false
  return rawEqualsTyped(a, b)
}

function rawEqualsTyped(a: Value, b: Value): boolean {
  if (a === b) return true
  if (!sameMarks(a.marks, b.marks)) return false
  const x = a.payload
  const y = b.payload
  if (x === null || y === null) return x === y
  if (!a.isKnown || !b.isKnown) return !a.isKnown && !b.isKnown && sameRefinement((x as Unknown).refinement, (y as Unknown).refinement)
  if (a.type.kind === 'number') return compareNumeric(x as Numeric, y as Numeric) === 0
  if (a.type.kind === 'set') return sameElements(a.asArray(), b.asArray(), rawEquals)
  if (Array.isArray(x)) return sameSequence(x as readonly Value[], y as readonly Value[])
  return x instanceof Map ? sameEntries(x as ReadonlyMap<string, Value>, y as ReadonlyMap<string, Value>) : x === y
}

function sameSequence(a: readonly Value[], b: readonly Value[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!rawEquals(a[i]!, b[i]!)) return false
  return true
}

function sameEntries(a: ReadonlyMap<string, Value>, b: ReadonlyMap<string, Value>): boolean {
  if (a.size !== b.size) return false
  let same = true
  a.forEach((child, key) => {
    if (!same) return
    const other = b.get(key)
    same = other !== undefined && rawEquals(child, other)
  })
  return same
}

function sameMarks(a: Marks | undefined, b: Marks | undefined): boolean {
  if (a === b) return true
  if (a === undefined || b === undefined || a.size !== b.size) return false
  for (const mark of a) if (!b.has(mark)) return false
  return true
}

function sameRefinement(a: Refinement | undefined, b: Refinement | undefined): boolean {
  if (a === b) return true
  return (
    (a?.notNull ?? false) === (b?.notNull ?? false) &&
    (a?.prefix ?? '') === (b?.prefix ?? '') &&
    sameBound(a?.min, b?.min) &&
    sameBound(a?.max, b?.max) &&
    (a?.minLength ?? 0) === (b?.minLength ?? 0) &&
    a?.maxLength === b?.maxLength
  )
}

function sameBound(a: NumberBound | undefined, b: NumberBound | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.inclusive === b.inclusive && compareNumeric(a.value, b.value) === 0
}

// Logic

export function not(value: Value): Value {
  return unaryOperation(value, boolType, unknownBool, (v) => boolVal(!v.asBool()))
}

/** False if either side is known to be false, whatever the other one is. */
export function and(a: Value, b: Value): Value {
  return logic(a, b, false)
}

/** True if either side is known to be true, whatever the other one is. */
export function or(a: Value, b: Value): Value {
  return logic(a, b, true)
}

function logic(a: Value, b: Value, decisive: boolean): Value {
  checkOperand(a, boolType)
  checkOperand(b, boolType)
  const marks = unionMarks(a.marks, b.marks)
  const bare = (): Value => {
    if (a.payload === decisive || b.payload === decisive) return boolVal(decisive)
    return a.isKnown && b.isKnown ? boolVal(!decisive) : unknownBool
  }
  return bare().withMarks(marks)
}

// Arithmetic

export function add(a: Value, b: Value): Value {
  return arithmetic(a, b, addNumeric, (x, y) => between([plus(x.min, y.min)], [plus(x.max, y.max)]))
}

export function subtract(a: Value, b: Value): Value {
  return arithmetic(a, b, subtractNumeric, (x, y) => between([plus(x.min, negateNumeric(y.max))], [plus(x.max, negateNumeric(y.min))]))
}

/** Zero times an unknown is zero. */
export function multiply(a: Value, b: Value): Value {
  return arithmetic(a, b, multiplyNumeric, (x, y) => {
    const corners = [times(x.min, y.min), times(x.min, y.max), times(x.max, y.min), times(x.max, y.max)]
    return between(corners, corners)
  })
}

/** By zero the result is infinite. @throws CtyError for 0/0. */
export function divide(a: Value, b: Value): Value {
  return arithmetic(a, b, divideNumeric)
}

/** The remainder of the truncated quotient; modulo zero is `a`. */
export function modulo(a: Value, b: Value): Value {
  return arithmetic(a, b, moduloNumeric)
}

export function negate(value: Value): Value {
  return unaryOperation(value, numberType, unknownNumber, (v) => numberVal(negateNumeric(v.asNumeric())))
}

export function absolute(value: Value): Value {
  const unknown = refine(unknownNumber, { min: { value: 0, inclusive: true } })
  return unaryOperation(value, numberType, unknown, (v) => numberVal(absoluteNumeric(v.asNumeric())))
}

export function lessThan(a: Value, b: Value): Value {
  return comparison(
    a,
    b,
    (order) => order < 0,
    (x, y) => (compareNumeric(x.max, y.min) < 0 ? true : compareNumeric(x.min, y.max) >= 0 ? false : undefined),
  )
}

export function lessThanOrEqual(a: Value, b: Value): Value {
  return comparison(
    a,
    b,
    (order) => order <= 0,
    (x, y) => (compareNumeric(x.max, y.min) <= 0 ? true : compareNumeric(x.min, y.max) > 0 ? false : undefined),
  )
}

export function greaterThan(a: Value, b: Value): Value {
  return lessThan(b, a)
}

export function greaterThanOrEqual(a: Value, b: Value): Value {
  return lessThanOrEqual(b, a)
}

/** Inclusive; infinite where there is no bound. */
interface Range {
  readonly min: Numeric
  readonly max: Numeric
}

function rangeOf(value: Value): Range {
  if (value.isKnown && value.type.kind === 'number') return { min: value.asNumeric(), max: value.asNumeric() }
  const r = value.refinement
  return { min: r?.min?.value ?? Number.NEGATIVE_INFINITY, max: r?.max?.value ?? Number.POSITIVE_INFINITY }
}

/** A sum of two lower or two upper bounds: an infinite one wins. */
function plus(a: Numeric, b: Numeric): Numeric {
  if (isUnbounded(a)) return a
  return isUnbounded(b) ? b : addNumeric(a, b)
}

/** Zero times unbounded is zero: the unbounded side stands for numbers that are all finite. */
function times(a: Numeric, b: Numeric): Numeric {
  if (compareNumeric(a, 0) === 0 || compareNumeric(b, 0) === 0) return 0
  return multiplyNumeric(a, b)
}

function isUnbounded(n: Numeric): boolean {
  return typeof n === 'number' && !Number.isFinite(n)
}

function between(low: readonly Numeric[], high: readonly Numeric[]): Refinement {
  const value = low.reduce((a, b) => (compareNumeric(a, b) <= 0 ? a : b))
  const top = high.reduce((a, b) => (compareNumeric(a, b) >= 0 ? a : b))
  return { notNull: true, min: { value, inclusive: true }, max: { value: top, inclusive: true } }
}

function arithmetic(a: Value, b: Value, exact: (x: Numeric, y: Numeric) => Numeric, range?: (x: Range, y: Range) => Refinement): Value {
  checkOperand(a, numberType)
  checkOperand(b, numberType)
  if (a.isKnown && b.isKnown) {
    const result = numberVal(exact(a.asNumeric(), b.asNumeric()))
    return a.marks === undefined && b.marks === undefined ? result : result.withMarks(unionMarks(a.marks, b.marks))
  }
  const result = range === undefined ? unknownNumber : refine(unknownNumber, range(rangeOf(a), rangeOf(b)))
  return result.withMarks(unionMarks(a.marks, b.marks))
}

function comparison(a: Value, b: Value, test: (order: number) => boolean, byRange: (x: Range, y: Range) => boolean | undefined): Value {
  checkOperand(a, numberType)
  checkOperand(b, numberType)
  const marks = unionMarks(a.marks, b.marks)
  if (a.isKnown && b.isKnown) return boolVal(test(compareNumeric(a.asNumeric(), b.asNumeric()))).withMarks(marks)
  const decided = a.type.kind === 'dynamic' || b.type.kind === 'dynamic' ? undefined : byRange(rangeOf(a), rangeOf(b))
  return (decided === undefined ? unknownBool : boolVal(decided)).withMarks(marks)
}

function unaryOperation(value: Value, type: Type, unknown: Value, exact: (v: Value) => Value): Value {
  checkOperand(value, type)
  return (value.isKnown ? exact(value) : unknown).withMarks(value.marks)
}

function checkOperand(value: Value, type: Type): void {
  if (value.type !== type && (value.type.kind !== 'dynamic' || value.isNull)) throw new CtyError(`${type.kind} required`)
  if (value.isNull) throw new CtyError('argument must not be null')
}

// Elements

/**
 * The element of a list, tuple or map. The key has the kind's own type: number or string. An unknown key gives an unknown
 * of the element type, of a tuple one of unknown type. Marks of the collection and of the key are added.
 *
 * @throws CtyError when there is no such element, or the value has no elements to choose by key.
 */
export function indexValue(collection: Value, key: Value): Value {
  const marks = unionMarks(collection.marks, key.marks)
  return element(collection, key).withMarks(marks)
}

function element(collection: Value, key: Value): Value {
  const { type } = collection
  if (type.kind === 'dynamic' && !collection.isNull) return dynamicVal
  if (collection.isNull) throw new CtyError('a null value has no elements')
  if (key.isNull) throw new CtyError('a key must not be null')
  switch (type.kind) {
    case 'list': {
      if (!isKeyOf(key, 'number')) throw new CtyError('a number is required')
      if (!collection.isKnown || !key.isKnown) return unknownVal(type.element)
      const found = elementAt(collection, key)
      if (found === undefined) throw new CtyError('the given index is not valid')
      return found
    }
    case 'map': {
      if (!isKeyOf(key, 'string')) throw new CtyError('a string is required')
      if (!collection.isKnown || !key.isKnown) return unknownVal(type.element)
      const found = collection.asMap().get(key.asString())
      if (found === undefined) throw new CtyError('the given key does not identify an element')
      return found
    }
    case 'tuple': {
      if (!isKeyOf(key, 'number')) throw new CtyError('a number is required')
      if (!key.isKnown) return dynamicVal
      const elementType = type.elements[numericToJs(key.asNumeric())]
      if (elementType === undefined) throw new CtyError('the given index is not valid')
      return collection.isKnown ? elementAt(collection, key)! : unknownVal(elementType)
    }
    default:
      throw new CtyError('the value does not have any indices')
  }
}

function isKeyOf(key: Value, kind: 'number' | 'string'): boolean {
  return key.type.kind === kind || (key.type.kind === 'dynamic' && !key.isKnown)
}

function elementAt(collection: Value, key: Value): Value | undefined {
  return collection.asArray()[numericToJs(key.asNumeric())]
}

/** Whether `indexValue` would find an element; false also for keys of another type. */
export function hasIndex(collection: Value, key: Value): Value {
  return hasIndexBare(collection, key).withMarks(unionMarks(collection.marks, key.marks))
}

function hasIndexBare(collection: Value, key: Value): Value {
  const { type } = collection
  if (type.kind === 'dynamic' && !collection.isNull) return unknownBool
  if (collection.isNull || key.isNull) return falseVal
  switch (type.kind) {
    case 'list':
      if (!isKeyOf(key, 'number')) return falseVal
      if (!collection.isKnown || !key.isKnown) return unknownBool
      return boolVal(elementAt(collection, key) !== undefined)
    case 'map':
      if (!isKeyOf(key, 'string')) return falseVal
      if (!collection.isKnown || !key.isKnown) return unknownBool
      return boolVal(collection.asMap().has(key.asString()))
    case 'tuple':
      if (!isKeyOf(key, 'number')) return falseVal
      if (!key.isKnown) return unknownBool
      return boolVal(type.elements[numericToJs(key.asNumeric())] !== undefined)
    default:
      return falseVal
  }
}

/**
 * The number of elements or attributes; of a set with unknown elements, which may turn out equal, an unknown number between
 * bounds. @throws CtyError when the value is null or has no elements.
 */
export function lengthOf(value: Value): Value {
  const { type } = value
  const bare = (): Value => {
    if (type.kind === 'dynamic' && !value.isNull) return unknownNumber
    if (value.isNull) throw new CtyError('argument must not be null')
    if (type.kind === 'tuple') return intVal(type.elements.length)
    if (type.kind === 'object') return intVal(type.attributes.size)
    if (type.kind !== 'list' && type.kind !== 'set' && type.kind !== 'map') throw new CtyError('collection required')
    const { min, max } = lengthBounds(value)
    if (min === max) return intVal(min)
    return refine(unknownNumber, { min: { value: min, inclusive: true }, max: { value: max, inclusive: true } })
  }
  return bare().withMarks(value.marks)
}
