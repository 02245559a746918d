import { assertNever } from '../base/index.ts'
import {
  ConversionError,
  convert,
  dynamicVal,
  emptyObject,
  emptyTuple,
  type Marks,
  objectOf,
  objectVal,
  stringType,
  stringVal,
  tupleVal,
  unionMarks,
  type Value,
} from '../cty/index.ts'
import { type Diagnostics, formatRange, type SourceRange } from '../diags/index.ts'
import { evaluateCall } from './_call.ts'
import { evaluateConditional } from './_conditional.ts'
import { depth, evaluateDeep, maxLevels } from './_deep.ts'
import { evaluateTemplate } from './_evaluate-template.ts'
import { evaluateFor } from './_for.ts'
import { evaluateBinary, evaluateUnary } from './_operators.ts'
import { placeOf } from './_place.ts'
import { evaluateSplat } from './_splat.ts'
import type {
  Expr,
  IndexExpr,
  JsonObjectExpr,
  JsonStringExpr,
  ObjectExpr,
  ObjectItem,
  RelativeTraversalExpr,
  TraversalExpr,
} from './ast.ts'
import { type EvalContext, lookUpItem } from './context.ts'
import { indexInto, isProblem, type Problem, problem, quote, resolveTraversal, takeStep } from './traverse.ts'

/**
 * The value of an expression. Whatever the user did wrong is reported to `diags`, and the result is then an unknown of
 * the best type that can be told, so that evaluation goes on and finds other mistakes. Unknown operands give unknown
 * results; marks of everything that took part are on the result.
 *
 * Without a context the expression may use neither names nor functions, and JSON strings are plain text.
 */
export function evaluate(expr: Expr, context: EvalContext | undefined, diags: Diagnostics): Value {
  // What has no parts needs nothing of the care that depth takes.
  if (expr.kind === 'literal') return expr.value
  if (expr.kind === 'traversal') return evaluateTraversal(expr, context, diags)
  if (depth.level >= maxLevels) return evaluateDeep(expr, context, diags, evaluateHere)
  if (depth.ahead !== undefined) {
    const known = depth.known(expr, context)
    if (known !== undefined) {
      diags.addAll(known.diags)
      return known.value
    }
  }
  depth.level++
  try {
    return evaluateHere(expr, context, diags)
  } catch (error) {
    // The stack was not enough for what is done with a deeply nested value, or a string would be longer than there can be.
    if (!(error instanceof RangeError) || !depth.isOutermost) throw error
    diags.error('Value too large', 'The result of this expression, or a part of it, is nested too deeply or too large to be worked with.', {
      subject: expr.range,
    })
    return dynamicVal
  } finally {
    depth.level--
  }
}

function evaluateHere(expr: Expr, context: EvalContext | undefined, diags: Diagnostics): Value {
  // Cases are tried one after the other: the most frequent stand first.
  switch (expr.kind) {
    case 'call':
      return evaluateCall(expr, context, diags)
    case 'template':
      return evaluateTemplate(expr, context, diags)
    case 'binary':
      return evaluateBinary(expr, context, diags)
    case 'parentheses':
      return evaluate(expr.inner, context, diags)
    case 'object':
      return evaluateObject(expr, context, diags)
    case 'tuple':
    case 'jsonArray':
      return evaluateTuple(expr.elements, context, diags)
    case 'conditional':
      return evaluateConditional(expr, context, diags)
    case 'templateWrap':
      return evaluate(expr.wrapped, context, diags)
    case 'relativeTraversal':
      return evaluateRelativeTraversal(expr, context, diags)
    case 'index':
      return context?.override?.get(expr) ?? evaluateIndex(expr, context, diags)
    case 'splat':
      return evaluateSplat(expr, context, diags)
    case 'anonymousSymbol':
      return lookUpItem(context, expr) ?? dynamicVal
    case 'unary':
      return evaluateUnary(expr, context, diags)
    case 'for':
      return evaluateFor(expr, context, diags)
    case 'literal':
      return expr.value
    case 'traversal':
      return evaluateTraversal(expr, context, diags)
    case 'error':
      return dynamicVal
    case 'jsonString':
      return evaluateJsonString(expr, context, diags)
    case 'jsonObject':
      return evaluateJsonObject(expr, context, diags)
    default:
      return assertNever(expr)
  }
}

function evaluateTraversal(expr: TraversalExpr, context: EvalContext | undefined, diags: Diagnostics): Value {
  const result = resolveTraversal(expr.traversal, context)
  if (!isProblem(result)) return result
  diags.error(result.summary, result.detail, placeOf(expr, context, result.range))
  return dynamicVal
}

function evaluateRelativeTraversal(expr: RelativeTraversalExpr, context: EvalContext | undefined, diags: Diagnostics): Value {
  let current = evaluate(expr.source, context, diags)
  for (const step of expr.steps) {
    const next = takeStep(current, step)
    if (isProblem(next)) {
      diags.error(next.summary, next.detail, placeOf(expr, context, step.range, expr.range))
      return dynamicVal
    }
    current = next
  }
  return current
}

