/** Header fields by name; of several with one name the last. */
export type Headers = ReadonlyMap<string, string>

/** A header block is damaged, or asks for too much room. */
export class HpackError extends Error {
  override readonly name = 'HpackError'
}

type Entry = readonly [name: string, value: string]

/** Each entry counts with so much beside its texts. @see RFC 7541, 4.1 */
const ENTRY_OVERHEAD = 32
const TABLE_SIZE = 4096
/** All texts of one header block together: a small block can name a large entry many times. */
const MAX_LIST = 1024 * 1024

/** RFC 7541, appendix A: `name` or `name value`; the first is number 1. */
const staticTable: readonly Entry[] = `:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`
  .split('\n')
  .map((line) => {
    const space = line.indexOf(' ')
    return space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)]
  })

/** Header blocks of one connection, in their order: each may refer to what came in those before. @see RFC 7541 */
export class HpackDecoder {
  /** The newest first. */
  private entries: Entry[] = []
  private size = 0
  private maxSize = TABLE_SIZE
  private bytes: Uint8Array = new Uint8Array(0)
  private at = 0

  /** @throws HpackError, after which the connection is of no use. */
  decode(block: Uint8Array): Headers {
    this.bytes = block
    this.at = 0
    const headers = new Map<string, string>()
    let total = 0
    while (this.at < block.length) {
      const first = block[this.at]!
      if (first >= 0x20 && first < 0x40) {
        this.resize(this.integer(5))
        continue
      }
      const [name, value] = this.field(first)
      total += name.length + value.length
      if (total > MAX_LIST) throw new HpackError('the headers are too long')
      headers.set(name, value)
    }
    return headers
  }

  private field(first: number): Entry {
    if (first >= 0x80) return this.entryAt(this.integer(7))
    const isIndexed = first >= 0x40
    const index = this.integer(isIndexed ? 6 : 4)
    const entry: Entry = [index === 0 ? this.text() : this.entryAt(index)[0], this.text()]
    if (isIndexed) this.add(entry)
    return entry
  }

  private entryAt(index: number): Entry {
    const entry = index <= staticTable.length ? staticTable[index - 1] : this.entries[index - staticTable.length - 1]
    if (entry === undefined) throw new HpackError('a header is referred to that was never sent')
    return entry
  }

  private add(entry: Entry): void {
    this.entries.unshift(entry)
    this.size += sizeOf(entry)
    this.evict()
  }

  private resize(size: number): void {
    if (size > TABLE_SIZE) throw new HpackError('the table of headers becomes larger than allowed')
    this.maxSize = size
    this.evict()
  }

  private evict(): void {
    while (this.size > this.maxSize) this.size -= sizeOf(this.entries.pop()!)
  }

  /** @see RFC 7541, 5.1 */
  private integer(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1
    let n = this.byte() & mask
    if (n < mask) return n
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.byte()
      n += (byte & 0x7f) << shift
      if (byte < 0x80) return n
    }
    throw new HpackError('a number is too large')
  }

  private text(): string {
    const isHuffman = (this.bytes[this.at] ?? 0) >= 0x80
    const length = this.integer(7)
    const end = this.at + length
    if (end > this.bytes.length) throw new HpackError('the headers end inside a text')
    const bytes = this.bytes.subarray(this.at, end)
    this.at = end
    return isHuffman ? huffmanText(bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  }

  private byte(): number {
    const byte = this.bytes[this.at++]
    if (byte === undefined) throw new HpackError('the headers end inside a number')
    return byte
  }
}

function sizeOf([name, value]: Entry): number {
  return name.length + value.length + ENTRY_OVERHEAD
}

/**
 * RFC 7541, appendix B: how many bits each byte has, as a digit to the base 36; the last is the end of the text. The code is canonical:
 * codes of one length are in the order of the bytes, and shorter ones come first.
 */
const codeLengths =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6cad67777777777777777777777878djde6f56565666577666567655677777fbeds' +
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmnqqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrqu'
const END_OF_TEXT = 256

/** Two numbers for each inner node: where a 0 and a 1 lead to. Negative: the byte `-1 - n`. */
let huffmanTree: Int16Array | undefined

function buildTree(): Int16Array {
  const lengths = Array.from(codeLengths, (digit) => Number.parseInt(digit, 36))
  const order = lengths.map((_, symbol) => symbol).sort((a, b) => lengths[a]! - lengths[b]! || a - b)
  const tree = new Int16Array(2 * order.length)
  let nodes = 1
  let code = 0
  let length = lengths[order[0]!]!
  for (const symbol of order) {
    code *= 2 ** (lengths[symbol]! - length)
    length = lengths[symbol]!
    let node = 0
    for (let bit = length - 1; bit > 0; bit--) {
      const branch = 2 * node + ((code >>> bit) & 1)
      if (tree[branch] === 0) tree[branch] = nodes++
      node = tree[branch]!
    }
    tree[2 * node + (code & 1)] = -1 - symbol
    code++
  }
  return tree
}

function huffmanText(bytes: Uint8Array): string {
  huffmanTree ??= buildTree()
  let text = ''
  let node = 0
  let open = 0
  let onlyOnes = true
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const isOne = (byte >>> bit) & 1
      const next = huffmanTree[2 * node + isOne]!
      open++
      if (!isOne) onlyOnes = false
      if (next > 0) {
        node = next
        continue
      }
      if (next === -1 - END_OF_TEXT) throw new HpackError('a text ends before its end')
      text += String.fromCharCode(-1 - next)
      node = 0
      open = 0
      onlyOnes = true
    }
  }
  if (open > 7 || !onlyOnes) throw new HpackError('a text ends inside a character')
  return text
}

/** Fields that the other side need not remember, so that blocks can be made once and sent any number of times. */
export function encodeHeaders(fields: readonly Entry[]): Buffer {
  const parts: Buffer[] = []
  for (const [name, value] of fields) {
    const whole = staticTable.findIndex((e) => e[0] === name && e[1] === value)
    if (whole >= 0) {
      parts.push(Buffer.from([0x80 | (whole + 1)]))
      continue
    }
    const known = staticTable.findIndex((e) => e[0] === name)
    parts.push(known >= 0 ? integerBytes(known + 1, 4) : Buffer.concat([Buffer.from([0]), textBytes(name)]), textBytes(value))
  }
  return Buffer.concat(parts)
}

function textBytes(text: string): Buffer {
  return Buffer.concat([integerBytes(text.length, 7), Buffer.from(text, 'latin1')])
}

function integerBytes(n: number, prefixBits: number): Buffer {
  const mask = (1 << prefixBits) - 1
  if (n < mask) return Buffer.from([n])
  const bytes = [mask]
  let rest = n - mask
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  bytes.push(rest)
  return Buffer.from(bytes)
}
