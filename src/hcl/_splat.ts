import {
  dynamicVal,
  emptyTuple,
  listType,
  listVal,
  type Refinement,
  refine,
  type Type,
  tupleType,
  tupleVal,
  typeEquals,
  unknownVal,
  type Value,
} from '../cty/index.ts'
import { type Diagnostics, rangeBetween } from '../diags/index.ts'
import { placeOf } from './_place.ts'
import type { SplatExpr } from './ast.ts'
import { type EvalContext, type Frame, itemFrame } from './context.ts'
import { evaluate } from './evaluate.ts'

/**
 * `source[*].each`: a list for lists and sets, a tuple for tuples. Any other value is taken as a tuple of that one value,
 * or as an empty one when it is null.
 */
export function evaluateSplat(expr: SplatExpr, context: EvalContext | undefined, diags: Diagnostics): Value {
  const before = diags.items.length
  const source = evaluate(expr.source, context, diags)
  const frame = itemFrame(context, expr.item)
  if (diags.items.slice(before).some((d) => d.severity === 'error')) {
    frame.itemValue = dynamicVal
    evaluate(expr.each, frame, diags)
    return dynamicVal
  }
  const { type } = source
  if (type.kind !== 'list' && type.kind !== 'set' && type.kind !== 'tuple') return splatSingle(source, expr, frame, diags)
  if (source.isNull) {
    diags.error(
      'Splat of null value',
      'Splat expressions (with the * symbol) cannot be applied to null sequences.',
      placeOf(expr.source, context, expr.source.range, rangeBetween(expr.source.range, expr.markerRange)),
    )
    return dynamicVal
  }
  if (!source.isKnown) {
    const unknownType = resultType(type, expr, frame, diags)
    return refine(unknownVal(unknownType), lengthsOf(source, unknownType)).withMarks(source.marks)
  }
  const results = source.asArray().map((item) => evaluateEach(item, expr, frame, diags))
  if (type.kind === 'tuple') return tupleVal(results).withMarks(source.marks)
  if (results.length === 0) return listVal([], (resultType(type, expr, frame, diags) as { element: Type }).element).withMarks(source.marks)
  return listOf(results).withMarks(source.marks)
}

function splatSingle(source: Value, expr: SplatExpr, frame: Frame, diags: Diagnostics): Value {
  if (source.isNull) return emptyTuple.withMarks(source.marks)
  // A value that may turn out to be null may turn out to be no element.
  const mayBeNull = !source.isKnown && source.refinement?.notNull !== true
  const result = evaluateEach(source, expr, frame, diags)
  if (source.type.kind === 'dynamic' || mayBeNull) return dynamicVal.withMarks(source.marks).withMarks(result.marks)
  return tupleVal([result]).withMarks(source.marks)
}

function evaluateEach(item: Value, expr: SplatExpr, frame: Frame, diags: Diagnostics): Value {
  frame.itemValue = item
  return evaluate(expr.each, frame, diags)
}

/** The type of the result when the elements of the source are not known. */
function resultType(type: Type, expr: SplatExpr, frame: Frame, diags: Diagnostics): Type {
  if (type.kind === 'tuple') return tupleType(type.elements.map((t) => evaluateEach(unknownVal(t), expr, frame, diags).type))
  const { element } = type as { element: Type }
  return listType(evaluateEach(unknownVal(element), expr, frame, diags).type)
}

function lengthsOf(source: Value, result: Type): Refinement {
  if (result.kind !== 'list') return { notNull: true }
  const { minLength, maxLength } = source.refinement ?? {}
  return { notNull: true, minLength, maxLength }
}

/** A list where all elements have one type, which they do not when some of them had errors or are not known yet. */
function listOf(results: readonly Value[]): Value {
  const { type } = results[0]!
  if (type.kind !== 'dynamic' && results.every((r) => typeEquals(r.type, type))) return listVal(results)
  if (results.every((r) => r.type.kind !== 'dynamic')) return tupleVal(results)
  return results.reduce((unknown, r) => unknown.withMarks(r.marks), dynamicVal)
}
