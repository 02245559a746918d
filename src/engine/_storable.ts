import { maxStoredDepth, type Value } from '../cty/index.ts'
import type { Diagnostics, SourceRange } from '../diags/index.ts'

/** Whether a value may go into plans and states, to providers and to views; if not that is reported. `what` is named in the message. */
export function checkStorable(value: Value, what: string, subject: SourceRange, diags: Diagnostics): boolean {
  if (value.containsInfinity) {
    diags.error(
      'Infinite number',
      `The value of ${what} holds an infinite number, such as a division by zero gives. Plans and states have no way to write it; local values may be infinite.`,
      { subject },
    )
    return false
  }
  if (value.depth <= maxStoredDepth) return true
  diags.error(
    'Value nested too deeply',
    `The value of ${what} consists of lists, maps and objects that are nested ${value.depth} levels deep. What is planned and stored may be nested to a depth of ${maxStoredDepth} at most; local values may be nested deeper.`,
    { subject },
  )
  return false
}
