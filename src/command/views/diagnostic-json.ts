import type { Diagnostic } from '../../diags/index.ts'
import type { JsonDocument } from '../json/json-text.ts'
import { type BlockAround, rangeJson, snippetOf } from './diagnostic-snippet.ts'

/** See reference/plan-json.md 7. */
export function diagnosticJson(diagnostic: Diagnostic, blockAround: BlockAround | undefined): JsonDocument {
  const snippet = snippetOf(diagnostic, blockAround)
  return {
    severity: diagnostic.severity,
    summary: diagnostic.summary,
    detail: diagnostic.detail,
    address: diagnostic.address,
    range: diagnostic.subject === undefined ? undefined : rangeJson(diagnostic.subject),
    snippet:
      snippet === undefined
        ? undefined
        : {
            context: snippet.context ?? null,
            code: snippet.code,
            start_line: snippet.startLine,
            highlight_start_offset: snippet.highlightStart,
            highlight_end_offset: snippet.highlightEnd,
            values: snippet.values.map(({ traversal, statement }) => ({ traversal, statement })),
          },
  }
}
