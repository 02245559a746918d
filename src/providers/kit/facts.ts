import type { ObjectType } from '../../cty/index.ts'
import { type BlockJson, blockFromJson, impliedType, type Schema } from '../../schema/index.ts'
import type { Plain } from './plain.ts'

/** The data file of a resource type or data source: its schema, and what the schema notation has no words for. */
export interface FactsJson {
  readonly version: number
  readonly block: BlockJson
  /** Dotted paths whose change makes a replacement necessary. */
  readonly forceNew?: readonly string[]
  /** Dotted path to the value planned where the configuration has null. */
  readonly defaults?: Readonly<Record<string, Plain>>
  /** Blocks that keep what the service reports when the configuration has none. */
  readonly computedBlocks?: readonly string[]
}

export interface Facts {
  readonly schema: Schema
  readonly type: ObjectType
  readonly forceNew: ReadonlySet<string>
  readonly defaults: Readonly<Record<string, Plain>>
  readonly computedBlocks: ReadonlySet<string>
}

export function factsFromJson(json: FactsJson): Facts {
  const schema: Schema = { version: json.version, block: blockFromJson(json.block) }
  return {
    schema,
    type: impliedType(schema.block),
    forceNew: new Set(json.forceNew),
    defaults: json.defaults ?? {},
    computedBlocks: new Set(json.computedBlocks),
  }
}
