export { locateDiagnostics, synthesisedFile } from './locate.ts'
export { type AccountSettings, accountOf, type Organization, readOrganization } from './organization.ts'
export { openProject, type Project, selectEnvironments } from './project.ts'
export { type Prepared, prepareEnvironments, type SynthesisedStack, synthesise, synthPath } from './synth.ts'
