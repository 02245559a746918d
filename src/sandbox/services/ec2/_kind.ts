import type { Filter, ResourceType, Tag, TagSpecification } from '@aws-sdk/client-ec2'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { type FilterValue, matchesAny, matchesPattern } from '../../kernel/filters.ts'
import { pageOf } from '../../kernel/paging.ts'
import type { Row, Table } from '../../kernel/store.ts'

/** What the describing, finding and tagging of one kind of resource needs to know. */
export interface Kind<R extends Row> {
  /** The table, which is also the type of its tags. */
  readonly type: ResourceType
  readonly prefix: string
  /** @param ids all that are missing */
  readonly notFound: (ids: readonly string[]) => AwsError
  readonly filters: Readonly<Record<string, (row: R, call: Call) => FilterValue>>
}

/** EC2's usual words: `missing('InvalidVpcID.NotFound', 'vpc')` says "The vpc ID 'vpc-1' does not exist". */
export function missing(code: string, words: string): (ids: readonly string[]) => AwsError {
  return (ids) =>
    new AwsError(
      code,
      ids.length === 1 ? `The ${words} ID '${ids[0]}' does not exist` : `The ${words} IDs '${ids.join(', ')}' do not exist`,
    )
}

export function rowsOf<R extends Row>(kind: Kind<R>, call: Call): Table<R> {
  return call.scope.table<R>(kind.type)
}

/** @throws AwsError when there is none, or an id has a form that this kind never has */
export function find<R extends Row>(kind: Kind<R>, call: Call, id: string | undefined, parameter?: string): R {
  if (id === undefined || id === '')
    throw new AwsError('MissingParameter', `The request must contain the parameter ${parameter ?? `${kind.prefix}Id`}`)
  const row = rowsOf(kind, call).get(id)
  if (row === undefined) throw kind.notFound([id])
  return row
}

export interface Selection {
  readonly ids?: readonly string[]
  readonly filters?: readonly Filter[]
  readonly token?: string
  readonly size?: number
}

/**
 * The rows that a describing call asks for: all of the ids or an error, filtered, one page of them.
 *
 * @param candidates rows to choose from instead of the kind's table
 */
export function select<R extends Row>(
  kind: Kind<R>,
  call: Call,
  { ids, filters = [], token, size }: Selection,
  candidates?: Iterable<R>,
): { rows: readonly R[]; NextToken: string | undefined } {
  const byId = ids !== undefined && ids.length > 0
  if (byId && size !== undefined)
    throw new AwsError('InvalidParameterCombination', `The parameter MaxResults cannot be used with the parameter ${kind.prefix}Ids`)
  let rows: R[]
  if (byId) {
    const pool = candidates === undefined ? undefined : new Map([...candidates].map((row) => [row.id, row]))
    const table = rowsOf(kind, call)
    const found = [...new Set(ids)].map((id) => [id, pool === undefined ? table.get(id) : pool.get(id)] as const)
    const absent = found.filter(([id, row]) => row === undefined || !call.isVisible(id)).map(([id]) => id)
    if (absent.length > 0) throw kind.notFound(absent)
    rows = found.map(([, row]) => row!)
  } else {
    rows = [...(candidates ?? rowsOf(kind, call).values())].filter((row) => call.isVisible(row.id))
  }
  for (const filter of filters) rows = rows.filter(filterOf(kind, call, filter))
  const page = pageOf(call, rows, token, size)
  return { rows: page.items, NextToken: page.nextToken }
}

