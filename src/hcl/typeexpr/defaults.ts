import { listVal, mapVal, objectVal, refineNotNull, setVal, type Type, tupleVal, unifyValues, type Value } from '../../cty/index.ts'

/** Defaults of the optional attributes of a type, and of the types inside it. */
export interface TypeDefaults {
  /** The constraint these belong to, with its optional attributes marked. */
  readonly type: Type
  /** By name of attribute; only for objects. Values are of the attribute's type. */
  readonly defaults: ReadonlyMap<string, Value>
  /** By name of attribute, position in a tuple, or the empty string for elements of collections. */
  readonly children: ReadonlyMap<string, TypeDefaults>
}

/** Undefined where nothing has a default. */
export function makeDefaults(
  type: Type,
  defaults: ReadonlyMap<string, Value>,
  children: ReadonlyMap<string, TypeDefaults | undefined>,
): TypeDefaults | undefined {
  const kept = new Map<string, TypeDefaults>()
  for (const [key, child] of children) if (child !== undefined) kept.set(key, child)
  return defaults.size === 0 && kept.size === 0 ? undefined : { type, defaults, children: kept }
}

/**
 * The value with defaults in place of attributes that are absent or null, at any depth. It is applied before the value is
 * converted to the type, so parts of other shapes are left for the conversion to complain about. A null or unknown value
 * has nothing to put defaults into and stays as it is; marks are kept.
 */
export function applyDefaults(defaults: TypeDefaults | undefined, value: Value): Value {
  if (defaults === undefined || !value.hasContent) return value
  return applyToContent(defaults, value.unmark()).withMarks(value.marks)
}

function applyToContent(defaults: TypeDefaults, value: Value): Value {
  switch (defaults.type.kind) {
    case 'object':
      return value.payload instanceof Map ? applyToObject(defaults, value) : value
    case 'map':
      return value.payload instanceof Map ? applyToMap(defaults, value) : value
    case 'list':
    case 'set':
    case 'tuple':
      return Array.isArray(value.payload) ? applyToSequence(defaults, value) : value
    default:
      return value
  }
}

function applyToObject({ defaults, children }: TypeDefaults, value: Value): Value {
  const attributes = new Map(value.asMap())
  for (const [name, fallback] of defaults) {
    const given = attributes.get(name)
    if (given === undefined || given.isNull) attributes.set(name, fallback.withMarks(given?.marks))
    else if (!fallback.isNull) attributes.set(name, refineNotNull(given))
  }
  for (const [name, child] of children) {
    const given = attributes.get(name)
    if (given !== undefined) attributes.set(name, applyDefaults(child, given))
  }
  return likeBefore(value, attributes)
}

function applyToMap({ children }: TypeDefaults, value: Value): Value {
  const entries = new Map<string, Value>()
  for (const [key, element] of value.asMap()) entries.set(key, applyDefaults(children.get(''), element))
  return likeBefore(value, entries)
}

/** A map again if the entries still have one type. */
function likeBefore(before: Value, entries: ReadonlyMap<string, Value>): Value {
  if (before.type.kind !== 'map') return objectVal(entries)
  if (entries.size === 0) return before
  const unified = unifyValues([...entries.values()])
  if (unified === undefined) return objectVal(entries)
  return mapVal(
    [...entries.keys()].map((key, i) => [key, unified.values[i]!] as const),
    unified.type,
  )
}

function applyToSequence({ type, children }: TypeDefaults, value: Value): Value {
  const elements = value.asArray().map((element, i) => applyDefaults(children.get(type.kind === 'tuple' ? String(i) : ''), element))
  if (value.type.kind === 'tuple') return tupleVal(elements)
  if (elements.length === 0) return value
  const unified = unifyValues(elements)
  if (unified === undefined) return tupleVal(elements)
  return value.type.kind === 'set' ? setVal(unified.values, unified.type) : listVal(unified.values, unified.type)
}
