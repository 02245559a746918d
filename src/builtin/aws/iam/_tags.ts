import type { Trait } from '../../../providers/kit/index.ts'
import type { AwsApi } from '../api.ts'
import { tagList, tagRecord, tagsTrait } from '../tags.ts'

/** Each kind of object has calls of its own. */
const calls = {
  instanceProfile: ['TagInstanceProfile', 'UntagInstanceProfile', 'InstanceProfileName'],
  policy: ['TagPolicy', 'UntagPolicy', 'PolicyArn'],
  role: ['TagRole', 'UntagRole', 'RoleName'],
  user: ['TagUser', 'UntagUser', 'UserName'],
} as const

/** Tags of IAM objects: part of the request that creates, then calls by name (policies: by ARN). */
export function iamTags(kind: keyof typeof calls): Trait<AwsApi> {
  const [tag, untag, member] = calls[kind]
  return tagsTrait({
    create(request, tags) {
      request.Tags = tagList(tags)
    },
    async update({ api }, id, { removed, set }) {
      if (removed.length > 0) await api.call('iam', untag, { [member]: id, TagKeys: [...removed] } as never)
      if (Object.keys(set).length > 0) await api.call('iam', tag, { [member]: id, Tags: tagList(set) } as never)
    },
    read: (_op, remote: { Tags?: { Key?: string; Value?: string }[] }) => tagRecord(remote.Tags),
  })
}
