import { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket/index.js'
import { S3BucketPublicAccessBlock } from '@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js'
import { S3BucketServerSideEncryptionConfigurationA } from '@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js'
import { S3BucketVersioningA } from '@cdktf/provider-aws/lib/s3-bucket-versioning/index.js'
import type { Construct } from 'constructs'
import { isModule, Module } from '../module.ts'

export interface PrivateBucketProps {
  /** Unique in all of AWS. Example: `example-stage-uploads`. */
  readonly bucket: string
  /** Objects may be deleted along with the bucket. Default false. */
  readonly forceDestroy?: boolean
  /** The bucket is never destroyed by a plan. Default false. */
  readonly preventDestroy?: boolean
}

const kind = 'private-bucket'

/** A bucket that keeps old versions, encrypts and is never public. */
export class PrivateBucket extends Module {
  readonly bucketName: string
  readonly arn: string

  constructor(scope: Construct, id: string, props: PrivateBucketProps) {
    super(scope, id, kind)
    const bucket = new S3Bucket(this, 'bucket', {
      bucket: props.bucket,
      forceDestroy: props.forceDestroy ?? false,
      ...(props.preventDestroy === true ? { lifecycle: { preventDestroy: true } } : {}),
    })
    new S3BucketVersioningA(this, 'versioning', { bucket: bucket.id, versioningConfiguration: { status: 'Enabled' } })
    new S3BucketServerSideEncryptionConfigurationA(this, 'encryption', {
      bucket: bucket.id,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
    })
    new S3BucketPublicAccessBlock(this, 'access', {
      bucket: bucket.id,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    })
    this.bucketName = bucket.id
    // Composed and not read, so that policies are known before there is a bucket.
    this.arn = `arn:aws:s3:::${props.bucket}`
  }

  static isPrivateBucket(x: unknown): x is PrivateBucket {
    return isModule(x, kind)
  }
}
