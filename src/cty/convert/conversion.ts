import { numericToString, parseNumeric } from '../number.ts'
import { attributeStep, indexStep, type Path, type PathStep } from '../path.ts'
import type { Refinement } from '../refinement.ts'
import {
  dynamicType,
  isPrimitiveType,
  listType,
  mapType,
  numberType,
  type ObjectType,
  objectTypeFromSorted,
  setType,
  stringType,
  type TupleType,
  type Type,
  tupleType,
  typeEquals,
  withoutOptional,
} from '../type.ts'
import { lengthBounds, refine } from '../unknown.ts'
import {
  falseVal,
  listVal,
  mapVal,
  nullVal,
  numberVal,
  objectVal,
  setVal,
  stringVal,
  trueVal,
  tupleVal,
  unknownVal,
  type Value,
} from '../value.ts'
import { ConversionError } from './error.ts'
import { mismatchMessage } from './mismatch.ts'
import { unify } from './unify.ts'

/** Safe conversions cannot fail whatever the value; unsafe ones depend on it. */
export type ConversionMode = 'safe' | 'unsafe'

/** Converts values of one type to another. The door `wrap` has dealt with marks, nulls and unknowns. */
type Conversion = (value: Value, path: Steps) => Value

/** The path to the value in hand, innermost step first, so that it costs nothing until an error needs it. */
type Steps = { readonly step: PathStep; readonly outer: Steps } | undefined

/**
 * The value as a value of another type. Marks move along, nulls and unknowns stay what they are and take the new type, and
 * parts of the wanted type that are `dynamic` take the value's own type.
 *
 * @throws ConversionError when there is no conversion between the types or the value does not permit it.
 * @see cty-encodings, "Conversion"
 */
export function convert(value: Value, wanted: Type): Value {
  if (value.type === wanted || wanted.kind === 'dynamic') return value
  // By far the most frequent: a number in a template.
  if (wanted === stringType && value.type === numberType && value.hasContent && value.marks === undefined) return numberToString(value)
  if (typeEquals(value.type, withoutOptional(wanted))) return value
  const conversion = conversionBetween(value.type, wanted, 'unsafe')
  if (conversion === undefined) throw new ConversionError(mismatchMessage(value.type, wanted))
  return conversion(value, undefined)
}

export function conversionExists(from: Type, to: Type, mode: ConversionMode): boolean {
  return conversionBetween(from, to, mode) !== undefined
}

const identity: Conversion = (value) => value

/** @returns undefined when the types cannot be converted. */
function conversionBetween(from: Type, to: Type, mode: ConversionMode): Conversion | undefined {
  if (to.kind === 'dynamic') return identity
  if (from === to || typeEquals(from, to)) return identity
  const inner = conversionOfContent(from, to, mode)
  return inner === undefined ? undefined : wrap(to, inner)
}

function wrap(to: Type, inner: Conversion): Conversion {
  return (value, path) => {
    if (value.hasContent) {
      if (value.marks === undefined) return inner(value, path)
      return inner(value.unmark(), path).withMarks(value.marks)
    }
    const type = replaceDynamic(value.type, withoutOptional(to))
    if (value.isNull) return nullVal(type).withMarks(value.marks)
    return convertedUnknown(value, type).withMarks(value.marks)
  }
}

function conversionOfContent(from: Type, to: Type, mode: ConversionMode): Conversion | undefined {
  if (from.kind === 'dynamic') {
    // Such a value is null or unknown, which the door answers.
    return mode === 'unsafe' ? identity : undefined
  }
  if (isPrimitiveType(to)) return primitiveConversion(from, to, mode)
  switch (to.kind) {
    case 'list':
      if (from.kind === 'list' || from.kind === 'set') return collectionToSequence(from.element, to.element, mode, listVal)
      return from.kind === 'tuple' ? tupleToSequence(from, to.element, mode, listVal) : undefined
    case 'set':
      if (from.kind === 'list' && mode === 'safe') return undefined
      if (from.kind === 'list' || from.kind === 'set') return collectionToSequence(from.element, to.element, mode, setVal)
      return from.kind === 'tuple' ? tupleToSequence(from, to.element, mode, setVal) : undefined
    case 'map':
      if (from.kind === 'map') return mapToMap(from.element, to.element, mode)
      return from.kind === 'object' ? objectToMap(from, to.element, mode) : undefined
    case 'tuple':
      return from.kind === 'tuple' ? tupleToTuple(from, to, mode) : undefined
    case 'object':
      if (from.kind === 'object') return objectToObject(from, to, mode)
      return from.kind === 'map' && mode === 'unsafe' ? mapToObject(from.element, to) : undefined
    default:
      return undefined
  }
}

