import type { AttributeSchema, BlockSchema, NestedBlockSchema } from '../../schema/index.ts'
import type { Plain } from '../kit/plain.ts'

/** One attribute: its schema, and what the schema notation has no words for. */
export interface SimpleAttribute extends AttributeSchema {
  /** A change makes a replacement necessary. */
  readonly forceNew?: boolean | undefined
  /** Planned where the configuration has null; the attribute is optional and computed. */
  readonly default?: Plain | undefined
  /** Computed and the same for the whole life of the object: updates do not make it unknown. */
  readonly stable?: boolean | undefined
  /** What is wrong with a configured value that is known, as a sentence without a subject such as `value must be at least 1`. */
  readonly check?: ((value: Plain) => string | undefined) | undefined
  /** Names of arguments that must not be set with it. */
  readonly conflictsWith?: readonly string[] | undefined
  /** Names of arguments of which, with it, exactly one must be set. */
  readonly exactlyOneOf?: readonly string[] | undefined
  /** Names of arguments that must be set with it. */
  readonly alsoRequires?: readonly string[] | undefined
}

export type SimpleAttributes = Readonly<Record<string, SimpleAttribute>>

export interface SimpleBlock {
  readonly nesting: 'single' | 'list' | 'set'
  readonly attributes: SimpleAttributes
  readonly minItems?: number | undefined
  readonly maxItems?: number | undefined
  readonly forceNew?: boolean | undefined
}

export type SimpleBlocks = Readonly<Record<string, SimpleBlock>>

/** The schema of a description. */
export function simpleSchema(attributes: SimpleAttributes, blocks: SimpleBlocks = {}): BlockSchema {
  return {
    attributes: Object.fromEntries(Object.entries(attributes).map(([name, attribute]) => [name, attributeSchema(attribute)])),
    blockTypes: Object.fromEntries(
      Object.entries(blocks).map(([name, { nesting, attributes: inner, minItems, maxItems }]): [string, NestedBlockSchema] => [
        name,
        { nesting, block: simpleSchema(inner), minItems, maxItems },
      ]),
    ),
  }
}

function attributeSchema(attribute: SimpleAttribute): AttributeSchema {
  const {
    forceNew: _,
    default: __,
    stable: ___,
    check: ____,
    conflictsWith: _____,
    exactlyOneOf: ______,
    alsoRequires: _______,
    ...schema
  } = attribute
  return attribute.default === undefined ? schema : { ...schema, optional: true, computed: true }
}
