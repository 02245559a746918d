import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatProviderSource, type ProviderSource, providerSourceToString } from '../addrs/index.ts'
import { versionToString } from '../base/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import { type DependencyLocks, lockFileName, parseLockFile } from './lock-file.ts'
import { packageExecutable, unpackedPackage } from './package-layout.ts'
import { currentPlatform, type Platform } from './platform.ts'
import { findByTwin } from './provider-sources.ts'
import { parseProviderConstraints, providerConstraintsToString, providerVersionAllowed } from './provider-versions.ts'
import { verifiedFolderHash } from './verified-hashes.ts'

/** What `init` has left of a provider in the working directory. */
export type InstalledProvider =
  /** Ready to be started; the content is one that the lock file allows. */
  | { readonly kind: 'installed'; readonly version: string; readonly packageDir: string; readonly executable: string }
  /** The lock file has no choice for it. */
  | { readonly kind: 'unlocked' }
  /** A version is chosen, but its package is missing, broken or not the one that was locked: `problem` is a clause that names the provider. */
  | { readonly kind: 'unusable'; readonly version: string; readonly problem: string }

export interface InstalledQuery {
  /** The working directory's data directory, `.terraform`. */
  readonly dataDir: string
  readonly locks: DependencyLocks
  readonly source: ProviderSource
  /** That of this machine when not given. */
  readonly platform?: Platform | undefined
}

/** Unpacked packages of a working directory, below its data directory. */
export const providersFolder = 'providers'

/**
 * The package of a provider as the lock file chooses it. Its content is hashed and held against the lock file each time,
 * except that the hash of files that did not change since is remembered (`verifiedFolderHash`). A lock entry without
 * checksums allows any content.
 */
export async function installedProvider({ dataDir, locks, source, platform }: InstalledQuery): Promise<InstalledProvider> {
  const lock = findByTwin(locks, source)
  if (lock === undefined) return { kind: 'unlocked' }
  const version = versionToString(lock.version)
  const name = formatProviderSource(source)
  const unusable = (problem: string): InstalledProvider => ({ kind: 'unusable', version, problem: `${name}: ${problem}` })
  const packageDir = unpackedPackage(join(dataDir, providersFolder), source, lock.version, platform ?? currentPlatform())
  if (packageDir === undefined) return unusable(`there is no package for ${name} ${version} cached in ${join(dataDir, providersFolder)}`)
  const executable = packageExecutable(packageDir, source.type)
  if (executable === undefined) {
    return unusable(
      `provider binary not found: could not find executable file starting with terraform-provider-${source.type} in ${packageDir}`,
    )
  }
  if (lock.hashes.length > 0) {
    let hash: string
    try {
      hash = await verifiedFolderHash(packageDir, dataDir)
    } catch (error) {
      return unusable(
        `failed to verify checksum of ${name} ${version} package cached in ${join(dataDir, providersFolder)}: ${(error as Error).message}`,
      )
    }
    if (!lock.hashes.includes(hash)) {
      return unusable(
        `the cached package for ${name} ${version} (in ${join(dataDir, providersFolder)}) does not match any of the checksums recorded in the dependency lock file`,
      )
    }
  }
  return { kind: 'installed', version, packageDir, executable }
}

/** Reads the lock file of the current directory; one that is not there locks nothing. */
export function readLockFile(diags: Diagnostics, path: string = lockFileName): DependencyLocks {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      diags.error('Failed to read dependency lock file', `The dependency lock file could not be read: ${(error as Error).message}.`)
    }
    return new Map()
  }
  return parseLockFile(text, diags, path)
}

/** A provider that plugins must serve, with the constraints of all modules as written. */
export interface NeededPlugin {
  readonly source: ProviderSource
  readonly constraints: readonly string[]
}

/**
 * Reports, in one error, every provider whose choice in the lock file is missing or no longer meets the configuration.
 * `command` is the name of the program to be typed.
 */
export function checkLocked(needed: readonly NeededPlugin[], locks: DependencyLocks, command: string, diags: Diagnostics): void {
  const lines: string[] = []
  let missing = 0
  for (const { source, constraints } of needed) {
    const name = providerSourceToString(source)
    const lock = findByTwin(locks, source)
    if (lock === undefined) {
      missing++
      lines.push(`  - provider ${name}: required by this configuration but no version is selected`)
      continue
    }
    const terms = constraints.flatMap((text) => {
      const parsed = parseProviderConstraints(text)
      return 'problem' in parsed ? [] : parsed
    })
    if (!providerVersionAllowed(lock.version, terms)) {
      const text = providerConstraintsToString(terms)
      lines.push(
        `  - provider ${name}: locked version selection ${versionToString(lock.version)} doesn't match the updated version constraints "${text}"`,
      )
    }
  }
  if (lines.length === 0) return
  const remedy =
    missing === lines.length && locks.size === 0
      ? `To make the initial dependency selections that will initialize the dependency lock file, run:\n  ${command} init`
      : `To update the locked dependency selections to match a changed configuration, run:\n  ${command} init -upgrade`
  diags.error(
    'Inconsistent dependency lock file',
    `The following dependency selections recorded in the lock file are inconsistent with the current configuration:\n${lines.join('\n')}\n\n${remedy}`,
  )
}

/** Reports, in one error, the problems of packages that `installedProvider` found unusable. */
export function reportUnusable(problems: readonly string[], product: string, command: string, diags: Diagnostics): void {
  if (problems.length === 0) return
  diags.error(
    'Required plugins are not installed',
    `The installed provider plugins are not consistent with the packages selected in the dependency lock file:\n${problems.map((p) => `  - ${p}`).join('\n')}\n\n${product} uses external plugins to integrate with a variety of different infrastructure services. To download the plugins required for this configuration, run:\n  ${command} init`,
  )
}
