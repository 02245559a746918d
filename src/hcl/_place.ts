import type { DiagnosticPlace, SourceRange } from '../diags/index.ts'
import type { Expr } from './ast.ts'
import type { EvalContext } from './context.ts'
import { describeValues } from './diagnostic-values.ts'

/** Where something went wrong in `expr`, with what the names in it stand for. Only for the path of errors: not cheap. */
export function placeOf(expr: Expr, context: EvalContext | undefined, subject: SourceRange, around?: SourceRange): DiagnosticPlace {
  return { subject, context: around, values: describeValues([expr], context) }
}
