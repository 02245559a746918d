import { describe, expect, test } from 'vitest'
import {
  dynamicType,
  listType,
  mapType,
  nullVal,
  numberType,
  objectType,
  SENSITIVE,
  setType,
  stringType,
  stringVal,
  unknownVal,
  type Value,
} from '../../src/cty/index.ts'
import { Diagnostics, Source } from '../../src/diags/index.ts'
import { type EvalContext, parseHcl, parseJsonBody, traversalToString } from '../../src/hcl/index.ts'
import { type AttributeSchema, type BlockSchema, bodyReferences, decodeBody, impliedType } from '../../src/schema/index.ts'

const optional: AttributeSchema = { type: stringType, optional: true }
const noBlocks = { blockTypes: {} }
const inner: BlockSchema = { attributes: { a: optional, n: { type: numberType, optional: true } }, ...noBlocks }
const required: BlockSchema = { attributes: { r: { type: stringType, required: true } }, ...noBlocks }

function blocks(blockTypes: BlockSchema['blockTypes']): BlockSchema {
  return { attributes: {}, blockTypes }
}

const variables = new Map<string, Value>([
  ['later', unknownVal(dynamicType)],
  ['secret', stringVal('s').mark(SENSITIVE)],
  ['secrets', stringListOf('x').mark(SENSITIVE)],
  ['none', nullVal(listType(stringType))],
])

function stringListOf(text: string): Value {
  return decodeOne(`a = ["${text}"]`, listType(stringType))
}

function decodeOne(text: string, type: AttributeSchema['type']): Value {
  const diags = new Diagnostics()
  return decodeBody(
    parseHcl(new Source('t', text), diags).body,
    { attributes: { a: { type, optional: true } }, ...noBlocks },
    undefined,
    diags,
  ).getAttr('a')
}

const ctx: EvalContext = { variables, functions: () => undefined }

/** A value in short: `?` unknown, `!` sensitive, `~` an empty collection of any kind. */
function show(v: Value): string {
  const marks = v.isMarked ? '!' : ''
  if (v.isNull) return `null${marks}`
  if (!v.isKnown) return `?${marks}`
  switch (v.type.kind) {
    case 'string':
      return v.asString() + marks
    case 'list':
    case 'tuple':
      return `[${v.asArray().map(show).join(' ')}]${marks}`
    case 'set':
      return `<${v.asArray().map(show).join(' ')}>${marks}`
    case 'map':
      return `map{${members(v)}}${marks}`
    case 'object':
      return `{${members(v)}}${marks}`
    default:
      return String(v.payload) + marks
  }
}

function members(v: Value): string {
  return [...v.asMap()].map(([k, x]) => `${k}=${show(x)}`).join(' ')
}

function decode(schema: BlockSchema, text: string, json = false): { shown: string; problems: string[]; value: Value } {
  const diags = new Diagnostics()
  const source = new Source('main.tf', text)
  const body = json ? parseJsonBody(source, diags) : parseHcl(source, diags).body
  expect(diags.items).toEqual([])
  const value = decodeBody(body, schema, ctx, diags)
  const problems = diags.items.map((d) => {
    const { subject } = d
    return `${subject === undefined ? '' : text.slice(subject.start, subject.end)} | ${d.summary} | ${d.detail}`
  })
  return { shown: show(value), problems, value }
}

