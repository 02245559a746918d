import { restRefusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import { restJson, sdkModel } from '../../protocols/index.ts'
import { detectorOperations } from './detector.ts'
import { memberEvents, memberOperations } from './member.ts'

/** GuardDuty: detectors, and who administers those of an organization. Nothing is found. */
export const guardduty: Service = {
  name: 'guardduty',
  protocol: restJson,
  facts: { version: '2017-11-28' },
  model: async () => sdkModel(await import('@aws-sdk/client-guardduty')),
  operations: { ...detectorOperations, ...memberOperations },
  events: memberEvents,
  refusals: restRefusals,
}
