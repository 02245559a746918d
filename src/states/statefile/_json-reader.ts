import { LaidOutJson } from './_laid-out-json.ts'

/** Nesting beyond this is refused, as Go's decoder does; it keeps hostile files from costing memory. */
const maxDepth = 10_000

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'bool' | 'null'

export interface PlainStrings {
  readonly text: string
  readonly strings: readonly string[]
  /** So many of the first and of the last strings are those of the array before. */
  readonly first: number
  readonly last: number
  /** What stands before each string where all are laid out alike, a line break first. */
  readonly lead: string | undefined
}

/** The text is not JSON. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError'
  /** UTF-16 offset of the first unit that cannot be, or the length of the text when it ends too early. */
  readonly offset: number

  constructor(offset: number) {
    super(`syntax error at offset ${offset}`)
    this.offset = offset
  }
}

/**
 * Reads JSON text piece by piece, as the caller's format asks for it. Unlike JSON.parse it hands out parts as text with nothing
 * changed but white space, so numbers keep every digit and members their order, and it says where the text breaks off.
 *
 * Callers must consume every value they are offered: by one of the `read` methods, `raw` or `skip`.
 *
 * @throws JsonSyntaxError from every method.
 */
export class JsonReader {
  readonly text: string
  private at = 0
  private depth = 0
  private isLaidOut = true
  private lastParsed: unknown
  private lastOpener = 0
  private lastIndent = 0
  private lastCloser = ''
  private hasFollowers = true

  constructor(text: string) {
    this.text = text
  }

  /** What the next value is, judged by its first character. */
  kind(): JsonKind {
    this.space()
    switch (this.text.charCodeAt(this.at)) {
      case 0x7b:
        return 'object'
      case 0x5b:
        return 'array'
      case 0x22:
        return 'string'
      case 0x74:
      case 0x66:
        return 'bool'
      case 0x6e:
        return 'null'
      default:
        return 'number'
    }
  }

  /** Reads an object; `member` consumes the value of each. */
  readObject(member: (name: string) => void): void {
    this.open(0x7b)
    if (!this.closes(0x7d)) {
      do {
        this.space()
        const name = this.readString()
        this.space()
        this.expect(0x3a)
        member(name)
      } while (this.continues(0x7d))
    }
    this.depth--
  }

  /** Reads an array; `element` consumes each. */
  readArray(element: () => void): void {
    this.open(0x5b)
    if (!this.closes(0x5d)) {
      do element()
      while (this.continues(0x5d))
    }
    this.depth--
  }

  readString(): string {
    this.space()
    const { text } = this
    const start = this.at
    if (text.charCodeAt(start) !== 0x22) throw new JsonSyntaxError(start)
    const end = stringEnd(text, start)
    this.at = end
    const inner = text.slice(start + 1, end - 1)
    if (!inner.includes('\\')) return inner
    // Escapes have been checked, so this cannot fail. Half of a surrogate pair stands for nothing and becomes U+FFFD, as in Go.
    return (JSON.parse(text.slice(start, end)) as string).replace(loneSurrogate, '\ufffd')
  }

  /**
   * The strings of an array without any escapes, brackets or mistakes in it, if that is what comes next, read by the engine's own
   * parser. Gives `last`, the answer before, where the same text comes again.
   */
  tryPlainStrings(last: PlainStrings | undefined): PlainStrings | undefined {
    this.space()
    const { text } = this
    const start = this.at
    if (text.charCodeAt(start) !== 0x5b) return undefined
    const end = text.indexOf(']', start) + 1
    if (last !== undefined && end - start === last.text.length && text.startsWith(last.text, start)) {
      this.at = end
      return last
    }
    const own = text.slice(start, end)
    if (end === 0 || own.includes('\\')) return undefined
    const found = (last === undefined ? undefined : besideLast(own, last)) ?? plainStrings(own)
    if (found !== undefined) this.at = end
    return found
  }

  /** The literal text of a number. */
  readNumber(): string {
    this.space()
    const start = this.at
    this.scalar()
    return this.text.slice(start, this.at)
  }

