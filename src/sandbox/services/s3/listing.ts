import type * as S3 from '@aws-sdk/client-s3'
import { compareStrings } from '../../../base/index.ts'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { latestVersion } from './_objects.ts'
import type { VersionRow } from './_rows.ts'
import { canonicalUser, keysOf, openBucket, versionsOf } from './_store.ts'

const MOST_KEYS = 1000

interface ListingInput {
  readonly prefix: string
  readonly delimiter: string | undefined
  /** Everything up to this is left out, and what has it as its common prefix. */
  readonly after: string
  readonly most: number
}

interface Listing<T> {
  readonly entries: readonly T[]
  readonly prefixes: readonly string[]
  readonly isTruncated: boolean
  /** The last key or common prefix of the page. */
  readonly last: string | undefined
}

/** A page of sorted entries; keys with the same text up to the delimiter are one common prefix. */
function pageOfKeys<T>(sorted: readonly T[], keyOf: (entry: T) => string, { prefix, delimiter, after, most }: ListingInput): Listing<T> {
  const entries: T[] = []
  const prefixes: string[] = []
  let last: string | undefined
  const skipped = delimiter !== undefined && delimiter !== '' && after.endsWith(delimiter) ? after : undefined
  for (const entry of sorted) {
    const key = keyOf(entry)
    if (!key.startsWith(prefix)) continue
    if (after !== '' && compareStrings(key, after) <= 0) continue
    if (skipped !== undefined && key.startsWith(skipped)) continue
    const end = delimiter === undefined || delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    const common = end < 0 ? undefined : key.slice(0, end + delimiter!.length)
    if (common !== undefined && common === prefixes.at(-1)) continue
    if (entries.length + prefixes.length >= most) return { entries, prefixes, isTruncated: most > 0, last }
    if (common === undefined) entries.push(entry)
    else prefixes.push(common)
    last = common ?? key
  }
  return { entries, prefixes, isTruncated: false, last }
}

function sizeOf(call: Call, asked: number | undefined): number {
  if (asked !== undefined && asked < 0)
    throw new AwsError('InvalidArgument', 'Argument maxKeys must be an integer between 0 and 2147483647')
  return Math.min(asked ?? MOST_KEYS, MOST_KEYS, call.kernel.maxPageSize)
}

function currentObjects(call: Call, bucket: string): VersionRow[] {
  return [...keysOf(call, bucket).values()]
    .map((row) => latestVersion(call, bucket, row.id))
    .filter((row) => row?.isMarker === false)
    .sort((a, b) => compareStrings(a!.key, b!.key)) as VersionRow[]
}

