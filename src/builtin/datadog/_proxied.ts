import type { IncomingMessage } from 'node:http'
import type { LocalFetched } from '../../aws/local-endpoints.ts'
import { proxyAgent, proxySettingsOf } from '../../proxy/index.ts'

/**
 * A request by the proxy of its URL, as HTTPS_PROXY, HTTP_PROXY and NO_PROXY say; undefined where there is none. `fetch` knows no proxies in the
 * versions of Node that are supported.
 */
export async function fetchProxied(
  url: string,
  init: {
    readonly method: string
    readonly headers: Readonly<Record<string, string>>
    readonly body?: string
    readonly signal: AbortSignal
  },
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<LocalFetched | undefined> {
  const agent = proxyAgent(new URL(url), proxySettingsOf(environment))
  if (agent === undefined) return undefined
  const { request } = url.startsWith('https:') ? await import('node:https') : await import('node:http')
  const { method, headers, body, signal } = init
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  try {
    const message = await new Promise<IncomingMessage>((resolve, reject) => {
      request(url, { method, headers: { ...headers, ...length }, signal, agent }, resolve)
        .on('error', reject)
        .end(body)
    })
    const chunks: Buffer[] = []
    for await (const chunk of message) chunks.push(chunk as Buffer)
    const status = message.statusCode ?? 0
    return {
      ok: status >= 200 && status < 300,
      status,
      statusText: message.statusMessage ?? '',
      headers: { get: (name) => [message.headers[name.toLowerCase()] ?? []].flat().join(', ') || null },
      text: async () => Buffer.concat(chunks).toString('utf8'),
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  }
}
