import type * as CloudWatch from '@aws-sdk/client-cloudwatch'
import type { Call } from '../../kernel/call.ts'
import { pageOf } from '../../kernel/paging.ts'
import { type AlarmRow, alarms, invalidValue, metricKey, metrics, type PointRow, points, validation } from './_rows.ts'
import { setState } from './alarm.ts'

const MINUTE_MS = 60_000

export const metricOperations = {
  PutMetricData(input: CloudWatch.PutMetricDataInput, call: Call): object {
    const namespace = input.Namespace!
    if (namespace.startsWith('AWS/')) throw invalidValue('The value AWS/ for parameter Namespace is invalid.')
    if ((input.MetricData ?? []).length > 1000) throw invalidValue('The collection MetricData must not have a size greater than 1000.')
    putMetrics(call, namespace, input.MetricData ?? [])
    return {}
  },

  ListMetrics(input: CloudWatch.ListMetricsInput, call: Call): CloudWatch.ListMetricsOutput {
    const filters = input.Dimensions ?? []
    const found = [...metrics(call).values()].filter(
      (row) =>
        (input.Namespace === undefined || row.namespace === input.Namespace) &&
        (input.MetricName === undefined || row.name === input.MetricName) &&
        filters.every((filter) =>
          row.dimensions.some((d) => d.Name === filter.Name && (filter.Value === undefined || d.Value === filter.Value)),
        ),
    )
    const page = pageOf(call, found, input.NextToken, 500, 'InvalidParameterValue')
    return {
      Metrics: page.items.map((row) => ({ Namespace: row.namespace, MetricName: row.name, Dimensions: [...row.dimensions] })),
      NextToken: page.nextToken,
    }
  },

  GetMetricStatistics(input: CloudWatch.GetMetricStatisticsInput, call: Call): CloudWatch.GetMetricStatisticsOutput {
    const { StartTime, EndTime, Period, Statistics = [] } = input
    if (StartTime! >= EndTime!) throw validation('The parameter StartTime must be less than the parameter EndTime.')
    if (Statistics.length === 0 && (input.ExtendedStatistics ?? []).length === 0)
      throw validation('At least one of the parameters Statistics and ExtendedStatistics must be specified.')
    const key = metricKey(input.Namespace!, input.MetricName!, input.Dimensions ?? [])
    const buckets = bucketsOf(call, key, StartTime!.getTime(), EndTime!.getTime(), Period!)
    const Datapoints = buckets.map(({ time, point }) => {
      const datapoint: CloudWatch.Datapoint = { Timestamp: new Date(time), Unit: point.unit ?? 'None' }
      for (const statistic of Statistics) datapoint[statistic] = statisticOf(point, statistic)
      return datapoint
    })
    return { Label: input.MetricName, Datapoints }
  },

  /** Queries for statistics of metrics; expressions over them are refused. */
  GetMetricData(input: CloudWatch.GetMetricDataInput, call: Call): CloudWatch.GetMetricDataOutput {
    const results = (input.MetricDataQueries ?? [])
      .filter((query) => query.ReturnData !== false)
      .map((query): CloudWatch.MetricDataResult => {
        const stat = query.MetricStat
        if (stat === undefined) throw validation(`The sandbox does not evaluate expressions of metrics yet: ${query.Expression}`)
        const { Namespace, MetricName, Dimensions } = stat.Metric!
        const key = metricKey(Namespace!, MetricName!, Dimensions ?? [])
        const buckets = bucketsOf(call, key, input.StartTime!.getTime(), input.EndTime!.getTime(), stat.Period!)
        if (input.ScanBy !== 'TimestampAscending') buckets.reverse()
        return {
          Id: query.Id,
          Label: query.Label ?? MetricName,
          Timestamps: buckets.map(({ time }) => new Date(time)),
          Values: buckets.map(({ point }) => statisticOf(point, stat.Stat!) ?? 0),
          StatusCode: 'Complete',
        }
      })
    return { MetricDataResults: results, Messages: [] }
  },
}

