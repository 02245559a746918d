import { providerPart } from '../addrs/index.ts'
import { boolType, ConversionError, convert, stringType, type Type, type Value } from '../cty/index.ts'
import { Diagnostics, Source, type SourceRange } from '../diags/index.ts'
import {
  type Attribute,
  type Expr,
  evaluate,
  exprList,
  exprToTraversal,
  keywordOf,
  literalString,
  parseExpression,
  parseQuotedTraversal,
  startOf,
  type Traversal,
  traversals,
} from '../hcl/index.ts'

/*
 * Arguments whose value must stand in the source: literals, keywords and references. What was written in quotes for
 * Terraform 0.11 is still taken, with a warning that says what to write today.
 */

/** The value of an expression that may refer to nothing. */
export function literalValue(expr: Expr, diags: Diagnostics): Value {
  return evaluate(expr, undefined, diags)
}

/** Whether an expression refers to nothing and calls nothing, so that its value stands in the source. */
export function isLiteral(expr: Expr): boolean {
  if (expr.kind === 'literal' || expr.kind === 'error') return true
  return traversals(expr).length === 0 && !/\w\s*\(/.test(expr.range.source.text.slice(expr.range.start, expr.range.end))
}

/** A literal of a type, neither null nor unknown. */
function literalOf(attribute: Attribute, type: Type, diags: Diagnostics): Value | undefined {
  const unsuitable = (problem: string): undefined => {
    diags.error('Unsuitable value type', `Unsuitable value: ${problem}`, {
      subject: startOf(attribute.expr),
      context: attribute.expr.range,
    })
    return undefined
  }
  let value: Value
  try {
    value = convert(literalValue(attribute.expr, diags), type)
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return unsuitable(error.message)
  }
  if (!value.isKnown) return unsuitable('value must be known')
  return value.isNull ? unsuitable('null value is not allowed') : value
}

export function literalText(attribute: Attribute | undefined, diags: Diagnostics): string | undefined {
  return attribute && literalOf(attribute, stringType, diags)?.asString()
}

export function literalBool(attribute: Attribute | undefined, diags: Diagnostics): boolean | undefined {
  return attribute && literalOf(attribute, boolType, diags)?.asBool()
}

/** The text of a native quoted string without interpolation. */
export function quotedText(expr: Expr): string | undefined {
  return expr.kind === 'template' ? literalString(expr) : undefined
}

/** A reference written out, perhaps in quotes: `aws_instance.web`, or relative to an object, `tags["x"]`. */
export function reference(expr: Expr, diags: Diagnostics): Traversal | undefined {
  const unquoted = quotedReference(expr, diags)
  if (unquoted !== undefined) return unquoted.traversal
  return staticReference(expr, diags)
}

/** A reference that may not be in quotes. */
export function staticReference(expr: Expr, diags: Diagnostics): Traversal | undefined {
  return keywordTraversal(expr) ?? exprToTraversal(expr, diags)
}

/** `null.west`: a provider may be named like a word that is a value by itself. */
function keywordTraversal(expr: Expr): Traversal | undefined {
  if (expr.kind !== 'relativeTraversal' || expr.source.kind !== 'literal') return undefined
  const root = keywordOf(expr.source)
  return root === undefined ? undefined : { root, rootRange: expr.source.range, steps: expr.steps, range: expr.range }
}

/** Undefined when the expression is no quoted string; else what the string says, with a warning. */
function quotedReference(expr: Expr, diags: Diagnostics): { readonly traversal: Traversal | undefined } | undefined {
  const text = quotedText(expr)
  if (text === undefined) return undefined
  const inner = { ...expr.range, start: expr.range.start + 1 }
  const traversal = parseQuotedTraversal(text, inner, diags)
  diags.warning(
    'Quoted references are deprecated',
    'In this context, references are expected literally rather than in quotes. Terraform 0.11 and earlier required quotes, but quoted references are now deprecated and will be removed in a future version of Terraform. Remove the quotes surrounding this reference to silence this warning.',
    { subject: expr.range },
  )
  return { traversal }
}

/** What a JSON string holds where the language wants an expression without interpolation marks, as in `replace_triggered_by`. */
export function nativeForm(expr: Expr, diags: Diagnostics): Expr {
  if (expr.kind !== 'jsonString') return expr
  const text = new Source(expr.range.source.filename, expr.text)
  const found = new Diagnostics()
  const native = parseExpression(text, found)
  diags.addAll(found.items.map((item) => ({ ...item, subject: expr.range, context: undefined })))
  return relocated(native, text, expr.range)
}

/** A syntax tree with `place` for all ranges of `source`: it was parsed from text that is not at that place byte by byte. */
function relocated<T>(node: T, source: Source, place: SourceRange): T {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) return node.map((item) => relocated(item, source, place)) as T
  const isSyntax = 'kind' in node || 'root' in node
  if (!isSyntax && 'source' in node && node.source === source) return place as T
  const prototype: unknown = Object.getPrototypeOf(node)
  if (!isSyntax && prototype !== Object.prototype) return node
  const members = node as Readonly<Record<string, unknown>>
  const copy: Record<string, unknown> = {}
  for (const name of [...Object.keys(members), ...gettersOf(prototype)])
    if (members[name] !== source) copy[name] = relocated(members[name], source, place)
  return copy as T
}