function primitiveConversion(from: Type, to: Type, mode: ConversionMode): Conversion | undefined {
  if (to.kind === 'string') {
    if (from.kind === 'number') return numberToString
    if (from.kind === 'bool') return (value) => stringVal(value.asBool() ? 'true' : 'false')
    return undefined
  }
  if (from.kind !== 'string' || mode === 'safe') return undefined
  return to.kind === 'number' ? stringToNumber : stringToBool
}

function numberToString(value: Value): Value {
  return stringVal(numericToString(value.asNumeric()))
}

function stringToNumber(value: Value, path: Steps): Value {
  const number = parseNumeric(value.asString())
  if (number === undefined) throw new ConversionError('a number is required', toPath(path))
  return numberVal(number)
}

function stringToBool(value: Value, path: Steps): Value {
  const text = value.asString()
  switch (text) {
    case 'true':
    case '1':
      return trueVal
    case 'false':
    case '0':
      return falseVal
  }
  const lower = text.toLowerCase()
  const hint = lower === 'true' || lower === 'false' ? `; to convert from string, use lowercase "${lower}"` : ''
  throw new ConversionError(`a bool is required${hint}`, toPath(path))
}

type SequenceFactory = (elements: readonly Value[], element: Type) => Value

function collectionToSequence(from: Type, to: Type, mode: ConversionMode, make: SequenceFactory): Conversion | undefined {
  const convertElement = conversionBetween(from, to, mode)
  if (convertElement === undefined) return undefined
  const emptyElement = to.kind === 'dynamic' ? from : replaceDynamic(from, withoutOptional(to))
  return (value, path) => {
    if (value.type.kind === 'set' && make === listVal) {
      const { min, max } = lengthBounds(value)
      if (min !== max) return unknownVal(listType(emptyElement))
    }
    const elements = value.asArray().map((e, i) => convertElement(e, { step: elementStep(value, e, i), outer: path }))
    return makeSequence(elements, emptyElement, mode, make, path)
  }
}

function elementStep(collection: Value, element: Value, index: number): PathStep {
  return indexStep(collection.type.kind === 'set' ? element : numberVal(index))
}

function tupleToSequence(from: TupleType, wanted: Type, mode: ConversionMode, make: SequenceFactory): Conversion | undefined {
  if (from.elements.length === 0) {
    const empty = make([], withoutOptional(wanted))
    return () => empty
  }
  const to = wanted.kind === 'dynamic' ? unifiedElement(from.elements, mode) : wanted
  if (to === undefined) return undefined
  const conversions = conversionsOf(from.elements, to, mode)
  if (conversions === undefined) return undefined
  return (value, path) => {
    const elements = value.asArray().map((e, i) => conversions[i]!(e, { step: indexStep(numberVal(i)), outer: path }))
    return makeSequence(elements, elements[0]!.type, mode, make, path)
  }
}

/** The type that elements of all these types become in a collection of `any`; undefined when there is none. */
function unifiedElement(types: readonly Type[], mode: ConversionMode): Type | undefined {
  const type = unify(types, mode)
  if (type === undefined) return undefined
  // A dynamic element type is right only for elements of which nothing is known: a collection must be of one type.
  if (type.kind === 'dynamic' && !types.every((t) => t.kind === 'dynamic')) return undefined
  return type
}

/** One conversion per type; equal types in a row share it, as elements of long tuples mostly are of one type. */
function conversionsOf(types: Iterable<Type>, to: Type, mode: ConversionMode): Conversion[] | undefined {
  const conversions: Conversion[] = []
  let lastType: Type | undefined
  let last: Conversion | undefined
  for (const type of types) {
    if (last === undefined || lastType === undefined || !(type === lastType || typeEquals(type, lastType))) {
      lastType = type
      last = conversionBetween(type, to, mode)
    }
    if (last === undefined) return undefined
    conversions.push(last)
  }
  return conversions
}

