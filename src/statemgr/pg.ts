import { createHash } from 'node:crypto'
import type { Seal } from '../encryption/index.ts'
import type { LockInfo } from './lock-info.ts'
import { type Expected, type RemoteClient, RemoteStateManager, type StoredBody } from './remote.ts'
import { StateLockedError, stateError } from './state-manager.ts'

/** One session of a PostgreSQL database. Methods reject with an Error for whatever the server refuses. */
export interface SqlSession {
  query(text: string, values?: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]>
  /** False once the connection is lost. */
  readonly isAlive: boolean
  close(): Promise<void>
}

export interface PgStatesOptions {
  readonly connect: () => Promise<SqlSession>
  readonly schema: string
  readonly table: string
  readonly index: string
  readonly skipSchemaCreation: boolean
  readonly skipTableCreation: boolean
  readonly skipIndexCreation: boolean
  readonly terraformVersion: string
}

/**
 * The states of all workspaces in one table: a row for each, by the name of the workspace; reference/backends.md section 5. Locks are
 * advisory locks of a session, which end with it: nothing is left behind by a process that died.
 */
export class PgStates {
  readonly #o: PgStatesOptions
  readonly #table: string
  #prepared: Promise<void> | undefined

  constructor(options: PgStatesOptions) {
    this.#o = options
    this.#table = `${identifier(options.schema)}.${identifier(options.table)}`
  }

  stateManager(workspace: string, seal?: Seal): RemoteStateManager {
    return new RemoteStateManager(new PgClient(this, workspace), this.#o.terraformVersion, seal)
  }

  /** `default` first, the others ascending. */
  async workspaces(): Promise<readonly string[]> {
    const rows = await this.using((session) => session.query(`SELECT name FROM ${this.#table} WHERE name != 'default' ORDER BY name`))
    return ['default', ...rows.map((row) => String(row.name))]
  }

  async deleteWorkspace(workspace: string): Promise<void> {
    await this.using((session) => session.query(`DELETE FROM ${this.#table} WHERE name = $1`, [workspace]))
  }

  /** Runs something in a session of its own. */
  async using<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    const session = await this.open()
    try {
      return await work(session)
    } finally {
      await session.close()
    }
  }

  /** A session, after the table is there. */
  async open(): Promise<SqlSession> {
    const session = await this.#o.connect()
    try {
      await (this.#prepared ??= this.#prepare(session))
    } catch (error) {
      this.#prepared = undefined
      await session.close()
      throw error
    }
    return session
  }

  /** What exists is not created again, since that takes rights which people who only use it need not have. */
  async #prepare(session: SqlSession): Promise<void> {
    const { schema, table, index } = this.#o
    if (!this.#o.skipSchemaCreation) {
      const found = await session.query('SELECT 1 FROM information_schema.schemata WHERE schema_name = $1', [schema])
      if (found.length === 0) await session.query(`CREATE SCHEMA IF NOT EXISTS ${identifier(schema)}`)
    }
    const exists = async (name: string): Promise<boolean> =>
      (
        await session.query(
          'SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2',
          [schema, name],
        )
      ).length > 0
    if (!this.#o.skipTableCreation && !(await exists(table))) {
      // One sequence for all schemas of a database: locks are by number, and belong to the database.
      await session.query('CREATE SEQUENCE IF NOT EXISTS public.global_states_id_seq AS bigint')
      await session.query(
        `CREATE TABLE IF NOT EXISTS ${this.#table} (id bigint NOT NULL DEFAULT nextval('public.global_states_id_seq') PRIMARY KEY, name text UNIQUE, data text)`,
      )
    }
    if (!this.#o.skipIndexCreation && !(await exists(index)))
      await session.query(`CREATE UNIQUE INDEX IF NOT EXISTS ${identifier(index)} ON ${this.#table} (name)`)
  }

  get table(): string {
    return this.#table
  }

  /**
   * What stands for the creation of rows: Terraform has one number for all of a database, OpenTofu one for each table. Holding both
   * keeps either out.
   */
  get creationLocks(): readonly string[] {
    return ['-1', String(-fnv1a(`${this.#o.schema}\0${this.#o.table}`))]
  }
}

class PgClient implements RemoteClient {
  readonly name: string
  readonly #states: PgStates
  readonly #workspace: string
  #held: { readonly id: string; readonly session: SqlSession } | undefined

