import type * as Ecs from '@aws-sdk/client-ecs'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { ecsArn, invalidParameter, lastPart, namePattern } from './_names.ts'
import { type ClusterRow, capacityProviders, clusters, containerInstances, services, tasks } from './_rows.ts'
import { registerWaiting } from './container-instance.ts'
import { setTags, tagsOf } from './tags.ts'

const insights = ['enabled', 'disabled', 'enhanced']

export const clusterOperations = {
  /** A cluster that is there already is answered as it is. */
  CreateCluster(input: Ecs.CreateClusterRequest, call: Call): Ecs.CreateClusterResponse {
    const name = input.clusterName ?? 'default'
    if (!namePattern.test(name))
      throw invalidParameter('Cluster name must be at most 255 letters (uppercase and lowercase), numbers, underscores, and hyphens.')
    const known = clusters(call).get(name)
    if (known?.status === 'ACTIVE') return { cluster: describe(known, call, ['TAGS', 'SETTINGS', 'CONFIGURATIONS']) }
    const row = clusters(call).put({
      id: name,
      status: 'ACTIVE',
      settings: checkSettings(input.settings ?? []),
      configuration: input.configuration,
      serviceConnectDefaults: connectDefaults(call, input.serviceConnectDefaults),
      capacityProviders: checkProviders(call, input.capacityProviders ?? []),
      defaultStrategy: input.defaultCapacityProviderStrategy ?? [],
    })
    setTags(call, clusterArn(call, name), input.tags ?? [])
    registerWaiting(call, name)
    return { cluster: describe(row, call, ['TAGS', 'SETTINGS', 'CONFIGURATIONS']) }
  },

  DescribeClusters(input: Ecs.DescribeClustersRequest, call: Call): Ecs.DescribeClustersResponse {
    const names = input.clusters ?? ['default']
    if (names.length > 100) throw invalidParameter('At most 100 clusters can be described in one call.')
    const found: Ecs.Cluster[] = []
    const failures: Ecs.Failure[] = []
    for (const name of names) {
      const row = clusters(call).get(lastPart(name))
      if (row === undefined) failures.push({ arn: clusterArn(call, lastPart(name)), reason: 'MISSING' })
      else found.push(describe(row, call, input.include ?? []))
    }
    return { clusters: found, failures }
  },

  ListClusters(input: Ecs.ListClustersRequest, call: Call): Ecs.ListClustersResponse {
    const arns = [...clusters(call).values()].filter((row) => row.status === 'ACTIVE').map((row) => clusterArn(call, row.id))
    const page = pageOf(call, arns, input.nextToken, input.maxResults ?? 100, 'InvalidParameterException')
    return { clusterArns: [...page.items], nextToken: page.nextToken }
  },

  UpdateCluster(input: Ecs.UpdateClusterRequest, call: Call): Ecs.UpdateClusterResponse {
    const row = findCluster(call, input.cluster)
    const changed = clusters(call).patch(row.id, {
      settings: input.settings === undefined ? row.settings : checkSettings(input.settings),
      configuration: input.configuration ?? row.configuration,
      serviceConnectDefaults:
        input.serviceConnectDefaults === undefined ? row.serviceConnectDefaults : connectDefaults(call, input.serviceConnectDefaults),
    })
    return { cluster: describe(changed, call, ['TAGS', 'SETTINGS', 'CONFIGURATIONS']) }
  },

  UpdateClusterSettings(input: Ecs.UpdateClusterSettingsRequest, call: Call): Ecs.UpdateClusterSettingsResponse {
    const row = findCluster(call, input.cluster)
    const changed = clusters(call).patch(row.id, { settings: checkSettings(input.settings ?? []) })
    return { cluster: describe(changed, call, ['SETTINGS']) }
  },

  PutClusterCapacityProviders(input: Ecs.PutClusterCapacityProvidersRequest, call: Call): Ecs.PutClusterCapacityProvidersResponse {
    const row = findCluster(call, input.cluster)
    const providers = checkProviders(call, input.capacityProviders ?? [])
    const defaultStrategy = input.defaultCapacityProviderStrategy ?? []
    for (const { capacityProvider } of defaultStrategy)
      if (!providers.includes(capacityProvider!))
        throw invalidParameter(
          `The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider with the cluster and try again.`,
        )
    return { cluster: describe(clusters(call).patch(row.id, { capacityProviders: providers, defaultStrategy }), call, ['SETTINGS']) }
  },

  DeleteCluster(input: Ecs.DeleteClusterRequest, call: Call): Ecs.DeleteClusterResponse {
    const row = findCluster(call, input.cluster)
    const inUse = (kind: string, things: string, doing: string) =>
      new AwsError(`ClusterContains${kind}Exception`, `The Cluster cannot be deleted while ${things} are ${doing}.`)
    if ([...containerInstances(call).values()].some((one) => one.cluster === row.id))
      throw inUse('ContainerInstances', 'Container Instances', 'active or draining')
    if ([...services(call).values()].some((one) => one.cluster === row.id && one.status !== 'INACTIVE'))
      throw inUse('Services', 'Services', 'active')
    if ([...tasks(call).values()].some((one) => one.cluster === row.id && one.status !== 'STOPPED')) throw inUse('Tasks', 'Tasks', 'active')
    const gone = clusters(call).patch(row.id, { status: 'INACTIVE', capacityProviders: [], defaultStrategy: [] })
    return { cluster: describe(gone, call, []) }
  },
}

