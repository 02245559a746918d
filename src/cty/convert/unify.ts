import {
  dynamicType,
  listType,
  mapType,
  type ObjectType,
  objectTypeFromSorted,
  setType,
  type TupleType,
  type Type,
  tupleType,
  typeEquals,
} from '../type.ts'
import type { Value } from '../value.ts'
import { type ConversionMode, conversionExists, convert } from './conversion.ts'

/**
 * One type to which values of all these types can be converted; undefined when there is none, and for no types at all.
 *
 * @see cty-encodings, "Unification"
 */
export function unify(types: readonly Type[], mode: ConversionMode): Type | undefined {
  const distinct = distinctTypes(types)
  if (distinct.length <= 1) return distinct[0]
  const kinds = new Set(distinct.map((t) => t.kind))
  const someDynamic = kinds.delete('dynamic')
  const only = (...wanted: Type['kind'][]): boolean => kinds.size > 0 && [...kinds].every((k) => wanted.includes(k))
  if (only('object')) return someDynamic ? dynamicType : unifyObjects(distinct as ObjectType[], mode)
  if (only('tuple')) return someDynamic ? dynamicType : unifyTuples(distinct as TupleType[], mode)
  if (only('object', 'tuple')) return undefined
  if (kinds.size === 1 && (only('map') || only('list') || only('set'))) {
    if (someDynamic) return dynamicType
    const type = unifyCollections(distinct, mode)
    if (type !== undefined) return type
  } else if (only('map', 'object')) {
    const type = unifyWithStructural(distinct, 'object', mode)
    if (type !== undefined) return type
  } else if (only('list', 'tuple')) {
    const type = unifyWithStructural(distinct, 'tuple', mode)
    if (type !== undefined) return type
  }
  return mostGeneral(distinct, mode)
}

/** Beyond this many different types they are told apart by a text of them rather than one by one. */
const PAIRWISE_LIMIT = 16

function distinctTypes(types: readonly Type[]): Type[] {
  const distinct: Type[] = []
  const seen = new Set<Type>()
  let keys: Set<string> | undefined
  for (const type of types) {
    if (seen.has(type)) continue
    seen.add(type)
    if (keys === undefined) {
      if (distinct.some((t) => typeEquals(t, type))) continue
    } else {
      const key = typeKey(type)
      if (keys.has(key)) continue
      keys.add(key)
    }
    distinct.push(type)
    if (distinct.length === PAIRWISE_LIMIT) keys = new Set(distinct.map(typeKey))
  }
  return distinct
}

function typeKey(type: Type): string {
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'map':
      return `${type.kind}(${typeKey(type.element)})`
    case 'tuple':
      return `[${type.elements.map(typeKey).join()}]`
    case 'object':
      return `{${[...type.attributes].map(([name, t]) => `${JSON.stringify(name)}${type.optional.has(name) ? '?' : ''}:${typeKey(t)}`).join()}}`
    case 'capsule':
      return type.name
    default:
      return type.kind
  }
}

function unifyObjects(types: readonly ObjectType[], mode: ConversionMode): Type | undefined {
  const first = types[0]!
  const sameNames = types.every(
    (t) => t.attributes.size === first.attributes.size && [...t.attributes.keys()].every((n) => first.attributes.has(n)),
  )
  if (!sameNames) {
    const element = unify(
      types.flatMap((t) => [...t.attributes.values()]),
      mode,
    )
    return element === undefined ? undefined : convertible(types, mapType(element), mode)
  }
  const attributes = new Map<string, Type>()
  for (const name of first.attributes.keys()) {
    const type = unify(
      types.map((t) => t.attributes.get(name)!),
      mode,
    )
    if (type === undefined) return undefined
    attributes.set(name, type)
  }
  return objectTypeFromSorted(attributes)
}

function unifyTuples(types: readonly TupleType[], mode: ConversionMode): Type | undefined {
  const length = types[0]!.elements.length
  if (types.some((t) => t.elements.length !== length)) {
    const element = unify(
      types.flatMap((t) => t.elements),
      mode,
    )
    return element === undefined ? undefined : convertible(types, listType(element), mode)
  }
  const elements: Type[] = []
  for (let i = 0; i < length; i++) {
    const type = unify(
      types.map((t) => t.elements[i]!),
      mode,
    )
    if (type === undefined) return undefined
    elements.push(type)
  }
  return tupleType(elements)
}

