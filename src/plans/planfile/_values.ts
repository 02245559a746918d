import { assertNever, InvariantError } from '../../base/index.ts'
import {
  boolVal,
  dynamicVal,
  jsonString,
  listVal,
  type Mark,
  type Marks,
  mapVal,
  type NumberBound,
  type Numeric,
  nullVal,
  numberVal,
  numericToString,
  objectVal,
  type Path,
  type PathStep,
  parseNumeric,
  type Refinement,
  refine,
  setVal,
  stringVal,
  type Type,
  tupleVal,
  typeFromJson,
  typeToJson,
  unknownVal,
  type Value,
} from '../../cty/index.ts'

// The JSON of values in plan files. Strings, bools and null are themselves, numbers their decimal text, sequences arrays, maps and
// objects arrays of pairs. JSON objects stand only for what other encodings cannot say: `{"unknown": refinement}` and
// `{"marks": [...], "value": V}`. The type is given beside the outermost value and leads the reader.

export function valueToPlanJson(value: Value): string {
  return `{"type":${typeToJson(value.type)},"value":${encode(value)}}`
}

function encode(value: Value): string {
  if (value.marks === undefined) return encodeBare(value)
  const marks = [...value.marks].map((mark) =>
    typeof mark === 'string' ? jsonString(mark) : JSON.stringify({ deprecation: mark.message }),
  )
  return `{"marks":[${marks.join(',')}],"value":${encodeBare(value)}}`
}

function encodeBare(value: Value): string {
  if (value.isNull) return 'null'
  if (!value.isKnown) return `{"unknown":${JSON.stringify(refinementToJson(value.refinement))}}`
  switch (value.type.kind) {
    case 'string':
      return jsonString(value.asString())
    case 'bool':
      return value.asBool() ? 'true' : 'false'
    case 'number':
      return `"${numericText(value.asNumeric())}"`
    case 'list':
    case 'set':
    case 'tuple':
      return `[${value.asArray().map(encode).join(',')}]`
    case 'map':
    case 'object':
      return encodeEntries(value.asMap())
    case 'capsule':
    case 'dynamic':
      throw new InvariantError(`A value of type ${value.type.kind} cannot be part of a plan file. This is a bug in Landform.`)
    default:
      return assertNever(value.type)
  }
}

function encodeEntries(entries: ReadonlyMap<string, Value>): string {
  let text = ''
  for (const [name, child] of entries) {
    if (text !== '') text += ','
    text += `[${jsonString(name)},${encode(child)}]`
  }
  return `[${text}]`
}

function numericText(n: Numeric): string {
  if (n === Number.POSITIVE_INFINITY) return 'inf'
  if (n === Number.NEGATIVE_INFINITY) return '-inf'
  return numericToString(n)
}

function refinementToJson(r: Refinement | undefined): object {
  if (r === undefined) return {}
  const bound = (b: NumberBound | undefined) => (b === undefined ? undefined : { value: numericText(b.value), inclusive: b.inclusive })
  return { notNull: r.notNull, prefix: r.prefix, min: bound(r.min), max: bound(r.max), minLength: r.minLength, maxLength: r.maxLength }
}

/** The file is not what `valueToPlanJson` writes. */
export class PlanJsonError extends Error {
  override readonly name = 'PlanJsonError'
}

/** @param json parsed JSON. @throws PlanJsonError, CtyError */
export function valueFromPlanJson(json: unknown): Value {
  const { type, value } = object(json, 'a value')
  return decode(value, typeFromJson(type))
}

function decode(json: unknown, type: Type): Value {
  if (json === null) return nullVal(type)
  if (typeof json !== 'object' || Array.isArray(json)) return decodeKnown(json, type)
  const special = json as Record<string, unknown>
  if ('marks' in special) return decode(special.value, type).withMarks(marksFromJson(special.marks))
  if (!('unknown' in special)) throw new PlanJsonError('a value is neither known nor unknown')
  if (type.kind === 'dynamic') return dynamicVal
  const refinement = refinementFromJson(object(special.unknown, 'a refinement'))
  return refinement === undefined ? unknownVal(type) : refine(unknownVal(type), refinement)
}

