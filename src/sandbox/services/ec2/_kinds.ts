import { AwsError } from '../../kernel/errors.ts'
import { cidrSize, parseCidr } from './_cidr.ts'
import { type Kind, missing, rowsOf } from './_kind.ts'
import type {
  AddressRow,
  DhcpOptionsRow,
  InstanceRow,
  InternetGatewayRow,
  KeyPairRow,
  NatGatewayRow,
  NetworkAclRow,
  NetworkInterfaceRow,
  RouteTableRow,
  SecurityGroupRow,
  SecurityGroupRuleRow,
  SubnetRow,
  VolumeRow,
  VpcRow,
} from './_rows.ts'

export const vpcKind: Kind<VpcRow> = {
  type: 'vpc',
  prefix: 'vpc',
  notFound: missing('InvalidVpcID.NotFound', 'vpc'),
  filters: {
    'vpc-id': (vpc) => vpc.id,
    cidr: (vpc) => vpc.cidr,
    'cidr-block': (vpc) => vpc.cidr,
    'cidr-block-association.cidr-block': (vpc) => vpc.associations.map((a) => a.cidr),
    'cidr-block-association.association-id': (vpc) => vpc.associations.map((a) => a.id),
    'cidr-block-association.state': () => 'associated',
    'ipv6-cidr-block-association.ipv6-cidr-block': (vpc) => vpc.associations6.map((a) => a.cidr),
    'ipv6-cidr-block-association.association-id': (vpc) => vpc.associations6.map((a) => a.id),
    'ipv6-cidr-block-association.state': (vpc) => vpc.associations6.map(() => 'associated'),
    'dhcp-options-id': (vpc) => vpc.dhcpOptionsId,
    'is-default': (vpc) => vpc.isDefault,
    isDefault: (vpc) => vpc.isDefault,
    state: (vpc) => vpc.state,
  },
}

export const dhcpOptionsKind: Kind<DhcpOptionsRow> = {
  type: 'dhcp-options',
  prefix: 'dopt',
  notFound: missing('InvalidDhcpOptionID.NotFound', 'dhcpOption'),
  filters: {
    'dhcp-options-id': (options) => options.id,
    key: (options) => options.configurations.map((c) => c.key),
    value: (options) => options.configurations.flatMap((c) => c.values),
  },
}

export const subnetKind: Kind<SubnetRow> = {
  type: 'subnet',
  prefix: 'subnet',
  notFound: missing('InvalidSubnetID.NotFound', 'subnet'),
  filters: {
    'subnet-id': (subnet) => subnet.id,
    'vpc-id': (subnet) => subnet.vpcId,
    cidr: (subnet) => subnet.cidr,
    cidrBlock: (subnet) => subnet.cidr,
    'cidr-block': (subnet) => subnet.cidr,
    'availability-zone': (subnet) => subnet.zone,
    availabilityZone: (subnet) => subnet.zone,
    'availability-zone-id': (subnet) => subnet.zoneId,
    'default-for-az': (subnet) => subnet.defaultForAz,
    defaultForAz: (subnet) => subnet.defaultForAz,
    'map-public-ip-on-launch': (subnet) => subnet.mapPublicIp,
    'ipv6-native': (subnet) => subnet.ipv6Native,
    'ipv6-cidr-block-association.ipv6-cidr-block': (subnet) => subnet.associations6.map((a) => a.cidr),
    'ipv6-cidr-block-association.association-id': (subnet) => subnet.associations6.map((a) => a.id),
    'ipv6-cidr-block-association.state': (subnet) => subnet.associations6.map(() => 'associated'),
    'available-ip-address-count': (subnet, call) => {
      const used = [...rowsOf(networkInterfaceKind, call).values()].filter((eni) => eni.subnetId === subnet.id)
      return cidrSize(parseCidr(subnet.cidr)!) - 5 - used.reduce((n, eni) => n + eni.privateIps.length, 0)
    },
    state: (subnet) => subnet.state,
  },
}

export const internetGatewayKind: Kind<InternetGatewayRow> = {
  type: 'internet-gateway',
  prefix: 'igw',
  notFound: missing('InvalidInternetGatewayID.NotFound', 'internetGateway'),
  filters: {
    'internet-gateway-id': (gateway) => gateway.id,
    'attachment.vpc-id': (gateway) => gateway.vpcId,
    'attachment.state': (gateway) => (gateway.vpcId === undefined ? undefined : 'available'),
  },
}

