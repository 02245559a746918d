import { beforeEach, describe, expect, test } from 'vitest'
import { timeProvider } from '../../../src/builtin/time/index.ts'
import { numberVal, numericFromInteger, stringVal, valueToJson } from '../../../src/cty/index.ts'
import { type PlainObject, UNKNOWN } from '../../../src/providers/kit/index.ts'
import { Drive } from '../_drive.ts'

let now: Date
let drive: Drive
beforeEach(async () => {
  now = new Date('2024-02-29T12:34:56.789Z')
  drive = await Drive.start(timeProvider({ now: () => now }))
})

describe('what is created', () => {
  test.each<[string, PlainObject, PlainObject]>([
    [
      'time_static',
      {},
      {
        rfc3339: '2024-02-29T12:34:56Z',
        id: '2024-02-29T12:34:56Z',
        year: 2024,
        month: 2,
        day: 29,
        hour: 12,
        minute: 34,
        second: 56,
        unix: 1709210096,
      },
    ],
    ['time_static', { rfc3339: '2020-01-01T01:00:00+02:00' }, { id: '2020-01-01T01:00:00+02:00', year: 2019, day: 31, hour: 23 }],
    [
      'time_offset',
      { offset_days: 1 },
      { base_rfc3339: '2024-02-29T12:34:56Z', rfc3339: '2024-03-01T12:34:56Z', id: '2024-02-29T12:34:56Z', day: 1 },
    ],
    ['time_offset', { offset_years: 1 }, { rfc3339: '2025-03-01T12:34:56Z' }],
    ['time_offset', { base_rfc3339: '2023-01-31T00:00:00Z', offset_months: 1 }, { rfc3339: '2023-03-03T00:00:00Z' }],
    [
      'time_offset',
      { base_rfc3339: '2023-01-01T00:00:00Z', offset_hours: -1, offset_minutes: 30, offset_seconds: 5 },
      { rfc3339: '2022-12-31T23:30:05Z' },
    ],
    ['time_rotating', { rotation_days: 30 }, { rfc3339: '2024-02-29T12:34:56Z', rotation_rfc3339: '2024-03-30T12:34:56Z', day: 29 }],
    [
      'time_rotating',
      { rfc3339: '2024-01-01T00:00:00Z', rotation_rfc3339: '2030-01-01T00:00:00Z' },
      { rotation_rfc3339: '2030-01-01T00:00:00Z', id: '2024-01-01T00:00:00Z' },
    ],
    ['time_sleep', { create_duration: '1ms' }, { id: '2024-02-29T12:34:56Z', destroy_duration: null }],
  ])('%s %j', async (type, config, want) => {
    const { object, errors } = await drive.apply(type, config)
    expect(errors).toEqual([])
    expect(object).toMatchObject(want)
  })
})

describe('changes', () => {
  test.each<[string, PlainObject, PlainObject, string[], PlainObject]>([
    ['time_static', { triggers: { a: '1' } }, { triggers: { a: '2' } }, ['.triggers'], {}],
    ['time_static', {}, { rfc3339: '2020-01-01T00:00:00Z' }, ['.rfc3339'], {}],
    ['time_offset', { offset_days: 1 }, { offset_days: 2 }, [], { rfc3339: UNKNOWN, base_rfc3339: '2024-02-29T12:34:56Z' }],
    ['time_rotating', { rotation_days: 1 }, { rotation_days: 2 }, [], { rotation_rfc3339: '2024-03-02T12:34:56Z' }],
    ['time_rotating', { rotation_days: 1 }, { rotation_days: UNKNOWN }, [], { rotation_rfc3339: UNKNOWN }],
    ['time_sleep', { create_duration: '1ms' }, { create_duration: '2ms' }, [], { id: '2024-02-29T12:34:56Z' }],
  ])('%s %j to %j', async (type, before, after, replace, want) => {
    const { value } = await drive.apply(type, before)
    const plan = await drive.plan(type, after, value)
    expect(plan.replace).toEqual(replace)
    expect(plan.object).toMatchObject(want)
  })

  test('offsets and rotations change in place', async () => {
    const offset = await drive.apply('time_offset', { offset_days: 1 })
    expect((await drive.apply('time_offset', { offset_days: 2 }, offset.value)).object).toMatchObject({
      rfc3339: '2024-03-02T12:34:56Z',
      day: 2,
    })
    const rotating = await drive.apply('time_rotating', { rotation_days: 1 })
    expect((await drive.apply('time_rotating', { rotation_hours: 1 }, rotating.value)).object.rotation_rfc3339).toBe('2024-02-29T13:34:56Z')
  })

  test('what has been rotated is gone', async () => {
    const { value } = await drive.apply('time_rotating', { rotation_days: 1 })
    expect(await drive.read('time_rotating', value)).toBeDefined()
    now = new Date('2024-03-01T12:34:57Z')
    expect(await drive.read('time_rotating', value)).toBeUndefined()
  })

  test('waiting before destruction ends when the operation is stopped', async () => {
    const { value } = await drive.apply('time_sleep', { destroy_duration: '10m' })
    setTimeout(() => drive.provider.stop(), 20)
    expect(await drive.destroy('time_sleep', value)).toEqual([
      'Waiting was interrupted: The operation was stopped before the time was over.',
    ])
  })
})

