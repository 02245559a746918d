import { existsSync } from 'node:fs'
import type { Seal } from '../encryption/index.ts'
import {
  changesToDelta,
  emptyState,
  type InstanceChange,
  instanceDifferences,
  replayDelta,
  type State,
  StateBuilder,
  type StateFile,
  stateContentHash,
} from '../states/index.ts'
import { announceInJournal, type Journal, JournalWriter, readJournal, removeJournal } from './journal.ts'
import type { LockInfo } from './lock-info.ts'
import { type PushOptions, type StateManager, stateError } from './state-manager.ts'

/** What an interrupted run had recorded and the place did not have. */
export interface Recovery {
  /** Addresses of the instances that the journal speaks of, in the order of their last results. */
  readonly instances: readonly string[]
  /** Records that could not be read any more. */
  readonly damaged: number
}

export interface JournaledOptions {
  /** The journal of the place that is read. */
  readonly path: string
  /** The journal of the place that is written to, if that is another. */
  readonly outPath?: string | undefined
  /** How results are encrypted in the journal; undefined: not at all. */
  readonly seal?: Seal | undefined
}

/**
 * A state with a journal beside it: results are recorded one by one, and a run that was killed loses none of them.
 *
 * `read` gives the state with everything that the journal of an interrupted run adds. `fold`, under the lock, writes that down and removes the
 * journal. Between `begin` and `end` each `append` is on the disk before it is done.
 *
 * A journal belongs to the snapshots that its run has read or written. Over any other state, one that another program has written since, it
 * is refused rather than replayed.
 */
export class JournaledStateManager implements StateManager {
  readonly #inner: StateManager
  readonly #path: string
  readonly #outPath: string
  readonly #seal: Seal | undefined
  #writer: JournalWriter | undefined
  #recovery: Recovery | undefined
  #read: StateFile | undefined

  constructor(inner: StateManager, options: JournaledOptions) {
    this.#inner = inner
    this.#path = options.path
    this.#outPath = options.outPath ?? options.path
    this.#seal = options.seal
  }

  /** How the state is encrypted. */
  get seal(): Seal | undefined {
    return this.#seal
  }

  describe(): string {
    return this.#inner.describe()
  }

  /** As the place has it; what `read` added from a journal is not in it. */
  current(): StateFile | undefined {
    return this.#inner.current()
  }

  /** What the last `read` took from a journal. */
  recovery(): Recovery | undefined {
    return this.#recovery
  }

  takenOver(): LockInfo | undefined {
    return this.#inner.takenOver?.()
  }

  async read(): Promise<StateFile | undefined> {
    const journal = this.#writer === undefined ? await readJournal(this.#path, this.#seal) : undefined
    const file = await this.#inner.read()
    this.#recovery = undefined
    this.#read = file
    if (journal === undefined) return file
    this.#checkBelongs(journal, file)
    const builder = new StateBuilder(file?.state ?? emptyState)
    const instances = new Set<string>()
    for (const delta of journal.deltas) {
      for (const address of replayDelta(builder, delta)) {
        instances.delete(address)
        instances.add(address)
      }
    }
    const state = builder.snapshot()
    const isNew = stateContentHash(state) !== stateContentHash(file?.state ?? emptyState)
    this.#recovery = { instances: isNew ? [...instances] : [], damaged: journal.damaged }
    const { lineage, serial } = file ?? { ...journal.base, serial: 0 }
    this.#read = { terraformVersion: file?.terraformVersion ?? '', lineage, serial, state }
    return this.#read
  }

