import { describe, expect, test } from 'vitest'
import {
  applyPath,
  attributeStep,
  CtyError,
  convert,
  dynamicVal,
  impliedTypeOfJson,
  indexStep,
  intVal,
  jsonString,
  jsonToImpliedValue,
  jsonToValue,
  lengthOf,
  listType,
  listVal,
  mapVal,
  markPaths,
  msgpackToValue,
  numberType,
  numberVal,
  objectVal,
  type Path,
  parseJsonLossless,
  pathHasPrefix,
  pathToString,
  type Refinement,
  refine,
  SENSITIVE,
  setKey,
  setVal,
  stringType,
  stringVal,
  trueVal,
  tupleVal,
  typeFromJson,
  unknownVal,
  type Value,
  valueToJson,
} from '../../src/cty/index.ts'
import { decodeType, decodeValue, encodeValue, type Tagged } from '../support/tagged.ts'

describe('refine', () => {
  const cases: [string, unknown, Refinement[], Tagged][] = [
    ['nothing', 'string', [{}], { unknown: 'string' }],
    ['not null twice', 'string', [{ notNull: true }, { notNull: true }], { unknown: 'string', refine: { notNull: true } }],
    [
      'the longer prefix',
      'string',
      [{ prefix: 'ab-' }, { prefix: 'a' }],
      { unknown: 'string', refine: { prefix: 'ab-', prefixFull: true } },
    ],
    ['equal bounds of a number', 'number', [{ notNull: true, min: bound(3), max: bound(3) }], { number: '3' }],
    [
      'equal bounds that may be null',
      'number',
      [{ min: bound(3), max: bound(3) }],
      { unknown: 'number', refine: { min: ['3', true], max: ['3', true] } },
    ],
    ['infinite bounds', 'number', [{ min: bound(Number.NEGATIVE_INFINITY) }], { unknown: 'number' }],
    ['empty map', ['map', 'bool'], [{ maxLength: 0 }, { notNull: true }], { map: {}, of: 'bool' }],
    [
      'list of known length',
      ['list', 'bool'],
      [{ notNull: true, minLength: 2, maxLength: 2 }],
      { list: [{ unknown: 'bool' }, { unknown: 'bool' }], of: 'bool' },
    ],
    ['set of one', ['set', 'bool'], [{ notNull: true, minLength: 1, maxLength: 1 }], { set: [{ unknown: 'bool' }], of: 'bool' }],
    ['unknown type', 'dynamic', [{ notNull: true }], { unknown: 'dynamic' }],
    ['what does not apply', 'bool', [{ prefix: 'a', minLength: 1 }], { unknown: 'bool' }],
  ]
  test.each(cases)('%s', (_, type, refinements, want) => {
    const got = refinements.reduce<Value>((v, r) => refine(v, r), unknownVal(decodeType(type)))
    expect(encodeValue(got)).toEqual(want)
  })

  const contradictions: [unknown, Refinement, Refinement][] = [
    ['string', { prefix: 'a-' }, { prefix: 'b-' }],
    ['number', { min: bound(2) }, { max: bound(1) }],
    ['number', { min: bound(2) }, { max: { value: 2, inclusive: false } }],
    [['list', 'bool'], { minLength: 2 }, { maxLength: 1 }],
  ]
  test.each(contradictions)('%j: contradiction', (type, first, second) => {
    expect(() => refine(refine(unknownVal(decodeType(type)), first), second)).toThrow(CtyError)
  })

  test('known values are checked', () => {
    expect(refine(stringVal('abc'), { prefix: 'ab', notNull: true }).asString()).toBe('abc')
    expect(() => refine(stringVal('abc'), { prefix: 'b' })).toThrow(CtyError)
  })

  function bound(value: number): { value: number; inclusive: boolean } {
    return { value, inclusive: true }
  }
})

