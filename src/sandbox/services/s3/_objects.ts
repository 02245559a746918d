import { createHash } from 'node:crypto'
import type * as S3 from '@aws-sdk/client-s3'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import type { BucketRow, ObjectFacts, VersionRow } from './_rows.ts'
import { keysOf, nextOrder, noSuchKey, versionId, versionsOf } from './_store.ts'
import { checkTags, encryptionOf } from './bucket-settings.ts'

/** The current version of a key; undefined when there is none, or it is a delete marker. */
export function currentVersion(call: Call, bucket: string, key: string): VersionRow | undefined {
  const version = latestVersion(call, bucket, key)
  return version?.isMarker === true ? undefined : version
}

export function latestVersion(call: Call, bucket: string, key: string): VersionRow | undefined {
  const latest = keysOf(call, bucket).get(key)?.latest
  return latest === undefined ? undefined : versionsOf(call, bucket).get(versionId(key, latest))
}

/** The version that a request names, or the current one. @throws AwsError as a read of it would be refused */
export function findVersion(call: Call, bucket: BucketRow, key: string, version: string | undefined): VersionRow {
  if (version === undefined || version === '') {
    const latest = latestVersion(call, bucket.id, key)
    if (latest === undefined) throw noSuchKey(key)
    if (latest.isMarker) {
      const { code, message, extra } = noSuchKey(key)
      throw new AwsError(code, message, 404, extra, { 'x-amz-delete-marker': 'true', 'x-amz-version-id': latest.version })
    }
    return latest
  }
  const row = versionsOf(call, bucket.id).get(versionId(key, version))
  if (row === undefined) throw new AwsError('NoSuchVersion', 'The specified version does not exist.', 404, { Key: key, VersionId: version })
  if (row.isMarker)
    throw new AwsError(
      'MethodNotAllowed',
      'The specified method is not allowed against this resource.',
      405,
      { ResourceType: 'DeleteMarker' },
      {
        'x-amz-delete-marker': 'true',
        'last-modified': row.modified.toUTCString(),
      },
    )
  return row
}

interface Conditions {
  readonly IfMatch?: string
  readonly IfNoneMatch?: string
}

/** Conditions on a write. @throws AwsError when they are not met */
export function checkWrite(call: Call, bucket: string, key: string, { IfMatch, IfNoneMatch }: Conditions): void {
  const current = currentVersion(call, bucket, key)
  if (IfNoneMatch !== undefined && IfNoneMatch !== '*')
    throw new AwsError('NotImplemented', 'A header you provided implies functionality that is not implemented', 501, {
      Header: 'If-None-Match',
    })
  if (IfNoneMatch === '*' && current !== undefined) throw preconditionFailed('If-None-Match')
  if (IfMatch === undefined) return
  if (current === undefined) throw noSuchKey(key)
  if (!sameTag(IfMatch, current.etag)) throw preconditionFailed('If-Match')
}

export function sameTag(pattern: string, etag: string): boolean {
  return pattern.split(',').some((text) => text.trim() === '*' || text.trim().replace(/^"|"$/g, '') === etag.replace(/^"|"$/g, ''))
}

export function preconditionFailed(condition: string): AwsError {
  return new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412, { Condition: condition })
}

/** Writes a version of a key, which becomes the current one; without versioning it takes the place of the one before. */
export function putVersion(
  call: Call,
  bucket: BucketRow,
  version: Omit<VersionRow, 'id' | 'version' | 'order' | 'modified' | 'blob'> & { readonly body?: Uint8Array },
): VersionRow {
  const { body, ...rest } = version
  const name = bucket.versioning === 'Enabled' ? call.newBytes().toString('base64url').slice(0, 32).replaceAll('-', '.') : 'null'
  const id = versionId(version.key, name)
  const before = versionsOf(call, bucket.id).get(id)
  if (before?.blob !== undefined) forget(call, before.blob)
  let blob: string | undefined
  if (body !== undefined) {
    blob = call.newBytes().toString('hex').slice(0, 40)
    call.kernel.blobs.put(blob, body)
  }
  // A version that is replaced moves to the end of the order, as all writes do.
  versionsOf(call, bucket.id).delete(id)
  const row: VersionRow = {
    ...rest,
    id,
    version: name,
    order: nextOrder(call),
    modified: new Date(Math.floor(call.now.getTime() / 1000) * 1000),
    ...(blob === undefined ? {} : { blob }),
  }
  versionsOf(call, bucket.id).put(row)
  keysOf(call, bucket.id).put({ id: version.key, latest: name })
  return row
}

/** Removes one version for good; the newest of those left becomes the current one. */
export function removeVersion(call: Call, bucket: string, row: VersionRow): void {
  versionsOf(call, bucket).delete(row.id)
  if (row.blob !== undefined) forget(call, row.blob)
  if (keysOf(call, bucket).get(row.key)?.latest !== row.version) return
  let newest: VersionRow | undefined
  for (const other of versionsOf(call, bucket).values())
    if (other.key === row.key && (newest === undefined || other.order > newest.order)) newest = other
  if (newest === undefined) keysOf(call, bucket).delete(row.key)
  else keysOf(call, bucket).put({ id: row.key, latest: newest.version })
}

export function forget(call: Call, blob: string): void {
  call.afterCommit(() => call.kernel.blobs.delete(blob))
}

export function etagOf(body: Uint8Array): string {
  return `"${createHash('md5').update(body).digest('hex')}"`
}

type FactsInput = Omit<ObjectFacts, 'ExpiresString'> & { readonly Expires?: Date; readonly ExpiresString?: string }

/** What a writing request says about the object, and what the bucket's settings add. */
export function factsOf(input: FactsInput, bucket: BucketRow): ObjectFacts {
  const rule = encryptionOf(bucket).Rules?.[0]
  const by = rule?.ApplyServerSideEncryptionByDefault
  const encryption = input.ServerSideEncryption ?? by?.SSEAlgorithm ?? 'AES256'
  const isKms = encryption !== 'AES256'
  return {
    ContentType: input.ContentType ?? 'binary/octet-stream',
    CacheControl: input.CacheControl,
    ContentDisposition: input.ContentDisposition,
    ContentEncoding: input.ContentEncoding,
    ContentLanguage: input.ContentLanguage,
    ExpiresString: input.ExpiresString ?? input.Expires?.toUTCString(),
    WebsiteRedirectLocation: input.WebsiteRedirectLocation,
    StorageClass: input.StorageClass,
    ServerSideEncryption: encryption,
    SSEKMSKeyId: isKms
      ? (input.SSEKMSKeyId ?? by?.KMSMasterKeyID ?? `arn:aws:kms:${bucket.region}:${bucket.account}:alias/aws/s3`)
      : undefined,
    BucketKeyEnabled: isKms ? (input.BucketKeyEnabled ?? rule?.BucketKeyEnabled ?? false) : undefined,
    Metadata: input.Metadata,
  }
}

/** Tags as the header of a write gives them: a query string. */
export function tagsOfHeader(text: string | undefined): S3.Tag[] {
  if (text === undefined) return []
  return checkTags(
    [...new URLSearchParams(text)].map(([Key, Value]) => ({ Key, Value })),
    10,
  )
}

/** `null` is told of only where versioning is or was on. */
export function versionIdOf(bucket: BucketRow, row: VersionRow): string | undefined {
  return bucket.versioning === undefined ? undefined : row.version
}
