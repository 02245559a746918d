import { compareStrings } from '../../base/index.ts'
import { nullVal, rawEquals, SENSITIVE, unmarkDeep, type Value } from '../../cty/index.ts'
import { type OutputChange, type Plan, type ResourceChange, relevantDrift } from '../../plans/index.ts'
import type { BlockSchema } from '../../schema/index.ts'
import { managedResourcesEqual, type State } from '../../states/index.ts'
import { diffUntyped } from '../diff/differ.ts'
import { keyText, keyWidth } from '../diff/key-text.ts'
import { actionSymbol, type ChangeSymbol, renderDiff } from '../diff/render.ts'
import { compareChanges } from '../json/order.ts'
import type { AppliedCounts } from './operation-view.ts'
import { type ChangeStyle, driftText, isMoved, resourceChangeText } from './resource-change-text.ts'
import { planWithoutSensitivity, withoutSensitivity } from './without-sensitivity.ts'
import { wrapText } from './wrap.ts'

export interface PlanTextOptions extends ChangeStyle {
  /** Columns of a line. */
  readonly width: number
  /** No hints about commands to type. */
  readonly inAutomation: boolean
  /** The schema that a change's values conform to. */
  readonly schemaFor: (change: ResourceChange) => BlockSchema
  /** What is sensitive is shown as well. */
  readonly showSensitive?: boolean | undefined
}

export interface PlanCounts {
  readonly import: number
  readonly add: number
  readonly change: number
  readonly remove: number
  readonly forget: number
}

/** What the summary counts: a replacement is both an addition and a removal. */
export function countChanges(changes: readonly ResourceChange[]): PlanCounts {
  const counts = { import: 0, add: 0, change: 0, remove: 0, forget: 0 }
  for (const change of changes) {
    if (change.importing !== undefined) counts.import++
    switch (change.action) {
      case 'create':
        counts.add++
        break
      case 'update':
        counts.change++
        break
      case 'delete':
        if (change.address.resource.mode === 'managed') counts.remove++
        break
      case 'deleteThenCreate':
      case 'createThenDelete':
        counts.add++
        counts.remove++
        break
      case 'forgetThenCreate':
        counts.add++
        counts.forget++
        break
      case 'forget':
        counts.forget++
        break
    }
  }
  return counts
}

/** `Plan: 1 to add, 0 to change, 0 to destroy.`; programs read this sentence. */
export function planSummary(counts: PlanCounts, dialect: ChangeStyle['dialect']): string {
  const imports = counts.import > 0 ? `${counts.import} to import, ` : ''
  const forgets = dialect.kind === 'tofu' && counts.forget > 0 ? `, ${counts.forget} to forget` : ''
  return `Plan: ${imports}${counts.add} to add, ${counts.change} to change, ${counts.remove} to destroy${forgets}.`
}

/** `Apply complete! Resources: 1 added, 0 changed, 0 destroyed.`; programs read this sentence. Only OpenTofu counts what was forgotten. */
export function appliedSummary(counts: AppliedCounts, destroyed: boolean, dialect: ChangeStyle['dialect']): string {
  const imported = counts.imported > 0 ? `${counts.imported} imported, ` : ''
  const forgotten = dialect.kind === 'tofu' && counts.forgotten ? `, ${counts.forgotten} forgotten` : ''
  return destroyed
    ? `Destroy complete! Resources: ${counts.removed} destroyed${forgotten}.`
    : `Apply complete! Resources: ${imported}${counts.added} added, ${counts.changed} changed, ${counts.removed} destroyed${forgotten}.`
}

/** Whether an entry is worth a place in the plan's text. */
export function isShown(change: ResourceChange): boolean {
  if (change.action === 'delete' && change.address.resource.mode === 'data') return false
  return change.action !== 'noop' || isMoved(change) || change.importing !== undefined
}

