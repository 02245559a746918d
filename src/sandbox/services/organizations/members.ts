import type { Call } from '../../kernel/call.ts'
import type { Row, Table } from '../../kernel/store.ts'
import { administered, tryMember } from './delegation.ts'

/** A member as its administrator sees it; the id is that of the account. */
export interface MemberRow extends Row {
  readonly email: string
  readonly status: 'Created' | 'Enabled' | 'Removed'
  readonly updated: Date
}

/** How long it takes until a service is at work in a member, in seconds. */
const joinSeconds = 20

/** The members of the called service that the caller administers in the region of the call. */
export function members(call: Call): Table<MemberRow> {
  return call.scope.table<MemberRow>('members')
}

/** What was not done, by account. */
export interface Unprocessed {
  readonly account: string
  readonly why: string
}

/** Takes accounts of the organization as members, without asking them. The service's event `joined` has to make them ones. */
export function takeMembers(
  call: Call,
  accounts: readonly { readonly AccountId?: string; readonly Email?: string }[],
): readonly Unprocessed[] {
  const unprocessed: Unprocessed[] = []
  const organization = administered(call)
  for (const { AccountId: account = '', Email: email = '' } of accounts) {
    const row = organization === undefined ? undefined : tryMember(call, organization, account)
    const present = members(call).get(account)?.status
    const why =
      row === undefined || account === call.account
        ? 'The request is rejected because the account is not a member of the organization of the administrator.'
        : present !== undefined && present !== 'Removed'
          ? 'The request is rejected since the given account ID is already associated as member of the current account.'
          : undefined
    if (why !== undefined) {
      unprocessed.push({ account, why })
      continue
    }
    members(call).put({ id: account, email, status: 'Created', updated: call.now })
    call.later(joinSeconds, 'joined', account)
  }
  return unprocessed
}

/** Changes members, or takes them out of the list; those that are none are named. */
export function changeMembers(call: Call, ids: readonly string[], change: (row: MemberRow) => void): readonly Unprocessed[] {
  const why = 'The request is rejected because the specified account is not a member of the current account.'
  return ids.flatMap((account) => {
    const row = members(call).get(account)
    if (row === undefined) return [{ account, why }]
    change(row)
    return []
  })
}

/** Members by their numbers, and the numbers that are none's. */
export function findMembers(
  call: Call,
  ids: readonly string[],
): { readonly found: readonly MemberRow[]; readonly unknown: readonly Unprocessed[] } {
  const found: MemberRow[] = []
  const unknown = changeMembers(call, ids, (row) => found.push(row))
  return { found, unknown }
}
