import { beforeAll, describe, expect, test } from 'vitest'
import { nullProvider } from '../../../src/builtin/null/index.ts'
import { type PlainObject, UNKNOWN } from '../../../src/providers/kit/index.ts'
import { Drive } from '../_drive.ts'

let drive: Drive
beforeAll(async () => {
  drive = await Drive.start(nullProvider())
})

describe('null_resource', () => {
  test('has an id and nothing else', async () => {
    expect((await drive.plan('null_resource', {})).object).toEqual({ id: UNKNOWN, triggers: null })
    expect((await drive.apply('null_resource', { triggers: { a: '1' } })).object).toEqual({
      id: expect.stringMatching(/^\d+$/),
      triggers: { a: '1' },
    })
  })

  test.each<[string, PlainObject, PlainObject, string[]]>([
    ['a trigger', { triggers: { a: '1' } }, { triggers: { a: '2' } }, ['.triggers']],
    ['a trigger that is not known', { triggers: { a: '1' } }, { triggers: { a: UNKNOWN } }, ['.triggers']],
    ['no triggers any more', { triggers: { a: '1' } }, {}, ['.triggers']],
    ['a trigger that is null', { triggers: { a: '1' } }, { triggers: { a: '1', b: null } }, []],
    ['nothing', { triggers: { a: '1' } }, { triggers: { a: '1' } }, []],
  ])('is replaced or not: %s', async (_, before, after, want) => {
    const { value } = await drive.apply('null_resource', before)
    expect((await drive.plan('null_resource', after, value)).replace).toEqual(want)
  })
})

test.each<[PlainObject, PlainObject]>([
  [
    { inputs: { a: 'x' } },
    { id: 'static', outputs: { a: 'x' }, has_computed_default: 'default', random: expect.stringMatching(/^\d+$/) as unknown as string },
  ],
  [{ has_computed_default: 'given' }, { id: 'static', outputs: null, has_computed_default: 'given' }],
])('null_data_source %j', async (config, want) => {
  expect((await drive.data('null_data_source', config)).object).toMatchObject(want)
})
