import type { OutputOf } from '../../../aws/index.ts'
import { describeBy } from './describe.ts'

export type RouteTable = NonNullable<OutputOf<'ec2', 'DescribeRouteTables'>['RouteTables']>[number]
export type Route = NonNullable<RouteTable['Routes']>[number]

export const routeTables = describeBy(
  'DescribeRouteTables',
  'route-table-id',
  (page) => page.RouteTables,
  (table) => table.RouteTableId,
)

/** Attribute of a destination to its member in requests and answers. */
export const destinations = {
  destination_cidr_block: 'DestinationCidrBlock',
  destination_ipv6_cidr_block: 'DestinationIpv6CidrBlock',
  destination_prefix_list_id: 'DestinationPrefixListId',
} as const

/** Attribute of a target to its member. */
export const targets = {
  carrier_gateway_id: 'CarrierGatewayId',
  core_network_arn: 'CoreNetworkArn',
  egress_only_gateway_id: 'EgressOnlyInternetGatewayId',
  gateway_id: 'GatewayId',
  local_gateway_id: 'LocalGatewayId',
  nat_gateway_id: 'NatGatewayId',
  network_interface_id: 'NetworkInterfaceId',
  transit_gateway_id: 'TransitGatewayId',
  vpc_endpoint_id: 'VpcEndpointId',
  vpc_peering_connection_id: 'VpcPeeringConnectionId',
} as const

export type TargetName = keyof typeof targets

/** The targets of a route as a state has them. In answers endpoints stand where gateways do. */
export function targetsOf(route: Route): Record<TargetName, string> {
  const found = {} as Record<TargetName, string>
  for (const name of Object.keys(targets) as TargetName[]) found[name] = (route as Record<string, string | undefined>)[targets[name]] ?? ''
  if (found.gateway_id.startsWith('vpce-')) {
    found.vpc_endpoint_id = found.gateway_id
    found.gateway_id = ''
  }
  return found
}

export function destinationOf(route: Route): string {
  return route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock ?? route.DestinationPrefixListId ?? ''
}
