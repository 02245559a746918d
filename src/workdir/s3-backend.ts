import type { S3Store, Session } from '../aws/index.ts'
import { boolType, listType, mapType, numberType, stringType, type Type } from '../cty/index.ts'
import type { AttributeSchema, BlockSchema } from '../schema/index.ts'
import { deleteS3State, type LockTable, type ObjectStore, S3StateManager, s3StateKey, s3Workspaces } from '../statemgr/index.ts'
import { openConfiguredSession, readable } from './aws-session.ts'
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
  deprecated: {
    dynamodb_endpoint: 'endpoints.dynamodb',
    dynamodb_table: 'use_lockfile',
    endpoint: 'endpoints.s3',
    force_path_style: 'use_path_style',
    iam_endpoint: 'endpoints.iam',
    shared_credentials_file: 'shared_credentials_files',
    sts_endpoint: 'endpoints.sts',
  },
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
      workspaces: async () => {
        try {
          return await s3Workspaces(store, key, prefix)
        } catch (error) {
          const { code } = error as { code?: unknown }
          // Who may not list may still use the workspace that everybody has.
          if (code === 'AccessDenied' && prefix === undefined) return ['default']
          if (code !== 'NoSuchBucket') throw error
          const text = `S3 bucket ${JSON.stringify(bucket)} does not exist.\n\nThe referenced S3 bucket must have been previously created. If the S3 bucket was created within the last minute, please wait for a minute or two and try again.\n\nError: ${(error as Error).message}`
          throw new Error(text, { cause: error })
        }
      },
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
  const { s3ObjectStore } = await import('../aws/index.ts')
  const given = readable(config)
  const endpoints = readable((config.endpoints ?? {}) as BackendConfig)
  const session = await openConfiguredSession(config, environment, {
    s3: endpoints.text('s3') ?? given.text('endpoint'),
    dynamodb: endpoints.text('dynamodb') ?? given.text('dynamodb_endpoint'),
    sts: endpoints.text('sts') ?? given.text('sts_endpoint'),
  })
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
