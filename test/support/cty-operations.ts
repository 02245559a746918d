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
