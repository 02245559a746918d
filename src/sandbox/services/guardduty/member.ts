import type * as GuardDuty from '@aws-sdk/client-guardduty'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { administered, administers, administrators, enableAdministrator, tryOrganization } from '../organizations/delegation.ts'
import { changeMembers, findMembers, type MemberRow, members, takeMembers, type Unprocessed } from '../organizations/members.ts'
import { badRequest, detectors, ensureDetector, findDetector } from './detector.ts'

const refusals = {
  notManagement: () => badRequest('the current account is not the management account of an organization.'),
  noMember: (account: string) => badRequest(`the account ${account} is not an active member of the organization.`),
  another: (account: string) =>
    new AwsError(
      'BadRequestException',
      `The request failed because another account is already enabled as GuardDuty delegated administrator for the organization, ${account}.`,
    ),
}

function unprocessed(accounts: readonly Unprocessed[]) {
  return { UnprocessedAccounts: accounts.map(({ account, why }) => ({ AccountId: account, Result: why })) }
}

/** What only an account may ask that administers GuardDuty, or has members of its own. */
function asAdministrator(call: Call, detector: string | undefined): string {
  const { id } = findDetector(call, detector)
  if (administered(call) === undefined) throw badRequest('the current account is not the delegated administrator of the organization.')
  return id
}

function described(call: Call, { id, email, status, updated }: MemberRow): GuardDuty.Member {
  return {
    AccountId: id,
    DetectorId: [...detectors(call.scopeOf('guardduty', call.region, id)).values()][0]?.id,
    MasterId: call.account,
    AdministratorId: call.account,
    Email: email,
    RelationshipStatus: status,
    UpdatedAt: updated.toISOString(),
  }
}

export const memberOperations = {
  EnableOrganizationAdminAccount(input: GuardDuty.EnableOrganizationAdminAccountRequest, call: Call): object {
    enableAdministrator(call, input.AdminAccountId!, 'guardduty.amazonaws.com', refusals)
    return {}
  },

  ListOrganizationAdminAccounts(_input: object, call: Call): GuardDuty.ListOrganizationAdminAccountsResponse {
    const organization = tryOrganization(call)
    if (organization?.id !== call.account) throw refusals.notManagement()
    const row = administrators(call).get(organization.id)
    return { AdminAccounts: row === undefined ? [] : [{ AdminAccountId: row.account, AdminStatus: 'ENABLED' }] }
  },

  CreateMembers(input: GuardDuty.CreateMembersRequest, call: Call): GuardDuty.CreateMembersResponse {
    asAdministrator(call, input.DetectorId)
    return unprocessed(takeMembers(call, input.AccountDetails ?? []))
  },

  GetMembers(input: GuardDuty.GetMembersRequest, call: Call): GuardDuty.GetMembersResponse {
    asAdministrator(call, input.DetectorId)
    const { found, unknown } = findMembers(call, input.AccountIds ?? [])
    return { Members: found.map((row) => described(call, row)), ...unprocessed(unknown) }
  },

  ListMembers(input: GuardDuty.ListMembersRequest, call: Call): GuardDuty.ListMembersResponse {
    asAdministrator(call, input.DetectorId)
    const all = [...members(call).values()].filter(({ status }) => input.OnlyAssociated === 'false' || status !== 'Removed')
    const { items, nextToken } = pageOf(call, all, input.NextToken, input.MaxResults ?? 50, 'BadRequestException')
    return { Members: items.map((row) => described(call, row)), NextToken: nextToken }
  },

  DisassociateMembers(input: GuardDuty.DisassociateMembersRequest, call: Call): GuardDuty.DisassociateMembersResponse {
    asAdministrator(call, input.DetectorId)
    const remove = ({ id }: MemberRow): void => void members(call).patch(id, { status: 'Removed', updated: call.now })
    return unprocessed(changeMembers(call, input.AccountIds ?? [], remove))
  },

  DeleteMembers(input: GuardDuty.DeleteMembersRequest, call: Call): GuardDuty.DeleteMembersResponse {
    asAdministrator(call, input.DetectorId)
    return unprocessed(changeMembers(call, input.AccountIds ?? [], ({ id }) => members(call).delete(id)))
  },
}

export const memberEvents = {
  /** The administrator has GuardDuty itself, too. */
  administers(management: string, call: Call): void {
    administers(management, call)
    const account = administrators(call).get(management)?.account
    if (account !== undefined) ensureDetector(call, call.scopeOf('guardduty', call.region, account))
  },

  joined(account: string, call: Call): void {
    if (members(call).get(account)?.status !== 'Created') return
    members(call).patch(account, { status: 'Enabled', updated: call.now })
    ensureDetector(call, call.scopeOf('guardduty', call.region, account))
  },
}
