import { formatProviderSource } from '../addrs/index.ts'
import { registryHostOf, wrongVersion } from '../config/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { authenticationText, type InstallEvent, lockFileName } from '../registry/index.ts'
import { redact } from '../registry/modules/index.ts'
import type { State } from '../states/index.ts'
import type { BackendDialog } from '../workdir/backend-dialog.ts'
import { type BackendInitOptions, initBackend } from '../workdir/backend-init.ts'
import {
  type BackendSettings,
  currentBackend,
  type GivenVariable,
  hasConfiguration,
  loadConfiguration,
  loadRootModule,
  openStateManager,
  type ProviderSelection,
  readSettings,
  type Settings,
  selectedWorkspace,
  terraformVersion,
} from '../workdir/index.ts'
import { initModules, type ModuleEvent } from '../workdir/init-modules.ts'
import { initProviders } from '../workdir/init-providers.ts'
import { makeWorkspaceFolder } from '../workdir/workspaces.ts'
import { onLockWaiting } from './_operation.ts'
import { readCurrentState } from './_state.ts'
import { readTests, withRunModules } from './_tests.ts'
import { allFlags, flag, optionalFlag, parseFlags } from './arguments/flags.ts'
import {
  checkViewArguments,
  jsonFlags,
  lockFlags,
  stateArguments,
  type ViewArguments,
  variableArguments,
  variableFlags,
  viewArguments,
  viewFlags,
} from './arguments/operation.ts'
import { type CommandContext, finish, inputEnabled, makeView } from './context.ts'
import { type InterruptOptions, withInterrupts } from './interrupts.ts'
import { fileStreams } from './json-into.ts'
import { readLineUnless } from './prompt.ts'
import { DownloadProgress } from './views/download-progress.ts'
import { JsonStream } from './views/operation-json.ts'
import type { Streams } from './views/streams.ts'
import type { View } from './views/view.ts'

/** What init says on its way; message codes are those of the JSON stream. */
export interface InitOutput {
  say(code: string, text: string): void
  /** A line for people, and the same as programs that read along have it. */
  log(text: string, json?: string): void
  /** An empty line for people. */
  gap(): void
  diagnostics(diags: Diagnostics): void
}

