/**
 * Work in steps of which some may have to wait. A generator runs through without suspending as long as nothing it waits for is a
 * promise, so that planning a resource whose provider answers at once costs no turn of the event loop.
 *
 * `const answer = yield* wait(provider.readResource(request))`
 */
export type Steps<T> = Generator<Promise<unknown>, T, unknown>

export type MaybePromise<T> = T | Promise<T>

export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return (
    value instanceof Promise || (typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function')
  )
}

export function* wait<T>(answer: MaybePromise<T>): Steps<T> {
  return isPromise(answer) ? ((yield answer) as T) : answer
}

/** Runs the steps to their end: the result itself when nothing had to wait. */
export function runSteps<T>(steps: Steps<T>): MaybePromise<T> {
  const first = steps.next()
  if (first.done === true) return first.value
  return continueSteps(steps, first.value)
}

async function continueSteps<T>(steps: Steps<T>, waiting: Promise<unknown>): Promise<T> {
  let next: IteratorResult<Promise<unknown>, T>
  let awaited: Promise<unknown> = waiting
  for (;;) {
    try {
      const answer = await awaited
      next = steps.next(answer)
    } catch (error) {
      next = steps.throw(error)
    }
    if (next.done === true) return next.value
    awaited = next.value
  }
}

/**
 * The rest of steps that have come to something to wait for. What is done for every instance starts its steps by hand and needs this
 * seldom: delegating by `yield*` takes half a microsecond even where they end at once.
 *
 *     const steps = planChange(...)
 *     const first = steps.next()
 *     const change = first.done === true ? first.value : yield* resume(steps, first.value)
 */
export function* resume<T>(steps: Steps<T>, waiting: Promise<unknown>): Steps<T> {
  let awaited = waiting
  for (;;) {
    let next: IteratorResult<Promise<unknown>, T>
    try {
      const answer = yield awaited
      next = steps.next(answer)
    } catch (error) {
      next = steps.throw(error)
    }
    if (next.done === true) return next.value
    awaited = next.value
  }
}

/** Starts all of them, so that their waiting overlaps, and gives the results in order. */
export function* runAll<T, R>(items: readonly T[], start: (item: T) => MaybePromise<R>): Steps<R[]> {
  const answers = items.map(start)
  if (!answers.some(isPromise)) return answers as R[]
  return (yield Promise.all(answers)) as R[]
}
