import { dynamicType, listVal, mapVal, setVal, unknownVal, type Value } from '../cty/index.ts'
import { absentBlocks, type BlockSchema, blockObject, emptyBlockValue, impliedType, type NestedBlockSchema } from '../schema/index.ts'

/**
 * An object as the old Go SDK answers it, brought to what blocks can be: collections of nested blocks that are null become empty,
 * groups that are null become objects, at every depth.
 *
 * @see reference tfplugin 4.5
 */
export function normalizeBlocks(value: Value, block: BlockSchema): Value {
  if (!value.isKnown || value.isNull) return value
  let changed: Map<string, Value> | undefined
  const members = value.asMap()
  for (const [name, nested] of Object.entries(block.blockTypes)) {
    const given = members.get(name)
    if (given === undefined) continue
    const own = normalizeNested(given, nested)
    if (own !== given) (changed ??= new Map(members)).set(name, own)
  }
  return changed === undefined ? value : blockObject(changed, block)
}

function normalizeNested(given: Value, nested: NestedBlockSchema): Value {
  if (given.isKnown && given.isNull) return nested.nesting === 'single' ? given : absentBlocks(nested)
  if (nested.nesting === 'single' || nested.nesting === 'group') return normalizeBlocks(given, nested.block)
  if (!given.isKnown) {
    // As many as one: their number is not known either way.
    const element = unknownLeaves(nested.block)
    return nested.nesting === 'list' ? listVal([element]) : nested.nesting === 'set' ? setVal([element]) : given
  }
  switch (given.type.kind) {
    case 'list':
    case 'set': {
      const elements = given.asArray()
      const own = elements.map((e) => normalizeBlocks(e, nested.block))
      if (own.every((e, i) => e === elements[i])) return given
      return given.type.kind === 'list' ? listVal(own, given.type.element) : setVal(own, given.type.element)
    }
    case 'map': {
      const elements = [...given.asMap()]
      const own = elements.map(([key, e]) => [key, normalizeBlocks(e, nested.block)] as const)
      return own.every(([, e], i) => e === elements[i]![1]) ? given : mapVal(own, given.type.element)
    }
    default:
      return given
  }
}

function unknownLeaves(block: BlockSchema): Value {
  const members = new Map(emptyBlockValue(block).asMap())
  for (const name of Object.keys(block.attributes)) members.set(name, unknownVal(impliedType(block).attributes.get(name) ?? dynamicType))
  return blockObject(members, block)
}
