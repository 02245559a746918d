import {
  type AssumeRoleSettings,
  AwsError,
  openSession,
  type Session,
  SessionError,
  type SessionSettings,
  type SessionSurroundings,
  type WebIdentitySettings,
} from '../../aws/index.ts'
import type { Provider, ProviderSchema } from '../../providers/index.ts'
import {
  type AnyResource,
  asArray,
  type DataSourceSpec,
  defineProvider,
  type Facts,
  type Plain,
  type PlainObject,
  parseDurationMs,
  UNKNOWN,
} from '../../providers/kit/index.ts'
import { AwsApi, type Flavour, type TagSettings } from './api.ts'
import { dataSources, resources } from './catalog.ts'
import { loadFacts } from './facts.ts'
import { regionTrait } from './region.ts'

export interface AwsProviderOptions {
  /** 5: schemas and states of hashicorp/aws 5.100.0. 6: of 6.25.0, as far as documentation tells; never compared with it. */
  readonly flavour?: Flavour | undefined
  readonly surroundings?: SessionSurroundings | undefined
  /** Told of each session that is opened, for counting calls. */
  readonly onConfigure?: ((api: AwsApi) => void) | undefined
}

/** What `docs` and `version` say the flavours are. */
export const flavourVersions: Readonly<Record<Flavour, string>> = { 5: '5.100.0', 6: '6.25.0' }

const supported = [
  'access_key',
  'allowed_account_ids',
  'assume_role',
  'assume_role_with_web_identity',
  'custom_ca_bundle',
  'default_tags',
  'endpoints',
  'forbidden_account_ids',
  'http_proxy',
  'https_proxy',
  'ignore_tags',
  'insecure',
  'max_retries',
  'no_proxy',
  'profile',
  'region',
  's3_use_path_style',
  'secret_key',
  'shared_config_files',
  'shared_credentials_files',
  'skip_credentials_validation',
  'skip_metadata_api_check',
  'skip_region_validation',
  'skip_requesting_account_id',
  'sts_region',
  'token',
  'use_dualstack_endpoint',
  'use_fips_endpoint',
]

/** The built-in AWS provider. */
export function awsProvider(options: AwsProviderOptions = {}): Provider {
  const flavour = options.flavour ?? 5
  return defineProvider<AwsApi>({
    facts: factsOf(flavour),
    resources: loaders(resources, flavour, (resource) => withRegion(resource, flavour)),
    dataSources: loaders(dataSources, flavour, (source) => dataWithRegion(source, flavour)),
    supports: supported,
    configure: (config, terraformVersion) => configure(config, terraformVersion, flavour, options),
    apiFor: (api, state) => (flavour === 6 && typeof state.region === 'string' ? api.inRegion(state.region) : api),
    // An emulator is done at once; AWS takes seconds and counts calls.
    pace: (api) => (api.session.isLocal('ec2') ? { firstMs: 20, maxMs: 500 } : { firstMs: 1_000, maxMs: 10_000 }),
    forgetExpected: (api) => api.forgetExpected(),
    close: (api) => api.session.close(),
  })
}

/** The schemas alone, without a provider. */
export function awsProviderSchema(flavour: Flavour = 5): ProviderSchema {
  return awsProvider({ flavour }).schema()
}

function factsOf(flavour: Flavour): {
  provider: Facts
  resource(name: string): Facts | undefined
  dataSource(name: string): Facts | undefined
} {
  return {
    get provider() {
      return loadFacts('aws.provider', flavour)!
    },
    resource: (name) => loadFacts(name, flavour),
    dataSource: (name) => loadFacts(`data.${name}`, flavour),
  }
}

function loaders<T>(
  table: Readonly<Record<string, (flavour: Flavour) => Promise<T>>>,
  flavour: Flavour,
  finish: (loaded: T) => T,
): Record<string, () => Promise<T>> {
  return Object.fromEntries(Object.entries(table).map(([name, load]) => [name, () => load(flavour).then(finish)]))
}

/** Version 6 adds `region` to nearly all types, and `ID@REGION` to their import ids. */
function withRegion(resource: AnyResource<AwsApi>, flavour: Flavour): AnyResource<AwsApi> {
  if (flavour !== 6 || !hasRegion(resource.type, flavour)) return resource
  return {
    ...resource,
    traits: [regionTrait, ...(resource.traits ?? [])],
    importId(id) {
      const at = /^(.*)@([a-z]{2,4}(?:-[a-z]+)+-\d+)$/s.exec(id)
      const own = at?.[1] ?? id
      const known = resource.importId === undefined ? { id: own } : resource.importId(own)
      return known === undefined || at === null ? known : { ...known, region: at[2]! }
    },
  }
}

function dataWithRegion(source: DataSourceSpec<AwsApi>, flavour: Flavour): DataSourceSpec<AwsApi> {
  if (flavour !== 6 || !hasRegion(`data.${source.type}`, flavour)) return source
  return {
    ...source,
    supports: [...source.supports, 'region'],
    read: async (op, config) => ({ region: op.api.region, ...(await source.read(op, config)) }),
  }
}

/** Types of services that know no regions have no such argument. */
function hasRegion(name: string, flavour: Flavour): boolean {
  return loadFacts(name, flavour)?.schema.block.attributes.region !== undefined
}

async function configure(config: PlainObject, terraformVersion: string, flavour: Flavour, options: AwsProviderOptions): Promise<AwsApi> {
  const session = await openSession({ ...sessionSettings(config), userAgent: [['landform', terraformVersion]] }, options.surroundings)
  const account = await checkAccount(config, session)
  const api = new AwsApi({ session, region: session.region, flavour, tags: tagSettings(config), account })
  options.onConfigure?.(api)
  return api
}

