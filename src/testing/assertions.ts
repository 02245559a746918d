import type { CheckRule } from '../config/index.ts'
import { boolType, ConversionError, convert, EPHEMERAL, SENSITIVE, stringType, unmarkDeep } from '../cty/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { type RootScope, warnOfDeprecatedUse } from '../engine/index.ts'
import { describeValues, type EvalContext, type Expr, evaluate, traversals } from '../hcl/index.ts'
import { assertionContext, type TestNames } from './scope.ts'

/** What an assertion came to; `error`: it could not be judged. */
export type AssertionOutcome = 'pass' | 'fail' | 'error'

/** Judges one assertion after its run. What does not hold, or cannot be judged, is reported. */
export function checkAssertion(
  rule: CheckRule,
  scope: RootScope,
  outputs: ReadonlySet<string>,
  names: TestNames,
  diags: Diagnostics,
): AssertionOutcome {
  const own = new Diagnostics()
  const all = [...traversals(rule.condition), ...traversals(rule.errorMessage)]
  const context = assertionContext(all, scope, outputs, names, own)
  const place = { subject: rule.condition.range }
  const finish = (outcome: AssertionOutcome): AssertionOutcome => {
    diags.addAll(own.items)
    return outcome
  }
  if (own.hasErrors) return finish('error')
  const condition = warnOfDeprecatedUse(rule.condition, evaluate(rule.condition, context, own), own)
  if (own.hasErrors) return finish('error')
  const values = describeValues([rule.condition], context)
  if (!condition.isKnown) {
    own.error(
      'Unknown condition value',
      'Condition expression could not be evaluated at this time. This means you have executed a `run` block with `command = plan` and one of the values your condition depended on is not known until after the plan has been applied. Either remove this value from your condition, or execute an `apply` command from this `run` block. Alternatively, if there is an override for this value, you can make it available during the plan phase by setting `override_during = plan` in the `override_` block.',
      { ...place, values },
    )
    return finish('error')
  }
  if (condition.isNull) {
    own.error('Invalid condition run', 'Condition expression must return either true or false, not null.', { ...place, values })
    return finish('error')
  }
  let holds: boolean
  try {
    holds = convert(condition.unmark(), boolType).asBool()
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    own.error('Invalid condition run', `Invalid condition run value: ${error.message}.`, { ...place, values })
    return finish('error')
  }
  if (holds) return finish('pass')
  own.error('Test assertion failed', errorMessage(rule.errorMessage, context, own), { ...place, values })
  return finish('fail')
}

function errorMessage(expr: Expr, context: EvalContext, diags: Diagnostics): string {
  const own = new Diagnostics()
  const value = evaluate(expr, context, own)
  if (own.hasErrors || !value.isWhollyKnown || value.isNull) {
    diags.addAll(own.items)
    return 'Failed to evaluate condition error message.'
  }
  if (value.hasMark(SENSITIVE)) return 'The error message included a sensitive value, so it will not be displayed.'
  if (value.hasMark(EPHEMERAL)) return 'The error message included an ephemeral value, so it will not be displayed.'
  try {
    return convert(unmarkDeep(value), stringType).asString().trim()
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    diags.error('Invalid error message', `Unsuitable value for error message: ${error.message}.`, { subject: expr.range })
    return 'Failed to evaluate condition error message.'
  }
}
