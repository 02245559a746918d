import { EPHEMERAL, friendlyName, isCollectionType, numericToGeneral, SENSITIVE, type Value } from '../cty/index.ts'
import type { DiagnosticValue } from '../diags/index.ts'
import type { Expr, Traversal } from './ast.ts'
import { type EvalContext, lookUpVariable } from './context.ts'
import { traversals, traversalToString } from './traversals.ts'
import { isProblem, quote, takeStep } from './traverse.ts'

export interface DescribeOptions {
  /** The problem is that something is not known yet: say so. Otherwise readers would suspect unknowns that are harmless. */
  readonly unknowns?: boolean
  /** The problem is that something is sensitive: say so. */
  readonly sensitives?: boolean
  /** The problem is that something is ephemeral: say so. */
  readonly ephemerals?: boolean
}

/**
 * What the references in expressions stand for, as text that is safe to show, in the order of the references' text. A
 * reference whose last steps fail is described as far as it goes; a bare name is not described.
 */
export function describeValues(
  exprs: readonly Expr[],
  context: EvalContext | undefined,
  options: DescribeOptions = {},
): readonly DiagnosticValue[] | undefined {
  if (context === undefined) return undefined
  const found = new Map<string, string>()
  for (const expr of exprs) {
    for (const traversal of traversals(expr)) {
      const described = describeTraversal(traversal, context, options)
      if (described !== undefined) found.set(described.traversal, described.statement)
    }
  }
  if (found.size === 0) return undefined
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([traversal, statement]) => ({ traversal, statement }))
}

function describeTraversal(whole: Traversal, context: EvalContext, options: DescribeOptions): DiagnosticValue | undefined {
  let value = lookUpVariable(context, whole.root)
  let length = 0
  while (value !== undefined && length < whole.steps.length) {
    const next = takeStep(value, whole.steps[length]!)
    if (isProblem(next)) break
    value = next
    length++
  }
  if (value === undefined || length === 0) return undefined
  const statement = describeValue(value, options)
  return statement === undefined
    ? undefined
    : { traversal: traversalToString({ ...whole, steps: whole.steps.slice(0, length) }), statement }
}

/** `is "x"`, `has a sensitive value`, `is a string, known only after apply`; undefined when it is better not to mention it. */
export function describeValue(value: Value, options: DescribeOptions = {}): string | undefined {
  if (value.hasMark(SENSITIVE)) return options.sensitives === true ? 'has a sensitive value' : undefined
  if (value.hasMark(EPHEMERAL)) return options.ephemerals === true ? 'has an ephemeral value' : undefined
  if (value.isKnown) return `is ${compactText(value)}`
  if (value.type.kind === 'dynamic') return options.unknowns === true ? 'will be known only after apply' : undefined
  const type = friendlyName(value.type)
  return options.unknowns === true ? `is a ${type}${lengthText(value)}, known only after apply` : `is a ${type}`
}

/** Longer bounds are those of nobody's thought. */
const MAX_TOLD_LENGTH = 1024

function lengthText(value: Value): string {
  if (!isCollectionType(value.type)) return ''
  const least = value.refinement?.minLength ?? 0
  const most = value.refinement?.maxLength ?? Number.POSITIVE_INFINITY
  if (least === most) return ` of length ${least}`
  if (least > 0 && most <= MAX_TOLD_LENGTH) return ` with between ${least} and ${most} elements`
  if (least > 0) return ` with at least ${least} elements`
  return most <= MAX_TOLD_LENGTH ? ` with up to ${most} elements` : ''
}

/** A primitive in full, anything larger by its type and size. */
function compactText(value: Value): string {
  const { payload, type } = value
  if (payload === null) return 'null'
  switch (type.kind) {
    case 'bool':
      return String(payload)
    case 'number':
      return numericToGeneral(value.asNumeric(), 10)
    case 'string':
      return quote(value.asString())
    case 'list':
    case 'set':
    case 'tuple':
      return sizeText(friendlyName(type), value.asArray().length)
    case 'map':
      return sizeText(friendlyName(type), value.asMap().size)
    case 'object': {
      const names = [...type.attributes.keys()]
      if (names.length === 0) return 'object with no attributes'
      return names.length === 1 ? `object with 1 attribute ${quote(names[0]!)}` : `object with ${names.length} attributes`
    }
    default:
      return friendlyName(type)
  }
}

function sizeText(type: string, size: number): string {
  if (size === 0) return `empty ${type}`
  return `${type} with ${size === 1 ? '1 element' : `${size} elements`}`
}
