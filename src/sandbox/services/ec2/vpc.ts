import type * as Ec2 from '@aws-sdk/client-ec2'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { cidrContains, cidrSize, cidrsOverlap, cidrToString, ip6ToString, parseCidr } from './_cidr.ts'
import { addTags, create, dependencyViolation, destroy, find, rowsOf, select, specifiedTags, tagsOf } from './_kind.ts'
import {
  dhcpOptionsKind,
  egressOnlyGatewayKind,
  internetGatewayKind,
  natGatewayKind,
  networkAclKind,
  routeTableKind,
  securityGroupKind,
  securityGroupRuleKind,
  subnetKind,
  vpcKind,
} from './_kinds.ts'
import { zonesOf } from './_places.ts'
import type { DhcpOptionsRow, SubnetRow, VpcRow } from './_rows.ts'

export const vpcOperations = {
  CreateVpc(input: Ec2.CreateVpcRequest, call: Call): Ec2.CreateVpcResult {
    if (input.CidrBlock === undefined)
      throw new AwsError('MissingParameter', 'Either CIDR Block or IPv4 IPAM Pool and IPv4 Netmask Length must be provided')
    const cidr = parseCidr(input.CidrBlock)
    if (cidr === undefined)
      throw new AwsError(
        'InvalidParameterValue',
        `Value (${input.CidrBlock}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`,
      )
    if (cidr.length < 16 || cidr.length > 28) throw new AwsError('InvalidVpc.Range', `The CIDR '${input.CidrBlock}' is invalid.`)
    const tenancy = input.InstanceTenancy ?? 'default'
    if (tenancy !== 'default' && tenancy !== 'dedicated')
      throw new AwsError('InvalidParameterValue', `Value (${tenancy}) for parameter instanceTenancy is invalid.`)
    const tags = specifiedTags(input.TagSpecifications, 'vpc')
    const vpc = newVpc(call, {
      cidr: cidrToString(cidr),
      tenancy,
      isDefault: false,
      associations6: input.AmazonProvidedIpv6CidrBlock === true ? [{ id: call.newId('vpc-cidr-assoc'), cidr: amazonCidr6(call) }] : [],
    })
    addTags(call, 'vpc', vpc.id, tags)
    call.later(1, 'vpc-available', vpc.id)
    return { Vpc: describeVpc(vpc, call) }
  },

  DescribeVpcs(input: Ec2.DescribeVpcsRequest, call: Call): Ec2.DescribeVpcsResult {
    const { rows, NextToken } = select(vpcKind, call, {
      ids: input.VpcIds,
      filters: input.Filters,
      token: input.NextToken,
      size: input.MaxResults,
    })
    return { Vpcs: rows.map((row) => describeVpc(row, call)), NextToken }
  },

  DescribeVpcAttribute(input: Ec2.DescribeVpcAttributeRequest, call: Call): Ec2.DescribeVpcAttributeResult {
    const vpc = find(vpcKind, call, input.VpcId, 'vpcId')
    switch (input.Attribute) {
      case 'enableDnsSupport':
        return { VpcId: vpc.id, EnableDnsSupport: { Value: vpc.dnsSupport } }
      case 'enableDnsHostnames':
        return { VpcId: vpc.id, EnableDnsHostnames: { Value: vpc.dnsHostnames } }
      case 'enableNetworkAddressUsageMetrics':
        return { VpcId: vpc.id, EnableNetworkAddressUsageMetrics: { Value: vpc.addressUsageMetrics } }
      default:
        throw new AwsError('InvalidParameterValue', `Value (${input.Attribute}) for parameter attribute is invalid. Unknown vpc attribute`)
    }
  },

  ModifyVpcAttribute(input: Ec2.ModifyVpcAttributeRequest, call: Call): object {
    const vpc = find(vpcKind, call, input.VpcId, 'vpcId')
    const { EnableDnsHostnames, EnableDnsSupport, EnableNetworkAddressUsageMetrics } = input
    const given = [EnableDnsHostnames, EnableDnsSupport, EnableNetworkAddressUsageMetrics].filter((v) => v !== undefined)
    if (given.length !== 1) throw new AwsError('InvalidParameterCombination', 'Exactly one attribute must be specified')
    const changed: VpcRow = {
      ...vpc,
      dnsSupport: EnableDnsSupport?.Value ?? vpc.dnsSupport,
      dnsHostnames: EnableDnsHostnames?.Value ?? vpc.dnsHostnames,
      addressUsageMetrics: EnableNetworkAddressUsageMetrics?.Value ?? vpc.addressUsageMetrics,
    }
    if (EnableDnsHostnames?.Value === true && !changed.dnsSupport)
      throw new AwsError('InvalidParameterCombination', 'The DNS hostnames attribute cannot be enabled while DNS support is disabled')
    rowsOf(vpcKind, call).put(changed)
    return {}
  },

  ModifyVpcTenancy(input: Ec2.ModifyVpcTenancyRequest, call: Call): Ec2.ModifyVpcTenancyResult {
    const vpc = find(vpcKind, call, input.VpcId)
    if (input.InstanceTenancy !== 'default')
      throw new AwsError('InvalidParameterValue', 'The tenancy of a VPC can only be changed to default')
    rowsOf(vpcKind, call).patch(vpc.id, { tenancy: 'default' })
    return { ReturnValue: true }
  },

  AssociateVpcCidrBlock(input: Ec2.AssociateVpcCidrBlockRequest, call: Call): Ec2.AssociateVpcCidrBlockResult {
    const vpc = find(vpcKind, call, input.VpcId)
    const id = call.newId('vpc-cidr-assoc')
    if (input.AmazonProvidedIpv6CidrBlock === true) {
      const association = { id, cidr: amazonCidr6(call) }
      rowsOf(vpcKind, call).patch(vpc.id, { associations6: [...vpc.associations6, association] })
      return {
        VpcId: vpc.id,
        Ipv6CidrBlockAssociation: { ...describeAssociation6(association, call), Ipv6CidrBlockState: { State: 'associating' } },
      }
    }
    const cidr = parseCidr(input.CidrBlock ?? '')
    if (cidr === undefined || cidr.length < 16 || cidr.length > 28)
      throw new AwsError('InvalidVpc.Range', `The CIDR '${input.CidrBlock}' is invalid.`)
    if (vpc.associations.some((a) => cidrsOverlap(parseCidr(a.cidr)!, cidr)))
      throw new AwsError('InvalidVpc.Range', `The CIDR '${input.CidrBlock}' conflicts with a CIDR block of the VPC.`)
    if (vpc.associations.length >= 5) throw new AwsError('CidrLimitExceeded', 'This network has reached its limit on the number of cidrs.')
    const association = { id, cidr: cidrToString(cidr) }
    rowsOf(vpcKind, call).patch(vpc.id, { associations: [...vpc.associations, association] })
    return {
      VpcId: vpc.id,
      CidrBlockAssociation: { AssociationId: id, CidrBlock: association.cidr, CidrBlockState: { State: 'associating' } },
    }
  },

  DisassociateVpcCidrBlock(input: Ec2.DisassociateVpcCidrBlockRequest, call: Call): Ec2.DisassociateVpcCidrBlockResult {
    for (const vpc of rowsOf(vpcKind, call).values()) {
      const six = vpc.associations6.find((a) => a.id === input.AssociationId)
      if (six !== undefined) {
        rowsOf(vpcKind, call).patch(vpc.id, { associations6: vpc.associations6.filter((a) => a !== six) })
        return {
          VpcId: vpc.id,
          Ipv6CidrBlockAssociation: { ...describeAssociation6(six, call), Ipv6CidrBlockState: { State: 'disassociating' } },
        }
      }
      const four = vpc.associations.find((a) => a.id === input.AssociationId)
      if (four === undefined) continue
      if (four.cidr === vpc.cidr)
        throw new AwsError(
          'OperationNotPermitted',
          `The vpc CIDR block with association ID ${four.id} may not be disassociated. It is the primary IPv4 CIDR block of the VPC`,
        )
      const used = [...rowsOf(subnetKind, call).values()].some(
        (subnet) => subnet.vpcId === vpc.id && cidrContains(parseCidr(four.cidr)!, parseCidr(subnet.cidr)!),
      )
      if (used) throw new AwsError('InvalidCidrBlock.InUse', `The vpc ${vpc.id} currently has a subnet within CIDR block ${four.cidr}`)
      rowsOf(vpcKind, call).patch(vpc.id, { associations: vpc.associations.filter((a) => a !== four) })
      return {
        VpcId: vpc.id,
        CidrBlockAssociation: { AssociationId: four.id, CidrBlock: four.cidr, CidrBlockState: { State: 'disassociating' } },
      }
    }
    throw new AwsError(
      'InvalidVpcCidrBlockAssociationID.NotFound',
      `The vpc CIDR block association ID '${input.AssociationId}' does not exist`,
    )
  },

  DeleteVpc(input: Ec2.DeleteVpcRequest, call: Call): object {
    const vpc = find(vpcKind, call, input.VpcId)
    const inVpc = (row: { vpcId?: string }) => row.vpcId === vpc.id
    const some = <T>(rows: Iterable<T>, test: (row: T) => boolean) => [...rows].some(test)
    if (
      some(rowsOf(subnetKind, call).values(), inVpc) ||
      some(rowsOf(internetGatewayKind, call).values(), inVpc) ||
      some(rowsOf(egressOnlyGatewayKind, call).values(), inVpc) ||
      some(rowsOf(natGatewayKind, call).values(), (nat) => inVpc(nat) && nat.state !== 'deleted' && nat.state !== 'failed') ||
      some(rowsOf(securityGroupKind, call).values(), (group) => inVpc(group) && group.name !== 'default') ||
      some(rowsOf(routeTableKind, call).values(), (table) => inVpc(table) && !table.associations.some((a) => a.main)) ||
      some(rowsOf(networkAclKind, call).values(), (acl) => inVpc(acl) && !acl.isDefault)
    )
      throw dependencyViolation(`The vpc '${vpc.id}' has dependencies and cannot be deleted.`)
    for (const table of [...rowsOf(routeTableKind, call).values()].filter(inVpc)) destroy(routeTableKind, call, table.id)
    for (const acl of [...rowsOf(networkAclKind, call).values()].filter(inVpc)) destroy(networkAclKind, call, acl.id)
    for (const group of [...rowsOf(securityGroupKind, call).values()].filter(inVpc)) {
      for (const rule of [...rowsOf(securityGroupRuleKind, call).values()].filter((r) => r.groupId === group.id))
        destroy(securityGroupRuleKind, call, rule.id)
      destroy(securityGroupKind, call, group.id)
    }
    destroy(vpcKind, call, vpc.id)
    return {}
  },

  CreateDefaultVpc(_input: Ec2.CreateDefaultVpcRequest, call: Call): Ec2.CreateDefaultVpcResult {
    if ([...rowsOf(vpcKind, call).values()].some((vpc) => vpc.isDefault))
      throw new AwsError('DefaultVpcAlreadyExists', 'A Default VPC already exists for this account in this region.')
    return { Vpc: describeVpc(newDefaultVpc(call), call) }
  },

  CreateDhcpOptions(input: Ec2.CreateDhcpOptionsRequest, call: Call): Ec2.CreateDhcpOptionsResult {
    const configurations = (input.DhcpConfigurations ?? []).map(({ Key = '', Values = [] }) => {
      if (!dhcpKeys.has(Key))
        throw new AwsError('InvalidParameterValue', `Value (${Key}) for parameter name is invalid. Unknown DHCP option`)
      return { key: Key, values: Values }
    })
    const tags = specifiedTags(input.TagSpecifications, 'dhcp-options')
    return { DhcpOptions: describeDhcpOptions(create(dhcpOptionsKind, call, { id: call.newId('dopt'), configurations }, tags), call) }
  },

  DescribeDhcpOptions(input: Ec2.DescribeDhcpOptionsRequest, call: Call): Ec2.DescribeDhcpOptionsResult {
    const { rows, NextToken } = select(dhcpOptionsKind, call, {
      ids: input.DhcpOptionsIds,
      filters: input.Filters,
      token: input.NextToken,
      size: input.MaxResults,
    })
    return { DhcpOptions: rows.map((row) => describeDhcpOptions(row, call)), NextToken }
  },

  AssociateDhcpOptions(input: Ec2.AssociateDhcpOptionsRequest, call: Call): object {
    const vpc = find(vpcKind, call, input.VpcId)
    const dhcpOptionsId = input.DhcpOptionsId === 'default' ? 'default' : find(dhcpOptionsKind, call, input.DhcpOptionsId).id
    rowsOf(vpcKind, call).patch(vpc.id, { dhcpOptionsId })
    return {}
  },

  DeleteDhcpOptions(input: Ec2.DeleteDhcpOptionsRequest, call: Call): object {
    const options = find(dhcpOptionsKind, call, input.DhcpOptionsId)
    if ([...rowsOf(vpcKind, call).values()].some((vpc) => vpc.dhcpOptionsId === options.id))
      throw dependencyViolation(`The dhcpOptions '${options.id}' has dependencies and cannot be deleted.`)
    destroy(dhcpOptionsKind, call, options.id)
    return {}
  },
}

