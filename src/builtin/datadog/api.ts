import { fetchLocally, type LocalFetched } from '../../aws/local-endpoints.ts'
import type { Lookup } from '../../providers/kit/index.ts'
import { proxySettingsOf, type SentRequest, sendRequest } from '../../proxy/index.ts'

/** An answer of Datadog that is an error, or a request that got no answer. Keys are never part of the message. */
export class DatadogError extends Error {
  override readonly name = 'DatadogError'
  /** Undefined when there was no answer. */
  readonly status: number | undefined

  constructor(message: string, status: number | undefined, cause?: unknown) {
    super(message, { cause })
    this.status = status
  }
}

export interface RetrySettings {
  readonly enabled: boolean
  /** For all attempts of one request together. */
  readonly timeoutMs: number
  readonly backoffBaseMs: number
  readonly backoffMultiplier: number
  readonly maxRetries: number
}

/** One request to a server. @throws Error when there is no answer */
type Send = (url: string, request: SentRequest) => Promise<LocalFetched>

/** Time and network, so that tests can have their own. */
export interface Surroundings {
  readonly send?: Send | undefined
  readonly sleep?: ((ms: number, signal: AbortSignal | undefined) => Promise<void>) | undefined
}

export interface ApiSettings {
  /** Without a slash at its end. */
  readonly url: string
  readonly apiKey: string
  readonly appKey: string
  readonly retry: RetrySettings
  /** `key:value` texts that every monitor has. */
  readonly defaultTags: Readonly<Record<string, string>>
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** Calls Datadog for one configuration of the provider. */
export class DatadogApi {
  readonly defaultTags: Readonly<Record<string, string>>
  /** Requests sent so far by `METHOD /path`, ids left out, repeated ones included. */
  readonly requests = new Map<string, number>()
  readonly #settings: ApiSettings
  readonly #send: Send
  readonly #sleep: NonNullable<Surroundings['sleep']>
  readonly #lookups = new Map<string, Lookup<unknown>>()

  constructor(settings: ApiSettings, surroundings: Surroundings = {}) {
    this.#settings = settings
    this.defaultTags = settings.defaultTags
    this.#send = surroundings.send ?? sendToServer
    this.#sleep = surroundings.sleep ?? sleep
  }

  /** Whether Datadog is an emulator on this machine, which answers at once. */
  get isLocal(): boolean {
    return /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?(\/|$)/.test(this.#settings.url)
  }

  /**
   * One request, repeated while that may help: after 429 when Datadog says it may be, after 5xx and lost connections with growing pauses.
   *
   * @throws DatadogError for answers other than 2xx and when there is none
   */
  async call(method: Method, path: string, body?: object, signal?: AbortSignal): Promise<unknown> {
    const { retry } = this.#settings
    const startedMs = Date.now()
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.#attempt(method, path, body, signal)
      if ('answer' in outcome) return outcome.answer
      const mayRepeat = retry.enabled && attempt < retry.maxRetries && outcome.isPassing && (outcome.hadNoEffect || method !== 'POST')
      const pauseMs = outcome.pauseMs ?? retry.backoffBaseMs * retry.backoffMultiplier ** attempt
      if (!mayRepeat || Date.now() - startedMs + pauseMs > retry.timeoutMs) throw outcome.error
      await this.#sleep(pauseMs, signal)
    }
  }

  /** One look-up of each name, so that reads of all objects meet in it. */
  lookup<V>(name: string, make: () => Lookup<V>): Lookup<V> {
    let found = this.#lookups.get(name)
    if (found === undefined) {
      found = make() as Lookup<unknown>
      this.#lookups.set(name, found)
    }
    return found as Lookup<V>
  }

  forgetExpected(): void {
    for (const lookup of this.#lookups.values()) lookup.clear()
  }

  async #attempt(method: Method, path: string, body: object | undefined, signal: AbortSignal | undefined): Promise<Outcome> {
    const { url, apiKey, appKey } = this.#settings
    const name = `${method} ${path.split('?')[0]!.replace(/\/\d+/g, '/ID')}`
    this.requests.set(name, (this.requests.get(name) ?? 0) + 1)
    let response: LocalFetched
    let text: string
    try {
      const request = {
        method,
        headers: {
          'DD-API-KEY': apiKey,
          'DD-APPLICATION-KEY': appKey,
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }
      const bounded = (): AbortSignal =>
        signal === undefined ? AbortSignal.timeout(60_000) : AbortSignal.any([signal, AbortSignal.timeout(60_000)])
      response = (await fetchLocally(url + path, request)) ?? (await this.#send(url + path, { ...request, signal: bounded() }))
      text = await response.text()
    } catch (error) {
      if (signal?.aborted) throw error
      const reason = reasonOf(error)
      const hadNoEffect = reason.includes('ECONNREFUSED') || reason.includes('ENOTFOUND')
      return {
        error: this.#error(`${method} ${url}${path}: no answer: ${reason}`, undefined),
        isPassing: !reason.includes('ENOTFOUND'),
        hadNoEffect,
      }
    }
    const answer = parse(text)
    if (response.ok) return { answer }
    const { status } = response
    const message = `${method} ${url}${path}: ${status} ${response.statusText || statusTexts[status] || ''}`.trimEnd()
    return {
      error: this.#error(`${message}: ${errorsOf(answer, text)}`, status),
      isPassing: status === 429 || status >= 500,
      // Datadog refuses before it does anything when there are too many requests.
      hadNoEffect: status === 429,
      ...(status === 429 ? { pauseMs: resetMs(response.headers) } : {}),
    }
  }

  /** Should Datadog ever repeat a key in an answer, it goes no further than here. */
  #error(message: string, status: number | undefined): DatadogError {
    let safe = message
    for (const key of [this.#settings.apiKey, this.#settings.appKey]) if (key.length >= 8) safe = safe.replaceAll(key, '(key)')
    return new DatadogError(safe, status)
  }
}

const sendToServer: Send = async (url, request) => {
  const { status, statusText, headers, body } = await sendRequest(new URL(url), proxySettingsOf(process.env), request)
  return { ok: status >= 200 && status < 300, status, statusText, headers, text: async () => body.toString('utf8') }
}

type Outcome =
  | { readonly answer: unknown }
  | { readonly error: DatadogError; readonly isPassing: boolean; readonly hadNoEffect: boolean; readonly pauseMs?: number }

const statusTexts: Readonly<Record<number, string>> = { 400: 'Bad Request', 403: 'Forbidden', 404: 'Not Found', 429: 'Too Many Requests' }

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function errorsOf(answer: unknown, text: string): string {
  const errors = (answer as { errors?: unknown } | undefined)?.errors
  if (!Array.isArray(errors)) return text.slice(0, 500)
  return errors.map((error) => (typeof error === 'string' ? error : JSON.stringify(error))).join('; ')
}

/** Seconds until requests are taken again. */
function resetMs(headers: LocalFetched['headers']): number {
  const seconds = Number(headers.get('x-ratelimit-reset'))
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 1000
}

/** A failure within this process has its reason in its cause; one of the network stands for itself. */
function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause
  return [cause?.code, cause?.message ?? (error as Error).message].filter((part) => part !== undefined).join(': ')
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    })
  })
}
