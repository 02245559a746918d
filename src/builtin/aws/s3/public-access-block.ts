import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { type ApiRequest, type AwsApi, bool, defineResource, type Operation, string } from '../resource.ts'
import { isNoBucket, settled } from './_answers.ts'

type Settings = NonNullable<OutputOf<'s3', 'GetPublicAccessBlock'>['PublicAccessBlockConfiguration']>
type Remote = Settings & { readonly Bucket: string }

function flag(name: keyof Settings) {
  return bool(name, { update: 'settings' })
}

export const publicAccessBlock = defineResource({
  type: 'aws_s3_bucket_public_access_block',
  title: 'S3 Bucket Public Access Block',
  rules: 'sdk',
  fields: {
    bucket: string('Bucket', { create: false }),
    block_public_acls: flag('BlockPublicAcls'),
    block_public_policy: flag('BlockPublicPolicy'),
    ignore_public_acls: flag('IgnorePublicAcls'),
    restrict_public_buckets: flag('RestrictPublicBuckets'),
  },

  async create(op, request, planned) {
    await write(op, planned.bucket!, request)
    return planned.bucket!
  },

  async find({ api }, id): Promise<Remote | undefined> {
    try {
      const answer = await api.call('s3', 'GetPublicAccessBlock', { Bucket: id })
      return answer.PublicAccessBlockConfiguration === undefined ? undefined : { ...answer.PublicAccessBlockConfiguration, Bucket: id }
    } catch (error) {
      if (isNoBucket(error) || isAwsError(error, 'NoSuchPublicAccessBlockConfiguration')) return undefined
      throw error
    }
  },

  updates: {
    // The settings are written as a whole.
    settings: (op, { id, planned }) =>
      write(op, id, {
        BlockPublicAcls: planned.block_public_acls,
        BlockPublicPolicy: planned.block_public_policy,
        IgnorePublicAcls: planned.ignore_public_acls,
        RestrictPublicBuckets: planned.restrict_public_buckets,
      }),
  },

  async delete(op, id) {
    await settled(op, () => op.api.call('s3', 'DeletePublicAccessBlock', { Bucket: id })).catch((error: unknown) => {
      if (!isNoBucket(error) && !isAwsError(error, 'NoSuchPublicAccessBlockConfiguration')) throw error
    })
  },
})

async function write(op: Operation<AwsApi>, Bucket: string, PublicAccessBlockConfiguration: ApiRequest): Promise<void> {
  await settled(op, () => op.api.call('s3', 'PutPublicAccessBlock', { Bucket, PublicAccessBlockConfiguration }))
}
