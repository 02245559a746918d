import { CtyError } from '../errors.ts'

/** A msgpack item; arrays and maps only announce how many items (or pairs of items) follow. */
export type Token =
  | { readonly kind: 'nil' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'integer'; readonly value: number | bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly bytes: Uint8Array }
  | { readonly kind: 'binary'; readonly bytes: Uint8Array }
  | { readonly kind: 'array'; readonly length: number }
  | { readonly kind: 'map'; readonly length: number }
  | { readonly kind: 'extension'; readonly type: number; readonly bytes: Uint8Array }

const nil: Token = { kind: 'nil' }
const yes: Token = { kind: 'bool', value: true }
const no: Token = { kind: 'bool', value: false }

/** Text of a string item; what is not UTF-8 becomes the replacement character. */
export function decodeUtf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

/**
 * Reads msgpack items one after the other. No private names: every item of every value comes by here.
 *
 * @throws CtyError when the bytes end early or are no msgpack.
 */
export class MsgpackReader {
  private readonly bytes: Buffer
  private offset = 0

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get atEnd(): boolean {
    return this.offset === this.bytes.length
  }

  /** Passes over a nil, if that is next. */
  tryNil(): boolean {
    if (this.bytes[this.offset] !== 0xc0) return false
    this.offset++
    return true
  }

  /** Passes over this key, if that is next: a text of at most 31 characters, all of them ASCII. */
  tryKey(name: string): boolean {
    const { length } = name
    const { bytes, offset } = this
    if (length > 31 || bytes[offset] !== (0xa0 | length)) return false
    for (let i = 0; i < length; i++) if (bytes[offset + 1 + i] !== name.charCodeAt(i)) return false
    this.offset = offset + 1 + length
    return true
  }

  /** The next item, if it is a string. */
  tryString(): string | undefined {
    const code = this.bytes[this.offset]!
    let length: number
    if (code >= 0xa0 && code < 0xc0) {
      this.offset++
      length = code & 0x1f
    } else if (code >= 0xd9 && code <= 0xdb) {
      this.offset++
      length = this.uint(1 << (code - 0xd9))
    } else return undefined
    const at = this.advance(length)
    return this.bytes.toString('utf8', at, at + length)
  }

  next(): Token {
    const code = this.uint(1)
    if (code < 0x80) return { kind: 'integer', value: code }
    if (code < 0x90) return { kind: 'map', length: code & 0x0f }
    if (code < 0xa0) return { kind: 'array', length: code & 0x0f }
    if (code < 0xc0) return { kind: 'string', bytes: this.take(code & 0x1f) }
    if (code >= 0xe0) return { kind: 'integer', value: code - 0x100 }
    switch (code) {
      case 0xc0:
        return nil
      case 0xc2:
        return no
      case 0xc3:
        return yes
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return { kind: 'binary', bytes: this.take(this.uint(1 << (code - 0xc4))) }
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.extension(this.uint(1 << (code - 0xc7)))
      case 0xca:
        return { kind: 'float', value: this.bytes.readFloatBE(this.advance(4)) }
      case 0xcb:
        return { kind: 'float', value: this.bytes.readDoubleBE(this.advance(8)) }
      case 0xcc:
      case 0xcd:
      case 0xce:
        return { kind: 'integer', value: this.uint(1 << (code - 0xcc)) }
      case 0xcf:
        return { kind: 'integer', value: this.bytes.readBigUInt64BE(this.advance(8)) }
      case 0xd0:
        return { kind: 'integer', value: this.bytes.readInt8(this.advance(1)) }
      case 0xd1:
        return { kind: 'integer', value: this.bytes.readInt16BE(this.advance(2)) }
      case 0xd2:
        return { kind: 'integer', value: this.bytes.readInt32BE(this.advance(4)) }
      case 0xd3:
        return { kind: 'integer', value: this.bytes.readBigInt64BE(this.advance(8)) }
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.extension(1 << (code - 0xd4))
      case 0xd9:
      case 0xda:
      case 0xdb:
        return { kind: 'string', bytes: this.take(this.uint(1 << (code - 0xd9))) }
      case 0xdc:
      case 0xdd:
        return { kind: 'array', length: this.uint(2 << (code - 0xdc)) }
      case 0xde:
      case 0xdf:
        return { kind: 'map', length: this.uint(2 << (code - 0xde)) }
      default:
        throw new CtyError(`invalid msgpack code 0x${code.toString(16)}`)
    }
  }

  private extension(length: number): Token {
    const type = this.bytes.readInt8(this.advance(1))
    return { kind: 'extension', type, bytes: this.take(length) }
  }

  private uint(size: number): number {
    const at = this.advance(size)
    return size === 1 ? this.bytes[at]! : this.bytes.readUIntBE(at, size)
  }

  private take(length: number): Uint8Array {
    const at = this.advance(length)
    return this.bytes.subarray(at, at + length)
  }

  private advance(size: number): number {
    const at = this.offset
    if (at + size > this.bytes.length) throw new CtyError('unexpected end of msgpack data')
    this.offset = at + size
    return at
  }
}
