import { afterEach, expect, test } from 'vitest'
import { AwsError } from '../../src/aws/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { closeAccount, planAccount } from '../../src/ops/accounts/index.ts'
import type { CallRecord, Fault } from '../../src/sandbox/index.ts'
import { AccountsWorld, countOwn, request, watched } from './_accounts.ts'

/** Long enough for every call of a run; a run makes some hundred of them. */
const timeout = 7_200_000
let world: AccountsWorld | undefined

afterEach(() => world?.close())

class Killed extends Error {}

const all = { organization: watched }

/**
 * Disturbs a run at its first call, another one at its second, and so on until one is not disturbed any more, and lets each be finished.
 *
 * @returns how many there were
 */
async function atEveryCall(
  seed: string,
  disturb: (world: AccountsWorld, at: number, answered: () => number) => Promise<{ readonly calls: number }>,
): Promise<number> {
  for (let at = 0; ; at++) {
    let answered = 0
    const onCall = (_: CallRecord): void => void answered++
    // Regions are all treated the same, and each service in a region is a part of its own: one is enough.
    world = await AccountsWorld.open(`${seed} ${at}`, false, { regions: ['eu-central-1'], onCall })
    const { calls } = await disturb(world, at, () => answered)
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
    await place.run({ ...all, [hook]: kill }).catch((error: unknown) => expect(error).toBeInstanceOf(Killed))
    return { calls }
  })
  console.log(`killed at each of ${count} calls (${hook})`)
  expect(count).toBeGreaterThan(150)
})

test.each(['InternalFailure', 'AccessDeniedException', 'ConcurrentModificationException'])(
  'an error that does not end, at every call: %s',
  { timeout },
  async (code) => {
    const count = await atEveryCall(`error ${code}`, async (place, at) => {
      let calls = 0
      const fail = (name: string): void => {
        if (calls++ === at) throw new AwsError({ service: name, operation: name, code, apiMessage: 'no', statusCode: 400 })
      }
      await place.run({ ...all, onCall: fail })
      return { calls }
    })
    console.log(`${code} at each of ${count} calls`)
    expect(count).toBeGreaterThan(150)
  },
)

/** What AWS answers once; those that are got over leave nothing for a second run. */
test.each<[string, Fault, boolean]>([
  ['throttled', { kind: 'throttle' }, true],
  ['an error of AWS itself', { kind: 'error' }, true],
  ['a connection that breaks', { kind: 'drop' }, true],
  ['denied', { kind: 'deny' }, false],
  ['changed at the same time', { kind: 'error', code: 'ConcurrentModificationException', status: 400 }, false],
])('as AWS answers it, at every request: %s', { timeout }, async (name, fault, isGotOver) => {
  const count = await atEveryCall(`answer ${name}`, async (place, at, answered) => {
    place.sandbox.addFault({ ...fault, after: at, times: 1 })
    const { problems } = await place.run({ ...all, patienceMs: 20_000 })
    place.sandbox.clearFaults()
    if (isGotOver) expect([at, problems]).toEqual([at, ''])
    return { calls: answered() + (fault.kind === 'drop' ? 1 : 0) }
  })
  console.log(`${name} at each of ${count} requests`)
  expect(count).toBeGreaterThan(150)
})

test('closing, killed at every call', { timeout }, async () => {
  const close = async (place: AccountsWorld, changes = {}): Promise<string> => {
    const diags = new Diagnostics()
    await closeAccount(request, { ...place.options, ...all, ...changes }, diags)
    return diags.items.map(({ summary, detail }) => `${summary}: ${detail}`).join('\n')
  }
  for (let at = 0; ; at++) {
    world = await AccountsWorld.open(`close ${at}`, false, { regions: ['eu-central-1'] })
    await world.run(all)
    let calls = 0
    const kill = (): void => {
      if (calls++ >= at) throw new Killed()
    }
    await close(world, { onCall: kill }).catch((error: unknown) => expect(error).toBeInstanceOf(Killed))
    expect([at, await close(world)]).toEqual([at, ''])
    expect((await world.members()).dev).toMatchObject([{ unit: 'suspended' }])
    await world.close()
    world = undefined
    if (calls > at) continue
    expect(at).toBeGreaterThan(15)
    return
  }
})

async function expectConverged(place: AccountsWorld): Promise<void> {
  expect((await place.run(all)).problems).toBe('')
  const calls: string[] = []
  const diags = new Diagnostics()
  const planned = await planAccount(request, { ...place.options, ...all, onCall: (name) => calls.push(name) }, diags)
  expect([diags.items, planned.flatMap((step) => step.calls)]).toEqual([[], []])
  expect(calls.filter((name) => /:(Create|Put|Update|Delete|Attach|Enable|Modify|Move|Detach|Register|Start|write)/.test(name))).toEqual([])
  const { dev, ...others } = await place.members()
  expect(dev).toMatchObject([{ unit: 'environments' }])
  expect(Object.keys(others)).toEqual(['management', 'ops'])
  expect(place.file('accounts.ts').match(/export const dev: Account/g)).toHaveLength(1)
  expect(await countOwn(place, dev![0]!.id, 'eu-central-1')).toEqual({
    trails: ['landform'],
    buckets: ['landform-logs-222233334444-us-east-1', 'test-states'],
    analyzers: ['landform'],
    recorders: ['default true'],
    channels: ['default'],
    detectors: 1,
    guardDuty: 'Enabled',
    securityHub: 'Enabled',
    budgets: ['landform-monthly'],
    delegates: ['222233334444'],
  })
}
