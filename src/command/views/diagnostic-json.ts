import type { CallSignature, Diagnostic, SignatureParam } from '../../diags/index.ts'
import { type JsonDocument, RawJson } from '../json/json-text.ts'
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
            function_call:
              snippet.call === undefined
                ? undefined
                : { called_as: snippet.call.calledAs, signature: snippet.call.signature && signatureJson(snippet.call.signature) },
          },
  }
}

function signatureJson({ name, params, variadicParam, returnType }: CallSignature): JsonDocument {
  return {
    name,
    params: params.map(paramJson),
    variadic_param: variadicParam && paramJson(variadicParam),
    return_type: new RawJson(returnType),
  }
}

function paramJson({ name, type }: SignatureParam): JsonDocument {
  return { name, type: new RawJson(type) }
}
