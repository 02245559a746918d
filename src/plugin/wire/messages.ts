import { lazyMapOf, type Message, mapOf, nested, optional, type Repeated, repeated, type Single, scalar, stringMap } from './codec.ts'

/**
 * The messages of plugin protocols 5.10 and 6.10, field tables as published in `tfplugin5.proto` and `tfplugin6.proto`. Where the two
 * differ there is a table for each major version; everything else is shared.
 */
export type ProtocolMajor = 5 | 6

const table = <M extends Message>(message: M): M => message

export const DynamicValue = table({ msgpack: scalar(1, 'bytes'), json: scalar(2, 'bytes') })

/** At most one member is set. */
export const AttributePathStep = table({
  attributeName: optional(1, 'string'),
  elementKeyString: optional(2, 'string'),
  elementKeyInt: optional(3, 'int64'),
})
export const AttributePath = table({ steps: repeated(1, () => AttributePathStep) })

export const severity = { invalid: 0, error: 1, warning: 2 } as const
export const Diagnostic = table({
  severity: scalar(1, 'enum'),
  summary: scalar(2, 'string'),
  detail: scalar(3, 'string'),
  attribute: nested(4, () => AttributePath),
})

export const FunctionError = table({ text: scalar(1, 'string'), functionArgument: optional(2, 'int64') })
export const RawState = table({ json: scalar(1, 'bytes'), flatmap: stringMap(2) })
export const Timestamp = table({ seconds: scalar(1, 'int64'), nanos: scalar(2, 'int64') })

export const IdentityAttribute = table({
  name: scalar(1, 'string'),
  type: scalar(2, 'bytes'),
  requiredForImport: scalar(3, 'bool'),
  optionalForImport: scalar(4, 'bool'),
  description: scalar(5, 'string'),
})
export const ResourceIdentitySchema = table({
  version: scalar(1, 'int64'),
  identityAttributes: repeated(2, () => IdentityAttribute),
})
export const ResourceIdentityData = table({ identityData: nested(1, () => DynamicValue) })

export const stringKind = { plain: 0, markdown: 1 } as const

const attributeStart = {
  name: scalar(1, 'string'),
  /** JSON text of a type constraint; empty where `nestedType` is set. */
  type: scalar(2, 'bytes'),
  description: scalar(3, 'string'),
  required: scalar(4, 'bool'),
  optional: scalar(5, 'bool'),
  computed: scalar(6, 'bool'),
  sensitive: scalar(7, 'bool'),
  descriptionKind: scalar(8, 'enum'),
  deprecated: scalar(9, 'bool'),
}

export const attributeNesting = { invalid: 0, single: 1, list: 2, set: 3, map: 4 } as const
type AttributeStart = typeof attributeStart

// Tables that contain themselves are typed by hand, where inference cannot follow: aliases, since interfaces would not do for `Message`.
type ObjectTypeTable = {
  readonly attributes: Repeated<() => AttributeTable>
  readonly nesting: Single<'enum'>
}
type AttributeTable = AttributeStart & {
  readonly nestedType: Single<() => ObjectTypeTable>
  readonly writeOnly: Single<'bool'>
  readonly deprecationMessage: Single<'string'>
}
type NestedBlockTable = {
  readonly typeName: Single<'string'>
  readonly block: Single<() => BlockTable>
  readonly nesting: Single<'enum'>
  readonly minItems: Single<'int64'>
  readonly maxItems: Single<'int64'>
}
type BlockTable = {
  readonly version: Single<'int64'>
  readonly attributes: Repeated<() => AttributeTable>
  readonly blockTypes: Repeated<() => NestedBlockTable>
  readonly description: Single<'string'>
  readonly descriptionKind: Single<'enum'>
  readonly deprecated: Single<'bool'>
  readonly deprecationMessage: Single<'string'>
  /** Protocol 6 only. */
  readonly computed: Single<'bool'>
}
type SchemaTable = {
  readonly version: Single<'int64'>
  readonly block: Single<() => BlockTable>
}

export const blockNesting = { invalid: 0, single: 1, list: 2, set: 3, map: 4, group: 5 } as const

