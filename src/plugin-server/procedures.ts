import { CtyError, jsonToValue, numericToBigInt, type Path, type Type, type Value } from '../cty/index.ts'
import { decodeIdentity, decodePrivate, decodeValue, encodeIdentity, encodeValue, identityType } from '../plugin/values.ts'
import {
  type AttributePath,
  type AttributePathStep,
  type Decoded,
  type Diagnostic as DiagnosticMessage,
  type DynamicValue,
  decodeMessage,
  type Encodable,
  encodeMessage,
  type Handler,
  type Message,
  type ProcedureName,
  type ProtocolMajor,
  type ProtocolTables,
  protocolOf,
  type RawState,
  type ResourceIdentityData,
  ResourceIdentitySchema,
  severity,
  type Timestamp,
  WireError,
} from '../plugin/wire/index.ts'
import type { IdentitySchema, Provider, ProviderDiagnostic, ProviderSchema, StoredAttributes } from '../providers/index.ts'
import { impliedType, type Schema } from '../schema/index.ts'
import { functionToMessage, identitySchemaToMessage, schemaToMessage, UnservableSchema } from './schema-messages.ts'

/** The provider that calls go to. A second `configure` starts a new one: an object serves one configuration. */
export interface ServedProvider {
  readonly current: Provider
  /** Replaces `current`. */
  renew(): Promise<void>
}

type Procedures = ProtocolTables['procedures']
type Implementation = {
  readonly [N in ProcedureName]: (request: Decoded<Procedures[N]['request']>) => Answer<N> | Promise<Answer<N>>
}
type Answer<N extends ProcedureName> = Encodable<Procedures[N]['response']>

/** What cannot be asked of a provider; becomes a diagnostic. */
class BadRequest extends Error {
  override readonly name = 'BadRequest'
}

