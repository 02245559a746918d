import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { type AwsApi, defineResource, string } from '../resource.ts'
import { routeTables } from './_routes.ts'
import { isUnknownId, propagationMs } from './consistency.ts'

type Association = NonNullable<NonNullable<OutputOf<'ec2', 'DescribeRouteTables'>['RouteTables']>[number]['Associations']>[number]

export const routeTableAssociation = defineResource({
  type: 'aws_route_table_association',
  title: 'EC2 Route Table Association',
  rules: 'sdk',
  timeouts: { create: 5, update: 2, delete: 5 },
  fields: {
    gateway_id: string('GatewayId'),
    route_table_id: string('RouteTableId', { update: 'table' }),
    subnet_id: string('SubnetId'),
  },

  async create(op, request) {
    const answer = await op.retry(isUnknownId, () => op.api.call('ec2', 'AssociateRouteTable', request as never), propagationMs)
    return answer.AssociationId!
  },

  ready: (op, id, planned) =>
    op.waitFor('the route table to be associated', async () => {
      const found = await findAssociation(op.api, id, planned)
      const state = found?.AssociationState
      if (state?.State === 'failed') throw new Error(`The association failed: ${state.StatusMessage ?? ''}`)
      return found !== undefined && state?.State !== 'associating' ? true : undefined
    }),

  async find({ api }, id, state): Promise<Association | undefined> {
    const found = await findAssociation(api, id, state)
    return found?.AssociationState?.State === 'disassociated' ? undefined : found
  },

  updates: {
    // The subnet is never without a table, and the association gets another id.
    async table({ api }, { id, planned }) {
      const answer = await api.call('ec2', 'ReplaceRouteTableAssociation', { AssociationId: id, RouteTableId: planned.route_table_id! })
      return answer.NewAssociationId!
    },
  },

  async delete({ api }, id) {
    await api.call('ec2', 'DisassociateRouteTable', { AssociationId: id }).catch((error: unknown) => {
      if (!isAwsError(error, 'InvalidAssociationID.NotFound')) throw error
    })
  },
  waitGone: true,

  validate(config) {
    const given = ['gateway_id', 'subnet_id'].filter((name) => (config[name] ?? null) !== null)
    if (given.length === 1) return []
    const detail =
      given.length === 0
        ? 'one of `gateway_id,subnet_id` must be specified'
        : 'only one of `gateway_id,subnet_id` can be specified, but `gateway_id,subnet_id` were specified.'
    return [{ summary: 'Invalid combination of arguments', detail }]
  },

  importId(id) {
    const [target, table, ...more] = id.split('/')
    if (!target || !table || more.length > 0) return undefined
    return { id, route_table_id: table, ...(target.startsWith('subnet-') ? { subnet_id: target } : { gateway_id: target }) }
  },

  /** Known by table and subnet after an import. */
  finish(state, _prior, remote: Association) {
    state.id = remote.RouteTableAssociationId!
  },

  expect: (api, _id, state) => routeTables(api).expect(String(state.route_table_id)),
})

interface AssociationState {
  readonly route_table_id: string | null
  readonly subnet_id: string | null
  readonly gateway_id: string | null
}

/** Among those of its table, which reads of the table and of its routes share. After an import there is no id yet. */
async function findAssociation(api: AwsApi, id: string, state: AssociationState): Promise<Association | undefined> {
  const table = await routeTables(api).load(state.route_table_id!)
  const isImported = id.includes('/')
  return table?.Associations?.find((a) => {
    if (!isImported) return a.RouteTableAssociationId === id
    return state.subnet_id ? a.SubnetId === state.subnet_id : a.GatewayId === state.gateway_id
  })
}
