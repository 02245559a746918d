import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { type AwsApi, defineResource, type Operation, string } from '../resource.ts'
import { isInUse, isUnknownId, propagationMs } from './consistency.ts'
import { describeBy } from './describe.ts'
import { ec2Tags } from './tags.ts'

type Gateway = NonNullable<OutputOf<'ec2', 'DescribeInternetGateways'>['InternetGateways']>[number]
type Remote = Gateway & { readonly Arn: string }

export const internetGateways = describeBy(
  'DescribeInternetGateways',
  'internet-gateway-id',
  (page) => page.InternetGateways,
  (gateway) => gateway.InternetGatewayId,
)

export const internetGateway = defineResource({
  type: 'aws_internet_gateway',
  title: 'EC2 Internet Gateway',
  rules: 'sdk',
  timeouts: { create: 20, update: 20, delete: 20 },
  traits: [ec2Tags('internet-gateway')],
  fields: {
    arn: string('Arn', { create: false }),
    owner_id: string('OwnerId', { create: false }),
    vpc_id: string(undefined, { read: (remote: Remote) => remote.Attachments?.[0]?.VpcId ?? '', update: 'attachment' }),
  },

  async create({ api }, request) {
    const { InternetGateway } = await api.call('ec2', 'CreateInternetGateway', request)
    return InternetGateway!.InternetGatewayId!
  },

  async find({ api }, id): Promise<Remote | undefined> {
    const found = await internetGateways(api).load(id)
    return found === undefined ? undefined : { ...found, Arn: api.arn('ec2', `internet-gateway/${id}`, found.OwnerId) }
  },

  updates: {
    async attachment(op, { id, prior, planned }) {
      if (prior.vpc_id) await detach(op, id, prior.vpc_id)
      const VpcId = planned.vpc_id
      if (!VpcId) return
      await op.retry(isUnknownId, () => op.api.call('ec2', 'AttachInternetGateway', { InternetGatewayId: id, VpcId }), propagationMs)
      await op.waitFor('the internet gateway to be attached', async () => {
        const state = (await internetGateways(op.api).load(id))?.Attachments?.[0]?.State
        // The API says "available" for internet gateways, "attached" for others.
        return state === undefined || state === 'attaching' ? undefined : true
      })
    },
  },
  afterCreate: ['attachment'],

  async delete(op, id, state) {
    if (state.vpc_id) await detach(op, id, state.vpc_id)
    await op
      .retry(isInUse, () => op.api.call('ec2', 'DeleteInternetGateway', { InternetGatewayId: id }))
      .catch((error: unknown) => {
        if (!isAwsError(error, 'InvalidInternetGatewayID.NotFound')) throw error
      })
  },

  expect: (api, id) => internetGateways(api).expect(id),
})

/** Waits while addresses of the VPC are still mapped. */
async function detach(op: Operation<AwsApi>, id: string, VpcId: string): Promise<void> {
  await op
    .retry(isInUse, () => op.api.call('ec2', 'DetachInternetGateway', { InternetGatewayId: id, VpcId }))
    .catch((error: unknown) => {
      if (!isAwsError(error, 'Gateway.NotAttached', 'InvalidInternetGatewayID.NotFound')) throw error
    })
}
