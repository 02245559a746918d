/** What the vectors of `hcl/` ask for, done with our own library: for the tests and for the conformance adapter. */
import type { FunctionSpec, Value } from '../../src/cty/index.ts'
import { dynamicType, negate, numberType, stringType, stringVal, tupleType, tupleVal } from '../../src/cty/index.ts'
import { type Diagnostic, Diagnostics, Source } from '../../src/diags/index.ts'
import {
  applyDefaults,
  canFunction,
  type EvalContext,
  type Expr,
  evaluate,
  parseExpression,
  parseTemplate,
  parseType,
  parseTypeConstraint,
  type TypeDefaults,
  tryFunction,
  typeToText,
} from '../../src/hcl/index.ts'
import { decodeType, decodeValue, encodeType, encodeValue, type Tagged } from './tagged.ts'

export interface ExpressionCase {
  readonly kind: string
  readonly input: string
  readonly variables?: Readonly<Record<string, Tagged>>
  readonly functions?: Readonly<Record<string, string>>
}

export interface ExpressionResult {
  readonly value: Value
  readonly diags: readonly Diagnostic[]
}

/** Functions of the standard library that the vectors name, as far as evaluation itself needs them. */
const implementations: Readonly<Record<string, FunctionSpec>> = {
  'tryfunc.TryFunc': tryFunction,
  'tryfunc.CanFunc': canFunction,
  'stdlib.UpperFunc': {
    name: 'upper',
    params: [{ name: 'str', type: stringType, allowDynamic: true }],
    type: () => stringType,
    impl: ([text]) => stringVal(text!.asString().toUpperCase()),
  },
  'stdlib.NegateFunc': {
    name: 'negate',
    params: [{ name: 'num', type: numberType, allowDynamic: true }],
    type: () => numberType,
    impl: ([n]) => negate(n!),
  },
  'stdlib.ConcatFunc': {
    name: 'concat',
    params: [],
    varParam: { name: 'seqs', type: dynamicType },
    type: (args) => tupleType(args.flatMap((a) => a.asArray().map((e) => e.type))),
    impl: (args) => tupleVal(args.flatMap((a) => [...a.asArray()])),
  },
}

/** Undefined where a function is not at hand. */
export function evaluateCase(c: ExpressionCase): ExpressionResult | undefined {
  const functions = new Map<string, FunctionSpec>()
  for (const [name, implementation] of Object.entries(c.functions ?? {})) {
    const spec = implementations[implementation]
    if (spec === undefined) return undefined
    functions.set(name, spec)
  }
  const context: EvalContext = {
    variables: new Map(Object.entries(c.variables ?? {}).map(([name, value]) => [name, decodeValue(value)])),
    functions: (name) => functions.get(name),
    functionNames: () => functions.keys(),
  }
  const diags = new Diagnostics()
  const source = new Source('test.hcl', c.input)
  const expr = c.kind === 'template' ? parseTemplate(source, diags) : parseExpression(source, diags)
  const value = evaluate(expr, context, diags)
  return { value, diags: diags.items }
}

// biome-ignore lint/suspicious/noExplicitAny: the cases are trusted data, and their shape is the suite's own.
type TypeCase = Readonly<Record<string, any>>

/** A result in the members that the adapter's protocol wants. */
export function typeCase(c: TypeCase): Record<string, unknown> {
  switch (c.kind) {
    case 'type-string':
      return { text: typeToText(decodeType(c.type)) }
    case 'defaults-apply':
      return { value: encodeValue(applyDefaults(decodeDefaults(c.defaults), decodeValue(c.value))) }
    default:
      return parseTypeCase(c)
  }
}

function parseTypeCase(c: TypeCase): Record<string, unknown> {
  const diags = new Diagnostics()
  const expr = typeExpression(c, diags)
  const result =
    c.kind === 'type-defaults'
      ? { defaults: encodeDefaults(parseTypeConstraint(expr, diags).defaults) }
      : { type: encodeType(parseType(expr, diags, c.constraint === true ? 'constraint' : 'exact')) }
  return diags.hasErrors ? { error: diags.items[0]!.detail } : result
}

function typeExpression(c: TypeCase, diags: Diagnostics): Expr {
  if (c.kind !== 'type-json') return parseExpression(new Source('test.hcl', c.source), diags)
  const text = (JSON.parse(c.source) as { expr: string }).expr
  const source = new Source('test.hcl.json', c.source)
  const template = () => ({ expr: parseTemplate(new Source('test.hcl.json', text), diags), diags: [] })
  return { kind: 'jsonString', text, template, range: { source, start: 0, end: c.source.length } }
}

interface TaggedDefaults {
  readonly type: unknown
  readonly defaults?: Readonly<Record<string, Tagged>>
  readonly children?: Readonly<Record<string, TaggedDefaults>>
}

function decodeDefaults(tagged: TaggedDefaults): TypeDefaults {
  return {
    type: decodeType(tagged.type),
    defaults: new Map(Object.entries(tagged.defaults ?? {}).map(([name, value]) => [name, decodeValue(value)])),
    children: new Map(Object.entries(tagged.children ?? {}).map(([name, child]) => [name, decodeDefaults(child)])),
  }
}

function encodeDefaults(defaults: TypeDefaults | undefined): unknown {
  if (defaults === undefined) return null
  const members: Record<string, unknown> = { type: encodeType(defaults.type) }
  if (defaults.defaults.size > 0)
    members.defaults = Object.fromEntries([...defaults.defaults].map(([name, value]) => [name, encodeValue(value)]))
  if (defaults.children.size > 0)
    members.children = Object.fromEntries([...defaults.children].map(([name, child]) => [name, encodeDefaults(child)]))
  return members
}
