import { hasDynamic, isCollectionType, isPrimitiveType, type ObjectType, type Type } from '../cty/index.ts'
import type { Body, Expr, JsonObjectExpr } from '../hcl/index.ts'
import { hasAttribute } from './paths.ts'
import type { AttributeSchema, BlockSchema, NestedBlockSchema } from './schema.ts'

/*
 * Attributes of type list or set of object may be written as blocks: providers of the old SDK declare so what were blocks
 * once, to tell "none" from "keep" (reference tfplugin 4.9).
 */

const effective = new WeakMap<BlockSchema, ReadonlyMap<string, NestedBlockSchema>>()

/** The block with the attributes that this body writes as blocks moved among the blocks. */
export function withBlockSyntax(body: Body, block: BlockSchema): BlockSchema {
  const candidates = ambiguousAttributes(block)
  let moved: [string, NestedBlockSchema][] | undefined
  for (const [name, nested] of candidates) {
    if (!appearsAsBlock(body, name)) continue
    moved ??= []
    moved.push([name, nested])
  }
  if (moved === undefined) return block
  const attributes: Record<string, AttributeSchema> = { ...block.attributes }
  for (const [name] of moved) delete attributes[name]
  return { attributes, blockTypes: { ...block.blockTypes, ...Object.fromEntries(moved) } }
}

/** By name, the attributes that could be meant by a block, as block types. Computed once per schema. */
function ambiguousAttributes(block: BlockSchema): ReadonlyMap<string, NestedBlockSchema> {
  let found = effective.get(block)
  if (found === undefined) {
    const entries: [string, NestedBlockSchema][] = []
    for (const [name, { type }] of Object.entries(block.attributes)) {
      if (type === undefined || (type.kind !== 'list' && type.kind !== 'set') || type.element.kind !== 'object' || hasDynamic(type))
        continue
      entries.push([name, { nesting: type.kind, block: blockOfObject(type.element) }])
    }
    found = new Map(entries.length > 0 && mayBeLegacySdk(block) ? entries : [])
    effective.set(block, found)
  }
  return found
}

const blocksOfObjects = new WeakMap<ObjectType, BlockSchema>()

function blockOfObject(type: ObjectType): BlockSchema {
  let block = blocksOfObjects.get(type)
  if (block === undefined) {
    block = { attributes: Object.fromEntries([...type.attributes].map(([name, t]) => [name, { type: t, optional: true }])), blockTypes: {} }
    blocksOfObjects.set(type, block)
  }
  return block
}

/** Whether nothing in the schema proves that it is not of the old SDK, which could not express everything. */
export function mayBeLegacySdk(block: BlockSchema): boolean {
  return !hasAttribute(block, (a) => a.nestedType !== undefined || (a.type !== undefined && !legacyType(a.type)))
}

function legacyType(type: Type): boolean {
  if (isPrimitiveType(type)) return true
  if (type.kind === 'object' || type.kind === 'tuple') return false
  if (!isCollectionType(type)) return true
  const { element } = type
  if (element.kind === 'object') return type.kind !== 'map'
  if (isCollectionType(element)) return isPrimitiveType(element.element)
  return true
}

function appearsAsBlock(body: Body, name: string): boolean {
  switch (body.kind) {
    case 'native':
      return body.blocks.some((b) => b.type === name || (b.type === 'dynamic' && b.labels[0] === name))
    case 'json':
      return jsonObjects(body.value).some((object) =>
        object.items.some(
          ({ key, value }) =>
            (key.text === name && isBlockLike(value)) ||
            (key.text === 'dynamic' && jsonObjects(value).some((dynamic) => dynamic.items.some((item) => item.key.text === name))),
        ),
      )
    default:
      return body.bodies.some((b) => appearsAsBlock(b, name))
  }
}

function jsonObjects(value: Expr): readonly JsonObjectExpr[] {
  if (value.kind === 'jsonObject') return [value]
  return value.kind === 'jsonArray' ? value.elements.filter((e) => e.kind === 'jsonObject') : []
}

/** An empty array stays an attribute: it says "none". */
function isBlockLike(value: Expr): boolean {
  if (value.kind === 'jsonObject') return true
  return value.kind === 'jsonArray' && value.elements.length > 0 && value.elements.every((e) => e.kind === 'jsonObject')
}
