import { formatProviderSource, providerSourceToString } from '../addrs/index.ts'
import { Diagnostics } from '../diags/index.ts'
import {
  hasConfiguration,
  initBackend,
  initModules,
  initProviders,
  loadConfiguration,
  readSettings,
  terraformVersion,
} from '../workdir/index.ts'
import { allFlags, flag, parseFlags } from './arguments/flags.ts'
import { lockFlags, variableFlags, viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, failUsage, makeView } from './context.ts'
import { JsonStream } from './views/operation-json.ts'

/** What init says on its way; message codes are those of the JSON stream. */
interface InitOutput {
  say(code: string, text: string): void
  log(text: string): void
  diagnostics(diags: Diagnostics): void
}

export async function initCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(argv, {
    ...viewFlags,
    ...variableFlags,
    ...lockFlags,
    json: { kind: 'bool' },
    backend: { kind: 'bool' },
    cloud: { kind: 'bool' },
    'backend-config': { kind: 'string', repeatable: true },
    'force-copy': { kind: 'bool' },
    'from-module': { kind: 'string' },
    get: { kind: 'bool' },
    'get-plugins': { kind: 'bool' },
    input: { kind: 'bool' },
    'migrate-state': { kind: 'bool' },
    reconfigure: { kind: 'bool' },
    upgrade: { kind: 'bool' },
    'plugin-dir': { kind: 'string', repeatable: true },
    lockfile: { kind: 'string' },
    'ignore-remote-version': { kind: 'bool' },
    'test-directory': { kind: 'string' },
    'verify-plugins': { kind: 'bool' },
  })
  const viewArgs = viewArguments(parsed)
  const view = makeView(context, viewArgs)
  const usage = new Diagnostics()
  usage.add(...parsed.diags)
  if (parsed.positional.length > 0) {
    usage.error('Too many command line arguments', 'To specify a working directory for the initialization, use the global -chdir flag.')
  }
  if (flag(parsed, 'reconfigure', false) && flag(parsed, 'migrate-state', false)) {
    usage.error('Invalid init options', 'The -migrate-state and -reconfigure options are mutually-exclusive.')
  }
  for (const name of ['backend-config', 'from-module'] as const) {
    if (allFlags(parsed, name).length > 0)
      usage.error('Not supported yet', `This release of Landform does not support the option -${name} yet.`)
  }
  if (usage.hasErrors) return failUsage(view, usage.items, 'init')

  const diags = new Diagnostics()
  const output = initOutput(context, viewArgs.json, view)
  const { product, command } = context.dialect
  const settings = readSettings(context.environment, context.originalDir)
  if (!hasConfiguration()) {
    output.say(
      'output_init_empty_message',
      `${product} initialized in an empty directory!\n\nThe directory has no ${product} configuration files. You may begin working\nwith ${product} immediately by creating ${product} configuration files.`,
    )
    return 0
  }
  if (flag(parsed, 'backend', true) && flag(parsed, 'cloud', true)) {
    output.say('initializing_backend_message', 'Initializing the backend...')
    const options = {
      reconfigure: flag(parsed, 'reconfigure', false),
      migrateState: flag(parsed, 'migrate-state', false) || flag(parsed, 'force-copy', false),
    }
    const { outcome, type } = initBackend(settings, options, command, diags)
    if (diags.hasErrors) return fail(output, diags)
    if (outcome === 'configured') {
      output.say(
        'backend_configured_success',
        `\nSuccessfully configured the backend "${type}"! ${product} will automatically\nuse this backend unless the backend configuration changes.`,
      )
    } else if (outcome === 'unset') {
      output.say('backend_configured_unset', `\nSuccessfully unset the backend. ${product} will now operate locally.`)
    }
  }
  let config: ReturnType<typeof initModules>['config']
  if (flag(parsed, 'get', true)) {
    const installed = initModules(settings, diags)
    config = installed.config
    if (installed.hasCalls) {
      output.say(
        flag(parsed, 'upgrade', false) ? 'upgrading_modules_message' : 'initializing_modules_message',
        flag(parsed, 'upgrade', false) ? 'Upgrading modules...' : 'Initializing modules...',
      )
      for (const record of installed.fresh) output.log(`- ${record.key} in ${record.dir}`)
    }
  } else config = loadConfiguration(settings, diags).config
  if (diags.hasErrors) return fail(output, diags)
  output.say('initializing_provider_plugin_message', 'Initializing provider plugins...')
  const builtin = initProviders(config, settings, diags)
  for (const selection of [...builtin].sort((a, b) => (providerSourceToString(a.source) < providerSourceToString(b.source) ? -1 : 1))) {
    const name = formatProviderSource(selection.source)
    const follows = selection.kind === 'missing' ? undefined : selection.version
    if (selection.kind === 'injected') output.log(`- ${name} v${follows} is served by ${selection.file}`)
    else output.log(follows === undefined ? `- ${name} is built in to ${product}` : `- ${name} v${follows} is built in to Landform`)
  }
  if (diags.hasErrors) return fail(output, diags)
  output.diagnostics(diags)
  output.say(
    'output_init_success_message',
    `${viewArgs.json ? '' : '\n'}${view.palette.bold(view.palette.green(`${product} has been successfully initialized!`))}`,
  )
  if (!view.options.inAutomation) {
    output.say(
      'output_init_success_cli_message',
      `${viewArgs.json ? '' : '\n'}You may now begin working with ${product}. Try running "${command} plan" to see\nany changes that are required for your infrastructure. All ${product} commands\nshould now work.\n\nIf you ever set or change modules or backend configuration for ${product},\nrerun this command to reinitialize your working directory. If you forget, other\ncommands will detect it and remind you to do so if necessary.`,
    )
  }
  return 0
}

function fail(output: InitOutput, diags: Diagnostics): number {
  output.diagnostics(diags)
  return 1
}

function initOutput(context: CommandContext, json: boolean, view: ReturnType<typeof makeView>): InitOutput {
  if (!json) {
    return {
      say: (_code, text) => view.print(`${text}\n`),
      log: (text) => view.print(`${text}\n`),
      diagnostics: (diags) => view.diagnostics(diags.items),
    }
  }
  const stream = new JsonStream(context.streams, context.dialect, context.blockAround)
  stream.version(context.dialect, terraformVersion)
  return {
    say: (code, text) => stream.write('info', text.trim(), 'init_output', { message_code: code }),
    log: (text) => stream.write('info', text.replace(/^- /, ''), 'log', {}),
    diagnostics: (diags) => stream.diagnostics(diags.items),
  }
}
