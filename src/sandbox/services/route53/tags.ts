import type * as Route53 from '@aws-sdk/client-route-53'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import type { Row, Table } from '../../kernel/store.ts'
import { bareId, findZone, invalidInput, noSuchZone, type Tags, zones } from './_rows.ts'
import { healthChecks } from './health-check.ts'

const MAX_TAGS = 50

export const tagOperations = {
  ChangeTagsForResource(input: Route53.ChangeTagsForResourceRequest, call: Call): object {
    const { table, row } = taggable(call, input.ResourceType, input.ResourceId)
    const tags: Record<string, string> = { ...row.tags }
    for (const key of input.RemoveTagKeys ?? []) delete tags[key]
    for (const { Key = '', Value = '' } of input.AddTags ?? []) {
      if (Key === '' || Key.length > 128) throw invalidInput('Tag keys must be between 1 and 128 characters in length.')
      if (Value.length > 256) throw invalidInput('Tag values must be between 0 and 256 characters in length.')
      if (Key.toLowerCase().startsWith('aws:')) throw invalidInput('Tag keys and values must not begin with "aws:", which is reserved.')
      tags[Key] = Value
    }
    if (Object.keys(tags).length > MAX_TAGS) throw invalidInput(`The number of tags exceeds the limit of ${MAX_TAGS}.`)
    table.patch(row.id, { tags })
    return {}
  },

  ListTagsForResource(input: Route53.ListTagsForResourceRequest, call: Call): Route53.ListTagsForResourceResponse {
    return { ResourceTagSet: tagSet(call, input.ResourceType, input.ResourceId) }
  },

  ListTagsForResources(input: Route53.ListTagsForResourcesRequest, call: Call): Route53.ListTagsForResourcesResponse {
    const ids = input.ResourceIds ?? []
    if (ids.length > 10) throw invalidInput('No more than 10 resource IDs may be given.')
    return { ResourceTagSets: ids.map((id) => tagSet(call, input.ResourceType, id)) }
  },
}

function tagSet(call: Call, type: Route53.TagResourceType | undefined, id: string | undefined): Route53.ResourceTagSet {
  const { row } = taggable(call, type, id)
  return { ResourceType: type, ResourceId: row.id, Tags: Object.entries(row.tags).map(([Key, Value]) => ({ Key, Value })) }
}

interface Tagged extends Row {
  readonly tags: Tags
}

function taggable(call: Call, type: Route53.TagResourceType | undefined, id: string | undefined): { table: Table<Tagged>; row: Tagged } {
  if (type === 'hostedzone') {
    if (zones(call).get(bareId(id)) === undefined) throw noSuchZone(bareId(id))
    return { table: zones(call) as Table<Tagged>, row: findZone(call, id) }
  }
  if (type !== 'healthcheck') throw invalidInput(`The resource type '${type}' is invalid.`)
  const row = healthChecks(call).get(id ?? '')
  if (row === undefined) throw new AwsError('NoSuchHealthCheck', `No health check exists with the specified ID: ${id}`, 404)
  return { table: healthChecks(call) as unknown as Table<Tagged>, row }
}
