import { createHash } from 'node:crypto'

/** Bytes that depend on the sandbox's seed and on the words alone, so that a seeded sandbox gives the same ids again. */
export function seededBytes(seed: string, ...words: readonly (string | number)[]): Buffer {
  return createHash('sha256')
    .update([seed, ...words].join('\0'))
    .digest()
}

/** Such as `vpc-0a1b2c3d4e5f67890`: AWS's long form, 17 hexadecimal digits that begin with 0. */
export function hexId(prefix: string, bytes: Buffer): string {
  return `${prefix}-0${bytes.toString('hex').slice(0, 16)}`
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Such as `AKIA` and 16 characters, or `AROA` and 17. */
export function base32Id(prefix: string, bytes: Buffer, length: number): string {
  let text = prefix
  for (let i = 0; i < length; i++) text += BASE32[bytes[i % bytes.length]! & 31]
  return text
}
