import type { TextProblem } from './provider-versions.ts'

/**
 * The older notation of CLI configuration files: names may be quoted, a block is a value, commas and equals signs are mostly
 * optional. JSON is read as well. A repeated name gives several items.
 */
export type OldValue = string | number | boolean | readonly OldValue[] | OldObject

export interface OldObject {
  readonly items: readonly OldItem[]
}

/** `keys` are name and labels: `host "example.com" { ... }` has two. */
export interface OldItem {
  readonly keys: readonly string[]
  readonly value: OldValue
  /** `LINE:COLUMN` of the first key, for messages. */
  readonly place: string
}

class OldSyntaxError extends Error {}

/** Reads a whole file; `problem` begins with the place. */
export function parseOldHcl(text: string): OldObject | TextProblem {
  try {
    if (text.trimStart().startsWith('{')) return fromJson(JSON.parse(text)) as OldObject
    const reader = new Reader(text)
    return reader.objectUntil(undefined)
  } catch (error) {
    if (error instanceof OldSyntaxError || error instanceof SyntaxError) return { problem: error.message }
    throw error
  }
}

function fromJson(value: unknown): OldValue {
  if (Array.isArray(value)) return value.map(fromJson)
  if (typeof value === 'object' && value !== null) {
    const items = Object.entries(value).flatMap(([key, member]) =>
      (Array.isArray(member) && member.every((m) => typeof m === 'object') ? (member as unknown[]) : [member]).map((one) => ({
        keys: [key],
        value: fromJson(one),
        place: '1:1',
      })),
    )
    return { items }
  }
  return typeof value === 'number' || typeof value === 'boolean' ? value : String(value ?? '')
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\' }

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** `object = { item }`, up to `}` or, without `end`, to the end of the file. */
  objectUntil(end: '}' | undefined): OldObject {
    const items: OldItem[] = []
    for (;;) {
      this.#skip()
      const next = this.#text[this.#at]
      if (next === undefined) {
        if (end === undefined) return { items }
        this.#fail('object expected closing RBRACE got: EOF')
      }
      if (next === end) {
        this.#at++
        return { items }
      }
      if (next === ',') this.#at++
      else items.push(this.#item())
    }
  }

  /** `item = key { key } ( "=" value | object )` */
  #item(): OldItem {
    const place = this.#place()
    const keys: string[] = []
    for (;;) {
      this.#skip()
      const next = this.#text[this.#at]
      if (next === '"') keys.push(this.#string())
      else if (next === '=' || next === ':') {
        if (keys.length === 0) this.#fail('expected a name before the equals sign')
        this.#at++
        return { keys, value: this.#value(), place }
      } else if (next === '{') {
        if (keys.length === 0) this.#fail('expected a name before the block')
        return { keys, value: this.#value(), place }
      } else {
        const word = this.#match(/[\p{L}_][\p{L}\p{N}_.-]*/uy)
        if (word === undefined) this.#fail(next === undefined ? 'unexpected end of the file' : `illegal character ${JSON.stringify(next)}`)
        keys.push(word)
      }
    }
  }

  #value(): OldValue {
    this.#skip()
    const next = this.#text[this.#at]
    if (next === '"') return this.#string()
    if (next === '{') {
      this.#at++
      return this.objectUntil('}')
    }
    if (next === '[') return this.#list()
    const heredoc = this.#match(/<<-?([A-Za-z0-9_]+)\r?\n([\s\S]*?)^[ \t]*\1[ \t]*$/my)
    if (heredoc !== undefined) return heredoc.replace(/^<<.*\n/, '').replace(/[^\n]*$/, '')
    const word = this.#match(/[^\s,\]}#]+/y)
    if (word === 'true' || word === 'false') return word === 'true'
    if (word !== undefined && /^[-+]?(0x[0-9a-fA-F]+|[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?)$/.test(word)) return Number(word)
    return this.#fail(word === undefined ? 'a value is missing' : `unknown value ${JSON.stringify(word)}: strings must be quoted`)
  }

  #list(): readonly OldValue[] {
    this.#at++
    const values: OldValue[] = []
    for (;;) {
      this.#skip()
      const next = this.#text[this.#at]
      if (next === undefined) this.#fail('a list is not closed')
      if (next === ']') {
        this.#at++
        return values
      }
      if (next === ',') this.#at++
      else values.push(this.#value())
    }
  }

  #string(): string {
    this.#at++
    let text = ''
    for (;;) {
      const next = this.#text[this.#at++]
      if (next === '"') return text
      if (next === undefined || next === '\n') this.#fail('a string is not closed')
      if (next !== '\\') text += next
      else {
        const escaped = this.#text[this.#at++] ?? ''
        text += escapes[escaped] ?? `\\${escaped}`
      }
    }
  }

  /** White space and comments. */
  #skip(): void {
    this.#match(/(?:\s+|(?:#|\/\/)[^\n]*|\/\*[\s\S]*?\*\/)*/y)
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match === null) return undefined
    this.#at = pattern.lastIndex
    return match[0]
  }

  #place(): string {
    const before = this.#text.slice(0, this.#at)
    return `${before.split('\n').length}:${this.#at - before.lastIndexOf('\n')}`
  }

  #fail(message: string): never {
    throw new OldSyntaxError(`At ${this.#place()}: ${message}`)
  }
}
