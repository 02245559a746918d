import { join } from 'node:path'
import type { ProviderSource } from '../addrs/index.ts'
import { type Version, versionToString } from '../base/index.ts'
import { isFile, isFolder, namesIn } from './files.ts'
import { type Platform, platformToString } from './platform.ts'
import { twinSource } from './provider-sources.ts'
import { parseProviderVersion } from './provider-versions.ts'

/** Where the package of a provider lies on this machine. */
export type LocalPackage =
  /** An archive as it was distributed. */
  | { readonly kind: 'archive'; readonly path: string; readonly filename: string }
  /** A folder with the archive's content, or a link to one. */
  | { readonly kind: 'folder'; readonly path: string }

/** A package in a folder of packages: a filesystem mirror, a plugin cache or the data directory. */
export interface FoundPackage {
  /** The source as found, which may be the twin of the one that was looked for. */
  readonly source: ProviderSource
  readonly version: Version
  readonly location: LocalPackage
}

/** `HOST/NAMESPACE/TYPE`, the folder of a provider in a folder of packages. */
export function sourceFolder(source: ProviderSource): string {
  return join(source.host, source.namespace, source.type)
}

/** `HOST/NAMESPACE/TYPE/VERSION/OS_ARCH`, the folder of an unpacked package. */
export function unpackedFolder(source: ProviderSource, version: string, platform: Platform): string {
  return join(sourceFolder(source), version, platformToString(platform))
}

/** `terraform-provider-TYPE_VERSION_OS_ARCH.zip`. */
export function archiveFilename(source: ProviderSource, version: string, platform: Platform): string {
  return `terraform-provider-${source.type}_${version}_${platformToString(platform)}.zip`
}

/**
 * All packages of a provider for a platform below a folder, packed and unpacked; those under the provider's own name first,
 * then those under the name of its twin. A folder that is not there holds none.
 *
 * @see reference registry-and-lock.md 4.2
 */
export function findPackages(baseDir: string, source: ProviderSource, platform: Platform): readonly FoundPackage[] {
  const twin = twinSource(source)
  const own = packagesOf(baseDir, source, platform)
  return twin === undefined || own.length > 0 ? own : packagesOf(baseDir, twin, platform)
}

function packagesOf(baseDir: string, source: ProviderSource, platform: Platform): readonly FoundPackage[] {
  const dir = join(baseDir, sourceFolder(source))
  const found: FoundPackage[] = []
  const suffix = platformToString(platform)
  for (const name of namesIn(dir)) {
    const path = join(dir, name)
    const archived = archiveVersion(name, source, suffix)
    if (archived !== undefined) {
      if (isFile(path)) found.push({ source, version: archived, location: { kind: 'archive', path, filename: name } })
      continue
    }
    const version = parseProviderVersion(name)
    const folder = join(path, suffix)
    if (version !== undefined && isFolder(folder)) found.push({ source, version, location: { kind: 'folder', path: folder } })
  }
  return found
}

function archiveVersion(name: string, source: ProviderSource, suffix: string): Version | undefined {
  const lower = name.toLowerCase()
  const start = `terraform-provider-${source.type}_`
  const end = `_${suffix}.zip`
  if (!lower.startsWith(start) || !lower.endsWith(end) || lower.length <= start.length + end.length) return undefined
  return parseProviderVersion(name.slice(start.length, -end.length))
}

/** The folder of an unpacked package under the source's own name, else under its twin's; undefined when there is none. */
export function unpackedPackage(baseDir: string, source: ProviderSource, version: Version, platform: Platform): string | undefined {
  const twin = twinSource(source)
  for (const name of twin === undefined ? [source] : [source, twin]) {
    const dir = join(baseDir, unpackedFolder(name, versionToString(version), platform))
    if (isFolder(dir)) return dir
  }
  return undefined
}

/** The provider's program in an unpacked package: the first file in order of names that starts with `terraform-provider-TYPE`. */
export function packageExecutable(dir: string, type: string): string | undefined {
  const start = `terraform-provider-${type}`
  const name = namesIn(dir).find((n) => n.startsWith(start) && /^(?:$|[_.])/.test(n.slice(start.length)) && isFile(join(dir, n)))
  return name === undefined ? undefined : join(dir, name)
}
