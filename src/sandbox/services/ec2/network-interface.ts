import type * as Ec2 from '@aws-sdk/client-ec2'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { cidrSize, ip6ToString, ipToString, parseCidr, parseIp, parseIp6 } from './_cidr.ts'
import { addTags, dependencyViolation, destroy, find, rowsOf, select, specifiedTags, tagsOf } from './_kind.ts'
import { addressKind, instanceKind, networkInterfaceKind, securityGroupKind, subnetKind, vpcKind } from './_kinds.ts'
import type { NetworkInterfaceRow, SubnetRow } from './_rows.ts'
import { findInstanceType } from './instance-type.ts'

export interface NewInterface {
  readonly subnet: SubnetRow
  readonly description: string
  readonly groups: readonly string[]
  readonly privateIp?: string
  readonly secondaryIps?: readonly string[]
  readonly secondaryCount?: number
  readonly ipv6Count?: number
  readonly ipv6?: readonly string[]
  readonly type?: NetworkInterfaceRow['type']
  readonly requesterManaged?: boolean
  readonly sourceDestCheck?: boolean
}

/** Hands out addresses of a subnet: a certain one, or any that is free. */
function addressesOf(call: Call, subnet: SubnetRow) {
  const range = parseCidr(subnet.cidr)!
  const taken = new Set<string>()
  const taken6 = new Set<string>()
  for (const eni of rowsOf(networkInterfaceKind, call).values())
    if (eni.subnetId === subnet.id) {
      for (const ip of eni.privateIps) taken.add(ip)
      for (const ip of eni.ipv6) taken6.add(ip)
    }
  const claim = (ip: string) => {
    const address = parseIp(ip)
    const offset = address === undefined ? -1 : address - range.first
    // The first four addresses and the last one of a subnet are AWS's own.
    if (offset < 4 || offset > cidrSize(range) - 2)
      throw new AwsError('InvalidParameterValue', `Address ${ip} does not fall within the subnet's address range`)
    if (taken.has(ip)) throw new AwsError('InvalidIPAddress.InUse', `Address ${ip} is in use.`)
    taken.add(ip)
    return ip
  }
  const next = () => {
    const usable = cidrSize(range) - 5
    const start = call.newBytes().readUInt32BE(0) % usable
    for (let i = 0; i < usable; i++) {
      const ip = ipToString(range.first + 4 + ((start + i) % usable))
      if (!taken.has(ip)) return claim(ip)
    }
    throw new AwsError(
      'InsufficientFreeAddressesInSubnet',
      `There are not enough free addresses in subnet '${subnet.id}' to satisfy the requested number of instances.`,
    )
  }
  return { claim, next, taken6 }
}

/** A network interface with addresses out of its subnet. @throws AwsError when an address is taken or none is free */
export function newInterface(call: Call, given: NewInterface): NetworkInterfaceRow {
  const { subnet } = given
  const { claim, next, taken6 } = addressesOf(call, subnet)
  const privateIps = [given.privateIp === undefined ? next() : claim(given.privateIp)]
  for (const ip of given.secondaryIps ?? []) privateIps.push(claim(ip))
  for (let i = 0; i < (given.secondaryCount ?? 0); i++) privateIps.push(next())
  const ipv6 = [...(given.ipv6 ?? [])]
  const range6 = subnet.associations6[0]?.cidr
  const wanted6 = given.ipv6Count ?? (subnet.assignIpv6 && given.ipv6 === undefined && given.requesterManaged !== true ? 1 : 0)
  if (wanted6 > 0 && range6 === undefined)
    throw new AwsError('InvalidParameterValue', `The subnet '${subnet.id}' does not have an IPv6 CIDR block.`)
  for (let i = 0; i < wanted6; i++) {
    const host = BigInt(`0x${call.newBytes().toString('hex').slice(0, 15)}`)
    const ip = ip6ToString(parseIp6(range6!.split('/')[0]!)! + host)
    if (!taken6.has(ip)) ipv6.push(ip)
  }
  const mac = call.newBytes()
  const groups =
    given.groups.length > 0 || given.requesterManaged === true
      ? given.groups
      : [...rowsOf(securityGroupKind, call).values()].filter((g) => g.vpcId === subnet.vpcId && g.name === 'default').map((g) => g.id)
  for (const id of groups) {
    const group = find(securityGroupKind, call, id)
    if (group.vpcId !== subnet.vpcId)
      throw new AwsError('InvalidGroup.NotFound', `The security group '${id}' does not exist in VPC '${subnet.vpcId}'`)
  }
  return rowsOf(networkInterfaceKind, call).put({
    id: call.newId('eni'),
    vpcId: subnet.vpcId,
    subnetId: subnet.id,
    zone: subnet.zone,
    description: given.description,
    groups,
    mac: ['02', ...[0, 1, 2, 3, 4].map((i) => mac[i]!.toString(16).padStart(2, '0'))].join(':'),
    type: given.type ?? 'interface',
    requesterManaged: given.requesterManaged ?? false,
    sourceDestCheck: given.sourceDestCheck ?? true,
    privateIps,
    ipv6,
  })
}

