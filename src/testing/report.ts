import type { Config } from '../config/index.ts'
import type { Diagnostic } from '../diags/index.ts'
import type { Plan } from '../plans/index.ts'
import type { State } from '../states/index.ts'
import type { TestFile, TestRun } from './test-file.ts'

/** From better to worse. `fail`: an assertion does not hold. `error`: it did not come to that. */
export type TestStatus = 'pending' | 'skip' | 'pass' | 'fail' | 'error'

export interface RunOutcome {
  readonly run: TestRun
  readonly status: 'pass' | 'fail' | 'error' | 'skip'
  readonly diags: readonly Diagnostic[]
  /** Of a run that planned only. */
  readonly plan: Plan | undefined
  /** Of a run that applied. */
  readonly state: State | undefined
  readonly config: Config | undefined
  readonly startedAt: Date
  readonly elapsedMs: number
  /** How many of the assertions did not hold. */
  readonly failedAsserts: number
}

export interface FileOutcome {
  readonly file: TestFile
  readonly status: TestStatus
  /** What is noticed of the file as a whole. */
  readonly diags: readonly Diagnostic[]
  readonly runs: readonly RunOutcome[]
}

export interface SuiteOutcome {
  readonly status: TestStatus
  readonly files: readonly FileOutcome[]
  readonly passed: number
  readonly failed: number
  readonly errored: number
  readonly skipped: number
}

/** What could not be destroyed at the end of a file. */
export interface Leftover {
  /** The run that worked on the state last. */
  readonly run: TestRun
  readonly diags: readonly Diagnostic[]
  /** Addresses of what is left, those of deposed objects with their key. */
  readonly objects: readonly string[]
}

/** Told of what happens, as it happens. */
export interface TestReporter {
  suiteStarted(files: readonly TestFile[]): void
  fileStarted(file: TestFile): void
  runStarted(file: TestFile, run: TestRun): void
  runDone(file: TestFile, outcome: RunOutcome): void | Promise<void>
  fileTearingDown(file: TestFile): void
  runTearingDown(file: TestFile, run: TestRun): void
  leftOver(file: TestFile, leftover: Leftover): void
  fileDone(outcome: FileOutcome): void
  /** The second interrupt: nothing more is done. What exists, and what `run` was about to create. */
  abandoned(file: TestFile, run: TestRun, creating: readonly string[], leftovers: readonly Leftover[]): void
  suiteDone(outcome: SuiteOutcome): void
}

const order: readonly TestStatus[] = ['pending', 'skip', 'pass', 'fail', 'error']

/** The worse of two. */
export function worseStatus(a: TestStatus, b: TestStatus): TestStatus {
  return order.indexOf(a) >= order.indexOf(b) ? a : b
}
