import { once } from 'node:events'
import { createWriteStream, readFileSync, type WriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { rootCertificates, connect as tlsConnect } from 'node:tls'
import { openTunnel, proxyAuthorization, proxyFor, proxySettingsOf } from '../proxy/index.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface HttpOptions {
  readonly environment: Environment
  /** How long to wait for the headers of an answer, and for the next bytes of its body. */
  readonly timeoutMs?: number | undefined
  /** How often to try again when a connection fails or a server is overloaded. */
  readonly retries?: number | undefined
  readonly userAgent: string
}

export interface HttpAnswer {
  readonly status: number
  /** `404 Not Found` */
  readonly statusText: string
  /** Names in lower case; the first value of each. */
  readonly header: (name: string) => string | undefined
  /** After redirects. */
  readonly url: URL
  readonly body: IncomingMessage
}

/** What went wrong on the way to a server, in words that name the request: `Get "URL": connection refused`. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
}

const maxRedirects = 10
const defaultTimeoutMs = 10_000
const firstDelayMs = 250

/** GET requests with redirects, retries, time limits and proxies. Tokens are for the host of the first request only. */
export class HttpClient {
  readonly #options: HttpOptions
  #ca: string[] | undefined

  constructor(options: HttpOptions) {
    this.#options = options
  }