/** Removes an interface; an elastic address on it becomes free. */
export function removeInterface(call: Call, id: string): void {
  for (const address of [...rowsOf(addressKind, call).values()]) {
    if (address.interfaceId !== id) continue
    const { associationId: _a, interfaceId: _i, privateIp: _p, ...free } = address
    rowsOf(addressKind, call).put(free)
  }
  destroy(networkInterfaceKind, call, id)
}

/** An address of Amazon's that nobody in this account and region has. */
export function newPublicIp(call: Call): string {
  const taken = new Set<string>()
  for (const address of rowsOf(addressKind, call).values()) taken.add(address.publicIp)
  for (const eni of rowsOf(networkInterfaceKind, call).values()) if (eni.lentPublicIp !== undefined) taken.add(eni.lentPublicIp)
  for (;;) {
    const bytes = call.newBytes()
    const ip = `${[3, 18, 34, 52, 54][bytes[0]! % 5]}.${bytes[1]}.${bytes[2]}.${1 + (bytes[3]! % 254)}`
    if (!taken.has(ip)) return ip
  }
}

export const networkInterfaceOperations = {
  CreateNetworkInterface(input: Ec2.CreateNetworkInterfaceRequest, call: Call): Ec2.CreateNetworkInterfaceResult {
    const subnet = find(subnetKind, call, input.SubnetId, 'subnetId')
    const tags = specifiedTags(input.TagSpecifications, 'network-interface')
    const listed = input.PrivateIpAddresses ?? []
    const primary = listed.find((ip) => ip.Primary === true)?.PrivateIpAddress ?? input.PrivateIpAddress
    const eni = newInterface(call, {
      subnet,
      description: input.Description ?? '',
      groups: input.Groups ?? [],
      privateIp: primary,
      secondaryIps: listed.filter((ip) => ip.Primary !== true).map((ip) => ip.PrivateIpAddress!),
      secondaryCount: input.SecondaryPrivateIpAddressCount,
      ipv6Count: input.Ipv6AddressCount,
      ipv6: input.Ipv6Addresses?.map((ip) => ip.Ipv6Address!),
    })
    addTags(call, 'network-interface', eni.id, tags)
    return {
      NetworkInterface: { ...describeInterface(eni, call), Status: 'pending' as Ec2.NetworkInterfaceStatus },
      ClientToken: input.ClientToken,
    }
  },

  DescribeNetworkInterfaces(input: Ec2.DescribeNetworkInterfacesRequest, call: Call): Ec2.DescribeNetworkInterfacesResult {
    const { rows, NextToken } = select(networkInterfaceKind, call, {
      ids: input.NetworkInterfaceIds,
      filters: input.Filters,
      token: input.NextToken,
      size: input.MaxResults,
    })
    return { NetworkInterfaces: rows.map((row) => describeInterface(row, call)), NextToken }
  },

  ModifyNetworkInterfaceAttribute(input: Ec2.ModifyNetworkInterfaceAttributeRequest, call: Call): object {
    const eni = find(networkInterfaceKind, call, input.NetworkInterfaceId)
    for (const id of input.Groups ?? []) find(securityGroupKind, call, id)
    const attachment =
      eni.attachment !== undefined && input.Attachment?.DeleteOnTermination !== undefined
        ? { ...eni.attachment, deleteOnTermination: input.Attachment.DeleteOnTermination }
        : eni.attachment
    rowsOf(networkInterfaceKind, call).put({
      ...eni,
      attachment,
      description: input.Description?.Value ?? eni.description,
      sourceDestCheck: input.SourceDestCheck?.Value ?? eni.sourceDestCheck,
      groups: input.Groups ?? eni.groups,
    })
    return {}
  },

  DescribeNetworkInterfaceAttribute(
    input: Ec2.DescribeNetworkInterfaceAttributeRequest,
    call: Call,
  ): Ec2.DescribeNetworkInterfaceAttributeResult {
    const eni = find(networkInterfaceKind, call, input.NetworkInterfaceId, 'networkInterfaceId')
    const answer = { NetworkInterfaceId: eni.id }
    switch (input.Attribute) {
      case 'description':
        return { ...answer, Description: { Value: eni.description } }
      case 'groupSet':
        return { ...answer, Groups: groupIdentifiers(call, eni.groups) }
      case 'sourceDestCheck':
        return { ...answer, SourceDestCheck: { Value: eni.sourceDestCheck } }
      case 'attachment':
        return { ...answer, Attachment: describeInterface(eni, call).Attachment }
      default:
        throw new AwsError('InvalidParameterValue', `Value (${input.Attribute}) for parameter attribute is invalid. Unknown attribute.`)
    }
  },

  AttachNetworkInterface(input: Ec2.AttachNetworkInterfaceRequest, call: Call): Ec2.AttachNetworkInterfaceResult {
    const eni = find(networkInterfaceKind, call, input.NetworkInterfaceId, 'networkInterfaceId')
    const instance = find(instanceKind, call, input.InstanceId, 'instanceId')
    const deviceIndex = input.DeviceIndex ?? 1
    if (eni.attachment !== undefined || eni.requesterManaged)
      throw new AwsError('InvalidNetworkInterface.InUse', `Interface: [${eni.id}] in use.`)
    if (instance.state !== 'running' && instance.state !== 'stopped')
      throw new AwsError('IncorrectState', `Instance '${instance.id}' is not 'running' or 'stopped'.`)
    if (instance.placement.AvailabilityZone !== eni.zone)
      throw new AwsError(
        'InvalidParameterCombination',
        'You may not attach a network interface to an instance if they are not in the same availability zone',
      )
    const others = [...rowsOf(networkInterfaceKind, call).values()].filter((row) => row.attachment?.instanceId === instance.id)
    if (others.some((row) => row.attachment!.deviceIndex === deviceIndex))
      throw new AwsError(
        'InvalidParameterValue',
        `Instance '${instance.id}' already has an interface attached at device index '${deviceIndex}'.`,
      )
    if (others.length >= findInstanceType(instance.type).interfaces)
      throw new AwsError('AttachmentLimitExceeded', `Interface count ${others.length + 1} exceeds the limit for ${instance.type}`)
    const attachment = { id: call.newId('eni-attach'), instanceId: instance.id, deviceIndex, deleteOnTermination: false, time: call.now }
    rowsOf(networkInterfaceKind, call).patch(eni.id, { attachment })
    return { AttachmentId: attachment.id, NetworkCardIndex: 0 }
  },

  DetachNetworkInterface(input: Ec2.DetachNetworkInterfaceRequest, call: Call): object {
    const eni = [...rowsOf(networkInterfaceKind, call).values()].find((row) => row.attachment?.id === input.AttachmentId)
    if (input.AttachmentId === undefined || eni?.attachment === undefined)
      throw new AwsError('InvalidAttachmentID.NotFound', `The attachment '${input.AttachmentId}' does not exist`)
    if (eni.attachment.deviceIndex === 0)
      throw new AwsError('OperationNotPermitted', 'The network interface at device index 0 cannot be detached.')
    const { attachment: _, ...free } = eni
    rowsOf(networkInterfaceKind, call).put(free)
    return {}
  },

  AssignPrivateIpAddresses(input: Ec2.AssignPrivateIpAddressesRequest, call: Call): Ec2.AssignPrivateIpAddressesResult {
    const eni = find(networkInterfaceKind, call, input.NetworkInterfaceId, 'networkInterfaceId')
    const { claim, next } = addressesOf(call, find(subnetKind, call, eni.subnetId))
    const added = [
      ...(input.PrivateIpAddresses ?? []).filter((ip) => !eni.privateIps.includes(ip)).map(claim),
      ...Array.from({ length: input.SecondaryPrivateIpAddressCount ?? 0 }, next),
    ]
    rowsOf(networkInterfaceKind, call).patch(eni.id, { privateIps: [...eni.privateIps, ...added] })
    return { NetworkInterfaceId: eni.id, AssignedPrivateIpAddresses: added.map((PrivateIpAddress) => ({ PrivateIpAddress })) }
  },

  UnassignPrivateIpAddresses(input: Ec2.UnassignPrivateIpAddressesRequest, call: Call): object {
    const eni = find(networkInterfaceKind, call, input.NetworkInterfaceId, 'networkInterfaceId')
    const gone = input.PrivateIpAddresses ?? []
    const unknown = gone.find((ip) => !eni.privateIps.includes(ip))
    if (unknown !== undefined)
      throw new AwsError('InvalidParameterValue', `Some of [${gone.join(', ')}] are not assigned to interface ${eni.id}`)
    if (gone.includes(eni.privateIps[0]!))
      throw new AwsError(
        'InvalidParameterValue',
        `The primary private IP address ${eni.privateIps[0]} of interface ${eni.id} cannot be unassigned`,
      )
    rowsOf(networkInterfaceKind, call).patch(eni.id, { privateIps: eni.privateIps.filter((ip) => !gone.includes(ip)) })
    return {}
  },

  DeleteNetworkInterface(input: Ec2.DeleteNetworkInterfaceRequest, call: Call): object {
    const eni = find(networkInterfaceKind, call, input.NetworkInterfaceId)
    if (eni.attachment !== undefined || eni.requesterManaged)
      throw new AwsError('InvalidParameterValue', `Network interface '${eni.id}' is currently in use.`)
    if ([...rowsOf(addressKind, call).values()].some((address) => address.interfaceId === eni.id))
      throw dependencyViolation(`Network interface '${eni.id}' has an associated address.`)
    removeInterface(call, eni.id)
    return {}
  },
}

