import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatProviderSource, type ProviderSource, providerSourceToString } from '../addrs/index.ts'
import { assertNever, compareStrings, versionToString } from '../base/index.ts'
import { allModules, type Config, resolveProviderSources } from '../config/index.ts'
import { Diagnostics, type SourceRange } from '../diags/index.ts'
import { isFolder } from '../registry/files.ts'
import {
  compareLocks,
  currentPlatform,
  type DependencyLocks,
  findByTwin,
  type InstallEvent,
  installProviders,
  isBuiltinSource,
  isThirdParty,
  lockFileName,
  lockFileToString,
  type ProviderConstraint,
  type ProviderLock,
  type ProviderToInstall,
  parseProviderConstraints,
  parseProviderVersion,
  platformToString,
  providerConstraintsToString,
  providersFolder,
  providerVersionAllowed,
  readLockFile,
} from '../registry/index.ts'
import type { State } from '../states/index.ts'
import { devOverrideWarnings } from './dev-overrides.ts'
import { type ProviderSelection, selectLocal, selectProviders } from './providers.ts'
import { openRegistryAccess, sourceOfProviders } from './registry-access.ts'
import { dialectOf, type Settings } from './settings.ts'
import { terraformVersion } from './versions.ts'
import { writeFileAtomically } from './write-file.ts'

export interface InitProvidersOptions {
  readonly upgrade: boolean
  /** The lock file must not change. */
  readonly readonlyLockFile: boolean
  /** Entries of the lock file that nothing here needs are left: others share the file. */
  readonly keepOthers?: boolean | undefined
  /** From `-plugin-dir`; undefined when the option was not given, empty to forget an earlier one. */
  readonly pluginDirs: readonly string[] | undefined
  /** Providers that are part of this program, or of a folder of injected ones, in order of their addresses. */
  readonly onInProcess: (selection: ProviderSelection) => void
  readonly onEvent: (event: InstallEvent) => void
  /** Names for messages. */
  readonly product: string
  readonly command: string
  readonly signal?: AbortSignal | undefined
}

export interface InitProvidersOutcome {
  readonly lockFile: 'unchanged' | 'created' | 'updated'
  /** Some package was signed by others than HashiCorp. */
  readonly hasThirdParty: boolean
}

/** Constraints as the strict reader of providers has them; what it refuses is reported. */
export function readRequirements(config: Config | undefined, state: State | undefined, diags: Diagnostics): readonly ProviderToInstall[] {
  const found = new Map<string, ProviderToInstall>()
  for (const [key, { source, constraints }] of config === undefined ? [] : resolveProviderSources(config)) {
    const terms: ProviderConstraint[] = []
    for (const text of constraints) {
      const parsed = parseProviderConstraints(text)
      if (!('problem' in parsed)) terms.push(...parsed)
      else
        diags.error('Invalid version constraint', `Incorrect version constraint syntax: ${parsed.problem}.`, {
          subject: placeOf(source, text, config!),
        })
    }
    found.set(key, { source, constraints: terms })
  }
  for (const resource of state?.resources.values() ?? []) {
    const key = providerSourceToString(resource.provider.source)
    if (!found.has(key)) found.set(key, { source: resource.provider.source, constraints: [] })
  }
  return [...found].sort(([a], [b]) => compareStrings(a, b)).map(([, needed]) => needed)
}

/** What several need together, by address. */
function mergeRequirements(all: readonly (readonly ProviderToInstall[])[]): readonly ProviderToInstall[] {
  const found = new Map<string, ProviderToInstall>()
  for (const needed of all.flat()) {
    const key = providerSourceToString(needed.source)
    const earlier = found.get(key)
    found.set(key, earlier === undefined ? needed : { ...needed, constraints: [...earlier.constraints, ...needed.constraints] })
  }
  return [...found].sort(([a], [b]) => compareStrings(a, b)).map(([, needed]) => needed)
}

/**
 * Whether all that is missing to use these configurations are packages that the lock file has chosen already, so that they can be
 * installed without anything being decided.
 */
export function onlyLackLocked(configs: readonly Config[], settings: Settings): boolean {
  const locks = readLockFile(new Diagnostics(), settings.lockPath)
  const missing = configs.flatMap((config) => {
    const constraints = new Map(readRequirements(config, undefined, new Diagnostics()).map((n) => [providerSourceToString(n.source), n]))
    return selectProviders(config, undefined, settings)
      .filter((selection) => selection.kind === 'missing')
      .map((selection) => ({ selection, needed: constraints.get(providerSourceToString(selection.source)) }))
  })
  return (
    missing.length > 0 &&
    missing.every(({ selection, needed }) => {
      const lock = findByTwin(locks, selection.source)
      return (
        selection.kind === 'missing' &&
        selection.toInstall &&
        lock !== undefined &&
        providerVersionAllowed(lock.version, needed?.constraints ?? [])
      )
    })
  )
}

