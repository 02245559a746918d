/** An IPv4 block as numbers: the first address (host bits cleared) and the length of the prefix. */
export interface Cidr {
  readonly first: number
  readonly length: number
}

/** Undefined for texts that are no IPv4 block. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text)
  if (match === null) return undefined
  const [a, b, c, d, length] = match.slice(1).map(Number) as [number, number, number, number, number]
  if (Math.max(a, b, c, d) > 255 || length > 32) return undefined
  const address = ((a * 256 + b) * 256 + c) * 256 + d
  return { first: address - (address % 2 ** (32 - length)), length }
}

export function cidrToString({ first, length }: Cidr): string {
  return `${ipToString(first)}/${length}`
}

export function cidrSize({ length }: Cidr): number {
  return 2 ** (32 - length)
}

export function ipToString(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')
}

export function parseIp(text: string): number | undefined {
  const cidr = parseCidr(`${text}/32`)
  return cidr?.first
}

export function cidrContains(outer: Cidr, inner: Cidr): boolean {
  return inner.first >= outer.first && inner.first + cidrSize(inner) <= outer.first + cidrSize(outer)
}

export function cidrsOverlap(a: Cidr, b: Cidr): boolean {
  return a.first < b.first + cidrSize(b) && b.first < a.first + cidrSize(a)
}

/** The canonical text of an IPv6 block (RFC 5952); undefined for texts that are none. */
export function normalizeCidr6(text: string): string | undefined {
  const [address, lengthText] = text.split('/') as [string, string | undefined]
  const length = Number(lengthText)
  if (lengthText === undefined || !/^\d{1,3}$/.test(lengthText) || length > 128) return undefined
  const value = parseIp6(address)
  if (value === undefined) return undefined
  const host = BigInt(128 - length)
  return `${ip6ToString((value >> host) << host)}/${length}`
}

export function parseIp6(text: string): bigint | undefined {
  const halves = text.split('::')
  if (halves.length > 2 || !/^[0-9a-fA-F:]*$/.test(text)) return undefined
  const words = (half: string | undefined) => (half === undefined || half === '' ? [] : half.split(':'))
  const head = words(halves[0])
  const tail = words(halves[1])
  const gap = 8 - head.length - tail.length
  if (halves.length === 1 ? gap !== 0 : gap < 1) return undefined
  const all = [...head, ...Array<string>(gap).fill('0'), ...tail]
  if (!all.every((word) => /^[0-9a-fA-F]{1,4}$/.test(word))) return undefined
  return all.reduce((value, word) => value * 65536n + BigInt(`0x${word}`), 0n)
}

export function ip6ToString(value: bigint): string {
  const words = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn))
  let best = { start: -1, length: 1 }
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && words[end] === 0) end++
    if (end - i > best.length) best = { start: i, length: end - i }
  }
  const text = (part: number[]) => part.map((word) => word.toString(16)).join(':')
  if (best.start < 0) return text(words)
  return `${text(words.slice(0, best.start))}::${text(words.slice(best.start + best.length))}`
}
