import { describe, expect, test } from 'vitest'
import {
  dynamicType,
  EPHEMERAL,
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
  pathToString,
  rawEquals,
  SENSITIVE,
  stringType,
  stringVal,
  unknownVal,
} from '../../src/cty/index.ts'
import { decodeObject, encodeObject } from '../../src/states/index.ts'

const type = objectType({ any: dynamicType, b: listType(stringType), m: mapType(stringType), n: numberType })

const value = objectVal({
  any: stringVal('x').mark(SENSITIVE),
  b: listVal([stringVal('0'), stringVal('1').mark(SENSITIVE)]),
  m: mapVal([['k"', stringVal('v').mark(SENSITIVE)]]).mark(SENSITIVE),
  n: numberVal(parseNumeric('9007199254740993.25')!),
})

describe('encodeObject', () => {
  test('sensitive marks become sorted paths, the rest text', () => {
    const object = encodeObject(value, type, { schemaVersion: 2, dependencies: ['b.b', 'a.a', 'b.b'], private: new Uint8Array() })
    expect(object.attributesJson).toBe('{"any":{"value":"x","type":"string"},"b":["0","1"],"m":{"k\\"":"v"},"n":9007199254740993.25}')
    expect(object.sensitivePaths.map(pathToString)).toEqual(['.any', '.b[1]', '.m', '.m["k\\""]'])
    expect(object).toMatchObject({
      status: 'ready',
      schemaVersion: 2,
      private: undefined,
      dependencies: ['a.a', 'b.b'],
      createBeforeDestroy: false,
    })
  })

  test('decodeObject gives the same value back, marks included', () => {
    expect(rawEquals(decodeObject(encodeObject(value, type, { schemaVersion: 0 }), type), value)).toBe(true)
  })

  test('unknown parts are stored as null', () => {
    const partial = objectVal({
      any: unknownVal(dynamicType),
      b: listVal([unknownVal(stringType)]),
      m: nullVal(mapType(stringType)),
      n: unknownVal(numberType),
    })
    expect(encodeObject(partial, type, { schemaVersion: 0 }).attributesJson).toBe('{"any":null,"b":[null],"m":null,"n":null}')
  })

  test('ephemeral values and absent objects are bugs of the caller', () => {
    const ephemeral = objectVal({ a: stringVal('secret').mark(EPHEMERAL) })
    expect(() => encodeObject(ephemeral, objectType({ a: stringType }), { schemaVersion: 0 })).toThrow(
      'An ephemeral value at .a cannot be stored.',
    )
    expect(() => encodeObject(nullVal(type), type, { schemaVersion: 0 })).toThrow('A null or unknown object cannot be stored.')
  })

  test('a path that leads nowhere is passed over when decoding', () => {
    const object = { ...encodeObject(value, type, { schemaVersion: 0 }), attributesJson: '{"any":null,"b":[],"m":null,"n":1}' }
    expect(decodeObject(object, type).getAttr('n').isMarked).toBe(false)
  })

  test('attributes of another type are refused', () => {
    expect(() => decodeObject({ ...encodeObject(value, type, { schemaVersion: 0 }), attributesJson: '{"zz":1}' }, type)).toThrow(/zz/)
  })
})