/** Elements converted one by one may differ where the wanted type has `any` inside: then they are brought to one type. */
function makeSequence(elements: readonly Value[], emptyElement: Type, mode: ConversionMode, make: SequenceFactory, path: Steps): Value {
  if (elements.length === 0) return make(elements, emptyElement)
  const uniform = unifyElements(elements, mode)
  if (uniform === undefined)
    throw new ConversionError(`all ${make === listVal ? 'list' : 'set'} elements must have the same type`, toPath(path))
  return make(uniform, uniform[0]!.type)
}

function unifyElements(elements: readonly Value[], mode: ConversionMode): readonly Value[] | undefined {
  const first = elements[0]!.type
  if (elements.every((e) => e.type === first || typeEquals(e.type, first))) return elements
  const type = unify(
    elements.map((e) => e.type),
    mode,
  )
  if (type === undefined) return undefined
  const converted = elements.map((e) => convert(e, type))
  const exact = converted[0]!.type
  return converted.every((e) => typeEquals(e.type, exact)) ? converted : undefined
}

function mapToMap(from: Type, to: Type, mode: ConversionMode): Conversion | undefined {
  const convertElement = conversionBetween(from, to, mode)
  if (convertElement === undefined) return undefined
  const emptyElement = to.kind === 'dynamic' ? from : replaceDynamic(from, withoutOptional(to))
  return (value, path) => {
    const entries = value.asMap()
    if (entries.size === 0) return mapVal(entries, emptyElement)
    const converted = [...entries].map(([key, e]) => [key, convertElement(e, { step: indexStep(stringVal(key)), outer: path })] as const)
    return makeMap(converted, mode, path)
  }
}

function objectToMap(from: ObjectType, wanted: Type, mode: ConversionMode): Conversion | undefined {
  if (from.attributes.size === 0) {
    const empty = mapVal([], withoutOptional(wanted))
    return () => empty
  }
  const types = [...from.attributes.values()]
  const to = wanted.kind === 'dynamic' ? unifiedElement(types, mode) : wanted
  if (to === undefined) return undefined
  const conversions = conversionsOf(types, to, mode)
  if (conversions === undefined) return undefined
  return (value, path) => {
    const entries = [...value.asMap()].map(
      ([key, e], i) => [key, conversions[i]!(e, { step: indexStep(stringVal(key)), outer: path })] as const,
    )
    return makeMap(entries, mode, path)
  }
}

function makeMap(entries: readonly (readonly [string, Value])[], mode: ConversionMode, path: Steps): Value {
  const elements = unifyElements(
    entries.map(([, e]) => e),
    mode,
  )
  if (elements === undefined) throw new ConversionError('all map elements must have the same type', toPath(path))
  return mapVal(
    entries.map(([key], i) => [key, elements[i]!] as const),
    elements[0]!.type,
  )
}

function tupleToTuple(from: TupleType, to: TupleType, mode: ConversionMode): Conversion | undefined {
  if (from.elements.length !== to.elements.length) return undefined
  const conversions: Conversion[] = []
  for (const [i, type] of from.elements.entries()) {
    const conversion = conversionBetween(type, to.elements[i]!, mode)
    if (conversion === undefined) return undefined
    conversions.push(conversion)
  }
  return (value, path) => tupleVal(value.asArray().map((e, i) => conversions[i]!(e, { step: indexStep(numberVal(i)), outer: path })))
}

function objectToObject(from: ObjectType, to: ObjectType, mode: ConversionMode): Conversion | undefined {
  const conversions = new Map<string, Conversion>()
  const absent = new Map<string, Value>()
  for (const [name, type] of to.attributes) {
    const given = from.attributes.get(name)
    if (given === undefined) {
      if (!to.optional.has(name)) return undefined
      absent.set(name, nullVal(withoutOptional(type)))
      continue
    }
    const conversion = conversionBetween(given, type, mode)
    if (conversion === undefined) return undefined
    conversions.set(name, conversion)
  }
  // Elements of a long list mostly get one type: sharing it makes later comparisons of types cheap.
  let lastType: ObjectType | undefined
  return (value, path) => {
    const attributes = new Map<string, Value>()
    const given = value.asMap()
    let same = lastType !== undefined
    for (const name of to.attributes.keys()) {
      const conversion = conversions.get(name)
      const result = conversion === undefined ? absent.get(name)! : conversion(given.get(name)!, { step: attributeStep(name), outer: path })
      if (same) same = typeEquals(result.type, lastType!.attributes.get(name)!)
      attributes.set(name, result)
    }
    const result = objectVal(attributes, same ? lastType : undefined)
    lastType = result.type as ObjectType
    return result
  }
}

