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
  try {
    return layOut(edits.length === 0 ? source.text : applyEdits(source.text, edits))
  } catch (error) {
    // Indentation makes the square of its depth of a text.
    if (!(error instanceof RangeError)) throw error
    const detail = `With its blocks and brackets indented, ${source.filename} would be longer than a text can be.`
    diags.error('File too large', detail, { subject: body.endRange })
    return undefined
  }
}
