import type * as CloudTrail from '@aws-sdk/client-cloudtrail'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { keyOf } from '../iam/_names.ts'
import { rows as iamRows } from '../iam/rows.ts'
import { delegate, delegatesOf, tryMember, tryOrganization } from '../organizations/delegation.ts'
import { rows } from '../organizations/rows.ts'

const principal = 'cloudtrail.amazonaws.com'
/** Delegated administrators of an organization. */
const administratorQuota = 3

function managed(call: Call) {
  const organization = tryOrganization(call)
  if (organization === undefined)
    throw new AwsError(
      'OrganizationsNotInUseException',
      'The request could not be processed because your account is not a member of an organization.',
    )
  if (organization.id !== call.account)
    throw new AwsError(
      'NotOrganizationManagementAccountException',
      "The account making the request is not the organization's management account.",
    )
  return organization
}

export const delegationOperations = {
  RegisterOrganizationDelegatedAdmin(input: CloudTrail.RegisterOrganizationDelegatedAdminRequest, call: Call): object {
    const organization = managed(call)
    const id = input.MemberAccountId!
    if (id === organization.id)
      throw new AwsError('CannotDelegateManagementAccountException', 'The management account cannot be a delegated administrator.')
    if (tryMember(call, organization, id) === undefined)
      throw new AwsError('AccountNotFoundException', 'The specified account was not found or is not part of your organization.')
    if (organization.services[principal] === undefined)
      throw new AwsError(
        'CloudTrailAccessNotEnabledException',
        'The request could not be processed because CloudTrail does not have trusted access to your organization.',
      )
    if (iamRows(call.inService('iam'), 'roles').get(keyOf('AWSServiceRoleForCloudTrail')) === undefined)
      throw new AwsError('NoManagementAccountSLRExistsException', 'The management account has no service-linked role for CloudTrail.')
    const present = delegatesOf(organization, principal)
    if (present.includes(id))
      throw new AwsError('AccountRegisteredException', 'The specified account is already a delegated administrator of CloudTrail.')
    if (present.length >= administratorQuota)
      throw new AwsError('DelegatedAdminAccountLimitExceededException', 'The organization has as many delegated administrators as it may.')
    delegate(call, organization, id, principal)
    return {}
  },

  DeregisterOrganizationDelegatedAdmin(input: CloudTrail.DeregisterOrganizationDelegatedAdminRequest, call: Call): object {
    const organization = managed(call)
    const { [`${input.DelegatedAdminAccountId} ${principal}`]: found, ...delegated } = organization.delegated
    if (found === undefined)
      throw new AwsError('AccountNotRegisteredException', 'The specified account is not a delegated administrator of CloudTrail.')
    rows(call, 'organizations').patch(organization.id, { delegated })
    return {}
  },
}
