export { assertApplyCompatible } from './apply-compatible.ts'
export { normalizeLegacySdk } from './normalize-legacy-sdk.ts'
export { assertPlanValid, type ObjectProblem } from './plan-valid.ts'
export { plannedDataResult, proposedNew } from './proposed-new.ts'
