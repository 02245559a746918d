import type * as AutoScaling from '@aws-sdk/client-auto-scaling'
import type { Call } from '../../kernel/call.ts'
import { pageOf } from '../../kernel/paging.ts'
import { findGroup, type GroupTagRow, groups, invalid } from './_rows.ts'

export const tagOperations = {
  CreateOrUpdateTags(input: AutoScaling.CreateOrUpdateTagsType, call: Call): object {
    for (const tag of input.Tags ?? []) {
      const row = findGroup(call, tag.ResourceId)
      const [given] = checkTags([tag])
      groups(call).patch(row.id, { tags: [...row.tags.filter((known) => known.key !== given!.key), given!] })
    }
    return {}
  },

  DeleteTags(input: AutoScaling.DeleteTagsType, call: Call): object {
    for (const { ResourceId, Key } of input.Tags ?? []) {
      const row = findGroup(call, ResourceId)
      groups(call).patch(row.id, { tags: row.tags.filter((tag) => tag.key !== Key) })
    }
    return {}
  },

  DescribeTags(input: AutoScaling.DescribeTagsType, call: Call): AutoScaling.TagsType {
    const fits = (name: string, value: string) => {
      const filters = (input.Filters ?? []).filter((filter) => filter.Name === name)
      return filters.every((filter) => filter.Values?.includes(value))
    }
    const found = [...groups(call).values()].flatMap((group) =>
      group.tags
        .filter((tag) => fits('auto-scaling-group', group.id) && fits('key', tag.key) && fits('value', tag.value))
        .filter((tag) => fits('propagate-at-launch', String(tag.atLaunch)))
        .map((tag) => ({
          ResourceId: group.id,
          ResourceType: 'auto-scaling-group',
          Key: tag.key,
          Value: tag.value,
          PropagateAtLaunch: tag.atLaunch,
        })),
    )
    const page = pageOf(call, found, input.NextToken, Math.min(input.MaxRecords ?? 50, 100))
    return { Tags: [...page.items], NextToken: page.nextToken }
  },
}

export function checkTags(given: readonly AutoScaling.Tag[]): readonly GroupTagRow[] {
  const rows = given.map(({ Key = '', Value = '', PropagateAtLaunch = false }) => ({ key: Key, value: Value, atLaunch: PropagateAtLaunch }))
  if (new Set(rows.map((row) => row.key)).size < rows.length) throw invalid('Duplicate keys were found in tags')
  for (const { key } of rows) {
    if (key === '' || key.length > 128) throw invalid('The tag key must have 1 to 128 characters.')
    if (key.toLowerCase().startsWith('aws:')) throw invalid(`The tag key '${key}' begins with 'aws:', which is reserved.`)
  }
  return rows
}
