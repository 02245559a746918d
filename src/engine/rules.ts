import { EPHEMERAL, SENSITIVE, unmarkDeep, type Value } from '../cty/index.ts'
import { Diagnostics, formatRange, type SourceRange } from '../diags/index.ts'
import { describeValues } from '../hcl/index.ts'
import type { CheckResult } from '../states/index.ts'
import type { RuleNeeds } from './blocks.ts'
import type { CheckStatus } from './check-log.ts'
import { judgeCondition, judgeMessage, messageText } from './condition.ts'
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
  /** Of a variable, where its value stands: what does not hold points there instead of at the condition. */
  readonly subject?: SourceRange | undefined
}

/**
 * While validating: what is wrong with rules whatever the values are. A condition and its message are both looked at, as neither is known;
 * as in Terraform, what the message is worth counts already for outputs and checks, and the condition of a check does not count yet.
 *
 * @returns whether each of them can be evaluated.
 */
export function judgeRules(
  run: Run,
  rules: readonly RuleNeeds[],
  subject: Pick<RuleSubject, 'kind' | 'scope' | 'repetition' | 'self'>,
  diags: Diagnostics,
): boolean {
  const { kind, scope, repetition, self } = subject
  const own = new Diagnostics()
  const withText = kind === 'output' || kind === 'check'
  for (const { rule, needs } of rules) {
    if (withText) messageOf(run, { rule, needs }, subject, own)
    else run.evaluation.evaluate(scope, rule.errorMessage, needs, repetition, own, self)
    if (kind !== 'check') run.evaluation.evaluate(scope, rule.condition, needs, repetition, own, self)
  }
  diags.addAll(withText ? own.items : own.items.filter(({ severity }) => severity === 'error'))
  return !own.hasErrors
}

/** Evaluates conditions one after the other, logs their outcomes and reports those that do not hold. */
export function checkRules(run: Run, rules: readonly RuleNeeds[], subject: RuleSubject, diags: Diagnostics): boolean {
  let ok = true
  for (const rule of rules) {
    const status = subject.kind === 'var' ? checkVariableRule(run, rule, subject, diags) : checkRule(run, rule, subject, diags)
    // What cannot be evaluated is a mistake, whatever a failure is worth.
    if (status === 'error' || (status === 'fail' && !subject.asWarning)) ok = false
  }
  return ok
}

/** The message comes first: what is wrong with it is told even where the condition holds. */
function checkRule(run: Run, { rule, needs }: RuleNeeds, subject: RuleSubject, diags: Diagnostics): CheckStatus {
  const { scope, repetition, self } = subject
  const own = new Diagnostics()
  const finish = (status: CheckStatus, message?: string): CheckStatus => {
    record(run, subject, status, message, own, diags)
    return status
  }
  const place = { subject: rule.condition.range, separate: subject.kind === 'check' }
  const message = messageOf(run, { rule, needs }, subject, own)
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
  const holds = judgeCondition(condition)
  if (typeof holds === 'string') {
    const detail =
      holds === 'null' ? 'Condition expression must return either true or false, not null.' : `Invalid condition result value: ${holds}.`
    own.error('Invalid condition result', detail, { ...place, values: values() })
    return finish('error')
  }
  if (holds === undefined) return finish('unknown')
  if (holds) return finish('pass')
  own[subject.asWarning ? 'warning' : 'error'](subject.summary, message ?? noMessage, { ...place, values: values() })
  return finish('fail', message)
}

/** The text to be told when the condition does not hold; undefined when there is none that could be. */
function messageOf(
  run: Run,
  { rule, needs }: RuleNeeds,
  { scope, repetition, self }: Pick<RuleSubject, 'scope' | 'repetition' | 'self'>,
  diags: Diagnostics,
): string | undefined {
  const own = new Diagnostics()
  const value = run.evaluation.evaluate(scope, rule.errorMessage, needs, repetition, own, self)
  diags.addAll(own.items)
  if (own.hasErrors) return undefined
  return judgeMessage(value, rule.errorMessage, run.evaluation.context(scope, needs, repetition, new Diagnostics(), self), diags)
}

