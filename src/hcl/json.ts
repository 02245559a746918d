import { suggest } from '../base/index.ts'
import { dynamicType, dynamicVal, falseVal, nullVal, numberVal, parseNumeric, trueVal, type Value } from '../cty/index.ts'
import { Diagnostics, Source, type SourceRange, sourceRange } from '../diags/index.ts'
import type { Expr, JsonArrayExpr, JsonBody, JsonObjectExpr, JsonStringExpr } from './ast.ts'
import { parseTemplate, parseTemplateText } from './parser.ts'

/**
 * Parses a configuration file in JSON syntax. The root is an object or an array of objects; anything else is reported and
 * stands for an empty body. A scalar that cannot be read stands for any value; another syntax error ends the reading.
 *
 * @see HCL JSON Syntax Specification (json/spec.md)
 */
export function parseJsonBody(source: Source, diags: Diagnostics): JsonBody {
  const value = parseJsonExpr(source, diags)
  if (value?.kind === 'jsonObject' || value?.kind === 'jsonArray') return jsonBody(value)
  const range = value?.range ?? sourceRange(source, 0, 0)
  if (value !== undefined) {
    diags.error(
      'Root value must be object',
      'The root value in a JSON-based configuration must be either a JSON object or a JSON array of objects.',
      { subject: range },
    )
  }
  return jsonBody({ kind: 'jsonObject', items: [], range })
}

/** The body that an object or an array of objects stands for. */
export function jsonBody(value: JsonObjectExpr | JsonArrayExpr): JsonBody {
  const { source, start, end } = value.range
  const endRange =
    value.kind === 'jsonObject' ? sourceRange(source, Math.max(start, end - 1), end) : sourceRange(source, start, Math.min(start + 1, end))
  return { kind: 'json', value, range: value.range, endRange }
}

/** Parses the whole text as one JSON value; undefined after an error in its structure. */
export function parseJsonExpr(source: Source, diags: Diagnostics): Expr | undefined {
  try {
    return new JsonReader(source, diags).read()
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined
    throw error
  }
}

class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError'
}

type Container =
  | { readonly kind: 'array'; readonly start: number; readonly elements: Expr[] }
  | {
      readonly kind: 'object'
      readonly start: number
      readonly items: { key: JsonStringExpr; value: Expr }[]
      key: JsonStringExpr | undefined
    }

const keywords: ReadonlyMap<string, Value> = new Map([
  ['true', trueVal],
  ['false', falseVal],
  ['null', nullVal(dynamicType)],
])

const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const numberLike = /[-+0-9.eE]+/y
const word = /[A-Za-z_][\w-]*/y

/** Containers are kept on a list instead of the stack, so that depth costs memory only. */
class JsonReader {
  readonly #source: Source
  readonly #text: string
  readonly #diags: Diagnostics
  #at = 0

