import { parseConstraints } from '../base/index.ts'
import { ConversionError, convert, stringType } from '../cty/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import type { Attribute } from '../hcl/index.ts'
import { literalValue } from './_static.ts'

/** A version constraint that stands in the source. Undefined where there is none, or none that can be read, which is reported. */
export function versionConstraint(attribute: Attribute | undefined, diags: Diagnostics): string | undefined {
  if (attribute === undefined) return undefined
  const problem = (detail: string): undefined => {
    diags.error('Invalid version constraint', detail, { subject: attribute.expr.range })
    return undefined
  }
  const value = literalValue(attribute.expr, diags)
  if (!value.isKnown || value.isNull) return undefined
  let text: string
  try {
    text = convert(value, stringType).asString()
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return problem(`A string value is required for ${attribute.name}.`)
  }
  return parseConstraints(text) === undefined ? problem('This string does not use correct version constraint syntax.') : text
}
