import { describe, expect, test } from 'vitest'
import {
  blocks,
  bool,
  expandFields,
  type FactsJson,
  factsFromJson,
  flattenFields,
  isEquivalent,
  Lookup,
  number,
  type Plain,
  type PlainObject,
  parseDurationMs,
  planFields,
  replacePaths,
  sdkPrivate,
  settle,
  string,
  strings,
  TimeoutError,
  UNKNOWN,
  uniqueName,
  waitUntil,
} from '../../src/providers/kit/index.ts'

const fields = {
  name: string('Name'),
  size: number('Options.Size'),
  on: bool('Options.On', { create: false, update: 'flags', updateAt: 'On.Value' }),
  groups: strings('Groups[].Id'),
  secret: string('Secret', { read: false }),
  rule: blocks('Rules[]', { port: number('Port'), source: string('From.Cidr') }),
  option: blocks('Option', { mode: string('Mode') }),
}

describe('requests and answers', () => {
  const state = {
    name: 'a',
    size: 3,
    on: true,
    groups: ['x', 'y'],
    secret: 's',
    rule: [{ port: 1, source: '10.0.0.0/8' }],
    option: [{ mode: 'm' }],
  }
  const request = {
    Name: 'a',
    Options: { Size: 3 },
    Groups: [{ Id: 'x' }, { Id: 'y' }],
    Secret: 's',
    Rules: [{ Port: 1, From: { Cidr: '10.0.0.0/8' } }],
    Option: { Mode: 'm' },
  }

  test('a state becomes a request', () => {
    expect(expandFields(fields, state, 'create')).toEqual(request)
    expect(expandFields(fields, state, 'update', new Set(['on']))).toEqual({ On: { Value: true } })
  })

  test('what is null, unknown or empty is left out', () => {
    expect(expandFields(fields, { name: '', size: null, groups: [], secret: UNKNOWN, rule: [], option: [] }, 'create')).toEqual({})
  })

  test('an answer becomes a state, without what is never read', () => {
    const { secret: _, ...read } = state
    expect(flattenFields(fields, { ...request, Options: { Size: 3, On: true } }, 'sdk')).toEqual(read)
  })

  test.each([
    ['sdk', { name: '', size: 0, on: false, groups: [], rule: [], option: [] }],
    ['framework', { name: null, size: null, on: null, groups: null, rule: null, option: null }],
  ] as const)('nothing under the rules of %s', (rules, want) => {
    expect(flattenFields(fields, {}, rules)).toEqual(want)
  })
})

const facts = factsFromJson({
  version: 1,
  forceNew: ['name', 'rule.port', 'list.kind'],
  defaults: { size: 5 },
  computedBlocks: ['option'],
  block: {
    attributes: {
      id: { type: 'string', computed: true, optional: true },
      name: { type: 'string', optional: true },
      size: { type: 'number', optional: true },
      place: { type: 'string', optional: true, computed: true },
      note: { type: 'string', optional: true },
    },
    block_types: {
      rule: {
        nesting_mode: 'set',
        block: {
          attributes: {
            port: { type: 'number', optional: true },
            text: { type: 'string', optional: true },
            made: { type: 'string', optional: true, computed: true },
            all: { type: ['map', 'string'], optional: true },
          },
        },
      },
      list: {
        nesting_mode: 'list',
        block: { attributes: { kind: { type: 'string', optional: true }, made: { type: 'string', computed: true } } },
      },
      option: { nesting_mode: 'list', block: { attributes: { mode: { type: 'string', optional: true } } } },
    },
  },
} as FactsJson)

