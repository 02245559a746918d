/** Why something could not be encrypted or decrypted; the message goes on a sentence and holds no secret. */
export class EncryptionError extends Error {
  override readonly name = 'EncryptionError'
}
