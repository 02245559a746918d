import { randomBytes } from 'node:crypto'
import { type State, type StateFile, stateContentEquals } from '../states/index.ts'
import { uuidShape } from './lock-info.ts'

/** The snapshot that follows `previous`: a change counts the serial up, the first one starts a lineage of its own. */
export function nextSnapshot(
  previous: StateFile | undefined,
  state: State,
  terraformVersion: string,
): { file: StateFile; changed: boolean } {
  if (previous === undefined) return { file: { terraformVersion, serial: 1, lineage: newLineage(), state }, changed: true }
  const changed = !stateContentEquals(previous.state, state)
  const lineage = previous.lineage === '' ? newLineage() : previous.lineage
  return { file: { terraformVersion, serial: previous.serial + (changed ? 1 : 0), lineage, state }, changed }
}

/** The name of a history of states: a random UUID (version 4). */
export function newLineage(): string {
  const bytes = randomBytes(16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return uuidShape(bytes)
}