export const listingOperations = {
  ListObjectsV2(input: S3.ListObjectsV2Request, call: Call): S3.ListObjectsV2Output {
    const bucket = openBucket(call, input)
    const encode = encoder(input.EncodingType)
    const after = input.ContinuationToken === undefined ? (input.StartAfter ?? '') : readToken(input.ContinuationToken)
    const prefix = input.Prefix ?? ''
    const page = pageOfKeys(currentObjects(call, bucket.id), (row) => row.key, {
      prefix,
      delimiter: input.Delimiter,
      after,
      most: sizeOf(call, input.MaxKeys),
    })
    return {
      Name: bucket.id,
      Prefix: encode(prefix),
      Delimiter: input.Delimiter === undefined ? undefined : encode(input.Delimiter),
      StartAfter: input.StartAfter === undefined ? undefined : encode(input.StartAfter),
      EncodingType: input.EncodingType,
      MaxKeys: input.MaxKeys ?? MOST_KEYS,
      KeyCount: page.entries.length + page.prefixes.length,
      IsTruncated: page.isTruncated,
      ContinuationToken: input.ContinuationToken,
      NextContinuationToken: page.isTruncated ? writeToken(page.last!) : undefined,
      Contents: page.entries.map((row) => ({
        ...describe(row, encode),
        Owner: input.FetchOwner === true ? { ID: canonicalUser(bucket.account) } : undefined,
      })),
      CommonPrefixes: page.prefixes.map((text) => ({ Prefix: encode(text) })),
    }
  },

  ListObjects(input: S3.ListObjectsRequest, call: Call): S3.ListObjectsOutput {
    const bucket = openBucket(call, input)
    const encode = encoder(input.EncodingType)
    const prefix = input.Prefix ?? ''
    const page = pageOfKeys(currentObjects(call, bucket.id), (row) => row.key, {
      prefix,
      delimiter: input.Delimiter,
      after: input.Marker ?? '',
      most: sizeOf(call, input.MaxKeys),
    })
    return {
      Name: bucket.id,
      Prefix: encode(prefix),
      Marker: encode(input.Marker ?? ''),
      NextMarker: page.isTruncated && input.Delimiter !== undefined ? encode(page.last!) : undefined,
      Delimiter: input.Delimiter === undefined ? undefined : encode(input.Delimiter),
      EncodingType: input.EncodingType,
      MaxKeys: input.MaxKeys ?? MOST_KEYS,
      IsTruncated: page.isTruncated,
      Contents: page.entries.map((row) => ({ ...describe(row, encode), Owner: { ID: canonicalUser(bucket.account) } })),
      CommonPrefixes: page.prefixes.map((text) => ({ Prefix: encode(text) })),
    }
  },

  ListObjectVersions(input: S3.ListObjectVersionsRequest, call: Call): S3.ListObjectVersionsOutput {
    const bucket = openBucket(call, input)
    const encode = encoder(input.EncodingType)
    const prefix = input.Prefix ?? ''
    const { KeyMarker = '', VersionIdMarker } = input
    let sorted = [...versionsOf(call, bucket.id).values()].sort((a, b) => compareStrings(a.key, b.key) || b.order - a.order)
    let after = KeyMarker
    if (KeyMarker !== '' && VersionIdMarker !== undefined && VersionIdMarker !== '') {
      const at = sorted.findIndex((row) => row.key === KeyMarker && row.version === VersionIdMarker)
      if (at < 0) throw new AwsError('InvalidArgument', 'Invalid version id specified')
      sorted = sorted.slice(at + 1)
      after = ''
    }
    const page = pageOfKeys(sorted, (row) => row.key, { prefix, delimiter: input.Delimiter, after, most: sizeOf(call, input.MaxKeys) })
    const latest = (row: VersionRow) => keysOf(call, bucket.id).get(row.key)?.latest === row.version
    const last = page.entries.at(-1)
    const owner = { ID: canonicalUser(bucket.account) }
    return {
      Name: bucket.id,
      Prefix: encode(prefix),
      KeyMarker: encode(KeyMarker),
      VersionIdMarker: VersionIdMarker ?? '',
      Delimiter: input.Delimiter === undefined ? undefined : encode(input.Delimiter),
      EncodingType: input.EncodingType,
      MaxKeys: input.MaxKeys ?? MOST_KEYS,
      IsTruncated: page.isTruncated,
      NextKeyMarker: page.isTruncated ? encode(page.last!) : undefined,
      NextVersionIdMarker: page.isTruncated && last?.key === page.last ? last?.version : undefined,
      Versions: page.entries
        .filter((row) => !row.isMarker)
        .map((row) => ({
          ...describe(row, encode),
          StorageClass: (row.facts.StorageClass ?? 'STANDARD') as S3.ObjectVersionStorageClass,
          VersionId: row.version,
          IsLatest: latest(row),
          Owner: owner,
        })),
      DeleteMarkers: page.entries
        .filter((row) => row.isMarker)
        .map((row) => ({ Key: encode(row.key), VersionId: row.version, IsLatest: latest(row), LastModified: row.modified, Owner: owner })),
      CommonPrefixes: page.prefixes.map((text) => ({ Prefix: encode(text) })),
    }
  },
}

function describe(row: VersionRow, encode: (text: string) => string): S3._Object {
  return {
    Key: encode(row.key),
    LastModified: row.modified,
    ETag: row.etag,
    Size: row.size,
    StorageClass: (row.facts.StorageClass ?? 'STANDARD') as S3.ObjectStorageClass,
  }
}

function encoder(type: string | undefined): (text: string) => string {
  return type === 'url' ? (text) => encodeURIComponent(text).replaceAll('%2F', '/') : (text) => text
}

function writeToken(last: string): string {
  return Buffer.from(`after:${last}`).toString('base64')
}

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64').toString('utf8')
  if (!text.startsWith('after:')) throw new AwsError('InvalidArgument', 'The continuation token provided is incorrect')
  return text.slice(6)
}
