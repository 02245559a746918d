import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { KeyRow } from './_rows.ts'

/**
 * Laid out as: 1 byte version, 2 bytes length of the ARN, the ARN of the key, 12 bytes nonce, 16 bytes tag, AES-256-GCM of the plain text. To clients it is opaque.
 */
const version = 1
const nonceBytes = 12
const tagBytes = 16

export type EncryptionContext = Readonly<Record<string, string>>

export function sealBlob(key: KeyRow, plain: Uint8Array, context: EncryptionContext, nonce: Uint8Array): Uint8Array {
  const iv = nonce.subarray(0, nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key.material, 'base64'), iv)
  cipher.setAAD(contextBytes(context))
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
  const arn = Buffer.from(key.arn)
  const head = Buffer.alloc(3)
  head.writeUInt8(version)
  head.writeUInt16BE(arn.length, 1)
  return Buffer.concat([head, arn, iv, cipher.getAuthTag(), sealed])
}

/** The ARN of the key that a blob was made with; undefined for bytes that are no blob. */
export function keyArnOf(blob: Uint8Array): string | undefined {
  const bytes = Buffer.from(blob)
  if (bytes.length < 3 || bytes[0] !== version) return undefined
  const end = 3 + bytes.readUInt16BE(1)
  return bytes.length < end + nonceBytes + tagBytes ? undefined : bytes.toString('utf8', 3, end)
}

/** Undefined when the blob, the key and the context do not belong together. */
export function openBlob(key: KeyRow, blob: Uint8Array, context: EncryptionContext): Uint8Array | undefined {
  const bytes = Buffer.from(blob)
  const start = 3 + bytes.readUInt16BE(1)
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(key.material, 'base64'), bytes.subarray(start, start + nonceBytes))
  decipher.setAAD(contextBytes(context))
  decipher.setAuthTag(bytes.subarray(start + nonceBytes, start + nonceBytes + tagBytes))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(start + nonceBytes + tagBytes)), decipher.final()])
  } catch {
    return undefined
  }
}

function contextBytes(context: EncryptionContext): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))))
}
