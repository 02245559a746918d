import { setTimeout as sleep } from 'node:timers/promises'
import { monotonicMs } from '../base/index.ts'
import type { LockInfo } from './lock-info.ts'
import { StateLockedError, type StateManager } from './state-manager.ts'

export interface LockOptions {
  /** How long to wait for somebody else's lock; 0 gives up at once. */
  readonly timeoutMs: number
  /** Called once when it takes longer than 400 ms. */
  readonly onWaiting?: () => void
  readonly signal?: AbortSignal
  /** For tests. */
  readonly now?: () => number
  readonly wait?: (ms: number) => Promise<unknown>
}

/**
 * Locks, trying again after 1 s, 2 s and so on up to every 16 s while somebody who is known by name holds the lock.
 * @throws StateLockedError of the last attempt.
 */
export async function lockWithTimeout(manager: StateManager, info: LockInfo, options: LockOptions): Promise<string> {
  const now = options.now ?? monotonicMs
  const wait = options.wait ?? ((ms: number) => sleep(ms, undefined, { signal: options.signal }))
  const slow = options.onWaiting === undefined ? undefined : setTimeout(options.onWaiting, 400)
  const deadline = now() + options.timeoutMs
  try {
    for (let delayMs = 1000; ; delayMs = Math.min(delayMs * 2, 16_000)) {
      try {
        return await manager.lock(info)
      } catch (error) {
        const leftMs = deadline - now()
        if (!(error instanceof StateLockedError) || !error.holder?.id || leftMs <= 0 || options.signal?.aborted) throw error
        await wait(Math.min(delayMs, leftMs)).catch((reason: unknown) => {
          // Who was stopped while waiting is told what was waited for.
          throw options.signal?.aborted ? error : reason
        })
      }
    }
  } finally {
    clearTimeout(slow)
  }
}
