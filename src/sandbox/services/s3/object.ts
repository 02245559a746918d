import type * as S3 from '@aws-sdk/client-s3'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { grantsOf, ownerGrant } from './_acl.ts'
import { checkedSums } from './_checksum.ts'
import {
  checkWrite,
  currentVersion,
  etagOf,
  factsOf,
  findVersion,
  preconditionFailed,
  putVersion,
  removeVersion,
  sameTag,
  tagsOfHeader,
  versionIdOf,
} from './_objects.ts'
import type { BucketRow, VersionRow } from './_rows.ts'
import { accessDenied, buckets, canonicalUser, noSuchBucket, noSuchKey, openBucket, versionId, versionsOf } from './_store.ts'
import { aclsAreOff, checkTags, isEnforced, malformedXml } from './bucket-settings.ts'

/** Requests with bodies, as the protocol hands them over. */
type WithBytes<T> = Omit<T, 'Body'> & { readonly Body?: Uint8Array }

const LARGEST_KEY = 1024

export const objectOperations = {
  PutObject(input: WithBytes<S3.PutObjectRequest>, call: Call): S3.PutObjectOutput {
    const bucket = openBucket(call, input)
    const key = checkKey(input.Key!)
    const acl = grantsOf(input, bucket.account)
    if (acl !== undefined && isEnforced(bucket) && input.ACL !== 'bucket-owner-full-control' && input.ACL !== 'private') throw aclsAreOff()
    checkWrite(call, bucket.id, key, input)
    const body = input.Body ?? new Uint8Array()
    const row = putVersion(call, bucket, {
      key,
      isMarker: false,
      size: body.length,
      etag: etagOf(body),
      facts: factsOf(input, bucket),
      checksums: checkedSums(input, body),
      tags: tagsOfHeader(input.Tagging),
      acl,
      body,
      ...lockOf(bucket, input, call),
    })
    return { ...writtenOf(bucket, row), ...sumsOf(row) }
  },

  GetObject(input: S3.GetObjectRequest, call: Call): object {
    const bucket = openBucket(call, input)
    const row = readable(call, bucket, input)
    const body = row.blob === undefined ? new Uint8Array() : call.kernel.blobs.get(row.blob)
    const range = rangeOf(input.Range, row.size)
    const described = { ...describeObject(bucket, row, input), ...overrides(input) }
    if (range === undefined) return { ...described, Body: body }
    return {
      ...described,
      ...Object.fromEntries(Object.keys(sumsOf(row)).map((name) => [name, undefined])),
      Body: body.subarray(range.start, range.end + 1),
      ContentLength: range.end + 1 - range.start,
      ContentRange: `bytes ${range.start}-${range.end}/${row.size}`,
    }
  },

  HeadObject(input: S3.HeadObjectRequest, call: Call): S3.HeadObjectOutput {
    const bucket = openBucket(call, input)
    return { ...describeObject(bucket, readable(call, bucket, input), input), ...overrides(input) }
  },

  GetObjectAttributes(input: S3.GetObjectAttributesRequest, call: Call): S3.GetObjectAttributesOutput {
    const bucket = openBucket(call, input)
    const row = findVersion(call, bucket, input.Key!, input.VersionId)
    const wanted = new Set<string>(input.ObjectAttributes)
    return {
      LastModified: row.modified,
      VersionId: versionIdOf(bucket, row),
      ETag: wanted.has('ETag') ? row.etag.replaceAll('"', '') : undefined,
      Checksum: wanted.has('Checksum') ? sumsOf(row) : undefined,
      ObjectParts: wanted.has('ObjectParts') && row.parts !== undefined ? { TotalPartsCount: row.parts } : undefined,
      StorageClass: wanted.has('StorageClass') ? (row.facts.StorageClass ?? 'STANDARD') : undefined,
      ObjectSize: wanted.has('ObjectSize') ? row.size : undefined,
    }
  },

  CopyObject(input: S3.CopyObjectRequest, call: Call): S3.CopyObjectOutput {
    const bucket = openBucket(call, input)
    const key = checkKey(input.Key!)
    checkWrite(call, bucket.id, key, input)
    const { bucket: from, row: source } = copySource(call, input)
    const replaces = input.MetadataDirective === 'REPLACE'
    if (
      from.id === bucket.id &&
      source.key === key &&
      !replaces &&
      input.StorageClass === undefined &&
      input.ServerSideEncryption === undefined
    )
      throw new AwsError(
        'InvalidRequest',
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
      )
    const body = source.blob === undefined ? new Uint8Array() : call.kernel.blobs.get(source.blob)
    const { ServerSideEncryption: _e, SSEKMSKeyId: _k, BucketKeyEnabled: _b, StorageClass: _c, ...kept } = source.facts
    const own = { ServerSideEncryption: input.ServerSideEncryption, SSEKMSKeyId: input.SSEKMSKeyId, StorageClass: input.StorageClass }
    const row = putVersion(call, bucket, {
      key,
      isMarker: false,
      size: source.size,
      etag: source.parts === undefined ? source.etag : etagOf(body),
      facts: factsOf(replaces ? input : { ...kept, ...own }, bucket),
      checksums: source.checksums,
      tags: input.TaggingDirective === 'REPLACE' ? tagsOfHeader(input.Tagging) : source.tags,
      acl: grantsOf(input, bucket.account),
      body,
      ...lockOf(bucket, input, call),
    })
    return {
      ...writtenOf(bucket, row),
      CopySourceVersionId: versionIdOf(from, source),
      CopyObjectResult: { ETag: row.etag, LastModified: row.modified, ...row.checksums },
    }
  },

  DeleteObject(input: S3.DeleteObjectRequest, call: Call): S3.DeleteObjectOutput {
    const bucket = openBucket(call, input)
    return deleteObject(call, bucket, input.Key!, input.VersionId, input.IfMatch, input.BypassGovernanceRetention === true)
  },

  DeleteObjects(input: S3.DeleteObjectsRequest, call: Call): S3.DeleteObjectsOutput {
    const bucket = openBucket(call, input)
    const objects = input.Delete?.Objects ?? []
    if (objects.length === 0 || objects.length > 1000) throw malformedXml()
    const deleted: S3.DeletedObject[] = []
    const errors: S3._Error[] = []
    for (const { Key = '', VersionId, ETag } of objects) {
      try {
        const done = deleteObject(call, bucket, Key, VersionId, ETag, input.BypassGovernanceRetention === true)
        const marker = done.DeleteMarker === true ? { DeleteMarker: true, DeleteMarkerVersionId: done.VersionId } : {}
        deleted.push({ Key, VersionId, ...marker })
      } catch (error) {
        if (!(error instanceof AwsError)) throw error
        errors.push({ Key, VersionId, Code: error.code, Message: error.message })
      }
    }
    return { Deleted: input.Delete?.Quiet === true ? undefined : deleted, Errors: errors }
  },

  PutObjectTagging(input: S3.PutObjectTaggingRequest, call: Call): S3.PutObjectTaggingOutput {
    const bucket = openBucket(call, input)
    const row = findVersion(call, bucket, input.Key!, input.VersionId)
    versionsOf(call, bucket.id).patch(row.id, { tags: checkTags(input.Tagging?.TagSet ?? [], 10) })
    return { VersionId: versionIdOf(bucket, row) }
  },

  GetObjectTagging(input: S3.GetObjectTaggingRequest, call: Call): S3.GetObjectTaggingOutput {
    const bucket = openBucket(call, input)
    const row = findVersion(call, bucket, input.Key!, input.VersionId)
    return { VersionId: versionIdOf(bucket, row), TagSet: [...row.tags] }
  },

  DeleteObjectTagging(input: S3.DeleteObjectTaggingRequest, call: Call): S3.DeleteObjectTaggingOutput {
    const bucket = openBucket(call, input)
    const row = findVersion(call, bucket, input.Key!, input.VersionId)
    versionsOf(call, bucket.id).patch(row.id, { tags: [] })
    return { VersionId: versionIdOf(bucket, row) }
  },

  PutObjectAcl(input: S3.PutObjectAclRequest, call: Call): S3.PutObjectAclOutput {
    const bucket = openBucket(call, input)
    if (isEnforced(bucket) && input.ACL !== 'bucket-owner-full-control') throw aclsAreOff()
    const row = findVersion(call, bucket, input.Key!, input.VersionId)
    versionsOf(call, bucket.id).patch(row.id, { acl: grantsOf(input, bucket.account) ?? input.AccessControlPolicy?.Grants })
    return {}
  },

  GetObjectAcl(input: S3.GetObjectAclRequest, call: Call): S3.GetObjectAclOutput {
    const bucket = openBucket(call, input)
    const row = findVersion(call, bucket, input.Key!, input.VersionId)
    return { Owner: { ID: canonicalUser(bucket.account) }, Grants: row.acl ?? [ownerGrant(bucket.account)] }
  },

  PutObjectLegalHold(input: S3.PutObjectLegalHoldRequest, call: Call): S3.PutObjectLegalHoldOutput {
    const row = lockable(call, input)
    versionsOf(call, input.Bucket!).patch(row.id, { legalHold: input.LegalHold?.Status })
    return {}
  },

  GetObjectLegalHold(input: S3.GetObjectLegalHoldRequest, call: Call): S3.GetObjectLegalHoldOutput {
    const { legalHold } = lockable(call, input)
    if (legalHold === undefined) throw noSuchLock()
    return { LegalHold: { Status: legalHold } }
  },

  PutObjectRetention(input: S3.PutObjectRetentionRequest, call: Call): S3.PutObjectRetentionOutput {
    const row = lockable(call, input)
    const before = row.retention
    const until = input.Retention?.RetainUntilDate
    const shortens = before?.RetainUntilDate !== undefined && (until === undefined || until < before.RetainUntilDate)
    if (shortens && (before.Mode === 'COMPLIANCE' || input.BypassGovernanceRetention !== true)) throw isLocked()
    versionsOf(call, input.Bucket!).patch(row.id, { retention: input.Retention })
    return {}
  },

  GetObjectRetention(input: S3.GetObjectRetentionRequest, call: Call): S3.GetObjectRetentionOutput {
    const { retention } = lockable(call, input)
    if (retention === undefined) throw noSuchLock()
    return { Retention: retention }
  },
}

