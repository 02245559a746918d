import { chmodSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { formatProviderSource } from '../addrs/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { openServable } from './_servable.ts'
import { flag, optionalFlag, parseFlags } from './arguments/flags.ts'
import { type CommandContext, failUsage, makeView } from './context.ts'
import { platform } from './version.ts'

/** Writes a provider into a filesystem mirror, from which Terraform, OpenTofu and Landform install it. */
export async function providerPackageCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(argv, { dir: { kind: 'string' }, release: { kind: 'string' }, 'no-color': { kind: 'bool' } }, context.dialect)
  const view = makeView(context, { colour: !flag(parsed, 'no-color', false), compactWarnings: false })
  const usage = new Diagnostics()
  usage.addAll(parsed.diags)
  const [name, ...others] = parsed.positional
  if (name === undefined || others.length > 0) {
    usage.error('One provider is needed', 'The command "provider package" takes the name of a built-in provider, such as aws, or a file.')
  }
  const dir = optionalFlag<string>(parsed, 'dir')
  if (dir === undefined || dir === '') usage.error('Folder needed', 'The option -dir names the folder of the mirror.')
  if (process.platform === 'win32')
    usage.error('Not supported on Windows', 'The package is started by a shell script, which Windows cannot run.')
  if (usage.hasErrors) return failUsage(view, usage.items, 'provider package')
  const diags = new Diagnostics()
  const servable = await openServable(name!, optionalFlag(parsed, 'release'), { bundle: true }, context, diags)
  view.diagnostics(diags.items)
  if (servable === undefined || diags.hasErrors) return 1
  const { source, version } = servable.provider
  const mirror = resolve(context.originalDir, dir!)
  const folder = join(mirror, source.host.replace(':', '_'), source.namespace, source.type, version, platform())
  const program = join(folder, `terraform-provider-${source.type}_v${version}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  if (servable.bundle !== undefined) writeFileSync(join(folder, 'provider.mjs'), servable.bundle)
  const executable = realpathSync(process.argv[1]!)
  const served = servable.bundle === undefined ? `${source.namespace}/${source.type}` : '"$(dirname "$0")/provider.mjs"'
  writeFileSync(
    program,
    `#!/bin/sh\n# Written by "landform provider package".\nexec ${quote(process.execPath)} ${quote(executable)} provider serve ${served} -release=${version}\n`,
  )
  chmodSync(program, 0o755)
  const where = relative(context.originalDir, mirror)
  view.print(
    `${formatProviderSource(source)} v${version} is in the mirror ${where.startsWith('..') ? mirror : where || '.'}, for this machine: it runs ${executable}.\n\nTo have it installed by terraform, tofu or landform, name the mirror in the CLI configuration (TF_CLI_CONFIG_FILE):\n\n    provider_installation {\n      filesystem_mirror {\n        path = ${JSON.stringify(mirror)}\n      }\n    }\n`,
  )
  return 0
}

/** As one word of the shell. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
