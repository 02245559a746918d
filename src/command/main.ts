import { existsSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, delimiter, join } from 'node:path'
import { suggest } from '../base/suggest.ts'
import { takeBackgroundFailures } from '../workdir/background-failures.ts'
import { landformVersion, terraformVersion } from '../workdir/versions.ts'
import { parseGlobal } from './arguments/global.ts'
import { commandGroups, commands, operatorGroups } from './commands.ts'
import { type CommandContext, makeView } from './context.ts'
import { groups, helpText } from './help.ts'
import { openLog } from './log.ts'
import { type Dialect, dialectFor } from './views/dialect.ts'
import type { Streams } from './views/streams.ts'

/** Everything of the process that a run may touch. */
export interface Invocation {
  /** Without interpreter and script. */
  readonly argv: readonly string[]
  /** The name this program was started by. */
  readonly programName: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly streams: Streams
  readonly cwd: () => string
  readonly chdir: (dir: string) => void
}

const known: ReadonlySet<string> = new Set(Object.keys(commands))

/** With the commands that had another name once. */
const knownToOthers: ReadonlySet<string> = new Set([...known, 'env delete', 'env list', 'env new', 'env select', 'env show'])

function oldNameText({ product, command }: Dialect): string {
  return `Warning: the "${command} env" family of commands is deprecated.\n\n"Workspace" is now the preferred term for what earlier ${product} versions\ncalled "environment", to reduce ambiguity caused by the latter term colliding\nwith other concepts.\n\nThe "${command} workspace" commands should be used instead. "${command} env"\nwill be removed in a future ${product} version.\n\n`
}

/** Runs one command line to its exit code. */
export async function main(invocation: Invocation): Promise<number> {
  const log = openLog(invocation.environment, invocation.streams)
  log?.('INFO', `Terraform version: ${terraformVersion}`)
  log?.('INFO', `Landform version: ${landformVersion}`)
  // Arguments may hold values of variables: only the command is told.
  log?.('INFO', `CLI command: ${invocation.argv.find((arg) => !arg.startsWith('-')) ?? '(none)'}`)
  const code = await execute(invocation)
  log?.('INFO', `Exit status: ${code}`)
  return code
}

async function execute(invocation: Invocation): Promise<number> {
  const { streams } = invocation
  const name = basename(invocation.programName).replace(/\.(js|exe)$/, '')
  const dialect = dialectFor(name === 'cli' ? 'landform' : name, invocation.environment.LANDFORM_DIALECT)
  // Whoever needs to know the dialect, or the name to be typed, finds it in the environment, whatever made it so.
  const environment: CommandContext['environment'] = {
    ...invocation.environment,
    ...(dialect.kind === 'tofu' ? { LANDFORM_DIALECT: 'tofu' } : {}),
    LANDFORM_COMMAND: dialect.command,
  }
  const context: CommandContext = { streams, environment, dialect, originalDir: invocation.cwd() }
  // Started as another tool it has that tool's commands alone; `env` is an old name of `workspace` there.
  const asOther = name === 'terraform' || name === 'tofu'
  const global = parseGlobal(invocation.argv, environment, asOther ? knownToOthers : known, commandGroups)
  const plainView = viewBeside(invocation.argv, context)
  if (global.diags.length > 0) {
    plainView.diagnostics(global.diags)
    return 1
  }
  if (global.chdir !== undefined) {
    try {
      invocation.chdir(global.chdir)
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      const reason = code === 'ENOENT' ? `chdir ${global.chdir}: no such file or directory` : message
      streams.err(`Error handling -chdir option: ${reason}\n`)
      return 1
    }
  }
  let command = global.command.join(' ')
  if (asOther && global.command[0] === 'env') {
    streams.out(oldNameText(dialect))
    command = ['workspace', ...global.command.slice(1)].join(' ')
  } else if (asOther && operatorGroups.has(global.command[0] ?? '')) return notSupported(command, plainView)
  if (global.version && !global.help) return run('version', [...global.misplaced, ...global.args], context)
  if (global.misplaced.length > 0 && !global.help && commands[command] !== undefined) {
    streams.out(
      `Invalid flags before the subcommand. If these flags are for\nthe subcommand, please put them after the subcommand.\n\n${helpText(command, dialect)}\n`,
    )
    return 1
  }
  if (command === '' || command === 'help') {
    streams.out(helpText('', dialect))
    return global.help || command === 'help' ? 0 : 127
  }
  if (commands[command] !== undefined) {
    if (global.help || wantsHelp(global.args)) {
      streams.out(helpText(command, dialect))
      return 0
    }
    return run(command, global.args, context)
  }
  const unknown = global.args.find((arg) => !arg.startsWith('-'))
  if (operatorGroups.has(command) && unknown !== undefined) {
    const near = suggest(
      unknown,
      [...known].filter((k) => k.startsWith(`${command} `)).map((k) => k.slice(command.length + 1)),
    )
    streams.err(
      `${dialect.product} has no command named "${command} ${unknown}".${near === undefined ? '' : ` Did you mean "${command} ${near}"?`}\n\nTo see them all, run:\n  ${dialect.command} ${command} -help\n\n`,
    )
    return 1
  }
  if (commandGroups.has(command)) {
    if (Object.hasOwn(groups, command) || wantsHelp(global.args)) {
      streams.out(helpText(command, dialect))
      return global.help || wantsHelp(global.args) || operatorGroups.has(command) ? 0 : 1
    }
    return notSupported(command, plainView)
  }
  const near = suggest(
    command,
    [...known].filter((k) => !k.includes(' ')),
  )
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`
  streams.err(
    `${dialect.product} has no command named "${command}".${hint}\n\nTo see all of ${dialect.product}'s top-level commands, run:\n  ${dialect.command} -help\n\n`,
  )
  return 1
}

