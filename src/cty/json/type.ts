import { CtyError } from '../errors.ts'
import { boolType, dynamicType, listType, mapType, numberType, objectType, setType, stringType, type Type, tupleType } from '../type.ts'
import { JsonNumber, JsonObject } from './parse.ts'
import { jsonString } from './string.ts'

/** The compact JSON of a type: `"string"`, `["list","bool"]`, `["object",{"a":"number"},["a"]]`. Capsules have none. */
export function typeToJson(type: Type): string {
  // What is still to be written, last first: types, and text between and behind them.
  const pending: (Type | string)[] = [type]
  let text = ''
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    text += typeof next === 'string' ? next : openType(next, pending)
  }
  return text
}

/** The beginning of a type's JSON; the rest goes to `pending`. */
function openType(type: Type, pending: (Type | string)[]): string {
  switch (type.kind) {
    case 'string':
    case 'number':
    case 'bool':
    case 'dynamic':
      return `"${type.kind}"`
    case 'list':
    case 'set':
    case 'map':
      pending.push(']', type.element)
      return `["${type.kind}",`
    case 'tuple':
      pending.push(']]')
      for (let i = type.elements.length - 1; i >= 0; i--) {
        pending.push(type.elements[i]!)
        if (i > 0) pending.push(',')
      }
      return '["tuple",['
    case 'object': {
      const optional = type.optional.size === 0 ? '' : `,[${[...type.optional].map(jsonString).join(',')}]`
      pending.push(`}${optional}]`)
      const entries = [...type.attributes].reverse()
      for (const [i, [name, t]] of entries.entries()) pending.push(t, `${i < entries.length - 1 ? ',' : ''}${jsonString(name)}:`)
      return '["object",{'
    }
    case 'capsule':
      throw new CtyError(`type ${type.name} has no JSON form`)
  }
}

/** The type that a parsed JSON document describes, from `JSON.parse` or `parseJsonLossless`. @throws CtyError when it is none. */
export function typeFromJson(json: unknown): Type {
  if (typeof json === 'string') {
    switch (json) {
      case 'string':
        return stringType
      case 'number':
        return numberType
      case 'bool':
        return boolType
      case 'dynamic':
        return dynamicType
      default:
        throw new CtyError(`invalid primitive type name ${JSON.stringify(json)}`)
    }
  }
  if (!Array.isArray(json)) throw new CtyError('invalid complex type description')
  const [kind, content, optional] = json as unknown[]
  if (json.length !== (kind === 'object' && json.length === 3 ? 3 : 2)) throw new CtyError('invalid complex type description')
  switch (kind) {
    case 'list':
      return listType(typeFromJson(content))
    case 'set':
      return setType(typeFromJson(content))
    case 'map':
      return mapType(typeFromJson(content))
    case 'tuple':
      if (!Array.isArray(content)) throw new CtyError('invalid tuple element types')
      return tupleType(content.map(typeFromJson))
    case 'object':
      return objectType(
        propertiesOf(content).map(([name, t]) => [name, typeFromJson(t)] as const),
        optionalNames(optional),
      )
    default:
      throw new CtyError(`invalid complex type kind ${JSON.stringify(kind)}`)
  }
}

function propertiesOf(content: unknown): readonly (readonly [string, unknown])[] {
  if (content instanceof JsonObject) return content.entries
  if (typeof content !== 'object' || content === null || Array.isArray(content) || content instanceof JsonNumber) {
    throw new CtyError('invalid object attribute types')
  }
  return Object.entries(content)
}

function optionalNames(names: unknown): readonly string[] {
  if (names === undefined) return []
  if (!Array.isArray(names) || names.some((n) => typeof n !== 'string')) throw new CtyError('invalid optional attribute names')
  return names as string[]
}
