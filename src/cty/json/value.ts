import { conforms } from '../convert/conformance.ts'
import { convert } from '../convert/conversion.ts'
import { CtyError } from '../errors.ts'
import { numericToString, parseNumeric } from '../number.ts'
import { attributeStep, indexStep, type Path, type PathStep } from '../path.ts'
import {
  boolType,
  dynamicType,
  emptyObjectType,
  type ListType,
  numberType,
  type ObjectType,
  objectType,
  stringType,
  type Type,
  tupleType,
  typeEquals,
  withoutOptional,
} from '../type.ts'
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
  type Value,
} from '../value.ts'
import { type ParsedJson, tryPlainJsonToValue } from './_plain.ts'
import { type Json, JsonNumber, JsonObject, JsonSyntaxError, parseJsonLossless } from './parse.ts'
import { jsonString } from './string.ts'
import { typeFromJson, typeToJson } from './type.ts'

/**
 * The compact JSON of a value under a type constraint; where the constraint is `dynamic` the type is written beside the
 * value. A value that does not conform is converted first.
 *
 * @throws CtyError for unknown and marked values, infinities, and when conversion fails.
 * @see cty-encodings, "Values as JSON"
 */
export function valueToJson(value: Value, type: Type = value.type): string {
  if (value.containsMarked) throw new CtyError('value has marks, so it cannot be serialized as JSON')
  if (!value.isWhollyKnown) throw new CtyError('value is not known')
  const out: string[] = []
  write(conforms(value.type, type) ? value : convert(value, type), type, out)
  return out.join('')
}

/** A container whose children are being written. */
interface OpenContainer {
  readonly type: Type
  readonly keys: Iterator<string> | undefined
  readonly children: Iterator<Value>
  readonly close: string
  index: number
}

/** Containers are kept on a list: how deeply values nest is up to those who make them. */
function write(root: Value, rootType: Type, out: string[]): void {
  const open: OpenContainer[] = []
  writeOne(root, rootType, out, open)
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const { done, value } = top.children.next()
    if (done) {
      out.push(top.close)
      open.pop()
      continue
    }
    const { type, index } = top
    if (index > 0) out.push(',')
    top.index++
    let childType: Type
    if (top.keys === undefined) childType = type.kind === 'tuple' ? type.elements[index]! : (type as ListType).element
    else {
      const key: string = top.keys.next().value!
      out.push(jsonString(key), ':')
      childType = type.kind === 'object' ? type.attributes.get(key)! : (type as ListType).element
    }
    writeOne(value, childType, out, open)
  }
}

/** Writes a value, or the beginning of a container, which is then the innermost one that is open. */
function writeOne(value: Value, constraint: Type, out: string[], open: OpenContainer[]): void {
  let type = constraint
  let end = ''
  if (type.kind === 'dynamic' && value.type.kind !== 'dynamic') {
    out.push('{"value":')
    type = value.type
    end = `,"type":${typeToJson(type)}}`
  }
  if (value.isNull) {
    out.push(`null${end}`)
    return
  }
  switch (type.kind) {
    case 'string':
      out.push(jsonString(value.asString()), end)
      return
    case 'number': {
      const n = value.asNumeric()
      if (typeof n === 'number' && !Number.isFinite(n)) throw new CtyError('cannot serialize infinity as JSON')
      out.push(numericToString(n), end)
      return
    }
    case 'bool':
      out.push(value.asBool() ? 'true' : 'false', end)
      return
    case 'list':
    case 'set':
    case 'tuple':
      out.push('[')
      open.push({ type, keys: undefined, children: value.asArray().values(), close: `]${end}`, index: 0 })
      return
    case 'map':
    case 'object': {
      const members = value.asMap()
      out.push('{')
      open.push({ type, keys: members.keys(), children: members.values(), close: `}${end}`, index: 0 })
      return
    }
    default:
      throw new CtyError(`a value of type ${type.kind} has no JSON form`)
  }
}

/** @throws CtyError with the path of the part that does not fit the type. */
export function jsonToValue(document: string | ParsedJson, type: Type): Value {
  const value = tryPlainJsonToValue(document, type)
  return value ?? jsonNodeToValue(parseJsonLossless(typeof document === 'string' ? document : document.text), type)
}

/** The value of a parsed document under a type constraint. @throws CtyError with the path of the part that does not fit. */
export function jsonNodeToValue(json: Json, type: Type): Value {
  return read(json, type, undefined)
}

type Steps = { readonly step: PathStep; readonly outer: Steps; readonly depth: number } | undefined

/** Deeper documents are refused: whoever handles the value later may descend into it by recursion. */
const MAX_DEPTH = 1000

function below(outer: Steps, step: PathStep): Steps {
  const depth = (outer?.depth ?? 0) + 1
  if (depth > MAX_DEPTH) throw new CtyError('the JSON document is nested too deeply')
  return { step, outer, depth }
}

