import { countGraphemes } from '../../base/index.ts'
import { scan } from '../scanner.ts'
import type { TokenKind, TokenTable } from '../token.ts'
import { bracketChange, isSpaced } from './_spacing.ts'

/**
 * The same tokens with canonical white space: indentation, spaces within lines, aligned `=` and trailing comments. Line ends stay
 * where they are, texts of templates and comments stay as they are. Total: works for any text, also when it is no valid file.
 */
export function layOut(text: string): string {
  return new Layout(text, scan(text, 'normal', 0, text.length, true)).print()
}

/** The same for tokens that `scanParts` gives, which may be a part of the text. */
export function layOutTokens(text: string, tokens: TokenTable): string {
  return new Layout(text, tokens).print()
}

/** A line as three cells, each maybe empty: `name` | `= value` | `# comment`. Token indexes; the line end is not in it. */
interface Line {
  readonly start: number
  /** The `=`, or `end`. */
  readonly assign: number
  /** The comment, or `end`. */
  readonly comment: number
  readonly end: number
}

class Layout {
  readonly #text: string
  readonly #kinds: TokenKind[] = []
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  /** Spaces in front of each token. */
  readonly #spaces: number[] = []
  readonly #ascii: boolean
  readonly #lines: Line[] = []
  /** Where the first token starts. */
  readonly #start: number
  /** The white space behind the last token: as much of it as there was, in spaces. */
  readonly #tail: string

  constructor(text: string, { kinds, starts, ends }: TokenTable) {
    this.#text = text
    const start = starts[0] ?? 0
    const end = ends[kinds.length - 1] ?? 0
    this.#ascii = !/[^\x00-\x7f]|\r/.test(start === 0 && end === text.length ? text : text.slice(start, end))
    this.#start = start
    let tail = start
    for (let i = 0; i < kinds.length; i++) {
      const kind = kinds[i]!
      if (kind === 'bom') tail = ends[i]!
      if (kind === 'bom' || kind === 'space' || kind === 'eof') continue
      this.#kinds.push(kind)
      this.#starts.push(starts[i]!)
      this.#ends.push(ends[i]!)
      this.#spaces.push(0)
      tail = ends[i]!
    }
    this.#tail = ' '.repeat(end - tail)
  }

  print(): string {
    this.#splitLines()
    this.#indent()
    for (const line of this.#lines) {
      this.#space(line.start, line.assign)
      this.#space(line.assign, line.comment)
    }
    this.#align()
    let out = ''
    // Most of a text is well laid out already: such stretches are taken over as they are.
    let from = this.#start
    let at = from
    for (let i = 0; i < this.#kinds.length; i++) {
      const spaces = this.#spaces[i]!
      const start = this.#starts[i]!
      if (start - at !== spaces || (spaces > 0 && !this.#isSpaces(at, start))) {
        out += this.#text.slice(from, at)
        if (spaces > 0) out += ' '.repeat(spaces)
        from = start
      }
      at = this.#ends[i]!
    }
    return out + this.#text.slice(from, at) + this.#tail
  }

  #isSpaces(from: number, to: number): boolean {
    for (let i = from; i < to; i++) if (this.#text.charCodeAt(i) !== 0x20) return false
    return true
  }

  #splitLines(): void {
    const kinds = this.#kinds
    let start = 0
    let inHeredoc = false
    for (let i = 0; i <= kinds.length; i++) {
      if (i < kinds.length && kinds[i] !== 'newline') continue
      if (i > start) {
        const wasInHeredoc = inHeredoc
        for (let t = start; t < i; t++) {
          if (kinds[t] === 'openHeredoc') inHeredoc = true
          else if (kinds[t] === 'closeHeredoc') inHeredoc = false
        }
        this.#lines.push(wasInHeredoc ? { start, assign: i, comment: i, end: i } : this.#cells(start, i))
      } else this.#lines.push({ start, assign: i, comment: i, end: i })
      start = i + 1
    }
  }

  #cells(start: number, end: number): Line {
    const kinds = this.#kinds
    const comment = end - start > 1 && this.#isLineComment(end - 1) ? end - 1 : end
    let assign = start + 1
    while (assign < comment && kinds[assign] !== '=') assign++
    if (assign >= comment) return { start, assign: comment, comment, end }
    // A value that goes on in the next line is not aligned with its neighbours.
    let depth = 0
    for (let t = assign; t < comment; t++) depth += bracketChange(kinds[t]!)
    return { start, assign: depth === 0 ? assign : comment, comment, end }
  }

  #isLineComment(token: number): boolean {
    return this.#kinds[token] === 'comment' && !this.#text.startsWith('/*', this.#starts[token])
  }

  /**
   * Two spaces for each earlier line that opened more brackets than it closed, however many those were. `opened` remembers how
   * many, so that `[[` in one line needs both of its closing brackets before the indentation ends.
   */
  #indent(): void {
    const opened: number[] = []
    for (const { start, assign, comment, end } of this.#lines) {
      if (start === end) continue
      const change = this.#lineDepth(start, assign) + this.#lineDepth(assign, comment)
      let closing = -change
      while (closing > 0 && opened.length > 0) {
        const last = opened.length - 1
        if (closing < opened[last]!) {
          opened[last]! -= closing
          break
        }
        closing -= opened.pop()!
      }
      this.#spaces[start] = 2 * opened.length
      if (change > 0) opened.push(change)
    }
  }

  /** What follows the marker of a heredoc is not counted. */
  #lineDepth(from: number, to: number): number {
    let depth = 0
    for (let i = from; i < to; i++) {
      depth += bracketChange(this.#kinds[i]!)
      if (this.#kinds[i] === 'openHeredoc') break
    }
    return depth
  }

  #space(from: number, to: number): void {
    const kinds = this.#kinds
    for (let i = from + 1; i < to; i++) {
      const left = kinds[i - 1]!
      const leftIsIn =
        left === 'identifier' && this.#ends[i - 1]! - this.#starts[i - 1]! === 2 && this.#text.startsWith('in', this.#starts[i - 1])
      const earlier = i - 2 >= from ? kinds[i - 2] : undefined
      this.#spaces[i] = isSpaced(earlier, left, leftIsIn, kinds[i]!) ? 1 : 0
    }
  }

  #align(): void {
    this.#alignCells(
      (line) => line.assign < line.comment,
      (line) => this.#columns(line.start, line.assign),
      (line) => line.assign,
    )
    this.#alignCells(
      (line) => line.comment < line.end,
      (line) => this.#columns(line.start, line.comment),
      (line) => line.comment,
    )
  }

  /** Lets the cells of successive lines begin in one column, one space behind the longest. */
  #alignCells(has: (line: Line) => boolean, width: (line: Line) => number, cell: (line: Line) => number): void {
    const lines = this.#lines
    for (let i = 0; i < lines.length; i++) {
      if (!has(lines[i]!)) continue
      const widths: number[] = []
      let widest = 0
      let to = i
      for (; to < lines.length && has(lines[to]!); to++) {
        const columns = width(lines[to]!)
        widths.push(columns)
        if (columns > widest) widest = columns
      }
      for (let k = i; k < to; k++) this.#spaces[cell(lines[k]!)] = widest - widths[k - i]! + 1
      i = to
    }
  }

  #columns(from: number, to: number): number {
    let columns = 0
    for (let i = from; i < to; i++) {
      const start = this.#starts[i]!
      const end = this.#ends[i]!
      columns += this.#spaces[i]! + (this.#ascii ? end - start : countGraphemes(this.#text.slice(start, end)))
    }
    return columns
  }
}
