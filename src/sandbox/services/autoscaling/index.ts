import { queryRefusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import { awsQuery, sdkModel } from '../../protocols/index.ts'
import { activityOperations } from './activity.ts'
import { groupOperations } from './group.ts'
import { launchConfigurationOperations } from './launch-configuration.ts'
import { lifecycleHookOperations } from './lifecycle-hook.ts'
import { memberOperations } from './member.ts'
import { policyOperations } from './policy.ts'
import { refreshOperations } from './refresh.ts'
import { scalerEvents } from './scaler.ts'
import { tagOperations } from './tags.ts'

export const autoscaling: Service = {
  name: 'autoscaling',
  protocol: awsQuery,
  facts: { version: '2011-01-01', xmlNamespace: 'http://autoscaling.amazonaws.com/doc/2011-01-01/' },
  model: async () => sdkModel(await import('@aws-sdk/client-auto-scaling')),
  operations: {
    ...activityOperations,
    ...groupOperations,
    ...launchConfigurationOperations,
    ...lifecycleHookOperations,
    ...memberOperations,
    ...policyOperations,
    ...refreshOperations,
    ...tagOperations,
  },
  events: scalerEvents,
  refusals: queryRefusals,
}
