import { type Diagnostic, DiagnosticError, type Diagnostics } from '../diags/index.ts'
import type { EngineHooks } from '../engine/index.ts'
import { lockWithTimeout, newLockId, newLockInfo, type StateManager, writeErroredState } from '../statemgr/index.ts'
import type { State, StateFile } from '../states/index.ts'
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
 * the result is undefined then.
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
  let lockId: string | undefined
  try {
    if (lock.lock) {
      lockId = await lockWithTimeout(manager, newLockInfo(operation, terraformVersion), {
        timeoutMs: lock.lockTimeoutMs,
        ...(lock.onWaiting === undefined ? {} : { onWaiting: lock.onWaiting }),
        ...(lock.signal === undefined ? {} : { signal: lock.signal }),
      })
    }
    return await work({ manager, file: await manager.read() })
  } catch (error) {
    diags.add(...diagnosticsOf(error))
    return undefined
  } finally {
    if (lockId !== undefined) {
      try {
        await manager.unlock(lockId)
      } catch (error) {
        diags.add(...diagnosticsOf(error))
      }
    }
  }
}

/** The diagnostics that an error carries. @throws the error itself when it carries none. */
export function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (error instanceof DiagnosticError) return error.diags
  throw error
}

/**
 * Writes a state down while it is being changed: soon after each change, but never so often that writing takes more than a
 * twentieth of the time.
 */
export class StatePersister {
  readonly #manager: StateManager
  readonly #now: () => number
  #latest: State | undefined
  #writing: Promise<void> | undefined
  #nextAt = 0
  /** The last write that failed, told by `finish`. */
  #failure: unknown

  constructor(manager: StateManager, now: () => number = () => performance.now()) {
    this.#manager = manager
    this.#now = now
  }

  hooks(): Pick<EngineHooks, 'stateUpdated'> {
    return {
      stateUpdated: (state) => {
        this.#latest = state
        if (this.#writing === undefined && this.#now() >= this.#nextAt) void this.flush()
      },
    }
  }

  /** Writes what is newest, after a write that is under way. Failures are kept for `finish`. */
  async flush(): Promise<void> {
    await this.#writing
    const latest = this.#latest
    if (latest === undefined) return
    this.#latest = undefined
    const began = this.#now()
    this.#writing = this.#manager.write(latest).then(
      () => {
        this.#failure = undefined
      },
      (error: unknown) => {
        this.#failure = error
        this.#latest ??= latest
      },
    )
    await this.#writing
    this.#writing = undefined
    const ended = this.#now()
    this.#nextAt = ended + Math.max(250, (ended - began) * 20)
  }

  /** Writes the final state. When that fails the state is saved as `errored.tfstate`, and all of it is reported. */
  async finish(state: State, diags: Diagnostics): Promise<{ readonly rescuedText: string | undefined }> {
    await this.#writing
    this.#latest = state
    await this.flush()
    if (this.#failure === undefined) return { rescuedText: undefined }
    diags.add(...diagnosticsOf(this.#failure))
    const base = this.#manager.current()
    const file: StateFile = { terraformVersion, serial: (base?.serial ?? 0) + 1, lineage: base?.lineage ?? newLockId(), state }
    const { diagnostic, text } = await writeErroredState('.', file)
    diags.add(diagnostic)
    return { rescuedText: text }
  }
}
