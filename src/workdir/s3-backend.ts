import type { AssumeRoleSettings, S3Store, Session, WebIdentitySettings } from '../aws/index.ts'
import { boolType, listType, mapType, numberType, stringType, type Type } from '../cty/index.ts'
import type { AttributeSchema, BlockSchema } from '../schema/index.ts'
import { deleteS3State, type LockTable, type ObjectStore, S3StateManager, s3StateKey, s3Workspaces } from '../statemgr/index.ts'
import type { BackendConfig, BackendType } from './backend-types.ts'
import type { Environment } from './settings.ts'
import { terraformVersion } from './versions.ts'

const optional = (type: Type): AttributeSchema => ({ type, optional: true })
const text = optional(stringType)
const flag = optional(boolType)
const texts = optional(listType(stringType))
const object = (attributes: Record<string, AttributeSchema>): AttributeSchema => ({
  nestedType: { nesting: 'single', attributes },
  optional: true,
})

const role = {
  duration: text,
  policy: text,
  policy_arns: texts,
  role_arn: text,
  session_name: text,
}

/** Arguments of Terraform 1.11, deprecated ones included; see reference "State backends", section 3.4. */
const schema: BlockSchema = {
  attributes: {
    access_key: text,
    acl: text,
    allowed_account_ids: texts,
    assume_role: object({
      ...role,
      external_id: text,
      source_identity: text,
      tags: optional(mapType(stringType)),
      transitive_tag_keys: texts,
    }),
    assume_role_with_web_identity: object({ ...role, role_arn: text, web_identity_token: text, web_identity_token_file: text }),
    bucket: text,
    custom_ca_bundle: text,
    dynamodb_endpoint: text,
    dynamodb_table: text,
    ec2_metadata_service_endpoint: text,
    ec2_metadata_service_endpoint_mode: text,
    encrypt: flag,
    endpoint: text,
    endpoints: object({ dynamodb: text, iam: text, s3: text, sso: text, sts: text }),
    forbidden_account_ids: texts,
    force_path_style: flag,
    http_proxy: text,
    https_proxy: text,
    iam_endpoint: text,
    insecure: flag,
    key: text,
    kms_key_id: text,
    max_retries: optional(numberType),
    no_proxy: text,
    profile: text,
    region: text,
    retry_mode: text,
    secret_key: text,
    shared_config_files: texts,
    shared_credentials_file: text,
    shared_credentials_files: texts,
    skip_credentials_validation: flag,
    skip_metadata_api_check: flag,
    skip_region_validation: flag,
    skip_requesting_account_id: flag,
    skip_s3_checksum: flag,
    sse_customer_key: text,
    sts_endpoint: text,
    sts_region: text,
    token: text,
    use_dualstack_endpoint: flag,
    use_fips_endpoint: flag,
    use_lockfile: flag,
    use_path_style: flag,
    workspace_key_prefix: text,
  },
  blockTypes: {},
}

