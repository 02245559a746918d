import {
  boolType,
  dynamicVal,
  EPHEMERAL,
  type FunctionSpec,
  listType,
  listVal,
  mapVal,
  nullVal,
  numberType,
  numberVal,
  objectType,
  objectVal,
  refine,
  SENSITIVE,
  setVal,
  stringType,
  stringVal,
  trueVal,
  tupleVal,
  unknownVal,
  type Value,
} from '../../src/cty/index.ts'
import { type Diagnostic, Diagnostics, formatRange, Source } from '../../src/diags/index.ts'
import {
  canFunction,
  type Dialect,
  type EvalContext,
  type Expr,
  evaluate,
  parseExpression,
  parseTemplate,
  tryFunction,
} from '../../src/hcl/index.ts'
import { encodeValue, type Tagged } from '../support/tagged.ts'

const upper: FunctionSpec = {
  name: 'upper',
  params: [{ name: 'str', type: stringType, allowDynamic: true }],
  type: () => stringType,
  impl: ([text]) => stringVal(text!.asString().toUpperCase()),
}

const join: FunctionSpec = {
  name: 'join',
  params: [{ name: 'separator', type: stringType }],
  varParam: { name: 'lists', type: listType(stringType) },
  type: () => stringType,
  impl: ([separator, ...lists]) => stringVal(lists.flatMap((l) => l.asArray().map((e) => e.asString())).join(separator!.asString())),
}

const secret = (value: Value): Value => value.mark(SENSITIVE)

/** Names that the rows of the tables use. */
export const variables: ReadonlyMap<string, Value> = new Map([
  [
    'var',
    objectVal({
      s: stringVal('x'),
      n: numberVal(12),
      big: numberVal(123456789012345680),
      list: listVal([stringVal('a'), stringVal('b')]),
      tuple: tupleVal([stringVal('a'), numberVal(1)]),
      map: mapVal([['a', stringVal('1')]]),
      object: objectVal({ a: numberVal(1), b: nullVal(stringType) }),
      set: setVal([stringVal('a'), stringVal('b')]),
      null: nullVal(stringType),
      secret: secret(stringVal('hidden')),
      secrets: secret(listVal([stringVal('hidden')])),
      ephemeral: stringVal('brief').mark(EPHEMERAL),
      unknown: unknownVal(stringType),
      unknownBool: unknownVal(boolType),
      unknownNumber: unknownVal(numberType),
      unknownList: unknownVal(listType(stringType)),
      unknownObject: unknownVal(objectType({ a: stringType })),
      prefixed: refine(unknownVal(stringType), { notNull: true, prefix: 'ami-' }),
      anything: dynamicVal,
      yes: trueVal,
    }),
  ],
])

const functions = new Map([upper, join, tryFunction, canFunction].map((f) => [f.name, f]))

export function contextOf(names: ReadonlyMap<string, Value> = variables, dialect?: Dialect): EvalContext {
  return { variables: names, functions: (name) => functions.get(name), functionNames: () => functions.keys(), dialect }
}

export interface Evaluated {
  readonly value: Value
  readonly tagged: Tagged
  readonly diags: readonly Diagnostic[]
}

export function evaluateText(text: string, context: EvalContext | undefined = contextOf()): Evaluated {
  return evaluateParsed(parseExpression, text, context)
}

export function evaluateTemplateText(text: string, context: EvalContext | undefined = contextOf()): Evaluated {
  return evaluateParsed(parseTemplate, text, context)
}

function evaluateParsed(parse: (source: Source, diags: Diagnostics) => Expr, text: string, context: EvalContext | undefined): Evaluated {
  const diags = new Diagnostics()
  const value = evaluate(parse(new Source('t.hcl', text), diags), context, diags)
  return { value, tagged: encodeValue(value), diags: diags.items }
}

export function parse(text: string): Expr {
  const diags = new Diagnostics()
  const expr = parseExpression(new Source('t.hcl', text), diags)
  if (diags.hasErrors) throw new Error(diags.items[0]!.detail)
  return expr
}

/** `RANGE SUMMARY: DETAIL`, as tests compare it whole. */
export function formatDiagnostic(d: Diagnostic): string {
  const place = d.subject === undefined ? '' : `${formatRange(d.subject).replace('t.hcl:', '')} `
  return `${place}${d.summary}: ${d.detail}`
}
