import { jsonRefusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import { awsJson, sdkModel } from '../../protocols/index.ts'
import { parameterOperations } from './parameter.ts'
import { tagOperations } from './tags.ts'

export const ssm: Service = {
  name: 'ssm',
  protocol: awsJson('1.1'),
  facts: { version: '2014-11-06', targetPrefix: 'AmazonSSM' },
  model: async () => sdkModel(await import('@aws-sdk/client-ssm')),
  operations: { ...parameterOperations, ...tagOperations },
  refusals: jsonRefusals,
}
