import { describe, expect, test } from 'vitest'
import {
  boolType,
  CtyError,
  dynamicType,
  dynamicVal,
  emptyObject,
  listType,
  listVal,
  mapType,
  mapVal,
  numberType,
  numberVal,
  objectVal,
  pathToString,
  SENSITIVE,
  setType,
  setVal,
  stringType,
  stringVal,
  type Type,
  tupleVal,
  typeToJson,
  unknownVal,
  type Value,
} from '../../src/cty/index.ts'
import {
  type AttributeSchema,
  attributeType,
  type BlockSchema,
  blockFromJson,
  blockToJson,
  coerceValue,
  emptyBlockValue,
  impliedType,
  mayBeLegacySdk,
  nullOf,
  schemaSensitivePaths,
  validateSchema,
  writeOnlyPaths,
} from '../../src/schema/index.ts'
import { encodeValue } from '../support/tagged.ts'

const optional: AttributeSchema = { type: stringType, optional: true }
const inner: BlockSchema = { attributes: { a: optional }, blockTypes: {} }
const loose: BlockSchema = { attributes: { d: { type: dynamicType, optional: true } }, blockTypes: {} }
const every: BlockSchema = {
  attributes: {
    s: optional,
    n: { type: numberType, computed: true },
    single: { optional: true, nestedType: { nesting: 'single', attributes: { a: optional } } },
    list: { optional: true, nestedType: { nesting: 'list', attributes: { a: optional } } },
    set: { optional: true, nestedType: { nesting: 'set', attributes: { a: optional } } },
    map: { optional: true, nestedType: { nesting: 'map', attributes: { a: optional } } },
  },
  blockTypes: {
    bsingle: { nesting: 'single', block: inner },
    bgroup: { nesting: 'group', block: inner },
    blist: { nesting: 'list', block: inner, minItems: 1, maxItems: 2 },
    bset: { nesting: 'set', block: inner },
    bmap: { nesting: 'map', block: inner },
    looselist: { nesting: 'list', block: loose },
    loosemap: { nesting: 'map', block: loose },
  },
}

test('implied types', () => {
  const object = ['object', { a: 'string' }]
  expect(JSON.parse(typeToJson(impliedType(every)))).toEqual([
    'object',
    {
      s: 'string',
      n: 'number',
      single: object,
      list: ['list', object],
      set: ['set', object],
      map: ['map', object],
      bsingle: object,
      bgroup: object,
      blist: ['list', object],
      bset: ['set', object],
      bmap: ['map', object],
      looselist: 'dynamic',
      loosemap: 'dynamic',
    },
  ])
  expect(impliedType(every)).toBe(impliedType(every))
  expect(attributeType(every.attributes.single!)).toEqual(impliedType(inner))
})

test('empty and null objects', () => {
  const a = { object: { a: { null: 'string' } } }
  const object = ['object', { a: 'string' }]
  expect(encodeValue(emptyBlockValue(every))).toEqual({
    object: {
      s: { null: 'string' },
      n: { null: 'number' },
      single: { null: object },
      list: { null: ['list', object] },
      set: { null: ['set', object] },
      map: { null: ['map', object] },
      bsingle: { null: object },
      bgroup: a,
      blist: { list: [], of: object },
      bset: { set: [], of: object },
      bmap: { map: {}, of: object },
      looselist: { tuple: [] },
      loosemap: { object: {} },
    },
  })
  expect(nullOf(inner).isNull).toBe(true)
  expect(nullOf(inner).type).toBe(impliedType(inner))
})

describe('coerceValue', () => {
  const schema: BlockSchema = {
    attributes: { r: { type: stringType, required: true }, l: { type: listType(numberType), optional: true } },
    blockTypes: { b: { nesting: 'list', block: inner }, m: { nesting: 'map', block: inner }, g: { nesting: 'group', block: inner } },
  }
  const r = stringVal('x')
  const show = (v: Value): unknown => {
    const { object } = encodeValue(coerceValue(v, schema)) as { object: Record<string, unknown> }
    return object
  }
  const element = { object: { a: { null: 'string' } } }
  const of = ['object', { a: 'string' }]
  const rest = { l: { null: ['list', 'number'] }, b: { list: [], of }, m: { map: {}, of }, g: element }

  test.each<[string, Value, unknown]>([
    ['what is absent', objectVal({ r }), { ...rest, r: { string: 'x' } }],
    [
      'conversion',
      objectVal({ r: numberVal(1), l: tupleVal([stringVal('2')]) }),
      { ...rest, r: { string: '1' }, l: { list: [{ number: '2' }], of: 'number' } },
    ],
    ['marks', objectVal({ r: r.mark(SENSITIVE) }), { ...rest, r: { string: 'x', marks: ['sensitive'] } }],
    ['a map as object', mapVal([['r', r]]), { ...rest, r: { string: 'x' } }],
    [
      'blocks',
      objectVal({ r, b: tupleVal([emptyObject]), m: objectVal({ k: emptyObject }) }),
      { ...rest, r: { string: 'x' }, b: { list: [element], of }, m: { map: { k: element }, of } },
    ],
    ['unknown blocks', objectVal({ r, b: dynamicVal }), { ...rest, r: { string: 'x' }, b: { unknown: ['list', of] } }],
  ])('%s', (_, given, want) => {
    expect(show(given)).toEqual(want)
  })

  test.each<[Value, string]>([
    [stringVal('x'), ': an object is required'],
    [emptyObject, ': attribute "r" is required'],
    [objectVal({ r, z: r }), ': unexpected attribute "z"'],
    [objectVal({ r, b: r }), '.b: must be a list'],
    [objectVal({ r, b: tupleVal([objectVal({ z: r })]) }), '.b[0]: unexpected attribute "z"'],
    [objectVal({ r: emptyObject }), '.r: string required, but have object'],
  ])('refuses %#', (given, want) => {
    let problem: unknown
    try {
      coerceValue(given, schema)
    } catch (e) {
      problem = e
    }
    expect(problem).toBeInstanceOf(CtyError)
    expect(`${pathToString((problem as CtyError).path)}: ${(problem as CtyError).message}`).toBe(want)
  })
})

