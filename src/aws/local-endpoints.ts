import { Readable } from 'node:stream'

/** A signed request as it would go over the wire. */
export interface LocalRequest {
  readonly method: string
  /** Percent-encoded, without the query. */
  readonly path: string
  /** Percent-encoded, without the question mark. */
  readonly query: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface LocalResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Answers a request; undefined stands for a connection that was closed without an answer. */
export type LocalAnswer = (request: LocalRequest) => Promise<LocalResponse | undefined>

const answers = new Map<string, LocalAnswer>()

/**
 * Requests to this address are answered by a function of this process from now on, which takes half of what sending them
 * through a socket to oneself does. Clients that are there already keep their way.
 *
 * @param url an endpoint as clients are given it
 * @returns ends it
 */
export function answerLocally(url: string, answer: LocalAnswer): () => void {
  const { origin } = new URL(url)
  answers.set(origin, answer)
  return () => {
    if (answers.get(origin) === answer) answers.delete(origin)
  }
}

interface SdkRequest {
  readonly method: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** What the SDK's clients send requests with. */
export interface SdkRequestHandler {
  readonly metadata: { readonly handlerProtocol: string }
  handle(request: SdkRequest): Promise<{ response: object }>
  destroy(): void
  updateHttpClientConfig(): void
  httpHandlerConfigs(): object
}

/** The handler for an endpoint of this process; undefined for all others. */
export function localHandler(endpoint: string | undefined, streams: boolean): SdkRequestHandler | undefined {
  if (answers.size === 0 || endpoint === undefined || !URL.canParse(endpoint)) return undefined
  const answer = answers.get(new URL(endpoint).origin)
  if (answer === undefined) return undefined
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle(request) {
      const response = await answer(await toLocal(request))
      if (response === undefined) throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
      // Clients that hand out bodies of any size expect a stream.
      const body = streams ? Readable.from([response.body], { objectMode: false }) : response.body
      return { response: { statusCode: response.status, headers: response.headers, body } }
    },
    destroy: () => {},
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  }
}

/** As much of `fetch`'s response as simple clients read. */
export type LocalFetched = Pick<Response, 'ok' | 'status' | 'statusText' | 'text'> & { readonly headers: Pick<Headers, 'get'> }

/**
 * `fetch` for an address of this process; undefined for all others.
 *
 * @throws TypeError, as `fetch` does, when the connection is closed without an answer
 */
export async function fetchLocally(
  url: string,
  init: { readonly method: string; readonly headers: Readonly<Record<string, string>>; readonly body?: string },
): Promise<LocalFetched | undefined> {
  if (answers.size === 0) return undefined
  const { origin, host, pathname, search } = new URL(url)
  const answer = answers.get(origin)
  if (answer === undefined) return undefined
  const headers: Record<string, string> = { host }
  for (const [name, value] of Object.entries(init.headers)) headers[name.toLowerCase()] = value
  const body = init.body === undefined ? new Uint8Array() : Buffer.from(init.body)
  const response = await answer({ method: init.method, path: pathname, query: search.slice(1), headers, body })
  if (response === undefined) throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET', message: 'socket hang up' } })
  return {
    ok: response.status >= 200 && response.status < 300,
    status: response.status,
    statusText: '',
    headers: { get: (name) => response.headers[name.toLowerCase()] ?? null },
    text: async () => Buffer.from(response.body).toString('utf8'),
  }
}

async function toLocal(request: SdkRequest): Promise<LocalRequest> {
  const headers: Record<string, string> = { host: request.port === undefined ? request.hostname : `${request.hostname}:${request.port}` }
  for (const [name, value] of Object.entries(request.headers)) headers[name.toLowerCase()] = String(value)
  const query = Object.entries(request.query ?? {})
    .flatMap(([name, value]): string[] => {
      if (Array.isArray(value)) return value.map((item) => `${encode(name)}=${encode(item)}`)
      return [value === null ? encode(name) : `${encode(name)}=${encode(value as string)}`]
    })
    .join('&')
  return { method: request.method, path: request.path, query, headers, body: await bytesOf(request.body) }
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

async function bytesOf(body: unknown): Promise<Uint8Array> {
  if (body === undefined || body === null) return new Uint8Array()
  if (typeof body === 'string') return Buffer.from(body)
  // The SDK's own kinds of Uint8Array warn of what they are not meant for.
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
  if (body instanceof ArrayBuffer) return new Uint8Array(body)
  const chunks: Buffer[] = []
  for await (const chunk of body as AsyncIterable<Uint8Array | string>) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks)
}
