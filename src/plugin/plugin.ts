import type { Provider } from '../providers/index.ts'
import type { Environment } from './environment.ts'
import { logSinkFor } from './log.ts'
import { ConnectionPool, readLimits } from './pool.ts'
import { type LaunchOptions, launchProcess, type PluginConnection } from './process.ts'
import { PluginProvider } from './provider.ts'
import { type PluginSchema, readPluginSchema, type SchemaAnswers } from './schema.ts'
import type { SchemaCache } from './schema-cache.ts'
import { type Address, connectGrpc, type ProtocolMajor } from './wire/index.ts'

export interface PluginOptions {
  readonly executable: string
  readonly args?: readonly string[] | undefined
  /** What the plugin gets; see `pluginEnvironment`. */
  readonly environment: Readonly<Record<string, string>>
  /** Of our process: TF_DISABLE_PLUGIN_TLS, TF_LOG and its relatives, LANDFORM_PLUGIN_TIMEOUT. */
  readonly settings: Environment
  /** Where the answers about the schema are kept; none when not given. */
  readonly schemaCache?: SchemaCache | undefined
  readonly startTimeoutMs?: number | undefined
}

/** A plugin that somebody else started, as in TF_REATTACH_PROVIDERS. */
export interface ReattachOptions {
  readonly address: Address
  readonly protocol: ProtocolMajor
  readonly settings: Environment
}

/** A provider program. Its processes are started when they are needed, and kept a while for whoever needs one next. */
export interface Plugin {
  schema(): PluginSchema
  /** For one configuration; fresh, or as good as fresh. */
  provider(): Provider
  /** Ends all processes. */
  close(): Promise<void>
}

/** @throws LaunchError, GrpcError or WireError when not even its schema can be had. */
export async function launchPlugin(options: PluginOptions): Promise<Plugin> {
  const { settings, schemaCache } = options
  const launch: LaunchOptions = {
    executable: options.executable,
    args: options.args,
    environment: options.environment,
    disableTls: Boolean(settings.TF_DISABLE_PLUGIN_TLS),
    log: logSinkFor(settings),
    startTimeoutMs: options.startTimeoutMs,
  }
  const pool = new ConnectionPool(() => launchProcess(launch), true, readLimits(settings))
  const cached = schemaCache?.read()
  if (cached !== undefined) {
    const schema = tryReadSchema(cached)
    if (schema !== undefined) return new OwnPlugin(pool, schema)
  }
  const answers = await pool.askSchema()
  const schema = readPluginSchema(answers)
  schemaCache?.write(answers)
  return new OwnPlugin(pool, schema)
}

/** @throws GrpcError or WireError */
export async function reattachPlugin({ address, protocol, settings }: ReattachOptions): Promise<Plugin> {
  const connect = async (): Promise<PluginConnection> => {
    const channel = await connectGrpc(address, undefined)
    return {
      protocol,
      channel,
      get isAlive() {
        return channel.isOpen
      },
      ending: async () => 'The plugin, which is not started by Landform, closed the connection.',
      setRef: (isNeeded) => channel.setRef(isNeeded),
      close: async () => channel.destroy(),
    }
  }
  const pool = new ConnectionPool(connect, false, readLimits(settings))
  return new OwnPlugin(pool, readPluginSchema(await pool.askSchema()))
}

function tryReadSchema(answers: SchemaAnswers): PluginSchema | undefined {
  try {
    return readPluginSchema(answers)
  } catch {
    return undefined
  }
}

class OwnPlugin implements Plugin {
  readonly #pool: ConnectionPool
  readonly #schema: PluginSchema

  constructor(pool: ConnectionPool, schema: PluginSchema) {
    this.#pool = pool
    this.#schema = schema
  }

  schema(): PluginSchema {
    return this.#schema
  }

  provider(): Provider {
    return new PluginProvider(this.#pool, this.#schema)
  }

  close(): Promise<void> {
    return this.#pool.close()
  }
}
