import type * as Ec2 from '@aws-sdk/client-ec2'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { cidrContains, cidrToString, normalizeCidr6, parseCidr } from './_cidr.ts'
import { create, dependencyViolation, destroy, find, rowsOf, select, specifiedTags, tagsOf } from './_kind.ts'
import {
  egressOnlyGatewayKind,
  instanceKind,
  internetGatewayKind,
  natGatewayKind,
  networkInterfaceKind,
  routeTableKind,
  subnetKind,
  vpcKind,
} from './_kinds.ts'
import type { RouteTableRow } from './_rows.ts'

export const routeTableOperations = {
  CreateRouteTable(input: Ec2.CreateRouteTableRequest, call: Call): Ec2.CreateRouteTableResult {
    const vpc = find(vpcKind, call, input.VpcId, 'vpcId')
    const tags = specifiedTags(input.TagSpecifications, 'route-table')
    const table = create(
      routeTableKind,
      call,
      { id: call.newId('rtb'), vpcId: vpc.id, routes: [], associations: [], propagating: [] },
      tags,
    )
    return { RouteTable: describeRouteTable(table, call), ClientToken: input.ClientToken }
  },

  DescribeRouteTables(input: Ec2.DescribeRouteTablesRequest, call: Call): Ec2.DescribeRouteTablesResult {
    const { rows, NextToken } = select(routeTableKind, call, {
      ids: input.RouteTableIds,
      filters: input.Filters,
      token: input.NextToken,
      size: input.MaxResults,
    })
    return { RouteTables: rows.map((row) => describeRouteTable(row, call)), NextToken }
  },

  DeleteRouteTable(input: Ec2.DeleteRouteTableRequest, call: Call): object {
    const table = find(routeTableKind, call, input.RouteTableId, 'routeTableId')
    if (table.associations.length > 0) throw dependencyViolation(`The routeTable '${table.id}' has dependencies and cannot be deleted.`)
    destroy(routeTableKind, call, table.id)
    return {}
  },

  CreateRoute(input: Ec2.CreateRouteRequest, call: Call): Ec2.CreateRouteResult {
    const table = find(routeTableKind, call, input.RouteTableId, 'routeTableId')
    const destination = destinationOf(input)
    const own = localRoutes(table, call)
    if ([...own, ...table.routes].some((route) => isTo(route, destination)))
      throw new AwsError('RouteAlreadyExists', `The route identified by ${destination.text} already exists.`)
    const cidr = destination.DestinationCidrBlock === undefined ? undefined : parseCidr(destination.DestinationCidrBlock)
    const local = own.find((route) => {
      const range = parseCidr(route.DestinationCidrBlock ?? '')
      return cidr !== undefined && range !== undefined && cidrContains(range, cidr)
    })
    const target = targetOf(input, table, call)
    // Only traffic to an appliance or an endpoint may be taken out of the middle of a VPC.
    if (
      local !== undefined &&
      target.NetworkInterfaceId === undefined &&
      target.NatGatewayId === undefined &&
      target.InstanceId === undefined
    )
      throw new AwsError(
        'InvalidParameterValue',
        `The destination CIDR block ${destination.text} is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance.`,
      )
    const { text: _, ...to } = destination
    rowsOf(routeTableKind, call).patch(table.id, { routes: [...table.routes, { ...to, ...target, Origin: 'CreateRoute' }] })
    return { Return: true }
  },

  ReplaceRoute(input: Ec2.ReplaceRouteRequest, call: Call): object {
    const table = find(routeTableKind, call, input.RouteTableId, 'routeTableId')
    const destination = destinationOf(input)
    if (!table.routes.some((route) => isTo(route, destination)))
      throw new AwsError(
        'InvalidParameterValue',
        `There is no route defined for '${destination.text}' in the route table. Use CreateRoute instead.`,
      )
    const target = targetOf(input, table, call)
    const { text: _, ...to } = destination
    const routes = table.routes.map((route): Ec2.Route => (isTo(route, destination) ? { ...to, ...target, Origin: 'CreateRoute' } : route))
    rowsOf(routeTableKind, call).patch(table.id, { routes })
    return {}
  },

  DeleteRoute(input: Ec2.DeleteRouteRequest, call: Call): object {
    const table = find(routeTableKind, call, input.RouteTableId, 'routeTableId')
    const destination = destinationOf(input)
    if (localRoutes(table, call).some((route) => isTo(route, destination)))
      throw new AwsError('InvalidParameterValue', `cannot remove local route ${destination.text} in route table ${table.id}`)
    if (!table.routes.some((route) => isTo(route, destination))) {
      const kind =
        destination.DestinationCidrBlock !== undefined
          ? 'cidr-block'
          : destination.DestinationIpv6CidrBlock !== undefined
            ? 'ipv6-cidr-block'
            : 'prefix-list-id'
      throw new AwsError('InvalidRoute.NotFound', `no route with destination-${kind} ${destination.text} in route table ${table.id}`)
    }
    rowsOf(routeTableKind, call).patch(table.id, { routes: table.routes.filter((route) => !isTo(route, destination)) })
    return {}
  },

  AssociateRouteTable(input: Ec2.AssociateRouteTableRequest, call: Call): Ec2.AssociateRouteTableResult {
    const table = find(routeTableKind, call, input.RouteTableId, 'routeTableId')
    const tables = rowsOf(routeTableKind, call)
    const all = [...tables.values()].flatMap((row) => row.associations)
    const id = call.newId('rtbassoc')
    if (input.GatewayId !== undefined) {
      const gateway = find(internetGatewayKind, call, input.GatewayId)
      const existing = all.find((a) => a.gatewayId === gateway.id)
      if (existing !== undefined)
        throw new AwsError(
          'Resource.AlreadyAssociated',
          `the specified association for route table ${table.id} conflicts with an existing association`,
        )
      tables.patch(table.id, { associations: [...table.associations, { id, main: false, gatewayId: gateway.id }] })
      return { AssociationId: id, AssociationState: { State: 'associated' } }
    }
    const subnet = find(subnetKind, call, input.SubnetId, 'subnetId')
    if (subnet.vpcId !== table.vpcId)
      throw new AwsError('InvalidParameterValue', `Route table ${table.id} and subnet ${subnet.id} belong to different networks`)
    const existing = table.associations.find((a) => a.subnetId === subnet.id)
    if (existing !== undefined) return { AssociationId: existing.id, AssociationState: { State: 'associated' } }
    if (all.some((a) => a.subnetId === subnet.id))
      throw new AwsError(
        'Resource.AlreadyAssociated',
        `the specified association for route table ${table.id} conflicts with an existing association`,
      )
    tables.patch(table.id, { associations: [...table.associations, { id, main: false, subnetId: subnet.id }] })
    return { AssociationId: id, AssociationState: { State: 'associated' } }
  },

  DisassociateRouteTable(input: Ec2.DisassociateRouteTableRequest, call: Call): object {
    const { table, association } = findAssociation(call, input.AssociationId)
    if (association.main)
      throw new AwsError('InvalidParameterValue', `cannot disassociate the main route table association ${association.id}`)
    rowsOf(routeTableKind, call).patch(table.id, { associations: table.associations.filter((a) => a !== association) })
    return {}
  },

  ReplaceRouteTableAssociation(input: Ec2.ReplaceRouteTableAssociationRequest, call: Call): Ec2.ReplaceRouteTableAssociationResult {
    const { table: from, association } = findAssociation(call, input.AssociationId)
    find(routeTableKind, call, input.RouteTableId)
    const tables = rowsOf(routeTableKind, call)
    tables.patch(from.id, { associations: from.associations.filter((a) => a !== association) })
    const to = find(routeTableKind, call, input.RouteTableId)
    const id = call.newId('rtbassoc')
    tables.patch(to.id, { associations: [...to.associations, { ...association, id }] })
    return { NewAssociationId: id, AssociationState: { State: 'associated' } }
  },

  EnableVgwRoutePropagation(input: Ec2.EnableVgwRoutePropagationRequest, call: Call): object {
    const table = find(routeTableKind, call, input.RouteTableId)
    throw new AwsError('Gateway.NotAttached', `resource ${input.GatewayId} is not attached to network ${table.vpcId}`)
  },
}