export function privateDnsName(call: Call, ip: string): string {
  const domain = call.region === 'us-east-1' ? 'ec2.internal' : `${call.region}.compute.internal`
  return `ip-${ip.replaceAll('.', '-')}.${domain}`
}

export function publicDnsName(call: Call, vpcId: string, ip: string): string {
  if (rowsOf(vpcKind, call).get(vpcId)?.dnsHostnames !== true) return ''
  const domain = call.region === 'us-east-1' ? 'compute-1' : `${call.region}.compute`
  return `ec2-${ip.replaceAll('.', '-')}.${domain}.amazonaws.com`
}

/** The public address of one private address: an elastic one, or the lent one of the primary. */
export function associationOf(eni: NetworkInterfaceRow, privateIp: string, call: Call): Ec2.NetworkInterfaceAssociation | undefined {
  const address = [...rowsOf(addressKind, call).values()].find((row) => row.interfaceId === eni.id && row.privateIp === privateIp)
  if (address !== undefined)
    return {
      AllocationId: address.id,
      AssociationId: address.associationId,
      IpOwnerId: call.account,
      PublicIp: address.publicIp,
      PublicDnsName: publicDnsName(call, eni.vpcId, address.publicIp),
    }
  if (eni.lentPublicIp === undefined || privateIp !== eni.privateIps[0]) return undefined
  return { IpOwnerId: 'amazon', PublicIp: eni.lentPublicIp, PublicDnsName: publicDnsName(call, eni.vpcId, eni.lentPublicIp) }
}

