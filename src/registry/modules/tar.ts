import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { type ArchiveEntry, defaultLimits, SafeUnpacker, UnpackError, type UnpackLimits } from '../unpack.ts'

export type TarCompression = 'none' | 'gzip' | 'bzip2' | 'xz'

const blockBytes = 512
const maxHeaderBytes = 1 << 20

/**
 * Unpacks a tar file into an empty folder: ustar with the extensions of pax and GNU for long names. bzip2 and xz are left to
 * the programs of that name.
 *
 * @throws UnpackError when it is damaged or not safe
 * @see POSIX.1-2017, pax Interchange Format
 */
export async function unpackTar(
  path: string,
  compression: TarCompression,
  dir: string,
  limits: UnpackLimits = defaultLimits,
): Promise<void> {
  const unpacker = new SafeUnpacker(dir, (await stat(path)).size, limits)
  const blocks = new ByteReader(decompress(path, compression))
  try {
    const long: { name?: string; link?: string } = {}
    for (;;) {
      const header = await blocks.take(blockBytes)
      if (header === undefined || header.every((byte) => byte === 0)) break
      const { name, size, type, link, mode } = readHeader(header)
      if (type === 'x' || type === 'L' || type === 'K') {
        if (size > maxHeaderBytes) throw new UnpackError('it has a header that is too long')
        const text = (await blocks.exactly(size)).toString('utf8')
        await blocks.exactly(padding(size))
        if (type === 'x') Object.assign(long, paxNames(text))
        else long[type === 'L' ? 'name' : 'link'] = text.replace(/\0.*$/s, '')
        continue
      }
      if (type === 'g') {
        await blocks.exactly(size + padding(size))
        continue
      }
      const entry: ArchiveEntry = { name: long.name ?? name, kind: kindOf(type, long.name ?? name), mode }
      const target = long.link ?? link
      delete long.name
      delete long.link
      let left = entry.kind === 'file' ? size : 0
      if (entry.kind === 'symlink') await unpacker.add(entry, () => Readable.from([Buffer.from(target)]))
      else {
        await unpacker.add(entry, () => Readable.from(blocks.stream(size, (bytes) => (left -= bytes))))
        await blocks.exactly(left)
      }
      await blocks.exactly(padding(size) + (entry.kind === 'file' ? 0 : size))
    }
    await unpacker.finish()
  } catch (error) {
    if (error instanceof UnpackError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== undefined && /^E[A-Z]+$/.test(code) && code !== 'EPIPE') throw error
    throw new UnpackError(`it is damaged: ${message}`, { cause: error })
  } finally {
    blocks.close()
  }
}

function padding(size: number): number {
  return (blockBytes - (size % blockBytes)) % blockBytes
}

function readHeader(header: Buffer): { name: string; size: number; type: string; link: string; mode: number } {
  const text = (start: number, length: number): string => header.toString('utf8', start, start + length).replace(/\0.*$/s, '')
  const octal = (start: number, length: number): number => {
    // GNU writes what does not fit in binary, with the first bit set.
    if ((header[start]! & 0x80) !== 0) return header.readUIntBE(start + length - 6, 6)
    const value = Number.parseInt(text(start, length).trim() || '0', 8)
    if (!Number.isSafeInteger(value) || value < 0) throw new UnpackError('it is no tar file that can be read')
    return value
  }
  let sum = 0
  for (let i = 0; i < blockBytes; i++) sum += i >= 148 && i < 156 ? 32 : header[i]!
  if (octal(148, 8) !== sum) throw new UnpackError('it is no tar file that can be read, or it is damaged')
  const isUstar = text(257, 6).startsWith('ustar')
  const prefix = isUstar && header[263] !== 0x20 ? text(345, 155) : ''
  const name = prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`
  return { name, size: octal(124, 12), type: text(156, 1) || '0', link: text(157, 100), mode: octal(100, 8) & 0o777 }
}

function kindOf(type: string, name: string): ArchiveEntry['kind'] {
  switch (type) {
    case '0':
    case '7':
      return name.endsWith('/') ? 'folder' : 'file'
    case '5':
      return 'folder'
    case '2':
      return 'symlink'
    default:
      return 'other'
  }
}

/** Records `LENGTH NAME=VALUE`; only names matter here. */
function paxNames(text: string): { name?: string; link?: string } {
  const found: { name?: string; link?: string } = {}
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at)
    const length = Number.parseInt(bytes.toString('latin1', at, space), 10)
    if (space === -1 || !(length > 0)) throw new UnpackError('it is damaged: a pax header cannot be read')
    const record = bytes.toString('utf8', space + 1, at + length - 1)
    const equals = record.indexOf('=')
    const key = record.slice(0, equals)
    if (key === 'path') found.name = record.slice(equals + 1)
    if (key === 'linkpath') found.link = record.slice(equals + 1)
    at += length
  }
  return found
}

function decompress(path: string, compression: TarCompression): Readable {
  const file = createReadStream(path)
  switch (compression) {
    case 'none':
      return file
    case 'gzip': {
      const gunzip = createGunzip()
      file.on('error', (error) => gunzip.destroy(error))
      return file.pipe(gunzip)
    }
    case 'bzip2':
    case 'xz': {
      file.destroy()
      const child = spawn(compression, ['-dc', '--', path], { stdio: ['ignore', 'pipe', 'ignore'] })
      child.on('error', () =>
        child.stdout.destroy(new UnpackError(`the program ${compression}, which is needed to unpack it, cannot be run`)),
      )
      child.on('exit', (code) => {
        if (code !== 0 && code !== null) child.stdout.destroy(new UnpackError(`${compression} could not unpack it (exit code ${code})`))
      })
      return child.stdout
    }
  }
}

/** Takes given numbers of bytes from a stream. */
class ByteReader {
  readonly #stream: Readable
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(stream: Readable) {
    this.#stream = stream
    this.#chunks = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  }

  /** Undefined at the end of the stream. */
  async take(count: number): Promise<Buffer | undefined> {
    while (this.#rest.length < count) {
      const next = await this.#chunks.next()
      if (next.done === true) {
        if (this.#rest.length === 0) return undefined
        throw new UnpackError('it breaks off')
      }
      this.#rest = this.#rest.length === 0 ? next.value : Buffer.concat([this.#rest, next.value])
    }
    const taken = this.#rest.subarray(0, count)
    this.#rest = this.#rest.subarray(count)
    return taken
  }

  async exactly(count: number): Promise<Buffer> {
    if (count === 0) return Buffer.alloc(0)
    const taken = count > 1 << 26 ? undefined : await this.take(count)
    if (taken === undefined) throw new UnpackError('it breaks off')
    return taken
  }

  async *stream(count: number, onBytes: (bytes: number) => void): AsyncGenerator<Buffer> {
    for (let left = count; left > 0; ) {
      const part = await this.exactly(Math.min(left, 1 << 16))
      left -= part.length
      onBytes(part.length)
      yield part
    }
  }

  close(): void {
    this.#stream.destroy()
  }
}
