import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The process that owns a sandbox folder, and where it listens. */
export interface SandboxOwner {
  readonly pid: number
  readonly url: string
  /** It runs until it is told to stop, so others can rely on it; one that is not serves its own command alone. */
  readonly lasting: boolean
}

/** A folder is owned by a running process; its sandbox can be used at `owner.url`. */
export class SandboxOwnedError extends Error {
  readonly owner: SandboxOwner

  constructor(dir: string, owner: SandboxOwner) {
    super(`The sandbox in ${dir} is run by process ${owner.pid}, which listens at ${owner.url}.`)
    this.name = 'SandboxOwnedError'
    this.owner = owner
  }
}

/** Folders that this very process owns. A lock file that names it all the same is of an earlier process of the same number. */
const owned = new Set<string>()

/** The running owner of a sandbox folder, if there is one. */
export function findSandboxOwner(dir: string): SandboxOwner | undefined {
  return ownerIn(dir, lockFile(dir))
}

function ownerIn(dir: string, file: string): SandboxOwner | undefined {
  let owner: SandboxOwner
  try {
    owner = JSON.parse(readFileSync(file, 'utf8')) as SandboxOwner
  } catch {
    return undefined
  }
  if (owner.pid === process.pid) return owned.has(resolve(dir)) ? owner : undefined
  try {
    process.kill(owner.pid, 0)
    return owner
  } catch (error) {
    // A process of another user is alive all the same.
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? owner : undefined
  }
}

/** Makes this process the owner. @throws SandboxOwnedError when another one is */
export function ownSandboxDir(dir: string, url: string, lasting: boolean): () => void {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const file = lockFile(dir)
  const own = `${file}.${process.pid}`
  writeFileSync(own, JSON.stringify({ pid: process.pid, url, lasting } satisfies SandboxOwner), { mode: 0o600 })
  try {
    for (;;) {
      try {
        publish(own, file)
        break
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const owner = findSandboxOwner(dir)
      if (owner !== undefined) throw new SandboxOwnedError(dir, owner)
      removeStale(dir, file)
    }
  } finally {
    rmSync(own, { force: true })
  }
  owned.add(resolve(dir))
  return () => {
    owned.delete(resolve(dir))
    rmSync(file, { force: true })
  }
}

/** Gives a lock its name, under which it appears with its content or not at all. @throws EEXIST */
function publish(own: string, file: string): void {
  try {
    linkSync(own, file)
  } catch (error) {
    // Not every file system has links.
    if (!['EPERM', 'ENOSYS', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    writeFileSync(file, readFileSync(own), { flag: 'wx', mode: 0o600 })
  }
}

/** Removes the lock of a process that is gone, unless another process has just put its own in place of it. */
function removeStale(dir: string, file: string): void {
  const aside = `${file}.${process.pid}.stale`
  try {
    renameSync(file, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  const owner = ownerIn(dir, aside)
  try {
    if (owner !== undefined) publish(aside, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

/**
 * Removes all state of a sandbox that nobody runs.
 *
 * @returns whether there was any
 * @throws SandboxOwnedError when a process runs it
 */
export function resetSandbox(dir: string): boolean {
  const owner = findSandboxOwner(dir)
  if (owner !== undefined) throw new SandboxOwnedError(dir, owner)
  // Only what a sandbox has put there: the folder may be the user's own.
  const parts = ['state', 'blobs', 'owner.json'].map((name) => join(dir, name)).filter((path) => existsSync(path))
  for (const path of parts) rmSync(path, { recursive: true, force: true })
  return parts.length > 0
}

function lockFile(dir: string): string {
  return join(dir, 'owner.json')
}