export async function initCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(
    argv,
    {
      ...viewFlags,
      ...variableFlags,
      ...lockFlags,
      ...jsonFlags,
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
    },
    context.dialect,
  )
  const viewArgs = viewArguments(parsed)
  const view = makeView(context, viewArgs)
  const usage = new Diagnostics()
  usage.addAll(parsed.diags)
  checkViewArguments(viewArgs, usage)
  if (parsed.positional.length > 0) {
    usage.error('Too many command line arguments. Did you mean to use -chdir?', '')
  }
  if (flag(parsed, 'reconfigure', false) && flag(parsed, 'migrate-state', false)) {
    usage.error('Invalid init options', 'The -migrate-state and -reconfigure options are mutually-exclusive.')
  }
  const lockfile = optionalFlag<string>(parsed, 'lockfile')
  if (lockfile !== undefined && lockfile !== 'readonly') {
    usage.error(
      'Invalid dependency lockfile mode',
      `The value ${JSON.stringify(lockfile)} of the option -lockfile is not known; only "readonly" is.`,
    )
  }
  if (lockfile === 'readonly' && flag(parsed, 'upgrade', false)) {
    usage.error('Invalid init options', 'The -upgrade flag conflicts with -lockfile=readonly.')
  }
  if (viewArgs.json && flag(parsed, 'migrate-state', false)) {
    usage.error(
      'The -migrate-state and -json options are mutually-exclusive',
      `${context.dialect.product} cannot ask for interactive approval when -json is set. To use the -migrate-state option, disable the -json option.`,
    )
  }
  if (usage.hasErrors) return finish(view, usage.items)

  const diags = new Diagnostics()
  const output = initOutput(context, viewArgs, view)
  const { product, command } = context.dialect
  let settings = readSettings(context.environment, context.originalDir)
  const fromModule = optionalFlag<string>(parsed, 'from-module')
  if (fromModule !== undefined && fromModule !== '') {
    if (hasConfiguration()) {
      diags.error(...folderInUse)
      return fail(output, diags)
    }
    output.say('copying_configuration_message', `Copying configuration from ${JSON.stringify(redact(fromModule))}...`)
    const { copyModule } = await import('../workdir/copy-module.ts')
    await copyModule(fromModule, settings, diags)
    if (diags.hasErrors) return fail(output, diags)
    output.gap()
  }
  if (!hasConfiguration()) {
    output.say(
      'output_init_empty_message',
      `${product} initialized in an empty directory!\n\nThe directory has no ${product} configuration files. You may begin working\nwith ${product} immediately by creating ${product} configuration files.`,
    )
    return 0
  }
  const useBackend = flag(parsed, 'backend', true) && flag(parsed, 'cloud', true)
  const upgrade = flag(parsed, 'upgrade', false)
  const given = variableArguments(parsed)
  const pluginDirs = allFlags(parsed, 'plugin-dir')
  if (useBackend) {
    output.say('initializing_backend_message', 'Initializing the backend...')
    const { lock, lockTimeoutMs } = stateArguments(parsed)
    const options = (stop: AbortSignal): BackendInitOptions => ({
      reconfigure: flag(parsed, 'reconfigure', false),
      migrateState: flag(parsed, 'migrate-state', false),
      forceCopy: flag(parsed, 'force-copy', false),
      backendConfig: allFlags(parsed, 'backend-config'),
      lock: { lock, lockTimeoutMs, signal: stop, onWaiting: onLockWaiting(view, viewArgs.json) },
      given,
    })
    const mayAsk = inputEnabled(context, flag(parsed, 'input', true)) && !viewArgs.json
    if (isInvalid(settings, given, diags)) return failInvalid(output, diags, product)
    await withInterrupts(interrupts(output, product), async (stop) => {
      await initBackend(settings, options(stop), backendDialog(view, output, mayAsk, stop), product, command, diags)
      if (stop.aborted && !diags.hasErrors)
        diags.error('Interrupted', 'The backend is in use; modules and providers have not been looked at. Run init again.')
    })
    if (diags.hasErrors) return fail(output, diags)
    settings = { ...settings, workspace: selectedWorkspace(settings) }
  }
  const testDir = flag(parsed, 'test-directory', 'tests')
  const { outside } = await readTests(testDir, context, diags)
  const get = flag(parsed, 'get', true)
  if (diags.hasErrors || isInvalid(settings, given, diags)) return failInvalid(output, diags, product)
  const config = get
    ? await initModules(settings, { upgrade, given, outside, onEvent: moduleReporter(output, upgrade) }, diags)
    : loadConfiguration(settings, diags, { given }).config
  if (diags.hasErrors) return get ? fail(output, diags) : failInvalid(output, diags, product)
  output.say('initializing_provider_plugin_message', 'Initializing provider plugins...')
  const state = useBackend ? await currentState(settings, diags, command) : undefined
  if (diags.hasErrors) return fail(output, diags)
  const { lockFile, hasThirdParty } = await initProviders(
    outside.length === 0 ? config : await withRunModules(config, testDir, given, settings, context),
    state,
    settings,
    {
      upgrade,
      readonlyLockFile: lockfile === 'readonly',
      pluginDirs: pluginDirs.length === 0 ? undefined : pluginDirs,
      onInProcess: (selection) => sayInProcess(selection, product, output),
      onEvent: installReporter(output, view),
      product,
      command,
    },
    diags,
  )
  if (diags.hasErrors) return fail(output, diags)
  if (hasThirdParty) output.log(thirdPartyText)
  if (lockFile === 'created') output.say('lock_info', lockCreatedText(product, command, view))
  if (lockFile === 'updated') output.say('dependencies_lock_changes_info', lockChangedText(product, view))
  output.gap()
  output.diagnostics(diags)
  output.say('output_init_success_message', view.palette.bold(view.palette.green(`${product} has been successfully initialized!`)))
  if (!view.options.inAutomation) {
    output.say(
      'output_init_success_cli_message',
      `${viewArgs.json ? '' : '\n'}You may now begin working with ${product}. Try running "${command} plan" to see\nany changes that are required for your infrastructure. All ${product} commands\nshould now work.\n\nIf you ever set or change modules or backend configuration for ${product},\nrerun this command to reinitialize your working directory. If you forget, other\ncommands will detect it and remind you to do so if necessary.`,
    )
  }
  return 0
}