async function checkAccount(config: PlainObject, session: Awaited<ReturnType<typeof openSession>>): Promise<string> {
  const allowed = texts(config.allowed_account_ids)
  const forbidden = texts(config.forbidden_account_ids)
  const isNeeded = allowed.length > 0 || forbidden.length > 0
  if (config.skip_requesting_account_id === true && !isNeeded && config.skip_credentials_validation === true) return ''
  const identity = await session.identity().catch((error: unknown) => {
    throw new SessionError(
      'Retrieving AWS account details',
      `The credentials found for the AWS provider could not be verified: ${(error as Error).message}${unreachable(session, error)}`,
      error,
    )
  })
  const { account } = identity
  const isForbidden = forbidden.includes(account) || (allowed.length > 0 && !allowed.includes(account))
  if (isForbidden) throw new SessionError('AWS account ID not allowed', `AWS account ID not allowed: ${account}`)
  return config.skip_requesting_account_id === true ? '' : account
}

/** What to do where somebody has named an endpoint and nobody answers there. */
function unreachable(session: Session, error: unknown): string {
  const endpoint = session.endpoint('sts')
  if (!(error instanceof AwsError) || error.statusCode !== undefined || endpoint === undefined) return ''
  return `\n\nNobody answers at ${endpoint}. Start what is to answer there, or correct AWS_ENDPOINT_URL or the argument "endpoints".`
}

function sessionSettings(config: PlainObject): SessionSettings {
  const webIdentity = blockList(config.assume_role_with_web_identity)[0]
  return {
    region: text(config.region),
    profile: text(config.profile),
    accessKey: text(config.access_key),
    secretKey: text(config.secret_key),
    token: text(config.token),
    configFiles: texts(config.shared_config_files),
    credentialsFiles: texts(config.shared_credentials_files),
    customCaBundle: text(config.custom_ca_bundle),
    insecure: config.insecure === true,
    proxies: { httpProxy: text(config.http_proxy), httpsProxy: text(config.https_proxy), noProxy: text(config.no_proxy) },
    maxRetries: typeof config.max_retries === 'number' ? config.max_retries : undefined,
    s3UsePathStyle: config.s3_use_path_style === true,
    stsRegion: text(config.sts_region),
    useDualstackEndpoint: config.use_dualstack_endpoint === true,
    useFipsEndpoint: config.use_fips_endpoint === true,
    endpoints: Object.assign(
      {},
      ...blockList(config.endpoints).map((block) =>
        Object.fromEntries(Object.entries(block).filter(([, v]) => typeof v === 'string' && v !== '')),
      ),
    ),
    assumeRole: blockList(config.assume_role)
      .filter((block) => text(block.role_arn) !== undefined)
      .map(roleSettings),
    webIdentity: webIdentity === undefined || text(webIdentity.role_arn) === undefined ? undefined : webIdentitySettings(webIdentity),
  }
}

function roleSettings(block: PlainObject): AssumeRoleSettings {
  return {
    roleArn: text(block.role_arn)!,
    sessionName: text(block.session_name),
    externalId: text(block.external_id),
    durationSeconds: seconds(block.duration),
    policy: text(block.policy),
    policyArns: texts(block.policy_arns),
    sourceIdentity: text(block.source_identity),
    tags: known(block.tags) as Readonly<Record<string, string>> | undefined,
    transitiveTagKeys: texts(block.transitive_tag_keys),
  }
}

function webIdentitySettings(block: PlainObject): WebIdentitySettings {
  return {
    roleArn: text(block.role_arn)!,
    sessionName: text(block.session_name),
    durationSeconds: seconds(block.duration),
    policy: text(block.policy),
    policyArns: texts(block.policy_arns),
    token: text(block.web_identity_token),
    tokenFile: text(block.web_identity_token_file),
  }
}

function tagSettings(config: PlainObject): TagSettings {
  const defaults = blockList(config.default_tags)[0]?.tags
  const ignore = blockList(config.ignore_tags)[0]
  const isUnknown =
    config.default_tags === UNKNOWN || defaults === UNKNOWN || Object.values((defaults ?? {}) as PlainObject).includes(UNKNOWN)
  return {
    defaults: isUnknown ? undefined : ((defaults ?? {}) as Readonly<Record<string, string>>),
    ignoreKeys: texts(ignore?.keys),
    ignorePrefixes: texts(ignore?.key_prefixes),
  }
}

function known(plain: Plain | undefined): Plain | undefined {
  return plain === null || plain === UNKNOWN ? undefined : plain
}

/** Undefined for null, unknown and the empty text alike: none of them says anything. */
function text(plain: Plain | undefined): string | undefined {
  return typeof plain === 'string' && plain !== '' ? plain : undefined
}

function texts(plain: Plain | undefined): readonly string[] {
  return Array.isArray(plain) ? plain.filter((e) => typeof e === 'string') : []
}

function seconds(plain: Plain | undefined): number | undefined {
  const ms = typeof plain === 'string' ? parseDurationMs(plain) : undefined
  return ms === undefined ? undefined : Math.round(ms / 1000)
}

function blockList(plain: Plain | undefined): readonly PlainObject[] {
  const value = known(plain)
  if (value === undefined) return []
  return asArray(value).filter((e) => e !== null && e !== UNKNOWN) as readonly PlainObject[]
}
