import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  jsonNodeToValue,
  jsonToValue,
  parseJsonLossless,
  rawEquals,
  type Type,
  typeEquals,
  typeFromJson,
  type Value,
  valueToJson,
} from '../../src/cty/index.ts'
import { typedValue } from '../support/arbitrary-values.ts'
import { encodeValue } from '../support/tagged.ts'

/** A value, or what is said instead. */
function outcome(read: () => Value): unknown {
  try {
    return encodeValue(read())
  } catch (error) {
    return (error as Error).message
  }
}

const careful = (text: string, type: Type): Value => jsonNodeToValue(parseJsonLossless(text), type)
const anyObject = '["object",{"a":"dynamic","b":"string"}]'

describe('most documents are read by a quicker way, with the same outcome', () => {
  test.each([
    ['"number"', '123456789012345'],
    ['"number"', '1234567890123456789'],
    ['"number"', '-0'],
    ['"number"', '0.1'],
    ['"number"', '1.50'],
    ['"number"', '0.10000000000000000555'],
    ['"number"', '12345678.123456789'],
    ['"number"', '1e400'],
    ['"number"', '1000000000000000000001e-20'],
    ['"number"', '5E2'],
    ['["list","number"]', '[1, 999999999999999.00000001]'],
    ['["list","number"]', '[10000000000000000000001E-20, 1]'],
    ['["tuple",["number","string","number"]]', '[7, "a.b-3e-1", 1000000000000000]'],
    ['["tuple",["string","number"]]', '["1e-2", 1000000000000000000001e-20]'],
    ['["tuple",["string","number"]]', '["0e-1a-2e-34-5e-", 1000000000000000000001e-20 ]'],
    ['["tuple",["number","string"]]', '[1000000000000000000001e-20\n, "4f8e-12"]'],
    ['"number"', '0.0000001'],
    ['"number"', '"12"'],
    ['"number"', 'true'],
    ['["list","number"]', '[1, 12345678901234567890, 2.5]'],
    ['["list","dynamic"]', '[{"value":1,"type":"number"},{"value":"a","type":"string"}]'],
    ['["set","string"]', '["b","a","b"]'],
    ['["tuple",["string","bool"]]', '["a"]'],
    ['["tuple",["string","bool"]]', '["a",false]'],
    ['"string"', '12.50'],
    ['"string"', 'true'],
    ['"string"', '"\\ud83d\\ude00 \\ud800 e\\u0301"'],
    ['"bool"', '"true"'],
    ['"bool"', '1'],
    ['["map","string"]', '{"b":"2","a":"1","b":"3","e\u0301":"4","10":"5","9":"6","__proto__":"7"}'],
    ['["map","dynamic"]', '{"a":{"value":null,"type":"string"}}'],
    [anyObject, '{"a":{"value":{"x":[1,"a"]},"type":["object",{"x":["tuple",["number","string"]]}]},"b":null}'],
    [anyObject, '{"a":{"type":["map","bool"],"value":{}},"b":"x"}'],
    [anyObject, '{"a":{"value":1},"b":"x"}'],
    [anyObject, '{"a":{"value":1,"type":"nothing"},"b":"x"}'],
    [anyObject, '{"a":{"value":1,"type":"number","more":1}}'],
    [anyObject, '{"b":"x"}'],
    [anyObject, '{"b":"x","c":"y"}'],
    [anyObject, '{"b":"x","b":"y"}'],
    [anyObject, '{"b":["x"]}'],
    [anyObject, '{"b":"x"'],
    [anyObject, '[]'],
    [anyObject, 'null'],
    ['["object",{"toString":"string"}]', '{}'],
    ['["object",{"a":"string"},["a"]]', '{}'],
    ['["object",{"__proto__":"string"}]', '{"__proto__":"x"}'],
    ['"dynamic"', '{"value":{"0":"a"},"type":["map","string"]}'],
    ['["list","string"]', `${'['.repeat(3000)}${']'.repeat(3000)}`],
  ])('%s: %j', (type, text) => {
    const constraint = typeFromJson(parseJsonLossless(type))
    expect(outcome(() => jsonToValue(text, constraint))).toEqual(outcome(() => careful(text, constraint)))
  })

  test('any value', () => {
    fc.assert(
      fc.property(typedValue(), fc.boolean(), (value, spread) => {
        const compact = valueToJson(value)
        const text = spread && !/\d{16}|e/i.test(compact) ? JSON.stringify(JSON.parse(compact), undefined, 2) : compact
        const got = jsonToValue(text, value.type)
        const want = careful(text, value.type)
        expect(typeEquals(got.type, want.type) && rawEquals(got, want)).toBe(true)
      }),
    )
  })
})
