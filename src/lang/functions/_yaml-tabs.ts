import { loadYaml } from './_libraries.ts'

/** A tab where libyaml has none: which complaint it makes of it, at which offset. */
export interface TabProblem {
  readonly words: string
  readonly at: number
}

/**
 * The text with tabs that libyaml takes for space where the YAML library does not: those at the beginning of a line within brackets or
 * quotes. The other way round, what the library lets pass and libyaml does not is a problem: tabs after the mark of an item or of a key, and
 * lines of a block that begin with a tab and hold nothing else. No offset changes.
 */
export function settleTabs(text: string): string | TabProblem {
  const { Lexer, CST } = loadYaml()
  let settled = ''
  let rest = text
  let block = false
  for (;;) {
    let at = 0
    let line: readonly string[] = []
    let before = ''
    let resumed: number | undefined
    for (const token of new Lexer().lex(rest)) {
      const type = CST.tokenType(token)
      if (type === 'doc-mode' || type === 'flow-error-end' || (type === 'scalar' && token === CST.SCALAR)) {
        if (type === 'scalar' && before !== 'header') before = 'scalar'
        continue
      }
      if (type === 'flow-map-start' || type === 'flow-seq-start' || (/^["']/.test(token) && before !== 'scalar')) {
        resumed = endOf(rest, at)
        break
      }
      if (type === 'space' && before !== 'header' && token.includes('\t')) {
        const words = problemOf(token, line, before, block)
        if (words !== undefined) return { words, at: settled.length + at + token.indexOf('\t') }
      }
      if (type === 'newline') line = []
      else line = [...line.slice(-8), type ?? 'text']
      if (type === 'seq-item-ind' || type === 'explicit-key-ind' || type === 'map-value-ind') block = true
      if (type === 'block-scalar-header') before = 'header'
      else if (before === 'scalar' && type !== 'newline' && type !== 'space') before = 'plain'
      else if (type !== 'newline' && type !== 'space' && type !== 'comment') before = type ?? 'text'
      at += token.length
    }
    if (resumed === undefined) return settled + rest
    settled += rest.slice(0, at) + rest.slice(at, resumed).replace(/(?<=[\r\n])[ \t]+/g, (space) => ' '.repeat(space.length))
    rest = rest.slice(resumed)
  }
}

function problemOf(space: string, line: readonly string[], before: string, block: boolean): string | undefined {
  const marks = line.filter((type) => type !== 'space')
  const mark = marks.at(-1)
  if (mark === 'seq-item-ind' || mark === 'explicit-key-ind' || (mark === 'map-value-ind' && marks.length === 1)) return noToken
  if (line.length > 0 || !space.startsWith('\t') || !block) return undefined
  return before === 'plain' ? 'found a tab character that violates indentation' : noToken
}

export const noToken = 'found character that cannot start any token'

/** The offset after the quoted text or the brackets that begin at an offset; that of the end where they do not end. */
function endOf(text: string, start: number): number {
  let depth = 0
  let at = start
  do {
    const c = text[at]!
    if (c === '"' || c === "'") {
      if (at === start || /[\s[\]{},:]/.test(text[at - 1]!)) at = endOfQuoted(text, at) - 1
    } else if (c === '#' && /\s/.test(text[at - 1] ?? ' ')) {
      const end = text.indexOf('\n', at)
      at = end < 0 ? text.length : end
    } else if (c === '[' || c === '{') depth++
    else if (c === ']' || c === '}') depth--
    at++
  } while (depth > 0 && at < text.length)
  return at
}

function endOfQuoted(text: string, start: number): number {
  const quoted = text[start] === '"' ? /"(?:[^"\\]|\\[\s\S])*"/y : /'(?:[^']|'')*'/y
  quoted.lastIndex = start
  return quoted.test(text) ? quoted.lastIndex : text.length
}
