import { randomBytes } from 'node:crypto'
import { AccountRegistry, type Identity } from './accounts.ts'
import type { Call } from './call.ts'
import { type Fault, FaultSet } from './faults.ts'
import { hexId, seededBytes } from './ids.ts'
import type { Service } from './service.ts'
import { BlobStore, type Scope, Store, type Table } from './store.ts'

export interface KernelOptions {
  readonly dir?: string
  readonly seed?: string | number
  readonly clock?: () => Date
  /** How long things take compared with AWS: 0 (the default) is done at the next call, 1 is as slow as AWS. */
  readonly delays?: number
  readonly faults?: readonly Fault[]
  readonly openKeys: boolean
  /** The largest page of any list, to find clients that forget to ask for the next. */
  readonly maxPageSize?: number
  /** The regions that accounts see; all of AWS's when absent. */
  readonly regions?: readonly string[]
}

const MOST_ROUNDS = 500

interface EventRow {
  readonly id: string
  readonly at: number
  readonly account: string
  readonly region: string
  readonly service: string
  readonly kind: string
  readonly subject: string
}

/** What all services of one sandbox share: state, clock, ids, keys, faults, and what will happen later. */
export class Kernel {
  readonly store: Store
  readonly blobs: BlobStore
  readonly accounts: AccountRegistry
  readonly faults: FaultSet
  readonly maxPageSize: number
  readonly regions: readonly string[] | undefined
  readonly seed: string
  readonly #clock: () => Date
  readonly #delays: number
  readonly #events: Table<EventRow>
  readonly #own: Scope
  readonly #hidden = new Map<string, number>()
  #nextDue: number
  #afterCommit: (() => void)[] = []
  #hide: { reads: number } | undefined

  constructor(options: KernelOptions) {
    this.store = new Store(options.dir)
    this.blobs = new BlobStore(options.dir)
    this.#own = this.store.scope('-', '-', 'kernel')
    const seeds = this.#own.table<{ id: string; seed: string }>('seed')
    this.seed = seeds.get('seed')?.seed ?? seeds.put({ id: 'seed', seed: String(options.seed ?? randomBytes(16).toString('hex')) }).seed
    this.#clock = options.clock ?? (() => new Date())
    this.#delays = options.delays ?? 0
    this.accounts = new AccountRegistry(this.store, options.openKeys)
    this.faults = new FaultSet(this.seed, options.faults ?? [])
    this.regions = options.regions
    this.maxPageSize = options.maxPageSize ?? Number.POSITIVE_INFINITY
    this.#events = this.#own.table<EventRow>('events')
    this.#nextDue = Math.min(...[...this.#events.values()].map((event) => event.at))
    this.store.commit()
  }

  now(): Date {
    return this.#clock()
  }

  call(service: Pick<Service, 'name' | 'global'>, operation: string, identity: Identity, region: string, internal = false): Call {
    const { account } = identity
    const { store } = this
    const place = service.global === true ? 'global' : region
    const scope = store.scope(account, place, service.name)
    const schedule = (ms: number, kind: string, subject: string) =>
      this.#schedule(ms, { account, region, service: service.name, kind, subject })
    const newBytes = () => seededBytes(this.seed, account, place, service.name, scope.nextNumber())
    return {
      kernel: this,
      identity,
      account,
      region,
      service: service.name,
      inService: (name) => this.call({ name }, operation, identity, region, true),
      operation,
      now: this.now(),
      internal,
      scope,
      scopeOf: (name, otherRegion = region, otherAccount = account) => store.scope(otherAccount, otherRegion, name),
      newBytes,
      newId: (prefix) => {
        const id = hexId(prefix, newBytes())
        if (this.#hide !== undefined) this.#hidden.set(id, this.#hide.reads)
        return id
      },
      later: (awsSeconds, kind, subject) => schedule(awsSeconds * 1000 * this.#delays, kind, subject),
      linger: (seconds, kind, subject) => schedule(seconds * 1000, kind, subject),
      afterCommit: (action) => {
        this.#afterCommit.push(action)
      },
      isVisible: (id) => {
        const reads = this.#hidden.get(id)
        if (reads === undefined) return true
        if (reads > 1) this.#hidden.set(id, reads - 1)
        else this.#hidden.delete(id)
        return false
      },
      arn: (resource, arnRegion = region) => `arn:aws:${service.name}:${arnRegion}:${account}:${resource}`,
    }
  }

  /** Runs a call's work as a whole: everything it changed is kept, or nothing when it throws. */
  transact<T>(work: () => T, hide?: { reads: number }): T {
    this.#afterCommit = []
    this.#hide = hide
    try {
      const result = work()
      this.store.commit()
      for (const action of this.#afterCommit) action()
      return result
    } catch (error) {
      this.store.rollback()
      throw error
    } finally {
      this.#hide = undefined
    }
  }

  /**
   * Lets everything happen that is due, in the order of time. `load` finds the service of an event. What sets itself off
   * again and again without a delay waits for the next call.
   */
  async settle(load: (service: string) => Promise<Service>): Promise<void> {
    for (let round = 0; round < MOST_ROUNDS && this.#nextDue <= this.now().getTime(); round++) {
      const now = this.now().getTime()
      const due = [...this.#events.values()].filter((event) => event.at <= now).sort((a, b) => a.at - b.at || Number(a.id) - Number(b.id))
      const services = new Map<string, Service>()
      for (const { service } of due) if (!services.has(service)) services.set(service, await load(service))
      // Another request may have settled some while the services were loaded.
      for (const event of due) if (this.#events.get(event.id) !== undefined) this.#happen(event, services.get(event.service)!)
      this.#nextDue = Math.min(...[...this.#events.values()].map((event) => event.at))
    }
  }

  #happen(event: EventRow, service: Service): void {
    const { id, account, kind, subject, region } = event
    const root: Identity = { account, arn: `arn:aws:iam::${account}:root`, userId: account, accessKeyId: '' }
    try {
      this.transact(() => {
        this.#events.delete(id)
        service.events?.[kind]?.(subject, this.call(service, kind, root, region, true))
      })
    } catch (error) {
      // What happens on its own has nobody to report to; it must not keep the next call from being answered.
      this.transact(() => this.#events.delete(id))
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
      process.emitWarning(`${event.service} ${kind} ${subject}: ${detail}`, 'SandboxWarning')
    }
  }

  #schedule(ms: number, event: Omit<EventRow, 'id' | 'at'>): void {
    const at = this.now().getTime() + ms
    this.#events.put({ id: String(this.#own.nextNumber()), at, ...event })
    this.#nextDue = Math.min(this.#nextDue, at)
  }
}