  get #timeoutMs(): number {
    return this.#options.timeoutMs ?? defaultTimeoutMs
  }

  /**
   * Asks for a document and follows redirects, never from https to http. The answer may have any status; its body must be read
   * or destroyed.
   *
   * @throws HttpError when there is no answer
   */
  async get(url: URL, headers: Readonly<Record<string, string>> = {}, signal?: AbortSignal): Promise<HttpAnswer> {
    const retries = this.#options.retries ?? 1
    for (let attempt = 0; ; attempt++) {
      try {
        const answer = await this.#follow(url, headers, signal)
        const isBusy = answer.status === 429 || (answer.status >= 500 && answer.status !== 501)
        if (!isBusy || attempt >= retries) return answer
        answer.body.destroy()
      } catch (error) {
        if (attempt >= retries || signal?.aborted === true || !(error instanceof HttpError)) throw error
      }
      await new Promise((resolve) => setTimeout(resolve, firstDelayMs * 2 ** attempt))
    }
  }

  /** Sends a form, once and to this address alone. @throws HttpError when there is no answer */
  async postForm(url: URL, form: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<HttpAnswer> {
    const body = new URLSearchParams(form).toString()
    const headers = {
      'user-agent': this.#options.userAgent,
      accept: '*/*',
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(Buffer.byteLength(body)),
    }
    return answerOf(await this.#request(url, headers, signal, body), url)
  }

  /** A document as text. @throws HttpError also when it is longer than `maxBytes` or breaks off. */
  async text(answer: HttpAnswer, maxBytes = 10 << 20): Promise<string> {
    return (await this.bytes(answer, maxBytes)).toString('utf8')
  }

  async bytes({ body, url }: HttpAnswer, maxBytes = 10 << 20): Promise<Buffer> {
    const chunks: Buffer[] = []
    let size = 0
    body.setTimeout(this.#timeoutMs, () => body.destroy(new Error('timeout while reading body')))
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        size += chunk.length
        if (size > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`)
        chunks.push(chunk)
      }
    } catch (error) {
      throw new HttpError(`Get ${JSON.stringify(urlText(url))}: ${reason(error)}`, { cause: error })
    }
    return Buffer.concat(chunks)
  }

  /**
   * Writes a document to a file. A connection that breaks is taken up where it broke, as far as the server can; a broken file
   * of an earlier attempt is not trusted. `onProgress` is told the bytes so far and in all, as far as known.
   *
   * @throws HttpError when the server refuses or the document cannot be had in full
   */
  async download(
    url: URL,
    path: string,
    options: {
      readonly headers?: Readonly<Record<string, string>> | undefined
      readonly maxBytes?: number | undefined
      readonly signal?: AbortSignal | undefined
      readonly onProgress?: ((bytes: number, total: number | undefined) => void) | undefined
    } = {},
  ): Promise<{ readonly url: URL; readonly contentType: string | undefined }> {
    const attempts = (this.#options.retries ?? 1) + 3
    const maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY
    let have = 0
    let validator: string | undefined
    for (let attempt = 1; ; attempt++) {
      const resume: Record<string, string> = have > 0 && validator !== undefined ? { range: `bytes=${have}-`, 'if-range': validator } : {}
      const answer = await this.get(url, { ...options.headers, ...resume }, options.signal)
      if (answer.status !== 200 && answer.status !== 206) {
        answer.body.destroy()
        throw new HttpError(`unsuccessful request to ${urlText(answer.url)}: ${answer.statusText}`)
      }
      if (answer.status === 200) have = 0
      const etag = answer.header('etag')
      validator = etag !== undefined && !etag.startsWith('W/') ? etag : answer.header('last-modified')
      const length = Number(answer.header('content-length') ?? Number.NaN)
      const total = Number.isNaN(length) ? undefined : have + length
      const file = createWriteStream(path, { flags: have > 0 ? 'r+' : 'w', start: have })
      try {
        await this.#copy(answer, file, maxBytes, (bytes) => options.onProgress?.(have + bytes, total), have)
        const { size } = await stat(path)
        if (total !== undefined && size !== total)
          throw new HttpError(`Get ${JSON.stringify(urlText(url))}: unexpected EOF: got ${size} of ${total} bytes`)
        return { url: answer.url, contentType: answer.header('content-type') }
      } catch (error) {
        if (
          attempt >= attempts ||
          options.signal?.aborted === true ||
          !(error instanceof HttpError) ||
          error.message.includes('longer than')
        )
          throw error
        have = (await stat(path)).size
        if (validator === undefined) have = 0
      }
    }
  }

  async #copy(
    { body, url }: HttpAnswer,
    file: WriteStream,
    maxBytes: number,
    onBytes: (bytes: number) => void,
    before: number,
  ): Promise<void> {
    let size = 0
    body.setTimeout(this.#timeoutMs, () => body.destroy(new Error('timeout while reading body')))
    try {
      await once(file, 'open')
      for await (const chunk of body as AsyncIterable<Buffer>) {
        size += chunk.length
        if (before + size > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`)
        if (!file.write(chunk)) await once(file, 'drain')
        onBytes(size)
      }
    } catch (error) {
      throw new HttpError(`Get ${JSON.stringify(urlText(url))}: ${reason(error)}`, { cause: error })
    } finally {
      body.destroy()
      file.end()
      await once(file, 'close')
    }
  }

  async #follow(first: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    let url = first
    for (let count = 0; count <= maxRedirects; count++) {
      const own = { 'user-agent': this.#options.userAgent, accept: '*/*', ...headers }
      const sent = url.host === first.host ? own : Object.fromEntries(Object.entries(own).filter(([name]) => name !== 'authorization'))
      const response = await this.#request(url, sent, signal)
      const location = response.headers.location
      if (location === undefined || ![301, 302, 303, 307, 308].includes(response.statusCode!)) return answerOf(response, url)
      response.destroy()
      const next = new URL(location, url)
      if (next.protocol !== 'https:' && (next.protocol !== 'http:' || url.protocol === 'https:')) {
        throw new HttpError(`Get ${JSON.stringify(urlText(first))}: refused to follow a redirect from ${url.protocol} to ${next.protocol}`)
      }
      url = next
    }
    throw new HttpError(`Get ${JSON.stringify(urlText(first))}: stopped after ${maxRedirects} redirects`)
  }

  /** @param body makes it a POST */
  async #request(
    url: URL,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
    body?: string,
  ): Promise<IncomingMessage> {
    try {
      const proxy = proxyFor(url, proxySettingsOf(this.#options.environment))
      const timeout = this.#timeoutMs
      if (url.protocol === 'https:') {
        const secure = { ca: this.#certificates(), servername: isIp(url.hostname) ? '' : url.hostname }
        if (proxy === undefined) return await send(httpsRequest, url, { headers, timeout, signal, body, ...secure })
        const tls = await secureSocket(await openTunnel(proxy, url.hostname, Number(url.port || 443), timeout), secure, timeout)
        return await send(httpsRequest, url, { headers, timeout, signal, body, createConnection: () => tls })
      }
      if (proxy === undefined) return await send(httpRequest, url, { headers, timeout, signal, body })
      const own = { ...headers, host: url.host, ...proxyAuthorization(proxy) }
      return await send(httpRequest, proxy, { headers: own, timeout, signal, body, path: url.href })
    } catch (error) {
      throw new HttpError(`${body === undefined ? 'Get' : 'Post'} ${JSON.stringify(urlText(url))}: ${reason(error)}`, { cause: error })
    }
  }

  /** Those of Node and of SSL_CERT_FILE, where Go programs look for them; undefined for Node's alone. */
  #certificates(): string[] | undefined {
    const file = this.#options.environment.SSL_CERT_FILE
    if (!file) return undefined
    if (this.#ca === undefined) {
      const extra = this.#options.environment.NODE_EXTRA_CA_CERTS
      this.#ca = [...rootCertificates, ...[file, extra].flatMap((path) => (path ? [readFileSync(path, 'utf8')] : []))]
    }
    return this.#ca
  }
}

function secureSocket(
  socket: Socket,
  options: { readonly ca: string[] | undefined; readonly servername: string },
  timeoutMs: number,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const tls = tlsConnect({ socket, ...options }, () => {
      clearTimeout(timer)
      resolve(tls)
    })
    const timer = setTimeout(() => tls.destroy(new Error('TLS handshake timeout')), timeoutMs)
    tls.once('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
  })
}

