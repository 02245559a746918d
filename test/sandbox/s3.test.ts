import {
  AbortMultipartUploadCommand,
  type BucketLocationConstraint,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteBucketEncryptionCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketPolicyCommand,
  DeleteBucketTaggingCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAccelerateConfigurationCommand,
  GetBucketAclCommand,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketLoggingCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketReplicationCommand,
  GetBucketRequestPaymentCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetBucketWebsiteCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  GetObjectTaggingCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketAclCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/index.ts'
import { clientConfig, codeOf, refusal, testSandbox } from './_clients.ts'

const ACCOUNT = '123456789012'
const OTHER = '210987654321'
const clientOptions = (sandbox: Sandbox, account = ACCOUNT, region = 'us-east-1') => ({
  ...clientConfig(sandbox, account, region),
  forcePathStyle: true,
})

let sandbox: Sandbox
let client: S3Client
let foreign: S3Client
let Bucket = ''
let count = 0

beforeAll(async () => {
  sandbox = await testSandbox({ maxPageSize: 3 })
  client = new S3Client(clientOptions(sandbox))
  foreign = new S3Client(clientOptions(sandbox, OTHER))
})
afterAll(() => sandbox.close())
beforeEach(async () => {
  Bucket = `bucket-${++count}`
  await client.send(new CreateBucketCommand({ Bucket }))
})

const put = (Key: string, Body = Key, more = {}) => client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }))
const textOf = async (Key: string, VersionId?: string) =>
  (await client.send(new GetObjectCommand({ Bucket, Key, VersionId }))).Body!.transformToString()
const enableVersions = () => client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))

describe('buckets', () => {
  test.each<[string, string, string, string | undefined, string]>([
    ['in the region of the endpoint', 'us-east-1', 'fresh-1', undefined, 'none'],
    ['elsewhere, from us-east-1', 'us-east-1', 'fresh-2', 'eu-west-1', 'none'],
    ['at home', 'eu-west-1', 'fresh-3', 'eu-west-1', 'none'],
    ['elsewhere, from another region', 'eu-west-1', 'fresh-5', 'us-west-2', 'IllegalLocationConstraintException'],
    ['with capitals', 'us-east-1', 'Fresh', undefined, 'InvalidBucketName'],
    ['too short', 'us-east-1', 'ab', undefined, 'InvalidBucketName'],
    ['like an address', 'us-east-1', '10.0.0.1', undefined, 'InvalidBucketName'],
  ])('are made %s', async (_, region, name, constraint, expected) => {
    const own = new S3Client(clientOptions(sandbox, ACCOUNT, region))
    const configuration =
      constraint === undefined ? {} : { CreateBucketConfiguration: { LocationConstraint: constraint as BucketLocationConstraint } }
    expect(await codeOf(own.send(new CreateBucketCommand({ Bucket: name, ...configuration })))).toBe(expected)
  })

  test('are unique over all accounts, and closed to the others', async () => {
    expect(await codeOf(client.send(new CreateBucketCommand({ Bucket })))).toBe('none')
    expect(await codeOf(foreign.send(new CreateBucketCommand({ Bucket })))).toBe('BucketAlreadyExists')
    await put('a')
    expect(await refusal(foreign.send(new GetObjectCommand({ Bucket, Key: 'a' })))).toBe('AccessDenied: Access Denied')
    expect((await foreign.send(new ListBucketsCommand({}))).Buckets ?? []).toEqual([])
    await expect(foreign.send(new HeadBucketCommand({ Bucket }))).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } })
    await expect(client.send(new HeadBucketCommand({ Bucket: 'nobody-has-this' }))).rejects.toMatchObject({
      name: 'NotFound',
      $metadata: { httpStatusCode: 404 },
    })
    expect(await refusal(client.send(new ListObjectsV2Command({ Bucket: 'nobody-has-this' })))).toBe(
      'NoSuchBucket: The specified bucket does not exist',
    )
  })

  test('answer in their own region only', async () => {
    const Bucket = 'in-ireland'
    const irish = new S3Client(clientOptions(sandbox, ACCOUNT, 'eu-west-1'))
    await irish.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }))
    expect(await codeOf(client.send(new ListObjectsV2Command({ Bucket })))).toBe('PermanentRedirect')
    expect((await client.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBe('eu-west-1')
    expect((await irish.send(new HeadBucketCommand({ Bucket }))).BucketRegion).toBe('eu-west-1')
    expect(
      await codeOf(irish.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }))),
    ).toBe('BucketAlreadyOwnedByYou')
  })

  test('are listed page by page', async () => {
    const names: string[] = []
    let ContinuationToken: string | undefined
    do {
      const page = await client.send(new ListBucketsCommand({ Prefix: 'bucket-', ContinuationToken, MaxBuckets: 2 }))
      expect(page.Buckets!.length).toBeLessThanOrEqual(2)
      names.push(...page.Buckets!.map((bucket) => bucket.Name!))
      ContinuationToken = page.ContinuationToken
    } while (ContinuationToken !== undefined)
    expect(names).toContain(Bucket)
    expect(names).toEqual([...names].sort())
  })

  test('are deleted when they are empty', async () => {
    await enableVersions()
    await put('a')
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'a' }))
    expect(await codeOf(client.send(new DeleteBucketCommand({ Bucket })))).toBe('BucketNotEmpty')
    const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }))
    await client.send(
      new DeleteObjectsCommand({
        Bucket,
        Delete: { Objects: [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId })) },
      }),
    )
    expect(await codeOf(client.send(new DeleteBucketCommand({ Bucket })))).toBe('none')
    expect(await codeOf(client.send(new DeleteBucketCommand({ Bucket })))).toBe('NoSuchBucket')
  })
})

