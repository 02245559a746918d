import type * as Elb from '@aws-sdk/client-elastic-load-balancing'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { findLoadBalancer, loadBalancers } from './_rows.ts'

export const tagOperations = {
  AddTags(input: Elb.AddTagsInput, call: Call): Elb.AddTagsOutput {
    for (const name of input.LoadBalancerNames!) addTags(call, findLoadBalancer(call, name).id, input.Tags!)
    return {}
  },

  RemoveTags(input: Elb.RemoveTagsInput, call: Call): Elb.RemoveTagsOutput {
    const gone = new Set(input.Tags!.map((tag) => tag.Key))
    for (const name of input.LoadBalancerNames!) {
      const row = findLoadBalancer(call, name)
      loadBalancers(call).patch(name, { tags: Object.fromEntries(Object.entries(row.tags).filter(([key]) => !gone.has(key))) })
    }
    return {}
  },

  DescribeTags(input: Elb.DescribeTagsInput, call: Call): Elb.DescribeTagsOutput {
    const names = input.LoadBalancerNames!
    if (names.length > 20) throw new AwsError('ValidationError', 'At most 20 load balancers can be described in one call')
    return {
      TagDescriptions: names.map((name) => {
        const { tags } = findLoadBalancer(call, name)
        return { LoadBalancerName: name, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }
      }),
    }
  },
}

/** Adds tags or changes their values. */
export function addTags(call: Call, name: string, given: readonly Elb.Tag[]): void {
  const keys = given.map((tag) => tag.Key ?? '')
  if (new Set(keys).size < keys.length) throw new AwsError('DuplicateTagKeys', 'Duplicate Tag Keys specified')
  if (keys.some((key) => key.toLowerCase().startsWith('aws:')))
    throw new AwsError('ValidationError', `The tag key must not begin with 'aws:', which is reserved`)
  const tags = { ...findLoadBalancer(call, name).tags, ...Object.fromEntries(given.map((tag) => [tag.Key ?? '', tag.Value ?? ''])) }
  if (Object.keys(tags).length > 50)
    throw new AwsError('TooManyTags', 'The quota for the number of tags that can be assigned to a load balancer has been reached')
  loadBalancers(call).patch(name, { tags })
}