/** Before the first interrupt ends anything, the state that is being copied is copied and the locks are released. */
function interrupts(output: InitOutput, product: string): InterruptOptions {
  return {
    onFirst: () =>
      output.log(`\nInterrupt received.\nPlease wait for ${product} to exit or data loss may occur.\nGracefully shutting down...\n`),
    onSecond: async () => {
      const diags = new Diagnostics()
      diags.error(
        'Two interrupts received',
        'Exiting at once. States are where they were, and perhaps at the new backend too; run init again, and release the locks that are left with force-unlock.',
      )
      output.diagnostics(diags)
    },
  }
}

function backendDialog(view: View, output: InitOutput, input: boolean, stop: AbortSignal): BackendDialog {
  return {
    input,
    stop,
    say: (text, code) => output.say(code ?? 'backend_message', text),
    async ask(question, explanation) {
      const lines = explanation.split('\n').map((line) => `  ${line}\n`)
      view.print(`${view.palette.bold(question)}\n${lines.join('')}\n  ${view.palette.bold('Enter a value:')} `)
      const answer = await readLineUnless(stop, view)
      if (answer !== undefined) view.print('\n')
      return answer
    },
  }
}

/** Providers of the stored state are needed as well. A workspace that only TF_WORKSPACE names becomes one of this folder, as in Terraform. */
async function currentState(settings: Settings, diags: Diagnostics, command: string): Promise<State | undefined> {
  const backend = currentBackend(settings, command, diags)
  if (backend === undefined) return undefined
  if (settings.workspace !== 'default' && !tryMakeFolder(backend, settings.workspace, diags)) return undefined
  const manager = openStateManager(backend, settings.workspace, {}, settings.environment, settings.dataDir)
  return (await readCurrentState(manager, diags))?.state
}

function tryMakeFolder(backend: BackendSettings, workspace: string, diags: Diagnostics): boolean {
  try {
    makeWorkspaceFolder(backend, workspace)
  } catch (error) {
    diags.error(
      'Failed to create workspace',
      `The folder of the workspace ${JSON.stringify(workspace)} could not be made: ${(error as Error).message}.`,
    )
  }
  return !diags.hasErrors
}

/** Names a provider of this process. */
export function sayInProcess(selection: ProviderSelection, product: string, output: InitOutput): void {
  const name = formatProviderSource(selection.source)
  const follows = selection.kind === 'builtin' || selection.kind === 'injected' ? selection.version : undefined
  const text =
    selection.kind === 'injected'
      ? `${name} v${follows} is served by ${selection.file}`
      : follows === undefined
        ? `${name} is built in to ${product}`
        : `${name} v${follows} is built in to Landform`
  output.log(`- ${text}`, text)
}

function moduleReporter(output: InitOutput, upgrade: boolean): (event: ModuleEvent) => void {
  return (event) => {
    switch (event.kind) {
      case 'start':
        output.say(
          upgrade ? 'upgrading_modules_message' : 'initializing_modules_message',
          upgrade ? 'Upgrading modules...' : 'Initializing modules...',
        )
        return
      case 'downloading':
        output.log(`Downloading ${event.what} for ${event.key}...`)
        return
      case 'installed':
        output.log(`- ${event.key} in ${event.dir}`)
    }
  }
}

/** Says what happens to providers, in Terraform's words; on a terminal also how far a download is. */
export function installReporter(output: InitOutput, view: View): (event: InstallEvent) => void {
  const progress = new DownloadProgress(view)
  return (event) => {
    if (event.kind === 'progress') {
      progress.show(event.bytes, event.total)
      return
    }
    progress.clear()
    const name = formatProviderSource(event.source, registryHostOf(view.dialect.kind))
    switch (event.kind) {
      case 'reusing':
        output.log(
          `- Reusing previous version of ${name} from the dependency lock file`,
          `${name}: Reusing previous version from the dependency lock file`,
        )
        return
      case 'finding':
        if (event.constraints === '') output.log(`- Finding latest version of ${name}...`, `${name}: Finding latest version...`)
        else {
          output.log(
            `- Finding ${name} versions matching "${event.constraints}"...`,
            `Finding matching versions for provider: ${name}, version_constraint: "${event.constraints}"`,
          )
        }
        return
      case 'alreadyInstalled':
        output.log(
          `- Using previously-installed ${name} v${event.version}`,
          `${name} v${event.version}: Using previously-installed provider version`,
        )
        return
      case 'fromCache':
        output.log(
          `- Using ${name} v${event.version} from the shared cache directory`,
          `${name} v${event.version}: Using from the shared cache directory`,
        )
        return
      case 'installing':
        output.log(`- Installing ${name} v${event.version}...`, `Installing provider version: ${name} v${event.version}...`)
        return
      case 'installed': {
        const how = authenticationText(event.authentication)
        output.log(`- Installed ${name} v${event.version} (${how})`, `Installed provider version: ${name} v${event.version} (${how})`)
        return
      }
      case 'warnings': {
        const diags = new Diagnostics()
        diags.warning(
          'Additional provider information from registry',
          `The remote registry returned warnings for ${name}:\n${event.warnings.map((w) => `- ${w}`).join('\n')}`,
        )
        output.diagnostics(diags)
        return
      }
      case 'incomplete':
        return
    }
  }
}

