import type { DiagnosticPlace, SourceRange } from '../diags/index.ts'
import type { CallExpr, Expr, TemplatePart } from './ast.ts'
import type { EvalContext } from './context.ts'
import { describeValues } from './diagnostic-values.ts'

/** Where something went wrong in `expr`, with what the names in it stand for. Only for the path of errors: not cheap. */
export function placeOf(expr: Expr, context: EvalContext | undefined, subject: SourceRange, around?: SourceRange): DiagnosticPlace {
  return { subject, context: around, values: describeValues([expr], context) }
}

/** What Terraform underlines of an expression that is wrong as a whole: its beginning, such as an open bracket. */
export function startOf(expr: Expr): SourceRange {
  let inner: Expr = expr
  for (;;) {
    switch (inner.kind) {
      case 'template': {
        const first = inner.parts[0]
        if (first === undefined || (inner.range.end - inner.range.start === 2 && inner.range.source.text[inner.range.start] === '"')) {
          return { ...inner.range, start: inner.range.end }
        }
        if (first.kind === 'templateFor') return openingMarkerOf(first)
        inner = first.kind === 'templateIf' ? first.condition : first
        break
      }
      case 'parentheses':
        inner = inner.inner
        break
      case 'relativeTraversal':
        return inner.range
      case 'splat':
        return inner.markerRange
      case 'conditional':
        inner = inner.condition
        break
      case 'binary':
        inner = inner.left
        break
      case 'index':
        return { ...inner.keyRange, end: inner.keyRange.start + 1 }
      case 'call':
        return openingOf(inner)
      case 'for':
        return inner.openRange
      case 'tuple':
      case 'object':
      case 'jsonArray':
      case 'jsonObject':
      case 'unary':
        return { ...inner.range, end: inner.range.start + 1 }
      default:
        return inner.range
    }
  }
}

/** `%{ for x in y }` of a whole loop. */
function openingMarkerOf(loop: Extract<TemplatePart, { kind: 'templateFor' }>): SourceRange {
  const brace = loop.range.source.text.indexOf('}', loop.collection.range.end)
  return brace === -1 ? loop.range : { ...loop.range, end: brace + 1 }
}

/** The name of a function up to the opening parenthesis. */
export function openingOf(expr: CallExpr): SourceRange {
  const paren = expr.range.source.text.indexOf('(', expr.nameRange.end)
  return { ...expr.nameRange, end: paren === -1 ? expr.nameRange.end : paren + 1 }
}