const dhcpKeys = new Set([
  'domain-name-servers',
  'domain-name',
  'ntp-servers',
  'netbios-name-servers',
  'netbios-node-type',
  'ipv6-address-preferred-lease-time',
])

export const vpcEvents = {
  'vpc-available': (id: string, call: Call) => {
    if (rowsOf(vpcKind, call).get(id) !== undefined) rowsOf(vpcKind, call).patch(id, { state: 'available' })
  },
}

function describeVpc(vpc: VpcRow, call: Call): Ec2.Vpc {
  return {
    VpcId: vpc.id,
    OwnerId: call.account,
    State: vpc.state,
    CidrBlock: vpc.cidr,
    CidrBlockAssociationSet: vpc.associations.map((a) => ({
      AssociationId: a.id,
      CidrBlock: a.cidr,
      CidrBlockState: { State: 'associated' },
    })),
    Ipv6CidrBlockAssociationSet: vpc.associations6.length === 0 ? undefined : vpc.associations6.map((a) => describeAssociation6(a, call)),
    InstanceTenancy: vpc.tenancy,
    IsDefault: vpc.isDefault,
    DhcpOptionsId: vpc.dhcpOptionsId,
    Tags: [...tagsOf(call, vpc.id)],
  }
}

function describeAssociation6(association: { id: string; cidr: string }, call: Call): Ec2.VpcIpv6CidrBlockAssociation {
  return {
    AssociationId: association.id,
    Ipv6CidrBlock: association.cidr,
    Ipv6CidrBlockState: { State: 'associated' },
    NetworkBorderGroup: call.region,
    Ipv6Pool: 'Amazon',
  }
}