describe('plans', () => {
  const planFieldsOf = {
    place: string('Place', { changesWith: ['name'] }),
    note: string('Note', { normalize: (t: string) => t.trim(), same: (a: string, b: string) => a.toLowerCase() === b.toLowerCase() }),
  }
  const plan = (config: PlainObject, prior?: PlainObject, rules: 'sdk' | 'framework' = 'sdk') =>
    planFields({ facts, fields: planFieldsOf, rules, prior, config })
  const nothing = { id: null, name: null, size: null, place: null, note: null, rule: [], list: [], option: [] }
  const stored = { id: 'i', name: 'n', size: 5, place: 'p', note: '', rule: [], list: [], option: [{ mode: 'm' }] }

  const one = (port: number) => ({ port, text: null, made: null, all: null })

  test.each<[string, PlainObject, PlainObject | undefined, PlainObject]>([
    ['a new object', nothing, undefined, { id: UNKNOWN, place: UNKNOWN, size: 5, name: null, option: UNKNOWN }],
    ['nothing changed', { ...nothing, name: 'n' }, stored, stored],
    ['a zero of the old SDK stays', { ...nothing, name: 'n' }, { ...stored, note: '' }, { note: '' }],
    ['an argument that is gone', nothing, stored, { name: null, place: UNKNOWN }],
    ['what a change makes unknown', { ...nothing, name: 'other' }, stored, { name: 'other', place: UNKNOWN, id: 'i' }],
    ['what means the same', { ...nothing, name: 'n', note: ' HELLO ' }, { ...stored, note: 'hello' }, { note: 'hello' }],
    ['what is stored otherwise', { ...nothing, note: ' x ' }, undefined, { note: 'x' }],
    ['not known yet', { ...nothing, name: UNKNOWN }, stored, { name: UNKNOWN }],
    ['a new element of a set', { ...nothing, rule: [one(1)] }, undefined, { rule: [{ port: 1, text: '', made: UNKNOWN, all: null }] }],
    [
      'a set of the same elements stays as it is',
      { ...nothing, rule: [{ ...one(2), made: 'x' }, one(1)] },
      {
        ...stored,
        rule: [
          { port: 1, text: '', made: '', all: {} },
          { ...one(2), made: 'x' },
        ],
      },
      {
        rule: [
          { port: 1, text: '', made: '', all: {} },
          { ...one(2), made: 'x' },
        ],
      },
    ],
    [
      'in another set the elements that are there are written anew, too',
      { ...nothing, rule: [{ ...one(1), made: 'x' }, one(2)] },
      { ...stored, rule: [{ port: 1, text: '', made: 'x', all: {} }] },
      {
        rule: [
          { port: 1, text: null, made: 'x', all: {} },
          { port: 2, text: '', made: UNKNOWN, all: null },
        ],
      },
    ],
    ['an element that is not known', { ...nothing, rule: [UNKNOWN] }, { ...stored, rule: [one(1)] }, { rule: [UNKNOWN] }],
    [
      'elements of lists keep what is computed',
      { ...nothing, list: [{ kind: 'a', made: null }] },
      { ...stored, list: [{ kind: 'b', made: 'x' }] },
      { list: [{ kind: 'a', made: 'x' }] },
    ],
  ])('%s', (_name, config, prior, want) => {
    expect(plan(config, prior)).toMatchObject(want)
  })

  test.each<[string, PlainObject, (string | number)[][]]>([
    ['nothing', stored, []],
    ['an attribute', { ...stored, name: 'x' }, [['name']]],
    ['an attribute that is not known', { ...stored, name: UNKNOWN }, [['name']]],
    ['a set is reported as a whole', { ...stored, rule: [{ port: 2, text: '' }] }, [['rule']]],
    ['the same element with zeros', { ...stored, rule: [{ port: 0, text: '', made: 'x' }] }, []],
    ['an element of a list', { ...stored, list: [{ kind: 'k', made: null }] }, [['list', 0, 'kind']]],
    ['what does not matter', { ...stored, size: 9 }, []],
  ])('replacement: %s', (_name, planned, want) => {
    expect(replacePaths(facts, stored, planned)).toEqual(want)
  })
})

test.each<[Plain, Plain, boolean]>([
  [null, '', true],
  [false, 0, true],
  [{ a: [], b: 'x' }, { a: null, b: 'x' }, true],
  [{ b: 'x' }, { a: {}, b: 'x' }, true],
  [[{ a: 0 }], [{ a: null }], true],
  [[null], [], false],
  ['a', null, false],
  [UNKNOWN, UNKNOWN, false],
])('equivalent: %j and %j', (a, b, want) => {
  expect(isEquivalent(a, b)).toBe(want)
})

