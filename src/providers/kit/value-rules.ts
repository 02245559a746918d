import { isIPv4, isIPv6 } from 'node:net'
import { attributeStep, type Path } from '../../cty/index.ts'
import { parseCidr } from './cidr.ts'
import { parseDurationMs } from './duration.ts'
import { type Plain, type PlainObject, UNKNOWN } from './plain.ts'
import type { ConfigProblem } from './resource.ts'

/** What must hold for the value of one argument, as data. Texts of problems are those of the old Go SDK. Every member that is given must hold. */
export interface ValueRules {
  readonly oneOf?: readonly (string | number)[]
  /** Inclusive. */
  readonly between?: readonly [least: number, most: number]
  readonly atLeast?: number
  readonly divisibleBy?: number
  readonly nonZero?: boolean
  /** A number without fraction. */
  readonly whole?: boolean
  /** Of a text, in bytes of UTF-8, inclusive. */
  readonly length?: readonly [least: number, most: number]
  /** A text must match each pattern, or the message tells why not; `{path}` and `{value}` stand for the argument and what it was given. */
  readonly matches?: readonly (readonly [pattern: string, message: string])[]
  readonly format?: Format
  /** Length of the prefix of a network, inclusive. */
  readonly prefixBits?: readonly [least: number, most: number]
  /** It is enough when one of these holds. */
  readonly anyOf?: readonly ValueRules[]
}

export type Format =
  | 'arn'
  | 'base64'
  | 'boolean'
  | 'duration'
  | 'ipv4'
  | 'ipv4-cidr'
  | 'ipv6'
  | 'ipv6-cidr'
  | 'json'
  | 'network'
  | 'not-empty'
  | 'timestamp'

/** Problems of the values of a configuration, by dotted path of blocks and argument. Unknown and null values have none. */
export function checkValues(table: Readonly<Record<string, ValueRules>>, config: PlainObject): readonly ConfigProblem[] {
  return Object.entries(table).flatMap(([path, rules]) => {
    const [first, ...rest] = path.split('.') as [string, ...string[]]
    return walk(config[first] ?? null, first, rest, rules).map((summary) => ({
      summary,
      detail: '',
      attribute: [attributeStep(first)] as Path,
    }))
  })
}

function walk(value: Plain, path: string, rest: readonly string[], rules: ValueRules): readonly string[] {
  if (value === null || value === UNKNOWN) return []
  // The old SDK looks into a block only when it knows all of it.
  if (rest.length > 0 && Array.isArray(value) && value.some(isPartlyUnknown)) return []
  if (Array.isArray(value)) return (value as readonly Plain[]).flatMap((element, i) => walk(element, `${path}.${i}`, rest, rules))
  const [next, ...further] = rest
  if (next === undefined) return typeof value === 'object' ? [] : problemsOf(value as string | number | boolean, path, rules)
  return typeof value === 'object' ? walk((value as PlainObject)[next] ?? null, `${path}.${next}`, further, rules) : []
}

function isPartlyUnknown(value: Plain): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).includes(UNKNOWN)
}

function problemsOf(value: string | number | boolean, path: string, rules: ValueRules): readonly string[] {
  if (rules.whole && typeof value === 'number' && !Number.isInteger(value)) return [`Attribute must be a whole number, got ${value}`]
  const problems: string[] = []
  const { oneOf, between, atLeast, divisibleBy, length, matches, format, anyOf } = rules
  if (oneOf !== undefined && !oneOf.includes(value as string | number)) {
    const list = oneOf.map((one) => (typeof one === 'string' ? JSON.stringify(one) : one)).join(' ')
    problems.push(`expected ${path} to be one of [${list}], got ${value}`)
  }
  if (between !== undefined && typeof value === 'number' && (value < between[0] || value > between[1]))
    problems.push(`expected ${path} to be in the range (${between[0]} - ${between[1]}), got ${value}`)
  if (atLeast !== undefined && typeof value === 'number' && value < atLeast)
    problems.push(`expected ${path} to be at least (${atLeast}), got ${value}`)
  if (divisibleBy !== undefined && typeof value === 'number' && value % divisibleBy !== 0)
    problems.push(`expected ${path} to be divisible by ${divisibleBy}, got: ${value}`)
  if (rules.nonZero && value === 0) problems.push(`${path} must not be zero, got 0`)
  if (typeof value === 'string') {
    if (length !== undefined && (Buffer.byteLength(value) < length[0] || Buffer.byteLength(value) > length[1]))
      problems.push(`expected length of ${path} to be in the range (${length[0]} - ${length[1]}), got ${value}`)
    for (const [pattern, message] of matches ?? []) {
      if (!new RegExp(pattern, 'u').test(value)) problems.push(message.replaceAll('{path}', () => path).replaceAll('{value}', () => value))
    }
    const wrong = format === undefined ? undefined : formats[format](value, path, rules)
    if (wrong !== undefined) problems.push(wrong)
  }
  if (anyOf !== undefined) {
    const each = anyOf.map((one) => problemsOf(value, path, one))
    if (each.every((found) => found.length > 0)) problems.push(...each.flat())
  }
  return problems
}