describe('what is refused', () => {
  test.each<[string, PlainObject, string]>([
    [
      'time_static',
      { rfc3339: '2024-02-30T00:00:00Z' },
      'Invalid Attribute Value: Attribute rfc3339 must be a timestamp in RFC 3339, such as "2030-01-02T15:04:05Z", got: "2024-02-30T00:00:00Z"',
    ],
    [
      'time_offset',
      {},
      'Missing Attribute Configuration: At least one of these attributes must be configured: [offset_days,offset_hours,offset_minutes,offset_months,offset_seconds,offset_years]',
    ],
    [
      'time_rotating',
      {},
      'Missing Attribute Configuration: At least one of these attributes must be configured: [rotation_days,rotation_hours,rotation_minutes,rotation_months,rotation_rfc3339,rotation_years]',
    ],
    ['time_rotating', { rotation_days: 0 }, 'Invalid Attribute Value: Attribute rotation_days value must be at least 1, got: 0'],
    [
      'time_sleep',
      { create_duration: '1 s' },
      'Invalid Attribute Value: Attribute create_duration must be a number immediately followed by ms (milliseconds), s (seconds), m (minutes), or h (hours), such as "30s" or "5m", got: "1 s"',
    ],
  ])('%s %j', async (type, config, want) => {
    expect(await drive.validate(type, config)).toEqual([want])
  })
})

describe('import', () => {
  test.each<[string, string, PlainObject | string]>([
    ['time_static', '2020-02-12T06:36:13Z', { rfc3339: '2020-02-12T06:36:13Z', day: 12, unix: 1581489373 }],
    ['time_static', 'x', 'Invalid timestamp: "x" is not a timestamp in RFC 3339, such as "2030-01-02T15:04:05Z".'],
    ['time_offset', '2020-02-12T06:36:13Z,,,7,,,', { offset_days: 7, offset_years: null, rfc3339: '2020-02-19T06:36:13Z' }],
    [
      'time_offset',
      '2020-02-12T06:36:13Z',
      'Import time offset error: "2020-02-12T06:36:13Z" is not of the form BASE_TIMESTAMP,YEARS,MONTHS,DAYS,HOURS,MINUTES,SECONDS.',
    ],
    ['time_rotating', '2020-02-12T06:36:13Z,,,30,,', { rotation_days: 30, rotation_rfc3339: '2020-03-13T06:36:13Z' }],
    ['time_rotating', '2020-02-12T06:36:13Z,2020-02-13T06:36:13Z', { rotation_rfc3339: '2020-02-13T06:36:13Z', rotation_days: null }],
    ['time_sleep', '30s,', { create_duration: '30s', destroy_duration: null }],
    ['time_sleep', ',', 'Import time sleep error: "," is not of the form CREATE_DURATION,DESTROY_DURATION, such as "30s,".'],
  ])('%s %s', async (type, id, want) => {
    const { object, errors } = await drive.import(type, id)
    if (typeof want === 'string') expect(errors).toEqual([want])
    else expect([errors, object]).toEqual([[], expect.objectContaining(want)])
  })
})

describe('functions', () => {
  const json = async (name: string, ...args: Parameters<typeof valueToJson>[0][]) => {
    const { result, error } = await drive.provider.callFunction!({ name, args })
    return error === undefined ? JSON.parse(valueToJson(result!)) : error.text
  }
  test.each<[string, string, object | string]>([
    [
      'rfc3339_parse',
      '2023-07-25T23:43:16Z',
      {
        year: 2023,
        month: 7,
        month_name: 'July',
        day: 25,
        year_day: 206,
        weekday: 2,
        weekday_name: 'Tuesday',
        hour: 23,
        minute: 43,
        second: 16,
        unix: 1690328596,
        iso_year: 2023,
        iso_week: 30,
      },
    ],
    ['rfc3339_parse', '2023-07-25T23:43:16-10:00', { hour: 23, unix: 1690364596 }],
    // The first days of a year may belong to the last week of the year before.
    ['rfc3339_parse', '2021-01-03T00:00:00Z', { iso_year: 2020, iso_week: 53, year_day: 3 }],
    ['rfc3339_parse', 'today', 'Error parsing RFC 3339 timestamp: "today" is not one.'],
    [
      'duration_parse',
      '1h30m',
      { hours: 1.5, minutes: 90, seconds: 5400, milliseconds: 5400000, microseconds: 5400000000, nanoseconds: 5400000000000 },
    ],
    ['duration_parse', '-1.5us', { nanoseconds: -1500, microseconds: -1 }],
    ['duration_parse', '1 day', 'Error parsing duration: "1 day" is not a duration such as "1h30m".'],
  ])('%s %s', async (name, text, want) => {
    const got = await json(name, stringVal(text))
    if (typeof want === 'string') expect(got).toBe(want)
    else expect(got).toMatchObject(want)
  })
  test('unix_timestamp_parse', async () => {
    expect(await json('unix_timestamp_parse', numberVal(numericFromInteger(1690328596)))).toMatchObject({
      year: 2023,
      second: 16,
      unix: 1690328596,
    })
  })
})
