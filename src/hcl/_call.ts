import { suggest } from '../base/index.ts'
import {
  ConversionError,
  CtyError,
  callFunction,
  convert,
  dynamicVal,
  FunctionError,
  type FunctionSpec,
  type Marks,
  type Param,
  unionMarks,
  type Value,
} from '../cty/index.ts'
import type { DiagnosticCall, Diagnostics } from '../diags/index.ts'
import { openingOf, placeOf, startOf } from './_place.ts'
import type { CallExpr, Expr } from './ast.ts'
import { callSignature } from './call-signature.ts'
import { closureType, closureVal } from './closure.ts'
import { type EvalContext, noFunctions } from './context.ts'
import { evaluate } from './evaluate.ts'
import { quote } from './traverse.ts'

/** One argument of a call: an expression, or an element of the last one when that is expanded. */
interface Argument {
  readonly expr: Expr
  /** Absent when the expression has not been evaluated yet. */
  readonly value: Value | undefined
}

export function evaluateCall(expr: CallExpr, context: EvalContext | undefined, diags: Diagnostics): Value {
  if (context === undefined || context.functions === noFunctions) {
    diags.error('Function calls not allowed', 'Functions may not be called here.', { subject: expr.range })
    return dynamicVal
  }
  const spec = context.functions(expr.name)
  if (spec === undefined) {
    reportUnknownFunction(expr, context, diags)
    return dynamicVal
  }
  if (!expr.expandFinal) return call(expr, spec, context, diags)
  const expanded = expandFinal(expr, spec, context, diags)
  if (!Array.isArray(expanded)) return expanded as Value
  return callWith(expr, spec, expr.args.slice(0, -1), expanded as readonly Argument[], context, diags)
}

/** A call whose arguments are all written out. */
function call(expr: CallExpr, spec: FunctionSpec, context: EvalContext, diags: Diagnostics): Value {
  const { args } = expr
  const { params } = spec
  if (!hasArity(spec, args.length)) return reportArity(expr, spec, args.length, args[params.length], context, diags)
  const values: Value[] = []
  for (let i = 0; i < args.length; i++) {
    const value = argumentValue(expr, spec, i < params.length ? params[i]! : spec.varParam!, args[i]!, undefined, context, diags)
    if (value !== undefined) values.push(value)
  }
  return values.length === args.length ? resultOf(expr, spec, values, context, diags) : dynamicVal
}

/** A call with arguments that are written out and others that are elements of the last one. */
function callWith(
  expr: CallExpr,
  spec: FunctionSpec,
  exprs: readonly Expr[],
  expanded: readonly Argument[],
  context: EvalContext,
  diags: Diagnostics,
): Value {
  const count = exprs.length + expanded.length
  if (!hasArity(spec, count)) return reportArity(expr, spec, count, exprs[spec.params.length] ?? expr.args.at(-1), context, diags)
  const values: Value[] = []
  let failed = false
  for (let i = 0; i < count; i++) {
    const { expr: argument, value: given } = exprs[i] === undefined ? expanded[i - exprs.length]! : { expr: exprs[i]!, value: undefined }
    const value = argumentValue(expr, spec, paramAt(spec, i), argument, given, context, diags)
    if (value === undefined) failed = true
    else values.push(value)
  }
  return failed ? dynamicVal : resultOf(expr, spec, values, context, diags)
}

function resultOf(expr: CallExpr, spec: FunctionSpec, values: readonly Value[], context: EvalContext, diags: Diagnostics): Value {
  try {
    return callFunction(spec, values)
  } catch (error) {
    // What cannot be done with a value may show below the function, as with infinity in JSON.
    if (!(error instanceof CtyError)) throw error
    reportFailure(error instanceof FunctionError ? error : new FunctionError(error.message), expr, spec, context, diags)
    return dynamicVal
  }
}

function paramAt(spec: FunctionSpec, index: number): Param {
  return spec.params[index] ?? spec.varParam!
}

/** The argument converted to what the parameter wants, or undefined when that is not possible, which has been reported. */
function argumentValue(
  call: CallExpr,
  spec: FunctionSpec,
  param: Param,
  expr: Expr,
  given: Value | undefined,
  context: EvalContext,
  diags: Diagnostics,
): Value | undefined {
  const wanted = param.type
  if (wanted === closureType) return closureVal(given === undefined ? expr : { kind: 'literal', value: given, range: expr.range }, context)
  const before = diags.items.length
  const value = given ?? evaluate(expr, context, diags)
  if (diags.items.length > before && diags.items.some((d, i) => i >= before && d.severity === 'error')) return undefined
  if (value.type === wanted || wanted.kind === 'dynamic') return value
  try {
    return convert(value, wanted)
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    diags.error('Invalid function argument', `Invalid value for ${quote(param.name)} parameter: ${error.message}.`, {
      ...placeOf(expr, context, given === undefined ? startOf(expr) : expr.range, call.range),
      call: callOf(call, spec, context),
    })
    return undefined
  }
}

