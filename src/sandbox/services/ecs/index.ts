import { jsonRefusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import { awsJson, sdkModel } from '../../protocols/index.ts'
import { capacityProviderOperations } from './capacity-provider.ts'
import { clusterOperations } from './cluster.ts'
import { containerInstanceEvents, containerInstanceOperations } from './container-instance.ts'
import { schedulerEvents } from './scheduler.ts'
import { serviceOperations } from './service.ts'
import { tagOperations } from './tags.ts'
import { taskEvents, taskOperations } from './task.ts'
import { taskDefinitionOperations } from './task-definition.ts'

export const ecs: Service = {
  name: 'ecs',
  protocol: awsJson('1.1'),
  facts: { version: '2014-11-13', xmlNamespace: '' },
  model: async () => sdkModel(await import('@aws-sdk/client-ecs')),
  operations: {
    ...capacityProviderOperations,
    ...clusterOperations,
    ...containerInstanceOperations,
    ...serviceOperations,
    ...tagOperations,
    ...taskDefinitionOperations,
    ...taskOperations,
  },
  events: { ...containerInstanceEvents, ...schedulerEvents, ...taskEvents },
  refusals: jsonRefusals,
}
