/** One line of the table. */
export interface Row {
  readonly what: string
  readonly landform: string
  readonly terraform?: string
  readonly result?: string
  readonly target?: string
  /** Whether the target is met; undefined where there is none or it could not be compared. */
  readonly passed?: boolean | undefined
  /** False for what depends on how fast and how busy the machine is: it is told, but a gate does not fail for it. */
  readonly isGated?: boolean
}

export function table(rows: readonly Row[]): string {
  const head = ['', 'Landform', 'Terraform', 'result', 'target', '']
  const cells = rows.map((r) => [r.what, r.landform, r.terraform ?? '', r.result ?? '', r.target ?? '', verdict(r)])
  const widths = head.map((h, i) => Math.max(h.length, ...cells.map((c) => c[i]!.length)))
  const line = (c: readonly string[]): string => `| ${c.map((text, i) => text.padEnd(widths[i]!)).join(' | ')} |`
  return [line(head), `|${widths.map((w) => '-'.repeat(w + 2)).join('|')}|`, ...cells.map(line)].join('\n')
}

function verdict(row: Row): string {
  return row.passed === undefined ? '' : row.passed ? 'pass' : 'MISSED'
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`
export const megabytes = (mb: number | undefined): string => (mb === undefined ? '?' : `${mb < 10 ? mb.toFixed(1) : mb.toFixed(0)} MB`)
