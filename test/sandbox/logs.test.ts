import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/index.ts'
import { clientConfig, refusal, testSandbox } from './_clients.ts'

let sandbox: Sandbox
let logs: CloudWatchLogs

beforeAll(async () => {
  sandbox = await testSandbox({ maxPageSize: 2 })
  logs = new CloudWatchLogs(clientConfig(sandbox))
})
afterAll(() => sandbox.close())

describe('log groups', () => {
  test('create, describe, retain, tag, delete', async () => {
    await logs.createLogGroup({ logGroupName: '/app/api', tags: { Team: 'ops' } })
    const arn = 'arn:aws:logs:eu-central-1:123456789012:log-group:/app/api'
    const [group] = (await logs.describeLogGroups({ logGroupNamePrefix: '/app/api' })).logGroups!
    expect(group).toMatchObject({ logGroupName: '/app/api', arn: `${arn}:*`, logGroupArn: arn, storedBytes: 0, logGroupClass: 'STANDARD' })
    expect(group!.retentionInDays).toBeUndefined()
    await logs.putRetentionPolicy({ logGroupName: '/app/api', retentionInDays: 14 })
    expect((await logs.describeLogGroups({ logGroupNamePrefix: '/app/api' })).logGroups![0]!.retentionInDays).toBe(14)
    await logs.deleteRetentionPolicy({ logGroupName: '/app/api' })
    expect((await logs.describeLogGroups({ logGroupNamePrefix: '/app/api' })).logGroups![0]!.retentionInDays).toBeUndefined()
    await logs.tagResource({ resourceArn: arn, tags: { a: '1' } })
    await logs.untagResource({ resourceArn: arn, tagKeys: ['Team'] })
    expect((await logs.listTagsForResource({ resourceArn: arn })).tags).toEqual({ a: '1' })
    await logs.deleteLogGroup({ logGroupName: '/app/api' })
    expect((await logs.describeLogGroups({ logGroupNamePrefix: '/app/api' })).logGroups).toEqual([])
  })

  test('are paged and belong to their account and region', async () => {
    for (const name of ['p/c', 'p/a', 'p/b']) await logs.createLogGroup({ logGroupName: name })
    const first = await logs.describeLogGroups({ logGroupNamePrefix: 'p/' })
    const second = await logs.describeLogGroups({ logGroupNamePrefix: 'p/', nextToken: first.nextToken })
    expect([...first.logGroups!, ...second.logGroups!].map((g) => g.logGroupName)).toEqual(['p/a', 'p/b', 'p/c'])
    expect(second.nextToken).toBeUndefined()
    for (const other of [clientConfig(sandbox, '222222222222'), clientConfig(sandbox, undefined, 'eu-west-1')])
      expect((await new CloudWatchLogs(other).describeLogGroups({})).logGroups).toEqual([])
  })

  test.each([
    [
      'twice the same name',
      async () => {
        await logs.createLogGroup({ logGroupName: 'twice' })
        return logs.createLogGroup({ logGroupName: 'twice' })
      },
      'ResourceAlreadyExistsException: The specified log group already exists',
    ],
    [
      'a group that is not there',
      () => logs.deleteLogGroup({ logGroupName: 'none' }),
      'ResourceNotFoundException: The specified log group does not exist.',
    ],
    [
      'a retention of nine days',
      () => logs.putRetentionPolicy({ logGroupName: 'twice', retentionInDays: 9 }),
      /^InvalidParameterException: 1 validation error detected: Value '9' at 'retentionInDays'/,
    ],
    ['a name with a space', () => logs.createLogGroup({ logGroupName: 'a b' }), /^InvalidParameterException: .*regular expression pattern/],
  ] as const)('%s is refused', async (_name, work, want) => {
    expect(await refusal(work())).toMatch(want)
  })
})

test('streams keep events', async () => {
  await logs.createLogGroup({ logGroupName: 'g' })
  await logs.createLogStream({ logGroupName: 'g', logStreamName: 's' })
  const now = Date.now()
  const put = (...messages: string[]) =>
    logs.putLogEvents({ logGroupName: 'g', logStreamName: 's', logEvents: messages.map((message, i) => ({ timestamp: now + i, message })) })
  expect(await put('one', 'two error', 'three')).toMatchObject({ nextSequenceToken: expect.stringMatching(/^\d{56}$/) })
  const got = await logs.getLogEvents({ logGroupName: 'g', logStreamName: 's', startFromHead: true, limit: 2 })
  expect(got.events!.map((e) => e.message)).toEqual(['one', 'two error'])
  const rest = await logs.getLogEvents({ logGroupName: 'g', logStreamName: 's', nextToken: got.nextForwardToken })
  expect(rest.events!.map((e) => e.message)).toEqual(['three'])
  expect((await logs.filterLogEvents({ logGroupName: 'g', filterPattern: 'error -one' })).events!.map((e) => e.message)).toEqual([
    'two error',
  ])
  const [stream] = (await logs.describeLogStreams({ logGroupName: 'g' })).logStreams!
  expect(stream).toMatchObject({ logStreamName: 's', firstEventTimestamp: now, lastEventTimestamp: now + 2 })
  expect(await refusal(put())).toMatch(/^InvalidParameterException/)
  const late = await logs.putLogEvents({
    logGroupName: 'g',
    logStreamName: 's',
    logEvents: [
      { timestamp: now - 20 * 86_400_000, message: 'old' },
      { timestamp: now, message: 'new' },
    ],
  })
  expect(late.rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1 })
  await logs.deleteLogStream({ logGroupName: 'g', logStreamName: 's' })
  expect(await refusal(logs.getLogEvents({ logGroupName: 'g', logStreamName: 's' }))).toBe(
    'ResourceNotFoundException: The specified log stream does not exist.',
  )
})
