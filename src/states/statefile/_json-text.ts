const htmlUnsafe = /[<>&\u2028\u2029]/g

const htmlEscapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

/** Go's encoder escapes these also in text it was handed ready-made. They stand only inside strings, so no parsing is needed. */
export function escapeHtml(json: string): string {
  return json.replace(htmlUnsafe, (c) => htmlEscapes[c]!)
}

/**
 * Compact JSON text spread over lines like Go's encoder does: two spaces for each level, empty objects and arrays closed. The
 * first line is not indented; the others stand `level` deep. The text must be valid and without white space between tokens.
 */
export function indentJson(compact: string, level: number): string {
  const parts: string[] = []
  let depth = level
  let chunk = 0
  for (let at = 0; at < compact.length; at++) {
    switch (compact.charCodeAt(at)) {
      case 0x22: {
        at = stringEnd(compact, at)
        break
      }
      case 0x7b:
      case 0x5b: {
        const next = compact.charCodeAt(at + 1)
        if (next === 0x7d || next === 0x5d) {
          at++
          break
        }
        parts.push(compact.slice(chunk, at + 1), lineBreak(++depth))
        chunk = at + 1
        break
      }
      case 0x7d:
      case 0x5d:
        parts.push(compact.slice(chunk, at), lineBreak(--depth))
        chunk = at
        break
      case 0x2c:
        parts.push(compact.slice(chunk, at + 1), lineBreak(depth))
        chunk = at + 1
        break
      case 0x3a:
        parts.push(compact.slice(chunk, at + 1), ' ')
        chunk = at + 1
        break
    }
  }
  if (parts.length === 0) return compact
  parts.push(compact.slice(chunk))
  return parts.join('')
}

/** Offset of the quote that ends the string which starts at `at`. */
function stringEnd(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes++
    if (backslashes % 2 === 0) return end
  }
}

const lineBreaks = Array.from({ length: 32 }, (_, depth) => `\n${'  '.repeat(depth)}`)

function lineBreak(depth: number): string {
  return lineBreaks[depth] ?? `\n${'  '.repeat(depth)}`
}
