import type * as S3 from '@aws-sdk/client-s3'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { matchesPattern } from '../../kernel/filters.ts'
import { pageOf } from '../../kernel/paging.ts'
import { grantsOf } from './_acl.ts'
import type { BucketRow } from './_rows.ts'
import { buckets, canonicalUser, openBucket, partsOf, uploadsOf, versionsOf } from './_store.ts'

/** A new bucket has no public access, no ACLs and encrypts with S3's own keys. */
const closed: S3.PublicAccessBlockConfiguration = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
}

export const bucketOperations = {
  CreateBucket(input: S3.CreateBucketRequest, call: Call): S3.CreateBucketOutput {
    const name = input.Bucket!
    checkName(name)
    const constraint = input.CreateBucketConfiguration?.LocationConstraint
    // The endpoint of us-east-1 makes buckets anywhere, the others only at home.
    const region = (constraint === 'EU' ? 'eu-west-1' : constraint) ?? call.region
    if (call.region !== 'us-east-1' && constraint !== call.region) {
      const what = constraint === undefined ? 'unspecified' : constraint
      throw new AwsError(
        'IllegalLocationConstraintException',
        `The ${what} location constraint is incompatible for the region specific endpoint this request was sent to.`,
      )
    }
    const existing = buckets(call).get(name)
    if (existing !== undefined) {
      if (existing.account !== call.account)
        throw new AwsError(
          'BucketAlreadyExists',
          'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
          409,
          { BucketName: name },
        )
      // As it always did, us-east-1 answers its owner as if the bucket were new.
      if (existing.region !== 'us-east-1' || region !== 'us-east-1')
        throw new AwsError(
          'BucketAlreadyOwnedByYou',
          'Your previous request to create the named bucket succeeded and you already own it.',
          409,
          { BucketName: name },
        )
      return { Location: `/${name}` }
    }
    const ownership = input.ObjectOwnership ?? 'BucketOwnerEnforced'
    const acl = input.ACL === 'private' ? undefined : grantsOf(input, call.account)
    if (acl !== undefined && ownership === 'BucketOwnerEnforced')
      throw new AwsError(
        'InvalidBucketAclWithObjectOwnership',
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
      )
    createBucket(call, {
      id: name,
      account: call.account,
      region,
      created: new Date(Math.floor(call.now.getTime() / 1000) * 1000),
      ...(input.ObjectLockEnabledForBucket === true ? { versioning: 'Enabled' } : {}),
      settings: {
        ownership: { Rules: [{ ObjectOwnership: ownership }] },
        acl,
        tags: input.CreateBucketConfiguration?.Tags,
        ...(input.ObjectLockEnabledForBucket === true ? { objectLock: { ObjectLockEnabled: 'Enabled' } } : {}),
      },
    })
    return { Location: region === 'us-east-1' ? `/${name}` : `http://${name}.s3.amazonaws.com/`, BucketArn: `arn:aws:s3:::${name}` }
  },

  HeadBucket(input: S3.HeadBucketRequest, call: Call): S3.HeadBucketOutput {
    const { region, id } = openBucket(call, input)
    return { BucketRegion: region, AccessPointAlias: false, BucketArn: `arn:aws:s3:::${id}` }
  },

  DeleteBucket(input: S3.DeleteBucketRequest, call: Call): object {
    const bucket = openBucket(call, input)
    if (versionsOf(call, bucket.id).size > 0) {
      const versioned = bucket.versioning === undefined ? '' : ' You must delete all versions in the bucket.'
      throw new AwsError('BucketNotEmpty', `The bucket you tried to delete is not empty${versioned === '' ? '' : '.'}${versioned}`, 409, {
        BucketName: bucket.id,
      })
    }
    for (const part of [...partsOf(call, bucket.id).values()]) {
      partsOf(call, bucket.id).delete(part.id)
      call.afterCommit(() => call.kernel.blobs.delete(part.blob))
    }
    for (const upload of [...uploadsOf(call, bucket.id).values()]) uploadsOf(call, bucket.id).delete(upload.id)
    buckets(call).delete(bucket.id)
    return {}
  },

  ListBuckets(input: S3.ListBucketsRequest, call: Call): S3.ListBucketsOutput {
    const own = [...buckets(call).values()]
      .filter((bucket) => bucket.account === call.account)
      .filter((bucket) => input.BucketRegion === undefined || bucket.region === input.BucketRegion)
      .filter((bucket) => input.Prefix === undefined || bucket.id.startsWith(input.Prefix))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
    const page = pageOf(call, own, input.ContinuationToken, input.MaxBuckets, 'InvalidArgument')
    return {
      Buckets: page.items.map((bucket) => ({
        Name: bucket.id,
        CreationDate: bucket.created,
        // The region is listed for those who ask for pages.
        BucketRegion: input.MaxBuckets === undefined && input.BucketRegion === undefined ? undefined : bucket.region,
        BucketArn: `arn:aws:s3:::${bucket.id}`,
      })),
      Owner: { ID: canonicalUser(call.account) },
      ContinuationToken: page.nextToken,
      Prefix: input.Prefix,
    }
  },

  GetBucketLocation(input: S3.GetBucketLocationRequest, call: Call): S3.GetBucketLocationOutput {
    const { region } = openBucket(call, input)
    return { LocationConstraint: region === 'us-east-1' ? undefined : (region as S3.BucketLocationConstraint) }
  },
}

/** Puts a bucket with the settings that every new one has. */
export function createBucket(call: Call, bucket: BucketRow): BucketRow {
  return buckets(call).put({
    ...bucket,
    settings: { publicAccess: closed, ownership: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] }, ...bucket.settings },
  })
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
function checkName(name: string): void {
  const ok =
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !/\.\.|^\d+\.\d+\.\d+\.\d+$|^xn--|^sthree-|-s3alias$|--ol-s3$|--x-s3$/.test(name) &&
    !matchesPattern('amzn-s3-demo-*', name)
  if (!ok) throw new AwsError('InvalidBucketName', 'The specified bucket is not valid.', 400, { BucketName: name })
}
