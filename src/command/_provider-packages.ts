import { defaultHost, opentofuHost, type ProviderSource, parseProviderSource, providerSourceToString } from '../addrs/index.ts'
import type { Config } from '../config/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import { currentPlatform, type Platform, type ProviderToInstall, parsePlatform } from '../registry/index.ts'
import { loadConfiguration, readSettings, type Settings } from '../workdir/index.ts'
import { readRequirements } from '../workdir/init-providers.ts'
import type { CommandContext } from './context.ts'

/** The platforms that `-platform` names, this machine's where it names none. */
export function chosenPlatforms(texts: readonly string[], diags: Diagnostics): readonly Platform[] {
  const platforms = texts.flatMap((text) => {
    const platform = parsePlatform(text)
    if (platform !== undefined) return [platform]
    diags.error(
      'Invalid target platform',
      `The string ${JSON.stringify(text)} given in the -platform option is not a valid target platform: must be two words separated by an underscore.`,
    )
    return []
  })
  return texts.length === 0 ? [currentPlatform()] : platforms
}

/** The providers of the configuration here, or those of them that arguments name. */
export function configuredProviders(
  names: readonly string[],
  context: CommandContext,
  diags: Diagnostics,
): { readonly needed: readonly ProviderToInstall[]; readonly config: Config; readonly settings: Settings } {
  const settings = readSettings(context.environment, context.originalDir)
  const { config } = loadConfiguration(settings, diags, { anyVersion: true })
  const all = diags.hasErrors ? [] : readRequirements(config, undefined, diags)
  if (names.length === 0) return { needed: all, config, settings }
  const needed = names.flatMap((name) => {
    const source = parseProviderSource(name, context.dialect.kind === 'tofu' ? opentofuHost : defaultHost, diags)
    if (source === undefined) return []
    const found = all.find((one) => sameText(one.source, source))
    if (found !== undefined) return [found]
    diags.error('Invalid provider argument', `The provider ${providerSourceToString(source)} is not required by the current configuration.`)
    return []
  })
  return { needed, config, settings }
}

function sameText(a: ProviderSource, b: ProviderSource): boolean {
  return providerSourceToString(a) === providerSourceToString(b)
}