describe('attributes', () => {
  const schema: BlockSchema = {
    attributes: { ...inner.attributes, l: { type: listType(stringType), optional: true }, d: { type: dynamicType, optional: true } },
    ...noBlocks,
  }
  test.each([
    ['', '{a=null d=null l=null n=null}'],
    ['a = "x"', '{a=x d=null l=null n=null}'],
    ['a = 5\nn = "6"', '{a=5 d=null l=null n=6}'],
    ['a = null', '{a=null d=null l=null n=null}'],
    ['a = later', '{a=? d=null l=null n=null}'],
    ['a = secret', '{a=s! d=null l=null n=null}'],
    ['l = ["x", secret, later]', '{a=null d=null l=[x s! ?] n=null}'],
    ['d = { x = [1] }', '{a=null d={x=[1]} l=null n=null}'],
  ])('%j', (text, want) => {
    const { shown, problems } = decode(schema, text)
    expect(problems).toEqual([])
    expect(shown).toBe(want)
  })

  test.each([
    [
      'a = []',
      '{a=? d=null l=null n=null}',
      ['[] | Incorrect attribute value type | Inappropriate value for attribute "a": string required, but have tuple.'],
    ],
    [
      'n = "x"',
      '{a=null d=null l=null n=?}',
      ['"x" | Incorrect attribute value type | Inappropriate value for attribute "n": a number is required.'],
    ],
    [
      'b = 1',
      '{a=null d=null l=null n=null}',
      ['b | Unsupported argument | An argument named "b" is not expected here. Did you mean "a"?'],
    ],
    ['b {}', '{a=null d=null l=null n=null}', ['b | Unsupported block type | Blocks of type "b" are not expected here.']],
    [
      'dynamic "b" {\nfor_each = []\ncontent {}\n}',
      '{a=null d=null l=null n=null}',
      ['"b" | Unsupported block type | Blocks of type "b" are not expected here.'],
    ],
  ])('%j', (text, want, problems) => {
    const result = decode(schema, text)
    expect(result.problems).toEqual(problems)
    expect(result.shown).toBe(want)
  })

  test('a required argument that is missing', () => {
    expect(decode(required, '').problems.map((p) => p.replace(/^.* \| M/, 'M'))).toEqual([
      'Missing required argument | The argument "r" is required, but no definition was found.',
    ])
  })
})

describe('nested blocks', () => {
  const one = (nesting: 'single' | 'group' | 'list' | 'set' | 'map', more: object = {}): BlockSchema =>
    blocks({ b: { nesting, block: inner, ...more } })
  test.each<[string, BlockSchema, string, string]>([
    ['single', one('single'), '', '{b=null}'],
    ['single', one('single'), 'b {}', '{b={a=null n=null}}'],
    ['single', one('single'), 'b {\na = "x"\n}', '{b={a=x n=null}}'],
    ['group', one('group'), '', '{b={a=null n=null}}'],
    ['group', one('group'), 'b {\nn = 1\n}', '{b={a=null n=1}}'],
    ['list', one('list'), '', '{b=[]}'],
    ['list', one('list'), 'b {}\nb {\na = "x"\n}', '{b=[{a=null n=null} {a=x n=null}]}'],
    ['set', one('set'), '', '{b=<>}'],
    ['set', one('set'), 'b {\na = "x"\n}\nb {\na = "x"\n}', '{b=<{a=x n=null}>}'],
    ['set', one('set'), 'b {\na = secret\n}', '{b=<{a=s n=null}>!}'],
    ['map', one('map'), '', '{b=map{}}'],
    ['map', one('map'), 'b "k" {\na = "x"\n}\nb "j" {}', '{b=map{j={a=null n=null} k={a=x n=null}}}'],
    ['list with minimum', one('list', { minItems: 1 }), 'b {}', '{b=[{a=null n=null}]}'],
    [
      'list of dynamic',
      blocks({ b: { nesting: 'list', block: { attributes: { d: { type: dynamicType, optional: true } }, blockTypes: {} } } }),
      'b {\nd = 1\n}\nb {\nd = "x"\n}',
      '{b=[{d=1} {d=x}]}',
    ],
    [
      'list of dynamic, none',
      blocks({ b: { nesting: 'list', block: { attributes: { d: { type: dynamicType, optional: true } }, blockTypes: {} } } }),
      '',
      '{b=[]}',
    ],
    [
      'map of dynamic',
      blocks({ b: { nesting: 'map', block: { attributes: { d: { type: dynamicType, optional: true } }, blockTypes: {} } } }),
      'b "k" {\nd = 1\n}',
      '{b={k={d=1}}}',
    ],
    ['deep', blocks({ b: { nesting: 'list', block: one('list') } }), 'b {\nb {\na = "x"\n}\n}\nb {}', '{b=[{b=[{a=x n=null}]} {b=[]}]}'],
  ])('%s %#', (_, schema, text, want) => {
    const { shown, problems } = decode(schema, text)
    expect(problems).toEqual([])
    expect(shown).toBe(want)
  })

  test.each<[string, BlockSchema, string, string, RegExp | string]>([
    [
      'single twice',
      one('single'),
      'b {}\nb {}',
      '{b={a=null n=null}}',
      'b | Duplicate b block | Only one block of type "b" is allowed. Previous definition was at main.tf:1,1-2.',
    ],
    ['single missing', one('single', { minItems: 1 }), '', '{b=null}', / \| Missing b block \| A block of type "b" is required here\.$/],
    [
      'too few',
      one('list', { minItems: 2 }),
      'b {}',
      '{b=[{a=null n=null}]}',
      / \| Insufficient b blocks \| At least 2 "b" blocks are required\.$/,
    ],
    ['none of a set', one('set', { minItems: 1 }), '', '{b=<>}', / \| Insufficient b blocks \| At least 1 "b" blocks are required\.$/],
    [
      'too many',
      one('list', { maxItems: 1 }),
      'b {}\nb {}',
      '{b=[{a=null n=null} {a=null n=null}]}',
      'b | Too many b blocks | No more than 1 "b" blocks are allowed',
    ],
    [
      'same label',
      one('map'),
      'b "k" {}\nb "k" {}',
      '{b=map{k={a=null n=null}}}',
      'b "k" | Duplicate b block | A block for b "k" was already defined. The b labels must be unique.',
    ],
    [
      'wrong inside',
      one('list'),
      'b {\nx = 1\n}',
      '{b=[{a=null n=null}]}',
      'x | Unsupported argument | An argument named "x" is not expected here. Did you mean "a"?',
    ],
  ])('%s', (_, schema, text, want, problem) => {
    const { shown, problems } = decode(schema, text)
    expect(shown).toBe(want)
    expect(problems).toHaveLength(1)
    if (typeof problem === 'string') expect(problems[0]).toBe(problem)
    else expect(problems[0]).toMatch(problem)
  })
})

