import { codeHtml, codePoints, escapeHtml, fenced, groupDigits, shortened, visible } from './escape.ts'
import type { Since } from './marker.ts'
import { type Block, type Frame, inBytes, inCodePoints, packBlocks } from './pack.ts'
import { redactShapes } from './redact.ts'
import type { ChangeAction, ChangeReport, DiagnosticReport, PlanReport, StackReport, StackStatus } from './report.ts'
import { stackName } from './since.ts'

export interface RenderOptions {
  /** Planned without credentials in a world made up for it. */
  readonly simulated: boolean
  /** Address of the run's log; only one of plain characters is used. */
  readonly runUrl?: string | undefined
  /** What has changed since the run before. */
  readonly since?: Since | undefined
  /** Code points of a part, with what the caller adds to it. */
  readonly partSize: number
  /** What the caller adds to a part, in code points. */
  readonly reserved: (part: number) => number
  /** Parts for details; what must never be cut may take more. */
  readonly mostParts: number
  /** Bytes of the text that takes what the parts do not hold; 0 when there is none. */
  readonly overflowSize: number
}

export interface Rendered {
  /** Markdown. At least one. */
  readonly parts: readonly string[]
  /** What the parts do not hold, as far as it fits. */
  readonly overflow: string | undefined
  /** Changes that are shown nowhere in full; the artefact holds them. */
  readonly left: number
}

/** Limits of GitHub: code points of a comment, bytes that are safe for the text and the summary of a check run, bytes of a job's summary. */
export const commentSize = 65_536
export const checkTextSize = 65_535
export const jobSummarySize = 1_000_000

/** Space for the note at the end that says where the rest is. */
const noteRoom = 400

/** Plans as comments. The same report always gives the same text. */
export function renderReport(report: PlanReport, options: RenderOptions): Rendered {
  const blocks = blocksOf(report, options)
  const room = (part: number): number =>
    options.partSize - options.reserved(part) - noteRoom - (part === 0 ? 0 : codePoints(continuedHead(part)))
  const packed = packBlocks(blocks, room, options.mostParts, inCodePoints)
  const over =
    options.overflowSize > 0 && packed.left.length > 0
      ? packBlocks(packed.left, () => options.overflowSize, 1, inBytes)
      : { parts: [], left: packed.left }
  const parts = packed.parts.map((text, i) => (i === 0 ? text : continuedHead(i) + text))
  const [overflow] = over.parts
  const left = over.left.length
  const elsewhere = packed.left.length - left
  const notes: string[] = []
  if (elsewhere > 0) notes.push(`${groupDigits(elsewhere)} more in the check run of this commit`)
  if (left > 0) notes.push(`${groupDigits(left)} more only in the artefact of the run`)
  if (notes.length > 0) parts[parts.length - 1] += `\n**Not everything fits here:** ${notes.join(', ')}.\n`
  return { parts: parts.map((text) => `${text.trimEnd()}\n`), overflow, left }
}

/** Everything in one text, however long: for files. */
export function renderWhole(report: PlanReport, options: Pick<RenderOptions, 'simulated' | 'runUrl' | 'since'>): string {
  const whole = { ...options, partSize: Number.POSITIVE_INFINITY, reserved: () => 0, mostParts: 1, overflowSize: 0, uncut: true }
  return `${packBlocks(blocksOf(report, whole), () => Number.POSITIVE_INFINITY, 1, inCodePoints).parts[0]!.trimEnd()}\n`
}

/** One line for the title of a check run or the end of a command. */
export function headline(report: PlanReport): string {
  const sum = new Counts()
  for (const stack of report.stacks) sum.add(stack.changes)
  const failed = report.stacks.filter((s) => isFailed(s.status)).length
  const what = sum.isEmpty
    ? 'No changes'
    : countColumns.flatMap(([key, word]) => (sum.of(key) > 0 ? [`${groupDigits(sum.of(key))} to ${word}`] : [])).join(', ')
  return failed === 0
    ? what
    : `${failed} of ${report.stacks.length} stack${report.stacks.length === 1 ? '' : 's'} failed${sum.isEmpty ? '' : `; ${what}`}`
}

