import type * as S3Control from '@aws-sdk/client-s3-control'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { s3Refusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import type { Row, Table } from '../../kernel/store.ts'
import { restXml, sdkModel } from '../../protocols/index.ts'

interface BlockRow extends Row {
  readonly block: S3Control.PublicAccessBlockConfiguration
}

/** The account's own; others are none of the caller's business. */
function blocks(call: Call, accountId: string | undefined): Table<BlockRow> {
  if (accountId !== call.account) throw new AwsError('AccessDenied', 'Access Denied', 403)
  return call.scope.table<BlockRow>('public-access-block')
}

const id = 'account'

const operations = {
  PutPublicAccessBlock(input: S3Control.PutPublicAccessBlockRequest, call: Call): object {
    const {
      BlockPublicAcls = false,
      IgnorePublicAcls = false,
      BlockPublicPolicy = false,
      RestrictPublicBuckets = false,
    } = input.PublicAccessBlockConfiguration ?? {}
    blocks(call, input.AccountId).put({ id, block: { BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets } })
    return {}
  },

  GetPublicAccessBlock(input: S3Control.GetPublicAccessBlockRequest, call: Call): S3Control.GetPublicAccessBlockOutput {
    const row = blocks(call, input.AccountId).get(id)
    if (row === undefined)
      throw new AwsError('NoSuchPublicAccessBlockConfiguration', 'The public access block configuration was not found', 404)
    return { PublicAccessBlockConfiguration: row.block }
  },

  DeletePublicAccessBlock(input: S3Control.DeletePublicAccessBlockRequest, call: Call): object {
    blocks(call, input.AccountId).delete(id)
    return {}
  },
}

export const s3Control: Service = {
  name: 's3-control',
  protocol: restXml,
  facts: { version: '2018-08-20', xmlNamespace: 'http://awss3control.amazonaws.com/doc/2018-08-20/' },
  global: true,
  model: async () => sdkModel(await import('@aws-sdk/client-s3-control')),
  operations,
  refusals: s3Refusals,
}
