import { isAwsError } from '../../../aws/index.ts'
import { type AwsApi, blocks, defineResource, type Operation, type Plain, type PlainObject, string, strings, UNKNOWN } from '../resource.ts'
import { type RouteTable, routeTables, targets, targetsOf } from './_routes.ts'
import { isInUse, isUnknownId, propagationMs } from './consistency.ts'
import { ec2Tags } from './tags.ts'

type Remote = RouteTable & { readonly Arn: string; readonly InlineRoutes: readonly InlineRoute[] }
type InlineRoute = Readonly<Record<keyof typeof routeFields, string>>

/** Destinations have shorter names here than in `aws_route`. */
const inlineDestinations = {
  cidr_block: 'DestinationCidrBlock',
  ipv6_cidr_block: 'DestinationIpv6CidrBlock',
  destination_prefix_list_id: 'DestinationPrefixListId',
} as const

const routeFields = Object.fromEntries(
  [...Object.keys(inlineDestinations), ...Object.keys(targets)].map((name) => [name, string()]),
) as Record<keyof typeof inlineDestinations | keyof typeof targets, ReturnType<typeof string>>

export const routeTable = defineResource({
  type: 'aws_route_table',
  title: 'EC2 Route Table',
  rules: 'sdk',
  timeouts: { create: 5, update: 2, delete: 5 },
  traits: [ec2Tags('route-table')],
  fields: {
    arn: string('Arn', { create: false }),
    owner_id: string('OwnerId', { create: false }),
    vpc_id: string('VpcId'),
    propagating_vgws: strings('PropagatingVgws[].GatewayId', { create: false, update: 'propagation', initial: [] }),
    route: blocks(undefined, routeFields, {
      read: (remote: Remote) => remote.InlineRoutes as never,
      update: 'routes',
      initial: [],
      normalize: (routes) => (routes as unknown as readonly Plain[]).map(withoutNulls) as never,
    }),
  },

  async create(op, request) {
    const { RouteTable } = await op.retry(isUnknownId, () => op.api.call('ec2', 'CreateRouteTable', request as never), propagationMs)
    return RouteTable!.RouteTableId!
  },

  ready: (op, id) => op.waitFor('the route table to be found', () => routeTables(op.api).load(id)),

  async find({ api }, id, state): Promise<Remote | undefined> {
    const found = await routeTables(api).load(id)
    if (found === undefined) return undefined
    const known = Array.isArray(state.route) ? (state.route as unknown as readonly InlineRoute[]) : []
    return { ...found, Arn: api.arn('ec2', `route-table/${id}`, found.OwnerId), InlineRoutes: inlineRoutes(found, known) }
  },

  updates: {
    async propagation({ api }, { id, prior, planned }) {
      const before = prior.propagating_vgws ?? []
      const after = planned.propagating_vgws ?? []
      for (const GatewayId of before.filter((g) => !after.includes(g))) {
        await api.call('ec2', 'DisableVgwRoutePropagation', { RouteTableId: id, GatewayId })
      }
      for (const GatewayId of after.filter((g) => !before.includes(g))) {
        await api.call('ec2', 'EnableVgwRoutePropagation', { RouteTableId: id, GatewayId })
      }
    },
    routes: (op, { id, prior, planned }) =>
      changeRoutes(
        op,
        id,
        (prior.route ?? []) as unknown as readonly InlineRoute[],
        (planned.route ?? []) as unknown as readonly InlineRoute[],
      ),
  },
  afterCreate: ['propagation', 'routes'],

  async delete(op, id) {
    const found = await routeTables(op.api).load(id)
    for (const association of found?.Associations ?? []) {
      await op.api.call('ec2', 'DisassociateRouteTable', { AssociationId: association.RouteTableAssociationId }).catch((error: unknown) => {
        if (!isAwsError(error, 'InvalidAssociationID.NotFound')) throw error
      })
    }
    await op
      .retry(isInUse, () => op.api.call('ec2', 'DeleteRouteTable', { RouteTableId: id }))
      .catch((error: unknown) => {
        if (!isAwsError(error, 'InvalidRouteTableID.NotFound')) throw error
      })
  },
  waitGone: true,

  expect: (api, id) => routeTables(api).expect(id),
})

