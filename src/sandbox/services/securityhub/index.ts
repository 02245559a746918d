import { restRefusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import { restJson, sdkModel } from '../../protocols/index.ts'
import { hubOperations } from './hub.ts'
import { memberEvents, memberOperations } from './member.ts'

/** Security Hub: hubs of accounts, and who administers those of an organization. Nothing is checked. */
export const securityhub: Service = {
  name: 'securityhub',
  protocol: restJson,
  facts: { version: '2018-10-26' },
  model: async () => sdkModel(await import('@aws-sdk/client-securityhub')),
  operations: { ...hubOperations, ...memberOperations },
  events: memberEvents,
  refusals: restRefusals,
}
