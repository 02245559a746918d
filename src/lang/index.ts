export { type NeededModule, type NeededName, type NeededResource, type Needs, needsOf, needsOfExpr, noNeeds } from './needs.ts'
export { evalContext, type FunctionTable, type ScopeData } from './scope.ts'
export {
  checkReferences,
  reportUndeclaredLocal,
  reportUndeclaredResource,
  reportUndeclaredVariable,
  type StaticCheckInput,
} from './static-check.ts'
