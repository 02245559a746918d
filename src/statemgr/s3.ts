import { compareStrings } from '../base/index.ts'
import { DiagnosticError } from '../diags/index.ts'
import { readStateFile, type State, type StateFile, stateContentEquals, writeStateFile } from '../states/index.ts'
import { nextSnapshot } from './_snapshots.ts'
import { type LockInfo, lockInfoToJson, parseLockInfo } from './lock-info.ts'
import { checkPush } from './push.ts'
import { type PushOptions, StateLockedError, type StateManager, stateError } from './state-manager.ts'

/** What a state needs of a store of objects. Methods reject with an Error for whatever the service refuses. */
export interface ObjectStore {
  /** Undefined when there is no such object. */
  get(key: string): Promise<{ readonly body: Uint8Array; readonly etag: string | undefined } | undefined>
  /** `stored: false` when the condition did not hold (412, or 409 for two writers at once). */
  put(
    key: string,
    body: Uint8Array,
    options: { readonly contentType: string; readonly condition?: PutCondition | undefined },
  ): Promise<{ readonly stored: true; readonly etag: string | undefined } | { readonly stored: false }>
  delete(key: string): Promise<void>
  /** All keys with this prefix. */
  list(prefix: string): Promise<readonly string[]>
}

/** `absent`: If-None-Match `*`. An etag: If-Match. */
export type PutCondition = { readonly kind: 'absent' } | { readonly kind: 'matches'; readonly etag: string }

export interface S3StateOptions {
  readonly store: ObjectStore
  readonly bucket: string
  /** The whole key of this workspace's state, see `s3StateKey`. */
  readonly key: string
  /** Lock by an object `KEY.tflock` that is created only if absent. */
  readonly useLockfile: boolean
  readonly terraformVersion: string
}

const contentType = 'application/json'

/**
 * A state in an S3 bucket, laid out and locked as Terraform's s3 backend does with `use_lockfile`; reference/backends.md section 3.
 *
 * Unlike there, a snapshot is put on condition that the object is still the one that was read: a writer whose lock was released by
 * force, or who had none, fails instead of overwriting.
 */
export class S3StateManager implements StateManager {
  readonly #store: ObjectStore
  readonly #bucket: string
  readonly #key: string
  readonly #useLockfile: boolean
  readonly #terraformVersion: string
  #current: StateFile | undefined
  #etag: string | undefined
  #hasRead = false
  #exists = false

  constructor(options: S3StateOptions) {
    this.#store = options.store
    this.#bucket = options.bucket
    this.#key = options.key
    this.#useLockfile = options.useLockfile
    this.#terraformVersion = options.terraformVersion
  }

  describe(): string {
    return `s3://${this.#bucket}/${this.#key}`
  }

  current(): StateFile | undefined {
    return this.#current
  }

  async read(): Promise<StateFile | undefined> {
    const object = await this.#call('Failed to load state', () => this.#store.get(this.#key))
    const { value, diags } = readStateFile(object?.body ?? new Uint8Array())
    if (value === undefined && diags.length > 0) {
      throw new DiagnosticError(...diags.map((d) => ({ ...d, detail: `${d.detail}\n\nThe object is ${this.describe()}.` })))
    }
    this.#remember(value, object?.etag, object !== undefined)
    return value
  }

