import { friendlyName, type Value } from '../cty/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { type Attribute, type Expr, evaluate } from '../hcl/index.ts'
import { functionTable } from '../lang/functions/index.ts'

/** The value of an expression that may call functions and refers to nothing. Undefined when there is none, which is reported. */
export function staticValue(expr: Expr, diags: Diagnostics): Value | undefined {
  const own = new Diagnostics()
  const table = functionTable({ baseDir: '.', pure: false })
  const value = evaluate(expr, { variables: new Map(), functions: table.lookUp, functionNames: table.names }, own)
  diags.addAll(own.items)
  return own.hasErrors ? undefined : value
}

/** The attributes that something stands for: an object. Undefined when nothing is given, or nothing usable, which is reported. */
export function replacementValue(attribute: Attribute | undefined, diags: Diagnostics): Value | undefined {
  const value = attribute && staticValue(attribute.expr, diags)
  if (value === undefined || (value.hasContent && (value.type.kind === 'object' || value.type.kind === 'map'))) return value
  const detail = `The requested replacement value must be an object type, but was ${friendlyName(value.type)}.`
  diags.error('Invalid replacement value', detail, { subject: attribute!.range })
  return undefined
}
