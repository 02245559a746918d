import { CtyError, nullVal, type Type, type Value, valueToMsgpack } from '../cty/index.ts'
import type {
  ApplyResourceRequest,
  ApplyResourceResponse,
  Diagnosis,
  FunctionResponse,
  ImportedResource,
  ImportResourceRequest,
  MoveResourceRequest,
  MoveResourceResponse,
  OpenEphemeralResponse,
  PlanResourceRequest,
  PlanResourceResponse,
  Provider,
  ProviderDiagnostic,
  ReadDataRequest,
  ReadDataResponse,
  ReadResourceRequest,
  ReadResourceResponse,
  RenewEphemeralResponse,
  UpgradeResourceRequest,
} from '../providers/index.ts'
import { type BlockSchema, impliedType, mayBeLegacySdk } from '../schema/index.ts'
import { normalizeBlocks } from './legacy.ts'
import { type ConnectionPool, introduce, limitOf, type PooledConnection } from './pool.ts'
import type { PluginSchema } from './schema.ts'
import {
  decodeDiagnostics,
  decodeIdentity,
  decodePath,
  decodePrivate,
  decodeValue,
  encodeIdentity,
  encodeValue,
  identityType,
  withoutUnknownProperties,
} from './values.ts'
import {
  type Decoded,
  type Deferred,
  decodeMessage,
  type Encodable,
  encodeMessage,
  GrpcError,
  type ProcedureName,
  type ProtocolTables,
  protocolOf,
  type RawState,
  type Timestamp,
  WireError,
} from './wire/index.ts'

type Procedures = ProtocolTables['procedures']
type Request<N extends ProcedureName> = Encodable<Procedures[N]['request']>
type Response<N extends ProcedureName> = Decoded<Procedures[N]['response']>

/** An answer, or why there is none. */
type Outcome<N extends ProcedureName> =
  | { readonly response: Response<N>; readonly failure?: undefined }
  | { readonly response?: undefined; readonly failure: ProviderDiagnostic }

/** Sent with every call that may depend on it. Nothing is put off to a later round of planning. */
const clientCapabilities = { deferralAllowed: false, writeOnlyAttributesAllowed: true }

/**
 * Calls that change nothing may be made again. When a process breaks, it takes along all calls that were running in it: each of them is
 * repeated, alone, in a new process, so that only the one that is the reason fails.
 */
const changing: ReadonlySet<ProcedureName> = new Set([
  'applyResourceChange',
  'openEphemeralResource',
  'renewEphemeralResource',
  'closeEphemeralResource',
  'stop',
])

/** A plugin that keeps breaking is given up, with all that is still to be asked. */
const MAX_RESTARTS = 10

/** A provider behind the plugin protocol. A process is taken from the pool with the first call. */
export class PluginProvider implements Provider {
  readonly #pool: ConnectionPool
  readonly #schema: PluginSchema
  #process: Promise<PooledConnection> | undefined
  #configuration: { readonly config: Value; readonly terraformVersion: string; readonly key: string } | undefined
  #isClosed = false
  #restarts = 0
  /** Calls repeated after a break, one after the other. */
  #repetition: Promise<unknown> = Promise.resolve()

  constructor(pool: ConnectionPool, schema: PluginSchema) {
    this.#pool = pool
    this.#schema = schema
  }

  schema(): PluginSchema {
    return this.#schema
  }