/** Fields that only protocol 6 has are typed in protocol 5 too, but never sent nor read there. */
function schemaTables(major: ProtocolMajor): { Attribute: AttributeTable; Block: BlockTable; Schema: SchemaTable } {
  const ObjectType: ObjectTypeTable = { attributes: repeated(1, () => Attribute), nesting: scalar(3, 'enum') }
  const Attribute = (
    major === 5
      ? { ...attributeStart, writeOnly: scalar(10, 'bool'), deprecationMessage: scalar(11, 'string') }
      : {
          ...attributeStart,
          nestedType: nested(10, () => ObjectType),
          writeOnly: scalar(11, 'bool'),
          deprecationMessage: scalar(12, 'string'),
        }
  ) as AttributeTable
  const NestedBlock: NestedBlockTable = {
    typeName: scalar(1, 'string'),
    block: nested(2, () => Block),
    nesting: scalar(3, 'enum'),
    minItems: scalar(4, 'int64'),
    maxItems: scalar(5, 'int64'),
  }
  const Block = {
    version: scalar(1, 'int64'),
    attributes: repeated(2, () => Attribute),
    blockTypes: repeated(3, () => NestedBlock),
    description: scalar(4, 'string'),
    descriptionKind: scalar(5, 'enum'),
    deprecated: scalar(6, 'bool'),
    deprecationMessage: scalar(7, 'string'),
    ...(major === 6 ? { computed: scalar(8, 'bool') } : {}),
  } as BlockTable
  return { Attribute, Block, Schema: { version: scalar(1, 'int64'), block: nested(2, () => Block) } }
}

export const FunctionParameter = table({
  name: scalar(1, 'string'),
  type: scalar(2, 'bytes'),
  allowNullValue: scalar(3, 'bool'),
  allowUnknownValues: scalar(4, 'bool'),
  description: scalar(5, 'string'),
  descriptionKind: scalar(6, 'enum'),
})
export const FunctionReturn = table({ type: scalar(1, 'bytes') })
export const FunctionSignature = table({
  parameters: repeated(1, () => FunctionParameter),
  variadicParameter: nested(2, () => FunctionParameter),
  return: nested(3, () => FunctionReturn),
  summary: scalar(4, 'string'),
  description: scalar(5, 'string'),
  descriptionKind: scalar(6, 'enum'),
  deprecationMessage: scalar(7, 'string'),
})

export const ServerCapabilities = table({
  planDestroy: scalar(1, 'bool'),
  getProviderSchemaOptional: scalar(2, 'bool'),
  moveResourceState: scalar(3, 'bool'),
  generateResourceConfig: scalar(4, 'bool'),
})
export const ClientCapabilities = table({
  deferralAllowed: scalar(1, 'bool'),
  writeOnlyAttributesAllowed: scalar(2, 'bool'),
  storePlannedPrivate: scalar(3, 'bool'),
  computedBlocksAllowed: scalar(4, 'bool'),
})
export const deferredReason = { unknown: 0, resourceConfigUnknown: 1, providerConfigUnknown: 2, absentPrereq: 3 } as const
export const Deferred = table({ reason: scalar(1, 'enum') })

const diagnostics = (number: number) => repeated(number, () => Diagnostic)
const value = (number: number) => nested(number, () => DynamicValue)
const identity = (number: number) => nested(number, () => ResourceIdentityData)
const clientCapabilities = (number: number) => nested(number, () => ClientCapabilities)
const deferred = (number: number) => nested(number, () => Deferred)

const Empty = table({})
const TypeName = table({ typeName: scalar(1, 'string') })
const FunctionName = table({ name: scalar(1, 'string') })
const TypeAndConfig = table({ typeName: scalar(1, 'string'), config: value(2) })
const TypeConfigAndCapabilities = table({ typeName: scalar(1, 'string'), config: value(2), clientCapabilities: clientCapabilities(3) })
const DiagnosticsOnly = table({ diagnostics: diagnostics(1) })

export const ImportedResource = table({
  typeName: scalar(1, 'string'),
  state: value(2),
  private: scalar(3, 'bytes'),
  identity: identity(4),
})

const upgradeRequest = table({
  typeName: scalar(1, 'string'),
  version: scalar(2, 'int64'),
  raw: nested(3, () => RawState),
})
const privateRequest = table({ typeName: scalar(1, 'string'), private: optional(2, 'bytes') })

/** A remote procedure: names of the two versions, messages. Undefined where a version does not have it. */
interface Procedure<Q extends Message, A extends Message> {
  readonly name: string
  readonly path: string
  readonly request: Q
  readonly response: A
}

