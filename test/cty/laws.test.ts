import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  CtyError,
  conforms,
  convert,
  dynamicType,
  equals,
  jsonToValue,
  listType,
  type Mark,
  markPaths,
  msgpackToValue,
  parseJsonLossless,
  rawEquals,
  setVal,
  takeMarks,
  transformValue,
  typeEquals,
  typeFromJson,
  typeToJson,
  unify,
  unifyValues,
  unknownAsNull,
  unmarkDeepWithPaths,
  type Value,
  valueToJson,
  valueToMsgpack,
} from '../../src/cty/index.ts'
import { arbitraryType, arbitraryValueOf, typedValue } from '../support/arbitrary-values.ts'
import { operations } from '../support/cty-operations.ts'
import { decodeValue, encodeValue } from '../support/tagged.ts'

function expectSame(got: Value, want: Value): void {
  if (!rawEquals(got, want)) expect(encodeValue(got)).toEqual(encodeValue(want))
  expect(rawEquals(got, want)).toBe(true)
}

function marksIn(value: Value): ReadonlySet<Mark> {
  return takeMarks(value)[1] ?? new Set()
}

describe('encodings', () => {
  test('types survive JSON', () => {
    fc.assert(
      fc.property(arbitraryType, (type) => {
        expect(typeEquals(typeFromJson(parseJsonLossless(typeToJson(type))), type)).toBe(true)
      }),
    )
  })

  test('known values survive JSON, also with their type beside them', () => {
    fc.assert(
      fc.property(typedValue(), (value) => {
        expectSame(jsonToValue(valueToJson(value), value.type), value)
        // An untyped null is all that JSON can say of a null at the top.
        if (!value.isNull) expectSame(jsonToValue(valueToJson(value, dynamicType), dynamicType), value)
        expect(() => JSON.parse(valueToJson(value))).not.toThrow()
      }),
    )
  })

  test('values with unknown parts survive msgpack', () => {
    fc.assert(
      fc.property(typedValue({ unknown: true }), (value) => {
        expectSame(msgpackToValue(valueToMsgpack(value), value.type), value)
        expectSame(msgpackToValue(valueToMsgpack(value, dynamicType), dynamicType), value)
      }),
    )
  })

  test('values survive the tagged notation of the vectors', () => {
    fc.assert(
      fc.property(typedValue({ unknown: true, marks: ['m', 'n'] }), (value) => {
        expectSame(decodeValue(encodeValue(value)), value)
      }),
    )
  })
})

describe('conversion', () => {
  const anyMarks = { unknown: true, marks: ['m', 'n'] }

  test('to the own type changes nothing', () => {
    fc.assert(
      fc.property(typedValue(anyMarks), (value) => {
        expect(convert(value, value.type)).toBe(value)
      }),
    )
  })

  test('gives a value of the wanted type, and doing it again changes nothing', () => {
    fc.assert(
      fc.property(typedValue(anyMarks), arbitraryType, (value, wanted) => {
        let converted: Value
        try {
          converted = convert(value, wanted)
        } catch (error) {
          expect(error).toBeInstanceOf(CtyError)
          return
        }
        expect(typeEquals(converted.type, wanted)).toBe(true)
        expectSame(convert(converted, wanted), converted)
      }),
      { numRuns: 500 },
    )
  })

  test('keeps marks, unless what they are on is dropped', () => {
    fc.assert(
      fc.property(typedValue({ unknown: true, marks: ['m'] }), (value) => {
        const list = convert(listOf(value), listType(dynamicType))
        expect([...marksIn(list)]).toEqual([...marksIn(value)])
      }),
    )
  })

  test('all values convert to the type they unify to', () => {
    fc.assert(
      fc.property(fc.array(typedValue({ unknown: true }), { minLength: 1, maxLength: 3 }), (values) => {
        const type = unify(
          values.map((v) => v.type),
          'safe',
        )
        if (type === undefined) return
        for (const value of values) expect(conforms(convert(value, type).type, type)).toBe(true)
        expect(unifyValues(values, 'safe')!.values.length).toBe(values.length)
      }),
      { numRuns: 300 },
    )
  })
})

