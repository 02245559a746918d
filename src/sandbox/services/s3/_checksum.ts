import { createHash } from 'node:crypto'
import { AwsError } from '../../kernel/errors.ts'

/** Checksums of an object as clients gave them. CRC64NVME is kept, but not computed. */
export interface Checksums {
  readonly ChecksumCRC32?: string
  readonly ChecksumCRC32C?: string
  readonly ChecksumCRC64NVME?: string
  readonly ChecksumSHA1?: string
  readonly ChecksumSHA256?: string
}

const names = ['ChecksumCRC32', 'ChecksumCRC32C', 'ChecksumCRC64NVME', 'ChecksumSHA1', 'ChecksumSHA256'] as const

/** The checksums of a request. @throws AwsError BadDigest when one is not that of the body */
export function checkedSums(given: Checksums & { ContentMD5?: string }, body: Uint8Array): Checksums {
  if (given.ContentMD5 !== undefined && given.ContentMD5 !== createHash('md5').update(body).digest('base64'))
    throw new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received.')
  const sums: Record<string, string> = {}
  for (const name of names) {
    const text = given[name]
    if (text === undefined) continue
    const wanted = compute(name, body)
    if (wanted !== undefined && wanted !== text)
      throw new AwsError('BadDigest', `The ${name.slice(8)} you specified did not match the calculated checksum.`)
    sums[name] = text
  }
  return sums
}

function compute(name: (typeof names)[number], body: Uint8Array): string | undefined {
  switch (name) {
    case 'ChecksumSHA1':
      return createHash('sha1').update(body).digest('base64')
    case 'ChecksumSHA256':
      return createHash('sha256').update(body).digest('base64')
    case 'ChecksumCRC32':
      return crc(body, 0xedb88320)
    case 'ChecksumCRC32C':
      return crc(body, 0x82f63b78)
    default:
      return undefined
  }
}

const tables = new Map<number, Uint32Array>()

function crc(body: Uint8Array, polynomial: number): string {
  let table = tables.get(polynomial)
  if (table === undefined) {
    table = Uint32Array.from({ length: 256 }, (_, n) => {
      let c = n
      for (let k = 0; k < 8; k++) c = c & 1 ? polynomial ^ (c >>> 1) : c >>> 1
      return c
    })
    tables.set(polynomial, table)
  }
  let value = 0xffffffff
  for (const byte of body) value = table[(value ^ byte) & 0xff]! ^ (value >>> 8)
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE((value ^ 0xffffffff) >>> 0)
  return bytes.toString('base64')
}