  async validateProviderConfig(config: Value): Promise<Diagnosis> {
    const type = impliedType(this.#schema.provider)
    // A process that is configured so already will do, and may then be kept for `configure`.
    const key = configurationKey(config, type)
    this.#process ??= this.#pool.acquire(key)
    return this.#diagnose('validateProviderConfig', { config: encodeValue(config, type) })
  }

  async validateResourceConfig({ typeName, config }: { typeName: string; config: Value }): Promise<Diagnosis> {
    const schema = this.#schema.resource(typeName)
    if (schema === undefined) return unknownType('resource', typeName)
    return this.#diagnose('validateResourceConfig', {
      typeName,
      config: encodeValue(config, impliedType(schema.block)),
      clientCapabilities,
    })
  }

  async validateDataConfig({ typeName, config }: { typeName: string; config: Value }): Promise<Diagnosis> {
    const schema = this.#schema.dataSource(typeName)
    if (schema === undefined) return unknownType('data source', typeName)
    return this.#diagnose('validateDataConfig', { typeName, config: encodeValue(config, impliedType(schema.block)) })
  }

  async validateEphemeralConfig({ typeName, config }: { typeName: string; config: Value }): Promise<Diagnosis> {
    const schema = this.#schema.ephemeralResource(typeName)
    if (schema === undefined) return unknownType('ephemeral resource', typeName)
    return this.#diagnose('validateEphemeralConfig', { typeName, config: encodeValue(config, impliedType(schema.block)) })
  }

  async configure({ config, terraformVersion }: { config: Value; terraformVersion: string }): Promise<Diagnosis> {
    const key = configurationKey(config, impliedType(this.#schema.provider))
    this.#configuration = { config, terraformVersion, key }
    let pooled: PooledConnection
    try {
      pooled = await this.#bound(key)
    } catch (e) {
      return { diags: [startFailure(e)] }
    }
    // The process that validated the configuration may be configured for somebody else by now.
    if (pooled.configuredWith !== undefined && pooled.configuredWith !== key) {
      await this.#pool.release(pooled)
      this.#process = this.#pool.acquire(key)
      try {
        pooled = await this.#process
      } catch (e) {
        return { diags: [startFailure(e)] }
      }
    }
    if (pooled.configuredWith === key) return noProblems
    const { response, failure } = await this.#call('configure', this.#configureRequest())
    if (failure !== undefined) return { diags: [failure] }
    const diags = decodeDiagnostics(response.diagnostics)
    if (!diags.some((d) => d.severity === 'error')) (await this.#process)!.configuredWith = key
    return { diags }
  }

  #configureRequest(): Request<'configure'> {
    const { config, terraformVersion } = this.#configuration!
    return { terraformVersion, config: encodeValue(config, impliedType(this.#schema.provider)), clientCapabilities }
  }

  async upgradeResourceState({ typeName, version, stored }: UpgradeResourceRequest): Promise<{ value: Value } & Diagnosis> {
    const schema = this.#schema.resource(typeName)
    if (schema === undefined) return { value: nothing, ...unknownType('resource', typeName) }
    const type = impliedType(schema.block)
    const none = nullVal(type)
    let json: string
    try {
      json = version === schema.version ? withoutUnknownProperties(stored.json, type) : stored.json
    } catch (e) {
      return { value: none, diags: [undecodable('The stored attributes', e)] }
    }
    const { response, failure } = await this.#call('upgradeResourceState', { typeName, version, raw: rawState(json) })
    if (failure !== undefined) return { value: none, diags: [failure] }
    const diags = decodeDiagnostics(response.diagnostics)
    return decoding(diags, { value: none }, () => ({ value: decodeValue(response.upgradedState, type) }))
  }

  async upgradeResourceIdentity({ typeName, version, stored }: UpgradeResourceRequest): Promise<{ identity: Value } & Diagnosis> {
    const schema = this.#schema.identity(typeName)
    if (schema === undefined) return { identity: nothing, ...unknownType('resource with an identity', typeName) }
    const none = nullVal(identityType(schema))
    const { response, failure } = await this.#call('upgradeResourceIdentity', { typeName, version, raw: rawState(stored.json) })
    if (failure !== undefined) return { identity: none, diags: [failure] }
    return decoding(decodeDiagnostics(response.diagnostics), { identity: none }, () => ({
      identity: decodeIdentity(response.upgradedIdentity, schema) ?? none,
    }))
  }

  async readResource(request: ReadResourceRequest): Promise<ReadResourceResponse> {
    const { typeName, prior } = request
    const schema = this.#schema.resource(typeName)
    if (schema === undefined) return { newState: prior, private: request.private, ...unknownType('resource', typeName) }
    const type = impliedType(schema.block)
    const identity = this.#schema.identity(typeName)
    const unchanged = { newState: prior, private: request.private, identity: request.identity }
    const { response, failure } = await this.#call('readResource', {
      typeName,
      currentState: encodeValue(prior, type),
      private: request.private,
      providerMeta: this.#providerMeta(request.providerMeta),
      clientCapabilities,
      currentIdentity: encodeIdentity(request.identity, identity),
    })
    if (failure !== undefined) return { ...unchanged, diags: [failure] }
    return decoding(answerDiagnostics(response), unchanged, () => ({
      newState: normalized(schema.block, decodeValue(response.newState, type)),
      private: decodePrivate(response.private),
      identity: decodeIdentity(response.newIdentity, identity) ?? request.identity,
    }))
  }

  async planResourceChange(request: PlanResourceRequest): Promise<PlanResourceResponse> {
    const { typeName, prior, proposed, config, priorPrivate } = request
    const schema = this.#schema.resource(typeName)
    const noPlan = { planned: proposed, requiresReplace: [], plannedPrivate: priorPrivate, plannedIdentity: request.priorIdentity }
    if (schema === undefined) return { ...noPlan, ...unknownType('resource', typeName) }
    // Without the capability, what is to be deleted is planned by us.
    if (proposed.isKnown && proposed.isNull && !this.#schema.capabilities.planDestroy) return { ...noPlan, diags: [] }
    const type = impliedType(schema.block)
    const identity = this.#schema.identity(typeName)
    const { response, failure } = await this.#call('planResourceChange', {
      typeName,
      priorState: encodeValue(prior, type),
      proposedNewState: encodeValue(proposed, type),
      config: encodeValue(config, type),
      priorPrivate,
      providerMeta: this.#providerMeta(request.providerMeta),
      clientCapabilities,
      priorIdentity: encodeIdentity(request.priorIdentity, identity),
    })
    if (failure !== undefined) return { ...noPlan, diags: [failure] }
    return decoding<PlanResourceResponse>(answerDiagnostics(response), noPlan, () => ({
      planned: decodeValue(response.plannedState, type),
      requiresReplace: response.requiresReplace.map(decodePath),
      plannedPrivate: decodePrivate(response.plannedPrivate),
      plannedIdentity: decodeIdentity(response.plannedIdentity, identity),
      legacyTypeSystem: response.legacyTypeSystem,
    }))
  }

  async applyResourceChange(request: ApplyResourceRequest): Promise<ApplyResourceResponse> {
    const { typeName, prior, planned, config, plannedPrivate } = request
    const schema = this.#schema.resource(typeName)
    const unchanged = { newState: prior, private: plannedPrivate }
    if (schema === undefined) return { ...unchanged, ...unknownType('resource', typeName) }
    const type = impliedType(schema.block)
    const identity = this.#schema.identity(typeName)
    const { response, failure } = await this.#call('applyResourceChange', {
      typeName,
      priorState: encodeValue(prior, type),
      plannedState: encodeValue(planned, type),
      config: encodeValue(config, type),
      plannedPrivate,
      providerMeta: this.#providerMeta(request.providerMeta),
      plannedIdentity: encodeIdentity(request.plannedIdentity, identity),
    })
    if (failure !== undefined) return { ...unchanged, diags: [failure] }
    const given = decodePrivate(response.private)
    return decoding<ApplyResourceResponse>(decodeDiagnostics(response.diagnostics), { newState: prior, private: given }, () => ({
      newState: decodeValue(response.newState, type),
      private: given,
      identity: decodeIdentity(response.newIdentity, identity),
      legacyTypeSystem: response.legacyTypeSystem,
    }))
  }

  async importResourceState(request: ImportResourceRequest): Promise<{ imported: readonly ImportedResource[] } & Diagnosis> {
    const { response, failure } = await this.#call('importResourceState', {
      typeName: request.typeName,
      id: request.id,
      clientCapabilities,
      identity: encodeIdentity(request.identity, this.#schema.identity(request.typeName)),
    })
    if (failure !== undefined) return { imported: [], diags: [failure] }
    return decoding(answerDiagnostics(response), { imported: [] as ImportedResource[] }, () => ({
      imported: response.importedResources.map((found): ImportedResource => {
        const schema = this.#schema.resource(found.typeName)
        if (schema === undefined) throw new CtyError(`there is no resource type ${JSON.stringify(found.typeName)}`)
        return {
          typeName: found.typeName,
          state: decodeValue(found.state, impliedType(schema.block)),
          private: decodePrivate(found.private),
          identity: decodeIdentity(found.identity, this.#schema.identity(found.typeName)),
        }
      }),
    }))
  }

  async moveResourceState(request: MoveResourceRequest): Promise<MoveResourceResponse> {
    const schema = this.#schema.resource(request.targetTypeName)
    if (schema === undefined) return { value: nothing, private: undefined, ...unknownType('resource', request.targetTypeName) }
    const type = impliedType(schema.block)
    const none = { value: nullVal(type), private: undefined }
    if (!this.#schema.capabilities.moveResourceState) {
      return {
        ...none,
        diags: [
          errorDiagnostic(
            'Move Resource State Not Supported',
            `The provider of ${request.targetTypeName} does not support taking over objects of other resource types.`,
          ),
        ],
      }
    }
    const { response, failure } = await this.#call('moveResourceState', {
      sourceProviderAddress: request.sourceProvider,
      sourceTypeName: request.sourceTypeName,
      sourceSchemaVersion: request.sourceVersion,
      sourceState: rawState(request.sourceStored.json),
      targetTypeName: request.targetTypeName,
      sourcePrivate: request.sourcePrivate,
    })
    if (failure !== undefined) return { ...none, diags: [failure] }
    return decoding<MoveResourceResponse>(decodeDiagnostics(response.diagnostics), none, () => ({
      value: decodeValue(response.targetState, type),
      private: decodePrivate(response.targetPrivate),
      identity: decodeIdentity(response.targetIdentity, this.#schema.identity(request.targetTypeName)),
    }))
  }

  async readDataSource({ typeName, config, providerMeta }: ReadDataRequest): Promise<ReadDataResponse> {
    const schema = this.#schema.dataSource(typeName)
    if (schema === undefined) return { value: config, ...unknownType('data source', typeName) }
    const type = impliedType(schema.block)
    const { response, failure } = await this.#call('readDataSource', {
      typeName,
      config: encodeValue(config, type),
      providerMeta: this.#providerMeta(providerMeta),
      clientCapabilities,
    })
    if (failure !== undefined) return { value: nullVal(type), diags: [failure] }
    return decoding(answerDiagnostics(response), { value: nullVal(type) }, () => ({
      value: decodeValue(response.state, type),
    }))
  }

  async openEphemeralResource({ typeName, config }: { typeName: string; config: Value }): Promise<OpenEphemeralResponse> {
    const schema = this.#schema.ephemeralResource(typeName)
    const none = { private: undefined, renewAt: undefined }
    if (schema === undefined) return { value: config, ...none, ...unknownType('ephemeral resource', typeName) }
    const type = impliedType(schema.block)
    const { response, failure } = await this.#call('openEphemeralResource', {
      typeName,
      config: encodeValue(config, type),
      clientCapabilities,
    })
    if (failure !== undefined) return { value: nullVal(type), ...none, diags: [failure] }
    const rest = { private: decodePrivate(response.private), renewAt: timeOf(response.renewAt) }
    return decoding(answerDiagnostics(response), { value: nullVal(type), ...rest }, () => ({
      value: decodeValue(response.result, type),
      ...rest,
    }))
  }

  async renewEphemeralResource(request: { typeName: string; private: Uint8Array | undefined }): Promise<RenewEphemeralResponse> {
    const { response, failure } = await this.#call('renewEphemeralResource', request)
    if (failure !== undefined) return { private: request.private, renewAt: undefined, diags: [failure] }
    return {
      private: decodePrivate(response.private),
      renewAt: timeOf(response.renewAt),
      diags: decodeDiagnostics(response.diagnostics),
    }
  }

  async closeEphemeralResource(request: { typeName: string; private: Uint8Array | undefined }): Promise<Diagnosis> {
    return this.#diagnose('closeEphemeralResource', request)
  }

  async callFunction({ name, args }: { name: string; args: readonly Value[] }): Promise<FunctionResponse> {
    const signature = this.#schema.functions?.get(name)
    if (signature === undefined) return { error: { text: `The provider has no function named ${JSON.stringify(name)}.` } }
    const parameterOf = (index: number) => signature.parameters[index] ?? signature.variadicParameter
    const { response, failure } = await this.#call('callFunction', {
      name,
      arguments: args.map((arg, i) => encodeValue(arg, parameterOf(i)?.type ?? arg.type)),
    })
    if (failure !== undefined) return { error: { text: `${failure.summary}: ${failure.detail}` } }
    if (response.error !== undefined) return { error: { text: response.error.text, argument: response.error.functionArgument } }
    try {
      return { result: decodeValue(response.result, signature.returnType) }
    } catch (e) {
      return { error: { text: undecodable('The result', e).detail } }
    }
  }

  async stop(): Promise<void> {
    const pooled = await this.#process?.catch(() => undefined)
    if (pooled?.connection.isAlive) await this.#send(pooled, 'stop', {}).catch(() => {})
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const pooled = await this.#process?.catch(() => undefined)
    if (pooled !== undefined) await this.#pool.release(pooled)
  }

  #providerMeta(value: Value | undefined): Request<'readResource'>['providerMeta'] {
    const block = this.#schema.providerMeta
    if (block === undefined) return undefined
    const type = impliedType(block)
    return encodeValue(value ?? nullVal(type), type)
  }

  async #diagnose<
    N extends ProcedureName &
      ('validateResourceConfig' | 'validateProviderConfig' | 'validateDataConfig' | 'validateEphemeralConfig' | 'closeEphemeralResource'),
  >(name: N, request: Request<N>): Promise<Diagnosis> {
    const { response, failure } = await this.#call(name, request)
    return { diags: failure === undefined ? decodeDiagnostics(response.diagnostics) : [failure] }
  }

  // ---- processes

  /** The process of this provider, ready for calls. @throws LaunchError, GrpcError */
  async #bound(configuration?: string): Promise<PooledConnection> {
    if (this.#isClosed) throw new GrpcError('CANCELLED', 'the provider was closed')
    this.#process ??= this.#pool.acquire(configuration ?? this.#configuration?.key)
    let pooled: PooledConnection
    try {
      pooled = await this.#process
    } catch (e) {
      this.#process = undefined
      throw e
    }
    if (!pooled.isIntroduced && !this.#schema.capabilities.schemaOptional) await introduce(pooled, this.#pool.limits)
    return pooled
  }

  async #call<N extends ProcedureName>(name: N, request: Request<N>): Promise<Outcome<N>> {
    let pooled: PooledConnection
    try {
      pooled = await this.#bound()
      if (!pooled.connection.isAlive) pooled = await this.#restarted(pooled)
    } catch (e) {
      return { failure: startFailure(e) }
    }
    try {
      return { response: await this.#send(pooled, name, request) }
    } catch (e) {
      if (!isBroken(e, pooled)) return { failure: await callFailure(name, pooled, e) }
      if (changing.has(name) || this.#isClosed) return { failure: await callFailure(name, pooled, e) }
      return this.#repeat(name, request, pooled, e)
    }
  }

  /** Makes a call again that a break of the process has cut off, when no other is running. */
  #repeat<N extends ProcedureName>(name: N, request: Request<N>, broken: PooledConnection, reason: unknown): Promise<Outcome<N>> {
    const work = async (): Promise<Outcome<N>> => {
      let pooled: PooledConnection
      try {
        pooled = await this.#restarted(broken)
      } catch {
        return { failure: await callFailure(name, broken, reason) }
      }
      try {
        return { response: await this.#send(pooled, name, request) }
      } catch (e) {
        return { failure: await callFailure(name, pooled, e) }
      }
    }
    const turn = this.#repetition.then(work, work)
    this.#repetition = turn.catch(() => {})
    return turn
  }

  /** A process in the place of one that broke; the same for all who ask. @throws when it cannot be started or configured, or too often */
  async #restarted(broken: PooledConnection): Promise<PooledConnection> {
    const current = await this.#process
    if (current !== undefined && current !== broken && current.connection.isAlive) return current
    if (this.#restarts >= MAX_RESTARTS || !this.#pool.isOwned || this.#isClosed) {
      throw new GrpcError('UNAVAILABLE', `the plugin broke. ${await broken.connection.ending()}`)
    }
    if (this.#restarting === undefined) {
      this.#restarts++
      this.#restarting = this.#restart(current ?? broken).finally(() => {
        this.#restarting = undefined
      })
      this.#process = this.#restarting
      // A failure is told to those who wait for it.
      this.#restarting.catch(() => {})
    }
    return this.#restarting
  }
  #restarting: Promise<PooledConnection> | undefined

  async #restart(broken: PooledConnection): Promise<PooledConnection> {
    await this.#pool.end(broken)
    const pooled = await this.#pool.start()
    try {
      if (!this.#schema.capabilities.schemaOptional) await introduce(pooled, this.#pool.limits)
      if (this.#configuration !== undefined) {
        const { diagnostics } = await this.#send(pooled, 'configure', this.#configureRequest())
        const problem = decodeDiagnostics(diagnostics).find((d) => d.severity === 'error')
        if (problem !== undefined) throw new GrpcError('FAILED_PRECONDITION', `${problem.summary}: ${problem.detail}`)
        pooled.configuredWith = this.#configuration.key
      }
      return pooled
    } catch (e) {
      await this.#pool.end(pooled)
      throw e
    }
  }

  async #send<N extends ProcedureName>(pooled: PooledConnection, name: N, request: Request<N>): Promise<Response<N>> {
    const { protocol, channel } = pooled.connection
    const { path, request: asked, response } = protocolOf(protocol).procedures[name]
    if (name === 'applyResourceChange' || name === 'openEphemeralResource') pooled.isSpent = true
    const bytes = await channel.unary(path, encodeMessage(asked, request), { timeoutMs: limitOf(name, this.#pool.limits) })
    return decodeMessage(response, bytes) as Response<N>
  }
}

const nothing = nullVal({ kind: 'dynamic' } as Type)
const noProblems: Diagnosis = { diags: [] }

function configurationKey(config: Value, type: Type): string {
  return Buffer.from(valueToMsgpack(config, type)).toString('latin1')
}

function rawState(json: string): Encodable<typeof RawState> {
  return { json: Buffer.from(json) }
}

function timeOf(message: Decoded<typeof Timestamp> | undefined): Date | undefined {
  return message === undefined ? undefined : new Date(message.seconds * 1000 + Math.floor(message.nanos / 1e6))
}

/** Whether answers have blocks that may be null where they must not be. */
const legacy = new WeakMap<BlockSchema, boolean>()

function normalized(block: BlockSchema, value: Value): Value {
  let isLegacy = legacy.get(block)
  if (isLegacy === undefined) legacy.set(block, (isLegacy = Object.keys(block.blockTypes).length > 0 && mayBeLegacySdk(block)))
  return isLegacy ? normalizeBlocks(value, block) : value
}

/** Also says when an answer is put off, which we have not allowed. */
function answerDiagnostics(response: {
  readonly diagnostics: Response<'readResource'>['diagnostics']
  readonly deferred: Decoded<typeof Deferred> | undefined
}): ProviderDiagnostic[] {
  const diags = decodeDiagnostics(response.diagnostics)
  if (response.deferred !== undefined) {
    diags.push(
      errorDiagnostic(
        'Provider deferred changes when Terraform did not allow deferrals',
        "The provider signaled a deferred action, although it was told that deferrals are not supported. This is a bug in the provider, which should be reported in the provider's own issue tracker.",
      ),
    )
  }
  return diags
}

/** The decoded answer; where it cannot be decoded what is to be taken instead, with an error. */
function decoding<T extends object>(
  diags: readonly ProviderDiagnostic[],
  otherwise: Omit<T, 'diags'>,
  decode: () => Omit<T, 'diags'>,
): T & Diagnosis {
  try {
    return { ...decode(), diags } as T & Diagnosis
  } catch (e) {
    return { ...otherwise, diags: [...diags, undecodable('The answer of the provider', e)] } as unknown as T & Diagnosis
  }
}

function undecodable(what: string, e: unknown): ProviderDiagnostic {
  if (!(e instanceof CtyError || e instanceof WireError)) throw e
  return errorDiagnostic(
    'Provider produced invalid object',
    `${what} cannot be read with the schema of the provider: ${e.message}.\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker.`,
  )
}

function errorDiagnostic(summary: string, detail: string): ProviderDiagnostic {
  return { severity: 'error', summary, detail }
}

function unknownType(kind: string, typeName: string): Diagnosis {
  return { diags: [errorDiagnostic('Unsupported type', `The provider does not support a ${kind} of type ${JSON.stringify(typeName)}.`)] }
}

function startFailure(e: unknown): ProviderDiagnostic {
  return errorDiagnostic('Failed to instantiate provider', e instanceof Error ? e.message : String(e))
}

/** Whether the process, rather than the call, is at fault. */
function isBroken(e: unknown, pooled: PooledConnection): boolean {
  return e instanceof GrpcError && (e.code === 'UNAVAILABLE' || !pooled.connection.isAlive)
}

/** A call without an answer, in words. What provider code reports itself never comes this way. */
async function callFailure(name: ProcedureName, pooled: PooledConnection, e: unknown): Promise<ProviderDiagnostic> {
  const method = protocolOf(pooled.connection.protocol).procedures[name].name
  if (e instanceof WireError) {
    return errorDiagnostic(
      'Plugin error',
      `The plugin answered the call ${method} with something that is no message of the plugin protocol: ${e.message}.`,
    )
  }
  if (!(e instanceof GrpcError)) throw e
  if (isBroken(e, pooled)) {
    const ending = await pooled.connection.ending()
    return errorDiagnostic(
      'Plugin did not respond',
      `The plugin encountered an error, and failed to respond to the ${method} call. ${ending}`,
    )
  }
  switch (e.code) {
    case 'DEADLINE_EXCEEDED':
      return errorDiagnostic('Plugin did not respond', `The plugin did not respond to the ${method} call: ${e.message}.`)
    case 'CANCELLED':
      return errorDiagnostic('Request cancelled', `The ${method} request was cancelled.`)
    case 'UNIMPLEMENTED':
      return errorDiagnostic('Unsupported plugin method', `The ${method} method is not supported by this plugin.`)
    default:
      return errorDiagnostic('Plugin error', `The plugin returned an unexpected error from the ${method} call: ${e.message}`)
  }
}

/** For callers outside of a provider, such as whoever needs only the schema. */
export function pluginProblem(e: unknown): { summary: string; detail: string } {
  return startFailure(e)
}
