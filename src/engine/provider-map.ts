import {
  type AbsProviderConfig,
  isSameProvider,
  type LocalProviderConfig,
  type ModulePath,
  type ProviderSource,
  providerSourceKey,
} from '../addrs/index.ts'
import { type Config, configAt, type ProviderConfig, providerConfigFor, providerSourceFor } from '../config/index.ts'
import type { ProviderSchema } from '../providers/index.ts'

/** Which provider configuration a name inside a module means. */
export interface ProviderMap {
  /** An alias that nobody declares has been reported by the loader; it is answered as if the root module had it. */
  configOf(path: ModulePath, local: LocalProviderConfig): AbsProviderConfig
  sourceOf(config: Config, localName: string): ProviderSource
  schemaOf(schemas: ReadonlyMap<string, ProviderSchema>, source: ProviderSource): ProviderSchema | undefined
}

export function providerMap(root: Config): ProviderMap {
  const known = new Map<string, AbsProviderConfig>()
  const keys = new WeakMap<ProviderSource, string>()
  return {
    sourceOf: (config, localName) => providerSourceFor(config.module, localName),
    configOf: (path, local) => {
      // One object for all that use a configuration, so that it can be looked up by identity.
      const key = `${path.join('.')}|${local.localName}|${local.alias ?? ''}`
      let found = known.get(key)
      if (found === undefined) {
        const config = configAt(root, path) ?? root
        found = providerConfigFor(root, path, local) ?? {
          module: [],
          source: providerSourceFor(config.module, local.localName),
          alias: local.alias,
        }
        known.set(key, found)
      }
      return found
    },
    schemaOf: (schemas, source) => {
      let key = keys.get(source)
      if (key === undefined) keys.set(source, (key = providerSourceKey(source)))
      return schemas.get(key)
    },
  }
}

/** The module that holds a configuration, and its block when there is one. */
export function providerBlockOf(
  root: Config,
  map: ProviderMap,
  address: AbsProviderConfig,
): { readonly config: Config; readonly block: ProviderConfig | undefined } {
  const config = configAt(root, address.module)
  if (config === undefined) return { config: root, block: undefined }
  for (const block of config.module.providerConfigs.values()) {
    if (block.alias === address.alias && isSameProvider(map.sourceOf(config, block.localName), address.source)) return { config, block }
  }
  return { config, block: undefined }
}
