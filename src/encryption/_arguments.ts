import {
  boolType,
  ConversionError,
  convert,
  listType,
  numberType,
  numericToJs,
  stringType,
  type Type,
  unmarkDeep,
  type Value,
} from '../cty/index.ts'
import { valueToJson } from '../cty/json/index.ts'
import type { Diagnostics, SourceRange } from '../diags/index.ts'
import { type Attribute, type Expr, justAttributes, partialContent } from '../hcl/index.ts'
import type { NamedBlock } from './blocks.ts'

/** The value of an expression that is needed before anything is planned; undefined when it has none, which is reported. */
export type EvaluateEarly = (expr: Expr, needer: string, diags: Diagnostics) => Value | undefined

/** The arguments of one block. What is wrong with them is reported where it stands. */
export class Arguments {
  /** `key_provider.openbao.main`. */
  readonly address: string
  readonly range: SourceRange
  readonly #attributes: ReadonlyMap<string, Attribute>
  readonly #blocks: ReadonlyMap<string, Arguments>
  readonly #evaluate: EvaluateEarly
  readonly #diags: Diagnostics
  readonly #errorsBefore: number

  constructor(
    attributes: ReadonlyMap<string, Attribute>,
    place: { readonly address: string; readonly range: SourceRange },
    evaluate: EvaluateEarly,
    diags: Diagnostics,
    blocks: ReadonlyMap<string, Arguments> = new Map(),
  ) {
    this.address = place.address
    this.range = place.range
    this.#attributes = attributes
    this.#blocks = blocks
    this.#evaluate = evaluate
    this.#diags = diags
    this.#errorsBefore = diags.items.length
  }

  /** Whether anything has been reported since the first argument was read. */
  get failed(): boolean {
    return this.#diags.items.length > this.#errorsBefore
  }

  attribute(name: string): Attribute | undefined {
    return this.#attributes.get(name)
  }

  block(name: string): Arguments | undefined {
    return this.#blocks.get(name)
  }

  /** A known value without marks; undefined where there is none, also for null. */
  value(name: string, type: Type): Value | undefined {
    const attribute = this.#attributes.get(name)
    if (attribute === undefined) return undefined
    const { range } = attribute.expr
    const value = this.#evaluate(attribute.expr, `${this.address}.${name}`, this.#diags)
    if (value === undefined) return undefined
    try {
      const converted = convert(unmarkDeep(value), type)
      if (converted.isWhollyKnown) return converted.isNull ? undefined : converted
      this.#diags.error('Unsuitable value', `The value of "${name}" must be known before anything is planned.`, { subject: range })
    } catch (error) {
      if (!(error instanceof ConversionError)) throw error
      this.#diags.error('Unsuitable value type', `Unsuitable value for "${name}": ${error.message}.`, { subject: range })
    }
    return undefined
  }

  text(name: string): string | undefined {
    return this.value(name, stringType)?.asString()
  }

  number(name: string): number | undefined {
    const value = this.value(name, numberType)
    return value && numericToJs(value.asNumeric())
  }

  flag(name: string): boolean | undefined {
    return this.value(name, boolType)?.asBool()
  }

  /** Texts, none of them null. */
  texts(name: string): readonly string[] | undefined {
    const list = this.value(name, listType(stringType))?.asArray()
    return list?.flatMap((item) => (item.isNull ? [] : [item.asString()]))
  }

  /** A value as JSON. */
  json(name: string, type: Type): unknown {
    const value = this.value(name, type)
    return value && (JSON.parse(valueToJson(value, value.type)) as unknown)
  }

  /** A text that must be there and not empty; empty when it is not, which is reported. */
  required(name: string): string {
    const before = this.#diags.items.length
    const text = this.text(name) ?? ''
    if (text === '' && this.#diags.items.length === before) this.missing(name)
    return text
  }

  missing(name: string): void {
    this.#diags.error('Missing required argument', `The argument "${name}" is required, but no definition was found.`, {
      subject: this.range,
    })
  }

  /** @param name of the argument that is wrong; without it the block is */
  problem(detail: string, name?: string): void {
    this.report('Invalid key provider', detail, name)
  }

  report(summary: string, detail: string, name?: string): void {
    const subject = (name === undefined ? undefined : this.#attributes.get(name)?.expr.range) ?? this.range
    this.#diags.error(summary, detail, { subject })
  }
}

/**
 * The arguments of a block, later bodies before earlier ones; others than these are reported.
 *
 * @param blockNames arguments that are written as blocks, with the names of those within them
 */
export function readArguments(
  block: Pick<NamedBlock, 'bodies' | 'range'>,
  address: string,
  names: readonly string[],
  evaluate: EvaluateEarly,
  diags: Diagnostics,
  blockNames: Readonly<Record<string, readonly string[]>> = {},
): Arguments {
  const found = new Map<string, Attribute>()
  const blocks = new Map<string, Arguments>()
  const schema = { attributes: [], blocks: Object.keys(blockNames).map((type) => ({ type, labelNames: [] })) }
  for (const whole of block.bodies) {
    const { content, remain } = partialContent(whole, schema, diags)
    for (const { type, body, headerRange } of content.blocks)
      blocks.set(type, readArguments({ bodies: [body], range: headerRange }, `${address}.${type}`, blockNames[type]!, evaluate, diags))
    for (const [name, attribute] of justAttributes(remain, diags)) {
      if (names.includes(name)) found.set(name, attribute)
      else diags.error('Unsupported argument', `An argument named "${name}" is not expected here.`, { subject: attribute.nameRange })
    }
  }
  return new Arguments(found, { address, range: block.range }, evaluate, diags, blocks)
}
