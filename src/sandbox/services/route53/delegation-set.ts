import type * as Route53 from '@aws-sdk/client-route-53'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { base32Id } from '../../kernel/ids.ts'
import { nameServersOf } from './_name-servers.ts'
import { pageSize } from './_page-size.ts'
import { bareId, type DelegationSetRow, delegationSets, findZone, zones } from './_rows.ts'

export const delegationSetOperations = {
  CreateReusableDelegationSet(input: Route53.CreateReusableDelegationSetRequest, call: Call): Route53.CreateReusableDelegationSetResponse {
    if ([...delegationSets(call).values()].some((set) => set.callerReference === input.CallerReference))
      throw new AwsError(
        'DelegationSetAlreadyCreated',
        'A delegation set with the same owner and caller reference combination has already been created.',
      )
    const zone = input.HostedZoneId === undefined ? undefined : findZone(call, input.HostedZoneId)
    if (zone?.delegationSetId !== undefined)
      throw new AwsError('DelegationSetAlreadyReusable', 'The specified delegation set has already been marked as reusable.')
    const bytes = call.newBytes()
    const row = delegationSets(call).put({
      id: base32Id('N0', bytes, 19),
      callerReference: input.CallerReference!,
      nameServers: zone?.nameServers ?? nameServersOf(bytes),
    })
    if (zone !== undefined) zones(call).patch(zone.id, { delegationSetId: row.id })
    return { DelegationSet: describe(row), Location: `https://route53.amazonaws.com/2013-04-01/delegationset/${row.id}` }
  },

  GetReusableDelegationSet(input: Route53.GetReusableDelegationSetRequest, call: Call): Route53.GetReusableDelegationSetResponse {
    return { DelegationSet: describe(find(call, input.Id)) }
  },

  ListReusableDelegationSets(input: Route53.ListReusableDelegationSetsRequest, call: Call): Route53.ListReusableDelegationSetsResponse {
    const size = pageSize(call, input.MaxItems)
    const rows = [...delegationSets(call).values()]
    const start =
      input.Marker === undefined
        ? 0
        : Math.max(
            0,
            rows.findIndex((row) => row.id === input.Marker),
          )
    const next = rows[start + size]
    return {
      DelegationSets: rows.slice(start, start + size).map(describe),
      Marker: input.Marker ?? '',
      IsTruncated: next !== undefined,
      NextMarker: next?.id,
      MaxItems: size,
    }
  },

  DeleteReusableDelegationSet(input: Route53.DeleteReusableDelegationSetRequest, call: Call): object {
    const row = find(call, input.Id)
    if ([...zones(call).values()].some((zone) => zone.delegationSetId === row.id))
      throw new AwsError(
        'DelegationSetInUse',
        'The specified delegation contains associated hosted zones which must be deleted before the reusable delegation set can be deleted.',
      )
    delegationSets(call).delete(row.id)
    return {}
  },
}

function find(call: Call, id: string | undefined): DelegationSetRow {
  const row = delegationSets(call).get(bareId(id))
  if (row === undefined)
    throw new AwsError('NoSuchDelegationSet', `A reusable delegation set with the specified ID does not exist: ${bareId(id)}`)
  return row
}

function describe(row: DelegationSetRow): Route53.DelegationSet {
  return { Id: `/delegationset/${row.id}`, CallerReference: row.callerReference, NameServers: [...row.nameServers] }
}
