import { randomInt } from 'node:crypto'
import {
  CtyError,
  convert,
  falseVal,
  friendlyName,
  listVal,
  mapVal,
  nullVal,
  numberVal,
  objectVal,
  setVal,
  stringVal,
  type Type,
  tupleVal,
  unknownVal,
  type Value,
} from '../cty/index.ts'
import { type Diagnostics, formatRange, type SourceRange } from '../diags/index.ts'
import { type AttributeSchema, attributeType, type BlockSchema, blockObject, collectBlocks } from '../schema/index.ts'

/** What stands in the gaps of an object: unknowns while planning, values that are made up afterwards. */
export interface Filling {
  /** Which values are gaps. Only computed attributes have any. */
  readonly isGap: (value: Value) => boolean
  readonly fill: (type: Type) => Value
  /** Values for attributes by name, for nested blocks those of each block; they count before `fill`. */
  readonly given: Value | undefined
  /** Where those are written. */
  readonly range?: SourceRange | undefined
}

/** The gaps of what a configuration says of an object: what it leaves to the provider. */
export function unknownFilling(): Filling {
  return { isGap: (value) => value.isKnown && value.isNull, fill: unknownVal, given: undefined }
}

/** Everything a configuration leaves open, and all that planning left unknown, is made up, as far as it is not `given`. */
export function madeUpFilling(
  answers: { readonly values: Value | undefined; readonly range?: SourceRange | undefined } | undefined,
): Filling {
  return { isGap: (value) => !value.isKnown || value.isNull, fill: madeUp, given: answers?.values, range: answers?.range }
}

/** An object that conforms to `block` with its gaps filled. What is given and does not fit is reported. */
export function fillObject(block: BlockSchema, object: Value, filling: Filling, diags: Diagnostics): Value {
  if (!object.isKnown || object.isNull) return object
  const members = new Map<string, Value>()
  for (const [name, attribute] of Object.entries(block.attributes)) {
    members.set(name, fillAttribute(name, attribute, object.getAttr(name), filling, diags))
  }
  for (const [name, nested] of Object.entries(block.blockTypes)) {
    const value = object.getAttr(name)
    const inner = { ...filling, given: givenFor(filling, name) }
    if (!value.isKnown || value.isNull) members.set(name, value)
    else if (nested.nesting === 'single' || nested.nesting === 'group') members.set(name, fillObject(nested.block, value, inner, diags))
    else {
      const labelled = value.type.kind === 'map' || value.type.kind === 'object'
      const blocks: readonly (readonly [string, Value])[] = labelled ? [...value.asMap()] : value.asArray().map((v) => ['', v] as const)
      members.set(
        name,
        collectBlocks(
          nested,
          blocks.map(([label, v]) => [label, fillObject(nested.block, v, inner, diags)] as const),
        ),
      )
    }
  }
  return blockObject(members, block)
}

function fillAttribute(name: string, attribute: AttributeSchema, value: Value, filling: Filling, diags: Diagnostics): Value {
  const given = givenFor(filling, name)
  if (filling.isGap(value) && attribute.computed) {
    const type = attributeType(attribute)
    if (given === undefined) return value.isKnown || filling.fill !== unknownVal ? filling.fill(type) : value
    try {
      return convert(given, type)
    } catch (error) {
      if (!(error instanceof CtyError)) throw error
      const place = filling.range === undefined ? '' : ` defined at ${formatRange(filling.range)}`
      const reason = error.message.replace(/, but have .*$/, '')
      diags.error(
        'Failed to compute attribute',
        `Terraform could not compute a value for the target type ${friendlyName(type)} with the mocked data${place} with the attribute ${JSON.stringify(name)}: ${reason}.`,
      )
      return filling.fill(type)
    }
  }
  if (attribute.nestedType === undefined || !value.isKnown || value.isNull) return value
  const inner: BlockSchema = { attributes: attribute.nestedType.attributes, blockTypes: {} }
  const one = (object: Value): Value => fillObject(inner, object, { ...filling, given }, diags)
  switch (value.type.kind) {
    case 'object':
      return one(value)
    case 'map':
      return mapVal(new Map([...value.asMap()].map(([key, v]) => [key, one(v)])), value.type.element)
    case 'list':
      return listVal(value.asArray().map(one), value.type.element)
    case 'set':
      return setVal(value.asArray().map(one), value.type.element)
    default:
      return value
  }
}

function givenFor({ given }: Filling, name: string): Value | undefined {
  if (given === undefined || !given.isKnown || given.isNull) return undefined
  if (given.type.kind !== 'object' && given.type.kind !== 'map') return undefined
  return given.asMap().get(name)
}

/** A value of a type that nobody said anything about: short random texts, zero, false, empty collections. */
export function madeUp(type: Type): Value {
  switch (type.kind) {
    case 'string':
      return stringVal(randomText())
    case 'number':
      return numberVal(0)
    case 'bool':
      return falseVal
    case 'list':
      return listVal([], type.element)
    case 'set':
      return setVal([], type.element)
    case 'map':
      return mapVal(new Map(), type.element)
    case 'tuple':
      return tupleVal(type.elements.map(madeUp))
    case 'object':
      return objectVal(new Map([...type.attributes].map(([name, t]) => [name, madeUp(t)])))
    default:
      return nullVal(type)
  }
}

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'

function randomText(): string {
  return Array.from({ length: 8 }, () => letters[randomInt(letters.length)]).join('')
}
