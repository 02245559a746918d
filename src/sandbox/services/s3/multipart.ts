import { createHash } from 'node:crypto'
import type * as S3 from '@aws-sdk/client-s3'
import { compareStrings } from '../../../base/index.ts'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { checkedSums } from './_checksum.ts'
import { checkWrite, etagOf, factsOf, forget, putVersion, tagsOfHeader, versionIdOf } from './_objects.ts'
import type { PartRow, UploadRow } from './_rows.ts'
import { canonicalUser, openBucket, partsOf, uploadsOf } from './_store.ts'
import { malformedXml } from './bucket-settings.ts'
import { copySource, lockOf } from './object.ts'

const SMALLEST_PART = 5 * 1024 * 1024
const MOST_PARTS = 10_000

export const multipartOperations = {
  CreateMultipartUpload(input: S3.CreateMultipartUploadRequest, call: Call): S3.CreateMultipartUploadOutput {
    const bucket = openBucket(call, input)
    const facts = factsOf(input, bucket)
    const upload = uploadsOf(call, bucket.id).put({
      id: call.newBytes().toString('base64url'),
      bucket: bucket.id,
      key: input.Key!,
      initiated: call.now,
      facts,
      tags: tagsOfHeader(input.Tagging),
      initiator: call.identity.arn,
      algorithm: input.ChecksumAlgorithm,
    })
    const { ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled } = facts
    return {
      Bucket: bucket.id,
      Key: upload.key,
      UploadId: upload.id,
      ChecksumAlgorithm: input.ChecksumAlgorithm,
      ServerSideEncryption,
      SSEKMSKeyId,
      BucketKeyEnabled,
    }
  },

  UploadPart(input: Omit<S3.UploadPartRequest, 'Body'> & { Body?: Uint8Array }, call: Call): S3.UploadPartOutput {
    const bucket = openBucket(call, input)
    const upload = findUpload(call, input)
    const body = input.Body ?? new Uint8Array()
    const part = putPart(call, upload, input.PartNumber!, body, checkedSums(input, body))
    return { ETag: part.etag, ...part.checksums, ServerSideEncryption: factsOf({}, bucket).ServerSideEncryption }
  },

  UploadPartCopy(input: S3.UploadPartCopyRequest, call: Call): S3.UploadPartCopyOutput {
    openBucket(call, input)
    const upload = findUpload(call, input)
    const { row } = copySource(call, input)
    const whole = row.blob === undefined ? new Uint8Array() : call.kernel.blobs.get(row.blob)
    const range = /^bytes=(\d+)-(\d+)$/.exec(input.CopySourceRange ?? '')
    const body = range === null ? whole : whole.subarray(Number(range[1]), Number(range[2]) + 1)
    const part = putPart(call, upload, input.PartNumber!, body, {})
    return { CopyPartResult: { ETag: part.etag, LastModified: part.modified } }
  },

  CompleteMultipartUpload(input: S3.CompleteMultipartUploadRequest, call: Call): S3.CompleteMultipartUploadOutput {
    const bucket = openBucket(call, input)
    const upload = findUpload(call, input)
    const named = input.MultipartUpload?.Parts ?? []
    if (named.length === 0) throw malformedXml()
    checkWrite(call, bucket.id, upload.key, input)
    if (named.some((part, i) => i > 0 && (part.PartNumber ?? 0) <= (named[i - 1]!.PartNumber ?? 0)))
      throw new AwsError('InvalidPartOrder', 'The list of parts was not in ascending order. Parts must be ordered by part number.')
    const parts = named.map(({ PartNumber = 0, ETag = '' }, i) => {
      const part = partsOf(call, bucket.id).get(partId(upload.id, PartNumber))
      if (part === undefined || part.etag.replaceAll('"', '') !== ETag.replaceAll('"', ''))
        throw new AwsError(
          'InvalidPart',
          "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        )
      if (part.size < SMALLEST_PART && i < named.length - 1)
        throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', 400, {
          ProposedSize: String(part.size),
          MinSizeAllowed: String(SMALLEST_PART),
        })
      return part
    })
    const body = Buffer.concat(parts.map((part) => call.kernel.blobs.get(part.blob)))
    const digest = createHash('md5')
    for (const part of parts) digest.update(Buffer.from(part.etag.replaceAll('"', ''), 'hex'))
    const row = putVersion(call, bucket, {
      key: upload.key,
      isMarker: false,
      size: body.length,
      etag: `"${digest.digest('hex')}-${parts.length}"`,
      facts: upload.facts,
      checksums: checkedSums(input.ChecksumType === 'FULL_OBJECT' ? input : {}, body),
      tags: upload.tags,
      parts: parts.length,
      body,
      ...lockOf(bucket, {}, call),
    })
    removeUpload(call, upload)
    return {
      Bucket: bucket.id,
      Key: row.key,
      ETag: row.etag,
      Location: `https://${bucket.id}.s3.${bucket.region}.amazonaws.com/${encodeURIComponent(row.key).replaceAll('%2F', '/')}`,
      VersionId: versionIdOf(bucket, row),
      ServerSideEncryption: row.facts.ServerSideEncryption,
      ...row.checksums,
    }
  },

  AbortMultipartUpload(input: S3.AbortMultipartUploadRequest, call: Call): S3.AbortMultipartUploadOutput {
    openBucket(call, input)
    removeUpload(call, findUpload(call, input))
    return {}
  },

  ListParts(input: S3.ListPartsRequest, call: Call): S3.ListPartsOutput {
    const bucket = openBucket(call, input)
    const upload = findUpload(call, input)
    const marker = Number(input.PartNumberMarker ?? 0)
    const size = Math.min(input.MaxParts ?? 1000, 1000, call.kernel.maxPageSize)
    const left = partsOfUpload(call, upload).filter((part) => part.number > marker)
    const page = left.slice(0, size)
    return {
      Bucket: bucket.id,
      Key: upload.key,
      UploadId: upload.id,
      PartNumberMarker: String(marker),
      NextPartNumberMarker: left.length > size ? String(page.at(-1)!.number) : undefined,
      MaxParts: size,
      IsTruncated: left.length > size,
      Parts: page.map((part) => ({
        PartNumber: part.number,
        ETag: part.etag,
        Size: part.size,
        LastModified: part.modified,
        ...part.checksums,
      })),
      Initiator: { ID: upload.initiator },
      Owner: { ID: canonicalUser(bucket.account) },
      StorageClass: upload.facts.StorageClass ?? 'STANDARD',
    }
  },

  ListMultipartUploads(input: S3.ListMultipartUploadsRequest, call: Call): S3.ListMultipartUploadsOutput {
    const bucket = openBucket(call, input)
    const size = Math.min(input.MaxUploads ?? 1000, 1000, call.kernel.maxPageSize)
    const { Prefix = '', KeyMarker = '', UploadIdMarker = '' } = input
    const left = [...uploadsOf(call, bucket.id).values()]
      .filter((upload) => upload.key.startsWith(Prefix))
      .sort((a, b) => compareStrings(a.key, b.key) || compareStrings(a.id, b.id))
      .filter((upload) => {
        const order = compareStrings(upload.key, KeyMarker)
        return KeyMarker === '' || order > 0 || (order === 0 && UploadIdMarker !== '' && compareStrings(upload.id, UploadIdMarker) > 0)
      })
    const page = left.slice(0, size)
    const isTruncated = left.length > size
    return {
      Bucket: bucket.id,
      Prefix,
      KeyMarker,
      UploadIdMarker,
      MaxUploads: size,
      IsTruncated: isTruncated,
      NextKeyMarker: isTruncated ? page.at(-1)!.key : undefined,
      NextUploadIdMarker: isTruncated ? page.at(-1)!.id : undefined,
      Uploads: page.map((upload) => ({
        Key: upload.key,
        UploadId: upload.id,
        Initiated: upload.initiated,
        StorageClass: upload.facts.StorageClass ?? 'STANDARD',
        Initiator: { ID: upload.initiator },
        Owner: { ID: canonicalUser(bucket.account) },
      })),
    }
  },
}

