import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { type ArgumentRules, checkArguments } from '../../../providers/kit/index.ts'
import { bool, defineResource, number, string } from '../resource.ts'
import { isInUse, isUnknownId, propagationMs } from './consistency.ts'
import { describeBy } from './describe.ts'
import { ec2Tags } from './tags.ts'

type Subnet = NonNullable<OutputOf<'ec2', 'DescribeSubnets'>['Subnets']>[number]
type Remote = Subnet & { readonly Ipv6: NonNullable<Subnet['Ipv6CidrBlockAssociationSet']>[number] | undefined }

export const subnets = describeBy(
  'DescribeSubnets',
  'subnet-id',
  (page) => page.Subnets,
  (subnet) => subnet.SubnetId,
)

/** A setting that ModifySubnetAttribute changes, one per call. */
function flag(name: string, read = name) {
  return bool(undefined, { read, create: false, update: 'flags', updateAt: `${name}.Value`, initial: false })
}

const rules: Readonly<Record<string, ArgumentRules>> = {
  availability_zone: { conflictsWith: ['availability_zone_id'] },
  availability_zone_id: { conflictsWith: ['availability_zone'] },
}

export const subnet = defineResource({
  type: 'aws_subnet',
  title: 'EC2 Subnet',
  rules: 'sdk',
  validate: (config) => checkArguments(rules, config),
  timeouts: { create: 10, delete: 20 },
  traits: [ec2Tags('subnet')],
  fields: {
    arn: string('SubnetArn', { create: false }),
    availability_zone: string('AvailabilityZone'),
    availability_zone_id: string('AvailabilityZoneId'),
    cidr_block: string('CidrBlock'),
    vpc_id: string('VpcId'),
    owner_id: string('OwnerId', { create: false }),
    outpost_arn: string('OutpostArn'),
    ipv6_native: bool('Ipv6Native'),
    ipv6_cidr_block: string('Ipv6CidrBlock', { read: 'Ipv6.Ipv6CidrBlock', update: 'ipv6' }),
    ipv6_cidr_block_association_id: string('Ipv6.AssociationId', { create: false }),
    assign_ipv6_address_on_creation: flag('AssignIpv6AddressOnCreation'),
    enable_dns64: flag('EnableDns64'),
    enable_lni_at_device_index: number('EnableLniAtDeviceIndex', { create: false, update: 'flags', initial: 0 }),
    enable_resource_name_dns_a_record_on_launch: flag(
      'EnableResourceNameDnsARecordOnLaunch',
      'PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord',
    ),
    enable_resource_name_dns_aaaa_record_on_launch: flag(
      'EnableResourceNameDnsAAAARecordOnLaunch',
      'PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsAAAARecord',
    ),
    map_public_ip_on_launch: flag('MapPublicIpOnLaunch'),
    private_dns_hostname_type_on_launch: string(undefined, {
      read: 'PrivateDnsNameOptionsOnLaunch.HostnameType',
      create: false,
      update: 'flags',
      updateAt: 'PrivateDnsHostnameTypeOnLaunch',
    }),
    customer_owned_ipv4_pool: string('CustomerOwnedIpv4Pool', { create: false, readOnly: true }),
    map_customer_owned_ip_on_launch: bool('MapCustomerOwnedIpOnLaunch', { create: false, readOnly: true }),
  },

  async create(op, request) {
    const { Subnet } = await op.retry(isUnknownId, () => op.api.call('ec2', 'CreateSubnet', request as never), propagationMs)
    return Subnet!.SubnetId!
  },

  ready: (op, id) =>
    op.waitFor('the subnet to become available', async () => ((await subnets(op.api).load(id))?.State === 'available' ? true : undefined)),

  async find({ api }, id): Promise<Remote | undefined> {
    const found = await subnets(api).load(id)
    if (found === undefined) return undefined
    return { ...found, Ipv6: found.Ipv6CidrBlockAssociationSet?.find((a) => a.Ipv6CidrBlockState?.State === 'associated') }
  },

  updates: {
    // The new block is there before addresses are assigned from it.
    async ipv6({ api }, { id, prior, planned }) {
      if (prior.ipv6_cidr_block_association_id) {
        await api.call('ec2', 'DisassociateSubnetCidrBlock', { AssociationId: prior.ipv6_cidr_block_association_id })
      }
      if (planned.ipv6_cidr_block)
        await api.call('ec2', 'AssociateSubnetCidrBlock', { SubnetId: id, Ipv6CidrBlock: planned.ipv6_cidr_block })
    },
    async flags(op, { id, request }) {
      for (const [name, value] of Object.entries(request)) {
        await op.retry(isUnknownId, () => op.api.call('ec2', 'ModifySubnetAttribute', { SubnetId: id, [name]: value }), propagationMs)
      }
    },
  },
  afterCreate: ['flags'],

  async delete(op, id) {
    await op
      .retry(isInUse, () => op.api.call('ec2', 'DeleteSubnet', { SubnetId: id }))
      .catch((error: unknown) => {
        if (!isAwsError(error, 'InvalidSubnetID.NotFound')) throw error
      })
  },
  waitGone: true,

  expect: (api, id) => subnets(api).expect(id),
})
