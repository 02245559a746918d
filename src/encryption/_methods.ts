import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { EncryptionError } from './_error.ts'
import type { KeyMeta, KeyProvider } from './_key-providers.ts'
import { askProgram, programBytes, type RunProgram } from './_programs.ts'

/** A way to encrypt. Both throw EncryptionError. */
export interface Method {
  /** `method.aes_gcm.main`. */
  readonly name: string
  encrypt(plain: Uint8Array): Promise<{ readonly data: Buffer; readonly meta: KeyMeta }>
  decrypt(data: Buffer, meta: KeyMeta): Promise<Buffer>
}

/** Leaves data as it is, for the time in which encryption is introduced or given up. */
export interface Unencrypted {
  readonly name: string
  readonly encrypt: undefined
}

const nonceLength = 12
const tagLength = 16

/** AES-GCM: a nonce of 12 bytes, the encrypted data and a tag of 16 bytes, one behind the other. The length of the key chooses the cipher. */
export function aesGcm(name: string, keys: KeyProvider, additional: Buffer): Method {
  return {
    name,
    async encrypt(plain) {
      const { key, meta } = await keys.newKey()
      const nonce = randomBytes(nonceLength)
      const cipher = createCipheriv(cipherFor(key), key, nonce, { authTagLength: tagLength })
      cipher.setAAD(additional)
      return { data: Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]), meta }
    },
    async decrypt(data, meta) {
      const key = await keys.keyFor(meta)
      if (data.length < nonceLength + tagLength) throw new EncryptionError('the encrypted data is too short')
      const decipher = createDecipheriv(cipherFor(key), key, data.subarray(0, nonceLength), { authTagLength: tagLength })
      decipher.setAAD(additional)
      decipher.setAuthTag(data.subarray(data.length - tagLength))
      try {
        return Buffer.concat([decipher.update(data.subarray(nonceLength, data.length - tagLength)), decipher.final()])
      } catch {
        throw new EncryptionError('the key does not fit, or the data was changed')
      }
    },
  }
}

function cipherFor(key: Buffer): 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm' {
  switch (key.length) {
    case 16:
      return 'aes-128-gcm'
    case 24:
      return 'aes-192-gcm'
    case 32:
      return 'aes-256-gcm'
    default:
      throw new EncryptionError(`the key has ${key.length} bytes, and aes_gcm wants 16, 24 or 32`)
  }
}

const magic = 'OpenTofu-External-Encryption-Method'

/** Encryption by programs of the user, with a key or without. */
export function externalMethod(
  name: string,
  commands: { readonly encrypt: readonly string[]; readonly decrypt: readonly string[] },
  keys: KeyProvider | undefined,
  run: RunProgram,
): Method {
  const ask = async (command: readonly string[], payload: Uint8Array, key: Buffer | undefined): Promise<Buffer> => {
    const input = { payload: Buffer.from(payload).toString('base64'), ...(key === undefined ? {} : { key: key.toString('base64') }) }
    return programBytes((await askProgram(run, command, magic, input)).payload, '"payload"')
  }
  return {
    name,
    async encrypt(plain) {
      const made = await keys?.newKey()
      return { data: await ask(commands.encrypt, plain, made?.key), meta: made?.meta ?? new Map() }
    },
    decrypt: async (data, meta) => ask(commands.decrypt, data, await keys?.keyFor(meta)),
  }
}
