import { createWriteStream } from 'node:fs'
import { chmod, mkdir, readlink, realpath, symlink } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** How much an archive may hold. Beyond it is refused, whatever its headers claim. */
export interface UnpackLimits {
  readonly files: number
  readonly bytes: number
  /** Unpacked bytes by bytes of the archive, looked at when they are more than a MiB. */
  readonly ratio: number
}

export const defaultLimits: UnpackLimits = { files: 20_000, bytes: 2 ** 31, ratio: 200 }

/** An archive that cannot be unpacked safely; the message is a clause about it. */
export class UnpackError extends Error {
  override readonly name = 'UnpackError'
}

/** What an archive says about one of its entries. */
export interface ArchiveEntry {
  /** As stored. */
  readonly name: string
  readonly kind: 'file' | 'folder' | 'symlink' | 'other'
  /** Permissions; undefined when the archive has none. */
  readonly mode: number | undefined
}

const maxNameBytes = 1024

/**
 * Writes entries of an archive into an empty folder. Nothing is written outside of it, nothing twice, and links are made
 * at the end, only where they stay inside: no entry can be written through a link. On failure the folder holds a part,
 * for the caller to remove.
 *
 * @see reference reliability.md row 26
 */
export class SafeUnpacker {
  readonly #root: string
  readonly #limits: UnpackLimits
  readonly #archiveBytes: number
  readonly #names = new Map<string, 'file' | 'folder'>()
  readonly #links: { readonly name: string; readonly target: string }[] = []
  #files = 0
  #bytes = 0

  constructor(root: string, archiveBytes: number, limits: UnpackLimits) {
    this.#root = root
    this.#archiveBytes = archiveBytes
    this.#limits = limits
  }

  /** Takes the next entry; `open` gives its content, which is the target's text for a link. */
  async add(entry: ArchiveEntry, open: () => Promise<Readable> | Readable): Promise<void> {
    const name = safeName(entry.name)
    this.#files++
    if (this.#files > this.#limits.files) throw new UnpackError(`it has more than ${this.#limits.files} entries`)
    if (name === '') return
    switch (entry.kind) {
      case 'folder':
        await this.#folder(name, entry.name)
        return
      case 'symlink':
        this.#claim(name, entry.name)
        this.#links.push({ name, target: await this.#text(await open()) })
        return
      case 'other':
        throw new UnpackError(`its entry ${JSON.stringify(entry.name)} is neither a file nor a folder`)
      case 'file': {
        this.#claim(name, entry.name)
        if (dirname(name) !== '.') await this.#folder(dirname(name), entry.name)
        const path = join(this.#root, name)
        const mode = fileMode(entry.mode)
        await pipeline(await open(), this.#meter(), createWriteStream(path, { flags: 'wx', mode }))
        await chmod(path, mode)
      }
    }
  }

  /** Makes the links. */
  async finish(): Promise<void> {
    const root = await realpath(this.#root)
    for (const { name, target } of this.#links) {
      if (dirname(name) !== '.') await this.#folder(dirname(name), name)
      if (isAbsolute(target) || target === '' || target.includes('\0')) throw outside(name)
      await symlink(target, join(this.#root, name))
    }
    for (const { name } of this.#links) {
      const path = join(this.#root, name)
      let real: string
      try {
        real = await realpath(path)
      } catch {
        throw new UnpackError(`its link ${JSON.stringify(name)} to ${JSON.stringify(await readlink(path))} leads nowhere`)
      }
      if (!isInside(root, real)) throw outside(name)
    }
  }

  async #folder(name: string, shown: string): Promise<void> {
    let path = ''
    for (const part of name.split('/')) {
      path = path === '' ? part : `${path}/${part}`
      const key = foldedName(path)
      const known = this.#names.get(key)
      if (known === 'file') throw new UnpackError(`its entry ${JSON.stringify(shown)} is below another entry that is no folder`)
      if (known === undefined) {
        this.#names.set(key, 'folder')
        await mkdir(join(this.#root, path), { mode: 0o755 })
      }
    }
  }

  #claim(name: string, shown: string): void {
    const key = foldedName(name)
    if (this.#names.has(key))
      throw new UnpackError(`it has two entries with the name ${JSON.stringify(shown)}, or names that differ in case only`)
    this.#names.set(key, 'file')
  }

  /** Counts what passes, and stops it at the limits. */
  #meter(): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        try {
          this.#count(chunk.length)
          done(null, chunk)
        } catch (error) {
          done(error as Error)
        }
      },
    })
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes > this.#limits.bytes) throw new UnpackError(`it unpacks to more than ${this.#limits.bytes} bytes`)
    if (this.#bytes > 1 << 20 && this.#bytes > this.#archiveBytes * this.#limits.ratio) {
      throw new UnpackError(`it unpacks to more than ${this.#limits.ratio} times its size`)
    }
  }

  async #text(stream: Readable): Promise<string> {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxNameBytes) throw new UnpackError('the target of a link is too long')
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString('utf8')
  }
}

function outside(name: string): UnpackError {
  return new UnpackError(`its link ${JSON.stringify(name)} leads out of the package`)
}

/** Relative, with forward slashes and without detours; empty for the root itself. */
function safeName(name: string): string {
  const refuse = (what: string): never => {
    throw new UnpackError(`its entry ${JSON.stringify(name.slice(0, 200))} ${what}`)
  }
  if (Buffer.byteLength(name) > maxNameBytes) refuse('has too long a name')
  if (name.includes('\\') || name.includes('\0') || name.includes('\n')) refuse('has a name with a character that is not allowed')
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) refuse('has an absolute path')
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) refuse('has a path that leads out of the package')
  return parts.join('/')
}

/** Equal for names that some file systems cannot tell apart. */
function foldedName(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

/** Nothing but what a file needs: no set-user-id, not writable by others. */
function fileMode(mode: number | undefined): number {
  return mode === undefined || (mode & 0o111) !== 0 ? 0o755 : 0o644
}

/** By segments of real paths. */
export function isInside(root: string, path: string): boolean {
  const way = relative(root, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}
