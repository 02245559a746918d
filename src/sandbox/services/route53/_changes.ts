import type * as Route53 from '@aws-sdk/client-route-53'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { base32Id } from '../../kernel/ids.ts'
import type { Table } from '../../kernel/store.ts'
import { bareId, type ChangeRow } from './_rows.ts'

/** How long Route 53 takes to tell all its servers. */
const PROPAGATION_SECONDS = 40

function changes(call: Call): Table<ChangeRow> {
  return call.scope.table<ChangeRow>('changes')
}

/** Notes a change that is on its way to all servers. */
export function submitChange(call: Call, comment?: string): Route53.ChangeInfo {
  const row = changes(call).put({ id: base32Id('C0', call.newBytes(), 19), status: 'PENDING', submitted: call.now, comment })
  call.later(PROPAGATION_SECONDS, 'change-insync', row.id)
  return describeChange(row)
}

function describeChange(row: ChangeRow): Route53.ChangeInfo {
  return { Id: `/change/${row.id}`, Status: row.status, SubmittedAt: row.submitted, Comment: row.comment }
}

export const changeEvents = {
  'change-insync'(id: string, call: Call): void {
    if (changes(call).get(id) !== undefined) changes(call).patch(id, { status: 'INSYNC' })
  },
}

export const changeOperations = {
  GetChange(input: Route53.GetChangeRequest, call: Call): Route53.GetChangeResponse {
    const row = changes(call).get(bareId(input.Id))
    if (row === undefined) throw new AwsError('NoSuchChange', `Could not find resource with ID: ${input.Id}`, 404)
    return { ChangeInfo: describeChange(row) }
  },
}
