import { isAwsError } from '../../../aws/index.ts'
import { crc32 } from '../../../base/index.ts'
import { defineResource, type PlainObject, string } from '../resource.ts'
import { destinationOf, destinations, type Route, routeTables, type TargetName, targets, targetsOf } from './_routes.ts'
import { isUnknownId, propagationMs } from './consistency.ts'

type Remote = Route & { readonly Targets: Record<TargetName, string> }

function target(name: TargetName) {
  return string(targets[name], { read: (remote: Remote) => remote.Targets[name], update: 'target' })
}

export const route = defineResource({
  type: 'aws_route',
  title: 'EC2 Route',
  rules: 'sdk',
  timeouts: { create: 5, update: 2, delete: 5 },
  fields: {
    route_table_id: string('RouteTableId', { read: false }),
    destination_cidr_block: string('DestinationCidrBlock'),
    destination_ipv6_cidr_block: string('DestinationIpv6CidrBlock'),
    destination_prefix_list_id: string('DestinationPrefixListId'),
    carrier_gateway_id: target('carrier_gateway_id'),
    core_network_arn: target('core_network_arn'),
    egress_only_gateway_id: target('egress_only_gateway_id'),
    gateway_id: target('gateway_id'),
    local_gateway_id: target('local_gateway_id'),
    nat_gateway_id: target('nat_gateway_id'),
    network_interface_id: target('network_interface_id'),
    transit_gateway_id: target('transit_gateway_id'),
    vpc_endpoint_id: target('vpc_endpoint_id'),
    vpc_peering_connection_id: target('vpc_peering_connection_id'),
    instance_id: string('InstanceId', { create: false }),
    instance_owner_id: string('InstanceOwnerId', { create: false }),
    origin: string('Origin', { create: false }),
    state: string('State', { create: false }),
  },

  async create(op, request, planned) {
    await op.retry(isUnknownId, () => op.api.call('ec2', 'CreateRoute', request as never), propagationMs)
    return routeId(planned.route_table_id!, destinationText(planned)!)
  },

  async find({ api }, _id, state): Promise<Remote | undefined> {
    const table = await routeTables(api).load(state.route_table_id!)
    const wanted = destinationText(state)
    const found = table?.Routes?.find((r) => destinationOf(r) === wanted)
    return found === undefined ? undefined : { ...found, Targets: targetsOf(found) }
  },

  updates: {
    async target(op, { request, planned }) {
      const at = { RouteTableId: planned.route_table_id!, ...destinationMember(planned) }
      await op.retry(isUnknownId, () => op.api.call('ec2', 'ReplaceRoute', { ...at, ...withoutEmpty(request) }), propagationMs)
    },
  },

  async delete({ api }, _id, state) {
    await api.call('ec2', 'DeleteRoute', { RouteTableId: state.route_table_id!, ...destinationMember(state) }).catch((error: unknown) => {
      if (!isAwsError(error, 'InvalidRoute.NotFound', 'InvalidRouteTableID.NotFound')) throw error
    })
  },
  waitGone: true,

  validate: (config) => [
    ...exactlyOne(config, Object.keys(destinations)),
    ...exactlyOne(
      config,
      Object.keys(targets).filter((name) => name !== 'instance_id'),
    ),
  ],

  importId(id) {
    const [route_table_id, destination] = [id.slice(0, id.indexOf('_')), id.slice(id.indexOf('_') + 1)]
    if (!id.includes('_') || destination === '') return undefined
    const name = destination.startsWith('pl-')
      ? 'destination_prefix_list_id'
      : destination.includes(':')
        ? 'destination_ipv6_cidr_block'
        : 'destination_cidr_block'
    return { id: routeId(route_table_id, destination), route_table_id, [name]: destination }
  },

  expect: (api, _id, state) => routeTables(api).expect(String(state.route_table_id)),
})

/** As the Go provider makes it: table and a checksum of the destination. */
function routeId(table: string, destination: string): string {
  return `r-${table}${crc32(destination)}`
}

type Destination = Readonly<Record<keyof typeof destinations, string | null>>

function destinationText(state: Destination): string | null {
  return state.destination_cidr_block || state.destination_ipv6_cidr_block || state.destination_prefix_list_id
}

function destinationMember(state: Destination): Record<string, string> {
  const set = Object.entries(destinations).filter(([name]) => state[name as keyof Destination])
  return Object.fromEntries(set.map(([name, member]) => [member, state[name as keyof Destination]!]))
}

function withoutEmpty(request: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== ''))
}

/** Unknown arguments may turn out to be null: they are given the benefit of the doubt. */
function exactlyOne(config: PlainObject, names: readonly string[]) {
  const given = names.filter((name) => (config[name] ?? null) !== null)
  if (given.length === 1) return []
  const list = [...names].sort().join(',')
  const detail =
    given.length === 0
      ? `one of \`${list}\` must be specified`
      : `only one of \`${list}\` can be specified, but \`${[...given].sort().join(',')}\` were specified.`
  return given.some((name) => typeof config[name] === 'symbol') ? [] : [{ summary: 'Invalid combination of arguments', detail }]
}
