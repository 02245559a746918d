import type * as Orgs from '@aws-sdk/client-organizations'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { arnOf, findAccount, found, managed, type OrganizationRow, organizationOf, rows } from './rows.ts'

function described(call: Call, organization: OrganizationRow): Orgs.Organization {
  const { id } = organization
  return {
    Id: organization.organizationId,
    Arn: arnOf(organization, 'organization'),
    FeatureSet: 'ALL',
    MasterAccountArn: arnOf(organization, 'account', id),
    MasterAccountId: id,
    MasterAccountEmail: rows(call, 'accounts').get(id)?.email,
    AvailablePolicyTypes: [{ Type: 'SERVICE_CONTROL_POLICY', Status: 'ENABLED' }],
  }
}

function rootOf(organization: OrganizationRow): Orgs.Root {
  return {
    Id: organization.rootId,
    Arn: arnOf(organization, 'root', organization.rootId),
    Name: 'Root',
    PolicyTypes: organization.policyTypes.map((Type) => ({ Type: Type as Orgs.PolicyType, Status: 'ENABLED' })),
  }
}

export const organizationOperations = {
  CreateOrganization(_input: Orgs.CreateOrganizationRequest, call: Call): Orgs.CreateOrganizationResponse {
    if (rows(call, 'accounts').get(call.account) !== undefined)
      throw new AwsError('AlreadyInOrganizationException', 'The AWS account is already a member of an organization.')
    const organization = found(call, call.account)
    rows(call, 'accounts').put({
      id: call.account,
      management: call.account,
      name: call.account,
      email: `${call.account}@example.com`,
      parent: organization.rootId,
      joined: call.now,
      method: 'INVITED',
      status: 'ACTIVE',
    })
    return { Organization: described(call, organization) }
  },

  DeleteOrganization(_input: object, call: Call): object {
    const { id, rootId } = managed(call)
    if ([...rows(call, 'accounts').values()].some((account) => account.management === id && account.id !== id))
      throw new AwsError(
        'OrganizationNotEmptyException',
        'To delete an organization you must first remove all member accounts (except the master).',
      )
    for (const kind of ['units', 'policies', 'requests'] as const)
      for (const row of [...rows(call, kind).values()]) if (row.management === id) rows(call, kind).delete(row.id)
    for (const target of [rootId, id]) rows(call, 'tags').delete(target)
    rows(call, 'accounts').delete(id)
    rows(call, 'organizations').delete(id)
    return {}
  },

  DescribeOrganization: (_input: object, call: Call): Orgs.DescribeOrganizationResponse => ({
    Organization: described(call, organizationOf(call)),
  }),

  ListRoots: (_input: Orgs.ListRootsRequest, call: Call): Orgs.ListRootsResponse => ({ Roots: [rootOf(managed(call))] }),

  EnablePolicyType(input: Orgs.EnablePolicyTypeRequest, call: Call): Orgs.EnablePolicyTypeResponse {
    const organization = managed(call)
    if (input.RootId !== organization.rootId) throw new AwsError('RootNotFoundException', "You specified a root that doesn't exist.")
    if (organization.policyTypes.includes(input.PolicyType!))
      throw new AwsError('PolicyTypeAlreadyEnabledException', 'The specified policy type is already enabled.')
    const policyTypes = [...organization.policyTypes, input.PolicyType!]
    return { Root: rootOf(rows(call, 'organizations').patch(organization.id, { policyTypes })) }
  },

  DisablePolicyType(input: Orgs.DisablePolicyTypeRequest, call: Call): Orgs.DisablePolicyTypeResponse {
    const organization = managed(call)
    if (!organization.policyTypes.includes(input.PolicyType!))
      throw new AwsError('PolicyTypeNotEnabledException', 'The specified policy type is not enabled.')
    const policyTypes = organization.policyTypes.filter((type) => type !== input.PolicyType)
    return { Root: rootOf(rows(call, 'organizations').patch(organization.id, { policyTypes })) }
  },

  EnableAWSServiceAccess(input: Orgs.EnableAWSServiceAccessRequest, call: Call): object {
    const organization = managed(call)
    const services = { ...organization.services, [input.ServicePrincipal!]: call.now }
    rows(call, 'organizations').patch(organization.id, { services })
    return {}
  },

  DisableAWSServiceAccess(input: Orgs.DisableAWSServiceAccessRequest, call: Call): object {
    const organization = managed(call)
    const { [input.ServicePrincipal!]: _, ...services } = organization.services
    rows(call, 'organizations').patch(organization.id, { services })
    return {}
  },

  ListAWSServiceAccessForOrganization(
    input: Orgs.ListAWSServiceAccessForOrganizationRequest,
    call: Call,
  ): Orgs.ListAWSServiceAccessForOrganizationResponse {
    const all = Object.entries(managed(call).services).map(([ServicePrincipal, DateEnabled]) => ({ ServicePrincipal, DateEnabled }))
    const { items, nextToken } = pageOf(call, all, input.NextToken, input.MaxResults, 'InvalidInputException')
    return { EnabledServicePrincipals: [...items], NextToken: nextToken }
  },

  RegisterDelegatedAdministrator(input: Orgs.RegisterDelegatedAdministratorRequest, call: Call): object {
    const organization = managed(call)
    const { id, status } = findAccount(call, organization, input.AccountId)
    if (id === organization.id)
      throw new AwsError('ConstraintViolationException', 'You cannot register master account/yourself as delegated administrator.', 400, {
        Reason: 'CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR',
      })
    if (status !== 'ACTIVE')
      throw new AwsError('ConstraintViolationException', 'You cannot register a suspended account as a delegated administrator.', 400, {
        Reason: 'CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR',
      })
    const key = `${id} ${input.ServicePrincipal}`
    if (organization.delegated[key] !== undefined)
      throw new AwsError(
        'AccountAlreadyRegisteredException',
        'The specified account is already a delegated administrator for this AWS service.',
      )
    rows(call, 'organizations').patch(organization.id, { delegated: { ...organization.delegated, [key]: call.now } })
    return {}
  },

  DeregisterDelegatedAdministrator(input: Orgs.DeregisterDelegatedAdministratorRequest, call: Call): object {
    const organization = managed(call)
    const { [`${input.AccountId} ${input.ServicePrincipal}`]: found, ...delegated } = organization.delegated
    if (found === undefined)
      throw new AwsError('AccountNotRegisteredException', 'The specified account is not a delegated administrator for this AWS service.')
    rows(call, 'organizations').patch(organization.id, { delegated })
    return {}
  },

  ListDelegatedAdministrators(input: Orgs.ListDelegatedAdministratorsRequest, call: Call): Orgs.ListDelegatedAdministratorsResponse {
    const organization = managed(call)
    // Since when each has been one, for whatever service came first.
    const since = new Map<string, Date>()
    for (const [key, date] of Object.entries(organization.delegated)) {
      const [account, principal] = key.split(' ') as [string, string]
      if (input.ServicePrincipal === undefined || input.ServicePrincipal === principal) since.set(account, since.get(account) ?? date)
    }
    const all = [...since].map(([id, DelegationEnabledDate]): Orgs.DelegatedAdministrator => {
      const { name, email, status, method, joined } = findAccount(call, organization, id)
      const Arn = arnOf(organization, 'account', id)
      return { Id: id, Arn, Email: email, Name: name, Status: status, JoinedMethod: method, JoinedTimestamp: joined, DelegationEnabledDate }
    })
    const { items, nextToken } = pageOf(call, all, input.NextToken, input.MaxResults, 'InvalidInputException')
    return { DelegatedAdministrators: [...items], NextToken: nextToken }
  },
}
