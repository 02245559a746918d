import type * as S3 from '@aws-sdk/client-s3'
import type { Row } from '../../kernel/store.ts'
import type { Checksums } from './_checksum.ts'

/** Settings of a bucket that are kept as they were put. */
export interface BucketSettings {
  readonly accelerate?: S3.AccelerateConfiguration
  readonly cors?: S3.CORSConfiguration
  readonly encryption?: S3.ServerSideEncryptionConfiguration
  readonly lifecycle?: { readonly Rules: S3.LifecycleRule[]; readonly minimumSize: S3.TransitionDefaultMinimumObjectSize }
  readonly logging?: S3.LoggingEnabled
  readonly notification?: S3.NotificationConfiguration
  readonly objectLock?: S3.ObjectLockConfiguration
  readonly ownership?: S3.OwnershipControls
  readonly policy?: string
  readonly publicAccess?: S3.PublicAccessBlockConfiguration
  readonly replication?: S3.ReplicationConfiguration
  readonly requestPayment?: S3.Payer
  readonly tags?: S3.Tag[]
  readonly website?: S3.WebsiteConfiguration
  readonly acl?: S3.Grant[]
}

/** A bucket; its name is its id, unique over all accounts. */
export interface BucketRow extends Row {
  readonly account: string
  readonly region: string
  readonly created: Date
  readonly versioning?: 'Enabled' | 'Suspended'
  readonly mfaDelete?: boolean
  readonly settings: BucketSettings
}

/** Which version of a key is the current one; it may be a delete marker. */
export interface KeyRow extends Row {
  readonly latest: string
}

/** What S3 keeps beside the bytes and gives back with them. */
export interface ObjectFacts {
  readonly ContentType?: string
  readonly CacheControl?: string
  readonly ContentDisposition?: string
  readonly ContentEncoding?: string
  readonly ContentLanguage?: string
  readonly ExpiresString?: string
  readonly WebsiteRedirectLocation?: string
  readonly StorageClass?: S3.StorageClass
  readonly ServerSideEncryption?: S3.ServerSideEncryption
  readonly SSEKMSKeyId?: string
  readonly BucketKeyEnabled?: boolean
  readonly Metadata?: Record<string, string>
}

/** One version of an object. The id is the key, a NUL and the version. */
export interface VersionRow extends Row {
  readonly key: string
  /** `null` where versioning was off. */
  readonly version: string
  /** Grows with every write to the bucket. */
  readonly order: number
  readonly modified: Date
  readonly isMarker: boolean
  readonly size: number
  /** With its quotes. */
  readonly etag: string
  readonly blob?: string
  readonly facts: ObjectFacts
  readonly checksums: Checksums
  readonly tags: readonly S3.Tag[]
  readonly acl?: S3.Grant[]
  readonly parts?: number
  readonly retention?: S3.ObjectLockRetention
  readonly legalHold?: S3.ObjectLockLegalHoldStatus
}

export interface UploadRow extends Row {
  readonly bucket: string
  readonly key: string
  readonly initiated: Date
  readonly facts: ObjectFacts
  readonly tags: readonly S3.Tag[]
  readonly initiator: string
  readonly algorithm?: S3.ChecksumAlgorithm
}

/** The id is the upload, a NUL and the number. */
export interface PartRow extends Row {
  readonly upload: string
  readonly number: number
  readonly size: number
  readonly etag: string
  readonly blob: string
  readonly modified: Date
  readonly checksums: Checksums
}
