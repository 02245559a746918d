import { builtinTerraform, type ProviderSource, providerSourceToString } from '../addrs/index.ts'
import { type Config, resolveProviderSources } from '../config/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import type { ProviderFactories } from '../engine/index.ts'
import type { Provider, ProviderSchema } from '../providers/index.ts'
import type { State } from '../states/index.ts'
import { missingProviderText, selectVersion, tryBuiltinProvider } from './builtin-providers.ts'
import { findInjected, injectedVersion } from './injected-providers.ts'
import { remoteStateReader } from './remote-state.ts'
import type { Settings } from './settings.ts'

/** Who serves a provider here. Built-in ones that stand in for a plugin follow one of its versions. */
export type ProviderSelection =
  | { readonly kind: 'builtin'; readonly source: ProviderSource; readonly version: string | undefined }
  | { readonly kind: 'injected'; readonly source: ProviderSource; readonly version: string; readonly file: string }
  | { readonly kind: 'missing'; readonly source: ProviderSource; readonly reason: string }

/** The one door to providers. What is not part of this program is missing, until plugins can be started. */
export function providerFactories(settings: Settings, config: Config | undefined): ProviderFactories {
  const constraints = constraintsOf(config)
  const find = (source: ProviderSource): ProviderSelection =>
    selectProvider(source, constraints.get(providerSourceToString(source)), settings)
  return {
    async open(source): Promise<Provider | undefined> {
      const found = find(source)
      if (found.kind === 'missing') return undefined
      if (found.kind === 'injected') return findInjected(settings.providers.injected, source)!.open()
      if (found.version !== undefined) return tryBuiltinProvider(source)!.open(found.version, settings.providers)
      const { terraformProvider } = await import('../builtin/terraform/index.ts')
      return terraformProvider({ readState: remoteStateReader(settings.environment, settings.providers.plannedStates) })
    },
    async schemaOf(source): Promise<ProviderSchema | undefined> {
      const found = find(source)
      if (found.kind === 'missing') return undefined
      if (found.kind === 'injected') return (await findInjected(settings.providers.injected, source)!.open()).schema()
      if (found.version !== undefined) return tryBuiltinProvider(source)!.schema(found.version)
      const { terraformProviderSchema } = await import('../builtin/terraform/index.ts')
      return terraformProviderSchema
    },
  }
}

function constraintsOf(config: Config | undefined): ReadonlyMap<string, readonly string[]> {
  if (config === undefined) return new Map()
  return new Map([...resolveProviderSources(config)].map(([text, { constraints }]) => [text, constraints]))
}

export function selectProvider(source: ProviderSource, constraints: readonly string[] = [], settings: Settings): ProviderSelection {
  if (providerSourceToString(source) === providerSourceToString(builtinTerraform)) return { kind: 'builtin', source, version: undefined }
  const injected = findInjected(settings.providers.injected, source)
  if (injected !== undefined) return { kind: 'injected', source, version: injectedVersion(injected, constraints), file: injected.file }
  const isChosen = tryBuiltinProvider(source) !== undefined && settings.providers.builtin.has(source.type)
  const version = isChosen ? selectVersion(source, constraints) : undefined
  if (version !== undefined) return { kind: 'builtin', source, version }
  return { kind: 'missing', source, reason: missingProviderText(source, constraints, isChosen) }
}

/** Who serves each provider that a configuration and a state need between them. */
export function selectProviders(config: Config | undefined, state: State | undefined, settings: Settings): readonly ProviderSelection[] {
  const constraints = constraintsOf(config)
  return neededProviders(config, state).map((source) => selectProvider(source, constraints.get(providerSourceToString(source)), settings))
}

/** Reports the providers that nobody serves. */
export function checkProviders(config: Config | undefined, state: State | undefined, settings: Settings, diags: Diagnostics): void {
  for (const selection of selectProviders(config, state, settings)) {
    if (selection.kind === 'missing') diags.error('Provider not supported yet', selection.reason)
  }
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