export const egressOnlyGatewayKind: Kind<InternetGatewayRow> = {
  type: 'egress-only-internet-gateway',
  prefix: 'eigw',
  notFound: missing('InvalidGatewayID.NotFound', 'eigw'),
  filters: {},
}

export const natGatewayKind: Kind<NatGatewayRow> = {
  type: 'natgateway',
  prefix: 'nat',
  notFound: (ids) =>
    new AwsError(
      'NatGatewayNotFound',
      ids.length === 1 ? `The Nat Gateway ${ids[0]} was not found` : `The Nat Gateways ${ids.join(', ')} were not found`,
    ),
  filters: {
    'nat-gateway-id': (nat) => nat.id,
    state: (nat) => nat.state,
    'subnet-id': (nat) => nat.subnetId,
    'vpc-id': (nat) => nat.vpcId,
  },
}

export const addressKind: Kind<AddressRow> = {
  type: 'elastic-ip',
  prefix: 'eipalloc',
  notFound: missing('InvalidAllocationID.NotFound', 'allocation'),
  filters: {
    'allocation-id': (address) => address.id,
    'association-id': (address) => address.associationId,
    domain: () => 'vpc',
    'instance-id': (address, call) => interfaceOf(address, call)?.attachment?.instanceId,
    'network-border-group': (address) => address.borderGroup,
    'network-interface-id': (address) => address.interfaceId,
    'network-interface-owner-id': (address, call) => (address.interfaceId === undefined ? undefined : call.account),
    'private-ip-address': (address) => address.privateIp,
    'public-ip': (address) => address.publicIp,
  },
}

type CallOf = Parameters<typeof rowsOf>[1]

export function interfaceOf(address: AddressRow, call: CallOf): NetworkInterfaceRow | undefined {
  return address.interfaceId === undefined ? undefined : rowsOf(networkInterfaceKind, call).get(address.interfaceId)
}

export const routeTableKind: Kind<RouteTableRow> = {
  type: 'route-table',
  prefix: 'rtb',
  notFound: missing('InvalidRouteTableID.NotFound', 'routeTable'),
  filters: {
    'route-table-id': (table) => table.id,
    'vpc-id': (table) => table.vpcId,
    'association.main': (table) => table.associations.some((a) => a.main),
    'association.gateway-id': (table) => table.associations.map((a) => a.gatewayId),
    'association.route-table-association-id': (table) => table.associations.map((a) => a.id),
    'association.route-table-id': (table) => (table.associations.length === 0 ? undefined : table.id),
    'association.subnet-id': (table) => table.associations.map((a) => a.subnetId),
    'route.destination-cidr-block': (table) => table.routes.map((r) => r.DestinationCidrBlock),
    'route.destination-ipv6-cidr-block': (table) => table.routes.map((r) => r.DestinationIpv6CidrBlock),
    'route.destination-prefix-list-id': (table) => table.routes.map((r) => r.DestinationPrefixListId),
    'route.gateway-id': (table) => table.routes.map((r) => r.GatewayId),
    'route.instance-id': (table) => table.routes.map((r) => r.InstanceId),
    'route.nat-gateway-id': (table) => table.routes.map((r) => r.NatGatewayId),
    'route.transit-gateway-id': (table) => table.routes.map((r) => r.TransitGatewayId),
    'route.vpc-peering-connection-id': (table) => table.routes.map((r) => r.VpcPeeringConnectionId),
    'route.origin': (table) => table.routes.map((r) => r.Origin),
    'route.state': (table) => table.routes.map((r) => r.State),
  },
}

export const networkAclKind: Kind<NetworkAclRow> = {
  type: 'network-acl',
  prefix: 'acl',
  notFound: missing('InvalidNetworkAclID.NotFound', 'networkAcl'),
  filters: {
    'network-acl-id': (acl) => acl.id,
    'vpc-id': (acl) => acl.vpcId,
    default: (acl) => acl.isDefault,
    'association.association-id': (acl) => acl.associations.map((a) => a.id),
    'association.network-acl-id': (acl) => acl.associations.map(() => acl.id),
    'association.subnet-id': (acl) => acl.associations.map((a) => a.subnetId),
    'entry.cidr': (acl) => acl.entries.map((e) => e.cidr),
    'entry.ipv6-cidr': (acl) => acl.entries.map((e) => e.cidr6),
    'entry.egress': (acl) => acl.entries.map((e) => e.egress),
    'entry.protocol': (acl) => acl.entries.map((e) => e.protocol),
    'entry.rule-action': (acl) => acl.entries.map((e) => e.action),
    'entry.rule-number': (acl) => acl.entries.map((e) => e.number),
  },
}

