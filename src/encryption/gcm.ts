import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const nonceLength = 12
const tagLength = 16
const algorithms = { 16: 'aes-128-gcm', 24: 'aes-192-gcm', 32: 'aes-256-gcm' } as const

const none = new Uint8Array()

/** Whether AES takes keys of this length, in bytes: 16, 24 and 32. */
export function isAesKey(key: Uint8Array): boolean {
  return key.length in algorithms
}

/**
 * AES in Galois/Counter Mode (NIST SP 800-38D): a new nonce of 12 bytes, the encrypted bytes and a tag of 16 bytes, one behind the other.
 * @param key of 16, 24 or 32 bytes
 * @param additional what has to be the same when it is decrypted
 */
export function encryptGcm(key: Uint8Array, plain: Uint8Array, additional: Uint8Array = none): Buffer {
  const nonce = randomBytes(nonceLength)
  const cipher = createCipheriv(algorithmFor(key), key, nonce, { authTagLength: tagLength })
  cipher.setAAD(additional)
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** The opposite. Undefined when the bytes are too few or were changed, or the key is another one. */
export function decryptGcm(key: Uint8Array, data: Uint8Array, additional: Uint8Array = none): Buffer | undefined {
  if (data.length < nonceLength + tagLength) return undefined
  const end = data.length - tagLength
  const decipher = createDecipheriv(algorithmFor(key), key, data.subarray(0, nonceLength), { authTagLength: tagLength })
  decipher.setAAD(additional)
  decipher.setAuthTag(data.subarray(end))
  try {
    return Buffer.concat([decipher.update(data.subarray(nonceLength, end)), decipher.final()])
  } catch {
    return undefined
  }
}

function algorithmFor(key: Uint8Array): (typeof algorithms)[keyof typeof algorithms] {
  return algorithms[key.length as keyof typeof algorithms]
}
