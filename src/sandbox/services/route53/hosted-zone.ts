import type * as Route53 from '@aws-sdk/client-route-53'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { base32Id } from '../../kernel/ids.ts'
import { submitChange } from './_changes.ts'
import { nameServersOf, privateNameServers } from './_name-servers.ts'
import { canonicalName, compareNames } from './_names.ts'
import { pageSize } from './_page-size.ts'
import { bareId, delegationSets, findZone, type HostedZoneRow, invalidInput, noSuchZone, recordKey, recordSets, zones } from './_rows.ts'
import { checkVpc, sameNameInVpc } from './vpc-association.ts'

export const hostedZoneOperations = {
  CreateHostedZone(input: Route53.CreateHostedZoneRequest, call: Call): Route53.CreateHostedZoneResponse {
    const name = canonicalName(input.Name!)
    if (name === undefined || !/^[a-z0-9_-]/.test(name))
      throw new AwsError('InvalidDomainName', `The domain name '${input.Name}' is invalid`)
    if ([...zones(call).values()].some((zone) => zone.callerReference === input.CallerReference))
      throw new AwsError(
        'HostedZoneAlreadyExists',
        `A hosted zone has already been created with the specified caller reference: ${input.CallerReference}.`,
        409,
      )
    const isPrivate = input.VPC !== undefined
    if (!isPrivate && input.HostedZoneConfig?.PrivateZone === true)
      throw invalidInput('When you create a private hosted zone, you must specify a VPC.')
    if (isPrivate && input.DelegationSetId !== undefined) throw invalidInput('A private hosted zone cannot have a reusable delegation set.')
    const vpcs = input.VPC === undefined ? [] : [checkVpc(call, input.VPC)]
    for (const vpc of vpcs) sameNameInVpc(call, name, vpc)
    const bytes = call.newBytes()
    const id = base32Id('Z0', bytes, 19)
    const delegationSetId = input.DelegationSetId === undefined ? undefined : bareId(input.DelegationSetId)
    const row = zones(call).put({
      id,
      name,
      callerReference: input.CallerReference!,
      comment: input.HostedZoneConfig?.Comment === '' ? undefined : input.HostedZoneConfig?.Comment,
      isPrivate,
      vpcs,
      delegationSetId,
      nameServers: isPrivate
        ? privateNameServers
        : delegationSetId === undefined
          ? nameServersOf(bytes)
          : reusableServers(call, delegationSetId),
      tags: {},
    })
    putOwnRecords(call, row)
    return {
      HostedZone: describeZone(call, row),
      ChangeInfo: submitChange(call),
      DelegationSet: describeDelegation(row),
      VPC: vpcs[0],
      Location: `https://route53.amazonaws.com/2013-04-01/hostedzone/${id}`,
    }
  },

  GetHostedZone(input: Route53.GetHostedZoneRequest, call: Call): Route53.GetHostedZoneResponse {
    const row = findZone(call, input.Id)
    return {
      HostedZone: describeZone(call, row),
      DelegationSet: describeDelegation(row),
      VPCs: row.isPrivate ? [...row.vpcs] : undefined,
    }
  },

  ListHostedZones(input: Route53.ListHostedZonesRequest, call: Call): Route53.ListHostedZonesResponse {
    const size = pageSize(call, input.MaxItems)
    let rows = [...zones(call).values()]
    if (input.HostedZoneType === 'PrivateHostedZone') rows = rows.filter((zone) => zone.isPrivate)
    if (input.DelegationSetId !== undefined) rows = rows.filter((zone) => zone.delegationSetId === bareId(input.DelegationSetId))
    const start = input.Marker === undefined ? 0 : rows.findIndex((zone) => zone.id === bareId(input.Marker))
    if (start < 0) throw noSuchZone(bareId(input.Marker))
    const page = rows.slice(start, start + size)
    const next = rows[start + size]
    return {
      HostedZones: page.map((row) => describeZone(call, row)),
      Marker: input.Marker,
      IsTruncated: next !== undefined,
      NextMarker: next?.id,
      MaxItems: size,
    }
  },

  ListHostedZonesByName(input: Route53.ListHostedZonesByNameRequest, call: Call): Route53.ListHostedZonesByNameResponse {
    if (input.HostedZoneId !== undefined && input.DNSName === undefined)
      throw invalidInput('Both DNS name and hosted zone id must be specified when the hosted zone id is given.')
    const size = pageSize(call, input.MaxItems)
    const from = input.DNSName === undefined ? undefined : (canonicalName(input.DNSName) ?? '.')
    const fromId = bareId(input.HostedZoneId)
    const rows = [...zones(call).values()].sort(byName).filter((zone) => {
      if (from === undefined) return true
      const order = compareNames(zone.name, from)
      return order > 0 || (order === 0 && zone.id >= fromId)
    })
    const next = rows[size]
    return {
      HostedZones: rows.slice(0, size).map((row) => describeZone(call, row)),
      DNSName: input.DNSName,
      HostedZoneId: input.HostedZoneId,
      IsTruncated: next !== undefined,
      NextDNSName: next?.name,
      NextHostedZoneId: next?.id,
      MaxItems: size,
    }
  },

  GetHostedZoneCount(_input: Route53.GetHostedZoneCountRequest, call: Call): Route53.GetHostedZoneCountResponse {
    return { HostedZoneCount: zones(call).size }
  },

  UpdateHostedZoneComment(input: Route53.UpdateHostedZoneCommentRequest, call: Call): Route53.UpdateHostedZoneCommentResponse {
    const row = findZone(call, input.Id)
    const comment = input.Comment === '' ? undefined : input.Comment
    return { HostedZone: describeZone(call, zones(call).patch(row.id, { comment })) }
  },

  DeleteHostedZone(input: Route53.DeleteHostedZoneRequest, call: Call): Route53.DeleteHostedZoneResponse {
    const row = findZone(call, input.Id)
    const table = recordSets(call, row.id)
    const own = ['NS', 'SOA'].map((type) => recordKey({ Name: row.name, Type: type as Route53.RRType }))
    if ([...table.values()].some((record) => !own.includes(record.id)))
      throw new AwsError(
        'HostedZoneNotEmpty',
        'The specified hosted zone contains non-required resource record sets and so cannot be deleted.',
      )
    for (const record of [...table.values()]) table.delete(record.id)
    zones(call).delete(row.id)
    return { ChangeInfo: submitChange(call) }
  },

  /** Zones of the sandbox are never signed. */
  GetDNSSEC(input: Route53.GetDNSSECRequest, call: Call): Route53.GetDNSSECResponse {
    const row = findZone(call, input.HostedZoneId)
    if (row.isPrivate) throw new AwsError('InvalidArgument', 'Operation is unsupported for private hosted zones.')
    return { Status: { ServeSignature: 'NOT_SIGNING' }, KeySigningKeys: [] }
  },
}