export function isFailed(status: StackStatus): boolean {
  return status === 'failed' || status === 'partial' || status === 'applyFailed'
}

function continuedHead(part: number): string {
  return `**Landform, part ${part + 1}**\n\n`
}

const countColumns = [
  ['create', 'add'],
  ['update', 'change'],
  ['replace', 'replace'],
  ['delete', 'destroy'],
  ['import', 'import'],
  ['move', 'move'],
  ['forget', 'forget'],
] as const satisfies readonly (readonly [ChangeAction, string])[]

/** How many changes are of each kind. A change that imports or moves as well counts there, too. */
class Counts {
  readonly #counts = new Map<ChangeAction, number>()

  add(changes: readonly ChangeReport[]): this {
    for (const { action, from, importing } of changes) {
      this.#count(action)
      if (importing !== undefined && action !== 'import') this.#count('import')
      if (from !== undefined && action !== 'move') this.#count('move')
    }
    return this
  }

  #count(action: ChangeAction): void {
    this.#counts.set(action, (this.#counts.get(action) ?? 0) + 1)
  }

  of(action: ChangeAction): number {
    return this.#counts.get(action) ?? 0
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0
  }
}

type BlockOptions = Pick<RenderOptions, 'simulated' | 'runUrl' | 'since'> & { readonly uncut?: boolean }

function blocksOf(report: PlanReport, options: BlockOptions): readonly Block[] {
  return [
    { frames: [], text: headText(report, options), essential: true },
    ...tableBlocks(report),
    ...firstBlocks(report),
    ...failureBlocks(report),
    ...sinceBlocks(options.since),
    ...detailBlocks(report, options.uncut === true),
  ]
}

function headText(report: PlanReport, options: BlockOptions): string {
  const applied = report.stacks.some((s) => s.status === 'applied' || s.status === 'applyFailed')
  const world = report.world === 'sandbox' ? ' in the SANDBOX' : report.world === 'aws' ? ' on AWS' : ''
  const lines = [`### Landform ${applied ? 'apply' : 'plan'}${world}: ${headline(report)}`, '']
  if (options.simulated) {
    lines.push(
      '**Simulated.** This was planned without credentials, in a sandbox that begins with what was known of the real world without its secrets. What a real plan finds may differ.',
      '',
    )
  }
  const facts: string[] = []
  if (report.commit !== undefined)
    facts.push(`Commit <code>${report.commit.slice(0, 12)}</code>${report.dirty ? ' **with changes that are not committed**' : ''}`)
  else if (report.dirty) facts.push('**With changes that are not committed**')
  const { runUrl } = options
  if (runUrl !== undefined && runUrl.length <= 300 && /^https?:\/\/[\w.-]+(?::\d+)?\/[\w./-]*$/.test(runUrl))
    facts.push(`<a href="${runUrl}">log</a>`)
  if (facts.length > 0) lines.push(facts.join(' · '), '')
  return `${lines.join('\n')}\n`
}

const statusTexts: Readonly<Record<StackStatus, string>> = {
  planned: '',
  partial: '<b>planned in part</b>',
  failed: '<b>failed</b>',
  applied: 'applied',
  applyFailed: '<b>apply failed</b>',
  notBegun: 'not begun',
}