test.each([
  [[], null, null],
  [null, [], []],
  [{}, null, null],
  ['', null, ''],
  [['a'], [], ['a']],
  [
    { a: [], b: 1 },
    { a: null, b: 2 },
    { a: null, b: 1 },
  ],
  [[{ a: [] }], [{ a: null }], [{ a: null }]],
])('settle %j for %j', (read, expected, want) => {
  expect(settle(read, expected)).toEqual(want)
})

describe('Lookup', () => {
  const make = (maxKeys = 100) => {
    const calls: string[][] = []
    const lookup = new Lookup<string>(async (keys) => {
      calls.push([...keys])
      return new Map(keys.filter((k) => k !== 'gone').map((k) => [k, k.toUpperCase()]))
    }, maxKeys)
    return { lookup, calls }
  }

  test('keys of one turn meet in one call, and again in a later turn', async () => {
    const { lookup, calls } = make()
    expect(await Promise.all([lookup.load('a'), lookup.load('b'), lookup.load('a'), lookup.load('gone')])).toEqual([
      'A',
      'B',
      'A',
      undefined,
    ])
    await lookup.load('a')
    expect(calls).toEqual([['a', 'b', 'gone'], ['a']])
  })

  test('announced keys come along, each for as often as announced', async () => {
    const { lookup, calls } = make()
    for (const key of ['a', 'b', 'b']) lookup.expect(key)
    expect(await lookup.load('a')).toBe('A')
    expect([await lookup.load('b'), await lookup.load('b')]).toEqual(['B', 'B'])
    expect(calls).toEqual([['a', 'b']])
    await lookup.load('b')
    expect(calls).toHaveLength(2)
  })

  test('what is announced is void once something changes', async () => {
    const { lookup, calls } = make()
    lookup.expect('a')
    lookup.expect('b')
    await lookup.load('a')
    lookup.clear()
    await lookup.load('b')
    expect(calls).toEqual([['a', 'b'], ['b']])
  })

  test('no call asks for too many, and a failure reaches all who asked', async () => {
    const { lookup, calls } = make(2)
    await Promise.all(['a', 'b', 'c'].map((k) => lookup.load(k)))
    expect(calls).toEqual([['a', 'b'], ['c']])
    const failing = new Lookup<string>(() => Promise.reject(new Error('no')), 2)
    const results = await Promise.allSettled([failing.load('a'), failing.load('b')])
    expect(results.map((r) => r.status)).toEqual(['rejected', 'rejected'])
  })
})

test('waiting ends with what is found, at the deadline, or when it is stopped', async () => {
  const options = (deadlineMs: number, signal = new AbortController().signal) => ({
    pace: { firstMs: 1, maxMs: 2 },
    deadlineMs: Date.now() + deadlineMs,
    signal,
    what: 'it',
  })
  let looks = 0
  expect(await waitUntil(async () => (++looks === 3 ? 'found' : undefined), options(10_000))).toBe('found')
  await expect(waitUntil(async () => undefined, options(5))).rejects.toThrow(TimeoutError)
  const stop = new AbortController()
  stop.abort(new Error('stopped'))
  await expect(waitUntil(async () => undefined, options(10_000, stop.signal))).rejects.toThrow('stopped')
})

test.each([
  ['1h30m', 5_400_000],
  ['90s', 90_000],
  ['1.5h', 5_400_000],
  ['100ms', 100],
  ['0', 0],
  ['soon', undefined],
  ['', undefined],
])('the duration %j', (text, want) => {
  expect(parseDurationMs(text)).toBe(want)
})

test('the private data of the old SDK, byte for byte', () => {
  const text = (...args: Parameters<typeof sdkPrivate>): string => Buffer.from(sdkPrivate(...args)).toString()
  expect(text(undefined, null, 0)).toBe('null')
  expect(text(undefined, null, 1)).toBe('{"schema_version":"1"}')
  expect(text({ delete: 15, create: 10 }, { create: '30m', delete: null }, 1)).toBe(
    '{"e2bfb730-ecaa-11e6-8f88-34363bc7c4c0":{"create":1800000000000,"delete":900000000000},"schema_version":"1"}',
  )
})

test('unique names sort by age', () => {
  const names = [uniqueName('p-'), uniqueName('p-')]
  expect(names[0]).toMatch(/^p-\d{18}[0-9a-f]{8}$/)
  expect([...names].sort()).toEqual(names)
})
