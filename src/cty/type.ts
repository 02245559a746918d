import { compareStrings } from '../base/index.ts'

/** A type of the language. Compare with `typeEquals`; the primitive types are single objects. */
export type Type = PrimitiveType | DynamicType | ListType | SetType | MapType | TupleType | ObjectType | CapsuleType

export interface PrimitiveType {
  readonly kind: 'string' | 'number' | 'bool'
}

/** As a constraint: any type. As the type of a value: only of an untyped null and of an unknown of unknown type. */
export interface DynamicType {
  readonly kind: 'dynamic'
}

export interface ListType {
  readonly kind: 'list'
  readonly element: Type
}

export interface SetType {
  readonly kind: 'set'
  readonly element: Type
}

export interface MapType {
  readonly kind: 'map'
  readonly element: Type
}

export interface TupleType {
  readonly kind: 'tuple'
  readonly elements: readonly Type[]
}

export interface ObjectType {
  readonly kind: 'object'
  /** In ascending order of the names' bytes. */
  readonly attributes: ReadonlyMap<string, Type>
  /** Only in constraints: names that may be absent from what is converted to this type. Empty in types of values. */
  readonly optional: ReadonlySet<string>
}

/** A type whose values only the engine understands. Two are equal only when they are the same object. */
export interface CapsuleType {
  readonly kind: 'capsule'
  readonly name: string
}

export const stringType: PrimitiveType = { kind: 'string' }
export const numberType: PrimitiveType = { kind: 'number' }
export const boolType: PrimitiveType = { kind: 'bool' }
export const dynamicType: DynamicType = { kind: 'dynamic' }

export function listType(element: Type): ListType {
  return { kind: 'list', element }
}

export function setType(element: Type): SetType {
  return { kind: 'set', element }
}

export function mapType(element: Type): MapType {
  return { kind: 'map', element }
}

export function tupleType(elements: readonly Type[]): TupleType {
  return elements.length === 0 ? emptyTupleType : { kind: 'tuple', elements }
}

export const emptyTupleType: TupleType = { kind: 'tuple', elements: [] }

const noNames: ReadonlySet<string> = new Set()

/** Names are brought to NFC and sorted. `optional` names must be among the attributes. */
export function objectType(
  attributes: Readonly<Record<string, Type>> | Iterable<readonly [string, Type]>,
  optional: Iterable<string> = noNames,
): ObjectType {
  const entries = Symbol.iterator in attributes ? [...(attributes as Iterable<readonly [string, Type]>)] : Object.entries(attributes)
  if (entries.length === 0) return emptyObjectType
  const normal = entries.map(([name, type]) => [name.normalize('NFC'), type] as const)
  normal.sort((a, b) => compareStrings(a[0], b[0]))
  const names = [...optional].map((name) => name.normalize('NFC')).sort(compareStrings)
  return { kind: 'object', attributes: new Map(normal), optional: names.length === 0 ? noNames : new Set(names) }
}

/** For callers that already have a sorted map of NFC names, such as value factories. */
export function objectTypeFromSorted(attributes: ReadonlyMap<string, Type>): ObjectType {
  return { kind: 'object', attributes, optional: noNames }
}

export const emptyObjectType: ObjectType = { kind: 'object', attributes: new Map(), optional: noNames }

export function capsuleType(name: string): CapsuleType {
  return { kind: 'capsule', name }
}

export function isPrimitiveType(type: Type): type is PrimitiveType {
  return type.kind === 'string' || type.kind === 'number' || type.kind === 'bool'
}

export function isCollectionType(type: Type): type is ListType | SetType | MapType {
  return type.kind === 'list' || type.kind === 'set' || type.kind === 'map'
}

/** True for types whose values have attributes or elements of their own. */
export function isCompoundType(type: Type): boolean {
  return isCollectionType(type) || type.kind === 'tuple' || type.kind === 'object'
}

/** Exact equality, optional attributes included. Types may be nested to any depth. */
export function typeEquals(a: Type, b: Type): boolean {
  if (a === b) return true
  if (a.kind !== b.kind) return false
  // Nearly all types are flat, and need no list.
  if (isPrimitiveType(a)) return true
  const pending: Type[] = [a, b]
  while (pending.length > 0) if (!pairEquals(pending.pop()!, pending.pop()!, pending)) return false
  return true
}

