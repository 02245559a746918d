import { readdirSync, statSync } from 'node:fs'
import { compareStrings } from '../base/index.ts'

/** What cannot be looked at counts as not there. */
export function isFile(path: string): boolean {
  return stats(path)?.isFile() === true
}

export function isFolder(path: string): boolean {
  return stats(path)?.isDirectory() === true
}

function stats(path: string): ReturnType<typeof statSync> | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

/** Names in a folder, in order; none when there is no such folder. */
export function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir).sort(compareStrings)
  } catch {
    return []
  }
}
