import { commonSubsequence } from './diff/sequences.ts'

const context = 3

/** The difference of two texts in unified format, with three lines around each change; empty when there is none. */
export function unifiedDiff(before: string, after: string, beforeName: string, afterName: string): string {
  const old = splitLines(before)
  const now = splitLines(after)
  const steps: { sign: ' ' | '-' | '+'; line: string }[] = []
  let b = 0
  let a = 0
  for (const [commonBefore, commonAfter] of [...commonSubsequence(old, now, Object.is), [old.length, now.length] as const]) {
    while (b < commonBefore) steps.push({ sign: '-', line: old[b++]! })
    while (a < commonAfter) steps.push({ sign: '+', line: now[a++]! })
    if (b < old.length) {
      steps.push({ sign: ' ', line: old[b++]! })
      a++
    }
  }
  let out = ''
  let oldLine = 1
  let newLine = 1
  for (let i = 0; i < steps.length; ) {
    const change = nextChange(steps, i)
    if (change === steps.length) break
    const from = Math.max(i, change - context)
    oldLine += from - i
    newLine += from - i
    // Changes whose surroundings meet share a hunk.
    let to = change + 1
    for (let next = nextChange(steps, to); next < steps.length && next - to <= 2 * context; next = nextChange(steps, to)) to = next + 1
    to = Math.min(steps.length, to + context)
    const hunk = steps.slice(from, to)
    const oldCount = hunk.filter((s) => s.sign !== '+').length
    const newCount = hunk.filter((s) => s.sign !== '-').length
    out += `@@ -${hunkRange(oldLine, oldCount)} +${hunkRange(newLine, newCount)} @@\n`
    for (const { sign, line } of hunk) out += line.endsWith('\n') ? sign + line : `${sign}${line}\n\\ No newline at end of file\n`
    oldLine += oldCount
    newLine += newCount
    i = to
  }
  return out === '' ? '' : `--- ${beforeName}\n+++ ${afterName}\n${out}`
}

function splitLines(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

function nextChange(steps: readonly { sign: string }[], from: number): number {
  let i = from
  while (i < steps.length && steps[i]!.sign === ' ') i++
  return i
}

function hunkRange(start: number, count: number): string {
  return count === 1 ? String(start) : `${count === 0 ? start - 1 : start},${count}`
}
