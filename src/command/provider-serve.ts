import { providerSourceToString } from '../addrs/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { openServable } from './_servable.ts'
import { flag, optionalFlag, parseFlags } from './arguments/flags.ts'
import { type CommandContext, failUsage, makeView } from './context.ts'

/** Makes this process a provider plugin: a built-in provider or that of a file, for Terraform, OpenTofu and Landform. */
export async function providerServeCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(
    argv,
    {
      debug: { kind: 'bool' },
      protocol: { kind: 'int' },
      release: { kind: 'string' },
      'no-color': { kind: 'bool' },
    },
    context.dialect,
  )
  const view = makeView(context, { colour: !flag(parsed, 'no-color', false), compactWarnings: false })
  const usage = new Diagnostics()
  usage.addAll(parsed.diags)
  const [name, ...others] = parsed.positional
  if (name === undefined || others.length > 0) {
    usage.error('One provider is needed', 'The command "provider serve" takes the name of a built-in provider, such as aws, or a file.')
  }
  const protocol = optionalFlag<number>(parsed, 'protocol')
  if (protocol !== undefined && protocol !== 5 && protocol !== 6) {
    usage.error('Invalid protocol', `The option -protocol is 5 or 6, not ${protocol}.`)
  }
  if (usage.hasErrors) return failUsage(view, usage.items, 'provider serve')
  const diags = new Diagnostics()
  const release = optionalFlag<string>(parsed, 'release')
  const servable = await openServable(name!, release, { bundle: false }, context, diags)
  if (servable === undefined || diags.hasErrors) {
    view.diagnostics(diags.items)
    return 1
  }
  const { serveProvider } = await import('../plugin-server/index.ts')
  const code = await serveProvider({
    provider: servable.provider.open,
    source: providerSourceToString(servable.provider.source),
    protocols: protocol === undefined ? undefined : [protocol as 5 | 6],
    debug: flag(parsed, 'debug', false),
    environment: context.environment,
  })
  // A provider may have connections open that would keep the process, and its host has said good-bye.
  process.exit(code)
}
