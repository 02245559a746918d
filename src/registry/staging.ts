import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'

const prefix = '.landform-tmp-'

/** A new folder beside `target` to make it in, so that it can take its place by a rename. Older ones of dead processes are removed. */
export function makeStagingFolder(target: string): string {
  const parent = dirname(target)
  mkdirSync(parent, { recursive: true })
  removeAbandoned(parent)
  const dir = join(parent, `${prefix}${machine()}-${process.pid}-${randomBytes(4).toString('hex')}`)
  mkdirSync(dir, { mode: 0o700 })
  return dir
}

function machine(): string {
  return hostname().replace(/[^A-Za-z0-9.]/g, '') || 'host'
}

function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    const match = /^\.landform-tmp-(.*)-([0-9]+)-[0-9a-f]{8}$/.exec(name)
    if (match !== null && match[1] === machine() && !isRunning(Number(match[2]))) {
      rmSync(join(parent, name), { recursive: true, force: true })
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Puts a finished folder, or link, in the place of whatever is there. Whoever looks sees the old, nothing, or all of the new. */
export function replaceWith(finished: string, target: string): void {
  const old = join(dirname(finished), 'replaced')
  try {
    renameSync(target, old)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  renameSync(finished, target)
  rmSync(old, { recursive: true, force: true })
}

/** Puts a finished folder where nothing is; false when somebody else was faster, whose work is left alone. */
export function placeNew(finished: string, target: string): boolean {
  try {
    renameSync(finished, target)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR' || code === 'EPERM') return false
    throw error
  }
}
