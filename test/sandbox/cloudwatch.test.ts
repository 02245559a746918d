import { CloudWatch, type PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch'
import { AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/index.ts'
import { clientConfig, refusal, testSandbox } from './_clients.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await testSandbox()
})
afterAll(() => sandbox.close())

const namespace = 'com.amazonaws.cloudwatch'
const protocols: Record<string, object> = {
  json: {},
  cbor: { protocol: AwsSmithyRpcV2CborProtocol },
  query: {
    protocol: AwsQueryProtocol,
    protocolSettings: {
      defaultNamespace: namespace,
      xmlNamespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
      version: '2010-08-01',
    },
  },
}

describe.each(Object.keys(protocols))('alarms over %s', (name) => {
  let cloudwatch: CloudWatch
  const alarm = {
    AlarmName: `cpu-${name}`,
    AlarmDescription: 'a < b & "c"',
    Namespace: 'App',
    MetricName: 'Cpu',
    Dimensions: [{ Name: 'Host', Value: name }],
    Statistic: 'Average',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 0.5,
    ComparisonOperator: 'GreaterThanThreshold',
    AlarmActions: ['arn:aws:sns:eu-central-1:123456789012:topic'],
    TreatMissingData: 'missing',
  } satisfies PutMetricAlarmInput
  const arn = `arn:aws:cloudwatch:eu-central-1:123456789012:alarm:cpu-${name}`
  const only = async () => (await cloudwatch.describeAlarms({ AlarmNames: [alarm.AlarmName] })).MetricAlarms![0]!

  beforeAll(() => {
    cloudwatch = new CloudWatch({ ...clientConfig(sandbox), ...protocols[name] })
  })

  test('put, describe, tag', async () => {
    await cloudwatch.putMetricAlarm({ ...alarm, Tags: [{ Key: 'Team', Value: 'ops' }] })
    const got = await only()
    expect(got).toMatchObject({
      ...alarm,
      AlarmArn: arn,
      ActionsEnabled: true,
      StateValue: 'INSUFFICIENT_DATA',
      StateReason: 'Unchecked: Initial alarm creation',
    })
    expect(got.StateUpdatedTimestamp).toBeInstanceOf(Date)
    expect((await cloudwatch.listTagsForResource({ ResourceARN: arn })).Tags).toEqual([{ Key: 'Team', Value: 'ops' }])
    await cloudwatch.tagResource({ ResourceARN: arn, Tags: [{ Key: 'a', Value: '1' }] })
    await cloudwatch.untagResource({ ResourceARN: arn, TagKeys: ['Team'] })
    await cloudwatch.putMetricAlarm({ ...alarm, Threshold: 0.75 })
    expect((await only()).Threshold).toBe(0.75)
    expect((await cloudwatch.listTagsForResource({ ResourceARN: arn })).Tags).toEqual([{ Key: 'a', Value: '1' }])
  })

  test('states by hand and by measurement', async () => {
    await cloudwatch.setAlarmState({ AlarmName: alarm.AlarmName, StateValue: 'ALARM', StateReason: 'by hand' })
    expect(await only()).toMatchObject({ StateValue: 'ALARM', StateReason: 'by hand' })
    const measure = (Value: number) =>
      cloudwatch.putMetricData({ Namespace: 'App', MetricData: [{ MetricName: 'Cpu', Dimensions: [...alarm.Dimensions], Value }] })
    await measure(0.1)
    expect(await only()).toMatchObject({ StateValue: 'OK' })
    await measure(3)
    expect(await only()).toMatchObject({ StateValue: 'ALARM', StateReason: expect.stringContaining('Threshold Crossed') })
    const { AlarmHistoryItems } = await cloudwatch.describeAlarmHistory({ AlarmName: alarm.AlarmName, HistoryItemType: 'StateUpdate' })
    expect(AlarmHistoryItems![0]!.HistorySummary).toBe('Alarm updated from OK to ALARM')
    const stats = await cloudwatch.getMetricStatistics({
      Namespace: 'App',
      MetricName: 'Cpu',
      Dimensions: [...alarm.Dimensions],
      StartTime: new Date(Date.now() - 600_000),
      EndTime: new Date(Date.now() + 60_000),
      Period: 600,
      Statistics: ['Maximum', 'SampleCount'],
    })
    expect(Math.max(...stats.Datapoints!.map((d) => d.Maximum!))).toBe(3)
  })

  test('errors', async () => {
    expect(await refusal(cloudwatch.deleteAlarms({ AlarmNames: ['none'] }))).toMatch(/^ResourceNotFound: /)
    expect(await refusal(cloudwatch.putMetricAlarm({ ...alarm, Period: 61 }))).toMatch(
      /^Validation(Error|Exception): Period must be 10, 20, 30 or a multiple of 60/,
    )
    expect(await refusal(cloudwatch.listTagsForResource({ ResourceARN: `${arn}x` }))).toMatch(/^ResourceNotFoundException: /)
  })

  test('delete', async () => {
    await cloudwatch.deleteAlarms({ AlarmNames: [alarm.AlarmName] })
    expect((await cloudwatch.describeAlarms({ AlarmNames: [alarm.AlarmName] })).MetricAlarms).toEqual([])
  })
})

test('alarms are paged, found by prefix and state, and not by other types', async () => {
  const cloudwatch = new CloudWatch(clientConfig(sandbox, '222222222222'))
  const put = (AlarmName: string) =>
    cloudwatch.putMetricAlarm({
      AlarmName,
      Namespace: 'N',
      MetricName: 'M',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
    })
  for (const name of ['b2', 'a1', 'b1']) await put(name)
  const names = async (input: object) => (await cloudwatch.describeAlarms(input)).MetricAlarms!.map((a) => a.AlarmName)
  expect(await names({ AlarmNamePrefix: 'b' })).toEqual(['b1', 'b2'])
  expect(await names({ StateValue: 'OK' })).toEqual([])
  expect(await names({ AlarmTypes: ['CompositeAlarm'] })).toEqual([])
  const { NextToken } = await cloudwatch.describeAlarms({ MaxRecords: 2 })
  expect(await names({ NextToken })).toEqual(['b2'])
})

test('dashboards', async () => {
  const cloudwatch = new CloudWatch(clientConfig(sandbox))
  await cloudwatch.putDashboard({ DashboardName: 'main', DashboardBody: '{"widgets":[]}' })
  expect(await cloudwatch.getDashboard({ DashboardName: 'main' })).toMatchObject({
    DashboardArn: 'arn:aws:cloudwatch::123456789012:dashboard/main',
    DashboardBody: '{"widgets":[]}',
  })
  await cloudwatch.deleteDashboards({ DashboardNames: ['main'] })
  expect(await refusal(cloudwatch.getDashboard({ DashboardName: 'main' }))).toMatch(/^ResourceNotFound/)
  expect(await refusal(cloudwatch.putDashboard({ DashboardName: 'main', DashboardBody: '[' }))).toMatch(/must be a valid JSON object/)
})
