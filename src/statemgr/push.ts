import { isEmptyState, type StateFile, stateContentEquals } from '../states/index.ts'
import { stateError } from './state-manager.ts'

/**
 * Whether `next` may take the place of `existing`: of the same lineage, and not older.
 * @throws DiagnosticError when it may not. See state-v4.md section 3.
 */
export function checkPush(existing: StateFile | undefined, next: StateFile): void {
  if (existing === undefined || isEmptyState(existing.state)) return
  if (existing.lineage === '' || next.lineage === '') return
  if (existing.lineage !== next.lineage) {
    throw refused(
      `cannot import state with lineage ${JSON.stringify(next.lineage)} over unrelated state with lineage ${JSON.stringify(existing.lineage)}`,
    )
  }
  if (next.serial > existing.serial) return
  if (next.serial < existing.serial) {
    throw refused(`cannot import state with serial ${next.serial} over newer state with serial ${existing.serial}`)
  }
  if (!stateContentEquals(existing.state, next.state)) {
    throw refused(`cannot overwrite existing state with serial ${existing.serial} with a different state that has the same serial`)
  }
}

function refused(problem: string) {
  return stateError(
    'Failed to write state',
    `${problem}\n\nMake sure that you are replacing the state you mean to replace; "-force" overrides this check and loses what is there now.`,
  )
}