function mapToObject(from: Type, to: ObjectType): Conversion | undefined {
  const conversions = new Map<string, Conversion | undefined>()
  for (const [name, type] of to.attributes) {
    const conversion = conversionBetween(from, type, 'unsafe')
    if (conversion === undefined && !to.optional.has(name)) return undefined
    conversions.set(name, conversion)
  }
  return (value, path) => {
    const attributes = new Map<string, Value>()
    const given = value.asMap()
    for (const [name, type] of to.attributes) {
      const element = given.get(name)
      if (element === undefined) {
        if (!to.optional.has(name))
          throw new ConversionError(`map has no element for required attribute ${JSON.stringify(name)}`, toPath(path))
        attributes.set(name, nullVal(withoutOptional(type)))
        continue
      }
      const conversion = conversions.get(name)
      if (conversion === undefined) {
        const reason = mismatchMessage(from, type)
        throw new ConversionError(`map element type is incompatible with attribute ${JSON.stringify(name)}: ${reason}`, toPath(path))
      }
      attributes.set(name, conversion(element, { step: indexStep(stringVal(name)), outer: path }))
    }
    return objectVal(attributes)
  }
}

/** What stays known of an unknown value that takes another type. */
function convertedUnknown(value: Value, type: Type): Value {
  const kept: { -readonly [K in keyof Refinement]: Refinement[K] } = {}
  if (value.refinement?.notNull) kept.notNull = true
  const from = value.type
  const toCollection = type.kind === 'list' || type.kind === 'set' || type.kind === 'map'
  if (toCollection && from.kind === 'tuple') {
    kept.minLength = type.kind === 'set' ? Math.min(1, from.elements.length) : from.elements.length
    kept.maxLength = from.elements.length
  } else if (toCollection && from.kind === 'object') {
    kept.minLength = from.attributes.size
    kept.maxLength = from.attributes.size
  } else if (toCollection && (from.kind === 'list' || from.kind === 'set' || from.kind === 'map')) {
    const min = value.refinement?.minLength ?? 0
    // Elements may become equal on the way into a set.
    kept.minLength = type.kind === 'set' ? Math.min(1, min) : min
    kept.maxLength = value.refinement?.maxLength
  }
  return refine(unknownVal(type), kept)
}

/** The wanted type with its dynamic parts taken from the corresponding parts of the given type, where there are such. */
export function replaceDynamic(given: Type, wanted: Type): Type {
  if (wanted.kind === 'dynamic') return withoutOptional(given)
  if (given.kind === 'dynamic') return wanted
  switch (wanted.kind) {
    case 'list':
      return listType(replaceDynamic(elementOf(given) ?? dynamicType, wanted.element))
    case 'set':
      return setType(replaceDynamic(elementOf(given) ?? dynamicType, wanted.element))
    case 'map':
      return mapType(replaceDynamic(elementOf(given) ?? dynamicType, wanted.element))
    case 'tuple':
      if (given.kind !== 'tuple') return wanted
      return tupleType(wanted.elements.map((t, i) => replaceDynamic(given.elements[i] ?? dynamicType, t)))
    case 'object': {
      const attributes = new Map<string, Type>()
      for (const [name, type] of wanted.attributes) {
        const part = given.kind === 'object' ? given.attributes.get(name) : given.kind === 'map' ? given.element : undefined
        attributes.set(name, replaceDynamic(part ?? dynamicType, type))
      }
      return objectTypeFromSorted(attributes)
    }
    default:
      return wanted
  }
}

function elementOf(type: Type): Type | undefined {
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'map':
      return type.element
    case 'tuple':
      return unify(type.elements, 'unsafe')
    case 'object':
      return unify([...type.attributes.values()], 'unsafe')
    default:
      return undefined
  }
}

function toPath(steps: Steps): Path {
  const path: PathStep[] = []
  for (let s = steps; s !== undefined; s = s.outer) path.push(s.step)
  return path.reverse()
}
