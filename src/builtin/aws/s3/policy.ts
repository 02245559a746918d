import { isAwsError } from '../../../aws/index.ts'
import { normalizeJson, samePolicy } from '../policy.ts'
import { type AwsApi, defineResource, type Operation, string } from '../resource.ts'
import { isNoBucket, settled, settlingMs } from './_answers.ts'

interface Remote {
  readonly Bucket: string
  readonly Policy: string
}

export const bucketPolicy = defineResource({
  type: 'aws_s3_bucket_policy',
  title: 'S3 Bucket Policy',
  rules: 'sdk',
  fields: {
    bucket: string('Bucket', { create: false }),
    policy: string('Policy', { update: 'policy', normalize: normalizeJson, same: samePolicy }),
  },

  async create(op, _request, planned) {
    await write(op, planned.bucket!, planned.policy!)
    return planned.bucket!
  },

  async find({ api }, id, state): Promise<Remote | undefined> {
    try {
      const { Policy } = await api.call('s3', 'GetBucketPolicy', { Bucket: id })
      if (Policy === undefined) return undefined
      const known = state.policy
      return { Bucket: id, Policy: known !== null && known !== undefined && samePolicy(known, Policy) ? known : normalizeJson(Policy) }
    } catch (error) {
      if (isNoBucket(error) || isAwsError(error, 'NoSuchBucketPolicy')) return undefined
      throw error
    }
  },

  updates: {
    policy: (op, { id, planned }) => write(op, id, planned.policy!),
  },

  async delete({ api }, id) {
    await api.call('s3', 'DeleteBucketPolicy', { Bucket: id }).catch((error: unknown) => {
      if (!isNoBucket(error) && !isAwsError(error, 'NoSuchBucketPolicy')) throw error
    })
  },
})

async function write(op: Operation<AwsApi>, Bucket: string, Policy: string): Promise<void> {
  // A principal made a moment ago is "invalid" until S3 knows it.
  const isNewPrincipal = (error: unknown): boolean => isAwsError(error, 'MalformedPolicy') && error.apiMessage.includes('Invalid principal')
  await op.retry(isNewPrincipal, () => settled(op, () => op.api.call('s3', 'PutBucketPolicy', { Bucket, Policy })), settlingMs)
}
