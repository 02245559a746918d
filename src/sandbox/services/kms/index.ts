import { jsonRefusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import { awsJson, sdkModel } from '../../protocols/index.ts'
import { aliasOperations } from './alias.ts'
import { keyEvents, keyOperations } from './key.ts'
import { useOperations } from './use.ts'

/** KMS: symmetric keys, aliases, data keys. */
export const kms: Service = {
  name: 'kms',
  protocol: awsJson('1.1'),
  facts: { version: '2014-11-01', targetPrefix: 'TrentService' },
  model: async () => sdkModel(await import('@aws-sdk/client-kms')),
  operations: { ...keyOperations, ...aliasOperations, ...useOperations },
  events: keyEvents,
  refusals: jsonRefusals,
}
