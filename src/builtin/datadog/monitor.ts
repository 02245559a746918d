import {
  type ApiRequest,
  type ArgumentRules,
  blocks,
  bool,
  checkArguments,
  expandFields,
  Lookup,
  number,
  type Plain,
  type PlainObject,
  resourceFor,
  setting,
  string,
  strings,
  UNKNOWN,
} from '../../providers/kit/index.ts'
import { type DatadogApi, DatadogError } from './api.ts'

interface Remote {
  readonly id: number
  readonly name: string
  readonly query: string
  readonly type: string
  readonly options?: {
    readonly thresholds?: Readonly<Record<string, number | null>>
    readonly no_data_timeframe?: number | null
    readonly require_full_window?: boolean | null
    readonly new_host_delay?: number | null
  }
}

/** Few monitors are asked for one by one, more by listing them. */
const fewIds = 3
const pageSize = 1000

function monitors(api: DatadogApi): Lookup<Remote> {
  return api.lookup('monitors', () => new Lookup((ids) => readMonitors(api, ids), Number.POSITIVE_INFINITY))
}

async function readMonitors(api: DatadogApi, ids: readonly string[]): Promise<ReadonlyMap<string, Remote>> {
  const found = new Map<string, Remote>()
  if (ids.length <= fewIds) {
    for (const id of ids) {
      const remote = await api.call('GET', `/api/v1/monitor/${encodeURIComponent(id)}`).catch(noneWhenGone)
      if (remote !== undefined) found.set(id, remote as Remote)
    }
    return found
  }
  for (let page = 0; ; page++) {
    const list = (await api.call('GET', `/api/v1/monitor?page=${page}&page_size=${pageSize}`)) as readonly Remote[]
    for (const remote of list) found.set(String(remote.id), remote)
    if (list.length < pageSize || ids.every((id) => found.has(id))) return found
  }
}

function noneWhenGone(error: unknown): undefined {
  if (error instanceof DatadogError && error.status === 404) return undefined
  throw error
}

/** Every change puts the whole monitor. */
const inMonitor = { update: 'monitor' } as const
const unlessZero = { ...inMonitor, expand: (value: number) => (value === 0 ? undefined : value) }
const trimmed = { ...inMonitor, normalize: (text: string) => text.trim() }
const absentIsNull = { absent: null } as const

/** Thresholds are texts in states and numbers in the API; equal numbers are no difference. */
function threshold(path: string) {
  return string(path, {
    expand: (text) => (text === '' ? undefined : Number(text)),
    flatten: (value: number) => String(value),
    same: (prior, planned) => prior === planned || (prior !== '' && planned !== '' && Number(prior) === Number(planned)),
  })
}

const fields = {
  name: string('name', inMonitor),
  type: string('type', { ...inMonitor, same: (prior, planned) => kindOf(prior) === kindOf(planned) }),
  query: string('query', trimmed),
  message: string('message', trimmed),
  tags: strings('tags', inMonitor),
  priority: string('priority', {
    ...inMonitor,
    expand: (text) => (text === '' ? undefined : Number(text)),
    flatten: (value: number) => String(value),
  }),
  draft_status: string('draft_status', inMonitor),
  restricted_roles: strings('restricted_roles', inMonitor),
  enable_logs_sample: bool('options.enable_logs_sample', inMonitor),
  enable_samples: bool('options.enable_samples', inMonitor),
  escalation_message: string('options.escalation_message', trimmed),
  evaluation_delay: number('options.evaluation_delay', unlessZero),
  force_delete: bool(undefined, setting),
  group_retention_duration: string('options.group_retention_duration', inMonitor),
  groupby_simple_monitor: bool('options.groupby_simple_monitor', inMonitor),
  include_tags: bool('options.include_tags', inMonitor),
  locked: bool('options.locked', inMonitor),
  new_group_delay: number('options.new_group_delay', unlessZero),
  new_host_delay: number('options.new_host_delay', inMonitor),
  no_data_timeframe: number('options.no_data_timeframe', inMonitor),
  notification_preset_name: string('options.notification_preset_name', inMonitor),
  notify_audit: bool('options.notify_audit', inMonitor),
  notify_by: strings('options.notify_by', inMonitor),
  notify_no_data: bool('options.notify_no_data', inMonitor),
  on_missing_data: string('options.on_missing_data', inMonitor),
  renotify_interval: number('options.renotify_interval', unlessZero),
  renotify_occurrences: number('options.renotify_occurrences', unlessZero),
  renotify_statuses: strings('options.renotify_statuses', inMonitor),
  require_full_window: bool('options.require_full_window', inMonitor),
  timeout_h: number('options.timeout_h', unlessZero),
  validate: bool(undefined, setting),
  monitor_thresholds: blocks(
    'options.thresholds',
    {
      critical: threshold('critical'),
      critical_recovery: threshold('critical_recovery'),
      ok: threshold('ok'),
      unknown: threshold('unknown'),
      warning: threshold('warning'),
      warning_recovery: threshold('warning_recovery'),
    },
    inMonitor,
  ),
  monitor_threshold_windows: blocks(
    'options.threshold_windows',
    { recovery_window: string('recovery_window'), trigger_window: string('trigger_window') },
    inMonitor,
  ),
  scheduling_options: blocks(
    'options.scheduling_options',
    {
      custom_schedule: blocks('custom_schedule', {
        recurrence: blocks('recurrences[]', { rrule: string('rrule'), start: string('start'), timezone: string('timezone') }),
      }),
      // The hour 0 and no hour are two things.
      evaluation_window: blocks('evaluation_window', {
        day_starts: string('day_starts'),
        hour_starts: number('hour_starts', absentIsNull),
        month_starts: number('month_starts', absentIsNull),
      }),
    },
    inMonitor,
  ),
}