describe('sets', () => {
  test('keys of compound elements', () => {
    const value = tupleVal([stringVal('local'), objectVal({ path: stringVal('x\n"é\u00a0'), dir: decodeValue({ null: 'string' }) })])
    expect(setKey(value)).toBe('<"local";<~;"x\\n\\"é\\u00a0";>;>')
    expect(setKey(mapVal([['a', numberVal(1.5)]]))).toBe('{"a":1.5;}')
    expect(setKey(listVal([trueVal, decodeValue({ unknown: 'bool' })]))).toBe('[T;?;]')
  })

  test('order: known, unknown, null', () => {
    const set = decodeValue({
      set: [{ unknown: 'string' }, { null: 'string' }, { string: 'b' }, { string: 'a' }, { null: 'string' }],
      of: 'string',
    })
    expect(encodeValue(set).set).toEqual([{ string: 'a' }, { string: 'b' }, { unknown: 'string' }, { null: 'string' }])
  })

  test('numbers that differ beyond ten digits stay apart in compound elements', () => {
    const element = (n: string): Value => tupleVal([decodeValue({ number: n })])
    expect(setVal([element('1.00000000001'), element('1'), element('1.00000000001')]).asArray().length).toBe(2)
  })

  test('length with unknown elements is between bounds', () => {
    const set = decodeValue({ set: [{ unknown: 'string' }, { string: 'a' }], of: 'string' })
    expect(encodeValue(lengthOf(set))).toEqual({ unknown: 'number', refine: { notNull: true, min: ['1', true], max: ['2', true] } })
  })
})

describe('paths', () => {
  const path: Path = [attributeStep('a'), indexStep(numberVal(1)), indexStep(stringVal('k"'))]
  const value = objectVal({ a: tupleVal([trueVal, mapVal([['k"', stringVal('found')]])]) })

  test('text', () => expect(pathToString(path)).toBe('.a[1]["k\\""]'))

  test('application', () => {
    expect(applyPath(value, path).asString()).toBe('found')
    expect(applyPath(value.mark('m'), path).hasMark('m')).toBe(true)
    expect(applyPath(dynamicVal, path)).toBe(dynamicVal)
    expect(() => applyPath(value, [attributeStep('b')])).toThrow('object has no attribute "b"')
  })

  test('an index of 64 bits is the same step as one from text', () => {
    expect(pathHasPrefix(path, [attributeStep('a'), indexStep(intVal(1))])).toBe(true)
    expect(pathHasPrefix(path, [attributeStep('a'), indexStep(intVal(2))])).toBe(false)
  })

  test('marks of a place in a set go to the set', () => {
    const object = objectVal({ s: setVal([stringVal('x')]), t: stringVal('y') })
    const marked = markPaths(object, [
      { path: [attributeStep('s'), indexStep(stringVal('x'))], marks: new Set([SENSITIVE]) },
      { path: [attributeStep('missing')], marks: new Set([SENSITIVE]) },
    ])
    expect(marked.getAttr('s').hasMark(SENSITIVE)).toBe(true)
    expect(marked.getAttr('t').isMarked).toBe(false)
  })
})

describe('conversion errors say where', () => {
  test('in an element', () => {
    let error: unknown
    try {
      convert(tupleVal([objectVal({ n: stringVal('x') })]), listType(decodeType(['object', { n: 'number' }])))
    } catch (e) {
      error = e
    }
    expect(error).toMatchObject({ name: 'ConversionError', message: 'a number is required' })
    expect(pathToString((error as CtyError).path)).toBe('[0].n')
  })

  test.each(['True', 'FALSE'])('hint for %s', (text) => {
    expect(() => convert(stringVal(text), decodeType('bool'))).toThrow(
      `a bool is required; to convert from string, use lowercase "${text.toLowerCase()}"`,
    )
  })
})

