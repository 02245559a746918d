import type { Arguments } from './_arguments.ts'
import { EncryptionError } from './_error.ts'
import { type KeyMeta, type KeyProvider, metaOf } from './_key-providers.ts'

/** What a service stores beside data, as JSON. */
export type StoredKey = Readonly<Record<string, string | null>>

/** A service that holds a key with which others are encrypted. Both throw EncryptionError. */
export interface KeyService {
  /** The type of the key provider. */
  readonly type: string
  make(): Promise<{ readonly key: Buffer; readonly stored: StoredKey }>
  /** @param stored what `make` gave once; undefined when it is of another shape */
  open(stored: Readonly<Record<string, unknown>>): Promise<Buffer> | undefined
}

/** Data keys that are stored beside the data in a form that only the service can read. Each is asked for once. */
export function wrappedKeys(name: string, service: KeyService): KeyProvider {
  const make = async (): Promise<{ key: Buffer; meta: KeyMeta }> => {
    const { key, stored } = await service.make()
    return { key, meta: new Map([[name, Buffer.from(JSON.stringify(stored))]]) }
  }
  let made: ReturnType<typeof make> | undefined
  const known = new Map<string, Promise<Buffer>>()
  return {
    newKey: () => (made ??= make()),
    async keyFor(meta) {
      const stored = metaOf(meta.get(name), name)
      const text = JSON.stringify(stored)
      let key = known.get(text)
      if (key === undefined) {
        key = service.open(stored)
        if (key === undefined) throw new EncryptionError(`what is stored for the key provider ${name} is not what ${service.type} stores`)
        known.set(text, key)
      }
      return key
    },
  }
}

const longestKey = 1024

/** The argument `key_length`: of the keys that are made here, in bytes. Undefined with errors. */
export function readKeyLength(args: Arguments): number | undefined {
  const length = args.number('key_length')
  if (length === undefined) {
    if (args.attribute('key_length') === undefined) args.missing('key_length')
  } else if (!Number.isInteger(length) || length < 1 || length > longestKey)
    args.problem(`The argument "key_length" must be a whole number from 1 to ${longestKey}.`, 'key_length')
  return length
}

/** Bytes of a text in base64; undefined for anything else. */
export function fromBase64(value: unknown): Buffer | undefined {
  return typeof value === 'string' && value !== '' && /^[A-Za-z0-9+/]*={0,2}$/.test(value) ? Buffer.from(value, 'base64') : undefined
}
