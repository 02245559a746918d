import type { Plain, PlainObject } from './plain.ts'
import { UNKNOWN } from './plain.ts'

/**
 * Removes differences between what was read and what was planned (or stored) that mean nothing: an empty collection for null, null
 * for an empty collection, at any depth of objects. Types on the old SDK do so too after applying.
 *
 * `written` are attributes whose planned value stands wherever the answer has nothing.
 */
export function settle(read: Plain, expected: Plain | undefined): Plain {
  if (expected === undefined || expected === UNKNOWN) return read
  if (expected === null) return isEmptyCollection(read) ? null : read
  if (read === null) return isEmptyCollection(expected) ? expected : read
  if (Array.isArray(read) && Array.isArray(expected)) {
    if (read.length !== expected.length) return read
    return read.map((element: Plain, i) => (isRecord(element) && isRecord(expected[i]) ? settle(element, expected[i] as Plain) : element))
  }
  if (isRecord(read) && isRecord(expected)) {
    return Object.fromEntries(Object.entries(read).map(([name, value]) => [name, settle(value, expected[name])]))
  }
  return read
}

function isEmptyCollection(plain: Plain): boolean {
  return typeof plain === 'object' && plain !== null && Object.keys(plain).length === 0
}

function isRecord(plain: unknown): plain is PlainObject {
  return typeof plain === 'object' && plain !== null && !Array.isArray(plain)
}