function wantsHelp(args: readonly string[]): boolean {
  return args.some((arg) => /^--?(help|h)$/.test(arg))
}

function notSupported(command: string, view: ReturnType<typeof makeView>): number {
  view.diagnostics([
    {
      severity: 'error',
      summary: 'Command not supported yet',
      detail: `The command "${command}" is not supported yet by this release of Landform.`,
    },
  ])
  return 1
}

/** For what is said before and beside the command's own output; flags are not parsed by then. */
function viewBeside(args: readonly string[], context: CommandContext): ReturnType<typeof makeView> {
  return makeView(context, { colour: !args.some((arg) => /^--?no-color(=(1|t|true))?$/i.test(arg)), compactWarnings: false })
}

async function run(command: string, args: readonly string[], given: CommandContext): Promise<number> {
  let context = given
  try {
    context = await withCliConfig(args, given)
    if (context.environment.LANDFORM_PROVIDERS && !(await loadInjected(args, context))) return 1
    if (!(await checkSurroundings(command, args, context))) return 1
    const execute = await commands[command]!()
    if (command === 'version') return await execute(args, context)
    const { blockAround, blockOrConstructAround } = await import('./views/block-around.ts')
    const code = await execute(args, { ...context, blockAround: context.dialect.isOwn ? blockOrConstructAround : blockAround })
    return reportBackground(args, context) ? 1 : code
  } catch (error) {
    if (error instanceof Error && error.name === 'JsonIntoError') {
      viewBeside(args, context).diagnostics([{ severity: 'error', summary: 'Invalid -json-into option', detail: error.message }])
      return 1
    }
    if (error instanceof RangeError) {
      // What V8 says of its stack and its strings is of no use to people.
      const detail = 'Some value, configuration or result is nested too deeply or is too large to be worked with.'
      viewBeside(args, context).diagnostics([{ severity: 'error', summary: 'Value too large', detail }])
      return 1
    }
    const missing = missingPackage(error)
    if (missing !== undefined) {
      const detail = `Landform needs the package ${JSON.stringify(missing)}, which is not installed beside it. In the folder of its package.json run:\n    npm ci`
      viewBeside(args, context).diagnostics([{ severity: 'error', summary: 'Package not installed', detail }])
      return 1
    }
    // The one place where a bug becomes a message; everything else has been reported as a diagnostic.
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const detail = `${text}\n\nThis is a bug in Landform.`
    viewBeside(args, context).diagnostics([{ severity: 'error', summary: 'Unexpected failure', detail }])
    return 1
  }
}

