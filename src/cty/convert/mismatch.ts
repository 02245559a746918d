import { isCollectionType, isPrimitiveType, type ObjectType, type Type } from '../type.ts'
import { conversionExists } from './conversion.ts'
import { friendlyConstraintName, friendlyName } from './names.ts'

/** Why a value of one type cannot be converted to another, as a phrase: `string required, but have list of string`. */
export function mismatchMessage(got: Type, want: Type): string {
  return specificMessage(got, want) ?? generalMessage(got, want)
}

function specificMessage(got: Type, want: Type): string | undefined {
  if (got.kind === 'object' && want.kind === 'object') return objectMessage(got, want)
  if (isCollectionType(want)) {
    if ((got.kind === 'tuple' && want.kind !== 'map') || (got.kind === 'object' && want.kind === 'map')) {
      if (want.element.kind === 'dynamic') return `all ${want.kind} elements must have the same type`
      const parts: Iterable<readonly [string | number, Type]> = got.kind === 'tuple' ? got.elements.entries() : got.attributes
      for (const [key, type] of parts) {
        if (!conversionExists(type, want.element, 'unsafe')) return `element ${JSON.stringify(key)}: ${mismatchMessage(type, want.element)}`
      }
      return undefined
    }
    if (isCollectionType(got) && (got.kind === 'map') === (want.kind === 'map') && !conversionExists(got.element, want.element, 'unsafe')) {
      return `incorrect ${want.kind} element type: ${mismatchMessage(got.element, want.element)}`
    }
  }
  return undefined
}

function objectMessage(got: ObjectType, want: ObjectType): string | undefined {
  const missing: string[] = []
  for (const [name, type] of want.attributes) {
    const given = got.attributes.get(name)
    if (given === undefined) {
      if (!want.optional.has(name)) missing.push(name)
    } else if (!conversionExists(given, type, 'unsafe')) return `attribute ${JSON.stringify(name)}: ${mismatchMessage(given, type)}`
  }
  if (missing.length === 0) return undefined
  const quoted = missing.map((name) => JSON.stringify(name))
  if (quoted.length === 1) return `attribute ${quoted[0]} is required`
  if (quoted.length === 2) return `attributes ${quoted[0]} and ${quoted[1]} are required`
  return `attributes ${quoted.slice(0, -1).join(', ')}, and ${quoted.at(-1)} are required`
}

function generalMessage(got: Type, want: Type): string {
  const wanted = friendlyConstraintName(want)
  // Between primitive types a mismatch is mostly about one value, which the surrounding message shows.
  const tellsMore =
    isPrimitiveType(got) !== isPrimitiveType(want) ||
    want.kind === 'string' ||
    (got.kind === 'bool' && want.kind === 'number') ||
    (got.kind === 'number' && want.kind === 'bool')
  return tellsMore && got.kind !== 'dynamic' ? `${wanted} required, but have ${friendlyName(got)}` : `${wanted} required`
}
