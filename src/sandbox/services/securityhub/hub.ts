import type * as SecurityHub from '@aws-sdk/client-securityhub'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import type { Row, Scope } from '../../kernel/store.ts'
import { ensureServiceLinkedRole } from '../iam/service-linked-role.ts'

interface HubRow extends Row {
  readonly subscribed: Date
  readonly hasDefaultStandards: boolean
}

const hubId = 'default'

function hubs(scope: Scope) {
  return scope.table<HubRow>('hubs')
}

/** @throws AwsError when the account does not use Security Hub in the region */
export function findHub(call: Call): HubRow {
  const row = hubs(call.scope).get(hubId)
  if (row === undefined) throw new AwsError('InvalidAccessException', `Account ${call.account} is not subscribed to AWS Security Hub`, 401)
  return row
}

/** The hub of an account, made where it has none. */
export function ensureHub(call: Call, scope: Scope): void {
  if (hubs(scope).get(hubId) === undefined) hubs(scope).put({ id: hubId, subscribed: call.now, hasDefaultStandards: true })
}

export const hubOperations = {
  EnableSecurityHub(input: SecurityHub.EnableSecurityHubRequest, call: Call): object {
    if (hubs(call.scope).get(hubId) !== undefined)
      throw new AwsError('ResourceConflictException', 'Account is already subscribed to Security Hub', 409)
    ensureServiceLinkedRole(call, 'securityhub.amazonaws.com')
    hubs(call.scope).put({ id: hubId, subscribed: call.now, hasDefaultStandards: input.EnableDefaultStandards !== false })
    return {}
  },

  DescribeHub(_input: object, call: Call): SecurityHub.DescribeHubResponse {
    return { HubArn: call.arn('hub/default'), SubscribedAt: findHub(call).subscribed.toISOString(), AutoEnableControls: true }
  },

  DisableSecurityHub(_input: object, call: Call): object {
    hubs(call.scope).delete(findHub(call).id)
    return {}
  },
}