interface Destination {
  readonly text: string
  readonly DestinationCidrBlock?: string
  readonly DestinationIpv6CidrBlock?: string
  readonly DestinationPrefixListId?: string
}

function destinationOf(
  input: Pick<Ec2.CreateRouteRequest, 'DestinationCidrBlock' | 'DestinationIpv6CidrBlock' | 'DestinationPrefixListId'>,
): Destination {
  if (input.DestinationCidrBlock !== undefined) {
    const cidr = parseCidr(input.DestinationCidrBlock)
    if (cidr === undefined)
      throw new AwsError(
        'InvalidParameterValue',
        `Value (${input.DestinationCidrBlock}) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.`,
      )
    return { text: cidrToString(cidr), DestinationCidrBlock: cidrToString(cidr) }
  }
  if (input.DestinationIpv6CidrBlock !== undefined) {
    const cidr = normalizeCidr6(input.DestinationIpv6CidrBlock)
    if (cidr === undefined)
      throw new AwsError(
        'InvalidParameterValue',
        `Value (${input.DestinationIpv6CidrBlock}) for parameter destinationIpv6CidrBlock is invalid. This is not a valid IPv6 CIDR block.`,
      )
    return { text: cidr, DestinationIpv6CidrBlock: cidr }
  }
  if (input.DestinationPrefixListId !== undefined)
    return { text: input.DestinationPrefixListId, DestinationPrefixListId: input.DestinationPrefixListId }
  throw new AwsError(
    'MissingParameter',
    'The request must contain exactly one of destinationCidrBlock, destinationIpv6CidrBlock or destinationPrefixListId',
  )
}