function listOf(value: Value): Value {
  return decodeValue({ tuple: [encodeValue(value)] })
}

describe('sets', () => {
  test('the order does not depend on the order of insertion, and duplicates vanish', () => {
    const elements = arbitraryType.chain((type) => fc.tuple(fc.constant(type), fc.array(arbitraryValueOf(type), { maxLength: 8 })))
    fc.assert(
      fc.property(elements, fc.infiniteStream(fc.nat()), ([type, values], random) => {
        const shuffled = [...values, ...values].map((v) => ({ v, key: random.next().value })).sort((a, b) => a.key - b.key)
        const set = setVal(values, type)
        const other = setVal(
          shuffled.map(({ v }) => v),
          type,
        )
        expectSame(other, set)
        expect(equals(other, set).payload).toBe(true)
        expect(set.asArray().length).toBeLessThanOrEqual(values.length)
      }),
    )
  })

  test('marks of elements move to the set', () => {
    const marked = arbitraryType.chain((type) =>
      fc.tuple(fc.constant(type), fc.array(arbitraryValueOf(type, { marks: ['m', 'n'] }), { maxLength: 4 })),
    )
    fc.assert(
      fc.property(marked, ([type, values]) => {
        const set = setVal(values, type)
        expect(new Set(set.marks)).toEqual(new Set(values.flatMap((v) => [...marksIn(v)])))
        for (const e of set.asArray()) expect(e.containsMarked).toBe(false)
      }),
    )
  })
})

describe('operations', () => {
  const two = arbitraryType.chain((type) =>
    fc.tuple(arbitraryValueOf(type, { unknown: true, marks: ['m', 'n'] }), arbitraryValueOf(type, { unknown: true, marks: ['o'] })),
  )

  test.each(Object.keys(operations))('%s never loses the marks of its operands', (name) => {
    const operation = operations[name]!
    fc.assert(
      fc.property(two, ([a, b]) => {
        let result: Value
        try {
          result = operation.length === 1 ? operation(a) : operation(a, b)
        } catch (error) {
          expect(error).toBeInstanceOf(CtyError)
          return
        }
        const operands = operation.length === 1 ? [a] : [a, b]
        for (const operand of operands) for (const mark of operand.marks ?? []) expect(result.hasMark(mark)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  test('equals decides for known values and agrees with raw equality', () => {
    fc.assert(
      fc.property(
        arbitraryType.chain((type) => fc.tuple(arbitraryValueOf(type), arbitraryValueOf(type))),
        ([a, b]) => {
          expect(equals(a, a).payload).toBe(true)
          expect(equals(a, b).payload).toBe(rawEquals(a, b))
          expect(equals(b, a).payload).toBe(rawEquals(a, b))
        },
      ),
    )
  })
})

describe('walking', () => {
  test('marks taken off with their paths go back to where they were', () => {
    fc.assert(
      fc.property(typedValue({ unknown: true, marks: ['m', 'n'] }), (value) => {
        const [bare, places] = unmarkDeepWithPaths(value)
        expect(bare.containsMarked).toBe(false)
        expectSame(markPaths(bare, places), value)
      }),
    )
  })

  test('a transformation that changes nothing gives the same value', () => {
    fc.assert(
      fc.property(typedValue({ unknown: true, marks: ['m'] }), (value) => {
        expect(transformValue(value, (_, v) => v)).toBe(value)
      }),
    )
  })

  test('unknownAsNull leaves no unknown, and known values alone', () => {
    fc.assert(
      fc.property(typedValue({ unknown: true, marks: ['m'] }), (value) => {
        const known = unknownAsNull(value)
        expect(known.isWhollyKnown).toBe(true)
        expect(marksIn(known)).toEqual(marksIn(value))
        if (value.isWhollyKnown) expect(known).toBe(value)
      }),
    )
  })
})
