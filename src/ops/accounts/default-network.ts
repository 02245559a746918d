import { isAwsError } from '../../aws/index.ts'
import type { Callers } from './callers.ts'
import type { Act } from './step.ts'

/** How long a network may take to be let go of. */
const longestDependencyMs = 60_000

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
    part: region,
    async run() {
      // What an earlier run has removed is gone.
      await run().catch((error: unknown) => {
        if (
          !isAwsError(
            error,
            'InvalidVpcID.NotFound',
            'InvalidRouteTableID.NotFound',
            'InvalidNetworkAclID.NotFound',
            'InvalidGroup.NotFound',
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
  // What was added to the network goes with it; its own table, list and group do so by themselves.
  const { RouteTables = [] } = await callers.call(who, 'ec2', 'DescribeRouteTables', { Filters }, region)
  for (const { RouteTableId, Associations = [] } of RouteTables)
    if (!Associations.some(({ Main }) => Main === true))
      acts.push(
        act(`DeleteRouteTable ${RouteTableId}`, () =>
          callers.call(who, 'ec2', 'DeleteRouteTable', { RouteTableId: RouteTableId! }, region),
        ),
      )
  const { NetworkAcls = [] } = await callers.call(who, 'ec2', 'DescribeNetworkAcls', { Filters }, region)
  for (const { NetworkAclId, IsDefault } of NetworkAcls)
    if (IsDefault !== true)
      acts.push(
        act(`DeleteNetworkAcl ${NetworkAclId}`, () =>
          callers.call(who, 'ec2', 'DeleteNetworkAcl', { NetworkAclId: NetworkAclId! }, region),
        ),
      )
  const { SecurityGroups = [] } = await callers.call(who, 'ec2', 'DescribeSecurityGroups', { Filters }, region)
  for (const { GroupId, GroupName } of SecurityGroups)
    if (GroupName !== 'default')
      acts.push(act(`DeleteSecurityGroup ${GroupId}`, () => callers.call(who, 'ec2', 'DeleteSecurityGroup', { GroupId: GroupId! }, region)))
  acts.push(
    act(`DeleteVpc ${VpcId}`, async () => {
      // What is gone holds on to the network for a moment; what could not be seen before goes now.
      let refusal: unknown
      const isGone = await callers.until(async () => {
        try {
          await callers.call(who, 'ec2', 'DeleteVpc', { VpcId }, region)
          return true
        } catch (error) {
          if (!isAwsError(error, 'DependencyViolation')) throw error
          refusal = error
          for (const left of (await defaultNetworkActs(callers, who, region)).slice(0, -1)) await left.run()
          return false
        }
      }, longestDependencyMs)
      if (!isGone) throw refusal
    }),
  )
  return acts
}