/** What a node makes only when asked for. */
function gettersOf(prototype: unknown): readonly string[] {
  const names: string[] = []
  for (let p = prototype; p !== null && p !== Object.prototype; p = Object.getPrototypeOf(p))
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(p))) if (get !== undefined) names.push(name)
  return names
}

/** The items of `depends_on`. */
export function referenceList(attribute: Attribute | undefined, diags: Diagnostics): readonly Traversal[] {
  if (attribute === undefined) return []
  const found: Traversal[] = []
  for (const expr of exprList(attribute.expr, diags)) {
    const traversal = reference(expr, diags)
    if (traversal !== undefined) found.push(traversal)
  }
  return found
}

/** A bare word; in quotes it is taken with a warning. */
export function keyword(expr: Expr, diags: Diagnostics): string | undefined {
  const text = quotedText(expr)
  if (text === undefined) return keywordOf(expr)
  diags.warning(
    'Quoted keywords are deprecated',
    'In this context, keywords are expected literally rather than in quotes. Terraform 0.11 and earlier required quotes, but quoted keywords are now deprecated and will be removed in a future version of Terraform. Remove the quotes surrounding this keyword to silence this warning.',
    { subject: expr.range },
  )
  return text
}

/** Runs a check whose own errors are replaced by the caller's. */
export function quietly<T>(check: (diags: Diagnostics) => T): T | undefined {
  const diags = new Diagnostics()
  const result = check(diags)
  return diags.hasErrors ? undefined : result
}

// Patterns with classes of Unicode take milliseconds to compile, so the usual names never come to them.
const asciiName = /^[A-Za-z_][A-Za-z0-9_-]*$/
const namePattern = /^[\p{ID_Start}_][\p{ID_Continue}-]*$/u
export const badName = 'A name must start with a letter or underscore and may contain only letters, digits, underscores, and dashes.'

export function isValidName(name: string): boolean {
  return asciiName.test(name) || namePattern.test(name)
}

export function checkName(name: string, summary: string, subject: SourceRange | undefined, diags: Diagnostics): boolean {
  if (isValidName(name)) return true
  diags.error(summary, badName, { subject })
  return false
}

/** Whether a local provider name is in normal form: lower case letters, digits and dashes. */
export function checkProviderName(name: string, subject: SourceRange, diags: Diagnostics): boolean {
  const normal = providerPart(name)
  if (typeof normal !== 'string') {
    diags.error('Invalid provider local name', `${name} is an invalid provider local name: ${normal.problem}`, { subject })
    return false
  }
  if (normal === name) return true
  diags.error('Invalid provider local name', `Provider names must be normalized. Replace "${name}" with "${normal}" to fix this error.`, {
    subject,
  })
  return false
}
