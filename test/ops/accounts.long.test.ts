import { afterEach, expect, test } from 'vitest'
import { AwsError } from '../../src/aws/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { planAccount } from '../../src/ops/accounts/index.ts'
import { AccountsWorld, request } from './_accounts.ts'

/** Long enough for every call of a run; a run makes some hundred of them. */
const timeout = 3_600_000
let world: AccountsWorld | undefined

afterEach(() => world?.close())

class Killed extends Error {}

/**
 * Disturbs a run at its first call, another one at its second, and so on until one is not disturbed any more, and lets each be finished.
 *
 * @returns how many there were
 */
async function atEveryCall(
  seed: string,
  disturb: (world: AccountsWorld, at: number) => Promise<{ readonly calls: number }>,
): Promise<number> {
  for (let at = 0; ; at++) {
    // Regions are all treated the same: two are enough.
    world = await AccountsWorld.open(`${seed} ${at}`, false, { regions: ['us-east-1', 'eu-central-1'] })
    const { calls } = await disturb(world, at)
    try {
      await expectConverged(world)
    } catch (cause) {
      throw new Error(`Disturbed at call ${at}, it does not come to an end.`, { cause })
    }
    await world.close()
    world = undefined
    if (calls <= at) return at
  }
}

test.each(['onCall', 'onAnswer'] as const)('killed at every call: %s', { timeout }, async (hook) => {
  const count = await atEveryCall(`kill ${hook}`, async (place, at) => {
    let calls = 0
    // Nothing is done after that, by what was going on at the same time either.
    const kill = (): void => {
      if (calls++ >= at) throw new Killed()
    }
    await place.run({ [hook]: kill }).catch((error: unknown) => expect(error).toBeInstanceOf(Killed))
    return { calls }
  })
  console.log(`killed at each of ${count} calls (${hook})`)
  expect(count).toBeGreaterThan(100)
})

test.each(['InternalFailure', 'AccessDeniedException', 'ConcurrentModificationException'])(
  'an error at every call: %s',
  { timeout },
  async (code) => {
    const count = await atEveryCall(`error ${code}`, async (place, at) => {
      let calls = 0
      const fail = (name: string): void => {
        if (calls++ === at) throw new AwsError({ service: name, operation: name, code, apiMessage: 'no', statusCode: 400 })
      }
      await place.run({ onCall: fail })
      return { calls }
    })
    console.log(`${code} at each of ${count} calls`)
    expect(count).toBeGreaterThan(100)
  },
)

async function expectConverged(place: AccountsWorld): Promise<void> {
  expect((await place.run()).problems).toBe('')
  const calls: string[] = []
  const diags = new Diagnostics()
  const planned = await planAccount(request, { ...place.options, onCall: (name) => calls.push(name) }, diags)
  expect([diags.items, planned.flatMap((step) => step.calls)]).toEqual([[], []])
  expect(calls.filter((name) => /:(Create|Put|Update|Delete|Attach|Enable|Modify|Move|Detach|write)/.test(name))).toEqual([])
  const { dev, ...others } = await place.members()
  expect(dev).toMatchObject([{ unit: 'environments' }])
  expect(Object.keys(others)).toEqual(['management', 'ops'])
  expect(place.file('accounts.ts').match(/export const dev: Account/g)).toHaveLength(1)
}
