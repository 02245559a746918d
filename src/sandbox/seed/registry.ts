import type { Call } from '../kernel/call.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Row, Table } from '../kernel/store.ts'

/** An account of an organization; its row id is its number. */
export interface MemberRow extends Row {
  readonly name: string
  readonly email?: string
  readonly management: string
  /** What was made in it, by a name of the step. */
  readonly done: readonly string[]
}

export function members(kernel: Pick<Kernel, 'store'>): Table<MemberRow> {
  return kernel.store.scope('-', '-', 'organization').table<MemberRow>('accounts')
}

/** Whether an account began as a member of an organization: then its roles are those it has, and no others can be assumed. */
export function isSeeded(call: Pick<Call, 'kernel'>, account: string): boolean {
  return members(call.kernel).get(account) !== undefined
}
