import type { Protocol, ServiceFacts, ServiceModel } from '../protocols/index.ts'
import type { Call } from './call.ts'

/** An operation answers at once: calls of a sandbox happen one after the other, which makes conditional writes safe. */
// biome-ignore lint/suspicious/noExplicitAny: each operation names the request type of its own that the protocol has checked
export type Operation = (input: any, call: Call) => object

export interface Service {
  /** The name used for state, faults and messages. */
  readonly name: string
  readonly protocol: Protocol
  readonly facts: ServiceFacts
  /** Global services keep one state per account whatever region signs. */
  readonly global?: boolean
  readonly model: () => Promise<ServiceModel>
  readonly operations: Readonly<Record<string, Operation>>
  /** Runs before every operation, within its transaction: what a new account has from the beginning. */
  readonly prepare?: (call: Call) => void
  /** What `Call.later` set off, by kind; the subject is an id. */
  readonly events?: Readonly<Record<string, (subject: string, call: Call) => void>>
  /**
   * How this service refuses keys that it does not know, requests without any, and callers whose policies do not allow a
   * call; of `denied` the text is what stands before the reason.
   */
  readonly refusals: Readonly<
    Record<
      'unknownKey' | 'noKey' | 'badSignature' | 'expired' | 'denied' | 'throttled' | 'internal',
      readonly [code: string, message: string, status: number]
    >
  >
  /** Operations that anybody may call (a web identity is its own proof). */
  readonly anonymous?: ReadonlySet<string>
}
