import { builtinTerraform, type ProviderSource, providerSourceToString } from '../addrs/index.ts'
import { assertNever, compareStrings } from '../base/index.ts'
import { type Config, resolveProviderSources } from '../config/index.ts'
import { Diagnostics } from '../diags/index.ts'
import type { ProviderFactories } from '../engine/index.ts'
import { giveUpPendingCalls } from '../engine/pending-calls.ts'
import type { Provider, ProviderSchema } from '../providers/index.ts'
import { checkLocked, readLockFile, reportUnusable } from '../registry/installed.ts'
import type { DependencyLocks } from '../registry/lock-file.ts'
import { findByTwin, twinSource } from '../registry/provider-sources.ts'
import type { State } from '../states/index.ts'
import { backendArguments } from './backend-types.ts'
import { selectVersion, tryBuiltinProvider } from './builtin-providers.ts'
import { findInjected, injectedVersion } from './injected-providers.ts'
import {
  checkReattachments,
  cliConfigOf,
  openPlugin,
  type PluginSelection,
  refusedDevelopment,
  schemaAtHand,
  selectDevelopment,
  selectInstalled,
} from './plugin-providers.ts'
import { checkPolicy, readPolicy, refusedProvider } from './policy.ts'
import { remoteStateReader } from './remote-state.ts'
import { dialectOf, type Settings } from './settings.ts'

/** Who serves a provider here. Built-in ones that stand in for a plugin follow one of its versions. */
export type ProviderSelection =
  | PluginSelection
  | { readonly kind: 'builtin'; readonly source: ProviderSource; readonly version: string | undefined }
  | { readonly kind: 'injected'; readonly source: ProviderSource; readonly version: string; readonly file: string }
  /** `toInstall`: a plugin that `init` has yet to install. */
  | { readonly kind: 'missing'; readonly source: ProviderSource; readonly reason: string; readonly toInstall: boolean }

export interface WorkdirProviders extends ProviderFactories {
  /** The schema, if it can be had without starting a plugin. */
  schemaAtHand(source: ProviderSource): Promise<ProviderSchema | undefined>
}

let isWatching = false

/** A provider in this process may wait for something that never happens: without this the process would end in the middle, saying nothing. */
function watchForSilence(): void {
  if (isWatching) return
  isWatching = true
  process.on('beforeExit', giveUpPendingCalls)
}

/** The one door to providers. What cannot be started is reported by a `DiagnosticError`. */
export function providerFactories(settings: Settings, config: Config | undefined): WorkdirProviders {
  const constraints = constraintsOf(config)
  const selected = new Map<string, ProviderSelection>()
  const locks = lazyLocks(settings)
  const find = (source: ProviderSource): ProviderSelection => {
    const key = providerSourceToString(source)
    let found = selected.get(key)
    if (found === undefined) {
      found = selectProvider(source, constraints.get(key), settings, locks())
      // What is missing may be installed by somebody meanwhile.
      if (found.kind !== 'missing') selected.set(key, found)
    }
    return found
  }
  const schemaOf = async (source: ProviderSource, mayStart: boolean): Promise<ProviderSchema | undefined> => {
    const found = find(source)
    switch (found.kind) {
      case 'missing':
        return undefined
      case 'reattached':
      case 'override':
      case 'plugin':
        return mayStart ? (await openPlugin(found, settings)).schema() : schemaAtHand(found, settings)
      case 'injected':
        return (await findInjected(settings.providers.injected, source)!.open()).schema()
      case 'builtin': {
        if (found.version !== undefined) return tryBuiltinProvider(source)!.schema(found.version)
        const { terraformProviderSchema } = await import('../builtin/terraform/index.ts')
        return terraformProviderSchema
      }
      default:
        return assertNever(found)
    }
  }
  return {
    async open(source): Promise<Provider | undefined> {
      watchForSilence()
      const found = find(source)
      switch (found.kind) {
        case 'missing':
          return undefined
        case 'reattached':
        case 'override':
        case 'plugin':
          return (await openPlugin(found, settings)).provider()
        case 'injected':
          return findInjected(settings.providers.injected, source)!.open()
        case 'builtin': {
          if (found.version !== undefined) return tryBuiltinProvider(source)!.open(found.version, settings.providers)
          const { terraformProvider } = await import('../builtin/terraform/index.ts')
          return terraformProvider({
            backendArguments,
            readState: remoteStateReader(settings.environment, settings.providers.plannedStates, settings.providers.remoteStateSeals),
          })
        }
        default:
          return assertNever(found)
      }
    },
    schemaOf: (source) => schemaOf(source, true),
    schemaAtHand: (source) => schemaOf(source, false),
  }
}

