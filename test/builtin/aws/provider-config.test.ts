import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { awsProvider } from '../../../src/builtin/aws/index.ts'
import { jsonToValue, nullVal, objectVal, stringType, stringVal, unknownVal, type Value } from '../../../src/cty/index.ts'
import { emptyBlockValue, impliedType } from '../../../src/schema/index.ts'
import { type FakeAws, startFakeAws, sts } from '../../aws/_fake-aws.ts'

let fake: FakeAws
beforeAll(async () => {
  fake = await startFakeAws(sts())
})
afterAll(() => fake.stop())

const open = () =>
  awsProvider({
    surroundings: { env: { AWS_ENDPOINT_URL: fake.url, AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 's', HOME: '/nonexistent' } },
  })

/** A configuration with these arguments, given as JSON. */
function config(given: Record<string, unknown>): Value {
  const { provider } = open().schema()
  const type = impliedType(provider)
  const members = new Map([...emptyBlockValue(provider).asMap()])
  for (const [name, value] of Object.entries({ region: 'eu-central-1', ...given })) {
    const own = type.attributes.get(name)!
    members.set(name, jsonToValue(JSON.stringify(complete(value, own)), own))
  }
  return objectVal(members, type)
}

/** JSON of an object names all its members. */
function complete(value: unknown, type: { kind: string; element?: unknown; attributes?: ReadonlyMap<string, unknown> }): unknown {
  if (Array.isArray(value)) return value.map((e) => complete(e, type.element as typeof type))
  if (type.kind !== 'object' || typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    [...type.attributes!].map(([name, t]) => [name, complete((value as Record<string, unknown>)[name] ?? null, t as typeof type)]),
  )
}

const configure = async (given: Record<string, unknown>) =>
  (await open().configure({ config: config(given), terraformVersion: '1.11.4' })).diags

describe('the account', () => {
  test.each([
    ['any', {}, []],
    ['the allowed one', { allowed_account_ids: ['111122223333'] }, []],
    ['another', { allowed_account_ids: ['999999999999'] }, ['AWS account ID not allowed: AWS account ID not allowed: 111122223333']],
    [
      'the forbidden one',
      { forbidden_account_ids: ['111122223333'] },
      ['AWS account ID not allowed: AWS account ID not allowed: 111122223333'],
    ],
  ])('%s', async (_name, given, want) => {
    expect((await configure(given)).map((d) => `${d.summary}: ${d.detail}`)).toEqual(want)
  })

  test('roles are assumed in turn', async () => {
    fake.seen.length = 0
    const roles = [{ role_arn: 'arn:aws:iam::1:role/hub' }, { role_arn: 'arn:aws:iam::2:role/spoke', session_name: 'me' }]
    expect(await configure({ assume_role: roles })).toEqual([])
    expect(fake.seen.map((r) => `${r.action} ${r.accessKey}`)).toEqual([
      'AssumeRole AKIAENV',
      'AssumeRole ASIAhub',
      'GetCallerIdentity ASIAspoke',
    ])
  })

  test('nobody is asked where nobody is to be', async () => {
    fake.seen.length = 0
    expect(await configure({ skip_credentials_validation: true, skip_requesting_account_id: true })).toEqual([])
    expect(fake.seen).toEqual([])
  })
})

test('an endpoint that does not answer is named with the remedy', async () => {
  const diags = await configure({ endpoints: [{ sts: 'http://127.0.0.1:1' }], max_retries: 0 })
  expect(diags).toMatchObject([{ summary: 'Retrieving AWS account details' }])
  expect(diags[0]!.detail).toContain('http://127.0.0.1:1')
  expect(diags[0]!.detail).toContain('AWS_ENDPOINT_URL')
})

test('arguments without effect are refused by name', async () => {
  const { diags } = await open().validateProviderConfig(
    config({ token_bucket_rate_limiter_capacity: 5, s3_us_east_1_regional_endpoint: 'legacy' }),
  )
  expect(diags.map((d) => d.detail.split('"')[1]).sort()).toEqual(['s3_us_east_1_regional_endpoint', 'token_bucket_rate_limiter_capacity'])
})

describe('tags', () => {
  /** The planned tags of a key pair. */
  async function tags(given: Record<string, unknown>, own: Value) {
    const provider = open()
    await provider.configure({ config: config(given), terraformVersion: '1.11.4' })
    const { block } = provider.schema().resource('aws_key_pair')!
    const members = new Map([...emptyBlockValue(block).asMap()])
    members.set('public_key', stringVal('ssh-ed25519 AAAA'))
    members.set('tags', own)
    const proposed = objectVal(members, impliedType(block))
    const { planned } = await provider.planResourceChange({
      typeName: 'aws_key_pair',
      prior: nullVal(impliedType(block)),
      proposed,
      config: proposed,
      priorPrivate: undefined,
    })
    const all = planned.getAttr('tags_all')
    return all.isKnown ? Object.fromEntries([...all.asMap()].map(([k, v]) => [k, v.isKnown ? v.asString() : '(unknown)'])) : '(unknown)'
  }
  const mapOf = (record: Record<string, string>) => jsonToValue(JSON.stringify(record), { kind: 'map', element: stringType })
  const defaults = { default_tags: [{ tags: { Team: 'ops', Stage: 'test' } }] }

  test.each([
    ['defaults and own ones', defaults, mapOf({ Name: 'x', Team: 'dev' }), { Name: 'x', Team: 'dev', Stage: 'test' }],
    ['defaults alone', defaults, nullVal(mapOf({}).type), { Team: 'ops', Stage: 'test' }],
    ['neither', {}, nullVal(mapOf({}).type), '(unknown)'],
    [
      'ignored ones',
      { ...defaults, ignore_tags: [{ keys: ['Stage'], key_prefixes: ['kube'] }] },
      mapOf({ 'kube/x': '1', a: 'b' }),
      { Team: 'ops', a: 'b' },
    ],
    ['own ones that are not known', defaults, unknownVal(mapOf({}).type), '(unknown)'],
  ])('%s', async (_name, given, own, want) => {
    expect(await tags(given, own)).toEqual(want)
  })
})
