import {
  attributeStep,
  CtyError,
  convert,
  emptyObject,
  emptyPath,
  emptyTuple,
  hasDynamic,
  indexStep,
  listVal,
  mapVal,
  nullVal,
  numberVal,
  objectVal,
  type Path,
  setVal,
  stringVal,
  tupleVal,
  unknownVal,
  type Value,
} from '../cty/index.ts'
import { attributeConfigType, attributeType, impliedType, nestedBlockType } from './implied-type.ts'
import type { AttributeSchema, BlockSchema, NestedBlockSchema } from './schema.ts'

/** The null object of a block: a resource that is not there. */
export function nullOf(block: BlockSchema): Value {
  return nullVal(impliedType(block))
}

const emptyValues = new WeakMap<BlockSchema, Value>()

/** What a block says that sets nothing: attributes null, no nested blocks, groups present and empty themselves. */
export function emptyBlockValue(block: BlockSchema): Value {
  let value = emptyValues.get(block)
  if (value === undefined) {
    const members = new Map<string, Value>()
    for (const [name, attribute] of Object.entries(block.attributes)) members.set(name, nullVal(attributeType(attribute)))
    for (const [name, nested] of Object.entries(block.blockTypes)) members.set(name, absentBlocks(nested))
    value = blockObject(members, block)
    emptyValues.set(block, value)
  }
  return value
}

/** An object of a block from its members, which conform; where the schema says `dynamic` its type is that of the values. */
export function blockObject(members: ReadonlyMap<string, Value>, block: BlockSchema): Value {
  const type = impliedType(block)
  let loose = looseBlocks.get(block)
  if (loose === undefined) {
    loose = hasDynamic(type)
    looseBlocks.set(block, loose)
  }
  return objectVal(members, loose ? undefined : type)
}

const looseBlocks = new WeakMap<BlockSchema, boolean>()

const optionalBlocks = new WeakMap<BlockSchema, BlockSchema>()

/** The same block with nothing required: for one of several that are put together. */
export function optionalBlock(block: BlockSchema): BlockSchema {
  let made = optionalBlocks.get(block)
  if (made === undefined) {
    const attributes = Object.entries(block.attributes).map(([name, a]) => [name, { ...a, required: false, optional: true }] as const)
    optionalBlocks.set(block, (made = { ...block, attributes: Object.fromEntries(attributes) }))
  }
  return made
}

/** The value for a nested block type of which there are no blocks. */
export function absentBlocks(nested: NestedBlockSchema): Value {
  switch (nested.nesting) {
    case 'single':
      return nullVal(impliedType(nested.block))
    case 'group':
      return emptyBlockValue(nested.block)
    default:
      return collectBlocks(nested, [])
  }
}

/** Blocks of one name as the value they make together; for maps with their label. Values must be of the block's implied type. */
export function collectBlocks(nested: NestedBlockSchema, blocks: readonly (readonly [label: string, value: Value])[]): Value {
  const element = impliedType(nested.block)
  const loose = hasDynamic(element)
  switch (nested.nesting) {
    case 'list': {
      const values = blocks.map(([, value]) => value)
      if (loose) return values.length === 0 ? emptyTuple : tupleVal(values)
      return listVal(values, element)
    }
    case 'map':
      if (loose) return blocks.length === 0 ? emptyObject : objectVal(blocks)
      return mapVal(blocks, element)
    case 'set':
      return setVal(
        blocks.map(([, value]) => value),
        // Schemas with dynamic types in sets are refused by `validateSchema`; with one element there is still an answer.
        loose ? (blocks[0]?.[1].type ?? element) : element,
      )
    default:
      return blocks[0]?.[1] ?? absentBlocks(nested)
  }
}

/**
 * Brings a value that was made without regard for the schema to the block's implied type: absent attributes become null,
 * absent blocks empty, the rest is converted. Marks stay.
 *
 * @throws CtyError with the path at which the value does not fit.
 */
export function coerceValue(value: Value, block: BlockSchema, path: Path = emptyPath): Value {
  const type = impliedType(block)
  if (value.isNull) return nullVal(type).withMarks(value.marks)
  if (!value.isKnown) return unknownVal(type).withMarks(value.marks)
  if (value.type.kind !== 'object' && value.type.kind !== 'map') throw new CtyError('an object is required', path)
  const given = value.asMap()
  for (const name of given.keys()) {
    if (!type.attributes.has(name)) throw new CtyError(`unexpected attribute "${name}"`, path)
  }
  const members = new Map<string, Value>()
  for (const [name, attribute] of Object.entries(block.attributes)) {
    const member = given.get(name)
    const at = [...path, attributeStep(name)]
    if (member === undefined) {
      if (attribute.required === true) throw new CtyError(`attribute "${name}" is required`, path)
      members.set(name, nullVal(attributeType(attribute)))
    } else members.set(name, convertAt(member, attribute, at))
  }
  for (const [name, nested] of Object.entries(block.blockTypes)) {
    const member = given.get(name)
    members.set(name, member === undefined ? absentBlocks(nested) : coerceBlocks(member, nested, [...path, attributeStep(name)]))
  }
  return blockObject(members, block).withMarks(value.marks)
}

function convertAt(value: Value, attribute: AttributeSchema, path: Path): Value {
  try {
    return convert(value, attributeConfigType(attribute))
  } catch (e) {
    if (e instanceof CtyError) throw new CtyError(e.message, [...path, ...e.path])
    throw e
  }
}

function coerceBlocks(value: Value, nested: NestedBlockSchema, path: Path): Value {
  if (nested.nesting === 'single' || nested.nesting === 'group') {
    if (nested.nesting === 'group' && value.isNull) return emptyBlockValue(nested.block)
    return coerceValue(value, nested.block, path)
  }
  if (!value.isKnown) return unknownVal(nestedBlockType(nested)).withMarks(value.marks)
  if (value.isNull) return absentBlocks(nested)
  const { kind } = value.type
  if (nested.nesting === 'map') {
    if (kind !== 'map' && kind !== 'object') throw new CtyError('must be a map', path)
    const blocks = [...value.asMap()].map(([key, v]) => [key, coerceValue(v, nested.block, [...path, indexStep(stringVal(key))])] as const)
    return collectBlocks(nested, blocks).withMarks(value.marks)
  }
  if (kind !== 'list' && kind !== 'set' && kind !== 'tuple') throw new CtyError(`must be a ${nested.nesting}`, path)
  const blocks = value.asArray().map((v, i) => ['', coerceValue(v, nested.block, [...path, indexStep(numberVal(i))])] as const)
  return collectBlocks(nested, blocks).withMarks(value.marks)
}
