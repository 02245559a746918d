import { beforeAll, expect, test } from 'vitest'
import { ensureBuilt } from './_cli.ts'
import { killedSets } from './_killed-set.ts'

beforeAll(ensureBuilt)

test('a set whose apply is killed is taken up again, with the same plans, and nothing is lost or made twice', {
  timeout: 240_000,
}, async () => {
  const places = [
    { service: 'ec2', operation: 'CreateSubnet' },
    { service: 'logs', operation: 'CreateLogGroup' },
  ]
  expect(await killedSets(1, places.length, places)).toEqual({ problems: [], resumed: 2 })
})
