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
import { checkProviderName, nativeForm, reference } from './_static.ts'
import type { ConfigDialect } from './config.ts'

/** Parts that resource, data, ephemeral, module, provider and provisioner blocks have in common. */

/** A block with what its override file form says of itself: which arguments were written. */
export interface Declared<T> {
  readonly config: T
  readonly given: ReadonlySet<string>
}

export const noNames: ReadonlySet<string> = new Set()

export function givenIn(content: BodyContent): ReadonlySet<string> {
  if (content.attributes.size === 0 && content.blocks.length === 0) return noNames
  const names = new Set(content.attributes.keys())
  for (const block of content.blocks) names.add(block.type)
  return names
}

/** How many instances there are of something. */
export interface Repetition {
  readonly count: Expr | undefined
  readonly forEach: Expr | undefined
  readonly enabled: Expr | undefined
}

/** Says that more than one of `count`, `for_each` and `enabled` is there. `noun`: instances of what. */
export function checkRepetition(
  content: BodyContent,
  enabled: Attribute | undefined,
  noun: string,
  dialect: ConfigDialect,
  diags: Diagnostics,
): Repetition {
  const count = content.attributes.get('count')
  const forEach = content.attributes.get('for_each')
  const given = [count, enabled, forEach].filter((attribute) => attribute !== undefined)
  if (given.length > 1) {
    const names = listNames(given.map(({ name }) => name))
    const only = 'to be explicit about the number of'
    // Terraform has no `enabled` and words of its own.
    const detail =
      dialect === 'terraform' && enabled === undefined
        ? `The ${names} meta-arguments are mutually-exclusive, only one should be used ${only} resources to be created.`
        : `The ${names} meta-arguments are mutually-exclusive. Only one may be used ${only} ${noun} to be created.`
    diags.error(`Invalid combination of ${names}`, detail, { subject: given.at(-1)!.nameRange })
  }
  return { count: count?.expr, forEach: forEach?.expr, enabled: enabled?.expr }
}

/** `"a" and "b"`, `"a", "b", and "c"`. */
function listNames(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`)
  return quoted.length === 2 ? quoted.join(' and ') : `${quoted.slice(0, -1).join(', ')}, and ${quoted.at(-1)}`
}

/** A provider configuration, and which of its instances when it is for each of several. */
export interface ProviderInstanceReference {
  readonly config: LocalProviderConfig
  readonly key: Expr | undefined
}

/** The same with a key in brackets behind the alias: `aws.by_region[each.key]`. */
export function providerInstanceReference(
  expr: Expr,
  argument: 'provider' | 'providers',
  diags: Diagnostics,
): ProviderInstanceReference | undefined {
  const native = expr.kind === 'jsonString' && expr.text.includes('[') ? nativeForm(expr, diags) : expr
  const split = splitKey(native)
  const config = providerReference(split?.source ?? expr, argument, diags)
  if (config === undefined) return undefined
  if (split !== undefined && config.alias === undefined) {
    const detail = 'An instance key can be specified only for a provider configuration that has an alias and uses for_each.'
    diags.error('Invalid provider configuration reference', detail, { subject: expr.range })
    return undefined
  }
  return { config, key: split?.key }
}

/** `source[key]`; a constant key is part of the traversal. */
function splitKey(expr: Expr): { readonly source: Expr; readonly key: Expr } | undefined {
  if (expr.kind === 'index') return { source: expr.collection, key: expr.key }
  if (expr.kind !== 'traversal') return undefined
  const { root, rootRange, steps } = expr.traversal
  const last = steps.at(-1)
  if (last?.kind !== 'index') return undefined
  const range = { ...expr.range, end: last.range.start }
  const source: Expr = { kind: 'traversal', traversal: { root, rootRange, steps: steps.slice(0, -1), range }, range }
  return { source, key: { kind: 'literal', value: last.key, range: last.range } }
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
  diags.addAll(own.items.filter((item) => item.severity === 'warning'))
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
  if (content.blocks.length === 0) return first
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
