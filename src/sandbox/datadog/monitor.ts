import type { Table } from '../kernel/store.ts'
import type { WireRequest } from '../protocols/index.ts'
import { DatadogError, isJsonObject, type JsonObject, numberParameter } from './_http.ts'
import { describeMonitor, type MonitorRow, overallState, settingsOf } from './_monitor-document.ts'
import type { Tenant } from './organization.ts'

export interface Context {
  readonly request: WireRequest
  readonly tenant: Tenant
  readonly now: Date
  /** A number that no organisation has yet. */
  readonly newNumber: () => number
}

/** `:id` stands for a number; the first route that fits answers. */
export interface Route {
  readonly method: string
  readonly path: string
  readonly answer: (context: Context, id: string) => unknown
}

/** Ids begin somewhere, so that none is mistaken for a count. */
const FIRST_ID = 10_000_000
const MAX_PAGE = 1000

export const monitorRoutes: readonly Route[] = [
  { method: 'POST', path: '/api/v1/monitor/validate', answer: (context) => validate(context, undefined) },
  { method: 'POST', path: '/api/v1/monitor/:id/validate', answer: (context, id) => validate(context, find(context, id)) },
  { method: 'GET', path: '/api/v1/monitor/search', answer: search },
  { method: 'GET', path: '/api/v1/monitor/can_delete', answer: canDelete },
  { method: 'POST', path: '/api/v1/monitor/:id/mute', answer: (context, id) => silence(context, id, true) },
  { method: 'POST', path: '/api/v1/monitor/:id/unmute', answer: (context, id) => silence(context, id, false) },
  { method: 'POST', path: '/api/v1/monitor', answer: create },
  { method: 'GET', path: '/api/v1/monitor', answer: list },
  { method: 'GET', path: '/api/v1/monitor/:id', answer: get },
  { method: 'PUT', path: '/api/v1/monitor/:id', answer: update },
  { method: 'DELETE', path: '/api/v1/monitor/:id', answer: remove },
]

function monitors({ tenant }: Context): Table<MonitorRow> {
  return tenant.scope.table<MonitorRow>('monitors')
}

function find(context: Context, id: string): MonitorRow {
  const row = monitors(context).get(id)
  if (row === undefined) throw new DatadogError(404, 'Monitor not found')
  return row
}

function create(context: Context): JsonObject {
  const settings = settingsOf(context.request, undefined)
  checkComposite(context, settings.type, settings.query)
  const id = String(FIRST_ID + context.newNumber())
  return describeMonitor(monitors(context).put({ id, settings, created: context.now, modified: context.now }), context.tenant)
}

function get(context: Context, id: string): JsonObject {
  return describeMonitor(find(context, id), context.tenant, context.request.query.get('with_assets') === 'true')
}

/** What the body does not name stays. */
function update(context: Context, id: string): JsonObject {
  const row = find(context, id)
  const settings = settingsOf(context.request, row.settings)
  checkComposite(context, settings.type, settings.query)
  return describeMonitor(monitors(context).put({ ...row, settings, modified: context.now }), context.tenant)
}

function remove(context: Context, id: string): JsonObject {
  const row = find(context, id)
  const users = dependents(context, id)
  if (users.length > 0 && context.request.query.get('force') !== 'true')
    throw new DatadogError(400, `monitor [${id},"${row.settings.name}"] is referenced in composite monitors: ${users.join(', ')}`)
  monitors(context).delete(id)
  return { deleted_monitor_id: Number(id) }
}

function validate(context: Context, existing: MonitorRow | undefined): JsonObject {
  const settings = settingsOf(context.request, existing?.settings)
  checkComposite(context, settings.type, settings.query)
  return {}
}

/** Composite monitors name others by their ids. */
function checkComposite(context: Context, type: string, query: string): void {
  if (type !== 'composite') return
  const ids = namedMonitors(query)
  const absent = ids.find((id) => monitors(context).get(id) === undefined)
  if (ids.length === 0 || absent !== undefined)
    throw new DatadogError(400, `The value provided for parameter 'query' is invalid: monitor ${absent ?? ''} does not exist`)
}

function namedMonitors(query: string): readonly string[] {
  return query.match(/\d+/g) ?? []
}

function dependents(context: Context, id: string): string[] {
  return [...monitors(context).values()]
    .filter(({ settings }) => settings.type === 'composite' && namedMonitors(settings.query).includes(id))
    .map((row) => row.id)
}

