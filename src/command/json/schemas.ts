import { type AbsProviderConfig, type ProviderSource, providerSourceToString, type Resource } from '../../addrs/index.ts'
import type { ProviderSchema } from '../../providers/index.ts'
import type { Schema } from '../../schema/index.ts'

/** The schemas of the providers that occur in a plan, state or configuration. */
export interface Schemas {
  provider(source: ProviderSource): ProviderSchema | undefined
  resource(source: ProviderSource, resource: Resource): Schema | undefined
}

/** Schemas that were fetched beforehand, by source text. */
export function schemasFrom(providers: ReadonlyMap<string, ProviderSchema>): Schemas {
  const provider = (source: ProviderSource): ProviderSchema | undefined => providers.get(providerSourceToString(source))
  return {
    provider,
    resource: (source, resource) =>
      resource.mode === 'data'
        ? provider(source)?.dataSource(resource.type)
        : resource.mode === 'managed'
          ? provider(source)?.resource(resource.type)
          : provider(source)?.ephemeralResource?.(resource.type),
  }
}

/** Distinct sources, in order of appearance. */
export function distinctSources(configs: Iterable<AbsProviderConfig>): readonly ProviderSource[] {
  const found = new Map<string, ProviderSource>()
  for (const config of configs) {
    const text = providerSourceToString(config.source)
    if (!found.has(text)) found.set(text, config.source)
  }
  return [...found.values()]
}
