import { codeHtml, cutCodePoints, fenced, type StackReport, visible } from '../comment/index.ts'
import type { Github, Issue } from '../forge/github.ts'
import { type DriftClass, type DriftItem, driftClasses } from './classify.ts'

/** What was found of one stack. */
export interface StackDrift {
  readonly environment: string
  readonly stack: string
  /** `ENVIRONMENT`, or `ENVIRONMENT/STACK`. */
  readonly name: string
  readonly items: readonly DriftItem[]
  /** The differences line by line, without secrets. */
  readonly report: StackReport | undefined
  /** The stack could not be looked at. */
  readonly failed: boolean
}

/** What counts: all but what is ignored, and what only says what was left unsaid. */
export function counting(drift: StackDrift): readonly DriftItem[] {
  return drift.items.filter((item) => item.ignored === undefined && item.kind !== 'defaults')
}

export const classTexts: Readonly<Record<DriftClass, string>> = {
  gone: 'gone',
  security: 'changed, and relevant to security',
  changed: 'changed',
  defaults: 'only says what was left unsaid',
}

/** The document of `landform env drift -json`. The meaning of its members only grows within a version. */
export function driftJson(drifts: readonly StackDrift[]): string {
  const stacks = drifts.map((drift) => ({
    environment: drift.environment,
    stack: drift.stack,
    status: drift.failed ? 'failed' : counting(drift).length > 0 ? 'drifted' : 'clean',
    counts: Object.fromEntries(
      driftClasses.map((kind) => [kind, drift.items.filter((item) => item.ignored === undefined && item.kind === kind).length]),
    ),
    drift: drift.items.map(({ address, kind, attributes, ignored, expired }) => ({
      address,
      class: kind,
      attributes,
      ignored: ignored === undefined ? null : { reason: ignored.reason, until: ignored.until },
      expired: expired === undefined ? null : { reason: expired.reason, until: expired.until },
      lines: drift.report?.drift.find((change) => change.address === address)?.lines ?? [],
    })),
    diagnostics: drift.report?.diagnostics ?? [],
  }))
  return `${JSON.stringify({ format_version: '1.0', stacks }, undefined, 2)}\n`
}

const label = 'landform-drift'
const issueSize = 60_000

function markerOf(name: string): string {
  return `<!-- landform:drift v=1 stack=${encodeURIComponent(name).replaceAll('-', '%2D')} -->`
}

/** One issue of a stack, brought up to date: opened when there is drift, edited while it changes, closed when it is gone. @throws ForgeError */
export async function updateIssue(
  github: Github,
  drift: StackDrift,
  issues: readonly Issue[],
): Promise<'opened' | 'edited' | 'closed' | 'unchanged'> {
  const marker = markerOf(drift.name)
  const existing = issues.find((issue) => issue.body.startsWith(marker))
  const found = counting(drift)
  if (found.length === 0) {
    if (existing?.state !== 'open') return 'unchanged'
    await github.createIssueComment(existing.number, 'Nothing is different any more.')
    await github.updateIssue(existing.number, { state: 'closed' })
    return 'closed'
  }
  const title = `Drift in ${visible(drift.name)}`
  const body = `${marker}\n${issueText(drift)}`
  if (existing === undefined) {
    await github.createIssue({ title, body, labels: [label] })
    return 'opened'
  }
  const reopened = existing.state === 'closed'
  if (!reopened && existing.body.replaceAll('\r\n', '\n').trimEnd() === body.trimEnd()) return 'unchanged'
  await github.updateIssue(existing.number, { body, ...(reopened ? { state: 'open' as const } : {}) })
  return reopened ? 'opened' : 'edited'
}

/** Issues of all stacks, to be handed to `updateIssue`. @throws ForgeError */
export function driftIssues(github: Github): Promise<readonly Issue[]> {
  return github.issues(label)
}

/** What the issue of a stack says, below its marker. */
export function issueText(drift: StackDrift): string {
  const found = counting(drift)
  let text = `What really is differs from what was applied last, in ${found.length} object${found.length === 1 ? '' : 's'}. Apply again to undo it, or change the sources so that they say it.\n\n<ul>\n`
  for (const { address, kind, attributes, expired } of found) {
    const names = attributes.length === 0 ? '' : `: ${attributes.slice(0, 20).map(codeHtml).join(', ')}`
    const note = expired === undefined ? '' : ` (was ignored until ${expired.until})`
    text += `<li>${codeHtml(address)} ${classTexts[kind]}${names}${note}</li>\n`
  }
  text = `${text}</ul>\n\n`
  for (const change of drift.report?.drift ?? []) {
    if (!found.some((item) => item.address === change.address) || change.lines.length === 0) continue
    const lines = change.lines.slice(0, 100).map((line) => cutCodePoints(visible(line), 400))
    const block = `<details><summary>${codeHtml(change.address)}</summary>\n\n${fenced('diff', lines)}\n</details>\n\n`
    if (text.length + block.length > issueSize) {
      text += 'There is more; see the log of the run.\n'
      break
    }
    text += block
  }
  return cutCodePoints(text, issueSize + 5000)
}
