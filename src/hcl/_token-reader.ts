import type { Value } from '../cty/index.ts'
import { type Diagnostics, type Source, type SourceRange, sourceRange } from '../diags/index.ts'
import { SharedValues } from './_shared-values.ts'
import type { TokenKind, TokenTable } from './token.ts'

/** Ends the parsing of a body item or template sequence whose error has been reported. Caught where parsing can go on. */
export class Abort extends Error {
  override readonly name = 'Abort'
}

// One for all: a stack trace for each syntax error would make bad files slow.
const abort = new Abort()

/** How deeply brackets, blocks and templates may nest where their ends do not match, so that they cannot be parsed apart. */
export const maxDepth = 400

/** From this depth on what stands in brackets is parsed on its own afterwards: deep nesting takes memory then, not stack. */
const postponeDepth = 200

/** A node that is there already and gets its content from `parse`, started at token `at`. */
interface Postponed {
  readonly standIn: object
  readonly at: number
  readonly newlines: boolean
  readonly parse: () => object
}

const closing: Readonly<Partial<Record<TokenKind, TokenKind>>> = {
  '(': ')',
  '[': ']',
  '{': '}',
  openQuote: 'closeQuote',
  openHeredoc: 'closeHeredoc',
  openSequence: 'closeSequence',
  openDirective: 'closeSequence',
}
const closers: ReadonlySet<TokenKind | undefined> = new Set(Object.values(closing))

/**
 * Reads the tokens of a source one after the other. Inside brackets line ends are skipped; `newlines` says whether they
 * count at the moment.
 */
export class TokenReader {
  readonly source: Source
  readonly tokens: TokenTable
  readonly diags: Diagnostics
  readonly shared: SharedValues
  at = 0
  newlines = true
  /** While set, further syntax errors are taken for consequences of the first one and are not reported. */
  recovering = false
  /** Whether a syntax error was reported: what closes too much or too little may then follow from it. */
  hasFailed = false
  private depth = 0
  private readonly postponed: Postponed[] = []
  private ends: ReadonlyMap<number, number> | undefined
  /** Where all ranges point instead, for text that has no place of its own in a file. */
  private readonly place: SourceRange | undefined

  constructor(source: Source, tokens: TokenTable, diags: Diagnostics, place?: SourceRange, shared = new SharedValues()) {
    this.source = source
    this.tokens = tokens
    this.diags = diags
    this.place = place
    this.shared = shared
  }

  peek(): TokenKind {
    const { kinds } = this.tokens
    if (!this.newlines) while (kinds[this.at] === 'newline') this.at++
    return kinds[this.at]!
  }

  /** Moves over the next token and gives its index. The last token, `eof`, is never passed. */
  next(): number {
    const kind = this.peek()
    const index = this.at
    if (kind !== 'eof') this.at++
    return index
  }

  accept(kind: TokenKind): boolean {
    if (this.peek() !== kind) return false
    this.next()
    return true
  }

  peekWord(word: string): boolean {
    return this.peek() === 'identifier' && this.text(this.at) === word
  }

  text(index: number): string {
    return this.source.text.slice(this.tokens.starts[index]!, this.tokens.ends[index]!)
  }

  /** The text of a name as a value; a name that occurs again has the same one. */
  nameVal(index: number): Value {
    return this.shared.text(this.text(index))
  }

  /** A name, in NFC. */
  name(index: number): string {
    return this.nameVal(index).payload as string
  }

  /** A line end takes the comment with it that stands before it. */
  range(index: number): SourceRange {
    const { kinds, starts, ends } = this.tokens
    const end = ends[index]!
    if (kinds[index] !== 'newline') return this.span(starts[index]!, end)
    const before = index === 0 ? 0 : ends[index - 1]!
    const blank = /^(?:[ \t]|\/\*[\s\S]*?\*\/)*/.exec(this.source.text.slice(before, starts[index]!))![0]
    return this.span(before + blank.length, end)
  }

  nextRange(): SourceRange {
    this.peek()
    return this.range(this.at)
  }

  span(start: number, end: number): SourceRange {
    return this.place ?? sourceRange(this.source, start, end)
  }

  /** Start of the next token that counts. */
  get nextStart(): number {
    this.peek()
    return this.tokens.starts[this.at]!
  }

