import { type ServiceName, services } from './services.ts'
import type { SharedConfig } from './shared-config.ts'

export interface EndpointSources {
  /** Endpoints of the settings by service name. */
  readonly endpoints: Readonly<Record<string, string>>
  readonly env: NodeJS.ProcessEnv
  readonly shared: SharedConfig
  readonly profile: string
}

/** Where a service is reached instead of AWS's own endpoint; undefined for that one. The first source that names one wins. */
export function endpointFor(service: ServiceName | 'dynamodb', sources: EndpointSources): string | undefined {
  const { endpoints, env, shared } = sources
  const name = service === 'dynamodb' ? 'DYNAMODB' : services[service].endpointName
  if (endpoints[service]) return endpoints[service]
  if (isTrue(env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS)) return undefined
  const fromEnv = env[`AWS_ENDPOINT_URL_${name}`] || env.AWS_ENDPOINT_URL
  if (fromEnv) return fromEnv
  const profile = shared.profile(sources.profile)
  if (profile === undefined || isTrue(profile.get('ignore_configured_endpoint_urls'))) return undefined
  const section = profile.get('services')
  const own = section === undefined ? undefined : shared.services(section)?.get(`${name.toLowerCase()}.endpoint_url`)
  return own || profile.get('endpoint_url') || undefined
}

function isTrue(text: string | undefined): boolean {
  return text?.toLowerCase() === 'true'
}

/** Whether an endpoint is on this machine: an emulator, which answers at once and has no names for buckets or accounts. */
export function isLoopback(endpoint: string | undefined): boolean {
  if (endpoint === undefined || !URL.canParse(endpoint)) return false
  const host = new URL(endpoint).hostname
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d+){3}$/.test(host)
}
