/** Concise Binary Object Representation, as far as Smithy's RPC protocol uses it. @see https://www.rfc-editor.org/rfc/rfc8949 */

const UNSIGNED = 0
const NEGATIVE = 1
const BYTES = 2
const TEXT = 3
const ARRAY = 4
const MAP = 5
const TAG = 6
const SIMPLE = 7
const EPOCH_TIME = 1
const BREAK = 0xff

export type CborValue =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Date
  | readonly CborValue[]
  | { readonly [name: string]: CborValue }

/** Bytes that are no CBOR. */
export class CborError extends Error {
  override readonly name = 'CborError'
}

/** Absent members of objects are left out; dates are written as times since the epoch. */
export function encodeCbor(value: CborValue): Uint8Array {
  const parts: Buffer[] = []
  writeValue(value, parts)
  return Buffer.concat(parts)
}

function writeValue(value: CborValue, parts: Buffer[]): void {
  if (value === null || value === undefined) parts.push(Buffer.from([0xf6]))
  else if (typeof value === 'boolean') parts.push(Buffer.from([value ? 0xf5 : 0xf4]))
  else if (typeof value === 'number' || typeof value === 'bigint') writeNumber(value, parts)
  else if (typeof value === 'string') {
    const text = Buffer.from(value)
    parts.push(head(TEXT, text.length), text)
  } else if (value instanceof Uint8Array) parts.push(head(BYTES, value.length), Buffer.from(value))
  else if (value instanceof Date) {
    parts.push(head(TAG, EPOCH_TIME))
    writeNumber(value.getTime() / 1000, parts)
  } else if (Array.isArray(value)) {
    parts.push(head(ARRAY, value.length))
    for (const item of value as readonly CborValue[]) writeValue(item, parts)
  } else {
    const entries = Object.entries(value).filter(([, member]) => member !== undefined)
    parts.push(head(MAP, entries.length))
    for (const [key, member] of entries) {
      writeValue(key, parts)
      writeValue(member, parts)
    }
  }
}

function writeNumber(value: number | bigint, parts: Buffer[]): void {
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) {
    parts.push(value < 0 ? head(NEGATIVE, typeof value === 'bigint' ? -1n - value : -1 - value) : head(UNSIGNED, value))
    return
  }
  const float = Buffer.alloc(9)
  float[0] = 0xfb
  float.writeDoubleBE(value, 1)
  parts.push(float)
}

function head(major: number, argument: number | bigint): Buffer {
  const first = major << 5
  if (argument < 24) return Buffer.from([first | Number(argument)])
  if (argument < 0x100) return Buffer.from([first | 24, Number(argument)])
  const bytes = Buffer.alloc(9)
  if (argument < 0x10000) {
    bytes[0] = first | 25
    bytes.writeUInt16BE(Number(argument), 1)
    return bytes.subarray(0, 3)
  }
  if (argument < 0x100000000) {
    bytes[0] = first | 26
    bytes.writeUInt32BE(Number(argument), 1)
    return bytes.subarray(0, 5)
  }
  bytes[0] = first | 27
  bytes.writeBigUInt64BE(BigInt(argument), 1)
  return bytes
}

const MAX_DEPTH = 200

/** @throws CborError for bytes that are cut off, go on after their end or nest too deeply */
export function decodeCbor(bytes: Uint8Array): CborValue {
  const reader = new Reader(bytes)
  const value = reader.value(0)
  if (!reader.isAtEnd) throw new CborError('There are bytes after the end of the value.')
  return value
}

class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  value(depth: number): CborValue {
    if (depth > MAX_DEPTH) throw new CborError('The value nests too deeply.')
    const first = this.#take(1)[0]!
    const major = first >> 5
    const info = first & 31
    if (major === SIMPLE) return this.#simple(info)
    if (info === 31) return this.#indefinite(major, depth)
    const argument = this.#argument(info)
    switch (major) {
      case UNSIGNED:
        return argument
      case NEGATIVE:
        return typeof argument === 'bigint' ? -1n - argument : -1 - argument
      case BYTES:
        return new Uint8Array(this.#take(Number(argument)))
      case TEXT:
        return this.#take(Number(argument)).toString('utf8')
      case ARRAY: {
        const items: CborValue[] = []
        for (let i = 0; i < Number(argument); i++) items.push(this.value(depth + 1))
        return items
      }
      case MAP: {
        const object: Record<string, CborValue> = {}
        for (let i = 0; i < Number(argument); i++) this.#entry(object, depth)
        return object
      }
      default: {
        const tagged = this.value(depth + 1)
        return argument === EPOCH_TIME && (typeof tagged === 'number' || typeof tagged === 'bigint')
          ? new Date(Number(tagged) * 1000)
          : tagged
      }
    }
  }

  #entry(object: Record<string, CborValue>, depth: number): void {
    const key = this.value(depth + 1)
    if (typeof key !== 'string') throw new CborError('A key is no text.')
    const value = this.value(depth + 1)
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  }

  #indefinite(major: number, depth: number): CborValue {
    const items: CborValue[] = []
    const object: Record<string, CborValue> = {}
    while (this.#bytes[this.#at] !== BREAK) {
      if (this.isAtEnd) throw new CborError('The bytes are cut off.')
      if (major === MAP) this.#entry(object, depth)
      else items.push(this.value(depth + 1))
    }
    this.#at++
    if (major === MAP) return object
    if (major === ARRAY) return items
    if (major === TEXT) return items.join('')
    if (major === BYTES) return new Uint8Array(Buffer.concat(items as Uint8Array[]))
    throw new CborError('A length is missing.')
  }

  #simple(info: number): CborValue {
    switch (info) {
      case 20:
        return false
      case 21:
        return true
      case 22:
        return null
      case 23:
        return undefined
      case 25:
        return halfToNumber(this.#take(2).readUInt16BE())
      case 26:
        return this.#take(4).readFloatBE()
      case 27:
        return this.#take(8).readDoubleBE()
      default:
        throw new CborError(`The simple value ${info} has no meaning.`)
    }
  }

  #argument(info: number): number | bigint {
    if (info < 24) return info
    if (info === 24) return this.#take(1).readUInt8()
    if (info === 25) return this.#take(2).readUInt16BE()
    if (info === 26) return this.#take(4).readUInt32BE()
    if (info !== 27) throw new CborError('A length of a form that is reserved.')
    const wide = this.#take(8).readBigUInt64BE()
    return wide <= Number.MAX_SAFE_INTEGER ? Number(wide) : wide
  }

  #take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw new CborError('The bytes are cut off.')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
}

function halfToNumber(bits: number): number {
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  const magnitude =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent === 31
        ? fraction === 0
          ? Number.POSITIVE_INFINITY
          : Number.NaN
        : (1 + fraction / 1024) * 2 ** (exponent - 15)
  return bits & 0x8000 ? -magnitude : magnitude
}
