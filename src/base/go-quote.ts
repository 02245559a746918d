const named: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
}

const plain = /^[ !#-[\]-~]*$/
const unprintable = /["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu

/** A quoted string of the Go language: printable characters as they are, everything else escaped. */
export function goQuote(text: string): string {
  return plain.test(text) ? `"${text}"` : `"${text.replace(unprintable, (c) => named[c] ?? escapeCodePoint(c.codePointAt(0)!))}"`
}

function escapeCodePoint(code: number): string {
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
  // A lone surrogate cannot exist in UTF-8: Go sees the replacement character, which is printable.
  if (code >= 0xd800 && code <= 0xdfff) return '\ufffd'
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
}
