import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import {
  defaultHost,
  formatProviderSource,
  opentofuHost,
  type ProviderSource,
  parseProviderSource,
  providerSourceToString,
} from '../addrs/index.ts'
import { compareVersions, type Version, versionToString } from '../base/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { type Authentication, authenticateRelease } from './authentication.ts'
import type { CliConfig, ConfigDialect, SourcePattern } from './cli-config.ts'
import { configDirs } from './cli-config.ts'
import { type Hosts, RegistryError, readJson } from './discovery.ts'
import { isFolder, namesIn } from './files.ts'
import type { PackageHash } from './hashes.ts'
import { HttpError, urlText } from './http.ts'
import { findPackages, type LocalPackage } from './package-layout.ts'
import { type Platform, platformToString } from './platform.ts'
import { PlatformNotSupportedError, ProviderNotFoundError, ProviderRegistry } from './provider-registry.ts'
import { twinSource } from './provider-sources.ts'
import { parseProviderVersion } from './provider-versions.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** A package that can be had. */
export interface PackageOffer {
  readonly location: LocalPackage | { readonly kind: 'remote'; readonly url: URL; readonly headers: Readonly<Record<string, string>> }
  /** One of these must fit; undefined: whoever offers it tells none. */
  readonly expected: readonly PackageHash[] | undefined
  /** What it is worth once `expected` fits. */
  readonly authentication: Authentication
  /** Checksums that are as good as the package's own, of all platforms, to be locked with it. */
  readonly vouched: readonly PackageHash[]
}

/** Where providers come from. */
export interface PackageSource {
  /** Path, URL or host: where it looks, for messages. */
  readonly places: (source: ProviderSource) => readonly string[]
  /** @throws ProviderNotFoundError or another RegistryError */
  versions(source: ProviderSource): Promise<{ readonly versions: readonly Version[]; readonly warnings: readonly string[] }>
  /** @throws PlatformNotSupportedError, ProviderNotFoundError or another RegistryError */
  offer(source: ProviderSource, version: Version, platform: Platform): Promise<PackageOffer>
}

/**
 * The registries that sources name. OpenTofu's own holds providers whose authors have given it no key; it is taken at its word as
 * OpenTofu takes it, unless OPENTOFU_ENFORCE_GPG_VALIDATION is `true`.
 */
export function directSource(hosts: Hosts, environment: Environment = {}): PackageSource {
  const registry = new ProviderRegistry(hosts)
  return {
    places: (source) => [source.host],
    versions: (source) => registry.versions(source),
    async offer(source, version, platform) {
      const release = await registry.release(source, version, platform)
      const { authentication, hashes } = authenticateRelease({
        ...release,
        mayLackKeys: source.host === opentofuHost && environment.OPENTOFU_ENFORCE_GPG_VALIDATION !== 'true',
      })
      return {
        location: { kind: 'remote', url: release.url, headers: {} },
        expected: [`zh:${release.shasum}`],
        authentication,
        vouched: [...hashes, ...release.hashes],
      }
    },
  }
}

/** A folder of packages. It must exist. */
export function filesystemMirror(dir: string, platform: Platform): PackageSource {
  const find = (source: ProviderSource, wanted: Platform) => {
    if (!isFolder(dir)) {
      throw new RegistryError(`cannot search ${dir}: there is no such folder`)
    }
    return findPackages(dir, source, wanted)
  }
  return {
    places: () => [dir],
    async versions(source) {
      const found = find(source, platform)
      if (found.length === 0) throw new ProviderNotFoundError(`provider ${formatProviderSource(source)} was not found in ${dir}`)
      return { versions: found.map((p) => p.version), warnings: [] }
    },
    async offer(source, version, wanted) {
      const found = find(source, wanted).find((p) => versionToString(p.version) === versionToString(version))
      if (found === undefined) throw notAvailable(source, version, wanted)
      const location = found.location.kind === 'folder' ? { ...found.location, path: resolve(found.location.path) } : found.location
      return { location, expected: undefined, authentication: { kind: 'unauthenticated' }, vouched: [] }
    },
  }
}

function notAvailable(source: ProviderSource, version: Version, platform: Platform): PlatformNotSupportedError {
  const name = `${formatProviderSource(source)} ${versionToString(version)}`
  return new PlatformNotSupportedError(`provider ${name} is not available for ${platformToString(platform)}`)
}