describe('JSON', () => {
  test.each([
    ['a<b>&"\\', '"a\\u003cb\\u003e\\u0026\\"\\\\"'],
    ['\b\f\n\r\t\u0001\u007f', '"\\b\\f\\n\\r\\t\\u0001\u007f"'],
    ['\u2028é😀\ud800', '"\\u2028é😀\\ufffd"'],
  ])('string %j', (text, want) => expect(jsonString(text)).toBe(want))

  test.each([
    ['', 'unexpected end of JSON input'],
    ['tru', 'unexpected end of JSON input'],
    ['nul!', "invalid character '!' in literal null (expecting 'l')"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['[1 2]', "invalid character '2' after array element"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['"\n"', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['1.', 'unexpected end of JSON input'],
    ['-a', "invalid character 'a' in numeric literal"],
    ['1 2', "invalid character '2' after top-level value"],
  ])('error in %j', (text, message) => expect(() => parseJsonLossless(text)).toThrow(message))

  test('depth is no danger', () => {
    expect(() => parseJsonLossless('['.repeat(200_000) + ']'.repeat(200_000))).not.toThrow()
    expect(() => impliedTypeOfJson('['.repeat(5000) + ']'.repeat(5000))).toThrow('nested too deeply')
    expect(() => jsonToImpliedValue('['.repeat(500) + ']'.repeat(500))).not.toThrow()
  })

  test('numbers are read from their text', () => {
    expect(valueToJson(jsonToValue('[12345678901234567890123,1e3,"0.10"]', listType(numberType)))).toBe(
      '[12345678901234567890123,1000,0.1]',
    )
    expect(valueToJson(jsonToValue('[1.50,true]', listType(stringType)))).toBe('["1.50","true"]')
  })

  test.each<[string, unknown, string]>([
    ['[1]', 'string', 'a string is required'],
    ['{"b":1}', ['object', { a: 'number' }], 'unsupported attribute "b"'],
    ['[]', ['tuple', ['bool']], 'not enough tuple elements (need 1)'],
    ['[true,true]', ['tuple', ['bool']], 'too many tuple elements'],
    ['{"value":1}', 'dynamic', 'missing type in dynamically-typed value'],
  ])('%s is no %j', (text, type, message) => expect(() => jsonToValue(text, decodeType(type))).toThrow(message))

  test('encoders refuse marks, unknowns and infinities', () => {
    expect(() => valueToJson(tupleVal([trueVal.mark('m')]))).toThrow(CtyError)
    expect(() => valueToJson(tupleVal([dynamicVal]))).toThrow(CtyError)
    expect(() => valueToJson(numberVal(Number.POSITIVE_INFINITY))).toThrow(CtyError)
  })

  test.each(['"text"', '["list"]', '["list","bool","bool"]', '["object",{},["a"],1]', '{}', '1'])('%s describes no type', (text) => {
    expect(() => typeFromJson(JSON.parse(text))).toThrow(CtyError)
  })
})

describe('msgpack of others', () => {
  const hex = (text: string): Uint8Array => Buffer.from(text, 'hex')
  test.each<[string, string, unknown, Tagged]>([
    ['float32', 'ca3f000000', 'number', { number: '0.5' }],
    ['float64', 'cb3fb999999999999a', 'number', { number: '0.1' }],
    ['uint64', 'cfffffffffffffffff', 'number', { number: '18446744073709551615' }],
    ['decimal text', 'a3302e31', 'number', { number: '0.1' }],
    ['extension of another type', 'd50503ff', 'string', { unknown: 'string' }],
    ['refined with a key of the future', 'c7060c8201c2079100', 'string', { unknown: 'string', refine: { notNull: true } }],
    ['refined to null', 'c7030c8101c3', 'string', { null: 'string' }],
    ['refined to a number', 'c70b0c8301c203920ac304920ac3', 'number', { number: '10' }],
    ['set with duplicates', '93a161a162a161', ['set', 'string'], { set: [{ string: 'a' }, { string: 'b' }], of: 'string' }],
  ])('%s', (_, bytes, type, want) => expect(encodeValue(msgpackToValue(hex(bytes), decodeType(type)))).toEqual(want))

  test.each<[string, string, unknown]>([
    ['too short', 'a3', 'string'],
    ['too long', 'c2c2', 'bool'],
    ['object with a missing attribute', '80', ['object', { a: 'bool' }]],
    ['object with a wrong attribute', '81a162c2', ['object', { a: 'bool' }]],
    ['tuple of another length', '90', ['tuple', ['bool']]],
    ['reserved code', 'c1', 'bool'],
    ['a length nobody can send', 'dd7fffffff', ['list', 'bool']],
  ])('%s is refused', (_, bytes, type) => expect(() => msgpackToValue(hex(bytes), decodeType(type))).toThrow(CtyError))
})
