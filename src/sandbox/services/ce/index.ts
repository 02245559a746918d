import type * as Ce from '@aws-sdk/client-cost-explorer'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { jsonRefusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import type { Row } from '../../kernel/store.ts'
import { awsJson, sdkModel } from '../../protocols/index.ts'
import { tryOrganization } from '../organizations/delegation.ts'
import { rows } from '../organizations/rows.ts'

/** A tag by which costs are told apart; its id is its key. */
interface CostTagRow extends Row {
  readonly changed: Date
}

/** Tags are chosen where the bill is paid. */
function checkPayer(call: Call, verb: string): void {
  const organization = tryOrganization(call)
  if (organization !== undefined && organization.id !== call.account)
    throw new AwsError('AccessDeniedException', `Failed to ${verb}: Linked account doesn't have access to cost allocation tags.`)
}

/** Keys that can be chosen: those of the tags of accounts that have been there for a day. Tags of other things are not looked at. */
function knownKeys(call: Call): readonly string[] {
  const organization = tryOrganization(call)
  const accounts = [...rows(call, 'accounts').values()].filter((row) => row.management === organization?.id && row.isBilled !== false)
  return [
    ...new Set(
      accounts.flatMap(
        ({ id }) =>
          rows(call, 'tags')
            .get(id)
            ?.tags.map(({ Key }) => Key) ?? [],
      ),
    ),
  ].sort()
}

function active(call: Call) {
  return call.scope.table<CostTagRow>('tags')
}

const operations = {
  ListCostAllocationTags(input: Ce.ListCostAllocationTagsRequest, call: Call): Ce.ListCostAllocationTagsResponse {
    checkPayer(call, 'list Cost Allocation Tags')
    const all = knownKeys(call)
      .filter((key) => input.TagKeys === undefined || input.TagKeys.includes(key))
      .map((key): Ce.CostAllocationTag => {
        const row = active(call).get(key)
        return {
          TagKey: key,
          Type: 'UserDefined',
          Status: row === undefined ? 'Inactive' : 'Active',
          LastUpdatedDate: row?.changed.toISOString(),
        }
      })
      .filter((tag) => (input.Status ?? tag.Status) === tag.Status && (input.Type ?? tag.Type) === tag.Type)
    const { items, nextToken } = pageOf(call, all, input.NextToken, input.MaxResults ?? 100, 'InvalidNextTokenException')
    return { CostAllocationTags: [...items], NextToken: nextToken }
  },

  UpdateCostAllocationTagsStatus(input: Ce.UpdateCostAllocationTagsStatusRequest, call: Call): Ce.UpdateCostAllocationTagsStatusResponse {
    checkPayer(call, 'update Cost Allocation Tag')
    const known = knownKeys(call)
    const Errors: Ce.UpdateCostAllocationTagsStatusError[] = []
    for (const { TagKey: key, Status } of input.CostAllocationTagsStatus ?? []) {
      if (!known.includes(key!)) Errors.push({ TagKey: key, Code: 'TagKeysNotFoundException', Message: `Tag keys not found: ${key}` })
      else if (Status === 'Active') active(call).put({ id: key!, changed: call.now })
      else active(call).delete(key!)
    }
    return { Errors }
  },
}

/** Cost Explorer: the tags by which costs are told apart. */
export const costExplorer: Service = {
  name: 'ce',
  protocol: awsJson('1.1'),
  facts: { version: '2017-10-25', targetPrefix: 'AWSInsightsIndexService' },
  global: true,
  model: async () => sdkModel(await import('@aws-sdk/client-cost-explorer')),
  operations,
  refusals: jsonRefusals,
}
