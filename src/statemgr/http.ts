import { createHash } from 'node:crypto'
import type { OutgoingHttpHeaders } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectionOptions } from 'node:tls'
import type { Seal } from '../encryption/index.ts'
import type { ServerAnswer } from '../proxy/index.ts'
import { type LockInfo, lockInfoToJson, parseLockInfo } from './lock-info.ts'
import { type Expected, type RemoteClient, RemoteStateManager, type StoredBody } from './remote.ts'
import { staleAdvice } from './stale-lock.ts'
import { StateLockedError, stateError } from './state-manager.ts'

export interface HttpStateOptions {
  readonly address: URL
  /** Names proxies: HTTPS_PROXY, HTTP_PROXY and NO_PROXY. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
  readonly updateMethod: string
  /** Undefined: nothing is locked. */
  readonly lockAddress: URL | undefined
  readonly lockMethod: string
  readonly unlockAddress: URL | undefined
  readonly unlockMethod: string
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly skipCertVerification?: boolean | undefined
  readonly clientCaPem?: string | undefined
  readonly clientCertificatePem?: string | undefined
  readonly clientKeyPem?: string | undefined
  /** Attempts after the first. */
  readonly retryMax: number
  readonly retryWaitMinMs: number
  readonly retryWaitMaxMs: number
  readonly terraformVersion: string
  /** How the state is encrypted. */
  readonly seal?: Seal | undefined
}

/** A server that has accepted the connection and says nothing is not waited for without end. */
const idleTimeoutMs = 120_000

/** A state behind an HTTP address, with the protocol of Terraform's http backend; reference/backends.md section 4. */
export class HttpStateManager extends RemoteStateManager {
  constructor(options: HttpStateOptions) {
    super(new HttpClient(options), options.terraformVersion, options.seal)
  }
}

class HttpClient implements RemoteClient {
  readonly name: string
  readonly #o: HttpStateOptions
  #held: { readonly id: string; readonly body: Buffer } | undefined

  constructor(options: HttpStateOptions) {
    this.#o = options
    const { origin, pathname } = options.address
    this.name = `${origin}${pathname}`
  }

  async get(): Promise<StoredBody | undefined> {
    const { status, statusText, body } = await this.#send('GET', this.#o.address)
    if (status === 204 || status === 404 || (status === 200 && body.length === 0)) return undefined
    if (status !== 200) throw failed('GET', this.name, status, statusText)
    return { body, version: md5(body) }
  }

  /** The protocol knows no conditions: what is there is looked at first. */
  async put(body: Buffer, expected: Expected | undefined) {
    if (expected !== undefined) {
      const found = await this.get()
      if (expected.kind === 'absent' ? found !== undefined : found?.version !== expected.version) return { stored: false as const }
    }
    const { updateMethod, address } = this.#o
    const url = new URL(address)
    if (this.#held !== undefined) url.searchParams.set('ID', this.#held.id)
    const { status, statusText } = await this.#send(updateMethod, url, body)
    if (status !== 200 && status !== 201 && status !== 204) throw failed(updateMethod, this.name, status, statusText)
    return { stored: true as const, version: md5(body) }
  }

  async lock(info: LockInfo): Promise<string> {
    const { lockAddress, lockMethod } = this.#o
    if (lockAddress === undefined) return info.id
    const body = Buffer.from(lockInfoToJson(info))
    const answer = await this.#send(lockMethod, lockAddress, body)
    switch (answer.status) {
      case 200:
        this.#held = { id: info.id, body }
        return info.id
      case 423:
      case 409: {
        const holder = parseLockInfo(answer.body.toString('utf8'))
        const problem =
          holder === undefined
            ? 'HTTP remote state already locked, the answer does not say by whom'
            : `HTTP remote state already locked: ID=${holder.id}`
        throw new StateLockedError(problem, holder, holder && staleAdvice(holder))
      }
      default:
        throw failed(lockMethod, `${lockAddress.origin}${lockAddress.pathname}`, answer.status, answer.statusText)
    }
  }

  async unlock(id: string): Promise<void> {
    const { unlockAddress, unlockMethod } = this.#o
    if (unlockAddress === undefined) return
    // Another program's lock is released with its id alone, which servers that compare need.
    const body = this.#held?.id === id ? this.#held.body : Buffer.from(JSON.stringify({ ID: id }))
    const { status, statusText } = await this.#send(unlockMethod, unlockAddress, body)
    if (status !== 200) throw failed(unlockMethod, `${unlockAddress.origin}${unlockAddress.pathname}`, status, statusText)
    this.#held = undefined
  }

  async #send(method: string, url: URL, body?: Buffer): Promise<ServerAnswer> {
    const { retryMax, retryWaitMinMs, retryWaitMaxMs } = this.#o
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#sendOnce(method, url, body).catch((error: unknown) => error as Error)
      const again = answer instanceof Error || (answer.status >= 500 && answer.status !== 501)
      if (!again || attempt >= retryMax) {
        if (answer instanceof Error) throw new Error(`${method} ${url.origin}${url.pathname}: ${answer.message}`, { cause: answer })
        return answer
      }
      await sleep(Math.min(retryWaitMaxMs, retryWaitMinMs * 2 ** attempt))
    }
  }

  async #sendOnce(method: string, url: URL, body: Buffer | undefined): Promise<ServerAnswer> {
    const { username, password, headers, skipCertVerification, clientCaPem, clientCertificatePem, clientKeyPem } = this.#o
    const sent: OutgoingHttpHeaders = { ...headers }
    if (username) sent.Authorization = `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`
    if (body !== undefined) {
      sent['Content-Type'] = 'application/json'
      sent['Content-MD5'] = createHash('md5').update(body).digest('base64')
    }
    const tls: ConnectionOptions = {}
    if (skipCertVerification) tls.rejectUnauthorized = false
    if (clientCaPem) tls.ca = clientCaPem
    if (clientCertificatePem) tls.cert = clientCertificatePem
    if (clientKeyPem) tls.key = clientKeyPem
    const { proxySettingsOf, sendRequest } = await import('../proxy/index.ts')
    return sendRequest(url, proxySettingsOf(this.#o.environment ?? {}), { method, headers: sent, body, idleTimeoutMs, tls })
  }
}

function md5(body: Uint8Array): string {
  return createHash('md5').update(body).digest('hex')
}

function failed(method: string, name: string, status: number, statusText: string): Error {
  switch (status) {
    case 401:
      return stateError(
        'Error accessing the remote state',
        `${method} ${name}: HTTP remote state endpoint requires auth. Set "username" and "password" of the backend, or TF_HTTP_USERNAME and TF_HTTP_PASSWORD.`,
      )
    case 403:
      return stateError(
        'Error accessing the remote state',
        `${method} ${name}: HTTP remote state endpoint invalid auth. The user has no access to this state.`,
      )
    default:
      return new Error(`${method} ${name}: Unexpected HTTP response code ${status}${statusText === '' ? '' : ` ${statusText}`}`)
  }
}
