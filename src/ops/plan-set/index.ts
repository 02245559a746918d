export { type AppliedReviewed, type ApplyReviewedOptions, applyReviewed } from './apply-reviewed.ts'
export { orderStacks, type StackId, type StackNode, type StackOrder, stackIdText, stateIdentity, statesReadBy } from './dependencies.ts'
export {
  digestOf,
  fileDigest,
  keepReport,
  type Manifest,
  readManifest,
  reportPath,
  type SetEntry,
  type StackProgress,
  updateManifest,
  type Verdict,
} from './manifest.ts'
export { identityOf, type PlanStacksOptions, planStacks, type SetStack, type StackOutcome } from './plan-stacks.ts'
export { type Difference, firstDifference, planDifferences, refines } from './refine.ts'
