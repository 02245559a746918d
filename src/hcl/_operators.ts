import { assertNever } from '../base/index.ts'
import {
  add,
  addNumeric,
  boolType,
  boolVal,
  ConversionError,
  CtyError,
  convert,
  divide,
  divideNumeric,
  equals,
  falseVal,
  greaterThan,
  greaterThanOrEqual,
  lessThan,
  lessThanOrEqual,
  modulo,
  moduloNumeric,
  multiply,
  multiplyNumeric,
  negate,
  not,
  notEqual,
  numberType,
  numberVal,
  refineNotNull,
  subtract,
  subtractNumeric,
  type Type,
  trueVal,
  unionMarks,
  unknownVal,
  type Value,
} from '../cty/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { placeOf } from './_place.ts'
import type { BinaryExpr, BinaryOperator, Expr, UnaryExpr } from './ast.ts'
import type { EvalContext } from './context.ts'
import { evaluate } from './evaluate.ts'

/**
 * `a + b`, `a && b` and so on. A chain of left operands is walked in a loop, because the length of such a chain is up to
 * the source.
 */
export function evaluateBinary(expr: BinaryExpr, context: EvalContext | undefined, diags: Diagnostics): Value {
  if (expr.left.kind !== 'binary') return evaluateOne(expr, undefined, context, diags)
  const chain: BinaryExpr[] = [expr]
  for (let left: Expr = expr.left; left.kind === 'binary'; left = left.left) chain.push(left)
  // A logical operator may drop what its left operand reported, so that is then kept apart.
  if (!chain.some(isLogical)) {
    let value = evaluateOne(chain.pop()!, undefined, context, diags)
    while (chain.length > 0) value = evaluateOne(chain.pop()!, { value, diags: undefined }, context, diags)
    return value
  }
  let left: Operand | undefined
  while (chain.length > 0) {
    const here = new Diagnostics()
    left = { value: evaluateOne(chain.pop()!, left, context, here), diags: here }
  }
  reportAll(left!.diags, diags)
  return left!.value
}

/** The left operand when it has been evaluated already, with what was reported then if that has not been passed on. */
interface Operand {
  readonly value: Value
  readonly diags: Diagnostics | undefined
}

function isLogical(expr: BinaryExpr): boolean {
  return expr.operator === '&&' || expr.operator === '||'
}

function reportAll(from: Diagnostics | undefined, to: Diagnostics): void {
  if (from !== undefined && from.items.length > 0) to.addAll(from.items)
}

function evaluateOne(expr: BinaryExpr, left: Operand | undefined, context: EvalContext | undefined, diags: Diagnostics): Value {
  switch (expr.operator) {
    case '&&':
      return evaluateLogical(expr, left, falseVal, context, diags)
    case '||':
      return evaluateLogical(expr, left, trueVal, context, diags)
    case '==':
      return equals(leftValue(expr, left, context, diags), evaluate(expr.right, context, diags))
    case '!=':
      return notEqual(leftValue(expr, left, context, diags), evaluate(expr.right, context, diags))
    default:
      return evaluateNumeric(expr, left, context, diags)
  }
}

function leftValue(expr: BinaryExpr, left: Operand | undefined, context: EvalContext | undefined, diags: Diagnostics): Value {
  if (left === undefined) return evaluate(expr.left, context, diags)
  reportAll(left.diags, diags)
  return left.value
}

function evaluateNumeric(expr: BinaryExpr, left: Operand | undefined, context: EvalContext | undefined, diags: Diagnostics): Value {
  const givenA = leftValue(expr, left, context, diags)
  const givenB = evaluate(expr.right, context, diags)
  const a = convertOperand(givenA, numberType, expr.left, 'left', expr, context, diags)
  const b = convertOperand(givenB, numberType, expr.right, 'right', expr, context, diags)
  if (a === undefined || b === undefined) return unknownVal(resultType(expr.operator))
  const x = a.payload
  const y = b.payload
  if (x === null || y === null) return nullOperand(expr, resultType(expr.operator), context, diags)
  try {
    if (typeof x === 'number' && typeof y === 'number' && a.marks === undefined && b.marks === undefined) {
      return applyToNumbers(expr.operator as NumericOperator, x, y)
    }
    return applyNumeric(expr.operator as NumericOperator, a, b)
  } catch (error) {
    return failed(error, expr, resultType(expr.operator), context, diags)
  }
}

type NumericOperator = Exclude<BinaryOperator, '&&' | '||' | '==' | '!='>

function applyNumeric(operator: NumericOperator, a: Value, b: Value): Value {
  switch (operator) {
    case '+':
      return add(a, b)
    case '-':
      return subtract(a, b)
    case '*':
      return multiply(a, b)
    case '/':
      return divide(a, b)
    case '%':
      return modulo(a, b)
    case '<':
      return lessThan(a, b)
    case '<=':
      return lessThanOrEqual(a, b)
    case '>':
      return greaterThan(a, b)
    case '>=':
      return greaterThanOrEqual(a, b)
    default:
      return assertNever(operator)
  }
}