function findUpload(call: Call, input: { Bucket?: string; Key?: string; UploadId?: string }): UploadRow {
  const upload = uploadsOf(call, input.Bucket!).get(input.UploadId ?? '')
  if (upload === undefined || upload.key !== input.Key)
    throw new AwsError(
      'NoSuchUpload',
      'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
      404,
      { UploadId: input.UploadId ?? '' },
    )
  return upload
}

function partId(upload: string, number: number): string {
  return `${upload}\0${number}`
}

function partsOfUpload(call: Call, upload: UploadRow): PartRow[] {
  return [...partsOf(call, upload.bucket).values()].filter((part) => part.upload === upload.id).sort((a, b) => a.number - b.number)
}

function putPart(call: Call, upload: UploadRow, number: number, body: Uint8Array, checksums: PartRow['checksums']): PartRow {
  if (number < 1 || number > MOST_PARTS)
    throw new AwsError('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive', 400, {
      ArgumentName: 'partNumber',
      ArgumentValue: String(number),
    })
  const table = partsOf(call, upload.bucket)
  const id = partId(upload.id, number)
  const before = table.get(id)
  if (before !== undefined) forget(call, before.blob)
  const blob = call.newBytes().toString('hex').slice(0, 40)
  call.kernel.blobs.put(blob, body)
  return table.put({ id, upload: upload.id, number, size: body.length, etag: etagOf(body), blob, modified: call.now, checksums })
}

function removeUpload(call: Call, upload: UploadRow): void {
  for (const part of partsOfUpload(call, upload)) {
    forget(call, part.blob)
    partsOf(call, upload.bucket).delete(part.id)
  }
  uploadsOf(call, upload.bucket).delete(upload.id)
}