export const monitor = resourceFor<DatadogApi>()({
  type: 'datadog_monitor',
  title: 'Datadog Monitor',
  rules: 'sdk',
  fields,

  async create(op, request) {
    const { id } = (await op.api.call('POST', '/api/v1/monitor', bodyOf(request), op.signal)) as Remote
    return String(id)
  },

  find: ({ api }, id) => monitors(api).load(id),

  updates: {
    async monitor(op, { id, planned }) {
      const request = bodyOf(expandFields(fields, planned as unknown as PlainObject, 'create'))
      // What is not named stays as it is: what was removed is named.
      const removed = { priority: null, restricted_roles: null, tags: [] }
      await op.api.call('PUT', path(id), { ...removed, ...request }, op.signal)
    },
  },

  async delete(op, id, state) {
    await op.api.call('DELETE', `${path(id)}${state.force_delete ? '?force=true' : ''}`, undefined, op.signal).catch(noneWhenGone)
  },

  plan({ planned, prior, config }, api) {
    planTags(planned, config, api)
    // Without a notification nobody cares for how long there were no data.
    if (prior !== undefined && planned.notify_no_data !== true) planned.no_data_timeframe = prior.no_data_timeframe ?? null
    // Monitors with a schedule of their own have no window to be full.
    if (prior !== undefined && hasCustomSchedule(planned)) planned.require_full_window = prior.require_full_window ?? null
  },

  validate: (config) => checkArguments(rules, config),

  importId: (id) => (/^\d+$/.test(id) ? { id } : undefined),

  finish(state, prior, remote: Remote) {
    const { options = {} } = remote
    // The API tells nothing of what has no meaning for this monitor: then what was stored stands.
    for (const [name, value] of [
      ['no_data_timeframe', options.no_data_timeframe],
      ['require_full_window', options.require_full_window],
      ['new_host_delay', options.new_host_delay],
    ] as const)
      if ((value ?? null) === null) state[name] = known(prior[name])
    if (isImpliedThreshold(remote) && isWithoutThresholds(prior)) state.monitor_thresholds = []
  },

  expect: (api, id) => monitors(api).expect(id),
})

const rules: Readonly<Record<string, ArgumentRules>> = {
  no_data_timeframe: { conflictsWith: ['on_missing_data'] },
  notify_no_data: { conflictsWith: ['on_missing_data'] },
  on_missing_data: { conflictsWith: ['notify_no_data', 'no_data_timeframe'] },
}

function path(id: string): string {
  return `/api/v1/monitor/${encodeURIComponent(id)}`
}

/** Both names are of monitors on metrics; the API answers with the second. */
function kindOf(type: string): string {
  return type === 'metric alert' ? 'query alert' : type
}

function bodyOf(request: ApiRequest): object {
  const options = { ...(request.options as Record<string, unknown> | undefined) }
  if (options.notify_no_data !== true || options.on_missing_data !== undefined) delete options.no_data_timeframe
  if (options.on_missing_data !== undefined) delete options.notify_no_data
  const schedule = options.scheduling_options as { custom_schedule?: object } | undefined
  if (schedule?.custom_schedule !== undefined) options.require_full_window = false
  if (options.new_group_delay !== undefined) delete options.new_host_delay
  return { ...request, options }
}

function hasCustomSchedule(planned: PlainObject): boolean {
  const [first] = Array.isArray(planned.scheduling_options) ? (planned.scheduling_options as readonly PlainObject[]) : []
  return Array.isArray(first?.custom_schedule) && first.custom_schedule.length > 0
}

/** Tags of the provider join those of the monitor, except where it has one of the same key. */
function planTags(planned: Record<string, Plain>, config: PlainObject, api: DatadogApi | undefined): void {
  const defaults = Object.entries(api?.defaultTags ?? {})
  const own = config.tags ?? []
  if (defaults.length === 0 || own === UNKNOWN) return
  const given = own as readonly Plain[]
  if (given.includes(UNKNOWN)) {
    planned.tags = UNKNOWN
    return
  }
  const keys = new Set(given.map((tag) => String(tag).split(':')[0]))
  planned.tags = [...given, ...defaults.filter(([key]) => !keys.has(key)).map(([key, value]) => `${key}:${value}`)].sort()
}

/** Datadog takes the critical threshold from the query where none is given. */
function isImpliedThreshold({ query, options }: Remote): boolean {
  const given = Object.entries(options?.thresholds ?? {}).filter(([, value]) => value !== null)
  if (given.length !== 1 || given[0]![0] !== 'critical') return false
  return Number(/(-?[\d.]+(?:[eE][+-]?\d+)?)\s*$/.exec(query)?.[1]) === given[0]![1]
}

/** Of an imported monitor nothing is known: its threshold is shown. */
function isWithoutThresholds(prior: PlainObject): boolean {
  return typeof prior.query === 'string' && Array.isArray(prior.monitor_thresholds) && prior.monitor_thresholds.length === 0
}

function known(plain: Plain | undefined): Plain {
  return plain === undefined || plain === UNKNOWN ? null : plain
}