const rulesOf = (group: SecurityGroupRow, call: CallOf, egress: boolean) =>
  [...rowsOf(securityGroupRuleKind, call).values()].filter((rule) => rule.groupId === group.id && rule.egress === egress)

function permissionFilters(prefix: 'ip-permission' | 'egress.ip-permission'): Kind<SecurityGroupRow>['filters'] {
  const egress = prefix.startsWith('egress')
  const peer = (kind: string) => (group: SecurityGroupRow, call: CallOf) =>
    rulesOf(group, call, egress).flatMap((rule) => (rule.peer.kind === kind ? rule.peer.value : []))
  return {
    [`${prefix}.cidr`]: peer('cidr'),
    [`${prefix}.ipv6-cidr`]: peer('cidr6'),
    [`${prefix}.group-id`]: peer('group'),
    [`${prefix}.prefix-list-id`]: peer('prefixList'),
    [`${prefix}.from-port`]: (group, call) => rulesOf(group, call, egress).map((rule) => rule.from),
    [`${prefix}.to-port`]: (group, call) => rulesOf(group, call, egress).map((rule) => rule.to),
    [`${prefix}.protocol`]: (group, call) => rulesOf(group, call, egress).map((rule) => rule.protocol),
  }
}

export const securityGroupKind: Kind<SecurityGroupRow> = {
  type: 'security-group',
  prefix: 'sg',
  notFound: (ids) =>
    new AwsError(
      'InvalidGroup.NotFound',
      ids.length === 1 ? `The security group '${ids[0]}' does not exist` : `The security groups '${ids.join(', ')}' do not exist`,
    ),
  filters: {
    'group-id': (group) => group.id,
    'group-name': (group) => group.name,
    description: (group) => group.description,
    'vpc-id': (group) => group.vpcId,
    ...permissionFilters('ip-permission'),
    ...permissionFilters('egress.ip-permission'),
  },
}

export const securityGroupRuleKind: Kind<SecurityGroupRuleRow> = {
  type: 'security-group-rule',
  prefix: 'sgr',
  notFound: (ids) =>
    new AwsError(
      'InvalidSecurityGroupRuleId.NotFound',
      ids.length === 1
        ? `The security group rule ID '${ids[0]}' does not exist`
        : `The security group rule IDs '${ids.join(', ')}' do not exist`,
    ),
  filters: {
    'group-id': (rule) => rule.groupId,
    'security-group-rule-id': (rule) => rule.id,
  },
}

export const keyPairKind: Kind<KeyPairRow> = {
  type: 'key-pair',
  prefix: 'key',
  notFound: (ids) =>
    new AwsError(
      'InvalidKeyPair.NotFound',
      ids.length === 1 ? `The key pair '${ids[0]}' does not exist` : `The key pairs '${ids.join(', ')}' do not exist`,
    ),
  filters: {
    'key-pair-id': (key) => key.id,
    'key-name': (key) => key.name,
    fingerprint: (key) => key.fingerprint,
  },
}

