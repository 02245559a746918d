interface Waiting<V> {
  readonly resolve: (value: V | undefined) => void
  readonly reject: (error: unknown) => void
}

/**
 * Finds objects by key with as few calls as possible. Keys that are asked for in the same turn of the event loop go into one call; keys
 * announced with `expect` go along with the first of them that is asked for, and their answers are kept until asked for, once.
 */
export class Lookup<V> {
  readonly #fetch: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>
  readonly #maxKeys: number
  #expected = new Set<string>()
  /** Answers of announced keys that nobody has asked for yet. */
  readonly #kept = new Map<string, Promise<V | undefined>>()
  #queue = new Map<string, Waiting<V>[]>()

  /** @param fetch what exists of these keys; others are absent from its answer. */
  constructor(fetch: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>, maxKeys: number) {
    this.#fetch = fetch
    this.#maxKeys = maxKeys
  }

  /** Announces keys that will be asked for soon. */
  expect(key: string): void {
    if (!this.#kept.has(key)) this.#expected.add(key)
  }

  /** Undefined: there is no such object. */
  load(key: string): Promise<V | undefined> {
    const kept = this.#kept.get(key)
    if (kept !== undefined) {
      this.#kept.delete(key)
      return kept
    }
    const wasExpected = this.#expected.delete(key)
    return new Promise((resolve, reject) => {
      if (this.#queue.size === 0) setImmediate(() => this.#flush())
      const waiting = this.#queue.get(key)
      if (waiting === undefined) this.#queue.set(key, [{ resolve, reject }])
      else waiting.push({ resolve, reject })
      if (wasExpected) this.#takeExpected()
    })
  }

  /** Announced keys and kept answers are void: something is about to change. */
  clear(): void {
    this.#expected.clear()
    this.#kept.clear()
  }

  #takeExpected(): void {
    for (const key of this.#expected) {
      if (this.#queue.has(key)) continue
      const answer = new Promise<V | undefined>((resolve, reject) => this.#queue.set(key, [{ resolve, reject }]))
      // It may be that nobody ever asks: then a failure concerns nobody.
      answer.catch(() => {})
      this.#kept.set(key, answer)
    }
    this.#expected = new Set()
  }

  #flush(): void {
    const queue = this.#queue
    this.#queue = new Map()
    const keys = [...queue.keys()]
    for (let i = 0; i < keys.length; i += this.#maxKeys) this.#answer(keys.slice(i, i + this.#maxKeys), queue)
  }

  #answer(keys: readonly string[], queue: ReadonlyMap<string, readonly Waiting<V>[]>): void {
    this.#fetch(keys).then(
      (found) => {
        for (const key of keys) for (const w of queue.get(key)!) w.resolve(found.get(key))
      },
      (error: unknown) => {
        for (const key of keys) for (const w of queue.get(key)!) w.reject(error)
      },
    )
  }
}