describe('attributes of nested type', () => {
  const nested = (nesting: 'single' | 'list' | 'set' | 'map'): BlockSchema => ({
    attributes: {
      x: {
        optional: true,
        nestedType: {
          nesting,
          attributes: { r: { type: stringType, required: true }, o: optional, c: { type: stringType, computed: true } },
        },
      },
    },
    ...noBlocks,
  })
  test.each<[BlockSchema, string, string]>([
    [nested('single'), '', '{x=null}'],
    [nested('single'), 'x = { r = "1" }', '{x={c=null o=null r=1}}'],
    [nested('list'), 'x = [{ r = "1", o = 2 }, { r = later }]', '{x=[{c=null o=2 r=1} {c=null o=null r=?}]}'],
    [nested('set'), 'x = [{ r = "1" }, { r = "1" }]', '{x=<{c=null o=null r=1}>}'],
    [nested('map'), 'x = { k = { r = "1" } }', '{x=map{k={c=null o=null r=1}}}'],
    [nested('map'), 'x = later', '{x=?}'],
  ])('%#', (schema, text, want) => {
    const { shown, problems, value } = decode(schema, text)
    expect(problems).toEqual([])
    expect(shown).toBe(want)
    expect(value.type).toEqual(impliedType(schema))
  })

  test('a required member that is missing', () => {
    expect(decode(nested('list'), 'x = [{ o = "1" }]').problems).toEqual([
      '[{ o = "1" }] | Incorrect attribute value type | Inappropriate value for attribute "x": element 0: attribute "r" is required.',
    ])
  })
})

