import { pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { EncryptionError } from './_error.ts'
import { askProgram, programBytes, type RunProgram } from './_programs.ts'

/** What key providers have to remember about the key of some data, by the names that it is stored under. */
export type KeyMeta = ReadonlyMap<string, Buffer>

/** Where keys come from. Both throw EncryptionError. */
export interface KeyProvider {
  /** A key for new data; the same whenever it is asked for in one run. */
  newKey(): Promise<{ readonly key: Buffer; readonly meta: KeyMeta }>
  /** The key that data was encrypted with. */
  keyFor(meta: KeyMeta): Promise<Buffer>
}

export interface Pbkdf2Options {
  /** The passphrase, or the provider whose key is taken for one. */
  readonly passphrase: string | KeyProvider
  readonly keyLength: number
  readonly iterations: number
  readonly hash: 'sha256' | 'sha512'
  readonly saltLength: number
}

interface Derivation {
  readonly salt: Buffer
  readonly iterations: number
  readonly hash: string
  readonly keyLength: number
}

const derive = promisify(pbkdf2)
/** What a stored document may ask for: derivation takes time, and nobody has vouched for the document. */
const mostIterations = 100_000_000
const longestKey = 1 << 16

/** Keys from a passphrase. Metadata: `{"salt":"BASE64","iterations":600000,"hash_function":"sha512","key_length":32}`. */
export function pbkdf2Provider(name: string, options: Pbkdf2Options): KeyProvider {
  const { passphrase, keyLength, iterations, hash } = options
  const known = new Map<string, Promise<Buffer>>()
  const keyOf = (phrase: string | Buffer, how: Derivation): Promise<Buffer> => {
    const text = JSON.stringify([how.salt.toString('base64'), how.iterations, how.hash, how.keyLength, phrase.toString('base64')])
    let key = known.get(text)
    if (key === undefined) {
      key = derive(phrase, how.salt, how.iterations, how.keyLength, how.hash)
      known.set(text, key)
    }
    return key
  }
  const make = async (): Promise<{ key: Buffer; meta: KeyMeta }> => {
    const chained = typeof passphrase === 'string' ? { key: passphrase, meta: new Map<string, Buffer>() } : await passphrase.newKey()
    const how: Derivation = { salt: randomBytes(options.saltLength), iterations, hash, keyLength }
    const key = await keyOf(chained.key, how)
    return { key, meta: new Map([...chained.meta, [name, writeDerivation(how)]]) }
  }
  let made: ReturnType<typeof make> | undefined
  return {
    newKey: () => (made ??= make()),
    async keyFor(meta) {
      const how = readDerivation(meta.get(name), name)
      return keyOf(typeof passphrase === 'string' ? passphrase : await passphrase.keyFor(meta), how)
    },
  }
}

function writeDerivation({ salt, iterations, hash, keyLength }: Derivation): Buffer {
  return Buffer.from(JSON.stringify({ salt: salt.toString('base64'), iterations, hash_function: hash, key_length: keyLength }))
}

function readDerivation(bytes: Buffer | undefined, name: string): Derivation {
  const found = metaOf(bytes, name)
  const { salt, iterations, hash_function: hash, key_length: keyLength } = found
  const isCount = (n: unknown, most: number): n is number => Number.isInteger(n) && (n as number) > 0 && (n as number) <= most
  if (
    typeof salt !== 'string' ||
    !isCount(iterations, mostIterations) ||
    !isCount(keyLength, longestKey) ||
    (hash !== 'sha256' && hash !== 'sha512')
  )
    throw new EncryptionError(`what is stored for the key provider ${name} is not what pbkdf2 stores`)
  return { salt: Buffer.from(salt, 'base64'), iterations, hash, keyLength }
}

/** A provider that was renamed, or was not there when the data was encrypted, has nothing stored. */
export function metaOf(bytes: Buffer | undefined, name: string): Record<string, unknown> {
  if (bytes === undefined) throw new EncryptionError(`it was encrypted without the key provider ${name}`)
  try {
    const value = JSON.parse(bytes.toString('utf8')) as unknown
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw new EncryptionError(`what is stored for the key provider ${name} is no JSON object`)
}

const magic = 'OpenTofu-External-Key-Provider'

/** Keys from a program of the user. It gets what it gave for the data at hand, or null, and gives keys and what to store with new data. */
export function externalProvider(name: string, command: readonly string[], run: RunProgram): KeyProvider {
  const make = async (): Promise<{ key: Buffer; meta: KeyMeta }> => {
    const answer = await askProgram(run, command, magic, null)
    const { keys, meta } = answer as { keys?: Record<string, unknown> | null; meta?: unknown }
    const key = programBytes(keys?.encryption_key, '"encryption_key" in "keys"')
    return { key, meta: new Map([[name, Buffer.from(JSON.stringify(meta ?? {}))]]) }
  }
  let made: ReturnType<typeof make> | undefined
  return {
    newKey: () => (made ??= make()),
    async keyFor(meta) {
      const answer = await askProgram(run, command, magic, metaOf(meta.get(name), name))
      return programBytes((answer.keys as Record<string, unknown> | null | undefined)?.decryption_key, '"decryption_key" in "keys"')
    },
  }
}
