import { describe, expect, test } from 'vitest'
import { consoleShapes, fileShapes, growth } from '../support/growth.ts'

/** Twice as much of anything takes less than this many times as long. */
const limit = 2.6

describe.each(['validate', 'fmt'] as const)('%s takes time that grows with the length', (reading) => {
  test.each(fileShapes)('%s', { timeout: 300_000 }, async (_, make) => {
    expect(await growth(reading, make, 120, limit)).toBeLessThan(limit)
  })
})

describe('console takes time that grows with the length', () => {
  test.each(consoleShapes)('%s', { timeout: 300_000 }, async (_, make) => {
    expect(await growth('console', make, 120, limit)).toBeLessThan(limit)
  })
})
