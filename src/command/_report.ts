import { absResourceInstanceToString } from '../addrs/index.ts'
import { SENSITIVE, type Value, walkValue } from '../cty/index.ts'
import type { Diagnostic } from '../diags/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { type DiagnosticReport, parsePlanJson, Redactor, type StackReport, stackFromPlanJson } from '../ops/comment/index.ts'
import type { OpenEnvironment, Protections, Verdict } from '../ops/index.ts'
import type { Action, Plan, ResourceChange } from '../plans/index.ts'
import { terraformVersion } from '../workdir/index.ts'
import type { Schemas } from './json/schemas.ts'
import { planJson } from './jsonplan/index.ts'

export interface StackReportInput {
  readonly open: OpenEnvironment
  readonly plan: Plan | undefined
  readonly schemas: Schemas | undefined
  readonly verdicts: readonly Verdict[]
  readonly approved: ReadonlySet<string>
  /** Placed already. */
  readonly diags: readonly Diagnostic[]
  /** Also what was found changed outside without having a part in the plan. */
  readonly allDrift?: boolean
}

/** What was planned for a stack, as data without its secrets. */
export function stackReport(input: StackReportInput): StackReport {
  const { open, plan, schemas, verdicts, approved } = input
  const redactor = redactorFor(open, plan)
  const diagnostics = input.diags.map((d) => diagnosticReport(d, redactor))
  const { environment, stack } = open.id
  if (plan === undefined || schemas === undefined) {
    const failed = { environment, stack, status: 'failed' as const, changes: [], outputs: [], drift: [] }
    return { ...failed, diagnostics }
  }
  const json = parsePlanJson(planJson({ plan, config: open.loaded.config, schemas, terraformVersion }), 'The plan', new Diagnostics())!
  const waiting = new Map(verdicts.map((verdict) => [verdict.address, verdict]))
  return stackFromPlanJson(json, {
    environment,
    stack,
    sensitiveOutputs: new Set(plan.outputChanges.filter((o) => holdsSensitive(o.before) || holdsSensitive(o.after)).map((o) => o.name)),
    constructOf: (address) => open.stack?.constructs[address],
    sourceOf: open.sourceOf,
    protectionOf: ({ address, deposed }) => {
      const verdict = deposed === undefined ? waiting.get(address) : undefined
      if (verdict === undefined) return undefined
      const { on, reason, approvers } = verdict.protection
      return { on, reason, approvers, approved: approved.has(address), pendingSince: verdict.since }
    },
    diagnostics,
    allDrift: input.allDrift,
  })
}

/** A diagnostic as data; places outside the repository's sources are left out. */
export function diagnosticReport({ severity, summary, detail, address, subject }: Diagnostic, redactor: Redactor): DiagnosticReport {
  const path = subject?.source.filename
  const isSource = path !== undefined && /^[\w.-]+(?:\/[\w.-]+)*\.ts$/.test(path) && !path.split('/').includes('..')
  const line = subject === undefined ? 1 : subject.source.text.slice(0, subject.start).split('\n').length
  return {
    severity,
    summary: redactor.text(summary),
    detail: redactor.text(detail),
    address,
    source: isSource ? { path, line } : undefined,
  }
}

/** Knows what is sensitive by mark: values of input variables, and of everything in a plan. */
export function redactorFor(open: Pick<OpenEnvironment, 'loaded' | 'variables'>, plan: Plan | undefined): Redactor {
  const redactor = new Redactor()
  const learn = (value: Value, hidden: boolean): void =>
    walkValue(value, (_path, part) => {
      const secret = hidden || part.hasMark(SENSITIVE)
      const bare = part.unmark()
      if (secret && bare.hasContent && bare.type.kind === 'string') redactor.learnText(bare.asString())
      // Marks are of the outermost part that they are about.
      if (secret && !hidden && bare.hasContent && bare.type.kind !== 'string') {
        learn(bare, true)
        return false
      }
      return true
    })
  const { variables } = open.loaded.config.module
  for (const [name, { value }] of open.variables) if (variables.get(name)?.sensitive === true) learn(value, true)
  for (const { before, after } of [...(plan?.changes ?? []), ...(plan?.drift ?? []), ...(plan?.outputChanges ?? [])]) {
    learn(before, false)
    learn(after, false)
  }
  return redactor
}

function holdsSensitive(value: Value): boolean {
  let found = false
  walkValue(value, (_path, part) => {
    if (part.hasMark(SENSITIVE)) found = true
    return !found
  })
  return found
}

const commentActions = {
  noop: 'move',
  read: 'move',
  create: 'create',
  update: 'update',
  delete: 'delete',
  forget: 'forget',
  deleteThenCreate: 'replace',
  createThenDelete: 'replace',
  forgetThenCreate: 'replace',
} as const satisfies Readonly<Record<Action, string>>

/** The protected changes of a plan; what was left over from a replacement is protected by nothing. */
export function verdictsOf(
  plan: Plan,
  protections: Protections,
  pending: Readonly<Record<string, string>>,
  now: string,
): readonly Verdict[] {
  const verdicts: Verdict[] = []
  for (const change of plan.changes) {
    if (!mayBeProtected(change)) continue
    const address = absResourceInstanceToString(change.address)
    const protection = protections.find(address, commentActions[change.action])
    if (protection !== undefined) verdicts.push({ address, protection, since: pending[address] ?? now })
  }
  return verdicts
}

function mayBeProtected(change: ResourceChange): boolean {
  return change.deposed === undefined && change.address.resource.mode === 'managed' && change.action !== 'noop'
}
