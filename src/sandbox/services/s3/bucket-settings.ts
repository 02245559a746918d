import type * as S3 from '@aws-sdk/client-s3'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { PolicySyntaxError, parsePolicy } from '../../policy/index.ts'
import { grantsOf, ownerGrant } from './_acl.ts'
import type { BucketRow } from './_rows.ts'
import { buckets, canonicalUser, changeSettings, openBucket } from './_store.ts'

const DEFAULT_MINIMUM_SIZE = 'all_storage_classes_128K'

function absent(code: string, message: string, bucket: BucketRow): AwsError {
  return new AwsError(code, message, 404, { BucketName: bucket.id })
}

export const bucketSettingOperations = {
  PutBucketVersioning(input: S3.PutBucketVersioningRequest, call: Call): object {
    const bucket = openBucket(call, input)
    const { Status, MFADelete } = input.VersioningConfiguration ?? {}
    if (Status !== 'Enabled' && Status !== 'Suspended') throw malformedXml()
    if (Status === 'Suspended' && bucket.settings.objectLock !== undefined)
      throw new AwsError(
        'InvalidBucketState',
        'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
        409,
      )
    buckets(call).patch(bucket.id, { versioning: Status, mfaDelete: MFADelete === undefined ? bucket.mfaDelete : MFADelete === 'Enabled' })
    return {}
  },

  GetBucketVersioning(input: S3.GetBucketVersioningRequest, call: Call): S3.GetBucketVersioningOutput {
    const { versioning, mfaDelete } = openBucket(call, input)
    return { Status: versioning, MFADelete: mfaDelete === undefined ? undefined : mfaDelete ? 'Enabled' : 'Disabled' }
  },

  PutBucketEncryption(input: S3.PutBucketEncryptionRequest, call: Call): object {
    const bucket = openBucket(call, input)
    const rules = input.ServerSideEncryptionConfiguration?.Rules ?? []
    if (rules.length !== 1) throw malformedXml()
    const encryption = {
      Rules: rules.map((rule) => {
        const by = rule.ApplyServerSideEncryptionByDefault
        if (by?.KMSMasterKeyID !== undefined && by.KMSMasterKeyID !== '' && by.SSEAlgorithm === 'AES256')
          throw new AwsError(
            'InvalidArgument',
            'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse',
          )
        return { ...rule, BucketKeyEnabled: rule.BucketKeyEnabled ?? false }
      }),
    }
    changeSettings(call, bucket, { encryption })
    return {}
  },

  GetBucketEncryption(input: S3.GetBucketEncryptionRequest, call: Call): S3.GetBucketEncryptionOutput {
    return { ServerSideEncryptionConfiguration: encryptionOf(openBucket(call, input)) }
  },

  DeleteBucketEncryption(input: S3.DeleteBucketEncryptionRequest, call: Call): object {
    changeSettings(call, openBucket(call, input), { encryption: undefined })
    return {}
  },

  PutPublicAccessBlock(input: S3.PutPublicAccessBlockRequest, call: Call): object {
    const bucket = openBucket(call, input)
    const given = input.PublicAccessBlockConfiguration ?? {}
    changeSettings(call, bucket, {
      publicAccess: {
        BlockPublicAcls: given.BlockPublicAcls ?? false,
        IgnorePublicAcls: given.IgnorePublicAcls ?? false,
        BlockPublicPolicy: given.BlockPublicPolicy ?? false,
        RestrictPublicBuckets: given.RestrictPublicBuckets ?? false,
      },
    })
    return {}
  },

  GetPublicAccessBlock(input: S3.GetPublicAccessBlockRequest, call: Call): S3.GetPublicAccessBlockOutput {
    const bucket = openBucket(call, input)
    const { publicAccess } = bucket.settings
    if (publicAccess === undefined)
      throw absent('NoSuchPublicAccessBlockConfiguration', 'The public access block configuration was not found', bucket)
    return { PublicAccessBlockConfiguration: publicAccess }
  },

  DeletePublicAccessBlock(input: S3.DeletePublicAccessBlockRequest, call: Call): object {
    changeSettings(call, openBucket(call, input), { publicAccess: undefined })
    return {}
  },

  PutBucketPolicy(input: S3.PutBucketPolicyRequest, call: Call): object {
    const bucket = openBucket(call, input)
    const policy = input.Policy ?? ''
    if (policy.length > 20_480)
      throw new AwsError('PolicyTooLarge', 'The policy document exceeds the maximum allowed document size of 20480 bytes')
    checkPolicy(policy, bucket.id)
    if (bucket.settings.publicAccess?.BlockPublicPolicy === true && isPublic(policy))
      throw new AwsError(
        'AccessDenied',
        `User: ${call.identity.arn} is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::${bucket.id}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`,
        403,
      )
    changeSettings(call, bucket, { policy })
    return {}
  },

  GetBucketPolicy(input: S3.GetBucketPolicyRequest, call: Call): S3.GetBucketPolicyOutput {
    const bucket = openBucket(call, input)
    return { Policy: policyOf(bucket) }
  },

  GetBucketPolicyStatus(input: S3.GetBucketPolicyStatusRequest, call: Call): S3.GetBucketPolicyStatusOutput {
    return { PolicyStatus: { IsPublic: isPublic(policyOf(openBucket(call, input))) } }
  },

  DeleteBucketPolicy(input: S3.DeleteBucketPolicyRequest, call: Call): object {
    changeSettings(call, openBucket(call, input), { policy: undefined })
    return {}
  },

  PutBucketTagging(input: S3.PutBucketTaggingRequest, call: Call): object {
    const bucket = openBucket(call, input)
    changeSettings(call, bucket, { tags: checkTags(input.Tagging?.TagSet ?? [], 50) })
    return {}
  },

  GetBucketTagging(input: S3.GetBucketTaggingRequest, call: Call): S3.GetBucketTaggingOutput {
    const bucket = openBucket(call, input)
    const { tags } = bucket.settings
    if (tags === undefined || tags.length === 0) throw absent('NoSuchTagSet', 'The TagSet does not exist', bucket)
    return { TagSet: tags }
  },

  DeleteBucketTagging(input: S3.DeleteBucketTaggingRequest, call: Call): object {
    changeSettings(call, openBucket(call, input), { tags: undefined })
    return {}
  },

  PutBucketOwnershipControls(input: S3.PutBucketOwnershipControlsRequest, call: Call): object {
    const bucket = openBucket(call, input)
    const ownership = input.OwnershipControls
    if (ownership?.Rules?.length !== 1) throw malformedXml()
    const others = (bucket.settings.acl ?? []).some((grant) => grant.Grantee?.ID !== canonicalUser(bucket.account))
    if (ownership.Rules[0]!.ObjectOwnership === 'BucketOwnerEnforced' && others)
      throw new AwsError(
        'InvalidBucketAclWithObjectOwnership',
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
      )
    changeSettings(call, bucket, { ownership })
    return {}
  },

  GetBucketOwnershipControls(input: S3.GetBucketOwnershipControlsRequest, call: Call): S3.GetBucketOwnershipControlsOutput {
    const bucket = openBucket(call, input)
    const { ownership } = bucket.settings
    if (ownership === undefined) throw absent('OwnershipControlsNotFoundError', 'The bucket ownership controls were not found', bucket)
    return { OwnershipControls: ownership }
  },

  DeleteBucketOwnershipControls(input: S3.DeleteBucketOwnershipControlsRequest, call: Call): object {
    changeSettings(call, openBucket(call, input), { ownership: undefined })
    return {}
  },

  PutBucketAcl(input: S3.PutBucketAclRequest, call: Call): object {
    const bucket = openBucket(call, input)
    if (isEnforced(bucket) && (input.ACL as string) !== 'bucket-owner-full-control') throw aclsAreOff()
    const acl = grantsOf(input, bucket.account) ?? input.AccessControlPolicy?.Grants
    if (acl === undefined) throw new AwsError('MissingSecurityHeader', 'Your request was missing a required header')
    if (bucket.settings.publicAccess?.BlockPublicAcls === true && acl.some(isPublicGrant))
      throw new AwsError('AccessDenied', 'Access Denied', 403)
    changeSettings(call, bucket, { acl })
    return {}
  },

  GetBucketAcl(input: S3.GetBucketAclRequest, call: Call): S3.GetBucketAclOutput {
    const bucket = openBucket(call, input)
    return {
      Owner: { ID: canonicalUser(bucket.account) },
      Grants: isEnforced(bucket) ? [ownerGrant(bucket.account)] : (bucket.settings.acl ?? [ownerGrant(bucket.account)]),
    }
  },

  PutBucketLifecycleConfiguration(input: S3.PutBucketLifecycleConfigurationRequest, call: Call): S3.PutBucketLifecycleConfigurationOutput {
    const bucket = openBucket(call, input)
    const rules = input.LifecycleConfiguration?.Rules ?? []
    if (rules.length === 0 || rules.length > 1000) throw malformedXml()
    const named = new Set<string>()
    const Rules = rules.map((rule) => {
      const ID = rule.ID === undefined || rule.ID === '' ? call.newBytes().toString('base64url').slice(0, 36) : rule.ID
      if (named.has(ID)) throw new AwsError('InvalidArgument', 'Rule ID must be unique. Found same ID for more than one rule')
      named.add(ID)
      return { ...rule, ID }
    })
    const minimumSize = input.TransitionDefaultMinimumObjectSize ?? DEFAULT_MINIMUM_SIZE
    changeSettings(call, bucket, { lifecycle: { Rules, minimumSize } })
    return { TransitionDefaultMinimumObjectSize: minimumSize }
  },

  GetBucketLifecycleConfiguration(input: S3.GetBucketLifecycleConfigurationRequest, call: Call): S3.GetBucketLifecycleConfigurationOutput {
    const bucket = openBucket(call, input)
    const { lifecycle } = bucket.settings
    if (lifecycle === undefined) throw absent('NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist', bucket)
    return { Rules: lifecycle.Rules, TransitionDefaultMinimumObjectSize: lifecycle.minimumSize }
  },

  DeleteBucketLifecycle(input: S3.DeleteBucketLifecycleRequest, call: Call): object {
    changeSettings(call, openBucket(call, input), { lifecycle: undefined })
    return {}
  },

  PutBucketLogging(input: S3.PutBucketLoggingRequest, call: Call): object {
    const bucket = openBucket(call, input)
    const logging = input.BucketLoggingStatus?.LoggingEnabled
    if (logging !== undefined) {
      const target = buckets(call).get(logging.TargetBucket ?? '')
      if (target === undefined || target.account !== bucket.account || target.region !== bucket.region)
        throw new AwsError('InvalidTargetBucketForLogging', 'The target bucket for logging does not exist', 400, {
          TargetBucket: logging.TargetBucket ?? '',
        })
    }
    changeSettings(call, bucket, { logging })
    return {}
  },

  GetBucketLogging(input: S3.GetBucketLoggingRequest, call: Call): S3.GetBucketLoggingOutput {
    return { LoggingEnabled: openBucket(call, input).settings.logging }
  },

  PutBucketCors(input: S3.PutBucketCorsRequest, call: Call): object {
    const bucket = openBucket(call, input)
    if ((input.CORSConfiguration?.CORSRules ?? []).length === 0) throw malformedXml()
    changeSettings(call, bucket, { cors: input.CORSConfiguration })
    return {}
  },

  GetBucketCors(input: S3.GetBucketCorsRequest, call: Call): S3.GetBucketCorsOutput {
    const bucket = openBucket(call, input)
    const { cors } = bucket.settings
    if (cors === undefined) throw absent('NoSuchCORSConfiguration', 'The CORS configuration does not exist', bucket)
    return { CORSRules: cors.CORSRules }
  },

  DeleteBucketCors(input: S3.DeleteBucketCorsRequest, call: Call): object {
    changeSettings(call, openBucket(call, input), { cors: undefined })
    return {}
  },

  PutBucketWebsite(input: S3.PutBucketWebsiteRequest, call: Call): object {
    changeSettings(call, openBucket(call, input), { website: input.WebsiteConfiguration })
    return {}
  },

  GetBucketWebsite(input: S3.GetBucketWebsiteRequest, call: Call): S3.GetBucketWebsiteOutput {
    const bucket = openBucket(call, input)
    const { website } = bucket.settings
    if (website === undefined)
      throw absent('NoSuchWebsiteConfiguration', 'The specified bucket does not have a website configuration', bucket)
    return website
  },

  DeleteBucketWebsite(input: S3.DeleteBucketWebsiteRequest, call: Call): object {
    changeSettings(call, openBucket(call, input), { website: undefined })
    return {}
  },

  PutBucketNotificationConfiguration(input: S3.PutBucketNotificationConfigurationRequest, call: Call): object {
    changeSettings(call, openBucket(call, input), { notification: input.NotificationConfiguration })
    return {}
  },

  GetBucketNotificationConfiguration(input: S3.GetBucketNotificationConfigurationRequest, call: Call): S3.NotificationConfiguration {
    return openBucket(call, input).settings.notification ?? {}
  },

  PutObjectLockConfiguration(input: S3.PutObjectLockConfigurationRequest, call: Call): object {
    const bucket = openBucket(call, input)
    if (bucket.versioning !== 'Enabled')
      throw new AwsError('InvalidBucketState', "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration", 409)
    changeSettings(call, bucket, { objectLock: input.ObjectLockConfiguration ?? { ObjectLockEnabled: 'Enabled' } })
    return {}
  },

  GetObjectLockConfiguration(input: S3.GetObjectLockConfigurationRequest, call: Call): S3.GetObjectLockConfigurationOutput {
    const bucket = openBucket(call, input)
    const { objectLock } = bucket.settings
    if (objectLock === undefined)
      throw absent('ObjectLockConfigurationNotFoundError', 'Object Lock configuration does not exist for this bucket', bucket)
    return { ObjectLockConfiguration: objectLock }
  },

  PutBucketReplication(input: S3.PutBucketReplicationRequest, call: Call): object {
    const bucket = openBucket(call, input)
    if (bucket.versioning !== 'Enabled')
      throw new AwsError('InvalidRequest', "Versioning must be 'Enabled' on the bucket to apply a replication configuration")
    changeSettings(call, bucket, { replication: input.ReplicationConfiguration })
    return {}
  },

  GetBucketReplication(input: S3.GetBucketReplicationRequest, call: Call): S3.GetBucketReplicationOutput {
    const bucket = openBucket(call, input)
    const { replication } = bucket.settings
    if (replication === undefined)
      throw absent('ReplicationConfigurationNotFoundError', 'The replication configuration was not found', bucket)
    return { ReplicationConfiguration: replication }
  },

  DeleteBucketReplication(input: S3.DeleteBucketReplicationRequest, call: Call): object {
    changeSettings(call, openBucket(call, input), { replication: undefined })
    return {}
  },

  PutBucketAccelerateConfiguration(input: S3.PutBucketAccelerateConfigurationRequest, call: Call): object {
    changeSettings(call, openBucket(call, input), { accelerate: input.AccelerateConfiguration })
    return {}
  },

  GetBucketAccelerateConfiguration(
    input: S3.GetBucketAccelerateConfigurationRequest,
    call: Call,
  ): S3.GetBucketAccelerateConfigurationOutput {
    return { Status: openBucket(call, input).settings.accelerate?.Status }
  },

  PutBucketRequestPayment(input: S3.PutBucketRequestPaymentRequest, call: Call): object {
    changeSettings(call, openBucket(call, input), { requestPayment: input.RequestPaymentConfiguration?.Payer })
    return {}
  },

  GetBucketRequestPayment(input: S3.GetBucketRequestPaymentRequest, call: Call): S3.GetBucketRequestPaymentOutput {
    return { Payer: openBucket(call, input).settings.requestPayment ?? 'BucketOwner' }
  },
}

