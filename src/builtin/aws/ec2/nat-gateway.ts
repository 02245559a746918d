import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { defineResource, number, string, strings } from '../resource.ts'
import { isUnknownId, propagationMs } from './consistency.ts'
import { describeBy } from './describe.ts'
import { ec2Tags } from './tags.ts'

type Gateway = NonNullable<OutputOf<'ec2', 'DescribeNatGateways'>['NatGateways']>[number]
type Address = NonNullable<Gateway['NatGatewayAddresses']>[number]
type Remote = Gateway & { readonly Primary: Address | undefined; readonly Secondary: readonly Address[] }

export const natGateways = describeBy(
  'DescribeNatGateways',
  'nat-gateway-id',
  (page) => page.NatGateways,
  (gateway) => gateway.NatGatewayId,
)

export const natGateway = defineResource({
  type: 'aws_nat_gateway',
  title: 'EC2 NAT Gateway',
  rules: 'sdk',
  timeouts: { create: 10, update: 10, delete: 30 },
  traits: [ec2Tags('natgateway')],
  fields: {
    allocation_id: string('AllocationId', { read: 'Primary.AllocationId' }),
    association_id: string('Primary.AssociationId', { create: false }),
    connectivity_type: string('ConnectivityType'),
    network_interface_id: string('Primary.NetworkInterfaceId', { create: false }),
    private_ip: string('PrivateIpAddress', { read: 'Primary.PrivateIp' }),
    public_ip: string('Primary.PublicIp', { create: false }),
    subnet_id: string('SubnetId'),
    secondary_allocation_ids: strings(undefined, {
      read: (remote: Remote) => textsOf(remote.Secondary, 'AllocationId'),
      readOnly: true,
    }),
    secondary_private_ip_address_count: number(undefined, {
      read: (remote: Remote) => remote.Secondary.length,
      readOnly: true,
      changesWith: ['secondary_allocation_ids'],
    }),
    secondary_private_ip_addresses: strings(undefined, {
      read: (remote: Remote) => textsOf(remote.Secondary, 'PrivateIp'),
      readOnly: true,
      changesWith: ['secondary_allocation_ids'],
    }),
  },

  validate: ({ allocation_id, connectivity_type }) =>
    connectivity_type === 'private' && (allocation_id ?? null) !== null
      ? [{ summary: 'allocation_id is not supported with connectivity_type = "private"', detail: '' }]
      : [],

  async create(op, request) {
    const { NatGateway } = await op.retry(isUnknownId, () => op.api.call('ec2', 'CreateNatGateway', request as never), propagationMs)
    return NatGateway!.NatGatewayId!
  },

  ready: (op, id) =>
    op.waitFor('the NAT gateway to become available', async () => {
      const found = await natGateways(op.api).load(id)
      if (found?.State === 'failed') throw new Error(`The NAT gateway failed: ${found.FailureCode}: ${found.FailureMessage}`)
      return found?.State === 'available' ? true : undefined
    }),

  async find({ api }, id): Promise<Remote | undefined> {
    const found = await natGateways(api).load(id)
    // Its record stays for about an hour.
    if (found === undefined || found.State === 'deleted') return undefined
    const addresses = found.NatGatewayAddresses ?? []
    // Where there is a single address nothing says that it is the primary one.
    const primary = addresses.find((a) => a.IsPrimary) ?? (addresses.length === 1 ? addresses[0] : undefined)
    return { ...found, Primary: primary, Secondary: addresses.filter((a) => a !== primary && a.Status === 'succeeded') }
  },

  async delete({ api }, id) {
    await api.call('ec2', 'DeleteNatGateway', { NatGatewayId: id }).catch((error: unknown) => {
      if (!isAwsError(error, 'NatGatewayNotFound')) throw error
    })
  },
  waitGone: true,

  expect: (api, id) => natGateways(api).expect(id),
})

function textsOf(addresses: readonly Address[], member: 'AllocationId' | 'PrivateIp'): string[] {
  return addresses.map((a) => a[member]).filter((text) => text !== undefined)
}