function tableBlocks(report: PlanReport): readonly Block[] {
  const head = `<tr><th>environment</th><th>stack</th>${countColumns.map(([, word]) => `<th>${word}</th>`).join('')}<th></th></tr>\n`
  const frame: Frame = { open: `<table>\n${head}`, reopen: `<table>\n${head}`, close: '</table>\n\n' }
  if (report.stacks.length === 0) return [{ frames: [], text: 'No stack is affected, so nothing was planned.\n\n', essential: true }]
  return report.stacks.map((stack) => {
    const counts = new Counts().add(stack.changes)
    const waiting = stack.changes.filter((c) => c.protection !== undefined && !c.protection.approved).length
    const notes = [
      statusTexts[stack.status],
      waiting > 0 ? `<b>${waiting} protected</b>` : '',
      stack.status === 'planned' && counts.isEmpty && stack.outputs.length === 0 ? 'no changes' : '',
    ].filter((note) => note !== '')
    const cells = countColumns.map(([key]) => {
      // What is not there is not looked at; of a stack that failed nobody knows.
      const n = counts.of(key)
      return `<td>${n === 0 ? '' : isDestructive(key) ? `<b>${n}</b>` : n}</td>`
    })
    const text = `<tr><td>${name(stack.environment)}</td><td>${name(stack.stack)}</td>${cells.join('')}<td>${notes.join(', ')}</td></tr>\n`
    return { frames: [frame], text, essential: true }
  })
}

function isDestructive(action: ChangeAction): boolean {
  return action === 'delete' || action === 'replace' || action === 'forget'
}

/** What needs looking at is listed before all else, one line each, and never left out. */
function firstBlocks(report: PlanReport): readonly Block[] {
  const rows: { readonly rank: number; readonly text: string }[] = []
  for (const stack of report.stacks) {
    for (const change of stack.changes) {
      if (change.protection === undefined && !isDestructive(change.action)) continue
      const rank =
        change.protection !== undefined && !change.protection.approved
          ? 0
          : change.action === 'delete'
            ? 1
            : change.action === 'replace'
              ? 2
              : 3
      rows.push({
        rank,
        text: `<li>${titleHtml(change)}${reasonHtml(change)}, in ${name(stackName(stack))}${protectionHtml(change)}</li>\n`,
      })
    }
  }
  const open = `<p><b>Destructive and protected changes</b></p>\n<ul>\n`
  const frame: Frame = { open, reopen: `<ul>\n`, close: '</ul>\n\n' }
  return rows.sort((a, b) => a.rank - b.rank).map(({ text }) => ({ frames: [frame], text, essential: true }))
}

function protectionHtml({ protection }: ChangeReport): string {
  if (protection === undefined) return ''
  const { on, reason, approvers, approved, pendingSince } = protection
  const who = approvers.length === 0 ? '' : `; approvers: ${approvers.slice(0, 20).map(name).join(', ')}`
  const since = pendingSince !== undefined && /^\d{4}-\d\d-\d\dT/.test(pendingSince) ? `; waiting since ${pendingSince.slice(0, 10)}` : ''
  const on_ = ['replace', 'destroy', 'change'].includes(on) ? on : 'change'
  return `<br>${approved ? 'protected and approved' : '<b>protected</b>'} on ${on_}: ${clean(reason, 500)}${who}${since}`
}

const actionTexts: Readonly<Record<ChangeAction, string>> = {
  create: 'create',
  update: 'change',
  replace: '<b>replace</b>',
  delete: '<b>destroy</b>',
  forget: '<b>forget</b>',
  move: 'move',
  import: 'import',
}

function titleHtml(change: ChangeReport): string {
  const first = change.action === 'replace' && change.createFirst ? ', the new one before the old one goes' : ''
  const deposed = change.deposed === undefined ? '' : ` (left over as ${name(change.deposed)})`
  const moved = change.from === undefined ? '' : `, moved from ${name(change.from)}`
  const imported = change.importing === undefined ? '' : `, imported as ${clean(change.importing, 200)}`
  return `${actionTexts[change.action]} ${name(change.address)}${deposed}${moved}${imported}${first}`
}

/** Words of ours stand as they are; a report could hold any others. */
function reasonHtml({ reason }: ChangeReport): string {
  if (reason === undefined) return ''
  return `, ${/^[a-z _,]+$/i.test(reason) ? escapeHtml(reason.slice(0, 200)) : clean(reason, 200)}`
}

