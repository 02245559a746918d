import type * as Ec2 from '@aws-sdk/client-ec2'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { cidrContains, cidrSize, cidrsOverlap, cidrToString, normalizeCidr6, parseCidr } from './_cidr.ts'
import { addTags, dependencyViolation, destroy, find, rowsOf, select, specifiedTags, tagsOf } from './_kind.ts'
import { networkAclKind, networkInterfaceKind, routeTableKind, subnetKind, vpcKind } from './_kinds.ts'
import { zoneOf } from './_places.ts'
import type { SubnetRow } from './_rows.ts'
import { newSubnet } from './vpc.ts'

export const subnetOperations = {
  CreateSubnet(input: Ec2.CreateSubnetRequest, call: Call): Ec2.CreateSubnetResult {
    const vpc = find(vpcKind, call, input.VpcId, 'vpcId')
    const zone = zoneOf(call, input.AvailabilityZone, input.AvailabilityZoneId)
    if (input.CidrBlock === undefined) throw new AwsError('MissingParameter', 'The request must contain the parameter cidrBlock')
    const cidr = parseCidr(input.CidrBlock)
    if (cidr === undefined || cidrToString(cidr) !== input.CidrBlock)
      throw new AwsError(
        'InvalidParameterValue',
        `Value (${input.CidrBlock}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`,
      )
    if (cidr.length > 28 || !vpc.associations.some((a) => cidrContains(parseCidr(a.cidr)!, cidr)))
      throw new AwsError('InvalidSubnet.Range', `The CIDR '${input.CidrBlock}' is invalid.`)
    for (const other of rowsOf(subnetKind, call).values())
      if (other.vpcId === vpc.id && cidrsOverlap(parseCidr(other.cidr)!, cidr))
        throw new AwsError('InvalidSubnet.Conflict', `The CIDR '${input.CidrBlock}' conflicts with another subnet`)
    const cidr6 = input.Ipv6CidrBlock === undefined ? undefined : checkCidr6(input.Ipv6CidrBlock)
    const tags = specifiedTags(input.TagSpecifications, 'subnet')
    const subnet = newSubnet(call, {
      vpcId: vpc.id,
      cidr: input.CidrBlock,
      zone: zone.ZoneName,
      zoneId: zone.ZoneId,
      ipv6Native: input.Ipv6Native === true,
      associations6: cidr6 === undefined ? [] : [{ id: call.newId('subnet-cidr-assoc'), cidr: cidr6 }],
    })
    addTags(call, 'subnet', subnet.id, tags)
    call.later(1, 'subnet-available', subnet.id)
    return { Subnet: describeSubnet(subnet, call) }
  },

  CreateDefaultSubnet(input: Ec2.CreateDefaultSubnetRequest, call: Call): Ec2.CreateDefaultSubnetResult {
    const zone = zoneOf(call, input.AvailabilityZone, input.AvailabilityZoneId)
    const vpc = [...rowsOf(vpcKind, call).values()].find((row) => row.isDefault)
    if (vpc === undefined)
      throw new AwsError(
        'DefaultVpcDoesNotExist',
        'No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.',
      )
    const taken = [...rowsOf(subnetKind, call).values()].filter((row) => row.vpcId === vpc.id)
    if (taken.some((row) => row.defaultForAz && row.zone === zone.ZoneName))
      throw new AwsError('DefaultSubnetAlreadyExistsInAvailabilityZone', `'${zone.ZoneName}' already has a default subnet.`)
    const range = parseCidr(vpc.cidr)!
    for (let first = range.first; first < range.first + cidrSize(range); first += 4096) {
      const cidr = { first, length: 20 }
      if (taken.some((row) => cidrsOverlap(parseCidr(row.cidr)!, cidr))) continue
      const place = { zone: zone.ZoneName, zoneId: zone.ZoneId, defaultForAz: true, mapPublicIp: true, state: 'available' as const }
      return { Subnet: describeSubnet(newSubnet(call, { vpcId: vpc.id, cidr: cidrToString(cidr), ...place }), call) }
    }
    throw new AwsError('InvalidSubnet.Conflict', 'The default VPC has no room for another default subnet')
  },

  DescribeSubnets(input: Ec2.DescribeSubnetsRequest, call: Call): Ec2.DescribeSubnetsResult {
    const { rows, NextToken } = select(subnetKind, call, {
      ids: input.SubnetIds,
      filters: input.Filters,
      token: input.NextToken,
      size: input.MaxResults,
    })
    return { Subnets: rows.map((row) => describeSubnet(row, call)), NextToken }
  },

  ModifySubnetAttribute(input: Ec2.ModifySubnetAttributeRequest, call: Call): object {
    const subnet = find(subnetKind, call, input.SubnetId, 'subnetId')
    const given = Object.keys(input).filter((name) => name !== 'SubnetId' && input[name as keyof typeof input] !== undefined)
    // Two attributes belong to one and are given with it.
    const alone = given.filter((name) => name !== 'CustomerOwnedIpv4Pool')
    if (alone.length !== 1) throw new AwsError('InvalidParameterCombination', 'Exactly one attribute must be specified')
    rowsOf(subnetKind, call).put({
      ...subnet,
      mapPublicIp: input.MapPublicIpOnLaunch?.Value ?? subnet.mapPublicIp,
      assignIpv6: input.AssignIpv6AddressOnCreation?.Value ?? subnet.assignIpv6,
      dns64: input.EnableDns64?.Value ?? subnet.dns64,
      hostnameType: input.PrivateDnsHostnameTypeOnLaunch ?? subnet.hostnameType,
      aRecord: input.EnableResourceNameDnsARecordOnLaunch?.Value ?? subnet.aRecord,
      aaaaRecord: input.EnableResourceNameDnsAAAARecordOnLaunch?.Value ?? subnet.aaaaRecord,
      lniDeviceIndex: input.EnableLniAtDeviceIndex ?? (input.DisableLniAtDeviceIndex?.Value === true ? undefined : subnet.lniDeviceIndex),
      customerOwnedIp: input.MapCustomerOwnedIpOnLaunch?.Value ?? subnet.customerOwnedIp,
      customerOwnedIpPool: input.CustomerOwnedIpv4Pool ?? subnet.customerOwnedIpPool,
    })
    return {}
  },

  AssociateSubnetCidrBlock(input: Ec2.AssociateSubnetCidrBlockRequest, call: Call): Ec2.AssociateSubnetCidrBlockResult {
    const subnet = find(subnetKind, call, input.SubnetId)
    const association = { id: call.newId('subnet-cidr-assoc'), cidr: checkCidr6(input.Ipv6CidrBlock ?? '') }
    rowsOf(subnetKind, call).patch(subnet.id, { associations6: [...subnet.associations6, association] })
    return {
      SubnetId: subnet.id,
      Ipv6CidrBlockAssociation: {
        AssociationId: association.id,
        Ipv6CidrBlock: association.cidr,
        Ipv6CidrBlockState: { State: 'associating' },
      },
    }
  },

  DisassociateSubnetCidrBlock(input: Ec2.DisassociateSubnetCidrBlockRequest, call: Call): Ec2.DisassociateSubnetCidrBlockResult {
    for (const subnet of rowsOf(subnetKind, call).values()) {
      const association = subnet.associations6.find((a) => a.id === input.AssociationId)
      if (association === undefined) continue
      rowsOf(subnetKind, call).patch(subnet.id, { associations6: subnet.associations6.filter((a) => a !== association) })
      return {
        SubnetId: subnet.id,
        Ipv6CidrBlockAssociation: {
          AssociationId: association.id,
          Ipv6CidrBlock: association.cidr,
          Ipv6CidrBlockState: { State: 'disassociating' },
        },
      }
    }
    throw new AwsError(
      'InvalidSubnetCidrBlockAssociationID.NotFound',
      `The subnet CIDR block association ID '${input.AssociationId}' does not exist`,
    )
  },

  DeleteSubnet(input: Ec2.DeleteSubnetRequest, call: Call): object {
    const subnet = find(subnetKind, call, input.SubnetId, 'subnetId')
    if ([...rowsOf(networkInterfaceKind, call).values()].some((eni) => eni.subnetId === subnet.id))
      throw dependencyViolation(`The subnet '${subnet.id}' has dependencies and cannot be deleted.`)
    for (const table of [...rowsOf(routeTableKind, call).values()])
      if (table.associations.some((a) => a.subnetId === subnet.id))
        rowsOf(routeTableKind, call).patch(table.id, { associations: table.associations.filter((a) => a.subnetId !== subnet.id) })
    for (const acl of [...rowsOf(networkAclKind, call).values()])
      if (acl.associations.some((a) => a.subnetId === subnet.id))
        rowsOf(networkAclKind, call).patch(acl.id, { associations: acl.associations.filter((a) => a.subnetId !== subnet.id) })
    destroy(subnetKind, call, subnet.id)
    return {}
  },
}

