import type * as Ssm from '@aws-sdk/client-ssm'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import type { ParameterRow } from './_rows.ts'
import { parameters, validation } from './_rows.ts'

const MAX_TAGS = 50

export const tagOperations = {
  AddTagsToResource(input: Ssm.AddTagsToResourceRequest, call: Call): object {
    const row = taggable(call, input.ResourceType, input.ResourceId)
    const tags: Record<string, string> = { ...row.tags }
    for (const { Key = '', Value = '' } of input.Tags ?? []) {
      if (Key.toLowerCase().startsWith('aws:')) throw validation(`Tag keys must not begin with aws:, which is reserved: ${Key}`)
      tags[Key] = Value
    }
    if (Object.keys(tags).length > MAX_TAGS) throw new AwsError('TooManyTagsError', `The number of tags exceeds the limit of ${MAX_TAGS}.`)
    parameters(call).patch(row.id, { tags })
    return {}
  },

  RemoveTagsFromResource(input: Ssm.RemoveTagsFromResourceRequest, call: Call): object {
    const row = taggable(call, input.ResourceType, input.ResourceId)
    const tags = Object.fromEntries(Object.entries(row.tags).filter(([key]) => !(input.TagKeys ?? []).includes(key)))
    parameters(call).patch(row.id, { tags })
    return {}
  },

  ListTagsForResource(input: Ssm.ListTagsForResourceRequest, call: Call): Ssm.ListTagsForResourceResult {
    const row = taggable(call, input.ResourceType, input.ResourceId)
    return { TagList: Object.entries(row.tags).map(([Key, Value]) => ({ Key, Value })) }
  },
}

function taggable(call: Call, type: string | undefined, id: string | undefined): ParameterRow {
  if (type !== 'Parameter') throw new AwsError('InvalidResourceType', `The sandbox has no resources of type ${type} in Systems Manager.`)
  const row = parameters(call).get(id ?? '')
  if (row === undefined) throw new AwsError('InvalidResourceId', `The resource ID "${id}" is not valid. Verify the ID and try again.`)
  return row
}
