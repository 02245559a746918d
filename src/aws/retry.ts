import { AwsError, classifyFailure } from './errors.ts'
import { type Clock, type RateLimiter, systemClock } from './rate-limiter.ts'

export interface RetryOptions {
  /** Further attempts after the first. */
  readonly maxRetries: number
  readonly limiter: RateLimiter
  readonly clock?: Clock
  /** From 0 to 1; Math.random when not given. */
  readonly random?: () => number
  readonly signal?: AbortSignal | undefined
}

const baseMs = { transient: 50, throttled: 500 } as const
const capMs = 20_000
/** Nobody answers: after about ten seconds that is no passing condition, but a wrong endpoint or a network that is down. */
const maxUnanswered = 8

/** Up to this long to wait before attempt `retry + 1`: doubling, with "full jitter" so that callers who failed together do not come back together. */
export function backoffMs(kind: 'transient' | 'throttled', retry: number, random: number): number {
  return Math.min(capMs, baseMs[kind] * 2 ** Math.min(retry, 20)) * random
}

/** Runs `attempt` until it succeeds, fails for good, or has failed too often. What it throws last is thrown. */
export async function withRetries<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { limiter, clock = systemClock, random = Math.random, signal } = options
  let unanswered = 0
  for (let retry = 0; ; retry++) {
    await limiter.acquire(signal)
    try {
      const result = await attempt()
      limiter.succeeded()
      return result
    } catch (error) {
      const kind = classifyFailure(error)
      if (kind === 'throttled') limiter.throttled()
      else limiter.succeeded()
      if (kind === 'lasting' || retry >= options.maxRetries || signal?.aborted) throw error
      if (error instanceof AwsError && error.statusCode === undefined && ++unanswered > maxUnanswered) throw error
      await clock.sleep(backoffMs(kind, retry, random()), signal)
    }
  }
}
