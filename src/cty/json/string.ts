const special = /["\\<>&\u2028\u2029]|[^\x20-\ud7ff\ue000-\uffff]/

const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

const needsEscape = /["\\<>&\u2028\u2029\x00-\x1f]|[\ud800-\udfff]/gu

/** A JSON string as Go's encoder writes it: `<`, `>`, `&` and the line separators escaped too, everything else raw. */
export function jsonString(text: string): string {
  if (!special.test(text)) return `"${text}"`
  // A lone surrogate stands for invalid UTF-8; with the `u` flag the pattern does not match a proper pair.
  return `"${text.replace(needsEscape, (c) => short[c] ?? (c >= '\ud800' && c <= '\udfff' ? '\\ufffd' : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`))}"`
}
