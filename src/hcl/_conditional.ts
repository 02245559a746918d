import {
  boolType,
  ConversionError,
  compareNumeric,
  convert,
  dynamicVal,
  friendlyName,
  isCollectionType,
  lengthBounds,
  type NumberBound,
  nullVal,
  type Refinement,
  refine,
  type Type,
  typeEquals,
  unify,
  unionMarks,
  unknownVal,
  type Value,
} from '../cty/index.ts'
import { Diagnostics, rangeBetween, type SourceRange } from '../diags/index.ts'
import { placeOf } from './_place.ts'
import type { ConditionalExpr, Expr } from './ast.ts'
import type { EvalContext } from './context.ts'
import { describeValues } from './diagnostic-values.ts'
import { evaluate } from './evaluate.ts'
import { quote } from './traverse.ts'

export function evaluateConditional(expr: ConditionalExpr, context: EvalContext | undefined, diags: Diagnostics): Value {
  const thenDiags = new Diagnostics()
  const otherwiseDiags = new Diagnostics()
  const then = evaluate(expr.then, context, thenDiags)
  const otherwise = evaluate(expr.otherwise, context, otherwiseDiags)
  return chooseArm(expr, { value: then, diags: thenDiags }, { value: otherwise, diags: otherwiseDiags }, context, diags)
}

/** What a conditional and an `%{ if }` of a template have in common. */
export interface Condition {
  readonly condition: Expr
  readonly then: { readonly range: SourceRange }
  readonly otherwise: { readonly range: SourceRange } | undefined
  readonly range: SourceRange
}

/** The value of one arm of a conditional, with what its evaluation reported. */
export interface Arm {
  readonly value: Value
  readonly diags: Diagnostics
}

/**
 * The arm that the condition selects, converted to the type both arms have in common. Both arms have been evaluated, so
 * that the type does not depend on the condition; only the errors of the selected one are reported. With an unknown
 * condition the result is unknown, with what is known of both arms. Marks of the condition and of both arms are kept.
 */
export function chooseArm(expr: Condition, then: Arm, otherwise: Arm, context: EvalContext | undefined, diags: Diagnostics): Value {
  const type = commonType(then.value, otherwise.value)
  if (type === undefined) {
    diags.error(
      'Inconsistent conditional result types',
      `The true and false result expressions must have consistent types. ${describeMismatch(then.value.type, otherwise.value.type)}`,
      {
        subject: rangeBetween(expr.then.range, (expr.otherwise ?? expr.then).range),
        context: expr.range,
        values: armValues(expr, context),
      },
    )
    return dynamicVal
  }
  const condition = evaluate(expr.condition, context, diags)
  if (condition.payload === null) {
    diags.error(
      'Null condition',
      'The condition value is null. Conditions must either be true or false.',
      placeOf(expr.condition, context, expr.condition.range, expr.range),
    )
    return unknownVal(type)
  }
  const armMarks = unionMarks(then.value.marks, otherwise.value.marks)
  const marks = unionMarks(condition.marks, armMarks)
  const truth = conditionTruth(condition)
  if (truth === undefined) {
    diags.error(
      'Incorrect condition type',
      'The condition expression must be of type bool.',
      placeOf(expr.condition, context, expr.condition.range, expr.range),
    )
    return unknownVal(type)
  }
  if (truth === 'unknown') return eitherArm(then.value, otherwise.value, type).withMarks(marks)
  const chosen = truth ? then : otherwise
  if (chosen.diags.items.length > 0) diags.addAll(chosen.diags.items)
  try {
    return convertArm(chosen.value, type).withMarks(marks)
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    diags.error('Inconsistent conditional result types', `The ${truth} result value has the wrong type: ${error.message}.`, {
      subject: ((truth ? undefined : expr.otherwise) ?? expr.then).range,
      context: expr.range,
      values: armValues(expr, context),
    })
    return unknownVal(type).withMarks(marks)
  }
}

/** @returns undefined when the value is no condition. */
function conditionTruth(condition: Value): boolean | 'unknown' | undefined {
  if (condition.type === boolType) return condition.isKnown ? condition.unmark().asBool() : 'unknown'
  if (!condition.isKnown && condition.type.kind === 'dynamic') return 'unknown'
  try {
    const converted = convert(condition, boolType)
    return converted.isKnown ? converted.unmark().asBool() : 'unknown'
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return undefined
  }
}

/** A plain `null` takes the type of the other arm. */
function commonType(then: Value, otherwise: Value): Type | undefined {
  if (then.type === otherwise.type) return then.type
  if (isUntypedNull(then)) return otherwise.type
  if (isUntypedNull(otherwise) || typeEquals(then.type, otherwise.type)) return then.type
  return unify([then.type, otherwise.type], 'unsafe')
}