function describeDhcpOptions(options: DhcpOptionsRow, call: Call): Ec2.DhcpOptions {
  return {
    DhcpOptionsId: options.id,
    OwnerId: call.account,
    DhcpConfigurations: options.configurations.map(({ key, values }) => ({ Key: key, Values: values.map((Value) => ({ Value })) })),
    Tags: [...tagsOf(call, options.id)],
  }
}

/** A /56 out of Amazon's pool. */
function amazonCidr6(call: Call): string {
  const prefix = call.newBytes().readUIntBE(0, 4)
  return `${ip6ToString((0x2a05n << 112n) | (0xd018n << 96n) | (BigInt(prefix) << 72n))}/56`
}

/** A VPC with what every VPC is born with: main route table, default network ACL and default security group. */
function newVpc(call: Call, properties: Pick<VpcRow, 'cidr' | 'tenancy' | 'isDefault' | 'associations6'>): VpcRow {
  const id = call.newId('vpc')
  const vpc: VpcRow = {
    id,
    state: 'pending',
    associations: [{ id: call.newId('vpc-cidr-assoc'), cidr: properties.cidr }],
    dhcpOptionsId: defaultDhcpOptions(call).id,
    dnsSupport: true,
    dnsHostnames: properties.isDefault,
    addressUsageMetrics: false,
    ...properties,
  }
  rowsOf(vpcKind, call).put(vpc)
  rowsOf(routeTableKind, call).put({
    id: call.newId('rtb'),
    vpcId: id,
    routes: [],
    associations: [{ id: call.newId('rtbassoc'), main: true }],
    propagating: [],
  })
  const allowAll = (egress: boolean) => [
    { number: 100, egress, protocol: '-1', action: 'allow' as const, cidr: '0.0.0.0/0' },
    { number: 32767, egress, protocol: '-1', action: 'deny' as const, cidr: '0.0.0.0/0' },
  ]
  rowsOf(networkAclKind, call).put({
    id: call.newId('acl'),
    vpcId: id,
    isDefault: true,
    entries: [...allowAll(true), ...allowAll(false)],
    associations: [],
  })
  const group = rowsOf(securityGroupKind, call).put({
    id: call.newId('sg'),
    name: 'default',
    description: 'default VPC security group',
    vpcId: id,
  })
  const all = { groupId: group.id, protocol: '-1', from: -1, to: -1 }
  const rules = rowsOf(securityGroupRuleKind, call)
  rules.put({ id: call.newId('sgr'), ...all, egress: false, peer: { kind: 'group', value: group.id, account: call.account } })
  rules.put({ id: call.newId('sgr'), ...all, egress: true, peer: { kind: 'cidr', value: '0.0.0.0/0' } })
  return vpc
}

