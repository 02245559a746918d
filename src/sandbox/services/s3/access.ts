import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { parsePolicy, type RequestContext, resourceVerdict } from '../../policy/index.ts'
import type { BucketRow } from './_rows.ts'
import type { BucketInput } from './_store.ts'

/** Actions of IAM that are not named like their operation. */
const actions: Readonly<Record<string, string>> = {
  AbortMultipartUpload: 'AbortMultipartUpload',
  CompleteMultipartUpload: 'PutObject',
  CopyObject: 'PutObject',
  CreateMultipartUpload: 'PutObject',
  DeleteBucketCors: 'PutBucketCORS',
  DeleteBucketEncryption: 'PutEncryptionConfiguration',
  DeleteBucketLifecycle: 'PutLifecycleConfiguration',
  DeleteBucketOwnershipControls: 'PutBucketOwnershipControls',
  DeleteBucketReplication: 'PutReplicationConfiguration',
  DeleteBucketTagging: 'PutBucketTagging',
  DeleteObjects: 'DeleteObject',
  DeletePublicAccessBlock: 'PutBucketPublicAccessBlock',
  GetBucketAccelerateConfiguration: 'GetAccelerateConfiguration',
  GetBucketCors: 'GetBucketCORS',
  GetBucketEncryption: 'GetEncryptionConfiguration',
  GetBucketLifecycleConfiguration: 'GetLifecycleConfiguration',
  GetBucketNotificationConfiguration: 'GetBucketNotification',
  GetBucketReplication: 'GetReplicationConfiguration',
  GetObjectLockConfiguration: 'GetBucketObjectLockConfiguration',
  GetPublicAccessBlock: 'GetBucketPublicAccessBlock',
  HeadBucket: 'ListBucket',
  HeadObject: 'GetObject',
  ListBuckets: 'ListAllMyBuckets',
  ListMultipartUploads: 'ListBucketMultipartUploads',
  ListObjectVersions: 'ListBucketVersions',
  ListObjects: 'ListBucket',
  ListObjectsV2: 'ListBucket',
  ListParts: 'ListMultipartUploadParts',
  PutBucketAccelerateConfiguration: 'PutAccelerateConfiguration',
  PutBucketCors: 'PutBucketCORS',
  PutBucketEncryption: 'PutEncryptionConfiguration',
  PutBucketLifecycleConfiguration: 'PutLifecycleConfiguration',
  PutBucketNotificationConfiguration: 'PutBucketNotification',
  PutBucketReplication: 'PutReplicationConfiguration',
  PutObjectLockConfiguration: 'PutBucketObjectLockConfiguration',
  PutPublicAccessBlock: 'PutBucketPublicAccessBlock',
  UploadPart: 'PutObject',
  UploadPartCopy: 'PutObject',
}

const ofVersions = /^(GetObject|DeleteObject|GetObjectTagging|PutObjectTagging|DeleteObjectTagging|GetObjectAcl|PutObjectAcl)$/

/** The action that IAM policies allow or deny for an operation of S3, such as `s3:GetObject` for HeadObject. */
export function s3Action(operation: string, input: BucketInput): string {
  const name = Object.hasOwn(actions, operation) ? actions[operation]! : operation
  if (input.VersionId === undefined || !ofVersions.test(name)) return `s3:${name}`
  return `s3:${name.replace(/^(Get|Put|Delete)Object/, '$1ObjectVersion')}`
}

/** The ARN that a request is about. */
export function s3Resource({ Bucket, Key }: BucketInput): string {
  return Bucket === undefined ? '*' : `arn:aws:s3:::${Bucket}${Key === undefined ? '' : `/${Key}`}`
}

/**
 * What the bucket's own policy says: a Deny holds for everybody, and accounts that the bucket does not belong to need an
 * Allow.
 */
export function checkAccess(call: Call, bucket: BucketRow, input: BucketInput): void {
  const own = call.account === bucket.account
  const { policy } = bucket.settings
  if (policy === undefined) {
    if (own) return
    throw denied()
  }
  const { arn, account } = call.identity
  // The root of the owner's account can always repair a policy that locks everybody out.
  if (own && arn.endsWith(':root') && /^(Get|Put|Delete)BucketPolicy$/.test(call.operation)) return
  const session = /^arn:(aws[\w-]*):sts::(\d+):assumed-role\/([^/]+)\//.exec(arn)
  const principal = {
    kind: 'AWS' as const,
    id: arn,
    account,
    ...(session === null ? {} : { role: `arn:${session[1]}:iam::${session[2]}:role/${session[3]}` }),
  }
  const request = { action: s3Action(call.operation, input), resource: s3Resource(input), context: contextOf(call, bucket, input) }
  const { verdict } = resourceVerdict(parsePolicy(policy, 'resource'), principal, request)
  if (verdict === 'deny' || (verdict === 'none' && !own)) throw denied()
}

/**
 * Whether a bucket's policy lets an AWS service do something for an account: services that deliver into a bucket try it before they agree to.
 *
 * @param facts by key of the condition in small letters, such as `aws:sourcearn`
 */
export function mayService(
  bucket: BucketRow,
  service: string,
  request: { readonly action: string; readonly key?: string },
  facts: Readonly<Record<string, string>>,
): boolean {
  const { policy } = bucket.settings
  if (policy === undefined) return false
  const context = new Map(Object.entries({ 'aws:securetransport': 'true', ...facts }).map(([key, value]) => [key, [value]] as const))
  const resource = s3Resource({ Bucket: bucket.id, ...(request.key === undefined ? {} : { Key: request.key }) })
  const principal = { kind: 'Service', id: service, account: '' } as const
  return resourceVerdict(parsePolicy(policy, 'resource'), principal, { action: request.action, resource, context }).verdict === 'allow'
}

function contextOf(call: Call, bucket: BucketRow, input: BucketInput): RequestContext {
  const context = new Map<string, readonly string[]>([
    // The sandbox stands for AWS, which clients reach by TLS alone.
    ['aws:securetransport', ['true']],
    ['aws:principalarn', [call.identity.arn]],
    ['aws:principalaccount', [call.account]],
    ['aws:resourceaccount', [bucket.account]],
    ['aws:requestedregion', [call.region]],
    ['aws:currenttime', [call.now.toISOString()]],
    ['aws:epochtime', [String(Math.floor(call.now.getTime() / 1000))]],
    ['aws:userid', [call.identity.userId]],
    ['s3:resourceaccount', [bucket.account]],
  ])
  const add = (key: string, member: string) => {
    const value = (input as Readonly<Record<string, unknown>>)[member]
    if (typeof value === 'string') context.set(key, [value])
  }
  add('s3:prefix', 'Prefix')
  add('s3:delimiter', 'Delimiter')
  add('s3:versionid', 'VersionId')
  add('s3:x-amz-acl', 'ACL')
  add('s3:x-amz-server-side-encryption', 'ServerSideEncryption')
  add('s3:x-amz-server-side-encryption-aws-kms-key-id', 'SSEKMSKeyId')
  add('s3:x-amz-storage-class', 'StorageClass')
  return context
}

function denied(): AwsError {
  return new AwsError('AccessDenied', 'Access Denied', 403)
}
