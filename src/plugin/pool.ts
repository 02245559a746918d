import type { Environment } from './environment.ts'
import type { PluginConnection } from './process.ts'
import type { SchemaAnswers } from './schema.ts'
import { encodeMessage, GrpcError, type ProcedureName, protocolOf } from './wire/index.ts'

/** Milliseconds a call may take; see `limitOf`. */
export interface Limits {
  readonly all: number | undefined
}

/** LANDFORM_PLUGIN_TIMEOUT: seconds, for all calls. */
export function readLimits(settings: Environment): Limits {
  const seconds = Number(settings.LANDFORM_PLUGIN_TIMEOUT)
  return { all: seconds > 0 ? seconds * 1000 : undefined }
}

const MINUTE_MS = 60_000

/**
 * How long a call may take. Providers keep time for what the service does themselves (`timeouts` blocks), so the limits for calls that
 * reach a service only catch what hangs for good.
 */
export function limitOf(name: ProcedureName, { all }: Limits): number {
  if (all !== undefined) return all
  switch (name) {
    case 'stop':
      return MINUTE_MS
    case 'applyResourceChange':
      return 24 * 60 * MINUTE_MS
    case 'readResource':
    case 'planResourceChange':
    case 'importResourceState':
    case 'readDataSource':
    case 'openEphemeralResource':
    case 'renewEphemeralResource':
    case 'closeEphemeralResource':
      return 120 * MINUTE_MS
    case 'configure':
      return 30 * MINUTE_MS
    default:
      return 10 * MINUTE_MS
  }
}

/** A connection with what it was configured with. */
export interface PooledConnection {
  readonly connection: PluginConnection
  /** Bytes of the configuration as text; undefined: not configured yet. */
  configuredWith: string | undefined
  /** It has changed something, and is not to be used by others afterwards. */
  isSpent: boolean
  /** The schema was asked for, which plugins may insist on before anything else. */
  isIntroduced: boolean
}

const IDLE_MS = 30_000

/** The processes of one plugin: those that nobody uses wait a while for the next who has use for them. */
export class ConnectionPool {
  readonly #connect: () => Promise<PluginConnection>
  /** Plugins that others started serve several configurations by one process, as their authors expect. */
  readonly isOwned: boolean
  readonly limits: Limits
  readonly #idle: PooledConnection[] = []
  readonly #all = new Set<PooledConnection>()
  #idleTimer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(connect: () => Promise<PluginConnection>, isOwned: boolean, limits: Limits) {
    this.#connect = connect
    this.isOwned = isOwned
    this.limits = limits
  }

  /** One that is configured like that, or not yet; for `undefined` any will do. @throws LaunchError, GrpcError */
  async acquire(configuration: string | undefined): Promise<PooledConnection> {
    const choices = this.#idle.filter((c) => c.connection.isAlive)
    const found =
      choices.find((c) => c.configuredWith === configuration) ??
      choices.find((c) => configuration === undefined || c.configuredWith === undefined)
    if (found === undefined) return this.start()
    this.#idle.splice(this.#idle.indexOf(found), 1)
    found.connection.setRef(true)
    return found
  }

  /** A new process. @throws LaunchError, GrpcError */
  async start(): Promise<PooledConnection> {
    if (this.#isClosed) throw new GrpcError('CANCELLED', 'the plugin was closed')
    const pooled: PooledConnection = {
      connection: await this.#connect(),
      configuredWith: undefined,
      isSpent: false,
      isIntroduced: false,
    }
    this.#all.add(pooled)
    watched.add(this)
    return pooled
  }

  async release(pooled: PooledConnection): Promise<void> {
    if (!this.#all.has(pooled)) return
    if (this.#isClosed || pooled.isSpent || !pooled.connection.isAlive || !this.isOwned) {
      await this.end(pooled)
      return
    }
    pooled.connection.setRef(false)
    this.#idle.push(pooled)
    clearTimeout(this.#idleTimer)
    this.#idleTimer = setTimeout(() => void this.#endIdle(), IDLE_MS)
    this.#idleTimer.unref()
  }

  async end(pooled: PooledConnection): Promise<void> {
    this.#all.delete(pooled)
    const at = this.#idle.indexOf(pooled)
    if (at >= 0) this.#idle.splice(at, 1)
    await pooled.connection.close()
  }

  async #endIdle(): Promise<void> {
    await Promise.all([...this.#idle].map((pooled) => this.end(pooled)))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#idleTimer)
    watched.delete(this)
    await Promise.all([...this.#all].map((pooled) => this.end(pooled)))
  }

  /** A process is started for it, and waits for who comes next. */
  async askSchema(): Promise<SchemaAnswers> {
    const pooled = await this.start()
    try {
      const answers = await introduce(pooled, this.limits)
      await this.release(pooled)
      return answers
    } catch (e) {
      const ending = e instanceof GrpcError && !pooled.connection.isAlive ? await pooled.connection.ending() : undefined
      await this.end(pooled)
      if (ending !== undefined) throw new GrpcError((e as GrpcError).code, `${(e as GrpcError).message}. ${ending}`, { cause: e })
      throw e
    }
  }
}

/** Asks for the schema; before everything else, as plugins may expect. */
export async function introduce(pooled: PooledConnection, limits: Limits): Promise<SchemaAnswers> {
  const { protocol, channel } = pooled.connection
  const { getProviderSchema, getResourceIdentitySchemas } = protocolOf(protocol).procedures
  const timeoutMs = limitOf('getProviderSchema', limits)
  const schema = await channel.unary(getProviderSchema.path, encodeMessage(getProviderSchema.request, {}), { timeoutMs })
  const identities = await channel
    .unary(getResourceIdentitySchemas.path, encodeMessage(getResourceIdentitySchemas.request, {}), { timeoutMs })
    .catch((e: unknown) => {
      if (e instanceof GrpcError && e.code === 'UNIMPLEMENTED') return new Uint8Array(0)
      throw e
    })
  pooled.isIntroduced = true
  return { protocol, schema, identities }
}

/** Pools with processes: when nothing else is left to do, they are asked to end rather than killed. */
const watched = new Set<ConnectionPool>()
process.on('beforeExit', () => {
  for (const pool of watched) void pool.close()
})
