import { type CallSignature, type Diagnostic, rangeStart } from '../../diags/index.ts'
import { type BlockAround, type Snippet, snippetOf } from './diagnostic-snippet.ts'
import type { Palette } from './palette.ts'
import { wrapText } from './wrap.ts'

export interface DiagnosticStyle {
  readonly palette: Palette
  readonly width: number
  /** A rule of box characters along the left side; off with -no-color. */
  readonly boxed: boolean
  readonly blockAround: BlockAround | undefined
}

/** A diagnostic as people read it, with the newline at its end. */
export function diagnosticText(diagnostic: Diagnostic, style: DiagnosticStyle): string {
  const { palette, boxed } = style
  const colour = diagnostic.severity === 'error' ? palette.red : palette.yellow
  const title = diagnostic.severity === 'error' ? 'Error: ' : 'Warning: '
  const width = boxed ? style.width - 2 : style.width
  let text = `${palette.bold(colour(title))}${palette.bold(diagnostic.summary)}\n\n`
  const source = sourceText(diagnostic, palette, style.blockAround)
  if (source !== '') text += `${source}\n`
  if (diagnostic.detail !== '') text += `${wrapText(diagnostic.detail, width)}\n`
  if (!boxed) return `\n${text}`
  // As Terraform: a detail that says nothing has a line, too.
  const lines = diagnostic.detail === '' ? text.split('\n') : text.replace(/\n+$/, '').split('\n')
  return `${colour('╷')}\n${lines.map((line) => `${colour('│')} ${line}\n`).join('')}${colour('╵')}\n`
}

function sourceText(diagnostic: Diagnostic, palette: Palette, blockAround: BlockAround | undefined): string {
  if (diagnostic.subject === undefined) return diagnostic.address === undefined ? '' : `  with ${diagnostic.address},\n`
  const { subject } = diagnostic
  const snippet = snippetOf(diagnostic, blockAround)
  const where = `on ${subject.source.filename} line ${rangeStart(subject).line}`
  const address = diagnostic.address === undefined ? '' : `  with ${diagnostic.address},\n`
  if (snippet === undefined) return `${address}  ${where}:\n  (source code not available)\n`
  const context = snippet.context === undefined ? '' : `, in ${snippet.context}`
  let text = `${address}  ${where}${context}:\n`
  text += codeLines(snippet, palette)
  const { signature } = snippet.call ?? {}
  if (snippet.values.length > 0 || signature !== undefined) {
    text += `    ${palette.dim('├────────────────')}\n`
    if (signature !== undefined)
      text += `    ${palette.dim('│')} while calling ${palette.bold(signature.name)}(${parametersText(signature)})\n`
    for (const { traversal, statement } of snippet.values) text += `    ${palette.dim('│')} ${palette.bold(traversal)} ${statement}\n`
  }
  return text
}

function parametersText({ params, variadicParam }: CallSignature): string {
  const names = params.map(({ name }) => name)
  return (variadicParam === undefined ? names : [...names, `${variadicParam.name}...`]).join(', ')
}

function codeLines(snippet: Snippet, palette: Palette): string {
  const bytes = Buffer.from(snippet.code, 'utf8')
  const before = bytes.subarray(0, snippet.highlightStart).toString('utf8')
  const marked = bytes.subarray(snippet.highlightStart, snippet.highlightEnd).toString('utf8')
  const after = bytes.subarray(snippet.highlightEnd).toString('utf8')
  // Underlining stops at line ends, so that line numbers stay plain.
  const underlined = marked
    .split('\n')
    .map((part) => (part === '' ? '' : palette.underline(part)))
    .join('\n')
  return `${before}${underlined}${after}`
    .split('\n')
    .map((line, i) => `${String(snippet.startLine + i).padStart(4)}: ${line}\n`)
    .join('')
}

/** Warnings in few lines: `-compact-warnings`. Only for a run without errors. */
export function compactWarningsText(warnings: readonly Diagnostic[], product: string, palette: Palette): string {
  let text = `${palette.bold(palette.yellow('Warnings:'))}\n\n`
  for (const warning of warnings) {
    text += `- ${warning.summary}\n`
    if (warning.subject !== undefined) text += `  on ${warning.subject.source.filename} line ${rangeStart(warning.subject).line}\n`
  }
  return `${text}\nTo see the full warning notes, run ${product} without -compact-warnings.\n`
}

/** Which of those with one summary are told once. */
export interface Consolidation {
  readonly warnings: boolean
  readonly errors: boolean
}

/** Warnings before errors, and by place; those of one summary are told once where that is wanted. */
export function arrangeDiagnostics(
  diagnostics: readonly Diagnostic[],
  consolidation: Consolidation = { warnings: true, errors: false },
): readonly Diagnostic[] {
  const sorted = [...diagnostics].sort((a, b) => {
    if (a.severity !== b.severity) return a.severity === 'warning' ? -1 : 1
    if (a.subject === undefined || b.subject === undefined) return Number(a.subject !== undefined) - Number(b.subject !== undefined)
    const files = a.subject.source.filename < b.subject.source.filename ? -1 : a.subject.source.filename > b.subject.source.filename ? 1 : 0
    return files || a.subject.start - b.subject.start
  })
  const isWanted = (d: Diagnostic): boolean =>
    (d.severity === 'error' ? consolidation.errors : consolidation.warnings) && d.subject !== undefined && d.separate !== true
  return consolidate(sorted, isWanted)
}

function consolidate(sorted: readonly Diagnostic[], isMergeable: (d: Diagnostic) => boolean): readonly Diagnostic[] {
  const kindOf = (d: Diagnostic): string => `${d.severity} ${d.summary}`
  const counts = new Map<string, number>()
  for (const d of sorted) if (isMergeable(d)) counts.set(kindOf(d), (counts.get(kindOf(d)) ?? 0) + 1)
  const told = new Set<string>()
  const result: Diagnostic[] = []
  for (const d of sorted) {
    const count = isMergeable(d) ? counts.get(kindOf(d))! : 1
    if (count === 1) {
      result.push(d)
      continue
    }
    if (told.has(kindOf(d))) continue
    told.add(kindOf(d))
    const more = count === 2 ? `one more similar ${d.severity}` : `${count - 1} more similar ${d.severity}s`
    result.push({ ...d, detail: `${d.detail}\n\n(and ${more} elsewhere)` })
  }
  return result
}
