import { describe, expect, test } from 'vitest'
import {
  attributeStep,
  indexStep,
  intVal,
  listVal,
  mapVal,
  nullVal,
  objectVal,
  type Path,
  rawEquals,
  stringVal,
  type Value,
} from '../../src/cty/index.ts'
import { type ResourceChange, relevantDrift } from '../../src/plans/index.ts'

const address = (key?: number) => ({
  module: [],
  resource: { kind: 'resource', mode: 'managed', type: 't', name: 'n' } as const,
  key,
})
const object = (name: string, first: string, tag: string): Value =>
  objectVal({
    name: stringVal(name),
    list: listVal([stringVal(first), stringVal('b')]),
    tags: mapVal(
      new Map([
        ['k', stringVal(tag)],
        ['same', stringVal('s')],
      ]),
    ),
  })
const before = object('old', 'a', '1')
const changed = object('new', 'x', '2')
const drift = (after: Value, key?: number): ResourceChange => ({
  address: address(key),
  previousAddress: address(key),
  deposed: undefined,
  provider: { module: [], source: { host: 'h', namespace: 'n', type: 't' }, alias: undefined },
  action: after.isNull ? 'delete' : 'update',
  reason: undefined,
  before,
  after,
  requiredReplace: [],
  schemaVersion: 0,
  private: undefined,
  importing: undefined,
})

describe('relevantDrift', () => {
  const cases: [string, Path[], Value, Value | undefined][] = [
    ['nothing without a reference', [], changed, undefined],
    ['everything of a whole object', [[]], changed, changed],
    ['one attribute', [[attributeStep('name')]], changed, object('new', 'a', '1')],
    ['one element', [[attributeStep('list'), indexStep(intVal(0))]], changed, object('old', 'x', '1')],
    ['one map element', [[attributeStep('tags'), indexStep(stringVal('k'))]], changed, object('old', 'a', '2')],
    ['several', [[attributeStep('name')], [attributeStep('tags')]], changed, object('new', 'a', '2')],
    ['nothing where nothing differs', [[attributeStep('tags'), indexStep(stringVal('same'))]], changed, undefined],
    ['nothing where the path leads nowhere', [[attributeStep('list'), indexStep(intVal(7))]], changed, undefined],
    [
      'of a deletion what is referred to',
      [[attributeStep('name')]],
      nullVal(before.type),
      objectVal(new Map([...before.asMap(), ['name', nullVal(stringVal('').type)]])),
    ],
  ]
  test.each(cases)('shows %s', (_, paths, after, want) => {
    const relevantAttributes = () => paths.map((path) => ({ address: address(), path }))
    const found = relevantDrift({ drift: [drift(after)], relevantAttributes })
    expect(found.length).toBe(want === undefined ? 0 : 1)
    if (want !== undefined) expect(rawEquals(found[0]!.after, want)).toBe(true)
  })

  test('compares addresses as they are', () => {
    const relevantAttributes = () => [{ address: address(), path: [] }]
    expect(relevantDrift({ drift: [drift(changed, 0)], relevantAttributes })).toEqual([])
  })
})
