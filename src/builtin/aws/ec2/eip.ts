import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { type ArgumentRules, checkArguments, Lookup } from '../../../providers/kit/index.ts'
import { type AwsApi, bool, defineResource, type Operation, string } from '../resource.ts'
import { isUnknownId, propagationMs } from './consistency.ts'
import { describeBy } from './describe.ts'
import { ec2Tags } from './tags.ts'

type Address = NonNullable<OutputOf<'ec2', 'DescribeAddresses'>['Addresses']>[number]
type Remote = Address & {
  readonly Arn: string
  readonly PtrRecord: string | undefined
  readonly PublicDns: string | undefined
  readonly PrivateDns: string | null
}

const addresses = describeBy(
  'DescribeAddresses',
  'allocation-id',
  (page) => page.Addresses,
  (address) => address.AllocationId,
)

/** Names that addresses resolve to. */
function pointerRecords(api: AwsApi): Lookup<string> {
  return api.lookup(
    'DescribeAddressesAttribute',
    () =>
      new Lookup(async (AllocationIds) => {
        const answer = await api
          .call('ec2', 'DescribeAddressesAttribute', { AllocationIds: [...AllocationIds], Attribute: 'domain-name' })
          .catch((error: unknown) => {
            // Places without this operation have no such names.
            if (isAwsError(error, 'InvalidAction', 'UnsupportedOperation', 'InvalidAllocationID.NotFound', 'OperationNotPermitted'))
              return undefined
            throw error
          })
        return new Map((answer?.Addresses ?? []).map((a) => [a.AllocationId ?? '', a.PtrRecord ?? '']))
      }, 1000),
  )
}

const rules: Readonly<Record<string, ArgumentRules>> = { domain: { conflictsWith: ['vpc'] }, vpc: { conflictsWith: ['domain'] } }

export const eip = defineResource({
  type: 'aws_eip',
  title: 'EC2 EIP',
  rules: 'sdk',
  validate: (config) => checkArguments(rules, config),
  timeouts: { read: 15, update: 5, delete: 3 },
  traits: [ec2Tags('elastic-ip')],
  fields: {
    address: string('Address', { read: false }),
    allocation_id: string('AllocationId', { create: false }),
    arn: string('Arn', { create: false }),
    associate_with_private_ip: string(undefined, { read: false, update: 'association' }),
    association_id: string('AssociationId', { create: false }),
    carrier_ip: string('CarrierIp', { create: false }),
    customer_owned_ip: string('CustomerOwnedIp', { create: false }),
    customer_owned_ipv4_pool: string('CustomerOwnedIpv4Pool'),
    domain: string('Domain', { create: false }),
    instance: string('InstanceId', { create: false, update: 'association' }),
    ipam_pool_id: string('IpamPoolId', { read: false }),
    network_border_group: string('NetworkBorderGroup'),
    network_interface: string('NetworkInterfaceId', { create: false, update: 'association' }),
    private_dns: string(undefined, { read: (remote: Remote) => remote.PrivateDns }),
    private_ip: string('PrivateIpAddress', { create: false }),
    ptr_record: string('PtrRecord', { create: false }),
    public_dns: string('PublicDns', { create: false }),
    public_ip: string('PublicIp', { create: false }),
    public_ipv4_pool: string('PublicIpv4Pool'),
    vpc: bool(undefined, { read: (remote: Remote) => remote.Domain === 'vpc' }),
  },

  async create({ api }, request, planned) {
    const domain = planned.domain || (planned.vpc ? 'vpc' : undefined)
    const answer = await api.call('ec2', 'AllocateAddress', { ...request, ...(domain === undefined ? {} : { Domain: domain as 'vpc' }) })
    return answer.AllocationId!
  },

  ready: (op, id) => op.waitFor('the address to be found', () => addresses(op.api).load(id)),

  async find({ api }, id): Promise<Remote | undefined> {
    const [found, PtrRecord] = await Promise.all([addresses(api).load(id), pointerRecords(api).load(id)])
    if (found === undefined) return undefined
    const { PublicIp, PrivateIpAddress } = found
    return {
      ...found,
      Arn: api.arn('ec2', `elastic-ip/${id}`),
      PtrRecord,
      PublicDns: PublicIp === undefined ? undefined : publicName(PublicIp, api),
      PrivateDns: PrivateIpAddress === undefined ? null : privateName(PrivateIpAddress, api),
    }
  },

  updates: {
    async association(op, { id, prior, planned }) {
      if (prior.association_id) await disassociate(op.api, prior.association_id)
      if (planned.instance || planned.network_interface) await associate(op, id, planned)
    },
  },
  afterCreate: ['association'],

  async delete({ api }, id, state) {
    // Whoever deletes an instance ends its association too.
    if (state.association_id) await disassociate(api, state.association_id)
    await api
      .call('ec2', 'ReleaseAddress', {
        AllocationId: id,
        ...(state.network_border_group ? { NetworkBorderGroup: state.network_border_group } : {}),
      })
      .catch((error: unknown) => {
        if (!isAwsError(error, 'InvalidAllocationID.NotFound')) throw error
      })
  },

  expect(api, id) {
    addresses(api).expect(id)
    pointerRecords(api).expect(id)
  },
})

interface Target {
  readonly instance: string | null
  readonly network_interface: string | null
  readonly associate_with_private_ip: string | null
}

async function associate(op: Operation<AwsApi>, AllocationId: string, target: Target): Promise<void> {
  // An interface that an instance has is found by way of the instance.
  const { instance, network_interface, associate_with_private_ip } = target
  const isNew = (error: unknown): boolean => isUnknownId(error) || (isPending(error) && instance !== null)
  await op.retry(
    isNew,
    () =>
      op.api.call('ec2', 'AssociateAddress', {
        AllocationId,
        ...(instance ? { InstanceId: instance } : network_interface ? { NetworkInterfaceId: network_interface } : {}),
        ...(associate_with_private_ip ? { PrivateIpAddress: associate_with_private_ip } : {}),
      }),
    propagationMs,
  )
}

/** The instance is not running yet. */
function isPending(error: unknown): boolean {
  return isAwsError(error, 'InvalidInstanceID') && error.apiMessage.includes('pending')
}

async function disassociate(api: AwsApi, AssociationId: string): Promise<void> {
  await api.call('ec2', 'DisassociateAddress', { AssociationId }).catch((error: unknown) => {
    if (!isAwsError(error, 'InvalidAssociationID.NotFound')) throw error
  })
}

function publicName(ip: string, { region, session }: AwsApi): string {
  const place = region === 'us-east-1' ? 'compute-1' : `${region}.compute`
  return `ec2-${ip.replaceAll('.', '-')}.${place}.${session.partition.dnsSuffix}`
}

function privateName(ip: string, { region }: AwsApi): string {
  return `ip-${ip.replaceAll('.', '-')}.${region === 'us-east-1' ? 'ec2' : `${region}.compute`}.internal`
}
