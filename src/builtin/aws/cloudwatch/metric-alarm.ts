import { type InputOf, isAwsError, type OutputOf } from '../../../aws/index.ts'
import {
  type ArgumentRules,
  type ConfigProblem,
  checkArguments,
  expandFields,
  Lookup,
  type PlainObject,
} from '../../../providers/kit/index.ts'
import { type AwsApi, blocks, bool, defineResource, number, string, stringMap, strings } from '../resource.ts'
import { tagList, tagRecord, tagsTrait } from '../tags.ts'

type MetricAlarm = NonNullable<OutputOf<'cloudwatch', 'DescribeAlarms'>['MetricAlarms']>[number]
type Dimensions = NonNullable<MetricAlarm['Dimensions']>

/** DescribeAlarms takes this many names. */
const maxNames = 100

function metricAlarms(api: AwsApi): Lookup<MetricAlarm> {
  return api.lookup(
    'DescribeAlarms',
    () =>
      new Lookup(async (names) => {
        const input = { AlarmNames: [...names], AlarmTypes: ['MetricAlarm' as const], MaxRecords: maxNames }
        const found = new Map<string, MetricAlarm>()
        let NextToken: string | undefined
        do {
          const page: OutputOf<'cloudwatch', 'DescribeAlarms'> = await api.call('cloudwatch', 'DescribeAlarms', {
            ...input,
            ...(NextToken === undefined ? {} : { NextToken }),
          })
          for (const alarm of page.MetricAlarms ?? []) found.set(alarm.AlarmName ?? '', alarm)
          NextToken = page.NextToken || undefined
        } while (NextToken !== undefined)
        return found
      }, maxNames),
  )
}

function dimensions(path: string, options: { update?: string } = {}) {
  return stringMap(path, {
    ...options,
    expand: (map) => (Object.keys(map).length === 0 ? undefined : Object.entries(map).map(([Name, Value]) => ({ Name, Value }))),
    flatten: (list: Dimensions) => Object.fromEntries(list.map(({ Name = '', Value = '' }) => [Name, Value])),
  })
}

/** Every change puts the whole alarm again. */
const inAlarm = { update: 'alarm' } as const
/** What was never set is zero in states. */
const unlessZero = { ...inAlarm, expand: (value: number) => (value === 0 ? undefined : value) }

const fields = {
  actions_enabled: bool('ActionsEnabled', inAlarm),
  alarm_actions: strings('AlarmActions', inAlarm),
  alarm_description: string('AlarmDescription', inAlarm),
  alarm_name: string('AlarmName'),
  arn: string('AlarmArn', { create: false }),
  comparison_operator: string('ComparisonOperator', inAlarm),
  datapoints_to_alarm: number('DatapointsToAlarm', unlessZero),
  dimensions: dimensions('Dimensions', inAlarm),
  evaluate_low_sample_count_percentiles: string('EvaluateLowSampleCountPercentile', inAlarm),
  evaluation_periods: number('EvaluationPeriods', inAlarm),
  extended_statistic: string('ExtendedStatistic', inAlarm),
  insufficient_data_actions: strings('InsufficientDataActions', inAlarm),
  metric_name: string('MetricName', inAlarm),
  metric_query: blocks(
    'Metrics[]',
    {
      account_id: string('AccountId'),
      expression: string('Expression'),
      id: string('Id'),
      label: string('Label'),
      metric: blocks('MetricStat', {
        dimensions: dimensions('Metric.Dimensions'),
        metric_name: string('Metric.MetricName'),
        namespace: string('Metric.Namespace'),
        period: number('Period'),
        stat: string('Stat'),
        unit: string('Unit'),
      }),
      period: number('Period', { expand: (seconds) => (seconds === 0 ? undefined : seconds) }),
      return_data: bool('ReturnData', { default: false }),
    },
    inAlarm,
  ),
  namespace: string('Namespace', inAlarm),
  ok_actions: strings('OKActions', inAlarm),
  period: number('Period', unlessZero),
  statistic: string('Statistic', inAlarm),
  threshold: number('Threshold', inAlarm),
  threshold_metric_id: string('ThresholdMetricId', inAlarm),
  treat_missing_data: string('TreatMissingData', inAlarm),
  unit: string('Unit', inAlarm),
}

export const metricAlarm = defineResource({
  type: 'aws_cloudwatch_metric_alarm',
  title: 'CloudWatch Metric Alarm',
  rules: 'sdk',
  traits: [
    tagsTrait({
      create: (request, tags) => {
        request.Tags = tagList(tags)
      },
      async update({ api }, id, { removed, set }) {
        const ResourceARN = api.arn('cloudwatch', `alarm:${id}`)
        if (removed.length > 0) await api.call('cloudwatch', 'UntagResource', { ResourceARN, TagKeys: [...removed] })
        if (Object.keys(set).length > 0) await api.call('cloudwatch', 'TagResource', { ResourceARN, Tags: tagList(set) })
      },
      read: async ({ api }, remote: MetricAlarm) =>
        tagRecord((await api.call('cloudwatch', 'ListTagsForResource', { ResourceARN: remote.AlarmArn! })).Tags),
    }),
  ],
  fields,

  async create({ api }, request, planned) {
    await put(api, request)
    return planned.alarm_name!
  },

  find: ({ api }, id) => metricAlarms(api).load(id),

  updates: {
    async alarm({ api }, { planned }) {
      await put(api, expandFields(fields, planned as unknown as PlainObject, 'create'))
    },
  },

  async delete({ api }, id) {
    await api.call('cloudwatch', 'DeleteAlarms', { AlarmNames: [id] }).catch((error: unknown) => {
      if (!isAwsError(error, 'ResourceNotFound', 'ResourceNotFoundException')) throw error
    })
  },

  validate: problemsOf,

  importId: (id) => ({ id, alarm_name: id }),

  expect: (api, id) => metricAlarms(api).expect(id),
})

async function put(api: AwsApi, request: object): Promise<void> {
  const input = request as InputOf<'cloudwatch', 'PutMetricAlarm'>
  // A threshold of zero is one, except where a metric is the threshold.
  const { Threshold, ...rest } = input
  await api.call('cloudwatch', 'PutMetricAlarm', input.ThresholdMetricId === undefined ? input : rest)
}

/** Arguments of an alarm on one metric, which metrics that are computed do without. */
const ofOneMetric = ['dimensions', 'extended_statistic', 'metric_name', 'namespace', 'period', 'statistic']

const rules: Readonly<Record<string, ArgumentRules>> = {
  ...Object.fromEntries(ofOneMetric.map((name) => [name, { conflictsWith: ['metric_query'] }])),
  extended_statistic: { conflictsWith: ['statistic', 'metric_query'] },
  metric_query: { conflictsWith: ['metric_name', ...ofOneMetric.filter((name) => name !== 'metric_name')] },
  statistic: { conflictsWith: ['extended_statistic', 'metric_query'] },
  threshold: { conflictsWith: ['threshold_metric_id'] },
  threshold_metric_id: { conflictsWith: ['threshold'] },
}

function problemsOf(config: PlainObject): readonly ConfigProblem[] {
  const isSet = (name: string): boolean => (config[name] ?? null) !== null
  const problems = checkArguments(rules, config)
  if (!isSet('metric_name') || isSet('statistic') || isSet('extended_statistic')) return problems
  const summary = 'One of `statistic` or `extended_statistic` must be set for a cloudwatch metric alarm'
  return [...problems, { summary, detail: 'An alarm on a metric compares one statistic of it with the threshold.' }]
}