function isUntypedNull(value: Value): boolean {
  return value.payload === null && value.type.kind === 'dynamic'
}

function convertArm(value: Value, type: Type): Value {
  if (value.type === type) return value
  // The other arm's type is not known yet, and with it the type that both will have.
  if (type.kind === 'dynamic') return dynamicVal.withMarks(value.marks)
  return convert(value, type)
}

/** What can be said of the result while the condition is unknown. */
function eitherArm(a: Value, b: Value, type: Type): Value {
  if (a.payload === null && b.payload === null) return nullVal(type)
  const result = unknownVal(type)
  const notNull = isNotNull(a) && isNotNull(b)
  if (type.kind === 'number' && a.type.kind === 'number' && b.type.kind === 'number') {
    return refine(result, { notNull, min: outerBound(minOf(a), minOf(b), -1), max: outerBound(maxOf(a), maxOf(b), 1) })
  }
  if (isCollectionType(a.type) && typeEquals(a.type, b.type) && a.payload !== null && b.payload !== null) {
    return refine(result, joinedLengths(a, b, notNull))
  }
  return notNull ? refine(result, { notNull }) : result
}

function joinedLengths(a: Value, b: Value, notNull: boolean): Refinement {
  const lengthsA = lengthBounds(a)
  const lengthsB = lengthBounds(b)
  const max = Math.max(lengthsA.max, lengthsB.max)
  return { notNull, minLength: Math.min(lengthsA.min, lengthsB.min), ...(Number.isFinite(max) ? { maxLength: max } : {}) }
}

function isNotNull(value: Value): boolean {
  return value.isKnown ? value.payload !== null : value.refinement?.notNull === true
}

function minOf(value: Value): NumberBound | undefined {
  return value.hasContent ? { value: value.asNumeric(), inclusive: true } : value.refinement?.min
}

function maxOf(value: Value): NumberBound | undefined {
  return value.hasContent ? { value: value.asNumeric(), inclusive: true } : value.refinement?.max
}

/** The bound that both respect; `direction` 1 for upper bounds, -1 for lower ones. */
function outerBound(a: NumberBound | undefined, b: NumberBound | undefined, direction: 1 | -1): NumberBound | undefined {
  if (a === undefined || b === undefined) return undefined
  const order = compareNumeric(a.value, b.value) * direction
  if (order === 0) return a.inclusive ? a : b
  return order > 0 ? a : b
}

function armValues(expr: Condition, context: EvalContext | undefined) {
  const arms = [expr.then, expr.otherwise].filter((arm) => arm !== undefined) as Expr[]
  return describeValues(arms, context)
}

/** The first difference between the types of the arms that cannot be reconciled, as a sentence. */
export function describeMismatch(then: Type, otherwise: Type): string {
  if (then.kind === 'object' && otherwise.kind === 'object') {
    for (const [name, type] of then.attributes) {
      const other = otherwise.attributes.get(name)
      if (other === undefined) return `The 'true' value includes object attribute ${quote(name)}, which is absent in the 'false' value.`
      if (!typeEquals(type, other)) return `Type mismatch for object attribute ${quote(name)}: ${describeMismatch(type, other)}`
    }
    for (const name of otherwise.attributes.keys()) {
      if (!then.attributes.has(name)) {
        return `The 'false' value includes object attribute ${quote(name)}, which is absent in the 'true' value.`
      }
    }
  }
  if (then.kind === 'tuple' && otherwise.kind === 'tuple') {
    if (then.elements.length !== otherwise.elements.length) {
      return `The 'true' tuple has length ${then.elements.length}, but the 'false' tuple has length ${otherwise.elements.length}.`
    }
    for (const [i, type] of then.elements.entries()) {
      const other = otherwise.elements[i]!
      if (!typeEquals(type, other)) return `Type mismatch for tuple element ${i}: ${describeMismatch(type, other)}`
    }
  }
  if (isCollectionType(then) && then.kind === otherwise.kind) {
    // Without this the text would be of no use: "list of object" on both sides.
    const { element } = then
    const other = (otherwise as typeof then).element
    if (element.kind === other.kind && (element.kind === 'object' || element.kind === 'tuple')) {
      return `Mismatched ${then.kind} element types: ${describeMismatch(element, other)}`
    }
  }
  const names = [friendlyName(then), friendlyName(otherwise)] as const
  if (names[0] !== names[1]) return `The 'true' value is ${names[0]}, but the 'false' value is ${names[1]}.`
  return "At least one deeply-nested attribute or element is not compatible across both the 'true' and the 'false' value."
}
