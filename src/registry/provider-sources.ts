import { builtinTerraform, defaultHost, opentofuHost, type ProviderSource, providerSourceToString } from '../addrs/index.ts'

/**
 * The same provider under the other of the two default registries, which hold the same packages; undefined for providers
 * of other hosts. Entries of lock files and mirrors under either name serve both.
 */
export function twinSource(source: ProviderSource): ProviderSource | undefined {
  if (source.host === defaultHost) return { ...source, host: opentofuHost }
  return source.host === opentofuHost ? { ...source, host: defaultHost } : undefined
}

/** The value under a source's own name, else under that of its twin. */
export function findByTwin<T>(map: ReadonlyMap<string, T>, source: ProviderSource): T | undefined {
  const twin = twinSource(source)
  return map.get(providerSourceToString(source)) ?? (twin === undefined ? undefined : map.get(providerSourceToString(twin)))
}

/** Providers inside the program itself, `terraform.io/builtin/*`: never installed, never locked. */
export function isBuiltinSource(source: ProviderSource): boolean {
  return source.host === builtinTerraform.host && source.namespace === builtinTerraform.namespace
}