/** A name of somebody's as code. */
function name(text: string): string {
  return codeHtml(shortened(redactShapes(text), 300))
}

function clean(text: string, most: number): string {
  return codeHtml(shortened(redactShapes(text), most))
}

const errorsFirst = 20

function failureBlocks(report: PlanReport): readonly Block[] {
  const blocks: Block[] = []
  for (const stack of report.stacks) {
    const errors = stack.diagnostics.filter((d) => d.severity === 'error')
    if (errors.length === 0 && !isFailed(stack.status)) continue
    const words = stack.status === 'applyFailed' ? 'apply failed' : stack.status === 'partial' ? 'planned in part only' : 'failed'
    blocks.push({ frames: [], text: `<p><b>${name(stackName(stack))}: ${words}</b></p>\n\n`, essential: true })
    for (const [i, error] of errors.entries()) blocks.push({ frames: [], text: diagnosticText(error), essential: i < errorsFirst })
  }
  return blocks
}

const diagnosticLines = 60

function diagnosticText(d: DiagnosticReport): string {
  const word = d.severity === 'error' ? 'Error' : 'Warning'
  const lines = [`${word}: ${d.summary}`]
  if (d.source !== undefined) lines.push(`  on ${d.source.path} line ${d.source.line}`)
  if (d.address !== undefined) lines.push(`  with ${d.address}`)
  lines.push('', ...redactShapes(d.detail).split(/\r?\n/))
  const shown =
    lines.length > diagnosticLines ? [...lines.slice(0, diagnosticLines), `… ${lines.length - diagnosticLines} more lines`] : lines
  return `${fenced(
    'text',
    shown.map((line) => shortened(visible(redactShapes(line)), 1000)),
  )}\n`
}

const sinceRows = 30

function sinceBlocks(since: Since | undefined): readonly Block[] {
  if (since === undefined) return []
  const rows = (
    [
      ['new', since.added],
      ['different', since.changed],
      ['not planned any more', since.gone],
    ] as const
  ).filter(([, list]) => list.length > 0)
  if (rows.length === 0) return [{ frames: [], text: 'Nothing has changed since the last run.\n\n', essential: true }]
  const total = rows.map(([words, list]) => `${groupDigits(list.length)} ${words}`).join(', ')
  const items = rows.flatMap(([words, list]) => [
    ...list.slice(0, sinceRows).map((address) => `<li>${words}: ${name(address)}</li>\n`),
    ...(list.length > sinceRows ? [`<li>${words}: ${groupDigits(list.length - sinceRows)} more</li>\n`] : []),
  ])
  return [
    {
      frames: [],
      text: `<details><summary>Since the last run: ${total}</summary>\n<ul>\n${items.join('')}</ul>\n</details>\n\n`,
      essential: true,
    },
  ]
}

function detailBlocks(report: PlanReport, uncut: boolean): readonly Block[] {
  const blocks: Block[] = []
  const all = report.stacks.flatMap((stack) => stack.changes)
  const only = all.length === 1 ? all[0] : undefined
  const byEnvironment = new Map<string, StackReport[]>()
  for (const stack of report.stacks) {
    const stacks = byEnvironment.get(stack.environment)
    if (stacks === undefined) byEnvironment.set(stack.environment, [stack])
    else stacks.push(stack)
  }
  for (const [environment, stacks] of byEnvironment) {
    const changes = stacks.flatMap((s) => s.changes)
    const details = (title: string, open: boolean): Frame => ({
      open: `<details${open ? ' open' : ''}><summary>${title}</summary>\n\n`,
      reopen: `<details open><summary>${title}, continued</summary>\n\n`,
      close: '</details>\n\n',
    })
    const outer = details(`<b>${name(environment)}</b>: ${countsText(changes)}`, changes.length <= 10)
    for (const stack of stacks) {
      // An environment that is one stack is one section.
      const alone = stacks.length === 1 && stack.stack === environment
      const frames = alone ? [outer] : [outer, details(`${name(stackName(stack))}: ${countsText(stack.changes)}`, stacks.length === 1)]
      for (const change of sortedChanges(stack.changes)) {
        blocks.push({ frames, text: changeText(change, uncut, change === only), essential: false })
      }
      if (stack.outputs.length > 0) {
        const lines = stack.outputs.flatMap((output) => output.lines)
        blocks.push({ frames, text: section('outputs', diffFence(lines, uncut)), essential: false })
      }
      for (const change of stack.drift) {
        const text = section(`changed outside: ${name(change.address)}`, diffFence(change.lines, uncut))
        blocks.push({ frames, text, essential: false })
      }
      for (const warning of stack.diagnostics.filter((d) => d.severity === 'warning')) {
        blocks.push({ frames, text: diagnosticText(warning), essential: false })
      }
    }
  }
  return blocks
}