describe('dynamic blocks', () => {
  const list = blocks({ b: { nesting: 'list', block: inner, minItems: 0, maxItems: 3 } })
  const make = (forEach: string, content: string, more = ''): string =>
    `dynamic "b" {\nfor_each = ${forEach}\n${more}\ncontent {\n${content}\n}\n}`
  test.each<[string, BlockSchema, string, string]>([
    ['over a tuple', list, make('["x", "y"]', 'a = b.value\nn = b.key'), '{b=[{a=x n=0} {a=y n=1}]}'],
    ['over an object', list, make('{ k = "x" }', 'a = "${b.key}${b.value}"'), '{b=[{a=kx n=null}]}'],
    ['over nothing', list, make('[]', 'a = b.value'), '{b=[]}'],
    [
      'between others, in order',
      list,
      `b {\na = "1"\n}\n${make('["2"]', 'a = b.value')}\nb {\na = "3"\n}`,
      '{b=[{a=1 n=null} {a=2 n=null} {a=3 n=null}]}',
    ],
    ['with an iterator', list, make('["x"]', 'a = it.value', 'iterator = it'), '{b=[{a=x n=null}]}'],
    ['over something unknown', list, make('later', 'a = b.value'), '{b=?}'],
    ['over something unknown beside others', list, `b {}\n${make('later', 'a = b.value')}`, '{b=?}'],
    ['over something sensitive', list, make('secrets', 'a = b.value'), '{b=[{a=x! n=null}!]}'],
    [
      'with labels',
      blocks({ b: { nesting: 'map', block: inner } }),
      make('["x"]', 'a = "1"', 'labels = [b.value]'),
      '{b=map{x={a=1 n=null}}}',
    ],
    ['of one block', blocks({ b: { nesting: 'single', block: inner } }), make('["x"]', 'a = b.value'), '{b={a=x n=null}}'],
    ['of one block, unknown', blocks({ b: { nesting: 'single', block: inner } }), make('later', 'a = b.value'), '{b={a=? n=null}}'],
    ['that need one', blocks({ b: { nesting: 'list', block: inner, minItems: 1 } }), make('later', 'a = b.value'), '{b=?}'],
    [
      'in one another',
      blocks({ o: { nesting: 'list', block: list } }),
      'dynamic "o" {\nfor_each = ["x", "y"]\ncontent {\ndynamic "b" {\nfor_each = ["1", "2"]\ncontent {\na = "${o.value}${b.value}"\n}\n}\n}\n}',
      '{o=[{b=[{a=x1 n=null} {a=x2 n=null}]} {b=[{a=y1 n=null} {a=y2 n=null}]}]}',
    ],
    [
      'in an unknown one',
      blocks({ o: { nesting: 'single', block: list } }),
      'dynamic "o" {\nfor_each = later\ncontent {\ndynamic "b" {\nfor_each = o.value\ncontent {}\n}\n}\n}',
      '{o={b=?}}',
    ],
  ])('%s', (_, schema, text, want) => {
    const { shown, problems } = decode(schema, text)
    expect(problems).toEqual([])
    expect(shown).toBe(want)
  })

  test.each<[string, string, string]>([
    ['null', make('none', ''), 'none | Invalid dynamic for_each value | Cannot use a null value in for_each.'],
    [
      'text',
      make('"x"', ''),
      '"x" | Invalid dynamic for_each value | Cannot use a string value in for_each. An iterable collection is required.',
    ],
    [
      'no content',
      'dynamic "b" {\nfor_each = []\n}',
      ' | Missing dynamic content block | A dynamic block must have a nested block of type "content" to describe the body of each generated block.',
    ],
    [
      'two contents',
      `dynamic "b" {\nfor_each = []\ncontent {}\ncontent {}\n}`,
      'content | Extraneous dynamic content block | Only one nested content block is allowed for each dynamic block.',
    ],
    [
      'iterator',
      make('[]', '', 'iterator = a.b'),
      'a.b | Invalid dynamic iterator name | Dynamic iterator must be a single variable name.',
    ],
    ['too many', make('[1, 2, 3, 4]', ''), 'dynamic "b" | Too many b blocks | No more than 3 "b" blocks are allowed'],
  ])('wrong: %s', (_, text, problem) => {
    expect(decode(list, text).problems).toEqual([problem])
  })

  test('wrong: labels', () => {
    const map = blocks({ b: { nesting: 'map', block: inner } })
    expect(decode(map, make('["x"]', '', 'labels = ["a", "b"]')).problems).toEqual([
      '"b" | Extraneous dynamic block label | Blocks of type "b" require 1 label(s).',
    ])
    expect(decode(map, make('["x"]', '', 'labels = []')).problems).toEqual([
      '[] | Insufficient dynamic block labels | Blocks of type "b" require 1 label(s).',
    ])
    expect(decode(map, make('["x"]', '', 'labels = [later]')).problems).toEqual([
      'later | Invalid dynamic block label | This value is not yet known. Dynamic block labels must be immediately-known values.',
    ])
  })
})

