import type { Diagnostics, Source } from '../../diags/index.ts'
import { parseHcl, parseParts } from '../parser.ts'
import { applyEdits, idiomEdits } from './idioms.ts'
import { layOut, layOutTokens } from './layout.ts'

/**
 * The canonical form of a file in native syntax. Undefined when it does not parse: then what is wrong is in `diags`.
 */
export function formatFile(source: Source, diags: Diagnostics): string | undefined {
  try {
    return formatParts(source) ?? formatWhole(source, diags)
  } catch (error) {
    // Indentation makes the square of its depth of a text.
    if (!(error instanceof RangeError)) throw error
    const detail = `With its blocks and brackets indented, ${source.filename} would be longer than a text can be.`
    diags.error('File too large', detail, { subject: { source, start: 0, end: 0 } })
    return undefined
  }
}

/** Part by part, as long as there is no mistake: undefined then. */
function formatParts(source: Source): string | undefined {
  let out = ''
  const isSound = parseParts(source, (body, tokens) => {
    const edits = idiomEdits(body)
    if (edits.length === 0) {
      out += layOutTokens(source.text, tokens)
      return
    }
    const start = tokens.starts[0]!
    const moved = edits.map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start }))
    out += layOut(applyEdits(source.text.slice(start, tokens.ends[tokens.kinds.length - 1]), moved))
  })
  return isSound ? out : undefined
}

function formatWhole(source: Source, diags: Diagnostics): string | undefined {
  const before = diags.items.length
  const { body } = parseHcl(source, diags)
  if (diags.items.slice(before).some((d) => d.severity === 'error')) return undefined
  const edits = idiomEdits(body)
  return layOut(edits.length === 0 ? source.text : applyEdits(source.text, edits))
}
