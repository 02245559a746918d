import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { boolType, stringType, type Type } from '../cty/index.ts'
import { DiagnosticError } from '../diags/index.ts'
import type { AttributeSchema } from '../schema/index.ts'
import { PgStates, type SqlSession } from '../statemgr/index.ts'
import type { BackendConfig, BackendType } from './backend-types.ts'
import { type PgConnection, readPgConnection, tlsOptions } from './pg-connection.ts'
import type { Environment } from './settings.ts'
import { terraformVersion } from './versions.ts'

const optional = (type: Type): AttributeSchema => ({ type, optional: true })
const text = optional(stringType)
const flag = optional(boolType)

/** States in a table of a PostgreSQL database. The driver is a package that only those who need it install. */
export const pgBackend: BackendType = {
  schema: {
    attributes: {
      conn_str: text,
      index_name: text,
      schema_name: text,
      skip_index_creation: flag,
      skip_schema_creation: flag,
      skip_table_creation: flag,
      table_name: text,
    },
    blockTypes: {},
  },
  openTofuOnly: ['index_name', 'table_name'],
  required: {},
  hasWorkspaces: true,
  check(config, environment, problem) {
    try {
      connectionOf(config, environment)
    } catch (error) {
      problem('Invalid connection string', `The argument "conn_str" of the pg backend cannot be used: ${(error as Error).message}.`)
    }
    for (const name of ['skip_schema_creation', 'skip_table_creation', 'skip_index_creation'] as const) {
      const value = environment[variableOf(name)]
      if (value && parseFlag(value) === undefined)
        problem('Invalid environment variable', `The variable ${variableOf(name)} must be true or false.`)
    }
  },
  open(config, environment) {
    const states = new PgStates({
      connect: () => connect(connectionOf(config, environment)),
      schema: textOf(config, environment, 'schema_name') ?? 'terraform_remote_state',
      table: textOf(config, environment, 'table_name') ?? 'states',
      index: textOf(config, environment, 'index_name') ?? 'states_by_name',
      skipSchemaCreation: flagOf(config, environment, 'skip_schema_creation'),
      skipTableCreation: flagOf(config, environment, 'skip_table_creation'),
      skipIndexCreation: flagOf(config, environment, 'skip_index_creation'),
      terraformVersion,
    })
    return {
      stateManager: (workspace, seal) => states.stateManager(workspace, seal),
      workspaces: () => states.workspaces(),
      deleteWorkspace: (workspace) => states.deleteWorkspace(workspace),
    }
  },
}

function connectionOf(config: BackendConfig, environment: Environment): PgConnection {
  return readPgConnection(textOf(config, environment, 'conn_str') ?? '', environment)
}

function variableOf(name: string): string {
  return `PG_${name.toUpperCase()}`
}

function textOf(config: BackendConfig, environment: Environment, name: string): string | undefined {
  return (config[name] as string | null | undefined) || environment[variableOf(name)] || undefined
}

function flagOf(config: BackendConfig, environment: Environment, name: string): boolean {
  return (config[name] as boolean | null | undefined) ?? parseFlag(environment[variableOf(name)] ?? '') ?? false
}

function parseFlag(value: string): boolean | undefined {
  if (/^(1|t|true)$/i.test(value)) return true
  return /^(0|f|false)$/i.test(value) ? false : undefined
}

async function connect(connection: PgConnection): Promise<SqlSession> {
  const { sslMode } = connection
  if (sslMode === 'prefer') return connectOnce(connection).catch((error) => withoutTls(connection, error))
  if (sslMode === 'allow') return connectOnce({ ...connection, sslMode: 'disable' }).catch(() => connectOnce(connection))
  return connectOnce(connection)
}

function withoutTls(connection: PgConnection, error: unknown): Promise<SqlSession> {
  if (!/does not support SSL/.test((error as Error).message)) throw error
  return connectOnce({ ...connection, sslMode: 'disable' })
}

async function connectOnce(connection: PgConnection): Promise<SqlSession> {
  const { Client } = await driver()
  const { host, port, database, password, options, applicationName } = connection
  const user = connection.user ?? userInfo().username
  const client = new Client({
    host,
    port,
    user,
    database: database ?? user,
    password,
    options,
    application_name: applicationName,
    connectionTimeoutMillis: connection.connectTimeoutMs ?? 60_000,
    keepAlive: true,
    ssl: tlsOptions(connection, (path) => readFileSync(path, 'utf8')) ?? false,
  })
  let isAlive = true
  // Without a listener the loss of an idle connection would end the process.
  client.on('error', () => (isAlive = false))
  client.on('end', () => (isAlive = false))
  await client.connect()
  return {
    query: async (statement, values) => (await client.query(statement, values === undefined ? undefined : [...values])).rows,
    get isAlive() {
      return isAlive
    },
    close: () => client.end().catch(() => {}),
  }
}

async function driver(): Promise<Pick<typeof import('pg'), 'Client'>> {
  try {
    const loaded = await import('pg')
    return loaded.default ?? loaded
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new DiagnosticError({
      severity: 'error',
      summary: 'The driver of PostgreSQL is not installed',
      detail:
        'The pg backend needs the package "pg", which does not come with Landform. Install it beside Landform, in the folder of its package.json:\n    npm install pg@8.23.1',
    })
  }
}
