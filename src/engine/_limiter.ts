import type { MaybePromise } from './_steps.ts'

/** At most so many provider calls at the same time. A call that answers at once never waits for a turn or takes one. */
export class Limiter {
  readonly #limit: number
  #running = 0
  readonly #queue: (() => void)[] = []
  #head = 0

  constructor(limit: number) {
    this.#limit = Math.max(1, limit)
  }

  run<T>(call: () => MaybePromise<T>): MaybePromise<T> {
    if (this.#running < this.#limit) return this.#start(call)
    return new Promise<T>((resolve, reject) => {
      this.#queue.push(() => {
        try {
          const answer = this.#start(call)
          if (answer instanceof Promise) answer.then(resolve, reject)
          else {
            resolve(answer)
            this.#next()
          }
        } catch (error) {
          reject(error)
          this.#next()
        }
      })
    })
  }

  #start<T>(call: () => MaybePromise<T>): MaybePromise<T> {
    const answer = call()
    if (!(answer instanceof Promise)) return answer
    this.#running++
    return answer.finally(() => {
      this.#running--
      this.#next()
    })
  }

  #next(): void {
    if (this.#head >= this.#queue.length || this.#running >= this.#limit) return
    const start = this.#queue[this.#head]!
    this.#queue[this.#head++] = released
    if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue.splice(0, this.#head)
      this.#head = 0
    }
    start()
  }
}

function released(): void {}
