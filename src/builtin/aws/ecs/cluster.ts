import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { Lookup } from '../../../providers/kit/index.ts'
import { type AwsApi, blocks, bool, defineResource, string } from '../resource.ts'
import { ecsTags } from './tags.ts'

type Cluster = NonNullable<OutputOf<'ecs', 'DescribeClusters'>['clusters']>[number]

/** By ARN or name. */
export function clusters(api: AwsApi): Lookup<Cluster> {
  return api.lookup(
    'DescribeClusters',
    () =>
      new Lookup(async (names) => {
        const answer = await api.call('ecs', 'DescribeClusters', { clusters: [...names], include: ['TAGS', 'CONFIGURATIONS', 'SETTINGS'] })
        const found = new Map<string, Cluster>()
        for (const cluster of answer.clusters ?? []) {
          found.set(cluster.clusterArn ?? '', cluster)
          found.set(cluster.clusterName ?? '', cluster)
        }
        return found
      }, 100),
  )
}

const fields = {
  arn: string('clusterArn', { create: false }),
  name: string('clusterName'),
  configuration: blocks(
    'configuration',
    {
      execute_command_configuration: blocks('executeCommandConfiguration', {
        kms_key_id: string('kmsKeyId'),
        logging: string('logging', { default: 'DEFAULT' }),
        log_configuration: blocks('logConfiguration', {
          cloud_watch_encryption_enabled: bool('cloudWatchEncryptionEnabled'),
          cloud_watch_log_group_name: string('cloudWatchLogGroupName'),
          s3_bucket_encryption_enabled: bool('s3EncryptionEnabled'),
          s3_bucket_name: string('s3BucketName'),
          s3_key_prefix: string('s3KeyPrefix'),
        }),
      }),
      managed_storage_configuration: blocks('managedStorageConfiguration', {
        fargate_ephemeral_storage_kms_key_id: string('fargateEphemeralStorageKmsKeyId'),
        kms_key_id: string('kmsKeyId'),
      }),
    },
    { update: 'cluster' },
  ),
  service_connect_defaults: blocks('serviceConnectDefaults', { namespace: string('namespace') }, { update: 'cluster' }),
  setting: blocks('settings[]', { name: string('name'), value: string('value') }, { update: 'cluster' }),
}

export const cluster = defineResource({
  type: 'aws_ecs_cluster',
  title: 'ECS Cluster',
  rules: 'sdk',
  traits: [ecsTags()],
  fields,

  async create(op, request) {
    // The service-linked role that ECS makes for an account's first cluster may not be known everywhere yet.
    const { cluster: made } = await op.retry(
      (error) =>
        isAwsError(error, 'InvalidParameterException') && (error as Error).message.includes('Unable to assume the service linked role'),
      () => op.api.call('ecs', 'CreateCluster', request),
      2 * 60_000,
    )
    return made!.clusterArn!
  },

  ready: (op, id) =>
    op.waitFor('the cluster to become active', async () => ((await clusters(op.api).load(id))?.status === 'ACTIVE' ? true : undefined)),

  async find({ api }, id) {
    const found = await clusters(api).load(id)
    return found?.status === 'INACTIVE' ? undefined : found
  },

  updates: {
    async cluster(op, { id, planned, request, changed }) {
      const removed = changed.has('service_connect_defaults') && (planned.service_connect_defaults ?? []).length === 0
      await op.api.call('ecs', 'UpdateCluster', {
        ...request,
        cluster: id,
        ...(removed ? { serviceConnectDefaults: { namespace: '' } } : {}),
      })
      await op.waitFor('the cluster to become active', async () =>
        (await clusters(op.api).load(id))?.status === 'ACTIVE' ? true : undefined,
      )
    },
  },

  async delete(op, id) {
    const isBusy = (error: unknown) =>
      isAwsError(
        error,
        'ClusterContainsContainerInstancesException',
        'ClusterContainsServicesException',
        'ClusterContainsTasksException',
        'UpdateInProgressException',
      )
    await op
      .retry(isBusy, () => op.api.call('ecs', 'DeleteCluster', { cluster: id }), 10 * 60_000)
      .catch((error: unknown) => {
        if (!isAwsError(error, 'ClusterNotFoundException')) throw error
      })
  },
  waitGone: true,

  finish(state, _prior, remote: Cluster) {
    // Imported by name.
    state.id = remote.clusterArn!
  },

  expect: (api, id) => clusters(api).expect(id),
})
