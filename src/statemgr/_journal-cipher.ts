import { randomBytes } from 'node:crypto'
import { decryptGcm, encryptGcm, type Seal } from '../encryption/index.ts'
import { stateError } from './state-manager.ts'

/** Encrypts the records of one journal with a key of its own, which lies in it sealed: a record must not wait for what a seal may ask. */
export interface JournalCipher {
  /** Base64. */
  readonly sealedKey: string
  encrypt(text: string): string
  /** Undefined for what was not encrypted with this key. */
  decrypt(text: string): string | undefined
}

export async function newJournalCipher(seal: Seal): Promise<JournalCipher> {
  const key = randomBytes(32)
  return cipherWith(key, (await seal.seal(key)).toString('base64'))
}

/** @throws DiagnosticError when the key cannot be had */
export async function openJournalCipher(sealedKey: string, seal: Seal | undefined, path: string): Promise<JournalCipher> {
  if (seal === undefined) {
    throw stateError(
      'Encrypted journal',
      `${path} was written by a run with an encrypted state, which did not end. It holds results that the state does not have yet, and can be read only with the encryption that the run was configured with.`,
    )
  }
  const { plain } = await seal.open(Buffer.from(sealedKey, 'base64'))
  return cipherWith(plain, sealedKey)
}

function cipherWith(key: Uint8Array, sealedKey: string): JournalCipher {
  return {
    sealedKey,
    encrypt: (text) => encryptGcm(key, Buffer.from(text)).toString('base64'),
    decrypt: (text) => decryptGcm(key, Buffer.from(text, 'base64'))?.toString('utf8'),
  }
}
