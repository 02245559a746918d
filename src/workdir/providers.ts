import { builtinTerraform, type ProviderSource, providerSourceToString } from '../addrs/index.ts'
import { type Config, resolveProviderSources } from '../config/index.ts'
import type { ProviderFactories } from '../engine/index.ts'
import type { Provider, ProviderSchema } from '../providers/index.ts'
import type { State } from '../states/index.ts'

/** How a provider is served here. */
export type ProviderKind = 'builtin' | 'missing'

/** The one door to providers. What is not part of this program is missing, until plugins can be started. */
export function providerFactories(): ProviderFactories {
  return {
    async open(source): Promise<Provider | undefined> {
      if (providerKind(source) !== 'builtin') return undefined
      const { terraformProvider } = await import('../builtin/terraform/index.ts')
      return terraformProvider()
    },
    async schemaOf(source): Promise<ProviderSchema | undefined> {
      if (providerKind(source) !== 'builtin') return undefined
      const { terraformProviderSchema } = await import('../builtin/terraform/index.ts')
      return terraformProviderSchema
    },
  }
}

export function providerKind(source: ProviderSource): ProviderKind {
  return providerSourceToString(source) === providerSourceToString(builtinTerraform) ? 'builtin' : 'missing'
}

/** The providers that a configuration and a state need between them. */
export function neededProviders(config: Config | undefined, state: State | undefined): readonly ProviderSource[] {
  const found = new Map<string, ProviderSource>()
  if (config !== undefined) for (const [text, { source }] of resolveProviderSources(config)) found.set(text, source)
  for (const resource of state?.resources.values() ?? []) {
    const text = providerSourceToString(resource.provider.source)
    if (!found.has(text)) found.set(text, resource.provider.source)
  }
  return [...found.values()]
}

/** Their schemas as far as they are at hand, by source text. */
export async function loadSchemas(
  sources: readonly ProviderSource[],
  factories: ProviderFactories,
): Promise<ReadonlyMap<string, ProviderSchema>> {
  const schemas = new Map<string, ProviderSchema>()
  for (const source of sources) {
    const schema = await factories.schemaOf(source)
    if (schema !== undefined) schemas.set(providerSourceToString(source), schema)
  }
  return schemas
}
