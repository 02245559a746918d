import { conforms } from '../convert/conformance.ts'
import { convert } from '../convert/conversion.ts'
import { CtyError } from '../errors.ts'
import { parseJsonLossless } from '../json/parse.ts'
import { typeFromJson, typeToJson } from '../json/type.ts'
import {
  type Numeric,
  numericFromFloat,
  numericFromInteger,
  numericIsExactDouble,
  numericToBigInt,
  numericToJs,
  numericToString,
  parseNumeric,
} from '../number.ts'
import type { NumberBound, Refinement } from '../refinement.ts'
import {
  boolType,
  dynamicType,
  numberType,
  type ObjectType,
  objectType,
  stringType,
  type Type,
  tupleType,
  typeEquals,
  withoutOptional,
} from '../type.ts'
import { refine } from '../unknown.ts'
import {
  boolVal,
  listVal,
  mapVal,
  normalizeString,
  nullVal,
  numberVal,
  objectVal,
  setVal,
  stringVal,
  tupleVal,
  unknownVal,
  type Value,
} from '../value.ts'
import { decodeUtf8, MsgpackReader, type Token } from './reader.ts'
import { MsgpackWriter } from './writer.ts'

/** The extension type of an unknown value of which something is known. */
const REFINED_UNKNOWN = 12

/** Limits of the format, in bytes. */
const MAX_REFINEMENT = 1024
const MAX_PREFIX = 256

/** Keys in the map of a refined unknown. */
const NULLNESS = 1
const STRING_PREFIX = 2
const NUMBER_MIN = 3
const NUMBER_MAX = 4
const LENGTH_MIN = 5
const LENGTH_MAX = 6

/**
 * The msgpack of a value under a type constraint, as the plugin protocol carries it. A value that does not conform is
 * converted first.
 *
 * @throws CtyError for marked values and when conversion fails.
 * @see cty-encodings, "Values as msgpack"
 */
export function valueToMsgpack(value: Value, type: Type = value.type): Uint8Array {
  if (value.containsMarked) throw new CtyError('value has marks, so it cannot be serialized')
  const writer = new MsgpackWriter()
  write(conforms(value.type, type) ? value : convert(value, type), type, writer)
  return writer.finish()
}

function write(value: Value, type: Type, writer: MsgpackWriter): void {
  if (type.kind === 'dynamic' && value.type.kind !== 'dynamic') {
    writer.array(2)
    writer.binary(new TextEncoder().encode(typeToJson(value.type)))
    write(value, value.type, writer)
    return
  }
  if (!value.isKnown) {
    writeUnknown(value, writer)
    return
  }
  if (value.isNull) {
    writer.nil()
    return
  }
  switch (type.kind) {
    case 'string':
      writer.string(value.asString())
      return
    case 'number':
      writeNumber(value.asNumeric(), writer)
      return
    case 'bool':
      writer.bool(value.asBool())
      return
    case 'list':
    case 'set':
    case 'tuple': {
      const elements = value.asArray()
      writer.array(elements.length)
      for (let i = 0; i < elements.length; i++) write(elements[i]!, type.kind === 'tuple' ? type.elements[i]! : type.element, writer)
      return
    }
    case 'map':
    case 'object': {
      const entries = value.asMap()
      writer.map(entries.size)
      for (const [key, e] of entries) {
        writer.string(key)
        write(e, type.kind === 'map' ? type.element : type.attributes.get(key)!, writer)
      }
      return
    }
    default:
      throw new CtyError(`a value of type ${type.kind} cannot be serialized`)
  }
}

const MIN_INT64 = -(2n ** 63n)
const MAX_INT64 = 2n ** 63n - 1n

