import type { Type } from '../cty/index.ts'

/** What a provider says of a body: attributes and nested blocks by name. */
export interface BlockSchema {
  readonly attributes: Readonly<Record<string, AttributeSchema>>
  readonly blockTypes: Readonly<Record<string, NestedBlockSchema>>
  readonly description?: string | undefined
  /** Default: plain text. */
  readonly descriptionKind?: 'plain' | 'markdown' | undefined
  readonly deprecated?: boolean | undefined
  /** What to write today instead of arguments of earlier versions: a sentence, by name. Not part of the provider protocol. */
  readonly former?: Readonly<Record<string, string>> | undefined
}

/** Either `type` or `nestedType` is set. */
export interface AttributeSchema {
  readonly type?: Type | undefined
  readonly nestedType?: NestedAttributeType | undefined
  readonly required?: boolean | undefined
  readonly optional?: boolean | undefined
  readonly computed?: boolean | undefined
  readonly sensitive?: boolean | undefined
  readonly writeOnly?: boolean | undefined
  readonly deprecated?: boolean | undefined
  readonly description?: string | undefined
  /** Default: plain text. */
  readonly descriptionKind?: 'plain' | 'markdown' | undefined
}

export interface NestedAttributeType {
  readonly nesting: 'single' | 'list' | 'set' | 'map'
  readonly attributes: Readonly<Record<string, AttributeSchema>>
}

export interface NestedBlockSchema {
  readonly nesting: 'single' | 'group' | 'list' | 'set' | 'map'
  readonly block: BlockSchema
  /** For lists and sets; 0 or absent: no bound. */
  readonly minItems?: number | undefined
  readonly maxItems?: number | undefined
}

/** The schema of a provider configuration, a resource type or a data source. */
export interface Schema {
  readonly version: number
  readonly block: BlockSchema
}