/** Whether applying the plan would change anything that is recorded. */
export function planHasChanges(plan: Plan): boolean {
  if (plan.mode === 'refreshOnly') {
    // What is recorded beside the attributes, such as dependencies, counts as well.
    const { previousState: was, priorState: is } = plan
    return !sameOutputs(was, is) || !managedResourcesEqual(was, is)
  }
  return plan.changes.some(isShown) || plan.outputChanges.some((o) => o.action !== 'noop')
}

function sameOutputs({ outputs: a }: State, { outputs: b }: State): boolean {
  if (a.size !== b.size) return false
  for (const [name, { value, sensitive }] of a) {
    const other = b.get(name)
    if (other === undefined || other.sensitive !== sensitive || !rawEquals(other.value, value)) return false
  }
  return true
}

/** The plan as people read it, from the empty line before it to the newline after it. */
export function planText(given: Plan, all: PlanTextOptions): string {
  const plan = all.showSensitive ? planWithoutSensitivity(given) : given
  const options = all.showSensitive ? { ...all, schemaFor: (change: ResourceChange) => withoutSensitivity(all.schemaFor(change)) } : all
  const { palette, dialect } = options
  const shown = plan.mode === 'refreshOnly' ? [] : plan.changes.filter(isShown).sort(compareChanges)
  const outputs = outputChangesText(plan.outputChanges, options)
  // With nothing to do there is nothing that a difference could have brought about.
  const found = plan.mode === 'refreshOnly' ? plan.drift : shown.length === 0 && outputs === '' ? [] : relevantDrift(plan)
  const drift = [...found].sort(compareChanges)
  let text = drift.length > 0 ? driftSection(plan, drift, options) : ''
  if (shown.length === 0 && outputs === '') {
    return plan.mode === 'refreshOnly' && drift.length > 0 ? text : text + nothingText(plan, options)
  }
  if (drift.length > 0) text += `\n${rule(options)}\n`
  if (shown.length > 0) {
    // Where objects only move there are no symbols to explain.
    if (shown.some((c) => c.action !== 'noop')) {
      text += `\n${wrapText(`${dialect.product} used the selected providers to generate the following execution plan. Resource actions are indicated with the following symbols:`, options.width)}\n`
      text += legend(shown, options)
    }
    text += plan.errored
      ? `\n${dialect.product} planned the following actions, but then encountered a problem:\n\n`
      : `\n${dialect.product} will perform the following actions:\n\n`
    for (const change of shown) text += `${resourceChangeText(change, options.schemaFor(change), options)}\n\n`
    text += `${boldPrefix(planSummary(countChanges(plan.changes), dialect), palette.bold)}\n`
  }
  if (outputs !== '') {
    text += `\nChanges to Outputs:\n${outputs}\n`
    if (shown.length === 0) {
      text += `\n${wrapText(`You can apply this plan to save these new output values to the ${dialect.product} state, without changing any real infrastructure.`, options.width)}\n`
    }
  }
  return text
}

function boldPrefix(summary: string, bold: (text: string) => string): string {
  return summary.replace(/^Plan:/, bold('Plan:'))
}

/** A horizontal rule as wide as the lines; not shorter than what programs look for. */
export function rule(options: Pick<PlanTextOptions, 'width'>): string {
  return '─'.repeat(Math.max(options.width, 20))
}

const legendTexts: readonly (readonly [ChangeSymbol, string])[] = [
  ['create', 'create'],
  ['update', 'update in-place'],
  ['delete', 'destroy'],
  ['deleteThenCreate', 'destroy and then create replacement'],
  ['createThenDelete', 'create replacement and then destroy'],
  ['forgetThenCreate', 'forget and then create replacement'],
  ['read', 'read (data resources)'],
]

