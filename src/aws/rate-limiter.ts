/** Where time comes from; tests hand in their own. */
export interface Clock {
  /** Milliseconds of a clock that never goes back. */
  now(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      const onAbort = (): void => {
        clearTimeout(timer)
        reject(signal!.reason as Error)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, ms)
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
}

const minRatePerSecond = 0.5
const backOff = 0.7
const recoveryPerSecond = 2
/** A rate this much above what was last measured no longer limits anything. */
const freeAbove = 3

/**
 * A token bucket shared by all callers of one account and service. It lets everything pass until the service throttles for the
 * first time; then callers get tokens at a part of the rate measured until then, and the rate grows again while all goes well.
 */
export class RateLimiter {
  readonly #clock: Clock
  /** Undefined: not limited. */
  #ratePerSecond: number | undefined
  #tokens = 1
  #refilledAt = 0
  #windowStart = 0
  #windowCount = 0
  #measured = 0

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
    this.#windowStart = clock.now()
  }

  get ratePerSecond(): number | undefined {
    return this.#ratePerSecond
  }

  /** Resolves when the caller may send one request. Tokens can be owed, so that callers queue in the order they came. */
  async acquire(signal?: AbortSignal): Promise<void> {
    this.#measure()
    if (this.#ratePerSecond === undefined) return
    this.#refill()
    this.#tokens -= 1
    if (this.#tokens >= 0) return
    await this.#clock.sleep((-this.#tokens / this.#ratePerSecond) * 1000, signal)
  }

  throttled(): void {
    this.#refill()
    const known = Math.max(this.#measured, minRatePerSecond)
    const rate = this.#ratePerSecond === undefined ? known : Math.min(this.#ratePerSecond, known)
    this.#ratePerSecond = Math.max(minRatePerSecond, rate * backOff)
    this.#tokens = Math.min(this.#tokens, 0)
  }

  /** To be called for every answer that is no throttle. */
  succeeded(): void {
    if (this.#ratePerSecond === undefined) return
    this.#refill()
    if (this.#ratePerSecond > Math.max(this.#measured, minRatePerSecond) * freeAbove) this.#ratePerSecond = undefined
  }

  #refill(): void {
    const now = this.#clock.now()
    const seconds = Math.max(0, now - this.#refilledAt) / 1000
    this.#refilledAt = now
    if (this.#ratePerSecond === undefined) return
    this.#tokens = Math.min(Math.max(1, this.#ratePerSecond), this.#tokens + seconds * this.#ratePerSecond)
    this.#ratePerSecond += Math.min(seconds, 1) * recoveryPerSecond
  }

  /** Requests per second over windows of half a second, smoothed. */
  #measure(): void {
    this.#windowCount++
    const now = this.#clock.now()
    const elapsed = now - this.#windowStart
    if (elapsed < 500) return
    const current = (this.#windowCount * 1000) / elapsed
    this.#measured = this.#measured === 0 ? current : this.#measured * 0.2 + current * 0.8
    this.#windowStart = now
    this.#windowCount = 0
  }
}
