import { typeFromJson, typeToJson } from '../cty/index.ts'
import type { AttributeSchema, BlockSchema, NestedBlockSchema } from './schema.ts'

/** A block as in the output of `providers schema -json`. */
export interface BlockJson {
  readonly attributes?: Readonly<Record<string, AttributeJson>>
  readonly block_types?: Readonly<Record<string, NestedBlockJson>>
  readonly description?: string
  readonly description_kind?: string
  readonly deprecated?: boolean
}

export interface AttributeJson {
  readonly type?: unknown
  readonly nested_type?: { readonly attributes?: Readonly<Record<string, AttributeJson>>; readonly nesting_mode: string }
  readonly description?: string
  readonly description_kind?: string
  readonly required?: boolean
  readonly optional?: boolean
  readonly computed?: boolean
  readonly sensitive?: boolean
  readonly write_only?: boolean
  readonly deprecated?: boolean
}

export interface NestedBlockJson {
  readonly nesting_mode: string
  readonly block?: BlockJson
  readonly min_items?: number
  readonly max_items?: number
}

/** Reads the JSON form of a block; the document is trusted to be one. */
export function blockFromJson(json: BlockJson): BlockSchema {
  return {
    attributes: mapRecord(json.attributes ?? {}, attributeFromJson),
    blockTypes: mapRecord(json.block_types ?? {}, (nested) => ({
      nesting: nested.nesting_mode as NestedBlockSchema['nesting'],
      block: blockFromJson(nested.block ?? {}),
      ...(nested.min_items ? { minItems: nested.min_items } : {}),
      ...(nested.max_items ? { maxItems: nested.max_items } : {}),
    })),
    ...(json.description ? { description: json.description } : {}),
    ...(json.description_kind === 'markdown' ? { descriptionKind: 'markdown' as const } : {}),
    ...(json.deprecated ? { deprecated: true } : {}),
  }
}

function attributeFromJson(json: AttributeJson): AttributeSchema {
  return {
    ...(json.nested_type === undefined
      ? { type: typeFromJson(json.type) }
      : {
          nestedType: {
            nesting: json.nested_type.nesting_mode as 'single',
            attributes: mapRecord(json.nested_type.attributes ?? {}, attributeFromJson),
          },
        }),
    ...(json.required ? { required: true } : {}),
    ...(json.optional ? { optional: true } : {}),
    ...(json.computed ? { computed: true } : {}),
    ...(json.sensitive ? { sensitive: true } : {}),
    ...(json.write_only ? { writeOnly: true } : {}),
    ...(json.deprecated ? { deprecated: true } : {}),
    ...(json.description ? { description: json.description } : {}),
    ...(json.description_kind === 'markdown' ? { descriptionKind: 'markdown' as const } : {}),
  }
}

/** The JSON form of a block: what is false, zero or empty is left out. */
export function blockToJson(block: BlockSchema): BlockJson {
  const attributes = mapRecord(block.attributes, attributeToJson)
  const blockTypes = mapRecord(block.blockTypes, (nested) => ({
    nesting_mode: nested.nesting,
    block: blockToJson(nested.block),
    ...(nested.minItems ? { min_items: nested.minItems } : {}),
    ...(nested.maxItems ? { max_items: nested.maxItems } : {}),
  }))
  return {
    ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
    ...(Object.keys(blockTypes).length > 0 ? { block_types: blockTypes } : {}),
    ...(block.description ? { description: block.description } : {}),
    description_kind: block.descriptionKind ?? 'plain',
    ...(block.deprecated ? { deprecated: true } : {}),
  }
}

function attributeToJson(attribute: AttributeSchema): AttributeJson {
  return {
    ...(attribute.nestedType === undefined
      ? { type: JSON.parse(typeToJson(attribute.type!)) as unknown }
      : {
          nested_type: {
            attributes: mapRecord(attribute.nestedType.attributes, attributeToJson),
            nesting_mode: attribute.nestedType.nesting,
          },
        }),
    ...(attribute.description ? { description: attribute.description } : {}),
    description_kind: attribute.descriptionKind ?? 'plain',
    ...(attribute.deprecated ? { deprecated: true } : {}),
    ...(attribute.required ? { required: true } : {}),
    ...(attribute.optional ? { optional: true } : {}),
    ...(attribute.computed ? { computed: true } : {}),
    ...(attribute.sensitive ? { sensitive: true } : {}),
    ...(attribute.writeOnly ? { write_only: true } : {}),
  }
}

/** Names in ascending order, as in the documents. */
function mapRecord<A, B>(record: Readonly<Record<string, A>>, f: (value: A) => B): Record<string, B> {
  const names = Object.keys(record).sort()
  return Object.fromEntries(names.map((name) => [name, f(record[name]!)]))
}
