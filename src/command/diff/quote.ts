/** A double-quoted text in which everything that does not print is escaped. */
export function quote(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`
  let out = '"'
  for (const char of text) out += escapeChar(char)
  return `${out}"`
}

const named: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
  '\x07': '\\a',
}

function escapeChar(char: string): string {
  const known = named[char]
  if (known !== undefined) return known
  const code = char.codePointAt(0)!
  if (code >= 0x20 && code < 0x7f) return char
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`
  if (!/[\p{C}\p{Z}]/u.test(char)) return char
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}

/** A name as it is written before `=`: bare where the language allows that. */
export function keyText(name: string): string {
  return /^[A-Za-z_][\w-]*$/.test(name) || /^[\p{ID_Start}_][\p{ID_Continue}-]*$/u.test(name) ? name : quote(name)
}