function read(json: Json, type: Type, path: Steps): Value {
  if (json === null) return nullVal(withoutOptional(type))
  switch (type.kind) {
    case 'dynamic':
      return readDynamic(json, path)
    case 'string':
      if (typeof json === 'string') return stringVal(json)
      if (json instanceof JsonNumber) return stringVal(json.text)
      if (typeof json === 'boolean') return stringVal(String(json))
      throw failure('a string is required', path)
    case 'number': {
      const text = typeof json === 'string' ? json : json instanceof JsonNumber ? json.text : undefined
      const number = text === undefined ? undefined : parseNumeric(text)
      if (number === undefined) throw failure('a number is required', path)
      return numberVal(number)
    }
    case 'bool':
      if (typeof json === 'boolean') return boolVal(json)
      if (typeof json === 'string') return convert(stringVal(json), boolType)
      throw failure('a bool is required', path)
    case 'list':
    case 'set': {
      if (!Array.isArray(json)) throw failure(`a ${type.kind} is required`, path)
      const elements = (json as readonly Json[]).map((e, i) => read(e, type.element, below(path, indexStep(numberVal(i)))))
      const element = commonType(elements, type.element, path)
      return type.kind === 'list' ? listVal(elements, element) : setVal(elements, element)
    }
    case 'map': {
      if (!(json instanceof JsonObject)) throw failure('a map is required', path)
      const entries = json.entries.map(([key, e]) => [key, read(e, type.element, below(path, indexStep(stringVal(key))))] as const)
      return mapVal(
        entries,
        commonType(
          entries.map(([, e]) => e),
          type.element,
          path,
        ),
      )
    }
    case 'tuple': {
      if (!Array.isArray(json)) throw failure('a tuple is required', path)
      const items = json as readonly Json[]
      if (items.length > type.elements.length) throw failure('too many tuple elements', path)
      if (items.length < type.elements.length) throw failure(`not enough tuple elements (need ${type.elements.length})`, path)
      return tupleVal(items.map((e, i) => read(e, type.elements[i]!, below(path, indexStep(numberVal(i))))))
    }
    case 'object':
      return readObject(json, type, path)
    case 'capsule':
      throw failure(`a value of type ${type.name} has no JSON form`, path)
  }
}

/** The type all elements share: the given one, or where that has dynamic parts the elements' own. */
function commonType(elements: readonly Value[], given: Type, path: Steps): Type {
  const type = elements[0]?.type ?? withoutOptional(given)
  if (elements.some((e) => e.type !== type && !typeEquals(e.type, type))) throw failure('all elements must have the same type', path)
  return type
}

function readObject(json: Json, type: ObjectType, path: Steps): Value {
  if (!(json instanceof JsonObject)) throw failure('an object is required', path)
  const given = new Map<string, Value>()
  for (const [key, e] of json.entries) {
    const name = normalizeString(key)
    const attribute = type.attributes.get(name)
    if (attribute === undefined) throw failure(`unsupported attribute ${JSON.stringify(name)}`, path)
    given.set(name, read(e, attribute, below(path, attributeStep(name))))
  }
  const attributes = new Map<string, Value>()
  let exact = true
  for (const [name, t] of type.attributes) {
    const value = given.get(name) ?? nullVal(withoutOptional(t))
    if (value.type !== t) exact = false
    attributes.set(name, value)
  }
  return objectVal(attributes, exact && type.optional.size === 0 ? type : undefined)
}

function readDynamic(json: Json, path: Steps): Value {
  if (!(json instanceof JsonObject)) throw failure('an object with "value" and "type" is required', path)
  let value: Json | undefined
  let type: Type | undefined
  for (const [key, e] of json.entries) {
    if (key === 'value') value = e
    else if (key === 'type') type = typeFromJson(e)
    else throw failure(`invalid key ${JSON.stringify(key)} in dynamically-typed value`, path)
  }
  if (type === undefined) throw failure('missing type in dynamically-typed value', path)
  if (value === undefined) throw failure('missing value in dynamically-typed value', path)
  return read(value, type, path)
}

function failure(message: string, steps: Steps): CtyError {
  const path: PathStep[] = []
  for (let s = steps; s !== undefined; s = s.outer) path.push(s.step)
  return new CtyError(message, path.reverse() as Path)
}

/**
 * The type a document has by itself: arrays are tuples, objects objects, null is untyped. @throws CtyError when the text is
 * no JSON or a property is repeated with another type.
 */
export function impliedTypeOfJson(text: string): Type {
  let json: Json
  try {
    json = parseJsonLossless(text)
  } catch (error) {
    if (error instanceof JsonSyntaxError && error.message.endsWith('after top-level value')) {
      throw new JsonSyntaxError('extraneous data after JSON object', error.offset)
    }
    throw error
  }
  return impliedTypeOfJsonNode(json)
}

export function impliedTypeOfJsonNode(json: Json, depth = 0): Type {
  if (json === null) return dynamicType
  if (typeof json === 'boolean') return boolType
  if (typeof json === 'string') return stringType
  if (json instanceof JsonNumber) return numberType
  if (depth > MAX_DEPTH) throw new CtyError('the JSON document is nested too deeply')
  if (json instanceof JsonObject) return impliedObject(json, depth)
  return tupleType(json.map((e) => impliedTypeOfJsonNode(e, depth + 1)))
}

function impliedObject(json: JsonObject, depth: number): Type {
  if (json.entries.length === 0) return emptyObjectType
  const attributes = new Map<string, Type>()
  for (const [key, e] of json.entries) {
    const name = normalizeString(key)
    const type = impliedTypeOfJsonNode(e, depth + 1)
    const before = attributes.get(name)
    if (before !== undefined && !typeEquals(before, type)) throw new CtyError(`duplicate ${JSON.stringify(name)} property in JSON object`)
    attributes.set(name, type)
  }
  return objectType(attributes)
}

/** The value of a document that describes its own type, as `jsondecode` and `.tfvars.json` files read it. */
export function jsonToImpliedValue(text: string): Value {
  const type = impliedTypeOfJson(text)
  return jsonNodeToValue(parseJsonLossless(text), type)
}
