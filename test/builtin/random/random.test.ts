import { compareSync } from 'bcryptjs'
import { beforeAll, describe, expect, test } from 'vitest'
import { seededNumbers } from '../../../src/builtin/random/_seeded.ts'
import { randomProvider } from '../../../src/builtin/random/index.ts'
import { type PlainObject, UNKNOWN } from '../../../src/providers/kit/index.ts'
import { Drive } from '../_drive.ts'

let drive: Drive
beforeAll(async () => {
  drive = await Drive.start(randomProvider())
})

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe('what is created', () => {
  test.each<[string, PlainObject, Readonly<Record<string, unknown>>]>([
    [
      'random_id',
      { byte_length: 4 },
      {
        hex: expect.stringMatching(/^[0-9a-f]{8}$/),
        b64_url: expect.stringMatching(/^[\w-]{6}$/),
        b64_std: expect.stringMatching(/^[\w+/]{6}==$/),
      },
    ],
    [
      'random_id',
      { byte_length: 1, prefix: 'p-' },
      { hex: expect.stringMatching(/^p-[0-9a-f]{2}$/), dec: expect.stringMatching(/^p-\d{1,3}$/), id: expect.stringMatching(/^[\w-]{2}$/) },
    ],
    ['random_integer', { min: 7, max: 7 }, { result: 7, id: '7' }],
    ['random_integer', { min: -3, max: -3, seed: 'x' }, { result: -3, id: '-3' }],
    [
      'random_string',
      { length: 20, special: false, upper: false, lower: false },
      { result: expect.stringMatching(/^\d{20}$/), number: true, numeric: true },
    ],
    [
      'random_string',
      { length: 9, number: false, special: false },
      { result: expect.stringMatching(/^[a-zA-Z]{9}$/), number: false, numeric: false },
    ],
    [
      'random_string',
      { length: 9, numeric: false, upper: false, override_special: '_' },
      { result: expect.stringMatching(/^[a-z_]{9}$/), number: false },
    ],
    [
      'random_string',
      { length: 4, min_upper: 1, min_lower: 1, min_numeric: 1, min_special: 1, override_special: '#' },
      { result: expect.stringMatching(/^(?=.*[A-Z])(?=.*[a-z])(?=.*\d)(?=.*#).{4}$/) },
    ],
    [
      'random_password',
      { length: 30 },
      {
        result: expect.stringMatching(/^[\w!@#$%&*()\-=+[\]{}<>:?]{30}$/),
        bcrypt_hash: expect.stringMatching(/^\$2a\$10\$.{53}$/),
        id: 'none',
      },
    ],
    ['random_pet', {}, { id: expect.stringMatching(/^[a-z]+-[a-z]+$/), length: 2, separator: '-' }],
    ['random_pet', { length: 4, prefix: 'my', separator: '_' }, { id: expect.stringMatching(/^my(_[a-z]+){4}$/) }],
    ['random_pet', { length: 1 }, { id: expect.stringMatching(/^[a-z]+$/) }],
    ['random_shuffle', { input: ['a'], result_count: 3 }, { result: ['a', 'a', 'a'], id: '-' }],
    ['random_shuffle', { input: [], result_count: 3 }, { result: [] }],
    ['random_uuid', {}, { result: expect.stringMatching(uuid), id: expect.stringMatching(uuid) }],
    ['random_bytes', { length: 3 }, { base64: expect.stringMatching(/^[\w+/]{4}$/), hex: expect.stringMatching(/^[0-9a-f]{6}$/) }],
  ])('%s %j', async (type, config, want) => {
    const { object, errors } = await drive.apply(type, config)
    expect(errors).toEqual([])
    expect(object).toMatchObject(want)
  })

  test('the notations of an id are of the same bytes', async () => {
    const { object } = await drive.apply('random_id', { byte_length: 8 })
    const bytes = Buffer.from(object.hex as string, 'hex')
    expect([object.b64_std, object.b64_url, object.dec]).toEqual([
      bytes.toString('base64'),
      bytes.toString('base64url'),
      bytes.readBigUInt64BE().toString(),
    ])
  })

  test('the digest of a password is that of its first 72 bytes', async () => {
    for (const length of [12, 100]) {
      const { object } = await drive.apply('random_password', { length })
      expect(compareSync((object.result as string).slice(0, 72), object.bcrypt_hash as string)).toBe(true)
    }
  })

  test('a shuffle keeps the elements, and whole rounds come before repetitions', async () => {
    const input = ['a', 'b', 'c', 'd']
    const { object } = await drive.apply('random_shuffle', { input, result_count: 8 })
    const result = object.result as string[]
    expect([[...result.slice(0, 4)].sort(), [...result.slice(4)].sort()]).toEqual([input, input])
  })

  test('the same seed gives the same, another one something else', async () => {
    const of = async (seed: string) => (await drive.apply('random_integer', { min: 1, max: 1_000_000, seed })).object.result
    expect([await of('a'), (await of('a')) === (await of('b'))]).toEqual([await of('a'), false])
    const shuffled = async () => (await drive.apply('random_shuffle', { input: [...'abcdefgh'], seed: 's' })).object.result
    expect(await shuffled()).toEqual(await shuffled())
  })

  // What hashicorp/random gives, whose source is Go's math/rand.
  test.each<[string, PlainObject, unknown]>([
    ['random_integer', { min: 1, max: 3, seed: '12345' }, 3],
    ['random_shuffle', { input: [...'abcde'], seed: '-' }, ['a', 'c', 'b', 'e', 'd']],
    ['random_shuffle', { input: [...'abcde'], seed: '-', result_count: 3 }, ['a', 'c', 'b']],
    ['random_shuffle', { input: [...'abcde'], seed: '-', result_count: 12 }, [...'acbedaedcbab']],
  ])('a seed of %s gives what the Go provider makes of it: %o', async (type, config, want) => {
    expect((await drive.apply(type, config)).object.result).toEqual(want)
  })

  test("the numbers from a seed are those of Go's generator", () => {
    const numbers = seededNumbers(1n)
    expect(Array.from({ length: 10 }, () => numbers(100))).toEqual([81, 87, 47, 59, 81, 18, 25, 40, 56, 0])
  })

  test('every number of a range comes, each about as often', async () => {
    const counts = new Map<unknown, number>()
    for (let i = 0; i < 300; i++) {
      const { object } = await drive.apply('random_integer', { min: 1, max: 3, seed: String(i) })
      counts.set(object.result, (counts.get(object.result) ?? 0) + 1)
    }
    expect([...counts.keys()].sort()).toEqual([1, 2, 3])
    expect(Math.min(...counts.values())).toBeGreaterThan(60)
  })
})

describe('plans', () => {
  test('what is made is not known before', async () => {
    const { object } = await drive.plan('random_password', { length: 8 })
    expect(object).toMatchObject({ result: UNKNOWN, bcrypt_hash: UNKNOWN, id: UNKNOWN, special: true, min_lower: 0 })
  })

  test.each<[string, string, PlainObject, PlainObject, string[]]>([
    ['a keeper', 'random_uuid', { keepers: { a: '1' } }, { keepers: { a: '2' } }, ['.keepers']],
    ['a keeper that is not known', 'random_uuid', { keepers: { a: '1' } }, { keepers: UNKNOWN }, ['.keepers']],
    ['a keeper more', 'random_pet', {}, { keepers: { a: '2' } }, ['.keepers']],
    ['a keeper that is null', 'random_pet', { keepers: { a: '1' } }, { keepers: { a: '1', b: null } }, []],
    ['the length', 'random_string', { length: 5 }, { length: 6 }, ['.length']],
    ['digits under their old name', 'random_string', { length: 5 }, { length: 5, number: false }, ['.number', '.numeric']],
    ['digits under both names alike', 'random_string', { length: 5, number: false }, { length: 5, numeric: false }, []],
    ['the range', 'random_integer', { min: 1, max: 2 }, { min: 1, max: 3 }, ['.max']],
    ['nothing', 'random_shuffle', { input: ['a', 'b'] }, { input: ['a', 'b'] }, []],
  ])('%s', async (_, type, before, after, replace) => {
    const { value } = await drive.apply(type, before)
    expect([...(await drive.plan(type, after, value)).replace].sort()).toEqual(replace)
  })
})

describe('what is refused', () => {
  test.each<[string, PlainObject, string]>([
    ['random_id', { byte_length: 0 }, 'Invalid Attribute Value: Attribute byte_length value must be at least 1, got: 0'],
    [
      'random_string',
      { length: 3, min_upper: 2, min_lower: 2 },
      'Invalid Attribute Value: Attribute length value must be at least sum of min_upper + min_lower + min_numeric + min_special, got: 3',
    ],
    [
      'random_string',
      { length: 3, number: true, numeric: true },
      'Invalid Attribute Combination: Attribute "numeric" cannot be specified when "number" is specified',
    ],
    ['random_integer', { min: 1.5, max: 3 }, 'Invalid Attribute Value: Attribute min value must be a whole number between -2^53 and 2^53'],
  ])('%s %j', async (type, config, want) => {
    expect(await drive.validate(type, config)).toEqual([want])
  })

  test.each<[string, PlainObject, string]>([
    [
      'random_integer',
      { min: 2, max: 1 },
      'Create Random Integer Error: The minimum (min) value needs to be smaller than or equal to maximum (max) value.',
    ],
    [
      'random_string',
      { length: 3, upper: false, lower: false, numeric: false, special: false },
      'Random Read Error: The character set to choose from is empty.',
    ],
  ])('%s %j when it is created', async (type, config, want) => {
    expect((await drive.apply(type, config)).errors).toEqual([want])
  })
})

describe('import', () => {
  test.each<[string, string, Readonly<Record<string, unknown>> | string]>([
    ['random_id', 'p-9h', { hex: 'a7ef61', byte_length: 3, prefix: null, dec: '11005793' }],
    [
      'random_id',
      'pre-,p-9hc',
      'Import Random ID Error: "pre-,p-9hc" is not bytes in URL-safe base64 without padding, with an optional "PREFIX," before it.',
    ],
    ['random_id', 'a,b,AQID', { hex: 'a,b010203', prefix: 'a,b', id: 'AQID' }],
    ['random_integer', '15,10,20', { result: 15, min: 10, max: 20, seed: null, id: '15' }],
    ['random_integer', '15,10,20,s', { result: 15, seed: 's' }],
    [
      'random_integer',
      '15',
      'Import Random Integer Error: "15" is not of the form RESULT,MIN,MAX or RESULT,MIN,MAX,SEED with whole numbers.',
    ],
    ['random_string', 'abc', { result: 'abc', id: 'abc', length: 3, special: true, numeric: true }],
    ['random_password', 'secret', { result: 'secret', id: 'none', length: 6, bcrypt_hash: expect.stringMatching(/^\$2a/) }],
    ['random_uuid', 'AABBCCDD-0011-4233-8455-66778899AABB', { result: 'aabbccdd-0011-4233-8455-66778899aabb' }],
    ['random_uuid', 'x', 'Import Random UUID Error: "x" is not a UUID.'],
    ['random_uuid4', '7e4436da-7c71-486e-a57c-830b25fff7bd', { id: '7e4436da-7c71-486e-a57c-830b25fff7bd' }],
    [
      'random_uuid4',
      '0197ad85-fe6e-7e92-a2f5-7550daa83030',
      'Import Random UUID Error: "0197ad85-fe6e-7e92-a2f5-7550daa83030" is not a UUID of version 4.',
    ],
    ['random_uuid7', '0197ad85-fe6e-7e92-a2f5-7550daa83030', { result: '0197ad85-fe6e-7e92-a2f5-7550daa83030' }],
    ['random_bytes', 'AQID', { hex: '010203', length: 3 }],
    ['random_bytes', 'AQ', 'Import Random bytes Error: The import id is not bytes in base64.'],
    ['random_pet', 'x', 'Resource Import Not Implemented: Objects of the type random_pet cannot be imported.'],
  ])('%s %s', async (type, id, want) => {
    const { object, errors } = await drive.import(type, id)
    if (typeof want === 'string') expect(errors).toEqual([want])
    else expect([errors, object]).toEqual([[], expect.objectContaining(want)])
  })

  test('an imported object has no changes', async () => {
    const { value } = await drive.import('random_string', 'abc')
    expect((await drive.plan('random_string', { length: 3 }, value)).replace).toEqual([])
  })
})

describe('states of older versions', () => {
  const upgrade = async (typeName: string, version: number, stored: object) =>
    (await drive.provider.upgradeResourceState({ typeName, version, stored: { json: JSON.stringify(stored) } })).value
  test('a password gets a digest and the new name of its digits', async () => {
    const value = await upgrade('random_password', 0, { id: 'none', length: 3, result: 'abc', number: false })
    expect(value.getAttr('numeric').asBool()).toBe(false)
    expect(compareSync('abc', value.getAttr('bcrypt_hash').asString())).toBe(true)
  })
  test('a string gets the new name of its digits', async () => {
    expect((await upgrade('random_string', 1, { id: 'abc', length: 3, result: 'abc' })).getAttr('numeric').asBool()).toBe(true)
  })
})

test('secrets are marked', () => {
  const schema = drive.provider.schema()
  const secrets = schema.resourceNames().flatMap((name) =>
    Object.entries(schema.resource(name)!.block.attributes)
      .filter(([, a]) => a.sensitive)
      .map(([attribute]) => `${name}.${attribute}`),
  )
  expect(secrets).toEqual(['random_bytes.base64', 'random_bytes.hex', 'random_password.result', 'random_password.bcrypt_hash'])
})

test('the ephemeral password is a new one each time', async () => {
  const { provider } = drive
  const { block } = provider.schema().ephemeralResource!('random_password')!
  const { configValue } = await import('../_drive.ts')
  const open = () =>
    provider.openEphemeralResource!({ typeName: 'random_password', config: configValue(block, { length: 12, special: false }) })
  const [first, second] = [await open(), await open()]
  expect(first.diags).toEqual([])
  expect(first.value.getAttr('result').asString()).toMatch(/^[a-zA-Z0-9]{12}$/)
  expect(second.value.getAttr('result').asString()).not.toBe(first.value.getAttr('result').asString())
})

test('UUIDs of version 4 and 7', async () => {
  const made = async (type: string) => {
    const { object, errors } = await drive.apply(type, {})
    expect([errors, object.id]).toEqual([[], object.result])
    return object.result as string
  }
  expect(await made('random_uuid4')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const before = Date.now()
  const seven = await made('random_uuid7')
  expect(seven).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const time = Number.parseInt(seven.replaceAll('-', '').slice(0, 12), 16)
  expect(time).toBeGreaterThanOrEqual(before)
  expect(time).toBeLessThanOrEqual(Date.now())
  expect((await drive.plan('random_uuid7', { keepers: { a: 'b' } }, (await drive.apply('random_uuid7', {})).value)).replace).toEqual([
    '.keepers',
  ])
})

test('ephemeral bytes are new ones each time', async () => {
  const { provider } = drive
  const { block } = provider.schema().ephemeralResource!('random_bytes')!
  const { configValue } = await import('../_drive.ts')
  const open = () => provider.openEphemeralResource!({ typeName: 'random_bytes', config: configValue(block, { length: 9 }) })
  const [first, second] = [await open(), await open()]
  const [hex, base64] = ['hex', 'base64'].map((name) => first.value.getAttr(name).asString())
  expect([first.diags, hex!.length, Buffer.from(base64!, 'base64').toString('hex')]).toEqual([[], 18, hex])
  expect(second.value.getAttr('hex').asString()).not.toBe(hex)
})

test('characters of several bytes count as one', async () => {
  const { object } = await drive.apply('random_string', { length: 6, min_special: 4, override_special: '£€😀' })
  const characters = [...(object.result as string)]
  expect(characters).toHaveLength(6)
  expect(characters.filter((c) => '£€😀'.includes(c)).length).toBeGreaterThanOrEqual(4)
})
