export { type AppliedReviewed, type ApplyReviewedOptions, applyReviewed } from './apply-reviewed.ts'
export { orderStacks, type StackId, type StackNode, type StackOrder, stackIdText, stateIdentity, statesReadBy } from './dependencies.ts'
export { identityOf, type PlanStacksOptions, planStacks, type SetStack, type StackOutcome } from './plan-stacks.ts'
export { type Difference, firstDifference, planDifferences, refines } from './refine.ts'
