import {
  boolType,
  boolVal,
  dynamicVal,
  FunctionError,
  type FunctionSpec,
  type Type,
  takeMarks,
  unknownVal,
  type Value,
} from '../cty/index.ts'
import { type Diagnostic, formatRange } from '../diags/index.ts'
import { closureOf, closureType, evaluateClosure } from './closure.ts'

const expressionParam = { name: 'expression', type: closureType }

/**
 * `try(a, b, ...)`: the value of the first expression that has no errors. A value that is not wholly known might have
 * another type or fail later, so it gives an unknown of unknown type.
 */
export const tryFunction: FunctionSpec = {
  name: 'try',
  params: [],
  varParam: { ...expressionParam, name: 'expressions' },
  type: (args): Type => attempt(args).type,
  impl: (args): Value => attempt(args),
}

/** `can(expression)`: whether the expression has no errors; unknown while that depends on unknown values. */
export const canFunction: FunctionSpec = {
  name: 'can',
  params: [expressionParam],
  type: () => boolType,
  impl: ([arg]): Value => {
    const { value, diags } = evaluateClosure(closureOf(arg!))
    if (hasErrors(diags)) return boolVal(false)
    return value.isWhollyKnown ? boolVal(true) : unknownVal(boolType)
  },
}

function attempt(args: readonly Value[]): Value {
  if (args.length === 0) throw new FunctionError('at least one argument is required')
  const problems: Diagnostic[] = []
  for (const arg of args) {
    const { value, diags } = evaluateClosure(closureOf(arg))
    if (!hasErrors(diags)) return value.isWhollyKnown ? value : dynamicVal.withMarks(takeMarks(value)[1])
    problems.push(...diags)
  }
  throw new FunctionError(
    `no expression succeeded:\n${problems.map(formatProblem).join('')}\nAt least one expression must produce a successful result`,
  )
}

function hasErrors(diags: readonly Diagnostic[]): boolean {
  return diags.some((d) => d.severity === 'error')
}

function formatProblem(d: Diagnostic): string {
  const place = d.subject === undefined ? '' : ` (at ${formatRange(d.subject)})`
  return `- ${d.summary}${place}\n  ${d.detail}\n`
}