describe('places of sensitive attributes', () => {
  const secret: AttributeSchema = { type: stringType, optional: true, sensitive: true }
  const write: AttributeSchema = { type: stringType, optional: true, writeOnly: true }
  const block: BlockSchema = { attributes: { p: secret, w: write, q: optional }, blockTypes: {} }
  const schema: BlockSchema = {
    attributes: {
      top: secret,
      nested: { optional: true, nestedType: { nesting: 'map', attributes: { p: secret, q: optional } } },
      whole: { optional: true, sensitive: true, nestedType: { nesting: 'list', attributes: { q: optional } } },
    },
    blockTypes: { list: { nesting: 'list', block }, set: { nesting: 'set', block }, single: { nesting: 'single', block } },
  }
  const s = stringVal('x')
  const element = objectVal({ p: s, w: s, q: s })
  const value = objectVal([
    ...emptyBlockValue(schema).asMap(),
    ['nested', mapVal([['k', objectVal({ p: s, q: s })]])],
    ['list', listVal([element, element])],
    ['set', setVal([element])],
    ['single', element],
  ])
  const show = (paths: ReturnType<typeof schemaSensitivePaths>): string[] => paths.map(pathToString)

  test('in a full value', () => {
    expect(show(schemaSensitivePaths(schema, value))).toEqual([
      '.top',
      '.nested["k"].p',
      '.whole',
      '.list[0].p',
      '.list[1].p',
      '.set',
      '.single.p',
    ])
    expect(show(writeOnlyPaths(schema, value))).toEqual(['.list[0].w', '.list[1].w', '.set', '.single.w'])
  })

  test('where there is nothing', () => {
    expect(show(schemaSensitivePaths(schema, emptyBlockValue(schema)))).toEqual(['.top', '.whole'])
    expect(show(schemaSensitivePaths(schema, nullOf(schema)))).toEqual([])
    expect(show(schemaSensitivePaths(schema, unknownVal(impliedType(schema))))).toEqual([])
    expect(show(schemaSensitivePaths(inner, emptyBlockValue(inner)))).toEqual([])
  })
})

describe('mistakes in schemas', () => {
  const attributes = (a: Record<string, AttributeSchema>): BlockSchema => ({ attributes: a, blockTypes: {} })
  test.each<[BlockSchema, string[]]>([
    [every, []],
    [attributes({ a: { type: stringType } }), ['.a: must set required, optional or computed']],
    [attributes({ a: { type: stringType, required: true, optional: true } }), ['.a: cannot set both required and optional']],
    [attributes({ a: { type: stringType, required: true, computed: true } }), ['.a: cannot set both required and computed']],
    [attributes({ A: { type: stringType, optional: true } }), ['.A: name may contain only lowercase letters, digits and underscores']],
    [attributes({ a: { optional: true } }), ['.a: either type or nestedType must be set, and not both']],
    [
      attributes({ a: { type: stringType, optional: true, computed: true, writeOnly: true } }),
      ['.a: cannot set both writeOnly and computed'],
    ],
    [
      attributes({
        a: {
          optional: true,
          nestedType: { nesting: 'set', attributes: { d: { type: dynamicType, optional: true }, b: { type: boolType } } },
        },
      }),
      ['.a: a set must not have attributes of dynamic type', '.a.b: must set required, optional or computed'],
    ],
    [
      { attributes: { a: optional }, blockTypes: { a: { nesting: 'list', block: inner } } },
      ['.a: name defined as both attribute and child block type'],
    ],
    [
      { attributes: {}, blockTypes: { a: { nesting: 'map', block: inner, minItems: 1 } } },
      ['.a: minItems and maxItems must not be set in a map block'],
    ],
    [
      { attributes: {}, blockTypes: { a: { nesting: 'list', block: inner, minItems: 3, maxItems: 2 } } },
      ['.a: minItems must not be greater than maxItems'],
    ],
    [
      { attributes: {}, blockTypes: { a: { nesting: 'set', block: loose } } },
      ['.a: a set of blocks must not have attributes of dynamic type'],
    ],
  ])('%#', (schema, want) => {
    expect(validateSchema(schema)).toEqual(want)
  })
})

test('schemas survive JSON', () => {
  const schema: BlockSchema = {
    ...every,
    attributes: { ...every.attributes, z: { type: mapType(stringType), optional: true, sensitive: true, description: 'd' } },
  }
  const again = blockFromJson(JSON.parse(JSON.stringify(blockToJson(schema))))
  expect(again).toEqual(schema)
})

describe('what the old SDK could not say', () => {
  const object = impliedType(inner)
  test.each<[string, Type, boolean]>([
    ['primitive', stringType, true],
    ['list of object', listType(object), true],
    ['set of list', setType(listType(stringType)), true],
    ['object', object, false],
    ['map of object', mapType(object), false],
    ['list of list of object', listType(listType(object)), false],
  ])('%s', (_, type, want) => {
    expect(
      mayBeLegacySdk({
        attributes: {},
        blockTypes: { b: { nesting: 'list', block: { attributes: { x: { type, optional: true } }, blockTypes: {} } } },
      }),
    ).toBe(want)
  })
  test('nested types', () => expect(mayBeLegacySdk(every)).toBe(false))
})