describe('attributes written as blocks', () => {
  const element = objectType({ from: numberType, to: numberType })
  const schema: BlockSchema = {
    attributes: {
      l: { type: listType(element), optional: true, computed: true },
      s: { type: setType(element), optional: true },
      a: optional,
    },
    ...noBlocks,
  }
  test.each([
    ['', '{a=null l=null s=null}'],
    ['l = []', '{a=null l=[] s=null}'],
    ['l = [{ from = 1, to = 2 }]', '{a=null l=[{from=1 to=2}] s=null}'],
    ['l {\nfrom = 1\n}', '{a=null l=[{from=1 to=null}] s=null}'],
    ['s {\nfrom = 1\n}\ns {\nfrom = 1\n}', '{a=null l=null s=<{from=1 to=null}>}'],
    ['dynamic "l" {\nfor_each = [1, 2]\ncontent {\nfrom = l.value\n}\n}', '{a=null l=[{from=1 to=null} {from=2 to=null}] s=null}'],
    ['dynamic "l" {\nfor_each = later\ncontent {\nfrom = l.value\n}\n}', '{a=null l=? s=null}'],
  ])('%j', (text, want) => {
    const { shown, problems, value } = decode(schema, text)
    expect(problems).toEqual([])
    expect(shown).toBe(want)
    expect(value.type).toEqual(impliedType(schema))
  })

  test.each([
    ['{"l": []}', '{a=null l=[] s=null}'],
    ['{"l": [{"from": 1}]}', '{a=null l=[{from=1 to=null}] s=null}'],
    ['{"l": {"from": 1}}', '{a=null l=[{from=1 to=null}] s=null}'],
    ['{"l": "${later}"}', '{a=null l=? s=null}'],
    ['{"dynamic": {"l": {"for_each": [1], "content": {"to": "${l.value}"}}}}', '{a=null l=[{from=null to=1}] s=null}'],
  ])('JSON %s', (text, want) => {
    const { shown, problems } = decode(schema, text, true)
    expect(problems).toEqual([])
    expect(shown).toBe(want)
  })

  test('not when the schema shows that it is not of the old SDK', () => {
    const modern: BlockSchema = { attributes: { ...schema.attributes, m: { type: mapType(element), optional: true } }, ...noBlocks }
    expect(decode(modern, 'l {\nfrom = 1\n}').problems).toEqual([
      'l | Unsupported block type | Blocks of type "l" are not expected here. Did you mean to define argument "l"? If so, use the equals sign to assign it a value.',
    ])
  })
})

describe('JSON bodies', () => {
  test.each<[BlockSchema, string, string]>([
    [inner, '{"a": "x", "n": 1}', '{a=x n=1}'],
    [inner, '{"a": "${secret}"}', '{a=s! n=null}'],
    [blocks({ b: { nesting: 'list', block: inner } }), '{"b": [{"a": "x"}, {}]}', '{b=[{a=x n=null} {a=null n=null}]}'],
    [blocks({ b: { nesting: 'single', block: inner } }), '{"b": {"a": "x"}}', '{b={a=x n=null}}'],
    [blocks({ b: { nesting: 'map', block: inner } }), '{"b": {"k": {"a": "x"}}}', '{b=map{k={a=x n=null}}}'],
  ])('%#', (schema, text, want) => {
    const { shown, problems } = decode(schema, text, true)
    expect(problems).toEqual([])
    expect(shown).toBe(want)
  })
})

test('references of a body, without iterators', () => {
  const schema = blocks({ b: { nesting: 'list', block: { ...inner, blockTypes: { c: { nesting: 'list', block: inner } } } } })
  const text =
    'b {\na = x.y\n}\ndynamic "b" {\nfor_each = each_of.it\ncontent {\na = "${b.value}${z}"\ndynamic "c" {\nfor_each = b.value\niterator = i\ncontent {\nn = i.value + c.value + q[0]\n}\n}\n}\n}\n'
  const { body } = parseHcl(new Source('main.tf', text), new Diagnostics())
  expect(bodyReferences(body, schema).map(traversalToString)).toEqual(['x.y', 'each_of.it', 'z', 'c.value', 'q[0]'])
})