export const thirdPartyText =
  "Partner and community providers are signed by their developers.\nIf you'd like to know more about provider signing, you can read about it here:\nhttps://developer.hashicorp.com/terraform/cli/plugins/signing"

function lockCreatedText(product: string, command: string, view: View): string {
  return `${product} has created a lock file ${view.palette.bold(lockFileName)} to record the provider\nselections it made above. Include this file in your version control repository\nso that ${product} can guarantee to make the same selections by default when\nyou run "${command} init" in the future.`
}

function lockChangedText(product: string, view: View): string {
  return `${product} has made some changes to the provider dependency selections recorded\nin the ${view.palette.bold(lockFileName)} file. Review those changes and commit them to your\nversion control system if they represent changes you intended to make.`
}

const folderInUse = [
  'The working directory already contains files. The -from-module option requires\nan empty directory into which a copy of the referenced module will be placed.\n\nTo initialize the configuration already in this working directory, omit the\n-from-module option.',
  '',
] as const

/** Whether the files of the folder are wrong by themselves, which is reported. */
function isInvalid(settings: Settings, given: readonly GivenVariable[], diags: Diagnostics): boolean {
  const own = new Diagnostics()
  loadRootModule(settings, own, { given })
  if (own.hasErrors) diags.addAll(own.items)
  return own.hasErrors
}

/** Beside what is wrong with the configuration it is said why that matters now; not where it is the program's version. */
function failInvalid(output: InitOutput, diags: Diagnostics, product: string): number {
  if (!diags.items.some(({ summary }) => summary === wrongVersion)) {
    diags.error(
      `${product} encountered problems during initialisation, including problems\nwith the configuration, described below.\n\nThe ${product} configuration must be valid before initialization so that\n${product} can determine which modules and providers need to be installed.`,
      '',
    )
  }
  return fail(output, diags)
}

function fail(output: InitOutput, diags: Diagnostics): number {
  output.diagnostics(diags)
  return 1
}

/** For people. */
export function humanOutput(view: View): InitOutput {
  return {
    say: (_code, text) => view.print(`${text}\n`),
    log: (text) => view.print(`${text}\n`),
    gap: () => view.print('\n'),
    diagnostics: (diags) => view.diagnostics(diags.items),
  }
}

function initOutput(context: CommandContext, { json, jsonInto }: ViewArguments, view: View): InitOutput {
  if (json) return programOutput(context.streams, context)
  const people = humanOutput(view)
  return jsonInto === undefined ? people : bothOutputs(people, programOutput(fileStreams(jsonInto, context.streams), context))
}

function bothOutputs(first: InitOutput, second: InitOutput): InitOutput {
  return {
    say(code, text) {
      first.say(code, text)
      second.say(code, text)
    },
    log(text, json) {
      first.log(text, json)
      second.log(text, json)
    },
    gap: () => first.gap(),
    diagnostics(diags) {
      first.diagnostics(diags)
      second.diagnostics(diags)
    },
  }
}

function programOutput(streams: Streams, context: CommandContext): InitOutput {
  const stream = new JsonStream(streams, context.dialect, context.blockAround)
  stream.version(context.dialect, terraformVersion)
  return {
    say: (code, text) => stream.write('info', text.trim(), 'init_output', { message_code: code }),
    log: (text, json = text) => stream.write('info', json, 'log', {}),
    gap() {},
    diagnostics: (diags) => stream.diagnostics(diags.items),
  }
}
