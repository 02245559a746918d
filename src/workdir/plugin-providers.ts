import { join, resolve } from 'node:path'
import { formatProviderSource, type ProviderSource, providerSourceToString } from '../addrs/index.ts'
import { versionToString } from '../base/index.ts'
import { DiagnosticError, Diagnostics } from '../diags/index.ts'
import type { Plugin, PluginSchema } from '../plugin/index.ts'
import { parseReattach, type Reattachment } from '../plugin/reattach.ts'
import { type CliConfig, readCliConfig } from '../registry/cli-config.ts'
import { installedProvider, providersFolder, readLockFile, reportUnusable } from '../registry/installed.ts'
import type { DependencyLocks } from '../registry/lock-file.ts'
import { packageExecutable, unpackedPackage } from '../registry/package-layout.ts'
import { currentPlatform } from '../registry/platform.ts'
import { findByTwin } from '../registry/provider-sources.ts'
import { readPolicy } from './policy.ts'
import { dialectOf, type Environment, type Settings } from './settings.ts'

// Files of the registry are named one by one: its index loads what only `init` needs.

/** A provider that is a program of its own. */
export type PluginSelection =
  /** Somebody has started it already (TF_REATTACH_PROVIDERS). */
  | { readonly kind: 'reattached'; readonly source: ProviderSource }
  /** The program in a folder that the CLI configuration names instead of an installed package (`dev_overrides`). */
  | { readonly kind: 'override'; readonly source: ProviderSource; readonly folder: string }
  /** Installed by `init`; the version is that of the lock file. */
  | { readonly kind: 'plugin'; readonly source: ProviderSource; readonly version: string }

/** What is read once for a whole command: it does not change while it runs. */
interface Surroundings {
  readonly reattached: ReadonlyMap<string, Reattachment>
  readonly cli: CliConfig
  /** Of both: what is wrong with them. */
  readonly diags: Diagnostics
  /** Plugins in use, by what they are. */
  readonly plugins: Map<string, Promise<Plugin>>
}

const known = new WeakMap<Environment, Surroundings>()

function surroundingsOf(environment: Environment): Surroundings {
  let found = known.get(environment)
  if (found === undefined) {
    const diags = new Diagnostics()
    const reattached = parseReattach(environment.TF_REATTACH_PROVIDERS, diags)
    const cli = readCliConfig(environment, dialectOf(environment))
    found = { reattached, cli, diags, plugins: new Map() }
    known.set(environment, found)
  }
  return found
}

/** The CLI configuration in force. What is wrong with it is in its `diags`. */
export function cliConfigOf(environment: Environment): CliConfig {
  return surroundingsOf(environment).cli
}

/** Reports what is wrong with TF_REATTACH_PROVIDERS. */
export function checkReattachments(environment: Environment, diags: Diagnostics): void {
  diags.addAll(surroundingsOf(environment).diags.items)
}

/** A provider under development, which comes before everything else; it has no version and is neither installed nor locked. */
export function selectDevelopment(source: ProviderSource, { environment, originalDir }: Settings): PluginSelection | undefined {
  const { reattached, cli } = surroundingsOf(environment)
  if (findByTwin(reattached, source) !== undefined) return { kind: 'reattached', source }
  const folder = findByTwin(cli.devOverrides, source)
  return folder === undefined ? undefined : { kind: 'override', source, folder: resolve(originalDir, folder) }
}

/** Whether there is a package for what the lock file chooses. What is in it is checked when it is started. */
export function selectInstalled(source: ProviderSource, { dataDir }: Settings, locks: DependencyLocks): PluginSelection | undefined {
  const lock = findByTwin(locks, source)
  if (lock === undefined) return undefined
  const version = versionToString(lock.version)
  const folder = unpackedPackage(join(dataDir, providersFolder), source, lock.version, currentPlatform())
  return folder === undefined ? undefined : { kind: 'plugin', source, version }
}

/**
 * The plugin of a selection, started when it has not been in this process; all who ask share it.
 *
 * @throws DiagnosticError when it cannot be used
 */
export async function openPlugin(selection: PluginSelection, settings: Settings): Promise<Plugin> {
  const { plugins } = surroundingsOf(settings.environment)
  const key = pluginKey(selection, settings)
  let plugin = plugins.get(key)
  if (plugin === undefined) {
    plugin = start(selection, settings)
    plugins.set(key, plugin)
    // Once it is mended it may be tried again.
    plugin.catch(() => plugins.delete(key))
  }
  return plugin
}

/** Its schema, if that can be had without starting anything. */
export async function schemaAtHand(selection: PluginSelection, settings: Settings): Promise<PluginSchema | undefined> {
  const running = surroundingsOf(settings.environment).plugins.get(pluginKey(selection, settings))
  if (running !== undefined) {
    try {
      return (await running).schema()
    } catch {
      return undefined
    }
  }
  if (selection.kind !== 'plugin') return undefined
  const executable = executableOf(selection, settings)
  if (executable === undefined) return undefined
  const { readPluginSchema, schemaCache } = await import('../plugin/index.ts')
  const answers = schemaCache(schemaFolder(settings), executable)?.read()
  try {
    return answers === undefined ? undefined : readPluginSchema(answers)
  } catch {
    return undefined
  }
}