function legend(shown: readonly ResourceChange[], options: PlanTextOptions): string {
  const used = new Set<ChangeSymbol>(shown.map((c) => c.action))
  const isTofu = options.dialect.kind === 'tofu'
  const entries = isTofu ? [...legendTexts, ['forget', 'forget'] as const] : legendTexts
  return entries
    .filter(([action]) => used.has(action))
    .map(
      ([action, text]) =>
        `${actionSymbol(action, options.palette)}${text}${isTofu && action === 'update' ? ' (current -> planned)' : ''}\n`,
    )
    .join('')
}

function driftSection(plan: Plan, drift: readonly ResourceChange[], options: PlanTextOptions): string {
  const { product } = options.dialect
  const intro = `${product} detected the following changes made outside of ${product} since the last "${options.dialect.command} apply" which may have affected this plan:`
  let text = `\n${options.palette.bold(options.palette.cyan('Note:'))}${options.palette.bold(` Objects have changed outside of ${product}`)}\n\n${wrapText(intro, options.width)}\n\n`
  for (const change of drift) text += `${driftText(change, options.schemaFor(change), options)}\n\n`
  const end =
    plan.mode === 'refreshOnly'
      ? `This is a refresh-only plan, so ${product} will not take any actions to undo these. If you were expecting these changes then you can apply this plan to record the updated values in the ${product} state without changing any remote objects.`
      : `Unless you have made equivalent changes to your configuration, or ignored the relevant attributes using ignore_changes, the following plan may include actions to undo or respond to these changes.`
  return `${text}\n${wrapText(end, options.width)}\n`
}

function nothingText(plan: Plan, options: PlanTextOptions): string {
  const { palette, dialect, width } = options
  const say = (headline: string, rest: string): string =>
    `\n${palette.bold(palette.green('No changes.'))}${palette.bold(` ${headline}`)}\n\n${wrapText(rest, width)}\n`
  if (plan.errored) {
    return `\n${palette.bold(palette.red('Planning failed.'))}${palette.bold(` ${dialect.product} encountered an error while generating this plan.`)}\n\n`
  }
  switch (plan.mode) {
    case 'refreshOnly':
      return say(
        'Your infrastructure still matches the configuration.',
        `${dialect.product} has checked that the real remote objects still match the result of your most recent changes, and found no differences.`,
      )
    case 'destroy':
      return say(
        'No objects need to be destroyed.',
        `Either you have not created any objects yet or the existing objects were already deleted outside of ${dialect.product}.`,
      )
    case 'normal':
      return say(
        'Your infrastructure matches the configuration.',
        `${dialect.product} has compared your real infrastructure against your configuration and found no differences, so no changes are needed.`,
      )
  }
}

/** One line or more per changed root output value; empty when none changes. No newline at the end. */
export function outputChangesText(changes: readonly OutputChange[], style: ChangeStyle): string {
  const sorted = [...changes].sort((a, b) => compareStrings(a.name, b.name))
  const lines: string[] = []
  let width = 0
  for (const change of sorted) width = Math.max(width, keyWidth(keyText(change.name)))
  for (const change of sorted) {
    const side = (value: Value): Value | undefined => outputSide(value, change, style.dialect)
    const diff = diffUntyped(side(change.before), side(change.after), style.dialect.kind)
    if (diff.action === 'noop') continue
    const name = keyText(change.name)
    const padding = ' '.repeat(width - [...name].length)
    lines.push(`${actionSymbol(diff.action, style.palette)}${name}${padding} = ${renderDiff(diff, 0, { palette: style.palette })}`)
  }
  return lines.join('\n')
}

/** A null output is one that is not there. Terraform takes a hidden empty text for null. */
function outputSide(value: Value, change: OutputChange, dialect: ChangeStyle['dialect']): Value | undefined {
  if (change.sensitive && value.payload === '' && dialect.kind === 'terraform') return undefined
  const bare = value.isNull && !value.isMarked ? undefined : value
  // Marks inside make no difference where all is hidden.
  return change.sensitive ? ((bare ?? nullVal(value.type)).isNull ? undefined : unmarkDeep(value).mark(SENSITIVE)) : bare
}
