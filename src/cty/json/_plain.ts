import { parseNumeric } from '../number.ts'
import { type ListType, type ObjectType, type SetType, type Type, typeEquals, withoutOptional } from '../type.ts'
import {
  boolVal,
  listVal,
  mapVal,
  membersOf,
  nullVal,
  numberVal,
  objectInOrder,
  setVal,
  sharedObjectType,
  stringVal,
  tupleVal,
  type Value,
} from '../value.ts'
import { typeFromJson } from './type.ts'

/*
 * Most documents hold nothing that the engine's own parser would lose: then it reads them, many times faster than what keeps every digit.
 * Everything here answers undefined for what it is not sure of, mistakes included: those are for the careful reader to explain.
 */

/** Numbers of more than fifteen digits or with an exponent. May be found within strings too. */
const longNumber = /[:,[\s]-?[0-9](?:[0-9.]{15}|[0-9.]*[eE])/
const longFirstNumber = /^-?[0-9](?:[0-9.]{15}|[0-9.]*[eE])/
const halfOfPair = /\\u[dD][89a-fA-F]/

/** Deeper ones are for the careful reader too. */
const maxDepth = 100

/** A document that the engine's own parser has read already. */
export interface ParsedJson {
  /** Valid JSON, with white space or without. */
  readonly text: string
  /** What `JSON.parse` makes of the text. To be asked for once: it is not kept any longer, and another time the text is parsed again. */
  take(): unknown
}

/** The value of a document under a type constraint, if it is one that can be read the quick way. */
export function tryPlainJsonToValue(document: string | ParsedJson, type: Type): Value | undefined {
  const text = typeof document === 'string' ? document : document.text
  if (text.includes('\\u') && halfOfPair.test(text)) return undefined
  let json: unknown
  try {
    json = typeof document === 'string' ? JSON.parse(text) : document.take()
  } catch {
    return undefined
  }
  numbers = 'none'
  const value = read(json, type, 0)
  return mayHaveLost(text) ? undefined : value
}

/** What numbers the document that is being read has had: short ones are integers of at most fifteen digits. */
let numbers: 'none' | 'short' | 'any' = 'none'

/** Whether a number of the document may have had more digits than have been read. */
function mayHaveLost(text: string): boolean {
  // Documents without numbers, as most are, need no search for long ones; and what reads as a short one is short, unless digits are left out behind it.
  if (numbers === 'none') return false
  if (numbers === 'short' && !text.includes('.') && !hasNegativeExponent(text)) return false
  return longNumber.test(text) || longFirstNumber.test(text)
}

/** May find one within a string too, though not in a UUID. */
function hasNegativeExponent(text: string): boolean {
  if (text.includes('E-')) return true
  for (let at = text.indexOf('e-'); at !== -1; at = text.indexOf('e-', at + 2)) {
    let end = at + 2
    while (isDigit(text.charCodeAt(end))) end++
    const next = text.charCodeAt(end)
    // What may follow a number is a comma, a bracket, white space or nothing.
    if (isDigit(text.charCodeAt(at - 1)) && next !== 0x2d && next !== 0x22 && !(next >= 0x61 && next <= 0x66)) return true
  }
  return false
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39
}

function read(json: unknown, type: Type, depth: number): Value | undefined {
  if (json === null) return nullVal(withoutOptional(type))
  if (depth > maxDepth) return undefined
  switch (type.kind) {
    case 'string':
      return typeof json === 'string' ? stringVal(json) : undefined
    case 'number': {
      if (typeof json !== 'number' || Object.is(json, -0)) return undefined
      if (numbers !== 'any') numbers = Number.isInteger(json) && Math.abs(json) < 1e15 ? 'short' : 'any'
      const number = Number.isSafeInteger(json) ? json : parseNumeric(String(json))
      return number === undefined ? undefined : numberVal(number)
    }
    case 'bool':
      return typeof json === 'boolean' ? boolVal(json) : undefined
    case 'dynamic':
      return isObject(json) ? readDynamic(json, depth) : undefined
    case 'object':
      return isObject(json) ? readObject(json, type, depth) : undefined
    case 'map':
      return isObject(json) ? readMap(json, type.element, depth) : undefined
    case 'list':
    case 'set':
      return readSequence(json, type, depth)
    case 'tuple':
      return readTuple(json, type.elements, depth)
    default:
      return undefined
  }
}

function readSequence(json: unknown, type: ListType | SetType, depth: number): Value | undefined {
  if (!Array.isArray(json)) return undefined
  const elements: Value[] = []
  for (let i = 0; i < json.length; i++) {
    const value = read(json[i], type.element, depth + 1)
    if (value === undefined) return undefined
    elements.push(value)
  }
  const element = elements[0]?.type ?? withoutOptional(type.element)
  if (!elements.every((e) => e.type === element || typeEquals(e.type, element))) return undefined
  return type.kind === 'list' ? listVal(elements, element) : setVal(elements, element)
}

function readTuple(json: unknown, types: readonly Type[], depth: number): Value | undefined {
  if (!Array.isArray(json) || json.length !== types.length) return undefined
  const elements: Value[] = []
  for (let i = 0; i < json.length; i++) {
    const value = read(json[i], types[i]!, depth + 1)
    if (value === undefined) return undefined
    elements.push(value)
  }
  return tupleVal(elements)
}

function readMap(json: Readonly<Record<string, unknown>>, element: Type, depth: number): Value | undefined {
  const entries: [string, Value][] = []
  for (const key of Object.keys(json)) {
    const value = read(json[key], element, depth + 1)
    if (value === undefined) return undefined
    entries.push([key, value])
  }
  const common = entries[0]?.[1].type ?? withoutOptional(element)
  return entries.every(([, e]) => e.type === common || typeEquals(e.type, common)) ? mapVal(entries, common) : undefined
}

function readObject(json: Readonly<Record<string, unknown>>, type: ObjectType, depth: number): Value | undefined {
  // Also where a name is only another spelling of an attribute's.
  for (const name in json) if (!type.attributes.has(name)) return undefined
  const { names, types } = membersOf(type)
  const values: Value[] = []
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!
    const value = read(Object.hasOwn(json, name) ? json[name] : null, types[i]!, depth + 1)
    if (value === undefined) return undefined
    values.push(value)
  }
  return objectInOrder(type, values)
}