function isTo(route: Ec2.Route, destination: Destination): boolean {
  return (
    route.DestinationCidrBlock === destination.DestinationCidrBlock &&
    route.DestinationIpv6CidrBlock === destination.DestinationIpv6CidrBlock &&
    route.DestinationPrefixListId === destination.DestinationPrefixListId
  )
}

/** Where a route leads; the thing must exist. */
function targetOf(input: Ec2.CreateRouteRequest & Ec2.ReplaceRouteRequest, table: RouteTableRow, call: Call): Ec2.Route {
  if (input.GatewayId !== undefined) {
    if (input.GatewayId === 'local') return { GatewayId: 'local' }
    const gateway = find(internetGatewayKind, call, input.GatewayId)
    if (gateway.vpcId !== table.vpcId)
      throw new AwsError('InvalidParameterValue', `route table ${table.id} and network gateway ${gateway.id} belong to different networks`)
    return { GatewayId: gateway.id }
  }
  if (input.NatGatewayId !== undefined) {
    const nat = rowsOf(natGatewayKind, call).get(input.NatGatewayId)
    if (nat === undefined) throw new AwsError('InvalidNatGatewayID.NotFound', `The natGateway ID '${input.NatGatewayId}' does not exist`)
    if (nat.state === 'deleted' || nat.state === 'failed')
      throw new AwsError('InvalidNatGatewayID.NotFound', `The natGateway ID '${nat.id}' does not exist`)
    return { NatGatewayId: nat.id }
  }
  if (input.NetworkInterfaceId !== undefined) {
    const eni = find(networkInterfaceKind, call, input.NetworkInterfaceId)
    return {
      NetworkInterfaceId: eni.id,
      InstanceId: eni.attachment?.instanceId,
      InstanceOwnerId: eni.attachment === undefined ? undefined : call.account,
    }
  }
  if (input.InstanceId !== undefined) {
    const instance = find(instanceKind, call, input.InstanceId)
    const eni = [...rowsOf(networkInterfaceKind, call).values()].find((row) => row.attachment?.instanceId === instance.id)
    return { InstanceId: instance.id, InstanceOwnerId: call.account, NetworkInterfaceId: eni?.id }
  }
  if (input.EgressOnlyInternetGatewayId !== undefined)
    return { EgressOnlyInternetGatewayId: find(egressOnlyGatewayKind, call, input.EgressOnlyInternetGatewayId).id }
  if (input.VpcPeeringConnectionId !== undefined)
    throw new AwsError(
      'InvalidVpcPeeringConnectionID.NotFound',
      `The vpcPeeringConnection ID '${input.VpcPeeringConnectionId}' does not exist`,
    )
  if (input.TransitGatewayId !== undefined)
    throw new AwsError('InvalidTransitGatewayID.NotFound', `The transitGateway ID '${input.TransitGatewayId}' does not exist`)
  if (input.VpcEndpointId !== undefined)
    throw new AwsError('InvalidVpcEndpointId.NotFound', `The vpcEndpoint ID '${input.VpcEndpointId}' does not exist`)
  throw new AwsError(
    'MissingParameter',
    'The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId, vpcPeeringConnectionId, instanceId or egressOnlyInternetGatewayId',
  )
}

