import { isAwsError } from '../../aws/index.ts'
import { noPublicAccess } from './guard-rails.ts'
import { roleActs } from './roles.ts'
import { type Act, act, ifThere, isSameJson, type Making, memberOf, type Step, StepError, unlessThere } from './step.ts'

export const store: Step = {
  name: 'store',
  title: 'its states have a place',
  usually: ['s3:HeadBucket'],
  inside: true,
  async probe(making) {
    if (making.adopt) return ownStoreActs(making)
    const { callers, organization } = making
    const { bucket } = organization.store
    const session = await callers.store()
    try {
      await callers.attempt('s3:HeadBucket', () => session.call('s3', 'HeadBucket', { Bucket: bucket }))
      return []
    } catch (error) {
      throw new StepError(
        `The states of all accounts are kept in the bucket ${bucket} of ${organization.store.account.name}, which cannot be reached: ${(error as Error).message}\n\nTo make it:\n    make state`,
      )
    }
  },
}

/** The account is the one that keeps the states: a bucket in it, and the role that reads and writes there. */
async function ownStoreActs(making: Making): Promise<readonly Act[]> {
  const { callers, organization, journal } = making
  const who = memberOf(making)
  const { bucket: Bucket, region, role } = organization.store
  const put = {
    bucket: act(`s3:CreateBucket ${Bucket}`, () =>
      unlessThere(
        callers.call(
          who,
          's3',
          'CreateBucket',
          { Bucket, ...(region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: region as never } }) },
          region,
        ),
        'BucketAlreadyOwnedByYou',
      ),
    ),
    versions: act('s3:PutBucketVersioning', () =>
      callers.call(who, 's3', 'PutBucketVersioning', { Bucket, VersioningConfiguration: { Status: 'Enabled' } }, region),
    ),
    encryption: act('s3:PutBucketEncryption', () =>
      callers.call(
        who,
        's3',
        'PutBucketEncryption',
        { Bucket, ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] } },
        region,
      ),
    ),
    block: act('s3:PutPublicAccessBlock', () =>
      callers.call(who, 's3', 'PutPublicAccessBlock', { Bucket, PublicAccessBlockConfiguration: noPublicAccess }, region),
    ),
    policy: act('s3:PutBucketPolicy, only over TLS', () =>
      callers.call(who, 's3', 'PutBucketPolicy', { Bucket, Policy: bucketPolicyOf(Bucket) }, region),
    ),
    lifecycle: act('s3:PutBucketLifecycleConfiguration', () =>
      callers.call(
        who,
        's3',
        'PutBucketLifecycleConfiguration',
        { Bucket, LifecycleConfiguration: { Rules: [...lifecycle.Rules] } },
        region,
      ),
    ),
  }
  const acts: Act[] = []
  const present = await ifThere(
    callers.call(who, 's3', 'HeadBucket', { Bucket }, region).catch((error: unknown) => {
      if (isAwsError(error, '403', 'Forbidden', 'AccessDenied'))
        throw new StepError(`The bucket ${Bucket} belongs to somebody else. Give the store another name in environments/accounts.ts.`)
      throw error
    }),
    'NotFound',
    'NoSuchBucket',
    '404',
  )
  if (present === undefined) acts.push(put.bucket, put.versions, put.encryption, put.block, put.policy, put.lifecycle)
  else {
    if ((await callers.call(who, 's3', 'GetBucketVersioning', { Bucket }, region)).Status !== 'Enabled') acts.push(put.versions)
    const block = await ifThere(callers.call(who, 's3', 'GetPublicAccessBlock', { Bucket }, region), 'NoSuchPublicAccessBlockConfiguration')
    if (!isSameJson(JSON.stringify(block?.PublicAccessBlockConfiguration ?? {}), JSON.stringify(noPublicAccess))) acts.push(put.block)
    const encryption = await ifThere(
      callers.call(who, 's3', 'GetBucketEncryption', { Bucket }, region),
      'ServerSideEncryptionConfigurationNotFoundError',
    )
    if (encryption === undefined) acts.push(put.encryption)
    // A policy and a lifecycle that somebody has given it stay.
    if ((await ifThere(callers.call(who, 's3', 'GetBucketPolicy', { Bucket }, region), 'NoSuchBucketPolicy')) === undefined)
      acts.push(put.policy)
    const kept = callers.call(who, 's3', 'GetBucketLifecycleConfiguration', { Bucket }, region)
    if ((await ifThere(kept, 'NoSuchLifecycleConfiguration')) === undefined) acts.push(put.lifecycle)
  }
  const trust = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${journal.accountId}:root` }, Action: 'sts:AssumeRole' }],
  })
  acts.push(...(await roleActs(making, role, trust, 'Reads and writes states')))
  const policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['s3:ListBucket', 's3:GetBucketVersioning', 's3:GetBucketLocation'], Resource: `arn:aws:s3:::${Bucket}` },
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], Resource: `arn:aws:s3:::${Bucket}/*` },
    ],
  })
  const inline = await ifThere(callers.call(who, 'iam', 'GetRolePolicy', { RoleName: role, PolicyName: 'state' }), 'NoSuchEntity')
  if (!isSameJson(decodeURIComponent(inline?.PolicyDocument ?? '{}'), policy))
    acts.push(
      act(`iam:PutRolePolicy ${role}`, () =>
        callers.call(who, 'iam', 'PutRolePolicy', { RoleName: role, PolicyName: 'state', PolicyDocument: policy }),
      ),
    )
  return acts
}

/** Only over TLS. */
function bucketPolicyOf(bucket: string): string {
  const Resource = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`]
  const Condition = { Bool: { 'aws:SecureTransport': 'false' } }
  return JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource, Condition }] })
}

/** Earlier versions of a state are kept for a year. */
const lifecycle = {
  Rules: [
    {
      ID: 'earlier-versions',
      Status: 'Enabled',
      Filter: { Prefix: '' },
      NoncurrentVersionExpiration: { NoncurrentDays: 365 },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
    },
  ],
} as const
