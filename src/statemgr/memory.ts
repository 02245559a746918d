import type { State, StateFile } from '../states/index.ts'
import { nextSnapshot } from './_snapshots.ts'
import type { LockInfo } from './lock-info.ts'
import { checkPush } from './push.ts'
import { type PushOptions, StateLockedError, type StateManager, stateError } from './state-manager.ts'

/** Keeps its snapshot in this process only: for tests and for runs that must leave nothing behind. */
export class MemoryStateManager implements StateManager {
  readonly #terraformVersion: string
  #file: StateFile | undefined
  #holder: LockInfo | undefined

  constructor(terraformVersion: string, file?: StateFile) {
    this.#terraformVersion = terraformVersion
    this.#file = file
  }

  async read(): Promise<StateFile | undefined> {
    return this.#file
  }

  async write(state: State): Promise<void> {
    this.#file = nextSnapshot(this.#file, state, this.#terraformVersion).file
  }

  async push(file: StateFile, options: PushOptions = {}): Promise<void> {
    if (!options.force) checkPush(this.#file, file)
    this.#file = { ...file, terraformVersion: this.#terraformVersion }
  }

  current(): StateFile | undefined {
    return this.#file
  }

  async lock(info: LockInfo): Promise<string> {
    if (this.#holder !== undefined) throw new StateLockedError('state is locked', this.#holder)
    this.#holder = { ...info, path: this.describe() }
    return info.id
  }

  async unlock(id: string): Promise<void> {
    if (this.#holder?.id !== id) throw stateError('Error releasing the state lock', `The lock ${JSON.stringify(id)} is not held.`)
    this.#holder = undefined
  }

  describe(): string {
    return 'memory'
  }
}
