import type * as SecurityHub from '@aws-sdk/client-securityhub'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { administered, administers, administrators, enableAdministrator, tryOrganization } from '../organizations/delegation.ts'
import { changeMembers, findMembers, type MemberRow, members, takeMembers, type Unprocessed } from '../organizations/members.ts'
import { ensureHub, findHub } from './hub.ts'

const noAccess = (text: string): AwsError => new AwsError('InvalidAccessException', text, 401)

const refusals = {
  notManagement: () => noAccess('The request is rejected because the current account is not the management account of an organization.'),
  noMember: (account: string) => new AwsError('InvalidInputException', `Account ${account} is not a member of the organization.`),
  another: (account: string) =>
    new AwsError('ResourceConflictException', `Another account than ${account} is the administrator already.`, 409),
}

function unprocessed(accounts: readonly Unprocessed[]) {
  return { UnprocessedAccounts: accounts.map(({ account, why }) => ({ AccountId: account, ProcessingResult: why })) }
}

function checkAdministrator(call: Call): void {
  findHub(call)
  if (administered(call) === undefined) throw noAccess(`Account ${call.account} is not an administrator for this organization`)
}

function described(call: Call, { id, email, status, updated }: MemberRow): SecurityHub.Member {
  return { AccountId: id, Email: email, MasterId: call.account, AdministratorId: call.account, MemberStatus: status, UpdatedAt: updated }
}

export const memberOperations = {
  EnableOrganizationAdminAccount(input: SecurityHub.EnableOrganizationAdminAccountRequest, call: Call): object {
    enableAdministrator(call, input.AdminAccountId!, 'securityhub.amazonaws.com', refusals)
    return { AdminAccountId: input.AdminAccountId }
  },

  ListOrganizationAdminAccounts(_input: object, call: Call): SecurityHub.ListOrganizationAdminAccountsResponse {
    const organization = tryOrganization(call)
    if (organization?.id !== call.account) throw refusals.notManagement()
    const row = administrators(call).get(organization.id)
    return { AdminAccounts: row === undefined ? [] : [{ AccountId: row.account, Status: 'ENABLED' }] }
  },

  CreateMembers(input: SecurityHub.CreateMembersRequest, call: Call): SecurityHub.CreateMembersResponse {
    checkAdministrator(call)
    return unprocessed(takeMembers(call, input.AccountDetails ?? []))
  },

  GetMembers(input: SecurityHub.GetMembersRequest, call: Call): SecurityHub.GetMembersResponse {
    checkAdministrator(call)
    const { found, unknown } = findMembers(call, input.AccountIds ?? [])
    return { Members: found.map((row) => described(call, row)), ...unprocessed(unknown) }
  },

  ListMembers(input: SecurityHub.ListMembersRequest, call: Call): SecurityHub.ListMembersResponse {
    checkAdministrator(call)
    const all = [...members(call).values()].filter(({ status }) => input.OnlyAssociated === false || status === 'Enabled')
    const { items, nextToken } = pageOf(call, all, input.NextToken, input.MaxResults ?? 50, 'InvalidInputException')
    return { Members: items.map((row) => described(call, row)), NextToken: nextToken }
  },

  DisassociateMembers(input: SecurityHub.DisassociateMembersRequest, call: Call): object {
    checkAdministrator(call)
    changeMembers(call, input.AccountIds ?? [], ({ id }) => members(call).patch(id, { status: 'Removed', updated: call.now }))
    return {}
  },

  DeleteMembers(input: SecurityHub.DeleteMembersRequest, call: Call): SecurityHub.DeleteMembersResponse {
    checkAdministrator(call)
    return unprocessed(changeMembers(call, input.AccountIds ?? [], ({ id }) => members(call).delete(id)))
  },
}

export const memberEvents = {
  administers,

  /** An account that is taken gets Security Hub, with the default standards. */
  joined(account: string, call: Call): void {
    if (members(call).get(account)?.status !== 'Created') return
    members(call).patch(account, { status: 'Enabled', updated: call.now })
    ensureHub(call, call.scopeOf('securityhub', call.region, account))
  },
}
