import type * as CloudWatch from '@aws-sdk/client-cloudwatch'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import type { Row, Table } from '../../kernel/store.ts'

export type Tags = Readonly<Record<string, string>>

/** What a client put, without its tags. */
export type AlarmConfig = Omit<CloudWatch.PutMetricAlarmInput, 'Tags'>

/** The id is the name. */
export interface AlarmRow extends Row {
  readonly config: AlarmConfig
  readonly updated: Date
  readonly state: CloudWatch.StateValue
  readonly stateReason: string
  readonly stateReasonData: string | undefined
  readonly stateUpdated: Date
  readonly tags: Tags
}

export interface HistoryRow extends Row {
  readonly alarm: string
  readonly time: Date
  readonly type: CloudWatch.HistoryItemType
  readonly summary: string
  readonly data: string
}

/** The id is `metricKey`. */
export interface MetricRow extends Row {
  readonly namespace: string
  readonly name: string
  readonly dimensions: readonly CloudWatch.Dimension[]
}

/** What was measured in one minute. The id is the minute since the epoch. */
export interface PointRow extends Row {
  readonly minute: number
  readonly count: number
  readonly sum: number
  readonly minimum: number
  readonly maximum: number
  readonly unit: CloudWatch.StandardUnit | undefined
}

export interface DashboardRow extends Row {
  readonly body: string
  readonly modified: Date
}

export function alarms(call: Call): Table<AlarmRow> {
  return call.scope.table<AlarmRow>('alarms')
}

export function history(call: Call): Table<HistoryRow> {
  return call.scope.table<HistoryRow>('history')
}

export function metrics(call: Call): Table<MetricRow> {
  return call.scope.table<MetricRow>('metrics')
}

export function points(call: Call, metric: string): Table<PointRow> {
  return call.scope.table<PointRow>(`points/${metric}`)
}

export function dashboards(call: Call): Table<DashboardRow> {
  return call.scope.table<DashboardRow>('dashboards')
}

export function metricKey(namespace: string, name: string, dimensions: readonly CloudWatch.Dimension[]): string {
  const pairs = dimensions.map(({ Name, Value }) => [Name, Value]).sort((a, b) => (a[0]! < b[0]! ? -1 : 1))
  return JSON.stringify([namespace, name, pairs])
}

export function invalidValue(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message)
}

export function validation(message: string): AwsError {
  return new AwsError('ValidationError', message)
}
