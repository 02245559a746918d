import { jsonString } from '../../cty/index.ts'

/** JSON text that stands as it is inside a document. */
export class RawJson {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A document to be written: members in this order, undefined ones left out. */
export type JsonDocument =
  | RawJson
  | string
  | number
  | boolean
  | null
  | readonly JsonDocument[]
  | { readonly [name: string]: JsonDocument | undefined }

/** Compact JSON with the escapes that Go's encoder makes, `<`, `>` and `&` included. */
export function toJson(document: JsonDocument): string {
  return documentText(document, jsonString)
}

/** The same, `<`, `>` and `&` as they are, but for text that stands as it is; so OpenTofu writes its streams. */
export function toPlainJson(document: JsonDocument): string {
  return documentText(document, (text) => jsonString(text).replace(htmlEscapes, (_, before, code) => before + htmlCharacters[code as '3c']))
}

/** An escape of one of the three, behind an even number of backslashes. */
const htmlEscapes = /(?<!\\)((?:\\\\)*)\\u00(3c|3e|26)/g
const htmlCharacters = { '3c': '<', '3e': '>', '26': '&' } as const

function documentText(document: JsonDocument, text: (text: string) => string): string {
  if (document instanceof RawJson) return document.text
  if (typeof document === 'string') return text(document)
  if (document === null || typeof document !== 'object') return String(document)
  if (Array.isArray(document)) return `[${document.map((item) => documentText(item, text)).join()}]`
  const members: string[] = []
  for (const [name, value] of Object.entries(document as Record<string, JsonDocument | undefined>)) {
    if (value !== undefined) members.push(`${text(name)}:${documentText(value, text)}`)
  }
  return `{${members.join()}}`
}

/** The same text with line breaks and two spaces a level, numbers untouched. */
export function indentJson(compact: string): string {
  let out = ''
  let depth = 0
  const newline = (): string => `\n${'  '.repeat(depth)}`
  for (let i = 0; i < compact.length; i++) {
    const char = compact[i]!
    if (char === '"') {
      let end = i + 1
      while (compact[end] !== '"') end += compact[end] === '\\' ? 2 : 1
      out += compact.slice(i, end + 1)
      i = end
    } else if (char === '{' || char === '[') {
      const closing = compact[i + 1]
      if (closing === '}' || closing === ']') {
        out += char + closing
        i++
      } else {
        depth++
        out += char + newline()
      }
    } else if (char === '}' || char === ']') {
      depth--
      out += newline() + char
    } else if (char === ',') out += `,${newline()}`
    else if (char === ':') out += ': '
    else out += char
  }
  return out
}
