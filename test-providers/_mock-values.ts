import { randomUUID } from 'node:crypto'
import {
  attributeStep,
  boolVal,
  falseVal,
  indexStep,
  intVal,
  listVal,
  mapVal,
  nullVal,
  numberVal,
  numericToShortestGeneral,
  objectVal,
  type Path,
  parseNumeric,
  rawEquals,
  setVal,
  stringType,
  stringVal,
  type Type,
  unknownVal,
  type Value,
} from '../src/providers/authoring.ts'
import { attributesOf, blocksOf, elementOf, type MockAttribute, type MockType, type MockValue } from './_mock-types.ts'

/** A value as an object file writes it; null members are left out, null elements have no member. @param value wholly known. */
export function toMock(value: Value): MockValue {
  if (value.isNull) return {}
  switch (value.type.kind) {
    case 'bool':
      return { boolean: value.asBool() }
    case 'number':
      return { number: numericToShortestGeneral(value.asNumeric()) }
    case 'string':
      return { string: value.asString() }
    case 'list':
      return { list: value.asArray().map(toMock) }
    case 'set':
      return { set: value.asArray().map(toMock) }
    case 'map':
      return { map: mockMembers(value) }
    case 'object':
      return { object: mockMembers(value) }
    default:
      throw new Error(`a value of type ${value.type.kind} cannot be written`)
  }
}

export function mockMembers(value: Value): Readonly<Record<string, MockValue>> {
  return Object.fromEntries([...value.asMap()].filter(([, child]) => !child.isNull).map(([name, child]) => [name, toMock(child)]))
}

/** What is not there is null; blocks are never null. */
export function fromMock(mock: MockValue | undefined, type: Type): Value {
  const found = mock?.[memberName(type) as keyof MockValue]
  if (found === undefined || found === null) return nullVal(type)
  switch (type.kind) {
    case 'bool':
      return boolVal(found as boolean)
    case 'string':
      return stringVal(found as string)
    case 'number': {
      const number = parseNumeric(String(found))
      if (number === undefined) throw new Error(`${JSON.stringify(found)} is not a number`)
      return numberVal(number)
    }
    case 'list':
      return listVal(
        (found as readonly MockValue[]).map((e) => fromMock(e, type.element)),
        type.element,
      )
    case 'set':
      return setVal(
        (found as readonly MockValue[]).map((e) => fromMock(e, type.element)),
        type.element,
      )
    case 'map':
      return mapVal(
        Object.entries(found).map(([k, e]) => [k, fromMock(e as MockValue, type.element)] as const),
        type.element,
      )
    case 'object':
      return objectVal(
        [...type.attributes].map(([name, t]) => [name, fromMock((found as Record<string, MockValue>)[name], t)] as const),
        type,
      )
    default:
      throw new Error(`a value of type ${type.kind} cannot be read`)
  }
}

function memberName(type: Type): string {
  return type.kind === 'bool' ? 'boolean' : type.kind
}

/** A change of each part of an object, with what it was declared as; undefined keeps the part. */
type Change = (attribute: MockAttribute, value: Value) => Value | undefined

/** Rebuilds an object, attribute by attribute, those of nested objects included. */
export function changeObject(type: MockType, object: Value, change: Change): Value {
  if (!object.hasContent) return object
  const members = new Map(object.asMap())
  for (const [name, attribute] of Object.entries(attributesOf(type)))
    members.set(name, changeAttribute(attribute, members.get(name)!, change))
  for (const [name, block] of Object.entries(blocksOf(type))) {
    members.set(
      name,
      changeElements(members.get(name)!, (e) => changeObject(block, e, change)),
    )
  }
  return objectVal(members)
}

function changeAttribute(attribute: MockAttribute, value: Value, change: Change): Value {
  const changed = change(attribute, value)
  if (changed !== undefined) return changed
  if (!value.hasContent) return value
  switch (attribute.type) {
    case 'object':
      return changeObject({ attributes: attribute.object ?? {} }, value, change)
    case 'list':
    case 'set':
    case 'map':
      return changeElements(value, (e) => changeAttribute(elementOf(attribute), e, change))
    default:
      return value
  }
}

