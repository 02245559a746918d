import type * as CloudWatch from '@aws-sdk/client-cloudwatch'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { type AlarmConfig, type AlarmRow, alarms, history, type Tags, validation } from './_rows.ts'

const MAX_TAGS = 50
const MAX_ALARMS_PER_CALL = 100
const comparisons = [
  'GreaterThanOrEqualToThreshold',
  'GreaterThanThreshold',
  'GreaterThanUpperThreshold',
  'LessThanLowerOrGreaterThanUpperThreshold',
  'LessThanLowerThreshold',
  'LessThanOrEqualToThreshold',
  'LessThanThreshold',
]
const statistics = ['Average', 'Maximum', 'Minimum', 'SampleCount', 'Sum']
const states = ['ALARM', 'INSUFFICIENT_DATA', 'OK']

export const alarmOperations = {
  PutMetricAlarm(input: CloudWatch.PutMetricAlarmInput, call: Call): object {
    const { Tags, ...config } = input
    checkConfig(config)
    const name = config.AlarmName!
    const existing = alarms(call).get(name)
    const row: AlarmRow = {
      id: name,
      config,
      updated: call.now,
      state: existing?.state ?? 'INSUFFICIENT_DATA',
      stateReason: existing?.stateReason ?? 'Unchecked: Initial alarm creation',
      stateReasonData: existing?.stateReasonData,
      stateUpdated: existing?.stateUpdated ?? call.now,
      // Tags of an existing alarm are not changed by putting it again.
      tags: existing?.tags ?? checkTags(Object.fromEntries((Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']))),
    }
    alarms(call).put(row)
    const verb = existing === undefined ? 'created' : 'updated'
    note(call, name, 'ConfigurationUpdate', `Alarm "${name}" ${verb}`, {
      version: '1.0',
      type: existing === undefined ? 'Create' : 'Update',
    })
    return {}
  },

  DescribeAlarms(input: CloudWatch.DescribeAlarmsInput, call: Call): CloudWatch.DescribeAlarmsOutput {
    const { AlarmNames: names, AlarmNamePrefix: prefix, AlarmTypes: types } = input
    if (names !== undefined && prefix !== undefined) throw validation('AlarmNamePrefix and AlarmNames cannot be used together.')
    if ((names?.length ?? 0) > MAX_ALARMS_PER_CALL)
      throw validation(
        `1 validation error detected: Value '[${names!.join(', ')}]' at 'alarmNames' failed to satisfy constraint: Member must have length less than or equal to ${MAX_ALARMS_PER_CALL}`,
      )
    if (types !== undefined && !types.includes('MetricAlarm')) return { CompositeAlarms: [], MetricAlarms: [] }
    const found = [...alarms(call).values()]
      .filter((row) => call.isVisible(row.id))
      .filter((row) => names === undefined || names.includes(row.id))
      .filter((row) => prefix === undefined || row.id.startsWith(prefix))
      .filter((row) => input.StateValue === undefined || row.state === input.StateValue)
      .filter((row) => input.ActionPrefix === undefined || actionsOf(row.config).some((action) => action.startsWith(input.ActionPrefix!)))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
    const page = pageOf(call, found, input.NextToken, input.MaxRecords ?? 50, 'InvalidNextToken')
    return { CompositeAlarms: [], MetricAlarms: page.items.map((row) => describe(call, row)), NextToken: page.nextToken }
  },

  DescribeAlarmsForMetric(input: CloudWatch.DescribeAlarmsForMetricInput, call: Call): CloudWatch.DescribeAlarmsForMetricOutput {
    const wanted = sortedDimensions(input.Dimensions)
    const found = [...alarms(call).values()].filter(
      ({ config }) =>
        config.Namespace === input.Namespace &&
        config.MetricName === input.MetricName &&
        sortedDimensions(config.Dimensions) === wanted &&
        (input.Statistic === undefined || config.Statistic === input.Statistic) &&
        (input.Period === undefined || config.Period === input.Period),
    )
    return { MetricAlarms: found.map((row) => describe(call, row)) }
  },

  DescribeAlarmHistory(input: CloudWatch.DescribeAlarmHistoryInput, call: Call): CloudWatch.DescribeAlarmHistoryOutput {
    const direction = input.ScanBy === 'TimestampAscending' ? 1 : -1
    const found = [...history(call).values()]
      .filter((row) => input.AlarmName === undefined || row.alarm === input.AlarmName)
      .filter((row) => input.HistoryItemType === undefined || row.type === input.HistoryItemType)
      .filter((row) => row.time >= (input.StartDate ?? row.time) && row.time <= (input.EndDate ?? row.time))
      .sort((a, b) => (Number(a.id) - Number(b.id)) * direction)
    const page = pageOf(call, found, input.NextToken, input.MaxRecords ?? 100, 'InvalidNextToken')
    return {
      AlarmHistoryItems: page.items.map((row) => ({
        AlarmName: row.alarm,
        AlarmType: 'MetricAlarm',
        Timestamp: row.time,
        HistoryItemType: row.type,
        HistorySummary: row.summary,
        HistoryData: row.data,
      })),
      NextToken: page.nextToken,
    }
  },

  /** Names of alarms that do not exist are an error, and then nothing is deleted. */
  DeleteAlarms(input: CloudWatch.DeleteAlarmsInput, call: Call): object {
    const names = input.AlarmNames ?? []
    const absent = names.find((name) => alarms(call).get(name) === undefined)
    if (absent !== undefined) throw notFound()
    for (const name of names) {
      alarms(call).delete(name)
      note(call, name, 'ConfigurationUpdate', `Alarm "${name}" deleted`, { version: '1.0', type: 'Delete' })
    }
    return {}
  },

  SetAlarmState(input: CloudWatch.SetAlarmStateInput, call: Call): object {
    const row = alarms(call).get(input.AlarmName!)
    if (row === undefined) throw notFound()
    if (!states.includes(input.StateValue!)) throw enumValue('stateValue', input.StateValue, states)
    setState(call, row, input.StateValue!, input.StateReason!, input.StateReasonData)
    return {}
  },

  EnableAlarmActions(input: CloudWatch.EnableAlarmActionsInput, call: Call): object {
    return setActions(call, input.AlarmNames ?? [], true)
  },

  DisableAlarmActions(input: CloudWatch.DisableAlarmActionsInput, call: Call): object {
    return setActions(call, input.AlarmNames ?? [], false)
  },

  ListTagsForResource(input: CloudWatch.ListTagsForResourceInput, call: Call): CloudWatch.ListTagsForResourceOutput {
    return { Tags: Object.entries(byArn(call, input.ResourceARN).tags).map(([Key, Value]) => ({ Key, Value })) }
  },

  TagResource(input: CloudWatch.TagResourceInput, call: Call): object {
    const row = byArn(call, input.ResourceARN)
    const added = Object.fromEntries((input.Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']))
    alarms(call).patch(row.id, { tags: checkTags({ ...row.tags, ...added }) })
    return {}
  },

  UntagResource(input: CloudWatch.UntagResourceInput, call: Call): object {
    const row = byArn(call, input.ResourceARN)
    const tags = Object.fromEntries(Object.entries(row.tags).filter(([key]) => !(input.TagKeys ?? []).includes(key)))
    alarms(call).patch(row.id, { tags })
    return {}
  },
}

/** Changes the state of an alarm and notes it in its history. */
export function setState(call: Call, row: AlarmRow, state: CloudWatch.StateValue, reason: string, data?: string): void {
  alarms(call).patch(row.id, { state, stateReason: reason, stateReasonData: data, stateUpdated: call.now })
  if (row.state === state) return
  note(call, row.id, 'StateUpdate', `Alarm updated from ${row.state} to ${state}`, {
    version: '1.0',
    oldState: { stateValue: row.state, stateReason: row.stateReason },
    newState: { stateValue: state, stateReason: reason },
  })
}

function note(call: Call, alarm: string, type: CloudWatch.HistoryItemType, summary: string, data: object): void {
  history(call).put({ id: String(call.scope.nextNumber()), alarm, time: call.now, type, summary, data: JSON.stringify(data) })
}

function setActions(call: Call, names: readonly string[], enabled: boolean): object {
  for (const name of names) {
    const row = alarms(call).get(name)
    if (row !== undefined) alarms(call).patch(name, { config: { ...row.config, ActionsEnabled: enabled }, updated: call.now })
  }
  return {}
}

function notFound(): AwsError {
  return new AwsError('ResourceNotFound', 'Alarm not found', 404)
}

function enumValue(member: string, value: unknown, allowed: readonly string[]): AwsError {
  return validation(
    `1 validation error detected: Value '${String(value)}' at '${member}' failed to satisfy constraint: Member must satisfy enum value set: [${allowed.join(', ')}]`,
  )
}

function checkConfig(config: AlarmConfig): void {
  const name = config.AlarmName!
  if (name === '' || name.length > 255)
    throw validation(
      `1 validation error detected: Value '${name}' at 'alarmName' failed to satisfy constraint: Member must have length less than or equal to 255`,
    )
  if (config.ComparisonOperator !== undefined && !comparisons.includes(config.ComparisonOperator))
    throw enumValue('comparisonOperator', config.ComparisonOperator, comparisons)
  if (config.EvaluationPeriods !== undefined && config.EvaluationPeriods < 1)
    throw validation(
      `1 validation error detected: Value '${config.EvaluationPeriods}' at 'evaluationPeriods' failed to satisfy constraint: Member must have value greater than or equal to 1`,
    )
  const isMath = (config.Metrics ?? []).length > 0
  if (
    isMath &&
    (config.MetricName !== undefined || config.Namespace !== undefined || config.Statistic !== undefined || config.Period !== undefined)
  )
    throw validation(
      'Exactly one of Metric Data Query and the simple metric parameters (MetricName, Namespace, Dimensions, Period, Unit, Statistic, ExtendedStatistic) must be specified.',
    )
  if (isMath) checkQueries(config)
  else checkSimple(config)
  if (config.DatapointsToAlarm !== undefined && config.DatapointsToAlarm > (config.EvaluationPeriods ?? 1))
    throw validation('DatapointsToAlarm must be less than or equal to EvaluationPeriods.')
  if (config.TreatMissingData !== undefined && !['breaching', 'notBreaching', 'ignore', 'missing'].includes(config.TreatMissingData))
    throw validation(`Option "${config.TreatMissingData}" for parameter TreatMissingData is not supported.`)
  for (const action of actionsOf(config)) if (!action.startsWith('arn:aws')) throw validation(`Invalid arn syntax: ${action}`)
}

function checkSimple(config: AlarmConfig): void {
  if (config.MetricName === undefined || config.Namespace === undefined)
    throw validation('The parameters MetricName and Namespace are required.')
  if (config.Period === undefined) throw validation('The parameter Period is required.')
  if (![10, 20, 30].includes(config.Period) && config.Period % 60 !== 0) throw validation('Period must be 10, 20, 30 or a multiple of 60')
  if ((config.Statistic === undefined) === (config.ExtendedStatistic === undefined))
    throw validation('Exactly one of Statistic and ExtendedStatistic must be specified.')
  if (config.Statistic !== undefined && !statistics.includes(config.Statistic)) throw enumValue('statistic', config.Statistic, statistics)
  if (config.Threshold === undefined && config.ThresholdMetricId === undefined) throw validation('The parameter Threshold is required.')
  if ((config.EvaluationPeriods ?? 1) * config.Period > 604_800)
    throw validation('Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800).')
}

function checkQueries(config: AlarmConfig): void {
  const queries = config.Metrics!
  const ids = queries.map((query) => query.Id)
  if (new Set(ids).size !== ids.length) throw validation('The values for parameter id in Metrics list must be unique.')
  const returned = queries.filter((query) => query.ReturnData !== false)
  if (config.ThresholdMetricId === undefined && returned.length !== 1)
    throw validation('Exactly one element of the metrics list should return data.')
  if (config.ThresholdMetricId !== undefined && !ids.includes(config.ThresholdMetricId))
    throw validation(`No metric in the Metrics list has the id ${config.ThresholdMetricId}.`)
}

function checkTags(tags: Tags): Tags {
  for (const key of Object.keys(tags))
    if (key.startsWith('aws:')) throw validation(`Tag keys must not begin with aws:, which is reserved: ${key}`)
  if (Object.keys(tags).length > MAX_TAGS) throw validation(`The number of tags exceeds the limit of ${MAX_TAGS}.`)
  return tags
}

function actionsOf(config: AlarmConfig): string[] {
  return [...(config.AlarmActions ?? []), ...(config.OKActions ?? []), ...(config.InsufficientDataActions ?? [])]
}

function sortedDimensions(dimensions: readonly CloudWatch.Dimension[] | undefined): string {
  return JSON.stringify((dimensions ?? []).map(({ Name, Value }) => [Name, Value]).sort())
}

function byArn(call: Call, arn: string | undefined): AlarmRow {
  const prefix = call.arn('alarm:')
  const row = arn?.startsWith(prefix) === true ? alarms(call).get(arn.slice(prefix.length)) : undefined
  if (row === undefined) throw new AwsError('ResourceNotFoundException', `The resource ${arn} does not exist.`, 404)
  return row
}

function describe(call: Call, { id, config, ...row }: AlarmRow): CloudWatch.MetricAlarm {
  return {
    ...config,
    AlarmName: id,
    AlarmArn: call.arn(`alarm:${id}`),
    AlarmConfigurationUpdatedTimestamp: row.updated,
    ActionsEnabled: config.ActionsEnabled ?? true,
    OKActions: config.OKActions ?? [],
    AlarmActions: config.AlarmActions ?? [],
    InsufficientDataActions: config.InsufficientDataActions ?? [],
    Dimensions: config.Dimensions ?? [],
    Metrics: config.Metrics?.map((query) => ({ ReturnData: true, ...query })),
    StateValue: row.state,
    StateReason: row.stateReason,
    StateReasonData: row.stateReasonData,
    StateUpdatedTimestamp: row.stateUpdated,
    StateTransitionedTimestamp: row.stateUpdated,
  }
}
