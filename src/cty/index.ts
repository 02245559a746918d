export * from './convert/index.ts'
export { CtyError } from './errors.ts'
export * from './function/index.ts'
export * from './json/index.ts'
export { type DeprecationMark, EPHEMERAL, type Mark, type Marks, SENSITIVE, unionMarks } from './marks.ts'
export * from './msgpack/index.ts'
export {
  absoluteNumeric,
  addNumeric,
  BigFloat,
  compareNumeric,
  divideNumeric,
  equalNumeric,
  isNegative,
  moduloNumeric,
  multiplyNumeric,
  type Numeric,
  negateNumeric,
  numericFromFloat,
  numericFromInteger,
  numericIsExactDouble,
  numericIsInteger,
  numericToBigInt,
  numericToGeneral,
  numericToJs,
  numericToShortestGeneral,
  numericToString,
  parseNumeric,
  subtractNumeric,
  truncateNumeric,
  withPrecision,
} from './number.ts'
export {
  absolute,
  add,
  and,
  divide,
  equals,
  greaterThan,
  greaterThanOrEqual,
  hasIndex,
  indexValue,
  intVal,
  lengthOf,
  lessThan,
  lessThanOrEqual,
  modulo,
  multiply,
  negate,
  not,
  notEqual,
  or,
  rawEquals,
  subtract,
} from './operations.ts'
export { attributeStep, emptyPath, indexStep, type Path, type PathStep } from './path.ts'
export type { NumberBound, Refinement } from './refinement.ts'
export { orderSetElements, quoteLikeGo, setKey } from './set.ts'
export * from './type.ts'
export { lengthBounds, refine, refineNotNull, safePrefix } from './unknown.ts'
export {
  boolVal,
  capsuleVal,
  dynamicVal,
  emptyObject,
  emptyTuple,
  falseVal,
  listVal,
  mapVal,
  maxStoredDepth,
  normalizeString,
  nullVal,
  numberVal,
  objectVal,
  type Payload,
  setVal,
  stringVal,
  takeMarks,
  trueVal,
  tupleVal,
  unknownVal,
  Value,
} from './value.ts'
export {
  applyPath,
  childrenOf,
  comparePaths,
  markPaths,
  type PathMarks,
  pathEquals,
  pathHasPrefix,
  pathToString,
  transformValue,
  unknownAsNull,
  unmarkDeep,
  unmarkDeepWithPaths,
  walkValue,
} from './walk.ts'