/** Compares two types but for their parts, which are added to `pending` in pairs. */
function pairEquals(a: Type, b: Type, pending: Type[]): boolean {
  if (a === b) return true
  if (a.kind !== b.kind) return false
  switch (a.kind) {
    case 'list':
    case 'set':
    case 'map':
      pending.push(a.element, (b as ListType).element)
      return true
    case 'tuple': {
      const others = (b as TupleType).elements
      if (a.elements.length !== others.length) return false
      for (let i = 0; i < others.length; i++) if (a.elements[i] !== others[i]) pending.push(a.elements[i]!, others[i]!)
      return true
    }
    case 'object': {
      const other = b as ObjectType
      if (a.attributes === other.attributes)
        return a.optional.size === other.optional.size && [...a.optional].every((n) => other.optional.has(n))
      if (a.attributes.size !== other.attributes.size || a.optional.size !== other.optional.size) return false
      for (const [name, type] of a.attributes) {
        const otherType = other.attributes.get(name)
        if (otherType === undefined || a.optional.has(name) !== other.optional.has(name)) return false
        if (type !== otherType) pending.push(type, otherType)
      }
      return true
    }
    case 'capsule':
      return false
    default:
      return true
  }
}

/** The types that a type is made of. */
function partsOf(type: Type): Iterable<Type> {
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'map':
      return [type.element]
    case 'tuple':
      return type.elements
    case 'object':
      return type.attributes.values()
    default:
      return []
  }
}

/**
 * Whether `test` holds for a type or any of its parts. Types that hold compound types are remembered, since whoever goes down into a
 * value asks again at every level.
 */
function someType(type: Type, test: (type: Type) => boolean, known: WeakMap<Type, boolean>): boolean {
  if (test(type)) return true
  if (!isCompoundType(type)) return false
  let isFlat = true
  for (const part of partsOf(type)) {
    if (test(part)) return true
    if (isCompoundType(part)) isFlat = false
  }
  if (isFlat) return false
  const before = known.get(type)
  if (before !== undefined) return before
  const seen = [type]
  for (let i = 0; i < seen.length; i++) {
    for (const part of partsOf(seen[i]!)) {
      const answer = test(part) || known.get(part)
      if (answer === true) {
        // Of the others it is not known in which of their parts it was; collections have one part only.
        known.set(type, true)
        for (let at: Type = type; isCollectionType(at); at = at.element) known.set(at.element, true)
        return true
      }
      if (answer === undefined && isCompoundType(part)) seen.push(part)
    }
  }
  for (const part of seen) known.set(part, false)
  return false
}

const haveDynamic = new WeakMap<Type, boolean>()
const haveOptional = new WeakMap<Type, boolean>()

/** Whether `dynamic` occurs anywhere in the type. */
export function hasDynamic(type: Type): boolean {
  return someType(type, (t) => t.kind === 'dynamic', haveDynamic)
}

/** The same type without marks of optional attributes at any depth. */
export function withoutOptional(type: Type): Type {
  return someType(type, (t) => t.kind === 'object' && t.optional.size > 0, haveOptional) ? rebuildWithoutOptional(type) : type
}

/** Only the types of constraints have optional attributes, and those are written by hand. */
function rebuildWithoutOptional(type: Type): Type {
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'map': {
      const element = rebuildWithoutOptional(type.element)
      return element === type.element ? type : { kind: type.kind, element }
    }
    case 'tuple': {
      const elements = type.elements.map(rebuildWithoutOptional)
      return elements.every((t, i) => t === type.elements[i]) ? type : { kind: 'tuple', elements }
    }
    case 'object': {
      let changed = type.optional.size > 0
      const attributes = new Map<string, Type>()
      for (const [name, t] of type.attributes) {
        const plain = rebuildWithoutOptional(t)
        if (plain !== t) changed = true
        attributes.set(name, plain)
      }
      return changed ? { kind: 'object', attributes, optional: noNames } : type
    }
    default:
      return type
  }
}
