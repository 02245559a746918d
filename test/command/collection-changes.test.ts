import { describe, expect, test } from 'vitest'
import { diffObject } from '../../src/command/diff/differ.ts'
import { renderDiff } from '../../src/command/diff/render.ts'
import { plainPalette } from '../../src/command/views/palette.ts'
import {
  listType,
  listVal,
  mapType,
  mapVal,
  nullVal,
  objectVal,
  SENSITIVE,
  stringType,
  stringVal,
  type Type,
  unknownVal,
  type Value,
} from '../../src/cty/index.ts'
import { blockFromJson } from '../../src/schema/index.ts'

/*
 * What Terraform 1.11.4 shows of elements that are empty, null, not known yet or sensitive. It takes empty texts for null in lists, and what
 * is not known yet for null where it compares elements.
 */

const later = unknownVal(stringType)
const none = nullVal(stringType)
const secret = (value: Value): Value => value.withMarks(new Set([SENSITIVE]))

/** The lines of the attribute `v`, of a block that the old SDK cannot have. */
function shown(type: Type, json: unknown, before: Value, after: Value): readonly string[] {
  const schema = blockFromJson({
    attributes: { v: { type: json as never, optional: true }, any: { type: 'dynamic', optional: true } },
  })
  const object = (value: Value): Value =>
    objectVal([
      ['v', value],
      ['any', nullVal(stringType)],
    ])
  expect(before.type.kind).toBe(type.kind)
  const text = renderDiff(diffObject(schema, object(before), object(after)), 0, { palette: plainPalette })
  return text
    .split('\n')
    .slice(1, -1)
    .map((line) => line.slice(6))
}

const warning = [
  '    # Warning: this attribute value will be marked as sensitive and will not',
  '    # display in UI output after applying this change. The value is unchanged.',
]

describe('lists', () => {
  const list = (...items: Value[]): Value => listVal(items)
  const [a, b] = [stringVal('a'), stringVal('b')]
  test.each<[string, Value, Value, readonly string[]]>([
    ['null that is not known yet', list(none, a), list(later, a), ['  # (1 unchanged attribute hidden)']],
    ['empty, and not known yet', list(stringVal(''), a), list(later, a), ['  # (1 unchanged attribute hidden)']],
    ['empty, and null', list(stringVal(''), a), list(none, a), ['  # (1 unchanged attribute hidden)']],
    ['null, and empty', list(none, a), list(stringVal(''), a), ['  # (1 unchanged attribute hidden)']],
    ['known, and not yet', list(a, b), list(later, b), ['~ v = [', '    ~ "a" -> (known after apply),', '      "b",', '  ]']],
    ['sensitive from now on', list(a, b), list(secret(a), b), ['~ v = [', ...warning, '    ~ (sensitive value),', '      "b",', '  ]']],
    [
      'sensitive from now on, and the only one left',
      list(a, b),
      list(secret(a)),
      ['~ v = [', ...warning, '    ~ (sensitive value),', '    - "b",', '  ]'],
    ],
    [
      'sensitive as a whole from now on',
      list(secret(a), b),
      secret(list(a, b)),
      [warning[0]!.slice(4), warning[1]!.slice(4), '~ v = (sensitive value)'],
    ],
  ])('%s', (_, before, after, want) => {
    expect(shown(listType(stringType), ['list', 'string'], before, after)).toEqual(want)
  })
})

describe('maps', () => {
  const map = (value: Value): Value => mapVal([['k', value]])
  test.each<[string, Value, Value, readonly string[]]>([
    ['empty, and not known yet', map(stringVal('')), map(later), ['~ v = {', '    ~ "k" = null -> (known after apply)', '  }']],
    ['empty, and null', map(stringVal('')), map(none), ['~ v = {', '    ~ "k" = "" -> null', '  }']],
  ])('%s', (_, before, after, want) => {
    expect(shown(mapType(stringType), ['map', 'string'], before, after)).toEqual(want)
  })
})
