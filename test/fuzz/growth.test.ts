import { expect, test } from 'vitest'
import { consoleShapes, fileShapes, type Reading, ratioOf } from '../support/growth.ts'

/*
 * A choice of kinds of input that once took time that grew with the square of their length: eight times as much of it takes about eight
 * times as long, where it would be sixty-four times. `growth.long.test.ts` measures all kinds, and closely.
 */
const chosen: readonly (readonly [Reading, string, number])[] = [
  ['validate', 'unknown functions', 200],
  ['validate', 'syntax errors', 300],
  ['validate', 'what is not declared, in one line', 200],
  ['validate', 'long object', 2000],
  ['console', 'merge of expanded maps', 1000],
  ['console', 'sensitive merge', 1000],
  ['console', 'group by many keys', 2000],
]

test.each(chosen)('%s: %s', async (reading, kind, n) => {
  const make = new Map(reading === 'console' ? consoleShapes : fileShapes).get(kind)!
  expect(await ratioOf(reading, make(n), make(8 * n), 24)).toBeLessThan(32)
})
