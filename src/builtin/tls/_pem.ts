/** A PEM text as Go writes it: lines of 64 characters, a newline at the end. */
export function toPem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.map((line) => `${line}\n`).join('')}-----END ${label}-----\n`
}

export interface PemBlock {
  readonly label: string
  readonly bytes: Buffer
}

/** All blocks of a text; what stands around them is passed over. */
export function readPem(text: string): PemBlock[] {
  const blocks = text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----\s+([A-Za-z0-9+/=\s]+?)-----END \1-----/g)
  return [...blocks].map(([, label, body]) => ({ label: label!, bytes: Buffer.from(body!, 'base64') }))
}