export const networkInterfaceKind: Kind<NetworkInterfaceRow> = {
  type: 'network-interface',
  prefix: 'eni',
  notFound: missing('InvalidNetworkInterfaceID.NotFound', 'networkInterface'),
  filters: {
    'network-interface-id': (eni) => eni.id,
    'vpc-id': (eni) => eni.vpcId,
    'subnet-id': (eni) => eni.subnetId,
    'availability-zone': (eni) => eni.zone,
    description: (eni) => eni.description,
    'group-id': (eni) => eni.groups,
    'group-name': (eni, call) => eni.groups.map((id) => rowsOf(securityGroupKind, call).get(id)?.name),
    'interface-type': (eni) => eni.type,
    'mac-address': (eni) => eni.mac,
    'private-ip-address': (eni) => eni.privateIps[0],
    'addresses.private-ip-address': (eni) => eni.privateIps,
    'requester-managed': (eni) => eni.requesterManaged,
    'source-dest-check': (eni) => eni.sourceDestCheck,
    status: (eni) => (eni.attachment === undefined && !eni.requesterManaged ? 'available' : 'in-use'),
    'attachment.instance-id': (eni) => eni.attachment?.instanceId,
    'attachment.attachment-id': (eni) => eni.attachment?.id,
    'attachment.device-index': (eni) => eni.attachment?.deviceIndex,
    'attachment.delete-on-termination': (eni) => eni.attachment?.deleteOnTermination,
    'attachment.status': (eni) => (eni.attachment === undefined ? undefined : 'attached'),
    'attachment.instance-owner-id': (eni, call) =>
      eni.requesterManaged ? 'amazon-aws' : eni.attachment === undefined ? undefined : call.account,
  },
}

export const volumeKind: Kind<VolumeRow> = {
  type: 'volume',
  prefix: 'vol',
  notFound: (ids) =>
    new AwsError(
      'InvalidVolume.NotFound',
      ids.length === 1 ? `The volume '${ids[0]}' does not exist.` : `The volumes '${ids.join(', ')}' do not exist.`,
    ),
  filters: {
    'volume-id': (volume) => volume.id,
    'volume-type': (volume) => volume.type,
    'availability-zone': (volume) => volume.zone,
    encrypted: (volume) => volume.encrypted,
    size: (volume) => volume.size,
    'snapshot-id': (volume) => volume.snapshotId,
    status: (volume) => volume.state,
    'attachment.instance-id': (volume) => volume.attachment?.instanceId,
    'attachment.device': (volume) => volume.attachment?.device,
    'attachment.status': (volume) => volume.attachment?.state,
    'attachment.delete-on-termination': (volume) => volume.attachment?.deleteOnTermination,
  },
}

const interfacesOf = (instance: InstanceRow, call: CallOf) =>
  [...rowsOf(networkInterfaceKind, call).values()].filter((eni) => eni.attachment?.instanceId === instance.id)

export const instanceKind: Kind<InstanceRow> = {
  type: 'instance',
  prefix: 'i',
  notFound: missing('InvalidInstanceID.NotFound', 'instance'),
  filters: {
    'instance-id': (instance) => instance.id,
    'instance-type': (instance) => instance.type,
    'instance-state-name': (instance) => instance.state,
    'instance-state-code': (instance) => instanceStateCodes[instance.state],
    'image-id': (instance) => instance.imageId,
    'key-name': (instance) => instance.keyName,
    'availability-zone': (instance) => instance.placement.AvailabilityZone,
    architecture: (instance) => instance.architecture,
    'subnet-id': (instance) => instance.subnetId,
    'vpc-id': (instance) => instance.vpcId,
    'reservation-id': (instance) => instance.reservationId,
    'client-token': (instance) => instance.clientToken,
    tenancy: (instance) => instance.placement.Tenancy,
    'instance-lifecycle': (instance) => instance.lifecycle,
    'root-device-name': (instance) => instance.rootDevice,
    'root-device-type': () => 'ebs',
    'iam-instance-profile.arn': (instance) => instance.profile?.arn,
    'iam-instance-profile.id': (instance) => instance.profile?.id,
    'private-ip-address': (instance, call) => interfacesOf(instance, call).map((eni) => eni.privateIps[0]),
    'instance.group-id': (instance, call) => interfacesOf(instance, call).flatMap((eni) => eni.groups),
    'instance.group-name': (instance, call) =>
      interfacesOf(instance, call).flatMap((eni) => eni.groups.map((id) => rowsOf(securityGroupKind, call).get(id)?.name)),
    'network-interface.network-interface-id': (instance, call) => interfacesOf(instance, call).map((eni) => eni.id),
    'block-device-mapping.volume-id': (instance, call) =>
      [...rowsOf(volumeKind, call).values()].filter((volume) => volume.attachment?.instanceId === instance.id).map((volume) => volume.id),
  },
}

export const instanceStateCodes = { pending: 0, running: 16, 'shutting-down': 32, terminated: 48, stopping: 64, stopped: 80 } as const