function list(context: Context): unknown {
  const { request } = context
  const texts = (name: string): string[] => (request.query.get(name) ?? '').split(',').filter((text) => text !== '')
  const name = request.query.get('name')?.toLowerCase() ?? ''
  const tags = texts('monitor_tags')
  const scopes = texts('tags')
  const after = numberParameter(request, 'id_offset', 0)
  const found = [...monitors(context).values()]
    .filter((row) => Number(row.id) > after && row.settings.name.toLowerCase().includes(name))
    .filter((row) => tags.every((tag) => row.settings.tags.includes(tag)))
    .filter((row) => scopes.every((scope: string) => row.settings.query.includes(scope)))
  const isPaged = request.query.has('page') || request.query.has('page_size') || request.query.has('id_offset')
  const size = Math.min(MAX_PAGE, numberParameter(request, 'page_size', 100))
  const start = numberParameter(request, 'page', 0) * size
  const page = isPaged ? found.slice(start, start + size) : found
  return page.map((row) => describeMonitor(row, context.tenant))
}

/** Words of the query are looked for in names; `tag:`, `type:`, `id:`, `status:` and `title:` in what they name. */
function search(context: Context): JsonObject {
  const { request } = context
  const terms = [...(request.query.get('query') ?? '').matchAll(/(?:(\w+):)?(?:"([^"]*)"|(\S+))/g)].map(([, key, quoted, word]) => ({
    key,
    text: (quoted ?? word ?? '').toLowerCase(),
  }))
  const found = [...monitors(context).values()].filter((row) => terms.every(({ key, text }) => fits(row, key, text)))
  const [field = 'name', direction = 'asc'] = (request.query.get('sort') ?? 'name,asc').split(',')
  const key = (row: MonitorRow) => (field === 'id' ? row.id.padStart(20, '0') : row.settings.name.toLowerCase())
  found.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0) * (direction === 'desc' ? -1 : 1))
  const perPage = numberParameter(request, 'per_page', 30)
  const page = numberParameter(request, 'page', 0)
  return {
    counts: {
      muted: counts(found, (row) => [isMuted(row)]),
      status: counts(found, () => [overallState]),
      tag: counts(found, (row) => row.settings.tags),
      type: counts(found, (row) => [row.settings.type]),
    },
    metadata: { page, page_count: Math.ceil(found.length / Math.max(1, perPage)), per_page: perPage, total_count: found.length },
    monitors: found.slice(page * perPage, (page + 1) * perPage).map((row) => ({
      id: Number(row.id),
      name: row.settings.name,
      type: row.settings.type,
      query: row.settings.query,
      tags: row.settings.tags,
      status: overallState,
      classification: row.settings.type === 'query alert' ? 'metric' : row.settings.type.replace(/ alert$/, ''),
      last_triggered_ts: null,
      notifications: [...row.settings.message.matchAll(/@([\w.@+-]+)/g)].map(([handle]) => ({
        handle: handle.slice(1),
        name: handle.slice(1),
      })),
    })),
  }
}

function fits({ id, settings }: MonitorRow, key: string | undefined, text: string): boolean {
  switch (key) {
    case 'tag':
    case 'tags':
      return settings.tags.some((tag) => tag.toLowerCase() === text)
    case 'type':
      return settings.type.startsWith(text) || (text === 'metric' && settings.type === 'query alert')
    case 'id':
      return id === text
    case 'status':
      return overallState.toLowerCase() === text
    case undefined:
    case 'title':
      return settings.name.toLowerCase().includes(text.replaceAll('*', ''))
    default:
      return settings.tags.some((tag) => tag.toLowerCase() === `${key}:${text}`)
  }
}

function counts(
  rows: readonly MonitorRow[],
  names: (row: MonitorRow) => readonly (string | boolean)[],
): { count: number; name: string | boolean }[] {
  const found = new Map<string | boolean, number>()
  for (const row of rows) for (const name of names(row)) found.set(name, (found.get(name) ?? 0) + 1)
  return [...found].map(([name, count]) => ({ count, name }))
}

function canDelete(context: Context): JsonObject {
  const ids = (context.request.query.get('monitor_ids') ?? '').split(',').filter((id) => id !== '')
  const problems = ids
    .filter((id) => dependents(context, find(context, id).id).length > 0)
    .map((id) => [id, [`monitor ${id} is referenced in composite monitors: ${dependents(context, id).join(', ')}`]])
  const blocked = new Set(problems.map(([id]) => id))
  return {
    data: { ok: ids.filter((id) => !blocked.has(id)).map(Number) },
    errors: problems.length === 0 ? null : Object.fromEntries(problems),
  }
}

function isMuted({ settings }: MonitorRow): boolean {
  return isJsonObject(settings.options.silenced) && Object.keys(settings.options.silenced).length > 0
}

function silence(context: Context, id: string, isSilent: boolean): JsonObject {
  const row = find(context, id)
  if (!isSilent && !isMuted(row)) throw new DatadogError(400, 'Monitor is not muted')
  const options = { ...row.settings.options, silenced: isSilent ? { '*': null } : {} }
  return describeMonitor(monitors(context).patch(id, { settings: { ...row.settings, options } }), context.tenant)
}