/** Where a constraint is written. */
function placeOf(source: ProviderSource, constraint: string, config: Config): SourceRange | undefined {
  for (const { module } of allModules(config)) {
    for (const required of module.requiredProviders.values()) {
      if (required.version === constraint && providerSourceToString(required.source) === providerSourceToString(source))
        return required.range
    }
    for (const block of module.providerConfigs.values()) if (block.version === constraint) return block.range
  }
  return undefined
}

/**
 * Provider stage of `init`: installs what plugins must serve and records the choice in the lock file. Providers of this
 * process are recorded with the version they follow, without checksums; entries that exist are left alone.
 */
export function initProviders(
  config: Config,
  state: State | undefined,
  settings: Settings,
  options: InitProvidersOptions,
  diags: Diagnostics,
): Promise<InitProvidersOutcome> {
  return initProvidersOf([config], state, settings, options, diags)
}

/** The same for several configurations that share the lock file and the folder of packages. */
export async function initProvidersOf(
  configs: readonly Config[],
  state: State | undefined,
  settings: Settings,
  options: InitProvidersOptions,
  diags: Diagnostics,
): Promise<InitProvidersOutcome> {
  const unchanged: InitProvidersOutcome = { lockFile: 'unchanged', hasThirdParty: false }
  const own = new Diagnostics()
  const locks = readLockFile(own, settings.lockPath)
  const access = openRegistryAccess(settings.environment)
  const requirements = mergeRequirements([
    ...configs.map((config) => readRequirements(config, undefined, own)),
    readRequirements(undefined, state, own),
  ])
  diags.addAll(own.items)
  if (own.hasErrors) return unchanged
  // What is wrong with the CLI configuration has been told when the program started; the rest of it is used.
  const needed: ProviderToInstall[] = []
  const kept = new Map<string, ProviderLock>()
  const { devOverrides } = access.config
  const constraintsBySource = new Map<string, readonly string[]>()
  for (const config of configs) {
    for (const [key, { constraints }] of resolveProviderSources(config))
      constraintsBySource.set(key, [...new Set([...(constraintsBySource.get(key) ?? []), ...constraints])])
  }
  for (const requirement of requirements) {
    const { source } = requirement
    const selection = selectLocal(source, constraintsBySource.get(providerSourceToString(source)), settings)
    switch (selection?.kind) {
      case undefined:
        if (source.namespace === '-') reportLegacy(source, options, diags)
        else needed.push(requirement)
        break
      case 'reattached':
      case 'override':
        keep(source, locks, kept)
        break
      case 'missing':
        diags.error('Provider not available', selection.reason)
        break
      case 'builtin':
      case 'injected':
        options.onInProcess(selection)
        if (!isBuiltinSource(source)) lockInProcess(requirement, selection.version, locks, options.upgrade, kept)
        break
      default:
        assertNever(selection)
    }
  }
  diags.addAll(devOverrideWarnings(devOverrides, `${options.command} init does not install these providers; it is not needed for them.`))
  const pluginDirs = rememberPluginDirs(options.pluginDirs, settings.dataDir)
  const incomplete: ProviderSource[] = []
  let hasThirdParty = false
  const failures = new Diagnostics()
  const installed = await installProviders(
    {
      needed,
      locks,
      upgrade: options.upgrade,
      from: sourceOfProviders(access, settings, pluginDirs),
      http: access.http,
      platform: currentPlatform(),
      dataDir: settings.dataDir,
      cacheDir: usableCache(access.config.pluginCacheDir),
      cacheMayBreakLockFile: access.config.cacheMayBreakLockFile,
      on(event) {
        if (event.kind === 'incomplete') incomplete.push(event.source)
        if (event.kind === 'installed' && isThirdParty(event.authentication)) hasThirdParty = true
        options.onEvent(event)
      },
      signal: options.signal,
      product: options.product,
      command: options.command,
      productVersion: terraformVersion,
    },
    failures,
  )
  diags.addAll(failures.items)
  if (failures.hasErrors) return { lockFile: 'unchanged', hasThirdParty }
  // Programs that drive this one take the folder as the sign that init has been run.
  if (kept.size + installed.size > 0) mkdirSync(join(settings.dataDir, providersFolder), { recursive: true })
  const others = options.keepOthers ? locks : []
  const lockFile = recordLocks(locks, new Map([...others, ...kept, ...installed]), options, settings, diags)
  if (incomplete.length > 0 && lockFile !== 'unchanged') warnOfIncomplete(incomplete, options, diags)
  return { lockFile, hasThirdParty }
}

