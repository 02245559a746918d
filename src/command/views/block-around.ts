import { Diagnostics, Source, type SourceRange } from '../../diags/index.ts'
import { type Expr, type NativeBlock, parseHcl, parseJsonExpr } from '../../hcl/index.ts'

/**
 * What encloses a place: the header of the top-level block, such as `resource "aws_vpc" "a"`, or in JSON the names that lead to
 * it, such as `resource.aws_vpc.a`. The source is parsed anew, once for all diagnostics of a file that come in a row. In a file of its
 * own, so that commands without configuration do not load the parser.
 */
export function blockAround({ source, start }: SourceRange): string | undefined {
  if (source.filename.endsWith('.ts')) return undefined
  const { blocks, json } = outlineOf(source)
  if (blocks === undefined) return jsonPath(json, start - 1)
  const block = blocks[lastBefore(blocks, start, (b) => b.typeRange.start + 1)]
  if (block === undefined || start > block.closeBraceRange.end) return undefined
  return [block.type, ...block.labels.map((label) => JSON.stringify(label))].join(' ')
}

/** The same; what a construct made is told by the path that CDKTF writes beside it too: `resource.aws_vpc.a, made by the construct dev/network/vpc`. */
export function blockOrConstructAround(range: SourceRange): string | undefined {
  const block = blockAround(range)
  const construct = range.source.filename.endsWith('.json') ? constructAround(outlineOf(range.source).json, range.start - 1) : undefined
  return block === undefined || construct === undefined ? block : `${block}, made by the construct ${construct}`
}

/** The top-level blocks of a file of native syntax, or the one value of a JSON file. */
interface Outline {
  readonly source: Source
  readonly blocks?: readonly NativeBlock[]
  readonly json?: Expr | undefined
}

/** Of the file that was asked for last. */
let lastOutline: Outline | undefined

function outlineOf(source: Source): Outline {
  if (lastOutline?.source === source) return lastOutline
  const fresh = new Source(source.filename, source.text)
  const isJson = source.filename.endsWith('.json')
  lastOutline = isJson
    ? { source, json: parseJsonExpr(fresh, new Diagnostics()) }
    : { source, blocks: parseHcl(fresh, new Diagnostics()).body.blocks }
  return lastOutline
}

/** The index of the last of `items`, which ascend, that begins at or before an offset; -1 when all begin later. */
function lastBefore<T>(items: readonly T[], offset: number, startOf: (item: T) => number): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (startOf(items[middle]!) <= offset) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** The path in the metadata of the innermost object around an offset that has one. */
function constructAround(root: Expr | undefined, offset: number): string | undefined {
  let found: string | undefined
  let at = root
  while (at !== undefined) {
    if (at.kind === 'jsonObject') {
      const path = member(member(member(at, '//'), 'metadata'), 'path')
      if (path?.kind === 'jsonString') found = path.text
      at = around(at.items[lastBefore(at.items, offset, ({ value }) => value.range.start)]?.value, offset)
    } else if (at.kind === 'jsonArray') at = around(at.elements[lastBefore(at.elements, offset, ({ range }) => range.start)], offset)
    else break
  }
  return found
}

function member(expr: Expr | undefined, name: string): Expr | undefined {
  return expr?.kind === 'jsonObject' ? expr.items.find(({ key }) => key.text === name)?.value : undefined
}

/** The names of all objects and arrays around an offset below the outermost. */
function jsonPath(root: Expr | undefined, offset: number): string | undefined {
  let path = ''
  let at = root
  while (at !== undefined) {
    if (at.kind === 'jsonObject') {
      const item: (typeof at.items)[number] | undefined = at.items[lastBefore(at.items, offset, ({ value }) => value.range.start)]
      at = around(item?.value, offset)
      if (at?.kind === 'jsonObject' || at?.kind === 'jsonArray') path += path === '' ? item!.key.text : `.${item!.key.text}`
    } else if (at.kind === 'jsonArray') {
      const index: number = lastBefore(at.elements, offset, ({ range }) => range.start)
      at = around(at.elements[index], offset)
      if (at?.kind === 'jsonObject' || at?.kind === 'jsonArray') path += `[${index}]`
    } else break
  }
  return path === '' ? undefined : path
}

function around(expr: Expr | undefined, offset: number): Expr | undefined {
  return expr !== undefined && offset < expr.range.end ? expr : undefined
}
