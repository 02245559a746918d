import { connect as connectSocket, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { FrameReader, frame } from './frames.ts'
import { encodeHeaders, type Headers } from './hpack.ts'
import { Http2Client, type StreamEnd, type StreamListener } from './http2.ts'
import { decodeStatusMessage, GrpcError, statusFromHttp, statusFromNumber, statusFromReset } from './status.ts'

/** A unix socket by path, or a TCP address as `HOST:PORT`. */
export interface Address {
  readonly network: 'unix' | 'tcp'
  readonly address: string
}

/** Both sides know each other by exactly one certificate. PEM texts. */
export interface TlsIdentity {
  readonly certificate: string
  readonly key: string
  /** The only certificate that is trusted on the other side. */
  readonly peer: string
}

export interface CallOptions {
  /** After this long the call fails with DEADLINE_EXCEEDED. Absent: never. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Longest message accepted, in bytes; 256 MiB when not given. */
  readonly maxBytes?: number | undefined
}

const DEFAULT_MAX_BYTES = 256 * 1024 * 1024
const CONNECT_TIMEOUT_MS = 30_000
/** The longest time that a timer can wait. */
const MAX_TIMER_MS = 0x7fff_ffff
const MAX_BLOCKS = 1000

/** Connects to a plugin. @throws GrpcError UNAVAILABLE */
export async function connectGrpc(address: Address, tls: TlsIdentity | undefined): Promise<GrpcChannel> {
  const connection = new Http2Client(await openSocket(address, tls))
  const timer = setTimeout(() => connection.destroy(), CONNECT_TIMEOUT_MS)
  try {
    await connection.opened()
  } catch (cause) {
    throw new GrpcError('UNAVAILABLE', `cannot connect: ${(cause as Error).message}`, { cause })
  } finally {
    clearTimeout(timer)
  }
  return new GrpcChannel(connection, tls === undefined ? 'http' : 'https')
}

function openSocket({ network, address }: Address, tls: TlsIdentity | undefined): Promise<Socket> {
  const place = network === 'unix' ? { path: address } : hostAndPort(address)
  return new Promise((resolve, reject) => {
    const socket =
      tls === undefined
        ? connectSocket(place)
        : connectTls({
            ...place,
            ca: tls.peer,
            cert: tls.certificate,
            key: tls.key,
            servername: 'localhost',
            minVersion: 'TLSv1.2',
            ALPNProtocols: ['h2'],
          })
    const fail = (cause?: Error): void => {
      socket.destroy()
      reject(new GrpcError('UNAVAILABLE', `cannot connect to ${address}: ${cause?.message ?? 'the connection was closed'}`, { cause }))
    }
    const timer = setTimeout(() => fail(new Error('no answer in time')), CONNECT_TIMEOUT_MS)
    socket.once('error', fail)
    socket.once('close', fail)
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      clearTimeout(timer)
      socket.off('error', fail)
      socket.off('close', fail)
      socket.setNoDelay(true)
      resolve(socket)
    })
  })
}

function hostAndPort(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) }
}

/** Calls over one connection, any number at a time. Every failure of a call is a `GrpcError`. */
export class GrpcChannel {
  private readonly connection: Http2Client
  private readonly scheme: 'http' | 'https'
  /** Header blocks by path and deadline: there are few of them. */
  private readonly blocks = new Map<string, Buffer>()
  private readonly deadlines = new Deadlines()

  constructor(connection: Http2Client, scheme: 'http' | 'https') {
    this.connection = connection
    this.scheme = scheme
  }

  get isOpen(): boolean {
    return this.connection.isOpen
  }

  /** Whether the connection alone keeps the process running. */
  setRef(isNeeded: boolean): void {
    if (this.isOpen) this.connection.setRef(isNeeded)
  }

  /** One message there, one back. */
  unary(path: string, request: Uint8Array, options: CallOptions = {}): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      let answer: Buffer | undefined
      let count = 0
      this.start(path, request, options, {
        onMessage(message) {
          answer = message
          count++
        },
        onSettled(error) {
          if (error !== undefined) reject(error)
          else if (answer === undefined || count > 1) reject(new GrpcError('INTERNAL', `${count} messages came where one was expected`))
          else resolve(answer)
        },
      })
    })
  }

  /** One message there, any number back; settles when the call has ended. */
  serverStream(path: string, request: Uint8Array, onMessage: (message: Buffer) => void, options: CallOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      this.start(path, request, options, { onMessage, onSettled: (error) => (error === undefined ? resolve() : reject(error)) })
    })
  }

  private start(path: string, request: Uint8Array, { timeoutMs, signal, maxBytes = DEFAULT_MAX_BYTES }: CallOptions, caller: Caller): void {
    if (!this.isOpen) {
      caller.onSettled(new GrpcError('UNAVAILABLE', 'the connection is closed'))
      return
    }
    if (signal?.aborted) {
      caller.onSettled(new GrpcError('CANCELLED', 'the call was cancelled'))
      return
    }
    const call = new Call(this.connection, caller, maxBytes)
    if (signal !== undefined) call.cancelBy(signal)
    if (timeoutMs !== undefined) this.deadlines.add(call, timeoutMs)
    this.connection.request(this.headers(path, timeoutMs), frame(request), call)
  }

  private headers(path: string, timeoutMs: number | undefined): Buffer {
    const timeout = timeoutMs === undefined ? '' : timeoutText(timeoutMs)
    const key = `${path} ${timeout}`
    let block = this.blocks.get(key)
    if (block === undefined) {
      block = encodeHeaders([
        [':method', 'POST'],
        [':scheme', this.scheme],
        [':path', path],
        [':authority', 'localhost'],
        ['content-type', 'application/grpc'],
        ['te', 'trailers'],
        ['user-agent', 'landform'],
        ...(timeout === '' ? [] : [['grpc-timeout', timeout] as const]),
      ])
      if (this.blocks.size < MAX_BLOCKS) this.blocks.set(key, block)
    }
    return block
  }

  /** Running calls fail. */
  destroy(): void {
    this.connection.destroy()
  }
}

