/** Waiting took longer than the operation's timeout. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError'
}

/** How long to wait between two looks at something that changes by itself. */
export interface Pace {
  readonly firstMs: number
  readonly maxMs: number
}

export interface WaitOptions {
  readonly pace: Pace
  /** On the clock of `Date.now()`. */
  readonly deadlineMs: number
  readonly signal: AbortSignal
  /** What is waited for, for the message: `the VPC to become available`. */
  readonly what: string
}

/** Calls `look` until it gives something other than undefined. What it throws ends the waiting. */
export async function waitUntil<T>(look: () => Promise<T | undefined>, options: WaitOptions): Promise<T> {
  let pauseMs = options.pace.firstMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() + pauseMs > options.deadlineMs) throw new TimeoutError(`timed out while waiting for ${options.what}`)
    await pause(pauseMs, options.signal)
    pauseMs = Math.min(options.pace.maxMs, pauseMs * 1.5)
  }
}

/** Repeats `work` while it fails with what `isPassing` recognises: AWS is not yet of one mind about something new or something gone. */
export async function retryWhile<T>(work: () => Promise<T>, isPassing: (error: unknown) => boolean, options: WaitOptions): Promise<T> {
  let pauseMs = options.pace.firstMs
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isPassing(error) || Date.now() + pauseMs > options.deadlineMs) throw error
    }
    await pause(pauseMs, options.signal)
    pauseMs = Math.min(options.pace.maxMs, pauseMs * 1.5)
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error)
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
