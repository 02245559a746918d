import { gzipSync } from 'node:zlib'

export interface TarEntry {
  readonly name: string
  readonly content?: string | Buffer
  /** `0` file, `1` hard link, `2` symlink, `3` device, `5` folder, `x` pax header, `L` long name. */
  readonly type?: string
  readonly link?: string
  readonly mode?: number
  /** What the header claims instead of the truth. */
  readonly size?: number
}

/** A ustar archive, compressed. */
export function tarGz(entries: readonly TarEntry[]): Buffer {
  return gzipSync(tar(entries))
}

export function tar(entries: readonly TarEntry[]): Buffer {
  const parts: Buffer[] = []
  for (const { name, content = '', type = '0', link = '', mode = 0o644, size } of entries) {
    const data = Buffer.from(content)
    const header = Buffer.alloc(512)
    header.write(name, 0, 100)
    header.write(`${mode.toString(8).padStart(7, '0')}\0`, 100)
    header.write(`${(size ?? data.length).toString(8).padStart(11, '0')}\0`, 124)
    header.write('        ', 148)
    header.write(type, 156)
    header.write(link, 157, 100)
    header.write('ustar\x0000', 257)
    let sum = 0
    for (const byte of header) sum += byte
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    parts.push(header, data, Buffer.alloc((512 - (data.length % 512)) % 512))
  }
  return Buffer.concat([...parts, Buffer.alloc(1024)])
}

/** The record of a pax header. */
export function paxRecord(name: string, value: string): string {
  const rest = ` ${name}=${value}\n`
  let length = rest.length
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return `${length}${rest}`
}
