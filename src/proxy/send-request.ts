import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { ConnectionOptions } from 'node:tls'
import { proxyAgent } from './agents.ts'
import type { ProxySettings } from './proxy-for.ts'

export interface SentRequest {
  readonly method: string
  readonly headers: Readonly<OutgoingHttpHeaders>
  readonly body?: string | Uint8Array | undefined
  /** Ends the request, and is then the reason that is thrown. */
  readonly signal?: AbortSignal
  /** The longest pause of the server before and within its answer. */
  readonly idleTimeoutMs?: number
  /** Of connections to the server, such as certificates. */
  readonly tls?: ConnectionOptions
}

export interface ServerAnswer {
  readonly status: number
  readonly statusText: string
  /** As those of `fetch`: several values of a name with commas between them. */
  readonly headers: { get(name: string): string | null }
  readonly body: Buffer
}

/**
 * Sends one request, by the proxy that its URL has, and reads the answer to its end. `fetch` knows no proxies in the versions of Node that are
 * supported, and takes longer to load. Redirects are answers like others: what is sent is for that server alone.
 *
 * @throws Error when there is no whole answer
 */
export async function sendRequest(url: URL, settings: ProxySettings, sent: SentRequest): Promise<ServerAnswer> {
  const { method, body, signal, idleTimeoutMs = 0, tls } = sent
  const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http')
  const headers = body === undefined ? sent.headers : { ...sent.headers, 'content-length': Buffer.byteLength(body) }
  const agent = proxyAgent(url, settings)
  const options = { ...tls, method, headers, ...(signal && { signal }), ...(agent && { agent }) }
  try {
    const message = await new Promise<IncomingMessage>((resolve, reject) => {
      const sending = request(url, options, resolve)
      sending.setTimeout(idleTimeoutMs, () => sending.destroy(new Error(`no answer within ${idleTimeoutMs / 1000} seconds`)))
      sending.on('error', reject).end(body)
    })
    const chunks: Buffer[] = []
    for await (const chunk of message) chunks.push(chunk as Buffer)
    return {
      status: message.statusCode ?? 0,
      statusText: message.statusMessage ?? '',
      headers: { get: (name) => [message.headers[name.toLowerCase()] ?? []].flat().join(', ') || null },
      body: Buffer.concat(chunks),
    }
  } catch (error) {
    throw signal?.aborted ? signal.reason : reasonOf(error)
  }
}

/** Of an address that stands for several, Node says nothing but in the errors of each. */
function reasonOf(error: unknown): unknown {
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : []
  return error instanceof Error && error.message === '' && first !== undefined ? first : error
}
