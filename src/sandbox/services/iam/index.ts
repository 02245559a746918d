import { queryRefusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import { awsQuery, sdkModel } from '../../protocols/index.ts'
import { accessKeyOperations } from './access-key.ts'
import { accountOperations } from './account.ts'
import { groupOperations } from './group.ts'
import { instanceProfileOperations } from './instance-profile.ts'
import { mfaDeviceOperations } from './mfa-device.ts'
import { oidcProviderOperations } from './oidc-provider.ts'
import { policyOperations } from './policy.ts'
import { roleOperations } from './role.ts'
import { rootAccessOperations } from './root-access.ts'
import { serviceLinkedRoleOperations } from './service-linked-role.ts'
import { simulateOperations } from './simulate.ts'
import { userOperations } from './user.ts'

/** Identity and Access Management: one state per account for all regions. */
export const iam: Service = {
  name: 'iam',
  protocol: awsQuery,
  facts: { version: '2010-05-08', xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/' },
  global: true,
  model: async () => sdkModel(await import('@aws-sdk/client-iam')),
  operations: {
    ...accessKeyOperations,
    ...accountOperations,
    ...groupOperations,
    ...instanceProfileOperations,
    ...mfaDeviceOperations,
    ...oidcProviderOperations,
    ...policyOperations,
    ...roleOperations,
    ...rootAccessOperations,
    ...serviceLinkedRoleOperations,
    ...simulateOperations,
    ...userOperations,
  },
  refusals: queryRefusals,
}
