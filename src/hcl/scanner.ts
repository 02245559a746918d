import { type Source, sourceRange } from '../diags/index.ts'
import type { Token, TokenKind, TokenTable } from './token.ts'

/** What a piece of source is read as: configuration and expressions, or the text of a template without quotes. */
export type ScanMode = 'normal' | 'template'

/** All tokens of a source, white space and comments included, such that their texts joined give the source back. */
export function scanTokens(source: Source, mode: ScanMode = 'normal'): Token[] {
  const { kinds, starts, ends } = scan(source.text, mode, 0, source.text.length, true)
  return kinds.map((kind, i) => ({ kind, range: sourceRange(source, starts[i]!, ends[i]!) }))
}

/** Tokens of `text` between two offsets. Without `trivia`, spaces, comments and a byte order mark are left out. */
export function scan(text: string, mode: ScanMode, start: number, end: number, trivia: boolean): TokenTable {
  return new Scanner(text, start, end, trivia).run(mode)
}

/**
 * The tokens of a configuration in parts: each part ends with an `eof` token where a line ends that no bracket or template reaches
 * over, and with `trivia`, which is space and comments, no alignment either. Parts can be worked on one after the other, so that a
 * large file takes little memory.
 */
export function* scanParts(text: string, trivia: boolean): Iterable<TokenTable> {
  const scanner = new Scanner(text, 0, text.length, trivia)
  scanner.begin('normal')
  while (scanner.at < scanner.end) yield scanner.nextPart()
}

/**
 * Where the scanner is: inside configuration or an interpolation (`normal`, with the numbers of braces and of other brackets
 * open there and the token that opened it), or inside the text of a template.
 */
type Frame =
  | { readonly kind: 'normal'; braces: number; brackets: number; readonly opener: number }
  | { readonly kind: 'quoted' }
  | { readonly kind: 'heredoc'; readonly marker: string; startOfLine: boolean }
  | { readonly kind: 'bare' }

const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const QUOTE = 0x22
const HASH = 0x23
const DOLLAR = 0x24
const PERCENT = 0x25
const DASH = 0x2d
const DOT = 0x2e
const SLASH = 0x2f
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const TILDE = 0x7e

/** Tokens for which there is room at first. */
const initialCapacity = 64

function grown(array: Int32Array): Int32Array {
  const larger = new Int32Array(array.length * 2)
  larger.set(array)
  return larger
}

