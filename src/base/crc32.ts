let table: Uint32Array | undefined

/** The checksum of zip and Ethernet, over bytes or over the UTF-8 bytes of a text. */
export function crc32(content: Uint8Array | string): number {
  // In later versions of Node 20, and much faster there. Few commands need it, and loading it takes a millisecond or two.
  const own = process.getBuiltinModule?.('node:zlib').crc32
  if (own !== undefined) return own(content)
  return ownCrc32(typeof content === 'string' ? Buffer.from(content) : content)
}

/** The same without Node's help. */
export function ownCrc32(bytes: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
    return c
  })
  let crc = 0xffffffff
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