function findAssociation(call: Call, id: string | undefined) {
  for (const table of rowsOf(routeTableKind, call).values()) {
    const association = table.associations.find((a) => a.id === id)
    if (association !== undefined) return { table, association }
  }
  throw new AwsError('InvalidAssociationID.NotFound', `The association ID '${id}' does not exist`)
}

/** Each block of the VPC is reached within it. */
function localRoutes(table: RouteTableRow, call: Call): Ec2.Route[] {
  const vpc = rowsOf(vpcKind, call).get(table.vpcId)
  const common = { GatewayId: 'local', Origin: 'CreateRouteTable', State: 'active' } as const
  return [
    ...(vpc?.associations ?? []).map((a) => ({ DestinationCidrBlock: a.cidr, ...common })),
    ...(vpc?.associations6 ?? []).map((a) => ({ DestinationIpv6CidrBlock: a.cidr, ...common })),
  ]
}

function describeRouteTable(table: RouteTableRow, call: Call): Ec2.RouteTable {
  return {
    RouteTableId: table.id,
    VpcId: table.vpcId,
    OwnerId: call.account,
    Routes: [...localRoutes(table, call), ...table.routes.map((route): Ec2.Route => ({ ...route, State: stateOf(route, table, call) }))],
    Associations: table.associations.map((association) => ({
      RouteTableAssociationId: association.id,
      RouteTableId: table.id,
      Main: association.main,
      SubnetId: association.subnetId,
      GatewayId: association.gatewayId,
      AssociationState: { State: 'associated' },
    })),
    PropagatingVgws: table.propagating.map((GatewayId) => ({ GatewayId })),
    Tags: [...tagsOf(call, table.id)],
  }
}

/** A route whose target is gone stays, as a black hole. */
function stateOf(route: Ec2.Route, table: RouteTableRow, call: Call): 'active' | 'blackhole' {
  const alive =
    route.GatewayId === 'local' ||
    (route.GatewayId !== undefined && rowsOf(internetGatewayKind, call).get(route.GatewayId)?.vpcId === table.vpcId) ||
    (route.NatGatewayId !== undefined &&
      ['pending', 'available'].includes(rowsOf(natGatewayKind, call).get(route.NatGatewayId)?.state ?? '')) ||
    (route.EgressOnlyInternetGatewayId !== undefined &&
      rowsOf(egressOnlyGatewayKind, call).get(route.EgressOnlyInternetGatewayId) !== undefined) ||
    (route.InstanceId !== undefined && rowsOf(instanceKind, call).get(route.InstanceId)?.state === 'running') ||
    (route.NetworkInterfaceId !== undefined &&
      route.InstanceId === undefined &&
      rowsOf(networkInterfaceKind, call).get(route.NetworkInterfaceId)?.attachment !== undefined)
  return alive ? 'active' : 'blackhole'
}
