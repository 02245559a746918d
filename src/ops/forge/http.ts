import { setTimeout as sleep } from 'node:timers/promises'
import { proxySettingsOf, sendRequest } from '../../proxy/index.ts'

/** What is asked of a service. */
export interface ForgeRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
  /** The request may have been carried out although it failed, and must not be repeated unseen. */
  readonly once?: boolean
}

export interface ForgeResponse {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly json: unknown
}

export interface Patience {
  /** Attempts at one request. */
  readonly tries: number
  /** Of one attempt. */
  readonly timeoutMs: number
  /** Of all waiting together: a job that waits an hour for its quota helps nobody. */
  readonly longestWaitMs: number
  readonly sleep: (ms: number) => Promise<void>
  readonly now: () => number
  /** From 0 to 1. */
  readonly random: () => number
}

export const ordinaryPatience: Patience = {
  tries: 6,
  timeoutMs: 30_000,
  longestWaitMs: 300_000,
  sleep: (ms) => sleep(ms),
  now: Date.now,
  random: Math.random,
}

/** A request that failed for good. Its message holds no header and no body that was sent. */
export class ForgeError extends Error {
  override readonly name = 'ForgeError'
  /** Undefined when no answer came. */
  readonly status: number | undefined
  readonly kind: 'network' | 'status' | 'rateLimit' | 'ambiguous'
  /** What the service said. */
  readonly said: string

  constructor(kind: ForgeError['kind'], status: number | undefined, message: string, said: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
    this.status = status
    this.said = said
  }
}

/**
 * Sends requests one after the other, as GitHub asks clients to do, and repeats what may be repeated: answers of 5xx and connections that break, after growing pauses; answers that
 * say to wait, after as long as they say. Requests go by HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
 *
 * @see https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
export class ForgeHttp {
  readonly #patience: Patience
  #waitedMs = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(patience: Patience = ordinaryPatience) {
    this.#patience = patience
  }

  /** @throws ForgeError for everything but 2xx, 304 and the statuses in `expected` */
  send(request: ForgeRequest, expected: readonly number[] = []): Promise<ForgeResponse> {
    const result = this.#last.then(() => this.#attempts(request, expected))
    this.#last = result.catch(() => {})
    return result
  }

  async #attempts(request: ForgeRequest, expected: readonly number[]): Promise<ForgeResponse> {
    const { tries } = this.#patience
    for (let attempt = 1; ; attempt++) {
      let failure: ForgeError
      let waitMs: number | undefined
      try {
        const response = await this.#once(request)
        const { status } = response
        if ((status >= 200 && status < 300) || expected.includes(status)) return response
        const said = messageOf(response.json)
        const limited = this.#limit(response, said, attempt)
        const what = `${request.method} ${pathOf(request.url)} was answered with ${status}`
        if (limited !== undefined) {
          failure = new ForgeError('rateLimit', status, `${what}: ${said}`, said)
          waitMs = limited
        } else if (status >= 500 || status === 408) {
          if (request.once === true) throw new ForgeError('ambiguous', status, `${what}: ${said}`, said)
          failure = new ForgeError('status', status, `${what}: ${said}`, said)
        } else throw new ForgeError('status', status, `${what}: ${said}`, said)
      } catch (error) {
        if (error instanceof ForgeError) throw error
        if (!(error instanceof Error)) throw error
        const reason = reasonOf(error)
        const text = `${new URL(request.url).host} could not be reached: ${reason}`
        // Where no connection came about nothing has happened.
        const unsent = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH/.test(reason)
        if (request.once === true && !unsent) throw new ForgeError('ambiguous', undefined, text, '', { cause: error })
        failure = new ForgeError('network', undefined, text, '', { cause: error })
      }
      if (attempt >= tries) throw failure
      await this.#wait(waitMs ?? this.#pause(attempt), failure)
    }
  }

  /** Redirections are answers like others: a token must not follow one to somewhere else. */
  async #once({ method, url, headers, body }: ForgeRequest): Promise<ForgeResponse> {
    const {
      status,
      headers: given,
      body: answered,
    } = await sendRequest(new URL(url), proxySettingsOf(process.env), {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(this.#patience.timeoutMs),
    })
    return { status, headers: given, json: tryJson(answered.toString('utf8')) }
  }

  /** How long an answer says to wait; undefined when it says no such thing. */
  #limit({ status, headers }: ForgeResponse, said: string, attempt: number): number | undefined {
    if (status !== 403 && status !== 429) return undefined
    const after = headers.get('retry-after')
    if (after !== null && /^\d+$/.test(after)) return Number(after) * 1000 + 500
    if (headers.get('x-ratelimit-remaining') === '0') {
      const reset = Number(headers.get('x-ratelimit-reset'))
      if (Number.isFinite(reset) && reset > 0) {
        // The service's own clock counts, where it tells it.
        const date = Date.parse(headers.get('date') ?? '')
        const nowMs = Number.isNaN(date) ? this.#patience.now() : date
        return Math.max(0, reset * 1000 - nowMs) + 1000
      }
    }
    // "For at least one minute", and longer each time.
    if (/secondary rate limit|abuse detection/i.test(said) || status === 429) return 60_000 * 2 ** (attempt - 1)
    return undefined
  }

  #pause(attempt: number): number {
    return 500 * 2 ** (attempt - 1) * (0.75 + this.#patience.random() / 2)
  }

  async #wait(ms: number, failure: ForgeError): Promise<void> {
    if (this.#waitedMs + ms > this.#patience.longestWaitMs) throw failure
    this.#waitedMs += ms
    await this.#patience.sleep(ms)
  }
}

function tryJson(text: string): unknown {
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown)
  } catch {
    return undefined
  }
}

function messageOf(json: unknown): string {
  const { message, errors } = (typeof json === 'object' && json !== null ? json : {}) as { message?: unknown; errors?: unknown }
  const more = Array.isArray(errors)
    ? errors
        .map((e: unknown) => (typeof e === 'string' ? e : typeof e === 'object' && e !== null && 'message' in e ? String(e.message) : ''))
        .filter((e) => e !== '')
    : []
  const text = [typeof message === 'string' ? message : '', ...more].filter((part) => part !== '').join('; ')
  return text === '' ? 'without a message' : text.slice(0, 500)
}

function pathOf(url: string): string {
  const { pathname } = new URL(url)
  return pathname
}

/** Node says why in the cause of a cause. */
function reasonOf(error: Error): string {
  for (let e: unknown = error; e instanceof Error; e = e.cause) {
    const { code } = e as NodeJS.ErrnoException
    if (typeof code === 'string') return `${code}${e.message.includes(code) ? '' : ` (${e.message})`}`
    if (e.name === 'TimeoutError') return 'no answer in time'
  }
  return error.message
}
