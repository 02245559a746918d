import { describe, expect, test } from 'vitest'
import { consoleShapes, cost, fileShapes, growthOf, type Reading, type Shape } from '../support/growth.ts'

/** Twice as much of anything takes less than this many times as long. */
const limit = 2.6

const grows = (reading: Reading, make: Shape[1]): Promise<number> =>
  growthOf({ cost: (n) => cost(reading, make(n)), least: 50, enough: limit })

describe.each(['validate', 'fmt'] as const)('%s takes time that grows with the length', (reading) => {
  test.each(fileShapes)('%s', { timeout: 300_000 }, async (_, make) => {
    expect(await grows(reading, make)).toBeLessThan(limit)
  })
})

describe('console takes time that grows with the length', () => {
  test.each(consoleShapes)('%s', { timeout: 300_000 }, async (_, make) => {
    expect(await grows('console', make)).toBeLessThan(limit)
  })
})
