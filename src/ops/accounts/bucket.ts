import { AwsError } from '../../aws/index.ts'
import type { Caller, Callers } from './callers.ts'
import { noPublicAccess } from './guard-rails.ts'
import { type Act, act, ifThere, isSameJson, StepError, unlessThere } from './step.ts'

/** A statement of a policy. */
export interface Statement {
  readonly Sid: string
  readonly [member: string]: unknown
}

/** A bucket as it is to be: versioned, encrypted, closed to the public. */
export interface BucketFloor {
  readonly who: Caller
  /** The number of the account that it belongs to. */
  readonly owner: string
  readonly bucket: string
  readonly region: string
  /** What to do when somebody else has the name: names are unique in all of AWS. */
  readonly taken: string
  /** The statements of its policy, from those it has; undefined: they are good as they are. */
  policy(present: readonly Statement[] | undefined): readonly Statement[] | undefined
}

/** What is missing of a bucket. A lifecycle that somebody has given it stays. */
export async function bucketActs(callers: Callers, floor: BucketFloor): Promise<readonly Act[]> {
  const { who, owner, bucket: Bucket, region } = floor
  const place = region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: region as never } }
  const call = callers.call.bind(callers)
  const put = {
    bucket: act(`s3:CreateBucket ${Bucket}`, () =>
      unlessThere(call(who, 's3', 'CreateBucket', { Bucket, ...place }, region), 'BucketAlreadyOwnedByYou'),
    ),
    versions: act('s3:PutBucketVersioning', () =>
      call(who, 's3', 'PutBucketVersioning', { Bucket, VersioningConfiguration: { Status: 'Enabled' } }, region),
    ),
    encryption: act('s3:PutBucketEncryption', () => {
      const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' as const } }]
      return call(who, 's3', 'PutBucketEncryption', { Bucket, ServerSideEncryptionConfiguration: { Rules } }, region)
    }),
    block: act('s3:PutPublicAccessBlock', () =>
      call(who, 's3', 'PutPublicAccessBlock', { Bucket, PublicAccessBlockConfiguration: noPublicAccess }, region),
    ),
    lifecycle: act('s3:PutBucketLifecycleConfiguration', () =>
      call(who, 's3', 'PutBucketLifecycleConfiguration', { Bucket, LifecycleConfiguration: { Rules: [...earlierVersions] } }, region),
    ),
  }
  const present = await ifThere(
    // Whoever foresees the name could have a bucket of it that we may write to.
    call(who, 's3', 'HeadBucket', { Bucket, ExpectedBucketOwner: owner }, region).catch((error: unknown) => {
      // An answer without a body names no error.
      if (error instanceof AwsError && error.statusCode === 403)
        throw new StepError(`The bucket ${Bucket} belongs to somebody else. ${floor.taken}`)
      throw error
    }),
    'NotFound',
    'NoSuchBucket',
    '404',
  )
  if (present === undefined)
    return [put.bucket, put.versions, put.encryption, put.block, ...policyActs(callers, floor, undefined), put.lifecycle]
  const acts: Act[] = []
  if ((await call(who, 's3', 'GetBucketVersioning', { Bucket }, region)).Status !== 'Enabled') acts.push(put.versions)
  const block = await ifThere(call(who, 's3', 'GetPublicAccessBlock', { Bucket }, region), 'NoSuchPublicAccessBlockConfiguration')
  if (!isSameJson(JSON.stringify(block?.PublicAccessBlockConfiguration ?? {}), JSON.stringify(noPublicAccess))) acts.push(put.block)
  const encryption = await ifThere(
    call(who, 's3', 'GetBucketEncryption', { Bucket }, region),
    'ServerSideEncryptionConfigurationNotFoundError',
  )
  if (encryption === undefined) acts.push(put.encryption)
  const policy = await ifThere(call(who, 's3', 'GetBucketPolicy', { Bucket }, region), 'NoSuchBucketPolicy')
  acts.push(...policyActs(callers, floor, policy?.Policy))
  const kept = call(who, 's3', 'GetBucketLifecycleConfiguration', { Bucket }, region)
  if ((await ifThere(kept, 'NoSuchLifecycleConfiguration')) === undefined) acts.push(put.lifecycle)
  return acts
}

function policyActs(callers: Callers, { who, bucket: Bucket, region, policy }: BucketFloor, present: string | undefined): readonly Act[] {
  const wanted = policy(present === undefined ? undefined : [(JSON.parse(present) as { Statement: Statement }).Statement].flat())
  if (wanted === undefined) return []
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: wanted })
  return [act('s3:PutBucketPolicy, only over TLS', () => callers.call(who, 's3', 'PutBucketPolicy', { Bucket, Policy }, region))]
}

export function onlyOverTls(bucket: string): Statement {
  const Resource = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`]
  const Condition = { Bool: { 'aws:SecureTransport': 'false' } }
  return { Sid: 'OnlyOverTls', Effect: 'Deny', Principal: '*', Action: 's3:*', Resource, Condition }
}

/** Statements that a bucket is to have, beside those that somebody else has given it; undefined when it has them. */
export function withStatements(present: readonly Statement[] | undefined, own: readonly Statement[]): readonly Statement[] | undefined {
  const kept = (present ?? []).filter(({ Sid }) => !own.some((one) => one.Sid === Sid))
  const isDone = own.every((one) => present?.some((other) => isSameJson(JSON.stringify(other), JSON.stringify(one))))
  return isDone ? undefined : [...kept, ...own]
}

/** Earlier versions are kept for a year. */
const earlierVersions = [
  {
    ID: 'earlier-versions',
    Status: 'Enabled',
    Filter: { Prefix: '' },
    NoncurrentVersionExpiration: { NoncurrentDays: 365 },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
  },
] as const
