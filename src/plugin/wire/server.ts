import { createSecureServer, createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { Address, TlsIdentity } from './client.ts'
import { FrameReader, frame } from './frames.ts'
import { encodeStatusMessage, GrpcError, statusToNumber } from './status.ts'

/** What a handler knows of its call beside the request. */
export interface CallContext {
  /** Aborted when the caller gave up or is gone. */
  readonly signal: AbortSignal
}

/** Answers one message with one. A `GrpcError` becomes its status, every other error UNKNOWN. */
export type UnaryHandler = (request: Buffer, context: CallContext) => Promise<Uint8Array> | Uint8Array
/** Answers one message with any number; the call ends when it settles. */
export type StreamHandler = (request: Buffer, send: (message: Uint8Array) => void, context: CallContext) => Promise<void>
/** A stream that the caller may write to as well; the call ends when the handler settles. */
export type DuplexHandler = (onMessage: (listener: (message: Buffer) => void) => void, context: CallContext) => Promise<void>

export type Handler =
  | { readonly kind: 'unary'; readonly handle: UnaryHandler }
  | { readonly kind: 'serverStream'; readonly handle: StreamHandler }
  | { readonly kind: 'duplex'; readonly handle: DuplexHandler }

export interface GrpcServer {
  /** Where it listens: for TCP with the port that was found. */
  readonly address: Address
  /** Stops at once; running calls are cut off. */
  close(): Promise<void>
}

export interface GrpcServerOptions {
  /** By path such as `/tfplugin6.Provider/ReadResource`; other paths answer UNIMPLEMENTED. */
  readonly handlers: ReadonlyMap<string, Handler>
  /** A unix socket's path, which must not exist, or `HOST:PORT` (port 0: any free one). */
  readonly listen: Address
  /** Absent: plain text. Callers must show exactly the certificate `peer`. */
  readonly tls?: TlsIdentity | undefined
  /** Longest message accepted, in bytes; 256 MiB when not given. */
  readonly maxBytes?: number | undefined
}

const WINDOW = 16 * 1024 * 1024

export async function serveGrpc(options: GrpcServerOptions): Promise<GrpcServer> {
  const { handlers, listen, tls, maxBytes = 256 * 1024 * 1024 } = options
  const settings = { initialWindowSize: WINDOW }
  // An answer that waits to be taken must not keep other calls out.
  const maxSessionMemory = 1024
  const server =
    tls === undefined
      ? createServer({ settings, maxSessionMemory })
      : createSecureServer({
          settings,
          maxSessionMemory,
          key: tls.key,
          cert: tls.certificate,
          ca: tls.peer,
          requestCert: true,
          rejectUnauthorized: true,
          minVersion: 'TLSv1.2',
        })
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => {
    sessions.add(session)
    session.setLocalWindowSize(4 * WINDOW)
    session.on('error', () => {}) // The calls on it notice; there is nobody else to tell.
    session.once('close', () => sessions.delete(session))
  })
  server.on('sessionError', () => {})
  server.on('stream', (stream, headers) => answer(stream, handlers.get(String(headers[':path'])), String(headers[':path']), maxBytes))
  const address = await startListening(server, listen)
  return {
    address,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const session of sessions) session.destroy()
      }),
  }
}

function startListening(server: Http2Server, { network, address }: Address): Promise<Address> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    if (network === 'unix') {
      server.listen(address, () => resolve({ network, address }))
      return
    }
    const colon = address.lastIndexOf(':')
    const host = address.slice(0, colon)
    server.listen(Number(address.slice(colon + 1)), host, () => {
      const bound = server.address()
      resolve({ network, address: `${host}:${typeof bound === 'object' && bound !== null ? bound.port : 0}` })
    })
  })
}

function answer(stream: ServerHttp2Stream, handler: Handler | undefined, path: string, maxBytes: number): void {
  const controller = new AbortController()
  let isAnswered = false
  stream.on('error', () => {}) // A caller that went away; `close` follows.
  stream.once('close', () => {
    if (!isAnswered) controller.abort()
  })
  const finish = (error?: unknown): void => {
    if (isAnswered) return
    isAnswered = true
    if (!stream.destroyed && !stream.closed) end(stream, error)
  }
  const context = { signal: controller.signal }
  const send = (message: Uint8Array): void => {
    if (isAnswered || stream.destroyed) return
    startResponse(stream)
    stream.write(frame(message))
  }
  if (handler === undefined) {
    finish(new GrpcError('UNIMPLEMENTED', `unknown method ${path}`))
    return
  }
  const listeners: ((message: Buffer) => void)[] = []
  const pending: Buffer[] = []
  const run = (work: () => Promise<void>): void => {
    work().then(
      () => finish(),
      (e) => finish(e),
    )
  }
  const reader = new FrameReader(maxBytes, (message) => {
    switch (handler.kind) {
      case 'unary':
        run(async () => send(await handler.handle(message, context)))
        return
      case 'serverStream':
        run(() => handler.handle(message, send, context))
        return
      case 'duplex':
        if (listeners.length === 0) pending.push(message)
        for (const listener of listeners) listener(message)
    }
  })
  if (handler.kind === 'duplex') {
    run(() =>
      handler.handle((listener) => {
        listeners.push(listener)
        for (const message of pending.splice(0)) listener(message)
      }, context),
    )
  }
  stream.on('data', (chunk: Buffer) => {
    try {
      reader.push(chunk)
    } catch (e) {
      finish(e)
    }
  })
}

function startResponse(stream: ServerHttp2Stream): void {
  if (!stream.headersSent) stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
}

function end(stream: ServerHttp2Stream, error: unknown): void {
  const status = trailersOf(error)
  if (!stream.headersSent) {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...status }, { endStream: true })
    return
  }
  stream.once('wantTrailers', () => stream.sendTrailers(status))
  stream.end()
}

function trailersOf(error: unknown): Record<string, string> {
  if (error === undefined) return { 'grpc-status': '0' }
  const known = error instanceof GrpcError ? error : new GrpcError('UNKNOWN', error instanceof Error ? error.message : String(error))
  return { 'grpc-status': String(statusToNumber(known.code)), 'grpc-message': encodeStatusMessage(known.message) }
}
