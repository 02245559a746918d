import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProviderSource } from '../addrs/index.ts'
import { compareStrings, parseVersion, type Version, versionToString } from '../base/index.ts'
import type { Authentication } from './authentication.ts'
import type { PackageHash } from './hashes.ts'
import { folderHash } from './hashes.ts'
import type { HttpClient } from './http.ts'
import { obtainPackage } from './obtain-package.ts'
import { archiveFilename, sourceFolder } from './package-layout.ts'
import type { PackageOffer } from './package-sources.ts'
import { type Platform, platformToString } from './platform.ts'
import { makeStagingFolder } from './staging.ts'

/**
 * Puts the archive of a package into a mirror folder: filesystem mirror, and network mirror once it is published. An archive
 * that is there already is replaced.
 *
 * @throws RegistryError or HttpError when it cannot be had
 */
export async function mirrorPackage(
  mirror: string,
  { source, version, platform, offer }: { source: ProviderSource; version: Version; platform: Platform; offer: PackageOffer },
  http: HttpClient,
  signal?: AbortSignal,
): Promise<Authentication> {
  const target = join(mirror, sourceFolder(source), archiveFilename(source, versionToString(version), platform))
  const staging = makeStagingFolder(target)
  try {
    const { archive } = await obtainPackage(offer, staging, { http, signal })
    if (archive === undefined) throw new Error('only archives can be mirrored')
    const own = join(staging, 'own.zip')
    copyFileSync(archive, own)
    renameSync(own, target)
    return offer.authentication
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

/**
 * Writes `index.json` and `VERSION.json` beside the archives of a provider in a mirror folder, for whatever is there.
 *
 * @see reference registry-and-lock.md 4.3
 */
export async function indexMirror(mirror: string, source: ProviderSource): Promise<void> {
  const dir = join(mirror, sourceFolder(source))
  const archives = new Map<string, Record<string, { hashes: PackageHash[]; url: string }>>()
  const pattern = new RegExp(`^terraform-provider-${source.type}_(.+)_([a-z0-9]+)_([a-z0-9]+)\\.zip$`)
  for (const name of readdirSync(dir).sort(compareStrings)) {
    const match = pattern.exec(name)
    if (match === null || parseVersion(match[1]!) === undefined) continue
    const platform = platformToString({ os: match[2]!, arch: match[3]! })
    const ofVersion = archives.get(match[1]!) ?? {}
    ofVersion[platform] = { hashes: [await zipContentHash(join(dir, name))], url: name }
    archives.set(match[1]!, ofVersion)
  }
  for (const [version, found] of archives) writeJson(join(dir, `${version}.json`), { archives: found })
  writeJson(join(dir, 'index.json'), { versions: Object.fromEntries([...archives.keys()].sort(compareStrings).map((v) => [v, {}])) })
}

async function zipContentHash(archive: string): Promise<PackageHash> {
  const staging = makeStagingFolder(archive)
  try {
    const content = join(staging, 'package')
    mkdirSync(content)
    const { unpackZip } = await import('./unpack-zip.ts')
    await unpackZip(archive, content)
    return await folderHash(content)
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

function writeJson(path: string, document: unknown): void {
  writeFileSync(`${path}.tmp`, JSON.stringify(document, undefined, 2))
  renameSync(`${path}.tmp`, path)
}
