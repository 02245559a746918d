import { gzipSync } from 'node:zlib'
import type { Entry } from './_entries.ts'

const blockSize = 512
/** 1 January 2049, 0:00 UTC. */
const modified = Date.UTC(2049, 0, 1) / 1000

/** @see POSIX.1-2001, pax: ustar headers, and an extended one for names that are too long for them or not ASCII. */
export function tarGzFile(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap(({ name, content, mode }) => {
    const split = splitName(name)
    const extended =
      split === undefined ? [header('PaxHeader', '', 0o644, record('path', name).length, 'x'), padded(record('path', name))] : []
    const [short, prefix] = split ?? [Buffer.from(name).toString('latin1').slice(-100), '']
    return [...extended, header(short, prefix, mode, content.length, '0'), padded(content)]
  })
  // Deflate at its default level, without a name and a time.
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * blockSize)]))
}

/** Name and prefix of a ustar header; undefined when it has no room for the name. */
function splitName(name: string): readonly [name: string, prefix: string] | undefined {
  if (!/^[\x20-\x7e]*$/.test(name)) return undefined
  if (name.length <= 100) return [name, '']
  const slash = name.indexOf('/', name.length - 101)
  return slash > 0 && slash <= 155 ? [name.slice(slash + 1), name.slice(0, slash)] : undefined
}

function record(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  let length = rest + String(rest).length
  if (String(length).length > String(rest).length) length = rest + String(length).length
  return Buffer.from(`${length} ${key}=${value}\n`)
}

function header(name: string, prefix: string, mode: number, size: number, type: string): Buffer {
  const block = Buffer.alloc(blockSize)
  const octal = (value: number, at: number, length: number): void => {
    block.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1')
  }
  block.write(name, 0, 100, 'latin1')
  octal(mode, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(size, 124, 12)
  octal(modified, 136, 12)
  block.fill(' ', 148, 156)
  block.write(type, 156, 'latin1')
  block.write('ustar\x0000', 257, 'latin1')
  block.write(prefix, 345, 155, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

function padded(content: Uint8Array): Buffer {
  return Buffer.concat([content, Buffer.alloc((blockSize - (content.length % blockSize)) % blockSize)])
}