  constructor(source: Source, diags: Diagnostics) {
    this.#source = source
    this.#text = source.text
    this.#diags = diags
    if (this.#text.charCodeAt(0) === 0xfeff) this.#at = 1
  }

  read(): Expr {
    const before = this.#diags.errorCount
    const open: Container[] = []
    for (;;) {
      let value: Expr | undefined = this.#begin(open)
      while (value !== undefined) {
        const container = open[open.length - 1]
        if (container === undefined) {
          this.#space()
          // Behind what is no JSON anything may stand.
          if (this.#at < this.#text.length && this.#diags.errorCount === before) {
            this.#fail('Extraneous data after value', 'Extra characters appear after the JSON value.', this.#charRange())
          }
          return value
        }
        value = this.#continue(open, container, value)
      }
    }
  }

  /** Reads a scalar or empty container, or opens a container and gives undefined. */
  #begin(open: Container[]): Expr | undefined {
    this.#space()
    const start = this.#at
    const c = this.#text[start]
    if (c === '{') {
      this.#at++
      this.#space()
      if (this.#text[this.#at] === '}') {
        this.#at++
        return { kind: 'jsonObject', items: [], range: this.#range(start) }
      }
      const container: Container = { kind: 'object', start, items: [], key: undefined }
      this.#key(container)
      open.push(container)
      return undefined
    }
    if (c === '[') {
      this.#at++
      this.#space()
      if (this.#text[this.#at] === ']') {
        this.#at++
        return { kind: 'jsonArray', elements: [], range: this.#range(start) }
      }
      open.push({ kind: 'array', start, elements: [] })
      return undefined
    }
    return this.#scalar(open.length > 0)
  }

  /** Takes up a finished value; gives the container when that is finished too, or undefined when another value must follow. */
  #continue(open: Container[], container: Container, value: Expr): Expr | undefined {
    const array = container.kind === 'array'
    if (container.kind === 'array') container.elements.push(value)
    else container.items.push({ key: container.key!, value })
    this.#space()
    const c = this.#text[this.#at]
    if (c === ',') {
      const comma = this.#at++
      this.#space()
      const after = this.#text[this.#at]
      if (after === (array ? ']' : '}')) {
        this.#fail(
          array ? 'Trailing comma in array' : 'Trailing comma in object',
          array
            ? 'JSON does not permit a trailing comma after the final value in an array.'
            : 'JSON does not permit a trailing comma after the final property in an object.',
          sourceRange(this.#source, comma, comma + 1),
        )
      }
      if (container.kind === 'object') this.#key(container)
      return undefined
    }
    if (c === (array ? ']' : '}')) {
      this.#at++
      open.pop()
      const range = this.#range(container.start)
      if (container.kind === 'array') return { kind: 'jsonArray', elements: container.elements, range }
      return { kind: 'jsonObject', items: container.items, range }
    }
    const opener = sourceRange(this.#source, container.start, container.start + 1)
    if (c === undefined) {
      if (array) {
        this.#fail('Unclosed object', 'No closing bracket was found for this JSON array.', opener)
      }
      this.#fail('Unclosed object', 'No closing brace was found for this JSON object.', opener)
    }
    if (array) this.#fail('Missing attribute seperator comma', 'A comma must appear between each value in an array.', this.#charRange())
    this.#fail('Missing attribute seperator comma', 'A comma must appear between each property definition in an object.', this.#charRange())
  }

  #key(container: Extract<Container, { kind: 'object' }>): void {
    const c = this.#text[this.#at]
    if (c !== '"') {
      if (c === undefined) {
        this.#fail(
          'Unclosed object',
          'No closing brace was found for this JSON object.',
          sourceRange(this.#source, container.start, container.start + 1),
        )
      }
      this.#fail('Invalid object property name', 'A JSON object property name must be a string', this.#charRange())
    }
    const key = this.#string()
    this.#space()
    const colon = this.#text[this.#at]
    if (colon !== ':') {
      const detail =
        colon === '='
          ? 'JSON uses a colon as its name/value delimiter, not an equals sign.'
          : "A colon must appear between an object property's name and its value."
      this.#fail('Missing property value colon', detail, this.#charRange())
    }
    this.#at++
    container.key = key
  }

  #scalar(isInside: boolean): Expr {
    const start = this.#at
    const c = this.#text[start]
    if (c === undefined) {
      this.#fail('Missing value', 'The JSON data ends prematurely.', sourceRange(this.#source, start, start))
    }
    if (c === '"') return this.#string()
    if (/[-+.0-9]/.test(c)) {
      numberLike.lastIndex = start
      const whole = numberLike.exec(this.#text)![0]
      number.lastIndex = start
      if (number.exec(this.#text)?.[0] === whole) {
        this.#at += whole.length
        const numeric = parseNumeric(whole)
        return { kind: 'literal', value: numeric === undefined ? dynamicVal : numberVal(numeric), range: this.#range(start) }
      }
      return this.#wrong(start, whole.length, 'Invalid JSON number', 'There is a syntax error in the given JSON number.')
    }
    word.lastIndex = start
    const name = word.exec(this.#text)?.[0]
    if (name !== undefined) {
      const value = keywords.get(name)
      if (value !== undefined) {
        this.#at += name.length
        return { kind: 'literal', value, range: this.#range(start) }
      }
      const close = suggest(name, keywords.keys())
      const foreign = name === 'undefined' || name === 'NaN' || name === 'Infinity'
      return this.#wrong(
        start,
        name.length,
        'Invalid JSON keyword',
        foreign
          ? `The JavaScript identifier ${JSON.stringify(name)} cannot be used in JSON.`
          : `${JSON.stringify(name)} is not a valid JSON keyword.${close === undefined ? '' : ` Did you mean ${JSON.stringify(close)}?`}`,
      )
    }
    if (c === ']' || c === '}') {
      const summary = c === ']' ? 'Missing array element value' : 'Missing JSON value'
      const detail = 'A JSON value must start with a brace, a bracket, a number, a string, or a keyword.'
      const place = this.#charRange()
      return isInside ? this.#wrong(start, 0, summary, detail, place) : this.#fail(summary, detail, place)
    }
    this.#fail(
      'Invalid start of value',
      'A JSON value must start with a brace, a bracket, a number, a string, or a keyword.',
      this.#charRange(),
    )
  }

  /** Reports a scalar that is none. What it stands for is clear, so reading goes on behind it. */
  #wrong(start: number, length: number, summary: string, detail: string, subject?: SourceRange): Expr {
    this.#at += length
    const range = this.#range(start)
    this.#diags.error(summary, detail, { subject: subject ?? range })
    return { kind: 'literal', value: dynamicVal, range }
  }

  #string(): JsonStringExpr {
    const start = this.#at
    let at = start + 1
    let plain = true
    for (; ; at++) {
      const c = this.#text.charCodeAt(at)
      if (c === 0x22) break
      if (Number.isNaN(c) || c === 0x0a) {
        this.#fail(
          'Unclosed string',
          'There is no closing quote mark for this string before the end of its line.',
          sourceRange(this.#source, start, Math.min(at, this.#text.length)),
        )
      }
      if (c < 0x20) plain = false
      else if (c === 0x5c) {
        plain = false
        at++
      }
    }
    this.#at = at + 1
    const range = this.#range(start)
    const raw = this.#text.slice(start, at + 1)
    let text = raw.slice(1, -1)
    if (!plain) {
      try {
        text = JSON.parse(raw) as string
      } catch {
        // The quotes hold all the same.
        this.#diags.error('Invalid JSON string', describeStringProblem(raw), { subject: range })
        text = ''
      }
    }
    return jsonString(this.#source, text, range, plain)
  }

  #space(): void {
    for (;;) {
      const c = this.#text.charCodeAt(this.#at)
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return
      this.#at++
    }
  }

  #range(start: number): SourceRange {
    return sourceRange(this.#source, start, this.#at)
  }

  #charRange(): SourceRange {
    const point = this.#text.codePointAt(this.#at)
    const width = point === undefined ? 0 : point > 0xffff ? 2 : 1
    return sourceRange(this.#source, this.#at, this.#at + width)
  }

  #fail(summary: string, detail: string, subject: SourceRange): never {
    this.#diags.error(summary, detail, { subject })
    throw new JsonSyntaxError()
  }
}

function describeStringProblem(raw: string): string {
  if (/[\x00-\x1f]/.test(raw)) return 'A JSON string cannot contain control characters; write them as escape sequences.'
  const wrong = /\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})[\s\S]?/.exec(raw.replace(/\\\\/g, '  '))
  return wrong === null
    ? 'This string is not valid JSON.'
    : `The sequence ${wrong[0]} is not a valid escape sequence of JSON. To write a backslash, double it.`
}

function jsonString(source: Source, text: string, range: SourceRange, plain: boolean): JsonStringExpr {
  let parsed: ReturnType<JsonStringExpr['template']> | undefined
  return {
    kind: 'jsonString',
    text: text.normalize('NFC'),
    range,
    template: () => {
      if (parsed === undefined) {
        const diags = new Diagnostics()
        // Text without escapes is parsed where it stands, so that messages can point into it.
        const expr = plain
          ? parseTemplate(source, diags, range.start + 1, range.end - 1)
          : parseTemplateText(new Source(source.filename, text), diags, range)
        parsed = { expr, diags: diags.items }
      }
      return parsed
    },
  }
}
