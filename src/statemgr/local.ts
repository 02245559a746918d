import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { compareStrings } from '../base/index.ts'
import type { Seal } from '../encryption/index.ts'
import { type State, type StateFile, stateContentEquals, tryReadStateOutline } from '../states/index.ts'
import { snapshotBytes, snapshotFrom, trySnapshotFrom } from './_sealed.ts'
import { nextSnapshot } from './_snapshots.ts'
import { writeFileAtomically } from './atomic-file.ts'
import { type LockInfo, lockInfoToJson, parseLockInfo } from './lock-info.ts'
import { checkPush } from './push.ts'
import { isDeadHolder, ownProcess, staleAdvice } from './stale-lock.ts'
import { type PushOptions, StateLockedError, type StateManager, stateError } from './state-manager.ts'

export interface LocalStateOptions {
  /** Where the state is read from. */
  readonly path: string
  /** Where it is written to, if not `path`. */
  readonly outPath?: string
  /** Where the snapshot that `outPath` holds goes before the first change; undefined: beside `outPath`; false: nowhere. */
  readonly backupPath?: string | false
  /** Written into the file as the version of its writer. */
  readonly terraformVersion: string
  /** Take an empty file for "no state" even beside a backup: Terraform leaves one where it has moved a state away. */
  readonly acceptEmptied?: boolean | undefined
  /** How the file and its backup are encrypted. */
  readonly seal?: Seal | undefined
  /** From so many bytes on an outline is read piece by piece. Reading as a whole is quicker where there is room for it. */
  readonly outlineFrom?: number
}

/**
 * A state in a local file.
 *
 * Writing replaces the file atomically, see `writeFileAtomically`; Terraform truncates and rewrites it, and a crash between the
 * two leaves it empty. Reading therefore refuses an empty file when there is a backup that is not empty.
 *
 * What every command does, reading and locking, waits for the disk: Node's promises of files and the threads behind them would take
 * milliseconds to start.
 *
 * The lock is the file `.NAME.lock.info` beside the state, with Terraform's content, created exclusively; one whose process has ended on
 * this very machine is taken over. What it excludes: any
 * other Landform, and any Landform while Terraform is at work, because Terraform writes this file too. What it cannot exclude:
 * a Terraform that starts while Landform is at work. Terraform goes by an fcntl lock on the state file, which Node cannot take,
 * and overwrites the info file. So each write checks first that the info file is still the own one and that the state is still
 * what was read, and stops rather than overwrite.
 */
export class LocalStateManager implements StateManager {
  readonly #path: string
  readonly #outPath: string
  readonly #backupPath: string | undefined
  readonly #terraformVersion: string
  readonly #acceptEmptied: boolean
  readonly #seal: Seal | undefined
  readonly #outlineFrom: number
  #current: StateFile | undefined
  #takenOver: LockInfo | undefined
  /** What is in `outPath` as far as this manager knows; undefined before anything was read from or written there. */
  #known: Content | undefined
  #hasRead = false
  /** What goes to the backup before the first change. */
  #backup: Buffer | undefined
  #outdated = false
  #lock: LockInfo | undefined

  constructor(options: LocalStateOptions) {
    this.#path = options.path
    this.#outPath = options.outPath ?? options.path
    this.#backupPath = options.backupPath === false ? undefined : (options.backupPath ?? `${this.#outPath}.backup`)
    this.#terraformVersion = options.terraformVersion
    this.#acceptEmptied = options.acceptEmptied ?? false
    this.#seal = options.seal
    this.#outlineFrom = options.outlineFrom ?? 32 * 1024 * 1024
  }

  describe(): string {
    return this.#path
  }

  current(): StateFile | undefined {
    return this.#current
  }

  takenOver(): LockInfo | undefined {
    return this.#takenOver
  }

