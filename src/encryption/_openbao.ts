import { EncryptionError } from './_error.ts'
import { type KeyMeta, type KeyProvider, metaOf } from './_key-providers.ts'

/** Sends JSON to a server. @returns status and body. @throws Error when there is no answer */
export type PostJson = (
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
) => Promise<{ readonly status: number; readonly text: string }>

export interface OpenBaoOptions {
  readonly address: string
  readonly token: string
  /** Where the transit engine is mounted, without slashes around it. */
  readonly path: string
  readonly keyName: string
  /** In bytes. */
  readonly keyLength: 16 | 32 | 64
  /** Has to be the same when the data is read. */
  readonly associatedData: string | undefined
}

/**
 * Data keys of the transit engine of OpenBao, which keeps the key that they are encrypted with. Metadata:
 * `{"ciphertext":"BASE64"}` with the text that the engine gave, such as `vault:v1:...`.
 *
 * @see https://openbao.org/api-docs/secret/transit
 */
export function openBaoProvider(name: string, options: OpenBaoOptions, post: PostJson): KeyProvider {
  const { address, token, path, keyName, keyLength, associatedData } = options
  const associated = associatedData === undefined ? {} : { associated_data: Buffer.from(associatedData).toString('base64') }
  const ask = async (operation: string, body: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> => {
    const url = `${address.replace(/\/+$/, '')}/v1/${path}/${operation}/${encodeURIComponent(keyName)}`
    let answer: Awaited<ReturnType<PostJson>>
    try {
      answer = await post(url, { ...body, ...associated }, token === '' ? {} : { 'x-vault-token': token })
    } catch (error) {
      throw new EncryptionError(`OpenBao at ${address} cannot be reached: ${(error as Error).message}`)
    }
    const document = parse(answer.text)
    if (answer.status !== 200) {
      const errors = Array.isArray(document?.errors) ? document.errors.filter((text) => typeof text === 'string').join('; ') : ''
      throw new EncryptionError(`OpenBao at ${address} answers ${answer.status}${errors === '' ? '' : `: ${errors}`}`)
    }
    const data = document?.data
    if (typeof data !== 'object' || data === null) throw new EncryptionError(`OpenBao at ${address} gave an answer without data`)
    return data as Record<string, unknown>
  }
  const make = async (): Promise<{ key: Buffer; meta: KeyMeta }> => {
    const { plaintext, ciphertext } = await ask('datakey/plaintext', { bits: keyLength * 8 })
    if (typeof ciphertext !== 'string') throw new EncryptionError(`OpenBao at ${address} gave a data key without its encrypted form`)
    const stored = JSON.stringify({ ciphertext: Buffer.from(ciphertext).toString('base64') })
    return { key: keyOf(plaintext, address), meta: new Map([[name, Buffer.from(stored)]]) }
  }
  let made: ReturnType<typeof make> | undefined
  const known = new Map<string, Promise<Buffer>>()
  return {
    newKey: () => (made ??= make()),
    keyFor(meta) {
      const { ciphertext } = metaOf(meta.get(name), name)
      if (typeof ciphertext !== 'string')
        throw new EncryptionError(`what is stored for the key provider ${name} is not what openbao stores`)
      const text = Buffer.from(ciphertext, 'base64').toString('utf8')
      let key = known.get(text)
      if (key === undefined) {
        key = ask('decrypt', { ciphertext: text }).then(({ plaintext }) => keyOf(plaintext, address))
        known.set(text, key)
      }
      return key
    },
  }
}

function keyOf(plaintext: unknown, address: string): Buffer {
  if (typeof plaintext !== 'string' || plaintext === '') throw new EncryptionError(`OpenBao at ${address} gave no key`)
  return Buffer.from(plaintext, 'base64')
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
