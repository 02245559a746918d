import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { folderHash, type PackageHash, packageFiles } from './hashes.ts'

/** One remembered folder: its hash, and a fingerprint of all its files when they were read. */
interface Remembered {
  readonly hash: PackageHash
  readonly files: string
}

const rememberedFile = 'verified-packages.json'

/**
 * `h1:` of an unpacked package, from memory when nothing about its files has changed: names, sizes, device and inode, and
 * the times of the last change of content and of status (the latter cannot be set by programs). The memory is a file in
 * the data directory; when it cannot be read or written, the package is hashed.
 */
export async function verifiedFolderHash(packageDir: string, dataDir: string): Promise<PackageHash> {
  const root = await realpath(packageDir)
  const files = await fingerprint(root)
  const known = readRemembered(dataDir)
  const remembered = known[root]
  if (remembered?.files === files) return remembered.hash
  const hash = await folderHash(root)
  if ((await fingerprint(root)) === files) remember(dataDir, { ...known, [root]: { hash, files } })
  return hash
}

/** Remembers the hash of a package that was computed a moment ago, so that the first launch need not. */
export async function rememberFolderHash(packageDir: string, dataDir: string, hash: PackageHash): Promise<void> {
  const root = await realpath(packageDir)
  remember(dataDir, { ...readRemembered(dataDir), [root]: { hash, files: await fingerprint(root) } })
}

async function fingerprint(root: string): Promise<string> {
  const parts: string[] = []
  for (const name of [...(await packageFiles(root))].sort()) {
    const s = statSync(join(root, name), { bigint: true })
    parts.push(`${name}:${s.size}:${s.dev}:${s.ino}:${s.mtimeNs}:${s.ctimeNs}`)
  }
  return parts.join('\n')
}

function readRemembered(dataDir: string): Readonly<Record<string, Remembered>> {
  try {
    const parsed = JSON.parse(readFileSync(join(dataDir, rememberedFile), 'utf8')) as unknown
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, Remembered>) : {}
  } catch {
    return {}
  }
}

function remember(dataDir: string, all: Readonly<Record<string, Remembered>>): void {
  const temporary = join(dataDir, `${rememberedFile}.${process.pid}`)
  try {
    mkdirSync(dataDir, { recursive: true })
    writeFileSync(temporary, JSON.stringify(all), { mode: 0o600 })
    renameSync(temporary, join(dataDir, rememberedFile))
  } catch {
    rmSync(temporary, { force: true })
  }
}