/** An integer when it is one of 64 bits, a float when that is exact and it is no integer, else decimal text. */
function writeNumber(n: Numeric, writer: MsgpackWriter): void {
  if (typeof n === 'number' && (n | 0) === n) {
    writer.smallInteger(n)
    return
  }
  if (typeof n === 'number' && !Number.isFinite(n)) {
    writer.float(n)
    return
  }
  const integer = numericToBigInt(n)
  if (integer !== undefined && integer >= MIN_INT64 && integer <= MAX_INT64) writer.integer(integer)
  else if (integer === undefined && numericIsExactDouble(n)) writer.float(numericToJs(n))
  else writer.string(numericToString(n))
}

function writeUnknown(value: Value, writer: MsgpackWriter): void {
  const r = value.refinement
  if (r === undefined) {
    writer.extension(0, new Uint8Array(1))
    return
  }
  const entries: ((inner: MsgpackWriter) => void)[] = []
  const entry = (key: number, content: (inner: MsgpackWriter) => void): void => {
    entries.push((inner) => {
      inner.integer(BigInt(key))
      content(inner)
    })
  }
  if (r.notNull) entry(NULLNESS, (inner) => inner.bool(false))
  if (r.prefix) entry(STRING_PREFIX, (inner) => inner.string(cutPrefix(r.prefix!)))
  if (r.min !== undefined) entry(NUMBER_MIN, (inner) => writeBound(r.min!, inner))
  if (r.max !== undefined) entry(NUMBER_MAX, (inner) => writeBound(r.max!, inner))
  if (r.minLength) entry(LENGTH_MIN, (inner) => inner.integer(BigInt(r.minLength!)))
  if (r.maxLength !== undefined) entry(LENGTH_MAX, (inner) => inner.integer(BigInt(r.maxLength!)))
  const inner = new MsgpackWriter()
  inner.map(entries.length)
  for (const e of entries) e(inner)
  const bytes = inner.finish()
  // A refinement that is too long is dropped: the unknown is still true without it.
  if (entries.length === 0 || bytes.length > MAX_REFINEMENT) writer.extension(0, new Uint8Array(1))
  else writer.extension(REFINED_UNKNOWN, bytes)
}

function writeBound(bound: NumberBound, writer: MsgpackWriter): void {
  writer.array(2)
  writeNumber(bound.value, writer)
  writer.bool(bound.inclusive)
}

function cutPrefix(prefix: string): string {
  const bytes = new TextEncoder().encode(prefix)
  if (bytes.length <= MAX_PREFIX) return prefix
  let end = MAX_PREFIX
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--
  return safeCut(decodeUtf8(bytes.subarray(0, end)))
}

/** Cut in the middle of a text, the last cluster may lack its end. */
function safeCut(text: string): string {
  const last = new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text).containing(text.length - 1)
  return text.slice(0, last?.index ?? 0)
}

/** @throws CtyError when the bytes are no msgpack or not of the type. */
export function msgpackToValue(bytes: Uint8Array, type: Type): Value {
  const reader = new MsgpackReader(bytes)
  const value = readNext(reader, type)
  if (!reader.atEnd) throw new CtyError('extraneous data after msgpack value')
  return value
}

function readNext(reader: MsgpackReader, type: Type): Value {
  // Nearly all that there is, without an object for each item.
  if (type.kind !== 'dynamic' && reader.tryNil()) return nullVal(withoutOptional(type))
  if (type.kind === 'string') {
    const text = reader.tryString()
    if (text !== undefined) return stringVal(text)
  }
  return read(reader, reader.next(), type)
}

