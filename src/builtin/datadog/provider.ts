import type { Provider, ProviderSchema } from '../../providers/index.ts'
import { defineProvider, type Plain, type PlainObject, UNKNOWN } from '../../providers/kit/index.ts'
import { DatadogApi, type RetrySettings, type Surroundings } from './api.ts'
import { loadFacts } from './facts.ts'
import { monitor } from './monitor.ts'

export interface DatadogProviderOptions extends Surroundings {
  /** Environment variables for keys and address; those of the process when not given. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
  /** Told of each configuration, for counting requests. */
  readonly onConfigure?: ((api: DatadogApi) => void) | undefined
}

/** The version of DataDog/datadog whose schemas and states are followed. */
export const datadogProviderVersion = '3.82.0'

const supported = [
  'api_key',
  'api_url',
  'app_key',
  'default_tags',
  'http_client_retry_backoff_base',
  'http_client_retry_backoff_multiplier',
  'http_client_retry_enabled',
  'http_client_retry_max_retries',
  'http_client_retry_timeout',
  'validate',
]

/** Why there can be no such configuration: `message` is whole sentences for people. */
class ConfigurationError extends Error {
  readonly summary: string

  constructor(summary: string, detail: string, cause?: unknown) {
    super(detail, { cause })
    this.summary = summary
  }
}

/** The built-in Datadog provider. */
export function datadogProvider(options: DatadogProviderOptions = {}): Provider {
  return defineProvider<DatadogApi>({
    facts: {
      get provider() {
        return loadFacts('datadog.provider')!
      },
      resource: loadFacts,
      dataSource: () => undefined,
    },
    resources: { datadog_monitor: async () => monitor },
    dataSources: {},
    supports: supported,
    validate: (config) =>
      ['validate', 'http_client_retry_enabled']
        .filter((name) => typeof config[name] === 'string' && !/^(true|false)$/.test(config[name]))
        .map((name) => ({ summary: 'Invalid Attribute Value Match', detail: `Attribute ${name} value must be one of: ["true" "false"].` })),
    configure: (config) => configure(config, options),
    forgetExpected: (api) => api.forgetExpected(),
    pace: (api) => (api.isLocal ? { firstMs: 20, maxMs: 500 } : { firstMs: 1_000, maxMs: 10_000 }),
  })
}

/** The schemas alone, without a provider. */
export function datadogProviderSchema(): ProviderSchema {
  return datadogProvider().schema()
}

async function configure(config: PlainObject, options: DatadogProviderOptions): Promise<DatadogApi> {
  const env = options.environment ?? process.env
  const apiKey = text(config.api_key) ?? (env.DD_API_KEY || env.DATADOG_API_KEY)
  const appKey = text(config.app_key) ?? (env.DD_APP_KEY || env.DATADOG_APP_KEY)
  const mayValidate = config.validate !== 'false' && config.api_key !== UNKNOWN && config.app_key !== UNKNOWN
  if (mayValidate && (apiKey === undefined || appKey === undefined))
    throw new ConfigurationError(
      'Missing keys of the Datadog provider',
      'api_key and app_key must be set unless validate = false. They are arguments of the provider, or the environment variables DD_API_KEY and DD_APP_KEY.',
    )
  const address = text(config.api_url) ?? (env.DD_HOST || env.DATADOG_HOST) ?? 'https://api.datadoghq.com'
  const api = new DatadogApi(
    {
      url: urlOf(address),
      apiKey: apiKey ?? '',
      appKey: appKey ?? '',
      retry: retrySettings(config),
      defaultTags: defaultTags(config),
    },
    options,
  )
  options.onConfigure?.(api)
  if (mayValidate) await checkKeys(api)
  return api
}

function urlOf(address: string): string {
  const whole = /^https?:\/\//.test(address) ? address : `https://${address}`
  if (!URL.canParse(whole)) throw new ConfigurationError('Invalid API URL', `api_url is not an address: ${address}`)
  return whole.replace(/\/+$/, '')
}

async function checkKeys(api: DatadogApi): Promise<void> {
  try {
    const answer = (await api.call('GET', '/api/v1/validate')) as { valid?: unknown } | undefined
    if (answer?.valid === true) return
  } catch (error) {
    if ((error as { status?: number }).status !== 403)
      throw new ConfigurationError('Error validating Datadog client', `The keys could not be validated: ${(error as Error).message}`, error)
  }
  throw new ConfigurationError(
    'Invalid Datadog credentials',
    'Invalid or missing credentials provided to the Datadog Provider. Please confirm your API and APP keys are valid and are for the correct region (api_url).',
  )
}

function retrySettings(config: PlainObject): RetrySettings {
  const number = (name: string, whenAbsent: number): number => (typeof config[name] === 'number' ? config[name] : whenAbsent)
  return {
    enabled: config.http_client_retry_enabled !== 'false',
    timeoutMs: number('http_client_retry_timeout', 60) * 1000,
    backoffBaseMs: number('http_client_retry_backoff_base', 2) * 1000,
    backoffMultiplier: number('http_client_retry_backoff_multiplier', 2),
    maxRetries: number('http_client_retry_max_retries', 3),
  }
}

function defaultTags(config: PlainObject): Readonly<Record<string, string>> {
  const [block] = Array.isArray(config.default_tags) ? (config.default_tags as readonly PlainObject[]) : []
  const tags = block?.tags ?? null
  if (tags === null || typeof tags !== 'object') return {}
  return Object.fromEntries(Object.entries(tags as PlainObject).filter(([, value]) => typeof value === 'string')) as Record<string, string>
}

/** Undefined for null, unknown and the empty text alike. */
function text(plain: Plain | undefined): string | undefined {
  return typeof plain === 'string' && plain !== '' ? plain : undefined
}
