import { announceLongWork } from '../base/index.ts'
import {
  boolType,
  ConversionError,
  convert,
  dynamicVal,
  friendlyName,
  intVal,
  type Marks,
  objectVal,
  stringType,
  stringVal,
  tupleVal,
  unionMarks,
  type Value,
} from '../cty/index.ts'
import { Diagnostics, type SourceRange } from '../diags/index.ts'
import { placeOf } from './_place.ts'
import type { Expr, ForExpr } from './ast.ts'
import { childContext, type EvalContext } from './context.ts'
import { evaluate } from './evaluate.ts'

/** What a `for` expression and a `%{ for }` directive have in common. */
export interface Loop {
  readonly keyName: string | undefined
  readonly valueName: string
  readonly collection: Expr
  readonly range: SourceRange
}

/**
 * A tuple or an object made from the items of a collection. When it cannot be told yet which items there are, the result
 * is an unknown of unknown type.
 */
export function evaluateFor(expr: ForExpr, context: EvalContext | undefined, diags: Diagnostics): Value {
  const collection = openCollection(expr, context, diags)
  if (collection === undefined) return dynamicVal
  if (!collection.isKnown) return dynamicVal.withMarks(collection.marks)
  if (expr.condition !== undefined && !conditionMayWork(expr, context, diags)) return dynamicVal.withMarks(collection.marks)
  return expr.key === undefined
    ? evaluateToTuple(expr, collection, context, diags)
    : evaluateToObject(expr, expr.key, collection, context, diags)
}

/** The collection of a loop, perhaps unknown, or undefined when it is none, which has been reported. */
export function openCollection(loop: Loop, context: EvalContext | undefined, diags: Diagnostics): Value | undefined {
  const value = evaluate(loop.collection, context, diags)
  if (value.isNull) {
    diags.error(
      'Iteration over null value',
      "A null value cannot be used as the collection in a 'for' expression.",
      placeOf(loop.collection, context, loop.collection.range, loop.range),
    )
    return undefined
  }
  switch (value.type.kind) {
    case 'list':
    case 'set':
    case 'tuple':
    case 'map':
    case 'object':
      return value
    case 'dynamic':
      return value
    default:
      diags.error(
        'Iteration over non-iterable value',
        `A value of type ${friendlyName(value.type)} cannot be used as the collection in a 'for' expression.`,
        placeOf(loop.collection, context, loop.collection.range, loop.range),
      )
      return undefined
  }
}

/** Indices are asked for again and again. */
const smallIndices: Value[] = []

function indexVal(index: number): Value {
  if (index >= 1024) return intVal(index)
  while (smallIndices.length <= index) smallIndices.push(intVal(smallIndices.length))
  return smallIndices[index]!
}

/** How often the loops that are at work have gone round. */
let turns = 0

/** How many loops are at work, one within the other. */
let nesting = 0

/** From so many turns on it pays to have what loops do compiled as well as can be. */
const manyTurns = 1000

/**
 * Calls back for each item of a known collection with a context in which the symbols of the loop stand for it. It is one
 * context whose symbols change: the callback must be done with it when it returns.
 */
export function forEachItem(
  loop: Loop,
  collection: Value,
  context: EvalContext | undefined,
  visit: (itemContext: EvalContext) => void,
): void {
  const before = turns
  turns += collection.payload instanceof Map ? collection.payload.size : collection.asArray().length
  if (before < manyTurns && turns >= manyTurns) announceLongWork(true)
  nesting++
  try {
    visitItems(loop, collection, context, visit)
  } finally {
    nesting--
    if (nesting === 0) {
      if (turns >= manyTurns) announceLongWork(false)
      turns = 0
    }
  }
}

function visitItems(loop: Loop, collection: Value, context: EvalContext | undefined, visit: (itemContext: EvalContext) => void): void {
  const variables = new Map<string, Value>()
  const itemContext = childContext(context, variables)
  const { keyName, valueName } = loop
  const step = (key: Value | undefined, value: Value) => {
    if (keyName !== undefined) variables.set(keyName, key!)
    variables.set(valueName, value)
    visit(itemContext)
  }
  if (collection.payload instanceof Map) {
    for (const [key, value] of collection.asMap()) step(keyName === undefined ? undefined : stringVal(key), value)
    return
  }
  const elements = collection.asArray()
  if (collection.type.kind === 'set') for (const element of elements) step(element, element)
  else for (let i = 0; i < elements.length; i++) step(keyName === undefined ? undefined : indexVal(i), elements[i]!)
}

/** Tries the condition with unknown symbols once, so that a mistake in it is not reported for each item. */
function conditionMayWork(expr: ForExpr, context: EvalContext | undefined, diags: Diagnostics): boolean {
  const condition = expr.condition!
  const symbols = new Map([[expr.valueName, dynamicVal]])
  if (expr.keyName !== undefined) symbols.set(expr.keyName, dynamicVal)
  const tryContext = childContext(context, symbols)
  const before = diags.items.length
  const result = evaluate(condition, tryContext, diags)
  if (result.isNull) {
    diags.error(
      'Condition is null',
      "The value of the 'if' clause must not be null.",
      placeOf(condition, tryContext, condition.range, expr.range),
    )
  } else if (diags.items.length === before) {
    convertCondition(result, expr, tryContext, diags)
  }
  return diags.items.length === before
}

