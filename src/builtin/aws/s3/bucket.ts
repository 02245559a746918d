import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { namePrefixOf } from '../names.ts'
import { type AwsApi, blocks, bool, defineResource, number, type Operation, setting, string, strings, uniqueName } from '../resource.ts'
import { type Tags, tagList, tagRecord, tagsTrait } from '../tags.ts'
import { isNoBucket, part, settled } from './_answers.ts'
import { websiteZones } from './_zones.ts'

type Answer<Op extends Parameters<typeof ask>[1]> = OutputOf<'s3', Op> | undefined

/** All about a bucket that its state shows. Most of it is changed by types of its own. */
interface Remote {
  readonly Bucket: string
  readonly Region: string
  readonly Arn: string
  readonly Domain: string
  readonly RegionalDomain: string
  readonly HostedZone: string | undefined
  readonly Policy: string | undefined
  readonly Acl: Answer<'GetBucketAcl'>
  readonly Cors: Answer<'GetBucketCors'>
  readonly Website: Answer<'GetBucketWebsite'>
  readonly WebsiteDomain: string | undefined
  readonly Versioning: Answer<'GetBucketVersioning'>
  readonly Acceleration: string | undefined
  readonly Payer: string | undefined
  readonly Logging: NonNullable<Answer<'GetBucketLogging'>>['LoggingEnabled'] | undefined
  readonly Encryption: NonNullable<Answer<'GetBucketEncryption'>>['ServerSideEncryptionConfiguration'] | undefined
  readonly Lock: NonNullable<Answer<'GetObjectLockConfiguration'>>['ObjectLockConfiguration'] | undefined
  readonly Tags: Tags
}

const readOnly = { readOnly: true, create: false } as const

export const bucket = defineResource({
  type: 'aws_s3_bucket',
  title: 'S3 Bucket',
  rules: 'sdk',
  timeouts: { create: 20, read: 20, update: 20, delete: 60 },
  traits: [
    tagsTrait({
      created: (op, id, tags) => writeTags(op, id, tags),
      update: (op, id, { all }) => writeTags(op, id, all),
      read: (_op, remote: Remote) => remote.Tags,
    }),
  ],
  fields: {
    arn: string('Arn', { create: false }),
    bucket: string('Bucket'),
    bucket_prefix: string(undefined, { read: (remote: Remote) => namePrefixOf(remote.Bucket) }),
    bucket_domain_name: string('Domain', { create: false }),
    bucket_regional_domain_name: string('RegionalDomain', { create: false }),
    force_destroy: bool(undefined, setting),
    hosted_zone_id: string('HostedZone', { create: false }),
    bucket_region: string('Region', { create: false }),
    region: string('Region', { create: false }),
    object_lock_enabled: bool('ObjectLockEnabledForBucket', { read: (remote: Remote) => remote.Lock?.ObjectLockEnabled === 'Enabled' }),
    acceleration_status: string('Acceleration', readOnly),
    acl: string(undefined, { ...readOnly, read: false }),
    policy: string('Policy', readOnly),
    request_payer: string('Payer', readOnly),
    website_domain: string('WebsiteDomain', { create: false, absent: null }),
    website_endpoint: string(undefined, {
      create: false,
      read: (remote: Remote) => (remote.WebsiteDomain === undefined ? null : `${remote.Bucket}.${remote.WebsiteDomain}`),
    }),
    cors_rule: blocks(
      'Cors.CORSRules[]',
      {
        allowed_headers: strings('AllowedHeaders'),
        allowed_methods: strings('AllowedMethods'),
        allowed_origins: strings('AllowedOrigins'),
        expose_headers: strings('ExposeHeaders'),
        max_age_seconds: number('MaxAgeSeconds'),
      },
      readOnly,
    ),
    grant: blocks(
      undefined,
      { id: string(), permissions: strings(), type: string(), uri: string() },
      { ...readOnly, read: (remote: Remote) => grantsOf(remote.Acl) as never },
    ),
    lifecycle_rule: blocks(undefined, {}, { ...readOnly, read: false }),
    logging: blocks('Logging', { target_bucket: string('TargetBucket'), target_prefix: string('TargetPrefix') }, readOnly),
    object_lock_configuration: blocks(
      undefined,
      {},
      { ...readOnly, read: (remote: Remote) => (remote.Lock === undefined ? [] : [lockOf(remote.Lock)]) as never },
    ),
    replication_configuration: blocks(undefined, {}, { ...readOnly, read: false }),
    server_side_encryption_configuration: blocks(
      'Encryption',
      {
        rule: blocks('Rules[]', {
          bucket_key_enabled: bool('BucketKeyEnabled'),
          apply_server_side_encryption_by_default: blocks('ApplyServerSideEncryptionByDefault', {
            kms_master_key_id: string('KMSMasterKeyID'),
            sse_algorithm: string('SSEAlgorithm'),
          }),
        }),
      },
      readOnly,
    ),
    versioning: blocks(
      undefined,
      { enabled: bool(), mfa_delete: bool() },
      {
        ...readOnly,
        read: (remote: Remote) => [
          { enabled: remote.Versioning?.Status === 'Enabled', mfa_delete: remote.Versioning?.MFADelete === 'Enabled' },
        ],
      },
    ),
    website: blocks(
      undefined,
      {},
      { ...readOnly, read: (remote: Remote) => (remote.Website === undefined ? [] : [websiteOf(remote.Website)]) as never },
    ),
  },

  async create(op, request, planned) {
    const Bucket = planned.bucket || uniqueName(planned.bucket_prefix || 'terraform-')
    const { region } = op.api
    await settled(op, () =>
      op.api.call('s3', 'CreateBucket', {
        ...request,
        Bucket,
        ...(region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: region as 'eu-central-1' } }),
      }),
    )
    return Bucket
  },

  ready: (op, id) =>
    op.waitFor('the bucket to be found', () =>
      op.api.call('s3', 'HeadBucket', { Bucket: id }).catch((error: unknown) => {
        if (isNoBucket(error)) return undefined
        throw error
      }),
    ),

  find: ({ api }, id) => findBucket(api, id),

  async delete(op, id, state) {
    const remove = () => op.api.call('s3', 'DeleteBucket', { Bucket: id })
    await remove()
      .catch(async (error: unknown) => {
        if (!isAwsError(error, 'BucketNotEmpty') || !state.force_destroy) throw error
        await emptyBucket(op, id, state.object_lock_enabled === true)
        await op.retry((e) => isAwsError(e, 'BucketNotEmpty'), remove)
      })
      .catch((error: unknown) => {
        if (!isNoBucket(error)) throw error
      })
  },

  validate: (config) =>
    (config.bucket ?? null) !== null && (config.bucket_prefix ?? null) !== null
      ? [{ summary: 'Conflicting configuration arguments', detail: '"bucket": conflicts with bucket_prefix' }]
      : [],

  importId: (id) => ({ id, bucket: id }),
})