/** What went wrong beside the operations of the command; the result of the command is worth no more than they say. */
function reportBackground(args: readonly string[], context: CommandContext): boolean {
  const failures = takeBackgroundFailures()
  if (failures.length === 0) return false
  viewBeside(args, context).diagnostics(
    failures.map((text) => ({
      severity: 'error',
      summary: 'Provider failed in the background',
      detail: `${text} What was under way was brought to its end.\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker.`,
    })),
  )
  return true
}

/** The package that could not be loaded, if that is what went wrong. */
function missingPackage(error: unknown): string | undefined {
  const { code, message } = error as NodeJS.ErrnoException
  if (code !== 'MODULE_NOT_FOUND' && code !== 'ERR_MODULE_NOT_FOUND') return undefined
  // Files have paths; packages have names.
  return /^Cannot find (?:module|package) '((?:@[^/'.]+\/)?[^./'][^/']*)/.exec(message)?.[1]
}

/**
 * What is wrong with the CLI configuration is told, and nothing is refused for it. Folders of providers that it names count as those of
 * LANDFORM_PROVIDERS, unless that is set.
 */
async function withCliConfig(args: readonly string[], context: CommandContext): Promise<CommandContext> {
  const { environment, dialect, streams } = context
  const home = environment.HOME || homedir()
  const files = [environment.TF_CLI_CONFIG_FILE, environment.TERRAFORM_CONFIG, join(home, '.terraformrc'), join(home, '.tofurc')]
  // Most have no such file, and reading it takes code.
  const { TF_CLI_CONFIG_FILE, TF_PLUGIN_CACHE_DIR } = environment
  const isThere = TF_CLI_CONFIG_FILE || files.some((file) => file && existsSync(file))
  if (!isThere && (!TF_PLUGIN_CACHE_DIR || existsSync(TF_PLUGIN_CACHE_DIR))) return context
  const { readCliConfig } = await import('../registry/cli-config.ts')
  const { providerFolders, devOverrides, diags } = readCliConfig(environment, dialect.kind)
  if (diags.items.length > 0) {
    streams.err('There are some problems with the CLI configuration:\n')
    // Warnings too, since the output may be for programs.
    viewBeside(args, { ...context, streams: { ...streams, out: (text) => streams.err(text) } }).diagnostics(diags.items)
    if (diags.hasErrors) streams.err(`\nAs a result of the above problems, ${dialect.product} may not behave as intended.\n\n\n`)
  }
  const told = devOverrides.size === 0 ? context : { ...context, devOverrides }
  if (providerFolders === undefined || environment.LANDFORM_PROVIDERS !== undefined) return told
  return { ...told, environment: { ...environment, LANDFORM_PROVIDERS: providerFolders.join(delimiter) } }
}

/** Whether the environment can be worked with: what no command can do without is told once, before any of them. */
async function checkSurroundings(command: string, args: readonly string[], context: CommandContext): Promise<boolean> {
  const { TF_REATTACH_PROVIDERS: reattach, TF_DATA_DIR } = context.environment
  const dataDir = TF_DATA_DIR || '.terraform'
  const isFolder = command === 'version' || (statSync(dataDir, { throwIfNoEntry: false })?.isDirectory() ?? true)
  if (isFolder && !reattach) return true
  const [{ parseReattach }, { Diagnostics }] = await Promise.all([import('../plugin/reattach.ts'), import('../diags/index.ts')])
  const diags = new Diagnostics()
  parseReattach(reattach, diags)
  if (!isFolder) {
    const detail = `${JSON.stringify(dataDir)} is where modules, providers and choices of this folder are kept, and it is a file. Move it away, or name a folder in TF_DATA_DIR.`
    diags.error('Data directory is a file', detail)
  }
  viewBeside(args, context).diagnostics(diags.items)
  return !diags.hasErrors
}

/** Once and before any command, since who serves a provider is asked in many places and must have one answer. */
async function loadInjected(args: readonly string[], context: CommandContext): Promise<boolean> {
  const [{ injectedFolders, loadInjectedProviders }, { Diagnostics }] = await Promise.all([
    import('../workdir/injected-providers.ts'),
    import('../diags/index.ts'),
  ])
  const diags = new Diagnostics()
  await loadInjectedProviders(injectedFolders(context.environment.LANDFORM_PROVIDERS, context.originalDir), diags)
  viewBeside(args, context).diagnostics(diags.items)
  return !diags.hasErrors
}
