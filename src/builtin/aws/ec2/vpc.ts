import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { type ArgumentRules, checkArguments } from '../../../providers/kit/index.ts'
import { type AwsApi, bool, defineResource, number, type Operation, string } from '../resource.ts'
import { isInUse, isUnknownId, propagationMs } from './consistency.ts'
import { describeBy } from './describe.ts'
import { ec2Tags } from './tags.ts'

type Vpc = NonNullable<OutputOf<'ec2', 'DescribeVpcs'>['Vpcs']>[number]
type Ipv6 = NonNullable<Vpc['Ipv6CidrBlockAssociationSet']>[number]

interface Remote extends Vpc {
  readonly Arn: string
  readonly Attributes: Readonly<Record<Flag, boolean>>
  readonly DefaultNetworkAclId: string | undefined
  readonly MainRouteTableId: string | undefined
  readonly DefaultSecurityGroupId: string | undefined
  readonly Ipv6: Ipv6 | undefined
}

/** Each is read and changed by a call of its own. */
const flags = {
  EnableDnsSupport: 'enableDnsSupport',
  EnableDnsHostnames: 'enableDnsHostnames',
  EnableNetworkAddressUsageMetrics: 'enableNetworkAddressUsageMetrics',
} as const
type Flag = keyof typeof flags

export const vpcs = describeBy(
  'DescribeVpcs',
  'vpc-id',
  (page) => page.Vpcs,
  (vpc) => vpc.VpcId,
)
const defaultAcls = describeBy(
  'DescribeNetworkAcls',
  'vpc-id',
  (page) => page.NetworkAcls,
  (acl) => acl.VpcId,
  [{ Name: 'default', Values: ['true'] }],
)
const mainTables = describeBy(
  'DescribeRouteTables',
  'vpc-id',
  (page) => page.RouteTables,
  (table) => table.VpcId,
  [{ Name: 'association.main', Values: ['true'] }],
)
const defaultGroups = describeBy(
  'DescribeSecurityGroups',
  'vpc-id',
  (page) => page.SecurityGroups,
  (group) => group.VpcId,
  [{ Name: 'group-name', Values: ['default'] }],
)
const lookups = [vpcs, defaultAcls, mainTables, defaultGroups]

const rules: Readonly<Record<string, ArgumentRules>> = {
  cidr_block: { conflictsWith: ['ipv4_netmask_length'] },
  ipv4_netmask_length: { conflictsWith: ['cidr_block'], requiredWith: ['ipv4_ipam_pool_id'] },
  ipv6_cidr_block_network_border_group: { requiredWith: ['assign_generated_ipv6_cidr_block'] },
}

