import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

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

/** The running owner of a sandbox folder, if there is one. */
export function findSandboxOwner(dir: string): SandboxOwner | undefined {
  let text: string
  try {
    text = readFileSync(lockFile(dir), 'utf8')
  } catch {
    return undefined
  }
  try {
    const owner = JSON.parse(text) as SandboxOwner
    process.kill(owner.pid, 0)
    return owner
  } catch (error) {
    // A process of another user is alive all the same.
    if ((error as NodeJS.ErrnoException).code === 'EPERM') return JSON.parse(text) as SandboxOwner
    return undefined
  }
}

/** Makes this process the owner. @throws SandboxOwnedError when another one is */
export function ownSandboxDir(dir: string, url: string, lasting: boolean): () => void {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  for (;;) {
    let file: number
    try {
      file = openSync(lockFile(dir), 'wx', 0o600)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const owner = findSandboxOwner(dir)
      if (owner !== undefined) throw new SandboxOwnedError(dir, owner)
      rmSync(lockFile(dir), { force: true })
      continue
    }
    writeSync(file, JSON.stringify({ pid: process.pid, url, lasting } satisfies SandboxOwner))
    closeSync(file)
    return () => rmSync(lockFile(dir), { force: true })
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
