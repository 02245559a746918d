import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openSession, s3ObjectStore } from '../../src/aws/index.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts'
import { lockInfoToJson, newLockInfo } from '../../src/statemgr/index.ts'
import { ensureBuilt } from './_cli.ts'
import { EnvironmentProject, smallEnvironment } from './_environments.ts'

/** Environments whose accounts are said to be on AWS, which a sandbox stands in for here: an account without anything in it. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const hub = '222233334444'
const roles = [
  { name: 'landform-plan', trusts: hub, access: 'read-only' },
  { name: 'landform-apply', trusts: hub, access: 'administrator' },
] as const

let project: EnvironmentProject
let sandbox: Sandbox
beforeAll(async () => {
  ensureBuilt()
  project = new EnvironmentProject()
  project.write('environments/ops.ts', smallEnvironment)
  project.edit('environments/accounts.ts', "| 'aws' = 'sandbox'", "| 'aws' = 'aws'")
  sandbox = await startSandbox({
    organization: {
      management: '111122223333',
      hub,
      accounts: [
        { id: '111122223333', name: 'management' },
        { id: hub, name: 'ops' },
        { id: '333344445555', name: 'stage' },
      ],
      roles,
    },
  })
})
afterAll(async () => {
  await sandbox.close()
  project.remove()
})

/** What a user has in the environment. An account's id is the key of its root where policies are not enforced. */
function loggedIn(account: string, endpoint = sandbox.url): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: 'any',
    LANDFORM_BUILTIN_PROVIDERS: 'aws,datadog',
  }
}

/** Words of a message without the box around it and its line breaks. */
function words(text: string): string {
  return text.replace(/\n?│ ?/g, ' ').replace(/\s+/g, ' ')
}

describe('before there is a store', () => {
  test('a plan names make state', async () => {
    const { code, stdout, stderr } = await project.envAsync(['plan', 'ops'], loggedIn(hub))
    expect(code).toBe(1)
    expect(stdout).toContain('  target   AWS')
    expect(stderr).toContain('Error: No state store')
    expect(stderr).toContain('make state')
  })

  test('credentials for another account', async () => {
    const { code, stderr } = await project.envAsync(['plan', 'ops'], loggedIn('333344445555'))
    expect(code).toBe(1)
    expect(stderr).toContain('Error: Credentials for another account')
    expect(words(stderr)).toContain('but your credentials are for 333344445555')
    const state = await project.envAsync(['state'], { ...loggedIn('333344445555'), YES: '1' })
    expect(state.code).toBe(1)
    expect(state.stderr).toContain('Error: Credentials for another account')
  })

  test('without a built-in provider the message names how to choose it', async () => {
    const { LANDFORM_BUILTIN_PROVIDERS: _, ...env } = loggedIn(hub)
    const { code, stderr } = await project.envAsync(['state'], { ...env, YES: '1' })
    expect(code).toBe(1)
    expect(stderr).toContain('LANDFORM_BUILTIN_PROVIDERS')
  })

  test.each([['plan', 'ops'], ['state']])('without credentials: %s', async (...args) => {
    const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _secret, ...env } = loggedIn(hub)
    const { code, stderr } = await project.envAsync(args, { ...env, YES: '1' })
    expect(code).toBe(1)
    expect(stderr).toContain('Error: No AWS credentials')
    expect(stderr).toContain('export AWS_PROFILE=ops')
  })

  test('nobody is there', async () => {
    const { code, stderr } = await project.envAsync(['plan', 'ops'], loggedIn(hub, 'http://127.0.0.1:9'))
    expect(code).toBe(1)
    expect(stderr).toContain('Error: AWS cannot be reached')
    expect(words(stderr)).toContain('AWS_ENDPOINT_URL says http://127.0.0.1:9')
  })
})

describe('make state', () => {
  test('needs somebody who agrees', async () => {
    const { code, stderr } = await project.envAsync(['state'], loggedIn(hub))
    expect(code).toBe(1)
    expect(stderr).toContain('YES=1 make state')
  })

  test('creates the store and moves its own state into it', async () => {
    const { code, stdout, stderr } = await project.envAsync(['state'], { ...loggedIn(hub), YES: '1' })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('Plan: 6 to add, 0 to change, 0 to destroy.')
    const session = await openSession({ region: 'us-east-1', accessKey: hub, secretKey: 'any' }, { env: { AWS_ENDPOINT_URL: sandbox.url } })
    const store = s3ObjectStore({ session, bucket: 'example-landform-state' })
    expect(await store.list('')).toEqual(['store/terraform.tfstate'])
  })

  test('is safe to be run again', async () => {
    const { code, stdout, stderr } = await project.envAsync(['state'], { ...loggedIn(hub), YES: '1' })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('No changes.')
    expect(stdout).toContain('  state    s3://example-landform-state/store/terraform.tfstate')
  })

  test('then environments are planned and applied', async () => {
    expect(await project.envAsync(['plan', 'ops'], loggedIn(hub))).toMatchObject({ code: 0, stderr: '' })
    expect(await project.envAsync(['apply', 'ops'], { ...loggedIn(hub), YES: '1' })).toMatchObject({ code: 0, stderr: '' })
  })
})

test('accounts.ts can choose the built-in providers', async () => {
  const accounts = project.read('environments/accounts.ts')
  const { LANDFORM_BUILTIN_PROVIDERS: _, ...env } = loggedIn(hub)
  expect((await project.envAsync(['plan', 'ops'], env)).stderr).toContain('export const builtinProviders')
  project.write('environments/accounts.ts', `${accounts}\nexport const builtinProviders = ['aws', 'datadog']\n`)
  expect(await project.envAsync(['plan', 'ops'], env)).toMatchObject({ code: 0, stderr: '' })
  project.write('environments/accounts.ts', accounts)
})

describe('a lock that somebody holds', () => {
  test('is told with its holder, and can be taken away by its id', async () => {
    const session = await openSession({ region: 'us-east-1', accessKey: hub, secretKey: 'any' }, { env: { AWS_ENDPOINT_URL: sandbox.url } })
    const store = s3ObjectStore({ session, bucket: 'example-landform-state' })
    const info = { ...newLockInfo('OperationTypeApply', '1.11.4'), who: 'alice@laptop' }
    await store.put('ops/terraform.tfstate.tflock', Buffer.from(lockInfoToJson(info)), { contentType: 'application/json' })

    // Planning locks nothing, and waits for nobody.
    expect((await project.envAsync(['plan', 'ops'], loggedIn(hub))).code).toBe(0)
    const held = await project.envAsync(['apply', 'ops'], { ...loggedIn(hub), YES: '1' })
    expect(held.code).toBe(1)
    expect(held.stderr).toContain('Error: Error acquiring the state lock')
    expect(held.stderr).toContain('-lock-timeout=5m')
    expect(held.stderr).not.toContain('-lock=false')
    expect(held.stderr).toContain('alice@laptop')
    expect(held.stderr).toContain(`landform env unlock ops ${info.id}`)

    const wrong = await project.envAsync(['unlock', 'ops', 'another-id'], loggedIn(hub))
    expect(wrong.code).toBe(1)
    expect(wrong.stderr).toContain('Error releasing the state lock')
    const right = await project.envAsync(['unlock', 'ops', info.id], loggedIn(hub))
    expect(right.code).toBe(0)
    expect((await project.envAsync(['apply', 'ops'], { ...loggedIn(hub), YES: '1' })).code).toBe(0)
  })
})
