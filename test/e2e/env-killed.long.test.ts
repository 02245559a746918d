import { beforeAll, expect, test } from 'vitest'
import { ensureBuilt } from './_cli.ts'
import { killedSets } from './_killed-set.ts'

beforeAll(ensureBuilt)

test.each(Array.from({ length: 12 }, (_, i) => i + 200))('eight applies that are killed, seed %i', { timeout: 600_000 }, async (seed) => {
  expect((await killedSets(seed, 8)).problems).toEqual([])
})
