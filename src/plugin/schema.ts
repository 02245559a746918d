import { parseJsonLossless, type Type, typeFromJson } from '../cty/index.ts'
import type { FunctionParameter, IdentitySchema, ProviderFunction, ProviderSchema } from '../providers/index.ts'
import type { AttributeSchema, BlockSchema, NestedAttributeType, NestedBlockSchema, Schema } from '../schema/index.ts'
import {
  attributeNesting,
  blockNesting,
  type Decoded,
  decodeMessage,
  type FunctionSignature,
  type ProtocolMajor,
  type ProtocolTables,
  protocolOf,
  ResourceIdentitySchema,
  type FunctionParameter as SignatureParameter,
  severity,
  stringKind,
  WireError,
} from './wire/index.ts'

/** The answers a plugin gave about itself, as they came. */
export interface SchemaAnswers {
  readonly protocol: ProtocolMajor
  /** Of GetProviderSchema. */
  readonly schema: Uint8Array
  /** Of GetResourceIdentitySchemas; empty where the plugin does not have that call. */
  readonly identities: Uint8Array
}

/** What a plugin can do beside its types. */
export interface Capabilities {
  readonly planDestroy: boolean
  /** Other calls may be made without asking for the schema first. */
  readonly schemaOptional: boolean
  readonly moveResourceState: boolean
}

export interface PluginSchema extends ProviderSchema {
  readonly capabilities: Capabilities
  /** Both absent where the plugin has none. */
  ephemeralResource(typeName: string): Schema | undefined
  identity(typeName: string): IdentitySchema | undefined
}

type BlockMessage = Decoded<ProtocolTables['Block']>
type AttributeMessage = Decoded<ProtocolTables['Attribute']>

/**
 * The schemas of a plugin, indexed at once and decoded type by type when first asked for: an answer of tens of megabytes costs
 * a millisecond until then. A type whose schema is damaged is answered as one that does not exist.
 *
 * @throws WireError when the answers are damaged or without a schema for the provider itself.
 */
export function readPluginSchema(answers: SchemaAnswers): PluginSchema {
  const { Schema: table, procedures } = protocolOf(answers.protocol)
  const index = decodeMessage(procedures.getProviderSchema.response, answers.schema)
  const problem = index.diagnostics.find((d) => d.severity !== severity.warning)
  if (problem !== undefined) throw new WireError(`${problem.summary}: ${problem.detail}`)
  if (index.provider === undefined) throw new WireError('the answer has no schema for the provider itself')
  const identities = decodeMessage(procedures.getResourceIdentitySchemas.response, answers.identities).identitySchemas
  const lookUp = (found: ReadonlyMap<string, Uint8Array>): ((name: string) => Schema | undefined) =>
    lazily(found, (bytes) => schemaFromMessage(decodeMessage(table, bytes)))
  const capabilities = index.serverCapabilities
  return {
    provider: schemaFromMessage(index.provider).block,
    resource: lookUp(index.resourceSchemas),
    dataSource: lookUp(index.dataSourceSchemas),
    ephemeralResource: lookUp(index.ephemeralResourceSchemas),
    resourceNames: () => [...index.resourceSchemas.keys()].sort(),
    dataSourceNames: () => [...index.dataSourceSchemas.keys()].sort(),
    ephemeralResourceNames: () => [...index.ephemeralResourceSchemas.keys()].sort(),
    identity: lazily(identities, (bytes) => identityFromMessage(decodeMessage(ResourceIdentitySchema, bytes))),
    functions: new Map([...index.functions].map(([name, signature]) => [name, functionFromMessage(signature)])),
    providerMeta: index.providerMeta === undefined ? undefined : schemaFromMessage(index.providerMeta).block,
    planDestroy: capabilities?.planDestroy ?? false,
    capabilities: {
      planDestroy: capabilities?.planDestroy ?? false,
      schemaOptional: capabilities?.getProviderSchemaOptional ?? false,
      moveResourceState: capabilities?.moveResourceState ?? false,
    },
  }
}

function lazily<T>(found: ReadonlyMap<string, Uint8Array>, read: (bytes: Uint8Array) => T): (name: string) => T | undefined {
  const known = new Map<string, T | undefined>()
  return (name) => {
    if (known.has(name)) return known.get(name)
    const bytes = found.get(name)
    let made: T | undefined
    try {
      made = bytes === undefined ? undefined : read(bytes)
    } catch {
      made = undefined
    }
    known.set(name, made)
    return made
  }
}

function schemaFromMessage(message: Decoded<ProtocolTables['Schema']>): Schema {
  return { version: message.version, block: message.block === undefined ? emptyBlock : blockFromMessage(message.block) }
}

