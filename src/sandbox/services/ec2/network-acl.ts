import type * as Ec2 from '@aws-sdk/client-ec2'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { create, dependencyViolation, destroy, find, rowsOf, select, specifiedTags, tagsOf } from './_kind.ts'
import { networkAclKind, vpcKind } from './_kinds.ts'
import type { NetworkAclRow } from './_rows.ts'

type Entry = NetworkAclRow['entries'][number]

export const networkAclOperations = {
  CreateNetworkAcl(input: Ec2.CreateNetworkAclRequest, call: Call): Ec2.CreateNetworkAclResult {
    const vpc = find(vpcKind, call, input.VpcId)
    const tags = specifiedTags(input.TagSpecifications, 'network-acl')
    const deny = (egress: boolean): Entry => ({ number: 32767, egress, protocol: '-1', action: 'deny', cidr: '0.0.0.0/0' })
    const row = { id: call.newId('acl'), vpcId: vpc.id, isDefault: false, entries: [deny(true), deny(false)], associations: [] }
    return { NetworkAcl: describeNetworkAcl(create(networkAclKind, call, row, tags), call), ClientToken: input.ClientToken }
  },

  DescribeNetworkAcls(input: Ec2.DescribeNetworkAclsRequest, call: Call): Ec2.DescribeNetworkAclsResult {
    const { rows, NextToken } = select(networkAclKind, call, {
      ids: input.NetworkAclIds,
      filters: input.Filters,
      token: input.NextToken,
      size: input.MaxResults,
    })
    return { NetworkAcls: rows.map((row) => describeNetworkAcl(row, call)), NextToken }
  },

  CreateNetworkAclEntry(input: Ec2.CreateNetworkAclEntryRequest, call: Call): object {
    const acl = find(networkAclKind, call, input.NetworkAclId)
    const entry = entryOf(input)
    if (acl.entries.some((other) => isSame(other, entry)))
      throw new AwsError('NetworkAclEntryAlreadyExists', `The network acl entry identified by ${entry.number} already exists.`)
    rowsOf(networkAclKind, call).patch(acl.id, { entries: sorted([...acl.entries, entry]) })
    return {}
  },

  ReplaceNetworkAclEntry(input: Ec2.ReplaceNetworkAclEntryRequest, call: Call): object {
    const acl = find(networkAclKind, call, input.NetworkAclId)
    const entry = entryOf(input)
    if (!acl.entries.some((other) => isSame(other, entry))) throw noEntry(entry.number)
    rowsOf(networkAclKind, call).patch(acl.id, { entries: sorted([...acl.entries.filter((other) => !isSame(other, entry)), entry]) })
    return {}
  },

  DeleteNetworkAclEntry(input: Ec2.DeleteNetworkAclEntryRequest, call: Call): object {
    const acl = find(networkAclKind, call, input.NetworkAclId)
    const given = { number: input.RuleNumber!, egress: input.Egress === true }
    if (!acl.entries.some((other) => isSame(other, given))) throw noEntry(given.number)
    rowsOf(networkAclKind, call).patch(acl.id, { entries: acl.entries.filter((other) => !isSame(other, given)) })
    return {}
  },

  ReplaceNetworkAclAssociation(input: Ec2.ReplaceNetworkAclAssociationRequest, call: Call): Ec2.ReplaceNetworkAclAssociationResult {
    const table = rowsOf(networkAclKind, call)
    const from = [...table.values()].find((acl) => acl.associations.some((a) => a.id === input.AssociationId))
    if (from === undefined)
      throw new AwsError('InvalidAssociationID.NotFound', `The association ID '${input.AssociationId}' does not exist`)
    const association = from.associations.find((a) => a.id === input.AssociationId)!
    const target = find(networkAclKind, call, input.NetworkAclId)
    if (target.vpcId !== from.vpcId)
      throw new AwsError('InvalidParameterValue', `Network ACL ${target.id} and the subnet belong to different networks`)
    table.patch(from.id, { associations: from.associations.filter((a) => a !== association) })
    const to = find(networkAclKind, call, target.id)
    const id = call.newId('aclassoc')
    table.patch(to.id, { associations: [...to.associations, { id, subnetId: association.subnetId }] })
    return { NewAssociationId: id }
  },

  DeleteNetworkAcl(input: Ec2.DeleteNetworkAclRequest, call: Call): object {
    const acl = find(networkAclKind, call, input.NetworkAclId)
    if (acl.isDefault) throw new AwsError('InvalidParameterValue', `cannot delete default network ACL ${acl.id}`)
    if (acl.associations.length > 0) throw dependencyViolation(`The networkAcl '${acl.id}' has dependencies and cannot be deleted.`)
    destroy(networkAclKind, call, acl.id)
    return {}
  },
}

function entryOf(input: Ec2.CreateNetworkAclEntryRequest): Entry {
  return {
    number: input.RuleNumber!,
    egress: input.Egress === true,
    protocol: input.Protocol!,
    action: input.RuleAction!,
    cidr: input.CidrBlock,
    cidr6: input.Ipv6CidrBlock,
    from: input.PortRange?.From,
    to: input.PortRange?.To,
    icmpType: input.IcmpTypeCode?.Type,
    icmpCode: input.IcmpTypeCode?.Code,
  }
}

function isSame(a: Pick<Entry, 'number' | 'egress'>, b: Pick<Entry, 'number' | 'egress'>): boolean {
  return a.number === b.number && a.egress === b.egress
}

function noEntry(number: number): AwsError {
  return new AwsError('InvalidNetworkAclEntry.NotFound', `The network acl entry identified by ${number} does not exist`)
}

function sorted(entries: readonly Entry[]): Entry[] {
  return [...entries].sort((a, b) => Number(b.egress) - Number(a.egress) || a.number - b.number)
}

function describeNetworkAcl(acl: NetworkAclRow, call: Call): Ec2.NetworkAcl {
  return {
    NetworkAclId: acl.id,
    VpcId: acl.vpcId,
    OwnerId: call.account,
    IsDefault: acl.isDefault,
    Associations: acl.associations.map((a) => ({ NetworkAclAssociationId: a.id, NetworkAclId: acl.id, SubnetId: a.subnetId })),
    Entries: acl.entries.map((entry) => ({
      RuleNumber: entry.number,
      Egress: entry.egress,
      Protocol: entry.protocol,
      RuleAction: entry.action,
      CidrBlock: entry.cidr,
      Ipv6CidrBlock: entry.cidr6,
      PortRange: entry.from === undefined ? undefined : { From: entry.from, To: entry.to },
      IcmpTypeCode: entry.icmpType === undefined ? undefined : { Type: entry.icmpType, Code: entry.icmpCode },
    })),
    Tags: [...tagsOf(call, acl.id)],
  }
}