/** States in objects of an S3 bucket, locked by objects beside them, by items of a DynamoDB table, or not at all. */
export const s3Backend: BackendType = {
  schema,
  required: { bucket: 'The name of the S3 bucket', key: 'The path to the state file inside the bucket' },
  hasWorkspaces: true,
  check(config, environment, problem) {
    const given = readable(config)
    for (const name of ['key', 'workspace_key_prefix']) {
      const text = given.text(name)
      if (text?.startsWith('/') || text?.endsWith('/')) problem('Invalid Value', 'The value must not start or end with "/"')
    }
    if (given.text('region') === undefined && !environment.AWS_REGION && !environment.AWS_DEFAULT_REGION) {
      problem(
        'Missing region value',
        'The "region" attribute or the "AWS_REGION" or "AWS_DEFAULT_REGION" environment variables must be set.',
      )
    }
    const customerKey = customerKeyOf(config, environment)
    if (given.text('kms_key_id') !== undefined && customerKey !== undefined) {
      problem(
        'Invalid Attribute Combination',
        'Only one of "kms_key_id" and "sse_customer_key" (or the environment variable "AWS_SSE_CUSTOMER_KEY") can be set: the first names a key of KMS, the second is a key.',
      )
    }
    if (customerKey !== undefined && Buffer.from(customerKey, 'base64').length !== 32)
      problem('Invalid Value', 'The value of "sse_customer_key" must be 32 bytes in base64, 44 characters.')
    if (given.texts('allowed_account_ids') !== undefined && given.texts('forbidden_account_ids') !== undefined)
      problem('Invalid Attribute Combination', 'Only one of allowed_account_ids, forbidden_account_ids can be set.')
    const role = config.assume_role as BackendConfig | null | undefined
    if (role != null && !readable(role).text('role_arn'))
      problem(
        'Missing Required Value',
        'The attribute "assume_role.role_arn" is required by the backend.\n\nRefer to the backend documentation for additional information which attributes are required.',
      )
  },
  open(config, environment) {
    const given = readable(config)
    const bucket = given.text('bucket')!
    const key = given.text('key')!
    const prefix = (config.workspace_key_prefix as string | null | undefined) ?? undefined
    const services = lazily(() => openServices(config, environment))
    const store = lazyStore(services)
    const tableName = given.text('dynamodb_table')
    const table = tableName === undefined ? undefined : lazyTable(tableName, services)
    return {
      stateManager: (workspace, seal) =>
        new S3StateManager({
          store,
          bucket,
          key: s3StateKey(workspace, key, prefix),
          useLockfile: given.flag('use_lockfile'),
          table,
          terraformVersion,
          seal,
        }),
      workspaces: () => s3Workspaces(store, key, prefix),
      deleteWorkspace: (workspace) => deleteS3State({ store, bucket, key: s3StateKey(workspace, key, prefix), table }),
    }
  },
}

interface Services {
  readonly store: S3Store
  readonly session: Session
}

function lazily<T>(open: () => Promise<T>): () => Promise<T> {
  let opening: Promise<T> | undefined
  return () => (opening ??= open())
}

function lazyStore(services: () => Promise<Services>): ObjectStore {
  const store = async (): Promise<S3Store> => (await services()).store
  return {
    get: async (key) => (await store()).get(key),
    put: async (key, body, options) => (await store()).put(key, body, options),
    delete: async (key) => (await store()).delete(key),
    list: async (prefix) => (await store()).list(prefix),
  }
}

function lazyTable(name: string, services: () => Promise<Services>): LockTable {
  const table = lazily(async () => {
    const { lockTable } = await import('../aws/index.ts')
    return lockTable((await services()).session, name)
  })
  return {
    name,
    get: async (id) => (await table()).get(id),
    put: async (item, onlyIfAbsent) => (await table()).put(item, onlyIfAbsent),
    delete: async (id) => (await table()).delete(id),
  }
}