function countsText(changes: readonly ChangeReport[]): string {
  const counts = new Counts().add(changes)
  if (counts.isEmpty) return 'no changes'
  return countColumns.flatMap(([key, word]) => (counts.of(key) > 0 ? [`${groupDigits(counts.of(key))} to ${word}`] : [])).join(', ')
}

/** Destructive and protected ones first, each in the plan's order. */
function sortedChanges(changes: readonly ChangeReport[]): readonly ChangeReport[] {
  const rank = (change: ChangeReport): number =>
    change.protection !== undefined ? 0 : change.action === 'delete' ? 1 : isDestructive(change.action) ? 2 : 3
  return [...changes].sort((a, b) => rank(a) - rank(b))
}

/** @param open it is the only one; it is shown at once when it is short */
function changeText(change: ChangeReport, uncut: boolean, open: boolean): string {
  const construct =
    change.construct === undefined || change.construct === '' ? '' : `<p>made by ${name(change.construct)}${sourceHtml(change)}</p>\n\n`
  const body = change.lines.every((line) => line.startsWith(' ')) ? '<p>No attribute changes.</p>\n\n' : diffFence(change.lines, uncut)
  return section(titleHtml(change) + reasonHtml(change), construct + body, open && change.lines.length <= shortDiff)
}

function sourceHtml({ source }: ChangeReport): string {
  return source === undefined ? '' : ` at ${name(`${source.path}:${source.line}`)}`
}

function section(title: string, body: string, open = false): string {
  return `<details${open ? ' open' : ''}><summary>${title}</summary>\n\n${body}</details>\n\n`
}

/** Lines that are read at a glance. */
const shortDiff = 25

/** Code points of one resource's lines, and of one line: what is longer is nobody's reading. */
const mostOfDiff = 20_000
const mostOfLine = 600

/** Lines as a diff. Where they are too many, the beginning and the end are kept. */
function diffFence(lines: readonly string[], uncut: boolean): string {
  const clean = lines.map((line) => {
    const sign = /^[-+! ]/.test(line) ? line[0]! : ' '
    const text = redactShapes(sign === line[0] ? line.slice(1) : ` ${line}`)
    const shown = visible(text)
    return sign + (uncut ? shown : shortened(shown, mostOfLine))
  })
  if (uncut) return `${fenced('diff', clean)}\n`
  let size = 0
  for (const line of clean) size += codePoints(line) + 1
  if (size <= mostOfDiff) return `${fenced('diff', clean)}\n`
  const head: string[] = []
  const tail: string[] = []
  let used = 0
  let from = 0
  let to = clean.length
  while (from < to) {
    const fromHead = used < mostOfDiff * 0.7
    const line = fromHead ? clean[from]! : clean[to - 1]!
    used += codePoints(line) + 1
    if (used > mostOfDiff) break
    if (fromHead) head.push(clean[from++]!)
    else tail.push(clean[--to]!)
  }
  return `${fenced('diff', [...head, `  … ${groupDigits(to - from)} lines left out here; the artefact of the run has them`, ...tail.reverse()])}\n`
}