/** What a rule came to, with what there is to be told of it. */
function record(
  run: Run,
  subject: RuleSubject,
  status: CheckStatus,
  message: string | undefined,
  own: Diagnostics,
  diags: Diagnostics,
): void {
  const { kind, configAddr: config, objectAddr: object } = subject
  run.checks.record(kind, config, object, status, message)
  const failing = status === 'pass' ? undefined : { kind, config, object }
  for (const d of own.items) diags.add({ ...d, failing })
}

/** Rules of variables: a message is only looked at where the condition does not hold, and both must be known. */
function checkVariableRule(run: Run, { rule, needs }: RuleNeeds, subject: RuleSubject, diags: Diagnostics): CheckStatus {
  const { scope, repetition } = subject
  const own = new Diagnostics()
  const finish = (status: CheckStatus, message?: string): CheckStatus => {
    record(run, subject, status, message, own, diags)
    return status
  }
  const condition = run.evaluation.evaluate(scope, rule.condition, needs, repetition, own)
  if (own.hasErrors) return finish('error')
  const values = () => describeValues([rule.condition], run.evaluation.context(scope, needs, repetition, new Diagnostics()))
  if (!condition.isKnown) return finish('unknown')
  const holds = judgeCondition(condition)
  // What does not hold points at the value, and what is no condition at the rule.
  if (typeof holds === 'string') {
    const detail =
      holds === 'null'
        ? 'Validation condition expression must return either true or false, not null.'
        : `Invalid validation condition result value: ${holds}.`
    own.error('Invalid variable validation result', detail, { subject: rule.condition.range, values: values() })
    return finish('error')
  }
  if (holds === undefined) return finish('unknown')
  if (holds) return finish('pass')
  const message = variableMessage(run, { rule, needs }, subject, own)
  if (message === null) return finish('error')
  const detail = `${message}\n\nThis was checked by the validation rule at ${formatRange(rule.range)}.`
  own.error(subject.summary, detail, { subject: subject.subject ?? rule.condition.range, values: values() })
  return finish('fail', message)
}

const noMessage = 'This check failed, but has an invalid error message as described in the other accompanying messages.'

/** Null: what is wrong with it is all that is told. */
function variableMessage(run: Run, { rule, needs }: RuleNeeds, { scope, repetition }: RuleSubject, diags: Diagnostics): string | null {
  const own = new Diagnostics()
  const value = run.evaluation.evaluate(scope, rule.errorMessage, needs, repetition, own)
  const range = { subject: rule.errorMessage.range }
  if (!own.hasErrors && !value.isWhollyKnown) {
    const context = run.evaluation.context(scope, needs, repetition, new Diagnostics())
    diags.error(
      'Invalid error message',
      "Unsuitable value for error message: expression refers to values that won't be known until the apply phase.",
      { ...range, values: describeValues([rule.errorMessage], context, { unknowns: true }) },
    )
    return null
  }
  const nothing = 'Failed to evaluate condition error message.'
  if (own.hasErrors || value.isNull) {
    diags.addAll(own.items)
    return nothing
  }
  if (value.hasMark(SENSITIVE)) {
    diags.error(
      'Error message refers to sensitive values',
      'The error expression used to explain this condition refers to sensitive values. Terraform will not display the resulting message.\n\nYou can correct this by removing references to sensitive values, or by carefully using the nonsensitive() function if the expression will not reveal the sensitive data.',
      range,
    )
    return 'The error message included a sensitive value, so it will not be displayed.'
  }
  if (value.hasMark(EPHEMERAL)) return 'The error message included an ephemeral value, so it will not be displayed.'
  const text = messageText(unmarkDeep(value))
  if (typeof text !== 'string' && text !== undefined) return text.asString().trim()
  diags.error('Invalid error message', `Unsuitable value for error message: ${text}.`, range)
  return nothing
}