  readBool(): boolean {
    this.space()
    const value = this.text.charCodeAt(this.at) === 0x74
    this.scalar()
    return value
  }

  /** Consumes a `null` if that is what comes next. */
  tryNull(): boolean {
    if (this.kind() !== 'null') return false
    this.scalar()
    return true
  }

  /** Consumes `[]` if that is what comes next. */
  tryEmptyArray(): boolean {
    this.space()
    if (!this.text.startsWith('[]', this.at)) return false
    this.at += 2
    return true
  }

  /** The next value's text without white space. */
  raw(): string {
    this.space()
    const first = this.text.charCodeAt(this.at)
    if (first !== 0x7b && first !== 0x5b) {
      const start = this.at
      this.at = first === 0x22 ? stringEnd(this.text, start) : scalarEnd(this.text, start)
      return this.text.slice(start, this.at)
    }
    const laidOut = this.tryLaidOut()
    const compact = laidOut === undefined ? undefined : withoutLayout(laidOut)
    if (compact === undefined) return this.walk()
    this.at += laidOut!.length
    return compact
  }

  /**
   * The same for a text that may be decoded soon: a document that is laid out stays as it is.
   *
   * @param follower name of the member that usually comes next
   */
  document(follower: string): string | LaidOutJson {
    this.space()
    const text = this.tryLaidOut(follower)
    // What is shorter cannot be nested more deeply than texts may be.
    if (text === undefined || text.length > 2 * maxDepth) return this.raw()
    this.at += text.length
    return new LaidOutJson(text, this.lastParsed, compactText)
  }

  skip(): void {
    this.space()
    const laidOut = this.tryLaidOut()
    if (laidOut === undefined) this.walk()
    else this.at += laidOut.length
  }

  /**
   * The text of an object or array that is laid out as all writers of states do it: what is in it stands on lines of its own, and the
   * line that ends it is indented two spaces less. So its end is found without looking at what is in it, and the engine's own parser
   * says whether it is one value. Where the layout has turned out to be another, no more of the text is searched in vain.
   */
  private tryLaidOut(follower?: string): string | undefined {
    const { text } = this
    const start = this.at
    const opener = text.charCodeAt(start)
    if (!this.isLaidOut || (opener !== 0x7b && opener !== 0x5b) || text.charCodeAt(start + 1) !== 0x0a) return undefined
    let at = start + 2
    while (text.charCodeAt(at) === 0x20) at++
    const indent = at - start - 4
    this.isLaidOut = false
    if (indent < 0 || indent > maxDepth) return undefined
    const closer = this.closerOf(opener, indent)
    const before = follower === undefined ? undefined : this.tryEndBefore(follower, closer, at)
    if (before !== undefined && this.isValue(start, before + closer.length)) return text.slice(start, before + closer.length)
    // It was that of a later value.
    if (before !== undefined) this.hasFollowers = false
    const end = text.indexOf(closer, at)
    return end !== -1 && this.isValue(start, end + closer.length) ? text.slice(start, end + closer.length) : undefined
  }

  /** Whether the piece is one value, which `#lastParsed` is from then on. */
  private isValue(start: number, end: number): boolean {
    try {
      this.lastParsed = JSON.parse(this.text.slice(start, end))
      this.isLaidOut = true
    } catch {
      this.isLaidOut = false
    }
    return this.isLaidOut
  }

  /** The line that ends a value, with the break before it. */
  private closerOf(opener: number, indent: number): string {
    if (opener !== this.lastOpener || indent !== this.lastIndent) {
      this.lastOpener = opener
      this.lastIndent = indent
      this.lastCloser = `\n${' '.repeat(indent)}${opener === 0x7b ? '}' : ']'}`
    }
    return this.lastCloser
  }

  /**
   * Where the closer is, if it is that of the value before the next member called `follower`. A name is found many times faster than a
   * line of spaces; it is looked for as long as it has always been there, so never in vain but once.
   */
  private tryEndBefore(follower: string, closer: string, from: number): number | undefined {
    if (!this.hasFollowers) return undefined
    const { text } = this
    const name = text.indexOf(`"${follower}"`, from)
    // Between the two are a comma, a line break and the same indentation.
    const end = name - 2 * closer.length
    this.hasFollowers = end >= from && text.startsWith(closer, end) && text.charCodeAt(end + closer.length) === 0x2c
    return this.hasFollowers ? end : undefined
  }