/** How new objects of a bucket are encrypted; all are. */
export function encryptionOf(bucket: BucketRow): S3.ServerSideEncryptionConfiguration {
  return (
    bucket.settings.encryption ?? {
      Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false }],
    }
  )
}

export function isEnforced(bucket: BucketRow): boolean {
  return bucket.settings.ownership?.Rules?.[0]?.ObjectOwnership === 'BucketOwnerEnforced'
}

export function aclsAreOff(): AwsError {
  return new AwsError('AccessControlListNotSupported', 'The bucket does not allow ACLs')
}

/** @throws AwsError for tags that S3 does not take */
export function checkTags(tags: readonly S3.Tag[], most: number): S3.Tag[] {
  if (tags.length > most) throw new AwsError('BadRequest', `Object tags cannot be greater than ${most}`)
  const seen = new Set<string>()
  for (const { Key = '', Value = '' } of tags) {
    if (Key === '' || Key.length > 128) throw new AwsError('InvalidTag', 'The TagKey you have provided is invalid')
    if (Value.length > 256) throw new AwsError('InvalidTag', 'The TagValue you have provided is invalid')
    if (Key.toLowerCase().startsWith('aws:')) throw new AwsError('InvalidTag', 'System tags cannot be added/updated by requester')
    if (seen.has(Key)) throw new AwsError('InvalidTag', 'Cannot provide multiple Tags with the same key')
    seen.add(Key)
  }
  return [...tags]
}

