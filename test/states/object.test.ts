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
  valueToJson,
} from '../../src/cty/index.ts'
import { decodeObject, encodeObject, type ObjectState, stateInstances } from '../../src/states/index.ts'
import { readOk } from './_support.ts'

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

describe('attributes as they stand in a file', () => {
  const state = (attributes: string): string =>
    `{"version":4,"terraform_version":"1.9.0","serial":1,"lineage":"x","outputs":{},"resources":[{"mode":"managed","type":"a_b","name":"n","provider":"provider[\\"registry.terraform.io/hashicorp/null\\"]","instances":[{"schema_version":0,"attributes":${attributes}}]}],"check_results":null}`
  const read = (attributes: string): ObjectState => [...stateInstances(readOk(state(attributes)).state)][0]![2]
  const rest = '"any": null,\n  "b": [],\n  "m": null'

  test.each([
    ['laid out as all do it', '{\n  "n": 5,\n  "any": null,\n  "b": [\n    "x"\n  ],\n  "m": null\n}'],
    ['with more space', '{\n  "n"  :5 ,\n  "any":\tnull,\n  "b": [ "x" ],\n  "m": null\n}'],
    ['in one line', '{"n":5,"any":null,"b":["x"],"m":null}'],
    ['nested in more than can be kept', `{\n  "n": 5,\n  "any": null,\n  "b": [\n    "x"\n  ],\n  "m": null\n${' '.repeat(30_000)}}`],
  ])('%s', (_, attributes) => {
    const object = read(attributes)
    for (let i = 0; i < 2; i++) expect(valueToJson(decodeObject(object, type))).toBe('{"any":null,"b":["x"],"m":null,"n":5}')
    expect(String(object.attributesJson)).toBe('{"n":5,"any":null,"b":["x"],"m":null}')
    expect(String({ ...object, createBeforeDestroy: true }.attributesJson)).toBe('{"n":5,"any":null,"b":["x"],"m":null}')
  })

  test.each(['1.0000000000000000001', '1e2', '-12345678901234567', '100000000000000000000001e-20'])(
    'the number %s keeps its digits',
    (n) => {
      for (const attributes of [`{\n  "n": ${n},\n  ${rest}\n}`, `{\n  "n":${n},\n  ${rest}\n}`, `{\n  "n":\n${n},\n  ${rest}\n}`]) {
        expect(rawEquals(decodeObject(read(attributes), type).getAttr('n'), numberVal(parseNumeric(n)!))).toBe(true)
      }
    },
  )
})
