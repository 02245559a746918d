import { createHash } from 'node:crypto'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import type { Scope, Table } from '../../kernel/store.ts'
import type { BucketRow, BucketSettings, KeyRow, PartRow, UploadRow, VersionRow } from './_rows.ts'
import { checkAccess } from './access.ts'

/** Bucket names are unique in the world, so all accounts and regions share one scope. */
function scopeOf(call: Call): Scope {
  return call.kernel.store.scope('-', '-', 's3')
}

export function buckets(call: Call): Table<BucketRow> {
  return scopeOf(call).table('buckets')
}

export function keysOf(call: Call, bucket: string): Table<KeyRow> {
  return scopeOf(call).table(`keys ${bucket}`)
}

export function versionsOf(call: Call, bucket: string): Table<VersionRow> {
  return scopeOf(call).table(`versions ${bucket}`)
}

export function uploadsOf(call: Call, bucket: string): Table<UploadRow> {
  return scopeOf(call).table(`uploads ${bucket}`)
}

export function partsOf(call: Call, bucket: string): Table<PartRow> {
  return scopeOf(call).table(`parts ${bucket}`)
}

export function nextOrder(call: Call): number {
  return scopeOf(call).nextNumber()
}

export function versionId(key: string, version: string): string {
  return `${key}\0${version}`
}

/** How S3 names an account as an owner. */
export function canonicalUser(account: string): string {
  return createHash('sha256').update(`canonical user of ${account}`).digest('hex')
}

export interface BucketInput {
  readonly Bucket?: string
  readonly Key?: string
  readonly VersionId?: string
  readonly ExpectedBucketOwner?: string
}

/** @throws AwsError when there is no such bucket, it is elsewhere, or the caller may not do this with it */
export function openBucket(call: Call, input: BucketInput): BucketRow {
  const bucket = buckets(call).get(input.Bucket!)
  if (bucket === undefined) throw noSuchBucket(input.Bucket!)
  if (bucket.region !== call.region && call.operation !== 'GetBucketLocation') throw wrongRegion(bucket)
  if (input.ExpectedBucketOwner !== undefined && input.ExpectedBucketOwner !== bucket.account) throw accessDenied()
  checkAccess(call, bucket, input)
  return bucket
}

export function changeSettings(call: Call, bucket: BucketRow, changes: Partial<BucketSettings>): void {
  buckets(call).patch(bucket.id, { settings: { ...bucket.settings, ...changes } })
}

export function noSuchBucket(name: string): AwsError {
  return new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: name })
}

export function accessDenied(): AwsError {
  return new AwsError('AccessDenied', 'Access Denied', 403)
}

export function noSuchKey(key: string): AwsError {
  return new AwsError('NoSuchKey', 'The specified key does not exist.', 404, { Key: key })
}

function wrongRegion(bucket: BucketRow): AwsError {
  const endpoint = `${bucket.id}.s3.${bucket.region}.amazonaws.com`
  return new AwsError(
    'PermanentRedirect',
    'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
    301,
    { Endpoint: endpoint, Bucket: bucket.id },
    { 'x-amz-bucket-region': bucket.region },
  )
}
