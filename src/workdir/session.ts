import { monotonicMs } from '../base/index.ts'
import { type Diagnostic, DiagnosticError, type Diagnostics } from '../diags/index.ts'
import type { EngineHooks } from '../engine/index.ts'
import {
  JournaledStateManager,
  type LockInfo,
  lockWithTimeout,
  newLineage,
  newLockInfo,
  type StateManager,
  writeErroredState,
} from '../statemgr/index.ts'
import type { InstanceChange, State, StateFile } from '../states/index.ts'
import { terraformVersion } from './versions.ts'

export interface LockSettings {
  readonly lock: boolean
  readonly lockTimeoutMs: number
  /** Called once when somebody else's lock makes us wait. */
  readonly onWaiting?: (() => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** A state that was read under its lock. */
export interface StateSession {
  readonly manager: StateManager
  /** As read; undefined when nothing is stored yet. */
  readonly file: StateFile | undefined
}

/**
 * Locks a state, reads it, does some work and unlocks again, whatever happens. What goes wrong with state or lock is reported;
 * the result is undefined then. What an interrupted run had recorded is written down first.
 *
 * @param operation the word for it in the lock, such as `OperationTypePlan`.
 */
export async function withStateSession<T>(
  manager: StateManager,
  operation: string,
  lock: LockSettings,
  diags: Diagnostics,
  work: (session: StateSession) => Promise<T>,
): Promise<T | undefined> {
  return withLock(manager, operation, lock, diags, async () => {
    let file = await manager.read()
    if (manager instanceof JournaledStateManager && lock.lock) file = await recover(manager, file, diags)
    return work({ manager, file })
  })
}

/** Locks a state, does some work and unlocks again, whatever happens. What goes wrong with state or lock is reported; the result is undefined then. */
export async function withLock<T>(
  manager: StateManager,
  operation: string,
  lock: LockSettings,
  diags: Diagnostics,
  work: () => Promise<T>,
): Promise<T | undefined> {
  let lockId: string | undefined
  try {
    if (lock.lock) {
      lockId = await lockWithTimeout(manager, newLockInfo(operation, terraformVersion), {
        timeoutMs: lock.lockTimeoutMs,
        ...(lock.onWaiting === undefined ? {} : { onWaiting: lock.onWaiting }),
        ...(lock.signal === undefined ? {} : { signal: lock.signal }),
      })
      const dead = manager.takenOver?.()
      if (dead !== undefined) diags.warning('Stale lock taken over', staleLockText(dead))
    }
    return await work()
  } catch (error) {
    diags.addAll(diagnosticsOf(error))
    return undefined
  } finally {
    if (lockId !== undefined) {
      try {
        await manager.unlock(lockId)
      } catch (error) {
        diags.addAll(diagnosticsOf(error))
      }
    }
  }
}

function staleLockText({ id, operation, who, created }: LockInfo): string {
  return `The lock ${id} was taken for ${operation} by ${who} at ${created}, and the process that took it has ended on this machine without releasing it. It has been taken over.`
}

/** Writes down what an interrupted run had recorded and the state does not have. */
async function recover(manager: JournaledStateManager, file: StateFile | undefined, diags: Diagnostics): Promise<StateFile | undefined> {
  const recovery = manager.recovery()
  if (recovery === undefined) return file
  const folded = await manager.fold()
  const { instances, damaged } = recovery
  if (damaged > 0) {
    diags.warning(
      'Damaged records in the journal',
      `${damaged} of the records that an interrupted run has left could not be read. What they said is lost; compare the plan with what exists before applying anything.`,
    )
  }
  if (instances.length > 0) {
    const shown = instances.slice(0, 20).map((address) => `\n  - ${address}`)
    const more = instances.length > 20 ? `\n  - and ${instances.length - 20} more` : ''
    diags.warning(
      'Results of an interrupted run recovered',
      `A run on this state has ended without writing down all it did. Its journal had the results for these instances, which are in the state now:${shown.join('')}${more}`,
    )
  }
  return folded
}

/** The diagnostics that an error carries. @throws the error itself when it carries none. */
export function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (error instanceof DiagnosticError) return error.diags
  throw error
}

/** How long the whole state may stay unwritten while results are recorded one by one. */
const intervalMs = 20_000

/**
 * Writes a state down while it is being changed: each result to the journal at once, the whole state from time to time and at the end. Once
 * something could not be recorded no further operation may start.
 */
export class StatePersister {
  readonly #manager: StateManager
  readonly #now: () => number
  readonly #intervalMs: number
  #latest: State | undefined
  #writing: Promise<void> | undefined
  #nextAt: number
  /** After an interrupt every change is written down as a whole, as nobody knows how much time there is. */
  #hurried = false
  /** Why results cannot be recorded any more. */
  #unrecorded: unknown

