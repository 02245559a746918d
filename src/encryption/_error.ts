/** Why something could not be encrypted or decrypted; the message goes on a sentence and holds no secret. */
export class EncryptionError extends Error {
  override readonly name = 'EncryptionError'
  /** What to look at; whole sentences. */
  readonly remedy: string | undefined

  constructor(message: string, remedy?: string) {
    super(message)
    this.remedy = remedy
  }
}