function reusableServers(call: Call, id: string): readonly string[] {
  const set = delegationSets(call).get(id)
  if (set === undefined) throw new AwsError('NoSuchDelegationSet', `A reusable delegation set with the specified ID does not exist: ${id}`)
  return set.nameServers
}

/** Every zone has the record sets that name its servers and its authority. */
function putOwnRecords(call: Call, zone: HostedZoneRow): void {
  const servers = zone.nameServers.map((server) => `${server}.`)
  const first = zone.isPrivate ? servers.at(-1)! : servers[0]!
  const sets: Route53.ResourceRecordSet[] = [
    { Name: zone.name, Type: 'NS', TTL: 172_800, ResourceRecords: servers.map((Value) => ({ Value })) },
    {
      Name: zone.name,
      Type: 'SOA',
      TTL: 900,
      ResourceRecords: [{ Value: `${first} awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400` }],
    },
  ]
  for (const set of sets) recordSets(call, zone.id).put({ id: recordKey(set), set })
}

export function describeZone(call: Call, row: HostedZoneRow): Route53.HostedZone {
  return {
    Id: `/hostedzone/${row.id}`,
    Name: row.name,
    CallerReference: row.callerReference,
    Config: { Comment: row.comment, PrivateZone: row.isPrivate },
    ResourceRecordSetCount: recordSets(call, row.id).size,
  }
}

function describeDelegation(row: HostedZoneRow): Route53.DelegationSet | undefined {
  if (row.isPrivate) return undefined
  const Id = row.delegationSetId === undefined ? undefined : `/delegationset/${row.delegationSetId}`
  return { Id, NameServers: [...row.nameServers] }
}

function byName(a: HostedZoneRow, b: HostedZoneRow): number {
  return compareNames(a.name, b.name) || (a.id < b.id ? -1 : 1)
}
