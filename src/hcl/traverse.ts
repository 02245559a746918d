import { suggest } from '../base/index.ts'
import {
  ConversionError,
  convert,
  dynamicVal,
  friendlyName,
  hasIndex,
  indexValue,
  isPrimitiveType,
  type Numeric,
  numberType,
  numericIsInteger,
  numericToJs,
  stringType,
  type Type,
  unknownVal,
  Value,
} from '../cty/index.ts'
import type { Diagnostics, SourceRange } from '../diags/index.ts'
import type { Traversal, TraversalStep } from './ast.ts'
import { type EvalContext, lookUpVariable, variableNames } from './context.ts'

/** Why a step could not be taken: the text of a diagnostic that has no place yet. */
export interface Problem {
  readonly summary: string
  readonly detail: string
}

export function isProblem(result: Value | Problem): result is Problem {
  return !(result instanceof Value)
}

/**
 * `value.name` for objects and maps. Unknown objects are checked against their type; marks of the value are kept.
 */
export function attributeOf(value: Value, name: string): Value | Problem {
  const { type } = value
  if (value.payload === null) {
    return problem('Attempt to get attribute from null value', 'This value is null, so it does not have any attributes.')
  }
  switch (type.kind) {
    case 'object':
      if (!type.attributes.has(name))
        return problem('Unsupported attribute', `This object does not have an attribute named ${quote(name)}.`)
      return value.getAttr(name)
    case 'map': {
      if (!value.isKnown) return unknownVal(type.element).withMarks(value.marks)
      const element = value.asMap().get(name)
      if (element === undefined) return problem('Missing map element', `This map does not have an element with the key ${quote(name)}.`)
      return element.withMarks(value.marks)
    }
    case 'dynamic':
      return dynamicVal.withMarks(value.marks)
    case 'list':
    case 'set':
      if (type.element.kind === 'object') return problem('Unsupported attribute', attributeOfCollection(type.kind, name))
      return problem('Unsupported attribute', 'This value does not have any attributes.')
    default:
      if (isPrimitiveType(type)) {
        return problem('Unsupported attribute', `Can't access attributes on a primitive-typed value (${friendlyName(type)}).`)
      }
      return problem('Unsupported attribute', 'This value does not have any attributes.')
  }
}

function attributeOfCollection(kind: 'list' | 'set', name: string): string {
  return kind === 'list'
    ? `Can't access attributes on a list of objects. Did you mean to access attribute ${quote(name)} for a specific element of the list, or across all elements of the list?`
    : "Can't access attributes on a set of objects. Did you mean to access an attribute across all elements of the set?"
}

const invalidKey = 'The given key does not identify an element in this collection value'

/**
 * `collection[key]` for lists, tuples, maps and objects. The key is converted to what the collection wants. Unknowns give
 * an unknown of the best type, marks of both are kept.
 */
export function indexInto(collection: Value, key: Value): Value | Problem {
  const { type } = collection
  if (collection.payload === null) {
    return problem('Attempt to index null value', 'This value is null, so it does not have any indices.')
  }
  if (key.payload === null) return problem('Invalid index', "Can't use a null value as an indexing key.")
  // Nothing is known of the key, and so of nothing that it is used with.
  if (key.type.kind === 'dynamic') return dynamicVal.withMarks(collection.marks).withMarks(key.marks)
  switch (type.kind) {
    case 'list':
    case 'tuple':
      return sequenceElement(collection, key)
    case 'map':
      return mapElement(collection, key, type.element)
    case 'object':
      return objectElement(collection, key)
    case 'dynamic':
      return dynamicVal.withMarks(collection.marks).withMarks(key.marks)
    case 'set':
      return problem(
        'Invalid index',
        "Elements of a set are identified only by their value and don't have any separate index or key to select with, so it's only possible to perform operations across all elements of the set.",
      )
    default:
      return problem('Invalid index', 'This value does not have any indices.')
  }
}

function sequenceElement(collection: Value, givenKey: Value): Value | Problem {
  const key = convertKey(givenKey, numberType)
  if (isProblem(key)) return key
  if (!key.isKnown || !collection.isKnown) return sequenceElementLater(collection, key)
  const elements = collection.asArray()
  const index = asIndex(key.asNumeric())
  if (index !== undefined && index < elements.length) {
    const element = elements[index]!
    return collection.marks === undefined && key.marks === undefined ? element : element.withMarks(collection.marks).withMarks(key.marks)
  }
  // What a mark stands for is not known here, so a marked key or collection is not described.
  if (collection.isMarked || key.isMarked) return problem('Invalid index', `${invalidKey}.`)
  return problem('Invalid index', whyNoElement(key.asNumeric(), elements.length))
}

