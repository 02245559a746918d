import type { ObjectType } from '../../cty/index.ts'
import { type BlockJson, blockFromJson, impliedType, type Schema } from '../../schema/index.ts'
import type { Plain } from './plain.ts'
import type { ValueRules } from './value-rules.ts'

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
  /** What to write instead of arguments that are deprecated, or gone: a sentence, by name. */
  readonly advice?: Readonly<Record<string, string>>
  /** What values must be, by dotted path. */
  readonly rules?: Readonly<Record<string, ValueRules>>
}

export interface Facts {
  readonly schema: Schema
  readonly type: ObjectType
  readonly forceNew: ReadonlySet<string>
  readonly defaults: Readonly<Record<string, Plain>>
  readonly computedBlocks: ReadonlySet<string>
  /** Of arguments that the schema still has. */
  readonly advice: Readonly<Record<string, string>>
  readonly rules: Readonly<Record<string, ValueRules>>
}

export function factsFromJson(json: FactsJson): Facts {
  const { advice = {} } = json
  const current = blockFromJson(json.block)
  const isThere = (name: string): boolean => Object.hasOwn(current.attributes, name) || Object.hasOwn(current.blockTypes, name)
  const pick = (there: boolean): Record<string, string> =>
    Object.fromEntries(Object.entries(advice).filter(([name]) => isThere(name) === there))
  const former = pick(false)
  const block = Object.keys(former).length === 0 ? current : { ...current, former }
  const schema: Schema = { version: json.version, block }
  return {
    schema,
    type: impliedType(schema.block),
    forceNew: new Set(json.forceNew),
    defaults: json.defaults ?? {},
    computedBlocks: new Set(json.computedBlocks),
    advice: pick(true),
    rules: json.rules ?? {},
  }
}
