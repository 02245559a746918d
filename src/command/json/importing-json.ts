import type { Importing } from '../../plans/index.ts'
import type { JsonDocument } from './json-text.ts'
import { knownJson } from './value-json.ts'

/** How an object is imported, as plans and streams of events tell it. */
export function importingJson(importing: Importing | undefined): JsonDocument | undefined {
  if (importing === undefined) return undefined
  return importing.identity === undefined ? { id: importing.id } : { identity: knownJson(importing.identity) }
}
