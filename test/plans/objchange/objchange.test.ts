import { describe, expect, test } from 'vitest'
import {
  listVal,
  nullVal,
  numberVal,
  objectVal,
  pathToString,
  refineNotNull,
  SENSITIVE,
  setVal,
  stringType,
  stringVal,
  unknownVal,
  type Value,
} from '../../../src/cty/index.ts'
import {
  assertApplyCompatible,
  assertPlanValid,
  type ObjectProblem,
  plannedDataResult,
  proposedNew,
} from '../../../src/plans/objchange/index.ts'
import { type AttributeSchema, type BlockSchema, emptyBlockValue, impliedType, nullOf } from '../../../src/schema/index.ts'
import { encodeValue } from '../../support/tagged.ts'

const nothing = nullVal(stringType)
const later = unknownVal(stringType)
const s = stringVal
const attribute = (flags: Partial<AttributeSchema>): AttributeSchema => ({ type: stringType, ...flags })
const object = (members: Record<string, Value>): Value => objectVal(members)

const simple: BlockSchema = {
  attributes: {
    id: attribute({ computed: true }),
    name: attribute({ required: true }),
    tag: attribute({ optional: true, computed: true }),
  },
  blockTypes: {},
}

function texts(problems: readonly ObjectProblem[]): string[] {
  return problems.map((p) => `${pathToString(p.path)}: ${p.message}`)
}

describe('proposedNew', () => {
  const config = object({ id: nothing, name: s('n'), tag: nothing })
  const prior = object({ id: s('i-1'), name: s('old'), tag: s('t') })
  test.each<[string, Value, Value, Value]>([
    ['create: computed stays null', nullOf(simple), config, object({ id: nothing, name: s('n'), tag: nothing })],
    ['update: computed is kept', prior, config, object({ id: s('i-1'), name: s('n'), tag: s('t') })],
    [
      'unknown configuration stays',
      prior,
      object({ id: nothing, name: later, tag: later }),
      object({ id: s('i-1'), name: later, tag: later }),
    ],
    ['neither: null', nullOf(simple), nullOf(simple), nullOf(simple)],
  ])('%s', (_, before, given, want) => {
    expect(encodeValue(proposedNew(simple, before, given))).toEqual(encodeValue(want))
  })

  const blocks: BlockSchema = {
    attributes: {},
    blockTypes: {
      list: { nesting: 'list', block: simple },
      set: { nesting: 'set', block: simple },
      group: { nesting: 'group', block: simple },
      single: { nesting: 'single', block: simple },
    },
  }
  const empty = emptyBlockValue(blocks)
  const withMembers = (members: Record<string, Value>): Value =>
    objectVal([...empty.asMap(), ...Object.entries(members)], impliedType(blocks))

  test('a set pairs each prior element once', () => {
    const element = (id: Value, name: string): Value => object({ id, name: s(name), tag: nothing })
    const before = withMembers({ set: setVal([element(s('1'), 'a'), element(s('2'), 'b')]) })
    const now = withMembers({ set: setVal([element(nothing, 'a'), element(nothing, 'c')]) })
    const want = withMembers({ set: setVal([element(s('1'), 'a'), element(nothing, 'c')]) })
    expect(encodeValue(proposedNew(blocks, before, now))).toEqual(encodeValue(want))
  })

  test('a data source: everything computed and not configured is unknown, in blocks too', () => {
    const element = object({ id: nothing, name: s('a'), tag: nothing })
    const resolved = object({ id: later, name: s('a'), tag: later })
    const given = withMembers({ list: listVal([element]), set: setVal([element]), single: element })
    const planned = plannedDataResult(blocks, given)
    const want = withMembers({
      list: listVal([resolved]),
      set: setVal([resolved]),
      single: resolved,
      group: object({ id: later, name: nothing, tag: later }),
    })
    expect(encodeValue(planned)).toEqual(encodeValue(want))
  })

  test('an unknown block collection stays as it is', () => {
    const given = withMembers({ list: unknownVal(impliedType(blocks).attributes.get('list')!) })
    expect(encodeValue(proposedNew(blocks, empty, given))).toEqual(encodeValue(given))
  })
})

