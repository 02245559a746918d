import { type Diagnostic, rangeEnd, rangeStart, type SourceRange } from '../../diags/index.ts'

/** The source lines that a diagnostic is about. Offsets count UTF-8 bytes within `code`. */
export interface Snippet {
  /** The block around it, such as `resource "aws_instance" "a"`. */
  readonly context: string | undefined
  readonly code: string
  readonly startLine: number
  readonly highlightStart: number
  readonly highlightEnd: number
  readonly values: readonly { readonly traversal: string; readonly statement: string }[]
}

/** The header of the top-level block that encloses a place; none at the header itself. See `block-around.ts`. */
export type BlockAround = (place: SourceRange) => string | undefined

/** Undefined when the diagnostic has no source. */
export function snippetOf(diagnostic: Diagnostic, blockAround: BlockAround | undefined): Snippet | undefined {
  const { subject } = diagnostic
  if (subject === undefined || subject.source.text === '') return undefined
  const { source } = subject
  const shown = diagnostic.context?.source === source ? union(subject, diagnostic.context) : subject
  const starts = source.lineStarts
  const firstLine = rangeStart(shown).line
  // A range that ends with a newline does not show the line after it.
  const lastOffset = Math.max(shown.start, shown.end - 1)
  const lastLine = source.positionAt(lastOffset).line
  const from = starts[firstLine - 1]!
  const to = lastLine < starts.length ? starts[lastLine]! : source.text.length
  const code = source.text.slice(from, to).replace(/\r?\n$/, '')
  const highlightEnd = Math.max(subject.end, subject.start + 1)
  const bytes = (end: number): number =>
    Buffer.byteLength(source.text.slice(from, Math.max(from, Math.min(end, from + code.length))), 'utf8')
  return {
    context: blockAround?.(subject),
    code,
    startLine: firstLine,
    highlightStart: bytes(subject.start),
    highlightEnd: bytes(highlightEnd),
    values: diagnostic.values ?? [],
  }
}

function union(a: SourceRange, b: SourceRange): SourceRange {
  return { source: a.source, start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) }
}

/** Start and end for JSON; an empty range is widened by one. */
export function rangeJson(range: SourceRange) {
  const wide =
    range.end > range.start ? range : { ...range, end: Math.min(range.start + 1, Math.max(range.source.text.length, range.start)) }
  const start = rangeStart(wide)
  const end = wide.end > wide.start ? rangeEnd(wide) : { ...start, column: start.column + 1, byte: start.byte + 1 }
  const position = (p: typeof start) => ({ line: p.line, column: p.column, byte: p.byte })
  return { filename: range.source.filename, start: position(start), end: position(end) }
}
