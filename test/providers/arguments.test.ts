import { describe, expect, test } from 'vitest'
import { type ArgumentRules, checkArguments, type PlainObject, UNKNOWN } from '../../src/providers/kit/index.ts'

const rules: Record<string, ArgumentRules> = {
  alias: { exactlyOneOf: ['records'], conflictsWith: ['ttl'] },
  records: { exactlyOneOf: ['alias'] },
  ttl: { requiredWith: ['records'], conflictsWith: ['alias'] },
}

/** Texts of hashicorp/aws 5.100.0 on these rules. */
const cases: [string, PlainObject, string[]][] = [
  ['nothing wrong', { records: ['x'], ttl: 1 }, []],
  [
    'none of which one is needed',
    {},
    [
      'Invalid combination of arguments: "alias": one of `alias,records` must be specified',
      'Invalid combination of arguments: "records": one of `alias,records` must be specified',
    ],
  ],
  ['an empty block is none', { alias: [], records: ['x'] }, []],
  [
    'both of which one is needed',
    { alias: [{}], records: ['x'], ttl: 1 },
    [
      'Invalid combination of arguments: "alias": only one of `alias,records` can be specified, but `alias,records` were specified.',
      'Invalid combination of arguments: "records": only one of `alias,records` can be specified, but `alias,records` were specified.',
      'Conflicting configuration arguments: "ttl": conflicts with alias',
    ],
  ],
  [
    'one without the other',
    { alias: [{}], ttl: 1 },
    [
      'Conflicting configuration arguments: "alias": conflicts with ttl',
      'Missing required argument: "ttl": all of `records,ttl` must be specified',
    ],
  ],
  ['what is not known counts as set', { records: UNKNOWN, ttl: UNKNOWN }, []],
]

describe('checkArguments', () => {
  test.each(cases)('%s', (_name, config, want) => {
    expect(checkArguments(rules, config).map(({ summary, detail }) => `${summary}: ${detail}`)).toEqual(want)
  })
})
