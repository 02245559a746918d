import { CtyError, convert, type Marks, nullVal, unionMarks, unknownVal, type Value } from '../cty/index.ts'
import { Diagnostics, formatRange, type SourceRange } from '../diags/index.ts'
import {
  type Attribute,
  type Body,
  type BodyContent,
  type BodySchema,
  bodyContent,
  describeValues,
  type EvalContext,
  evaluate,
  partialContent,
  type Traversal,
  traversals,
} from '../hcl/index.ts'
import { withBlockSyntax } from './_block-syntax.ts'
import { dynamicBodySchema, type ExpandedBlock, expandDynamic, type Scope } from './_dynamic.ts'
import { attributeConfigType, attributeType, nestedBlockType } from './implied-type.ts'
import type { AttributeSchema, BlockSchema, NestedBlockSchema } from './schema.ts'
import { absentBlocks, blockObject, collectBlocks } from './values.ts'

/**
 * The configuration in a body as an object of the block's implied type: what is not set is null, what cannot be known
 * yet is unknown, marks of expressions stay (those of the schema are not added). `dynamic` blocks are expanded; one over
 * an unknown collection makes all blocks of its type together unknown. With errors the result still has the right type:
 * wrong attributes are unknown in it.
 */
export function decodeBody(body: Body, block: BlockSchema, ctx: EvalContext | undefined, diags: Diagnostics): Value {
  return decodeIn(body, block, { ctx, unknown: false, marks: undefined }, diags)
}

const mapLabels = ['key']
const noLabels: readonly string[] = []

export function labelNames(nested: NestedBlockSchema): readonly string[] {
  return nested.nesting === 'map' ? mapLabels : noLabels
}

/** What decoding needs to know of a block, made once for all bodies of its kind. */
export interface Layout {
  readonly schema: BodySchema
  readonly attributes: readonly (readonly [name: string, attribute: AttributeSchema])[]
  readonly blockTypes: readonly (readonly [name: string, nested: NestedBlockSchema])[]
}

const layouts = new WeakMap<BlockSchema, Layout>()

export function layoutOf(block: BlockSchema): Layout {
  let layout = layouts.get(block)
  if (layout === undefined) {
    const blocks = Object.entries(block.blockTypes).map(([type, nested]) => ({ type, labelNames: labelNames(nested) }))
    if (!Object.hasOwn(block.blockTypes, 'dynamic')) blocks.push({ type: 'dynamic', labelNames: ['type'] })
    const attributes = Object.entries(block.attributes).map(([name, a]) => ({ name, required: a.required === true }))
    layout = {
      schema: { attributes, blocks, former: block.former },
      attributes: Object.entries(block.attributes),
      blockTypes: Object.entries(block.blockTypes),
    }
    layouts.set(block, layout)
  }
  return layout
}

function decodeIn(body: Body, given: BlockSchema, scope: Scope, diags: Diagnostics): Value {
  const block = withBlockSyntax(body, given)
  const layout = layoutOf(block)
  const content = contentOf(body, layout.schema, diags)
  const members = new Map<string, Value>()
  for (let i = 0; i < layout.attributes.length; i++) {
    const entry = layout.attributes[i]!
    const name = entry[0]
    const found = content.attributes.get(name)
    members.set(name, found === undefined ? nullVal(attributeType(entry[1])) : decodeAttribute(found, entry[1], scope, diags))
  }
  const expanded = content.blocks.length === 0 ? noBlocks : expandBlocks(content, block, scope, diags)
  for (let i = 0; i < layout.blockTypes.length; i++) {
    const entry = layout.blockTypes[i]!
    const name = entry[0]
    members.set(name, decodeBlocks(name, entry[1], expanded.get(name) ?? [], content.endRange, diags))
  }
  // The given schema: what was written as blocks is an attribute all the same.
  return blockObject(members, given)
}

/** The content that was read last without mistakes: the instances of a block are decoded one after the other. */
let lastRead: { readonly body: Body; readonly schema: BodySchema; readonly content: BodyContent } | undefined

function contentOf(body: Body, schema: BodySchema, diags: Diagnostics): BodyContent {
  if (lastRead?.body === body && lastRead.schema === schema) return lastRead.content
  const before = diags.items.length
  const content = bodyContent(body, schema, diags)
  if (diags.items.length === before) lastRead = { body, schema, content }
  return content
}

const noBlocks: ReadonlyMap<string, readonly ExpandedBlock[]> = new Map()

function decodeAttribute(found: Attribute, attribute: AttributeSchema, scope: Scope, diags: Diagnostics): Value {
  const type = attributeType(attribute)
  if (scope.unknown) return unknownVal(type).withMarks(scope.marks)
  const value = evaluate(found.expr, scope.ctx, diags)
  try {
    return convert(value, attributeConfigType(attribute)).withMarks(scope.marks)
  } catch (e) {
    if (!(e instanceof CtyError)) throw e
    diags.error('Incorrect attribute value type', `Inappropriate value for attribute "${found.name}": ${e.message}.`, {
      subject: found.expr.range,
      context: found.range,
      values: describeValues([found.expr], scope.ctx),
    })
    return unknownVal(type).withMarks(unionMarks(value.marks, scope.marks))
  }
}

