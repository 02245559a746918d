import { afterEach, describe, expect, test } from 'vitest'
import { AwsError } from '../../src/aws/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { planAccount, steps } from '../../src/ops/accounts/index.ts'
import { AccountsWorld, request } from './_accounts.ts'

const timeout = 120_000
let world: AccountsWorld

afterEach(() => world.close())

/** Makes the account as a whole and says which calls that took. */
async function calls(): Promise<readonly string[]> {
  const made: string[] = []
  const { problems } = await world.run({ onCall: (name) => made.push(name) })
  expect(problems).toBe('')
  return made
}

describe('an account', () => {
  test('is made ready, registered and released; a second run changes nothing', { timeout }, async () => {
    world = await AccountsWorld.open('once')
    const first = await calls()
    expect(first.filter((name) => name === 'organizations:CreateAccount')).toHaveLength(1)
    const { dev } = await world.members()
    expect(dev).toMatchObject([{ unit: 'environments' }])
    const { id } = dev![0]!
    expect(world.file('accounts.ts')).toMatch(
      new RegExp(
        `export const dev: Account = \\{\\n  name: 'dev',\\n  id: '${id}',\\n  email: 'aws\\+dev@example.com',\\n  region: 'us-east-1',\\n  domain: 'dev.example.com',\\n  roles,\\n\\}\\n`,
      ),
    )
    expect(world.file('accounts.ts')).toContain('export const accounts: readonly Account[] = [management, ops, stage, prod, dev]')
    expect(world.file('dev.ts')).toContain("import { dev, hub } from './accounts.ts'")
    expect(await world.networks(id, 'eu-central-1')).toEqual([])
    const second = await calls()
    expect(second.filter((name) => /:(Create|Put|Update|Delete|Attach|Enable|Modify|Move|Detach)/.test(name))).toEqual([])
    const { journal } = await world.run()
    expect(Object.keys(journal!.done)).toEqual(steps.map(({ name }) => name))
    expect(journal).toMatchObject({ accountId: id })
  })

  test('is planned without being made', { timeout }, async () => {
    world = await AccountsWorld.open('plan')
    const diags = new Diagnostics()
    const made: string[] = []
    const planned = await planAccount(request, { ...world.options, onCall: (name) => made.push(name) }, diags)
    expect(diags.items).toEqual([])
    expect(planned.map(({ step }) => step.name)).toEqual(steps.map(({ name }) => name))
    expect(planned[1]!.calls[0]).toBe('organizations:CreateAccount dev aws+dev@example.com')
    expect(made.filter((name) => !/:(Describe|List|Get|Head|read)/.test(name))).toEqual([])
    expect(Object.keys(await world.members())).toEqual(['management', 'ops'])
  })
})

/** Numbers of calls at which a run is disturbed: a few of all of them, other ones in each part of the run. */
function sampled(total: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => Math.floor((i * total) / count))
}

class Killed extends Error {}

async function expectConverged(): Promise<void> {
  const { problems } = await world.run()
  expect(problems).toBe('')
  const members = await world.members()
  expect(members.dev).toHaveLength(1)
  expect(members.dev).toMatchObject([{ unit: 'environments' }])
  expect(world.file('accounts.ts').match(/export const dev: Account/g)).toHaveLength(1)
}

describe.each([
  { name: 'killed before a call', hook: 'onCall' },
  { name: 'killed after a call', hook: 'onAnswer' },
] as const)('$name', ({ hook }) => {
  test.each(sampled(60, 2))('number %i, it goes on', { timeout }, async (at) => {
    world = await AccountsWorld.open(`kill ${hook} ${at}`)
    let count = 0
    const kill = (): void => {
      if (count++ === at) throw new Killed()
    }
    await expect(world.run({ [hook]: kill })).rejects.toThrow(Killed)
    await expectConverged()
  })
})

describe.each(['AccessDeniedException', 'ConcurrentModificationException', 'InternalFailure'])('%s', (code) => {
  test.each([7])('at call number %i is got over', { timeout }, async (at) => {
    world = await AccountsWorld.open(`error ${code} ${at}`)
    let count = 0
    const fail = (name: string): void => {
      if (count++ === at) throw new AwsError({ service: name, operation: name, code, apiMessage: 'no', statusCode: 400 })
    }
    await world.run({ onCall: fail })
    await expectConverged()
  })
})

test('two runs at once make one account', { timeout }, async () => {
  world = await AccountsWorld.open('twice')
  const results = await Promise.allSettled([world.run(), world.run()])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
  await expectConverged()
})

test('the hub itself, in an organization that has nothing yet', { timeout }, async () => {
  world = await AccountsWorld.open('adopt', true)
  const asked = { ...request, name: 'ops', email: 'aws+ops@example.com', unit: 'operations' }
  const { problems } = await world.run({}, asked)
  expect(problems).toBe('')
  const { ops } = await world.members()
  expect(ops).toMatchObject([{ unit: 'operations' }])
  expect(world.file('accounts.ts')).toContain(`export const ops: Account = { name: 'ops', id: '${ops![0]!.id}'`)
})

describe('bad requests', () => {
  test.each([
    [
      'an address that another account has',
      { email: 'aws+OPS@example.com' },
      /^Invalid request for an account: .* belongs to the account ops/,
    ],
    ['a name that is too long', { name: 'd'.repeat(51) }, /^Invalid request for an account: The name/],
    ['no address', { email: 'dev' }, /^Invalid request for an account: "dev" is no e-mail address/],
    ['no repository', { repository: 'infrastructure' }, /^Invalid request for an account: The repository/],
    ['the name of another account', { name: 'ops' }, /^Invalid request for an account: The account ops \(222233334444\) is there already/],
  ])('%s', async (_name, changes, want) => {
    world = await AccountsWorld.open('bad')
    const { journal, problems } = await world.run({}, { ...request, ...changes })
    expect(journal).toBeUndefined()
    expect(problems).toMatch(want)
    expect(Object.keys(await world.members())).toEqual(['management', 'ops'])
  })
})
