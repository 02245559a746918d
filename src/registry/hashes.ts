import { createHash } from 'node:crypto'
import { open, readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { compareStrings } from '../base/index.ts'

/** A checksum of a package with its scheme in front: `h1:...` of the content, `zh:...` of the archive. */
export type PackageHash = string

const chunkBytes = 1 << 20

/** SHA-256 of a file in lower-case hex. */
export async function fileSha256(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    const hash = createHash('sha256')
    const buffer = Buffer.allocUnsafe(chunkBytes)
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, chunkBytes)
      if (bytesRead === 0) return hash.digest('hex')
      hash.update(buffer.subarray(0, bytesRead))
    }
  } finally {
    await file.close()
  }
}

/** `zh:` of a package archive. */
export async function archiveHash(zip: string): Promise<PackageHash> {
  return `zh:${await fileSha256(zip)}`
}

/** `h1:` of names and the SHA-256 of their contents, by the rule of Go's dirhash. Names must not hold a newline. */
export function contentHash(files: readonly { readonly name: string; readonly sha256: string }[]): PackageHash {
  const hash = createHash('sha256')
  for (const { name, sha256 } of files.toSorted((a, b) => compareStrings(a.name, b.name))) {
    if (name.includes('\n')) throw new Error(`a file name with a newline in it cannot be hashed: ${JSON.stringify(name)}`)
    hash.update(`${sha256}  ${name}\n`)
  }
  return `h1:${hash.digest('base64')}`
}

/** `h1:` of an unpacked package. */
export async function folderHash(dir: string): Promise<PackageHash> {
  const root = await realpath(dir)
  const files = []
  for (const name of await packageFiles(root)) files.push({ name, sha256: await fileSha256(join(root, name)) })
  return contentHash(files)
}

/** The files of a folder and of those below it, with forward slashes; a symlink counts as the file it points to. */
export async function packageFiles(root: string): Promise<readonly string[]> {
  const found: string[] = []
  const pending = ['']
  for (let dir = pending.pop(); dir !== undefined; dir = pending.pop()) {
    for (const entry of await readdir(join(root, dir), { withFileTypes: true })) {
      const name = dir === '' ? entry.name : `${dir}/${entry.name}`
      if (entry.isDirectory()) pending.push(name)
      else found.push(name)
    }
  }
  return found
}