function changeElements(value: Value, change: (element: Value) => Value): Value {
  if (!value.hasContent) return value
  const { type } = value
  switch (type.kind) {
    case 'list':
      return listVal(value.asArray().map(change), type.element)
    case 'set':
      return setVal(value.asArray().map(change), type.element)
    case 'map':
      return mapVal(
        [...value.asMap()].map(([k, e]) => [k, change(e)] as const),
        type.element,
      )
    default:
      return value
  }
}

/** A computed attribute that nobody set will be given a value. */
export function planComputed(attribute: MockAttribute, value: Value): Value | undefined {
  return attribute.computed && value.isNull ? unknownVal(value.type) : undefined
}

/** What a computed attribute is given: the declared value, or one made up. */
export function applyComputed(attribute: MockAttribute, value: Value): Value | undefined {
  if (value.isKnown) return undefined
  return attribute.value === undefined ? generated(attribute, value.type) : fromMock(attribute.value, value.type)
}

function generated(attribute: MockAttribute, type: Type): Value {
  switch (type.kind) {
    case 'bool':
      return falseVal
    case 'number':
      return intVal(0)
    case 'string':
      return stringVal(randomUUID())
    case 'list':
      return listVal([], type.element)
    case 'set':
      return setVal([], type.element)
    case 'map':
      return mapVal([], type.element)
    case 'object':
      return objectVal(
        [...type.attributes].map(([name, t]) => {
          const inner = attribute.object?.[name]
          const isFilled = inner !== undefined && (inner.computed || inner.required)
          return [name, isFilled ? (inner.value === undefined ? generated(inner, t) : fromMock(inner.value, t)) : nullVal(t)] as const
        }),
        type,
      )
    default:
      return nullVal(stringType)
  }
}

/** Places whose change makes a replacement necessary. Elements of sets have no address: the set is named. */
export function replacePaths(type: MockType, prior: Value, planned: Value, at: Path = []): Path[] {
  if (!prior.hasContent || !planned.hasContent) return []
  const found: Path[] = []
  for (const [name, attribute] of Object.entries(attributesOf(type))) {
    found.push(...attributePaths(attribute, prior.getAttr(name), planned.getAttr(name), [...at, attributeStep(name)]))
  }
  for (const [name, block] of Object.entries(blocksOf(type))) {
    const before = prior.getAttr(name)
    const after = planned.getAttr(name)
    found.push(...elementPaths(before, after, [...at, attributeStep(name)], (b, a, path) => replacePaths(block, b, a, path)))
  }
  return found
}

function attributePaths(attribute: MockAttribute, prior: Value, planned: Value, path: Path): Path[] {
  if (rawEquals(prior, planned)) return []
  if (attribute.replace) return [path]
  switch (attribute.type) {
    case 'object':
      return replacePaths({ attributes: attribute.object ?? {} }, prior, planned, path)
    case 'list':
    case 'set':
    case 'map':
      return elementPaths(prior, planned, path, (b, a, p) => attributePaths(elementOf(attribute), b, a, p))
    default:
      return []
  }
}

function elementPaths(prior: Value, planned: Value, path: Path, compare: (prior: Value, planned: Value, path: Path) => Path[]): Path[] {
  if (!prior.hasContent || !planned.hasContent) return []
  if (prior.type.kind === 'map') {
    return [...planned.asMap()].flatMap(([key, after]) => {
      const before = prior.asMap().get(key)
      return before === undefined ? [] : compare(before, after, [...path, indexStep(stringVal(key))])
    })
  }
  const before = prior.asArray()
  const after = planned.asArray()
  if (prior.type.kind === 'list') {
    return before.slice(0, after.length).flatMap((b, i) => compare(b, after[i]!, [...path, indexStep(intVal(i))]))
  }
  // Only members of one of the two matter, and of these any two may be what was and what became of it.
  const gone = before.filter((b) => !after.some((a) => rawEquals(a, b)))
  const fresh = after.filter((a) => !before.some((b) => rawEquals(a, b)))
  return gone.some((b) => fresh.some((a) => compare(b, a, path).length > 0)) ? [path] : []
}
