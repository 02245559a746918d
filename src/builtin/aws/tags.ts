import type { Draft, Operation, Plain, PlainObject, Trait } from '../../providers/kit/index.ts'
import { plainEquals, UNKNOWN } from '../../providers/kit/index.ts'
import type { AwsApi, TagSettings } from './api.ts'

export type Tags = Readonly<Record<string, string>>

/** How the tags of a type are written and read. */
export interface TagCalls {
  /** Adds them to the request that creates; types whose request takes none have `created`. */
  create?(request: Record<string, unknown>, tags: Tags): void
  created?(op: Operation<AwsApi>, id: string, tags: Tags): Promise<void>
  update(op: Operation<AwsApi>, id: string, change: TagChange, prior: PlainObject): Promise<void>
  read(op: Operation<AwsApi>, remote: never): Tags | Promise<Tags>
}

export interface TagChange {
  readonly removed: readonly string[]
  readonly set: Tags
  /** All tags afterwards. */
  readonly all: Tags
}

/**
 * `tags` and `tags_all`: the tags of the object alone, and together with `default_tags`; `ignore_tags` and AWS's own are never seen.
 *
 * @param rules as those of the resource type: the old SDK leaves `tags_all` unknown where there are no tags at all.
 */
export function tagsTrait(calls: TagCalls, rules: 'sdk' | 'framework' = 'sdk'): Trait<AwsApi> {
  return {
    attributes: ['tags', 'tags_all'],
    plan: (draft, api) => planTags(draft, api?.tags, rules),
    create(op, request, planned) {
      const tags = wantedTags(planned, op.api.tags)
      if (Object.keys(tags).length > 0) calls.create?.(request, tags)
    },
    async created(op, id, planned) {
      const tags = wantedTags(planned, op.api.tags)
      if (Object.keys(tags).length > 0) await calls.created?.(op, id, tags)
    },
    async update(op, id, prior, planned) {
      const before = (prior.tags_all ?? {}) as Tags
      const all = wantedTags(planned, op.api.tags)
      const removed = Object.keys(before).filter((key) => !(key in all))
      const set = Object.fromEntries(Object.entries(all).filter(([key, value]) => before[key] !== value))
      if (removed.length > 0 || Object.keys(set).length > 0) await calls.update(op, id, { removed, set, all }, prior)
    },
    async read(op, remote, prior, state) {
      const { all, own } = splitTags(await calls.read(op, remote as never), prior, op.api.tags)
      const isNothing = Object.keys(own).length === 0 && rules === 'framework'
      state.tags = isNothing && prior.tags !== undefined && prior.tags !== null ? prior.tags : isNothing ? null : own
      state.tags_all = all
    },
  }
}

function planTags(draft: Draft, settings: TagSettings | undefined, rules: 'sdk' | 'framework'): void {
  const { planned, prior } = draft
  const tags = planned.tags ?? null
  const defaults = settings?.defaults
  if (tags === UNKNOWN || defaults === undefined || hasUnknown(tags)) {
    planned.tags_all = UNKNOWN
    return
  }
  if (tags !== null && rules === 'sdk') {
    const without = withoutNulls(tags as PlainObject)
    planned.tags = plainEquals(without, prior?.tags) ? prior!.tags! : without
  }
  const all = mergeTags(tags as PlainObject | null, settings!)
  if (Object.keys(all).length > 0 || rules === 'framework') planned.tags_all = plainEquals(all, prior?.tags_all) ? prior!.tags_all! : all
  else if (prior === undefined || Object.keys((prior.tags_all ?? {}) as Tags).length > 0) planned.tags_all = UNKNOWN
  else planned.tags_all = prior.tags_all ?? null
}

function hasUnknown(tags: Plain): boolean {
  return tags !== null && Object.values(tags as PlainObject).includes(UNKNOWN)
}

function withoutNulls(tags: PlainObject): PlainObject {
  return Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== null))
}

/** What an object with these tags of its own is to have. */
export function mergeTags(tags: PlainObject | null, settings: TagSettings): Tags {
  const merged = { ...settings.defaults, ...withoutNulls(tags ?? {}) } as Tags
  return Object.fromEntries(Object.entries(merged).filter(([key]) => !isIgnored(key, settings)))
}

export function wantedTags(planned: PlainObject, settings: TagSettings): Tags {
  return mergeTags((planned.tags ?? null) as PlainObject | null, settings)
}

function isIgnored(key: string, settings: TagSettings): boolean {
  return key.startsWith('aws:') || settings.ignoreKeys.includes(key) || settings.ignorePrefixes.some((prefix) => key.startsWith(prefix))
}

/** `own`: without those that `default_tags` accounts for. A tag that is in both stays in `tags` when it was there before. */
export function splitTags(found: Tags, prior: PlainObject, settings: TagSettings): { all: Tags; own: Tags } {
  const all = Object.fromEntries(Object.entries(found).filter(([key]) => !isIgnored(key, settings)))
  const before = (prior.tags ?? {}) as PlainObject
  const own = Object.fromEntries(Object.entries(all).filter(([key, value]) => settings.defaults?.[key] !== value || key in before))
  return { all, own }
}

/** Tags as most of AWS lists them. */
export function tagRecord(list: readonly { readonly Key?: string; readonly Value?: string }[] | undefined): Tags {
  return Object.fromEntries((list ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']))
}

export function tagList(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}
