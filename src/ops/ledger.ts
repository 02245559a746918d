import { stringType, stringVal } from '../cty/index.ts'
import { DiagnosticError } from '../diags/index.ts'
import type { StateManager } from '../statemgr/index.ts'
import { emptyState, type StateFile } from '../states/index.ts'
import { openStateManager } from '../workdir/index.ts'
import type { SetStack, Verdict } from './plan-set/index.ts'
import { type Protection, protectionFrom } from './protection.ts'

/** What is remembered of a stack beside its state: protections of what it has, for when the sources have it no more, and which protected changes wait. */
export interface Ledger {
  readonly protections: readonly Protection[]
  /** Since when, by address. */
  readonly pending: Readonly<Record<string, string>>
}

export const emptyLedger: Ledger = { protections: [], pending: {} }

/**
 * The record of a stack. It lies beside the state as a small state of its own, with two output values, so that every place for states can keep it. It is no
 * authority: where it cannot be read or written, what the sources protect is protected all the same.
 */
export class LedgerStore {
  readonly #manager: StateManager

  constructor(stack: Pick<SetStack, 'backend' | 'settings'>) {
    const { backend, settings } = stack
    const config: Record<string, unknown> = { ...backend.config }
    const place = backend.type === 'local' ? 'path' : 'key'
    config[place] = `${typeof config[place] === 'string' ? config[place] : 'terraform.tfstate'}.protections`
    this.#manager = openStateManager({ ...backend, config }, settings.workspace, {}, settings.environment)
  }

  /** An empty one where there is none, or it cannot be read. */
  async read(): Promise<Ledger> {
    try {
      return ledgerFrom(await this.#manager.read())
    } catch (error) {
      if (error instanceof DiagnosticError) return emptyLedger
      throw error
    }
  }

  /** @returns whether it was stored */
  async write(ledger: Ledger): Promise<boolean> {
    const output = (value: unknown) => ({ value: stringVal(JSON.stringify(value)), type: stringType, sensitive: false })
    const outputs = new Map([
      ['pending', output(ledger.pending)],
      ['protections', output(ledger.protections)],
    ])
    try {
      await this.#manager.write({ ...emptyState, outputs })
      return true
    } catch (error) {
      if (error instanceof DiagnosticError) return false
      throw error
    }
  }
}

function ledgerFrom(file: StateFile | undefined): Ledger {
  const text = (name: string): unknown => {
    const value = file?.state.outputs.get(name)?.value
    if (value === undefined || !value.hasContent || value.type.kind !== 'string') return undefined
    try {
      return JSON.parse(value.asString()) as unknown
    } catch {
      return undefined
    }
  }
  const protections: Protection[] = []
  const listed = text('protections')
  for (const item of Array.isArray(listed) ? listed : []) {
    const rule = protectionFrom(item)
    if (typeof rule !== 'string') protections.push(rule)
  }
  const pending: Record<string, string> = {}
  const waiting = text('pending')
  for (const [address, since] of Object.entries(typeof waiting === 'object' && waiting !== null ? waiting : {})) {
    if (typeof since === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(since)) pending[address] = since
  }
  return { protections, pending }
}

/** The record with the protected changes that wait now; the same one when nothing is different. */
export function withPending(ledger: Ledger, verdicts: readonly Verdict[]): Ledger {
  const pending = Object.fromEntries(verdicts.map(({ address, since }) => [address, since]))
  return JSON.stringify(pending) === JSON.stringify(ledger.pending) ? ledger : { ...ledger, pending }
}
