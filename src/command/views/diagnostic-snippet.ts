import { type Diagnostic, type DiagnosticCall, rangeEnd, rangeStart, type Source, type SourceRange } from '../../diags/index.ts'

/** The source lines that a diagnostic is about. Offsets count UTF-8 bytes within `code`. */
export interface Snippet {
  /** The block around it, such as `resource "aws_instance" "a"`. */
  readonly context: string | undefined
  readonly code: string
  readonly startLine: number
  readonly highlightStart: number
  readonly highlightEnd: number
  readonly values: readonly { readonly traversal: string; readonly statement: string }[]
  readonly call: DiagnosticCall | undefined
}

/** The header of the top-level block that encloses a place; none at the header itself. See `block-around.ts`. */
export type BlockAround = (place: SourceRange) => string | undefined

/** Undefined when the diagnostic has no source. */
export function snippetOf(diagnostic: Diagnostic, blockAround: BlockAround | undefined): Snippet | undefined {
  const { subject } = diagnostic
  if (subject === undefined || subject.source.text === '') return undefined
  const { source } = subject
  const { text } = source
  const shown = diagnostic.context?.source === source ? union(subject, diagnostic.context) : subject
  // There may be as many diagnostics as a file has room for: each shows no more than a screen or two of it.
  const start = Math.max(shown.start, subject.start - most)
  const end = Math.min(Math.max(shown.end, start + 1), Math.max(subject.start, start) + most)
  const shownLines = linesAt(source, start, end)
  const from = shownLines[0]?.start ?? text.length
  const to = shownLines.at(-1)?.end ?? text.length
  if (to - from > 4 * most) return cutSnippet(diagnostic, subject, blockAround)
  const code = shownLines.map((line) => text.slice(line.start, line.end)).join('\n')
  const highlightEnd = Math.max(subject.end, subject.start + 1)
  const size = Buffer.byteLength(code, 'utf8')
  // Counted in the source: where empty lines are left out this may point too far, but never beyond the code.
  const bytes = (to: number): number => Math.min(size, Buffer.byteLength(text.slice(from, Math.max(from, to)), 'utf8'))
  return {
    context: blockAround?.(subject),
    code,
    startLine: source.positionAt(start).line,
    highlightStart: bytes(subject.start),
    highlightEnd: bytes(highlightEnd),
    values: diagnostic.values ?? [],
    call: diagnostic.call,
  }
}

/** So many characters of a source are shown before and after the beginning of what a diagnostic is about. */
const most = 4000

/** Where lines are longer than anybody reads: what stands around the place, with an ellipsis at each side that is cut off. */
function cutSnippet(diagnostic: Diagnostic, subject: SourceRange, blockAround: BlockAround | undefined): Snippet {
  const { source } = subject
  const { text } = source
  const start = afterPair(text, Math.max(0, subject.start - most / 4))
  const end = afterPair(text, Math.min(text.length, subject.start + most / 2))
  const before = start > 0 ? '…' : ''
  const bytes = (to: number): number => Buffer.byteLength(before + text.slice(start, Math.min(to, end)), 'utf8')
  return {
    context: blockAround?.(subject),
    code: `${before}${text.slice(start, end)}${end < text.length ? '…' : ''}`,
    startLine: source.positionAt(start).line,
    highlightStart: bytes(subject.start),
    highlightEnd: bytes(Math.max(subject.end, subject.start + 1)),
    values: diagnostic.values ?? [],
    call: diagnostic.call,
  }
}

/** The same offset, or the next one where it is between the two halves of one character. */
function afterPair(text: string, offset: number): number {
  const unit = text.charCodeAt(offset)
  return unit >= 0xdc00 && unit <= 0xdfff ? offset + 1 : offset
}

interface Line {
  readonly start: number
  /** Without the line's end. */
  readonly end: number
}

/** The lines that have something in common with a range, or end where it starts. Empty lines have nothing to show. */
function linesAt(source: Source, start: number, end: number): readonly Line[] {
  const { lineStarts, text } = source
  const lines: Line[] = []
  const last = source.positionAt(Math.min(end, text.length)).line
  for (let line = source.positionAt(start).line; line <= last; line++) {
    const lineStart = lineStarts[line - 1]!
    const next = lineStarts[line] ?? text.length
    const lineEnd = withoutLineEnd(text, lineStart, next)
    if (lineEnd > lineStart) lines.push({ start: lineStart, end: lineEnd })
  }
  return lines
}

function withoutLineEnd(text: string, start: number, next: number): number {
  if (next === start || text[next - 1] !== '\n') return next
  return next - 1 > start && text[next - 2] === '\r' ? next - 2 : next - 1
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
