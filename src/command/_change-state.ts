import type { Diagnostics } from '../diags/index.ts'
import type { EngineHooks } from '../engine/index.ts'
import type { OpenEnvironment } from '../ops/index.ts'
import { type OperationContext, type StatePersister, type StateSession, withStateSession } from '../workdir/index.ts'
import { onLockWaiting } from './_operation.ts'
import { countingHooks } from './apply.ts'
import { withApplyInterrupts } from './interrupts.ts'
import { HumanOperationView } from './views/operation-human.ts'
import type { AppliedCounts } from './views/operation-view.ts'
import type { View } from './views/view.ts'

/** What is done while a state is locked. */
export type StateWork<T> = (
  session: StateSession,
  operation: OperationContext,
  counts: AppliedCounts,
  onPersister: (persister: StatePersister) => void,
) => Promise<T>

/** Locks the state of a stack and does something with it that can be interrupted; each change is told as it is made. Undefined when it could not be locked or read. */
export function changeState<T>(
  { manager, settings }: Pick<OpenEnvironment, 'manager' | 'settings'>,
  options: { readonly lockTimeoutMs: number; readonly parallelism: number },
  view: View,
  diags: Diagnostics,
  work: StateWork<T>,
): Promise<T | undefined> {
  const output = new HumanOperationView(view)
  return withApplyInterrupts(output, (stop, onPersister) => {
    const lock = { lock: true, lockTimeoutMs: options.lockTimeoutMs, signal: stop, onWaiting: onLockWaiting(view, false) }
    return withStateSession(manager, 'OperationTypeApply', lock, diags, (session) => {
      const counts: AppliedCounts = { imported: 0, added: 0, changed: 0, removed: 0 }
      // What is only looked at is not worth a line.
      const { preRefresh: _refresh, preRead: _before, postRead: _after, ...loud } = output.hooks()
      const hooks: EngineHooks = countingHooks(loud, counts)
      return work(session, { settings, hooks, parallelism: options.parallelism, stop }, counts, onPersister)
    })
  })
}