/** A mirror over HTTPS. @see reference registry-and-lock.md 4.3 */
export function networkMirror(url: string, hosts: Hosts): PackageSource {
  const base = new URL(url)
  const read = async (source: ProviderSource, file: string): Promise<{ document: Record<string, unknown>; url: URL } | undefined> => {
    const twin = twinSource(source)
    for (const name of twin === undefined ? [source] : [source, twin]) {
      const found = await readMirrorDocument(new URL(`./${providerSourceToString(name)}/${file}`, base), source, hosts, base)
      if (found !== undefined) return found
    }
    return undefined
  }
  return {
    places: () => [url],
    async versions(source) {
      const found = await read(source, 'index.json')
      const versions = found?.document.versions
      if (found === undefined) throw new ProviderNotFoundError(`provider ${formatProviderSource(source)} was not found in ${url}`)
      if (!isRecord(versions)) throw mirrorError(source, base, 'the index has no versions')
      return { versions: Object.keys(versions).flatMap((text) => parseProviderVersion(text) ?? []), warnings: [] }
    },
    async offer(source, version, platform) {
      const found = await read(source, `${encodeURIComponent(versionToString(version))}.json`)
      const archives = found?.document.archives
      if (found === undefined) throw notAvailable(source, version, platform)
      if (!isRecord(archives)) throw mirrorError(source, base, 'the version has no archives')
      const archive = archives[platformToString(platform)]
      if (!isRecord(archive)) throw notAvailable(source, version, platform)
      if (typeof archive.url !== 'string') throw mirrorError(source, base, 'the archive has no URL')
      const hashes = Array.isArray(archive.hashes) ? (archive.hashes as unknown[]).filter((h) => typeof h === 'string') : []
      const known = hashes.filter((hash) => /^(zh|h1):/.test(hash))
      return {
        location: { kind: 'remote', url: new URL(archive.url, found.url), headers: {} },
        expected: known.length === 0 ? undefined : known,
        authentication: known.length === 0 ? { kind: 'unauthenticated' } : { kind: 'checksum' },
        vouched: [],
      }
    },
  }
}

async function readMirrorDocument(
  url: URL,
  source: ProviderSource,
  hosts: Hosts,
  base: URL,
): Promise<{ document: Record<string, unknown>; url: URL } | undefined> {
  try {
    const { authorization } = await hosts.headers(base.host)
    const answer = await hosts.http.get(url, { accept: 'application/json', ...(authorization === undefined ? {} : { authorization }) })
    if (answer.status === 404) {
      answer.body.destroy()
      return undefined
    }
    if (answer.status !== 200) {
      answer.body.destroy()
      if (answer.status === 401 || answer.status === 403) {
        const detail = authorization === undefined ? 'requires authentication credentials' : 'rejected the given authentication credentials'
        throw new RegistryError(`host ${base.host} ${detail}`)
      }
      throw mirrorError(source, base, `server returned unsuccessful status ${answer.statusText}`)
    }
    const document = await readJson(hosts.http, answer, 'the document')
    if (!isRecord(document)) throw mirrorError(source, base, `the document at ${urlText(url)} is not a JSON object`)
    return { document, url: answer.url }
  } catch (error) {
    if (error instanceof HttpError) throw mirrorError(source, base, error.message, error)
    throw error
  }
}

