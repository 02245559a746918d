import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { crc32 } from '../../base/index.ts'

/** What is wrong with an archive; a sentence without a full stop. */
export class ZipError extends Error {
  override readonly name = 'ZipError'
}

/** All entries of one archive may not unpack to more than this, whatever it says of itself. */
const maxTotalBytes = 1 << 30

const localHeader = 0x04034b50
const centralHeader = 0x02014b50
const endRecord = 0x06054b50
/** Fixed, so that equal content gives equal bytes: 1 January 1980. */
const dosDate = 0x21
const utf8Names = 0x0800

/** Packs entries in the given order; a plain zip of at most 65535 entries and 4 GiB. */
export function writeZip(entries: ReadonlyMap<string, string>): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [name, text] of entries) {
    const path = Buffer.from(name)
    const content = Buffer.from(text)
    // The fastest level: a plan repeats itself so much that others gain little, and it is read once.
    const packed = deflateRawSync(content, { level: 1 })
    const header = Buffer.alloc(30)
    header.writeUInt32LE(localHeader, 0)
    writeEntryFields(header, 4, path, content, packed)
    const record = Buffer.alloc(46)
    record.writeUInt32LE(centralHeader, 0)
    record.writeUInt16LE(20, 4)
    writeEntryFields(record, 6, path, content, packed)
    record.writeUInt32LE(offset, 42)
    parts.push(header, path, packed)
    directory.push(record, path)
    offset += header.length + path.length + packed.length
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(endRecord, 0)
  end.writeUInt16LE(entries.size, 8)
  end.writeUInt16LE(entries.size, 10)
  end.writeUInt32LE(size, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, ...directory, end])
}

/** The members that both kinds of header share, from "version needed" on. */
function writeEntryFields(header: Buffer, at: number, path: Buffer, content: Buffer, packed: Buffer): void {
  header.writeUInt16LE(20, at)
  header.writeUInt16LE(utf8Names, at + 2)
  header.writeUInt16LE(8, at + 4)
  header.writeUInt16LE(dosDate, at + 8)
  header.writeUInt32LE(crc32(content), at + 10)
  header.writeUInt32LE(packed.length, at + 14)
  header.writeUInt32LE(content.length, at + 18)
  header.writeUInt16LE(path.length, at + 22)
}

/**
 * Unpacks an archive as `writeZip` makes them, checking everything it says: sizes, checksums, names that occur twice.
 * Nothing is written anywhere, so names may be what they like. @throws ZipError
 */
export function readZip(bytes: Buffer): Map<string, Buffer> {
  const end = bytes.length - 22
  if (end < 0 || bytes.readUInt32LE(end) !== endRecord) throw new ZipError('its end is missing, so it is probably truncated')
  const count = bytes.readUInt16LE(end + 10)
  let at = bytes.readUInt32LE(end + 16)
  const entries = new Map<string, Buffer>()
  let total = 0
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || bytes.readUInt32LE(at) !== centralHeader) throw new ZipError('its list of entries is damaged')
    const [nameLength, extra, comment] = [bytes.readUInt16LE(at + 28), bytes.readUInt16LE(at + 30), bytes.readUInt16LE(at + 32)]
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength)
    if (entries.has(name)) throw new ZipError(`it holds ${JSON.stringify(name)} twice`)
    const size = bytes.readUInt32LE(at + 24)
    total += size
    if (total > maxTotalBytes) throw new ZipError('its content is larger than a plan can be')
    entries.set(name, readEntry(bytes, at, name, size, end))
    at += 46 + nameLength + extra + comment
  }
  return entries
}

function readEntry(bytes: Buffer, record: number, name: string, size: number, end: number): Buffer {
  const damaged = (why: string) => new ZipError(`its entry ${JSON.stringify(name)} is damaged: ${why}`)
  const method = bytes.readUInt16LE(record + 10)
  const packedSize = bytes.readUInt32LE(record + 20)
  const header = bytes.readUInt32LE(record + 42)
  if (header + 30 > end || bytes.readUInt32LE(header) !== localHeader) throw damaged('it is not where the list says')
  const start = header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28)
  if (start + packedSize > end) throw damaged('it ends outside the file')
  const packed = bytes.subarray(start, start + packedSize)
  let content: Buffer
  try {
    content = method === 0 ? Buffer.from(packed) : inflateRawSync(packed, { maxOutputLength: Math.max(size, 1) })
  } catch (error) {
    const isLonger = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    throw damaged(isLonger ? 'it holds more than the list says' : 'it cannot be unpacked')
  }
  if (content.length !== size || crc32(content) !== bytes.readUInt32LE(record + 16)) throw damaged('its checksum does not fit')
  return content
}
