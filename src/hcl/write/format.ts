import type { Diagnostics, Source } from '../../diags/index.ts'
import { parseHcl } from '../parser.ts'
import { applyEdits, idiomEdits } from './idioms.ts'
import { layOut } from './layout.ts'

/**
 * The canonical form of a file in native syntax. Undefined when it does not parse: then what is wrong is in `diags`.
 */
export function formatFile(source: Source, diags: Diagnostics): string | undefined {
  const before = diags.items.length
  const { body } = parseHcl(source, diags)
  if (diags.items.slice(before).some((d) => d.severity === 'error')) return undefined
  const edits = idiomEdits(body)
  return layOut(edits.length === 0 ? source.text : applyEdits(source.text, edits))
}
