import { isAwsError } from '../../../aws/index.ts'
import { Lookup, type Trait } from '../../../providers/kit/index.ts'
import type { AwsApi, Operation } from '../resource.ts'
import { type Tags, tagList, tagRecord, tagsTrait } from '../tags.ts'

/** One call asks for the tags of so many resources. */
const maxResources = 10

type ResourceType = 'hostedzone' | 'healthcheck'

/** Tags of zones and health checks: calls of their own for writing and for reading. */
export function route53Tags(resourceType: ResourceType): Trait<AwsApi> {
  return tagsTrait({
    created: (op, id, tags) => change(op, resourceType, id, [], tags),
    update: (op, id, { removed, set }) => change(op, resourceType, id, removed, set),
    read: async ({ api }, remote: { Id: string }) => (await tagsOf(api, resourceType).load(remote.Id)) ?? {},
  })
}

async function change(
  op: Operation<AwsApi>,
  ResourceType: ResourceType,
  ResourceId: string,
  removed: readonly string[],
  set: Tags,
): Promise<void> {
  await op.api.call('route53', 'ChangeTagsForResource', {
    ResourceType,
    ResourceId,
    ...(removed.length === 0 ? {} : { RemoveTagKeys: [...removed] }),
    ...(Object.keys(set).length === 0 ? {} : { AddTags: tagList(set) }),
  })
}

/** Zones whose tags will be read together. */
export function tagsOf(api: AwsApi, resourceType: ResourceType): Lookup<Tags> {
  return api.lookup(`route53/tags/${resourceType}`, () => new Lookup((ids) => readTags(api, resourceType, ids), maxResources))
}

async function readTags(api: AwsApi, ResourceType: ResourceType, ids: readonly string[]): Promise<ReadonlyMap<string, Tags>> {
  try {
    const { ResourceTagSets } = await api.call('route53', 'ListTagsForResources', { ResourceType, ResourceIds: [...ids] })
    return new Map((ResourceTagSets ?? []).map((set) => [set.ResourceId ?? '', tagRecord(set.Tags)]))
  } catch (error) {
    if (!isAwsError(error, 'NoSuchHostedZone', 'NoSuchHealthCheck')) throw error
    // One that is gone spoils the call for all.
    if (ids.length === 1) return new Map()
    const each = await Promise.all(ids.map((id) => readTags(api, ResourceType, [id])))
    return new Map(each.flatMap((found) => [...found]))
  }
}