function mirrorError(source: ProviderSource, base: URL, problem: string, cause?: Error): RegistryError {
  return new RegistryError(`failed to query provider mirror ${base.href} for ${formatProviderSource(source)}: ${problem}`, { cause })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One of several sources, and for which providers it is meant. */
export interface ScopedSource {
  readonly from: PackageSource
  readonly matches: (source: ProviderSource) => boolean
}

/** Several sources as one: the versions of all that a provider is meant to come from, and of each the first one that has it. */
export function combinedSource(parts: readonly ScopedSource[]): PackageSource {
  const forSource = (source: ProviderSource): readonly PackageSource[] => parts.filter((p) => p.matches(source)).map((p) => p.from)
  const offeredBy = new Map<string, PackageSource>()
  const places = (source: ProviderSource): readonly string[] => forSource(source).flatMap((from) => from.places(source))
  const keyOf = (source: ProviderSource, version: Version): string => `${providerSourceToString(source)} ${versionToString(version)}`
  return {
    places,
    async versions(source) {
      const suitable = forSource(source)
      const versions: Version[] = []
      const warnings: string[] = []
      let absence: ProviderNotFoundError | undefined
      for (const from of suitable) {
        try {
          const found = await from.versions(source)
          warnings.push(...found.warnings)
          for (const version of found.versions) {
            const key = keyOf(source, version)
            if (offeredBy.has(key)) continue
            offeredBy.set(key, from)
            versions.push(version)
          }
        } catch (error) {
          if (!(error instanceof ProviderNotFoundError)) throw error
          absence = error
        }
      }
      if (versions.length > 0) return { versions: versions.sort(compareVersions), warnings }
      const name = formatProviderSource(source)
      const searched = places(source)
      if (absence !== undefined && suitable.length === 1 && searched[0] === source.host) throw absence
      throw new ProviderNotFoundError(
        searched.length === 0
          ? `provider ${name} is excluded from all of the installation methods of the CLI configuration`
          : `provider ${providerSourceToString(source)} was not found in any of the search locations\n\n${searched.map((place) => `  - ${place}`).join('\n')}`,
      )
    },
    async offer(source, version, platform) {
      const known = offeredBy.get(keyOf(source, version))
      if (known !== undefined) return known.offer(source, version, platform)
      let absence: RegistryError | undefined
      for (const from of forSource(source)) {
        try {
          return await from.offer(source, version, platform)
        } catch (error) {
          if (!(error instanceof ProviderNotFoundError || error instanceof PlatformNotSupportedError)) throw error
          absence ??= error
        }
      }
      throw absence ?? notAvailable(source, version, platform)
    },
  }
}

/** A pattern with only `*` below a part matches everything there; twins of the default registries count as one. */
function matchesPattern(pattern: SourcePattern, source: ProviderSource): boolean {
  const fits = (s: ProviderSource): boolean =>
    (pattern.host === '*' || pattern.host === s.host) &&
    (pattern.namespace === '*' || pattern.namespace === s.namespace) &&
    (pattern.type === '*' || pattern.type === s.type)
  const twin = twinSource(source)
  return fits(source) || (twin !== undefined && fits(twin))
}

export interface SourceOptions {
  readonly config: CliConfig
  readonly hosts: Hosts
  readonly environment: Environment
  readonly dialect: ConfigDialect
  readonly platform: Platform
  /** From `-plugin-dir`: nothing else is looked at. */
  readonly pluginDirs?: readonly string[] | undefined
}

/** The sources that the user's configuration says, or what is usual where it says nothing. */
export function configuredSource(options: SourceOptions): PackageSource {
  const { config, environment, hosts, platform, pluginDirs } = options
  if (pluginDirs !== undefined && pluginDirs.length > 0) {
    return combinedSource(pluginDirs.map((dir) => ({ from: filesystemMirror(dir, platform), matches: () => true })))
  }
  const methods = config.installation
  // Overrides for development alone leave the usual methods in place.
  if (methods === undefined || (methods.length === 0 && config.devOverrides.size > 0)) return impliedSource(options)
  return combinedSource(
    methods.map((method) => ({
      from:
        method.kind === 'direct'
          ? directSource(hosts, environment)
          : method.kind === 'networkMirror'
            ? networkMirror(method.url, hosts)
            : filesystemMirror(method.path, platform),
      matches: (source) =>
        (method.include === undefined || method.include.some((p) => matchesPattern(p, source))) &&
        !method.exclude.some((p) => matchesPattern(p, source)),
    })),
  )
}

/** Folders of this machine that are mirrors without having been named, each for the providers found there; registries for the rest. */
function impliedSource({ environment, dialect, hosts, platform }: SourceOptions): PackageSource {
  const local: ScopedSource[] = []
  const foundLocally = new Set<string>()
  for (const dir of impliedDirs(environment, dialect)) {
    const here = new Set(providersIn(dir))
    if (here.size === 0) continue
    for (const key of here) foundLocally.add(key)
    local.push({ from: filesystemMirror(dir, platform), matches: (source) => hasOrTwin(here, source) })
  }
  return combinedSource([...local, { from: directSource(hosts, environment), matches: (source) => !hasOrTwin(foundLocally, source) }])
}

function hasOrTwin(set: ReadonlySet<string>, source: ProviderSource): boolean {
  const twin = twinSource(source)
  return set.has(providerSourceToString(source)) || (twin !== undefined && set.has(providerSourceToString(twin)))
}

function impliedDirs(environment: Environment, dialect: ConfigDialect): readonly string[] {
  const home = environment.HOME || homedir()
  const dataHome = environment.XDG_DATA_HOME || join(home, '.local/share')
  const dataDirs = (environment.XDG_DATA_DIRS || '/usr/local/share:/usr/share').split(':').filter((dir) => dir !== '')
  const folders = dialect === 'tofu' ? ['opentofu/plugins', 'terraform/plugins'] : ['terraform/plugins']
  return [
    'terraform.d/plugins',
    ...configDirs(environment, dialect).map((dir) => join(dir, 'plugins')),
    ...[dataHome, ...dataDirs].flatMap((dir) => folders.map((folder) => join(dir, folder))),
  ]
}

/** Complete addresses of the providers that a folder has packages of, for any platform. */
function providersIn(dir: string): readonly string[] {
  const found: string[] = []
  for (const host of foldersIn(dir)) {
    if (!host.includes('.') && !host.includes(':') && host !== 'localhost') continue
    for (const namespace of foldersIn(join(dir, host))) {
      for (const type of foldersIn(join(dir, host, namespace))) {
        const source = parseProviderSource(`${host}/${namespace}/${type}`, defaultHost, new Diagnostics())
        if (source !== undefined && namesIn(join(dir, host, namespace, type)).length > 0) found.push(providerSourceToString(source))
      }
    }
  }
  return found
}

function foldersIn(dir: string): readonly string[] {
  return namesIn(dir).filter((name) => isFolder(join(dir, name)))
}
