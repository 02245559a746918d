import type * as Orgs from '@aws-sdk/client-organizations'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { managed, rows } from './rows.ts'

/** Puts tags on a root, unit, account or policy; those with the same key are replaced. */
export function putTags(call: Call, id: string, tags: readonly Orgs.Tag[] | undefined): void {
  if (tags === undefined || tags.length === 0) return
  const added = tags.map(({ Key, Value }) => ({ Key: Key!, Value: Value ?? '' }))
  const keys = new Set(added.map(({ Key }) => Key))
  const kept = (rows(call, 'tags').get(id)?.tags ?? []).filter(({ Key }) => !keys.has(Key))
  rows(call, 'tags').put({ id, tags: [...kept, ...added] })
}

function findTarget(call: Call, id: string | undefined): string {
  const organization = managed(call)
  const known =
    id === organization.rootId ||
    [rows(call, 'units').get(id ?? ''), rows(call, 'accounts').get(id ?? ''), rows(call, 'policies').get(id ?? '')].some(
      (row) => row?.management === organization.id,
    )
  if (!known) throw new AwsError('TargetNotFoundException', "You specified a target that doesn't exist.")
  return id!
}

export const tagOperations = {
  TagResource(input: Orgs.TagResourceRequest, call: Call): object {
    putTags(call, findTarget(call, input.ResourceId), input.Tags)
    return {}
  },

  UntagResource(input: Orgs.UntagResourceRequest, call: Call): object {
    const id = findTarget(call, input.ResourceId)
    const tags = (rows(call, 'tags').get(id)?.tags ?? []).filter(({ Key }) => !input.TagKeys!.includes(Key))
    rows(call, 'tags').put({ id, tags })
    return {}
  },

  ListTagsForResource: (input: Orgs.ListTagsForResourceRequest, call: Call): Orgs.ListTagsForResourceResponse => ({
    Tags: [...(rows(call, 'tags').get(findTarget(call, input.ResourceId))?.tags ?? [])],
  }),
}