export const vpc = defineResource({
  type: 'aws_vpc',
  title: 'EC2 VPC',
  rules: 'sdk',
  validate: (config) => checkArguments(rules, config),
  traits: [ec2Tags('vpc')],
  fields: {
    arn: string('Arn', { create: false }),
    cidr_block: string('CidrBlock'),
    instance_tenancy: string('InstanceTenancy', { update: 'tenancy' }),
    ipv4_ipam_pool_id: string('Ipv4IpamPoolId', { read: false }),
    ipv4_netmask_length: number('Ipv4NetmaskLength', { read: false }),
    enable_dns_support: bool('EnableDnsSupport', { create: false, read: 'Attributes.EnableDnsSupport', update: 'flags', initial: true }),
    enable_dns_hostnames: bool('EnableDnsHostnames', {
      create: false,
      read: 'Attributes.EnableDnsHostnames',
      update: 'flags',
      initial: false,
    }),
    enable_network_address_usage_metrics: bool('EnableNetworkAddressUsageMetrics', {
      create: false,
      read: 'Attributes.EnableNetworkAddressUsageMetrics',
      update: 'flags',
      initial: false,
    }),
    assign_generated_ipv6_cidr_block: bool('AmazonProvidedIpv6CidrBlock', {
      read: (remote: Remote) => remote.Ipv6 !== undefined && remote.Ipv6.Ipv6Pool === 'Amazon',
      update: 'ipv6',
    }),
    ipv6_association_id: string('Ipv6.AssociationId', { create: false, changesWith: ['assign_generated_ipv6_cidr_block'] }),
    ipv6_cidr_block: string('Ipv6.Ipv6CidrBlock', { create: false, readOnly: true, changesWith: ['assign_generated_ipv6_cidr_block'] }),
    ipv6_cidr_block_network_border_group: string('Ipv6.NetworkBorderGroup', {
      create: 'Ipv6CidrBlockNetworkBorderGroup',
      changesWith: ['assign_generated_ipv6_cidr_block'],
    }),
    ipv6_ipam_pool_id: string(undefined, { read: () => '', readOnly: true }),
    ipv6_netmask_length: number(undefined, { read: () => 0, readOnly: true }),
    default_network_acl_id: string('DefaultNetworkAclId', { create: false }),
    default_route_table_id: string('MainRouteTableId', { create: false }),
    default_security_group_id: string('DefaultSecurityGroupId', { create: false }),
    main_route_table_id: string('MainRouteTableId', { create: false }),
    dhcp_options_id: string('DhcpOptionsId', { create: false }),
    owner_id: string('OwnerId', { create: false }),
  },

  async create({ api }, request) {
    const { Vpc } = await api.call('ec2', 'CreateVpc', request)
    return Vpc!.VpcId!
  },

  ready: (op, id) =>
    op.waitFor('the VPC to become available', async () => ((await vpcs(op.api).load(id))?.State === 'available' ? true : undefined)),

  async find({ api }, id): Promise<Remote | undefined> {
    const found = await vpcs(api).load(id)
    if (found === undefined) return undefined
    const [Attributes, acl, table, group] = await Promise.all([
      readFlags(api, id),
      defaultAcls(api).load(id),
      mainTables(api).load(id),
      defaultGroups(api).load(id),
    ])
    return {
      ...found,
      Arn: api.arn('ec2', `vpc/${id}`, found.OwnerId),
      Attributes,
      DefaultNetworkAclId: acl?.NetworkAclId,
      MainRouteTableId: table?.RouteTableId,
      DefaultSecurityGroupId: group?.GroupId,
      Ipv6: found.Ipv6CidrBlockAssociationSet?.find((a) => a.Ipv6CidrBlockState?.State === 'associated'),
    }
  },

  updates: {
    async flags(op, { id, request }) {
      // Names in DNS need DNS: it is switched on first and off last.
      const order = (Object.keys(flags) as Flag[]).filter((flag) => flag in request)
      if (request.EnableDnsSupport === false) order.reverse()
      for (const flag of order) await setFlag(op, id, flag, request[flag] as boolean)
    },
    async tenancy({ api }, { id }) {
      await api.call('ec2', 'ModifyVpcTenancy', { VpcId: id, InstanceTenancy: 'default' })
    },
    async ipv6(op, { id, planned, prior }) {
      if (planned.assign_generated_ipv6_cidr_block) {
        await op.api.call('ec2', 'AssociateVpcCidrBlock', {
          VpcId: id,
          AmazonProvidedIpv6CidrBlock: true,
          Ipv6CidrBlockNetworkBorderGroup: planned.ipv6_cidr_block_network_border_group || undefined,
        })
        await op.waitFor('the IPv6 block to be associated', async () =>
          ipv6Of(await vpcs(op.api).load(id), 'associated') ? true : undefined,
        )
      } else if (prior.ipv6_association_id) {
        await op.api.call('ec2', 'DisassociateVpcCidrBlock', { AssociationId: prior.ipv6_association_id })
        await op.waitFor('the IPv6 block to be disassociated', async () =>
          ipv6Of(await vpcs(op.api).load(id), 'associated', 'disassociating') ? undefined : true,
        )
      }
    },
  },
  afterCreate: ['flags'],

  async delete(op, id) {
    await op
      .retry(isInUse, () => op.api.call('ec2', 'DeleteVpc', { VpcId: id }), propagationMs)
      .catch((error: unknown) => {
        if (!isAwsError(error, 'InvalidVpcID.NotFound')) throw error
      })
  },
  waitGone: true,

  plan({ planned, prior, inPlace }) {
    if (prior?.instance_tenancy === 'dedicated' && planned.instance_tenancy === 'default') inPlace.add('instance_tenancy')
  },

  expect(api, id) {
    for (const lookup of lookups) lookup(api).expect(id)
  },
})

async function readFlags(api: AwsApi, id: string): Promise<Readonly<Record<Flag, boolean>>> {
  const entries = (Object.keys(flags) as Flag[]).map(async (flag) => {
    const answer = await api.call('ec2', 'DescribeVpcAttribute', { VpcId: id, Attribute: flags[flag] })
    return [flag, answer[flag]?.Value ?? false] as const
  })
  return Object.fromEntries(await Promise.all(entries)) as Record<Flag, boolean>
}

async function setFlag(op: Operation<AwsApi>, id: string, flag: Flag, value: boolean): Promise<void> {
  await op.retry(isUnknownId, () => op.api.call('ec2', 'ModifyVpcAttribute', { VpcId: id, [flag]: { Value: value } }), propagationMs)
  await op.waitFor(`${flag} of the VPC to be ${value}`, async () => ((await readFlags(op.api, id))[flag] === value ? true : undefined))
}

function ipv6Of(found: Vpc | undefined, ...states: string[]): Ipv6 | undefined {
  return found?.Ipv6CidrBlockAssociationSet?.find((a) => states.includes(a.Ipv6CidrBlockState?.State ?? ''))
}
