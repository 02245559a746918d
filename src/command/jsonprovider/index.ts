import { compareStrings } from '../../base/index.ts'
import { typeToJson } from '../../cty/index.ts'
import type { FunctionParameter, IdentitySchema, ProviderFunction, ProviderSchema } from '../../providers/index.ts'
import { blockToJson, type Schema } from '../../schema/index.ts'
import { type JsonDocument, RawJson } from '../json/json-text.ts'

/** Schemas of providers by complete source address; see reference/plan-json.md 6. */
export function providerSchemasDocument(schemas: ReadonlyMap<string, ProviderSchema>): JsonDocument {
  const entries = [...schemas].sort(([a], [b]) => compareStrings(a, b)).map(([key, schema]) => [key, providerDocument(schema)] as const)
  return { format_version: '1.0', ...(entries.length === 0 ? {} : { provider_schemas: Object.fromEntries(entries) }) }
}

function providerDocument(schema: ProviderSchema): JsonDocument {
  return {
    provider: providerBlock(schema),
    resource_schemas: byName(schema.resourceNames(), (name) => schemaDocument(schema.resource(name)!)),
    data_source_schemas: byName(schema.dataSourceNames(), (name) => schemaDocument(schema.dataSource(name)!)),
    ephemeral_resource_schemas: byName(schema.ephemeralResourceNames?.() ?? [], (name) => schemaDocument(schema.ephemeralResource!(name)!)),
    functions: byName([...(schema.functions?.keys() ?? [])], (name) => functionDocument(schema.functions!.get(name)!)),
    resource_identity_schemas: byName(
      schema.resourceNames().filter((name) => schema.identity?.(name) !== undefined),
      (name) => identityDocument(schema.identity!(name)!),
    ),
  }
}

/** A provider without arguments shows its version alone. */
function providerBlock({ provider }: ProviderSchema): JsonDocument {
  const isEmpty = Object.keys(provider.attributes).length + Object.keys(provider.blockTypes).length === 0
  return { version: 0, block: isEmpty ? undefined : blockDocument(provider) }
}

function schemaDocument({ version, block }: Schema): JsonDocument {
  return { version, block: blockDocument(block) }
}

function blockDocument(block: Schema['block']): JsonDocument {
  return blockToJson(block) as JsonDocument
}

/** Undefined when there are none. */
function byName(names: readonly string[], document: (name: string) => JsonDocument): JsonDocument | undefined {
  if (names.length === 0) return undefined
  return Object.fromEntries(names.toSorted(compareStrings).map((name) => [name, document(name)]))
}

function functionDocument(signature: ProviderFunction): JsonDocument {
  const { parameters, variadicParameter } = signature
  return {
    description: text(signature.description),
    summary: text(signature.summary),
    deprecation_message: text(signature.deprecationMessage),
    return_type: new RawJson(typeToJson(signature.returnType)),
    parameters: parameters.length === 0 ? undefined : parameters.map(parameterDocument),
    variadic_parameter: variadicParameter && parameterDocument(variadicParameter),
  }
}

function parameterDocument(parameter: FunctionParameter): JsonDocument {
  return {
    name: text(parameter.name),
    description: text(parameter.description),
    is_nullable: parameter.allowNull === true ? true : undefined,
    type: new RawJson(typeToJson(parameter.type)),
  }
}

function identityDocument({ version, attributes }: IdentitySchema): JsonDocument {
  return {
    version,
    attributes: byName(Object.keys(attributes), (name) => {
      const { type, description, requiredForImport, optionalForImport } = attributes[name]!
      return {
        type: new RawJson(typeToJson(type)),
        description: text(description),
        required_for_import: requiredForImport === true ? true : undefined,
        optional_for_import: optionalForImport === true ? true : undefined,
      }
    }),
  }
}

function text(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}
