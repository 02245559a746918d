import { numberVal, numericIsInteger, numericToJs, stringVal, type Value } from '../cty/index.ts'
import { Diagnostics, rangeBetween, Source, type SourceRange } from '../diags/index.ts'
import { parseTraversal, type Traversal, type TraversalStep } from '../hcl/index.ts'
import type { InstanceKey } from './addrs.ts'

/** The root name is a step like the others: addresses do not treat it apart. */
export function allSteps(traversal: Traversal): readonly TraversalStep[] {
  return [{ kind: 'attr', name: traversal.root, range: traversal.rootRange }, ...traversal.steps]
}

/** Where steps stand in the source; at least one is needed. */
export function stepsRange(steps: readonly TraversalStep[]): SourceRange | undefined {
  const first = steps[0]
  return first === undefined ? undefined : rangeBetween(first.range, steps.at(-1)!.range)
}

/** The instance key that an index value means, or why it cannot be one. */
export function keyFromValue(value: Value): { readonly key: InstanceKey } | { readonly problem: string } {
  const plain = value.unmark()
  if (plain.hasContent && plain.type.kind === 'string') return { key: plain.asString() }
  if (plain.hasContent && plain.type.kind === 'number') {
    const number = plain.asNumeric()
    const key = numericIsInteger(number) ? numericToJs(number) : Number.NaN
    // Larger integers would not survive as JavaScript numbers, and no count reaches them.
    if (Number.isSafeInteger(key)) return { key }
    return { problem: 'value must be a whole number, between -9223372036854775808 and 9223372036854775807' }
  }
  return { problem: 'must be either a string or an integer' }
}

/**
 * The traversal in the text of an address. Files hold thousands of plain ones, so those are read here; whatever is not
 * plain goes to the language's own parser, which also words the errors.
 *
 * @param place what messages call the text
 */
export function traversalFromText(text: string, diags: Diagnostics, place = ''): Traversal | undefined {
  const plain = plainTraversal(text, place)
  if (plain !== undefined) return plain
  const own = new Diagnostics()
  const parsed = parseTraversal(new Source(place, text), own)
  diags.addAll(own.items)
  // After an error there is a traversal of sorts, but not the one that was meant.
  return own.hasErrors ? undefined : parsed
}

const nameOrIndex = /(\.?)([\p{ID_Start}_][\p{ID_Continue}-]*)|\[(?:(0|[1-9][0-9]{0,14})|"((?:[^"\\\n\r]|\\["\\nrt])*)")\]/uy

function plainTraversal(text: string, place: string): Traversal | undefined {
  const source = new Source(place, text)
  const steps: TraversalStep[] = []
  let root: { name: string; range: SourceRange } | undefined
  nameOrIndex.lastIndex = 0
  for (let start = 0; start < text.length; start = nameOrIndex.lastIndex) {
    nameOrIndex.lastIndex = start
    const match = nameOrIndex.exec(text)
    if (match === null) return undefined
    const [, dot, name, number, quoted] = match
    const range = { source, start, end: nameOrIndex.lastIndex }
    if (name !== undefined) {
      if ((dot === '') !== (root === undefined)) return undefined
      if (root === undefined) root = { name: name.normalize('NFC'), range }
      else steps.push({ kind: 'attr', name: name.normalize('NFC'), range })
      continue
    }
    if (root === undefined) return undefined
    if (number !== undefined) steps.push({ kind: 'index', key: numberVal(Number(number)), range })
    else {
      const string = unquote(quoted!)
      if (string === undefined) return undefined
      steps.push({ kind: 'index', key: stringVal(string), range })
    }
  }
  if (root === undefined) return undefined
  return { root: root.name, rootRange: root.range, steps, range: { source, start: 0, end: text.length } }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' }

/** Undefined when there is an interpolation in it, escaped or not: rare enough to leave to the parser. */
function unquote(text: string): string | undefined {
  if (/[$%]\{/.test(text)) return undefined
  return text.includes('\\') ? text.replace(/\\(.)/g, (_, c: string) => escapes[c]!) : text
}
