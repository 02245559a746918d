import { countGraphemes } from '../base/index.ts'

/** A place in a source file. Lines and columns count from 1, columns in grapheme clusters; `byte` is the UTF-8 offset from 0. */
export interface SourcePos {
  readonly line: number
  readonly column: number
  readonly byte: number
}

/** The text of one file (or command line argument) that ranges point into. Line starts are found when first asked for. */
export class Source {
  /** The name shown to people: relative to the working directory where possible. */
  readonly filename: string
  readonly text: string
  #lineStarts: number[] | undefined
  #ascii: boolean | undefined
  /** Bytes before each line. */
  #lineBytes: readonly number[] | undefined
  #last: Counted | undefined

  constructor(filename: string, text: string) {
    this.filename = filename
    this.text = text
  }

  /** UTF-16 offsets of the first unit of each line. */
  get lineStarts(): readonly number[] {
    if (this.#lineStarts === undefined) {
      const starts = [0]
      for (let at = this.text.indexOf('\n'); at !== -1; at = this.text.indexOf('\n', at + 1)) starts.push(at + 1)
      this.#lineStarts = starts
    }
    return this.#lineStarts
  }

  get isAscii(): boolean {
    this.#ascii ??= !/[^\x00-\x7f]/.test(this.text)
    return this.#ascii
  }

  /** The position of a UTF-16 offset into `text`. */
  positionAt(offset: number): SourcePos {
    const starts = this.lineStarts
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    const lineStart = starts[low]!
    if (this.isAscii) return { line: low + 1, column: offset - lineStart + 1, byte: offset }
    // Places in a long line mostly come in order: what was counted for the last one is not counted again.
    const last = this.#last
    const from = last !== undefined && last.lineStart === lineStart && last.offset <= offset ? last : this.#startOfLine(low, offset)
    const passed = this.text.slice(from.offset, offset)
    const here = {
      lineStart,
      offset,
      graphemes: from.graphemes + countGraphemes(passed),
      bytes: from.bytes + Buffer.byteLength(passed, 'utf8'),
    }
    if (this.#isBoundary(offset)) this.#last = here
    return { line: low + 1, column: here.graphemes + 1, byte: here.bytes }
  }

  /** Behind the byte order mark, which takes no column. @param line from 0. @param offset that is asked for, not before the line */
  #startOfLine(line: number, offset: number): Counted {
    const starts = this.lineStarts
    if (line === 0 && offset > 0 && this.text.charCodeAt(0) === 0xfeff) return { lineStart: 0, offset: 1, graphemes: 0, bytes: 3 }
    if (this.#lineBytes === undefined) {
      const sums = [0]
      for (let i = 1; i < starts.length; i++)
        sums.push(sums[i - 1]! + Buffer.byteLength(this.text.slice(starts[i - 1]!, starts[i]!), 'utf8'))
      this.#lineBytes = sums
    }
    return { lineStart: starts[line]!, offset: starts[line]!, graphemes: 0, bytes: this.#lineBytes[line]! }
  }

  /** Whether what people see as one character certainly does not stretch over an offset: there is ASCII on both sides. */
  #isBoundary(offset: number): boolean {
    return offset > 0 && this.text.charCodeAt(offset - 1) < 0x80 && this.text.charCodeAt(offset) < 0x80
  }
}

/** How much stands in a line before an offset. */
interface Counted {
  readonly lineStart: number
  readonly offset: number
  readonly graphemes: number
  /** From the beginning of the file. */
  readonly bytes: number
}

/** A stretch of a source: UTF-16 offsets into its text, `end` exclusive. Positions are computed when shown. */
export interface SourceRange {
  readonly source: Source
  readonly start: number
  readonly end: number
}

export function sourceRange(source: Source, start: number, end: number): SourceRange {
  return { source, start, end }
}

export function rangeStart(range: SourceRange): SourcePos {
  return range.source.positionAt(range.start)
}

export function rangeEnd(range: SourceRange): SourcePos {
  return range.source.positionAt(range.end)
}

/** From the start of the first to the end of the second; both must be of one source. */
export function rangeBetween(first: SourceRange, last: SourceRange): SourceRange {
  return { source: first.source, start: first.start, end: last.end }
}

/** `main.tf:3,5-12`, or with both lines when they differ: `main.tf:3,5-4,1`. */
export function formatRange(range: SourceRange): string {
  const start = rangeStart(range)
  const end = rangeEnd(range)
  const to = start.line === end.line ? `${end.column}` : `${end.line},${end.column}`
  return `${range.source.filename}:${start.line},${start.column}-${to}`
}
