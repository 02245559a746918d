import { EncryptionError } from './_error.ts'
import type { KeyMeta, KeyProvider } from './_key-providers.ts'
import { askProgram, programBytes, type RunProgram } from './_programs.ts'
import { decryptGcm, encryptGcm, isAesKey } from './gcm.ts'

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

/** AES-GCM, laid out as `encryptGcm` says. The length of the key chooses the cipher. */
export function aesGcm(name: string, keys: KeyProvider, additional: Buffer): Method {
  return {
    name,
    async encrypt(plain) {
      const { key, meta } = await keys.newKey()
      return { data: encryptGcm(checked(key), plain, additional), meta }
    },
    async decrypt(data, meta) {
      const plain = decryptGcm(checked(await keys.keyFor(meta)), data, additional)
      if (plain === undefined) throw new EncryptionError('the key does not fit, or the data was changed')
      return plain
    },
  }
}

function checked(key: Buffer): Buffer {
  if (!isAesKey(key)) throw new EncryptionError(`the key has ${key.length} bytes, and aes_gcm wants 16, 24 or 32`)
  return key
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
