import {
  ConversionError,
  convert,
  type Marks,
  type Numeric,
  normalVal,
  numberType,
  numericToString,
  refine,
  refineNotNull,
  safePrefix,
  stringType,
  stringVal,
  unionMarks,
  unknownVal,
  type Value,
} from '../cty/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { chooseArm } from './_conditional.ts'
import { forEachItem, openCollection } from './_for.ts'
import type { Expr, TemplateExpr, TemplatePart } from './ast.ts'
import type { EvalContext } from './context.ts'
import { describeValues } from './diagnostic-values.ts'
import { evaluate } from './evaluate.ts'

/** What stands before the first unknown part is remembered up to this length. */
const MAX_PREFIX_LENGTH = 128

/**
 * The parts joined to a string that is never null. When a part is unknown the result is unknown, with the text before
 * that part as its prefix; the other parts are evaluated all the same to find their errors.
 */
export function evaluateTemplate(expr: TemplateExpr, context: EvalContext | undefined, diags: Diagnostics): Value {
  if (expr.text !== undefined) return expr.text
  const { parts } = expr
  const errorsBefore = diags.items.length
  let text = ''
  let marks: Marks | undefined
  let known = true
  // Each piece is in NFC: what is joined is, too, where no piece begins with what may combine.
  let joinsCleanly = true
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!
    if (part.kind === 'literal' && typeof part.value.payload === 'string') {
      if (known) {
        text += part.value.payload
        if (mayCombine(part.value.payload)) joinsCleanly = false
      }
      continue
    }
    const value = evaluatePart(part, context, diags)
    marks = unionMarks(marks, value.marks)
    if (!value.isKnown) {
      known = false
      continue
    }
    const piece = pieceOf(value, part, expr, context, diags)
    if (known && piece !== undefined) {
      text += piece
      if (mayCombine(piece)) joinsCleanly = false
    }
  }
  if (known) return (joinsCleanly ? normalVal(text) : stringVal(text)).withMarks(marks)
  // After an error the text may lack a part.
  const prefix = diags.items.length === errorsBefore ? safePrefix(text.slice(0, MAX_PREFIX_LENGTH)) : ''
  const unknown = prefix === '' ? refineNotNull(unknownVal(stringType)) : refine(unknownVal(stringType), { notNull: true, prefix })
  return unknown.withMarks(marks)
}

/** Whether a text might begin with a character that combines with the one before it: none before U+0300 does. */
function mayCombine(text: string): boolean {
  return text.charCodeAt(0) >= 0x300
}

function evaluatePart(part: TemplatePart, context: EvalContext | undefined, diags: Diagnostics): Value {
  switch (part.kind) {
    case 'templateIf':
      return evaluateIf(part, context, diags)
    case 'templateFor':
      return evaluateLoop(part, context, diags)
    default:
      return evaluate(part, context, diags)
  }
}

/** The text of a known value, or undefined when it has none, which is then reported. */
function pieceOf(
  value: Value,
  part: TemplatePart,
  whole: TemplateExpr,
  context: EvalContext | undefined,
  diags: Diagnostics,
): string | undefined {
  const { payload } = value
  if (typeof payload === 'string') return payload
  if (value.type === numberType && payload !== null) return numericToString(payload as Numeric)
  let problem = 'The expression result is null. Cannot include a null value in a string template.'
  if (!value.isNull) {
    try {
      return convert(value.unmark(), stringType).asString()
    } catch (error) {
      if (!(error instanceof ConversionError)) throw error
      problem = `Cannot include the given value in a string template: ${error.message}.`
    }
  }
  diags.error('Invalid template interpolation value', problem, {
    subject: part.range,
    context: whole.range,
    values: describeValues([part as Expr], context),
  })
  return undefined
}

const emptyText = stringVal('')

function evaluateIf(part: Extract<TemplatePart, { kind: 'templateIf' }>, context: EvalContext | undefined, diags: Diagnostics): Value {
  const thenDiags = new Diagnostics()
  const otherwiseDiags = new Diagnostics()
  const then = evaluate(part.then, context, thenDiags)
  const otherwise = part.otherwise === undefined ? emptyText : evaluate(part.otherwise, context, otherwiseDiags)
  return chooseArm(part, { value: then, diags: thenDiags }, { value: otherwise, diags: otherwiseDiags }, context, diags)
}

function evaluateLoop(part: Extract<TemplatePart, { kind: 'templateFor' }>, context: EvalContext | undefined, diags: Diagnostics): Value {
  const collection = openCollection(part, context, diags)
  if (collection === undefined) return unknownVal(stringType)
  if (!collection.isKnown) return unknownVal(stringType).withMarks(collection.marks)
  let text = ''
  let marks = collection.marks
  let known = true
  forEachItem(part, collection, context, (itemContext) => {
    const piece = evaluate(part.body, itemContext, diags)
    marks = unionMarks(marks, piece.marks)
    if (typeof piece.payload === 'string') text += piece.payload
    else known = false
  })
  return (known ? stringVal(text) : unknownVal(stringType)).withMarks(marks)
}
