import { mapType, numberType, stringType } from '../../cty/index.ts'
import type { PlainObject } from '../../providers/kit/index.ts'
import { Failure, type SimpleAttribute, type SimpleAttributes } from '../../providers/simple/index.ts'

export type Clock = () => Date

/** Arbitrary values that make a new object when they change. */
export const triggers: SimpleAttribute = { type: mapType(stringType), optional: true, forceNew: true }

const number: SimpleAttribute = { type: numberType, computed: true }

/** The parts of a point in time, in UTC. */
export function partAttributes(stable: boolean): SimpleAttributes {
  const part = stable ? { ...number, stable } : number
  return { year: part, month: part, day: part, hour: part, minute: part, second: part, unix: part }
}

export function timeParts(time: Date): Record<string, number> {
  return {
    year: time.getUTCFullYear(),
    month: time.getUTCMonth() + 1,
    day: time.getUTCDate(),
    hour: time.getUTCHours(),
    minute: time.getUTCMinutes(),
    second: time.getUTCSeconds(),
    unix: Math.floor(time.getTime() / 1000),
  }
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|([+-])(\d\d):(\d\d))$/

/** Undefined for what is no point in time, such as the 30th of February. */
export function parseTimestamp(text: string): Date | undefined {
  const match = rfc3339.exec(text)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [number, number, number, number, number, number]
  const local = new Date(0)
  local.setUTCFullYear(year, month - 1, day)
  if (local.getUTCMonth() !== month - 1 || local.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) return undefined
  const offset = match[7] === undefined ? 0 : (match[7] === '-' ? -1 : 1) * (Number(match[8]) * 60 + Number(match[9]))
  return new Date(local.getTime() + ((hour * 60 + minute - offset) * 60 + second) * 1000)
}

/** To the second, in UTC. */
export function formatTimestamp(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z')
}

export function checkTimestamp(value: unknown): string | undefined {
  return typeof value === 'string' && parseTimestamp(value) === undefined
    ? `must be a timestamp in RFC 3339, such as "2030-01-02T15:04:05Z", got: "${value}"`
    : undefined
}

/** A timestamp that is known to be one, or that an import id claims to be. @throws Failure */
export function findTimestamp(text: string): Date {
  const time = parseTimestamp(text)
  if (time === undefined)
    throw new Failure('Invalid timestamp', `"${text}" is not a timestamp in RFC 3339, such as "2030-01-02T15:04:05Z".`)
  return time
}

const units = ['days', 'hours', 'minutes', 'months', 'seconds', 'years'] as const

/** A time moved by what `PREFIX_days` and so on say, in the order of the units' names as the Go provider does. Null is nothing. */
export function offsetBy(time: Date, prefix: 'offset' | 'rotation', object: PlainObject): Date {
  const moved = new Date(time.getTime())
  for (const unit of units) {
    const count = object[`${prefix}_${unit}`]
    if (typeof count !== 'number') continue
    if (unit === 'days') moved.setUTCDate(moved.getUTCDate() + count)
    else if (unit === 'hours') moved.setUTCHours(moved.getUTCHours() + count)
    else if (unit === 'minutes') moved.setUTCMinutes(moved.getUTCMinutes() + count)
    else if (unit === 'months') moved.setUTCMonth(moved.getUTCMonth() + count)
    else if (unit === 'seconds') moved.setUTCSeconds(moved.getUTCSeconds() + count)
    else moved.setUTCFullYear(moved.getUTCFullYear() + count)
  }
  return moved
}

/** The counts of an import id, by name; an empty text is none. @throws Failure */
export function importedCounts(names: readonly string[], texts: readonly string[]): Record<string, number | null> {
  return Object.fromEntries(
    names.map((name, i) => {
      const text = texts[i] ?? ''
      if (text !== '' && !/^-?\d+$/.test(text)) throw new Failure('Import time error', `"${text}" is not a whole number for ${name}.`)
      return [name, text === '' || Number(text) === 0 ? null : Number(text)]
    }),
  )
}