/** The condition as a bool, perhaps unknown, or undefined when it is none, which has been reported. */
function convertCondition(result: Value, expr: ForExpr, context: EvalContext, diags: Diagnostics): Value | undefined {
  if (result.type === boolType) return result
  const { range } = expr.condition!
  try {
    return convert(result, boolType)
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    diags.error(
      "Invalid 'for' condition",
      `The 'if' clause value is invalid: ${error.message}.`,
      placeOf(expr.condition!, context, range, expr.range),
    )
    return undefined
  }
}

/** What has been found out about the result as a whole while going through the items. */
interface Progress {
  marks: Marks | undefined
  /** Whether it is known which items the result has. */
  known: boolean
}

/** Whether the item takes part. An unknown or impossible condition makes the whole result unknown. */
function isIncluded(expr: ForExpr, context: EvalContext, progress: Progress, diags: Diagnostics): boolean {
  if (expr.condition === undefined) return true
  const result = evaluate(expr.condition, context, diags)
  if (result.payload === true && result.marks === undefined) return true
  progress.marks = unionMarks(progress.marks, result.marks)
  // Of many items that fail in the same way only the first one is reported.
  const told = progress.known ? diags : new Diagnostics()
  if (result.isNull) {
    told.error(
      "Invalid 'for' condition",
      "The value of the 'if' clause must not be null.",
      placeOf(expr.condition, context, expr.condition.range, expr.range),
    )
    progress.known = false
    return false
  }
  const included = convertCondition(result, expr, context, told)
  if (included === undefined || !included.isKnown) {
    progress.known = false
    return false
  }
  return included.payload === true
}

function evaluateToTuple(expr: ForExpr, collection: Value, context: EvalContext | undefined, diags: Diagnostics): Value {
  const progress: Progress = { marks: collection.marks, known: true }
  const elements: Value[] = []
  forEachItem(expr, collection, context, (itemContext) => {
    if (isIncluded(expr, itemContext, progress, diags)) elements.push(evaluate(expr.value, itemContext, diags))
  })
  return (progress.known ? tupleVal(elements) : dynamicVal).withMarks(progress.marks)
}

function evaluateToObject(expr: ForExpr, keyExpr: Expr, collection: Value, context: EvalContext | undefined, diags: Diagnostics): Value {
  const progress: Progress = { marks: collection.marks, known: true }
  const attributes = new Map<string, Value>()
  const groups = new Map<string, Value[]>()
  forEachItem(expr, collection, context, (itemContext) => {
    if (!isIncluded(expr, itemContext, progress, diags)) return
    const key = evaluateKey(expr, keyExpr, itemContext, progress, diags)
    if (key === undefined) return
    const value = evaluate(expr.value, itemContext, diags)
    if (expr.group) {
      const group = groups.get(key.name)
      if (group === undefined) groups.set(key.name, [value])
      else group.push(value)
    } else if (attributes.has(key.name)) {
      // A marked key may be a secret.
      const text = key.marked ? 'the same key' : `the key ${JSON.stringify(key.name)}`
      diags.error(
        'Duplicate object key',
        `Two different items produced ${text} in this 'for' expression. If duplicates are expected, use the ellipsis (...) after the value expression to enable grouping by key.`,
        placeOf(keyExpr, itemContext, keyExpr.range, expr.range),
      )
    } else {
      attributes.set(key.name, value)
    }
  })
  if (!progress.known) return dynamicVal.withMarks(progress.marks)
  for (const [name, values] of groups) attributes.set(name, tupleVal(values))
  return objectVal(attributes).withMarks(progress.marks)
}

/** The name of an item's attribute, or undefined when there is none (yet), which makes the whole result unknown. */
function evaluateKey(
  expr: ForExpr,
  keyExpr: Expr,
  context: EvalContext,
  progress: Progress,
  diags: Diagnostics,
): { readonly name: string; readonly marked: boolean } | undefined {
  const given = evaluate(keyExpr, context, diags)
  progress.marks = unionMarks(progress.marks, given.marks)
  const marked = given.isMarked
  if (typeof given.payload === 'string') return { name: given.payload, marked }
  const place = () => placeOf(keyExpr, context, keyExpr.range, expr.range)
  const told = progress.known ? diags : new Diagnostics()
  if (given.isNull) {
    told.error('Invalid object key', "Key expression in 'for' expression must not produce a null value.", place())
  } else if (given.isKnown) {
    try {
      const name = convert(given.unmark(), stringType)
      if (name.hasContent) return { name: name.asString(), marked }
    } catch (error) {
      if (!(error instanceof ConversionError)) throw error
      told.error('Invalid object key', `The key expression produced an invalid result: ${error.message}.`, place())
    }
  }
  progress.known = false
  return undefined
}
