import type { AssumeRoleSettings, S3Store, WebIdentitySettings } from '../aws/index.ts'
import type { Backend } from '../config/index.ts'
import { boolType, listType, mapType, numberType, stringType, type Type, type Value, valueToJson } from '../cty/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { type AttributeSchema, type BlockSchema, decodeBody, impliedType } from '../schema/index.ts'
import { type ObjectStore, S3StateManager, type StateManager, s3StateKey } from '../statemgr/index.ts'
import type { Environment } from './settings.ts'
import { terraformVersion } from './versions.ts'

/** The arguments of a `backend "s3"` block as JSON; null for what is not set. */
export type S3BackendConfig = Readonly<Record<string, unknown>>

const optional = (type: Type): AttributeSchema => ({ type, optional: true })
const required = (type: Type): AttributeSchema => ({ type, required: true })
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
  role_arn: required(stringType),
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
    bucket: required(stringType),
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
    key: required(stringType),
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

/** Arguments that would change where or how a state is stored, and that nobody heeds yet. */
const unsupported: Readonly<Record<string, string>> = {
  dynamodb_endpoint: 'Locks in DynamoDB are not supported; set "use_lockfile" instead.',
  dynamodb_table: 'Locks in DynamoDB are not supported; set "use_lockfile" instead.',
  http_proxy: 'Proxies are not supported yet.',
  https_proxy: 'Proxies are not supported yet.',
  iam_endpoint: 'Set "endpoints" instead.',
  no_proxy: 'Proxies are not supported yet.',
  sse_customer_key: 'Keys of customers are not supported yet; set "kms_key_id" or leave the encryption to the bucket.',
}

/** Reads a `backend "s3"` block; undefined with the reasons reported. */
export function readS3Config({ body, range }: Backend, diags: Diagnostics): S3BackendConfig | undefined {
  const own = new Diagnostics()
  const value = decodeBody(body, schema, undefined, own)
  diags.add(...own.items)
  if (own.hasErrors || !value.isWhollyKnown) return undefined
  const config = configOf(value)
  const problem = (name: string, detail: string): void => {
    diags.error('Invalid backend configuration', `The argument "${name}" of the s3 backend cannot be used: ${detail}`, {
      subject: range,
    })
  }
  for (const [name, detail] of Object.entries(unsupported)) if (config[name] !== null) problem(name, detail)
  for (const name of ['bucket', 'key']) if (config[name] === '') problem(name, 'It must not be empty.')
  const { key, workspace_key_prefix: prefix } = config as { key: string; workspace_key_prefix: string | null }
  if (key.startsWith('/') || key.endsWith('/')) problem('key', 'It must not begin or end with a slash.')
  if (prefix?.startsWith('/') || prefix?.endsWith('/')) problem('workspace_key_prefix', 'It must not begin or end with a slash.')
  return diags.hasErrors ? undefined : config
}

function configOf(value: Value): S3BackendConfig {
  return JSON.parse(valueToJson(value, impliedType(schema))) as S3BackendConfig
}

/** The state of a workspace. AWS is called, and its packages are loaded, when the state is first read or locked. */
export function openS3State(config: S3BackendConfig, workspace: string, environment: Environment): StateManager {
  const given = readable(config)
  const bucket = given.text('bucket')!
  return new S3StateManager({
    store: lazyStore(() => openStore(config, environment)),
    bucket,
    key: s3StateKey(workspace, given.text('key')!, (config.workspace_key_prefix as string | null) ?? undefined),
    useLockfile: given.flag('use_lockfile'),
    terraformVersion,
  })
}

function lazyStore(open: () => Promise<S3Store>): ObjectStore {
  let opening: Promise<S3Store> | undefined
  const store = (): Promise<S3Store> => (opening ??= open())
  return {
    get: async (key) => (await store()).get(key),
    put: async (key, body, options) => (await store()).put(key, body, options),
    delete: async (key) => (await store()).delete(key),
    list: async (prefix) => (await store()).list(prefix),
  }
}

async function openStore(config: S3BackendConfig, environment: Environment): Promise<S3Store> {
  const { openSession, s3ObjectStore } = await import('../aws/index.ts')
  const given = readable(config)
  const endpoints = readable((config.endpoints ?? {}) as S3BackendConfig)
  const assumed = config.assume_role === null ? [] : [roleOf(config.assume_role as S3BackendConfig)]
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
      maxRetries: (config.max_retries as number | null) ?? 5,
      s3UsePathStyle: given.flag('use_path_style') || given.flag('force_path_style'),
      stsRegion: given.text('sts_region'),
      useDualstackEndpoint: given.flag('use_dualstack_endpoint'),
      useFipsEndpoint: given.flag('use_fips_endpoint'),
      endpoints: withoutUndefined({
        s3: endpoints.text('s3') ?? given.text('endpoint'),
        sts: endpoints.text('sts') ?? given.text('sts_endpoint'),
      }),
      assumeRole: assumed,
      webIdentity:
        config.assume_role_with_web_identity === null ? undefined : webIdentityOf(config.assume_role_with_web_identity as S3BackendConfig),
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
  return s3ObjectStore({
    session,
    bucket: given.text('bucket')!,
    encrypt: given.flag('encrypt'),
    kmsKeyId: given.flag('encrypt') ? given.text('kms_key_id') : undefined,
    acl: given.text('acl'),
  })
}

function roleOf(config: S3BackendConfig): AssumeRoleSettings {
  const given = readable(config)
  return {
    ...commonOf(config),
    externalId: given.text('external_id'),
    sourceIdentity: given.text('source_identity'),
    tags: (config.tags as Record<string, string> | null) ?? undefined,
    transitiveTagKeys: given.texts('transitive_tag_keys'),
  }
}

function webIdentityOf(config: S3BackendConfig): WebIdentitySettings {
  const given = readable(config)
  return { ...commonOf(config), token: given.text('web_identity_token'), tokenFile: given.text('web_identity_token_file') }
}

function commonOf(
  config: S3BackendConfig,
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

function readable(config: S3BackendConfig) {
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
