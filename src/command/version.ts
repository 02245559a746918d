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
  const parsed = parseFlags(args, { json: { kind: 'bool' }, 'no-color': { kind: 'bool' }, v: { kind: 'bool' }, version: { kind: 'bool' } })
  if (parsed.diags.length > 0) return failUsage(makeView(context, { colour: true, compactWarnings: false }), parsed.diags, 'version')
  if (flag(parsed, 'json', false)) {
    const document = { terraform_version: terraformVersion, platform: platform(), provider_selections: {}, terraform_outdated: false }
    context.streams.out(`${JSON.stringify(document, undefined, 2)}\n`)
    return 0
  }
  const { product } = context.dialect
  context.streams.out(`${product} v${terraformVersion}\non ${platform()}\nLandform v${landformVersion}\n`)
  return 0
}