  /** The next value's text without white space, whatever its layout. Walks nesting by a stack of its own, not by recursion. */
  private walk(): string {
    const { text } = this
    const closers: number[] = []
    const parts: string[] = []
    let at = this.at
    let chunk = at
    for (;;) {
      const unit = text.charCodeAt(at)
      if (unit === 0x7b || unit === 0x5b) {
        if (this.depth + closers.length >= maxDepth) throw new JsonSyntaxError(at)
        closers.push(unit + 2)
        at = space(at + 1)
        if (text.charCodeAt(at) !== unit + 2) {
          if (unit === 0x7b) at = name()
          continue
        }
      } else at = unit === 0x22 ? stringEnd(text, at) : scalarEnd(text, at)
      // A value has ended, or an empty compound is about to.
      for (;;) {
        const closer = closers.at(-1)
        if (closer === undefined) {
          this.at = at
          // Joined rather than added up: a text that is a tree of pieces would keep the whole file.
          return parts.length === 0 ? text.slice(chunk, at) : `${parts.join('')}${text.slice(chunk, at)}`
        }
        at = space(at)
        const next = text.charCodeAt(at)
        if (next === closer) {
          at++
          closers.pop()
          continue
        }
        if (next !== 0x2c) throw new JsonSyntaxError(at)
        at = space(at + 1)
        if (closer === 0x7d) at = name()
        break
      }
    }

    function space(from: number): number {
      const to = spaceEnd(text, from)
      if (to !== from) {
        parts.push(text.slice(chunk, from))
        chunk = to
      }
      return to
    }
    function name(): number {
      if (text.charCodeAt(at) !== 0x22) throw new JsonSyntaxError(at)
      const colon = space(stringEnd(text, at))
      if (text.charCodeAt(colon) !== 0x3a) throw new JsonSyntaxError(colon)
      return space(colon + 1)
    }
  }

  /** Only white space may follow. */
  end(): void {
    this.space()
    if (this.at < this.text.length) throw new JsonSyntaxError(this.at)
  }

  private space(): void {
    this.at = spaceEnd(this.text, this.at)
  }

  private expect(unit: number): void {
    if (this.text.charCodeAt(this.at) !== unit) throw new JsonSyntaxError(this.at)
    this.at++
  }

  private open(unit: number): void {
    this.space()
    if (++this.depth > maxDepth) throw new JsonSyntaxError(this.at)
    this.expect(unit)
  }

  private closes(unit: number): boolean {
    this.space()
    if (this.text.charCodeAt(this.at) !== unit) return false
    this.at++
    return true
  }

  /** After a member or element: a comma, or the end. */
  private continues(closer: number): boolean {
    if (this.closes(closer)) return false
    this.expect(0x2c)
    return true
  }

  private scalar(): void {
    this.at = scalarEnd(this.text, this.at)
  }
}

function plainStrings(text: string): PlainStrings | undefined {
  const strings = parseStrings(text)
  if (strings === undefined) return undefined
  const lead = text.slice(1, text.indexOf('"'))
  const isUniform = lead.startsWith('\n') && text.startsWith(`[${laidOut(strings, lead)}\n`)
  return { text, strings, first: 0, last: 0, lead: isUniform ? lead : undefined }
}

function parseStrings(text: string): readonly string[] | undefined {
  try {
    const strings = JSON.parse(text) as unknown[]
    return strings.length > 0 && strings.every((s) => typeof s === 'string') ? strings : undefined
  } catch {
    return undefined
  }
}

function laidOut(strings: readonly string[], lead: string): string {
  return strings.map((s) => `${lead}"${s}"`).join(',')
}

/**
 * An array of strings by the one before it, if both have each string on a line of its own: only what is between their common beginning
 * and their common end is read. Neighbours in a file depend on nearly the same where many depend on many.
 */
