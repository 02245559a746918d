import { DiagnosticError } from '../diags/index.ts'
import type { Seal } from '../encryption/index.ts'
import { type State, type StateFile, stateContentEquals } from '../states/index.ts'
import { snapshotBytes, snapshotFrom, trySnapshotFrom } from './_sealed.ts'
import { nextSnapshot } from './_snapshots.ts'
import type { LockInfo } from './lock-info.ts'
import { checkPush } from './push.ts'
import { type PushOptions, type StateManager, stateError } from './state-manager.ts'

/** A snapshot as a store has it. `version` changes whenever the store holds something else. */
export interface StoredBody {
  readonly body: Uint8Array
  readonly version: string | undefined
}

/** What may be overwritten: nothing at all, or this version. */
export type Expected = { readonly kind: 'absent' } | { readonly kind: 'version'; readonly version: string }

/** One state in a store reached over a network. Methods reject with an Error for whatever the store refuses, or with a DiagnosticError. */
export interface RemoteClient {
  /** For messages. */
  readonly name: string
  /** The lock of a process that had ended, in whose place the last `lock` has put its own. */
  readonly takenOver?: LockInfo | undefined
  /** Undefined when there is nothing. */
  get(): Promise<StoredBody | undefined>
  /** `stored: false` when the store does not hold what was expected. Undefined expectation: whatever is there is replaced. */
  put(
    body: Uint8Array,
    expected: Expected | undefined,
  ): Promise<{ readonly stored: true; readonly version: string | undefined } | { readonly stored: false }>
  /** @returns the id that `unlock` needs. @throws StateLockedError */
  lock(info: LockInfo): Promise<string>
  unlock(id: string): Promise<void>
}

/**
 * A state in a store of objects, rows or the like. A snapshot replaces only what was read or written last: a writer whose lock was
 * released by force, or who had none, fails instead of overwriting.
 */
export class RemoteStateManager implements StateManager {
  readonly #client: RemoteClient
  readonly #terraformVersion: string
  readonly #seal: Seal | undefined
  #current: StateFile | undefined
  #version: string | undefined
  #hasRead = false
  #exists = false
  #outdated = false

  constructor(client: RemoteClient, terraformVersion: string, seal?: Seal) {
    this.#client = client
    this.#terraformVersion = terraformVersion
    this.#seal = seal
  }

  describe(): string {
    return this.#client.name
  }

  current(): StateFile | undefined {
    return this.#current
  }

  takenOver(): LockInfo | undefined {
    return this.#client.takenOver
  }

  async read(): Promise<StateFile | undefined> {
    const found = await this.#call('Failed to load state', () => this.#client.get())
    const { file, outdated } = await snapshotFrom(found?.body ?? new Uint8Array(), this.#seal, this.#sentence())
    this.#remember(file, found?.version, found !== undefined)
    this.#outdated = outdated
    return file
  }

  async write(state: State): Promise<void> {
    if (!this.#hasRead) await this.read()
    const { file, changed } = nextSnapshot(this.#current, state, this.#terraformVersion)
    if (changed || this.#outdated) await this.#put(file)
  }

  async push(file: StateFile, options: PushOptions = {}): Promise<void> {
    if (options.force) {
      const found = await this.#call('Failed to load state', () => this.#client.get())
      const existing = await trySnapshotFrom(found?.body ?? new Uint8Array(), this.#seal, this.#sentence())
      this.#remember(existing, found?.version, found !== undefined)
    } else checkPush(await this.read(), file)
    const existing = this.#current
    if (existing === undefined) return this.#put(nextSnapshot(undefined, file.state, this.#terraformVersion).file)
    const isSame = existing.lineage === file.lineage && existing.serial === file.serial && stateContentEquals(existing.state, file.state)
    if (!isSame) await this.#put({ ...file, serial: file.serial + 1, terraformVersion: this.#terraformVersion })
  }

  lock(info: LockInfo): Promise<string> {
    return this.#call('Error acquiring the state lock', () => this.#client.lock(info))
  }

  unlock(id: string): Promise<void> {
    return this.#call('Error releasing the state lock', () => this.#client.unlock(id))
  }

  #remember(file: StateFile | undefined, version: string | undefined, exists: boolean): void {
    this.#current = file
    this.#version = version
    this.#exists = exists
    this.#hasRead = true
    this.#outdated = false
  }

  async #put(file: StateFile): Promise<void> {
    const body = await snapshotBytes(file, this.#seal)
    let expected: Expected | undefined
    if (!this.#exists) expected = { kind: 'absent' }
    else if (this.#version !== undefined) expected = { kind: 'version', version: this.#version }
    const put = await this.#client.put(body, expected).catch((error: unknown) => error as Error)
    if (!(put instanceof Error) && put.stored) return this.#remember(file, put.version, true)
    // The snapshot may be there although the answer was lost, and a repeated request then fails its own condition.
    const there = await this.#client.get().catch(() => undefined)
    if (there !== undefined && body.equals(there.body)) return this.#remember(file, there.version, true)
    if (put instanceof DiagnosticError) throw put
    if (put instanceof Error) throw stateError('Failed to write state', `Writing ${this.describe()} failed: ${put.message}`)
    throw stateError(
      'State changed by another program',
      `${this.describe()} is not what Landform has read or written last, so it was not overwritten. Somebody has written to it without the lock, or after the lock was released by force.`,
    )
  }

  #sentence(): string {
    return `The object is ${this.describe()}.`
  }

  async #call<T>(summary: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof DiagnosticError) throw error
      throw stateError(summary, `${this.describe()}: ${(error as Error).message}`)
    }
  }
}
