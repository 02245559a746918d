import { Diagnostics, Source, type SourceRange } from '../../diags/index.ts'
import { type Expr, parseHcl, parseJsonExpr } from '../../hcl/index.ts'

/**
 * What encloses a place: the header of the top-level block, such as `resource "aws_vpc" "a"`, or in JSON the names that lead to
 * it, such as `resource.aws_vpc.a`. The source is parsed anew, which is cheap enough for what is read by people. In a file of its
 * own, so that commands without configuration do not load the parser.
 */
export function blockAround({ source, start }: SourceRange): string | undefined {
  if (source.filename.endsWith('.ts')) return undefined
  const fresh = new Source(source.filename, source.text)
  if (source.filename.endsWith('.json')) return jsonPath(parseJsonExpr(fresh, new Diagnostics()), start - 1)
  const { body } = parseHcl(fresh, new Diagnostics())
  const block = body.blocks.find((b) => b.typeRange.start < start && start <= b.closeBraceRange.end)
  return block === undefined ? undefined : [block.type, ...block.labels.map((label) => JSON.stringify(label))].join(' ')
}

/** The names of all objects and arrays around an offset below the outermost. */
function jsonPath(root: Expr | undefined, offset: number): string | undefined {
  let path = ''
  let at = root
  const isAround = ({ range }: Expr): boolean => range.start <= offset && offset < range.end
  while (at !== undefined) {
    if (at.kind === 'jsonObject') {
      const item: { readonly key: { readonly text: string }; readonly value: Expr } | undefined = at.items.find(({ value }) =>
        isAround(value),
      )
      at = item?.value
      if (at?.kind === 'jsonObject' || at?.kind === 'jsonArray') path += path === '' ? item!.key.text : `.${item!.key.text}`
    } else if (at.kind === 'jsonArray') {
      const index: number = at.elements.findIndex(isAround)
      at = at.elements[index]
      if (at?.kind === 'jsonObject' || at?.kind === 'jsonArray') path += `[${index}]`
    } else break
  }
  return path === '' ? undefined : path
}
