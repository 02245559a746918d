export { looksLikePlanFile, type PlanBackend, type PlanFile, readPlanFile, writePlanFile } from './planfile.ts'
