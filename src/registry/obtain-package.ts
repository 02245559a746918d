import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { RegistryError } from './discovery.ts'
import { archiveHash, folderHash, type PackageHash } from './hashes.ts'
import type { HttpClient } from './http.ts'
import type { PackageOffer } from './package-sources.ts'
import { UnpackError } from './unpack.ts'

/** A package that has been fetched and checked against what its source says of it. */
export interface ObtainedPackage {
  /** Folder with the content: that of the source where it is unpacked there, else one in the staging folder. */
  readonly content: string
  readonly isLocalFolder: boolean
  /** The archive that it came in. */
  readonly archive: string | undefined
  /** Of the content. */
  readonly hash: PackageHash
  /** Of the archive. */
  readonly archived: PackageHash | undefined
}

export interface ObtainOptions {
  readonly http: HttpClient
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((bytes: number, total: number | undefined) => void) | undefined
}

/** Longer than any provider so far; what is more is refused. */
const maxArchiveBytes = 2 ** 31

/**
 * Fetches a package into an empty staging folder, which is the caller's to remove.
 *
 * @throws RegistryError or HttpError when it cannot be had, is damaged or not the one that was promised
 */
export async function obtainPackage(offer: PackageOffer, staging: string, options: ObtainOptions): Promise<ObtainedPackage> {
  const { location } = offer
  if (location.kind === 'folder') {
    return { content: location.path, isLocalFolder: true, archive: undefined, hash: await folderHash(location.path), archived: undefined }
  }
  const archive = location.kind === 'archive' ? location.path : join(staging, 'archive.zip')
  if (location.kind === 'remote') {
    const { headers, url } = location
    await options.http.download(url, archive, {
      headers,
      maxBytes: maxArchiveBytes,
      signal: options.signal,
      onProgress: options.onProgress,
    })
  }
  const archived = await archiveHash(archive)
  checkArchive(offer, archived)
  const content = join(staging, 'package')
  mkdirSync(content)
  const { unpackZip } = await import('./unpack-zip.ts')
  try {
    await unpackZip(archive, content)
  } catch (error) {
    if (error instanceof UnpackError) throw new RegistryError(`the package is refused: ${error.message}`, { cause: error })
    throw error
  }
  const hash = await folderHash(content)
  if (offer.expected !== undefined && !offer.expected.includes(hash) && !offer.expected.includes(archived)) {
    throw new RegistryError(`provider package doesn't match any of the expected checksums: it has ${archived} and ${hash}`)
  }
  return { content, isLocalFolder: false, archive, hash, archived }
}

/** An archive is not even opened when all that is known of it are checksums of archives, and none fits. */
function checkArchive({ expected }: PackageOffer, archived: PackageHash): void {
  if (expected === undefined || expected.includes(archived) || expected.some((hash) => !hash.startsWith('zh:'))) return
  throw new RegistryError(`archive has incorrect checksum ${archived} (expected ${expected.join(' or ')})`)
}
