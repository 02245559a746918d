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

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Text of a string item; what is not UTF-8 becomes the replacement character. */
export function decodeUtf8(bytes: Uint8Array): string {
  return utf8.decode(bytes)
}

/** Reads msgpack items one after the other. @throws CtyError when the bytes end early or are no msgpack. */
export class MsgpackReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get atEnd(): boolean {
    return this.#offset === this.#bytes.length
  }

  next(): Token {
    const code = this.#uint(1)
    if (code < 0x80) return { kind: 'integer', value: code }
    if (code < 0x90) return { kind: 'map', length: code & 0x0f }
    if (code < 0xa0) return { kind: 'array', length: code & 0x0f }
    if (code < 0xc0) return { kind: 'string', bytes: this.#take(code & 0x1f) }
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
        return { kind: 'binary', bytes: this.#take(this.#uint(1 << (code - 0xc4))) }
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#extension(this.#uint(1 << (code - 0xc7)))
      case 0xca:
        return { kind: 'float', value: this.#view.getFloat32(this.#advance(4)) }
      case 0xcb:
        return { kind: 'float', value: this.#view.getFloat64(this.#advance(8)) }
      case 0xcc:
      case 0xcd:
      case 0xce:
        return { kind: 'integer', value: this.#uint(1 << (code - 0xcc)) }
      case 0xcf:
        return { kind: 'integer', value: this.#view.getBigUint64(this.#advance(8)) }
      case 0xd0:
        return { kind: 'integer', value: this.#view.getInt8(this.#advance(1)) }
      case 0xd1:
        return { kind: 'integer', value: this.#view.getInt16(this.#advance(2)) }
      case 0xd2:
        return { kind: 'integer', value: this.#view.getInt32(this.#advance(4)) }
      case 0xd3:
        return { kind: 'integer', value: this.#view.getBigInt64(this.#advance(8)) }
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (code - 0xd4))
      case 0xd9:
      case 0xda:
      case 0xdb:
        return { kind: 'string', bytes: this.#take(this.#uint(1 << (code - 0xd9))) }
      case 0xdc:
      case 0xdd:
        return { kind: 'array', length: this.#uint(2 << (code - 0xdc)) }
      case 0xde:
      case 0xdf:
        return { kind: 'map', length: this.#uint(2 << (code - 0xde)) }
      default:
        throw new CtyError(`invalid msgpack code 0x${code.toString(16)}`)
    }
  }

  #extension(length: number): Token {
    const type = this.#view.getInt8(this.#advance(1))
    return { kind: 'extension', type, bytes: this.#take(length) }
  }

  #uint(size: number): number {
    const at = this.#advance(size)
    return size === 1 ? this.#view.getUint8(at) : size === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at)
  }

  #take(length: number): Uint8Array {
    const at = this.#advance(length)
    return this.#bytes.subarray(at, at + length)
  }

  #advance(size: number): number {
    const at = this.#offset
    if (at + size > this.#bytes.length) throw new CtyError('unexpected end of msgpack data')
    this.#offset = at + size
    return at
  }
}