describe('settings of a bucket', () => {
  type Get = (Bucket: string) => Promise<object>
  const gets: Readonly<Record<string, Get>> = {
    accelerate: (Bucket) => client.send(new GetBucketAccelerateConfigurationCommand({ Bucket })),
    cors: (Bucket) => client.send(new GetBucketCorsCommand({ Bucket })),
    encryption: (Bucket) => client.send(new GetBucketEncryptionCommand({ Bucket })),
    lifecycle: (Bucket) => client.send(new GetBucketLifecycleConfigurationCommand({ Bucket })),
    logging: (Bucket) => client.send(new GetBucketLoggingCommand({ Bucket })),
    notification: (Bucket) => client.send(new GetBucketNotificationConfigurationCommand({ Bucket })),
    objectLock: (Bucket) => client.send(new GetObjectLockConfigurationCommand({ Bucket })),
    ownership: (Bucket) => client.send(new GetBucketOwnershipControlsCommand({ Bucket })),
    payer: (Bucket) => client.send(new GetBucketRequestPaymentCommand({ Bucket })),
    policy: (Bucket) => client.send(new GetBucketPolicyCommand({ Bucket })),
    publicAccess: (Bucket) => client.send(new GetPublicAccessBlockCommand({ Bucket })),
    replication: (Bucket) => client.send(new GetBucketReplicationCommand({ Bucket })),
    tags: (Bucket) => client.send(new GetBucketTaggingCommand({ Bucket })),
    versioning: (Bucket) => client.send(new GetBucketVersioningCommand({ Bucket })),
    website: (Bucket) => client.send(new GetBucketWebsiteCommand({ Bucket })),
  }
  const bare = async (answer: Promise<object>) => {
    const { $metadata: _, ...rest } = (await answer) as { $metadata?: unknown }
    return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  }
  const allClosed = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true }

  test.each<[string, string | object]>([
    ['accelerate', {}],
    ['cors', 'NoSuchCORSConfiguration: The CORS configuration does not exist'],
    [
      'encryption',
      {
        ServerSideEncryptionConfiguration: {
          Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false }],
        },
      },
    ],
    ['lifecycle', 'NoSuchLifecycleConfiguration: The lifecycle configuration does not exist'],
    ['logging', {}],
    ['notification', {}],
    ['objectLock', 'ObjectLockConfigurationNotFoundError: Object Lock configuration does not exist for this bucket'],
    ['ownership', { OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] } }],
    ['payer', { Payer: 'BucketOwner' }],
    ['policy', 'NoSuchBucketPolicy: The bucket policy does not exist'],
    ['publicAccess', { PublicAccessBlockConfiguration: allClosed }],
    ['replication', 'ReplicationConfigurationNotFoundError: The replication configuration was not found'],
    ['tags', 'NoSuchTagSet: The TagSet does not exist'],
    ['versioning', {}],
    ['website', 'NoSuchWebsiteConfiguration: The specified bucket does not have a website configuration'],
  ])('%s of a new one', async (name, expected) => {
    const answer = gets[name]!(Bucket)
    if (typeof expected === 'string') expect(await refusal(answer)).toBe(expected)
    else expect(await bare(answer)).toEqual(expected)
  })

  const policyOf = (bucket: string, principal: unknown) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: principal, Action: 's3:*', Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`] },
      ],
    })

  test.each<[string, (Bucket: string) => Promise<unknown>, string, object]>([
    [
      'versioning',
      (Bucket) => client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } })),
      'versioning',
      { Status: 'Suspended' },
    ],
    [
      'tags',
      (Bucket) => client.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'a', Value: '<&>"' }] } })),
      'tags',
      { TagSet: [{ Key: 'a', Value: '<&>"' }] },
    ],
    [
      'public access, all four written',
      (Bucket) => client.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: { BlockPublicAcls: true } })),
      'publicAccess',
      {
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          IgnorePublicAcls: false,
          BlockPublicPolicy: false,
          RestrictPublicBuckets: false,
        },
      },
    ],
    [
      'encryption',
      (Bucket) =>
        client.send(
          new PutBucketEncryptionCommand({
            Bucket,
            ServerSideEncryptionConfiguration: {
              Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' }, BucketKeyEnabled: true }],
            },
          }),
        ),
      'encryption',
      {
        ServerSideEncryptionConfiguration: {
          Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' }, BucketKeyEnabled: true }],
        },
      },
    ],
    [
      'lifecycle',
      (Bucket) =>
        client.send(
          new PutBucketLifecycleConfigurationCommand({
            Bucket,
            LifecycleConfiguration: { Rules: [{ ID: 'old', Status: 'Enabled', Filter: { Prefix: 'x/' }, Expiration: { Days: 3 } }] },
          }),
        ),
      'lifecycle',
      {
        Rules: [{ ID: 'old', Status: 'Enabled', Filter: { Prefix: 'x/' }, Expiration: { Days: 3 } }],
        TransitionDefaultMinimumObjectSize: 'all_storage_classes_128K',
      },
    ],
  ])('%s is kept', async (_, write, name, expected) => {
    await write(Bucket)
    expect(await bare(gets[name]!(Bucket))).toEqual(expected)
  })

  test.each<[string, (Bucket: string) => Promise<unknown>, string, string]>([
    [
      'public access',
      (Bucket) => client.send(new DeletePublicAccessBlockCommand({ Bucket })),
      'publicAccess',
      'NoSuchPublicAccessBlockConfiguration',
    ],
    ['tags', (Bucket) => client.send(new DeleteBucketTaggingCommand({ Bucket })), 'tags', 'NoSuchTagSet'],
    ['lifecycle', (Bucket) => client.send(new DeleteBucketLifecycleCommand({ Bucket })), 'lifecycle', 'NoSuchLifecycleConfiguration'],
    ['policy', (Bucket) => client.send(new DeleteBucketPolicyCommand({ Bucket })), 'policy', 'NoSuchBucketPolicy'],
    ['encryption, back to the default', (Bucket) => client.send(new DeleteBucketEncryptionCommand({ Bucket })), 'encryption', 'none'],
  ])('%s is removed', async (_, remove, name, expected) => {
    await remove(Bucket)
    expect(await codeOf(gets[name]!(Bucket))).toBe(expected)
  })

  test.each<[string, (bucket: string) => string, string]>([
    ['no JSON', () => 'nonsense', "MalformedPolicy: Policies must be valid JSON and the first byte must be '{'"],
    ['another bucket', () => policyOf('elsewhere', { AWS: OTHER }), 'MalformedPolicy: Policy has invalid resource'],
    ['nobody', (bucket) => policyOf(bucket, undefined), 'MalformedPolicy: Missing required field Principal'],
  ])('a policy about %s is refused', async (_, policy, expected) => {
    expect(await refusal(client.send(new PutBucketPolicyCommand({ Bucket, Policy: policy(Bucket) })))).toBe(expected)
  })

  test('a policy lets another account in, and not the public while that is blocked', async () => {
    await put('a')
    expect(await codeOf(client.send(new PutBucketPolicyCommand({ Bucket, Policy: policyOf(Bucket, '*') })))).toBe('AccessDenied')
    await client.send(new PutBucketPolicyCommand({ Bucket, Policy: policyOf(Bucket, { AWS: `arn:aws:iam::${OTHER}:root` }) }))
    expect(await codeOf(foreign.send(new GetObjectCommand({ Bucket, Key: 'a' })))).toBe('none')
    await client.send(new DeleteBucketPolicyCommand({ Bucket }))
    expect(await codeOf(foreign.send(new GetObjectCommand({ Bucket, Key: 'a' })))).toBe('AccessDenied')
  })

  test('a policy that asks for TLS is satisfied, one that denies is obeyed', async () => {
    const deny = (condition: object, action = 's3:*') =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Deny',
            Principal: '*',
            Action: action,
            Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
            Condition: condition,
          },
        ],
      })
    await client.send(new PutBucketPolicyCommand({ Bucket, Policy: deny({ Bool: { 'aws:SecureTransport': 'false' } }) }))
    expect(await codeOf(put('a'))).toBe('none')
    await client.send(new PutBucketPolicyCommand({ Bucket, Policy: deny({ Bool: { 'aws:SecureTransport': 'true' } }, 's3:PutObject') }))
    expect(await codeOf(put('a'))).toBe('AccessDenied')
    expect(await codeOf(client.send(new GetObjectCommand({ Bucket, Key: 'a' })))).toBe('none')
  })

  test('ACLs need an ownership that has them', async () => {
    expect(await codeOf(client.send(new PutBucketAclCommand({ Bucket, ACL: 'private' })))).toBe('AccessControlListNotSupported')
    await client.send(
      new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerPreferred' }] } }),
    )
    await client.send(new DeletePublicAccessBlockCommand({ Bucket }))
    await client.send(new PutBucketAclCommand({ Bucket, ACL: 'public-read' }))
    const { Grants = [], Owner } = await client.send(new GetBucketAclCommand({ Bucket }))
    expect(Grants.map(({ Grantee, Permission }) => [Grantee?.Type, Grantee?.ID ?? Grantee?.URI, Permission])).toEqual([
      ['CanonicalUser', Owner?.ID, 'FULL_CONTROL'],
      ['Group', 'http://acs.amazonaws.com/groups/global/AllUsers', 'READ'],
    ])
  })
})

describe('objects', () => {
  test('come back as they were put', async () => {
    const Key = 'a b/ü+%&?.txt'
    await put(Key, 'content', { ContentType: 'text/plain', Metadata: { One: '1' }, Tagging: 'x=1&y=2', CacheControl: 'no-cache' })
    const head = await client.send(new HeadObjectCommand({ Bucket, Key }))
    expect(head).toMatchObject({
      ContentLength: 7,
      ContentType: 'text/plain',
      CacheControl: 'no-cache',
      Metadata: { one: '1' },
      ETag: '"9a0364b9e99bb480dd25e1f0284c8555"',
      ServerSideEncryption: 'AES256',
    })
    expect(head.VersionId).toBeUndefined()
    expect(await textOf(Key)).toBe('content')
    expect((await client.send(new GetObjectTaggingCommand({ Bucket, Key }))).TagSet).toEqual([
      { Key: 'x', Value: '1' },
      { Key: 'y', Value: '2' },
    ])
    const checked = await client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }))
    expect(checked.ChecksumCRC32).toBeDefined()
  })

  test.each([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-2', '89', 'bytes 8-9/10'],
    ['bytes=5-99', '56789', 'bytes 5-9/10'],
  ])('a part of one: %s', async (Range, text, range) => {
    await put('digits', '0123456789')
    const answer = await client.send(new GetObjectCommand({ Bucket, Key: 'digits', Range }))
    expect(answer.ContentRange).toBe(range)
    expect(answer.$metadata.httpStatusCode).toBe(206)
    expect(await answer.Body!.transformToString()).toBe(text)
  })

  test.each<[string, object, number, string]>([
    ['beyond the end', { Range: 'bytes=10-' }, 416, 'InvalidRange'],
    ['of another tag', { IfMatch: '"x"' }, 412, 'PreconditionFailed'],
    ['unmodified since long ago', { IfUnmodifiedSince: new Date(0) }, 412, 'PreconditionFailed'],
    ['that the caller has', { IfNoneMatch: '"781e5e245d69b566979b86e28d23f2c7"' }, 304, 'Unknown'],
    ['modified since tomorrow', { IfModifiedSince: new Date(Date.now() + 86_400_000) }, 304, 'Unknown'],
    ['of no such version', { VersionId: 'x' }, 404, 'NoSuchVersion'],
    ['of another owner', { ExpectedBucketOwner: OTHER }, 403, 'AccessDenied'],
  ])('are not read %s', async (_, condition, status, name) => {
    await put('digits', '0123456789')
    await expect(client.send(new GetObjectCommand({ Bucket, Key: 'digits', ...condition }))).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: status },
    })
  })

  test('are written on conditions', async () => {
    const first = await put('lock', '1', { IfNoneMatch: '*' })
    await expect(put('lock', '2', { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
      $metadata: { httpStatusCode: 412 },
    })
    expect(await codeOf(put('lock', '2', { IfMatch: '"wrong"' }))).toBe('PreconditionFailed')
    expect(await codeOf(put('none', '2', { IfMatch: first.ETag }))).toBe('NoSuchKey')
    expect(await codeOf(put('lock', '2', { IfMatch: first.ETag }))).toBe('none')
    expect(await codeOf(client.send(new DeleteObjectCommand({ Bucket, Key: 'lock', IfMatch: first.ETag })))).toBe('PreconditionFailed')
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'lock' }))
    expect(await codeOf(put('lock', '3', { IfNoneMatch: '*' }))).toBe('none')
  })

  test('of many writers only one makes the object', async () => {
    const results = await Promise.all(Array.from({ length: 20 }, (_, i) => codeOf(put('race', String(i), { IfNoneMatch: '*' }))))
    expect(results.filter((code) => code === 'none')).toHaveLength(1)
    expect(new Set(results)).toEqual(new Set(['none', 'PreconditionFailed']))
  })

  test('damaged on the way are refused', async () => {
    expect(await codeOf(put('a', 'text', { ChecksumSHA256: Buffer.alloc(32).toString('base64') }))).toBe('BadDigest')
    expect(await codeOf(client.send(new HeadObjectCommand({ Bucket, Key: 'a' })))).toBe('NotFound')
  })

  test('have versions where the bucket has them', async () => {
    await put('k', 'before')
    await enableVersions()
    const one = await put('k', 'one')
    const two = await put('k', 'two')
    expect(await textOf('k')).toBe('two')
    expect(await textOf('k', one.VersionId)).toBe('one')
    expect(await textOf('k', 'null')).toBe('before')
    const marker = await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }))
    expect(marker).toMatchObject({ DeleteMarker: true })
    expect(await codeOf(client.send(new GetObjectCommand({ Bucket, Key: 'k' })))).toBe('NoSuchKey')
    expect(await codeOf(client.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId: marker.VersionId })))).toBe('MethodNotAllowed')
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: marker.VersionId }))
    expect(await textOf('k')).toBe('two')
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: two.VersionId }))
    expect(await textOf('k')).toBe('one')
  })

  test('are listed in the order of their bytes, page by page, folders as prefixes', async () => {
    for (const key of ['b/1', 'b/2', 'a', 'c/x/1', 'ä', 'c/y', 'Z']) await put(key)
    const seen: string[] = []
    let ContinuationToken: string | undefined
    do {
      const page = await client.send(new ListObjectsV2Command({ Bucket, Delimiter: '/', ContinuationToken }))
      expect(page.KeyCount).toBeLessThanOrEqual(3)
      seen.push(...(page.Contents ?? []).map(({ Key }) => Key!), ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix!))
      ContinuationToken = page.NextContinuationToken
    } while (ContinuationToken !== undefined)
    expect(seen).toEqual(['Z', 'a', 'b/', 'ä', 'c/'].sort((x, y) => seen.indexOf(x) - seen.indexOf(y)))
    expect([...seen].sort()).toEqual(['Z', 'a', 'b/', 'c/', 'ä'])
    const inside = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'c/', Delimiter: '/' }))
    expect([inside.Contents?.map(({ Key }) => Key), inside.CommonPrefixes]).toEqual([['c/y'], [{ Prefix: 'c/x/' }]])
    const after = await client.send(new ListObjectsV2Command({ Bucket, StartAfter: 'b/1', MaxKeys: 2 }))
    expect(after.Contents?.map(({ Key }) => Key)).toEqual(['b/2', 'c/x/1'])
  })

  test('are copied with what they say of themselves, or without', async () => {
    await put('from', 'text', { ContentType: 'text/plain', Metadata: { a: '1' }, Tagging: 't=1' })
    await client.send(new CopyObjectCommand({ Bucket, Key: 'kept', CopySource: `${Bucket}/from` }))
    expect(await client.send(new HeadObjectCommand({ Bucket, Key: 'kept' }))).toMatchObject({
      ContentType: 'text/plain',
      Metadata: { a: '1' },
    })
    await client.send(
      new CopyObjectCommand({ Bucket, Key: 'new', CopySource: `${Bucket}/from`, MetadataDirective: 'REPLACE', ContentType: 'x/y' }),
    )
    expect(await client.send(new HeadObjectCommand({ Bucket, Key: 'new' }))).toMatchObject({ ContentType: 'x/y', Metadata: {} })
    expect(await codeOf(client.send(new CopyObjectCommand({ Bucket, Key: 'x', CopySource: `${Bucket}/none` })))).toBe('NoSuchKey')
    expect(await codeOf(client.send(new CopyObjectCommand({ Bucket, Key: 'from', CopySource: `${Bucket}/from` })))).toBe('InvalidRequest')
  })

  test('are uploaded in parts', async () => {
    const Key = 'big'
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ContentType: 'x/big' }))
    const part = async (PartNumber: number, Body: Uint8Array) => {
      const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }))
      return { PartNumber, ETag }
    }
    const five = new Uint8Array(5 * 1024 * 1024).fill(7)
    const Parts = [await part(1, five), await part(2, new Uint8Array(3).fill(8))]
    expect((await client.send(new ListPartsCommand({ Bucket, Key, UploadId }))).Parts?.map(({ Size }) => Size)).toEqual([5_242_880, 3])
    const complete = (parts: object[]) =>
      client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: parts } }))
    expect(await codeOf(complete([Parts[1]!, Parts[0]!]))).toBe('InvalidPartOrder')
    expect(await codeOf(complete([Parts[0]!, { PartNumber: 2, ETag: '"x"' }]))).toBe('InvalidPart')
    const done = await complete(Parts)
    expect(done.ETag).toMatch(/-2"$/)
    expect(await client.send(new HeadObjectCommand({ Bucket, Key }))).toMatchObject({ ContentLength: 5_242_883, ContentType: 'x/big' })
    expect(await codeOf(client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })))).toBe('NoSuchUpload')
  })
})
