import { jsonRefusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import { awsJson, sdkModel } from '../../protocols/index.ts'
import { logGroupOperations } from './log-group.ts'
import { logStreamOperations } from './log-stream.ts'

export const logs: Service = {
  name: 'logs',
  protocol: awsJson('1.1'),
  facts: { version: '2014-03-28', targetPrefix: 'Logs_20140328' },
  model: async () => sdkModel(await import('@aws-sdk/client-cloudwatch-logs')),
  operations: { ...logGroupOperations, ...logStreamOperations },
  refusals: jsonRefusals,
}
