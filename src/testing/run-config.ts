import { type AbsProviderConfig, type LocalProviderConfig, providerSourceToString } from '../addrs/index.ts'
import { type Config, type ProviderConfig, providerSourceFor } from '../config/index.ts'
import type { Diagnostics, SourceRange } from '../diags/index.ts'
import type { NativeBody } from '../hcl/index.ts'
import { providerKey } from './parse.ts'
import type { MockProvider, RealProvider, TestFile, TestProvider, TestRun } from './test-file.ts'

/** The module under test as a run sees it. */
export interface RunConfig {
  readonly config: Config
  /** Who configures a provider of the root module in place of its own block, by `providerText`. */
  readonly providers: ReadonlyMap<string, TestProvider>
}

/** A configuration of a provider by source and alias, whatever it is called where. */
export function providerText(address: Pick<AbsProviderConfig, 'source' | 'alias'>): string {
  return address.alias === undefined ? providerSourceToString(address.source) : `${providerSourceToString(address.source)}.${address.alias}`
}

/**
 * Puts the providers of a test file in place of those of the module: all of them by their names, or, where the run says which, those alone. Undefined
 * when the run names one that is not there, which is reported.
 */
export function runConfig(base: Config, run: TestRun, file: TestFile, diags: Diagnostics): RunConfig | undefined {
  const { module } = base
  const providerConfigs = new Map(module.providerConfigs)
  const providers = new Map<string, TestProvider>()
  const put = (name: LocalProviderConfig, provider: TestProvider): void => {
    providerConfigs.set(providerKey(name), placeholder(name, provider))
    providers.set(providerText({ source: providerSourceFor(module, name.localName), alias: name.alias }), provider)
  }
  if (run.providers === undefined) {
    for (const provider of file.providers.values()) put(provider.kind === 'mock' ? provider.name : provider.config, provider)
  } else {
    for (const { inChild, inParent, range } of run.providers) {
      const key = providerKey(inParent)
      const provider = file.providers.get(key)
      const own = module.providerConfigs.get(key)
      if (provider !== undefined) put(inChild, provider)
      else if (own !== undefined) providerConfigs.set(providerKey(inChild), { ...own, ...inChild })
      else {
        diags.error(`Missing provider definition for ${key}`, 'This provider block references a provider definition that does not exist.', {
          subject: range,
        })
        return undefined
      }
    }
  }
  return { config: { ...base, module: { ...module, providerConfigs, backend: undefined } }, providers }
}

/** Stands where the module has, or would have, a block of its own; what it says comes from the test file. */
function placeholder(name: LocalProviderConfig, provider: RealProvider | MockProvider): ProviderConfig {
  const range = provider.kind === 'mock' ? provider.range : provider.config.range
  const version = provider.kind === 'mock' ? undefined : provider.config.version
  return { localName: name.localName, alias: name.alias, version, forEach: undefined, body: emptyBody(range), range }
}

function emptyBody(range: SourceRange): NativeBody {
  const end = { ...range, start: range.end }
  return { kind: 'native', attributes: new Map(), blocks: [], range, endRange: end }
}
