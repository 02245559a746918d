import { jsonRefusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import { awsJson, sdkModel } from '../../protocols/index.ts'
import { channelOperations } from './channel.ts'
import { recorderOperations } from './recorder.ts'

/** Config: the recorder of a region and where it delivers to. Nothing is recorded. */
export const config: Service = {
  name: 'config',
  protocol: awsJson('1.1'),
  facts: { version: '2014-11-12', targetPrefix: 'StarlingDoveService' },
  model: async () => sdkModel(await import('@aws-sdk/client-config-service')),
  operations: { ...recorderOperations, ...channelOperations },
  refusals: jsonRefusals,
}
