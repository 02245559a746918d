import { isIPv4, isIPv6 } from 'node:net'

/** A block of addresses as text says it. */
export interface Cidr {
  readonly version: 4 | 6
  /** Of the prefix. */
  readonly bits: number
  /** The block that the address is in, in canonical notation: `10.0.0.0/16` for `10.0.0.1/16`. */
  readonly network: string
  /** Whether the address is the first one of its block. */
  readonly isNetwork: boolean
}

/** Undefined for what is no address with a prefix length. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text)
  if (match === null) return undefined
  const [, address, length] = match as unknown as [string, string, string]
  const bits = Number(length)
  const version = isIPv4(address) ? 4 : isIPv6(address) && !address.includes('%') ? 6 : undefined
  if (version === undefined || bits > (version === 4 ? 32 : 128)) return undefined
  const number = version === 4 ? ipv4Number(address) : ipv6Number(address)
  const host = BigInt((version === 4 ? 32 : 128) - bits)
  const first = (number >> host) << host
  return { version, bits, network: `${version === 4 ? ipv4Text(first) : ipv6Text(first)}/${bits}`, isNetwork: first === number }
}

function ipv4Number(address: string): bigint {
  return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n)
}

function ipv4Text(number: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 255n).join('.')
}

function ipv6Number(address: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address)
  const tail = dotted === null ? 0n : ipv4Number(dotted[2]!)
  const hex = dotted === null ? address : `${dotted[1]}${(tail >> 16n).toString(16)}:${(tail & 65535n).toString(16)}`
  const [left = '', right] = hex.split('::')
  const words = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const before = words(left)
  const after = right === undefined ? [] : words(right)
  const all = [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after]
  return all.reduce((sum, word) => (sum << 16n) + BigInt(`0x${word}`), 0n)
}

/** As RFC 5952 has it: lower case, the longest run of at least two zero words left out. */
function ipv6Text(number: bigint): string {
  const words = Array.from({ length: 8 }, (_, i) => ((number >> BigInt(112 - 16 * i)) & 65535n).toString(16))
  let best = { start: 0, length: 1 }
  for (let start = 0; start < 8; start++) {
    let length = 0
    while (words[start + length] === '0') length++
    if (length > best.length) best = { start, length }
  }
  if (best.length < 2) return words.join(':')
  return `${words.slice(0, best.start).join(':')}::${words.slice(best.start + best.length).join(':')}`
}
