import type * as Ecs from '@aws-sdk/client-ecs'
import type { Call } from '../../kernel/call.ts'
import type { Row } from '../../kernel/store.ts'
import { clientError, invalidParameter, lastPart } from './_names.ts'
import { capacityProviders, clusters, containerInstances, services, taskDefinitions, tasks } from './_rows.ts'

interface TagRow extends Row {
  readonly tags: readonly Ecs.Tag[]
}

const table = (call: Call) => call.inService('ecs').scope.table<TagRow>('tags')

export const tagOperations = {
  TagResource(input: Ecs.TagResourceRequest, call: Call): Ecs.TagResourceResponse {
    setTags(call, existing(call, input.resourceArn!), input.tags ?? [])
    return {}
  },

  UntagResource(input: Ecs.UntagResourceRequest, call: Call): Ecs.UntagResourceResponse {
    const arn = existing(call, input.resourceArn!)
    table(call).put({ id: arn, tags: tagsOf(call, arn).filter((tag) => !(input.tagKeys ?? []).includes(tag.key!)) })
    return {}
  },

  ListTagsForResource(input: Ecs.ListTagsForResourceRequest, call: Call): Ecs.ListTagsForResourceResponse {
    return { tags: [...tagsOf(call, existing(call, input.resourceArn!))] }
  },
}

export function tagsOf(call: Call, arn: string): readonly Ecs.Tag[] {
  return table(call).get(arn)?.tags ?? []
}

/** Adds tags or changes their values. */
export function setTags(call: Call, arn: string, given: readonly Ecs.Tag[]): void {
  if (given.length === 0) return
  const tags = new Map(tagsOf(call, arn).map((tag) => [tag.key, tag]))
  for (const { key = '', value = '' } of given) {
    if (key === '' || key.length > 128 || value.length > 256)
      throw invalidParameter('Tags can have keys of 1 to 128 characters and values of up to 256 characters.')
    if (key.toLowerCase().startsWith('aws:')) throw invalidParameter(`Tag keys must not begin with 'aws:'.`)
    tags.set(key, { key, value })
  }
  if (tags.size > 50) throw invalidParameter('The maximum number of tags is 50.')
  table(call).put({ id: arn, tags: [...tags.values()] })
}

export function dropTags(call: Call, arn: string): void {
  table(call).delete(arn)
}

/** @throws AwsError for ARNs of nothing */
function existing(call: Call, arn: string): string {
  const match = /^arn:aws[\w-]*:ecs:[\w-]+:\d{12}:([\w-]+)\/(.+)$/.exec(arn)
  if (match === null) throw invalidParameter(`The provided ARN '${arn}' is not valid.`)
  const [, kind, rest] = match as unknown as [string, string, string]
  const kinds: Readonly<Record<string, () => unknown>> = {
    cluster: () => clusters(call).get(rest),
    service: () => services(call).get(rest),
    'task-definition': () => taskDefinitions(call).get(rest),
    'capacity-provider': () => capacityProviders(call).get(rest),
    task: () => tasks(call).get(lastPart(rest)),
    'container-instance': () => containerInstances(call).get(lastPart(rest)),
  }
  if (kinds[kind]?.() === undefined) throw clientError('The referenced resource was not found.')
  return arn
}
