import type { ObjectStore, PutCondition } from '../../src/statemgr/index.ts'

/** An object store in memory that honours conditions as S3 does. `onPut` may fail a request before or after it took effect. */
export class FakeObjectStore implements ObjectStore {
  readonly objects = new Map<string, { body: Uint8Array; etag: string }>()
  readonly puts: { key: string; contentType: string; condition: PutCondition | undefined }[] = []
  onPut: ((key: string, moment: 'before' | 'after') => void) | undefined
  #version = 0

  async get(key: string) {
    return this.objects.get(key)
  }

  async put(key: string, body: Uint8Array, options: { contentType: string; condition?: PutCondition | undefined }) {
    this.onPut?.(key, 'before')
    const { condition } = options
    this.puts.push({ key, contentType: options.contentType, condition })
    const there = this.objects.get(key)
    if (condition?.kind === 'absent' && there !== undefined) return { stored: false } as const
    if (condition?.kind === 'matches' && there?.etag !== condition.etag) return { stored: false } as const
    const etag = `"${++this.#version}"`
    this.objects.set(key, { body: Uint8Array.from(body), etag })
    this.onPut?.(key, 'after')
    return { stored: true, etag } as const
  }

  async delete(key: string) {
    this.objects.delete(key)
  }

  async list(prefix: string) {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix))
  }
}
