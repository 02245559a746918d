import { s3Refusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import { sdkModel } from '../../protocols/index.ts'
import { s3Protocol } from './_protocol.ts'
import { bucketOperations } from './bucket.ts'
import { bucketSettingOperations } from './bucket-settings.ts'
import { listingOperations } from './listing.ts'
import { multipartOperations } from './multipart.ts'
import { objectOperations } from './object.ts'

export const s3: Service = {
  name: 's3',
  protocol: s3Protocol,
  facts: { version: '2006-03-01', xmlNamespace: 'http://s3.amazonaws.com/doc/2006-03-01/' },
  model: async () => sdkModel(await import('@aws-sdk/client-s3')),
  operations: {
    ...bucketOperations,
    ...bucketSettingOperations,
    ...listingOperations,
    ...multipartOperations,
    ...objectOperations,
  },
  refusals: s3Refusals,
}