export function malformedXml(): AwsError {
  return new AwsError('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema')
}

function policyOf(bucket: BucketRow): string {
  const { policy } = bucket.settings
  if (policy === undefined) throw absent('NoSuchBucketPolicy', 'The bucket policy does not exist', bucket)
  return policy
}

function checkPolicy(text: string, bucket: string): void {
  const malformed = (message: string) => new AwsError('MalformedPolicy', message)
  if (!text.trimStart().startsWith('{')) throw malformed("Policies must be valid JSON and the first byte must be '{'")
  try {
    const { statements } = parsePolicy(text, 'resource')
    for (const { principals, resources } of statements) {
      if (principals === undefined) throw malformed('Missing required field Principal')
      if (resources === undefined) throw malformed('Missing required field Resource')
      const foreign = resources.patterns.find(
        (pattern) => pattern !== '*' && !pattern.startsWith(`arn:aws:s3:::${bucket}`) && !/^arn:aws:s3:::[^/]*[*?]/.test(pattern),
      )
      if (foreign !== undefined) throw malformed('Policy has invalid resource')
    }
  } catch (error) {
    throw error instanceof PolicySyntaxError ? malformed(error.message) : error
  }
}

/** Whether a policy lets everybody do something, on no condition. */
function isPublic(text: string): boolean {
  return parsePolicy(text, 'resource').statements.some(
    (statement) =>
      statement.effect === 'Allow' &&
      statement.conditions.length === 0 &&
      statement.principals?.entries.some((entry) => entry.value === '*') === true,
  )
}

function isPublicGrant(grant: S3.Grant): boolean {
  return grant.Grantee?.URI?.startsWith('http://acs.amazonaws.com/groups/global/') === true
}
