import type { Diagnostic } from '../diags/index.ts'
import type { ExpectedFailure } from './test-file.ts'

/** What is left of a run's diagnostics once what was expected to fail has failed. */
export interface Judged {
  readonly diags: readonly Diagnostic[]
  /** Addresses that were expected to fail and did. */
  readonly met: ReadonlySet<string>
  /** Errors that were expected, which have stopped the run all the same. */
  readonly stopping: readonly Diagnostic[]
}

/**
 * Takes away the failures of objects that were expected to fail. An object of a block stands for its block and the other way round. What
 * checks found, and other conditions that were only warned of, becomes an error where nobody expected it.
 */
export function judgeFailures(found: readonly Diagnostic[], expected: readonly ExpectedFailure[]): Judged {
  const addresses = new Set<string | undefined>(expected.map((e) => e.address))
  const met = new Set<string>()
  const diags: Diagnostic[] = []
  const stopping: Diagnostic[] = []
  for (const diagnostic of found) {
    const { failing } = diagnostic
    if (failing === undefined) {
      diags.push(diagnostic)
      continue
    }
    const address = [failing.object, failing.config].find((text) => addresses.has(text))
    if (address === undefined) {
      diags.push({ ...diagnostic, severity: 'error' })
      continue
    }
    met.add(address)
    if (diagnostic.severity === 'error') stopping.push(diagnostic)
  }
  return { diags, met, stopping }
}

/** The expectations that were not met, as diagnostics. */
export function missingFailures(expected: readonly ExpectedFailure[], met: ReadonlySet<string>): readonly Diagnostic[] {
  return expected
    .filter(({ address }) => address !== undefined && !met.has(address))
    .map(({ address, range }) => ({
      severity: 'error',
      summary: 'Missing expected failure',
      detail: `The checkable object, ${address}, was expected to report an error but did not.`,
      subject: range,
    }))
}

/** Expectations of things that have no conditions, as diagnostics. */
export function impossibleFailures(expected: readonly ExpectedFailure[]): readonly Diagnostic[] {
  return expected
    .filter(({ address }) => address === undefined)
    .map(({ text, range }) => ({
      severity: 'error',
      summary: 'Invalid `expect_failures` reference',
      detail: `You cannot expect failures from ${text}. You can only expect failures from checkable objects such as input variables, output values, check blocks, managed resources and data sources.`,
      subject: range,
    }))
}
