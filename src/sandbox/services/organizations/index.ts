import { jsonRefusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import { awsJson, sdkModel } from '../../protocols/index.ts'
import { accountEvents, accountOperations } from './account.ts'
import { organizationOperations } from './organization.ts'
import { policyOperations } from './policy.ts'
import { adoptSeeded } from './rows.ts'
import { tagOperations } from './tags.ts'
import { unitOperations } from './unit.ts'

export const organizations: Service = {
  name: 'organizations',
  protocol: awsJson('1.1'),
  facts: { version: '2016-11-28', targetPrefix: 'AWSOrganizationsV20161128' },
  global: true,
  model: async () => sdkModel(await import('@aws-sdk/client-organizations')),
  operations: { ...organizationOperations, ...unitOperations, ...accountOperations, ...policyOperations, ...tagOperations },
  prepare: adoptSeeded,
  events: accountEvents,
  refusals: jsonRefusals,
}