/** Handlers by path for all procedures of one version of the protocol. */
export function providerHandlers(served: ServedProvider, major: ProtocolMajor, log: (text: string) => void): ReadonlyMap<string, Handler> {
  const { procedures } = protocolOf(major)
  const calls = implementation(served, major)
  const handlers = new Map<string, Handler>()
  for (const name of Object.keys(procedures) as ProcedureName[]) {
    const { path, request, response } = procedures[name] as { path: string; request: Message; response: Message }
    const call = calls[name] as (request: unknown) => unknown
    handlers.set(path, {
      kind: 'unary',
      handle: async (bytes) => {
        let answer: unknown
        try {
          answer = await call(decodeMessage(request, bytes))
        } catch (error) {
          // What the host got wrong it is told; the rest is a mistake of the provider.
          if (!isRefusal(error)) log(`${name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
          answer = failedAnswer(name, error)
        }
        return encodeMessage(response, answer as Encodable<Message>)
      },
    })
  }
  return handlers
}

function isRefusal(error: unknown): boolean {
  return error instanceof BadRequest || error instanceof CtyError || error instanceof WireError || error instanceof UnservableSchema
}

/** An error where this procedure has a place for one. */
function failedAnswer(name: ProcedureName, error: unknown): Record<string, unknown> {
  const text = error instanceof Error ? error.message : String(error)
  if (name === 'stop') return { error: text }
  if (name === 'callFunction') return { error: { text } }
  const summary =
    error instanceof UnservableSchema ? 'Schema cannot be served' : isRefusal(error) ? 'Request not understood' : 'Provider failed'
  return { diagnostics: diagnosticsToMessages([{ severity: 'error', summary, detail: text }]) }
}

function implementation(served: ServedProvider, major: ProtocolMajor): Implementation {
  const provider = (): Provider => served.current
  let isConfigured = false
  const schema = (): ProviderSchema => provider().schema()
  const found = (schema: Schema | undefined, kind: string, typeName: string): Type => {
    if (schema === undefined) throw new BadRequest(`The provider has no ${kind} ${typeName}.`)
    return impliedType(schema.block)
  }
  const resourceType = (typeName: string): Type => found(schema().resource(typeName), 'resource type', typeName)
  const dataType = (typeName: string): Type => found(schema().dataSource(typeName), 'data source', typeName)
  const ephemeralType = (typeName: string): Type => found(schema().ephemeralResource?.(typeName), 'ephemeral resource type', typeName)
  const identityOf = (typeName: string): IdentitySchema | undefined => schema().identity?.(typeName)
  const metaOf = (message: Decoded<typeof DynamicValue> | undefined): Value | undefined => {
    const { providerMeta } = schema()
    return providerMeta === undefined || message === undefined ? undefined : decodeValue(message, impliedType(providerMeta))
  }
  const capabilities = () => ({
    planDestroy: schema().planDestroy ?? false,
    getProviderSchemaOptional: true,
    moveResourceState: provider().moveResourceState !== undefined,
  })
  const functions = () => new Map([...(schema().functions ?? [])].map(([name, f]) => [name, functionToMessage(f)] as const))
  const named = (names: readonly string[]) => names.map((typeName) => ({ typeName }))

  return {
    getMetadata: () => ({
      serverCapabilities: capabilities(),
      resources: named(schema().resourceNames()),
      dataSources: named(schema().dataSourceNames()),
      ephemeralResources: named(schema().ephemeralResourceNames?.() ?? []),
      functions: [...(schema().functions?.keys() ?? [])].map((name) => ({ name })),
    }),
    getProviderSchema: () => {
      const { Schema: table } = protocolOf(major)
      const all = (names: readonly string[], look: (name: string) => Schema | undefined, kind: string) =>
        new Map(
          names.map(
            (name) =>
              [
                name,
                encodeMessage(
                  table,
                  ofSchema(kind, name, () => schemaToMessage(look(name)!, major)),
                ),
              ] as const,
          ),
        )
      const own = schema()
      return {
        provider: ofSchema('the provider', '', () => schemaToMessage({ version: 0, block: own.provider }, major)),
        resourceSchemas: all(own.resourceNames(), own.resource, 'resource type'),
        dataSourceSchemas: all(own.dataSourceNames(), own.dataSource, 'data source'),
        ephemeralResourceSchemas: all(
          own.ephemeralResourceNames?.() ?? [],
          (name) => own.ephemeralResource?.(name),
          'ephemeral resource type',
        ),
        functions: functions(),
        ...(own.providerMeta === undefined ? {} : { providerMeta: schemaToMessage({ version: 0, block: own.providerMeta }, major) }),
        serverCapabilities: capabilities(),
      }
    },
    getResourceIdentitySchemas: () => {
      return {
        identitySchemas: new Map(
          schema()
            .resourceNames()
            .flatMap((name) => {
              const own = identityOf(name)
              return own === undefined ? [] : [[name, encodeMessage(ResourceIdentitySchema, identitySchemaToMessage(own))] as const]
            }),
        ),
      }
    },
    validateProviderConfig: async ({ config }) => {
      const type = impliedType(schema().provider)
      const value = decodeValue(config, type)
      const { diags } = await provider().validateProviderConfig(value)
      return { ...(major === 5 ? { preparedConfig: encodeValue(value, type) } : {}), diagnostics: diagnosticsToMessages(diags) }
    },
    validateResourceConfig: async ({ typeName, config }) =>
      diagnosis(await provider().validateResourceConfig({ typeName, config: decodeValue(config, resourceType(typeName)) })),
    validateDataConfig: async ({ typeName, config }) =>
      diagnosis(await provider().validateDataConfig({ typeName, config: decodeValue(config, dataType(typeName)) })),
    validateEphemeralConfig: async ({ typeName, config }) => {
      const value = decodeValue(config, ephemeralType(typeName))
      return diagnosis((await provider().validateEphemeralConfig?.({ typeName, config: value })) ?? { diags: [] })
    },
    configure: async ({ config, terraformVersion }) => {
      if (isConfigured) await served.renew()
      isConfigured = true
      return diagnosis(await provider().configure({ config: decodeValue(config, impliedType(schema().provider)), terraformVersion }))
    },
    stop: async () => {
      await provider().stop()
      return {}
    },
    upgradeResourceState: async ({ typeName, version, raw }) => {
      const type = resourceType(typeName)
      const { value, diags } = await provider().upgradeResourceState({ typeName, version, stored: storedOf(raw) })
      return { upgradedState: encodeValue(value, type), diagnostics: diagnosticsToMessages(diags) }
    },
    upgradeResourceIdentity: async ({ typeName, version, raw }) => {
      const own = identityOf(typeName)
      if (own === undefined) throw new BadRequest(`Objects of the type ${typeName} have no identity.`)
      const stored = storedOf(raw)
      const upgrade = provider().upgradeResourceIdentity?.bind(provider())
      const { identity, diags } =
        upgrade === undefined
          ? { identity: jsonToValue(stored.json, identityType(own)), diags: [] }
          : await upgrade({ typeName, version, stored })
      return { upgradedIdentity: encodeIdentity(identity, own), diagnostics: diagnosticsToMessages(diags) }
    },
    readResource: async ({ typeName, currentState, private: kept, providerMeta, currentIdentity }) => {
      const type = resourceType(typeName)
      const own = identityOf(typeName)
      const answer = await provider().readResource({
        typeName,
        prior: decodeValue(currentState, type),
        private: decodePrivate(kept),
        identity: decodeIdentity(currentIdentity, own),
        providerMeta: metaOf(providerMeta),
      })
      return {
        newState: encodeValue(answer.newState, type),
        private: answer.private,
        newIdentity: encodeIdentity(answer.identity, own) ?? (answer.newState.isNull ? undefined : keptIdentity(currentIdentity)),
        diagnostics: diagnosticsToMessages(answer.diags),
      }
    },
    planResourceChange: async ({ typeName, priorState, proposedNewState, config, priorPrivate, providerMeta, priorIdentity }) => {
      const type = resourceType(typeName)
      const own = identityOf(typeName)
      const answer = await provider().planResourceChange({
        typeName,
        prior: decodeValue(priorState, type),
        proposed: decodeValue(proposedNewState, type),
        config: decodeValue(config, type),
        priorPrivate: decodePrivate(priorPrivate),
        priorIdentity: decodeIdentity(priorIdentity, own),
        providerMeta: metaOf(providerMeta),
      })
      return {
        plannedState: encodeValue(answer.planned, type),
        requiresReplace: answer.requiresReplace.map(pathToMessage),
        plannedPrivate: answer.plannedPrivate,
        plannedIdentity: encodeIdentity(answer.plannedIdentity, own) ?? (answer.planned.isNull ? undefined : keptIdentity(priorIdentity)),
        legacyTypeSystem: answer.legacyTypeSystem ?? false,
        diagnostics: diagnosticsToMessages(answer.diags),
      }
    },
    applyResourceChange: async ({ typeName, priorState, plannedState, config, plannedPrivate, providerMeta, plannedIdentity }) => {
      const type = resourceType(typeName)
      const own = identityOf(typeName)
      const answer = await provider().applyResourceChange({
        typeName,
        prior: decodeValue(priorState, type),
        planned: decodeValue(plannedState, type),
        config: decodeValue(config, type),
        plannedPrivate: decodePrivate(plannedPrivate),
        plannedIdentity: decodeIdentity(plannedIdentity, own),
        providerMeta: metaOf(providerMeta),
      })
      return {
        newState: encodeValue(answer.newState, type),
        private: answer.private,
        newIdentity: encodeIdentity(answer.identity, own) ?? (answer.newState.isNull ? undefined : keptIdentity(plannedIdentity)),
        legacyTypeSystem: answer.legacyTypeSystem ?? false,
        diagnostics: diagnosticsToMessages(answer.diags),
      }
    },
    importResourceState: async ({ typeName, id, identity }) => {
      const by = decodeIdentity(identity, identityOf(typeName))
      const { imported, diags } = await provider().importResourceState({ typeName, id, ...(by === undefined ? {} : { identity: by }) })
      return {
        importedResources: imported.map((object) => ({
          typeName: object.typeName,
          state: encodeValue(object.state, resourceType(object.typeName)),
          private: object.private,
          identity: encodeIdentity(object.identity, identityOf(object.typeName)),
        })),
        diagnostics: diagnosticsToMessages(diags),
      }
    },
    moveResourceState: async (request) => {
      const { targetTypeName, sourceTypeName } = request
      const type = resourceType(targetTypeName)
      const answer = await provider().moveResourceState?.({
        sourceProvider: request.sourceProviderAddress,
        sourceTypeName,
        sourceVersion: request.sourceSchemaVersion,
        sourceStored: storedOf(request.sourceState),
        sourcePrivate: decodePrivate(request.sourcePrivate),
        targetTypeName,
      })
      if (answer === undefined) {
        throw new BadRequest(
          `An object of the type ${sourceTypeName} cannot become one of the type ${targetTypeName}: the provider moves none between types.`,
        )
      }
      return {
        targetState: encodeValue(answer.value, type),
        targetPrivate: answer.private,
        targetIdentity: encodeIdentity(answer.identity, identityOf(targetTypeName)),
        diagnostics: diagnosticsToMessages(answer.diags),
      }
    },
    readDataSource: async ({ typeName, config, providerMeta }) => {
      const type = dataType(typeName)
      const { value, diags } = await provider().readDataSource({
        typeName,
        config: decodeValue(config, type),
        providerMeta: metaOf(providerMeta),
      })
      return { state: encodeValue(value, type), diagnostics: diagnosticsToMessages(diags) }
    },
    openEphemeralResource: async ({ typeName, config }) => {
      const type = ephemeralType(typeName)
      const answer = await provider().openEphemeralResource?.({ typeName, config: decodeValue(config, type) })
      if (answer === undefined) throw new BadRequest(`The provider cannot open ${typeName}.`)
      return {
        result: encodeValue(answer.value, type),
        private: answer.private,
        renewAt: timestamp(answer.renewAt),
        diagnostics: diagnosticsToMessages(answer.diags),
      }
    },
    renewEphemeralResource: async ({ typeName, private: kept }) => {
      const answer = await provider().renewEphemeralResource?.({ typeName, private: decodePrivate(kept) })
      if (answer === undefined) return {}
      return { private: answer.private, renewAt: timestamp(answer.renewAt), diagnostics: diagnosticsToMessages(answer.diags) }
    },
    closeEphemeralResource: async ({ typeName, private: kept }) =>
      diagnosis((await provider().closeEphemeralResource?.({ typeName, private: decodePrivate(kept) })) ?? { diags: [] }),
    getFunctions: () => ({ functions: functions() }),
    callFunction: async ({ name, arguments: given }) => {
      const signature = schema().functions?.get(name)
      if (signature === undefined) throw new BadRequest(`The provider has no function named "${name}".`)
      const args = given.map((message, i) => {
        const parameter = signature.parameters[i] ?? signature.variadicParameter
        if (parameter === undefined) throw new BadRequest(`The function "${name}" takes ${signature.parameters.length} arguments.`)
        return decodeValue(message, parameter.type)
      })
      const { result, error } = (await provider().callFunction?.({ name, args })) ?? {
        error: { text: `The provider cannot call "${name}".` },
      }
      if (error !== undefined) return { error: { text: error.text, functionArgument: error.argument } }
      return { result: encodeValue(result, signature.returnType) }
    },
  }
}

/** Says which schema it was that could not be made. */
function ofSchema<T>(kind: string, name: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof UnservableSchema)) throw error
    throw new UnservableSchema(`The schema of ${kind}${name === '' ? '' : ` ${name}`}: ${error.message}`)
  }
}

function diagnosis({ diags }: { readonly diags: readonly ProviderDiagnostic[] }): { diagnostics: Encodable<typeof DiagnosticMessage>[] } {
  return { diagnostics: diagnosticsToMessages(diags) }
}

function diagnosticsToMessages(diags: readonly ProviderDiagnostic[]): Encodable<typeof DiagnosticMessage>[] {
  return diags.map(({ severity: grade, summary, detail, attribute }) => ({
    severity: severity[grade],
    summary,
    detail,
    attribute: attribute === undefined || attribute.length === 0 ? undefined : pathToMessage(attribute),
  }))
}

/** Up to a step that the protocol cannot say, such as an element of a set. */
function pathToMessage(path: Path): Encodable<typeof AttributePath> {
  const steps: Encodable<typeof AttributePathStep>[] = []
  for (const step of path) {
    if (step.kind === 'attribute') steps.push({ attributeName: step.name })
    else if (step.key.hasContent && step.key.type.kind === 'string') steps.push({ elementKeyString: step.key.asString() })
    else if (step.key.hasContent && step.key.type.kind === 'number')
      steps.push({ elementKeyInt: Number(numericToBigInt(step.key.asNumeric()) ?? 0n) })
    else break
  }
  return { steps }
}

/** @throws BadRequest for what Terraform before 0.12 stored. */
function storedOf(raw: Decoded<typeof RawState> | undefined): StoredAttributes {
  if (raw !== undefined && raw.json.length > 0) return { json: Buffer.from(raw.json).toString('utf8') }
  throw new BadRequest('The stored object is in the form of Terraform 0.11 and earlier, which this provider does not read.')
}

/** An identity stays as long as the provider says nothing else. */
function keptIdentity(message: Decoded<typeof ResourceIdentityData> | undefined): Encodable<typeof ResourceIdentityData> | undefined {
  return message?.identityData === undefined ? undefined : { identityData: message.identityData }
}

function timestamp(date: Date | undefined): Encodable<typeof Timestamp> | undefined {
  if (date === undefined) return undefined
  const ms = date.getTime()
  return { seconds: Math.floor(ms / 1000), nanos: (((ms % 1000) + 1000) % 1000) * 1_000_000 }
}
