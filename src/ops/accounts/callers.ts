import { setTimeout as sleep } from 'node:timers/promises'
import { type InputOf, isAwsError, type OperationOf, type OutputOf, openSession, type ServiceName, type Session } from '../../aws/index.ts'
import type { Organization } from '../organization.ts'

/** The role of a new account that lets its management account in. */
export const entryRole = 'OrganizationAccountAccessRole'

/** Calls to Organizations that came too close to another one are made again; nothing has happened. */
const busy = ['ConcurrentModificationException', 'TooManyRequestsException', 'FinalizingOrganizationException']

/** In whose name a call is made: the management account, or a member entered from there. */
export type Caller = 'management' | { readonly member: string }

export interface CallersOptions {
  readonly organization: Organization
  /** Credentials of the hub and endpoints. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The credentials are the management account's own: no role is assumed in it. */
  readonly direct?: boolean | undefined
  /** How long things are waited for that take AWS their time. Default 15 minutes. */
  readonly patienceMs?: number | undefined
  /** Told before each call; may throw. For tests that end a run anywhere. */
  readonly onCall?: ((name: string) => void) | undefined
  /** Told after each call; may throw. */
  readonly onAnswer?: ((name: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** Who calls AWS while an account is made. */
export class Callers {
  readonly #options: CallersOptions
  readonly #sessions = new Map<string, Promise<Session>>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: CallersOptions) {
    this.#options = options
  }

  /** One call in the name of the management account, or of a member entered from there. */
  async call<S extends ServiceName, Op extends OperationOf<S>>(
    who: Caller,
    service: S,
    operation: Op,
    input: InputOf<S, Op>,
    region?: string,
  ): Promise<OutputOf<S, Op>> {
    const session = await this.#session(who)
    return this.attempt(`${service}:${operation}`, () => session.call(service, operation, input, { region, signal: this.#options.signal }))
  }

  /** A call of any session, tried again while the organization is busy. */
  async attempt<T>(name: string, call: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      this.#options.onCall?.(name)
      try {
        const answer = await call()
        this.#options.onAnswer?.(name)
        return answer
      } catch (error) {
        const isBusy = isAwsError(error, ...busy)
        if (!isBusy || tries >= 30) throw error
        await this.pause(tries)
      }
    }
  }

  /** Calls that change an organization are made one after the other, also by work that is done side by side. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work)
    this.#last = result
    return result
  }

  /** Waits for something to become true that takes AWS its time. False when patience has ended. */
  async until(isDone: () => Promise<boolean>, longestMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    const { patienceMs = 900_000 } = this.#options
    const end = Date.now() + Math.min(patienceMs, longestMs)
    for (let tries = 1; ; tries++) {
      if (await isDone()) return true
      if (Date.now() >= end) return false
      await this.pause(tries)
    }
  }

  /** Grows from a tenth of a second to a quarter of a minute. */
  async pause(tries: number): Promise<void> {
    await sleep(Math.min(100 * 1.5 ** Math.min(tries, 20), 15_000), undefined, { signal: this.#options.signal })
  }

  /** Forgets the credentials of a member: the next call asks for new ones. */
  forget(member: string): void {
    this.#sessions.delete(member)
  }

  /** Whether the hub may assume a role by now. Answers of the past do not count. */
  async canAssume(roleArn: string): Promise<boolean> {
    const assumeRole = [{ roleArn, sessionName: 'landform-account' }]
    const settings = { region: this.#options.organization.hub.region, assumeRole, maxRetries: 8 }
    const session = await openSession(settings, { env: this.#options.environment as NodeJS.ProcessEnv })
    try {
      await this.attempt('sts:GetCallerIdentity', () => session.call('sts', 'GetCallerIdentity', {}, { signal: this.#options.signal }))
      return true
    } catch (error) {
      if (isAwsError(error, 'AccessDenied', 'AccessDeniedException', 'InvalidClientTokenId')) return false
      throw error
    } finally {
      session.close()
    }
  }

  /** The session that reads and writes in the store. */
  store(): Promise<Session> {
    const { store } = this.#options.organization
    return this.#open('store', [`arn:aws:iam::${store.account.id}:role/${store.role}`], store.region)
  }

  close(): void {
    for (const session of this.#sessions.values()) session.then((s) => s.close()).catch(() => {})
  }

  #session(who: Caller): Promise<Session> {
    const { management } = this.#options.organization
    const chain = this.#options.direct ? [] : [`arn:aws:iam::${management.id}:role/${management.roles.apply}`]
    if (who === 'management') return this.#open('management', chain, management.region)
    return this.#open(who.member, [...chain, `arn:aws:iam::${who.member}:role/${entryRole}`], management.region)
  }

  #open(key: string, roles: readonly string[], region: string): Promise<Session> {
    let session = this.#sessions.get(key)
    if (session === undefined) {
      const assumeRole = roles.map((roleArn) => ({ roleArn, sessionName: 'landform-account' }))
      session = openSession({ region, assumeRole, maxRetries: 8 }, { env: this.#options.environment as NodeJS.ProcessEnv })
      this.#sessions.set(key, session)
    }
    return session
  }
}
