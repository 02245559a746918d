import {
  numberType,
  numberVal,
  numericFromInteger,
  numericToJs,
  objectType,
  objectVal,
  stringType,
  stringVal,
  type Value,
} from '../../cty/index.ts'
import type { SimpleFunction } from '../../providers/simple/index.ts'
import { parseTimestamp, timeParts } from './_timestamp.ts'

const timestampType = objectType([
  ['year', numberType],
  ['year_day', numberType],
  ['day', numberType],
  ['month', numberType],
  ['month_name', stringType],
  ['weekday', numberType],
  ['weekday_name', stringType],
  ['hour', numberType],
  ['minute', numberType],
  ['second', numberType],
  ['unix', numberType],
  ['iso_year', numberType],
  ['iso_week', numberType],
])

const durationType = objectType([
  ['hours', numberType],
  ['minutes', numberType],
  ['seconds', numberType],
  ['milliseconds', numberType],
  ['microseconds', numberType],
  ['nanoseconds', numberType],
])

const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']
const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const dayMs = 24 * 3600 * 1000

/** The functions of the provider, by name. */
export const timeFunctions: Readonly<Record<string, SimpleFunction>> = {
  rfc3339_parse: {
    signature: {
      parameters: [{ name: 'timestamp', type: stringType, description: 'RFC 3339 timestamp string to parse' }],
      returnType: timestampType,
      summary: 'Parse an RFC 3339 timestamp string into an object',
    },
    call([timestamp]) {
      const text = timestamp!.asString()
      const time = parseTimestamp(text)
      if (time === undefined) return { error: { text: `Error parsing RFC 3339 timestamp: "${text}" is not one.`, argument: 0 } }
      // The parts are those of the clock that shows this text; the instant stays the same.
      const zone = /([+-])(\d\d):(\d\d)$/.exec(text)
      const minutes = zone === null ? 0 : (zone[1] === '-' ? -1 : 1) * (Number(zone[2]) * 60 + Number(zone[3]))
      return { result: timestampObject(new Date(time.getTime() + minutes * 60_000), Math.floor(time.getTime() / 1000)) }
    },
  },
  unix_timestamp_parse: {
    signature: {
      parameters: [{ name: 'unix_timestamp', type: numberType, description: 'Unix Timestamp integer to parse' }],
      returnType: timestampType,
      summary: 'Parse a Unix timestamp integer into an object',
    },
    call([timestamp]) {
      const unix = numericToJs(timestamp!.asNumeric())
      const time = new Date(unix * 1000)
      if (!Number.isInteger(unix) || Number.isNaN(time.getTime())) {
        return { error: { text: `Error parsing Unix timestamp: ${unix} is not a whole number of seconds of our calendar.`, argument: 0 } }
      }
      return { result: timestampObject(time, unix) }
    },
  },
  duration_parse: {
    signature: {
      parameters: [{ name: 'duration', type: stringType, description: 'Go time package duration string to parse' }],
      returnType: durationType,
      summary: 'Parse a Go duration string into an object',
    },
    call([duration]) {
      const text = duration!.asString()
      const ns = parseDurationNs(text)
      if (ns === undefined) return { error: { text: `Error parsing duration: "${text}" is not a duration such as "1h30m".`, argument: 0 } }
      const whole = (unit: bigint): Value => numberVal(numericFromInteger(ns / unit))
      const real = (unit: number): Value => numberVal(Number(ns) / unit)
      return {
        result: objectVal({
          hours: real(3600e9),
          minutes: real(60e9),
          seconds: real(1e9),
          milliseconds: whole(1_000_000n),
          microseconds: whole(1000n),
          nanoseconds: whole(1n),
        }),
      }
    },
  },
}

function timestampObject(clock: Date, unix: number): Value {
  const number = (n: number): Value => numberVal(numericFromInteger(n))
  const { year, month, day, hour, minute, second } = timeParts(clock)
  const weekday = clock.getUTCDay()
  const { isoYear, isoWeek } = isoWeekOf(clock)
  return objectVal({
    year: number(year!),
    year_day: number(Math.floor((clock.getTime() - startOfYear(year!)) / dayMs) + 1),
    day: number(day!),
    month: number(month!),
    month_name: stringVal(months[month! - 1]!),
    weekday: number(weekday),
    weekday_name: stringVal(weekdays[weekday]!),
    hour: number(hour!),
    minute: number(minute!),
    second: number(second!),
    unix: number(unix),
    iso_year: number(isoYear),
    iso_week: number(isoWeek),
  })
}

function startOfYear(year: number): number {
  const start = new Date(0)
  start.setUTCFullYear(year, 0, 1)
  return start.getTime()
}

/** The week belongs to the year of its Thursday (ISO 8601). */
function isoWeekOf(time: Date): { isoYear: number; isoWeek: number } {
  const thursday = new Date(time.getTime())
  thursday.setUTCDate(time.getUTCDate() + 4 - (time.getUTCDay() || 7))
  const isoYear = thursday.getUTCFullYear()
  return { isoYear, isoWeek: Math.floor((thursday.getTime() - startOfYear(isoYear)) / dayMs / 7) + 1 }
}

const unitNs: Readonly<Record<string, bigint>> = {
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ns: 1n,
}

/** A duration of Go's such as `-1.5h30m`, in nanoseconds. */
function parseDurationNs(text: string): bigint | undefined {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:h|ms|m|s|us|µs|μs|ns))+)$/.exec(text)
  if (match === null) return /^[+-]?0$/.test(text) ? 0n : undefined
  let sum = 0n
  for (const [, whole, fraction, unit] of match[2]!.matchAll(/(\d*)\.?(\d*)(h|ms|m|s|us|µs|μs|ns)/g)) {
    const scale = unitNs[unit!]!
    sum += BigInt(whole || '0') * scale
    if (fraction) sum += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length)
  }
  return match[1] === '-' ? -sum : sum
}
