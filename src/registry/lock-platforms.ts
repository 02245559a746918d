import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatProviderSource, type ProviderSource, providerSourceToString } from '../addrs/index.ts'
import { compareStrings, type Version, versionToString } from '../base/index.ts'
import type { Authentication } from './authentication.ts'
import { RegistryError } from './discovery.ts'
import type { PackageHash } from './hashes.ts'
import type { HttpClient } from './http.ts'
import { isInstallError, type ProviderToInstall } from './install-providers.ts'
import type { DependencyLocks, ProviderLock } from './lock-file.ts'
import { obtainPackage } from './obtain-package.ts'
import type { PackageSource } from './package-sources.ts'
import { type Platform, platformToString } from './platform.ts'
import { findByTwin } from './provider-sources.ts'
import { newestAllowed, providerConstraintsToString, providerVersionAllowed } from './provider-versions.ts'

export type LockEvent =
  | { readonly kind: 'fetching'; readonly source: ProviderSource; readonly version: string; readonly platform: Platform }
  | {
      readonly kind: 'retrieved'
      readonly source: ProviderSource
      readonly version: string
      readonly platform: Platform
      readonly authentication: Authentication
    }
  /** What that means for the lock file: a new provider, more checksums for one, or nothing new. */
  | {
      readonly kind: 'obtained'
      readonly source: ProviderSource
      readonly platform: Platform
      readonly change: 'newProvider' | 'newHashes' | 'nothing'
    }

export interface LockPlatformsOptions {
  readonly needed: readonly ProviderToInstall[]
  readonly locks: DependencyLocks
  readonly platforms: readonly Platform[]
  readonly sourceFor: (platform: Platform) => PackageSource
  readonly http: HttpClient
  readonly on: (event: LockEvent) => void
  readonly signal?: AbortSignal | undefined
}

/** Providers that could not be had for a platform, each with the reason: `NAME: reason`. */
export class LockPlatformError extends Error {
  override readonly name = 'LockPlatformError'
  readonly platform: Platform
  readonly problems: readonly string[]

  constructor(platform: Platform, problems: readonly string[]) {
    super(`some providers could not be installed:\n${problems.map((p) => `- ${p}.`).join('\n')}`)
    this.platform = platform
    this.problems = problems
  }
}

/**
 * The lock file entries of providers with checksums for several platforms. Their packages are fetched and hashed, then thrown
 * away. A version that is locked stays; checksums that are recorded for it are kept.
 *
 * @throws LockPlatformError
 */
export async function lockPlatforms(options: LockPlatformsOptions): Promise<DependencyLocks> {
  const results = new Map<
    string,
    { source: ProviderSource; version: Version; constraints: string; hashes: Map<string, readonly PackageHash[]> }
  >()
  const needed = options.needed.toSorted((a, b) => compareStrings(providerSourceToString(a.source), providerSourceToString(b.source)))
  for (const platform of options.platforms) {
    const from = options.sourceFor(platform)
    const problems: string[] = []
    for (const one of needed) {
      const { source, lock } = {
        source: findByTwin(options.locks, one.source)?.source ?? one.source,
        lock: findByTwin(options.locks, one.source),
      }
      const key = providerSourceToString(source)
      try {
        const version = results.get(key)?.version ?? (await chooseVersion(one, source, lock, from))
        const hashes = await hashesOf(source, version, platform, from, options)
        const result = results.get(key) ?? { source, version, constraints: providerConstraintsToString(one.constraints), hashes: new Map() }
        result.hashes.set(platformToString(platform), hashes)
        results.set(key, result)
      } catch (error) {
        if (!isInstallError(error)) throw error
        problems.push(`${formatProviderSource(source)}: ${error.message}`)
      }
    }
    if (problems.length > 0) throw new LockPlatformError(platform, problems)
  }
  const locks = new Map(options.locks)
  for (const [key, { source, version, constraints, hashes }] of results) {
    const before = locks.get(key)
    const isSame = before !== undefined && versionToString(before.version) === versionToString(version)
    const known = new Set(isSame ? before.hashes : [])
    for (const platform of options.platforms) {
      const found = hashes.get(platformToString(platform)) ?? []
      const fresh = found.filter((hash) => !known.has(hash))
      options.on({ kind: 'obtained', source, platform, change: !isSame ? 'newProvider' : fresh.length > 0 ? 'newHashes' : 'nothing' })
      for (const hash of fresh) known.add(hash)
    }
    locks.set(key, { source, version, constraints, hashes: [...known].sort(compareStrings) })
  }
  return locks
}

/** The locked version, where it still meets the constraints, else the newest that does. */
export async function chooseVersion(
  { constraints }: ProviderToInstall,
  source: ProviderSource,
  lock: ProviderLock | undefined,
  from: PackageSource,
): Promise<Version> {
  if (lock !== undefined && providerVersionAllowed(lock.version, constraints)) return lock.version
  const { versions } = await from.versions(source)
  const version = newestAllowed(versions, constraints)
  if (version === undefined)
    throw new RegistryError(`no available releases match the given constraints ${providerConstraintsToString(constraints)}`)
  return version
}

async function hashesOf(
  source: ProviderSource,
  version: Version,
  platform: Platform,
  from: PackageSource,
  options: LockPlatformsOptions,
): Promise<readonly PackageHash[]> {
  const number = versionToString(version)
  options.on({ kind: 'fetching', source, version: number, platform })
  const offer = await from.offer(source, version, platform)
  const staging = mkdtempSync(join(tmpdir(), 'landform-lock-'))
  try {
    const { hash } = await obtainPackage(offer, staging, { http: options.http, signal: options.signal })
    options.on({ kind: 'retrieved', source, version: number, platform, authentication: offer.authentication })
    return [hash, ...offer.vouched]
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}
