import type { Type } from '../type.ts'

/** The name of a type in messages: `string`, `list of string`, `object`. */
export function friendlyName(type: Type): string {
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'map':
      return `${type.kind} of ${friendlyName(type.element)}`
    case 'capsule':
      return type.name
    default:
      return type.kind
  }
}

/** The name of a type that is asked for, where `dynamic` means a free choice: `any type`, `list of any single type`. */
export function friendlyConstraintName(type: Type): string {
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'map':
      return `${type.kind} of ${type.element.kind === 'dynamic' ? 'any single type' : friendlyConstraintName(type.element)}`
    case 'dynamic':
      return 'any type'
    default:
      return friendlyName(type)
  }
}