function putMetrics(call: Call, namespace: string, data: readonly CloudWatch.MetricDatum[]): void {
  const changed = new Set<string>()
  for (const datum of data) {
    const dimensions = datum.Dimensions ?? []
    const name = datum.MetricName!
    const key = metricKey(namespace, name, dimensions)
    if (metrics(call).get(key) === undefined) metrics(call).put({ id: key, namespace, name, dimensions })
    const minute = Math.floor((datum.Timestamp ?? call.now).getTime() / MINUTE_MS)
    const table = points(call, key)
    const before = table.get(String(minute))
    const added = measured(datum)
    if (added === undefined)
      throw validation('At least one of the parameters MetricData.member.N.Value, Values or StatisticValues must be specified.')
    table.put({ id: String(minute), minute, unit: datum.Unit, ...(before === undefined ? added : merge(before, added)) })
    changed.add(key)
  }
  for (const alarm of alarms(call).values()) {
    const { Namespace, MetricName, Dimensions } = alarm.config
    if (Namespace === undefined || MetricName === undefined) continue
    const key = metricKey(Namespace, MetricName, Dimensions ?? [])
    if (changed.has(key)) evaluate(call, alarm, key)
  }
}

type Sample = Pick<PointRow, 'count' | 'sum' | 'minimum' | 'maximum'>

function measured(datum: CloudWatch.MetricDatum): Sample | undefined {
  if (datum.StatisticValues !== undefined) {
    const { SampleCount, Sum, Minimum, Maximum } = datum.StatisticValues
    return { count: SampleCount!, sum: Sum!, minimum: Minimum!, maximum: Maximum! }
  }
  const values = datum.Values ?? (datum.Value === undefined ? [] : [datum.Value])
  if (values.length === 0) return undefined
  return values
    .map((value, i): Sample => {
      const count = datum.Counts?.[i] ?? 1
      return { count, sum: value * count, minimum: value, maximum: value }
    })
    .reduce(merge)
}

function merge(a: Sample, b: Sample): Sample {
  return { count: a.count + b.count, sum: a.sum + b.sum, minimum: Math.min(a.minimum, b.minimum), maximum: Math.max(a.maximum, b.maximum) }
}

interface Bucket {
  readonly time: number
  readonly point: Sample & Pick<PointRow, 'unit'>
}

/** The points of a metric between two times, merged by periods, oldest first. */
function bucketsOf(call: Call, key: string, startMs: number, endMs: number, periodSeconds: number): Bucket[] {
  const periodMs = Math.max(MINUTE_MS, periodSeconds * 1000)
  const buckets = new Map<number, Bucket>()
  for (const point of points(call, key).values()) {
    const at = point.minute * MINUTE_MS
    if (at < startMs - (startMs % MINUTE_MS) || at >= endMs) continue
    const time = Math.floor(at / periodMs) * periodMs
    const bucket = buckets.get(time)
    buckets.set(time, { time, point: bucket === undefined ? point : { ...merge(bucket.point, point), unit: point.unit } })
  }
  return [...buckets.values()].sort((a, b) => a.time - b.time)
}

function statisticOf(point: Sample, statistic: string): number | undefined {
  switch (statistic) {
    case 'Average':
      return point.sum / point.count
    case 'Sum':
      return point.sum
    case 'Minimum':
      return point.minimum
    case 'Maximum':
      return point.maximum
    case 'SampleCount':
      return point.count
    default:
      return undefined
  }
}

const tests: Readonly<Record<string, (value: number, threshold: number) => boolean>> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
}

/** Compares the periods up to now with the threshold: `DatapointsToAlarm` of the last `EvaluationPeriods` make an alarm. */
function evaluate(call: Call, alarm: AlarmRow, key: string): void {
  const {
    Period = 60,
    EvaluationPeriods = 1,
    DatapointsToAlarm = EvaluationPeriods,
    Threshold = 0,
    Statistic,
    ComparisonOperator = '',
    TreatMissingData = 'missing',
  } = alarm.config
  const test = tests[ComparisonOperator]
  if (Statistic === undefined || test === undefined) return
  const periodMs = Math.max(MINUTE_MS, Period * 1000)
  const end = (Math.floor(call.now.getTime() / periodMs) + 1) * periodMs
  const buckets = bucketsOf(call, key, end - EvaluationPeriods * periodMs, end, Period)
  const values = buckets.map(({ point }) => statisticOf(point, Statistic)!)
  const breaching = values.filter((value) => test(value, Threshold)).length
  const missing = EvaluationPeriods - values.length
  const total = breaching + (TreatMissingData === 'breaching' ? missing : 0)
  const shown = values.map((value) => value.toFixed(1)).join(', ')
  const reason = `Threshold Crossed: ${values.length} datapoint${values.length === 1 ? '' : 's'} [${shown}] ${total >= DatapointsToAlarm ? 'breached' : 'did not breach'} the threshold (${Threshold}).`
  if (total >= DatapointsToAlarm) setState(call, alarm, 'ALARM', reason)
  else setState(call, alarm, 'OK', reason)
}
