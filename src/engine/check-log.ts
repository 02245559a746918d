import { compareStrings } from '../base/index.ts'
import type { CheckResult } from '../states/index.ts'

export type CheckStatus = CheckResult['status']

const severity: Readonly<Record<CheckStatus, number>> = { pass: 0, unknown: 1, error: 2, fail: 3 }

interface LoggedObject {
  /** Undefined: not known yet. */
  status: CheckStatus | undefined
  readonly failureMessages: string[]
}

interface LoggedConfig {
  readonly kind: CheckResult['objectKind']
  expanded: boolean
  readonly objects: Map<string, LoggedObject>
}

/** Outcomes of conditions and assertions as the run goes on, by the object they belong to. */
export class CheckLog {
  readonly #configs = new Map<string, LoggedConfig>()

  /** Lists a block: as long as its instances are not known, its outcome is not either. */
  declare(kind: CheckResult['objectKind'], configAddr: string): void {
    if (!this.#configs.has(configAddr)) this.#configs.set(configAddr, { kind, expanded: false, objects: new Map() })
  }

  /** All instances of the block are known, even where there are none. */
  expanded(kind: CheckResult['objectKind'], configAddr: string): void {
    this.declare(kind, configAddr)
    this.#configs.get(configAddr)!.expanded = true
  }

  /** Lists an object before anything is known of its conditions. */
  expect(kind: CheckResult['objectKind'], configAddr: string, objectAddr: string): void {
    this.expanded(kind, configAddr)
    const { objects } = this.#configs.get(configAddr)!
    if (!objects.has(objectAddr)) objects.set(objectAddr, { status: undefined, failureMessages: [] })
  }

  /** What an earlier run knew of blocks that this one does not get to: their objects, of which nothing is known now. */
  expectAll(earlier: readonly CheckResult[]): void {
    for (const { objectKind, configAddr, objects } of earlier) {
      if (this.#configs.get(configAddr)?.expanded !== false) continue
      for (const { objectAddr } of objects) this.expect(objectKind, configAddr, objectAddr)
    }
  }

  /** The worst outcome of an object's conditions counts: fail, then error, then unknown, then pass. */
  record(kind: CheckResult['objectKind'], configAddr: string, objectAddr: string, status: CheckStatus, message?: string): void {
    this.expanded(kind, configAddr)
    const { objects } = this.#configs.get(configAddr)!
    let object = objects.get(objectAddr)
    if (object === undefined) objects.set(objectAddr, (object = { status, failureMessages: [] }))
    if (object.status === undefined || severity[status] > severity[object.status]) object.status = status
    if (message !== undefined) object.failureMessages.push(message)
  }

  /** Takes over what another run has found out about a block. */
  adopt({ objectKind, configAddr, objects }: CheckResult): void {
    this.expanded(objectKind, configAddr)
    for (const { objectAddr, status, failureMessages } of objects) {
      this.#configs.get(configAddr)!.objects.set(objectAddr, { status, failureMessages: [...failureMessages] })
    }
  }

  hasFailed(configAddr: string, objectAddr: string): boolean {
    return this.#configs.get(configAddr)?.objects.get(objectAddr)?.status === 'fail'
  }

  /** Undefined when there is nothing that could be checked. */
  results(): readonly CheckResult[] | undefined {
    if (this.#configs.size === 0) return undefined
    const results: CheckResult[] = []
    for (const [configAddr, { kind, expanded, objects }] of this.#configs) {
      let status: CheckStatus = expanded ? 'pass' : 'unknown'
      for (const { status: own = 'unknown' } of objects.values()) if (severity[own] > severity[status]) status = own
      results.push({
        objectKind: kind,
        configAddr,
        status,
        objects: [...objects]
          .map(([objectAddr, o]) => ({
            objectAddr,
            status: o.status ?? 'unknown',
            failureMessages: [...o.failureMessages].sort(compareStrings),
          }))
          .sort((a, b) => compareStrings(a.objectAddr, b.objectAddr)),
      })
    }
    return results.sort((a, b) => compareStrings(a.configAddr, b.configAddr))
  }
}