/** What is wrong with a text that is to have a format. */
const formats: Readonly<Record<Format, (text: string, path: string, rules: ValueRules) => string | undefined>> = {
  arn(text, path) {
    // The empty text stands for nothing.
    if (text === '') return undefined
    const why = text.startsWith('arn:') ? (text.split(':').length < 6 ? 'not enough sections' : undefined) : 'invalid prefix'
    return why === undefined ? undefined : `"${path}" (${text}) is an invalid ARN: arn: ${why}`
  },
  base64: (text, path) =>
    /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text.replace(/[\r\n]/g, ''))
      ? undefined
      : `"${path}" must be base64-encoded`,
  boolean: (text, path) =>
    ['', '1', 't', 'T', 'TRUE', 'true', 'True', '0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text)
      ? undefined
      : `${path}: cannot parse '${text}' as boolean: strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`,
  duration: (text, path) =>
    parseDurationMs(text) === undefined
      ? `"${path}" cannot be parsed as a duration: time: invalid duration ${JSON.stringify(text)}`
      : undefined,
  ipv4: (text, path) => (isIPv4(text) ? undefined : `expected ${path} to contain a valid IPv4 address, got: ${text}`),
  'ipv4-cidr': (text) => cidrProblem(text, 4),
  ipv6: (text, path) => (isIPv6(text) || isIPv4(text) ? undefined : `expected ${path} to contain a valid IPv6 address, got: ${text}`),
  'ipv6-cidr': (text) => cidrProblem(text, 6),
  json(text, path) {
    if (text === '') return undefined
    try {
      JSON.parse(text)
      return undefined
    } catch (error) {
      const token = /^Unexpected token '(.)'/.exec((error as Error).message)?.[1]
      const why = token === undefined ? 'unexpected end of JSON input' : `invalid character '${token}' looking for beginning of value`
      return `"${path}" contains an invalid JSON: ${why}`
    }
  },
  network(text, path, { prefixBits }) {
    const cidr = parseCidr(text)
    if (cidr === undefined) return `expected ${path} to contain a valid Value, got: ${text} with err: invalid CIDR address: ${text}`
    if (!cidr.isNetwork) return `expected ${path} to contain a valid network Value, expected ${cidr.network}, got ${text}`
    if (prefixBits === undefined || (cidr.bits >= prefixBits[0] && cidr.bits <= prefixBits[1])) return undefined
    return `expected "${path}" to contain a network Value with between ${prefixBits[0]} and ${prefixBits[1]} significant bits, got: ${cidr.bits}`
  },
  'not-empty': (text, path) => (text === '' ? `${path} must not be empty, got ` : undefined),
  timestamp: (text, path) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))
      ? undefined
      : `expected "${path}" to be a valid RFC3339 date, got ${JSON.stringify(text)}`,
}

function cidrProblem(text: string, version: 4 | 6): string | undefined {
  const cidr = parseCidr(text)
  if (cidr === undefined) return `"${text}" is not a valid CIDR block: invalid CIDR address: ${text}`
  if (cidr.version !== version) return `"${text}" is not a valid IPv${version} CIDR block`
  return cidr.isNetwork ? undefined : `"${text}" is not a valid IPv${version} CIDR block; did you mean "${cidr.network}"?`
}
