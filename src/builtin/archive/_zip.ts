import { deflateRawSync } from 'node:zlib'
import { Failure } from '../../providers/simple/index.ts'
import type { Entry } from './_entries.ts'

const limit = 0xffff_ffff
/** 1 January 2049, 0:00, in the notation of MS-DOS: a time that is nobody's. */
const dosDate = ((2049 - 1980) << 9) | (1 << 5) | 1
const deflated = 8
const utf8Names = 0x0800
const madeOnUnix = (3 << 8) | 20
const neededVersion = 20
const regularFile = 0o100000

/** @see PKWARE APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16 */
export function zipFile(entries: readonly Entry[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content, mode } of entries) {
    const nameBytes = Buffer.from(name)
    const packed = deflateRawSync(content)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(neededVersion, 0)
    common.writeUInt16LE(utf8Names, 2)
    common.writeUInt16LE(deflated, 4)
    common.writeUInt16LE(0, 6)
    common.writeUInt16LE(dosDate, 8)
    common.writeUInt32LE(crc(content), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(content.length, 18)
    common.writeUInt16LE(nameBytes.length, 22)
    const local = Buffer.concat([signature(0x04034b50), common, nameBytes, packed])
    const end = Buffer.alloc(14)
    end.writeUInt32LE(((mode | regularFile) << 16) >>> 0, 6)
    end.writeUInt32LE(offset, 10)
    directory.push(Buffer.concat([signature(0x02014b50), word(madeOnUnix), common, end, nameBytes]))
    parts.push(local)
    offset += local.length
    if (offset > limit || content.length > limit || entries.length > 0xffff) {
      throw new Failure(
        'Archive creation error',
        'The archive would be larger than 4 GiB, or have more than 65,535 files, which this zip format cannot hold.',
      )
    }
  }
  const index = Buffer.concat(directory)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(entries.length, 4)
  end.writeUInt16LE(entries.length, 6)
  end.writeUInt32LE(index.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...parts, index, signature(0x06054b50), end])
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c
})

/** CRC-32 as in IEEE 802.3; Node's own came after 20. */
function crc(content: Uint8Array): number {
  let c = 0xffff_ffff
  for (const byte of content) c = crcTable[(c ^ byte) & 0xff]! ^ (c >>> 8)
  return (c ^ 0xffff_ffff) >>> 0
}