function checkKey(key: string): string {
  if (Buffer.byteLength(key) > LARGEST_KEY)
    throw new AwsError('KeyTooLongError', 'Your key is too long', 400, {
      Size: String(Buffer.byteLength(key)),
      MaxSizeAllowed: String(LARGEST_KEY),
    })
  return key
}

interface ReadConditions {
  readonly Key?: string
  readonly VersionId?: string
  readonly IfMatch?: string
  readonly IfNoneMatch?: string
  readonly IfModifiedSince?: Date
  readonly IfUnmodifiedSince?: Date
}

/** The version to read, if the request's conditions let it be read (RFC 9110, section 13.2). */
function readable(call: Call, bucket: BucketRow, input: ReadConditions): VersionRow {
  const row = findVersion(call, bucket, input.Key!, input.VersionId)
  if (input.IfMatch !== undefined) {
    if (!sameTag(input.IfMatch, row.etag)) throw preconditionFailed('If-Match')
  } else if (input.IfUnmodifiedSince !== undefined && row.modified > input.IfUnmodifiedSince)
    throw preconditionFailed('If-Unmodified-Since')
  const notModified = () =>
    new AwsError('NotModified', 'Not Modified', 304, {}, { etag: row.etag, 'last-modified': row.modified.toUTCString() })
  if (input.IfNoneMatch !== undefined) {
    if (sameTag(input.IfNoneMatch, row.etag)) throw notModified()
  } else if (input.IfModifiedSince !== undefined && row.modified <= input.IfModifiedSince) throw notModified()
  return row
}