const emptyBlock: BlockSchema = { attributes: {}, blockTypes: {} }

function blockFromMessage(message: BlockMessage): BlockSchema {
  return {
    attributes: record(message.attributes, (a) => [a.name, attributeFromMessage(a)]),
    blockTypes: record(message.blockTypes, (b) => [
      b.typeName,
      {
        nesting: blockNestingName(b.nesting),
        block: b.block === undefined ? emptyBlock : blockFromMessage(b.block),
        ...(b.minItems > 0 ? { minItems: b.minItems } : {}),
        ...(b.maxItems > 0 ? { maxItems: b.maxItems } : {}),
      },
    ]),
    ...(message.description === '' ? {} : { description: message.description }),
    ...(message.descriptionKind === stringKind.markdown ? { descriptionKind: 'markdown' as const } : {}),
    ...(message.deprecated ? { deprecated: true } : {}),
  }
}

function attributeFromMessage(message: AttributeMessage): AttributeSchema {
  return {
    ...(message.nestedType === undefined
      ? { type: readType(message.type) }
      : {
          nestedType: {
            nesting: attributeNestingName(message.nestedType.nesting),
            attributes: record(message.nestedType.attributes, (a) => [a.name, attributeFromMessage(a)]),
          },
        }),
    ...(message.required ? { required: true } : {}),
    ...(message.optional ? { optional: true } : {}),
    ...(message.computed ? { computed: true } : {}),
    ...(message.sensitive ? { sensitive: true } : {}),
    ...(message.writeOnly ? { writeOnly: true } : {}),
    ...(message.deprecated ? { deprecated: true } : {}),
    ...(message.description === '' ? {} : { description: message.description }),
    ...(message.descriptionKind === stringKind.markdown ? { descriptionKind: 'markdown' as const } : {}),
  }
}

function record<M, T>(items: readonly M[], entry: (item: M) => [string, T]): Readonly<Record<string, T>> {
  // A name such as `__proto__` is a name like any other.
  return Object.fromEntries(items.map(entry))
}

function blockNestingName(number: number): NestedBlockSchema['nesting'] {
  switch (number) {
    case blockNesting.single:
      return 'single'
    case blockNesting.list:
      return 'list'
    case blockNesting.set:
      return 'set'
    case blockNesting.map:
      return 'map'
    case blockNesting.group:
      return 'group'
    default:
      throw new WireError(`${number} is no way to nest blocks`)
  }
}

function attributeNestingName(number: number): NestedAttributeType['nesting'] {
  switch (number) {
    case attributeNesting.single:
      return 'single'
    case attributeNesting.list:
      return 'list'
    case attributeNesting.set:
      return 'set'
    case attributeNesting.map:
      return 'map'
    default:
      throw new WireError(`${number} is no way to nest attributes`)
  }
}

/** Few types make up thousands of attributes. */
const types = new Map<string, Type>()

function readType(bytes: Uint8Array): Type {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  let type = types.get(text)
  if (type === undefined) types.set(text, (type = typeFromJson(parseJsonLossless(text))))
  return type
}

function identityFromMessage(message: Decoded<typeof ResourceIdentitySchema>): IdentitySchema {
  return {
    version: message.version,
    attributes: record(message.identityAttributes, (a) => [
      a.name,
      {
        type: readType(a.type),
        ...(a.requiredForImport ? { requiredForImport: true } : {}),
        ...(a.optionalForImport ? { optionalForImport: true } : {}),
        ...(a.description === '' ? {} : { description: a.description }),
      },
    ]),
  }
}

function functionFromMessage(message: Decoded<typeof FunctionSignature>): ProviderFunction {
  if (message.return === undefined) throw new WireError('a function has no type of its result')
  return {
    parameters: message.parameters.map(parameterFromMessage),
    variadicParameter: message.variadicParameter === undefined ? undefined : parameterFromMessage(message.variadicParameter),
    returnType: readType(message.return.type),
    ...texts(message),
    ...(message.summary === '' ? {} : { summary: message.summary }),
    ...(message.deprecationMessage === '' ? {} : { deprecationMessage: message.deprecationMessage }),
  }
}

function parameterFromMessage(message: Decoded<typeof SignatureParameter>): FunctionParameter {
  return {
    name: message.name,
    type: readType(message.type),
    ...(message.allowNullValue ? { allowNull: true } : {}),
    ...(message.allowUnknownValues ? { allowUnknown: true } : {}),
    ...texts(message),
  }
}

function texts(message: { description: string; descriptionKind: number }): {
  description?: string
  descriptionKind?: 'plain' | 'markdown'
} {
  if (message.description === '') return {}
  return { description: message.description, descriptionKind: message.descriptionKind === stringKind.markdown ? 'markdown' : 'plain' }
}
