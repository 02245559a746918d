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
