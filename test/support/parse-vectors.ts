import { type Diagnostic, Diagnostics, Source } from '../../src/diags/index.ts'
import { parseHcl, parseJsonBody, parseJsonExpr, parsePartialTraversal, parseTraversal, partialContent } from '../../src/hcl/index.ts'

/** Runs a case of conformance/hcl/parse.json. */
export function parseVector(kind: string, input: string): { accept: boolean; diags: readonly Diagnostic[] } {
  const diags = new Diagnostics()
  const source = new Source('test', input)
  if (kind === 'native') parseHcl(source, diags)
  else if (kind === 'json-value') parseJsonExpr(source, diags)
  else if (kind === 'traversal') parseTraversal(source, diags)
  else if (kind === 'traversal-partial') parsePartialTraversal(source, diags)
  else throw new Error(`no such kind of parse case: ${kind}`)
  return { accept: !diags.hasErrors, diags: diags.items }
}

interface VectorSchema {
  readonly attributes: readonly { readonly name: string; readonly required?: boolean }[]
  readonly blocks: readonly { readonly type: string; readonly label_names: readonly string[] }[]
}

/** Runs a case of conformance/hcl/json-body.json. */
export function bodyVector(
  src: string,
  schema: VectorSchema,
): { attributes: string[]; blocks: { type: string; labels: readonly string[] }[]; diags: readonly Diagnostic[] } {
  const diags = new Diagnostics()
  const body = parseJsonBody(new Source('test', src), diags)
  const blocks = schema.blocks.map((b) => ({ type: b.type, labelNames: b.label_names ?? [] }))
  const { content } = partialContent(body, { attributes: schema.attributes, blocks }, diags)
  return {
    attributes: [...content.attributes.keys()],
    blocks: content.blocks.map(({ type, labels }) => ({ type, labels })),
    diags: diags.items,
  }
}
