import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { tryOrganization } from './delegation.ts'
import { rows } from './rows.ts'

/** @throws AwsError while an account is so new that it does not see its costs yet */
export function checkBilling(call: Call): void {
  tryOrganization(call)
  if (rows(call, 'accounts').get(call.account)?.isBilled === false)
    throw new AwsError(
      'AccessDeniedException',
      `Account ${call.account} is not enabled for access to billing data yet. That takes up to 24 hours.`,
    )
}
