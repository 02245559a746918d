import { compareStrings } from '../../base/index.ts'
import { jsonString, type Type } from '../../cty/index.ts'

/** A type as `type()` prints it, over several lines. */
export function typeText(type: Type, indent = 0): string {
  const inner = ' '.repeat(indent + 4)
  const close = ' '.repeat(indent)
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'map':
      // Only what takes several lines begins on one of its own.
      return typeText(type.element).includes('\n')
        ? `${type.kind}(\n${inner}${typeText(type.element, indent + 4)},\n${close})`
        : `${type.kind}(${typeText(type.element)})`
    case 'tuple':
      if (type.elements.length === 0) return 'tuple([])'
      return `tuple([\n${type.elements.map((t) => `${inner}${typeText(t, indent + 4)},\n`).join('')}${close}])`
    case 'object': {
      if (type.attributes.size === 0) return 'object({})'
      const names = [...type.attributes.keys()].sort(compareStrings)
      const rows = names.map((name) => `${inner}${attributeName(name)}: ${typeText(type.attributes.get(name)!, indent + 4)},\n`)
      return `object({\n${rows.join('')}${close}})`
    }
    case 'capsule':
      return type.name
    default:
      return type.kind
  }
}

function attributeName(name: string): string {
  return /^[\p{L}_][\p{L}\p{N}_-]*$/u.test(name) ? name : jsonString(name)
}