function lazyLocks({ lockPath }: Settings): () => DependencyLocks {
  let locks: DependencyLocks | undefined
  return () => (locks ??= readLockFile(new Diagnostics(), lockPath))
}

function constraintsOf(config: Config | undefined): ReadonlyMap<string, readonly string[]> {
  if (config === undefined) return new Map()
  return new Map([...resolveProviderSources(config)].map(([text, { constraints }]) => [text, constraints]))
}

/**
 * Who serves a provider: one under development, else an injected one, else the built-in one where that is chosen, else what `init` has
 * installed. A provider that a user trusts is never swapped for another without having been asked for.
 */
export function selectProvider(
  source: ProviderSource,
  constraints: readonly string[] = [],
  settings: Settings,
  locks: DependencyLocks = readLockFile(new Diagnostics(), settings.lockPath),
): ProviderSelection {
  const local = selectLocal(source, constraints, settings)
  if (local !== undefined) return local
  const installed = selectInstalled(source, settings, locks)
  return installed ?? { kind: 'missing', source, reason: notInstalledText(source), toInstall: true }
}

/** As `selectProvider`, but undefined for a provider that has to be installed. */
export function selectLocal(
  source: ProviderSource,
  constraints: readonly string[] = [],
  settings: Settings,
): Exclude<ProviderSelection, { kind: 'plugin' }> | undefined {
  if (providerSourceToString(source) === providerSourceToString(builtinTerraform)) return { kind: 'builtin', source, version: undefined }
  const missing = (reason: string) => ({ kind: 'missing', source, reason, toInstall: false }) as const
  const refused = refusedProvider(source, readPolicy(settings.environment))
  if (refused !== undefined) return missing(refused)
  const development = selectDevelopment(source, settings)
  if (development !== undefined && development.kind !== 'plugin') {
    const reason = refusedDevelopment(development, settings.environment)
    return reason === undefined ? development : missing(reason)
  }
  const injected = findInjected(settings.providers.injected, source)
  if (injected !== undefined) return { kind: 'injected', source, version: injectedVersion(injected, constraints), file: injected.file }
  if (!isBuiltinChosen(source, settings)) return undefined
  const version = selectVersion(source, constraints)
  return version === undefined ? missing(builtinMismatchText(source, constraints)) : { kind: 'builtin', source, version }
}

/** Why the built-in provider that was chosen cannot be used. */
function builtinMismatchText(source: ProviderSource, constraints: readonly string[]): string {
  const { versions } = tryBuiltinProvider(source)!
  return `The built-in provider for ${providerSourceToString(source)} follows ${versions.join(', ')}, none of which meets the version constraint ${constraints.join(', ')}. Leave it out of LANDFORM_BUILTIN_PROVIDERS to use the plugin.`
}

/** A clause that names the provider. */
function notInstalledText(source: ProviderSource): string {
  const remedy = tryBuiltinProvider(source) === undefined ? '' : ` (or choose the built-in one: LANDFORM_BUILTIN_PROVIDERS=${source.type})`
  return `${providerSourceToString(source)}: it is not installed${remedy}`
}

