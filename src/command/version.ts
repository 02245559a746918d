import { existsSync } from 'node:fs'
import { compareStrings } from '../base/index.ts'
import type { ProviderSelection } from '../workdir/index.ts'
import { landformVersion, terraformVersion } from '../workdir/versions.ts'
import { flag, parseFlags } from './arguments/flags.ts'
import { type CommandContext, failUsage, makeView } from './context.ts'

/** The platform as Terraform names it: `linux_amd64`. */
export function platform(): string {
  const systems: Readonly<Record<string, string>> = { win32: 'windows', sunos: 'solaris' }
  const machines: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' }
  return `${systems[process.platform] ?? process.platform}_${machines[process.arch] ?? process.arch}`
}

export async function versionCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(
    args,
    { json: { kind: 'bool' }, 'no-color': { kind: 'bool' }, v: { kind: 'bool' }, version: { kind: 'bool' } },
    context.dialect,
  )
  if (parsed.diags.length > 0) return failUsage(makeView(context, { colour: true, compactWarnings: false }), parsed.diags, 'version')
  const selections = await providerVersions(context)
  if (flag(parsed, 'json', false)) {
    const document = {
      terraform_version: terraformVersion,
      platform: platform(),
      provider_selections: Object.fromEntries(
        selections.flatMap(([source, version]) => (version === undefined ? [] : [[source, version]])),
      ),
      // OpenTofu does not look for newer versions.
      ...(context.dialect.kind === 'tofu' ? {} : { terraform_outdated: false }),
    }
    context.streams.out(`${JSON.stringify(document, undefined, 2)}\n`)
    return 0
  }
  const { product } = context.dialect
  context.streams.out(
    `${product} v${terraformVersion}\non ${platform()}\nLandform v${landformVersion}\n${selections.map(([source, version, from]) => `+ provider ${source}${version === undefined ? '' : ` v${version}`}${from === '' ? '' : ` (${from})`}\n`).join('')}`,
  )
  return 0
}

/** Who serves a provider, in a word or two; nothing for installed plugins, as with Terraform. */
type ServedProvider = readonly [source: string, version: string | undefined, from: string]

/** Anything that chooses a provider; without, there is nothing to tell and the configuration need not be read. */
const choices = ['LANDFORM_BUILTIN_PROVIDERS', 'LANDFORM_PROVIDERS', 'TF_REATTACH_PROVIDERS', 'TF_CLI_CONFIG_FILE']

/** The providers that the folder's configuration needs, and who serves them. No plugin is started for it. */
async function providerVersions(context: CommandContext): Promise<readonly ServedProvider[]> {
  const isProject = existsSync('environments/accounts.ts')
  if (!isProject && !existsSync('.terraform.lock.hcl') && !choices.some((name) => context.environment[name])) return []
  const [{ hasConfiguration, loadConfiguration, readSettings, selectProviders }, { providerSourceToString }, { Diagnostics }] =
    await Promise.all([import('../workdir/index.ts'), import('../addrs/index.ts'), import('../diags/index.ts')])
  let selections: readonly ProviderSelection[] = []
  if (hasConfiguration()) {
    const settings = readSettings(context.environment, context.originalDir)
    selections = selectProviders(loadConfiguration(settings, new Diagnostics()).config, undefined, settings)
  } else if (isProject) {
    const { environmentProviders } = await import('./_environment-providers.ts')
    // Environments that cannot be made, for whatever reason, are for other commands to tell.
    const environments = await environmentProviders(context, new Diagnostics()).catch(() => undefined)
    selections = (environments ?? []).flatMap((e) => e.selections)
  }
  const seen = new Set<string>()
  const found: ServedProvider[] = []
  for (const s of selections) {
    // Environments need the same ones.
    if (seen.size === seen.add(JSON.stringify(s)).size) continue
    const source = providerSourceToString(s.source)
    if (s.kind === 'builtin' && s.version !== undefined) found.push([source, s.version, 'built in'])
    if (s.kind === 'injected') found.push([source, s.version, `from ${s.file}`])
    if (s.kind === 'plugin') found.push([source, s.version, ''])
    if (s.kind === 'override') found.push([source, undefined, `from ${s.folder}`])
    if (s.kind === 'reattached') found.push([source, undefined, 'running already'])
  }
  return found.sort(([a], [b]) => compareStrings(a, b))
}
