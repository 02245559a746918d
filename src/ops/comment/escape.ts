/** Control, format (bidirectional ones among them) and separator characters, invisible fillers, and halves of pairs: nothing of it may reach a reader raw. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu
const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Text on one line in which every character that cannot be seen, or that steers terminals and text direction, is written as an escape. */
export function visible(text: string): string {
  return text.replace(invisible, (char) => {
    const short = shortEscapes[char]
    if (short !== undefined) return short
    const code = char.codePointAt(0)!.toString(16)
    return code.length <= 4 ? `\\u${code.padStart(4, '0')}` : `\\u{${code}}`
  })
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;', '`': '&#96;' }

/** Text as content of an HTML element, on one line. */
export function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"'`]/g, (char) => entities[char]!)
}

/**
 * Text that somebody else wrote, as a code element. It stands only inside blocks of HTML, where Markdown is not read; forges look for mentions, issue
 * numbers and links everywhere but in code.
 */
export function codeHtml(text: string): string {
  return `<code>${escapeHtml(text)}</code>`
}

/** A fenced block whose fence is longer than any run of backticks in it. The lines hold no line breaks. */
export function fenced(language: string, lines: readonly string[]): string {
  let longest = 2
  for (const line of lines) {
    if (!line.includes('`')) continue
    for (const run of line.match(/`+/g)!) longest = Math.max(longest, run.length)
  }
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${lines.join('\n')}\n${fence}\n`
}

/** Length in code points, which is what GitHub counts. */
export function codePoints(text: string): number {
  if (!/[\ud800-\udbff]/.test(text)) return text.length
  let count = text.length
  for (let i = 0; i < text.length - 1; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0xd800 || unit > 0xdbff) continue
    const next = text.charCodeAt(i + 1)
    if (next >= 0xdc00 && next <= 0xdfff) {
      count--
      i++
    }
  }
  return count
}

/** At most so many code points of a text, and never half a pair. */
export function cutCodePoints(text: string, most: number): string {
  if (text.length <= most) return text
  let units = 0
  for (let points = 0; points < most && units < text.length; points++) units += text.codePointAt(units)! > 0xffff ? 2 : 1
  return text.slice(0, units)
}

/** A line for people, cut where it is longer than anybody reads. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text
  const length = codePoints(text)
  return length <= most ? text : `${cutCodePoints(text, most)}… (${groupDigits(length)} characters)`
}

/** `1,234,567`, the same in every locale. */
export function groupDigits(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',')
}
