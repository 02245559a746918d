import { describe, expect, test } from 'vitest'
import { consoleShapes, fileShapes, growthOf, type Reading, ratioOf } from '../support/growth.ts'

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

describe('what is measured of growth', () => {
  /** Every third measurement is disturbed. */
  const disturbed = (cost: (n: number) => number): ((n: number) => number) => {
    let calls = 0
    return (n) => cost(n) * (calls++ % 3 === 0 ? 5 : 1)
  }

  test.each<[string, (n: number) => number, boolean]>([
    ['a constant', () => 3, true],
    ['the length', (n) => n / 100, true],
    ['the length and its logarithm', (n) => (n * Math.log2(n)) / 1000, true],
    ['the heap grows at one size', (n) => (n / 100) * (n >= 16_000 ? 2 : 1), true],
    ['the square', (n) => (n * n) / 1e6, false],
    ['the square, once it is long', (n) => n / 100 + (n * n) / 1e6, false],
    ['more than the length', (n) => n ** 1.5 / 1000, false],
  ])('%s', async (_, cost, fits) => {
    const ratio = await growthOf({ cost: disturbed(cost), least: 50, enough: 2.6 })
    expect(ratio < 2.6).toBe(fits)
  })
})