  async write(state: State): Promise<void> {
    if (!this.#hasRead) await this.read()
    const { file, changed } = nextSnapshot(this.#current, state, this.#terraformVersion)
    if (changed) await this.#put(file)
  }

  async push(file: StateFile, options: PushOptions = {}): Promise<void> {
    if (options.force) {
      const object = await this.#call('Failed to load state', () => this.#store.get(this.#key))
      this.#remember(readStateFile(object?.body ?? new Uint8Array()).value, object?.etag, object !== undefined)
    } else checkPush(await this.read(), file)
    const existing = this.#current
    if (existing === undefined) return this.#put(nextSnapshot(undefined, file.state, this.#terraformVersion).file)
    const isSame = existing.lineage === file.lineage && existing.serial === file.serial && stateContentEquals(existing.state, file.state)
    if (!isSame) await this.#put({ ...file, serial: file.serial + 1, terraformVersion: this.#terraformVersion })
  }

  async lock(info: LockInfo): Promise<string> {
    if (!this.#useLockfile) return info.id
    const own: LockInfo = { ...info, path: `${this.#bucket}/${this.#key}` }
    const body = Buffer.from(lockInfoToJson(own))
    const key = this.#lockKey
    const put = await this.#call('Error acquiring the state lock', () =>
      this.#store.put(key, body, { contentType, condition: { kind: 'absent' } }),
    )
    if (put.stored) return own.id
    const found = await this.#store.get(key).catch(() => undefined)
    const holder = found === undefined ? undefined : parseLockInfo(Buffer.from(found.body).toString('utf8'))
    // An answer to an earlier attempt of this very request can have been lost on the way.
    if (holder?.id === own.id) return own.id
    const advice =
      holder === undefined
        ? ''
        : `The lock has no expiry: a program that was killed leaves it behind. If you are sure that ${holder.who} is no longer working on this state, release it:\n    landform force-unlock ${holder.id}\n\n`
    throw new StateLockedError('operation error S3: PutObject, the lock object exists already', holder, advice)
  }

  async unlock(id: string): Promise<void> {
    if (!this.#useLockfile) return
    const summary = 'Error releasing the state lock'
    const found = await this.#call(summary, () => this.#store.get(this.#lockKey))
    const holder = found === undefined ? undefined : parseLockInfo(Buffer.from(found.body).toString('utf8'))
    if (holder?.id !== id) {
      const who = found === undefined ? 'nobody does' : `${holder?.who ?? 'somebody'} does, with the id ${JSON.stringify(holder?.id ?? '')}`
      throw stateError(summary, `The lock ${JSON.stringify(id)} of ${this.describe()} is not held: ${who}.`)
    }
    await this.#call(summary, () => this.#store.delete(this.#lockKey))
  }

  get #lockKey(): string {
    return `${this.#key}.tflock`
  }

  #remember(file: StateFile | undefined, etag: string | undefined, exists: boolean): void {
    this.#current = file
    this.#etag = etag
    this.#exists = exists
    this.#hasRead = true
  }

  async #put(file: StateFile): Promise<void> {
    const body = Buffer.from(writeStateFile(file))
    let condition: PutCondition | undefined
    if (!this.#exists) condition = { kind: 'absent' }
    else if (this.#etag !== undefined) condition = { kind: 'matches', etag: this.#etag }
    const put = await this.#store.put(this.#key, body, { contentType, condition }).catch((error: unknown) => error as Error)
    if (!(put instanceof Error) && put.stored) return this.#remember(file, put.etag, true)
    // The object may be there although the answer was lost, and a repeated request then fails its own condition.
    const there = await this.#store.get(this.#key).catch(() => undefined)
    if (there !== undefined && body.equals(there.body)) return this.#remember(file, there.etag, true)
    if (put instanceof Error) throw stateError('Failed to write state', `Writing ${this.describe()} failed: ${put.message}`)
    throw stateError(
      'State changed by another program',
      `${this.describe()} is not what Landform has read or written last, so it was not overwritten. Somebody has written to it without the lock, or after the lock was released by force.`,
    )
  }

  async #call<T>(summary: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw stateError(summary, `${this.describe()}: ${(error as Error).message}`)
    }
  }
}

/** The key of a workspace's state. `prefix` is the backend's `workspace_key_prefix`. */
export function s3StateKey(workspace: string, key: string, prefix = 'env:'): string {
  if (workspace === 'default') return key
  return prefix === '' ? `${workspace}/${key}` : `${prefix}/${workspace}/${key}`
}

/** `default` and all workspaces that have a state, ascending. */
export async function s3Workspaces(store: ObjectStore, key: string, prefix = 'env:'): Promise<readonly string[]> {
  const start = prefix === '' ? '' : `${prefix}/`
  const names: string[] = []
  for (const found of await store.list(start)) {
    if (!found.startsWith(start) || !found.endsWith(`/${key}`)) continue
    const name = found.slice(start.length, found.length - key.length - 1)
    if (name !== '' && name !== 'default' && !name.includes('/')) names.push(name)
  }
  return ['default', ...names.sort(compareStrings)]
}
