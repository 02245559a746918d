import type { Document } from 'yaml'
import { noToken } from './_yaml-tabs.ts'

type Problem = Document['errors'][number]

/*
 * Mistakes in the words of libyaml, which Terraform's decoder speaks in. That one counts lines from 0 in mistakes of structure and from 1 in
 * those within a token, and names no place in what it takes for the first line.
 */

/** A mistake within a token, with the line that many lines further on. */
export function problemInToken(text: string, { words, at }: { readonly words: string; readonly at: number }, lines = 0): string {
  const line = placeOf(text, at).line + lines
  return line === 0 ? words : `on line ${line + 1}, column 1: ${words}`
}

/** What is wrong with a document whose parser found problems. */
export function yamlProblem(text: string, problems: readonly Problem[]): string {
  const problem = problems[0]!
  const { code, message } = problem
  const at = problem.pos[0]
  const inStructure = (words: string, offset = at): string => {
    const { line, column } = placeOf(text, offset)
    return line === 0 ? words : `on line ${line}, column ${column + 1}: ${words}`
  }
  const inToken = (words: string, lines = 0, offset = at): string => problemInToken(text, { words, at: offset }, lines)
  const token = at + /^[ \t]*/.exec(text.slice(at))![0].length
  if (/^Flow (?:map|sequence) /.test(message)) {
    const isEnd = text.slice(at).trim() === ''
    if (isEnd && /[[{,:]\s*$/.test(text)) return inStructure('did not find expected node content', Number.POSITIVE_INFINITY)
    return inStructure(expectedEnd(message.startsWith('Flow map') ? '{' : '['), isEnd ? Number.POSITIVE_INFINITY : at)
  }
  if (code === 'BLOCK_IN_FLOW') return inStructure(expectedEnd(/[[{][^[\]{}]*$/.exec(text.slice(0, at))?.[0][0] ?? '['))
  if (code === 'BLOCK_AS_IMPLICIT_KEY' || code === 'MULTILINE_IMPLICIT_KEY') {
    if (text[at] === '-') return inStructure('did not find expected key')
    const stretched = problems.find((p) => p.code === 'MULTILINE_IMPLICIT_KEY')
    return inToken('mapping values are not allowed in this context', 0, stretched?.pos[1] ?? at)
  }
  if (code === 'MISSING_CHAR') {
    if (message.startsWith('Implicit map keys')) return inToken("could not find expected ':'", 1)
    if (message.startsWith('Missing directives-end')) return inStructure('did not find expected <document start>')
    return inToken('found unexpected end of stream')
  }
  if (code === 'BAD_DQ_ESCAPE') {
    const [, kind, digits] = /\\([xuU])([0-9a-fA-F]*)/.exec(message) ?? []
    if (kind === undefined) return inToken('found unknown escape character')
    const isWhole = digits!.length >= { x: 2, u: 4, U: 8 }[kind as 'x' | 'u' | 'U']
    return inToken(isWhole ? 'found invalid Unicode character escape code' : 'did not find expected hexdecimal number')
  }
  if (code === 'TAB_AS_INDENT')
    return inToken(/(?:^|[:-])\s*$/.test(text.slice(0, at)) ? noToken : 'found a tab character that violates indentation')
  if (code === 'BAD_SCALAR_START') return text[at] === ',' ? inStructure('did not find expected node content') : inToken(noToken)
  if (code === 'BAD_ALIAS') return inToken('did not find expected alphabetic or numeric character')
  if (code === 'ALIAS_PROPS') return inStructure('did not find expected key')
  if (code === 'TAG_RESOLVE_FAILED') {
    const tag = /^Could not resolve tag: (!\w*!)(\S*)$/.exec(message)
    if (tag?.[1] === '!!') return inStructure(`unsupported tag ${JSON.stringify(`tag:yaml.org,2002:${tag[2]}`)}`)
    if (tag !== null) return inStructure('found undefined tag handle')
  }
  if (code === 'TAG_RESOLVE_FAILED' && message.startsWith('Verbatim')) return inToken("did not find the expected '>'")
  if (code === 'BAD_DIRECTIVE') {
    if (message.startsWith('%TAG')) return "did not find expected '!'"
    return message.startsWith('%YAML') ? 'did not find expected version number' : "did not find expected digit or '.' character"
  }
  if (message.startsWith('Block scalar header'))
    return inToken(/[|>][-+]?0/.test(message) ? 'found an indentation indicator equal to 0' : 'did not find expected comment or line break')
  if (code === 'BAD_INDENT' && message.startsWith('Block scalar')) {
    return /\n\t/.test(text.slice(at)) || text[at] === '\t'
      ? inToken('found a tab character where an indentation space is expected', text[at] === '\t' ? 0 : 1)
      : inStructure('did not find expected key', token)
  }
  if (code === 'BAD_INDENT') return inStructure(afterItem(text, token) ? noDash : 'did not find expected key', token)
  if (code === 'UNEXPECTED_TOKEN') {
    if (message.startsWith('Unexpected block-seq-ind')) return inToken('block sequence entries are not allowed in this context')
    if (/^Unexpected (?:flow-(?:map|seq)-end|,)/.test(message)) return inStructure('did not find expected node content')
    const line = text.slice(text.lastIndexOf('\n', at - 1) + 1, at)
    if (line.trim() !== '') return inStructure(/(?:^|\s)\S+:\s/.test(line) ? 'did not find expected key' : noDocument)
    if (/^Unexpected (?:\S+-)?scalar/.test(message) && !/^[^\n]*:(?:\s|$)/.test(text.slice(at)))
      return inToken("could not find expected ':'", 1)
    return inStructure(afterItem(text, token) ? noDash : noDocument)
  }
  const { line, column } = placeOf(text, at)
  return `on line ${line + 1}, column ${column + 1}: ${message}`
}

const noDash = "did not find expected '-' indicator"
const noDocument = 'did not find expected <document start>'

function expectedEnd(open: string): string {
  return `did not find expected ',' or '${open === '{' ? '}' : ']'}'`
}

/** Whether an item of a list stands before a line, as far indented as what begins at `token`. */
function afterItem(text: string, token: number): boolean {
  const { column } = placeOf(text, token)
  return new RegExp(`^ {${column}}- `, 'm').test(text.slice(0, token))
}

/** From 0. Text that ends within a line is taken to have another one. */
function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const lines = text.slice(0, offset).split('\n')
  if (offset > text.length) return { line: lines.length - (text.endsWith('\n') ? 1 : 0), column: 0 }
  return { line: lines.length - 1, column: lines.at(-1)!.length }
}
