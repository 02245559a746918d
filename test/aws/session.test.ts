import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { cached } from '../../src/aws/credentials.ts'
import { AwsError, type Clock, openSession, SessionError, type SessionSettings } from '../../src/aws/index.ts'
import { type Answer, type FakeAws, type SeenRequest, startFakeAws, sts } from './_fake-aws.ts'

let fake: FakeAws | undefined
afterEach(async () => {
  await fake?.stop()
  fake = undefined
})

/** Time that passes when it is waited for, and only then. */
class FakeClock implements Clock {
  time = 1_000_000
  slept: number[] = []
  now(): number {
    return this.time
  }
  async sleep(ms: number): Promise<void> {
    this.slept.push(ms)
    this.time += ms
  }
}

const keys = { AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 's', HOME: '/nonexistent' }

async function open(answer: (r: SeenRequest) => Answer, settings: SessionSettings = {}, env: NodeJS.ProcessEnv = keys, clock?: Clock) {
  fake = await startFakeAws(answer)
  return openSession(
    { region: 'eu-central-1', ...settings },
    { env: { AWS_ENDPOINT_URL: fake.url, ...env }, random: () => 0.5, ...(clock === undefined ? {} : { clock }) },
  )
}

const asked = (): string[] => fake!.seen.map((r) => `${r.action} by ${r.accessKey}${r.token === undefined ? '' : ` ${r.token}`}`)

describe('credentials', () => {
  test('of the environment', async () => {
    const session = await open(sts())
    expect(await session.identity()).toEqual({ account: '111122223333', arn: 'arn:aws:iam::111122223333:user/x', userId: 'AIDAX' })
    await session.identity()
    expect(asked()).toEqual(['GetCallerIdentity by AKIAENV'])
  })

  test('of the settings come first', async () => {
    const session = await open(sts(), { accessKey: 'AKIASET', secretKey: 's', token: 't' })
    await session.identity()
    expect(asked()).toEqual(['GetCallerIdentity by AKIASET t'])
  })

  test('each role is assumed with the keys of the one before', async () => {
    const session = await open(sts(), {
      assumeRole: [
        { roleArn: 'arn:aws:iam::1:role/hub', sessionName: 'me', externalId: 'x', durationSeconds: 900 },
        { roleArn: 'arn:aws:iam::2:role/spoke', tags: { a: 'b' }, transitiveTagKeys: ['a'] },
      ],
    })
    await session.identity()
    expect(asked()).toEqual(['AssumeRole by AKIAENV', 'AssumeRole by ASIAhub token-hub', 'GetCallerIdentity by ASIAspoke token-spoke'])
    const [hub, spoke] = fake!.seen.map((r) => Object.fromEntries(r.form))
    expect(hub).toMatchObject({ RoleSessionName: 'me', ExternalId: 'x', DurationSeconds: '900' })
    expect(spoke).toMatchObject({ 'Tags.member.1.Key': 'a', 'Tags.member.1.Value': 'b', 'TransitiveTagKeys.member.1': 'a' })
    expect(spoke!.RoleSessionName).toMatch(/^landform-\d+$/)
  })

  test('of a web identity, without other keys', async () => {
    const session = await open(sts(), { webIdentity: { roleArn: 'arn:aws:iam::1:role/ci', token: 'jwt' } }, { HOME: '/nonexistent' })
    await session.identity()
    expect(fake!.seen[0]!.form.get('WebIdentityToken')).toBe('jwt')
    expect(asked().at(-1)).toBe('GetCallerIdentity by ASIAci token-ci')
  })

  test('of profiles, with their region and endpoint', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'landform-aws-'))
    try {
      fake = await startFakeAws(sts())
      writeFileSync(join(dir, 'config'), `[profile ops]\nregion = ap-south-1\nendpoint_url = ${fake.url}\n`)
      writeFileSync(join(dir, 'credentials'), '[ops]\naws_access_key_id = AKIAOPS\naws_secret_access_key = s\n')
      const session = await openSession(
        { profile: 'ops', configFiles: [join(dir, 'config')], credentialsFiles: [join(dir, 'credentials')] },
        { env: keys },
      )
      expect(session.region).toBe('ap-south-1')
      await session.identity()
      expect(asked()).toEqual(['GetCallerIdentity by AKIAOPS'])
    } finally {
      rmSync(dir, { recursive: true })
    }
  })

  test('are renewed five minutes before they expire, by one call for all', async () => {
    let now = 0
    let calls = 0
    const provider = cached(
      async () => ({ accessKeyId: String(++calls), secretAccessKey: '', expiration: new Date(now + 3_600_000) }),
      () => now,
    )
    expect((await Promise.all([provider(), provider()])).map((c) => c.accessKeyId)).toEqual(['1', '1'])
    now = 54 * 60_000
    expect((await provider()).accessKeyId).toBe('1')
    now = 56 * 60_000
    expect((await provider()).accessKeyId).toBe('2')
  })

  test('no region is an error that says where one may come from', async () => {
    await expect(openSession({}, { env: { HOME: '/nonexistent' } })).rejects.toThrow(SessionError)
    await expect(openSession({}, { env: { HOME: '/nonexistent' } })).rejects.toThrow('AWS_REGION')
  })
})