function evaluateIndex(expr: IndexExpr, context: EvalContext | undefined, diags: Diagnostics): Value {
  const collection = evaluate(expr.collection, context, diags)
  const key = evaluate(expr.key, context, diags)
  const result = indexInto(collection, key)
  if (!isProblem(result)) return result
  diags.error(result.summary, result.detail, placeOf(expr, context, expr.keyRange, expr.range))
  return dynamicVal
}

function evaluateTuple(elements: readonly Expr[], context: EvalContext | undefined, diags: Diagnostics): Value {
  if (elements.length === 0) return emptyTuple
  return tupleVal(elements.map((element) => evaluate(element, context, diags)))
}

function evaluateObject(expr: ObjectExpr, context: EvalContext | undefined, diags: Diagnostics): Value {
  if (expr.items.length === 0) return emptyObject
  const names: string[] = []
  const values: Value[] = []
  let marks: Marks | undefined
  let known = true
  for (let i = 0; i < expr.items.length; i++) {
    const item = expr.items[i]!
    const key = evaluateObjectKey(item, context, diags)
    const value = evaluate(item.value, context, diags)
    if (typeof key === 'string') names.push(key)
    else {
      // The mark of a key is one of the whole object, since its names are visible wherever the object is.
      marks = unionMarks(marks, key?.marks)
      if (key?.hasContent) names.push(key.asString())
      else {
        known = false
        continue
      }
    }
    values.push(value)
  }
  const object = known ? objectOf(names, values) : dynamicVal
  return marks === undefined ? object : object.withMarks(marks)
}

/** The name, or a marked or unknown string, or undefined when the key is no good, which has been reported. */
function evaluateObjectKey(item: ObjectItem, context: EvalContext | undefined, diags: Diagnostics): Value | string | undefined {
  const { key } = item
  if (key.kind === 'literal' && typeof key.value.payload === 'string') return key.value.payload
  if (key.kind === 'traversal') {
    if (key.traversal.steps.length === 0) return key.traversal.root
    diags.error(
      'Ambiguous attribute key',
      "If this expression is intended to be a reference, wrap it in parentheses. If it's instead intended as a literal name containing periods, wrap it in quotes to create a string literal.",
      { subject: key.range },
    )
    return undefined
  }
  const before = diags.items.length
  const value = evaluate(key, context, diags)
  if (diags.items.length !== before && !value.isKnown) return undefined
  if (value.isNull) {
    diags.error('Null value as key', "Can't use a null value as a key.", placeOf(key, context, item.value.range))
    return undefined
  }
  try {
    const name = convert(value, stringType)
    return name.hasContent && !name.isMarked ? name.asString() : name
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    diags.error('Incorrect key type', `Can't use this value as a key: ${error.message}.`, placeOf(key, context, key.range))
    return undefined
  }
}

function evaluateJsonString(expr: JsonStringExpr, context: EvalContext | undefined, diags: Diagnostics): Value {
  const template = expr.template()
  if (context === undefined) return stringVal(expr.text)
  diags.addAll(template.diags)
  return evaluate(template.expr, context, diags)
}

function evaluateJsonObject(expr: JsonObjectExpr, context: EvalContext | undefined, diags: Diagnostics): Value {
  const attributes = new Map<string, Value>()
  const places = new Map<string, SourceRange>()
  let marks: Marks | undefined
  let known = true
  for (const { key, value: valueExpr } of expr.items) {
    const given = evaluate(key, context, diags)
    const value = evaluate(valueExpr, context, diags)
    marks = unionMarks(marks, given.marks)
    const name = jsonPropertyName(given)
    if (isProblem(name)) diags.error(name.summary, name.detail, placeOf(key, context, key.range))
    else if (!name.isKnown) known = false
    else if (!attributes.has(name.asString())) {
      attributes.set(name.asString(), value)
      places.set(name.asString(), key.range)
    } else {
      // A marked name may be a secret.
      const named = given.isMarked ? 'with the same name' : `named ${quote(name.asString())}`
      const place = formatRange(places.get(name.asString())!)
      diags.error('Duplicate object attribute', `An attribute ${named} was already defined at ${place}.`, { subject: key.range })
    }
  }
  return (known ? objectVal(attributes) : dynamicVal).withMarks(marks)
}

/** The name as an unmarked string, perhaps unknown. */
function jsonPropertyName(given: Value): Value | Problem {
  const bare = given.unmark()
  if (bare.isNull) return problem('Invalid object key expression', 'Cannot use null value as an object key.')
  try {
    return convert(bare, stringType)
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return problem('Invalid object key expression', `Cannot use this expression as an object key: ${error.message}.`)
  }
}
