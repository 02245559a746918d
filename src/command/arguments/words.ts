/**
 * Splits text into words as a shell would: white space separates, quotes group, a backslash escapes. Nothing is expanded.
 * Undefined when a quote is not closed.
 */
export function splitWords(text: string): readonly string[] | undefined {
  const words: string[] = []
  let current: string | undefined
  let quoted: '"' | "'" | undefined
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (quoted !== undefined) {
      if (char === quoted) quoted = undefined
      else if (char === '\\' && quoted === '"' && i + 1 < text.length && '"\\$`\n'.includes(text[i + 1]!)) current += text[++i]!
      else current += char
    } else if (char === '"' || char === "'") {
      quoted = char
      current ??= ''
    } else if (char === '\\' && i + 1 < text.length) current = (current ?? '') + text[++i]!
    else if (/\s/.test(char)) {
      if (current !== undefined) words.push(current)
      current = undefined
    } else current = (current ?? '') + char
  }
  if (quoted !== undefined) return undefined
  if (current !== undefined) words.push(current)
  return words
}