function pluginKey(selection: PluginSelection, { dataDir }: Settings): string {
  return `${resolve(dataDir)} ${selection.kind} ${providerSourceToString(selection.source)} ${selection.kind === 'plugin' ? selection.version : ''}`
}

/** Schemas of plugins are kept here between runs, so that looking at states and plans starts none. */
function schemaFolder({ dataDir }: Settings): string {
  return resolve(dataDir, 'landform', 'schemas')
}

function executableOf({ source, version }: { source: ProviderSource; version: string }, settings: Settings): string | undefined {
  const { dataDir, lockPath } = settings
  const lock = findByTwin(readLockFile(new Diagnostics(), lockPath), source)
  if (lock === undefined || versionToString(lock.version) !== version) return undefined
  const folder = unpackedPackage(join(dataDir, providersFolder), source, lock.version, currentPlatform())
  const executable = folder === undefined ? undefined : packageExecutable(folder, source.type)
  return executable === undefined ? undefined : resolve(executable)
}

async function start(selection: PluginSelection, settings: Settings): Promise<Plugin> {
  const { environment } = settings
  const { source } = selection
  const { launchPlugin, pluginEnvironment, pluginProblem, reattachPlugin, schemaCache } = await import('../plugin/index.ts')
  try {
    if (selection.kind === 'reattached') {
      const { address, protocol } = findByTwin(surroundingsOf(environment).reattached, source)!
      return await reattachPlugin({ address, protocol, settings: environment })
    }
    const executable = await checkedExecutable(selection, settings)
    return await launchPlugin({
      executable,
      environment: pluginEnvironment(source.type, environment, environment.LANDFORM_PLUGIN_ENVIRONMENT),
      settings: environment,
      schemaCache: selection.kind === 'plugin' ? schemaCache(schemaFolder(settings), executable) : undefined,
    })
  } catch (e) {
    if (e instanceof DiagnosticError) throw e
    const { summary, detail } = pluginProblem(e)
    throw new DiagnosticError({
      severity: 'error',
      summary,
      detail: `The provider ${formatProviderSource(source)} cannot be started. ${detail}`,
    })
  }
}

/** The program of a selection, after it was made sure that it is the one that was chosen. @throws DiagnosticError */
async function checkedExecutable(selection: Exclude<PluginSelection, { kind: 'reattached' }>, settings: Settings): Promise<string> {
  const { source } = selection
  const diags = new Diagnostics()
  if (selection.kind === 'override') {
    const executable = packageExecutable(selection.folder, source.type)
    if (executable !== undefined) return resolve(executable)
    diags.error(
      'Provider of dev_overrides not found',
      `The CLI configuration overrides ${formatProviderSource(source)} by the folder ${selection.folder}, which has no program whose name begins with terraform-provider-${source.type}.`,
    )
    throw new DiagnosticError(...diags.items)
  }
  const locks = readLockFile(diags, settings.lockPath)
  if (diags.hasErrors) throw new DiagnosticError(...diags.items)
  if (readPolicy(settings.environment).signedPlugins) checkSigned(source, locks, diags)
  if (diags.hasErrors) throw new DiagnosticError(...diags.items)
  const installed = await installedProvider({ dataDir: settings.dataDir, locks, source })
  if (installed.kind === 'installed') return resolve(installed.executable)
  const problem =
    installed.kind === 'unlocked' ? `${formatProviderSource(source)}: there is no entry for it in the lock file` : installed.problem
  const dialect = dialectOf(settings.environment)
  reportUnusable([problem], dialect === 'tofu' ? 'OpenTofu' : 'Terraform', dialect, diags)
  throw new DiagnosticError(...diags.items)
}

/** Checksums of archives (`zh:`) come from a signed list of the publisher; what has none was never compared with one. */
function checkSigned(source: ProviderSource, locks: DependencyLocks, diags: Diagnostics): void {
  if (findByTwin(locks, source)?.hashes.some((hash) => hash.startsWith('zh:'))) return
  diags.error(
    'Unsigned plugin refused',
    `The lock file has no checksum of ${formatProviderSource(source)} that its publisher has signed, and LANDFORM_POLICY refuses such plugins (signed-plugins).`,
  )
}

/** Reports a provider under development, which nobody has signed, where the policy refuses that. */
export function refusedDevelopment(selection: PluginSelection, environment: Environment): string | undefined {
  if (selection.kind === 'plugin' || !readPolicy(environment).signedPlugins) return undefined
  return `The provider ${providerSourceToString(selection.source)} is one under development, which LANDFORM_POLICY refuses (signed-plugins).`
}
