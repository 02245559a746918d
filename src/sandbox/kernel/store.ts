import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { rowFromText, rowToText } from './_codec.ts'

/** Rows are never changed in place: `put` and `patch` replace them, so that a failed call can be undone. */
export interface Row {
  readonly id: string
}

/** The rows of one kind in one scope, in the order in which they were first put. */
export interface Table<R extends Row> {
  readonly size: number
  get(id: string): R | undefined
  values(): Iterable<R>
  put(row: R): R
  /** @throws Error when there is no such row: callers have looked it up */
  patch(id: string, changes: Partial<Omit<R, 'id'>>): R
  delete(id: string): void
}

/** What one account has of one service in one region. */
export interface Scope {
  table<R extends Row>(name: string): Table<R>
  /** The next number of the scope, from 1: what ids are derived from. */
  nextNumber(): number
}

interface Change {
  readonly scope: StoredScope
  readonly table: string
  readonly id: string
  readonly before: Row | undefined
}

const COUNTER = '_counter'
const COMPACT_AT_LEAST = 2000

/**
 * All state of a sandbox, divided into scopes. Calls happen one after the other: what a call put is kept by `commit` or
 * undone by `rollback`. With a folder, each scope is a file of one JSON line per change, which is replaced by a
 * shorter one (written beside it and renamed) when most of its lines are history.
 */
export class Store {
  readonly #dir: string | undefined
  readonly #scopes = new Map<string, StoredScope>()
  #changes: Change[] = []

  constructor(dir?: string) {
    this.#dir = dir
  }

  scope(account: string, region: string, service: string): Scope {
    const key = `${account}/${region}/${service}`
    let scope = this.#scopes.get(key)
    if (scope === undefined) {
      const file = this.#dir === undefined ? undefined : join(this.#dir, 'state', account, region, `${service}.jsonl`)
      scope = new StoredScope(file, this)
      this.#scopes.set(key, scope)
    }
    return scope
  }

  /** For the scopes of this store only. */
  recordChange(change: Change): void {
    this.#changes.push(change)
  }

  commit(): void {
    if (this.#changes.length === 0) return
    const touched = new Map<StoredScope, Map<string, { table: string; id: string }>>()
    for (const { scope, table, id } of this.#changes) {
      let rows = touched.get(scope)
      if (rows === undefined) touched.set(scope, (rows = new Map()))
      rows.set(`${table}\0${id}`, { table, id })
    }
    this.#changes = []
    for (const [scope, rows] of touched) scope.append([...rows.values()])
  }

  rollback(): void {
    for (const change of this.#changes.reverse()) change.scope.restore(change.table, change.id, change.before)
    this.#changes = []
  }
}

class StoredScope implements Scope {
  readonly #file: string | undefined
  readonly #store: Store
  readonly #tables = new Map<string, Map<string, Row>>()
  readonly #views = new Map<string, Table<Row>>()
  #lines = 0

  constructor(file: string | undefined, store: Store) {
    this.#file = file
    this.#store = store
    if (file !== undefined && existsSync(file)) this.#load(file)
  }

  table<R extends Row>(name: string): Table<R> {
    let view = this.#views.get(name)
    if (view === undefined) this.#views.set(name, (view = this.#view(name)))
    return view as unknown as Table<R>
  }

  #view<R extends Row>(name: string): Table<R> {
    const rows = this.#rows(name) as Map<string, R>
    const replace = (id: string, row: R | undefined) => {
      this.#store.recordChange({ scope: this, table: name, id, before: rows.get(id) })
      if (row === undefined) rows.delete(id)
      else rows.set(id, row)
    }
    return {
      get size() {
        return rows.size
      },
      get: (id) => rows.get(id),
      values: () => rows.values(),
      put: (row) => {
        replace(row.id, row)
        return row
      },
      patch: (id, changes) => {
        const row = rows.get(id)
        if (row === undefined) throw new Error(`The table ${name} has no row ${id}. This is a bug in Landform.`)
        const changed = { ...row, ...changes }
        replace(id, changed)
        return changed
      },
      delete: (id) => {
        if (rows.has(id)) replace(id, undefined)
      },
    }
  }

  nextNumber(): number {
    const counter = this.table<{ id: string; value: number }>(COUNTER)
    const value = (counter.get(COUNTER)?.value ?? 0) + 1
    counter.put({ id: COUNTER, value })
    return value
  }

  restore(table: string, id: string, row: Row | undefined): void {
    if (row === undefined) this.#rows(table).delete(id)
    else this.#rows(table).set(id, row)
  }

  append(rows: readonly { table: string; id: string }[]): void {
    if (this.#file === undefined) return
    mkdirSync(dirname(this.#file), { recursive: true })
    appendFileSync(this.#file, rows.map(({ table, id }) => line(table, id, this.#rows(table).get(id))).join(''), { mode: 0o600 })
    this.#lines += rows.length
    let live = 0
    for (const table of this.#tables.values()) live += table.size
    if (this.#lines > COMPACT_AT_LEAST && this.#lines > 4 * live) this.#compact(this.#file)
  }

  #compact(file: string): void {
    let text = ''
    this.#lines = 0
    for (const [table, rows] of this.#tables)
      for (const [id, row] of rows) {
        text += line(table, id, row)
        this.#lines++
      }
    writeFileSync(`${file}.new`, text, { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }

  #load(file: string): void {
    const text = readFileSync(file, 'utf8')
    // A process that died while appending leaves a last line without its end: that change was never answered.
    const complete = text.slice(0, text.lastIndexOf('\n') + 1)
    for (const entry of complete.split('\n')) {
      if (entry === '') continue
      const [table, id, row] = rowFromText(entry) as [string, string, Row | null]
      if (row === null) this.#rows(table).delete(id)
      else this.#rows(table).set(id, row)
      this.#lines++
    }
    if (complete.length < text.length) this.#compact(file)
  }

  #rows(table: string): Map<string, Row> {
    let rows = this.#tables.get(table)
    if (rows === undefined) this.#tables.set(table, (rows = new Map()))
    return rows
  }
}

function line(table: string, id: string, row: Row | undefined): string {
  return `${rowToText([table, id, row ?? null])}\n`
}

/** Bytes too large for rows: one file each, or memory. */
export class BlobStore {
  readonly #dir: string | undefined
  readonly #memory = new Map<string, Uint8Array>()

  constructor(dir?: string) {
    this.#dir = dir === undefined ? undefined : join(dir, 'blobs')
  }

  put(id: string, bytes: Uint8Array): void {
    if (this.#dir === undefined) {
      this.#memory.set(id, bytes)
      return
    }
    mkdirSync(this.#dir, { recursive: true })
    writeFileSync(join(this.#dir, `${id}.new`), bytes, { mode: 0o600 })
    renameSync(join(this.#dir, `${id}.new`), join(this.#dir, id))
  }

  get(id: string): Uint8Array {
    if (this.#dir !== undefined) return readFileSync(join(this.#dir, id))
    return this.#memory.get(id) ?? new Uint8Array()
  }

  delete(id: string): void {
    this.#memory.delete(id)
    if (this.#dir !== undefined) rmSync(join(this.#dir, id), { force: true })
  }
}
