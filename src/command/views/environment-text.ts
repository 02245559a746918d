import { classTexts, counting, type StackDrift } from '../../ops/drift/report.ts'
import type { Verdict } from '../../ops/index.ts'
import type { ResourceChange } from '../../plans/index.ts'
import type { Dialect } from './dialect.ts'
import type { Palette } from './palette.ts'
import { countChanges, type PlanCounts, planSummary } from './plan-text.ts'

/** What stands at the head of all that is done to an environment. */
export interface EnvironmentHead {
  readonly name: string
  /** What is being done, such as `plan`. */
  readonly verb: string
  readonly target: 'sandbox' | 'aws'
  readonly account: string
  readonly region: string
  readonly role: string
  /** Name of the account from which the role is assumed. */
  readonly hub: string
  /** Where the state is. */
  readonly state: string
}

export function environmentHeadText(head: EnvironmentHead, palette: Palette): string {
  const { bold, yellow, cyan } = palette
  const target = head.target === 'sandbox' ? cyan('SANDBOX (no AWS account)') : yellow('AWS')
  return [
    `${bold(`${head.verb} ${head.name}`)}\n`,
    `  target   ${bold(target)}\n`,
    `  account  ${head.account}, ${head.region}\n`,
    `  role     ${head.role}, assumed from ${head.hub}\n`,
    `  state    ${head.state}\n`,
  ].join('')
}

/** `Modules: network 27, bastion 5`. Empty when nothing is counted. */
export function modulesText(modules: readonly (readonly [module: string, count: number])[], palette: Palette): string {
  if (modules.length === 0) return ''
  return `${palette.bold('Modules:')} ${modules.map(([name, count]) => `${name} ${count}`).join(', ')}\n`
}

/** Puts the count per module before the sentence that sums the plan up. */
export function withModules(
  planText: string,
  changes: readonly ResourceChange[],
  modules: string,
  dialect: Dialect,
  palette: Palette,
): string {
  const summary = planSummary(countChanges(changes), dialect).replace(/^Plan:/, palette.bold('Plan:'))
  const at = planText.lastIndexOf(`\n${summary}`)
  return at < 0 || modules === '' ? planText : `${planText.slice(0, at + 1)}${modules}${planText.slice(at + 1)}`
}

/** `1.2 s, 24 AWS calls`. */
export function effortText(seconds: number, awsCalls: number): string {
  return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s, ${awsCalls} AWS call${awsCalls === 1 ? '' : 's'}`
}

/** Protected changes with their reasons, first what waits longest. */
export function protectedText(verdicts: readonly Verdict[], now: Date, palette: Palette): string {
  const rows = [...verdicts]
    .sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0))
    .map(({ address, protection, since }) => {
      const who = protection.approvers.length === 0 ? '' : `\n    approvers: ${protection.approvers.join(', ')}`
      return `  ${palette.bold(address)} is protected on ${protection.on}: ${protection.reason}${who}${waitingText(since, now)}\n`
    })
  const title = verdicts.length === 1 ? '1 protected change needs' : `${verdicts.length} protected changes need`
  return `\n${palette.bold(palette.yellow(`${title} an explicit yes:`))}\n${rows.join('')}`
}

/** `, waiting for 3 days`; empty for less than an hour. */
function waitingText(since: string, now: Date): string {
  const hours = Math.floor((now.getTime() - Date.parse(since)) / 3_600_000)
  if (!(hours >= 1)) return ''
  const text = hours < 48 ? `${hours} hour${hours === 1 ? '' : 's'}` : `${Math.floor(hours / 24)} days`
  return `\n    waiting for ${text}, since ${since.slice(0, 10)}`
}

export interface SetRow {
  readonly name: string
  /** Undefined: there is no plan. */
  readonly counts: PlanCounts | undefined
  readonly verdicts: number
  readonly problem: string | undefined
}

/** What a set of stacks does, one line for each. */
export function setText(rows: readonly SetRow[], palette: Palette): string {
  const width = Math.max(...rows.map((row) => row.name.length))
  const lines = rows.map(({ name, counts, verdicts, problem }) => {
    const what =
      counts === undefined
        ? (problem ?? '')
        : counts.add + counts.change + counts.remove + counts.import + counts.forget === 0
          ? 'no changes'
          : `${counts.add} to add, ${counts.change} to change, ${counts.remove} to destroy`
    return `  ${name.padEnd(width)}  ${problem === 'failed' ? palette.red(what) : what}${verdicts > 0 ? `, ${palette.yellow(`${verdicts} protected`)}` : ''}\n`
  })
  return `${palette.bold('All stacks:')}\n${lines.join('')}`
}

/** What is different of a stack, the most serious first, and what is left alone. */
export function driftText(drift: StackDrift, palette: Palette): string {
  const found = counting(drift)
  const ignored = drift.items.filter((item) => item.ignored !== undefined)
  let text = found.length === 0 ? `\n${palette.bold(palette.green('No drift.'))} What really is agrees with what was applied.\n` : ''
  for (const { address, kind, attributes, expired } of found) {
    const colour = kind === 'gone' || kind === 'security' ? palette.red : palette.yellow
    text += `\n${palette.bold(address)} ${colour(classTexts[kind])}${attributes.length === 0 ? '' : `: ${attributes.join(', ')}`}\n`
    if (expired !== undefined) text += `  was ignored until ${expired.until}: ${expired.reason}\n`
    const lines = drift.report?.drift.find((change) => change.address === address)?.lines ?? []
    for (const line of lines) text += `  ${line}\n`
  }
  const unsaid = drift.items.filter((item) => item.ignored === undefined && item.kind === 'defaults')
  if (unsaid.length > 0) {
    text += `\nFilled in by the services, where the sources say nothing:\n${unsaid.map((item) => `  ${item.address}: ${item.attributes.join(', ')}\n`).join('')}`
  }
  if (ignored.length > 0) {
    text += `\nIgnored:\n${ignored.map((item) => `  ${item.address}: ${item.ignored!.reason}, until ${item.ignored!.until}\n`).join('')}`
  }
  return text
}
