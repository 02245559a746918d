import { goQuote } from '../../base/index.ts'
import { type FunctionSpec, intVal, numberType, stringType, stringVal, unknownVal, type Value } from '../../cty/index.ts'
import { define, type FunctionContext, fail, failArg, str } from './_define.ts'

/** A moment with the offset it was written with. */
interface Timestamp {
  /** Milliseconds since 1970 of the local clock reading, as if it were UTC. */
  readonly localMs: number
  readonly nanoseconds: number
  readonly offsetMinutes: number
  readonly zone: string
}

/** RFC 3339, with the errors that say where it went wrong. */
function parseTimestamp(text: string, index?: number): Timestamp {
  const bad = (reason: string): never => {
    const problem = `not a valid RFC3339 timestamp: ${reason}`
    return index === undefined ? fail(problem) : failArg(index, problem)
  }
  let at = 0
  const rest = () => text.slice(at)
  const number = (digits: number, what: string): number => {
    if (at >= text.length) bad(`end of string before ${what}`)
    const part = text.slice(at, at + digits)
    if (!new RegExp(`^\\d{${digits}}$`).test(part)) bad(`cannot use ${goQuote(rest())} as ${what}`)
    at += digits
    return Number(part)
  }
  const expect = (c: string): void => {
    if (at >= text.length) bad(`end of string where ${JSON.stringify(c)} is expected`)
    if (text[at] !== c) bad(`found ${JSON.stringify(rest())} where ${JSON.stringify(c)} is expected`)
    at++
  }
  const year = number(4, 'year')
  expect('-')
  const month = Number(
    /^(0[1-9]|1[0-2])/.test(rest())
      ? number(2, 'month')
      : at >= text.length
        ? bad('end of string before month')
        : bad(`cannot use ${goQuote(/^\d\d./.test(rest()) ? text.slice(at + 2) : rest())} as month`),
  )
  expect('-')
  const day = number(2, 'day of month')
  if (at >= text.length || text[at] !== 'T') bad("missing required time introducer 'T'")
  at++
  if (/^\d$/.test(rest())) bad('end of string where ":" is expected')
  if (/^\d:/.test(rest())) bad('hour must have exactly two digits')
  if (at < text.length && !/^([01]\d|2[0-3])/.test(rest())) bad('hour must be between 0 and 23 inclusive')
  const hour = number(2, 'hour')
  expect(':')
  if (at < text.length && !/^[0-5]\d/.test(rest())) bad('minute must have exactly two digits')
  const minute = number(2, 'minute')
  expect(':')
  if (/^[6-9]\d/.test(rest())) bad(`cannot use ${goQuote(text.slice(at + 2))} as second`)
  const second = number(2, 'second')
  let nanoseconds = 0
  const fraction = /^\.(\d+)/.exec(rest())
  if (fraction !== null) {
    nanoseconds = Number(fraction[1]!.slice(0, 9).padEnd(9, '0'))
    at += fraction[0].length
  }
  if (at >= text.length) bad('end of string before UTC offset')
  let offsetMinutes = 0
  const zone = /^(Z|[+-]\d\d:\d\d)/.exec(rest())?.[1]
  if (zone === undefined) bad(text[at] === ',' ? 'cannot use "," as timestamp segment' : `cannot use ${goQuote(rest())} as UTC offset`)
  const after = text.slice(at + zone!.length)
  if (after !== '') bad(`cannot use ${goQuote(after)} as timestamp segment`)
  if (zone !== 'Z') {
    const [hours, minutes] = [Number(zone!.slice(1, 3)), Number(zone!.slice(4))]
    if (hours > 24) bad('end of string before UTC offset')
    if (hours > 23 || minutes > 59) bad(`cannot use ${goQuote(zone!)} as UTC offset`)
    offsetMinutes = (zone![0] === '-' ? -1 : 1) * (hours * 60 + minutes)
  }
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (day < 1 || date.getUTCDate() !== day) bad('day out of range')
  date.setUTCHours(hour, minute, second)
  return { localMs: date.getTime(), nanoseconds, offsetMinutes, zone: zone! }
}

function instantNs(t: Timestamp): bigint {
  return BigInt(t.localMs - t.offsetMinutes * 60_000) * 1_000_000n + BigInt(t.nanoseconds)
}

function two(n: number): string {
  return n.toString().padStart(2, '0')
}