export function clusterArn(call: Call, name: string): string {
  return ecsArn(call, `cluster/${name}`)
}

/** @throws AwsError ClusterNotFoundException, also for clusters that are deleted */
export function findCluster(call: Call, nameOrArn: string | undefined): ClusterRow {
  const row = clusters(call).get(lastPart(nameOrArn ?? 'default'))
  if (row?.status !== 'ACTIVE') throw new AwsError('ClusterNotFoundException', 'Cluster not found.')
  return row
}

function checkSettings(given: readonly Ecs.ClusterSetting[]): readonly Ecs.ClusterSetting[] {
  for (const { name, value } of given) {
    if (name !== 'containerInsights') throw invalidParameter(`Unknown cluster setting '${name}'.`)
    if (!insights.includes(value ?? ''))
      throw invalidParameter(`The value of the setting containerInsights must be one of ${insights.join(', ')}.`)
  }
  return given
}

function checkProviders(call: Call, names: readonly string[]): readonly string[] {
  for (const name of names)
    if (name !== 'FARGATE' && name !== 'FARGATE_SPOT' && capacityProviders(call).get(name)?.status !== 'ACTIVE')
      throw invalidParameter('The specified capacity provider was not found. Specify a valid name or ARN and try again.')
  return names
}

function connectDefaults(
  call: Call,
  given: Ecs.ClusterServiceConnectDefaultsRequest | undefined,
): Ecs.ClusterServiceConnectDefaults | undefined {
  if (given === undefined || given.namespace === '') return undefined
  const { namespace } = given
  if (namespace!.startsWith('arn:')) return { namespace }
  return { namespace: `arn:aws:servicediscovery:${call.region}:${call.account}:namespace/${namespace}` }
}

function describe(row: ClusterRow, call: Call, include: readonly Ecs.ClusterField[]): Ecs.Cluster {
  const running = [...tasks(call).values()].filter((task) => task.cluster === row.id)
  return {
    clusterArn: clusterArn(call, row.id),
    clusterName: row.id,
    status: row.status,
    registeredContainerInstancesCount: [...containerInstances(call).values()].filter((one) => one.cluster === row.id).length,
    runningTasksCount: running.filter((task) => task.status === 'RUNNING').length,
    pendingTasksCount: running.filter((task) => task.status === 'PENDING' || task.status === 'PROVISIONING').length,
    activeServicesCount: [...services(call).values()].filter((one) => one.cluster === row.id && one.status === 'ACTIVE').length,
    statistics: [],
    tags: include.includes('TAGS') ? [...tagsOf(call, clusterArn(call, row.id))] : [],
    settings: include.includes('SETTINGS') ? withInsights(row.settings) : [],
    configuration: include.includes('CONFIGURATIONS') ? row.configuration : undefined,
    capacityProviders: [...row.capacityProviders],
    defaultCapacityProviderStrategy: row.defaultStrategy.map((item) => ({ weight: 0, base: 0, ...item })),
    serviceConnectDefaults: row.serviceConnectDefaults,
  }
}

function withInsights(settings: readonly Ecs.ClusterSetting[]): Ecs.ClusterSetting[] {
  return settings.length > 0 ? [...settings] : [{ name: 'containerInsights', value: 'disabled' }]
}
