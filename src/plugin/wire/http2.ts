import type { Socket } from 'node:net'
import { type Headers, HpackDecoder, HpackError } from './hpack.ts'

/**
 * The client's side of HTTP/2, as much as gRPC needs: requests whose body is there at once, answers of any length with trailers. Node's
 * own makes streams, events and timers of each request, which cost several times what the rest of a call does.
 *
 * @see RFC 9113
 */
export interface StreamListener {
  /** The answer's headers, later its trailers. */
  onHeaders(headers: Headers): void
  /** The bytes are the listener's. */
  onData(bytes: Buffer): void
  /** Once: the other side is done, or the stream was cut off. Not called after `cancel`. */
  onEnd(end: StreamEnd): void
}

export interface StreamEnd {
  /** The other side has reset the stream, with this code. */
  readonly resetCode?: number
  /** The connection was lost, or given up, before the answer was complete. */
  readonly lost?: Error
}

const frameTypes = {
  data: 0,
  headers: 1,
  priority: 2,
  resetStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

const END_STREAM = 0x1
const ACK = 0x1
const END_HEADERS = 0x4
const PADDED = 0x8
const PRIORITY = 0x20

const settings = { headerTableSize: 1, enablePush: 2, maxConcurrentStreams: 3, initialWindowSize: 4, maxFrameSize: 5 } as const

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const FRAME_HEADER = 9
/** What the other side may send in one frame: the least that is allowed, and all that others send. */
const MAX_FRAME = 16_384
const FIRST_WINDOW = 65_535
const MAX_WINDOW = 0x7fff_ffff
const MAX_HEADER_BLOCK = 1024 * 1024
const CANCEL = 8

/** Flow control is no use between two processes of one machine: one window holds most answers. */
const STREAM_WINDOW = 16 * 1024 * 1024
const CONNECTION_WINDOW = 64 * 1024 * 1024

/** A request on its way. */
interface Stream {
  readonly id: number
  readonly listener: StreamListener
  /** What of the body is still to be sent. */
  body: Buffer | undefined
  /** How much the other side will take of it. */
  sendWindow: number
  /** Bytes received since the window was last opened. */
  received: number
}

/** One connection; requests on it run side by side. */
export class Http2Client {
  private readonly socket: Socket
  private readonly hpack = new HpackDecoder()
  private readonly streams = new Map<number, Stream>()
  /** Requests that the other side is not ready for. */
  private readonly waiting: { readonly headers: Buffer; readonly body: Buffer; readonly listener: StreamListener }[] = []
  /** The beginning of a frame. */
  private rest: Buffer | undefined
  private block: { readonly id: number; readonly parts: Buffer[]; length: number; readonly isEnd: boolean } | undefined
  private nextId = 1
  private sendWindow = FIRST_WINDOW
  private received = 0
  private peer = { initialWindow: FIRST_WINDOW, maxFrame: MAX_FRAME, maxStreams: Number.POSITIVE_INFINITY }
  /** The other side's table of headers, which ours never uses, has become smaller, and has to be told so. */
  private mustShrinkTable = false
  private outgoing: Buffer[] = []
  private isLeaving = false
  private lost: Error | undefined
  private readonly ready: { resolve: () => void; reject: (cause: Error) => void }[] = []
  private isReady = false

  /** Takes the socket over, which is connected. */
  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => this.read(chunk))
    socket.on('error', (cause) => this.lose(cause))
    socket.on('close', () => this.lose(new Error('the connection was closed')))
    const first = Buffer.alloc(12)
    first.writeUInt16BE(settings.enablePush, 0)
    first.writeUInt32BE(0, 2)
    first.writeUInt16BE(settings.initialWindowSize, 6)
    first.writeUInt32BE(STREAM_WINDOW, 8)
    this.write(Buffer.from(PREFACE, 'latin1'))
    this.write(frameOf(frameTypes.settings, 0, 0, first))
    this.openWindow(0, CONNECTION_WINDOW - FIRST_WINDOW)
  }

  /** Settles when the other side has introduced itself. @throws Error when it never does */
  opened(): Promise<void> {
    if (this.isReady) return Promise.resolve()
    if (this.lost !== undefined) return Promise.reject(this.lost)
    return new Promise((resolve, reject) => this.ready.push({ resolve, reject }))
  }

  /** Whether new requests are taken. */
  get isOpen(): boolean {
    return this.lost === undefined && !this.isLeaving
  }

  /** @param headers a header block of `encodeHeaders` */
  request(headers: Buffer, body: Buffer, listener: StreamListener): void {
    if (this.streams.size >= this.peer.maxStreams) {
      this.waiting.push({ headers, body, listener })
      return
    }
    const stream: Stream = { id: this.nextId, listener, body, sendWindow: this.peer.initialWindow, received: 0 }
    this.nextId += 2
    // Numbers are used once.
    if (this.nextId > MAX_WINDOW - 2) this.isLeaving = true
    this.streams.set(stream.id, stream)
    const block = this.mustShrinkTable ? Buffer.concat([Buffer.from([0x20]), headers]) : headers
    this.mustShrinkTable = false
    this.write(frameOf(frameTypes.headers, END_HEADERS, stream.id, block))
    this.sendBody(stream)
  }

  /** Nothing more is told to the listener. */
  cancel(listener: StreamListener): void {
    const waiting = this.waiting.findIndex((w) => w.listener === listener)
    if (waiting >= 0) this.waiting.splice(waiting, 1)
    for (const stream of this.streams.values()) {
      if (stream.listener !== listener) continue
      this.forget(stream)
      this.reset(stream.id)
      return
    }
  }

  setRef(isNeeded: boolean): void {
    if (isNeeded) this.socket.ref()
    else this.socket.unref()
  }

  destroy(): void {
    this.lose(new Error('the connection was closed'))
  }

  // ---- sending

  /** What is written in one turn goes out together. */
  private write(bytes: Buffer): void {
    this.outgoing.push(bytes)
    if (this.outgoing.length === 1) process.nextTick(() => this.flush())
  }

  private flush(): void {
    const { outgoing } = this
    this.outgoing = []
    if (this.lost === undefined) this.socket.write(outgoing.length === 1 ? outgoing[0]! : Buffer.concat(outgoing))
  }

  /** As much as the other side takes by now. */
  private sendBody(stream: Stream): void {
    while (stream.body !== undefined) {
      const { body } = stream
      const length = Math.min(body.length, stream.sendWindow, this.sendWindow, this.peer.maxFrame)
      if (length <= 0 && body.length > 0) return
      stream.sendWindow -= length
      this.sendWindow -= length
      const isAll = length === body.length
      this.write(frameHeader(frameTypes.data, isAll ? END_STREAM : 0, stream.id, length))
      this.write(isAll ? body : body.subarray(0, length))
      stream.body = isAll ? undefined : body.subarray(length)
    }
  }

  private openWindow(id: number, by: number): void {
    const payload = Buffer.allocUnsafe(4)
    payload.writeUInt32BE(by)
    this.write(frameOf(frameTypes.windowUpdate, 0, id, payload))
  }

  private reset(id: number): void {
    const payload = Buffer.allocUnsafe(4)
    payload.writeUInt32BE(CANCEL)
    this.write(frameOf(frameTypes.resetStream, 0, id, payload))
  }

  // ---- receiving

  private read(chunk: Buffer): void {
    if (this.lost !== undefined) return
    const bytes = this.rest === undefined ? chunk : Buffer.concat([this.rest, chunk])
    let at = 0
    try {
      while (bytes.length - at >= FRAME_HEADER) {
        const length = bytes.readUIntBE(at, 3)
        if (length > MAX_FRAME) throw new ProtocolError('a frame is too long')
        const start = at + FRAME_HEADER
        if (bytes.length - start < length) break
        at = start + length
        this.frame(bytes[start - 6]!, bytes[start - 5]!, bytes.readUInt32BE(start - 4) & MAX_WINDOW, bytes.subarray(start, at))
        if (this.lost !== undefined) return
      }
    } catch (e) {
      if (!(e instanceof ProtocolError || e instanceof HpackError)) throw e
      this.lose(new Error(`the other side does not keep to HTTP/2: ${e.message}`))
      return
    }
    this.rest = at === bytes.length ? undefined : bytes.subarray(at)
  }

  private frame(type: number, flags: number, id: number, payload: Buffer): void {
    if (!this.isReady) {
      if (type !== frameTypes.settings) throw new ProtocolError('it does not begin with settings')
      this.isReady = true
      for (const { resolve } of this.ready.splice(0)) resolve()
    }
    if (this.block !== undefined && type !== frameTypes.continuation) throw new ProtocolError('headers are interrupted')
    switch (type) {
      case frameTypes.data:
        this.data(flags, id, payload)
        return
      case frameTypes.headers:
        this.block = { id, parts: [], length: 0, isEnd: (flags & END_STREAM) !== 0 }
        this.headers(flags, withoutPadding(flags, payload, (flags & PRIORITY) !== 0 ? 5 : 0))
        return
      case frameTypes.continuation:
        if (this.block?.id !== id) throw new ProtocolError('headers go on that never began')
        this.headers(flags, payload)
        return
      case frameTypes.resetStream:
        if (payload.length !== 4) throw new ProtocolError('a reset has a wrong length')
        this.end(id, { resetCode: payload.readUInt32BE() })
        return
      case frameTypes.settings:
        this.settings(flags, payload)
        return
      case frameTypes.ping:
        if (payload.length !== 8) throw new ProtocolError('a ping has a wrong length')
        if ((flags & ACK) === 0) this.write(frameOf(frameTypes.ping, ACK, 0, payload))
        return
      case frameTypes.goAway:
        this.goAway(payload)
        return
      case frameTypes.windowUpdate:
        this.windowUpdate(id, payload)
        return
      case frameTypes.pushPromise:
        throw new ProtocolError('it pushes what nobody asked for')
      default: // Priorities, and what will be thought of later.
    }
  }

  private data(flags: number, id: number, payload: Buffer): void {
    this.received += payload.length
    if (this.received > CONNECTION_WINDOW / 2) {
      this.openWindow(0, this.received)
      this.received = 0
    }
    const stream = this.streams.get(id)
    if (stream === undefined) return // Cancelled meanwhile.
    const isEnd = (flags & END_STREAM) !== 0
    stream.received += payload.length
    if (!isEnd && stream.received > STREAM_WINDOW / 2) {
      this.openWindow(id, stream.received)
      stream.received = 0
    }
    const bytes = withoutPadding(flags, payload, 0)
    if (bytes.length > 0) stream.listener.onData(bytes)
    if (isEnd) this.end(id, {})
  }

  private headers(flags: number, part: Buffer): void {
    const block = this.block!
    block.parts.push(part)
    block.length += part.length
    if (block.length > MAX_HEADER_BLOCK) throw new ProtocolError('headers are too long')
    if ((flags & END_HEADERS) === 0) return
    this.block = undefined
    // Those of streams that nobody listens to any more as well: later ones may refer to them.
    const headers = this.hpack.decode(block.parts.length === 1 ? part : Buffer.concat(block.parts))
    this.streams.get(block.id)?.listener.onHeaders(headers)
    if (block.isEnd) this.end(block.id, {})
  }

  private settings(flags: number, payload: Buffer): void {
    if ((flags & ACK) !== 0) return
    if (payload.length % 6 !== 0) throw new ProtocolError('settings have a wrong length')
    for (let at = 0; at < payload.length; at += 6) this.setting(payload.readUInt16BE(at), payload.readUInt32BE(at + 2))
    this.write(frameOf(frameTypes.settings, ACK, 0, Buffer.alloc(0)))
    this.sendOn()
  }

  private setting(name: number, value: number): void {
    switch (name) {
      case settings.headerTableSize:
        if (value < 4096) this.mustShrinkTable = true
        return
      case settings.maxConcurrentStreams:
        this.peer.maxStreams = value
        return
      case settings.initialWindowSize:
        if (value > MAX_WINDOW) throw new ProtocolError('a window is too large')
        for (const stream of this.streams.values()) stream.sendWindow += value - this.peer.initialWindow
        this.peer.initialWindow = value
        return
      case settings.maxFrameSize:
        if (value < MAX_FRAME || value > 0xff_ffff) throw new ProtocolError('frames have an impossible length')
        this.peer.maxFrame = value
        return
      default:
    }
  }

  private windowUpdate(id: number, payload: Buffer): void {
    if (payload.length !== 4) throw new ProtocolError('a window has a wrong length')
    const by = payload.readUInt32BE() & MAX_WINDOW
    if (id !== 0) {
      const stream = this.streams.get(id)
      if (stream === undefined) return
      stream.sendWindow += by
      this.sendBody(stream)
      return
    }
    this.sendWindow += by
    this.sendOn()
  }

  private sendOn(): void {
    for (const stream of this.streams.values()) if (stream.body !== undefined) this.sendBody(stream)
    this.startWaiting()
  }

  private startWaiting(): void {
    while (this.waiting.length > 0 && this.streams.size < this.peer.maxStreams && this.isOpen) {
      const { headers, body, listener } = this.waiting.shift()!
      this.request(headers, body, listener)
    }
  }

  /** The other side takes no more requests; those above the last one that it names it has not looked at. */
  private goAway(payload: Buffer): void {
    if (payload.length < 8) throw new ProtocolError('a farewell has a wrong length')
    this.isLeaving = true
    const last = payload.readUInt32BE() & MAX_WINDOW
    const lost = new Error('the other side takes no more requests')
    for (const { listener } of this.waiting.splice(0)) listener.onEnd({ lost })
    for (const id of [...this.streams.keys()]) if (id > last) this.end(id, { lost })
  }

  private end(id: number, end: StreamEnd): void {
    const stream = this.streams.get(id)
    if (stream === undefined) return
    // Answered before it was asked to the end: the rest is not wanted.
    if (stream.body !== undefined && end.resetCode === undefined) this.reset(id)
    this.forget(stream)
    stream.listener.onEnd(end)
  }

  private forget(stream: Stream): void {
    stream.body = undefined
    this.streams.delete(stream.id)
    if (this.waiting.length > 0) this.startWaiting()
  }

  private lose(cause: Error): void {
    if (this.lost !== undefined) return
    this.lost = cause
    this.socket.destroy()
    const open = [...this.streams.values(), ...this.waiting.splice(0)]
    this.streams.clear()
    for (const { reject } of this.ready.splice(0)) reject(cause)
    for (const { listener } of open) listener.onEnd({ lost: cause })
  }
}

class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}

function frameHeader(type: number, flags: number, id: number, length: number): Buffer {
  const header = Buffer.allocUnsafe(FRAME_HEADER)
  writeHeader(header, type, flags, id, length)
  return header
}

function frameOf(type: number, flags: number, id: number, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER + payload.length)
  writeHeader(bytes, type, flags, id, payload.length)
  payload.copy(bytes, FRAME_HEADER)
  return bytes
}

function writeHeader(bytes: Buffer, type: number, flags: number, id: number, length: number): void {
  bytes.writeUIntBE(length, 0, 3)
  bytes[3] = type
  bytes[4] = flags
  bytes.writeUInt32BE(id, 5)
}

/** The payload between padding and, in headers, what is said of priorities. */
function withoutPadding(flags: number, payload: Buffer, before: number): Buffer {
  const isPadded = (flags & PADDED) !== 0
  const start = (isPadded ? 1 : 0) + before
  const end = payload.length - (isPadded ? (payload[0] ?? 0) : 0)
  if (start > end) throw new ProtocolError('a frame is shorter than its padding')
  return start === 0 && end === payload.length ? payload : payload.subarray(start, end)
}