function formatOffset(minutes: number, separator: string): string {
  const abs = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(abs / 60))}${separator}${two(abs % 60)}`
}

/** RFC 3339 as Go prints it: no fraction when it is zero, trailing zeros of it removed. */
function formatRfc3339(instant: bigint, offsetMinutes: number): string {
  const ns = instant + BigInt(offsetMinutes) * 60_000_000_000n
  let seconds = ns / 1_000_000_000n
  let fraction = ns % 1_000_000_000n
  if (fraction < 0n) {
    fraction += 1_000_000_000n
    seconds -= 1n
  }
  // Years beyond 9999 and before 0 have signs and more digits in JavaScript.
  const iso = new Date(Number(seconds) * 1000).toISOString()
  const text = iso.slice(0, -5).replace(/^\+0*/, '').replace(/^-00/, '-')
  return text + (offsetMinutes === 0 ? 'Z' : formatOffset(offsetMinutes, ':'))
}

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** One verb of the format language, a run of one letter; undefined when the length means nothing. */
function formatVerb(verb: string, t: Timestamp): string {
  const date = new Date(t.localMs)
  const hour = date.getUTCHours()
  const invalid = (advice: string): never =>
    failArg(0, `invalid date format verb ${JSON.stringify(verb)}${advice === '' ? '' : `: ${advice}`}`)
  switch (verb) {
    case 'YY':
      return two(date.getUTCFullYear() % 100)
    case 'YYYY':
      return date.getUTCFullYear().toString().padStart(4, '0')
    case 'M':
      return `${date.getUTCMonth() + 1}`
    case 'MM':
      return two(date.getUTCMonth() + 1)
    case 'MMM':
      return MONTHS[date.getUTCMonth()]!.slice(0, 3)
    case 'MMMM':
      return MONTHS[date.getUTCMonth()]!
    case 'D':
      return `${date.getUTCDate()}`
    case 'DD':
      return two(date.getUTCDate())
    case 'EEE':
      return DAYS[date.getUTCDay()]!.slice(0, 3)
    case 'EEEE':
      return DAYS[date.getUTCDay()]!
    case 'h':
      return `${hour}`
    case 'hh':
      return two(hour)
    case 'H':
      return `${hour % 12 || 12}`
    case 'HH':
      return two(hour % 12 || 12)
    case 'AA':
      return hour < 12 ? 'AM' : 'PM'
    case 'aa':
      return hour < 12 ? 'am' : 'pm'
    case 'm':
      return `${date.getUTCMinutes()}`
    case 'mm':
      return two(date.getUTCMinutes())
    case 's':
      return `${date.getUTCSeconds()}`
    case 'ss':
      return two(date.getUTCSeconds())
    case 'Z':
      return t.offsetMinutes === 0 ? 'Z' : formatOffset(t.offsetMinutes, ':')
    case 'ZZZ':
      return t.offsetMinutes === 0 ? 'UTC' : formatOffset(t.offsetMinutes, '')
    case 'ZZZZ':
      return formatOffset(t.offsetMinutes, '')
    case 'ZZZZZ':
      return formatOffset(t.offsetMinutes, ':')
  }
  switch (verb[0]) {
    case 'Y':
      return invalid('year must either be "YY" or "YYYY"')
    case 'M':
      return invalid('month must be "M", "MM", "MMM", or "MMMM"')
    case 'D':
      return invalid('day of month must either be "D" or "DD"')
    case 'E':
      return invalid('day of week must either be "EEE" or "EEEE"')
    case 'h':
      return invalid('24-hour must either be "h" or "hh"')
    case 'H':
      return invalid('12-hour must either be "H" or "HH"')
    case 'A':
      return invalid('must be "AA"')
    case 'a':
      return invalid('must be "aa"')
    case 'm':
      return invalid('minute must either be "m" or "mm"')
    case 's':
      return invalid('second must either be "s" or "ss"')
    case 'Z':
      return invalid('timezone must be Z, ZZZ, ZZZZ, or ZZZZZ')
    default:
      return invalid('')
  }
}

function formatDate(format: string, t: Timestamp): string {
  let result = ''
  for (let at = 0; at < format.length; ) {
    const c = format[at]!
    if (c === "'") {
      let end = at + 1
      let literal = ''
      for (;;) {
        if (end >= format.length) failArg(0, "unterminated literal '")
        if (format[end] === "'") {
          if (format[end + 1] !== "'") break
          literal += "'"
          end += 2
          continue
        }
        literal += format[end]
        end++
      }
      // Two quotes on their own stand for one.
      result += end === at + 1 ? "'" : literal
      at = end + 1
      continue
    }
    if (!/[a-zA-Z]/.test(c)) {
      result += c
      at++
      continue
    }
    let end = at
    while (format[end] === c) end++
    result += formatVerb(format.slice(at, end), t)
    at = end
  }
  return result
}

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

const greatestDuration = 2n ** 63n

/** As Go's package time quotes: what is not ASCII is shown as its bytes. */
function quoteBytes(text: string): string {
  const shown = [...Buffer.from(text)].map((byte) => (byte < 0x20 || byte >= 0x80 ? `\\x${two16(byte)}` : String.fromCharCode(byte)))
  return `"${shown.map((c) => (c === '"' || c === '\\' ? `\\${c}` : c)).join('')}"`
}

