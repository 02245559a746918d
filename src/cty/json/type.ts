import { CtyError } from '../errors.ts'
import { boolType, dynamicType, listType, mapType, numberType, objectType, setType, stringType, type Type, tupleType } from '../type.ts'
import { JsonNumber, JsonObject } from './parse.ts'
import { jsonString } from './string.ts'

/** The compact JSON of a type: `"string"`, `["list","bool"]`, `["object",{"a":"number"},["a"]]`. Capsules have none. */
export function typeToJson(type: Type): string {
  switch (type.kind) {
    case 'string':
    case 'number':
    case 'bool':
    case 'dynamic':
      return `"${type.kind}"`
    case 'list':
    case 'set':
    case 'map':
      return `["${type.kind}",${typeToJson(type.element)}]`
    case 'tuple':
      return `["tuple",[${type.elements.map(typeToJson).join(',')}]]`
    case 'object': {
      let attributes = ''
      for (const [name, t] of type.attributes) {
        if (attributes !== '') attributes += ','
        attributes += `${jsonString(name)}:${typeToJson(t)}`
      }
      const optional = type.optional.size === 0 ? '' : `,[${[...type.optional].map(jsonString).join(',')}]`
      return `["object",{${attributes}}${optional}]`
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
