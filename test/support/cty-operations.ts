import * as cty from '../../src/cty/index.ts'

/** The operations of the conformance vectors by the names they have there. */
export const operations: Readonly<Record<string, (...args: cty.Value[]) => cty.Value>> = {
  absolute: cty.absolute,
  add: cty.add,
  and: cty.and,
  divide: cty.divide,
  equals: cty.equals,
  greater_than: cty.greaterThan,
  greater_than_or_equal: cty.greaterThanOrEqual,
  has_index: cty.hasIndex,
  index: cty.indexValue,
  less_than: cty.lessThan,
  less_than_or_equal: cty.lessThanOrEqual,
  modulo: cty.modulo,
  multiply: cty.multiply,
  negate: cty.negate,
  not: cty.not,
  or: cty.or,
  subtract: cty.subtract,
}

const booleans = { param: cty.boolType, result: cty.boolType }
const ordering = { param: cty.numberType, result: cty.boolType }
const arithmetic = { param: cty.numberType, result: cty.numberType }

/** Operators as functions: operands go through the door of all functions, unlike those of an expression. */
const operatorFunctions: Readonly<Record<string, { readonly param: cty.Type; readonly result: cty.Type; readonly operation: string }>> = {
  '&&': { ...booleans, operation: 'and' },
  '||': { ...booleans, operation: 'or' },
  '==': { param: cty.dynamicType, result: cty.boolType, operation: 'equals' },
  '>': { ...ordering, operation: 'greater_than' },
  '>=': { ...ordering, operation: 'greater_than_or_equal' },
  '<': { ...ordering, operation: 'less_than' },
  '<=': { ...ordering, operation: 'less_than_or_equal' },
  '+': { ...arithmetic, operation: 'add' },
  '-': { ...arithmetic, operation: 'subtract' },
  '*': { ...arithmetic, operation: 'multiply' },
  '/': { ...arithmetic, operation: 'divide' },
  '%': { ...arithmetic, operation: 'modulo' },
}

const unaryFunctions: typeof operatorFunctions = {
  '!': { ...booleans, operation: 'not' },
  '-': { ...arithmetic, operation: 'negate' },
}

/** An operator of the language as a function of its operands: one for `!` and for a minus sign, else two. */
export function operatorFunction(operator: string, operands: number): cty.FunctionSpec | undefined {
  const found = operands === 1 ? unaryFunctions[operator] : operatorFunctions[operator]
  if (found === undefined) return undefined
  const { param, result, operation } = found
  // Bounds of an unknown number may tell how it compares.
  const compares = result === cty.boolType && param !== cty.boolType
  const options = { type: param, allowDynamic: true, allowUnknown: compares, allowNull: operation === 'equals' }
  return {
    name: operator,
    params: ['a', 'b'].slice(0, operands).map((name) => ({ name, ...options })),
    type: () => result,
    refine: cty.refineNotNull,
    impl: (args) => operations[operation]!(...args),
  }
}
