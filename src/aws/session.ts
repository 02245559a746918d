import { readFile } from 'node:fs/promises'
import { Agent as HttpsAgent } from 'node:https'
import { type ProxySettings, proxyAgents, proxySettingsOf } from '../proxy/index.ts'
import { wholeService } from './_whole-services.ts'
import {
  type AssumeRoleSettings,
  assumeRole,
  assumeRoleWithWebIdentity,
  type BaseCredentialSettings,
  baseCredentials,
  type CredentialProvider,
  cached,
  type StsCaller,
  type WebIdentitySettings,
} from './credentials.ts'
import { endpointFor, isLoopback } from './endpoints.ts'
import { toAwsError } from './errors.ts'
import { localHandler } from './local-endpoints.ts'
import { type Partition, partitionOf } from './partition.ts'
import { type Clock, RateLimiter, systemClock } from './rate-limiter.ts'
import { withRetries } from './retry.ts'
import { type InputOf, type OperationOf, type OutputOf, type ServiceName, services } from './services.ts'
import { readSharedConfig, type SharedConfig, sharedConfigPaths } from './shared-config.ts'

export interface SessionSettings extends BaseCredentialSettings {
  readonly region?: string | undefined
  /** In turn: each role is assumed with the credentials of the one before. */
  readonly assumeRole?: readonly AssumeRoleSettings[] | undefined
  readonly webIdentity?: WebIdentitySettings | undefined
  /** By service name (`ec2`, `s3`, `sts`). */
  readonly endpoints?: Readonly<Record<string, string>> | undefined
  /** Further attempts after the first; 25 as in the Go provider when not given. */
  readonly maxRetries?: number | undefined
  readonly s3UsePathStyle?: boolean | undefined
  readonly useFipsEndpoint?: boolean | undefined
  readonly useDualstackEndpoint?: boolean | undefined
  readonly stsRegion?: string | undefined
  /** Skips the verification of certificates. */
  readonly insecure?: boolean | undefined
  readonly customCaBundle?: string | undefined
  /** In the place of those that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name. */
  readonly proxies?: ProxySettings | undefined
  readonly userAgent?: readonly (readonly [string, string])[] | undefined
}

/** What a session takes from its surroundings. */
export interface SessionSurroundings {
  readonly env?: NodeJS.ProcessEnv | undefined
  readonly clock?: Clock | undefined
  readonly random?: (() => number) | undefined
}

export interface CallerIdentity {
  readonly account: string
  readonly arn: string
  readonly userId: string
}

export interface CallOptions {
  /** Another region than the session's. */
  readonly region?: string | undefined
  /** Ends waiting and further attempts. */
  readonly signal?: AbortSignal | undefined
  /** Overrides the session's number of retries. */
  readonly maxRetries?: number | undefined
}

/** Why a session could not be opened; `message` is whole sentences for people. */
export class SessionError extends Error {
  override readonly name = 'SessionError'
  readonly summary: string

  constructor(summary: string, detail: string, cause?: unknown) {
    super(detail, { cause })
    this.summary = summary
  }
}

interface Client {
  send(command: unknown, options?: { abortSignal?: AbortSignal | undefined }): Promise<unknown>
  destroy(): void
}

/** One rate limiter per account and service for the whole process: several provider configurations can share an account. */
const limiters = new Map<string, RateLimiter>()

/**
 * Opens a session: finds region, profile and credentials, but makes no call yet.
 *
 * @throws SessionError when there is no region.
 */
export async function openSession(settings: SessionSettings, surroundings: SessionSurroundings = {}): Promise<Session> {
  const env = surroundings.env ?? process.env
  const shared = await readSharedConfig(settings, env)
  const profile = settings.profile || env.AWS_PROFILE || env.AWS_DEFAULT_PROFILE || 'default'
  const region = settings.region || env.AWS_REGION || env.AWS_DEFAULT_REGION || shared.profile(profile)?.get('region')
  if (!region) {
    throw new SessionError(
      'Invalid provider configuration',
      'No AWS region was found. Set the argument "region", the environment variable AWS_REGION or AWS_DEFAULT_REGION, or the region of the profile.',
    )
  }
  // The SDK would print a notice about Node's version to standard error, in the middle of our output.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
  const ca = settings.customCaBundle || env.AWS_CA_BUNDLE
  return new Session(settings, {
    region,
    profile,
    shared,
    env,
    ca: ca ? await readFile(ca, 'utf8') : undefined,
    clock: surroundings.clock ?? systemClock,
    random: surroundings.random,
  })
}

