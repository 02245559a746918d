import {
  boolType,
  boolVal,
  type FunctionSpec,
  listType,
  listVal,
  normalVal,
  numericToBigInt,
  stringType,
  stringVal,
  type Value,
} from '../../cty/index.ts'
import { define, fail, failArg, num, str } from './_define.ts'
import { integer } from './strings.ts'

/** An address with its number of bits: 32 or 128. */
interface Address {
  readonly value: bigint
  readonly bits: 32 | 128
}

interface Prefix {
  readonly address: Address
  readonly length: number
}

/** Leading zeros in the parts are accepted, as in Go before 1.17. */
function parseV4(text: string): Address | undefined {
  let value = 0
  let part = -1
  let dots = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c >= 0x30 && c <= 0x39) {
      part = Math.max(part, 0) * 10 + c - 0x30
      if (part > 255) return undefined
    } else {
      if (c !== 0x2e || part < 0) return undefined
      value = value * 256 + part
      part = -1
      dots++
    }
  }
  if (dots !== 3 || part < 0) return undefined
  return { value: BigInt(value * 256 + part), bits: 32 }
}

function parseAddress(text: string): Address | undefined {
  if (!text.includes(':')) return parseV4(text)
  let body = text
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  if (tail !== null) {
    const v4 = parseAddress(tail[2]!)
    if (v4 === undefined) return undefined
    body = `${tail[1]}${(v4.value >> 16n).toString(16)}:${(v4.value & 0xffffn).toString(16)}`
  }
  const halves = body.split('::')
  if (halves.length > 2) return undefined
  const groups = (s: string) => (s === '' ? [] : s.split(':'))
  const left = groups(halves[0]!)
  const right = halves.length === 2 ? groups(halves[1]!) : []
  const missing = 8 - left.length - right.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const all = [...left, ...Array.from({ length: halves.length === 2 ? missing : 0 }, () => '0'), ...right]
  if (!all.every((g) => /^[0-9a-fA-F]{1,4}$/.test(g))) return undefined
  return { value: all.reduce((n, g) => (n << 16n) | BigInt(Number.parseInt(g, 16)), 0n), bits: 128 }
}

/** RFC 5952 for IPv6; IPv4-mapped addresses are shown as IPv4. */
function formatAddress(address: Address): string {
  if (address.bits === 32) return formatV4(Number(address.value))
  const groups = Array.from({ length: 8 }, (_, i) => Number((address.value >> BigInt(16 * (7 - i))) & 0xffffn))
  let bestStart = -1
  let bestLength = 1
  for (let i = 0; i < 8; i++) {
    let j = i
    while (j < 8 && groups[j] === 0) j++
    if (j - i > bestLength) {
      bestStart = i
      bestLength = j - i
    }
    if (j > i) i = j
  }
  const hex = groups.map((g) => g.toString(16))
  if (bestStart < 0) return hex.join(':')
  return `${hex.slice(0, bestStart).join(':')}::${hex.slice(bestStart + bestLength).join(':')}`
}

function mask(bits: number, length: number): bigint {
  return ((1n << BigInt(length)) - 1n) << BigInt(bits - length)
}

/** The prefix that came last: in a loop it is mostly the same one. */
let lastPrefix: { readonly text: string; readonly prefix: Prefix } | undefined

function parsePrefix(text: string, index?: number): Prefix {
  if (lastPrefix?.text === text) return lastPrefix.prefix
  const prefix = readPrefix(text, index)
  lastPrefix = { text, prefix }
  return prefix
}

function readPrefix(text: string, index: number | undefined): Prefix {
  const slash = text.indexOf('/')
  const address = slash < 0 ? undefined : parseAddress(text.slice(0, slash))
  const digits = text.slice(slash + 1)
  const length = /^\d{1,3}$/.test(digits) ? Number(digits) : -1
  if (address === undefined || length < 0 || length > address.bits) {
    const problem = `invalid CIDR expression: invalid CIDR address: ${text}`
    return index === undefined ? fail(problem) : failArg(index, problem)
  }
  return { address: { value: address.value & mask(address.bits, length), bits: address.bits }, length }
}

function whole(value: Value): bigint {
  const n = numericToBigInt(value.asNumeric())
  if (n === undefined) fail('value must be a whole number')
  return n
}

