export { codeHtml, codePoints, cutCodePoints, escapeHtml, fenced, visible } from './escape.ts'
export { redactorOf, type StackFacts, stackFromPlanJson } from './from-plan-json.ts'
export { compareRuns, type Marker, type Memory, markerRoom, markerText, type RunOrder, readMarker, withoutMarker } from './marker.ts'
export { type PlanJson, type PlanJsonResource, parsePlanJson } from './plan-json.ts'
export { isSecretName, Redactor, redactShapes } from './redact.ts'
export { redactPlanJson } from './redact-plan-json.ts'
export { checkTextSize, commentSize, headline, isFailed, jobSummarySize, type Rendered, renderReport, renderWhole } from './render.ts'
export {
  type ChangeAction,
  type ChangeReport,
  type DiagnosticReport,
  type PlanReport,
  type ProtectionReport,
  readReport,
  type SourceLine,
  type StackReport,
  writeReport,
} from './report.ts'
export { seenOf, sinceLastRun, stackName } from './since.ts'
