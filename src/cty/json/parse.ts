import { CtyError } from '../errors.ts'

/** A JSON document with numbers as their text and with every property of an object, repeated names included, in order. */
export type Json = null | boolean | string | JsonNumber | readonly Json[] | JsonObject

export class JsonNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export class JsonObject {
  readonly entries: readonly (readonly [string, Json])[]

  constructor(entries: readonly (readonly [string, Json])[]) {
    this.entries = entries
  }
}

/** Text that is not JSON, with the place of the first offending character. */
export class JsonSyntaxError extends CtyError {
  override readonly name = 'JsonSyntaxError'
  /** UTF-16 units from the start of the text. */
  readonly offset: number

  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

/** An array or object whose end has not been reached. */
type Open =
  | { readonly kind: 'array'; readonly items: Json[] }
  | { readonly kind: 'object'; readonly entries: [string, Json][]; name: string }

/**
 * Parses strictly by RFC 8259. Containers are kept on a stack of its own, so depth is limited by memory alone.
 *
 * @throws JsonSyntaxError in the words of Go's decoder, which tools compare.
 */
export function parseJsonLossless(text: string): Json {
  const stack: Open[] = []
  let pos = skipSpace(text, 0)
  for (;;) {
    // At the start of a value.
    let value: Json
    const c = text[pos]
    if (c === '{') {
      pos = skipSpace(text, pos + 1)
      if (text[pos] !== '}') {
        const open: Open = { kind: 'object', entries: [], name: '' }
        pos = propertyName(text, pos, open)
        stack.push(open)
        continue
      }
      pos++
      value = new JsonObject([])
    } else if (c === '[') {
      pos = skipSpace(text, pos + 1)
      if (text[pos] !== ']') {
        stack.push({ kind: 'array', items: [] })
        continue
      }
      pos++
      value = []
    } else if (c === '"') {
      const plain = plainString(text, pos)
      const end = plain === undefined ? stringEnd(text, pos) : pos + 1 + plain.length
      value = plain ?? unescapeString(text, pos + 1, end)
      pos = end + 1
    } else if (c === '-' || (c !== undefined && c >= '0' && c <= '9')) {
      const end = numberEnd(text, pos)
      value = new JsonNumber(text.slice(pos, end))
      pos = end
    } else {
      const [literal, word] = literalAt(text, pos)
      value = literal
      pos += word.length
    }

    // After a value: close as many containers as end here.
    for (;;) {
      pos = skipSpace(text, pos)
      const open = stack.at(-1)
      if (open === undefined) {
        if (pos < text.length) throw unexpected(text, pos, 'after top-level value')
        return value
      }
      const next = text[pos]
      if (open.kind === 'array') {
        open.items.push(value)
        if (next === ',') break
        if (next !== ']') throw unexpected(text, pos, 'after array element')
        value = open.items
      } else {
        open.entries.push([open.name, value])
        if (next === ',') break
        if (next !== '}') throw unexpected(text, pos, 'after object key:value pair')
        value = new JsonObject(open.entries)
      }
      stack.pop()
      pos++
    }
    pos = skipSpace(text, pos + 1)
    const open = stack.at(-1)!
    if (open.kind === 'object') pos = propertyName(text, pos, open)
  }
}

/** @returns the start of the value after the colon. */
function propertyName(text: string, start: number, open: Open & { kind: 'object' }): number {
  if (text[start] !== '"') throw unexpected(text, start, 'looking for beginning of object key string')
  const plain = plainString(text, start)
  const end = plain === undefined ? stringEnd(text, start) : start + 1 + plain.length
  open.name = plain ?? unescapeString(text, start + 1, end)
  const colon = skipSpace(text, end + 1)
  if (text[colon] !== ':') throw unexpected(text, colon, 'after object key')
  return skipSpace(text, colon + 1)
}

function skipSpace(text: string, start: number): number {
  let pos = start
  // Past the end the code is NaN, which is no space.
  for (let c = text.charCodeAt(pos); c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09; c = text.charCodeAt(pos)) pos++
  return pos
}

const special = /[\\\x00-\x1f]/

/** The string that begins at a quote, if nothing in it is escaped or wrong: the usual case, in which the search is the engine's. */
function plainString(text: string, start: number): string | undefined {
  const end = text.indexOf('"', start + 1)
  if (end === -1) return undefined
  const raw = text.slice(start + 1, end)
  return special.test(raw) ? undefined : raw
}

/** The offset of the closing quote. */
function stringEnd(text: string, start: number): number {
  for (let pos = start + 1; pos < text.length; pos++) {
    const c = text.charCodeAt(pos)
    if (c === 0x22) return pos
    if (c < 0x20) throw unexpected(text, pos, 'in string literal')
    if (c !== 0x5c) continue
    pos++
    const escaped = text[pos]
    if (escaped === 'u') {
      for (let i = 1; i <= 4; i++) {
        if (!/[0-9a-fA-F]/.test(text[pos + i] ?? '')) throw unexpected(text, pos + i, 'in \\u hexadecimal character escape')
      }
      pos += 4
    } else if (escaped === undefined || !'"\\/bfnrt'.includes(escaped)) throw unexpected(text, pos, 'in string escape code')
  }
  throw new JsonSyntaxError('unexpected end of JSON input', text.length)
}

/** @param start after the opening quote. @param end at the closing quote; the text between is known to be valid. */
function unescapeString(text: string, start: number, end: number): string {
  const raw = text.slice(start, end)
  if (!raw.includes('\\')) return raw
  // Halves of pairs can be written as escapes; Go reads them as the replacement character.
  return (JSON.parse(text.slice(start - 1, end + 1)) as string).replace(/[\ud800-\udfff]/gu, '\ufffd')
}

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

function numberEnd(text: string, start: number): number {
  numberPattern.lastIndex = start
  if (!numberPattern.test(text)) throw unexpected(text, start + 1, 'in numeric literal')
  const end = numberPattern.lastIndex
  const next = text[end]
  const isWhole = /^-?\d+$/.test(text.slice(start, end))
  if (next === '.' && isWhole) throw unexpected(text, end + 1, 'after decimal point in numeric literal')
  if ((next === 'e' || next === 'E') && !/[eE]/.test(text.slice(start, end))) {
    const sign = text[end + 1] === '+' || text[end + 1] === '-' ? 1 : 0
    throw unexpected(text, end + 1 + sign, 'in exponent of numeric literal')
  }
  return end
}

const literals: readonly (readonly [Json, string])[] = [
  [true, 'true'],
  [false, 'false'],
  [null, 'null'],
]

function literalAt(text: string, pos: number): readonly [Json, string] {
  for (const literal of literals) if (text.startsWith(literal[1], pos)) return literal
  const started = literals.find(([, word]) => word[0] === text[pos])
  if (started === undefined) throw unexpected(text, pos, 'looking for beginning of value')
  const word = started[1]
  let i = 1
  while (text[pos + i] === word[i]) i++
  throw unexpected(text, pos + i, `in literal ${word} (expecting '${word[i]}')`)
}

function unexpected(text: string, pos: number, where: string): JsonSyntaxError {
  const code = text.codePointAt(pos)
  if (code === undefined) return new JsonSyntaxError('unexpected end of JSON input', text.length)
  const c = String.fromCodePoint(code)
  const quoted = c === "'" ? "'\\''" : c === '"' ? "'\"'" : `'${JSON.stringify(c).slice(1, -1)}'`
  return new JsonSyntaxError(`invalid character ${quoted} ${where}`, pos)
}
