import type { ToolPlan } from '../compare.ts'
import type { Difference } from '../comparison/differences.ts'
import type { Json } from '../comparison/normal-form.ts'
import type { Palette } from './palette.ts'

/** More than these are counted only. */
const shown = 50

/** Times of both tools, and where their plans differ. `found` is undefined when there is nothing to compare. */
export function comparisonText(ours: ToolPlan, theirs: ToolPlan, found: readonly Difference[] | undefined, palette: Palette): string {
  const times = timesText([ours, theirs])
  if (found === undefined) return `${times}\n${palette.red('The plans cannot be compared.')}\n`
  if (found.length === 0) return `${times}\n${palette.green('The plans are the same.')}\n`
  const width = Math.max(ours.name.length, theirs.name.length)
  const entry = ({ path, ours: a, theirs: b }: Difference): string =>
    `${palette.bold(path)}\n  ${ours.name.padEnd(width)}  ${valueText(a)}\n  ${theirs.name.padEnd(width)}  ${valueText(b)}\n`
  const rest = found.length > shown ? `... and ${found.length - shown} more; -json lists them all.\n` : ''
  const title = palette.yellow(`The plans differ in ${found.length === 1 ? 'one place' : `${found.length} places`}:`)
  return `${times}\n${title}\n\n${found.slice(0, shown).map(entry).join('')}${rest}`
}

function timesText(tools: readonly ToolPlan[]): string {
  const width = Math.max(...tools.map((tool) => tool.name.length))
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`.padStart(9)
  const line = ({ name, run }: ToolPlan): string => `${name.padEnd(width)} ${seconds(run.cpuMs)} ${seconds(run.wallMs)}\n`
  const [ours, theirs] = tools as [ToolPlan, ToolPlan]
  const both = ours.run.cpuMs > 0 && theirs.run.cpuMs > 0
  const ratio = both
    ? `${theirs.name} took ${(theirs.run.cpuMs / ours.run.cpuMs).toFixed(1)} times the CPU of ${ours.name}.
`
    : ''
  return `${'plan'.padEnd(width)} ${'CPU'.padStart(9)} ${'elapsed'.padStart(9)}\n${tools.map(line).join('')}${ratio}`
}

function valueText(value: Json | undefined): string {
  if (value === undefined) return '(nothing)'
  const text = JSON.stringify(value)
  return text.length > 200 ? `${text.slice(0, 200)}...` : text
}
