import { compareStrings } from '../base/index.ts'
import type { CheckResult } from '../states/index.ts'

export type CheckStatus = CheckResult['status']

const severity: Readonly<Record<CheckStatus, number>> = { pass: 0, unknown: 1, error: 2, fail: 3 }

interface LoggedObject {
  status: CheckStatus
  readonly failureMessages: string[]
}

/** Outcomes of conditions and assertions as the run goes on, by the object they belong to. */
export class CheckLog {
  readonly #configs = new Map<string, { readonly kind: CheckResult['objectKind']; readonly objects: Map<string, LoggedObject> }>()

  /** Makes sure that the block is listed, even when it turns out to have no instances. */
  declare(kind: CheckResult['objectKind'], configAddr: string): void {
    if (!this.#configs.has(configAddr)) this.#configs.set(configAddr, { kind, objects: new Map() })
  }

  /** The worst outcome of an object's conditions counts: fail, then error, then unknown, then pass. */
  record(kind: CheckResult['objectKind'], configAddr: string, objectAddr: string, status: CheckStatus, message?: string): void {
    this.declare(kind, configAddr)
    const { objects } = this.#configs.get(configAddr)!
    let object = objects.get(objectAddr)
    if (object === undefined) objects.set(objectAddr, (object = { status, failureMessages: [] }))
    if (severity[status] > severity[object.status]) object.status = status
    if (message !== undefined) object.failureMessages.push(message)
  }

  /** Undefined when there is nothing that could be checked. */
  results(): readonly CheckResult[] | undefined {
    if (this.#configs.size === 0) return undefined
    const results: CheckResult[] = []
    for (const [configAddr, { kind, objects }] of this.#configs) {
      let status: CheckStatus = 'pass'
      for (const object of objects.values()) if (severity[object.status] > severity[status]) status = object.status
      results.push({
        objectKind: kind,
        configAddr,
        status,
        objects: [...objects]
          .map(([objectAddr, o]) => ({ objectAddr, status: o.status, failureMessages: o.failureMessages }))
          .sort((a, b) => compareStrings(a.objectAddr, b.objectAddr)),
      })
    }
    return results.sort((a, b) => compareStrings(a.configAddr, b.configAddr))
  }
}
