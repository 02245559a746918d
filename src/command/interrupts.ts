import type { StatePersister } from '../workdir/index.ts'
import type { OperationView } from './views/operation-view.ts'

/** Ctrl-C while something runs: the first one asks for a graceful end, the second one ends at once. */
export interface InterruptOptions {
  readonly onFirst: () => void
  readonly onSecond: () => Promise<void>
}

/**
 * Runs work under these rules.
 * @param work is handed the signal that is aborted by the first interrupt.
 */
export async function withInterrupts<T>(options: InterruptOptions, work: (stop: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const listener = (): void => {
    if (controller.signal.aborted) {
      void options.onSecond().finally(() => process.exit(1))
      return
    }
    options.onFirst()
    controller.abort()
  }
  process.on('SIGINT', listener)
  process.on('SIGTERM', listener)
  try {
    return await work(controller.signal)
  } finally {
    process.off('SIGINT', listener)
    process.off('SIGTERM', listener)
  }
}

/**
 * Runs what changes a state. The first interrupt lets operations that run come to their end, the second one ends at once; either way what has been done so far is
 * written down.
 *
 * @param work is handed the signal of the first interrupt, and tells by whom the state is written.
 */
export function withApplyInterrupts<T>(
  output: Pick<OperationView, 'interrupted' | 'interruptedAgain'>,
  work: (stop: AbortSignal, onPersister: (persister: StatePersister) => void) => Promise<T>,
): Promise<T> {
  let persister: StatePersister | undefined
  const interrupts = {
    onFirst() {
      output.interrupted()
      void persister?.hurry()
    },
    async onSecond() {
      output.interruptedAgain()
      await persister?.flush()
    },
  }
  return withInterrupts(interrupts, (stop) =>
    work(stop, (p) => {
      persister = p
    }),
  )
}
