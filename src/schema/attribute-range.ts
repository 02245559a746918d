import { numericToJs, type Path, type PathStep } from '../cty/index.ts'
import { Diagnostics, type SourceRange } from '../diags/index.ts'
import { type Block, type Body, type Expr, literalString, partialContent } from '../hcl/index.ts'
import { withBlockSyntax } from './_block-syntax.ts'
import { dynamicBodySchema } from './_dynamic.ts'
import { labelNames, layoutOf } from './decode.ts'
import type { BlockSchema, NestedBlockSchema } from './schema.ts'

/**
 * Where in a body the value at a path was written: the expression of the argument, or of the element in it where that is
 * written out; for an argument that is missing the block that it is missing from. What cannot be followed, such as elements of
 * sets and blocks that a `dynamic` block may have made, is answered with `body.endRange`, the body as a whole.
 */
export function attributeRange(body: Body, block: BlockSchema, path: Path): SourceRange {
  return rangeIn(body, block, path) ?? body.endRange
}

function rangeIn(body: Body, given: BlockSchema, path: Path): SourceRange | undefined {
  const [step, ...rest] = path
  if (step === undefined) return body.endRange
  if (step.kind !== 'attribute') return undefined
  const schema = withBlockSyntax(body, given)
  const { content } = partialContent(body, layoutOf(schema).schema, new Diagnostics())
  const attribute = content.attributes.get(step.name)
  if (attribute !== undefined) return elementExpr(attribute.expr, rest).range
  const nested = Object.hasOwn(schema.blockTypes, step.name) ? schema.blockTypes[step.name] : undefined
  if (nested === undefined) return Object.hasOwn(schema.attributes, step.name) ? body.endRange : undefined
  const written = content.blocks.filter((b) => b.type === step.name)
  const dynamic = content.blocks.filter((b) => b.type === 'dynamic' && b.labels[0] === step.name)
  if (nested.nesting === 'single' || nested.nesting === 'group') {
    const found = written[0]?.body ?? contentOf(dynamic[0], nested)
    return found === undefined ? body.endRange : rangeIn(found, nested.block, rest)
  }
  const [index, ...inner] = rest
  const found = elementBody(nested, written, dynamic, index)
  return found === undefined ? undefined : rangeIn(found, nested.block, inner)
}

/** The body of the block that an index step means, as far as that is plain without evaluating anything. */
function elementBody(
  nested: NestedBlockSchema,
  written: readonly Block[],
  dynamic: readonly Block[],
  index: PathStep | undefined,
): Body | undefined {
  if (index?.kind !== 'index' || !index.key.hasContent) return undefined
  if (index.key.type.kind === 'string') {
    const label = index.key.asString()
    return written.find((b) => b.labels[0] === label)?.body ?? (dynamic.length === 1 ? contentOf(dynamic[0], nested) : undefined)
  }
  if (index.key.type.kind !== 'number') return undefined
  // All that one `dynamic` block makes is written in one place.
  if (written.length === 0) return dynamic.length === 1 ? contentOf(dynamic[0], nested) : undefined
  return dynamic.length === 0 ? written[numericToJs(index.key.asNumeric())]?.body : undefined
}

function contentOf(dynamic: Block | undefined, nested: NestedBlockSchema): Body | undefined {
  if (dynamic === undefined) return undefined
  return partialContent(dynamic.body, dynamicBodySchema(labelNames(nested)), new Diagnostics()).content.blocks[0]?.body
}

/** The part of a constructor that a path leads to. */
function elementExpr(expr: Expr, path: Path): Expr {
  const [step, ...rest] = path
  if (step === undefined) return expr
  const key =
    step.kind === 'attribute' ? step.name : step.key.hasContent && step.key.type.kind === 'string' ? step.key.asString() : undefined
  const index = step.kind === 'index' && step.key.hasContent && step.key.type.kind === 'number' ? numericToJs(step.key.asNumeric()) : -1
  let found: Expr | undefined
  switch (expr.kind) {
    case 'parentheses':
      return elementExpr(expr.inner, path)
    case 'object':
      found = expr.items.find((item) => key !== undefined && constantKey(item.key) === key)?.value
      break
    case 'jsonObject':
      found = expr.items.find((item) => item.key.text === key)?.value
      break
    case 'tuple':
    case 'jsonArray':
      found = expr.elements[index]
      break
    default:
  }
  return found === undefined ? expr : elementExpr(found, rest)
}

function constantKey(key: Expr): string | undefined {
  return key.kind === 'literal' && key.value.type.kind === 'string' ? key.value.asString() : literalString(key)
}