/** A folder that is not there has been reported, and is done without. */
function usableCache(dir: string | undefined): string | undefined {
  return dir !== undefined && isFolder(dir) ? dir : undefined
}

function keep(source: ProviderSource, locks: DependencyLocks, kept: Map<string, ProviderLock>): void {
  const lock = findByTwin(locks, source)
  if (lock !== undefined) kept.set(providerSourceToString(lock.source), lock)
}

/** The version a provider of this process follows. An entry that still fits is left as it is, checksums included. */
export function lockInProcess(
  { source, constraints }: ProviderToInstall,
  version: string | undefined,
  locks: DependencyLocks,
  upgrade: boolean,
  kept: Map<string, ProviderLock>,
): void {
  const parsed = version === undefined ? undefined : parseProviderVersion(version)
  const lock = findByTwin(locks, source)
  const fits = lock !== undefined && providerVersionAllowed(lock.version, constraints)
  if (lock !== undefined && (parsed === undefined || (fits && !upgrade) || versionToString(lock.version) === version)) {
    kept.set(providerSourceToString(lock.source), lock)
  } else if (parsed !== undefined) {
    const entry = { source: lock?.source ?? source, version: parsed, constraints: providerConstraintsToString(constraints), hashes: [] }
    kept.set(providerSourceToString(entry.source), entry)
  }
}

function reportLegacy(source: ProviderSource, { command }: InitProvidersOptions, diags: Diagnostics): void {
  diags.error(
    'Invalid legacy provider address',
    `This configuration or its associated state refers to the unqualified provider "${source.type}".\n\nYou must complete the Terraform 0.13 upgrade process before upgrading to later versions: run\n  ${command} state replace-provider -- -/${source.type} hashicorp/${source.type}`,
  )
}

const pluginPathFile = 'plugin_path'

/** The folders of `-plugin-dir`, which later runs of init remember. */
function rememberPluginDirs(given: readonly string[] | undefined, dataDir: string): readonly string[] | undefined {
  const path = join(dataDir, pluginPathFile)
  if (given === undefined) {
    try {
      const parsed = JSON.parse(readFileSync(path, 'utf8')) as unknown
      return Array.isArray(parsed) ? (parsed as unknown[]).filter((dir) => typeof dir === 'string') : undefined
    } catch {
      return undefined
    }
  }
  const dirs = given.filter((dir) => dir !== '')
  if (dirs.length === 0) rmSync(path, { force: true })
  else {
    mkdirSync(dataDir, { recursive: true })
    writeFileSync(path, JSON.stringify(dirs, undefined, 2))
  }
  return dirs
}

/** Writes the lock file when it says something new; when it must not change, that is reported instead. */
function recordLocks(
  before: DependencyLocks,
  after: DependencyLocks,
  options: InitProvidersOptions,
  settings: Settings,
  diags: Diagnostics,
): InitProvidersOutcome['lockFile'] {
  const difference = compareLocks(before, after)
  if (difference === 'same') return 'unchanged'
  const flagText = `"${options.command} init" without the "-lockfile=readonly" flag`
  if (options.readonlyLockFile) {
    if (difference === 'otherHashes') {
      diags.warning(
        'Provider lock file not updated',
        `Changes to the provider selections were detected, but not saved in the ${lockFileName} file. To record these selections, run ${flagText}.`,
      )
    } else {
      diags.error(
        'Provider dependency changes detected',
        `Changes to the required provider dependencies were detected, but the lock file is read-only. To use and record these requirements, run ${flagText}.`,
      )
    }
    return 'unchanged'
  }
  writeFileAtomically(settings.lockPath ?? lockFileName, lockFileToString(after, dialectOf(settings.environment)))
  return before.size === 0 ? 'created' : 'updated'
}

function warnOfIncomplete(sources: readonly ProviderSource[], { product, command }: InitProvidersOptions, diags: Diagnostics): void {
  const platform = platformToString(currentPlatform())
  const names = sources.map((source) => `  - ${formatProviderSource(source)}`).sort(compareStrings)
  diags.warning(
    'Incomplete lock file information for providers',
    `Due to your customized provider installation methods, ${product} was forced to calculate lock file checksums locally for the following providers:\n${names.join('\n')}\n\nThe current ${lockFileName} file only includes checksums for ${platform}, so ${product} running on another platform will fail to install these providers.\n\nTo calculate additional checksums for another platform, run:\n  ${command} providers lock -platform=linux_amd64\n(where linux_amd64 is the platform to generate)`,
  )
}
