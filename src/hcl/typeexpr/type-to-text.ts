import type { Type } from '../../cty/index.ts'
import { quote } from '../traverse.ts'

const identifier = /^[\p{ID_Start}_][\p{ID_Continue}-]*$/u

/** The type as it is written in configuration, without spaces: `object({a=string,b=list(number)})`. */
export function typeToText(type: Type): string {
  switch (type.kind) {
    case 'dynamic':
      return 'any'
    case 'list':
    case 'set':
    case 'map':
      return `${type.kind}(${typeToText(type.element)})`
    case 'tuple':
      return `tuple([${type.elements.map(typeToText).join(',')}])`
    case 'object':
      return `object({${[...type.attributes].map(([name, t]) => `${attributeName(name)}=${attributeText(t, type.optional.has(name))}`).join(',')}})`
    case 'capsule':
      return type.name
    default:
      return type.kind
  }
}

function attributeName(name: string): string {
  return identifier.test(name) ? name : quote(name)
}

function attributeText(type: Type, optional: boolean): string {
  return optional ? `optional(${typeToText(type)})` : typeToText(type)
}