interface Found {
  readonly region: string
  readonly profile: string
  readonly shared: SharedConfig
  readonly env: NodeJS.ProcessEnv
  readonly ca: string | undefined
  readonly clock: Clock
  readonly random: (() => number) | undefined
}

/** The credentials, endpoints and clients of one caller. Made by `openSession`. */
export class Session {
  readonly region: string
  readonly partition: Partition
  /** Requests sent so far by `service.Operation`, repeated ones included. */
  readonly requests = new Map<string, number>()
  readonly #settings: SessionSettings
  readonly #found: Found
  readonly #credentials: CredentialProvider
  readonly #clients = new Map<string, Promise<Client>>()
  #identity: Promise<CallerIdentity> | undefined
  #account: string | undefined
  #ownLimiters: Map<string, RateLimiter> | undefined

  constructor(settings: SessionSettings, found: Found) {
    this.#settings = settings
    this.#found = found
    this.region = found.region
    this.partition = partitionOf(found.region)
    this.#credentials = this.#chain()
  }

  /** Credentials as they are now, renewed when they are about to expire. */
  credentials: CredentialProvider = () => this.#credentials()

  /** Whether a service is on this machine: answers come at once, so waiting can be short. */
  isLocal(service: ServiceName): boolean {
    return isLoopback(this.endpoint(service))
  }

  /** Undefined: AWS's own. */
  endpoint(service: ServiceName | 'dynamodb'): string | undefined {
    const { env, shared, profile } = this.#found
    return endpointFor(service, { endpoints: this.#settings.endpoints ?? {}, env, shared, profile })
  }

  /** Total of `requests`. */
  get requestCount(): number {
    let sum = 0
    for (const n of this.requests.values()) sum += n
    return sum
  }

  /**
   * One operation of a service, with retries.
   *
   * @throws AwsError for what the service answers or when there is no answer at all.
   */
  async call<S extends ServiceName, Op extends OperationOf<S>>(
    service: S,
    operation: Op,
    input: InputOf<S, Op>,
    options: CallOptions = {},
  ): Promise<OutputOf<S, Op>> {
    const client = await this.#client(service, options.region ?? this.region, this.#credentials)
    return this.#send(client, service, operation, input, options)
  }

  /** The account and principal of the caller; asked once. */
  identity(): Promise<CallerIdentity> {
    this.#identity ??= this.#askIdentity().catch((error: unknown) => {
      this.#identity = undefined
      throw error
    })
    return this.#identity
  }

  close(): void {
    for (const client of this.#clients.values()) client.then((c) => c.destroy()).catch(() => {})
    this.#clients.clear()
  }

  async #askIdentity(): Promise<CallerIdentity> {
    const region = this.#settings.stsRegion || this.region
    const answer = await this.call('sts', 'GetCallerIdentity', {}, { region })
    const identity = { account: answer.Account ?? '', arn: answer.Arn ?? '', userId: answer.UserId ?? '' }
    this.#account = identity.account
    return identity
  }

  #chain(): CredentialProvider {
    const settings = this.#settings
    const paths = sharedConfigPaths(settings, this.#found.env)
    const sts = this.#stsCaller()
    let provider =
      settings.webIdentity === undefined
        ? baseCredentials(settings, this.#found.env, paths)
        : assumeRoleWithWebIdentity(settings.webIdentity, sts)
    for (const role of settings.assumeRole ?? []) provider = assumeRole(provider, role, sts)
    return cached(provider)
  }

  #stsCaller(): StsCaller {
    const region = this.#settings.stsRegion || this.#found.region
    return {
      assumeRole: async (credentials, input) =>
        this.#send(await this.#newClient('sts', region, credentials), 'sts', 'AssumeRole', input, {}),
      assumeRoleWithWebIdentity: async (input) => {
        const anonymous: CredentialProvider = async () => ({ accessKeyId: '', secretAccessKey: '' })
        return this.#send(await this.#newClient('sts', region, anonymous), 'sts', 'AssumeRoleWithWebIdentity', input, {})
      },
    }
  }

