import { isAwsError } from '../../aws/index.ts'
import type { Callers } from './callers.ts'
import type { Act } from './steps.ts'

/**
 * What is to be removed until a region has no default network, in the order in which AWS lets it go. Nothing while something uses the
 * network: then somebody has moved in.
 */
export async function defaultNetworkActs(callers: Callers, who: { readonly member: string }, region: string): Promise<readonly Act[]> {
  const isDefault = [{ Name: 'is-default', Values: ['true'] }]
  const VpcId = (await callers.call(who, 'ec2', 'DescribeVpcs', { Filters: isDefault }, region)).Vpcs?.[0]?.VpcId
  if (VpcId === undefined) return []
  const Filters = [{ Name: 'vpc-id', Values: [VpcId] }]
  const { NetworkInterfaces = [] } = await callers.call(who, 'ec2', 'DescribeNetworkInterfaces', { Filters }, region)
  if (NetworkInterfaces.length > 0) return []
  const act = (text: string, run: () => Promise<unknown>): Act => ({
    text: `ec2:${text} in ${region}`,
    async run() {
      // What an earlier run has removed is gone.
      await run().catch((error: unknown) => {
        if (
          !isAwsError(
            error,
            'Invalid*.NotFound',
            'InvalidVpcID.NotFound',
            'InvalidSubnetID.NotFound',
            'InvalidInternetGatewayID.NotFound',
            'Gateway.NotAttached',
          )
        )
          throw error
      })
    },
  })
  const acts: Act[] = []
  const attached = [{ Name: 'attachment.vpc-id', Values: [VpcId] }]
  const { InternetGateways = [] } = await callers.call(who, 'ec2', 'DescribeInternetGateways', { Filters: attached }, region)
  for (const { InternetGatewayId } of InternetGateways) {
    const id = InternetGatewayId!
    acts.push(
      act(`DetachInternetGateway ${id}`, () => callers.call(who, 'ec2', 'DetachInternetGateway', { InternetGatewayId: id, VpcId }, region)),
      act(`DeleteInternetGateway ${id}`, () => callers.call(who, 'ec2', 'DeleteInternetGateway', { InternetGatewayId: id }, region)),
    )
  }
  const { Subnets = [] } = await callers.call(who, 'ec2', 'DescribeSubnets', { Filters }, region)
  for (const { SubnetId } of Subnets)
    acts.push(act(`DeleteSubnet ${SubnetId}`, () => callers.call(who, 'ec2', 'DeleteSubnet', { SubnetId: SubnetId! }, region)))
  acts.push(act(`DeleteVpc ${VpcId}`, () => callers.call(who, 'ec2', 'DeleteVpc', { VpcId }, region)))
  return acts
}
