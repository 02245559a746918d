import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Project } from './project.ts'

/** Files that can be made again at any time. */
export function cachePath(project: Project, name: string): string {
  return join(project.dataDir, 'cache', name)
}

/** What was kept under a name, if it was made of the same sources. */
export function readCache<T>(project: Project, name: string, digest: string): T | undefined {
  try {
    const kept = JSON.parse(readFileSync(cachePath(project, name), 'utf8')) as { digest?: unknown; value?: T }
    return kept.digest === digest ? kept.value : undefined
  } catch {
    return undefined
  }
}

export function writeCache<T>(project: Project, name: string, digest: string, value: T): void {
  replaceFile(cachePath(project, name), JSON.stringify({ digest, value }))
}

/** Replaces a file as a whole, so that two runs at once never see half of it. */
export function replaceFile(path: string, content: string | Uint8Array, mode = 0o666): void {
  mkdirSync(dirname(path), { recursive: true })
  const temporary = `${path}.${process.pid}.tmp`
  try {
    writeFileSync(temporary, content, { mode })
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
