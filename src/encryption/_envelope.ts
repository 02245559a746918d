import { EncryptionError } from './_error.ts'
import type { SealHeader } from './seal.ts'

/**
 * Encrypted data with what its key providers need to make the key again, by their names:
 *
 *     {"serial":7,"lineage":"...","meta":{"key_provider.pbkdf2.NAME":"BASE64"},"encrypted_data":"BASE64","encryption_version":"v0"}
 *
 * `serial` and `lineage` are there for states only.
 */
export interface Envelope {
  readonly header: SealHeader
  readonly meta: ReadonlyMap<string, Buffer>
  readonly data: Buffer
}

const version = 'v0'

export function writeEnvelope({ header, meta, data }: Envelope): Buffer {
  return Buffer.from(
    JSON.stringify({
      ...header,
      meta: Object.fromEntries([...meta].map(([name, bytes]) => [name, bytes.toString('base64')])),
      encrypted_data: data.toString('base64'),
      encryption_version: version,
    }),
  )
}

/** Undefined for what is no envelope. @throws EncryptionError for one of another version */
export function readEnvelope(bytes: Uint8Array): Envelope | undefined {
  let document: Record<string, unknown>
  try {
    document = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')) as Record<string, unknown>
  } catch {
    return undefined
  }
  const { meta, encrypted_data: data, encryption_version: found, ...header } = document
  if (typeof data !== 'string' || typeof found !== 'string') return undefined
  if (found !== version) throw new EncryptionError(`it has the encryption version ${JSON.stringify(found)}, and only "${version}" is known`)
  const entries = typeof meta === 'object' && meta !== null ? Object.entries(meta as Record<string, unknown>) : []
  return {
    header: Object.fromEntries(Object.entries(header).filter(([, v]) => typeof v === 'string' || typeof v === 'number')) as SealHeader,
    meta: new Map(entries.map(([name, text]) => [name, Buffer.from(String(text), 'base64')])),
    data: Buffer.from(data, 'base64'),
  }
}
