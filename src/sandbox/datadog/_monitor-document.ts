import type { Row } from '../kernel/store.ts'
import { bodyOf, DatadogError, isJsonObject, type JsonObject } from './_http.ts'
import { checkQuery, comparisonOf, isMulti, monitorTypes } from './_monitor-query.ts'
import type { Tenant } from './organization.ts'

export type Settings = {
  readonly name: string
  readonly type: string
  readonly query: string
  readonly message: string
  readonly tags: readonly string[]
  readonly priority: number | null
  readonly restricted_roles: readonly string[] | null
  readonly draft_status: 'draft' | 'published'
  readonly options: JsonObject
}

export interface MonitorRow extends Row {
  readonly settings: Settings
  readonly created: Date
  readonly modified: Date
}

/** What options hold that were not given. */
const defaultOptions = { notify_audit: false, include_tags: true, new_host_delay: 300, notify_no_data: false, silenced: {} }

/**
 * The settings that a body gives, on top of those of an existing monitor; checked.
 *
 * @throws DatadogError 400 for what Datadog refuses
 */
export function settingsOf(request: Parameters<typeof bodyOf>[0], existing: Settings | undefined): Settings {
  const body = bodyOf(request)
  const text = (name: 'name' | 'query' | 'message' | 'type', whenAbsent?: string): string => {
    const given = body[name] ?? existing?.[name] ?? whenAbsent
    if (given === undefined) throw new DatadogError(400, `Missing required parameter: ${name}`)
    if (typeof given !== 'string') throw new DatadogError(400, `The value provided for parameter '${name}' is invalid`)
    return given
  }
  const type = text('type')
  if (!(monitorTypes as readonly string[]).includes(type)) throw new DatadogError(400, `The value provided for parameter 'type' is invalid`)
  if (existing !== undefined && kindOf(type) !== existing.type)
    throw new DatadogError(400, `The type of a monitor cannot be changed from ${existing.type} to ${type}`)
  const query = text('query').trim()
  if (query === '') throw new DatadogError(400, "The value provided for parameter 'query' is invalid: query is empty")
  const options = optionsOf(body.options ?? existing?.options ?? {}, type, query)
  return {
    name: text('name', query),
    type: kindOf(type),
    query,
    message: text('message', ''),
    tags: tagsOf(body.tags ?? existing?.tags ?? []),
    priority: priorityOf('priority' in body ? body.priority : existing?.priority),
    restricted_roles: rolesOf('restricted_roles' in body ? body.restricted_roles : existing?.restricted_roles),
    draft_status: statusOf(body.draft_status ?? existing?.draft_status ?? 'published'),
    options,
  }
}

/** Datadog calls both kinds of monitors on metrics by one name. */
function kindOf(type: string): string {
  return type === 'metric alert' ? 'query alert' : type
}

function optionsOf(given: unknown, type: string, query: string): JsonObject {
  if (!isJsonObject(given)) throw new DatadogError(400, "The value provided for parameter 'options' is invalid")
  const thresholds = given.thresholds ?? {}
  if (!isJsonObject(thresholds)) throw new DatadogError(400, "The value provided for parameter 'options.thresholds' is invalid")
  for (const [name, value] of Object.entries(thresholds))
    if (value !== null && typeof value !== 'number')
      throw new DatadogError(400, `The value provided for parameter 'options.thresholds.${name}' is invalid`)
  checkQuery(type, query, thresholds)
  if (given.notify_no_data === true && given.on_missing_data !== undefined && given.on_missing_data !== null)
    throw new DatadogError(400, 'on_missing_data and notify_no_data cannot be used together')
  const compared = comparisonOf(query)
  const known = Object.fromEntries(Object.entries(thresholds).filter(([, value]) => value !== null))
  const all = compared === undefined || 'critical' in known ? known : { ...known, critical: compared.threshold }
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null && value !== undefined))
  return { ...defaultOptions, ...present, ...(Object.keys(all).length === 0 ? {} : { thresholds: all }) }
}

function tagsOf(given: unknown): readonly string[] {
  if (!Array.isArray(given) || given.some((tag) => typeof tag !== 'string'))
    throw new DatadogError(400, "The value provided for parameter 'tags' is invalid")
  return [...new Set(given as string[])]
}

function priorityOf(given: unknown): number | null {
  if (given === undefined || given === null) return null
  if (typeof given !== 'number' || !Number.isInteger(given) || given < 1 || given > 5)
    throw new DatadogError(400, "The value provided for parameter 'priority' is invalid: it must be between 1 and 5")
  return given
}

function rolesOf(given: unknown): readonly string[] | null {
  if (given === undefined || given === null) return null
  if (!Array.isArray(given) || given.some((role) => typeof role !== 'string'))
    throw new DatadogError(400, "The value provided for parameter 'restricted_roles' is invalid")
  return given.length === 0 ? null : (given as string[])
}

function statusOf(given: unknown): Settings['draft_status'] {
  if (given !== 'draft' && given !== 'published') throw new DatadogError(400, "The value provided for parameter 'draft_status' is invalid")
  return given
}

/** Microseconds and an offset, as Datadog writes times. */
function timeText(time: Date): string {
  return time.toISOString().replace('Z', '000+00:00')
}

/** The sandbox measures nothing, so no monitor has seen data. */
export const overallState = 'No Data'

/** A monitor as it is answered. */
export function describeMonitor(row: MonitorRow, tenant: Tenant, withAssets = false): JsonObject {
  const { settings } = row
  return {
    id: Number(row.id),
    org_id: Number.parseInt(tenant.id.slice(0, 7), 16),
    ...settings,
    multi: isMulti(settings.query),
    created: timeText(row.created),
    created_at: row.created.getTime(),
    modified: timeText(row.modified),
    deleted: null,
    overall_state: overallState,
    overall_state_modified: null,
    creator: { name: tenant.name, handle: `${tenant.name}@sandbox.test`, email: `${tenant.name}@sandbox.test` },
    matching_downtimes: [],
    ...(withAssets ? { assets: [] } : {}),
  }
}
