import { type ProviderSource, providerSourceToString } from '../addrs/index.ts'
import { parseConstraints, parseVersion, versionSatisfies } from '../base/index.ts'
import type { Value } from '../cty/index.ts'
import type { Provider, ProviderSchema } from '../providers/index.ts'

/** What built-in providers are given beside their configuration. */
export interface ProviderSurroundings {
  /** Environment variables for credentials and endpoints; those of the process when not given. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
  /** Told of each configuration of a provider, with a look at the requests it has sent so far, by operation. */
  readonly onConfigure?: ((provider: string, requests: () => ReadonlyMap<string, number>) => void) | undefined
  /** States that are planned in the same run, for `terraform_remote_state`. */
  readonly plannedStates?: PlannedStates | undefined
}

/**
 * What a state is going to be, where that is known better than by reading it: undefined for all others. `pending` outputs may hold unknowns and are
 * read again when applying; the others are there already.
 */
export type PlannedStates = (
  backend: string,
  config: Readonly<Record<string, unknown>>,
  workspace: string,
) => { readonly outputs: ReadonlyMap<string, Value>; readonly pending: boolean } | undefined

/** A provider that is part of this program and stands in for a plugin. */
interface BuiltinProvider {
  /** Versions of the plugin whose schemas and states it follows, the preferred one first. */
  readonly versions: readonly string[]
  open(version: string, surroundings: ProviderSurroundings): Promise<Provider>
  schema(version: string): Promise<ProviderSchema>
}

/** A provider without surroundings, whose schema is at hand once it is loaded. */
function utility(versions: string, load: (version: string) => Promise<Provider>): BuiltinProvider {
  return {
    versions: versions.split(' '),
    open: load,
    schema: async (version) => (await load(version)).schema(),
  }
}

/** By namespace and type, from any registry. */
const builtinProviders: Readonly<Record<string, BuiltinProvider>> = {
  'hashicorp/aws': {
    versions: ['6.25.0', '5.100.0'],
    async open(version, { environment, onConfigure }) {
      const { awsProvider } = await import('../builtin/aws/index.ts')
      return awsProvider({
        flavour: awsFlavour(version),
        surroundings: environment === undefined ? undefined : { env: environment as NodeJS.ProcessEnv },
        onConfigure: onConfigure === undefined ? undefined : ({ session }) => onConfigure('aws', () => session.requests),
      })
    },
    async schema(version) {
      const { awsProviderSchema } = await import('../builtin/aws/index.ts')
      return awsProviderSchema(awsFlavour(version))
    },
  },
  'datadog/datadog': {
    versions: ['3.82.0'],
    async open(_version, { environment, onConfigure }) {
      const { datadogProvider } = await import('../builtin/datadog/index.ts')
      return datadogProvider({
        environment,
        onConfigure: onConfigure === undefined ? undefined : (api) => onConfigure('datadog', () => api.requests),
      })
    },
    async schema() {
      const { datadogProviderSchema } = await import('../builtin/datadog/index.ts')
      return datadogProviderSchema()
    },
  },
  'hashicorp/null': utility('3.2.4 3.2.3 3.2.2 3.2.1 3.2.0 3.1.1 3.1.0 3.0.0', async () =>
    (await import('../builtin/null/index.ts')).nullProvider(),
  ),
  'hashicorp/random': utility(
    '3.9.1 3.9.0 3.8.1 3.8.0 3.7.2 3.7.1 3.6.3 3.6.2 3.6.1 3.6.0 3.5.1 3.4.3 3.4.2 3.4.1 3.4.0 3.3.2 3.3.1 3.3.0 3.2.0 3.1.3 3.1.2 3.1.0 3.0.1 3.0.0',
    async (version) => (await import('../builtin/random/index.ts')).randomProvider({ version }),
  ),
  'hashicorp/time': utility('0.14.0 0.13.1 0.13.0 0.12.1 0.12.0 0.11.2 0.11.1 0.10.0 0.9.2 0.9.1', async (version) =>
    (await import('../builtin/time/index.ts')).timeProvider({ version }),
  ),
  'hashicorp/tls': utility('4.4.1 4.4.0 4.3.0 4.2.1 4.2.0 4.1.0 4.0.6 4.0.5 4.0.4 4.0.3 4.0.2 4.0.1 4.0.0', async (version) =>
    (await import('../builtin/tls/index.ts')).tlsProvider({ version }),
  ),
  'hashicorp/external': utility('2.3.5 2.3.4 2.3.3 2.3.2 2.3.1 2.2.3 2.2.2 2.1.0 2.0.0', async () =>
    (await import('../builtin/external/index.ts')).externalProvider(),
  ),
  'hashicorp/http': utility('3.6.1 3.6.0 3.5.0 3.4.5 3.4.4 3.4.3 3.4.2 3.4.1 3.4.0 3.3.0 3.2.1 3.1.0 3.0.1', async () =>
    (await import('../builtin/http/index.ts')).httpProvider(),
  ),
  'hashicorp/archive': utility('2.7.1 2.7.0 2.6.0 2.5.0 2.4.2 2.4.1 2.4.0 2.3.0 2.2.0', async () =>
    (await import('../builtin/archive/index.ts')).archiveProvider(),
  ),
  'hashicorp/local': utility(
    '2.9.0 2.8.0 2.7.0 2.6.2 2.6.1 2.6.0 2.5.3 2.5.2 2.5.1 2.4.1 2.4.0 2.3.0 2.2.3 2.2.2 2.1.0 2.0.0',
    async (version) => (await import('../builtin/local/index.ts')).localProvider({ version }),
  ),
}

function awsFlavour(version: string): 5 | 6 {
  return version.startsWith('5.') ? 5 : 6
}

export function tryBuiltinProvider(source: ProviderSource): BuiltinProvider | undefined {
  return builtinProviders[`${source.namespace}/${source.type}`]
}

/** The names by which built-in providers are chosen, such as `aws`. */
export function builtinProviderNames(): readonly string[] {
  return Object.keys(builtinProviders).map((source) => source.split('/')[1]!)
}

/**
 * The version a built-in provider is to follow: the first one that meets all constraints; the preferred one where there are none.
 * Undefined: no version it knows is allowed.
 */
export function selectVersion(source: ProviderSource, constraints: readonly string[]): string | undefined {
  const builtin = tryBuiltinProvider(source)
  const terms = constraints.flatMap((text) => parseConstraints(text) ?? [])
  return builtin?.versions.find((version) => versionSatisfies(parseVersion(version)!, terms))
}

/** Why a provider cannot be used: whole sentences with the remedy. */
export function missingProviderText(source: ProviderSource, constraints: readonly string[], isChosen: boolean): string {
  const name = providerSourceToString(source)
  const builtin = tryBuiltinProvider(source)
  const plugins = 'Provider plugins are not supported yet by this release of Landform'
  if (builtin === undefined) {
    return `The configuration needs the provider ${name}. ${plugins}; only providers that are part of it can be used: ${builtinProviderNames().join(', ')}.`
  }
  if (isChosen) {
    return `The built-in provider for ${name} follows ${builtin.versions.join(' and ')}, none of which meets the version constraint ${constraints.join(', ')}.`
  }
  return `The configuration needs the provider ${name}. ${plugins}, but it has a provider of its own for this one. To use it, set the environment variable LANDFORM_BUILTIN_PROVIDERS:\n  export LANDFORM_BUILTIN_PROVIDERS=${source.type}`
}
