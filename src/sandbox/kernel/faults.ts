import { seededBytes } from './ids.ts'

/** What goes wrong on request. Members that select are all optional; those given must all fit. */
export interface Fault {
  /**
   * - `throttle`: the service's throttling error
   * - `error`: status 500 (or `status`) with AWS's internal error (or the error `code`)
   * - `deny`: as if the caller's policies did not allow it
   * - `drop`: the connection is closed without an answer
   * - `delay`: the answer comes `delayMs` late
   * - `stale`: what a call creates is not found by the next `reads` describing calls for it
   */
  readonly kind: 'throttle' | 'error' | 'deny' | 'drop' | 'delay' | 'stale'
  readonly service?: string
  readonly operation?: string
  readonly account?: string
  /** How many calls it hits before it is spent; unlimited when absent. */
  readonly times?: number
  /** How many fitting calls pass before the first is hit. */
  readonly after?: number
  /** Between 0 and 1; 1 when absent. Chosen by the sandbox's seed. */
  readonly probability?: number
  readonly status?: number
  readonly code?: string
  readonly delayMs?: number
  readonly reads?: number
}

export interface FaultSubject {
  readonly service: string
  readonly operation: string
  readonly account: string
}

/** The faults in force. */
export class FaultSet {
  readonly #faults: { fault: Fault; seen: number; hits: number }[] = []
  readonly #seed: string
  #draws = 0

  constructor(seed: string, faults: readonly Fault[]) {
    this.#seed = seed
    for (const fault of faults) this.add(fault)
  }

  add(fault: Fault): void {
    this.#faults.push({ fault, seen: 0, hits: 0 })
  }

  clear(): void {
    this.#faults.length = 0
  }

  /** The faults that hit this call, each counted as used. */
  strike(subject: FaultSubject): Fault[] {
    return this.#faults
      .filter((entry) => {
        const { fault } = entry
        if (fault.service !== undefined && fault.service !== subject.service) return false
        if (fault.operation !== undefined && fault.operation !== subject.operation) return false
        if (fault.account !== undefined && fault.account !== subject.account) return false
        entry.seen++
        if (entry.seen <= (fault.after ?? 0) || entry.hits >= (fault.times ?? Number.POSITIVE_INFINITY)) return false
        if (fault.probability !== undefined) {
          const draw = seededBytes(this.#seed, 'fault', this.#draws++).readUInt32BE(0) / 2 ** 32
          if (draw >= fault.probability) return false
        }
        entry.hits++
        return true
      })
      .map(({ fault }) => fault)
  }
}
