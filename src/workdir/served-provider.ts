import { defaultHost, type ProviderSource, parseProviderSource } from '../addrs/index.ts'
import { parseVersion } from '../base/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import type { Provider } from '../providers/index.ts'
import { builtinProviderNames, tryBuiltinProvider } from './builtin-providers.ts'
import { loadInjectedFile } from './injected-providers.ts'
import type { Environment } from './settings.ts'

/** A provider that can be served to other programs: a built-in one, or that of a file. */
export interface ServableProvider {
  readonly source: ProviderSource
  readonly version: string
  open(): Promise<Provider>
}

/**
 * The built-in provider of a name such as `aws` or `hashicorp/aws`.
 *
 * @param version one that it follows; the preferred one when not given.
 */
export function builtinToServe(
  name: string,
  version: string | undefined,
  environment: Environment,
  diags: Diagnostics,
): ServableProvider | undefined {
  const source = sourceOfName(name, diags)
  if (source === undefined) return undefined
  const builtin = tryBuiltinProvider(source)
  if (builtin === undefined) {
    diags.error(
      'No such provider',
      `There is no built-in provider ${name}. Those that can be served are ${builtinProviderNames().join(', ')}.`,
    )
    return undefined
  }
  const chosen = version ?? builtin.versions[0]!
  if (!builtin.versions.includes(chosen)) {
    diags.error('No such version', `The built-in provider ${name} follows ${builtin.versions.join(', ')}, and not ${chosen}.`)
    return undefined
  }
  return { source, version: chosen, open: () => builtin.open(chosen, { environment }) }
}

function sourceOfName(name: string, diags: Diagnostics): ProviderSource | undefined {
  // Most are HashiCorp's, and the few others have names of their own.
  const namespaces = name.includes('/') ? [''] : ['hashicorp/', `${name}/`]
  const found = namespaces.map((namespace) => parseProviderSource(namespace + name, defaultHost, diags)).filter((s) => s !== undefined)
  return found.find((source) => tryBuiltinProvider(source) !== undefined) ?? found[0]
}

/** The provider of a JavaScript file that default-exports `{ source, versions, provider() }`. */
export async function fileToServe(file: string, version: string | undefined, diags: Diagnostics): Promise<ServableProvider | undefined> {
  const loaded = await loadInjectedFile(file, diags)
  if (loaded === undefined) return undefined
  const chosen = version ?? loaded.versions[0]!
  if (parseVersion(chosen) === undefined) {
    diags.error('No such version', `${JSON.stringify(chosen)} is not a version such as "1.2.3".`)
    return undefined
  }
  return { source: loaded.source, version: chosen, open: () => loaded.open() }
}
