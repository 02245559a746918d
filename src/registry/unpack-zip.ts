import { stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { type Entry, open, type ZipFile } from 'yauzl'
import { type ArchiveEntry, defaultLimits, SafeUnpacker, UnpackError, type UnpackLimits } from './unpack.ts'

/** Unpacks a zip file into an empty folder. @throws UnpackError when it is damaged or not safe */
export async function unpackZip(path: string, dir: string, limits: UnpackLimits = defaultLimits): Promise<void> {
  const unpacker = new SafeUnpacker(dir, (await stat(path)).size, limits)
  let zip: ZipFile
  try {
    zip = await new Promise<ZipFile>((resolve, reject) => {
      const options = { lazyEntries: true, autoClose: false, strictFileNames: true, decodeStrings: true, validateEntrySizes: true }
      open(path, options, (error, opened) => (error === null ? resolve(opened) : reject(error)))
    })
  } catch (error) {
    throw new UnpackError(`it is not a zip file that can be read: ${(error as Error).message}`, { cause: error })
  }
  try {
    for (let entry = await nextEntry(zip); entry !== undefined; entry = await nextEntry(zip)) {
      const current = entry
      await unpacker.add(describe(current), () => openEntry(zip, current))
    }
    await unpacker.finish()
  } catch (error) {
    if (error instanceof UnpackError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== undefined && /^E[A-Z]+$/.test(code)) throw error
    throw new UnpackError(`it is damaged: ${message}`, { cause: error })
  } finally {
    zip.close()
  }
}

function nextEntry(zip: ZipFile): Promise<Entry | undefined> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      zip.removeListener('entry', onEntry)
      zip.removeListener('end', onEnd)
      zip.removeListener('error', onError)
    }
    const onEntry = (entry: Entry): void => {
      stop()
      resolve(entry)
    }
    const onEnd = (): void => {
      stop()
      resolve(undefined)
    }
    const onError = (error: Error): void => {
      stop()
      reject(error)
    }
    zip.on('entry', onEntry)
    zip.on('end', onEnd)
    zip.on('error', onError)
    zip.readEntry()
  })
}

function openEntry(zip: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => (error === null ? resolve(stream) : reject(error)))
  })
}

function kindOf(mode: number): ArchiveEntry['kind'] {
  switch (mode & 0o170000) {
    case 0:
    case 0o100000:
      return 'file'
    case 0o040000:
      return 'folder'
    case 0o120000:
      return 'symlink'
    default:
      return 'other'
  }
}

/** The upper half of the external attributes is a Unix mode when the archive was made on such a system. */
function describe(entry: Entry): ArchiveEntry {
  const isUnix = entry.versionMadeBy >> 8 === 3
  const mode = isUnix ? entry.externalFileAttributes >>> 16 : 0
  const name = entry.fileName
  if (name.endsWith('/')) return { name, kind: 'folder', mode: undefined }
  return { name, kind: kindOf(mode), mode: mode === 0 ? undefined : mode & 0o777 }
}