describe('repeated requests', () => {
  const failing = (times: number, error: Answer) => {
    let left = times
    return (request: SeenRequest): Answer => (left-- > 0 ? error : sts()(request))
  }

  test.each([
    ['overload', 3, { status: 503, code: 'ServiceUnavailable' }, 4],
    ['throttling', 2, { status: 400, code: 'Throttling' }, 3],
    ['an answer of 500', 1, { status: 500, code: 'InternalFailure' }, 2],
  ] as const)('%s passes', async (_name, times, error, calls) => {
    const clock = new FakeClock()
    const session = await open(failing(times, error), {}, keys, clock)
    await session.identity()
    expect(fake!.seen).toHaveLength(calls)
    expect(session.requests.get('sts.GetCallerIdentity')).toBe(calls)
    expect(clock.slept.length).toBeGreaterThan(0)
  })

  test.each([
    ['a refusal', { status: 403, code: 'AccessDenied', message: 'no' }],
    ['an operation that is not there', { status: 501, code: 'NotImplemented', message: 'no' }],
    ['a quota of IAM', { status: 409, code: 'LimitExceeded', message: 'no' }],
  ] as const)('%s lasts', async (_name, error) => {
    const session = await open(() => error, {}, keys, new FakeClock())
    const thrown = await session.identity().catch((e: unknown) => e)
    expect(thrown).toBeInstanceOf(AwsError)
    expect(thrown).toMatchObject({ code: error.code, statusCode: error.status, service: 'sts', operation: 'GetCallerIdentity' })
    expect((thrown as Error).message).toMatch(
      /^operation error STS: GetCallerIdentity, https response error StatusCode: \d+, RequestID: .*, api error \w+: no$/,
    )
    expect(fake!.seen).toHaveLength(1)
  })

  test('as often as the settings say', async () => {
    const session = await open(() => ({ status: 503, code: 'ServiceUnavailable' }), { maxRetries: 2 }, keys, new FakeClock())
    await expect(session.identity()).rejects.toThrow('ServiceUnavailable')
    expect(fake!.seen).toHaveLength(3)
  })

  test('nobody who answers is given up after some seconds', async () => {
    const clock = new FakeClock()
    const session = await openSession(
      { region: 'eu-central-1' },
      { env: { ...keys, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }, clock, random: () => 0.5 },
    )
    await expect(session.identity()).rejects.toThrow('no answer: connect ECONNREFUSED 127.0.0.1:1')
    expect(session.requestCount).toBe(9)
    expect(clock.time - 1_000_000).toBeLessThan(15_000)
  })
})

test('endpoints: the settings, the service, all services, AWS', async () => {
  const urls = async (settings: SessionSettings, env: NodeJS.ProcessEnv) => {
    const session = await openSession({ region: 'eu-central-1', ...settings }, { env: { HOME: '/nonexistent', ...env } })
    return [session.endpoint('ec2'), session.endpoint('s3')]
  }
  expect(await urls({}, {})).toEqual([undefined, undefined])
  expect(await urls({}, { AWS_ENDPOINT_URL: 'http://all' })).toEqual(['http://all', 'http://all'])
  expect(await urls({}, { AWS_ENDPOINT_URL: 'http://all', AWS_ENDPOINT_URL_S3: 'http://s3' })).toEqual(['http://all', 'http://s3'])
  expect(await urls({ endpoints: { ec2: 'http://own' } }, { AWS_ENDPOINT_URL: 'http://all' })).toEqual(['http://own', 'http://all'])
  expect(await urls({}, { AWS_ENDPOINT_URL: 'http://all', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' })).toEqual([undefined, undefined])
})