function besideLast(text: string, before: PlainStrings): PlainStrings | undefined {
  const { lead, strings } = before
  if (lead === undefined) return undefined
  const shared = Math.min(text.length, before.text.length)
  // Up to and with the comma behind so many strings.
  const start = sharedStart(text, before.text, shared)
  let from = 1
  let first = 0
  for (; first < strings.length; first++) {
    const next = from + lead.length + strings[first]!.length + 3
    if (next > start) break
    from = next
  }
  // From the comma in front of so many strings.
  const end = sharedEnd(text, before.text, shared)
  let to = text.length - (before.text.length - before.text.lastIndexOf('"') - 1)
  let last = 0
  for (; first + last < strings.length; last++) {
    const next = to - lead.length - strings[strings.length - 1 - last]!.length - 3
    if (text.length - next > end || next < from - 1) break
    to = next
  }
  if (first === 0 || last === 0 || first + last < strings.length / 2) return undefined
  const middle = to === from - 1 ? noStrings : parseStrings(`[${text.slice(from, to)}]`)
  if (middle === undefined || (middle.length > 0 && laidOut(middle, lead) !== text.slice(from, to))) return undefined
  return { text, strings: [...strings.slice(0, first), ...middle, ...strings.slice(strings.length - last)], first, last, lead }
}

const noStrings: readonly string[] = []

// Pieces are compared as wholes: `startsWith` looks at one unit after the other.

/** So many units both begin with, at most `limit`. */
function sharedStart(a: string, b: string, limit: number): number {
  let same = 0
  for (let step = limit; step > 0; ) {
    if (same + step <= limit && a.slice(same, same + step) === b.slice(same, same + step)) same += step
    else step >>= 1
  }
  return same
}

/** So many units both end with, at most `limit`. */
function sharedEnd(a: string, b: string, limit: number): number {
  let same = 0
  for (let step = limit; step > 0; ) {
    const [x, y] = [a.length - same, b.length - same]
    if (same + step <= limit && a.slice(x - step, x) === b.slice(y - step, y)) same += step
    else step >>= 1
  }
  return same
}

/** Valid JSON in one line, without white space. */
function compactText(json: string): string {
  return withoutLayout(json) ?? new JsonReader(json).raw()
}

/** Valid JSON that stands on lines of its own, in one line; undefined when there is more white space than such a layout has. */
function withoutLayout(own: string): string | undefined {
  const compact = own.replace(own.includes('\\') ? lineStart : plainLineStart, '$1')
  return isCompact(compact) ? compact : undefined
}

function isCompact(json: string): boolean {
  if (!blank.test(json)) return true
  for (let at = 0; ; ) {
    const quote = json.indexOf('"', at)
    if (blank.test(quote === -1 ? json.slice(at) : json.slice(at, quote))) return false
    if (quote === -1) return true
    at = stringEnd(json, quote)
  }
}

// A line break cannot be within a string.
const plainLineStart = /\n *(?:("[^"\n]*":) )?/g
const lineStart = /\n *(?:("(?:[^"\\\n]|\\.)*":) )?/g
const blank = /[ \t\r\n]/

// Each takes the offset where something starts and gives the offset after it.

function spaceEnd(text: string, from: number): number {
  let at = from
  for (;;) {
    const unit = text.charCodeAt(at)
    if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return at
    at++
  }
}

/** @param from offset of the opening quote */
function stringEnd(text: string, from: number): number {
  let at = from + 1
  for (;;) {
    plainCharacters.lastIndex = at
    plainCharacters.test(text)
    at = plainCharacters.lastIndex
    const unit = text.charCodeAt(at)
    if (unit === 0x22) return at + 1
    if (unit !== 0x5c) throw new JsonSyntaxError(at) // A control character, or NaN: past the end.
    escapeSequence.lastIndex = at
    if (!escapeSequence.test(text)) throw new JsonSyntaxError(Math.min(at + 1, text.length))
    at = escapeSequence.lastIndex
  }
}

function scalarEnd(text: string, from: number): number {
  scalar.lastIndex = from
  if (!scalar.test(text)) throw new JsonSyntaxError(from)
  return scalar.lastIndex
}

const plainCharacters = /[^"\\\x00-\x1f]*/y
const escapeSequence = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
const scalar = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