function withoutNulls(route: Plain): Plain {
  if (route === null || route === UNKNOWN) return route
  return Object.fromEntries(Object.entries(route as PlainObject).map(([name, value]) => [name, value ?? '']))
}

/** Routes that somebody made: not those of the VPC itself, of propagation and of gateway endpoints. The local route counts only where it is configured. */
function inlineRoutes(table: RouteTable, known: readonly InlineRoute[]): InlineRoute[] {
  const found: InlineRoute[] = []
  for (const route of table.Routes ?? []) {
    const isConfiguredLocal =
      route.GatewayId === 'local' && known.some((k) => k.gateway_id === 'local' && destinationText(k) === route.DestinationCidrBlock)
    if (route.GatewayId === 'local' && !isConfiguredLocal) continue
    if (route.Origin === 'EnableVgwRoutePropagation') continue
    if (route.DestinationPrefixListId !== undefined && route.GatewayId?.startsWith('vpce-')) continue
    found.push({
      cidr_block: route.DestinationCidrBlock ?? '',
      ipv6_cidr_block: route.DestinationIpv6CidrBlock ?? '',
      destination_prefix_list_id: route.DestinationPrefixListId ?? '',
      ...targetsOf(route),
    })
  }
  return found
}

function destinationText(route: InlineRoute): string {
  return route.cidr_block || route.ipv6_cidr_block || route.destination_prefix_list_id || ''
}

function memberOf(route: InlineRoute, names: Readonly<Record<string, string>>): Record<string, string> {
  const set = Object.entries(names).filter(([name]) => route[name as keyof InlineRoute])
  return Object.fromEntries(set.map(([name, member]) => [member, route[name as keyof InlineRoute]]))
}

/** Removes first, so that a quota for routes is not met on the way. */
async function changeRoutes(
  op: Operation<AwsApi>,
  RouteTableId: string,
  prior: readonly InlineRoute[],
  planned: readonly InlineRoute[],
): Promise<void> {
  const before = new Map(prior.map((r) => [destinationText(r), r]))
  const after = new Map(planned.map((r) => [destinationText(r), r]))
  for (const [destination, route] of before) {
    // The local route of a VPC cannot be deleted.
    if (after.has(destination) || route.gateway_id === 'local') continue
    await op.api.call('ec2', 'DeleteRoute', { RouteTableId, ...memberOf(route, inlineDestinations) }).catch((error: unknown) => {
      if (!isAwsError(error, 'InvalidRoute.NotFound')) throw error
    })
  }
  for (const [destination, route] of after) {
    const known = before.get(destination)
    const target = memberOf(route, targets)
    if (known !== undefined && JSON.stringify(memberOf(known, targets)) === JSON.stringify(target)) continue
    const isLocal = route.gateway_id === 'local'
    const request = { RouteTableId, ...memberOf(route, inlineDestinations), ...(isLocal ? { LocalTarget: true } : target) }
    const operation = known === undefined && !isLocal ? 'CreateRoute' : 'ReplaceRoute'
    await op.retry(
      (e) => isUnknownId(e) || isMissingTarget(e),
      () => op.api.call('ec2', operation, request),
      propagationMs,
    )
  }
}

/** A transit or egress gateway or an endpoint that is not known everywhere yet. */
function isMissingTarget(error: unknown): boolean {
  return isAwsError(
    error,
    'InvalidParameterException',
    'InvalidTransitGatewayID.NotFound',
    'InvalidGatewayID.NotFound',
    'InvalidVpcPeeringConnectionID.NotFound',
  )
}
