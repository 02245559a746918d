import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, realpath, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/**
 * Replaces a file so that at every instant, also after a crash or power loss, either the old or the new content is there:
 * written to a temporary file beside it, synced, renamed over it, the directory synced. Parent directories are made. A
 * symbolic link keeps pointing to the file that is replaced. What is no file, such as `/dev/null` or a pipe, is written to as it is, and stays what it is.
 *
 * @param mode of a file that did not exist before; an existing one keeps its own. States and plans hold secrets: 0600.
 * @throws Error of the file system. The old content is then still there, and no temporary file is left.
 */
export async function writeFileAtomically(path: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  const target = await realpath(path).catch(() => path)
  const directory = dirname(target)
  await mkdir(directory, { recursive: true })
  const existing = await stat(target).catch(() => undefined)
  if (existing !== undefined && !existing.isFile() && !existing.isDirectory()) {
    const handle = await open(target, constants.O_WRONLY)
    try {
      await handle.writeFile(content)
    } finally {
      await handle.close()
    }
    return
  }
  const temporary = join(directory, `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    const handle = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode)
    try {
      if (existing !== undefined) await handle.chmod(existing.mode & 0o777)
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, target)
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    throw error
  }
  await syncDirectory(directory)
}

/** Makes names in a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
  // Windows cannot open directories; there the rename itself is as durable as it gets.
  if (process.platform === 'win32') return
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
