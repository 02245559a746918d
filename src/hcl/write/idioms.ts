import type { SourceRange } from '../../diags/index.ts'
import type { Expr, NativeBlock, NativeBody } from '../ast.ts'
import { scan } from '../scanner.ts'
import { sliceRange } from './_range.ts'

/** A stretch of the source and what is to stand in its place. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * Old ways of writing that have a newer one with the same meaning: `"${x}"` for `x` as the whole value of an argument,
 * quoted and incomplete types of input variables, block labels without quotes. In order of place.
 *
 * @see Terraform 1.11 `terraform fmt`, as observed
 */
export function idiomEdits(body: NativeBody): readonly Edit[] {
  const edits: Edit[] = []
  const waiting: { body: NativeBody; inVariable: boolean }[] = [{ body, inVariable: false }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const { name, expr } of next.body.attributes.values()) {
      const edit = next.inVariable && name === 'type' ? typeEdit(expr) : interpolationEdit(expr)
      if (edit !== undefined) edits.push(edit)
    }
    for (const block of next.body.blocks) {
      labelEdit(block, edits)
      waiting.push({ body: block.body, inVariable: next.body === body && block.type === 'variable' })
    }
  }
  return edits.sort((a, b) => a.start - b.start)
}

export function applyEdits(text: string, edits: readonly Edit[]): string {
  let out = ''
  let at = 0
  for (const edit of edits) {
    out += text.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return out + text.slice(at)
}

const quotedTypes: Readonly<Record<string, string>> = { '"string"': 'string', '"list"': 'list(string)', '"map"': 'map(string)' }
const incompleteTypes: Readonly<Record<string, string>> = { list: 'list(any)', map: 'map(any)', set: 'set(any)' }

function typeEdit({ range }: Expr): Edit | undefined {
  const given = sliceRange(range)
  const text = quotedTypes[given] ?? incompleteTypes[given]
  return text === undefined ? undefined : { start: range.start, end: range.end, text }
}

function labelEdit(block: NativeBlock, edits: Edit[]): void {
  if (block.labels.length === 0) return
  const header: SourceRange = block.headerRange
  const { text } = header.source
  const labels = block.labelRanges.map((range, i) => {
    // Terraform loses text in which a template might begin. It stays as it is here.
    return text[range.start] === '"' && /[$%]/.test(sliceRange(range)) ? sliceRange(range) : quotedLabel(block.labels[i]!)
  })
  const wanted = `${sliceRange(block.typeRange)} ${labels.join(' ')}`
  // Comments between the labels go, as with Terraform.
  if (sliceRange(header) !== wanted) edits.push({ start: header.start, end: header.end, text: wanted })
}

const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '"': '\\"', '\\': '\\\\' }

/** In quotes, with escapes for what does not show. */
function quotedLabel(label: string): string {
  // Half of a character has no escape.
  const escaped = label.replace(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S}\p{Cs} ]/gu, (c) => {
    const code = c.codePointAt(0)!.toString(16)
    return shortEscapes[c] ?? (code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`)
  })
  return `"${escaped}"`
}

/** The inside of `"${...}"`, when that is all there is. */
function interpolationEdit({ range }: Expr): Edit | undefined {
  const { text } = range.source
  if (!text.startsWith('"${', range.start) || !text.startsWith('}"', range.end - 2)) return undefined
  const { kinds, starts, ends } = scan(text, 'normal', range.start, range.end, true)
  // The last token is the end of the text.
  const count = kinds.length - 1
  if (kinds[count - 1] !== 'closeQuote' || kinds[count - 2] !== 'closeSequence') return undefined
  let quotes = 0
  for (let i = 2; i < count - 2; i++) {
    const kind = kinds[i]
    if (kind === 'openQuote') quotes++
    else if (kind === 'closeQuote') quotes--
    else if (quotes === 0 && (kind === 'openSequence' || kind === 'closeSequence' || kind === 'quotedText')) return undefined
  }
  const isBlank = (i: number): boolean => kinds[i] === 'space' || kinds[i] === 'newline'
  let first = 2
  let last = count - 3
  while (first <= last && isBlank(first)) first++
  while (last >= first && isBlank(last)) last--
  if (first > last) return undefined
  const inside = text.slice(starts[first], ends[last])
  const severalLines = kinds.some((kind, i) => i >= first && i <= last && kind === 'newline')
  const wrapped = kinds[first] === '(' && kinds[last] === ')'
  return { start: range.start, end: range.end, text: severalLines && !wrapped ? `(${inside})` : inside }
}
