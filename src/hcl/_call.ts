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
  if (!expr.expandFinal) return callWith(expr, spec, expr.args, undefined, context, diags)
  const expanded = expandFinal(expr, spec, context, diags)
  if (!Array.isArray(expanded)) return expanded as Value
  return callWith(expr, spec, expr.args.slice(0, -1), expanded as readonly Argument[], context, diags)
}

function callWith(
  expr: CallExpr,
  spec: FunctionSpec,
  exprs: readonly Expr[],
  expanded: readonly Argument[] | undefined,
  context: EvalContext,
  diags: Diagnostics,
): Value {
  const count = exprs.length + (expanded?.length ?? 0)
  if (!checkArity(expr, spec, count, exprs[spec.params.length] ?? expr.args.at(-1), context, diags)) return dynamicVal
  const values: Value[] = []
  let failed = false
  for (let i = 0; i < count; i++) {
    const param = paramAt(spec, i)
    const argument = exprs[i] ?? expanded![i - exprs.length]!.expr
    const given = i < exprs.length ? undefined : expanded![i - exprs.length]!.value
    const value = argumentValue(expr, spec, param, argument, given, context, diags)
    if (value === undefined) failed = true
    else values.push(value)
  }
  if (failed) return dynamicVal
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
  if (param.type === closureType)
    return closureVal(given === undefined ? expr : { kind: 'literal', value: given, range: expr.range }, context)
  const value = given ?? evaluate(expr, context, diags)
  if (value.type === param.type || param.type.kind === 'dynamic') return value
  try {
    return convert(value, param.type)
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    diags.error('Invalid function argument', `Invalid value for ${quote(param.name)} parameter: ${error.message}.`, {
      ...placeOf(expr, context, startOf(expr), call.range),
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
  if (list.isNull) return 'The expanding argument (indicated by ...) must not be null.'
  const { kind } = list.type
  if (kind === 'list' || kind === 'tuple' || kind === 'set' || kind === 'dynamic') return undefined
  return 'The expanding argument (indicated by ...) must be of a tuple, list, or set type.'
}

function checkArity(
  expr: CallExpr,
  spec: FunctionSpec,
  count: number,
  firstExtra: Expr | undefined,
  context: EvalContext,
  diags: Diagnostics,
): boolean {
  const wanted = spec.params.length
  if (count < wanted) {
    const atLeast = spec.varParam === undefined ? '' : ' at least'
    diags.error(
      'Not enough function arguments',
      `Function ${quote(expr.name)} expects${atLeast} ${wanted} argument(s). Missing value for ${quote(spec.params[count]!.name)}.`,
      { subject: { ...expr.range, start: expr.range.end - 1 }, context: expr.range, call: callOf(expr, spec, context) },
    )
    return false
  }
  if (count > wanted && spec.varParam === undefined) {
    diags.error('Too many function arguments', `Function ${quote(expr.name)} expects only ${wanted} argument(s).`, {
      subject: startOf(firstExtra ?? expr),
      context: expr.range,
      call: callOf(expr, spec, context),
    })
    return false
  }
  return true
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
  // Beyond the written arguments are elements of the last one.
  const argument = expr.args[Math.min(error.argIndex, expr.args.length - 1)] ?? expr
  diags.error('Invalid function argument', `Invalid value for ${quote(paramAt(spec, error.argIndex).name)} parameter: ${error.message}.`, {
    ...placeOf(argument, context, startOf(argument), expr.range),
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
