import { isAwsError } from '../../../aws/index.ts'
import type { Operation } from '../../../providers/kit/index.ts'
import type { AwsApi } from '../api.ts'

/** What was just made or changed is not known everywhere yet, or a change before is still going on. */
export function isUnsettled(error: unknown): boolean {
  return isAwsError(error, 'NoSuchBucket', 'OperationAborted', 'NoSuchTagSetError')
}

/** How long such answers are waited for. */
export const settlingMs = 2 * 60_000

/** There is no such bucket; HEAD has no body and so no code. */
export function isNoBucket(error: unknown): boolean {
  return isAwsError(error, 'NoSuchBucket', 'NotFound', 'NoSuchKey')
}

/**
 * A part of a bucket that need not be there: undefined where the service says so with one of these codes. Emulators and old partitions
 * lack some calls.
 */
export async function part<T>(call: Promise<T>, ...absent: readonly string[]): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (isAwsError(error, ...absent, 'MethodNotAllowed', 'NotImplemented', 'XNotImplemented', 'UnsupportedOperation')) return undefined
    throw error
  }
}

/** Repeats a change while the bucket is not settled. */
export function settled<T>(op: Operation<AwsApi>, work: () => Promise<T>): Promise<T> {
  return op.retry(isUnsettled, work, settlingMs)
}

/** The bucket and its expected owner out of the id of an object inside a bucket: `BUCKET` or `BUCKET,OWNER`. */
export function parseBucketId(id: string): { bucket: string; owner: string | undefined } {
  const [bucket, owner] = id.split(',')
  return { bucket: bucket!, owner }
}

export function bucketId(bucket: string, owner: string | null): string {
  return owner ? `${bucket},${owner}` : bucket
}