function read(reader: MsgpackReader, token: Token, type: Type): Value {
  if (token.kind === 'extension') return readUnknown(token, withoutOptional(type))
  if (type.kind === 'dynamic') return readDynamic(reader, token)
  if (token.kind === 'nil') return nullVal(withoutOptional(type))
  switch (type.kind) {
    case 'string':
      if (token.kind !== 'string') throw new CtyError('a string is required')
      return stringVal(decodeUtf8(token.bytes))
    case 'number':
      return numberVal(readNumber(token))
    case 'bool':
      if (token.kind !== 'bool') throw new CtyError('a bool is required')
      return boolVal(token.value)
    case 'list':
    case 'set': {
      const elements = readItems(reader, token, () => type.element)
      const element = commonType(elements, type.element)
      return type.kind === 'list' ? listVal(elements, element) : setVal(elements, element)
    }
    case 'tuple': {
      if (token.kind === 'array' && token.length !== type.elements.length) {
        throw new CtyError(`a tuple of length ${type.elements.length} is required`)
      }
      return tupleVal(readItems(reader, token, (i) => type.elements[i]!))
    }
    case 'map': {
      if (token.kind !== 'map') throw new CtyError('a map is required')
      const entries: [string, Value][] = []
      for (let i = 0; i < token.length; i++) entries.push([readKey(reader), readNext(reader, type.element)])
      return mapVal(
        entries,
        commonType(
          entries.map(([, e]) => e),
          type.element,
        ),
      )
    }
    case 'object':
      return readObject(reader, token, type)
    default:
      throw new CtyError(`a value of type ${type.name} cannot be read`)
  }
}

function readItems(reader: MsgpackReader, token: Token, typeOf: (index: number) => Type): Value[] {
  if (token.kind !== 'array') throw new CtyError('an array is required')
  const items: Value[] = []
  for (let i = 0; i < token.length; i++) items.push(readNext(reader, typeOf(i)))
  return items
}

function commonType(elements: readonly Value[], given: Type): Type {
  const type = elements[0]?.type ?? withoutOptional(given)
  if (elements.some((e) => e.type !== type && !typeEquals(e.type, type))) throw new CtyError('all elements must have the same type')
  return type
}

function readKey(reader: MsgpackReader): string {
  const text = reader.tryString()
  if (text !== undefined) return normalizeString(text)
  const key = reader.next()
  if (key.kind !== 'string' && key.kind !== 'binary') throw new CtyError('a key must be a string')
  return normalizeString(decodeUtf8(key.bytes))
}

function readObject(reader: MsgpackReader, token: Token, type: ObjectType): Value {
  if (token.kind !== 'map') throw new CtyError('an object is required')
  if (token.length !== type.attributes.size) throw new CtyError(`an object with ${type.attributes.size} attributes is required`)
  const attributes = new Map<string, Value>()
  let exact = type.optional.size === 0
  // Both sides list them by name.
  for (const [name, attribute] of type.attributes) {
    if (!reader.tryKey(name)) break
    const value = readNext(reader, attribute)
    if (value.type !== attribute) exact = false
    attributes.set(name, value)
  }
  for (let i = attributes.size; i < token.length; i++) {
    const name = readKey(reader)
    const attribute = type.attributes.get(name)
    if (attribute === undefined) throw new CtyError(`unsupported attribute ${JSON.stringify(name)}`)
    const value = readNext(reader, attribute)
    if (value.type !== attribute) exact = false
    attributes.set(name, value)
  }
  if (attributes.size !== type.attributes.size) throw new CtyError('an attribute appears more than once')
  return objectVal(attributes, exact ? type : undefined)
}

function readDynamic(reader: MsgpackReader, token: Token): Value {
  if (token.kind === 'nil') return nullVal(dynamicType)
  if (token.kind !== 'array' || token.length !== 2) throw new CtyError('dynamic value array must have exactly two elements')
  const description = reader.next()
  if (description.kind !== 'binary' && description.kind !== 'string') throw new CtyError('the type of a dynamic value is missing')
  const type = typeFromJson(parseJsonLossless(decodeUtf8(description.bytes)))
  return readNext(reader, type)
}

function readNumber(token: Token): Numeric {
  switch (token.kind) {
    case 'integer':
      return numericFromInteger(token.value)
    case 'float':
      return numericFromFloat(token.value)
    case 'string': {
      const number = parseNumeric(decodeUtf8(token.bytes))
      if (number !== undefined) return number
    }
  }
  throw new CtyError('a number is required')
}

