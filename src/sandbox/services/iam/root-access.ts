import type * as Iam from '@aws-sdk/client-iam'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import type { Row } from '../../kernel/store.ts'
import { adoptSeeded, type OrganizationRow, rows as organizationRows } from '../organizations/rows.ts'

/** What an organization does centrally about the root users of its members; the id is that of its management account. */
interface RootAccessRow extends Row {
  readonly features: readonly Iam.FeatureType[]
}

function rootAccess(call: Call) {
  return call.kernel.store.scope('-', '-', 'iam').table<RootAccessRow>('root-access')
}

/** The organization, for its management account, once IAM is a trusted service of it. */
function trusting(call: Call): OrganizationRow {
  adoptSeeded(call)
  const management = organizationRows(call, 'accounts').get(call.account)?.management
  const organization = organizationRows(call, 'organizations').get(management ?? '')
  if (organization === undefined)
    throw new AwsError('OrganizationNotFoundException', 'The request was rejected because no organization is associated with your account.')
  if (organization.id !== call.account)
    throw new AwsError(
      'CallerIsNotManagementAccountException',
      'The request was rejected because the account making the request is not the management account for the organization.',
    )
  if (organization.services['iam.amazonaws.com'] === undefined)
    throw new AwsError(
      'ServiceAccessNotEnabledException',
      'The request was rejected because trusted access is not enabled for IAM in Organizations.',
    )
  return organization
}

interface Features {
  readonly OrganizationId: string
  readonly EnabledFeatures: Iam.FeatureType[]
}

function described(call: Call, { id, organizationId }: OrganizationRow): Features {
  return { OrganizationId: organizationId, EnabledFeatures: [...(rootAccess(call).get(id)?.features ?? [])] }
}

function change(call: Call, feature: Iam.FeatureType, isWanted: boolean): Features {
  const organization = trusting(call)
  const others = described(call, organization).EnabledFeatures.filter((one) => one !== feature)
  rootAccess(call).put({ id: organization.id, features: isWanted ? [...others, feature] : others })
  return described(call, organization)
}

/** Central management of root users. New accounts of an organization that manages their credentials have none. */
export const rootAccessOperations = {
  ListOrganizationsFeatures: (_input: object, call: Call): Iam.ListOrganizationsFeaturesResponse => described(call, trusting(call)),

  EnableOrganizationsRootCredentialsManagement: (_input: object, call: Call): Iam.EnableOrganizationsRootCredentialsManagementResponse =>
    change(call, 'RootCredentialsManagement', true),

  DisableOrganizationsRootCredentialsManagement: (_input: object, call: Call): Iam.DisableOrganizationsRootCredentialsManagementResponse =>
    change(call, 'RootCredentialsManagement', false),

  EnableOrganizationsRootSessions: (_input: object, call: Call): Iam.EnableOrganizationsRootSessionsResponse =>
    change(call, 'RootSessions', true),

  DisableOrganizationsRootSessions: (_input: object, call: Call): Iam.DisableOrganizationsRootSessionsResponse =>
    change(call, 'RootSessions', false),
}