/** The elements of the last argument as arguments, or the result of the call when there are none to be had. */
function expandFinal(expr: CallExpr, spec: FunctionSpec, context: EvalContext, diags: Diagnostics): readonly Argument[] | Value {
  const last = expr.args.at(-1)!
  const list = evaluate(last, context, diags)
  const problem = whyNotExpandable(list)
  if (problem !== undefined) {
    diags.error('Invalid expanding argument value', problem, {
      ...placeOf(last, context, last.range, expr.range),
      call: callOf(expr, spec, context),
    })
    return dynamicVal
  }
  if (!list.isKnown) {
    // The other arguments are evaluated for their errors and marks alone.
    let marks: Marks | undefined = list.marks
    for (const arg of expr.args.slice(0, -1)) marks = unionMarks(marks, evaluate(arg, context, diags).marks)
    return dynamicVal.withMarks(marks)
  }
  return list.asArray().map((value) => ({ expr: last, value: value.withMarks(list.marks) }))
}

function whyNotExpandable(list: Value): string | undefined {
  const { kind } = list.type
  if (kind === 'list' || kind === 'tuple' || kind === 'set' || kind === 'dynamic')
    return list.isNull ? 'The expanding argument (indicated by ...) must not be null.' : undefined
  return 'The expanding argument (indicated by ...) must be of a tuple, list, or set type.'
}

function hasArity({ params, varParam }: FunctionSpec, count: number): boolean {
  return count === params.length || (count > params.length && varParam !== undefined)
}

function reportArity(
  expr: CallExpr,
  spec: FunctionSpec,
  count: number,
  firstExtra: Expr | undefined,
  context: EvalContext,
  diags: Diagnostics,
): Value {
  const wanted = spec.params.length
  if (count < wanted) {
    const atLeast = spec.varParam === undefined ? '' : ' at least'
    diags.error(
      'Not enough function arguments',
      `Function ${quote(expr.name)} expects${atLeast} ${wanted} argument(s). Missing value for ${quote(spec.params[count]!.name)}.`,
      { subject: { ...expr.range, start: expr.range.end - 1 }, context: expr.range, call: callOf(expr, spec, context) },
    )
  } else {
    diags.error('Too many function arguments', `Function ${quote(expr.name)} expects only ${wanted} argument(s).`, {
      // What is expanded counts as a whole.
      subject: expr.expandFinal && firstExtra === expr.args.at(-1) ? firstExtra!.range : startOf(firstExtra ?? expr),
      context: expr.range,
      call: callOf(expr, spec, context),
    })
  }
  return dynamicVal
}

function reportFailure(error: FunctionError, expr: CallExpr, spec: FunctionSpec, context: EvalContext, diags: Diagnostics): void {
  const call = callOf(expr, spec, context)
  if (error.argIndex === undefined) {
    diags.error('Error in function call', `Call to function ${quote(expr.name)} failed: ${error.message}.`, {
      ...placeOf(expr, context, openingOf(expr), expr.range),
      call,
    })
    return
  }
  // An element of an expanded argument has no place of its own: it is that of the whole.
  const written = expr.expandFinal ? expr.args.length - 1 : expr.args.length
  const argument = expr.args[Math.min(error.argIndex, expr.args.length - 1)] ?? expr
  diags.error('Invalid function argument', `Invalid value for ${quote(paramAt(spec, error.argIndex).name)} parameter: ${error.message}.`, {
    ...placeOf(argument, context, error.argIndex < written ? startOf(argument) : argument.range, expr.range),
    call,
  })
}

/** Inside of a loop or splat the signature is not told, as nobody asks what is around them for functions. */
function callOf(expr: CallExpr, spec: FunctionSpec, context: EvalContext): DiagnosticCall {
  return { calledAs: expr.name, signature: context.parent === undefined ? callSignature(spec) : undefined }
}

function reportUnknownFunction(expr: CallExpr, context: EvalContext, diags: Diagnostics): void {
  const explained = context.explainFunction?.(expr.name)
  if (explained !== undefined) {
    diags.error('Unknown provider function', explained, { subject: expr.nameRange, context: expr.range })
    return
  }
  const names = [...(context.functionNames?.() ?? [])]
  diags.error('Call to unknown function', unknownFunctionText(expr.name, names), { subject: expr.nameRange, context: expr.range })
}

function unknownFunctionText(name: string, names: readonly string[]): string {
  const split = name.lastIndexOf('::') + 2
  const namespace = split === 1 ? '' : name.slice(0, split)
  if (namespace !== '' && !names.some((n) => n.startsWith(namespace))) return `There are no functions in namespace ${quote(namespace)}.`
  const similar = suggest(name, names)
  const hint = similar === undefined ? '' : ` Did you mean ${quote(similar)}?`
  if (namespace === '') return `There is no function named ${quote(name)}.${hint}`
  return `There is no function named ${quote(name.slice(split))} in namespace ${namespace}.${hint}`
}