function two16(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

/** Go's duration text, such as `1h30m` or `-1.5s`, in nanoseconds: 64 bits, and fractions go through a 64-bit float. */
function parseDuration(text: string): bigint {
  const bad = (reason: string): never => fail(`time: ${reason}`)
  const invalid = `invalid duration ${quoteBytes(text)}`
  const match = /^([+-]?)(.*)$/s.exec(text)!
  const body = match[2]!
  if (body === '0') return 0n
  if (body === '') bad(invalid)
  let total = 0n
  let at = 0
  const pattern = /(\d*)(?:\.(\d*))?([^\d.]*)/y
  while (at < body.length) {
    pattern.lastIndex = at
    const part = pattern.exec(body)
    if (part === null || ((part[1] ?? '') === '' && (part[2] ?? '') === '')) bad(invalid)
    const whole = BigInt(part![1]!.slice(0, 40) || '0')
    if (whole > greatestDuration) bad(invalid)
    const unitText = part![3]!
    if (unitText === '') bad(`missing unit in duration ${quoteBytes(text)}`)
    const unit = UNITS[unitText]
    if (unit === undefined) bad(`unknown unit ${quoteBytes(unitText)} in duration ${quoteBytes(text)}`)
    total += whole * unit!
    // Digits that 63 bits cannot hold are dropped.
    const fraction = (part![2] ?? '').slice(0, 18)
    if (fraction !== '') total += BigInt(Math.floor(Number(fraction) * (Number(unit!) / 10 ** fraction.length)))
    if (total > greatestDuration) bad(invalid)
    at = pattern.lastIndex
  }
  if (match[1] === '-') return -total
  if (total >= greatestDuration) bad(invalid)
  return total
}

export function dateFunctions(context: FunctionContext): readonly FunctionSpec[] {
  const now = () => {
    const date = (context.now ?? (() => new Date()))()
    return `${date.toISOString().slice(0, 19)}Z`
  }
  return [
    define('timestamp', [], stringType, () => (context.pure ? unknownVal(stringType) : stringVal(now())), {
      description: 'The time of the call; not known before apply.',
    }),
    define(
      'plantimestamp',
      [],
      stringType,
      () => (context.planTimestamp === undefined ? unknownVal(stringType) : stringVal(context.planTimestamp)),
      {
        description: 'The time of the plan.',
      },
    ),
    define(
      'formatdate',
      [str('format'), str('time')],
      stringType,
      ([f, t]) => stringVal(formatDate(f!.asString(), parseTimestamp(t!.asString(), 1))),
      {
        description: 'A timestamp in another format.',
      },
    ),
    define('timeadd', [str('timestamp'), str('duration')], stringType, ([t, d]) => add(t!, d!), {
      description: 'A timestamp moved by a duration.',
    }),
    define('timecmp', [str('timestamp_a'), str('timestamp_b')], numberType, ([a, b]) => compare(a!, b!), {
      description: 'Which of two timestamps is earlier: -1, 0 or 1.',
    }),
  ]
}

function add(timestamp: Value, duration: Value): Value {
  const t = parseTimestamp(timestamp.asString())
  return stringVal(formatRfc3339(instantNs(t) + parseDuration(duration.asString()), t.offsetMinutes))
}

function compare(a: Value, b: Value): Value {
  const x = instantNs(parseTimestamp(a.asString(), 0))
  const y = instantNs(parseTimestamp(b.asString(), 1))
  return intVal(x < y ? -1 : x > y ? 1 : 0)
}
