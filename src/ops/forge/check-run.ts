import { createHash } from 'node:crypto'
import { cutCodePoints, isFailed, type PlanReport, redactShapes, stackName, visible } from '../comment/index.ts'
import type { Annotation, CheckRun, Github } from './github.ts'

/** More than anybody looks through; those of errors come first. */
const mostAnnotations = 500
const longestMessage = 4000

/** What is worth a mark at a line of the sources: errors, protected changes, and what goes away. */
export function annotationsOf(report: PlanReport): readonly Annotation[] {
  const annotations: (Annotation & { readonly rank: number })[] = []
  for (const stack of report.stacks) {
    const where = stackName(stack)
    for (const d of stack.diagnostics) {
      if (d.source === undefined) continue
      const error = d.severity === 'error'
      annotations.push({
        ...d.source,
        level: error ? 'failure' : 'warning',
        title: line(`${where}: ${d.summary}`),
        message: text(d.detail),
        rank: error ? 0 : 3,
      })
    }
    for (const change of stack.changes) {
      const { protection, action, address, source } = change
      if (source === undefined) continue
      const words =
        action === 'delete'
          ? 'is destroyed'
          : action === 'replace'
            ? 'is replaced'
            : action === 'forget'
              ? 'is not managed any more'
              : undefined
      if (protection !== undefined && !protection.approved) {
        const message = `${address} is protected on ${protection.on}: ${protection.reason}\n\nIt waits for approval.`
        annotations.push({ ...source, level: 'warning', title: line(`${where}: protected`), message: text(message), rank: 1 })
      } else if (words !== undefined) {
        annotations.push({ ...source, level: 'warning', title: line(`${where}: ${words}`), message: text(`${address} ${words}.`), rank: 2 })
      }
    }
  }
  return annotations
    .sort((a, b) => a.rank - b.rank)
    .slice(0, mostAnnotations)
    .map(({ rank: _, ...annotation }) => annotation)
}

function line(words: string): string {
  return cutCodePoints(visible(redactShapes(words)), 250)
}

function text(words: string): string {
  const lines = redactShapes(words).split(/\r?\n/)
  return cutCodePoints(lines.map(visible).join('\n'), longestMessage)
}

export interface CheckContent {
  readonly name: string
  readonly headSha: string
  readonly title: string
  readonly summary: string
  readonly text: string | undefined
}

/** A check run of a report on a commit, unless that has it already. @returns whether it was made. @throws ForgeError */
export async function publishCheck(github: Github, report: PlanReport, content: CheckContent): Promise<boolean> {
  const annotations = annotationsOf(report)
  const failed = report.stacks.some((s) => isFailed(s.status))
  const waiting = report.stacks.some((s) => s.changes.some((c) => c.protection !== undefined && !c.protection.approved))
  const conclusion: CheckRun['conclusion'] = failed ? 'failure' : waiting ? 'action_required' : 'success'
  const externalId = `landform-${createHash('sha256')
    .update(JSON.stringify([content, annotations, conclusion]))
    .digest('hex')
    .slice(0, 32)}`
  if (await github.hasCheckRun(content.headSha, content.name, externalId)) return false
  await github.createCheckRun({ ...content, externalId, conclusion, annotations })
  return true
}
