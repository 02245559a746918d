import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { rootCertificates } from 'node:tls'
import { gunzipSync } from 'node:zlib'
import { proxyAgent, proxySettingsOf } from '../../proxy/index.ts'

export interface HttpRequest {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** For one request with all its redirections; undefined: without end. */
  readonly timeoutMs: number | undefined
  /** PEM texts. */
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly insecure: boolean
}

export interface HttpAnswer {
  readonly status: number
  /** By name in the usual spelling (`Content-Type`), values of one name joined with `, `. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

const maxRedirections = 10

/** Sends a request and follows redirections as Go's client does: after 301, 302 and 303 with GET and without the body. */
export async function sendFollowing(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const { timeoutMs } = request
  const limit = timeoutMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  let current = request
  for (let followed = 0; ; followed++) {
    const answer = await send(current, limit).catch((error: Error) => {
      if (limit.aborted && !signal.aborted) throw new Error(`no answer within ${timeoutMs} ms`)
      throw error
    })
    const location = answer.headers.get('Location')
    if (location === undefined || ![301, 302, 303, 307, 308].includes(answer.status)) return answer
    if (followed >= maxRedirections) throw new Error(`stopped after ${maxRedirections} redirects`)
    current = redirected(current, answer.status, new URL(location, current.url))
  }
}

function redirected(request: HttpRequest, status: number, to: URL): HttpRequest {
  const from = new URL(request.url)
  // Credentials are for the host they were written for.
  const secret = /^(authorization|cookie|www-authenticate)$/i
  const headers =
    from.host === to.host ? request.headers : Object.fromEntries(Object.entries(request.headers).filter(([name]) => !secret.test(name)))
  const keepsMethod = status === 307 || status === 308 || request.method === 'GET' || request.method === 'HEAD'
  return { ...request, url: to.href, headers, ...(keepsMethod ? {} : { method: 'GET', body: undefined }) }
}

function send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const url = new URL(request.url)
  const { method, headers, body, ca, cert, key, insecure } = request
  const given = Object.keys(headers).map((name) => name.toLowerCase())
  const added: Record<string, string> = {}
  if (!given.includes('user-agent')) added['User-Agent'] = 'Landform'
  if (!given.includes('accept-encoding')) added['Accept-Encoding'] = 'gzip'
  if (body !== undefined && !given.includes('content-length')) added['Content-Length'] = String(Buffer.byteLength(body))
  const secure = { ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }), cert, key, rejectUnauthorized: !insecure }
  // As Go's client: by HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
  const agent = proxyAgent(url, proxySettingsOf(process.env), secure) ?? (false as const)
  const options = { method, headers: { ...headers, ...added }, signal, agent }
  return new Promise((resolve, reject) => {
    const onAnswer = (message: IncomingMessage): void => {
      collect(message, 'Accept-Encoding' in added).then(resolve, reject)
    }
    const sent = url.protocol === 'https:' ? requestHttps(url, { ...options, ...secure }, onAnswer) : requestHttp(url, options, onAnswer)
    sent.on('error', reject)
    sent.end(body)
  })
}

async function collect(message: IncomingMessage, mayUnpack: boolean): Promise<HttpAnswer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  const headers = new Map<string, string>()
  for (let i = 0; i < message.rawHeaders.length; i += 2) {
    const name = usualSpelling(message.rawHeaders[i]!)
    const value = message.rawHeaders[i + 1]!
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value)
  }
  let body: Buffer = Buffer.concat(chunks)
  if (mayUnpack && headers.get('Content-Encoding') === 'gzip' && body.length > 0) {
    body = gunzipSync(body)
    headers.delete('Content-Encoding')
    headers.delete('Content-Length')
  }
  return { status: message.statusCode ?? 0, headers, body }
}

function usualSpelling(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase())
}
