import type { Identity } from './accounts.ts'
import type { Kernel } from './kernel.ts'
import type { Scope } from './store.ts'

/** One request being answered: who calls, where, when, and the state within reach. */
export interface Call {
  readonly kernel: Kernel
  readonly identity: Identity
  readonly account: string
  readonly region: string
  /** The service that is called. */
  readonly service: string
  readonly operation: string
  readonly now: Date
  /** Not asked for by the caller itself, but done by a service on its own or on the caller's behalf. */
  readonly internal: boolean
  /** This service's state of the caller's account in the region of the call. */
  readonly scope: Scope
  /** Another service's state of the same account and region, or any other scope. */
  scopeOf(service: string, region?: string, account?: string): Scope
  /** The same call as another regional service sees it: for what one service does through another's functions. */
  inService(name: string): Call
  /** A fresh id such as `vpc-0…`. */
  newId(prefix: string): string
  /** Fresh bytes, for ids of other forms. */
  newBytes(): Buffer
  /**
   * Runs the service's event `kind` for `subject` after a time that would be `awsSeconds` on AWS. The sandbox's `delays`
   * scale it; it never happens within this call.
   */
  later(awsSeconds: number, kind: string, subject: string): void
  /** The same in real hours: how long AWS shows what is gone. */
  linger(seconds: number, kind: string, subject: string): void
  /** Runs once the call's changes are kept. */
  afterCommit(action: () => void): void
  /** For `stale` faults: false while reads should not see what was created under this id. */
  isVisible(id: string): boolean
  arn(resource: string, region?: string): string
}