const identifierStart = /\p{ID_Start}/u
const identifierContinue = /\p{ID_Continue}/u
/** By code of an ASCII character: whether it goes on with a name, and whether it may mean something in a template. */
const continuesName = tableOf(/[\w-]/)
const isSpecial = tableOf(/["\\\n\r$%]/)
/** By code of an ASCII character: the token that it is, whatever comes after it. */
const alone: readonly (TokenKind | undefined)[] = Array.from({ length: 0x80 }, (_, code) => {
  const character = String.fromCharCode(code)
  return '+-%,?'.includes(character) ? (character as TokenKind) : code === LF ? 'newline' : undefined
})

// Most programs are over before the loops that look here are compiled; until then each call of a function would cost more than a look.
function tableOf(characters: RegExp): Uint8Array {
  return Uint8Array.from({ length: 0x80 }, (_, code) => (characters.test(String.fromCharCode(code)) ? 1 : 0))
}

const heredocStart = /<<-?([\p{ID_Start}_][\p{ID_Continue}-]*)\r?\n/uy

/** At least so many tokens are in a part, since parts have a price too. */
const partLength = 2000

/** Of this file alone, so its members need not be private: private names cost time at each use, and every character comes by here. */
class Scanner {
  readonly text: string
  readonly end: number
  readonly trivia: boolean
  kinds: TokenKind[] = []
  // Half of the memory of an array, and it need not be gone through when memory is cleared up.
  starts: Int32Array = new Int32Array(initialCapacity)
  ends: Int32Array = new Int32Array(initialCapacity)
  closers = new Map<number, number>()
  readonly frames: Frame[] = []
  at: number
  suspicious = false
  /** Once no end of a block comment was found, none will be found further on. */
  noCommentEnd = false

  constructor(text: string, start: number, end: number, trivia: boolean) {
    this.text = text
    this.at = start
    this.end = end
    this.trivia = trivia
  }

  begin(mode: ScanMode): void {
    if (mode === 'normal' && this.at < this.end && this.text.charCodeAt(this.at) === 0xfeff) this.emitTrivia('bom', this.at + 1)
    this.frames.push(mode === 'normal' ? { kind: 'normal', braces: 0, brackets: 0, opener: -1 } : { kind: 'bare' })
  }

  run(mode: ScanMode): TokenTable {
    this.begin(mode)
    while (this.at < this.end) this.step()
    this.emit('eof', this.end)
    return this.table()
  }

  step(): void {
    const frame = this.frames[this.frames.length - 1]!
    switch (frame.kind) {
      case 'normal':
        this.normal(frame)
        break
      case 'quoted':
        this.quoted()
        break
      case 'heredoc':
        this.heredoc(frame)
        break
      case 'bare':
        this.bare()
        break
    }
  }

  nextPart(): TokenTable {
    this.kinds = []
    this.starts = new Int32Array(initialCapacity)
    this.ends = new Int32Array(initialCapacity)
    this.closers = new Map()
    while (this.at < this.end) {
      this.step()
      const last = this.kinds.length - 1
      if (last >= partLength && this.kinds[last] === 'newline' && this.frames.length === 1 && this.endsPart(last)) break
    }
    this.emit('eof', this.at)
    return this.table()
  }

  /** Whether the line end at token `index` stands outside of all blocks and, for alignment, follows a line of nothing but a closing brace. */
  endsPart(index: number): boolean {
    const frame = this.frames[0]!
    if (frame.kind !== 'normal' || frame.braces > 0 || frame.brackets !== 0) return false
    if (!this.trivia) return true
    const { kinds } = this
    let at = index - 1
    if (kinds[at] === 'space') at--
    if (kinds[at] !== '}') return false
    at--
    if (kinds[at] === 'space') at--
    return kinds[at] === 'newline'
  }

  table(): TokenTable {
    return {
      kinds: this.kinds,
      starts: this.starts,
      ends: this.ends,
      closers: this.closers,
      suspicious: this.suspicious,
    }
  }

  emit(kind: TokenKind, end: number): void {
    const index = this.kinds.push(kind) - 1
    if (index === this.starts.length) {
      this.starts = grown(this.starts)
      this.ends = grown(this.ends)
    }
    this.starts[index] = this.at
    this.ends[index] = end
    this.at = end
  }

  emitTrivia(kind: 'space' | 'comment' | 'bom', end: number): void {
    if (this.trivia) this.emit(kind, end)
    else this.at = end
  }

  suspect(kind: TokenKind, end: number): void {
    this.suspicious = true
    this.emit(kind, end)
  }

  /** Code of a unit at an offset, or -1 past the end of what is scanned. */
  code(at: number): number {
    return at < this.end ? this.text.charCodeAt(at) : -1
  }

  normal(frame: Extract<Frame, { kind: 'normal' }>): void {
    const { text, at } = this
    const c = text.charCodeAt(at)
    if (c === 0x20 || c === TAB) {
      this.space(frame)
      return
    }
    const kind = alone[c]
    if (kind !== undefined) {
      this.emit(kind, at + 1)
      return
    }
    if (c < 0x80 ? continuesName[c] === 1 : this.isIdentifierStart(at)) {
      if (isDigit(c)) this.emit('number', this.numberEnd(at))
      else this.emit('identifier', this.identifierEnd(at))
      return
    }
    // What comes most often stands first.
    const next = this.code(at + 1)
    switch (c) {
      case 0x3d:
        if (next === 0x3d) this.emit('==', at + 2)
        else if (next === 0x3e) this.emit('=>', at + 2)
        else this.emit('=', at + 1)
        return
      case QUOTE:
        this.openQuote()
        return
      case OPEN_BRACE:
        frame.braces++
        this.emit('{', at + 1)
        return
      case 0x7d:
        this.closeBrace(frame, at + 1)
        return
      case 0x5b:
      case 0x28:
        frame.brackets++
        this.emit(c === 0x28 ? '(' : '[', at + 1)
        return
      case 0x5d:
      case 0x29:
        frame.brackets--
        this.emit(c === 0x29 ? ')' : ']', at + 1)
        return
      case DOT:
        if (next === DOT && this.code(at + 2) === DOT) this.emit('...', at + 3)
        else this.emit('.', at + 1)
        return
      case CR:
        if (next === LF) this.emit('newline', at + 2)
        else this.suspect('invalid', at + 1)
        return
      case HASH:
        this.lineComment()
        return
      case SLASH:
        if (next === SLASH) this.lineComment()
        else if (next === 0x2a) this.blockComment()
        else this.emit('/', at + 1)
        return
      case TILDE:
        if (next === 0x7d && frame.braces === 0 && frame.opener >= 0) this.closeBrace(frame, at + 2)
        else this.suspect('unsupported', at + 1)
        return
      case 0x2a:
        if (next === 0x2a) this.suspect('unsupported', at + 2)
        else this.emit('*', at + 1)
        return
      case 0x21:
        if (next === 0x3d) this.emit('!=', at + 2)
        else this.emit('!', at + 1)
        return
      case 0x3c:
        if (next === 0x3d) this.emit('<=', at + 2)
        else if (next === 0x3c && this.openHeredoc()) return
        else this.emit('<', at + 1)
        return
      case 0x3e:
        if (next === 0x3d) this.emit('>=', at + 2)
        else this.emit('>', at + 1)
        return
      case 0x26:
        if (next === 0x26) this.emit('&&', at + 2)
        else this.suspect('unsupported', at + 1)
        return
      case 0x7c:
        if (next === 0x7c) this.emit('||', at + 2)
        else this.suspect('unsupported', at + 1)
        return
      case 0x5e:
        this.suspect('unsupported', at + 1)
        return
      case 0x3a:
        if (next === 0x3a) this.emit('::', at + 2)
        else this.emit(':', at + 1)
        return
      default:
        this.suspect('invalid', Math.min(at + (this.text.codePointAt(at)! > 0xffff ? 2 : 1), this.end))
    }
  }

  /** Space, and without trivia what comes behind it too. */
  space(frame: Extract<Frame, { kind: 'normal' }>): void {
    const { text, end } = this
    let to = this.at + 1
    for (let c = text.charCodeAt(to); to < end && (c === 0x20 || c === TAB); c = text.charCodeAt(to)) to++
    this.emitTrivia('space', to)
    if (!this.trivia && to < end) this.normal(frame)
  }

  /** Most strings are nothing but text, for which no frame is needed. */
  openQuote(): void {
    const start = this.at + 1
    this.emit('openQuote', start)
    const to = this.plainEnd(start)
    if (this.code(to) === QUOTE) {
      if (to > start) this.emit('quotedText', to)
      this.emit('closeQuote', to + 1)
    } else this.frames.push({ kind: 'quoted' })
  }

  lineComment(): void {
    let to = this.text.indexOf('\n', this.at)
    if (to === -1 || to > this.end) to = this.end
    else if (to > this.at && this.text.charCodeAt(to - 1) === CR) to--
    this.emitTrivia('comment', to)
  }

  blockComment(): void {
    const close = this.noCommentEnd ? -1 : this.text.indexOf('*/', this.at + 2)
    if (close === -1 || close + 2 > this.end) {
      this.noCommentEnd = true
      this.emit('/', this.at + 1)
    } else this.emitTrivia('comment', close + 2)
  }

  closeBrace(frame: Extract<Frame, { kind: 'normal' }>, end: number): void {
    if (frame.braces > 0 || frame.opener < 0) {
      if (frame.braces > 0) frame.braces--
      this.emit('}', end)
      return
    }
    this.closers.set(frame.opener, this.kinds.length)
    this.emit('closeSequence', end)
    this.frames.pop()
  }

  /** Marker and line end belong to the opening token. */
  openHeredoc(): boolean {
    heredocStart.lastIndex = this.at
    const match = heredocStart.exec(this.text)
    if (match === null || heredocStart.lastIndex > this.end) return false
    this.emit('openHeredoc', heredocStart.lastIndex)
    this.frames.push({ kind: 'heredoc', marker: match[1]!, startOfLine: true })
    return true
  }

  openSequence(end: number): void {
    const kind = this.text.charCodeAt(this.at) === DOLLAR ? 'openSequence' : 'openDirective'
    this.frames.push({ kind: 'normal', braces: 0, brackets: 0, opener: this.kinds.length })
    this.emit(kind, this.code(end) === TILDE ? end + 1 : end)
  }

  quoted(): void {
    let at = this.at
    for (;;) {
      at = this.plainEnd(at)
      const c = this.code(at)
      const stop = c === -1 || c === QUOTE || c === LF || c === CR || this.isOpener(c, at)
      if (stop) {
        if (at > this.at) this.emit('quotedText', at)
        else if (c === QUOTE) {
          this.emit('closeQuote', at + 1)
          this.frames.pop()
        } else if (c === LF) this.suspect('quotedNewline', at + 1)
        else if (c === CR && this.code(at + 1) === LF) this.suspect('quotedNewline', at + 2)
        else if (c === CR) this.suspect('invalid', at + 1)
        else this.openSequence(at + 2)
        return
      }
      if (c === BACKSLASH) {
        const escaped = this.code(at + 1)
        at += escaped === -1 || escaped === LF || escaped === CR ? 1 : 2
      } else at += this.literalWidth(c, at)
    }
  }

  /** Where the run of characters that mean nothing special in any template ends. */
  plainEnd(start: number): number {
    const { text, end } = this
    const special = isSpecial
    let at = start
    while (at < end && special[text.charCodeAt(at)] !== 1) at++
    return at
  }

  /** One line of text, or as much of it as there is before an interpolation or directive. */
  heredoc(frame: Extract<Frame, { kind: 'heredoc' }>): void {
    let at = this.at
    for (;;) {
      at = this.plainEnd(at)
      const c = this.code(at)
      if (c === LF) {
        if (frame.startOfLine && this.closesHeredoc(frame.marker, at)) return
        frame.startOfLine = true
        this.emit('text', at + 1)
        return
      }
      if (c === -1 || this.isLoneReturn(c, at) || this.isOpener(c, at)) {
        frame.startOfLine = false
        if (at > this.at) this.emit('text', at)
        else if (c === CR) this.suspect('invalid', at + 1)
        else this.openSequence(at + 2)
        return
      }
      at += this.literalWidth(c, at)
    }
  }

  /** White space around the marker belongs to the closing token; the line end is a token of its own. */
  closesHeredoc(marker: string, lineEnd: number): boolean {
    const end = lineEnd > this.at && this.text.charCodeAt(lineEnd - 1) === CR ? lineEnd - 1 : lineEnd
    if (end - this.at < marker.length || this.text.slice(this.at, end).trim() !== marker) return false
    this.emit('closeHeredoc', end)
    this.emit('newline', lineEnd + 1)
    this.frames.pop()
    return true
  }

  bare(): void {
    let at = this.at
    for (;;) {
      at = this.plainEnd(at)
      const c = this.code(at)
      if (c === LF) {
        this.emit('text', at + 1)
        return
      }
      if (c === -1 || this.isLoneReturn(c, at) || this.isOpener(c, at)) {
        if (at > this.at) this.emit('text', at)
        else if (c === CR) this.suspect('invalid', at + 1)
        else this.openSequence(at + 2)
        return
      }
      at += this.literalWidth(c, at)
    }
  }

  /** A carriage return is allowed before a line feed only, in templates as elsewhere. */
  isLoneReturn(c: number, at: number): boolean {
    return c === CR && this.code(at + 1) !== LF
  }

  /** Whether an interpolation or directive begins at `at`. */
  isOpener(c: number, at: number): boolean {
    return (c === DOLLAR || c === PERCENT) && this.code(at + 1) === OPEN_BRACE
  }

  /** `$${` and `%%{` stand for their last two characters, so they must not be taken for an opener. */
  literalWidth(c: number, at: number): number {
    return (c === DOLLAR || c === PERCENT) && this.code(at + 1) === c && this.code(at + 2) === OPEN_BRACE ? 3 : 1
  }

  isIdentifierStart(at: number): boolean {
    return identifierStart.test(String.fromCodePoint(this.text.codePointAt(at)!))
  }

  identifierEnd(start: number): number {
    const { text, end } = this
    const continues = continuesName
    let at = start + (text.codePointAt(start)! > 0xffff ? 2 : 1)
    for (;;) {
      while (at < end && continues[text.charCodeAt(at)] === 1) at++
      if (at >= end || text.charCodeAt(at) < 0x80) return Math.min(at, end)
      const point = text.codePointAt(at)!
      if (!identifierContinue.test(String.fromCodePoint(point))) return at
      at += point > 0xffff ? 2 : 1
    }
  }

  /** As much as looks like part of a number, `1.2.3` too, so that one message can speak of all of it. */
  numberEnd(start: number): number {
    let at = start + 1
    let good = at
    for (;;) {
      const c = this.code(at)
      if (isDigit(c)) good = ++at
      else if (c === DOT) at++
      else if (c === 0x65 || c === 0x45) {
        const sign = this.code(at + 1)
        const digit = sign === 0x2b || sign === DASH ? at + 2 : at + 1
        if (!isDigit(this.code(digit))) return good
        good = at = digit + 1
      } else return good
    }
  }
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39
}