  constructor(manager: StateManager, options: { readonly now?: () => number; readonly intervalMs?: number } = {}) {
    this.#manager = manager
    this.#now = options.now ?? monotonicMs
    this.#intervalMs = Math.max(intervalMs, options.intervalMs ?? 0)
    this.#nextAt = this.#now() + this.#intervalMs
  }

  /** To be called before the first operation. @throws DiagnosticError when nothing could be recorded. */
  async begin(state: State): Promise<void> {
    if (this.#manager instanceof JournaledStateManager) await this.#manager.begin(state)
  }

  hooks(): Pick<EngineHooks, 'stateUpdated' | 'mayStart'> {
    return {
      mayStart: () => this.#unrecorded === undefined,
      stateUpdated: async (state, changes) => {
        this.#latest = state
        await this.#record(changes)
        if (this.#writing === undefined && (this.#hurried || this.#now() >= this.#nextAt)) void this.flush()
      },
    }
  }

  async #record(changes: readonly InstanceChange[]): Promise<void> {
    if (!(this.#manager instanceof JournaledStateManager)) return
    try {
      await this.#manager.append(changes)
    } catch (error) {
      this.#unrecorded ??= error
    }
  }

  /** Writes what is newest, after a write that is under way. What fails is tried again with the next change, and at the end. */
  async flush(): Promise<void> {
    await this.#writing
    const latest = this.#latest
    if (latest === undefined) return
    this.#latest = undefined
    const began = this.#now()
    this.#writing = this.#manager.write(latest).then(
      () => {},
      () => {
        this.#latest ??= latest
      },
    )
    await this.#writing
    this.#writing = undefined
    const ended = this.#now()
    this.#nextAt = ended + Math.max(this.#intervalMs, (ended - began) * 20)
  }

  /** From now on everything is written down at once. */
  async hurry(): Promise<void> {
    this.#hurried = true
    await this.flush()
  }

  /** Writes the final state. When that fails the state is saved as `errored.tfstate`, the journal stays, and all of it is reported. */
  async finish(state: State, diags: Diagnostics): Promise<{ readonly rescuedText: string | undefined }> {
    await this.#writing
    if (this.#unrecorded !== undefined) {
      diags.error(
        'A result could not be recorded',
        `Writing to the journal of the state failed: ${(this.#unrecorded as Error).message}. No further operation has been started. What was under way has been finished, and is written down with the whole state where that is possible.`,
      )
    }
    try {
      if (this.#manager instanceof JournaledStateManager) await this.#manager.end(state)
      else await this.#manager.write(state)
      return { rescuedText: undefined }
    } catch (error) {
      diags.addAll(diagnosticsOf(error))
    }
    if (this.#manager instanceof JournaledStateManager) await this.#manager.abandon()
    const base = this.#manager.current()
    const file: StateFile = { terraformVersion, serial: (base?.serial ?? 0) + 1, lineage: base?.lineage ?? newLineage(), state }
    const { diagnostic, text } = await writeErroredState(
      '.',
      file,
      this.#manager instanceof JournaledStateManager ? this.#manager.seal : undefined,
    )
    diags.add(diagnostic)
    return { rescuedText: text }
  }
}
