import { jsonRefusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import { awsJson, sdkModel } from '../../protocols/index.ts'
import { delegationOperations } from './delegation.ts'
import { trailEvents, trailOperations } from './trail.ts'

/** CloudTrail: trails, those of organizations included, and who administers them. No events are recorded. */
export const cloudtrail: Service = {
  name: 'cloudtrail',
  protocol: awsJson('1.1'),
  facts: { version: '2013-11-01', targetPrefix: 'CloudTrail_20131101' },
  model: async () => sdkModel(await import('@aws-sdk/client-cloudtrail')),
  operations: { ...trailOperations, ...delegationOperations },
  events: trailEvents,
  refusals: jsonRefusals,
}