  async #send<S extends ServiceName, Op extends OperationOf<S>>(
    client: Client,
    service: S,
    operation: Op,
    input: unknown,
    options: CallOptions,
  ): Promise<OutputOf<S, Op>> {
    const Command = await commandOf(service, operation)
    const { clock, random } = this.#found
    const key = `${service}.${operation}`
    const attempt = async (): Promise<OutputOf<S, Op>> => {
      this.requests.set(key, (this.requests.get(key) ?? 0) + 1)
      try {
        return (await client.send(new Command(input), { abortSignal: options.signal })) as OutputOf<S, Op>
      } catch (error) {
        throw toAwsError(error, service, operation)
      }
    }
    const maxRetries = options.maxRetries ?? this.#settings.maxRetries ?? 25
    return withRetries(attempt, {
      maxRetries,
      limiter: this.#limiter(service),
      clock,
      ...(random === undefined ? {} : { random }),
      signal: options.signal,
    })
  }

  #limiter(service: ServiceName): RateLimiter {
    const { clock } = this.#found
    if (this.#account === undefined || clock !== systemClock) {
      this.#ownLimiters ??= new Map()
      return getOrMake(this.#ownLimiters, service, () => new RateLimiter(clock))
    }
    return getOrMake(limiters, `${this.#account}/${this.region}/${service}`, () => new RateLimiter(clock))
  }

  #client(service: ServiceName, region: string, credentials: CredentialProvider): Promise<Client> {
    const key = `${service}/${region}`
    let client = this.#clients.get(key)
    if (client === undefined) {
      client = this.#newClient(service, region, credentials)
      this.#clients.set(key, client)
    }
    return client
  }

  async #newClient(service: ServiceName, region: string, credentials: CredentialProvider): Promise<Client> {
    const settings = this.#settings
    const entry = services[service]
    const module = (await entry.load()) as unknown as Record<string, new (config: unknown) => Client>
    const endpoint = this.endpoint(service)
    const local = isLoopback(endpoint)
    return new module[entry.client]!({
      region,
      credentials,
      maxAttempts: 1,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(local ? { disableHostPrefix: true } : {}),
      // It puts the account's number before the host's name by other means, too.
      ...(local && service === 's3control' ? { endpointProvider: () => ({ url: new URL(endpoint!), properties: {} }) } : {}),
      ...(settings.useFipsEndpoint ? { useFipsEndpoint: true } : {}),
      ...(settings.useDualstackEndpoint ? { useDualstackEndpoint: true } : {}),
      customUserAgent: (settings.userAgent ?? [['landform', '']]).map(([name, version]) => (version === '' ? [name] : [name, version])),
      requestHandler: localHandler(endpoint, service === 's3') ?? this.#handlerOptions(),
      ...(service === 's3' ? { forcePathStyle: (settings.s3UsePathStyle ?? false) || local, followRegionRedirects: true } : {}),
    })
  }

  #handlerOptions(): object {
    const { ca, env } = this.#found
    const { insecure, proxies = {} } = this.#settings
    const agent = { keepAlive: true, maxSockets: 256 }
    const secure = { ...agent, ...(ca === undefined ? {} : { ca }), ...(insecure ? { rejectUnauthorized: false } : {}) }
    const named = Object.fromEntries(Object.entries(proxies).filter(([, text]) => text))
    const direct = { httpAgent: agent, httpsAgent: new HttpsAgent(secure) }
    return {
      connectionTimeout: 10_000,
      requestTimeout: 120_000,
      ...(proxyAgents({ ...proxySettingsOf(env), ...named }, secure) ?? direct),
    }
  }
}

/** Bundles hold the operations that code names, and the whole package for others. */
async function commandOf(service: ServiceName, operation: string): Promise<new (input: unknown) => unknown> {
  const name = `${operation}Command`
  const module = (await services[service].load()) as unknown as Record<string, new (input: unknown) => unknown>
  return module[name] ?? ((await wholeService(service)) as typeof module)[name]!
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}