  async tryReadOutline(): Promise<StateFile | undefined> {
    return existsSync(this.#path) ? undefined : this.#inner.tryReadOutline?.()
  }

  /** Writes down what the last `read` took from a journal, which is then removed. Only while holding the lock. */
  async fold(): Promise<StateFile | undefined> {
    if (this.#recovery === undefined) return this.#read
    if (this.#recovery.instances.length > 0) await this.write(this.#read!.state)
    else await removeJournal(this.#path)
    this.#recovery = undefined
    this.#read = this.#inner.current()
    return this.#read
  }

  /**
   * Begins to record a run. `state` is what the run starts from, which may be further than what was read.
   * @throws DiagnosticError when nothing can be recorded there; no operation must start then.
   */
  async begin(state: State): Promise<void> {
    if (this.#outPath !== this.#path) {
      if (existsSync(this.#outPath)) throw leftOver(this.#outPath)
      // What is read from there the next time must be what this journal belongs to.
      await this.#inner.write(state)
    }
    const file = this.#inner.current()
    const before = file?.state ?? emptyState
    const differences = instanceDifferences(before, state)
    const base = {
      place: this.describe(),
      lineage: file?.lineage ?? '',
      serial: file?.serial ?? 0,
      contentHash: file === undefined ? '' : stateContentHash(before),
    }
    if (existsSync(this.#outPath)) throw leftOver(this.#outPath)
    this.#writer = await JournalWriter.begin(
      this.#outPath,
      base,
      differences.length === 0 ? undefined : changesToDelta(differences),
      this.#seal,
    )
  }

  /** Records results. Done when they are on the disk, and all that was given before. @throws Error of the file system. */
  async append(changes: readonly InstanceChange[]): Promise<void> {
    await this.#writer?.append(changesToDelta(changes))
  }

  /** Ends a run: writes the whole state, and removes the journal once it is written. A journal stays when writing fails. */
  async end(state: State): Promise<void> {
    const writer = this.#writer
    // A journal that is full or gone does not keep the state from being written.
    await writer?.append(changesToDelta([], state)).catch(() => undefined)
    await this.write(state)
    this.#writer = undefined
    await writer?.remove()
  }

  /** Ends a run whose state could not be written: the journal stays for the next command. */
  async abandon(): Promise<void> {
    await this.#writer?.close().catch(() => undefined)
    this.#writer = undefined
  }

  async write(state: State): Promise<void> {
    const hash = stateContentHash(state)
    if (this.#writer !== undefined) {
      // A journal that cannot be written to any more has been reported, and does not keep the state from being written.
      await this.#writer.announceSnapshot(hash).catch(() => undefined)
      return this.#inner.write(state)
    }
    // What is written was made from what `read` gave, so it has the results of the journal.
    if (this.#recovery !== undefined) await announceInJournal(this.#path, hash)
    await this.#inner.write(state)
    if (this.#recovery === undefined) return
    await removeJournal(this.#path)
    this.#recovery = undefined
  }

  /** A forced snapshot takes the place of everything, the results of an interrupted run among it. */
  async push(file: StateFile, options: PushOptions = {}): Promise<void> {
    await this.#inner.push(file, options)
    if (options.force) await removeJournal(this.#path)
    this.#recovery = undefined
  }

  lock(info: LockInfo): Promise<string> {
    return this.#inner.lock(info)
  }

  unlock(id: string): Promise<void> {
    return this.#inner.unlock(id)
  }

  #checkBelongs(journal: Journal, file: StateFile | undefined): void {
    if (journal.contents.has(file === undefined ? '' : stateContentHash(file.state))) return
    const instances = [...new Set(journal.deltas.flatMap((d) => [...d.gone, ...instancesIn(d.state)]))].sort()
    const shown = instances.slice(0, 20).map((address) => `\n  - ${address}`)
    const more = instances.length > 20 ? `\n  - and ${instances.length - 20} more` : ''
    throw stateError(
      'State changed after an interrupted run',
      `A run of process ${journal.process} on ${journal.host} did not end. What it did is recorded in ${this.#path}, but ${this.describe()} is not what that run has left: another program has written to it since, or an older copy was put in its place.\n\nThe journal holds results for:${shown.join('')}${more}\n\nNothing has been changed. If an older copy of the state is in place, bring back the last one. If the state is right as it is, look for these objects, because one of them may exist without being in the state; then move the journal away:\n    mv ${this.#path} ${this.#path}.old`,
    )
  }
}

function instancesIn(state: State): readonly string[] {
  const builder = new StateBuilder()
  return replayDelta(builder, { state, gone: [], hasResults: false })
}

function leftOver(path: string) {
  return stateError(
    'A run was interrupted, or is at work',
    `There is a journal ${path}. Either another run is at work on this state, or one has ended without writing down all it did. Nothing has been changed. Any command that locks the state brings it up to date, for example:\n    landform plan`,
  )
}
