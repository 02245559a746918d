import { createHash } from 'node:crypto'
import { isAwsError } from './errors.ts'
import type { Session } from './session.ts'

export interface S3StoreOptions {
  readonly session: Session
  readonly bucket: string
  /** Where the bucket is, when that is not the session's region. */
  readonly region?: string | undefined
  readonly encrypt?: boolean | undefined
  readonly kmsKeyId?: string | undefined
  readonly acl?: string | undefined
  /** 32 bytes in base64 that the objects are encrypted with; S3 does not keep them. */
  readonly customerKey?: string | undefined
  /** False leaves out the checksum of a body, for stores that do not know it; true when not given. */
  readonly checksum?: boolean | undefined
}

type Condition = { readonly kind: 'absent' } | { readonly kind: 'matches'; readonly etag: string }

/** Objects of one bucket. Fits the `ObjectStore` of `statemgr`, which this folder does not know. */
export interface S3Store {
  get(key: string): Promise<{ readonly body: Uint8Array; readonly etag: string | undefined } | undefined>
  put(
    key: string,
    body: Uint8Array,
    options: { readonly contentType: string; readonly condition?: Condition | undefined },
  ): Promise<{ readonly stored: true; readonly etag: string | undefined } | { readonly stored: false }>
  delete(key: string): Promise<void>
  list(prefix: string): Promise<readonly string[]>
}

export function s3ObjectStore(options: S3StoreOptions): S3Store {
  const { session, bucket, region } = options
  const Bucket = bucket
  const where = { region }
  const encryption = options.kmsKeyId
    ? ({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: options.kmsKeyId } as const)
    : options.encrypt
      ? ({ ServerSideEncryption: 'AES256' } as const)
      : {}
  const customer = customerKeyHeaders(options.customerKey)
  const checksum = options.checksum === false ? {} : ({ ChecksumAlgorithm: 'SHA256' } as const)
  const acl = options.acl ? { ACL: options.acl as 'private' } : {}
  return {
    async get(key) {
      try {
        const answer = await session.call('s3', 'GetObject', { Bucket, Key: key, ...customer }, where)
        const body = (await answer.Body?.transformToByteArray()) ?? new Uint8Array()
        return { body, etag: answer.ETag }
      } catch (error) {
        if (isAwsError(error, 'NoSuchKey')) return undefined
        throw error
      }
    },
    async put(key, body, { contentType, condition }) {
      const conditions = condition === undefined ? {} : condition.kind === 'absent' ? { IfNoneMatch: '*' } : { IfMatch: condition.etag }
      try {
        const answer = await session.call(
          's3',
          'PutObject',
          { Bucket, Key: key, Body: body, ContentType: contentType, ...conditions, ...encryption, ...customer, ...checksum, ...acl },
          where,
        )
        return { stored: true, etag: answer.ETag }
      } catch (error) {
        // If-Match of an object that is gone is answered with 404.
        const lost = condition !== undefined && isAwsError(error, 'PreconditionFailed', 'ConditionalRequestConflict')
        if (lost || (condition?.kind === 'matches' && isAwsError(error, 'NoSuchKey'))) return { stored: false }
        throw error
      }
    },
    async delete(key) {
      await session.call('s3', 'DeleteObject', { Bucket, Key: key }, where)
    },
    async list(prefix) {
      const keys: string[] = []
      let token: string | undefined
      do {
        const page = await session.call('s3', 'ListObjectsV2', { Bucket, Prefix: prefix, ContinuationToken: token }, where)
        for (const object of page.Contents ?? []) if (object.Key !== undefined) keys.push(object.Key)
        token = page.IsTruncated ? page.NextContinuationToken : undefined
      } while (token !== undefined)
      return keys
    },
  }
}

function customerKeyHeaders(key: string | undefined) {
  if (key === undefined) return {}
  const SSECustomerKeyMD5 = createHash('md5').update(Buffer.from(key, 'base64')).digest('base64')
  return { SSECustomerAlgorithm: 'AES256', SSECustomerKey: key, SSECustomerKeyMD5 }
}
