import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Writes a text beside a file and puts it in its place: readers see the old or the new one whole. Permissions stay as they were. */
export function writeFileAtomically(path: string, text: string): void {
  const temporary = join(dirname(path), `.landform-${process.pid}.tmp`)
  try {
    writeFileSync(temporary, text, { mode: statSync(path, { throwIfNoEntry: false })?.mode ?? 0o666, flush: true })
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
