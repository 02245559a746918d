import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { compareStrings } from '../base/index.ts'
import type { Seal } from '../encryption/index.ts'
import { type LockInfo, lockInfoToJson, parseLockInfo } from './lock-info.ts'
import { type Expected, type RemoteClient, RemoteStateManager, type StoredBody } from './remote.ts'
import { isDeadHolder, ownProcess, staleAdvice } from './stale-lock.ts'
import { StateLockedError, stateError } from './state-manager.ts'

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

/** A table with the partition key `LockID`, as DynamoDB has it: items are maps of strings. Reads are strongly consistent. */
export interface LockTable {
  readonly name: string
  get(lockId: string): Promise<Readonly<Record<string, string>> | undefined>
  /** False when `onlyIfAbsent` and there is such an item already. */
  put(item: Readonly<Record<string, string>> & { readonly LockID: string }, onlyIfAbsent: boolean): Promise<boolean>
  delete(lockId: string): Promise<void>
}

export interface S3StateOptions {
  readonly store: ObjectStore
  readonly bucket: string
  /** The whole key of this workspace's state, see `s3StateKey`. */
  readonly key: string
  /** Lock by an object `KEY.tflock` that is created only if absent. */
  readonly useLockfile: boolean
  /** Lock by an item in this table too, and keep the digest of the state there. */
  readonly table?: LockTable | undefined
  readonly terraformVersion: string
  /** How long to read again while the state is not what the digest says; 10 s when not given. */
  readonly digestPatienceMs?: number | undefined
  /** How the state is encrypted. */
  readonly seal?: Seal | undefined
}

const contentType = 'application/json'

/**
 * A state in an S3 bucket, laid out and locked as Terraform's s3 backend does: an object `KEY.tflock` with `use_lockfile`, an item and a
 * digest in a table with `dynamodb_table`, or both; reference/backends.md section 3.
 *
 * Unlike there, a snapshot is put on condition that the object is still the one that was read. A lock whose process has ended on this very
 * machine is taken over, again by a conditional request.
 */
export class S3StateManager extends RemoteStateManager {
  constructor(options: S3StateOptions) {
    super(new S3Client(options), options.terraformVersion, options.seal)
  }
}

class S3Client implements RemoteClient {
  readonly name: string
  takenOver: LockInfo | undefined
  readonly #o: S3StateOptions
  /** `BUCKET/KEY`: how locks and digests name the state. */
  readonly #path: string

  constructor(options: S3StateOptions) {
    this.#o = options
    this.#path = `${options.bucket}/${options.key}`
    this.name = `s3://${this.#path}`
  }

