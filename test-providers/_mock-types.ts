import {
  type AttributeSchema,
  type BlockSchema,
  boolType,
  listType,
  mapType,
  type NestedBlockSchema,
  numberType,
  objectType,
  setType,
  stringType,
  type Type,
} from '../src/providers/authoring.ts'

/** An attribute as `dynamic_resources.json` declares it. */
export interface MockAttribute {
  readonly type: 'boolean' | 'float' | 'integer' | 'number' | 'string' | 'list' | 'map' | 'set' | 'object'
  readonly optional?: boolean
  readonly required?: boolean
  readonly computed?: boolean
  readonly sensitive?: boolean
  /** A change makes a replacement necessary. */
  readonly replace?: boolean
  /** Elements of a collection, by its kind. */
  readonly list?: MockAttribute
  readonly map?: MockAttribute
  readonly set?: MockAttribute
  readonly object?: Readonly<Record<string, MockAttribute>>
  /** What a computed attribute is given. */
  readonly value?: MockValue
  /** A plain type instead of a nested attribute. */
  readonly skip_nested_metadata?: boolean
}

export interface MockBlock extends MockType {
  readonly mode?: 'list' | 'set'
}

/** A resource type, or the inside of a block. */
export interface MockType {
  readonly attributes?: Readonly<Record<string, MockAttribute>>
  readonly blocks?: Readonly<Record<string, MockBlock>>
}

/** A value as the object files write it: one member, named after its kind. */
export interface MockValue {
  readonly boolean?: boolean | null
  readonly number?: string | null
  readonly string?: string | null
  readonly list?: readonly MockValue[] | null
  readonly set?: readonly MockValue[] | null
  readonly map?: Readonly<Record<string, MockValue>> | null
  readonly object?: Readonly<Record<string, MockValue>> | null
}

const simple: Readonly<Record<string, MockAttribute>> = {
  bool: { type: 'boolean', optional: true },
  number: { type: 'number', optional: true },
  string: { type: 'string', optional: true },
  float: { type: 'float', optional: true },
  integer: { type: 'integer', optional: true },
}

/** @param depth how many levels may be nested. */
function complexAttributes(depth: number): Readonly<Record<string, MockAttribute>> {
  if (depth === 0) return simple
  const inner: MockAttribute = { type: 'object', object: complexAttributes(depth - 1) }
  return {
    ...simple,
    list: { type: 'list', optional: true, list: inner },
    set: { type: 'set', optional: true, set: inner },
    map: { type: 'map', optional: true, map: inner },
    object: { type: 'object', optional: true, object: inner.object },
  }
}

function complexType(depth: number): MockType {
  if (depth === 0) return { attributes: simple }
  const inner = complexType(depth - 1)
  return {
    attributes: complexAttributes(depth),
    blocks: { list_block: { ...inner, mode: 'list' }, set_block: { ...inner, mode: 'set' } },
  }
}

/** The types that are always there. */
export const staticTypes: Readonly<Record<string, MockType>> = {
  tfcoremock_simple_resource: { attributes: simple },
  tfcoremock_complex_resource: complexType(3),
}

/** The same for blocks without any. */
export function attributesOf(type: MockType): Readonly<Record<string, MockAttribute>> {
  return type.attributes ?? {}
}

export function blocksOf(type: MockType): Readonly<Record<string, MockBlock>> {
  return type.blocks ?? {}
}

/** Of a list, map or set: what it holds. */
export function elementOf(attribute: MockAttribute): MockAttribute {
  const element = attribute.list ?? attribute.map ?? attribute.set
  if (element === undefined) throw new Error(`an attribute of type ${attribute.type} does not say what its elements are`)
  return element
}

export function resourceBlock(type: MockType): BlockSchema {
  const id: AttributeSchema = { type: stringType, optional: true, computed: true }
  const block = blockSchema(type, (schema) => schema)
  return { ...block, attributes: { id, ...block.attributes } }
}

export function dataBlock(type: MockType): BlockSchema {
  const block = blockSchema(type, (a) => ({ ...a, optional: undefined, required: undefined, computed: true }))
  return { ...block, attributes: { ...block.attributes, id: { type: stringType, required: true } } }
}

type Adjust = (schema: AttributeSchema) => AttributeSchema

function blockSchema(type: MockType, adjust: Adjust): BlockSchema {
  return {
    attributes: mapEntries(attributesOf(type), (a) => attributeSchema(a, adjust)),
    blockTypes: mapEntries(
      blocksOf(type),
      (b): NestedBlockSchema => ({ nesting: b.mode === 'set' ? 'set' : 'list', block: blockSchema(b, adjust) }),
    ),
  }
}

function attributeSchema(a: MockAttribute, adjust: Adjust): AttributeSchema {
  const { optional, required, computed, sensitive } = a
  const flags = { optional, required, computed, sensitive }
  const nested = isNested(a)
  if (nested === undefined) return adjust({ type: typeOf(a), ...flags })
  const attributes = mapEntries(nested, (inner) => attributeSchema(inner, adjust))
  return adjust({ nestedType: { nesting: a.type === 'object' ? 'single' : (a.type as 'list'), attributes }, ...flags })
}

/** The attributes of the objects of a nested attribute; undefined for one with a plain type. */
export function isNested(a: MockAttribute): Readonly<Record<string, MockAttribute>> | undefined {
  if (a.skip_nested_metadata) return undefined
  if (a.type === 'object') return a.object ?? {}
  if (a.type !== 'list' && a.type !== 'set' && a.type !== 'map') return undefined
  const element = elementOf(a)
  return element.type === 'object' && !element.skip_nested_metadata ? (element.object ?? {}) : undefined
}

function typeOf(a: MockAttribute): Type {
  switch (a.type) {
    case 'boolean':
      return boolType
    case 'string':
      return stringType
    case 'list':
      return listType(typeOf(elementOf(a)))
    case 'set':
      return setType(typeOf(elementOf(a)))
    case 'map':
      return mapType(typeOf(elementOf(a)))
    case 'object':
      return objectType(Object.entries(a.object ?? {}).map(([name, inner]) => [name, typeOf(inner)] as const))
    default:
      return numberType
  }
}

function mapEntries<T, R>(record: Readonly<Record<string, T>>, change: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))
}
