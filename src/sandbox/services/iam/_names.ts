import type { Tag } from '@aws-sdk/client-iam'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { base32Id } from '../../kernel/ids.ts'
import { pageOf } from '../../kernel/paging.ts'
import { invalidInput, validationError } from './_errors.ts'
import type { EntityRow, Tags } from './rows.ts'

/** Row id of a name. */
export function keyOf(name: string): string {
  return name.toLowerCase()
}

/** @throws AwsError ValidationError for what IAM does not take as a name */
export function checkName(name: string | undefined, parameter: string, longest: number): string {
  const length = (rule: string) =>
    validationError(
      `1 validation error detected: Value '${name ?? ''}' at '${parameter}' failed to satisfy constraint: Member must have length ${rule}`,
    )
  if (name === undefined || name === '') throw length('greater than or equal to 1')
  if (name.length > longest) throw length(`less than or equal to ${longest}`)
  if (!/^[\w+=,.@-]+$/.test(name))
    throw validationError(
      `The specified value for ${parameter} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`,
    )
  return name
}

/** @throws AwsError ValidationError for what IAM does not take as a path */
export function checkPath(path = '/'): string {
  if (!/^\/(?:[\x21-\x7e]+\/)?$/.test(path) || path.length > 512)
    throw validationError(
      'The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
    )
  return path
}

/** Such as `AROA` and 17 characters. */
export function uniqueId(call: Call, prefix: string): string {
  return base32Id(prefix, call.newBytes(), 17)
}

export function arnOf(call: Pick<Call, 'account'>, kind: string, path: string, name: string): string {
  return `arn:aws:iam::${call.account}:${kind}${path}${name}`
}

export function newEntity(call: Call, kind: string, prefix: string, path: string, name: string): EntityRow {
  return { id: keyOf(name), name, path, uniqueId: uniqueId(call, prefix), arn: arnOf(call, kind, path, name), created: seconds(call.now) }
}

/** IAM keeps times to the second. */
export function seconds(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000)
}

/** Policies travel percent-encoded as in RFC 3986. */
export function encodeDocument(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

interface Paged {
  readonly Marker?: string
  readonly MaxItems?: number
}

/** One page of a list, in the members that every list of IAM has. */
export function page<T>(call: Call, input: Paged, items: readonly T[]): { items: T[]; IsTruncated: boolean; Marker: string | undefined } {
  const size = input.MaxItems ?? 100
  if (size < 1 || size > 1000)
    throw validationError(
      `1 validation error detected: Value '${size}' at 'maxItems' failed to satisfy constraint: Member must have value ${size < 1 ? 'greater than or equal to 1' : 'less than or equal to 1000'}`,
    )
  const { items: chosen, nextToken } = pageOf(call, items, input.Marker, size, 'ValidationError')
  return { items: [...chosen], IsTruncated: nextToken !== undefined, Marker: nextToken }
}

/** In the order of names, below a path. */
export function listed<R extends EntityRow>(rows: Iterable<R>, pathPrefix = '/'): R[] {
  return [...rows].filter((row) => row.path.startsWith(pathPrefix)).sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
}

/** @throws AwsError for what IAM does not take as tags */
export function checkTags(tags: readonly Tag[] | undefined): Tags {
  const checked = new Map<string, Tags[number]>()
  for (const { Key = '', Value = '' } of tags ?? []) {
    if (Key === '' || Key.length > 128)
      throw validationError(
        `1 validation error detected: Value '${Key}' at 'tags.1.member.key' failed to satisfy constraint: Member must have length between 1 and 128`,
      )
    if (Key.toLowerCase().startsWith('aws:')) throw invalidInput(`aws: prefixed tag key names are not allowed for external use.`)
    if (Value.length > 256)
      throw validationError(
        `1 validation error detected: Value at 'tags.1.member.value' failed to satisfy constraint: Member must have length less than or equal to 256`,
      )
    if (checked.has(Key.toLowerCase())) throw invalidInput('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
    checked.set(Key.toLowerCase(), { Key, Value })
  }
  if (checked.size > 50) throw tooManyTags()
  return [...checked.values()]
}

export function withTags(old: Tags, added: readonly Tag[] | undefined): Tags {
  const merged = new Map(old.map((tag) => [tag.Key.toLowerCase(), tag]))
  for (const tag of checkTags(added)) merged.set(tag.Key.toLowerCase(), tag)
  if (merged.size > 50) throw tooManyTags()
  return [...merged.values()]
}

export function withoutTags(old: Tags, keys: readonly string[] | undefined): Tags {
  const gone = new Set(keys?.map((key) => key.toLowerCase()))
  return old.filter((tag) => !gone.has(tag.Key.toLowerCase()))
}

function tooManyTags(): AwsError {
  return new AwsError('LimitExceeded', 'The number of tags has reached the maximum limit.', 409)
}
