import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { StateLockedError } from '../../src/statemgr/index.ts'
import { pgBackend } from '../../src/workdir/pg-backend.ts'
import { readPgConnection } from '../../src/workdir/pg-connection.ts'
import { contract, failure, info, one, two } from './_contract.ts'
import { type Postgres, postgresPrograms, startPostgres } from './_postgres.ts'

describe('connection strings', () => {
  const rows: [text: string, environment: Record<string, string>, found: object | string][] = [
    ['', {}, { host: 'localhost', port: 5432, user: undefined, database: undefined, sslMode: 'require' }],
    ['postgres://u:p@h:6543/d?sslmode=disable', {}, { host: 'h', port: 6543, user: 'u', password: 'p', database: 'd', sslMode: 'disable' }],
    ['postgresql://h', {}, { host: 'h', port: 5432, user: undefined, database: undefined }],
    ['postgres://u@/d', { PGHOST: '/var/run/postgresql' }, { host: '/var/run/postgresql', user: 'u', database: 'd' }],
    ['postgres:///d?host=/tmp', {}, { host: '/tmp', database: 'd' }],
    ['postgres://u%40x:p%2Fw@h/d%20e', {}, { user: 'u@x', password: 'p/w', database: 'd e' }],
    ['postgres://[::1]:5433/d', {}, { host: '::1', port: 5433 }],
    ['host=h port=1 user=u password=p dbname=d', {}, { host: 'h', port: 1, user: 'u', password: 'p', database: 'd' }],
    ["host = h  password = 'a b\\'c'", {}, { host: 'h', password: "a b'c" }],
    ["user='' host=h", { PGUSER: 'e' }, { user: 'e' }],
    [
      '',
      { PGHOST: 'e', PGPORT: '7', PGUSER: 'eu', PGPASSWORD: 'ep', PGDATABASE: 'ed', PGSSLMODE: 'prefer' },
      { host: 'e', port: 7, user: 'eu', password: 'ep', database: 'ed', sslMode: 'prefer' },
    ],
    ['host=h', { PGHOST: 'e' }, { host: 'h' }],
    ['host=h connect_timeout=3 application_name=x', {}, { connectTimeoutMs: 3000, applicationName: 'x', options: undefined }],
    ['host=h search_path=a statement_timeout=5', {}, { options: '-c search_path=a -c statement_timeout=5' }],
    ['host=h sslmode=maybe', {}, '"sslmode" must be one of disable, allow, prefer, require, verify-ca, verify-full'],
    ['host=h port=x', {}, '"port" must be a number between 1 and 65535'],
    ['just words', {}, 'it is neither a URL'],
    ["host='open", {}, 'it is neither a URL'],
    ['postgres://h:port/d', {}, 'it is no URL'],
    ['postgres://u%zz@h/d', {}, 'percent sign'],
  ]
  test.each(rows)('%j with %j', (text, environment, found) => {
    if (typeof found === 'string') expect(() => readPgConnection(text, environment)).toThrow(found)
    else expect(readPgConnection(text, environment)).toMatchObject(found)
  })

  test('a wrong one is told without what it says', () => {
    const problems: string[] = []
    pgBackend.check({ conn_str: 'postgres://u:s3cret@h:port/d' }, {}, (_, detail) => problems.push(detail))
    expect(problems).toEqual(['The argument "conn_str" of the pg backend cannot be used: it is no URL.'])
  })
})

