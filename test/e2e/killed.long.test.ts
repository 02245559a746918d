import { beforeAll, expect, test } from 'vitest'
import { ensureBuilt } from './_cli.ts'
import { killedRuns } from './_killed.ts'

beforeAll(ensureBuilt)

test.each(Array.from({ length: 40 }, (_, i) => i + 100))('twelve runs that are killed, seed %i', { timeout: 300_000 }, async (seed) => {
  expect(await killedRuns(seed, 12)).toEqual([])
})
