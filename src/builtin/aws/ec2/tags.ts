import type { PlainObject, Trait } from '../../../providers/kit/index.ts'
import type { AwsApi } from '../api.ts'
import { tagList, tagRecord, tagsTrait } from '../tags.ts'

/** Tags of EC2 objects: part of the request that creates, then CreateTags and DeleteTags on any id. */
export function ec2Tags(
  resourceType: string,
  rules: 'sdk' | 'framework' = 'sdk',
  idOf: (id: string, prior: PlainObject) => string = (id) => id,
): Trait<AwsApi> {
  return tagsTrait(
    {
      create(request, tags) {
        request.TagSpecifications = [
          ...((request.TagSpecifications as unknown[]) ?? []),
          { ResourceType: resourceType, Tags: tagList(tags) },
        ]
      },
      async update(op, id, { removed, set }, prior) {
        const Resources = [idOf(id, prior)]
        if (removed.length > 0) await op.api.call('ec2', 'DeleteTags', { Resources, Tags: removed.map((Key) => ({ Key })) })
        if (Object.keys(set).length > 0) await op.api.call('ec2', 'CreateTags', { Resources, Tags: tagList(set) })
      },
      read: (_op, remote: { Tags?: { Key?: string; Value?: string }[] }) => tagRecord(remote.Tags),
    },
    rules,
  )
}
