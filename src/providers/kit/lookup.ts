interface Waiting<V> {
  readonly resolve: (value: V | undefined) => void
  readonly reject: (error: unknown) => void
}

interface Kept<V> {
  readonly answer: Promise<V | undefined>
  /** How often it will still be asked for. */
  left: number
}

/**
 * Finds objects by key with as few calls as possible. Keys that are asked for in the same turn of the event loop go into one call; keys
 * announced with `expect` go along with the first of them that is asked for, and their answers are kept for as many questions as were
 * announced.
 */
export class Lookup<V> {
  readonly #fetch: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>
  readonly #maxKeys: number
  /** Announced keys that no call was made for yet, and how often each was announced. */
  #expected = new Map<string, number>()
  readonly #kept = new Map<string, Kept<V>>()
  #queue = new Map<string, Waiting<V>[]>()

  /** @param fetch what exists of these keys; others are absent from its answer. */
  constructor(fetch: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>, maxKeys: number) {
    this.#fetch = fetch
    this.#maxKeys = maxKeys
  }

  /** Announces one question for a key. */
  expect(key: string): void {
    const kept = this.#kept.get(key)
    if (kept !== undefined) kept.left++
    else this.#expected.set(key, (this.#expected.get(key) ?? 0) + 1)
  }

  /** How many announced questions for a key are still to come. */
  announced(key: string): number {
    return this.#kept.get(key)?.left ?? this.#expected.get(key) ?? 0
  }

  /** Whether the answer to announced questions for a key is there or on its way. */
  isAsked(key: string): boolean {
    return this.#kept.has(key)
  }

  /** Undefined: there is no such object. */
  load(key: string): Promise<V | undefined> {
    if (this.#expected.has(key)) this.#takeExpected()
    const kept = this.#kept.get(key)
    if (kept === undefined) return this.#ask(key)
    if (--kept.left === 0) this.#kept.delete(key)
    return kept.answer
  }

  /** Announced keys and kept answers are void: something is about to change. */
  clear(): void {
    this.#expected.clear()
    this.#kept.clear()
  }

  #takeExpected(): void {
    for (const [key, left] of this.#expected) {
      const answer = this.#ask(key)
      // It may be that nobody ever asks: then a failure concerns nobody.
      answer.catch(() => {})
      this.#kept.set(key, { answer, left })
    }
    this.#expected = new Map()
  }

  #ask(key: string): Promise<V | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#queue.size === 0) setImmediate(() => this.#flush())
      const waiting = this.#queue.get(key)
      if (waiting === undefined) this.#queue.set(key, [{ resolve, reject }])
      else waiting.push({ resolve, reject })
    })
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