describe.skipIf(postgresPrograms === undefined)('states in PostgreSQL (skipped without its programs)', () => {
  let server: Postgres
  beforeAll(async () => {
    server = await startPostgres()
  }, 60_000)
  afterAll(() => server?.stop())

  let count = 0
  const place = () => {
    const schema_name = `s${count++} "quoted"`
    return () => pgBackend.open({ conn_str: server.connString, schema_name }, {}).stateManager('default')
  }

  describe('contract', () => contract(place, { shared: true, locksAreRecorded: false }))

  test('workspaces are rows', async () => {
    const store = pgBackend.open({ conn_str: server.connString, schema_name: 'w' }, {})
    expect(await store.workspaces()).toEqual(['default'])
    for (const name of ['b', 'default', 'a']) await store.stateManager(name).write(one)
    expect(await store.workspaces()).toEqual(['default', 'a', 'b'])
    await store.deleteWorkspace('a')
    expect(await store.workspaces()).toEqual(['default', 'b'])
    expect((await store.stateManager('b').read())?.serial).toBe(1)
  })

  test('while a workspace is locked others can be, once they have a row', async () => {
    const store = pgBackend.open({ conn_str: server.connString, schema_name: 'l' }, {})
    const [a, b, c] = ['a', 'b', 'c'].map((name) => store.stateManager(name))
    await a!.write(one)
    await b!.write(one)
    const [idA, idB] = [await a!.lock(info()), await b!.lock(info())]
    // The first write of `c` is guarded by a lock of the whole database, which nobody holds now.
    const idC = await c!.lock(info())
    await expect(store.stateManager('d').lock(info())).rejects.toThrow(StateLockedError)
    await c!.write(two)
    for (const [manager, id] of [
      [a, idA],
      [b, idB],
      [c, idC],
    ] as const)
      await manager!.unlock(id)
    const d = store.stateManager('d')
    await d.unlock(await d.lock(info()))
  })

  test('a lock that is gone with its connection does not lose the state', async () => {
    const open = place()
    const manager = open()
    await manager.write(one)
    const id = await manager.lock(info())
    const { Client } = (await import('pg')).default
    const client = new Client({ connectionString: server.connString })
    await client.connect()
    await client.query("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    await client.end()
    await manager.write(two)
    expect((await open().read())?.serial).toBe(2)
    await manager.unlock(id)
    const next = open()
    await next.unlock(await next.lock(info()))
  })

  test('what is there needs no rights to create it', async () => {
    const { Client } = (await import('pg')).default
    const owner = new Client({ connectionString: server.connString })
    await owner.connect()
    await pgBackend.open({ conn_str: server.connString, schema_name: 'r' }, {}).stateManager('default').write(one)
    await owner.query(
      'CREATE ROLE guest LOGIN; GRANT USAGE ON SCHEMA r TO guest; GRANT SELECT, UPDATE, INSERT ON r.states TO guest; REVOKE CREATE ON SCHEMA public FROM PUBLIC',
    )
    await owner.end()
    const guest = pgBackend
      .open({ conn_str: server.connString.replace('landform@', 'guest@'), schema_name: 'r' }, {})
      .stateManager('default')
    await guest.write(two)
    expect((await guest.read())?.serial).toBe(2)
  })

  test('a server that speaks no TLS, and one that is not there', async () => {
    const tls = pgBackend.open({ conn_str: server.connString.replace('disable', 'require') }, {})
    expect(await failure(tls.stateManager('default').read())).toContain('The server does not support SSL connections')
    const prefer = pgBackend.open({ conn_str: server.connString.replace('disable', 'prefer') }, {})
    expect(await prefer.stateManager('nothing').read()).toBeUndefined()
    const nowhere = pgBackend.open({ conn_str: 'postgres://127.0.0.1:1/x?sslmode=disable' }, {})
    expect(await failure(nowhere.stateManager('default').read())).toContain('ECONNREFUSED 127.0.0.1:1')
  })

  test('tables of other names, as OpenTofu has them', async () => {
    const config = { conn_str: server.connString, schema_name: 'o', table_name: 'mine', index_name: 'mine_by_name' }
    await pgBackend.open(config, {}).stateManager('default').write(one)
    expect(
      await pgBackend
        .open({ ...config, table_name: null }, {})
        .stateManager('default')
        .read(),
    ).toBeUndefined()
    expect(
      (
        await pgBackend
          .open({}, { PG_CONN_STR: server.connString, PG_SCHEMA_NAME: 'o', PG_TABLE_NAME: 'mine' })
          .stateManager('default')
          .read()
      )?.serial,
    ).toBe(1)
  })

  test('nothing is created that is not wanted', async () => {
    const config = {
      conn_str: server.connString,
      schema_name: 'never',
      skip_schema_creation: true,
      skip_table_creation: true,
      skip_index_creation: true,
    }
    expect(await failure(pgBackend.open(config, {}).stateManager('default').read())).toContain('relation "never.states" does not exist')
  })
})