  constructor(states: PgStates, workspace: string) {
    this.#states = states
    this.#workspace = workspace
    this.name = `workspace "${workspace}" in the table ${states.table}`
  }

  get(): Promise<StoredBody | undefined> {
    return this.#using(async (session) => {
      const [row] = await session.query(`SELECT data FROM ${this.#states.table} WHERE name = $1`, [this.#workspace])
      if (typeof row?.data !== 'string') return undefined
      const body = Buffer.from(row.data)
      return { body, version: md5(body) }
    })
  }

  put(body: Uint8Array, expected: Expected | undefined) {
    const { table } = this.#states
    const text = Buffer.from(body).toString('utf8')
    const values = [this.#workspace, text]
    let statement: string
    if (expected === undefined) {
      statement = `INSERT INTO ${table} (name, data) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET data = $2 RETURNING id`
    } else if (expected.kind === 'absent') {
      statement = `INSERT INTO ${table} (name, data) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING id`
    } else {
      statement = `UPDATE ${table} SET data = $2 WHERE name = $1 AND md5(convert_to(data, 'UTF8')) = $3 RETURNING id`
      values.push(expected.version)
    }
    return this.#using(async (session) => {
      const rows = await session.query(statement, values)
      return rows.length === 0 ? { stored: false as const } : { stored: true as const, version: md5(body) }
    })
  }

  async lock(info: LockInfo): Promise<string> {
    const session = await this.#states.open()
    try {
      if (await this.#tryLock(session)) {
        this.#held = { id: info.id, session }
        return info.id
      }
    } catch (error) {
      await session.close()
      throw error
    }
    await session.close()
    // Whoever waits for a lock needs an id; nobody can say more than that there is one.
    throw new StateLockedError(
      `Workspace is already locked: ${this.#workspace}`,
      info,
      'PostgreSQL does not tell who holds the lock: the details above are those of this command. The lock ends with the connection that holds it. ',
    )
  }

  async #tryLock(session: SqlSession): Promise<boolean> {
    const { table, creationLocks } = this.#states
    const tried = async (id: string): Promise<boolean> =>
      (await session.query('SELECT pg_try_advisory_lock($1) AS got', [id]))[0]?.got === true
    // While a row is being created there is nothing else that could be locked.
    for (const id of creationLocks) if (!(await tried(id))) return false
    const [row] = await session.query(`SELECT id FROM ${table} WHERE name = $1`, [this.#workspace])
    if (row === undefined) return true
    const got = await tried(String(row.id))
    for (const id of creationLocks) await session.query('SELECT pg_advisory_unlock($1)', [id])
    return got
  }

  async unlock(id: string): Promise<void> {
    const held = this.#held
    if (held?.id !== id) {
      throw stateError(
        'Error releasing the state lock',
        `The lock of ${this.name} belongs to the database connection that took it, and cannot be released from another one. When its process is gone the server ends it by itself, at the latest when it finds the connection broken. To end it now, look for the connection in pg_locks (locktype "advisory") and end it with pg_terminate_backend.`,
      )
    }
    this.#held = undefined
    // Asked for, so that the next command finds it released; closing alone would do so a little later.
    if (held.session.isAlive) await held.session.query('SELECT pg_advisory_unlock_all()').catch(() => {})
    await held.session.close()
  }

  /** In the session of the lock as long as that lives: a snapshot that replaces only what was read may be written from another one too. */
  #using<T>(work: (session: SqlSession) => Promise<T>): Promise<T> {
    return this.#held?.session.isAlive ? work(this.#held.session) : this.#states.using(work)
  }
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function md5(body: Uint8Array): string {
  return createHash('md5').update(body).digest('hex')
}

/** The 32-bit hash of Fowler, Noll and Vo, variant 1a. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}
