import { typeToJson } from '../cty/index.ts'
import {
  attributeNesting,
  blockNesting,
  type Encodable,
  type FunctionParameter as FunctionParameterMessage,
  type FunctionSignature,
  type ProtocolMajor,
  type ProtocolTables,
  type ResourceIdentitySchema,
  stringKind,
} from '../plugin/wire/index.ts'
import type { FunctionParameter, IdentitySchema, ProviderFunction } from '../providers/index.ts'
import type { AttributeSchema, BlockSchema, Schema } from '../schema/index.ts'

type BlockMessage = Encodable<ProtocolTables['Block']>
type AttributeMessage = Encodable<ProtocolTables['Attribute']>

/** A schema cannot be said in this version of the protocol. */
export class UnservableSchema extends Error {
  override readonly name = 'UnservableSchema'
}

/** @throws UnservableSchema when protocol 5 has no words for it. */
export function schemaToMessage(schema: Schema, major: ProtocolMajor): Encodable<ProtocolTables['Schema']> {
  return { version: schema.version, block: blockToMessage(schema.block, major) }
}

function blockToMessage(block: BlockSchema, major: ProtocolMajor): BlockMessage {
  return {
    attributes: Object.entries(block.attributes).map(([name, attribute]) => attributeToMessage(name, attribute, major)),
    blockTypes: Object.entries(block.blockTypes).map(([typeName, nested]) => ({
      typeName,
      block: blockToMessage(nested.block, major),
      nesting: blockNesting[nested.nesting],
      minItems: nested.minItems ?? 0,
      maxItems: nested.maxItems ?? 0,
    })),
    description: block.description ?? '',
    deprecated: block.deprecated ?? false,
  }
}

function attributeToMessage(name: string, attribute: AttributeSchema, major: ProtocolMajor): AttributeMessage {
  const { nestedType, type } = attribute
  if (nestedType !== undefined && major === 5) {
    throw new UnservableSchema(
      `The attribute "${name}" has attributes of its own, which plugin protocol 5 cannot express. Serve the provider over protocol 6, which Terraform 1.0 and later and every OpenTofu understand, or declare a block or an attribute with an object type instead.`,
    )
  }
  return {
    name,
    ...(nestedType === undefined
      ? { type: Buffer.from(typeToJson(type!)) }
      : {
          nestedType: {
            nesting: attributeNesting[nestedType.nesting],
            attributes: Object.entries(nestedType.attributes).map(([inner, a]) => attributeToMessage(inner, a, major)),
          },
        }),
    description: attribute.description ?? '',
    required: attribute.required ?? false,
    optional: attribute.optional ?? false,
    computed: attribute.computed ?? false,
    sensitive: attribute.sensitive ?? false,
    deprecated: attribute.deprecated ?? false,
    writeOnly: attribute.writeOnly ?? false,
  }
}

export function identitySchemaToMessage({ version, attributes }: IdentitySchema): Encodable<typeof ResourceIdentitySchema> {
  return {
    version,
    identityAttributes: Object.entries(attributes).map(([name, a]) => ({
      name,
      type: Buffer.from(typeToJson(a.type)),
      requiredForImport: a.requiredForImport ?? false,
      optionalForImport: a.optionalForImport ?? false,
      description: a.description ?? '',
    })),
  }
}

export function functionToMessage(f: ProviderFunction): Encodable<typeof FunctionSignature> {
  return {
    parameters: f.parameters.map(parameterToMessage),
    variadicParameter: f.variadicParameter === undefined ? undefined : parameterToMessage(f.variadicParameter),
    return: { type: Buffer.from(typeToJson(f.returnType)) },
    summary: f.summary ?? '',
    description: f.description ?? '',
    descriptionKind: stringKind[f.descriptionKind ?? 'plain'],
    deprecationMessage: f.deprecationMessage ?? '',
  }
}

function parameterToMessage(p: FunctionParameter): Encodable<typeof FunctionParameterMessage> {
  return {
    name: p.name,
    type: Buffer.from(typeToJson(p.type)),
    allowNullValue: p.allowNull ?? false,
    allowUnknownValues: p.allowUnknown ?? false,
    description: p.description ?? '',
    descriptionKind: stringKind[p.descriptionKind ?? 'plain'],
  }
}
