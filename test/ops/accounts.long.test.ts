import { afterEach, describe, expect, test } from 'vitest'
import { AwsError } from '../../src/aws/index.ts'
import { AccountsWorld } from './_accounts.ts'

/** Every call boundary of the parts that make something once; of the many regions, which are all treated the same, some. */
const boundaries = [...Array.from({ length: 70 }, (_, i) => i), ...Array.from({ length: 30 }, (_, i) => 70 + i * 15)]
let world: AccountsWorld

afterEach(() => world.close())

class Killed extends Error {}

describe.each(['onCall', 'onAnswer'] as const)('killed at %s', (hook) => {
  test.each(boundaries)('%i', { timeout: 120_000 }, async (at) => {
    world = await AccountsWorld.open(`kill ${hook} ${at}`)
    let count = 0
    const kill = (): void => {
      if (count++ === at) throw new Killed()
    }
    await world.run({ [hook]: kill }).catch((error: unknown) => expect(error).toBeInstanceOf(Killed))
    await expectConverged()
  })
})

test.each(boundaries)('an error at call %i', { timeout: 120_000 }, async (at) => {
  world = await AccountsWorld.open(`error ${at}`)
  let count = 0
  const fail = (name: string): void => {
    if (count++ === at) throw new AwsError({ service: name, operation: name, code: 'InternalFailure', apiMessage: 'no', statusCode: 500 })
  }
  await world.run({ onCall: fail })
  await expectConverged()
})

async function expectConverged(): Promise<void> {
  expect((await world.run()).problems).toBe('')
  const { dev } = await world.members()
  expect(dev).toMatchObject([{ unit: 'environments' }])
  expect(dev).toHaveLength(1)
  expect(world.file('accounts.ts').match(/export const dev: Account/g)).toHaveLength(1)
}
