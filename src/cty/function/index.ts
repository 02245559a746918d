export { callFunction, FunctionError, type FunctionSpec, type Param, returnTypeForValues, staticReturn } from './function.ts'
