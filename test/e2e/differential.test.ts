import { beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, terraform } from './_cli.ts'
import { Peers } from './_peer.ts'
import { randomSteps } from './_programs.ts'

/** LANDFORM_LONG=1 tries many lives; LANDFORM_SEED and LANDFORM_CASES choose which and how many. */
const long = process.env.LANDFORM_LONG === '1'
const first = Number(process.env.LANDFORM_SEED ?? 1)
const count = Number(process.env.LANDFORM_CASES ?? (long ? 200 : 3))

beforeAll(ensureBuilt, 120_000)

describe.skipIf(terraform === undefined)('random configurations, the same as terraform', () => {
  test.each(Array.from({ length: count }, (_, i) => first + i))('seed %i', { timeout: 300_000 }, (seed) => {
    const steps = randomSteps(seed)
    const peers = new Peers()
    try {
      steps.forEach((step, i) => {
        expect(peers.step(step), `step ${i + 1} of ${JSON.stringify(steps, null, 1)}`).toEqual([])
        // With the last configuration applied each tool finds nothing to do in the other's state.
        if (i === 3 && peers.lastCode !== 1) expect(peers.takeOver(), `the state of the other after step ${i + 1}`).toEqual([])
      })
    } finally {
      peers.remove()
    }
  })
})
