import type { MaybePromise } from './_steps.ts'

/** At most so many provider calls at the same time. A call that answers at once never waits for a turn or takes one. */
export class Limiter {
  private readonly limit: number
  private running = 0
  private queue: (() => void)[] = []
  private head = 0
  private draining = false

  constructor(limit: number) {
    this.limit = Math.max(1, limit)
  }

  run<T>(call: () => MaybePromise<T>): MaybePromise<T> {
    if (this.running < this.limit && this.head >= this.queue.length) return this.start(call)
    return new Promise<T>((resolve, reject) => {
      this.queue.push(() => {
        try {
          const answer = this.start(call)
          if (answer instanceof Promise) answer.then(resolve, reject)
          else resolve(answer)
        } catch (error) {
          reject(error)
        }
      })
      this.drain()
    })
  }

  private start<T>(call: () => MaybePromise<T>): MaybePromise<T> {
    const answer = call()
    if (!(answer instanceof Promise)) return answer
    this.running++
    const done = (): void => {
      this.running--
      this.drain()
    }
    answer.then(done, done)
    return answer
  }

  /** A loop rather than each call starting the next, since calls that answer at once would nest without end. */
  private drain(): void {
    if (this.draining) return
    this.draining = true
    while (this.head < this.queue.length && this.running < this.limit) this.queue[this.head++]!()
    if (this.head >= this.queue.length) {
      this.queue = []
      this.head = 0
    }
    this.draining = false
  }
}