export const subnetEvents = {
  'subnet-available': (id: string, call: Call) => {
    if (rowsOf(subnetKind, call).get(id) !== undefined) rowsOf(subnetKind, call).patch(id, { state: 'available' })
  },
}

function checkCidr6(text: string): string {
  const cidr = normalizeCidr6(text)
  if (cidr === undefined)
    throw new AwsError(
      'InvalidParameterValue',
      `Value (${text}) for parameter ipv6CidrBlock is invalid. This is not a valid IPv6 CIDR block.`,
    )
  return cidr
}

function describeSubnet(subnet: SubnetRow, call: Call): Ec2.Subnet {
  return {
    SubnetId: subnet.id,
    SubnetArn: call.arn(`subnet/${subnet.id}`),
    OwnerId: call.account,
    VpcId: subnet.vpcId,
    State: subnet.state,
    CidrBlock: subnet.cidr,
    Ipv6CidrBlockAssociationSet: subnet.associations6.map((a) => ({
      AssociationId: a.id,
      Ipv6CidrBlock: a.cidr,
      Ipv6CidrBlockState: { State: 'associated' },
    })),
    AvailabilityZone: subnet.zone,
    AvailabilityZoneId: subnet.zoneId,
    AvailableIpAddressCount: subnetKind.filters['available-ip-address-count']!(subnet, call) as number,
    DefaultForAz: subnet.defaultForAz,
    MapPublicIpOnLaunch: subnet.mapPublicIp,
    MapCustomerOwnedIpOnLaunch: subnet.customerOwnedIp ?? false,
    CustomerOwnedIpv4Pool: subnet.customerOwnedIpPool,
    AssignIpv6AddressOnCreation: subnet.assignIpv6,
    EnableDns64: subnet.dns64,
    EnableLniAtDeviceIndex: subnet.lniDeviceIndex,
    Ipv6Native: subnet.ipv6Native,
    PrivateDnsNameOptionsOnLaunch: {
      HostnameType: subnet.hostnameType,
      EnableResourceNameDnsARecord: subnet.aRecord,
      EnableResourceNameDnsAAAARecord: subnet.aaaaRecord,
    },
    Tags: [...tagsOf(call, subnet.id)],
  }
}
