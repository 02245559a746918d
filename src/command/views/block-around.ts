import { Diagnostics, Source, type SourceRange } from '../../diags/index.ts'
import { parseHcl } from '../../hcl/index.ts'

/**
 * The header of the top-level block that encloses a place, such as `resource "aws_vpc" "a"`. The source is parsed anew, which
 * is cheap enough for what is read by people. In a file of its own, so that commands without configuration do not load the parser.
 */
export function blockAround({ source, start }: SourceRange): string | undefined {
  if (/\.(json|ts)$/.test(source.filename)) return undefined
  const { body } = parseHcl(new Source(source.filename, source.text), new Diagnostics())
  const block = body.blocks.find((b) => b.typeRange.start < start && start <= b.closeBraceRange.end)
  return block === undefined ? undefined : [block.type, ...block.labels.map((label) => JSON.stringify(label))].join(' ')
}
