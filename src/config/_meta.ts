import { type LocalProviderConfig, localProviderConfigFromTraversal } from '../addrs/index.ts'
import { Diagnostics, formatRange } from '../diags/index.ts'
import {
  type Attribute,
  type Block,
  type Body,
  type BodyContent,
  type Expr,
  literalString,
  mergeBodies,
  type Traversal,
} from '../hcl/index.ts'
import { checkProviderName, reference } from './_static.ts'

/** Parts that resource, data, ephemeral, module, provider and provisioner blocks have in common. */

/** A block with what its override file form says of itself: which arguments were written. */
export interface Declared<T> {
  readonly config: T
  readonly given: ReadonlySet<string>
}

export function givenIn(content: BodyContent): ReadonlySet<string> {
  const names = new Set(content.attributes.keys())
  for (const block of content.blocks) names.add(block.type)
  return names
}

/** Says that both `count` and `for_each` are there. */
export function checkRepetition(content: BodyContent, diags: Diagnostics): { count: Expr | undefined; forEach: Expr | undefined } {
  const count = content.attributes.get('count')
  const forEach = content.attributes.get('for_each')
  if (count !== undefined && forEach !== undefined) {
    diags.error(
      'Invalid combination of "count" and "for_each"',
      'The "count" and "for_each" meta-arguments are mutually-exclusive, only one should be used to be explicit about the number of resources to be created.',
      { subject: forEach.nameRange },
    )
  }
  return { count: count?.expr, forEach: forEach?.expr }
}

/** The argument `provider`, or an item of `providers`: `aws` or `aws.west`. */
export function providerReference(expr: Expr, argument: 'provider' | 'providers', diags: Diagnostics): LocalProviderConfig | undefined {
  const traversal = bareKey(expr) ?? onlyWarnings((own) => reference(expr, own), diags)
  if (traversal === undefined || traversal.steps.length > 1) {
    diags.error(
      'Invalid provider configuration reference',
      `The ${argument} argument requires a provider type name, optionally followed by a period and then a configuration alias.`,
      { subject: expr.range },
    )
    return undefined
  }
  if (!checkProviderName(traversal.root, traversal.rootRange, diags)) return undefined
  return localProviderConfigFromTraversal(traversal, diags)
}

/** A bare word as the key of an object is a literal to the parser. */
function bareKey(expr: Expr): Traversal | undefined {
  const text = expr.kind === 'literal' ? literalString(expr) : undefined
  return text === undefined ? undefined : { root: text, rootRange: expr.range, steps: [], range: expr.range }
}

/** Lets warnings through and drops errors, for a caller with a better text. */
function onlyWarnings<T>(check: (diags: Diagnostics) => T, diags: Diagnostics): T {
  const own = new Diagnostics()
  const result = check(own)
  diags.add(...own.items.filter((item) => item.severity === 'warning'))
  return result
}

/** At most one block of a type: reports the others and gives the first. */
export function singleBlock(
  content: BodyContent,
  type: string,
  report: (again: Block, firstPlace: string) => readonly [summary: string, detail: string],
  diags: Diagnostics,
): Block | undefined {
  let first: Block | undefined
  for (const block of content.blocks) {
    if (block.type !== type) continue
    if (first === undefined) first = block
    else diags.error(...report(block, formatRange(first.headerRange)), { subject: block.headerRange })
  }
  return first
}

/** What is left for the schema, with the content of the escaping block `_ {}`. */
export function withEscape(content: BodyContent, remain: Body, noun: string, meaning: string, diags: Diagnostics): Body {
  const escaped = singleBlock(
    content,
    '_',
    (_, place) => [
      'Duplicate escaping block',
      `The special block type "_" can be used to force particular arguments to be interpreted as ${meaning} rather than as meta-arguments, but each ${noun} block can have only one such block. The first escaping block was at ${place}.`,
    ],
    diags,
  )
  return escaped === undefined ? remain : mergeBodies([remain, escaped.body])
}

export function reservedBlock(block: Block, noun: string, diags: Diagnostics): void {
  diags.error(
    `Reserved block type name in ${noun} block`,
    `The block type name "${block.type}" is reserved for use by Terraform in a future version.`,
    { subject: block.typeRange },
  )
}

export function reservedArgument(attribute: Attribute, noun: string, diags: Diagnostics): void {
  diags.error(
    `Reserved argument name in ${noun} block`,
    `The ${noun} argument name "${attribute.name}" is reserved for use by Terraform in a future version.`,
    { subject: attribute.nameRange },
  )
}