/** An extension of another type than `REFINED_UNKNOWN` is an unknown as well: the protocol reserves them all for that. */
function readUnknown(token: Token & { kind: 'extension' }, type: Type): Value {
  const unknown = unknownVal(type)
  if (token.bytes.length <= 1 || token.type !== REFINED_UNKNOWN || type.kind === 'dynamic') return unknown
  if (token.bytes.length > MAX_REFINEMENT) throw new CtyError('the refinement of an unknown value is too long')
  const reader = new MsgpackReader(token.bytes)
  const head = reader.next()
  if (head.kind !== 'map') throw new CtyError('the refinement of an unknown value must be a map')
  const r: { -readonly [K in keyof Refinement]: Refinement[K] } = {}
  let isNull = false
  for (let i = 0; i < head.length; i++) {
    const key = reader.next()
    const content = reader.next()
    switch (key.kind === 'integer' ? Number(key.value) : undefined) {
      case NULLNESS:
        if (content.kind !== 'bool') throw new CtyError('nullness must be a bool')
        if (content.value) isNull = true
        else r.notNull = true
        break
      case STRING_PREFIX:
        if (type.kind !== 'string' || content.kind !== 'string') throw new CtyError('a string prefix is not valid for this type')
        r.prefix = decodeUtf8(content.bytes)
        break
      case NUMBER_MIN:
        r.min = readBound(reader, content, type)
        break
      case NUMBER_MAX:
        r.max = readBound(reader, content, type)
        break
      case LENGTH_MIN:
        r.minLength = readLength(content, type)
        break
      case LENGTH_MAX:
        r.maxLength = readLength(content, type)
        break
      default:
        skipContent(reader, content)
    }
  }
  return isNull ? nullVal(type) : refine(unknown, r)
}

function readBound(reader: MsgpackReader, content: Token, type: Type): NumberBound {
  if (type.kind !== 'number' || content.kind !== 'array' || content.length !== 2)
    throw new CtyError('a number bound is not valid for this type')
  const value = readNumber(reader.next())
  const inclusive = reader.next()
  if (inclusive.kind !== 'bool') throw new CtyError('a number bound must say whether it is inclusive')
  return { value, inclusive: inclusive.value }
}

function readLength(content: Token, type: Type): number {
  const isCollection = type.kind === 'list' || type.kind === 'set' || type.kind === 'map'
  if (!isCollection || content.kind !== 'integer') throw new CtyError('a length bound is not valid for this type')
  return Number(content.value)
}

/** Everything below an item already taken; counted rather than nested, so depth does not matter. */
function skipContent(reader: MsgpackReader, first: Token): void {
  let open = itemsBelow(first)
  while (open > 0) open += itemsBelow(reader.next()) - 1
}

function itemsBelow(token: Token): number {
  return token.kind === 'array' ? token.length : token.kind === 'map' ? 2 * token.length : 0
}

/** The type a value has by itself: arrays are tuples, maps objects, unknown and nil untyped. @throws CtyError */
export function impliedTypeOfMsgpack(bytes: Uint8Array): Type {
  const reader = new MsgpackReader(bytes)
  const type = impliedType(reader)
  if (!reader.atEnd) throw new CtyError('extraneous data after msgpack value')
  return type
}

function impliedType(reader: MsgpackReader): Type {
  const token = reader.next()
  switch (token.kind) {
    case 'integer':
    case 'float':
      return numberType
    case 'string':
    case 'binary':
      return stringType
    case 'bool':
      return boolType
    case 'array':
      return tupleType(Array.from({ length: token.length }, () => impliedType(reader)))
    case 'map':
      return objectType(Array.from({ length: token.length }, () => [readKey(reader), impliedType(reader)] as const))
    default:
      return dynamicType
  }
}
