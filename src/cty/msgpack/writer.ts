const utf8 = new TextEncoder()

/** Appends msgpack items, each in its shortest form. */
export class MsgpackWriter {
  #bytes = new Uint8Array(256)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  /** What was written so far; valid until the next write. */
  result(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  nil(): void {
    this.#uint(0xc0, 1)
  }

  bool(value: boolean): void {
    this.#uint(value ? 0xc3 : 0xc2, 1)
  }

  /** @param value within signed 64 bits. */
  integer(value: bigint): void {
    if (value >= -0x80000000n && value <= 0xffffffffn) {
      this.#smallInteger(Number(value))
      return
    }
    this.#uint(value < 0n ? 0xd3 : 0xcf, 1)
    this.#view.setBigInt64(this.#reserve(8), value)
  }

  #smallInteger(n: number): void {
    if (n >= -32 && n < 128) this.#uint(n & 0xff, 1)
    else if (n >= 0) this.#headed(n, 0xcc, n < 0x100 ? 1 : n < 0x10000 ? 2 : 4)
    else if (n >= -0x80) this.#headed(n & 0xff, 0xd0, 1)
    else if (n >= -0x8000) this.#headed(n & 0xffff, 0xd0, 2)
    else this.#headed(n >>> 0, 0xd0, 4)
  }

  float(value: number): void {
    this.#uint(0xcb, 1)
    this.#view.setFloat64(this.#reserve(8), value)
  }

  string(text: string): void {
    const bytes = utf8.encode(text)
    const { length } = bytes
    if (length < 32) this.#uint(0xa0 | length, 1)
    else this.#headed(length, 0xd9, sizeFor(length))
    this.#raw(bytes)
  }

  binary(bytes: Uint8Array): void {
    this.#headed(bytes.length, 0xc4, sizeFor(bytes.length))
    this.#raw(bytes)
  }

  array(length: number): void {
    if (length < 16) this.#uint(0x90 | length, 1)
    else this.#headed(length, 0xdb, length < 0x10000 ? 2 : 4)
  }

  map(length: number): void {
    if (length < 16) this.#uint(0x80 | length, 1)
    else this.#headed(length, 0xdd, length < 0x10000 ? 2 : 4)
  }

  extension(type: number, bytes: Uint8Array): void {
    const fixed = [1, 2, 4, 8, 16].indexOf(bytes.length)
    if (fixed >= 0) this.#uint(0xd4 + fixed, 1)
    else this.#headed(bytes.length, 0xc7, sizeFor(bytes.length))
    this.#uint(type, 1)
    this.#raw(bytes)
  }

  /** The code for a number of `size` bytes (1, 2, 4: codes in a row from `firstCode`), then the number. */
  #headed(n: number, firstCode: number, size: number): void {
    this.#uint(firstCode + Math.log2(size), 1)
    this.#uint(n, size)
  }

  #uint(n: number, size: number): void {
    const at = this.#reserve(size)
    if (size === 1) this.#view.setUint8(at, n)
    else if (size === 2) this.#view.setUint16(at, n)
    else this.#view.setUint32(at, n)
  }

  #raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length)
    this.#bytes.set(bytes, at)
  }

  #reserve(size: number): number {
    const at = this.#length
    this.#length += size
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2))
      grown.set(this.#bytes)
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
    return at
  }
}

function sizeFor(length: number): number {
  return length < 0x100 ? 1 : length < 0x10000 ? 2 : 4
}
