import type * as Ec2 from '@aws-sdk/client-ec2'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import type { Row } from '../../kernel/store.ts'
import { addTags, type Kind, missing, removeTags, rowsOf, tagTable } from './_kind.ts'
import * as kinds from './_kinds.ts'
import { imageKind } from './image.ts'
import { launchTemplateKind } from './launch-template.ts'
import { filtered } from './places.ts'

const taggable: readonly Kind<Row>[] = [
  ...Object.values(kinds).filter((kind) => typeof kind === 'object' && 'notFound' in kind),
  imageKind,
  launchTemplateKind,
] as unknown as Kind<Row>[]

/** The kind of a resource by its id. @throws AwsError when there is no such resource */
function kindOf(call: Call, id: string): Kind<Row> {
  const kind = taggable.find(({ prefix }) => id.startsWith(`${prefix}-`) && id.indexOf('-', prefix.length + 1) < 0)
  if (kind === undefined) throw new AwsError('InvalidID', `The ID '${id}' is not valid`)
  if (rowsOf(kind, call).get(id) !== undefined) return kind
  // Tagging words some errors differently from describing.
  if (kind.prefix === 'nat') throw missing('NatGatewayNotFound', 'natGateway')([id])
  throw kind.notFound([id])
}

export const tagOperations = {
  CreateTags(input: Ec2.CreateTagsRequest, call: Call): object {
    for (const id of input.Resources ?? []) addTags(call, kindOf(call, id).type, id, input.Tags ?? [])
    return {}
  },

  DeleteTags(input: Ec2.DeleteTagsRequest, call: Call): object {
    for (const id of input.Resources ?? []) {
      kindOf(call, id)
      removeTags(call, id, input.Tags)
    }
    return {}
  },

  DescribeTags(input: Ec2.DescribeTagsRequest, call: Call): Ec2.DescribeTagsResult {
    const all = [...tagTable(call).values()].flatMap((row) =>
      row.tags.map((tag) => ({ ResourceId: row.id, ResourceType: row.type as Ec2.ResourceType, Key: tag.Key, Value: tag.Value })),
    )
    const byTag = (input.Filters ?? []).filter((filter) => filter.Name?.startsWith('tag:') === true)
    const rest = (input.Filters ?? []).filter((filter) => !byTag.includes(filter))
    const chosen = filtered(all, rest, {
      key: (tag) => tag.Key,
      value: (tag) => tag.Value,
      'resource-id': (tag) => tag.ResourceId,
      'resource-type': (tag) => tag.ResourceType,
    }).filter((tag) => byTag.every((filter) => tag.Key === filter.Name!.slice(4) && (filter.Values ?? []).includes(tag.Value)))
    const page = pageOf(call, chosen, input.NextToken, input.MaxResults)
    return { Tags: [...page.items], NextToken: page.nextToken }
  },
}
