import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Seal } from '../encryption/index.ts'
import { JournaledStateManager, type StateManager } from '../statemgr/index.ts'

/** A state in files keeps its journal beside itself, any other one in the data directory. */
export type JournalPlace = { readonly path: string; readonly outPath: string } | { readonly dataDir: string }

/** The state with its journal, which is encrypted as the state is. */
export function withJournal(manager: StateManager, place: JournalPlace, seal?: Seal): JournaledStateManager {
  if ('path' in place) {
    return new JournaledStateManager(manager, { path: `${place.path}.journal`, outPath: `${place.outPath}.journal`, seal })
  }
  // States of several places may share a data directory, one after the other.
  const name = createHash('sha256').update(manager.describe()).digest('hex').slice(0, 16)
  return new JournaledStateManager(manager, { path: join(place.dataDir, `${name}.tfstate.journal`), seal })
}