function filterOf<R extends Row>(kind: Kind<R>, call: Call, filter: Filter): (row: R) => boolean {
  const name = filter.Name ?? ''
  const patterns = filter.Values ?? []
  if (patterns.length > 200)
    throw new AwsError('FilterLimitExceeded', 'The maximum number of filter values specified on a single call is 200')
  if (name.startsWith('tag:')) {
    const key = name.slice(4)
    return (row) => tagsOf(call, row.id).some((tag) => tag.Key === key && matchesAny(patterns, tag.Value))
  }
  if (name === 'tag-key') return (row) => tagsOf(call, row.id).some((tag) => matchesAny(patterns, tag.Key))
  const read = Object.hasOwn(kind.filters, name) ? kind.filters[name] : undefined
  if (read === undefined && name === 'owner-id') return () => patterns.some((pattern) => matchesPattern(pattern, call.account))
  if (read === undefined) throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`)
  return (row) => matchesAny(patterns, read(row, call))
}

interface TagRow extends Row {
  readonly type: string
  readonly tags: readonly Required<Tag>[]
}

export function tagTable(call: Call): Table<TagRow> {
  return call.scope.table<TagRow>('_tags')
}

export function tagsOf(call: Call, id: string): readonly Required<Tag>[] {
  return tagTable(call).get(id)?.tags ?? []
}

/** Adds tags or changes their values. @throws AwsError for what AWS does not take as tags */
export function addTags(call: Call, type: string, id: string, tags: readonly Tag[]): void {
  if (tags.length === 0) return
  const merged = new Map(tagsOf(call, id).map((tag) => [tag.Key, tag]))
  const given = new Set<string>()
  for (const { Key = '', Value = '' } of tags) {
    if (given.has(Key)) throw new AwsError('InvalidParameterValue', `Duplicate tag key '${Key}' specified.`)
    given.add(Key)
    if (Key === '') throw new AwsError('InvalidParameterValue', 'Tag keys must be between 1 and 127 characters in length.')
    if (Key.toLowerCase().startsWith('aws:') && !call.internal)
      throw new AwsError('InvalidParameterValue', `Tag keys starting with 'aws:' are reserved for internal use`)
    if (Key.length > 127) throw new AwsError('InvalidParameterValue', 'Tag keys must be between 1 and 127 characters in length.')
    if (Value.length > 255) throw new AwsError('InvalidParameterValue', 'Tag values must be between 0 and 255 characters in length.')
    merged.set(Key, { Key, Value })
  }
  if (merged.size > 50) throw new AwsError('TagLimitExceeded', `The maximum number of tags for a resource has been reached.`)
  tagTable(call).put({ id, type, tags: [...merged.values()] })
}

export function removeTags(call: Call, id: string, tags: readonly Tag[] | undefined): void {
  const row = tagTable(call).get(id)
  if (row === undefined) return
  const kept =
    tags === undefined || tags.length === 0
      ? []
      : row.tags.filter((tag) => !tags.some((t) => t.Key === tag.Key && (t.Value === undefined || t.Value === tag.Value)))
  if (kept.length === 0) tagTable(call).delete(id)
  else tagTable(call).patch(id, { tags: kept })
}

/** The tags that a creating call gives to what it creates of this type. */
export function specifiedTags(
  specifications: readonly TagSpecification[] | undefined,
  type: ResourceType,
  also: readonly ResourceType[] = [],
): readonly Tag[] {
  const tags: Tag[] = []
  for (const specification of specifications ?? []) {
    const given = specification.ResourceType
    if (given === undefined) throw new AwsError('MissingParameter', 'Tag specification must have resource type')
    if (given === type) tags.push(...(specification.Tags ?? []))
    else if (!also.includes(given))
      throw new AwsError('InvalidParameterValue', `'${given}' is not a valid taggable resource type for this operation.`)
  }
  return tags
}

/** Puts a new row and its tags. */
export function create<R extends Row>(kind: Kind<R>, call: Call, row: R, tags: readonly Tag[] = []): R {
  rowsOf(kind, call).put(row)
  addTags(call, kind.type, row.id, tags)
  return row
}

/** Removes a row and its tags. */
export function destroy<R extends Row>(kind: Kind<R>, call: Call, id: string): void {
  rowsOf(kind, call).delete(id)
  tagTable(call).delete(id)
}

export function dependencyViolation(message: string): AwsError {
  return new AwsError('DependencyViolation', message)
}
