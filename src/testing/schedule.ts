import { traversals } from '../hcl/index.ts'
import type { TestFile, TestRun } from './test-file.ts'

/**
 * Which earlier runs each run of a file waits for, by index: those it names, those on the same state, and all of them where one of the two is not
 * `parallel`.
 *
 * @param keyOf the state a run works on.
 */
export function waitsOf(file: TestFile, keyOf: (run: TestRun) => string): readonly (readonly number[])[] {
  return file.runs.map((run, i) => {
    const named = namedRuns(run)
    return file.runs.slice(0, i).flatMap((earlier, j) => {
      const apart = run.parallel && earlier.parallel && keyOf(run) !== keyOf(earlier) && !named.has(earlier.name)
      return apart ? [] : [j]
    })
  })
}

function namedRuns(run: TestRun): ReadonlySet<string> {
  const exprs = [...[...run.variables.values()].map((a) => a.expr), ...run.asserts.flatMap((a) => [a.condition, a.errorMessage])]
  const names = new Set<string>()
  for (const { root, steps } of exprs.flatMap((expr) => traversals(expr))) {
    const [step] = steps
    if (root === 'run' && step?.kind === 'attr') names.add(step.name)
  }
  return names
}

/** Does work for each index once all it waits for is done; at most `limit` at a time. */
export async function inOrder(waits: readonly (readonly number[])[], limit: number, work: (index: number) => Promise<void>): Promise<void> {
  const done: Promise<void>[] = []
  let running = 0
  const queue: (() => void)[] = []
  const slot = async (): Promise<void> => {
    if (running >= limit) await new Promise<void>((resolve) => queue.push(resolve))
    running++
  }
  for (const [i, before] of waits.entries()) {
    done.push(
      Promise.all(before.map((j) => done[j]!)).then(async () => {
        await slot()
        try {
          await work(i)
        } finally {
          running--
          queue.shift()?.()
        }
      }),
    )
  }
  await Promise.all(done)
}