type Read =
  | 'GetBucketPolicy'
  | 'GetBucketAcl'
  | 'GetBucketCors'
  | 'GetBucketWebsite'
  | 'GetBucketVersioning'
  | 'GetBucketAccelerateConfiguration'
  | 'GetBucketRequestPayment'
  | 'GetBucketLogging'
  | 'GetBucketEncryption'
  | 'GetObjectLockConfiguration'
  | 'GetBucketTagging'

function ask<Op extends Read>(
  api: AwsApi,
  operation: Op,
  Bucket: string,
  ...absent: readonly string[]
): Promise<OutputOf<'s3', Op> | undefined> {
  return part(api.call('s3', operation, { Bucket } as never) as Promise<OutputOf<'s3', Op>>, ...absent)
}

async function findBucket(api: AwsApi, id: string): Promise<Remote | undefined> {
  const head = await api.call('s3', 'HeadBucket', { Bucket: id }).catch((error: unknown) => {
    if (isNoBucket(error)) return undefined
    throw error
  })
  if (head === undefined) return undefined
  const region = head.BucketRegion || api.region
  const suffix = api.session.partition.dnsSuffix
  const [policy, acl, cors, website, versioning, acceleration, payer, logging, encryption, lock, tagging] = await Promise.all([
    ask(api, 'GetBucketPolicy', id, 'NoSuchBucketPolicy'),
    ask(api, 'GetBucketAcl', id),
    ask(api, 'GetBucketCors', id, 'NoSuchCORSConfiguration'),
    ask(api, 'GetBucketWebsite', id, 'NoSuchWebsiteConfiguration'),
    ask(api, 'GetBucketVersioning', id),
    ask(api, 'GetBucketAccelerateConfiguration', id),
    ask(api, 'GetBucketRequestPayment', id),
    ask(api, 'GetBucketLogging', id),
    ask(api, 'GetBucketEncryption', id, 'ServerSideEncryptionConfigurationNotFoundError'),
    ask(api, 'GetObjectLockConfiguration', id, 'ObjectLockConfigurationNotFoundError'),
    ask(api, 'GetBucketTagging', id, 'NoSuchTagSet'),
  ])
  return {
    Bucket: id,
    Region: region,
    Arn: `arn:${api.session.partition.id}:s3:::${id}`,
    Domain: `${id}.s3.${suffix}`,
    RegionalDomain: `${id}.s3.${region}.${suffix}`,
    HostedZone: websiteZones[region],
    Policy: policy?.Policy,
    Acl: acl,
    Cors: cors,
    Website: website,
    WebsiteDomain: website === undefined ? undefined : websiteDomain(region, suffix),
    Versioning: versioning,
    Acceleration: acceleration?.Status,
    Payer: payer?.Payer,
    Logging: logging?.LoggingEnabled,
    Encryption: encryption?.ServerSideEncryptionConfiguration,
    Lock: lock?.ObjectLockConfiguration,
    Tags: tagRecord(tagging?.TagSet),
  }
}

