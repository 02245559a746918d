/** What stands beside encrypted data in clear. */
export type SealHeader = Readonly<Record<string, string | number>>

/** What was sealed, as it was before. */
export interface Opened {
  readonly plain: Uint8Array
  /** What stood beside it in clear; undefined when it was not encrypted. */
  readonly header: SealHeader | undefined
  /** It was not sealed as `seal` does it now, so it should be written again. */
  readonly outdated: boolean
}

/** How stored data is made unreadable to others. Both reject with a DiagnosticError. */
export interface Seal {
  seal(plain: Uint8Array, header?: SealHeader): Promise<Buffer>
  open(stored: Uint8Array): Promise<Opened>
}

/** Whether bytes are an envelope with encrypted data rather than a state or a plan, judged by their text alone. */
export function looksSealed(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7b && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('"encryption_version"')
}