/** Everything of one major version, by names that do not depend on it. */
export function protocolTables(major: ProtocolMajor) {
  const { Attribute, Block, Schema } = schemaTables(major)
  const procedure = <Q extends Message, A extends Message>(name: string, request: Q, response: A, nameIn5 = name): Procedure<Q, A> => {
    const own = major === 5 ? nameIn5 : name
    return { name: own, path: `/tfplugin${major}.Provider/${own}`, request, response }
  }
  const procedures = {
    getMetadata: procedure('GetMetadata', Empty, {
      serverCapabilities: nested(1, () => ServerCapabilities),
      diagnostics: diagnostics(2),
      dataSources: repeated(3, () => TypeName),
      resources: repeated(4, () => TypeName),
      functions: repeated(5, () => FunctionName),
      ephemeralResources: repeated(6, () => TypeName),
      listResources: repeated(7, () => TypeName),
      actions: repeated(major === 5 ? 8 : 9, () => TypeName),
    }),
    getProviderSchema: procedure(
      'GetProviderSchema',
      Empty,
      {
        provider: nested(1, () => Schema),
        resourceSchemas: lazyMapOf(2, () => Schema),
        dataSourceSchemas: lazyMapOf(3, () => Schema),
        diagnostics: diagnostics(4),
        providerMeta: nested(5, () => Schema),
        serverCapabilities: nested(6, () => ServerCapabilities),
        functions: mapOf(7, () => FunctionSignature),
        ephemeralResourceSchemas: lazyMapOf(8, () => Schema),
        listResourceSchemas: lazyMapOf(9, () => Schema),
      },
      'GetSchema',
    ),
    getResourceIdentitySchemas: procedure('GetResourceIdentitySchemas', Empty, {
      identitySchemas: lazyMapOf(1, () => ResourceIdentitySchema),
      diagnostics: diagnostics(2),
    }),
    /** Protocol 5 answers with the prepared configuration too, which hosts pass over. */
    validateProviderConfig: procedure(
      'ValidateProviderConfig',
      { config: value(1) },
      { ...(major === 5 ? { preparedConfig: value(1) } : {}), diagnostics: diagnostics(2) } as {
        preparedConfig: Single<() => typeof DynamicValue>
        diagnostics: Repeated<() => typeof Diagnostic>
      },
      'PrepareProviderConfig',
    ),
    validateResourceConfig: procedure('ValidateResourceConfig', TypeConfigAndCapabilities, DiagnosticsOnly, 'ValidateResourceTypeConfig'),
    validateDataConfig: procedure('ValidateDataResourceConfig', TypeAndConfig, DiagnosticsOnly, 'ValidateDataSourceConfig'),
    validateEphemeralConfig: procedure('ValidateEphemeralResourceConfig', TypeAndConfig, DiagnosticsOnly),
    configure: procedure(
      'ConfigureProvider',
      { terraformVersion: scalar(1, 'string'), config: value(2), clientCapabilities: clientCapabilities(3) },
      DiagnosticsOnly,
      'Configure',
    ),
    stop: procedure('StopProvider', Empty, { error: scalar(1, 'string') }, 'Stop'),
    upgradeResourceState: procedure('UpgradeResourceState', upgradeRequest, { upgradedState: value(1), diagnostics: diagnostics(2) }),
    upgradeResourceIdentity: procedure('UpgradeResourceIdentity', upgradeRequest, {
      upgradedIdentity: identity(1),
      diagnostics: diagnostics(2),
    }),
    readResource: procedure(
      'ReadResource',
      {
        typeName: scalar(1, 'string'),
        currentState: value(2),
        private: scalar(3, 'bytes'),
        providerMeta: value(4),
        clientCapabilities: clientCapabilities(5),
        currentIdentity: identity(6),
      },
      {
        newState: value(1),
        diagnostics: diagnostics(2),
        private: scalar(3, 'bytes'),
        deferred: deferred(4),
        newIdentity: identity(5),
      },
    ),
    planResourceChange: procedure(
      'PlanResourceChange',
      {
        typeName: scalar(1, 'string'),
        priorState: value(2),
        proposedNewState: value(3),
        config: value(4),
        priorPrivate: scalar(5, 'bytes'),
        providerMeta: value(6),
        clientCapabilities: clientCapabilities(7),
        priorIdentity: identity(8),
      },
      {
        plannedState: value(1),
        requiresReplace: repeated(2, () => AttributePath),
        plannedPrivate: scalar(3, 'bytes'),
        diagnostics: diagnostics(4),
        legacyTypeSystem: scalar(5, 'bool'),
        deferred: deferred(6),
        plannedIdentity: identity(7),
      },
    ),
    applyResourceChange: procedure(
      'ApplyResourceChange',
      {
        typeName: scalar(1, 'string'),
        priorState: value(2),
        plannedState: value(3),
        config: value(4),
        plannedPrivate: scalar(5, 'bytes'),
        providerMeta: value(6),
        plannedIdentity: identity(7),
      },
      {
        newState: value(1),
        private: scalar(2, 'bytes'),
        diagnostics: diagnostics(3),
        legacyTypeSystem: scalar(4, 'bool'),
        newIdentity: identity(5),
      },
    ),
    importResourceState: procedure(
      'ImportResourceState',
      { typeName: scalar(1, 'string'), id: scalar(2, 'string'), clientCapabilities: clientCapabilities(3), identity: identity(4) },
      { importedResources: repeated(1, () => ImportedResource), diagnostics: diagnostics(2), deferred: deferred(3) },
    ),
    moveResourceState: procedure(
      'MoveResourceState',
      {
        sourceProviderAddress: scalar(1, 'string'),
        sourceTypeName: scalar(2, 'string'),
        sourceSchemaVersion: scalar(3, 'int64'),
        sourceState: nested(4, () => RawState),
        targetTypeName: scalar(5, 'string'),
        sourcePrivate: scalar(6, 'bytes'),
        sourceIdentity: nested(7, () => RawState),
        sourceIdentitySchemaVersion: scalar(8, 'int64'),
      },
      { targetState: value(1), diagnostics: diagnostics(2), targetPrivate: scalar(3, 'bytes'), targetIdentity: identity(4) },
    ),
    readDataSource: procedure(
      'ReadDataSource',
      { typeName: scalar(1, 'string'), config: value(2), providerMeta: value(3), clientCapabilities: clientCapabilities(4) },
      { state: value(1), diagnostics: diagnostics(2), deferred: deferred(3) },
    ),
    openEphemeralResource: procedure('OpenEphemeralResource', TypeConfigAndCapabilities, {
      diagnostics: diagnostics(1),
      renewAt: nested(2, () => Timestamp),
      result: value(3),
      private: optional(4, 'bytes'),
      deferred: deferred(5),
    }),
    renewEphemeralResource: procedure('RenewEphemeralResource', privateRequest, {
      diagnostics: diagnostics(1),
      renewAt: nested(2, () => Timestamp),
      private: optional(3, 'bytes'),
    }),
    closeEphemeralResource: procedure('CloseEphemeralResource', privateRequest, DiagnosticsOnly),
    getFunctions: procedure('GetFunctions', Empty, { functions: mapOf(1, () => FunctionSignature), diagnostics: diagnostics(2) }),
    callFunction: procedure(
      'CallFunction',
      { name: scalar(1, 'string'), arguments: repeated(2, () => DynamicValue) },
      { result: value(1), error: nested(2, () => FunctionError) },
    ),
  }
  return { major, Attribute, Block, Schema, procedures }
}

