import { dynamicType, hasDynamic, listType, mapType, type ObjectType, objectType, setType, type Type } from '../cty/index.ts'
import type { AttributeSchema, BlockSchema, NestedAttributeType, NestedBlockSchema } from './schema.ts'

const blockTypes = new WeakMap<BlockSchema, ObjectType>()
const nestedTypes = new WeakMap<NestedAttributeType, { readonly value: Type; readonly config: Type }>()

/** The type of objects that conform to a block. Made once per block. */
export function impliedType(block: BlockSchema): ObjectType {
  let type = blockTypes.get(block)
  if (type === undefined) {
    const members: [string, Type][] = []
    for (const [name, attribute] of Object.entries(block.attributes)) members.push([name, attributeType(attribute)])
    for (const [name, nested] of Object.entries(block.blockTypes)) members.push([name, nestedBlockType(nested)])
    type = objectType(members)
    blockTypes.set(block, type)
  }
  return type
}

/**
 * The type of all blocks of one name together. Lists and maps whose blocks may differ in type, because an attribute is
 * `dynamic`, have no fixed type: their values are tuples and objects.
 */
export function nestedBlockType(nested: NestedBlockSchema): Type {
  const element = impliedType(nested.block)
  switch (nested.nesting) {
    case 'list':
      return hasDynamic(element) ? dynamicType : listType(element)
    case 'map':
      return hasDynamic(element) ? dynamicType : mapType(element)
    case 'set':
      return setType(element)
    default:
      return element
  }
}

/** The type of an attribute's value. */
export function attributeType(attribute: AttributeSchema): Type {
  return attribute.nestedType === undefined ? attribute.type! : nestedType(attribute.nestedType).value
}

/** An attribute of a schema with its name and the type of its value. */
export interface AttributeEntry {
  readonly name: string
  readonly attribute: AttributeSchema
  readonly type: Type
}

const entryLists = new WeakMap<object, readonly AttributeEntry[]>()

/** The attributes of a block or of a nested type, listed once for all objects that are compared by it. */
export function attributeEntries(attributes: BlockSchema['attributes']): readonly AttributeEntry[] {
  let entries = entryLists.get(attributes)
  if (entries === undefined) {
    entries = Object.entries(attributes).map(([name, attribute]) => ({ name, attribute, type: attributeType(attribute) }))
    entryLists.set(attributes, entries)
  }
  return entries
}

/** What configuration is converted to: as `attributeType`, but members of nested types that need not be set may be left out. */
export function attributeConfigType(attribute: AttributeSchema): Type {
  return attribute.nestedType === undefined ? attribute.type! : nestedType(attribute.nestedType).config
}

/** The type of one element, or of the object itself for `single`. */
export function nestedElementType(nested: NestedAttributeType): ObjectType {
  return objectType(Object.entries(nested.attributes).map(([name, a]) => [name, attributeType(a)] as const))
}

function nestedType(nested: NestedAttributeType): { readonly value: Type; readonly config: Type } {
  let types = nestedTypes.get(nested)
  if (types === undefined) {
    const attributes = Object.entries(nested.attributes)
    const optional = attributes.filter(([, a]) => a.optional === true || a.computed === true).map(([name]) => name)
    types = {
      value: around(nested, nestedElementType(nested)),
      config: around(
        nested,
        objectType(
          attributes.map(([name, a]) => [name, attributeConfigType(a)] as const),
          optional,
        ),
      ),
    }
    nestedTypes.set(nested, types)
  }
  return types
}

function around(nested: NestedAttributeType, element: ObjectType): Type {
  switch (nested.nesting) {
    case 'single':
      return element
    case 'list':
      return hasDynamic(element) ? dynamicType : listType(element)
    case 'map':
      return hasDynamic(element) ? dynamicType : mapType(element)
    default:
      return setType(element)
  }
}
