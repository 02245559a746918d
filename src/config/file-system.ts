import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { posix, resolve } from 'node:path'

/** Where configuration is read from. Paths have forward slashes and are relative to the working directory. */
export interface FileSystem {
  /** Names of the files (not folders) in a folder; undefined when there is no such folder. */
  readDir(path: string): readonly string[] | undefined
  /** The text of a file; undefined when it cannot be read. */
  readFile(path: string): string | undefined
  /** The path of a folder with links replaced by what they point to, relative as long as these are; absent where there are no links. */
  followLinks?(path: string): string
}

/** The files below a folder on disk. */
export function diskFileSystem(baseDir = '.'): FileSystem {
  return {
    readDir(path) {
      const folder = resolve(baseDir, path)
      try {
        return readdirSync(folder, { withFileTypes: true })
          .filter((entry) => entry.isFile() || (entry.isSymbolicLink() && isFile(resolve(folder, entry.name))))
          .map((entry) => entry.name)
      } catch {
        return undefined
      }
    },
    readFile(path) {
      try {
        return readFileSync(resolve(baseDir, path), 'utf8')
      } catch {
        return undefined
      }
    },
    followLinks: (path) => followLinks(baseDir, path),
  }
}

const maxLinks = 40

function followLinks(baseDir: string, path: string): string {
  let done = path.startsWith('/') ? '/' : ''
  const pending = path.split('/').reverse()
  for (let links = 0; pending.length > 0; ) {
    const part = pending.pop()!
    if (part === '' || part === '.') continue
    const next = done === '' ? part : posix.join(done, part)
    const target = part === '..' ? undefined : linkTarget(resolve(baseDir, next))
    if (target === undefined || ++links > maxLinks) {
      done = next
      continue
    }
    if (target.startsWith('/')) done = '/'
    pending.push(...target.split('/').reverse())
  }
  return done === '' ? '.' : done
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path).replaceAll('\\', '/')
  } catch {
    return undefined
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** Files held in memory, by path: for configuration that was never written to disk, and for tests. */
export function memoryFileSystem(files: Readonly<Record<string, string>>): FileSystem {
  const texts = new Map(Object.entries(files).map(([path, text]) => [posix.normalize(path), text]))
  const folders = new Map<string, string[]>([['.', []]])
  for (const path of texts.keys()) {
    for (let folder = posix.dirname(path); !folders.has(folder); folder = posix.dirname(folder)) folders.set(folder, [])
    folders.get(posix.dirname(path))!.push(posix.basename(path))
  }
  const clean = (path: string): string => posix.normalize(path).replace(/(?<=.)\/$/, '')
  return { readDir: (path) => folders.get(clean(path)), readFile: (path) => texts.get(clean(path)) }
}

/** `a/b` of folder `a` and name `b`; the folder `.` is left out. */
export function joinPath(folder: string, name: string): string {
  return posix.join(folder, name)
}
