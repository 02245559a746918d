/**
 * The tagged notation of values and types of the conformance data: plain JSON that keeps types, unknowns, refinements and
 * marks. Described in the README there, "Notation of values and types".
 */
import {
  boolVal,
  convert,
  listVal,
  type Mark,
  mapVal,
  normalizeString,
  nullVal,
  numberVal,
  numericToString,
  objectVal,
  parseNumeric,
  type Refinement,
  refine,
  safePrefix,
  setVal,
  stringVal,
  type Type,
  tupleVal,
  typeEquals,
  typeFromJson,
  typeToJson,
  unknownVal,
  type Value,
  withoutOptional,
} from '../../src/cty/index.ts'

export type Tagged = Readonly<Record<string, unknown>>

export function decodeType(json: unknown): Type {
  return typeFromJson(json)
}

export function encodeType(type: Type): unknown {
  return type.kind === 'capsule' ? { capsule: type.name } : JSON.parse(typeToJson(type))
}

/** @throws Error for anything that is not in the notation. */
export function decodeValue(tagged: Tagged): Value {
  const value = decodeBare(tagged)
  const marks = tagged.marks as readonly Mark[] | undefined
  return marks === undefined ? value : value.withMarks(new Set(marks))
}

function decodeBare(tagged: Tagged): Value {
  if ('string' in tagged) return stringVal(tagged.string as string)
  if ('number' in tagged) return numberVal(decodeNumber(tagged.number as string))
  if ('bool' in tagged) return boolVal(tagged.bool as boolean)
  if ('null' in tagged) return nullVal(withoutOptional(decodeType(tagged.null)))
  if ('unknown' in tagged) {
    return refine(unknownVal(withoutOptional(decodeType(tagged.unknown))), decodeRefinement(tagged.refine as Tagged | undefined))
  }
  if ('tuple' in tagged) return tupleVal((tagged.tuple as readonly Tagged[]).map(decodeValue))
  if ('object' in tagged)
    return objectVal(Object.entries(tagged.object as Record<string, Tagged>).map(([k, v]) => [k, decodeValue(v)] as const))
  const of = withoutOptional(decodeType(tagged.of))
  if ('list' in tagged) return decodeElements(tagged.list as readonly Tagged[], of, listVal)
  if ('set' in tagged) return decodeElements(tagged.set as readonly Tagged[], of, setVal)
  if ('map' in tagged) {
    const map = tagged.map as Record<string, Tagged>
    const elements = Object.values(map).map((v) => decodeElement(v, of))
    return mapVal(
      Object.keys(map).map((k, i) => [k, elements[i]!] as const),
      elements[0]?.type ?? of,
    )
  }
  throw new Error(`No tagged value: ${JSON.stringify(tagged)}`)
}

function decodeElements(elements: readonly Tagged[], of: Type, make: (elements: readonly Value[], of: Type) => Value): Value {
  const values = elements.map((e) => decodeElement(e, of))
  return make(values, values[0]?.type ?? of)
}

/** Elements that are untyped take the element type, as in a list value of go-cty. */
function decodeElement(tagged: Tagged, of: Type): Value {
  const value = decodeValue(tagged)
  if (of.kind === 'dynamic' || typeEquals(value.type, of)) return value
  if (value.type.kind !== 'dynamic') return convert(value, of)
  return (value.isNull ? nullVal(of) : unknownVal(of)).withMarks(value.marks)
}

function decodeNumber(text: string): ReturnType<typeof parseNumeric> & {} {
  const number = parseNumeric(text)
  if (number === undefined) throw new Error(`No number: ${text}`)
  return number
}

export function decodeRefinement(tagged: Tagged | undefined): Refinement {
  if (tagged === undefined) return {}
  const { notNull, prefix, prefixFull, min, max, minLen, maxLen } = tagged as {
    notNull?: boolean
    prefix?: string
    prefixFull?: boolean
    min?: [string, boolean]
    max?: [string, boolean]
    minLen?: number
    maxLen?: number
  }
  return {
    notNull,
    prefix: prefix === undefined ? undefined : prefixFull ? normalizeString(prefix) : safePrefix(prefix),
    min: min && { value: decodeNumber(min[0]), inclusive: min[1] },
    max: max && { value: decodeNumber(max[0]), inclusive: max[1] },
    minLength: minLen,
    maxLength: maxLen,
  }
}

/** Sets are in their iteration order, marks sorted, refinements only where there are some. */
export function encodeValue(value: Value): Tagged {
  const bare = encodeBare(value)
  if (value.marks === undefined) return bare
  return { ...bare, marks: [...value.marks].map((m) => (typeof m === 'string' ? m : `deprecated: ${m.message}`)).sort() }
}

function encodeBare(value: Value): Tagged {
  const { type } = value
  if (value.isNull) return { null: encodeType(type) }
  if (!value.isKnown) {
    const refinement = encodeRefinement(value.refinement)
    return refinement === undefined ? { unknown: encodeType(type) } : { unknown: encodeType(type), refine: refinement }
  }
  switch (type.kind) {
    case 'string':
      return { string: value.asString() }
    case 'number':
      return { number: numericToString(value.asNumeric()).replace(/^\+?(-?)Inf$/, '$1inf') }
    case 'bool':
      return { bool: value.asBool() }
    case 'list':
    case 'set':
      return { [type.kind]: value.asArray().map(encodeValue), of: encodeType(type.element) }
    case 'tuple':
      return { tuple: value.asArray().map(encodeValue) }
    case 'map':
      return { map: encodeEntries(value), of: encodeType(type.element) }
    case 'object':
      return { object: encodeEntries(value) }
    default:
      throw new Error(`A ${type.kind} has no tagged form.`)
  }
}

function encodeEntries(value: Value): Tagged {
  // A plain object would take an attribute named __proto__ for its prototype.
  const entries: Record<string, Tagged> = Object.create(null)
  for (const [key, child] of value.asMap()) entries[key] = encodeValue(child)
  return entries
}

function encodeRefinement(r: Refinement | undefined): Tagged | undefined {
  if (r === undefined) return undefined
  const tagged: Record<string, unknown> = {}
  if (r.notNull) tagged.notNull = true
  if (r.prefix) {
    tagged.prefix = r.prefix
    tagged.prefixFull = true
  }
  if (r.min !== undefined) tagged.min = [numericToString(r.min.value), r.min.inclusive]
  if (r.max !== undefined) tagged.max = [numericToString(r.max.value), r.max.inclusive]
  if (r.minLength) tagged.minLen = r.minLength
  if (r.maxLength !== undefined) tagged.maxLen = r.maxLength
  return Object.keys(tagged).length === 0 ? undefined : tagged
}
