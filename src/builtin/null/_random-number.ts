import { randomBytes } from 'node:crypto'

/** A number of 63 bits as text, the form of the ids of this provider. */
export function randomNumber(): string {
  return (randomBytes(8).readBigUInt64BE() >> 1n).toString()
}
