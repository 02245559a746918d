export { type OpenSuite, openSuite, readTestFiles, runModules, type SuiteOptions } from './open-suite.ts'
export type { FileOutcome, Leftover, RunOutcome, SuiteOutcome, TestReporter, TestStatus } from './report.ts'
export { runSuite, type SuiteInput } from './runner.ts'
export type { TestFile, TestRun } from './test-file.ts'