export type ProtocolTables = ReturnType<typeof protocolTables>
export type ProcedureName = keyof ProtocolTables['procedures']

const made = new Map<ProtocolMajor, ProtocolTables>()

export function protocolOf(major: ProtocolMajor): ProtocolTables {
  let tables = made.get(major)
  if (tables === undefined) made.set(major, (tables = protocolTables(major)))
  return tables
}

/** What every plugin serves beside the provider. */
export const pluginProcedures = {
  shutdown: { path: '/plugin.GRPCController/Shutdown', request: Empty, response: Empty },
  /** The answer is a stream of what the process writes after the handshake. */
  streamStdio: {
    path: '/plugin.GRPCStdio/StreamStdio',
    request: Empty,
    response: table({ channel: scalar(1, 'enum'), data: scalar(2, 'bytes') }),
  },
  /** A stream in both directions that carries nothing for providers. */
  startStream: { path: '/plugin.GRPCBroker/StartStream' },
  checkHealth: {
    path: '/grpc.health.v1.Health/Check',
    request: table({ service: scalar(1, 'string') }),
    response: table({ status: scalar(1, 'enum') }),
  },
} as const
export const stdioChannel = { invalid: 0, stdout: 1, stderr: 2 } as const
export const healthStatus = { unknown: 0, serving: 1 } as const
