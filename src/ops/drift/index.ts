export { classifyDrift, completedBlocks, type DriftClass, type DriftItem, driftClasses } from './classify.ts'
export { type IgnoreRule, readIgnoreRules } from './ignore.ts'
export { classTexts, counting, driftIssues, driftJson, issueText, type StackDrift, updateIssue } from './report.ts'