  /** End of the last token that was read. */
  get lastEnd(): number {
    let index = this.at - 1
    while (index > 0 && !this.newlines && this.tokens.kinds[index] === 'newline') index--
    return index < 0 ? 0 : this.tokens.ends[index]!
  }

  /** The same without line ends: where an item ends that was passed over. */
  get lastItemEnd(): number {
    let index = this.at - 1
    while (index > 0 && this.tokens.kinds[index] === 'newline') index--
    return index < 0 ? 0 : this.tokens.ends[index]!
  }

  from(start: number): SourceRange {
    return this.span(start, this.lastEnd)
  }

  /** Reports a mistake that does not keep the parser from going on. */
  error(summary: string, detail: string, subject: SourceRange, context?: SourceRange): void {
    this.diags.error(summary, detail, { subject, context })
  }

  /** Reports a syntax error, unless it follows from an earlier one. */
  syntaxError(summary: string, detail: string, subject: SourceRange, context?: SourceRange): void {
    if (!this.recovering) this.diags.error(summary, detail, { subject, context })
    this.recovering = true
    this.hasFailed = true
  }

  /** Reports a syntax error and gives up on what is being parsed. */
  fail(summary: string, detail: string, subject: SourceRange, context?: SourceRange): never {
    this.syntaxError(summary, detail, subject, context)
    throw abort
  }

  /** Runs `parse` one level deeper and with line ends counting or not. */
  within<T>(newlines: boolean, parse: () => T): T {
    const outer = this.newlines
    this.enter()
    this.newlines = newlines
    const result = parse()
    this.newlines = outer
    this.depth--
    return result
  }

  enter(): void {
    if (this.depth >= maxDepth) {
      this.fail(
        'Nesting too deep',
        `Brackets, blocks and templates can be nested to a depth of ${maxDepth} at most. Move inner parts to local values or modules of their own.`,
        this.nextRange(),
      )
    }
    this.depth++
  }

  leave(): void {
    this.depth--
  }

  /**
   * The end of the bracket that token `open` opens, when the parser is so deep in brackets that its content has to wait. Undefined
   * when it can be parsed at once, or when the end is not clear.
   */
  endToWaitFor(open: number): number | undefined {
    if (this.depth < postponeDepth) return undefined
    this.ends ??= matchBrackets(this.tokens)
    return this.ends.get(open)
  }

  /** Gives `standIn`, which becomes what `parse` gives when it is its turn, and goes on behind token `last`. */
  postpone<T extends object>(standIn: T, at: number, last: number, parse: () => T): T {
    this.postponed.push({ standIn, at, newlines: this.newlines, parse })
    this.at = last + 1
    return standIn
  }

  /** Parses what had to wait. To be called when all else is done. */
  finish(): void {
    // The list grows while it is gone through.
    for (const { standIn, at, newlines, parse } of this.postponed) {
      this.at = at
      this.newlines = newlines
      this.depth = 0
      this.recovering = false
      const node = this.attempt<object>(parse, () => standIn)
      if (node !== standIn) become(standIn, node)
    }
    this.postponed.length = 0
  }

  /** Runs `parse`; after an abort `instead` is called with the state of brackets as it was before. */
  attempt<T>(parse: () => T, instead: () => T): T {
    const { newlines } = this
    const { depth } = this
    try {
      return parse()
    } catch (error) {
      if (!(error instanceof Abort)) throw error
      this.newlines = newlines
      this.depth = depth
      return instead()
    }
  }
}

/** With what the nodes of its kind make when asked for. */
function become(standIn: object, node: object): void {
  Object.setPrototypeOf(standIn, Object.getPrototypeOf(node))
  Object.assign(standIn, node)
}

/** The closing token of every opening one; those that do not match have none. */
function matchBrackets({ kinds }: TokenTable): ReadonlyMap<number, number> {
  const found = new Map<number, number>()
  const open: number[] = []
  for (let i = 0; i < kinds.length; i++) {
    const kind = kinds[i]!
    if (closing[kind] !== undefined) open.push(i)
    else if (closers.has(kind)) {
      const opener = open.pop()
      if (opener === undefined || closing[kinds[opener]!] !== kind) break
      found.set(opener, i)
    }
  }
  return found
}
