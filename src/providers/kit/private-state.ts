import { parseDurationMs } from './duration.ts'
import type { PlainObject } from './plain.ts'
import type { OperationName } from './resource.ts'

/** The key under which the old Go SDK keeps the timeouts of an object. */
const timeoutsKey = 'e2bfb730-ecaa-11e6-8f88-34363bc7c4c0'

/**
 * What types on the old SDK keep beside their attributes: timeouts in nanoseconds and the schema version; `null` in JSON when
 * there is neither. Byte for byte as there, so that a state which moves between the two does not change.
 */
export function sdkPrivate(
  defaults: Partial<Record<OperationName, number>> | undefined,
  timeouts: PlainObject | null,
  schemaVersion: number,
): Uint8Array {
  const parts: string[] = []
  if (defaults !== undefined) {
    const entries = timeoutsInMs(defaults, timeouts).map(([name, ms]) => `${JSON.stringify(name)}:${Math.round(ms)}000000`)
    parts.push(`${JSON.stringify(timeoutsKey)}:{${entries.join(',')}}`)
  }
  if (schemaVersion > 0) parts.push(`"schema_version":${JSON.stringify(String(schemaVersion))}`)
  return Buffer.from(parts.length === 0 ? 'null' : `{${parts.join(',')}}`)
}

/** Ascending by name. */
export function timeoutsInMs(defaults: Partial<Record<OperationName, number>>, timeouts: PlainObject | null): [OperationName, number][] {
  const names = Object.keys(defaults).sort() as OperationName[]
  return names.map((name) => {
    const own = timeouts?.[name]
    const ms = typeof own === 'string' ? parseDurationMs(own) : undefined
    return [name, ms ?? defaults[name]! * 60_000]
  })
}