/** The same for plain numbers, by far the most frequent operands. */
function applyToNumbers(operator: NumericOperator, x: number, y: number): Value {
  switch (operator) {
    case '+':
      return numberVal(addNumeric(x, y))
    case '-':
      return numberVal(subtractNumeric(x, y))
    case '*':
      return numberVal(multiplyNumeric(x, y))
    case '/':
      return numberVal(divideNumeric(x, y))
    case '%':
      return numberVal(moduloNumeric(x, y))
    case '<':
      return boolVal(x < y)
    case '<=':
      return boolVal(x <= y)
    case '>':
      return boolVal(x > y)
    case '>=':
      return boolVal(x >= y)
    default:
      return assertNever(operator)
  }
}

function resultType(operator: BinaryOperator): Type {
  return operator === '+' || operator === '-' || operator === '*' || operator === '/' || operator === '%' ? numberType : boolType
}

/** The operand as a value of the operator's type, or undefined when that is not possible, which has been reported. */
function convertOperand(
  value: Value,
  type: Type,
  operand: Expr,
  side: 'left' | 'right' | 'unary',
  whole: BinaryExpr | UnaryExpr,
  context: EvalContext | undefined,
  diags: Diagnostics,
): Value | undefined {
  if (value.type === type) return value
  try {
    return convert(value, type)
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    diags.error(
      'Invalid operand',
      `Unsuitable value for ${side} operand: ${error.message}.`,
      placeOf(operand, context, operand.range, whole.range),
    )
    return undefined
  }
}

/**
 * `&&` and `||`: `deciding` as either operand is the result whatever the other is, and the other's errors are dropped. What
 * an unknown operand leaves open is reported with the errors of that operand only.
 *
 * Terraform evaluates both operands and lets either decide; OpenTofu does not look at the right one when the left one
 * decides.
 */
function evaluateLogical(
  expr: BinaryExpr,
  left: Operand | undefined,
  deciding: Value,
  context: EvalContext | undefined,
  diags: Diagnostics,
): Value {
  const leftDiags = left?.diags ?? new Diagnostics()
  const rightDiags = new Diagnostics()
  const givenA = left?.value ?? evaluate(expr.left, context, leftDiags)
  if (context?.dialect === 'opentofu' && givenA.payload === deciding.payload) {
    diags.addAll(leftDiags.items)
    return deciding.withMarks(givenA.marks)
  }
  const givenB = evaluate(expr.right, context, rightDiags)
  const a = convertOperand(givenA, boolType, expr.left, 'left', expr, context, leftDiags)
  const b = convertOperand(givenB, boolType, expr.right, 'right', expr, context, rightDiags)
  if (a === undefined || b === undefined) {
    diags.addAll(leftDiags.items)
    diags.addAll(rightDiags.items)
    return unknownVal(boolType)
  }
  const marks = unionMarks(a.marks, b.marks)
  if (a.payload === deciding.payload) {
    diags.addAll(leftDiags.items)
    return deciding.withMarks(marks)
  }
  if (b.payload === deciding.payload) {
    diags.addAll(rightDiags.items)
    return deciding.withMarks(marks)
  }
  if (a.payload === null || b.payload === null) {
    diags.addAll(leftDiags.items)
    diags.addAll(rightDiags.items)
    return nullOperand(expr, boolType, context, diags)
  }
  if (!a.isKnown || !b.isKnown) {
    diags.addAll((a.isKnown ? rightDiags : leftDiags).items)
    return refineNotNull(unknownVal(boolType)).withMarks(marks)
  }
  diags.addAll(leftDiags.items)
  diags.addAll(rightDiags.items)
  return (deciding === trueVal ? falseVal : trueVal).withMarks(marks)
}

export function evaluateUnary(expr: UnaryExpr, context: EvalContext | undefined, diags: Diagnostics): Value {
  const type = expr.operator === '!' ? boolType : numberType
  const operand = convertOperand(evaluate(expr.operand, context, diags), type, expr.operand, 'unary', expr, context, diags)
  if (operand === undefined) return unknownVal(type)
  if (operand.payload === null) return nullOperand(expr, type, context, diags)
  return expr.operator === '!' ? not(operand) : negate(operand)
}

function nullOperand(expr: BinaryExpr | UnaryExpr, type: Type, context: EvalContext | undefined, diags: Diagnostics): Value {
  diags.error('Operation failed', 'Error during operation: argument must not be null.', placeOf(expr, context, expr.range))
  return unknownVal(type)
}

/** Numbers can be of no use to an operator only where infinities and zeros meet; the words are those that users know. */
const undefinedResults: Partial<Record<BinaryOperator, string>> = {
  '+': "can't compute sum of opposing infinities",
  '-': "can't subtract infinity from itself",
  '*': "can't multiply zero by infinity",
  '/': "can't divide zero by zero or infinity by infinity",
  '%': "can't use modulo with zero and infinity",
}

function failed(error: unknown, expr: BinaryExpr, type: Type, context: EvalContext | undefined, diags: Diagnostics): Value {
  if (!(error instanceof CtyError)) throw error
  const text = undefinedResults[expr.operator] ?? error.message
  diags.error('Operation failed', `Error during operation: ${text}.`, placeOf(expr, context, expr.range))
  return unknownVal(type)
}