export function groupIdentifiers(call: Call, ids: readonly string[]): Ec2.GroupIdentifier[] {
  return ids.map((id) => ({ GroupId: id, GroupName: rowsOf(securityGroupKind, call).get(id)?.name }))
}

function describeInterface(eni: NetworkInterfaceRow, call: Call): Ec2.NetworkInterface {
  const hostnames = rowsOf(vpcKind, call).get(eni.vpcId)?.dnsHostnames === true
  const dnsName = (ip: string) => (hostnames ? privateDnsName(call, ip) : undefined)
  const primary = eni.privateIps[0]!
  return {
    NetworkInterfaceId: eni.id,
    VpcId: eni.vpcId,
    SubnetId: eni.subnetId,
    AvailabilityZone: eni.zone,
    Description: eni.description,
    OwnerId: call.account,
    RequesterManaged: eni.requesterManaged,
    Status: eni.attachment === undefined && !eni.requesterManaged ? 'available' : 'in-use',
    // EC2 writes "nat_gateway" where the type of the API says "natGateway".
    InterfaceType: eni.type as Ec2.NetworkInterfaceType,
    MacAddress: eni.mac,
    PrivateIpAddress: primary,
    PrivateDnsName: dnsName(primary),
    SourceDestCheck: eni.sourceDestCheck,
    Groups: groupIdentifiers(call, eni.groups),
    Association: associationOf(eni, primary, call),
    Attachment:
      eni.attachment === undefined
        ? eni.requesterManaged
          ? {
              AttachmentId: `ela-attach-${eni.id.slice(4)}`,
              DeleteOnTermination: false,
              DeviceIndex: 1,
              InstanceOwnerId: 'amazon-aws',
              Status: 'attached',
            }
          : undefined
        : {
            AttachmentId: eni.attachment.id,
            AttachTime: eni.attachment.time,
            DeleteOnTermination: eni.attachment.deleteOnTermination,
            DeviceIndex: eni.attachment.deviceIndex,
            NetworkCardIndex: 0,
            InstanceId: eni.attachment.instanceId,
            InstanceOwnerId: call.account,
            Status: 'attached',
          },
    PrivateIpAddresses: eni.privateIps.map((ip, i) => ({
      PrivateIpAddress: ip,
      PrivateDnsName: dnsName(ip),
      Primary: i === 0,
      Association: associationOf(eni, ip, call),
    })),
    Ipv6Addresses: eni.ipv6.map((ip, i) => ({ Ipv6Address: ip, IsPrimaryIpv6: i === 0 ? false : undefined })),
    TagSet: [...tagsOf(call, eni.id)],
  }
}
