import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants, type IncomingHttpHeaders } from 'node:http2'
import { connect as connectSocket, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { FrameReader, frame } from './frames.ts'
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
/** Flow control is no use between two processes of one machine: one window holds most answers. */
const WINDOW = 16 * 1024 * 1024
const CONNECT_TIMEOUT_MS = 30_000

/** Connects to a plugin. @throws GrpcError UNAVAILABLE */
export async function connectGrpc(address: Address, tls: TlsIdentity | undefined): Promise<GrpcChannel> {
  const socket = await openSocket(address, tls)
  const session = connect(tls === undefined ? 'http://localhost' : 'https://localhost', {
    createConnection: () => socket,
    settings: { enablePush: false, initialWindowSize: WINDOW },
    maxSessionMemory: 1024,
  })
  session.on('error', () => {}) // Each call reports it; one that nobody waits for concerns nobody.
  await new Promise<void>((resolve, reject) => {
    const fail = (cause?: Error): void =>
      reject(new GrpcError('UNAVAILABLE', `cannot connect: ${cause?.message ?? 'the connection was closed'}`, { cause }))
    session.once('error', fail)
    session.once('close', fail)
    session.once('connect', () => {
      session.off('error', fail)
      session.off('close', fail)
      session.setLocalWindowSize(4 * WINDOW)
      resolve()
    })
  })
  return new GrpcChannel(session)
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
  readonly #session: ClientHttp2Session

  constructor(session: ClientHttp2Session) {
    this.#session = session
  }

  get isOpen(): boolean {
    return !this.#session.closed && !this.#session.destroyed
  }

  /** Whether the connection alone keeps the process running. */
  setRef(isNeeded: boolean): void {
    if (!this.isOpen) return
    if (isNeeded) this.#session.ref()
    else this.#session.unref()
  }

  /** One message there, one back. */
  async unary(path: string, request: Uint8Array, options: CallOptions = {}): Promise<Buffer> {
    let answer: Buffer | undefined
    let count = 0
    await this.serverStream(
      path,
      request,
      (message) => {
        answer = message
        count++
      },
      options,
    )
    if (answer === undefined || count > 1) throw new GrpcError('INTERNAL', `${count} messages came where one was expected`)
    return answer
  }

  /** One message there, any number back; settles when the call has ended. */
  serverStream(path: string, request: Uint8Array, onMessage: (message: Buffer) => void, options: CallOptions = {}): Promise<void> {
    const { timeoutMs, signal, maxBytes = DEFAULT_MAX_BYTES } = options
    if (!this.isOpen) return Promise.reject(new GrpcError('UNAVAILABLE', 'the connection is closed'))
    if (signal?.aborted) return Promise.reject(new GrpcError('CANCELLED', 'the call was cancelled'))
    return new Promise((resolve, reject) => {
      let stream: ClientHttp2Stream
      try {
        stream = this.#session.request({
          ':method': 'POST',
          ':path': path,
          ':authority': 'localhost',
          'content-type': 'application/grpc',
          te: 'trailers',
          'user-agent': 'landform',
          ...(timeoutMs === undefined ? {} : { 'grpc-timeout': timeoutText(timeoutMs) }),
        })
      } catch (cause) {
        reject(new GrpcError('UNAVAILABLE', 'the connection is closed', { cause }))
        return
      }
      let timer: NodeJS.Timeout | undefined
      let isSettled = false
      const settle = (error?: GrpcError): void => {
        if (isSettled) return
        isSettled = true
        clearTimeout(timer)
        signal?.removeEventListener('abort', cancel)
        if (error === undefined) resolve()
        else {
          reject(error)
          if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL)
        }
      }
      const cancel = (): void => settle(new GrpcError('CANCELLED', 'the call was cancelled'))
      signal?.addEventListener('abort', cancel, { once: true })
      if (timeoutMs !== undefined) {
        timer = setTimeout(() => settle(new GrpcError('DEADLINE_EXCEEDED', `no answer within ${timeoutMs / 1000} s`)), timeoutMs)
      }
      const reader = new FrameReader(maxBytes, (message) => {
        if (!isSettled) onMessage(message)
      })
      let headers: IncomingHttpHeaders | undefined
      let trailers: IncomingHttpHeaders | undefined
      let broken: Error | undefined
      stream.on('response', (received) => {
        headers = received
      })
      stream.on('trailers', (received) => {
        trailers = received
      })
      stream.on('data', (chunk: Buffer) => {
        try {
          reader.push(chunk)
        } catch (e) {
          settle(e instanceof GrpcError ? e : new GrpcError('INTERNAL', `the answer cannot be read: ${(e as Error).message}`, { cause: e }))
        }
      })
      stream.on('error', (e) => {
        broken = e
      })
      stream.on('close', () => settle(endOfCall(headers, trailers, reader.isComplete, stream.rstCode, broken, this.isOpen)))
      stream.end(frame(request))
    })
  }

  /** Running calls fail. */
  destroy(): void {
    this.#session.destroy()
  }
}

/** The error a call ended with, if any. A call that was answered by headers alone has its status there. */
function endOfCall(
  headers: IncomingHttpHeaders | undefined,
  trailers: IncomingHttpHeaders | undefined,
  isComplete: boolean,
  resetCode: number | undefined,
  broken: Error | undefined,
  isOpen: boolean,
): GrpcError | undefined {
  const last = trailers?.['grpc-status'] !== undefined ? trailers : headers
  const status = last?.['grpc-status']
  if (status !== undefined) {
    const code = statusFromNumber(Number(status))
    if (code !== 'OK') return new GrpcError(code, decodeStatusMessage(String(last?.['grpc-message'] ?? '')))
    return isComplete ? undefined : new GrpcError('INTERNAL', 'the answer ends inside a message')
  }
  if (!isOpen) return new GrpcError('UNAVAILABLE', `the connection was lost${because(broken)}`, { cause: broken })
  const http = Number(headers?.[':status'] ?? 200)
  if (http !== 200) return new GrpcError(statusFromHttp(http), `HTTP status ${http}`)
  if (resetCode) return new GrpcError(statusFromReset(resetCode), `the call was reset with code ${resetCode}`)
  return new GrpcError(headers === undefined ? 'UNAVAILABLE' : 'INTERNAL', `the answer has no status${because(broken)}`, { cause: broken })
}

function because(error: Error | undefined): string {
  return error === undefined ? '' : `: ${error.message}`
}

/** At most eight digits and a unit. */
function timeoutText(ms: number): string {
  return ms < 100_000_000 ? `${Math.ceil(ms)}m` : `${Math.ceil(ms / 1000)}S`
}