function send(
  request: typeof httpRequest,
  url: URL,
  options: RequestOptions & { readonly signal?: AbortSignal | undefined; readonly body?: string | undefined },
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { signal, body, ...rest } = options
    const sent = request(
      url,
      { ...rest, method: body === undefined ? 'GET' : 'POST', ...(signal === undefined ? {} : { signal }) },
      resolve,
    )
    sent.on('timeout', () => sent.destroy(new Error('context deadline exceeded (Client.Timeout exceeded while awaiting headers)')))
    sent.on('error', reject)
    sent.end(body)
  })
}

function answerOf(response: IncomingMessage, url: URL): HttpAnswer {
  const header = (name: string): string | undefined => {
    const value = response.headers[name]
    return Array.isArray(value) ? value[0] : value
  }
  return {
    status: response.statusCode!,
    statusText: `${response.statusCode} ${response.statusMessage}`.trim(),
    header,
    url,
    body: response,
  }
}

function isIp(hostname: string): boolean {
  return /^[0-9.]+$/.test(hostname) || hostname.startsWith('[')
}

/** Decodes a part of a URL; `what` names the part, whose text is not shown since it may be a secret. @throws HttpError */
export function decodePercent(text: string, what: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new HttpError(`${what} has a percent sign that is not followed by the hexadecimal digits of a character`)
  }
}

/** Without user name, password and query, which may hold secrets. */
export function urlText(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`
}

const codes: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'no such host (temporary failure in name resolution)',
  ECONNREFUSED: 'connect: connection refused',
  ECONNRESET: 'read: connection reset by peer',
  ETIMEDOUT: 'i/o timeout',
  EPIPE: 'write: broken pipe',
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ERR_STREAM_PREMATURE_CLOSE' || message === 'aborted') return 'unexpected EOF'
  if (code?.startsWith('ERR_TLS') || /certificate|self.signed|CERT_/i.test(`${code} ${message}`))
    return `tls: failed to verify certificate: ${message}`
  return code !== undefined && Object.hasOwn(codes, code) ? `${codes[code]}` : message || String(code)
}