function decodeKnown(json: unknown, type: Type): Value {
  switch (type.kind) {
    case 'string':
      return stringVal(string(json))
    case 'bool':
      if (typeof json !== 'boolean') break
      return boolVal(json)
    case 'number':
      return numberVal(numeric(json))
    case 'list':
      return listVal(
        array(json).map((e) => decode(e, type.element)),
        type.element,
      )
    case 'set':
      return setVal(
        array(json).map((e) => decode(e, type.element)),
        type.element,
      )
    case 'map':
      return mapVal(
        pairs(json).map(([name, e]) => [name, decode(e, type.element)] as const),
        type.element,
      )
    case 'tuple': {
      const elements = array(json)
      if (elements.length !== type.elements.length) break
      return tupleVal(elements.map((e, i) => decode(e, type.elements[i]!)))
    }
    case 'object': {
      const attributes = pairs(json)
      if (attributes.length !== type.attributes.size) break
      return objectVal(
        attributes.map(([name, e]) => {
          const attribute = type.attributes.get(name)
          if (attribute === undefined) throw new PlanJsonError(`an object has no attribute ${JSON.stringify(name)}`)
          return [name, decode(e, attribute)] as const
        }),
        type,
      )
    }
  }
  throw new PlanJsonError(`a value is not of its type, ${type.kind}`)
}

function refinementFromJson(json: Record<string, unknown>): Refinement | undefined {
  if (Object.keys(json).length === 0) return undefined
  const bound = (b: unknown): NumberBound | undefined => {
    if (b === undefined) return undefined
    const { value, inclusive } = object(b, 'a bound')
    return { value: numeric(value), inclusive: inclusive === true }
  }
  return {
    notNull: json.notNull as boolean | undefined,
    prefix: json.prefix as string | undefined,
    min: bound(json.min),
    max: bound(json.max),
    minLength: json.minLength as number | undefined,
    maxLength: json.maxLength as number | undefined,
  }
}

function marksFromJson(json: unknown): Marks {
  return new Set(
    array(json).map(
      (mark): Mark => (typeof mark === 'string' ? mark : { kind: 'deprecation', message: string(object(mark, 'a mark').deprecation) }),
    ),
  )
}

export function pathToPlanJson(path: Path): string {
  return `[${path.map((s) => (s.kind === 'attribute' ? jsonString(s.name) : `{"index":${valueToPlanJson(s.key)}}`)).join(',')}]`
}

export function pathFromPlanJson(json: unknown): Path {
  return array(json).map((step): PathStep => {
    if (typeof step === 'string') return { kind: 'attribute', name: step }
    return { kind: 'index', key: valueFromPlanJson(object(step, 'a path step').index) }
  })
}

function numeric(json: unknown): Numeric {
  const text = string(json)
  if (text === 'inf') return Number.POSITIVE_INFINITY
  if (text === '-inf') return Number.NEGATIVE_INFINITY
  const n = parseNumeric(text)
  if (n === undefined) throw new PlanJsonError(`${JSON.stringify(text)} is not a number`)
  return n
}

export function string(json: unknown): string {
  if (typeof json !== 'string') throw new PlanJsonError('a string is missing')
  return json
}

export function array(json: unknown): readonly unknown[] {
  if (!Array.isArray(json)) throw new PlanJsonError('a list is missing')
  return json
}

export function object(json: unknown, what: string): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new PlanJsonError(`${what} is missing`)
  return json as Record<string, unknown>
}

function pairs(json: unknown): (readonly [string, unknown])[] {
  return array(json).map((pair) => {
    const [name, value] = array(pair)
    return [string(name), value] as const
  })
}