function readDynamic(json: Readonly<Record<string, unknown>>, depth: number): Value | undefined {
  for (const key in json) if (key !== 'value' && key !== 'type') return undefined
  const { value, type } = json
  if (value === undefined || type === undefined) return undefined
  const known = typeOf(type)
  return known === undefined ? undefined : read(value, known, depth)
}

/** Thousands of objects have few types: those met last, by their JSON. What they share is also quick to compare. */
const types = new Map<string, Type>()
const maxTypes = 1000

/** The last of them: neighbours are mostly alike. */
let last: { readonly json: unknown; readonly type: Type } | undefined

function typeOf(json: unknown): Type | undefined {
  if (last !== undefined && isSameJson(json, last.json, 0)) return last.type
  const text = JSON.stringify(json)
  let type = types.get(text)
  if (type === undefined) {
    try {
      type = shared(typeFromJson(json), 0)
    } catch {
      return undefined
    }
    if (types.size >= maxTypes) types.clear()
    types.set(text, type)
  }
  last = { json, type }
  return type
}

/** For certain; types are not deep. */
function isSameJson(a: unknown, b: unknown, depth: number): boolean {
  if (a === b) return true
  if (depth > 10) return false
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (!isSameJson(a[i], b[i], depth + 1)) return false
    return true
  }
  if (!isObject(a) || !isObject(b)) return false
  let surplus = 0
  for (const name in a) {
    surplus++
    if (!isSameJson(a[name], b[name], depth + 1)) return false
  }
  for (const _ in b) surplus--
  return surplus === 0
}

/** The same type with object types that values made otherwise have too. */
function shared(type: Type, depth: number): Type {
  if (type.kind !== 'object' || type.optional.size > 0 || depth > 10) return type
  return sharedObjectType(new Map([...type.attributes].map(([name, t]) => [name, shared(t, depth + 1)] as const)))
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}
