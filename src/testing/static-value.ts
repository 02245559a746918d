import type { Value } from '../cty/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { type Expr, evaluate } from '../hcl/index.ts'
import { functionTable } from '../lang/functions/index.ts'

/** The value of an expression that may call functions and refers to nothing. Undefined when there is none, which is reported. */
export function staticValue(expr: Expr, diags: Diagnostics): Value | undefined {
  const own = new Diagnostics()
  const table = functionTable({ baseDir: '.', pure: false })
  const value = evaluate(expr, { variables: new Map(), functions: table.lookUp, functionNames: table.names }, own)
  diags.addAll(own.items)
  return own.hasErrors ? undefined : value
}
