import fc from 'fast-check'
import {
  boolType,
  boolVal,
  listType,
  listVal,
  mapType,
  mapVal,
  nullVal,
  numberType,
  numberVal,
  objectType,
  objectVal,
  parseNumeric,
  setType,
  setVal,
  stringType,
  stringVal,
  type Type,
  tupleType,
  tupleVal,
  unknownVal,
  type Value,
} from '../../src/cty/index.ts'

const name = fc.constantFrom('a', 'b', 'name', 'é', 'size', '__proto__')

const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 6 }), fc.constantFrom('', '1', 'true', 'x', '<&>"\\\n', '\u2028'))

const numberText = fc.oneof(fc.integer().map(String), fc.double({ noNaN: true, noDefaultInfinity: true }).map(String), fc.constant('0.1'))

/** Types without dynamic parts, some levels deep. */
export const arbitraryType: fc.Arbitrary<Type> = fc.letrec<{ type: Type }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<Type>(stringType, numberType, boolType),
    tie('type').map(listType),
    tie('type').map(setType),
    tie('type').map(mapType),
    fc.array(tie('type'), { maxLength: 3 }).map(tupleType),
    fc.dictionary(name, tie('type'), { maxKeys: 3, noNullPrototype: false }).map((d) => objectType(Object.entries(d))),
  ),
})).type

export interface ValueOptions {
  readonly unknown?: boolean
  readonly marks?: readonly string[]
}

/** Values of a type, nulls included; unknown and marked parts on request. */
export function arbitraryValueOf(type: Type, options: ValueOptions = {}): fc.Arbitrary<Value> {
  const { unknown = false, marks = [] } = options
  const plain = fc.oneof(
    { weight: 8, arbitrary: contentOf(type, options) },
    { weight: 1, arbitrary: fc.constant(nullVal(type)) },
    ...(unknown ? [{ weight: 2, arbitrary: fc.constant(unknownVal(type)) }] : []),
  )
  if (marks.length === 0) return plain
  return fc.tuple(plain, fc.subarray([...marks])).map(([v, m]) => v.withMarks(new Set(m)))
}

function contentOf(type: Type, options: ValueOptions): fc.Arbitrary<Value> {
  switch (type.kind) {
    case 'string':
      return text.map(stringVal)
    case 'number':
      return numberText.map((n) => numberVal(parseNumeric(n)!))
    case 'bool':
      return fc.boolean().map(boolVal)
    case 'list':
      return fc.array(arbitraryValueOf(type.element, options), { maxLength: 3 }).map((e) => listVal(e, type.element))
    case 'set':
      return fc.array(arbitraryValueOf(type.element, options), { maxLength: 4 }).map((e) => setVal(e, type.element))
    case 'map':
      return fc
        .array(fc.tuple(name, arbitraryValueOf(type.element, options)), { maxLength: 3 })
        .map((entries) => mapVal(new Map(entries), type.element))
    case 'tuple':
      return fc.tuple(...type.elements.map((t) => arbitraryValueOf(t, options))).map(tupleVal)
    case 'object': {
      const names = [...type.attributes.keys()]
      return fc
        .tuple(...[...type.attributes.values()].map((t) => arbitraryValueOf(t, options)))
        .map((values) => objectVal(values.map((v, i) => [names[i]!, v] as const)))
    }
    default:
      throw new Error(`No values of ${type.kind} are made here.`)
  }
}

/** A value together with its type. */
export function typedValue(options: ValueOptions = {}): fc.Arbitrary<Value> {
  return arbitraryType.chain((type) => arbitraryValueOf(type, options))
}