/** Whether a built-in provider is named: by its source address, complete or not, its type, or `all`; `none` wins. */
function isBuiltinChosen(source: ProviderSource, settings: Settings): boolean {
  if (tryBuiltinProvider(source) === undefined) return false
  const chosen = namedBuiltins(settings)
  if (chosen.has('none')) return false
  const twin = twinSource(source)
  const names = ['all', source.type, `${source.namespace}/${source.type}`, providerSourceToString(source)]
  if (twin !== undefined) names.push(providerSourceToString(twin))
  return names.some((name) => chosen.has(name))
}

/** LANDFORM_BUILTIN_PROVIDERS, or else `builtin_providers` of the CLI configuration. */
export function namedBuiltins({ providers, environment }: Pick<Settings, 'providers' | 'environment'>): ReadonlySet<string> {
  const given = [...providers.builtin].filter((name) => name !== '')
  return given.length > 0 ? new Set(given) : new Set(cliConfigOf(environment).builtinProviders ?? [])
}

/** Who serves each provider that a configuration and a state need between them. Nothing is started for it. */
export function selectProviders(config: Config | undefined, state: State | undefined, settings: Settings): readonly ProviderSelection[] {
  const constraints = constraintsOf(config)
  const locks = lazyLocks(settings)
  return neededProviders(config, state).map((source) => {
    const key = providerSourceToString(source)
    return selectLocal(source, constraints.get(key), settings) ?? selectProvider(source, constraints.get(key), settings, locks())
  })
}

/**
 * Reports the providers that nobody serves, and what the policy refuses.
 *
 * @param purpose who only validates is told of each provider that was never installed, and not of the lock file.
 */
export function checkProviders(
  config: Config | undefined,
  state: State | undefined,
  settings: Settings,
  diags: Diagnostics,
  purpose: 'validate' | 'run' = 'run',
): void {
  const { environment } = settings
  checkPolicy(config, readPolicy(environment), diags)
  checkReattachments(environment, diags)
  const constraints = constraintsOf(config)
  const selections = selectProviders(config, state, settings)
  for (const selection of selections) {
    if (selection.kind === 'missing' && !selection.toInstall) diags.error('Provider not available', selection.reason)
  }
  const plugins = selections
    .filter((s) => s.kind === 'plugin' || (s.kind === 'missing' && s.toInstall))
    .sort((a, b) => compareStrings(providerSourceToString(a.source), providerSourceToString(b.source)))
  if (plugins.length === 0) return
  const locks = readLockFile(diags, settings.lockPath)
  const tool = dialectOf(environment)
  const command = environment.LANDFORM_COMMAND ?? tool
  const unlocked = purpose === 'run' ? [] : plugins.filter((s) => s.kind === 'missing' && findByTwin(locks, s.source) === undefined)
  for (const { source } of unlocked) {
    const detail = `This configuration requires provider ${providerSourceToString(source)}, but that provider isn't available. You may be able to install it automatically by running:\n  ${command} init`
    diags.error('Missing required provider', detail)
  }
  const required = plugins
    .filter((selection) => !unlocked.includes(selection))
    .map(({ source }) => ({ source, constraints: constraints.get(providerSourceToString(source)) ?? [] }))
  checkLocked(required, locks, command, diags)
  const absent = plugins.flatMap((s) => (s.kind === 'missing' && findByTwin(locks, s.source) !== undefined ? [s.reason] : []))
  reportUnusable(absent, tool === 'tofu' ? 'OpenTofu' : 'Terraform', command, diags)
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

/** Their schemas as far as they are at hand, by source text: no plugin is started. */
export async function loadSchemas(
  sources: readonly ProviderSource[],
  factories: WorkdirProviders,
): Promise<ReadonlyMap<string, ProviderSchema>> {
  const schemas = new Map<string, ProviderSchema>()
  for (const source of sources) {
    const schema = await factories.schemaAtHand(source)
    if (schema !== undefined) schemas.set(providerSourceToString(source), schema)
  }
  return schemas
}