  async read(): Promise<StateFile | undefined> {
    const bytes = readBytes(this.#path)
    if (bytes.length === 0 && !this.#acceptEmptied) this.#refuseEmptied()
    const { file, outdated } = await snapshotFrom(bytes, this.#seal, `The file is ${this.#path}.`)
    const before = this.#outPath === this.#path ? bytes : readBytes(this.#outPath)
    this.#known = contentWhenAsked(before)
    if (!this.#hasRead) this.#backup = before
    this.#outdated = outdated
    this.#current = file
    this.#hasRead = true
    return file
  }

  async tryReadOutline(): Promise<StateFile | undefined> {
    if (this.#seal !== undefined) return undefined
    try {
      if (statSync(this.#path).size < this.#outlineFrom) return undefined
      return tryReadStateOutline(piecesOf(this.#path))
    } catch {
      return undefined
    }
  }

  async write(state: State): Promise<void> {
    if (!this.#hasRead) await this.read()
    const { file, changed } = nextSnapshot(this.#current, state, this.#terraformVersion)
    if (changed || this.#outdated) await this.#saveBackup()
    await this.#store(file)
  }

  async push(file: StateFile, options: PushOptions = {}): Promise<void> {
    // With force also over a file that cannot be read: replacing a damaged one is what force is for.
    let existing: StateFile | undefined
    if (options.force) {
      this.#backup = readBytes(this.#outPath)
      this.#known = contentOf(this.#backup)
      existing = await trySnapshotFrom(this.#backup, this.#seal, `The file is ${this.#outPath}.`)
    } else {
      existing = await this.read()
      checkPush(existing, file)
    }
    this.#hasRead = true
    const changes = existing !== undefined && !stateContentEquals(existing.state, file.state)
    if (existing === undefined || changes) await this.#saveBackup()
    const serial = file.serial + (changes && options.moves !== true ? 1 : 0)
    await this.#store({ ...file, serial, terraformVersion: this.#terraformVersion })
  }

  async lock(info: LockInfo): Promise<string> {
    if (this.#lock !== undefined) throw new StateLockedError('the state is already locked by this process', this.#lock)
    const own = { ...info, path: this.#path, info: info.info || ownProcess() }
    const path = lockInfoPath(this.#path)
    try {
      mkdirSync(dirname(path), { recursive: true })
      writeNewFile(path, lockInfoToJson(own))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
        throw stateError('Error acquiring the state lock', `The lock file ${path} cannot be created: ${(error as Error).message}`)
      await this.#takeOver(path, own)
    }
    this.#lock = own
    return own.id
  }

  /** Puts the own lock in the place of one whose process has ended. @throws StateLockedError for any other. */
  async #takeOver(path: string, own: LockInfo): Promise<void> {
    const holder = parseLockInfo(readText(path))
    if (holder === undefined || !isDeadHolder(holder)) throw lockedError(path, holder)
    // Of several that find the same stale lock only one may take its place.
    const claim = `${path}.claim`
    try {
      writeNewFile(claim, lockInfoToJson(own))
    } catch {
      throw lockedError(path, holder)
    }
    try {
      if (parseLockInfo(readText(path))?.id !== holder.id) throw lockedError(path, parseLockInfo(readText(path)))
      await writeFileAtomically(path, lockInfoToJson(own))
      this.#takenOver = holder
    } finally {
      rmSync(claim, { force: true })
    }
  }

  /** Also releases a lock of another process when given its id: `force-unlock`. */
  async unlock(id: string): Promise<void> {
    const path = lockInfoPath(this.#path)
    const text = readText(path)
    const holder = text === '' ? undefined : parseLockInfo(text)
    if (this.#lock?.id === id) this.#lock = undefined
    if (holder?.id !== id) {
      const found = text === '' ? 'is gone' : `holds the lock ${JSON.stringify(holder?.id ?? '')}`
      throw stateError(
        'Error releasing the state lock',
        `The lock ${JSON.stringify(id)} is not held: the file ${path} ${found}. Another program has written to it or removed it, so the state may have been changed meanwhile.`,
      )
    }
    unlinkSync(path)
  }

  #refuseEmptied(): void {
    const backup = `${this.#path}.backup`
    if (!existsSync(this.#path) || readText(backup).trim() === '') return
    throw stateError(
      'State file is empty',
      `The file ${this.#path} is empty, but there is a backup of an earlier state. A crash while Terraform was writing leaves such a file. To go on as if nothing existed would create everything a second time.\n\nRestore the backup, then look at the plan with care, because it can be older than the last change:\n    cp ${backup} ${this.#path}\n\nIf there really is nothing, remove both files.`,
    )
  }

  async #saveBackup(): Promise<void> {
    if (this.#backupPath === undefined || this.#backup === undefined) return
    if (this.#backup.length > 0) await this.#replace(this.#backupPath, await this.#sealedBackup(this.#backup))
    this.#backup = undefined
  }

  /** What was not encrypted as it is to be must not stay so beside what is. */
  async #sealedBackup(backup: Buffer): Promise<Buffer> {
    if (this.#seal === undefined || !this.#outdated) return backup
    const file = await trySnapshotFrom(backup, this.#seal, `The file is ${this.#outPath}.`)
    return file === undefined ? backup : await snapshotBytes(file, this.#seal)
  }

  async #store(file: StateFile): Promise<void> {
    await this.#checkUnchanged()
    const bytes = await snapshotBytes(file, this.#seal)
    await this.#replace(this.#outPath, bytes)
    this.#known = contentOf(bytes)
    this.#current = file
    this.#outdated = false
  }

  async #checkUnchanged(): Promise<void> {
    if (this.#lock !== undefined && parseLockInfo(readText(lockInfoPath(this.#path)))?.id !== this.#lock.id) {
      throw stateError(
        'State lock lost',
        `Another program has taken over the lock of ${this.#path} or removed it. Landform stops here, because writing now could destroy what that program has recorded.`,
      )
    }
    if (!sameContent(contentOf(readBytes(this.#outPath)), this.#known)) {
      throw stateError(
        'State changed by another program',
        `The file ${this.#outPath} is not what Landform has read or written last. It has not been overwritten. Find out what has changed it, and run the command again.`,
      )
    }
  }

  async #replace(path: string, content: Uint8Array): Promise<void> {
    try {
      await writeFileAtomically(path, content)
    } catch (error) {
      throw stateError(
        'Failed to write state',
        `Writing ${path} failed: ${(error as Error).message}. The previous content is still in place.`,
      )
    }
  }
}

/** Enough of some bytes to know them again. */
interface Content {
  readonly length: number
  readonly digest: string
}

function contentOf(bytes: Uint8Array): Content {
  return { length: bytes.length, digest: createHash('sha256').update(bytes).digest('base64') }
}

/** For what was read: most commands read only, and then nobody asks. Until then the bytes are kept, as they are for the backup. */
function contentWhenAsked(bytes: Uint8Array): Content {
  let content: Content | undefined
  return {
    length: bytes.length,
    get digest() {
      content ??= contentOf(bytes)
      return content.digest
    },
  }
}

function sameContent(a: Content, b: Content | undefined): boolean {
  return a.length === b?.length && a.digest === b.digest
}

/** The bytes of a file, or none when there is no such file. */
function readBytes(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw stateError('Failed to load state', `Reading ${path} failed: ${(error as Error).message}`)
  }
}

/** The bytes of a file, some megabytes at a time, each time in the same memory. */
function* piecesOf(path: string): Iterable<Uint8Array> {
  const memory = Buffer.allocUnsafe(4 * 1024 * 1024)
  const file = openSync(path, 'r')
  try {
    for (let length = readSync(file, memory); length > 0; length = readSync(file, memory)) yield memory.subarray(0, length)
  } finally {
    closeSync(file)
  }
}

function readText(path: string): string {
  return readBytes(path).toString('utf8')
}

/** `dir/.terraform.tfstate.lock.info`; the name's own leading dot is not doubled. */
export function lockInfoPath(statePath: string): string {
  return join(dirname(statePath), `.${basename(statePath).replace(/^\./, '')}.lock.info`)
}

function writeNewFile(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function lockedError(path: string, holder: LockInfo | undefined): StateLockedError {
  if (holder === undefined) {
    const advice = `The lock file does not say who holds the lock; a crash can leave one like this. If nobody is working on this state, remove it:\n    rm ${path}\n\n`
    return new StateLockedError(`the lock file ${path} exists`, undefined, advice)
  }
  return new StateLockedError('resource temporarily unavailable', holder, staleAdvice(holder))
}

/** Where a workspace's state lies: `path` for the default one, else a file in a folder of its own. */
export function localStatePath(workspace: string, path = 'terraform.tfstate', workspaceDir = 'terraform.tfstate.d'): string {
  return workspace === 'default' ? path : join(workspaceDir, workspace, 'terraform.tfstate')
}

/** `default` and the names of the folders, ascending. */
export function localWorkspaces(workspaceDir = 'terraform.tfstate.d'): readonly string[] {
  let names: string[] = []
  try {
    names = readdirSync(workspaceDir, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return ['default', ...names.filter((name) => name !== 'default').sort(compareStrings)]
}
