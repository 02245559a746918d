import { beforeAll, expect, test } from 'vitest'
import { ensureBuilt } from './_cli.ts'
import { killedRuns } from './_killed.ts'

beforeAll(ensureBuilt)

test('runs that are killed lose nothing, and the next one goes on without being told to', async () => {
  expect(await killedRuns(1, 4)).toEqual([])
})