async function openServices(config: BackendConfig, environment: Environment): Promise<Services> {
  const { openSession, s3ObjectStore } = await import('../aws/index.ts')
  const given = readable(config)
  const endpoints = readable((config.endpoints ?? {}) as BackendConfig)
  const assumed = config.assume_role == null ? [] : [roleOf(config.assume_role as BackendConfig)]
  const session = await openSession(
    {
      region: given.text('region'),
      profile: given.text('profile'),
      accessKey: given.text('access_key'),
      secretKey: given.text('secret_key'),
      token: given.text('token'),
      configFiles: given.texts('shared_config_files'),
      credentialsFiles: given.texts('shared_credentials_files') ?? wrapped(given.text('shared_credentials_file')),
      customCaBundle: given.text('custom_ca_bundle'),
      insecure: given.flag('insecure'),
      proxies: { httpProxy: given.text('http_proxy'), httpsProxy: given.text('https_proxy'), noProxy: given.text('no_proxy') },
      maxRetries: (config.max_retries as number | null | undefined) ?? 5,
      s3UsePathStyle: given.flag('use_path_style') || given.flag('force_path_style'),
      stsRegion: given.text('sts_region'),
      useDualstackEndpoint: given.flag('use_dualstack_endpoint'),
      useFipsEndpoint: given.flag('use_fips_endpoint'),
      endpoints: withoutUndefined({
        s3: endpoints.text('s3') ?? given.text('endpoint'),
        dynamodb: endpoints.text('dynamodb') ?? given.text('dynamodb_endpoint'),
        sts: endpoints.text('sts') ?? given.text('sts_endpoint'),
      }),
      assumeRole: assumed,
      webIdentity:
        config.assume_role_with_web_identity == null ? undefined : webIdentityOf(config.assume_role_with_web_identity as BackendConfig),
      userAgent: [['landform', terraformVersion]],
    },
    { env: environment as NodeJS.ProcessEnv },
  )
  const allowed = given.texts('allowed_account_ids')
  const forbidden = given.texts('forbidden_account_ids')
  if (allowed !== undefined || forbidden !== undefined) {
    const { account } = await session.identity()
    const isForbidden = forbidden?.includes(account) || (allowed !== undefined && !allowed.includes(account))
    if (isForbidden) throw new Error(`AWS account ID not allowed: ${account}`)
  }
  const store = s3ObjectStore({
    session,
    bucket: given.text('bucket')!,
    encrypt: given.flag('encrypt'),
    kmsKeyId: given.flag('encrypt') ? given.text('kms_key_id') : undefined,
    customerKey: given.flag('encrypt') ? customerKeyOf(config, environment) : undefined,
    acl: given.text('acl'),
    checksum: !given.flag('skip_s3_checksum'),
  })
  return { store, session }
}

function customerKeyOf(config: BackendConfig, environment: Environment): string | undefined {
  return readable(config).text('sse_customer_key') ?? (environment.AWS_SSE_CUSTOMER_KEY || undefined)
}

function roleOf(config: BackendConfig): AssumeRoleSettings {
  const given = readable(config)
  return {
    ...commonOf(config),
    externalId: given.text('external_id'),
    sourceIdentity: given.text('source_identity'),
    tags: (config.tags as Record<string, string> | null) ?? undefined,
    transitiveTagKeys: given.texts('transitive_tag_keys'),
  }
}

function webIdentityOf(config: BackendConfig): WebIdentitySettings {
  const given = readable(config)
  return { ...commonOf(config), token: given.text('web_identity_token'), tokenFile: given.text('web_identity_token_file') }
}

function commonOf(
  config: BackendConfig,
): Pick<AssumeRoleSettings, 'roleArn' | 'sessionName' | 'durationSeconds' | 'policy' | 'policyArns'> {
  const given = readable(config)
  return {
    roleArn: given.text('role_arn') ?? '',
    sessionName: given.text('session_name'),
    durationSeconds: secondsOf(given.text('duration')),
    policy: given.text('policy'),
    policyArns: given.texts('policy_arns'),
  }
}

/** `15m` to `12h`, as Go writes durations. */
function secondsOf(duration: string | undefined): number | undefined {
  if (duration === undefined) return undefined
  const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 }
  let sum = 0
  for (const [, amount, unit] of duration.matchAll(/([\d.]+)([hms])/g)) sum += Number(amount) * units[unit!]!
  return Math.round(sum)
}

function readable(config: BackendConfig) {
  return {
    text: (name: string): string | undefined => (config[name] as string | null | undefined) || undefined,
    flag: (name: string): boolean => config[name] === true,
    texts: (name: string): readonly string[] | undefined => {
      const list = config[name] as readonly string[] | null | undefined
      return list == null || list.length === 0 ? undefined : list
    },
  }
}

function wrapped(value: string | undefined): readonly string[] | undefined {
  return value === undefined ? undefined : [value]
}

function withoutUndefined(record: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