/** The options that AWS makes for a region: its own resolver and domain. */
function defaultDhcpOptions(call: Call): DhcpOptionsRow {
  const first = [...rowsOf(dhcpOptionsKind, call).values()][0]
  if (first !== undefined) return first
  const domain = call.region === 'us-east-1' ? 'ec2.internal' : `${call.region}.compute.internal`
  return rowsOf(dhcpOptionsKind, call).put({
    id: call.newId('dopt'),
    configurations: [
      { key: 'domain-name', values: [domain] },
      { key: 'domain-name-servers', values: ['AmazonProvidedDNS'] },
    ],
  })
}

export function newSubnet(call: Call, properties: Pick<SubnetRow, 'vpcId' | 'cidr' | 'zone' | 'zoneId'> & Partial<SubnetRow>): SubnetRow {
  const subnet: SubnetRow = {
    id: call.newId('subnet'),
    associations6: [],
    state: 'pending',
    defaultForAz: false,
    mapPublicIp: false,
    assignIpv6: false,
    dns64: false,
    ipv6Native: false,
    hostnameType: 'ip-name',
    aRecord: false,
    aaaaRecord: false,
    ...properties,
  }
  rowsOf(subnetKind, call).put(subnet)
  // Every subnet is in exactly one network ACL, at first in the default one.
  const acl = [...rowsOf(networkAclKind, call).values()].find((a) => a.vpcId === subnet.vpcId && a.isDefault)!
  rowsOf(networkAclKind, call).patch(acl.id, { associations: [...acl.associations, { id: call.newId('aclassoc'), subnetId: subnet.id }] })
  return subnet
}