function expandBlocks(
  content: BodyContent,
  block: BlockSchema,
  scope: Scope,
  diags: Diagnostics,
): ReadonlyMap<string, readonly ExpandedBlock[]> {
  const byType = new Map<string, ExpandedBlock[]>()
  const inner = scope.marks === undefined ? scope : { ...scope, marks: undefined }
  const add = (type: string, expanded: readonly ExpandedBlock[]): void => {
    const list = byType.get(type)
    if (list === undefined) byType.set(type, [...expanded])
    else list.push(...expanded)
  }
  for (const found of content.blocks) {
    if (Object.hasOwn(block.blockTypes, found.type)) {
      const { labels, body, headerRange } = found
      add(found.type, [{ labels, body, scope: inner, unknown: false, headerRange }])
      continue
    }
    const type = found.labels[0]!
    const nested = Object.hasOwn(block.blockTypes, type) ? block.blockTypes[type] : undefined
    if (nested === undefined) {
      diags.error('Unsupported block type', `Blocks of type "${type}" are not expected here.`, { subject: found.labelRanges[0] })
      continue
    }
    add(type, expandDynamic(found, labelNames(nested), scope, diags))
  }
  return byType
}

function decodeBlocks(
  name: string,
  nested: NestedBlockSchema,
  blocks: readonly ExpandedBlock[],
  endRange: SourceRange,
  diags: Diagnostics,
): Value {
  if (nested.nesting === 'single' || nested.nesting === 'group') {
    const [first, second] = blocks
    if (second !== undefined) {
      const where = formatRange(first!.headerRange)
      diags.error(`Duplicate ${name} block`, `Only one block of type "${name}" is allowed. Previous definition was at ${where}.`, {
        subject: second.headerRange,
      })
    }
    if (first !== undefined) return decodeIn(first.body, nested.block, first.scope, diags).withMarks(first.scope.marks)
    if (nested.nesting === 'single' && (nested.minItems ?? 0) > 0) {
      diags.error(`Missing ${name} block`, `A block of type "${name}" is required here.`, { subject: endRange })
    }
    return absentBlocks(nested)
  }

  const values: [string, Value][] = []
  const labelled = new Set<string>()
  let unknown: { readonly marks: Marks | undefined } | undefined
  for (const block of blocks) {
    const label = block.labels[0] ?? ''
    if (nested.nesting === 'map') {
      if (labelled.has(label)) {
        const detail = `A block for ${name} ${JSON.stringify(label)} was already defined. The ${name} labels must be unique.`
        diags.error(`Duplicate ${name} block`, detail, { subject: block.headerRange })
        continue
      }
      labelled.add(label)
    }
    const value = decodeIn(block.body, nested.block, block.scope, diags).withMarks(block.scope.marks)
    if (block.unknown) unknown = { marks: unionMarks(unknown?.marks, block.scope.marks) }
    values.push([label, value])
  }
  if (unknown !== undefined) return unknownVal(nestedBlockType(nested)).withMarks(unknown.marks)

  const { minItems = 0, maxItems = 0 } = nested
  if (nested.nesting !== 'map' && values.length < minItems) {
    diags.error(`Insufficient ${name} blocks`, `At least ${minItems} "${name}" blocks are required.`, { subject: endRange })
  } else if (nested.nesting !== 'map' && maxItems > 0 && values.length > maxItems) {
    diags.error(`Too many ${name} blocks`, `No more than ${maxItems} "${name}" blocks are allowed`, {
      subject: blocks[maxItems]!.headerRange,
    })
  }
  return collectBlocks(nested, values)
}

/**
 * All absolute traversals that decoding the body would evaluate, without the iterators of its `dynamic` blocks. What is
 * wrong with the body is not reported here.
 */
export function bodyReferences(body: Body, block: BlockSchema): Traversal[] {
  const found: Traversal[] = []
  collectReferences(body, block, [], found)
  return found
}

/** The same for one argument or the nested blocks of one type. */
export function attributeReferences(body: Body, block: BlockSchema, name: string): Traversal[] {
  const found: Traversal[] = []
  collectReferences(body, block, [], found, name)
  return found
}

function collectReferences(body: Body, given: BlockSchema, iterators: readonly string[], found: Traversal[], only?: string): void {
  const silent = new Diagnostics()
  const add = (attribute: Attribute | undefined, hidden: readonly string[]): void => {
    if (attribute === undefined) return
    const all = traversals(attribute.expr)
    for (let i = 0; i < all.length; i++) if (hidden.length === 0 || !hidden.includes(all[i]!.root)) found.push(all[i]!)
  }
  const block = withBlockSyntax(body, given)
  const { content } = partialContent(body, layoutOf(block).schema, silent)
  content.attributes.forEach((attribute, name) => {
    if (only === undefined || name === only) add(attribute, iterators)
  })
  for (const child of content.blocks) {
    if (only !== undefined && (child.type === 'dynamic' ? child.labels[0] : child.type) !== only) continue
    if (Object.hasOwn(block.blockTypes, child.type)) {
      collectReferences(child.body, block.blockTypes[child.type]!.block, iterators, found)
      continue
    }
    const type = child.labels[0]
    const nested = type !== undefined && Object.hasOwn(block.blockTypes, type) ? block.blockTypes[type] : undefined
    if (nested === undefined) continue
    const dynamic = partialContent(child.body, dynamicBodySchema(labelNames(nested)), silent).content
    add(dynamic.attributes.get('for_each'), iterators)
    const name = dynamic.attributes.get('iterator')
    const iterator = name === undefined ? type! : traversals(name.expr)[0]?.root
    const inner = iterator === undefined ? iterators : [...iterators, iterator]
    add(dynamic.attributes.get('labels'), inner)
    for (const body of dynamic.blocks) collectReferences(body.body, nested.block, inner, found)
  }
}