/** The key or the collection is unknown; the operations of cty know what may be said already. */
function sequenceElementLater(collection: Value, key: Value): Value | Problem {
  // Nothing is said of the index of a list that is not there yet.
  if (collection.type.kind === 'list' && !collection.isKnown)
    return unknownVal(collection.type.element).withMarks(collection.marks).withMarks(key.marks)
  if (key.isKnown && !numericIsInteger(key.asNumeric())) return problem('Invalid index', whyNoElement(key.asNumeric(), undefined))
  const present = hasIndex(collection.unmark(), key.unmark())
  if (present.isKnown && !present.asBool()) return problem('Invalid index', `${invalidKey}.`)
  const { type } = collection
  if (present.isKnown) return indexValue(collection, key)
  return (type.kind === 'list' ? unknownVal(type.element) : dynamicVal).withMarks(collection.marks).withMarks(key.marks)
}

function whyNoElement(index: Numeric, length: number | undefined): string {
  const n = numericToJs(index)
  if (n < 0) return `${invalidKey}: a negative number is not a valid index for a sequence.`
  if (!numericIsInteger(index)) {
    return `${invalidKey}: indexing a sequence requires a whole number, but the given index has a fractional part.`
  }
  if (n !== length) return `${invalidKey}.`
  if (length === 0) return `${invalidKey}: the collection has no elements.`
  return `${invalidKey}: the given index is greater than or equal to the length of the collection.`
}

/** The number as an index of an array, when it can be one. */
function asIndex(n: Numeric): number | undefined {
  const index = typeof n === 'number' ? n : numericIsInteger(n) ? numericToJs(n) : -1
  return Number.isInteger(index) && index >= 0 ? index : undefined
}

function mapElement(collection: Value, givenKey: Value, elementType: Type): Value | Problem {
  const key = convertKey(givenKey, stringType)
  if (isProblem(key)) return key
  if (!key.isKnown || !collection.isKnown) return unknownVal(elementType).withMarks(collection.marks).withMarks(key.marks)
  const element = collection.asMap().get(key.asString())
  if (element === undefined) return problem('Invalid index', `${invalidKey}.`)
  return element.withMarks(collection.marks).withMarks(key.marks)
}

function objectElement(collection: Value, givenKey: Value): Value | Problem {
  const key = convertKey(givenKey, stringType)
  if (isProblem(key)) return key
  // As in HCL an unknown object is not even asked for the type of the attribute.
  if (!key.isKnown || !collection.isKnown) return dynamicVal.withMarks(collection.marks).withMarks(key.marks)
  const name = key.asString()
  if (collection.type.kind !== 'object' || !collection.type.attributes.has(name)) {
    const hint = givenKey.type === numberType ? ' An object only supports looking up attributes by name, not by numeric index.' : ''
    return problem('Invalid index', `${invalidKey}.${hint}`)
  }
  return collection.getAttr(name).withMarks(key.marks)
}

function convertKey(key: Value, wanted: Type): Value | Problem {
  if (key.type === wanted) return key
  if (key.type.kind === 'dynamic') return unknownVal(wanted).withMarks(key.marks)
  try {
    return convert(key, wanted)
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return problem('Invalid index', `${invalidKey}: ${error.message}.`)
  }
}

/** One static step. */
export function takeStep(value: Value, step: TraversalStep): Value | Problem {
  switch (step.kind) {
    case 'attr':
      return attributeOf(value, step.name)
    case 'index':
      return indexInto(value, step.key)
    case 'splat':
      return problem('Invalid expression', 'A splat is not allowed here.')
  }
}

/**
 * The value that static steps lead to. An impossible step is reported at its place and gives an unknown of unknown type.
 */
export function traverse(value: Value, steps: readonly TraversalStep[], diags: Diagnostics): Value {
  let current = value
  for (const step of steps) {
    const next = takeStep(current, step)
    if (isProblem(next)) {
      diags.error(next.summary, next.detail, { subject: step.range })
      return dynamicVal
    }
    current = next
  }
  return current
}

/** The value of an absolute traversal, or what is wrong and where. */
export function resolveTraversal(
  traversal: Traversal,
  context: EvalContext | undefined,
): Value | (Problem & { readonly range: SourceRange }) {
  let current = lookUpVariable(context, traversal.root)
  if (current === undefined) return { ...unknownRoot(traversal.root, context), range: traversal.rootRange }
  for (const step of traversal.steps) {
    const next = takeStep(current, step)
    if (isProblem(next)) return { ...next, range: step.range }
    current = next
  }
  return current
}

function unknownRoot(name: string, context: EvalContext | undefined): Problem {
  const names = [...variableNames(context)]
  if (names.length === 0) return problem('Variables not allowed', 'Variables may not be used here.')
  const similar = suggest(name, names)
  return problem(
    'Unknown variable',
    `There is no variable named ${quote(name)}.${similar === undefined ? '' : ` Did you mean ${quote(similar)}?`}`,
  )
}

export function problem(summary: string, detail: string): Problem {
  return { summary, detail }
}

/** In double quotes, with what cannot be read escaped. */
export function quote(text: string): string {
  return JSON.stringify(text)
}
