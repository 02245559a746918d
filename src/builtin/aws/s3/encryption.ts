import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { type ApiRequest, type AwsApi, blocks, bool, defineResource, type Operation, string } from '../resource.ts'
import { bucketId, isNoBucket, parseBucketId, settled } from './_answers.ts'

type Settings = NonNullable<OutputOf<'s3', 'GetBucketEncryption'>['ServerSideEncryptionConfiguration']>
type Remote = Settings & { readonly Bucket: string; readonly Owner: string | undefined }

export const encryption = defineResource({
  type: 'aws_s3_bucket_server_side_encryption_configuration',
  title: 'S3 Bucket Server-side Encryption Configuration',
  rules: 'sdk',
  fields: {
    bucket: string('Bucket', { create: false }),
    expected_bucket_owner: string('Owner', { create: false }),
    rule: blocks(
      'Rules[]',
      {
        bucket_key_enabled: bool('BucketKeyEnabled'),
        apply_server_side_encryption_by_default: blocks('ApplyServerSideEncryptionByDefault', {
          kms_master_key_id: string('KMSMasterKeyID'),
          sse_algorithm: string('SSEAlgorithm'),
        }),
      },
      { update: 'rules' },
    ),
  },

  async create(op, request, planned) {
    const id = bucketId(planned.bucket!, planned.expected_bucket_owner)
    await write(op, id, request)
    return id
  },

  async find({ api }, id): Promise<Remote | undefined> {
    const { bucket: Bucket, owner } = parseBucketId(id)
    try {
      const answer = await api.call('s3', 'GetBucketEncryption', { Bucket, ...ownerOf(owner) })
      return answer.ServerSideEncryptionConfiguration === undefined
        ? undefined
        : { ...answer.ServerSideEncryptionConfiguration, Bucket, Owner: owner }
    } catch (error) {
      if (isNoBucket(error) || isAwsError(error, 'ServerSideEncryptionConfigurationNotFoundError')) return undefined
      throw error
    }
  },

  updates: {
    rules: (op, { id, request }) => write(op, id, request),
  },

  async delete(op, id) {
    const { bucket: Bucket, owner } = parseBucketId(id)
    await settled(op, () => op.api.call('s3', 'DeleteBucketEncryption', { Bucket, ...ownerOf(owner) })).catch((error: unknown) => {
      if (!isNoBucket(error) && !isAwsError(error, 'ServerSideEncryptionConfigurationNotFoundError')) throw error
    })
  },
})

async function write(op: Operation<AwsApi>, id: string, { Rules }: ApiRequest): Promise<void> {
  const { bucket: Bucket, owner } = parseBucketId(id)
  await settled(op, () =>
    op.api.call('s3', 'PutBucketEncryption', { Bucket, ...ownerOf(owner), ServerSideEncryptionConfiguration: { Rules: Rules as never } }),
  )
}

function ownerOf(owner: string | undefined): { ExpectedBucketOwner?: string } {
  return owner === undefined ? {} : { ExpectedBucketOwner: owner }
}
