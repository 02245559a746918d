import { DiagnosticError } from '../diags/index.ts'
import type { State, StateFile } from '../states/index.ts'
import { formatLockInfo, type LockInfo } from './lock-info.ts'

/**
 * One place where one state's snapshots live. What goes wrong with the place or the file is thrown as a DiagnosticError, which
 * commands turn into their output; a lock that somebody else holds as a StateLockedError.
 *
 * Used in this order: lock, read, write any number of times, unlock. Without a read before, `write` reads by itself.
 */
export interface StateManager {
  /** The snapshot that is there now; undefined when there is none yet. */
  read(): Promise<StateFile | undefined>
  /**
   * What `read` would give, but without attributes and dependencies, where that takes much less memory; for who looks at addresses alone.
   * Not kept, and never to be written. Undefined where it cannot be had: `read` then.
   */
  tryReadOutline?(): Promise<StateFile | undefined>
  /**
   * Stores a new snapshot durably, with lineage and serial by the rules of state-v4.md section 3: a serial is used up only by a
   * change. Fails without writing when the place no longer holds what was read last.
   */
  write(state: State): Promise<void>
  /** Stores a snapshot with the lineage and serial it has, as migration and `state push` do, after checking that it follows what is there. */
  push(file: StateFile, options?: PushOptions): Promise<void>
  /** The snapshot as last read or written by this manager. */
  current(): StateFile | undefined
  /** @returns the id that `unlock` needs. */
  lock(info: LockInfo): Promise<string>
  unlock(id: string): Promise<void>
  /** The lock of a process that had ended for sure, in whose place the last `lock` has put its own. */
  takenOver?(): LockInfo | undefined
  /** For messages: a path or URL. */
  describe(): string
}

export interface PushOptions {
  /** Skips the checks of lineage and serial. */
  readonly force?: boolean
  /** The snapshot comes from another backend: a local file keeps its serial, whatever it replaces. */
  readonly moves?: boolean
}

/** Somebody else holds the lock. `holder` is missing when the place does not say who. */
export class StateLockedError extends DiagnosticError {
  readonly holder: LockInfo | undefined

  constructor(problem: string, holder: LockInfo | undefined, advice = '') {
    const info = holder === undefined ? '' : `\nLock Info:\n${formatLockInfo(holder)}`
    super({
      severity: 'error',
      summary: 'Error acquiring the state lock',
      detail: `Error message: ${problem}${info}\n\nLandform acquires a state lock to protect the state from being written by multiple users at the same time. Please resolve the issue above and try again.${advice === '' ? ' ' : ` ${advice}`}For most commands, you can disable locking with the "-lock=false" flag, but this is not recommended.`,
    })
    this.holder = holder
  }
}

export function stateError(summary: string, detail: string): DiagnosticError {
  return new DiagnosticError({ severity: 'error', summary, detail })
}
