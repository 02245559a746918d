const FIRST_SIZE = 4096
const MAX_SPARE = 256 * 1024
/** Of a writer that is done: most values are written one after the other. */
let spare: Buffer | undefined

/** Appends msgpack items, each in its shortest form. No private names: every item of every value comes by here. */
export class MsgpackWriter {
  private bytes: Buffer
  private length = 0

  constructor() {
    this.bytes = spare ?? Buffer.allocUnsafeSlow(FIRST_SIZE)
    spare = undefined
  }

  /** What was written, which belongs to the caller. The writer is of no use afterwards. */
  finish(): Uint8Array {
    const written = Buffer.from(this.bytes.subarray(0, this.length))
    if (this.bytes.length <= MAX_SPARE) spare = this.bytes
    return written
  }

  nil(): void {
    this.byte(0xc0)
  }

  bool(value: boolean): void {
    this.byte(value ? 0xc3 : 0xc2)
  }

  /** @param value within signed 64 bits. */
  integer(value: bigint): void {
    if (value >= -0x80000000n && value <= 0xffffffffn) {
      this.smallInteger(Number(value))
      return
    }
    this.byte(value < 0n ? 0xd3 : 0xcf)
    const at = this.reserve(8)
    this.bytes.writeBigInt64BE(BigInt.asIntN(64, value), at)
  }

  /** @param n an integer of 32 bits, with or without sign. */
  smallInteger(n: number): void {
    if (n >= -32 && n < 128) this.byte(n & 0xff)
    else if (n >= 0) this.headed(n, 0xcc, n < 0x100 ? 1 : n < 0x10000 ? 2 : 4)
    else if (n >= -0x80) this.headed(n & 0xff, 0xd0, 1)
    else if (n >= -0x8000) this.headed(n & 0xffff, 0xd0, 2)
    else this.headed(n >>> 0, 0xd0, 4)
  }

  float(value: number): void {
    this.byte(0xcb)
    const at = this.reserve(8)
    this.bytes.writeDoubleBE(value, at)
  }

  string(text: string): void {
    if (text.length < 32 && this.tryShortAscii(text)) return
    const length = Buffer.byteLength(text)
    if (length < 32) this.byte(0xa0 | length)
    else this.headed(length, 0xd9, sizeFor(length))
    const at = this.reserve(length)
    this.bytes.write(text, at, 'utf8')
  }

  /** Most texts are names; they are not worth a call into the runtime. */
  private tryShortAscii(text: string): boolean {
    const { length } = text
    let at = this.reserve(length + 1)
    this.bytes[at] = 0xa0 | length
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) {
        this.length -= length + 1
        return false
      }
      this.bytes[++at] = code
    }
    return true
  }

  binary(bytes: Uint8Array): void {
    this.headed(bytes.length, 0xc4, sizeFor(bytes.length))
    this.raw(bytes)
  }

  array(length: number): void {
    if (length < 16) this.byte(0x90 | length)
    else this.headed(length, 0xdb, length < 0x10000 ? 2 : 4)
  }

  map(length: number): void {
    if (length < 16) this.byte(0x80 | length)
    else this.headed(length, 0xdd, length < 0x10000 ? 2 : 4)
  }

  extension(type: number, bytes: Uint8Array): void {
    const fixed = [1, 2, 4, 8, 16].indexOf(bytes.length)
    if (fixed >= 0) this.byte(0xd4 + fixed)
    else this.headed(bytes.length, 0xc7, sizeFor(bytes.length))
    this.byte(type)
    this.raw(bytes)
  }

  /** The code for a number of `size` bytes (1, 2, 4: codes in a row from `firstCode`), then the number. */
  private headed(n: number, firstCode: number, size: number): void {
    this.byte(firstCode + (size >> 1))
    const at = this.reserve(size)
    this.bytes.writeUIntBE(n, at, size)
  }

  private byte(n: number): void {
    const at = this.reserve(1)
    this.bytes[at] = n
  }

  private raw(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length)
    this.bytes.set(bytes, at)
  }

  private reserve(size: number): number {
    const at = this.length
    this.length += size
    if (this.length > this.bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(this.length, this.bytes.length * 2))
      grown.set(this.bytes)
      this.bytes = grown
    }
    return at
  }
}

function sizeFor(length: number): number {
  return length < 0x100 ? 1 : length < 0x10000 ? 2 : 4
}
