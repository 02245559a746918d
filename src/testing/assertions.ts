import type { CheckRule } from '../config/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { judgeCondition, judgeMessage, type RootScope, warnOfDeprecatedUse } from '../engine/index.ts'
import { describeValues, evaluate, traversals } from '../hcl/index.ts'
import { assertionContext, type TestNames } from './scope.ts'

/** What an assertion came to; `error`: it could not be judged. */
export type AssertionOutcome = 'pass' | 'fail' | 'error'

/** Judges one assertion after its run, its message first. What does not hold, or cannot be judged, is reported. */
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
  const before = new Diagnostics()
  const said = evaluate(rule.errorMessage, context, before)
  own.addAll(before.items)
  const message = before.hasErrors ? undefined : judgeMessage(said, rule.errorMessage, context, own)
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
  const holds = judgeCondition(condition)
  if (holds === true) return finish('pass')
  if (holds === false) {
    own.error('Test assertion failed', message ?? '', { ...place, values: describeValues([rule.condition], context, { ephemerals: true }) })
    return finish('fail')
  }
  const detail =
    holds === 'null' ? 'Condition expression must return either true or false, not null.' : `Invalid condition run value: ${holds}.`
  own.error('Invalid condition run', detail, { ...place, values })
  return finish('error')
}
