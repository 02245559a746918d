import type { Trait } from '../../../providers/kit/index.ts'
import type { AwsApi } from '../api.ts'
import { type Tags, tagsTrait } from '../tags.ts'

type Listed = readonly { readonly key?: string | undefined; readonly value?: string | undefined }[]

export function ecsTagList(tags: Tags): { key: string; value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }))
}

/** Tags of ECS objects: part of the request that creates, then TagResource and UntagResource on the ARN. */
export function ecsTags(arnOf: (id: string, prior: { readonly arn?: unknown }) => string = (id) => id): Trait<AwsApi> {
  return tagsTrait({
    create(request, tags) {
      request.tags = ecsTagList(tags)
    },
    async update({ api }, id, { removed, set }, prior) {
      const resourceArn = arnOf(id, prior)
      if (removed.length > 0) await api.call('ecs', 'UntagResource', { resourceArn, tagKeys: [...removed] })
      if (Object.keys(set).length > 0) await api.call('ecs', 'TagResource', { resourceArn, tags: ecsTagList(set) })
    },
    read: (_op, remote: { tags?: Listed }) => Object.fromEntries((remote.tags ?? []).map((tag) => [tag.key ?? '', tag.value ?? ''])),
  })
}