function rangeOf(text: string | undefined, size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(text ?? '')
  if (match === null || (match[1] === '' && match[2] === '')) return undefined
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1])
  const end = match[1] === '' || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1)
  if (start >= size || start > end)
    throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416, {
      ActualObjectSize: String(size),
      RangeRequested: text!,
    })
  return { start, end }
}

function sumsOf(row: VersionRow): VersionRow['checksums'] & { ChecksumType?: S3.ChecksumType } {
  if (Object.keys(row.checksums).length === 0) return {}
  return { ...row.checksums, ChecksumType: 'FULL_OBJECT' }
}

function writtenOf(bucket: BucketRow, row: VersionRow) {
  const { ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled } = row.facts
  return { ETag: row.etag, VersionId: versionIdOf(bucket, row), ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled }
}

function describeObject(bucket: BucketRow, row: VersionRow, input: { readonly ChecksumMode?: string }): S3.HeadObjectOutput {
  const { StorageClass, ...facts } = row.facts
  return {
    ...facts,
    AcceptRanges: 'bytes',
    ContentLength: row.size,
    ETag: row.etag,
    LastModified: row.modified,
    VersionId: versionIdOf(bucket, row),
    // The default class is not told.
    StorageClass: StorageClass === 'STANDARD' ? undefined : StorageClass,
    TagCount: row.tags.length === 0 ? undefined : row.tags.length,
    ObjectLockMode: row.retention?.Mode,
    ObjectLockRetainUntilDate: row.retention?.RetainUntilDate,
    ObjectLockLegalHoldStatus: row.legalHold,
    ...(input.ChecksumMode === 'ENABLED' ? sumsOf(row) : {}),
  }
}

