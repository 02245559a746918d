import { rmSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { formatProviderSource, type ProviderSource, providerSourceToString } from '../addrs/index.ts'
import { compareStrings, compareVersions, type Version, versionToString } from '../base/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import type { Authentication } from './authentication.ts'
import { RegistryError } from './discovery.ts'
import { folderHash, type PackageHash } from './hashes.ts'
import { type HttpClient, HttpError } from './http.ts'
import { providersFolder } from './installed.ts'
import type { DependencyLocks, ProviderLock } from './lock-file.ts'
import { obtainPackage } from './obtain-package.ts'
import { packageExecutable, unpackedFolder, unpackedPackage } from './package-layout.ts'
import type { PackageOffer, PackageSource } from './package-sources.ts'
import { type Platform, platformToString } from './platform.ts'
import { PlatformNotSupportedError, ProtocolNotSupportedError, ProviderNotFoundError } from './provider-registry.ts'
import { findByTwin } from './provider-sources.ts'
import { newestAllowed, type ProviderConstraint, providerConstraintsToString, providerVersionAllowed } from './provider-versions.ts'
import { makeStagingFolder, placeNew, replaceWith } from './staging.ts'
import { UnpackError } from './unpack.ts'
import { rememberFolderHash, verifiedFolderHash } from './verified-hashes.ts'

/** A provider that is to be installed, with the constraints of all modules. */
export interface ProviderToInstall {
  readonly source: ProviderSource
  readonly constraints: readonly ProviderConstraint[]
}

export interface InstallOptions {
  readonly needed: readonly ProviderToInstall[]
  /** As recorded so far. */
  readonly locks: DependencyLocks
  readonly upgrade: boolean
  readonly from: PackageSource
  readonly http: HttpClient
  readonly platform: Platform
  readonly dataDir: string
  /** Shared with other working directories; undefined for none. */
  readonly cacheDir: string | undefined
  /** Whether a package in the cache is used though no recorded checksum fits it. */
  readonly cacheMayBreakLockFile: boolean
  readonly on: (event: InstallEvent) => void
  readonly signal?: AbortSignal | undefined
  /** Names for messages: the tool that people read about, and the program to be typed. */
  readonly product: string
  readonly command: string
  /** The version that is told to be incompatible. */
  readonly productVersion: string
}

/** What happens while providers are installed, in order. */
export type InstallEvent =
  /** The lock file names the version. */
  | { readonly kind: 'reusing'; readonly source: ProviderSource }
  /** Versions are being asked for; `constraints` in normal form, empty when there are none. */
  | { readonly kind: 'finding'; readonly source: ProviderSource; readonly constraints: string }
  | { readonly kind: 'warnings'; readonly source: ProviderSource; readonly warnings: readonly string[] }
  | { readonly kind: 'alreadyInstalled'; readonly source: ProviderSource; readonly version: string }
  | { readonly kind: 'fromCache'; readonly source: ProviderSource; readonly version: string }
  | { readonly kind: 'installing'; readonly source: ProviderSource; readonly version: string }
  | {
      readonly kind: 'progress'
      readonly source: ProviderSource
      readonly version: string
      readonly bytes: number
      readonly total: number | undefined
    }
  | { readonly kind: 'installed'; readonly source: ProviderSource; readonly version: string; readonly authentication: Authentication }
  /** Only the checksum of this machine's package is known. */
  | { readonly kind: 'incomplete'; readonly source: ProviderSource }

interface Chosen {
  readonly needed: ProviderToInstall
  /** The source under which it is installed and locked: that of an earlier lock entry, where it has one under the twin's name. */
  readonly source: ProviderSource
  readonly version: Version
  readonly lock: ProviderLock | undefined
}

/**
 * Chooses a version of each provider and brings its package into the data directory. Gives the locks that result: those of the
 * providers needed and no others. With errors, which are reported, the result is worth nothing, though packages that were
 * installed before the error stay.
 *
 * @see reference registry-and-lock.md 4 and 6
 */
export async function installProviders(options: InstallOptions, diags: Diagnostics): Promise<DependencyLocks> {
  const locks = new Map<string, ProviderLock>()
  const chosen: Chosen[] = []
  const sorted = options.needed.toSorted((a, b) => compareStrings(providerSourceToString(a.source), providerSourceToString(b.source)))
  for (const needed of sorted) {
    const choice = await choose(needed, options, diags)
    if (choice !== undefined) chosen.push(choice)
  }
  if (diags.hasErrors) return locks
  for (const choice of chosen) {
    if (options.signal?.aborted === true) {
      diags.error('Provider installation was canceled', 'The installation of providers was interrupted.')
      break
    }
    try {
      const hashes = await install(choice, options)
      const constraints = providerConstraintsToString(choice.needed.constraints)
      locks.set(providerSourceToString(choice.source), { source: choice.source, version: choice.version, constraints, hashes })
    } catch (error) {
      if (await isWithdrawn(choice, options)) {
        const problem = `the previously-selected version ${versionToString(choice.version)} is no longer available`
        reportQueryError(choice.source, problem, options.command, diags)
      } else reportInstallError(choice, error, options, diags)
    }
  }
  return locks
}

async function choose(needed: ProviderToInstall, options: InstallOptions, diags: Diagnostics): Promise<Chosen | undefined> {
  const { locks, upgrade, on, from } = options
  const lock = findByTwin(locks, needed.source)
  const source = lock?.source ?? needed.source
  if (lock !== undefined && !upgrade) {
    on({ kind: 'reusing', source })
    if (providerVersionAllowed(lock.version, needed.constraints)) return { needed, source, version: lock.version, lock }
    const problem = `locked provider ${formatProviderSource(source)} ${versionToString(lock.version)} does not match configured version constraint ${providerConstraintsToString(needed.constraints)}; must use ${options.command} init -upgrade to allow selection of new versions`
    reportQueryError(source, problem, options.command, diags)
    return undefined
  }
  const text = providerConstraintsToString(needed.constraints)
  on({ kind: 'finding', source, constraints: text })
  try {
    const { versions, warnings } = await from.versions(source)
    if (warnings.length > 0) on({ kind: 'warnings', source, warnings })
    const version = newestAllowed(versions, needed.constraints)
    if (version === undefined) throw new RegistryError(`no available releases match the given constraints ${text}`)
    return { needed, source, version, lock }
  } catch (error) {
    if (!(error instanceof RegistryError || error instanceof HttpError)) throw error
    if (error instanceof ProviderNotFoundError) reportNotFound(source, error.message, options.command, diags)
    else reportQueryError(source, error.message, options.command, diags)
    return undefined
  }
}

/** Whether the version that the lock file says is no longer among those to be had. */
async function isWithdrawn({ source, version, lock }: Chosen, { from }: InstallOptions): Promise<boolean> {
  if (lock === undefined || compareVersions(lock.version, version) !== 0) return false
  try {
    const { versions } = await from.versions(source)
    return !versions.some((other) => compareVersions(other, version) === 0)
  } catch (error) {
    if (!(error instanceof RegistryError || error instanceof HttpError)) throw error
    return false
  }
}

function reportQueryError(source: ProviderSource, problem: string, command: string, diags: Diagnostics): void {
  const name = formatProviderSource(source)
  diags.error(
    'Failed to query available provider packages',
    `Could not retrieve the list of available versions for provider ${name}: ${problem}\n\nTo see which modules are currently depending on ${name} and what versions are specified, run the following command:\n    ${command} providers`,
  )
}

function reportNotFound(source: ProviderSource, problem: string, command: string, diags: Diagnostics): void {
  const name = formatProviderSource(source)
  const hint = problem.includes('\n')
    ? ''
    : `\n\nAll modules should specify their required_providers so that external consumers will get the correct providers when using a module. To see which modules are currently depending on ${name}, run the following command:\n    ${command} providers`
  diags.error(
    'Failed to query available provider packages',
    `Could not retrieve the list of available versions for provider ${name}: ${problem}${hint}`,
  )
}

function reportInstallError({ source, version }: Chosen, error: unknown, options: InstallOptions, diags: Diagnostics): void {
  const name = formatProviderSource(source)
  const number = versionToString(version)
  if (error instanceof PlatformNotSupportedError) {
    diags.error(
      'Incompatible provider version',
      `Provider ${name} v${number} does not have a package available for your current platform, ${platformToString(options.platform)}.\n\nProvider releases are separate from ${options.product} CLI releases, so not all providers are available for all platforms. Other versions of this provider may have different platforms supported.`,
    )
  } else if (error instanceof ProtocolNotSupportedError) {
    const remedy =
      error.suggestion === undefined
        ? error.isTooNew
          ? `No compatible versions of provider ${name} were found; a newer release of ${options.product} is needed.`
          : `No compatible versions of provider ${name} were found.`
        : `Provider version ${error.suggestion} is the latest compatible version. Select it with the following version constraint:\n\tversion = "${error.suggestion}"`
    diags.error(
      'Incompatible provider version',
      `Provider "${name}" v${number} is not compatible with ${options.product} ${options.productVersion}.\n\n${remedy}\n\nConsult the documentation for this provider for more information on compatibility between provider and ${options.product} versions.`,
    )
  } else if (isInstallError(error)) {
    diags.error('Failed to install provider', `Error while installing ${name} v${number}: ${error.message}`)
  } else throw error
}

/** Whether an error is one that a network, a server, an archive or a disk can cause. */
export function isInstallError(error: unknown): error is Error {
  if (error instanceof RegistryError || error instanceof HttpError || error instanceof UnpackError) return true
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  return error instanceof Error && code !== undefined && /^E[A-Z]+$/.test(code)
}

/** Brings one package into the data directory and gives the checksums to be recorded. */
async function install(choice: Chosen, options: InstallOptions): Promise<readonly PackageHash[]> {
  const { source, version } = choice
  const { on, platform } = options
  const number = versionToString(version)
  const base = join(options.dataDir, providersFolder)
  const recorded = choice.lock !== undefined && versionToString(choice.lock.version) === number ? choice.lock.hashes : []
  const present = unpackedPackage(base, source, version, platform)
  if (
    present !== undefined &&
    recorded.length > 0 &&
    recorded.includes(await tryHash(() => verifiedFolderHash(present, options.dataDir)))
  ) {
    on({ kind: 'alreadyInstalled', source, version: number })
    return recorded
  }
  const target = join(base, unpackedFolder(source, number, platform))
  const cached = await fromCache(choice, recorded, options)
  if (cached !== undefined) {
    on({ kind: 'fromCache', source, version: number })
    link(cached.dir, target)
    return merged(recorded, [cached.hash])
  }
  const offer = await options.from.offer(source, version, platform)
  on({ kind: 'installing', source, version: number })
  const inCache = options.cacheDir === undefined ? undefined : join(options.cacheDir, unpackedFolder(source, number, platform))
  const hash = await fetchPackage(offer, { choice, options, recorded, target: inCache ?? target, isShared: inCache !== undefined })
  if (inCache !== undefined) link(resolve(inCache), target)
  await rememberFolderHash(target, options.dataDir, hash)
  on({ kind: 'installed', source, version: number, authentication: offer.authentication })
  if (offer.vouched.length === 0 && recorded.length === 0) on({ kind: 'incomplete', source })
  return merged(recorded, [hash, ...offer.vouched])
}

function merged(recorded: readonly PackageHash[], more: readonly PackageHash[]): readonly PackageHash[] {
  return [...new Set([...recorded, ...more])].sort(compareStrings)
}

/** Empty when a folder cannot be hashed. */
async function tryHash(hash: () => Promise<PackageHash>): Promise<string> {
  try {
    return await hash()
  } catch {
    return ''
  }
}

/** A package of the shared cache, if there is one that the lock file knows. */
async function fromCache(
  { source, version }: Chosen,
  recorded: readonly PackageHash[],
  options: InstallOptions,
): Promise<{ readonly dir: string; readonly hash: PackageHash } | undefined> {
  if (options.cacheDir === undefined) return undefined
  const dir = unpackedPackage(options.cacheDir, source, version, options.platform)
  if (dir === undefined || packageExecutable(dir, source.type) === undefined) return undefined
  if (recorded.length === 0 && !options.cacheMayBreakLockFile) return undefined
  const hash = await tryHash(() => folderHash(dir))
  const isKnown = recorded.includes(hash) || (options.cacheMayBreakLockFile && hash !== '')
  return isKnown ? { dir: resolve(dir), hash } : undefined
}

/** Replaces whatever is at `target` by a link to a folder. */
function link(folder: string, target: string): void {
  const staging = makeStagingFolder(target)
  try {
    const finished = join(staging, 'link')
    symlinkSync(folder, finished, 'dir')
    replaceWith(finished, target)
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

interface Fetch {
  readonly choice: Chosen
  readonly options: InstallOptions
  readonly recorded: readonly PackageHash[]
  readonly target: string
  /** Others may be making the same package at this moment. */
  readonly isShared: boolean
}

/** Gets a package, checks it and puts it at the target. Gives the hash of its content. */
async function fetchPackage(offer: PackageOffer, fetch: Fetch): Promise<PackageHash> {
  const { target, choice, options } = fetch
  const staging = makeStagingFolder(target)
  const { source } = choice
  const version = versionToString(choice.version)
  try {
    const { content, hash, archived, isLocalFolder } = await obtainPackage(offer, staging, {
      http: options.http,
      signal: options.signal,
      onProgress: (bytes, total) => options.on({ kind: 'progress', source, version, bytes, total }),
    })
    checkRecorded(archived === undefined ? [hash] : [hash, archived], fetch, offer.location.kind === 'remote' ? 'current' : 'local')
    if (packageExecutable(content, source.type) === undefined) {
      throw new RegistryError(
        `provider binary not found: could not find executable file starting with terraform-provider-${source.type} in the package`,
      )
    }
    if (isLocalFolder) {
      const linked = join(staging, 'package')
      symlinkSync(content, linked, 'dir')
      replaceWith(linked, target)
    } else await place(content, hash, fetch)
    return hash
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

/** In a cache, the package of a faster run is kept when it is the same; a broken one of an interrupted run is replaced. */
async function place(content: string, hash: PackageHash, { target, isShared }: Fetch): Promise<void> {
  if (isShared) {
    if (placeNew(content, target) || (await tryHash(() => folderHash(target))) === hash) return
  }
  replaceWith(content, target)
}

function checkRecorded(hashes: readonly PackageHash[], { recorded, choice }: Fetch, which: 'local' | 'current'): void {
  if (recorded.length === 0 || hashes.some((hash) => recorded.includes(hash))) return
  const name = `${formatProviderSource(choice.source)} ${versionToString(choice.version)}`
  const why = which === 'local' ? ' (this might be because the available checksums are for packages targeting different platforms)' : ''
  throw new RegistryError(
    `the ${which} package for ${name} doesn't match any of the checksums previously recorded in the dependency lock file${why}; for more information: https://developer.hashicorp.com/terraform/language/files/dependency-lock#checksum-verification`,
  )
}
