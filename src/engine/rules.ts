import { boolType, ConversionError, convert, EPHEMERAL, SENSITIVE, stringType, unmarkDeep, type Value } from '../cty/index.ts'
import { Diagnostics, formatRange, type SourceRange } from '../diags/index.ts'
import { describeValues } from '../hcl/index.ts'
import type { CheckResult } from '../states/index.ts'
import type { RuleNeeds } from './blocks.ts'
import type { CheckStatus } from './check-log.ts'
import type { ModuleScope } from './evaluation.ts'
import type { Repetition } from './expansion.ts'
import type { Run } from './run.ts'

export interface RuleSubject {
  readonly kind: CheckResult['objectKind']
  readonly configAddr: string
  readonly objectAddr: string
  readonly scope: ModuleScope
  readonly repetition: Repetition
  readonly self?: Value | undefined
  /** What a failure is called: `Resource precondition failed`. */
  readonly summary: string
  /** Failures do not stop anything: checks, and conditions while only refreshing. */
  readonly asWarning: boolean
  /** Where to point instead of the condition. */
  readonly subject?: SourceRange | undefined
  readonly addRuleRange?: boolean | undefined
}

/**
 * While validating: what is wrong with rules whatever the values are. A condition and its message are both looked at, as neither is known.
 *
 * @returns whether each of them can be evaluated.
 */
export function judgeRules(
  run: Run,
  rules: readonly RuleNeeds[],
  subject: Pick<RuleSubject, 'scope' | 'repetition' | 'self'>,
  diags: Diagnostics,
): boolean {
  const { scope, repetition, self } = subject
  const own = new Diagnostics()
  for (const { rule, needs } of rules)
    for (const expr of [rule.condition, rule.errorMessage]) run.evaluation.evaluate(scope, expr, needs, repetition, own, self)
  if (own.hasErrors) diags.addAll(own.items.filter(({ severity }) => severity === 'error'))
  return !own.hasErrors
}

/** Evaluates conditions one after the other, logs their outcomes and reports those that do not hold. */
export function checkRules(run: Run, rules: readonly RuleNeeds[], subject: RuleSubject, diags: Diagnostics): boolean {
  let ok = true
  for (const rule of rules) {
    const status = checkRule(run, rule, subject, diags)
    if (status === 'fail' || status === 'error') ok = false
  }
  return ok || subject.asWarning
}

function checkRule(run: Run, { rule, needs }: RuleNeeds, subject: RuleSubject, diags: Diagnostics): CheckStatus {
  const { scope, repetition, self } = subject
  const own = new Diagnostics()
  const finish = (status: CheckStatus, message?: string): CheckStatus => {
    run.checks.record(subject.kind, subject.configAddr, subject.objectAddr, status, message)
    const failing = status === 'pass' ? undefined : { kind: subject.kind, config: subject.configAddr, object: subject.objectAddr }
    for (const d of own.items) diags.add({ ...d, severity: subject.asWarning ? 'warning' : d.severity, failing })
    return status
  }
  const place = { subject: subject.subject ?? rule.condition.range, separate: subject.kind === 'check' }
  const condition = run.evaluation.evaluate(scope, rule.condition, needs, repetition, own, self)
  if (own.hasErrors) return finish('error')
  const values = () => describeValues([rule.condition], run.evaluation.context(scope, needs, repetition, new Diagnostics(), self))
  if (!condition.isKnown) {
    if (subject.kind === 'check') {
      own.warning(
        `${subject.summary.replace(/ failed$/, '')} known after apply`,
        'The condition could not be evaluated at this time, a result will be known when this plan is applied.',
        { ...place, values: values() },
      )
    }
    return finish('unknown')
  }
  // Of a variable, what does not hold points at the value, and what is no condition at the rule.
  const ofVariable = subject.kind === 'var'
  const unsuitable = (detail: string, shown: object): CheckStatus => {
    const summary = ofVariable ? 'Invalid variable validation result' : 'Invalid condition result'
    own.error(summary, detail, { ...place, subject: ofVariable ? rule.condition.range : place.subject, ...shown })
    return finish('error')
  }
  if (condition.isNull) {
    const what = ofVariable ? 'Validation condition' : 'Condition'
    return unsuitable(`${what} expression must return either true or false, not null.`, { values: values() })
  }
  let holds: boolean
  try {
    const bool = convert(condition.unmark(), boolType)
    if (!bool.isKnown) return finish('unknown')
    holds = bool.asBool()
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    const what = ofVariable ? 'validation condition' : 'condition'
    return unsuitable(`Invalid ${what} result value: ${error.message}.`, ofVariable ? { values: values() } : {})
  }
  if (holds) return finish('pass')
  const message = errorMessage(run, { rule, needs }, subject, own)
  if (message === null) return finish('fail')
  const where = subject.addRuleRange === true ? `\n\nThis was checked by the validation rule at ${formatRange(rule.range)}.` : ''
  own.error(subject.summary, (message ?? noMessage) + where, { ...place, values: values() })
  return finish('fail', message)
}

const noMessage = 'This check failed, but has an invalid error message as described in the other accompanying messages.'

/** Undefined: there is none to be told, and nothing is recorded. Null: what is wrong with it is all that is told. */
function errorMessage(run: Run, { rule, needs }: RuleNeeds, subject: RuleSubject, diags: Diagnostics): string | undefined | null {
  const ofVariable = subject.kind === 'var'
  const nothing = ofVariable ? 'Failed to evaluate condition error message.' : undefined
  const own = new Diagnostics()
  const value = run.evaluation.evaluate(subject.scope, rule.errorMessage, needs, subject.repetition, own, subject.self)
  const range = { subject: rule.errorMessage.range }
  if (ofVariable && !own.hasErrors && !value.isWhollyKnown) {
    const context = run.evaluation.context(subject.scope, needs, subject.repetition, new Diagnostics(), subject.self)
    diags.error(
      'Invalid error message',
      "Unsuitable value for error message: expression refers to values that won't be known until the apply phase.",
      { ...range, values: describeValues([rule.errorMessage], context, { unknowns: true }) },
    )
    return null
  }
  if (own.hasErrors || !value.isWhollyKnown || value.isNull) {
    diags.addAll(own.items)
    return nothing
  }
  if (value.hasMark(SENSITIVE)) {
    diags[ofVariable ? 'error' : 'warning'](
      'Error message refers to sensitive values',
      `The error expression used to explain this condition refers to sensitive values${ofVariable ? '.' : ', so'} Terraform will not display the resulting message.\n\nYou can correct this by removing references to sensitive values, or by carefully using the nonsensitive() function if the expression will not reveal the sensitive data.`,
      range,
    )
    return 'The error message included a sensitive value, so it will not be displayed.'
  }
  if (value.hasMark(EPHEMERAL)) return 'The error message included an ephemeral value, so it will not be displayed.'
  try {
    return convert(unmarkDeep(value), stringType).asString().trim()
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    const problem = ofVariable ? error.message.replace(/, but have .*$/, '') : error.message
    diags.error('Invalid error message', `Unsuitable value for error message: ${problem}.`, range)
    return nothing
  }
}
