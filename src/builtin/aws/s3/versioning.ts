import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { type AwsApi, blocks, defineResource, type Operation, string } from '../resource.ts'
import { bucketId, isNoBucket, parseBucketId, settled } from './_answers.ts'

type Versioning = OutputOf<'s3', 'GetBucketVersioning'>
type Remote = Versioning & {
  readonly Bucket: string
  readonly Owner: string | undefined
  readonly Settings: { Status: string; MFADelete?: string }
}

const fields = {
  bucket: string('Bucket', { create: false }),
  expected_bucket_owner: string('Owner', { create: false }),
  mfa: string(undefined, { create: false, read: false, readOnly: true }),
  versioning_configuration: blocks(
    'Settings',
    { mfa_delete: string('MFADelete'), status: string('Status') },
    { create: false, update: 'settings' },
  ),
}

export const versioning = defineResource({
  type: 'aws_s3_bucket_versioning',
  title: 'S3 Bucket Versioning',
  rules: 'sdk',
  fields,

  async create(op, _request, planned) {
    const [settings] = planned.versioning_configuration ?? []
    const id = bucketId(planned.bucket!, planned.expected_bucket_owner)
    // A bucket that never had versions is "Disabled", which nobody can say to the service.
    if (settings?.status !== 'Disabled') await write(op, id, { Status: settings?.status, ...mfaOf(settings?.mfa_delete) })
    return id
  },

  async find({ api }, id): Promise<Remote | undefined> {
    const { bucket: Bucket, owner } = parseBucketId(id)
    const answer = await api.call('s3', 'GetBucketVersioning', { Bucket, ...ownerOf(owner) }).catch((error: unknown) => {
      if (isNoBucket(error)) return undefined
      throw error
    })
    if (answer === undefined) return undefined
    const mfa = answer.MFADelete === undefined ? {} : { MFADelete: answer.MFADelete }
    return { ...answer, Bucket, Owner: owner, Settings: { Status: answer.Status ?? 'Disabled', ...mfa } }
  },

  updates: {
    async settings(op, { id, planned }) {
      const [settings] = planned.versioning_configuration ?? []
      await write(op, id, { Status: settings?.status, ...mfaOf(settings?.mfa_delete) })
    },
  },

  async delete(op, id, state) {
    const [settings] = state.versioning_configuration ?? []
    // What was never switched on cannot be suspended.
    if (settings?.status === 'Disabled') return
    await write(op, id, { Status: 'Suspended' }).catch((error: unknown) => {
      if (!isNoBucket(error) && !isAwsError(error, 'InvalidBucketState')) throw error
    })
  },
})

async function write(op: Operation<AwsApi>, id: string, VersioningConfiguration: object): Promise<void> {
  const { bucket: Bucket, owner } = parseBucketId(id)
  await settled(op, () => op.api.call('s3', 'PutBucketVersioning', { Bucket, ...ownerOf(owner), VersioningConfiguration }))
}

function mfaOf(mfa: string | null | undefined): object {
  return mfa ? { MFADelete: mfa } : {}
}

function ownerOf(owner: string | undefined): { ExpectedBucketOwner?: string } {
  return owner === undefined ? {} : { ExpectedBucketOwner: owner }
}