/** Who waits for a call. */
interface Caller {
  onMessage(message: Buffer): void
  /** Once, after the last message. */
  onSettled(error: GrpcError | undefined): void
}

class Call implements StreamListener {
  private readonly connection: Http2Client
  private readonly caller: Caller
  private readonly reader: FrameReader
  private response: Headers | undefined
  private trailers: Headers | undefined
  private signal: AbortSignal | undefined
  private onAbort: (() => void) | undefined
  isSettled = false
  /** Milliseconds of `performance.now()`, and how long that was in the beginning. */
  deadline = Number.POSITIVE_INFINITY
  timeoutMs = 0

  constructor(connection: Http2Client, caller: Caller, maxBytes: number) {
    this.connection = connection
    this.caller = caller
    this.reader = new FrameReader(maxBytes, (message) => caller.onMessage(message))
  }

  cancelBy(signal: AbortSignal): void {
    this.signal = signal
    this.onAbort = () => this.giveUp(new GrpcError('CANCELLED', 'the call was cancelled'))
    signal.addEventListener('abort', this.onAbort, { once: true })
  }

  expire(): void {
    this.giveUp(new GrpcError('DEADLINE_EXCEEDED', `no answer within ${this.timeoutMs / 1000} s`))
  }

  onHeaders(headers: Headers): void {
    // Nothing is said yet by what may come before the answer.
    if (headers.get(':status')?.startsWith('1')) return
    if (this.response === undefined) this.response = headers
    else this.trailers = headers
  }

  onData(bytes: Buffer): void {
    try {
      this.reader.push(bytes)
    } catch (e) {
      this.giveUp(
        e instanceof GrpcError ? e : new GrpcError('INTERNAL', `the answer cannot be read: ${(e as Error).message}`, { cause: e }),
      )
    }
  }

  onEnd(end: StreamEnd): void {
    this.settle(endOfCall(this.response, this.trailers, this.reader.isComplete, end))
  }

  private giveUp(error: GrpcError): void {
    if (this.isSettled) return
    this.connection.cancel(this)
    this.settle(error)
  }

  private settle(error: GrpcError | undefined): void {
    if (this.isSettled) return
    this.isSettled = true
    if (this.onAbort !== undefined) this.signal!.removeEventListener('abort', this.onAbort)
    this.caller.onSettled(error)
  }
}

/** One timer for all calls: nearly none of them gets as far as its deadline. */
class Deadlines {
  private readonly calls = new Set<Call>()
  private timer: NodeJS.Timeout | undefined
  private next = Number.POSITIVE_INFINITY
  private sweepAt = 64

  add(call: Call, timeoutMs: number): void {
    call.timeoutMs = timeoutMs
    call.deadline = performance.now() + timeoutMs
    // Those that are over are put away now and then, so that each costs the same.
    if (this.calls.size >= this.sweepAt) {
      for (const one of this.calls) if (one.isSettled) this.calls.delete(one)
      this.sweepAt = Math.max(64, 2 * this.calls.size)
    }
    this.calls.add(call)
    if (call.deadline < this.next) this.wait(call.deadline)
  }

  private wait(until: number): void {
    clearTimeout(this.timer)
    this.next = until
    this.timer = setTimeout(() => this.expire(), Math.min(Math.max(until - performance.now(), 0), MAX_TIMER_MS))
    // The connection keeps the process running, not the timer.
    this.timer.unref()
  }

  private expire(): void {
    const now = performance.now()
    let next = Number.POSITIVE_INFINITY
    for (const call of [...this.calls]) {
      if (!call.isSettled && call.deadline > now) next = Math.min(next, call.deadline)
      else {
        this.calls.delete(call)
        if (!call.isSettled) call.expire()
      }
    }
    this.next = Number.POSITIVE_INFINITY
    if (next < Number.POSITIVE_INFINITY) this.wait(next)
  }
}

/** The error a call ended with, if any. A call that was answered by headers alone has its status there. */
function endOfCall(
  response: Headers | undefined,
  trailers: Headers | undefined,
  isComplete: boolean,
  { resetCode, lost }: StreamEnd,
): GrpcError | undefined {
  const last = trailers?.has('grpc-status') ? trailers : response
  const status = last?.get('grpc-status')
  if (status !== undefined && lost === undefined) {
    const code = statusFromNumber(Number(status))
    if (code !== 'OK') return new GrpcError(code, decodeStatusMessage(last!.get('grpc-message') ?? ''))
    return isComplete ? undefined : new GrpcError('INTERNAL', 'the answer ends inside a message')
  }
  if (lost !== undefined) return new GrpcError('UNAVAILABLE', `the connection was lost${because(lost)}`, { cause: lost })
  const http = Number(response?.get(':status') ?? 200)
  if (http !== 200) return new GrpcError(statusFromHttp(http), `HTTP status ${http}`)
  if (resetCode) return new GrpcError(statusFromReset(resetCode), `the call was reset with code ${resetCode}`)
  return new GrpcError(response === undefined ? 'UNAVAILABLE' : 'INTERNAL', 'the answer has no status')
}

function because(error: Error): string {
  return `: ${error.message}`
}

/** At most eight digits and a unit. */
function timeoutText(ms: number): string {
  return ms < 100_000_000 ? `${Math.ceil(ms)}m` : `${Math.ceil(ms / 1000)}S`
}
