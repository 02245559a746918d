import { capsuleType, capsuleVal, type Value } from '../cty/index.ts'
import type { Diagnosed } from '../diags/index.ts'
import { Diagnostics } from '../diags/index.ts'
import type { Expr } from './ast.ts'
import type { EvalContext } from './context.ts'
import { evaluate } from './evaluate.ts'

/**
 * As the type of a parameter: the function is handed the argument's expression instead of its value, and evaluates it
 * when and if it likes, as `try` does.
 */
export const closureType = capsuleType('expression closure')

/** An expression together with what its names mean. */
export interface ExpressionClosure {
  readonly expr: Expr
  readonly context: EvalContext | undefined
  /** What evaluation gave, which is asked for when the type of a call is wanted and again for its value. */
  result?: Diagnosed<Value> | undefined
}

export function closureVal(expr: Expr, context: EvalContext | undefined): Value {
  return capsuleVal(closureType, { expr, context } satisfies ExpressionClosure)
}

/** The closure in an argument of a parameter of `closureType`. */
export function closureOf(value: Value): ExpressionClosure {
  return value.payload as ExpressionClosure
}

/** The value of the expression; evaluated once, while the call that it is an argument of is evaluated. */
export function evaluateClosure(closure: ExpressionClosure): Diagnosed<Value> {
  if (closure.result === undefined) {
    const diags = new Diagnostics()
    const value = evaluate(closure.expr, closure.context, diags)
    closure.result = { value, diags: diags.items }
  }
  return closure.result
}
