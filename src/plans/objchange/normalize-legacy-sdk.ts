import { hasDynamic, listVal, setVal, unknownVal, type Value } from '../../cty/index.ts'
import {
  absentBlocks,
  attributeType,
  type BlockSchema,
  impliedType,
  mayBeLegacySdk,
  type NestedBlockSchema,
  nestedBlockType,
} from '../../schema/index.ts'
import { elements, entries, likeKeyed, likeSequence, member, objectOf } from './_members.ts'

/**
 * Brings an object as providers of the old SDK return it to the form that configuration has: no blocks are an empty
 * collection rather than null, and unknown blocks are one block of unknown attributes. Other values are returned as they
 * are, and so is everything when the schema shows that it is not of the old SDK.
 */
export function normalizeLegacySdk(block: BlockSchema, value: Value): Value {
  if (value.isNull || !mayBeLegacySdk(block)) return value
  return normalize(block, value)
}

function normalize(block: BlockSchema, value: Value): Value {
  if (value.isNull || Object.keys(block.blockTypes).length === 0) return value.isKnown ? value : spreadUnknown(block, value)
  const members = new Map<string, Value>()
  for (const [name, attribute] of Object.entries(block.attributes)) members.set(name, member(value, name, attributeType(attribute)))
  for (const [name, nested] of Object.entries(block.blockTypes)) {
    members.set(name, normalizeBlocks(nested, member(value, name, nestedBlockType(nested))))
  }
  return objectOf(members, impliedType(block)).withMarks(value.marks)
}

/** An unknown object as an object of unknown attributes. */
function spreadUnknown(block: BlockSchema, value: Value): Value {
  const members = new Map<string, Value>()
  for (const [name, attribute] of Object.entries(block.attributes)) members.set(name, unknownVal(attributeType(attribute)))
  return objectOf(members, impliedType(block)).withMarks(value.marks)
}

function normalizeBlocks(nested: NestedBlockSchema, value: Value): Value {
  const { nesting, block } = nested
  if (nesting === 'single') return normalize(block, value)
  if (value.isNull) return absentBlocks(nested).withMarks(value.marks)
  if (nesting === 'group') return normalize(block, value)
  if (nesting === 'map') {
    if (!value.isKnown) return value
    const normal = new Map([...entries(value)].map(([key, v]) => [key, normalize(block, v)] as const))
    return normal.size === 0 ? value : likeKeyed(value, normal).withMarks(value.marks)
  }
  if (!value.isKnown) {
    const type = impliedType(block)
    // Without a fixed element type there is no saying what the one element would be.
    if (hasDynamic(type)) return value
    const one = normalize(block, unknownVal(type))
    return (nesting === 'set' ? setVal([one], type) : listVal([one], type)).withMarks(value.marks)
  }
  const normal = elements(value).map((v) => normalize(block, v))
  return normal.length === 0 ? value : likeSequence(value, normal).withMarks(value.marks)
}
