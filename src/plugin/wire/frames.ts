import { gunzipSync } from 'node:zlib'
import { GrpcError } from './status.ts'

const HEADER = 5

/** A message as it travels: a zero byte (not compressed), its length in four bytes, itself. */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(HEADER + message.length)
  framed[0] = 0
  framed.writeUInt32BE(message.length, 1)
  framed.set(message, HEADER)
  return framed
}

const noBytes = Buffer.alloc(0)

/** Puts the chunks of a stream together to messages. One that came whole is a part of its chunk, others are copied once. */
export class FrameReader {
  private readonly maxLength: number
  private readonly onMessage: (message: Buffer) => void
  private header: Buffer = noBytes
  private headerLength = 0
  private body: Buffer | undefined
  private bodyLength = 0

  /** Messages above `maxLength` bytes are refused before room is made for them. */
  constructor(maxLength: number, onMessage: (message: Buffer) => void) {
    this.maxLength = maxLength
    this.onMessage = onMessage
  }

  /** Whether the stream may end here. */
  get isComplete(): boolean {
    return this.headerLength === 0
  }

  /** @throws GrpcError for a message that is too long or in an unknown encoding. */
  push(chunk: Buffer): void {
    let at = this.headerLength === 0 ? this.passWhole(chunk) : 0
    while (at < chunk.length || this.isFull) {
      if (this.body === undefined) {
        if (this.header.length === 0) this.header = Buffer.allocUnsafe(HEADER)
        const taken = Math.min(HEADER - this.headerLength, chunk.length - at)
        chunk.copy(this.header, this.headerLength, at, at + taken)
        this.headerLength += taken
        at += taken
        if (this.headerLength < HEADER) return
        this.begin()
      }
      const body = this.body!
      const taken = Math.min(body.length - this.bodyLength, chunk.length - at)
      chunk.copy(body, this.bodyLength, at, at + taken)
      this.bodyLength += taken
      at += taken
      if (this.isFull) this.finish(body)
    }
  }

  /** How far the messages reach that are in the chunk from beginning to end. */
  private passWhole(chunk: Buffer): number {
    let at = 0
    while (chunk.length - at >= HEADER && chunk[at] === 0) {
      const length = chunk.readUInt32BE(at + 1)
      const start = at + HEADER
      if (length > this.maxLength || chunk.length - start < length) break
      at = start + length
      this.onMessage(chunk.subarray(start, at))
    }
    return at
  }

  private get isFull(): boolean {
    return this.body !== undefined && this.bodyLength === this.body.length
  }

  private begin(): void {
    const length = this.header.readUInt32BE(1)
    if (this.header[0]! > 1) throw new GrpcError('INTERNAL', 'a message begins with an unknown flag')
    if (length > this.maxLength) {
      throw new GrpcError('RESOURCE_EXHAUSTED', `a message of ${length} bytes is longer than the ${this.maxLength} bytes allowed`)
    }
    this.body = Buffer.allocUnsafeSlow(length)
    this.bodyLength = 0
  }

  private finish(body: Buffer): void {
    const isCompressed = this.header[0] === 1
    this.body = undefined
    this.headerLength = 0
    this.onMessage(isCompressed ? gunzip(body, this.maxLength) : body)
  }
}

function gunzip(body: Buffer, maxLength: number): Buffer {
  try {
    return gunzipSync(body, { maxOutputLength: maxLength })
  } catch (cause) {
    throw new GrpcError('INTERNAL', 'a compressed message cannot be read', { cause })
  }
}
