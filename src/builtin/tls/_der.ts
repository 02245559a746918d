/** Tags of ASN.1 as they occur in keys and certificates. */
export const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  printable: 0x13,
  ia5: 0x16,
  sequence: 0x30,
  set: 0x31,
} as const

/** One element: tag, length, contents. @see X.690, section 8 */
export function der(tagNumber: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const size: number[] = []
  for (let left = length; left > 0; left = Math.floor(left / 256)) size.unshift(left % 256)
  const head = length < 0x80 ? [length] : [0x80 | size.length, ...size]
  return Buffer.concat([Buffer.from([tagNumber, ...head]), content])
}

export function sequence(...contents: readonly Uint8Array[]): Buffer {
  return der(tag.sequence, ...contents)
}

/** A context-specific tag around an element. */
export function explicit(number: number, ...contents: readonly Uint8Array[]): Buffer {
  return der(0xa0 | number, ...contents)
}

/** A non-negative number. */
export function integer(value: bigint | number): Buffer {
  let hex = BigInt(value).toString(16)
  if (hex.length % 2 === 1) hex = `0${hex}`
  if (Number.parseInt(hex.slice(0, 2), 16) >= 0x80) hex = `00${hex}`
  return der(tag.integer, Buffer.from(hex, 'hex'))
}

export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const part of rest) {
    const groups = [part % 128]
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left % 128) | 0x80)
    bytes.push(...groups)
  }
  return der(tag.oid, Buffer.from(bytes))
}

export function bitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return der(tag.bitString, Buffer.from([unusedBits]), bytes)
}

export function octetString(bytes: Uint8Array): Buffer {
  return der(tag.octetString, bytes)
}

export const trueValue: Buffer = der(tag.boolean, Buffer.from([0xff]))

/** UTCTime until 2049, GeneralizedTime from 2050 on (RFC 5280, 4.1.2.5). */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]/g, '').slice(0, 14)
  return date.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(`${digits.slice(2)}Z`)) : der(0x18, Buffer.from(`${digits}Z`))
}

/** An element as it was read; `bytes` is all of it, `content` without tag and length. */
export interface Element {
  readonly tag: number
  readonly content: Buffer
  readonly bytes: Buffer
}

/** The elements that follow each other in some bytes. @throws Error when they are damaged. */
export function readElements(bytes: Buffer): Element[] {
  const found: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const start = at
    const tagNumber = bytes[at++]!
    let length = bytes[at++] ?? damaged()
    if (length >= 0x80) {
      const count = length & 0x7f
      if (count === 0 || count > 4) damaged()
      length = bytes.subarray(at, at + count).reduce((n, b) => n * 256 + b, 0)
      at += count
    }
    if (at + length > bytes.length) damaged()
    found.push({ tag: tagNumber, content: bytes.subarray(at, at + length), bytes: bytes.subarray(start, at + length) })
    at += length
  }
  return found
}

/** The elements inside one element that is all of some bytes. */
export function readInside(bytes: Buffer): Element[] {
  const [only] = readElements(bytes)
  return only === undefined ? damaged() : readElements(only.content)
}

export function readOid(content: Buffer): string {
  const parts: number[] = []
  let value = 0
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f)
    if ((byte & 0x80) !== 0) continue
    if (parts.length === 0) {
      const first = Math.min(2, Math.floor(value / 40))
      parts.push(first, value - first * 40)
    } else parts.push(value)
    value = 0
  }
  return parts.join('.')
}

function damaged(): never {
  throw new Error('the ASN.1 structure is damaged')
}