/** Older regions have a dash before their name. */
function websiteDomain(region: string, suffix: string): string {
  const old = [
    'us-east-1',
    'us-west-1',
    'us-west-2',
    'ap-southeast-1',
    'ap-southeast-2',
    'ap-northeast-1',
    'eu-west-1',
    'sa-east-1',
    'us-gov-west-1',
  ]
  return `s3-website${old.includes(region) ? '-' : '.'}${region}.${suffix}`
}

/** One element per grantee, with all it is granted. Empty where the answer lacks a grantee, as after an ACL was switched off. */
function grantsOf(acl: Answer<'GetBucketAcl'>): object[] {
  const byGrantee = new Map<string, { id: string; type: string; uri: string; permissions: string[] }>()
  for (const { Grantee, Permission } of acl?.Grants ?? []) {
    const key = `${Grantee?.Type}/${Grantee?.ID ?? Grantee?.URI ?? ''}`
    const known = byGrantee.get(key) ?? { id: Grantee?.ID ?? '', type: Grantee?.Type ?? '', uri: Grantee?.URI ?? '', permissions: [] }
    known.permissions.push(Permission ?? '')
    byGrantee.set(key, known)
  }
  return [...byGrantee.values()]
}

function lockOf(lock: NonNullable<Remote['Lock']>): object {
  const retention = lock.Rule?.DefaultRetention
  return {
    object_lock_enabled: lock.ObjectLockEnabled ?? '',
    rule:
      retention === undefined
        ? []
        : [{ default_retention: [{ days: retention.Days ?? 0, mode: retention.Mode ?? '', years: retention.Years ?? 0 }] }],
  }
}

function websiteOf(website: NonNullable<Remote['Website']>): object {
  const { HostName = '', Protocol } = website.RedirectAllRequestsTo ?? {}
  return {
    error_document: website.ErrorDocument?.Key ?? '',
    index_document: website.IndexDocument?.Suffix ?? '',
    redirect_all_requests_to: Protocol === undefined ? HostName : `${Protocol}://${HostName}`,
    routing_rules: website.RoutingRules === undefined ? '' : JSON.stringify(website.RoutingRules),
  }
}

/** A bucket's tags are written as a whole: AWS's own must be among them. */
async function writeTags(op: Operation<AwsApi>, Bucket: string, tags: Tags): Promise<void> {
  const { api } = op
  const present = tagRecord((await ask(api, 'GetBucketTagging', Bucket, 'NoSuchTagSet'))?.TagSet)
  const { ignoreKeys, ignorePrefixes } = api.tags
  const isKept = (key: string): boolean =>
    key.startsWith('aws:') || ignoreKeys.includes(key) || ignorePrefixes.some((p) => key.startsWith(p))
  const kept = Object.fromEntries(Object.entries(present).filter(([key]) => isKept(key)))
  const TagSet = tagList({ ...kept, ...tags })
  if (TagSet.length > 0) await settled(op, () => api.call('s3', 'PutBucketTagging', { Bucket, Tagging: { TagSet } }))
  else await settled(op, () => api.call('s3', 'DeleteBucketTagging', { Bucket }))
}

/** Deletes all versions of all objects. */
async function emptyBucket({ api, signal }: Operation<AwsApi>, Bucket: string, isLocked: boolean): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const page = await api.call('s3', 'ListObjectVersions', { Bucket, MaxKeys: 1000 })
    const objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]
    if (objects.length === 0) return
    const answer = await api.call('s3', 'DeleteObjects', {
      Bucket,
      Delete: { Objects: objects.map(({ Key, VersionId }) => ({ Key: Key!, VersionId })), Quiet: true },
      ...(isLocked ? { BypassGovernanceRetention: true } : {}),
    })
    const failed = answer.Errors?.[0]
    if (failed !== undefined) throw new Error(`The object ${failed.Key} cannot be deleted: ${failed.Code}: ${failed.Message}`)
  }
}
