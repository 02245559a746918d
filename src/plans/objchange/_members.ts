import {
  hasDynamic,
  listVal,
  mapVal,
  nullVal,
  type ObjectType,
  objectVal,
  rawEquals,
  setVal,
  type Type,
  transformValue,
  tupleVal,
  typeEquals,
  unknownVal,
  type Value,
} from '../../cty/index.ts'

/*
 * Values here come from providers as well as from us, and lists and maps of blocks are tuples and objects where a schema
 * says `dynamic`: what a value holds decides, not its exact type.
 */

/** A member of an object; null and unknown objects have null and unknown members. */
export function member(object: Value, name: string, type: Type): Value {
  if (isKeyed(object)) return object.asMap().get(name) ?? nullVal(type)
  return object.isKnown ? nullVal(type) : unknownVal(type)
}

export function isKeyed(value: Value): boolean {
  return value.hasContent && (value.type.kind === 'object' || value.type.kind === 'map')
}

export function isSequence(value: Value): boolean {
  return value.hasContent && (value.type.kind === 'list' || value.type.kind === 'set' || value.type.kind === 'tuple')
}

/** Elements in order; nothing for what has none. */
export function elements(value: Value): readonly Value[] {
  return isSequence(value) ? value.asArray() : []
}

const noEntries: ReadonlyMap<string, Value> = new Map()

export function entries(value: Value): ReadonlyMap<string, Value> {
  return isKeyed(value) ? value.asMap() : noEntries
}

const dynamics = new WeakMap<ObjectType, boolean>()

function mayHaveOtherTypes(type: ObjectType): boolean {
  let answer = dynamics.get(type)
  if (answer === undefined) dynamics.set(type, (answer = hasDynamic(type)))
  return answer
}

/** An object of the given type where its members allow it, so that equal types stay one object. */
export function objectOf(members: ReadonlyMap<string, Value>, type: ObjectType): Value {
  if (mayHaveOtherTypes(type)) return objectVal(members)
  for (const [name, value] of members) {
    const wanted = type.attributes.get(name)
    if (wanted === undefined || (value.type !== wanted && !typeEquals(value.type, wanted))) return objectVal(members)
  }
  return objectVal(members, type)
}

/** A collection like `model` of other elements: a tuple or object where their types differ. */
export function likeSequence(model: Value, values: readonly Value[]): Value {
  if (model.type.kind === 'tuple') return tupleVal(values)
  const { element } = model.type as Extract<Type, { kind: 'list' | 'set' }>
  const type = values.every((v) => typeEquals(v.type, element)) ? element : values[0]!.type
  if (!values.every((v) => typeEquals(v.type, type))) return tupleVal(values)
  return model.type.kind === 'set' ? setVal(values, type) : listVal(values, type)
}

export function likeKeyed(model: Value, values: ReadonlyMap<string, Value>): Value {
  if (model.type.kind !== 'map') return objectVal(values)
  const { element } = model.type
  return [...values.values()].every((v) => typeEquals(v.type, element)) ? mapVal(values, element) : objectVal(values)
}

/** Whether two values are the same; what is known about their unknown parts is not compared. */
export function sameValue(a: Value, b: Value): boolean {
  if (a === b) return true
  if (a.isWhollyKnown !== b.isWhollyKnown) return false
  return a.isWhollyKnown ? rawEquals(a, b) : rawEquals(withoutRefinements(a), withoutRefinements(b))
}

function withoutRefinements(value: Value): Value {
  return transformValue(value, (_, v) => (v.refinement === undefined ? v : unknownVal(v.type).withMarks(v.marks)))
}
