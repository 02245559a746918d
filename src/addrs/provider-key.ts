import { type AbsProviderConfig, defaultHost, type ProviderSource } from './addrs.ts'
import { absProviderConfigToString, providerSourceToString } from './format.ts'

/** OpenTofu's registry, which a provider source without a host means in its dialect. */
export const opentofuHost = 'registry.opentofu.org'

/** Registries that mean the same provider by the same name: Terraform's and OpenTofu's default ones. */
const defaultHosts: ReadonlySet<string> = new Set([defaultHost, opentofuHost])

/** The same text for sources that mean the same provider, and for no others. Not for people: see `providerSourceToString`. */
export function providerSourceKey(source: ProviderSource): string {
  return providerSourceToString(defaultHosts.has(source.host) ? { ...source, host: defaultHost } : source)
}

export function isSameProvider(a: ProviderSource, b: ProviderSource): boolean {
  return a === b || providerSourceKey(a) === providerSourceKey(b)
}

/** The same text for configurations of one provider that are called the same in the same module. */
export function absProviderConfigKey(config: AbsProviderConfig): string {
  const { source } = config
  return absProviderConfigToString(
    source.host !== defaultHost && defaultHosts.has(source.host) ? { ...config, source: { ...source, host: defaultHost } } : config,
  )
}