function newDefaultVpc(call: Call): VpcRow {
  const vpc = newVpc(call, { cidr: '172.31.0.0/16', tenancy: 'default', isDefault: true, associations6: [] })
  const gateway = rowsOf(internetGatewayKind, call).put({ id: call.newId('igw'), vpcId: vpc.id })
  const main = [...rowsOf(routeTableKind, call).values()].find((table) => table.vpcId === vpc.id)!
  rowsOf(routeTableKind, call).patch(main.id, {
    routes: [{ DestinationCidrBlock: '0.0.0.0/0', GatewayId: gateway.id, Origin: 'CreateRoute', State: 'active' }],
  })
  const range = parseCidr(vpc.cidr)!
  zonesOf(call).forEach((zone, i) => {
    const part = { first: range.first, length: 20 }
    const cidr = cidrToString({ first: part.first + i * cidrSize(part), length: 20 })
    newSubnet(call, {
      vpcId: vpc.id,
      cidr,
      zone: zone.ZoneName,
      zoneId: zone.ZoneId,
      state: 'available',
      defaultForAz: true,
      mapPublicIp: true,
    })
  })
  return rowsOf(vpcKind, call).patch(vpc.id, { state: 'available' })
}

/** A region of a new account has a default VPC from the beginning: it is made when the account first calls there. */
export function furnish(call: Call): void {
  const marks = call.scope.table<{ id: string }>('_furnished')
  if (marks.get('default-vpc') !== undefined) return
  zonesOf(call)
  marks.put({ id: 'default-vpc' })
  newDefaultVpc(call)
}