function unifyCollections(types: readonly Type[], mode: ConversionMode): Type | undefined {
  const collections = types.filter((t) => t.kind === 'list' || t.kind === 'set' || t.kind === 'map')
  const element = unify(
    collections.map((t) => t.element),
    mode,
  )
  if (element === undefined) return undefined
  const kind = collections[0]!.kind
  return kind === 'list' ? listType(element) : kind === 'set' ? setType(element) : mapType(element)
}

/** Maps among objects, or lists among tuples: the structural ones become one collection first. */
function unifyWithStructural(types: readonly Type[], structural: 'object' | 'tuple', mode: ConversionMode): Type | undefined {
  const parts = types.flatMap((t) =>
    t.kind !== structural ? [] : t.kind === 'object' ? [...t.attributes.values()] : (t as TupleType).elements,
  )
  const element = unify(parts, mode)
  if (element === undefined) return undefined
  const collection = structural === 'object' ? mapType(element) : listType(element)
  const others = types.filter((t) => t.kind === 'map' || t.kind === 'list')
  const all = unifyCollections([collection, ...others], mode)
  return all === undefined ? undefined : convertible(types, all, mode)
}

function convertible(types: readonly Type[], to: Type, mode: ConversionMode): Type | undefined {
  return types.every((t) => typeEquals(t, to) || conversionExists(t, to, t.kind === 'dynamic' ? 'unsafe' : mode)) ? to : undefined
}

function mostGeneral(types: readonly Type[], mode: ConversionMode): Type | undefined {
  return fromGeneralToSpecial(types).find((to) => types.every((t) => t === to || conversionExists(t, to, mode)))
}

/** Sorted so that no type comes after one it is more general than; otherwise as given. */
function fromGeneralToSpecial(types: readonly Type[]): Type[] {
  const rest = [...types]
  const sorted: Type[] = []
  while (rest.length > 0) {
    const next = rest.findIndex((t) => !rest.some((other) => isMoreGeneral(other, t)))
    sorted.push(...rest.splice(Math.max(0, next), 1))
  }
  return sorted
}

function isMoreGeneral(a: Type, b: Type): boolean {
  return compareGenerality(a, b) < 0
}

/** Negative: `a` is more general; positive: `b`; 0: equal or not comparable. */
function compareGenerality(a: Type, b: Type): number {
  if (a === b) return 0
  if (a.kind === 'dynamic' || b.kind === 'dynamic') return a.kind === b.kind ? 0 : a.kind === 'dynamic' ? 1 : -1
  if (a.kind === b.kind) {
    switch (a.kind) {
      case 'list':
      case 'set':
      case 'map':
        return compareGenerality(a.element, (b as typeof a).element)
      case 'tuple': {
        const others = (b as typeof a).elements
        return a.elements.length === others.length ? compareAll(a.elements.map((t, i) => [t, others[i]!])) : 0
      }
      case 'object': {
        const others = (b as typeof a).attributes
        if (a.attributes.size !== others.size || [...a.attributes.keys()].some((n) => !others.has(n))) return 0
        return compareAll([...a.attributes].map(([n, t]) => [t, others.get(n)!]))
      }
      default:
        return 0
    }
  }
  if (generalBefore[a.kind]?.includes(b.kind)) return -1
  if (generalBefore[b.kind]?.includes(a.kind)) return 1
  return 0
}

const generalBefore: Partial<Record<Type['kind'], readonly Type['kind'][]>> = {
  string: ['number', 'bool'],
  list: ['tuple', 'set'],
  tuple: ['set'],
  map: ['object'],
}

/** The sign all pairs agree on, 0 when they do not. */
function compareAll(pairs: readonly (readonly [Type, Type])[]): number {
  let sign = 0
  for (const [a, b] of pairs) {
    const s = compareGenerality(a, b)
    if (s === 0) continue
    if (sign !== 0 && sign !== s) return 0
    sign = s
  }
  return sign
}

/** The values converted to one type, the most fitting for all of them; undefined when there is none or no value. */
export function unifyValues(
  values: readonly Value[],
  mode: ConversionMode = 'unsafe',
): { type: Type; values: readonly Value[] } | undefined {
  const type = unify(
    values.map((v) => v.type),
    mode,
  )
  return type === undefined ? undefined : { type, values: values.map((v) => convert(v, type)) }
}