function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix.address)}/${prefix.length}`
}

export const cidrFunctions: readonly FunctionSpec[] = [
  define(
    'cidrhost',
    [str('prefix'), num('hostnum')],
    stringType,
    ([p, n]) => {
      const number = whole(n!)
      return stringVal(host(parsePrefix(p!.asString()), number))
    },
    {
      description: 'The address of a host within a network prefix.',
    },
  ),
  define(
    'cidrnetmask',
    [str('prefix')],
    stringType,
    ([p]) => {
      const prefix = parsePrefix(p!.asString())
      if (prefix.address.bits !== 32) fail(`IPv6 addresses cannot have a netmask: ${p!.asString()}`)
      return stringVal(formatAddress({ value: mask(32, prefix.length), bits: 32 }))
    },
    { description: 'The netmask of an IPv4 prefix in dotted decimals.' },
  ),
  define(
    'cidrsubnet',
    [str('prefix'), num('newbits'), num('netnum')],
    stringType,
    ([p, b, n]) => {
      const newBits = integer(b!)
      const number = typeof n!.payload === 'number' && Number.isInteger(n!.payload) ? n!.payload : whole(n!)
      const prefix = parsePrefix(p!.asString())
      return normalVal(subnetV4(prefix, newBits, number) ?? subnet(prefix, newBits, BigInt(number)))
    },
    { description: 'A subnet within a network prefix.' },
  ),
  define('cidrsubnets', [str('prefix')], listType(stringType), (args) => subnets(args), {
    description: 'Consecutive subnets of the given sizes within a network prefix.',
    varParam: num('newbits'),
  }),
  define(
    'cidrcontains',
    [str('containing_prefix'), str('contained_ip_or_prefix')],
    boolType,
    ([outer, inner]) => contains(outer!, inner!),
    {
      description: 'Whether a network prefix contains an address or another prefix.',
    },
  ),
]

function host(prefix: Prefix, n: bigint): string {
  const { bits, value } = prefix.address
  const room = 1n << BigInt(bits - prefix.length)
  const index = n < 0n ? room + n : n
  if (index < 0n || index >= room) {
    fail(`prefix of ${prefix.length} does not accommodate a host numbered ${index}`)
  }
  return formatAddress({ value: value + index, bits })
}

/** A negative number is not one from the end: it goes into the address in two's complement, whose magnitude counts, as in Terraform. */
function subnet(prefix: Prefix, newBits: number, n: bigint): string {
  const { bits, value } = prefix.address
  const length = prefix.length + newBits
  if (length > bits) fail(`insufficient address space to extend prefix of ${prefix.length} by ${newBits}`)
  const magnitude = (v: bigint): bigint => (v < 0n ? -v : v)
  if (length < 0 || (newBits >= 0 && magnitude(n) >= 1n << BigInt(newBits)))
    fail(`prefix extension of ${newBits} does not accommodate a subnet numbered ${n}`)
  const address = magnitude(value | (n << BigInt(bits - length)))
  return formatPrefix({ address: { value: address & mask(bits, bits), bits }, length })
}

/** The same in plain numbers, where they are enough for it and nothing is wrong. */
function subnetV4({ address, length: shorter }: Prefix, newBits: unknown, n: unknown): string | undefined {
  if (address.bits !== 32 || typeof newBits !== 'number' || typeof n !== 'number') return undefined
  const length = shorter + newBits
  if (!Number.isInteger(newBits) || !Number.isInteger(n) || newBits < 0 || length > 32 || n < 0 || n >= 2 ** newBits) return undefined
  return `${formatV4(Number(address.value) + n * 2 ** (32 - length))}/${length}`
}

function formatV4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`
}

function subnets(args: readonly Value[]): Value {
  const prefix = parsePrefix(args[0]!.asString(), 0)
  const { bits } = prefix.address
  const family = bits === 32 ? 'IPv4' : 'IPv6'
  const end = prefix.address.value + (1n << BigInt(bits - prefix.length))
  const result: Value[] = []
  let next = prefix.address.value
  let previous: Prefix | undefined
  for (const [i, arg] of args.slice(1).entries()) {
    const newBits = integer(arg, '', i + 1)
    if (newBits < 1) failArg(i + 1, 'must extend prefix by at least one bit')
    const length = prefix.length + newBits
    if (length > bits) failArg(i + 1, `would extend prefix to ${length} bits, which is too long for an ${family} address`)
    const size = 1n << BigInt(bits - length)
    const start = ((next + size - 1n) / size) * size
    // Terraform looks for the first subnet behind the one before it, and before the very first address there is none.
    if (previous === undefined && start === 0n) previous = { address: { value: mask(bits, length), bits }, length }
    if (start + size > end || previous?.address.value === mask(bits, previous?.length ?? 0)) {
      failArg(i + 1, `not enough remaining address space for a subnet with a prefix of ${length} bits after ${formatPrefix(previous!)}`)
    }
    previous = { address: { value: start, bits }, length }
    next = start + size
    result.push(stringVal(formatPrefix(previous)))
  }
  return listVal(result, stringType)
}

function contains(outer: Value, inner: Value): Value {
  const prefix = parsePrefix(outer.asString(), 0)
  const text = inner.asString()
  const single = parseAddress(text)
  const other: Prefix = single === undefined ? parsePrefix(text, 1) : { address: single, length: single.bits }
  if (other.address.bits !== prefix.address.bits) {
    fail(`address family mismatch: ${outer.asString()} vs. ${text}`)
  }
  return boolVal(other.length >= prefix.length && (other.address.value & mask(prefix.address.bits, prefix.length)) === prefix.address.value)
}
