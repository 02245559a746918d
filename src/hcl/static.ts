import { numberType, numericIsInteger, stringVal, type Value } from '../cty/index.ts'
import { Diagnostics, rangeBetween, Source, type SourceRange } from '../diags/index.ts'
import { startOf } from './_place.ts'
import type { CallExpr, Expr, Traversal, TraversalStep } from './ast.ts'
import { parseExpression, parseTraversal } from './parser.ts'

/**
 * Reading expressions as syntax, without evaluating them: names, references, type keywords and static lists that the
 * configuration language gives a meaning of their own. JSON strings are read as what they would be in native syntax.
 */

/** The text of a quoted string without interpolations, or of a JSON string as it stands. */
export function literalString(expr: Expr): string | undefined {
  switch (expr.kind) {
    case 'jsonString':
      return expr.text
    case 'literal':
      return typeof expr.value.payload === 'string' ? expr.value.payload : undefined
    case 'template':
      return expr.text?.asString()
    default:
      return undefined
  }
}

const identifier = /^[\p{ID_Start}_][\p{ID_Continue}-]*$/u

/** A bare identifier, or a JSON string that is one. */
export function keywordOf(expr: Expr): string | undefined {
  switch (expr.kind) {
    case 'traversal':
      return expr.traversal.steps.length === 0 ? expr.traversal.root : undefined
    case 'literal':
      return keywordOfLiteral(expr.value)
    case 'jsonString':
      return identifier.test(expr.text) ? expr.text : undefined
    default:
      return undefined
  }
}

/** `true`, `false` and `null` are words of the language before they are values. */
function keywordOfLiteral(value: Value): string | undefined {
  if (typeof value.payload === 'boolean') return String(value.payload)
  return value.payload === null ? 'null' : undefined
}

/** A reference written out, such as `aws_instance.web[0].id`; a JSON string is parsed. Undefined when it is none, which is reported. */
export function exprToTraversal(expr: Expr, diags: Diagnostics): Traversal | undefined {
  const traversal = tryExprToTraversal(expr)
  if (traversal === undefined && expr.kind !== 'error') {
    diags.error(
      'Invalid expression',
      'A single static variable reference is required: only attribute access and indexing with constant keys. No calculations, function calls, template expressions, etc are allowed here.',
      { subject: expr.range },
    )
  }
  return traversal
}

function tryExprToTraversal(expr: Expr): Traversal | undefined {
  if (expr.kind === 'jsonString') return parseQuotedTraversal(expr.text, expr.range, new Diagnostics())
  const keyword = expr.kind === 'literal' ? keywordOf(expr) : undefined
  if (keyword !== undefined) return { root: keyword, rootRange: expr.range, steps: [], range: expr.range }
  const found = unrollSteps(expr)
  if (found === undefined) return undefined
  const { source, steps } = found
  if (source.kind !== 'traversal') return undefined
  const { traversal } = source
  return {
    root: traversal.root,
    rootRange: traversal.rootRange,
    steps: [...traversal.steps, ...steps],
    range: rangeBetween(traversal.range, expr.range),
  }
}

/** A traversal in quotes. Places in the text are told as places of the string around it, because escapes may lie between. */
export function parseQuotedTraversal(text: string, range: SourceRange, diags: Diagnostics): Traversal | undefined {
  const found = new Diagnostics()
  const traversal = parseTraversal(new Source(range.source.filename, text), found)
  for (const d of found.items) diags.add({ ...d, subject: range, context: undefined })
  if (traversal === undefined || found.hasErrors) return undefined
  // As in Terraform the text is counted from its opening quote.
  const at = (part: SourceRange): SourceRange => ({
    ...range,
    start: range.start + part.start,
    end: Math.min(range.end, range.start + part.end),
  })
  const steps = traversal.steps.map((step) => ({ ...step, range: at(step.range) }))
  return { root: traversal.root, rootRange: at(traversal.rootRange), steps, range: at(traversal.range) }
}

/** The expression that a JSON string spells; undefined when it spells none. Ranges are those within the text. */
function nativeExpr(text: string, range: SourceRange): Expr | undefined {
  const found = new Diagnostics()
  const expr = parseExpression(new Source(range.source.filename, text), found)
  return found.hasErrors ? undefined : expr
}

/** What stands at the start of static steps, and the steps. */
function unrollSteps(expr: Expr): { readonly source: Expr; readonly steps: readonly TraversalStep[] } | undefined {
  let source = expr
  const parts: (readonly TraversalStep[])[] = []
  for (;;) {
    if (source.kind === 'relativeTraversal') {
      parts.push(source.steps)
      source = source.source
    } else if (source.kind === 'index') {
      const key = staticKey(source.key)
      if (key === undefined) return undefined
      parts.push([{ kind: 'index', key, range: source.keyRange }])
      source = source.collection
    } else {
      return { source, steps: parts.reverse().flat() }
    }
  }
}

function staticKey(key: Expr): Value | undefined {
  if (key.kind === 'literal' && key.value.type === numberType && key.value.hasContent) {
    return numericIsInteger(key.value.asNumeric()) ? key.value : undefined
  }
  const text = key.kind === 'jsonString' ? undefined : literalString(key)
  return text === undefined ? undefined : stringVal(text)
}

/**
 * Steps as `ignore_changes` wants them: `ami`, `tags["Name"]`; the first name is an attribute. Undefined when the expression
 * is something else, which is reported.
 */
export function exprToRelativeTraversal(expr: Expr, diags: Diagnostics): readonly TraversalStep[] | undefined {
  const traversal = exprToTraversal(expr, diags)
  if (traversal === undefined) return undefined
  return [{ kind: 'attr', name: traversal.root, range: traversal.rootRange }, ...traversal.steps]
}

/** The element expressions of `[...]`; anything else is reported. */
export function exprList(expr: Expr, diags: Diagnostics): readonly Expr[] {
  if (expr.kind === 'tuple' || expr.kind === 'jsonArray') return expr.elements
  if (expr.kind !== 'error')
    diags.error('Invalid expression', 'A static list expression is required.', { subject: startOf(expr), context: expr.range })
  return []
}

/** `name(args...)`; also in a JSON string. Undefined when it is no call: nothing is reported. */
export function exprCall(expr: Expr): CallExpr | undefined {
  const native = expr.kind === 'jsonString' ? nativeExpr(expr.text, expr.range) : expr
  return native?.kind === 'call' ? native : undefined
}

/** The items of `{...}` in order; anything else is reported. */
export function exprMap(expr: Expr, diags: Diagnostics): readonly { readonly key: Expr; readonly value: Expr }[] {
  if (expr.kind === 'object' || expr.kind === 'jsonObject') return expr.items
  if (expr.kind !== 'error')
    diags.error('Invalid expression', 'A static map expression is required.', { subject: startOf(expr), context: expr.range })
  return []
}