describe('assertPlanValid', () => {
  const all: BlockSchema = {
    attributes: {
      plain: attribute({ optional: true }),
      secret: attribute({ optional: true, sensitive: true }),
      write: attribute({ optional: true, writeOnly: true }),
      both: attribute({ optional: true, computed: true }),
      only: attribute({ computed: true }),
    },
    blockTypes: {},
  }
  const none = { plain: nothing, secret: nothing, write: nothing, both: nothing, only: nothing }
  const make = (members: Partial<Record<keyof typeof none, Value>>): Value => object({ ...none, ...members } as Record<string, Value>)
  const rows: [string, Value, Value, Value, string[]][] = [
    ['as configured', nullOf(all), make({ plain: s('a') }), make({ plain: s('a') }), []],
    ['as before', make({ plain: s('b') }), make({ plain: s('a') }), make({ plain: s('b') }), []],
    ['refined unknowns are equal', nullOf(all), make({ plain: later }), make({ plain: refineNotNull(later) }), []],
    ['computed is free', nullOf(all), make({}), make({ both: later, only: s('x') }), []],
    [
      'something else',
      nullOf(all),
      make({ plain: s('a') }),
      make({ plain: s('c') }),
      ['.plain: planned value cty.StringVal("c") does not match config value cty.StringVal("a")'],
    ],
    [
      'something else than before too',
      make({ plain: s('b') }),
      make({ plain: s('a') }),
      make({ plain: s('c') }),
      ['.plain: planned value cty.StringVal("c") does not match config value cty.StringVal("a") nor prior value cty.StringVal("b")'],
    ],
    [
      'not configured',
      nullOf(all),
      make({}),
      make({ plain: s('c') }),
      ['.plain: planned value cty.StringVal("c") for a non-computed attribute'],
    ],
    [
      'sensitive values are not shown',
      nullOf(all),
      make({}),
      make({ secret: s('c') }),
      ['.secret: sensitive planned value for a non-computed attribute'],
    ],
    [
      'sensitive values are not shown either',
      make({ secret: s('b') }),
      make({ secret: s('a') }),
      make({ secret: s('c') }),
      ['.secret: sensitive planned value does not match config value nor prior value'],
    ],
    [
      'write-only',
      nullOf(all),
      make({ write: s('a') }),
      make({ write: s('a') }),
      ['.write: planned value for a write-only attribute must be null'],
    ],
    ['write-only as null', nullOf(all), make({ write: s('a') }), make({}), []],
    ['absent', nullOf(all), make({}), nullOf(all), [': planned for absence but config wants existence']],
    ['present', nullOf(all), nullOf(all), make({}), [': planned for existence but config wants absence']],
  ]
  test.each(rows)('%s', (_, prior, config, planned, want) => {
    expect(texts(assertPlanValid(all, prior, config, planned))).toEqual(want)
  })
})

describe('assertApplyCompatible', () => {
  const make = (id: Value, name: Value): Value => object({ id, name, tag: nothing })
  const rows: [string, Value, Value, string[]][] = [
    ['unknown becomes anything', make(later, s('a')), make(s('i'), s('a')), []],
    ['unknown becomes null', make(later, s('a')), make(nothing, s('a')), []],
    [
      'unknown but not null becomes null',
      make(refineNotNull(later), s('a')),
      make(nothing, s('a')),
      ['.id: final value cty.NullVal(cty.String) does not conform to planning placeholder cty.UnknownVal(cty.String).RefineNotNull()'],
    ],
    ['known changes', make(later, s('a')), make(s('i'), s('b')), ['.name: was cty.StringVal("a"), but now cty.StringVal("b")']],
    ['known becomes null', make(later, s('a')), make(s('i'), nothing), ['.name: was cty.StringVal("a"), but now null']],
    ['known becomes unknown', make(later, s('a')), make(s('i'), later), ['.name: was known, but now unknown']],
    ['null becomes known', make(nothing, s('a')), make(s('i'), s('a')), ['.id: was null, but now cty.StringVal("i")']],
    ['sensitive', make(later, s('a').mark(SENSITIVE)), make(s('i'), s('b')), ['.name: inconsistent values for sensitive attribute']],
    ['gone', make(later, s('a')), nullOf(simple), [': was present, but now absent']],
    ['wrong type', make(later, s('a')), make(numberVal(1), s('a')), ['.id: wrong final value type: string required, but have number']],
  ]
  test.each(rows)('%s', (_, planned, actual, want) => {
    expect(texts(assertApplyCompatible(simple, planned, actual))).toEqual(want)
  })
})

describe('sets of a thousand elements', () => {
  const members = {
    name: attribute({ required: true }),
    note: attribute({ optional: true }),
    id: attribute({ computed: true }),
    tag: attribute({ optional: true, computed: true }),
  }
  const ofBlocks: BlockSchema = { attributes: {}, blockTypes: { rule: { nesting: 'set', block: { attributes: members, blockTypes: {} } } } }
  const ofObjects: BlockSchema = {
    attributes: { rule: { optional: true, nestedType: { nesting: 'set', attributes: members } } },
    blockTypes: {},
  }
  const size = 1000
  const rules = (names: string, id: (i: number) => Value, tag: Value): Value => {
    const elements = Array.from({ length: size }, (_, i) => object({ name: s(`${names}${i}`), note: nothing, id: id(i), tag }))
    return object({ rule: setVal(elements, elements[0]!.type) })
  }
  const known = (i: number): Value => s(`i-${i}`)
  const prior = rules('a', known, s('t'))

  // Each with each would be a million comparisons, and with what was there before a thousand million.
  test.each<[string, BlockSchema]>([
    ['blocks', ofBlocks],
    ['nested attributes', ofObjects],
  ])('%s', (_, schema) => {
    const same = rules('a', () => nothing, nothing)
    const proposed = proposedNew(schema, prior, same)
    expect(
      proposed
        .asMap()
        .get('rule')!
        .asArray()
        .every((rule) => rule.asMap().get('id')!.hasContent),
    ).toBe(true)
    expect(assertPlanValid(schema, prior, same, proposed)).toEqual([])
    const other = rules('b', () => nothing, nothing)
    expect(
      proposedNew(schema, prior, other)
        .asMap()
        .get('rule')!
        .asArray()
        .every((rule) => rule.asMap().get('id')!.isNull),
    ).toBe(true)
    const planned = rules('b', () => later, later)
    expect(assertPlanValid(schema, prior, other, planned)).toEqual([])
    expect(assertApplyCompatible(schema, planned, rules('b', known, s('t')))).toEqual([])
    expect(assertApplyCompatible(schema, planned, rules('c', known, s('t'))).length).toBe(size)
  })
})