function overrides(input: S3.GetObjectRequest | S3.HeadObjectRequest): object {
  const all = {
    ContentType: input.ResponseContentType,
    ContentDisposition: input.ResponseContentDisposition,
    ContentEncoding: input.ResponseContentEncoding,
    ContentLanguage: input.ResponseContentLanguage,
    CacheControl: input.ResponseCacheControl,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

/** The object that a copy is made of: `bucket/key?versionId=…`, percent-encoded. */
export function copySource(call: Call, input: { readonly CopySource?: string } & CopyConditions): { bucket: BucketRow; row: VersionRow } {
  const [path = '', query] = (input.CopySource ?? '').split('?') as [string | undefined, string | undefined]
  const match = /^\/?([^/]+)\/(.+)$/.exec(path)
  if (match === null) throw new AwsError('InvalidArgument', 'Invalid copy source object key')
  const name = decodeURIComponent(match[1]!)
  const key = decodeURIComponent(match[2]!)
  const bucket = buckets(call).get(name)
  if (bucket === undefined) throw noSuchBucket(name)
  if (bucket.account !== call.account) throw accessDenied()
  const row = findVersion(call, bucket, key, new URLSearchParams(query ?? '').get('versionId') ?? undefined)
  if (input.CopySourceIfMatch !== undefined && !sameTag(input.CopySourceIfMatch, row.etag))
    throw preconditionFailed('x-amz-copy-source-If-Match')
  if (input.CopySourceIfNoneMatch !== undefined && sameTag(input.CopySourceIfNoneMatch, row.etag))
    throw preconditionFailed('x-amz-copy-source-If-None-Match')
  return { bucket, row }
}

interface CopyConditions {
  readonly CopySourceIfMatch?: string
  readonly CopySourceIfNoneMatch?: string
}

function deleteObject(
  call: Call,
  bucket: BucketRow,
  key: string,
  version: string | undefined,
  ifMatch: string | undefined,
  bypass: boolean,
): S3.DeleteObjectOutput {
  if (ifMatch !== undefined) {
    const current = currentVersion(call, bucket.id, key)
    if (current === undefined) throw noSuchKey(key)
    if (!sameTag(ifMatch, current.etag)) throw preconditionFailed('If-Match')
  }
  if (version !== undefined && version !== '') {
    const row = versionsOf(call, bucket.id).get(versionId(key, version))
    // What is not there is deleted successfully.
    if (row === undefined) return { VersionId: version }
    if (isHeld(row, call, bypass)) throw isLocked()
    removeVersion(call, bucket.id, row)
    return { VersionId: version, DeleteMarker: row.isMarker ? true : undefined }
  }
  if (bucket.versioning === undefined) {
    const row = versionsOf(call, bucket.id).get(versionId(key, 'null'))
    if (row !== undefined) removeVersion(call, bucket.id, row)
    return {}
  }
  const marker = putVersion(call, bucket, { key, isMarker: true, size: 0, etag: '', facts: {}, checksums: {}, tags: [] })
  return { DeleteMarker: true, VersionId: marker.version }
}

interface LockInput {
  readonly ObjectLockMode?: S3.ObjectLockMode
  readonly ObjectLockRetainUntilDate?: Date
  readonly ObjectLockLegalHoldStatus?: S3.ObjectLockLegalHoldStatus
}

/** The lock of a new version: the request's, or the bucket's default. */
export function lockOf(bucket: BucketRow, input: LockInput, call: Call): Pick<VersionRow, 'retention' | 'legalHold'> {
  const { objectLock } = bucket.settings
  if (objectLock === undefined) {
    if (input.ObjectLockMode === undefined && input.ObjectLockLegalHoldStatus === undefined) return {}
    throw new AwsError('InvalidRequest', 'Bucket is missing Object Lock Configuration')
  }
  const byDefault = objectLock.Rule?.DefaultRetention
  const days = byDefault?.Days ?? (byDefault?.Years === undefined ? undefined : byDefault.Years * 365)
  const retention =
    input.ObjectLockMode !== undefined
      ? { Mode: input.ObjectLockMode as S3.ObjectLockRetentionMode, RetainUntilDate: input.ObjectLockRetainUntilDate }
      : days === undefined
        ? undefined
        : { Mode: byDefault?.Mode, RetainUntilDate: new Date(call.now.getTime() + days * 86_400_000) }
  return { retention, legalHold: input.ObjectLockLegalHoldStatus }
}

function isHeld(row: VersionRow, call: Call, bypass: boolean): boolean {
  if (row.legalHold === 'ON') return true
  const { retention } = row
  if (retention?.RetainUntilDate === undefined || retention.RetainUntilDate <= call.now) return false
  return retention.Mode === 'COMPLIANCE' || !bypass
}

function isLocked(): AwsError {
  return new AwsError('AccessDenied', 'Access Denied because object protected by object lock.', 403)
}

function noSuchLock(): AwsError {
  return new AwsError('NoSuchObjectLockConfiguration', 'The specified object does not have a ObjectLock configuration', 404)
}

function lockable(call: Call, input: { Bucket?: string; Key?: string; VersionId?: string }): VersionRow {
  const bucket = openBucket(call, input)
  if (bucket.settings.objectLock === undefined) throw new AwsError('InvalidRequest', 'Bucket is missing Object Lock Configuration')
  return findVersion(call, bucket, input.Key!, input.VersionId)
}
