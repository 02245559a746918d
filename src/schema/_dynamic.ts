import {
  CtyError,
  convert,
  dynamicVal,
  EPHEMERAL,
  friendlyName,
  type Marks,
  numberVal,
  objectVal,
  SENSITIVE,
  stringType,
  stringVal,
  type Value,
} from '../cty/index.ts'
import { Diagnostics, type SourceRange } from '../diags/index.ts'
import {
  type Block,
  type Body,
  type BodySchema,
  bodyContent,
  childContext,
  describeValues,
  type EvalContext,
  type Expr,
  evaluate,
  exprList,
  exprToTraversal,
} from '../hcl/index.ts'

/** Where expressions of a body are evaluated. */
export interface Scope {
  readonly ctx: EvalContext | undefined
  /** The body stands for an unknown number of blocks: whatever it says is unknown. */
  readonly unknown: boolean
  /** Of the collection that the block was made from: it and its attributes have these marks too, not the blocks inside. */
  readonly marks: Marks | undefined
}

/** One block to decode: written as such, or made by a `dynamic` block. */
export interface ExpandedBlock {
  readonly labels: readonly string[]
  readonly body: Body
  readonly scope: Scope
  /** Whether it stands for blocks of which it is not known how many there are. */
  readonly unknown: boolean
  readonly headerRange: SourceRange
}

const contentBlocks = [{ type: 'content', labelNames: [] }]
const dynamicSchema: BodySchema = { attributes: [{ name: 'for_each', required: true }, { name: 'iterator' }], blocks: contentBlocks }
const labelledSchema: BodySchema = {
  attributes: [{ name: 'for_each', required: true }, { name: 'iterator' }, { name: 'labels', required: true }],
  blocks: contentBlocks,
}

export function dynamicBodySchema(labelNames: readonly string[]): BodySchema {
  return labelNames.length > 0 ? labelledSchema : dynamicSchema
}

/** The blocks that a `dynamic` block of this type makes; none where it is wrong, which is reported. */
export function expandDynamic(block: Block, labelNames: readonly string[], scope: Scope, diags: Diagnostics): readonly ExpandedBlock[] {
  const own = new Diagnostics()
  const expanded = expand(block, labelNames, scope, own)
  diags.addAll(own.items)
  return expanded
}

function expand(block: Block, labelNames: readonly string[], scope: Scope, diags: Diagnostics): readonly ExpandedBlock[] {
  const type = block.labels[0]!
  const content = bodyContent(block.body, dynamicBodySchema(labelNames), diags)
  const forEach = content.attributes.get('for_each')
  if (diags.hasErrors || forEach === undefined) return []
  const given = scope.unknown ? dynamicVal : evaluate(forEach.expr, scope.ctx, diags)
  if (diags.hasErrors) return []
  const each = given.unmark()
  if (each.isNull || !isIterable(each)) {
    const detail =
      each.isNull && (each.type.kind === 'dynamic' || isIterable(each))
        ? 'Cannot use a null value in for_each.'
        : `Cannot use a ${friendlyName(each.type)} value in for_each. An iterable collection is required.`
    diags.error('Invalid dynamic for_each value', detail, {
      subject: forEach.expr.range,
      values: describeValues([forEach.expr], scope.ctx),
    })
    return []
  }

  let iterator = type
  const iteratorAttribute = content.attributes.get('iterator')
  if (iteratorAttribute !== undefined) {
    const traversal = exprToTraversal(iteratorAttribute.expr, diags)
    if (traversal === undefined || diags.hasErrors) return []
    if (traversal.steps.length > 0) {
      diags.error('Invalid dynamic iterator name', 'Dynamic iterator must be a single variable name.', { subject: traversal.range })
      return []
    }
    iterator = traversal.root
  }

  const labelsAttribute = content.attributes.get('labels')
  let labels: readonly Expr[] = []
  if (labelsAttribute !== undefined) {
    labels = exprList(labelsAttribute.expr, diags)
    if (diags.hasErrors) return []
    if (labels.length !== labelNames.length) {
      const [summary, subject] =
        labels.length > labelNames.length
          ? ['Extraneous dynamic block label', labels[labelNames.length]!.range]
          : ['Insufficient dynamic block labels', labelsAttribute.expr.range]
      diags.error(summary, `Blocks of type "${type}" require ${labelNames.length} label(s).`, { subject })
      return []
    }
  }

  const [body, second] = content.blocks
  if (body === undefined) {
    const detail = 'A dynamic block must have a nested block of type "content" to describe the body of each generated block.'
    diags.error('Missing dynamic content block', detail, { subject: content.endRange })
    return []
  }
  if (second !== undefined) {
    diags.error('Extraneous dynamic content block', 'Only one nested content block is allowed for each dynamic block.', {
      subject: second.headerRange,
    })
    return []
  }

  const marks = given.marks
  const made: ExpandedBlock[] = []
  const make = (key: Value, value: Value, unknown: boolean): void => {
    const item = objectVal([
      ['key', key],
      ['value', value],
    ])
    const ctx = childContext(scope.ctx, new Map([[iterator, item]]))
    const own: string[] = []
    for (const expr of labels) {
      const label = labelText(expr, ctx, diags)
      if (label === undefined) return
      own.push(label)
    }
    made.push({
      labels: own,
      body: body.body,
      scope: { ctx, unknown: unknown || scope.unknown, marks },
      unknown,
      headerRange: block.headerRange,
    })
  }
  if (!each.isKnown) make(dynamicVal, dynamicVal, true)
  else if (each.type.kind === 'map' || each.type.kind === 'object')
    for (const [key, value] of each.asMap()) make(stringVal(key), value, false)
  else {
    const items = each.asArray()
    for (let i = 0; i < items.length; i++) make(each.type.kind === 'set' ? items[i]! : numberVal(i), items[i]!, false)
  }
  return made
}

function isIterable(value: Value): boolean {
  switch (value.type.kind) {
    case 'list':
    case 'set':
    case 'map':
    case 'tuple':
    case 'object':
      return true
    case 'dynamic':
      return !value.isKnown
    default:
      return false
  }
}

function labelText(expr: Expr, ctx: EvalContext, diags: Diagnostics): string | undefined {
  const before = diags.items.length
  const given = evaluate(expr, ctx, diags)
  if (diags.items.slice(before).some((d) => d.severity === 'error')) return undefined
  const fail = (detail: string): undefined => {
    diags.error('Invalid dynamic block label', detail, { subject: expr.range, values: describeValues([expr], ctx) })
    return undefined
  }
  let value: Value
  try {
    value = convert(given, stringType)
  } catch (e) {
    if (!(e instanceof CtyError)) throw e
    return fail(`Cannot use this value as a dynamic block label: ${e.message}.`)
  }
  if (value.isNull) return fail('Cannot use a null value as a dynamic block label.')
  if (!value.isKnown) return fail('This value is not yet known. Dynamic block labels must be immediately-known values.')
  if (value.hasMark(SENSITIVE) || value.hasMark(EPHEMERAL))
    return fail('This value is sensitive or ephemeral. Dynamic block labels must be values that may be shown.')
  return value.asString()
}