  async get(): Promise<StoredBody | undefined> {
    const { store, key, table, digestPatienceMs = 10_000 } = this.#o
    const deadline = performance.now() + digestPatienceMs
    for (;;) {
      const object = await store.get(key)
      const wanted = table === undefined ? undefined : await digestOf(table, this.#path)
      const found = object === undefined ? '' : md5(object.body)
      if (wanted === undefined || wanted === found) return object && { body: object.body, version: object.etag }
      if (performance.now() + 2000 > deadline) throw this.#digestError(wanted, found)
      await sleep(2000)
    }
  }

  async put(body: Uint8Array, expected: Expected | undefined) {
    const { store, key, table } = this.#o
    const condition: PutCondition | undefined = expected?.kind === 'version' ? { kind: 'matches', etag: expected.version } : expected
    const put = await store.put(key, body, { contentType, condition })
    if (!put.stored) return put
    if (table !== undefined) {
      await table.put({ LockID: `${this.#path}-md5`, Digest: md5(body) }, false).catch((error: unknown) => {
        throw stateError(
          'Failed to write the digest of the state',
          `The state has been written to ${this.name}, but not its digest to the table ${table.name}: ${(error as Error).message}. Until the digest is right nobody can read the state. Set the attribute "Digest" of the item "${this.#path}-md5" to:\n    ${md5(body)}`,
        )
      })
    }
    return { stored: true as const, version: put.etag }
  }

  async lock(info: LockInfo): Promise<string> {
    const { useLockfile, table } = this.#o
    const own: LockInfo = { ...info, path: this.#path, info: info.info || ownProcess() }
    if (useLockfile) await this.#lockFile(own)
    if (table === undefined) return own.id
    try {
      await this.#lockItem(own, table)
    } catch (error) {
      if (useLockfile) await this.#unlockFile(own.id).catch(() => undefined)
      throw error
    }
    return own.id
  }

  async #lockFile(own: LockInfo): Promise<void> {
    const { store } = this.#o
    const body = Buffer.from(lockInfoToJson(own))
    const put = await store.put(this.#lockKey, body, { contentType, condition: { kind: 'absent' } })
    if (put.stored) return
    const found = await store.get(this.#lockKey).catch(() => undefined)
    const holder = found === undefined ? undefined : parseLockInfo(Buffer.from(found.body).toString('utf8'))
    // An answer to an earlier attempt of this very request can have been lost on the way.
    if (holder?.id === own.id) return
    if (holder !== undefined && found?.etag !== undefined && isDeadHolder(holder)) {
      const taken = await store.put(this.#lockKey, body, { contentType, condition: { kind: 'matches', etag: found.etag } })
      if (taken.stored) {
        this.takenOver = holder
        return
      }
    }
    throw new StateLockedError('operation error S3: PutObject, the lock object exists already', holder, holder && staleAdvice(holder))
  }

  async #lockItem(own: LockInfo, table: LockTable): Promise<void> {
    if (await table.put({ LockID: this.#path, Info: lockInfoToJson(own) }, true)) return
    const found = await table.get(this.#path).catch(() => undefined)
    const holder = found?.Info === undefined ? undefined : parseLockInfo(found.Info)
    if (holder?.id === own.id) return
    throw new StateLockedError(
      'operation error DynamoDB: PutItem, ConditionalCheckFailedException: The conditional request failed',
      holder,
      holder && staleAdvice(holder),
    )
  }

  async unlock(id: string): Promise<void> {
    const { useLockfile, table } = this.#o
    const problems: unknown[] = []
    const attempt = (work: () => Promise<void>): Promise<void> => work().catch((error: unknown) => void problems.push(error))
    if (useLockfile) await attempt(() => this.#unlockFile(id))
    if (table !== undefined) await attempt(() => this.#unlockItem(id, table))
    if (problems.length > 0) throw problems[0]
  }

  async #unlockFile(id: string): Promise<void> {
    const { store } = this.#o
    const found = await store.get(this.#lockKey)
    this.#checkHolder(id, found === undefined ? undefined : Buffer.from(found.body).toString('utf8'))
    await store.delete(this.#lockKey)
  }

  async #unlockItem(id: string, table: LockTable): Promise<void> {
    this.#checkHolder(id, (await table.get(this.#path))?.Info)
    await table.delete(this.#path)
  }

  #checkHolder(id: string, text: string | undefined): void {
    const holder = text === undefined ? undefined : parseLockInfo(text)
    if (holder?.id === id) return
    const who = text === undefined ? 'nobody does' : `${holder?.who ?? 'somebody'} does, with the id ${JSON.stringify(holder?.id ?? '')}`
    throw stateError('Error releasing the state lock', `The lock ${JSON.stringify(id)} of ${this.name} is not held: ${who}.`)
  }

  get #lockKey(): string {
    return `${this.#o.key}.tflock`
  }

  #digestError(wanted: string, found: string) {
    return stateError(
      'Error loading state',
      `state data in S3 does not have the expected content.\n\nThe checksum calculated for the state stored in S3 does not match the checksum stored in DynamoDB.\n\nBucket: ${this.#o.bucket}\nKey:    ${this.#o.key}\nCalculated checksum: ${found}\nStored checksum:     ${wanted}\n\nEither the write of the checksum failed after the state was written, or an old version of the object was put in place. Look at both, then set the attribute "Digest" of the item "${this.#path}-md5" in the table "${this.#o.table?.name}" to the checksum of the state that is right.`,
    )
  }
}

async function digestOf(table: LockTable, path: string): Promise<string | undefined> {
  const digest = (await table.get(`${path}-md5`))?.Digest
  return digest !== undefined && /^[0-9a-f]{32}$/.test(digest) ? digest : undefined
}

function md5(body: Uint8Array): string {
  return createHash('md5').update(body).digest('hex')
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

/** Removes a workspace's state with its digest. */
export async function deleteS3State(options: Pick<S3StateOptions, 'store' | 'bucket' | 'key' | 'table'>): Promise<void> {
  await options.store.delete(options.key)
  await options.table?.delete(`${options.bucket}/${options.key}-md5`)
}
