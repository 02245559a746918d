import { boolType, ConversionError, convert, EPHEMERAL, SENSITIVE, stringType, type Value } from '../cty/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import { describeValues, type EvalContext, type Expr } from '../hcl/index.ts'

/** Whether a known condition holds; undefined: not known yet; a string: what is wrong with it, `null` where it is that. */
export function judgeCondition(condition: Value): boolean | string | undefined {
  if (condition.isNull) return 'null'
  try {
    const bool = convert(condition.unmark(), boolType)
    return bool.isKnown ? bool.asBool() : undefined
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return wanted(error)
  }
}

/**
 * The text that is told where a condition does not hold; undefined where there is none, or none that may be shown. What is wrong with it is
 * reported, and that it is kept back.
 */
export function judgeMessage(value: Value, expr: Expr, context: EvalContext, diags: Diagnostics): string | undefined {
  const text = messageText(value)
  if (typeof text === 'string') {
    diags.error('Invalid error message', `Unsuitable value for error message: ${text}.`, {
      subject: expr.range,
      values: describeValues([expr], context),
    })
    return undefined
  }
  if (text === undefined) return undefined
  const kept = text.hasMark(SENSITIVE) ? 'sensitive' : text.hasMark(EPHEMERAL) ? 'ephemeral' : undefined
  if (kept === undefined) return text.unmark().asString().trim() || undefined
  const remedy =
    kept === 'sensitive'
      ? 'carefully using the nonsensitive() function if the expression will not reveal the sensitive data'
      : 'using the ephemeralasnull() function on the references to not reveal ephemeral data'
  diags.warning(
    `Error message refers to ${kept} values`,
    `The error expression used to explain this condition refers to ${kept} values, so Terraform will not display the resulting message.\n\nYou can correct this by removing references to ${kept} values, or by ${remedy}.`,
    { subject: expr.range },
  )
  return undefined
}

/** A known text with its marks; undefined: not known yet; a string: what is wrong with the value. */
export function messageText(value: Value): Value | string | undefined {
  try {
    const text = convert(value, stringType)
    if (!text.isKnown) return undefined
    return text.isNull ? 'must not be null' : text
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return wanted(error)
  }
}

function wanted({ message }: ConversionError): string {
  return message.replace(/, but have .*$/, '')
}
