import { createHash } from 'node:crypto'
import type { Memory, Seen, Since } from './marker.ts'
import type { ChangeReport, PlanReport, StackReport } from './report.ts'

/** How a stack is called in lists: `stage`, or `stage/network` where an environment has several. */
export function stackName(stack: Pick<StackReport, 'environment' | 'stack'>): string {
  return stack.environment === stack.stack ? stack.stack : `${stack.environment}/${stack.stack}`
}

/** What a report's changes look like. */
export function seenOf(report: PlanReport): Seen {
  return new Map(
    report.stacks.map((stack) => [stackName(stack), new Map(stack.changes.map((change) => [changeName(change), digestOf(change)]))]),
  )
}

function changeName({ address, deposed }: ChangeReport): string {
  return deposed === undefined ? address : `${address} (deposed ${deposed})`
}

/** Six digits: enough to notice that a change has changed. */
function digestOf({ action, lines, from, importing }: ChangeReport): string {
  return createHash('sha256')
    .update([action, from, importing, ...lines].join('\n'))
    .digest('hex')
    .slice(0, 6)
}

/**
 * What has changed since the comment was written last. A run that finds what the comment says already, for the same commit, repeats what that said.
 */
export function sinceLastRun(seen: Seen, commit: string | undefined, earlier: Memory | undefined): Since | undefined {
  if (earlier === undefined) return undefined
  const since: { added: string[]; changed: string[]; gone: string[] } = { added: [], changed: [], gone: [] }
  const names = new Set([...earlier.seen.keys(), ...seen.keys()])
  for (const name of names) {
    const old = earlier.seen.get(name) ?? new Map<string, string>()
    const now = seen.get(name) ?? new Map<string, string>()
    for (const [address, digest] of now) {
      const before = old.get(address)
      if (before === undefined) since.added.push(`${name}: ${address}`)
      else if (before !== digest) since.changed.push(`${name}: ${address}`)
    }
    for (const address of old.keys()) if (!now.has(address)) since.gone.push(`${name}: ${address}`)
  }
  const same = since.added.length + since.changed.length + since.gone.length === 0
  return same && earlier.commit === commit ? earlier.since : since
}
