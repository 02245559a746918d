import { isAwsError } from '../../../aws/index.ts'
import type { AwsApi } from '../api.ts'
import { propagationMs } from '../ec2/consistency.ts'
import { blocks, defineResource, number, type Operation, string, strings } from '../resource.ts'
import { clusters } from './cluster.ts'

type Item = { readonly base: number | null; readonly capacity_provider: string | null; readonly weight: number | null }

const fields = {
  capacity_providers: strings('capacityProviders', { update: 'providers' }),
  cluster_name: string('cluster', { read: 'clusterName' }),
  default_capacity_provider_strategy: blocks(
    'defaultCapacityProviderStrategy[]',
    {
      base: number('base', { default: 0 }),
      capacity_provider: string('capacityProvider'),
      weight: number('weight', { default: 0 }),
    },
    { update: 'providers' },
  ),
}

/** Which capacity a cluster may use: one call says all of it. */
export const clusterCapacityProviders = defineResource({
  type: 'aws_ecs_cluster_capacity_providers',
  title: 'ECS Cluster Capacity Providers',
  rules: 'sdk',
  fields,

  async create(op, _request, planned) {
    await put(op, planned.cluster_name!, planned.capacity_providers ?? [], planned.default_capacity_provider_strategy ?? [])
    return planned.cluster_name!
  },

  async find({ api }, id) {
    const found = await clusters(api).load(id)
    return found?.status === 'INACTIVE' ? undefined : found
  },

  updates: {
    providers: (op, { id, planned }) => put(op, id, planned.capacity_providers ?? [], planned.default_capacity_provider_strategy ?? []),
  },

  async delete(op, id) {
    await put(op, id, [], []).catch((error: unknown) => {
      if (!isAwsError(error, 'ClusterNotFoundException')) throw error
    })
  },

  expect: (api, id) => clusters(api).expect(id),
})

async function put(op: Operation<AwsApi>, cluster: string, capacityProviders: readonly string[], strategy: readonly Item[]): Promise<void> {
  const input = {
    cluster,
    capacityProviders: [...capacityProviders],
    defaultCapacityProviderStrategy: strategy.map((item) => ({
      base: item.base ?? 0,
      weight: item.weight ?? 0,
      capacityProvider: item.capacity_provider!,
    })),
  }
  const isBusy = (error: unknown) => isAwsError(error, 'ResourceInUseException', 'UpdateInProgressException')
  await op.retry(isBusy, () => op.api.call('ecs', 'PutClusterCapacityProviders', input), propagationMs)
  await op.waitFor('the capacity providers of the cluster to be updated', async () =>
    (await clusters(op.api).load(cluster))?.attachmentsStatus === 'UPDATE_IN_PROGRESS' ? undefined : true,
  )
}
