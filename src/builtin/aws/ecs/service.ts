import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { expandFields, Lookup, TimeoutError } from '../../../providers/kit/index.ts'
import { keepMissingBlocks } from '../_blocks.ts'
import { propagationMs } from '../ec2/consistency.ts'
import {
  type AwsApi,
  blocks,
  bool,
  defineResource,
  number,
  type Operation,
  type PlainObject,
  setting,
  string,
  stringMap,
  strings,
} from '../resource.ts'
import { ecsTags } from './tags.ts'

type Service = NonNullable<OutputOf<'ecs', 'DescribeServices'>['services']>[number]

const update = { update: 'service' } as const

const fields = {
  arn: string('serviceArn', { create: false }),
  availability_zone_rebalancing: string('availabilityZoneRebalancing', update),
  cluster: string('cluster', { read: 'clusterArn' }),
  deployment_maximum_percent: number('deploymentConfiguration.maximumPercent', update),
  deployment_minimum_healthy_percent: number('deploymentConfiguration.minimumHealthyPercent', update),
  desired_count: number('desiredCount', update),
  enable_ecs_managed_tags: bool('enableECSManagedTags', update),
  enable_execute_command: bool('enableExecuteCommand', update),
  force_delete: bool(undefined, setting),
  force_new_deployment: bool(undefined, { ...setting, ...update }),
  health_check_grace_period_seconds: number('healthCheckGracePeriodSeconds', update),
  iam_role: string('role', { read: 'roleArn' }),
  launch_type: string('launchType'),
  name: string('serviceName'),
  platform_version: string('platformVersion', update),
  propagate_tags: string('propagateTags', update),
  scheduling_strategy: string('schedulingStrategy'),
  task_definition: string('taskDefinition', update),
  triggers: stringMap(undefined, { ...setting, ...update }),
  wait_for_steady_state: bool(undefined, setting),

  alarms: blocks(
    'deploymentConfiguration.alarms',
    { alarm_names: strings('alarmNames'), enable: bool('enable'), rollback: bool('rollback') },
    update,
  ),
  capacity_provider_strategy: blocks(
    'capacityProviderStrategy[]',
    { base: number('base'), capacity_provider: string('capacityProvider'), weight: number('weight') },
    update,
  ),
  deployment_circuit_breaker: blocks(
    'deploymentConfiguration.deploymentCircuitBreaker',
    { enable: bool('enable'), rollback: bool('rollback') },
    update,
  ),
  deployment_controller: blocks('deploymentController', { type: string('type', { default: 'ECS' }) }),
  load_balancer: blocks(
    'loadBalancers[]',
    {
      container_name: string('containerName'),
      container_port: number('containerPort'),
      elb_name: string('loadBalancerName'),
      target_group_arn: string('targetGroupArn'),
    },
    update,
  ),
  network_configuration: blocks(
    'networkConfiguration.awsvpcConfiguration',
    {
      assign_public_ip: bool('assignPublicIp', {
        default: false,
        expand: (v) => (v ? 'ENABLED' : 'DISABLED'),
        flatten: (v: string) => v === 'ENABLED',
      }),
      security_groups: strings('securityGroups'),
      subnets: strings('subnets'),
    },
    update,
  ),
  ordered_placement_strategy: blocks(
    'placementStrategy[]',
    {
      field: string('field', { same: (prior, planned) => prior === planned || (isHost(prior) && isHost(planned)) }),
      type: string('type'),
    },
    update,
  ),
  placement_constraints: blocks('placementConstraints[]', { expression: string('expression'), type: string('type') }, update),
  service_registries: blocks(
    'serviceRegistries[]',
    {
      container_name: string('containerName'),
      container_port: number('containerPort', { expand: (v) => v || undefined }),
      port: number('port', { expand: (v) => v || undefined }),
      registry_arn: string('registryArn'),
    },
    update,
  ),
}

/** Two words of ECS for the same. */
function isHost(field: string): boolean {
  return field === 'host' || field === 'instanceId'
}

function clusterOf(id: string, state: { readonly cluster: string | null }): string {
  if (state.cluster) return state.cluster
  return /:service\/([^/]+)\/[^/]+$/.exec(id)?.[1] ?? 'default'
}

/** The services of one cluster, by name or ARN. */
function servicesOf(api: AwsApi, cluster: string): Lookup<Service> {
  return api.lookup(
    `DescribeServices/${cluster}`,
    () =>
      new Lookup(async (names) => {
        const found = new Map<string, Service>()
        const answer = await api
          .call('ecs', 'DescribeServices', { cluster, services: [...names], include: ['TAGS'] })
          .catch((error: unknown) => {
            // A cluster that is gone has no services.
            if (isAwsError(error, 'ClusterNotFoundException')) return { services: [] as Service[] }
            throw error
          })
        for (const service of answer.services ?? []) {
          found.set(service.serviceArn ?? '', service)
          found.set(service.serviceName ?? '', service)
        }
        return found
      }, 10),
  )
}

/** Something that the service needs was made a moment ago. */
function isTooNew(error: unknown): boolean {
  if (isAwsError(error, 'ClusterNotFoundException', 'AccessDeniedException')) return true
  return (
    isAwsError(error, 'InvalidParameterException') &&
    /verify that the ECS service role being passed|does not have an associated load balancer|Unable to assume the service linked role|Unable to assume role/.test(
      (error as Error).message,
    )
  )
}

export const service = defineResource({
  type: 'aws_ecs_service',
  title: 'ECS Service',
  rules: 'sdk',
  timeouts: { create: 20, update: 20, delete: 20 },
  traits: [ecsTags()],
  fields,

  async create(op, request, planned) {
    const input: Record<string, unknown> = { ...request, clientToken: crypto.randomUUID() }
    if (planned.scheduling_strategy === 'DAEMON') delete input.desiredCount
    else input.desiredCount = planned.desired_count ?? 0
    const { service: answer } = await op.retry(isTooNew, () => op.api.call('ecs', 'CreateService', input as never), propagationMs)
    return answer!.serviceArn!
  },

  ready: (op, id, planned) => waitReady(op, id, clusterOf(id, planned), planned.wait_for_steady_state === true),

  async find({ api }, id, state) {
    const found = await servicesOf(api, clusterOf(id, state)).load(id)
    return found?.status === 'INACTIVE' ? undefined : found
  },

  updates: {
    async service(op, { id, planned, changed, request }) {
      const cluster = clusterOf(id, planned)
      const input: Record<string, unknown> = { ...request, ...removals(changed, planned as never), cluster, service: id }
      // Parts of the deployment configuration that are left out would be reset.
      if (request.deploymentConfiguration !== undefined || deploymentParts.some((name) => changed.has(name)))
        input.deploymentConfiguration = expandFields(fields, planned as never, 'update', new Set(deploymentParts)).deploymentConfiguration
      if (planned.scheduling_strategy === 'DAEMON') delete input.desiredCount
      else if (changed.has('desired_count')) input.desiredCount = planned.desired_count ?? 0
      if (planned.force_new_deployment === true) input.forceNewDeployment = true
      await op.retry(isTooNew, () => op.api.call('ecs', 'UpdateService', input as never), propagationMs)
      await waitReady(op, id, cluster, planned.wait_for_steady_state === true)
    },
  },

  async delete(op, id, state) {
    const cluster = clusterOf(id, state)
    const found = await servicesOf(op.api, cluster).load(id)
    if (found === undefined || found.status === 'INACTIVE') return
    if (found.status !== 'DRAINING' && found.schedulingStrategy === 'REPLICA')
      await op.api.call('ecs', 'UpdateService', { cluster, service: id, desiredCount: 0 })
    const isBusy = (error: unknown) =>
      isAwsError(error, 'InvalidParameterException') && (error as Error).message.includes('cannot be stopped while deployments are active')
    const force = state.force_delete === true || found.schedulingStrategy === 'DAEMON'
    await op
      .retry(isBusy, () => op.api.call('ecs', 'DeleteService', { cluster, service: id, force }))
      .catch((error: unknown) => {
        if (!isAwsError(error, 'ServiceNotFoundException', 'ClusterNotFoundException')) throw error
      })
  },
  waitGone: true,

  plan(draft) {
    const { planned, prior, config, inPlace, replace } = draft
    keepMissingBlocks(draft, 'deployment_circuit_breaker', 'deployment_controller', 'alarms')
    // What ECS does with instances that have one task each is its own matter.
    if (planned.scheduling_strategy === 'DAEMON')
      for (const name of ['deployment_maximum_percent', 'deployment_minimum_healthy_percent'])
        if ((config[name] ?? null) === null) planned[name] = prior?.[name] ?? null
    if (prior === undefined) return
    if (planned.propagate_tags === null && prior.propagate_tags === 'NONE') planned.propagate_tags = 'NONE'
    // Tasks of a DAEMON service are counted by its instances.
    if (planned.scheduling_strategy === 'DAEMON') planned.desired_count = prior.desired_count ?? null
    if (typeof prior.task_definition === 'string' && typeof planned.task_definition === 'string') {
      const short = (name: string) => name.slice(name.lastIndexOf('/') + 1)
      if (short(prior.task_definition) === short(planned.task_definition)) planned.task_definition = prior.task_definition
    }
    // Without a forced deployment, triggers say nothing.
    if (config.force_new_deployment !== true) planned.triggers = prior.triggers ?? null
    // Strategies change in place as long as the service is not moved between them and a launch type.
    const had = (prior.capacity_provider_strategy as readonly unknown[]).length > 0
    const has = Array.isArray(planned.capacity_provider_strategy) && planned.capacity_provider_strategy.length > 0
    if (had && has && planned.force_new_deployment === true) inPlace.add('capacity_provider_strategy')
    else if (had !== has) replace.add('capacity_provider_strategy')
  },

  validate(config) {
    const strategy = config.capacity_provider_strategy
    if ((config.launch_type ?? null) !== null && Array.isArray(strategy) && strategy.length > 0)
      return [{ summary: 'Conflicting configuration arguments', detail: '"launch_type": conflicts with capacity_provider_strategy' }]
    return []
  },

  importId(id) {
    const [, cluster, name] = /^([^/]+)\/([^/]+)$/.exec(id) ?? []
    return cluster === undefined ? undefined : { id: name!, cluster }
  },

  finish(state, prior, remote: Service, api) {
    state.id = remote.serviceArn!
    // In the form in which they are configured: as an ARN, or by name.
    const before = (name: string) => (typeof prior[name] === 'string' ? (prior[name] as string) : '')
    const taskDefinition = remote.taskDefinition ?? ''
    const wantsName = before('task_definition') !== '' && !before('task_definition').startsWith('arn:')
    state.task_definition = wantsName ? taskDefinition.slice(taskDefinition.lastIndexOf('/') + 1) : taskDefinition
    const clusterName = remote.clusterArn?.slice(remote.clusterArn.lastIndexOf('/') + 1) ?? ''
    const isImported = before('name') === ''
    state.cluster =
      before('cluster') !== '' && !before('cluster').startsWith('arn:') && !isImported ? clusterName : (remote.clusterArn ?? '')
    if (!before('iam_role').startsWith(`arn:${api.session.partition.id}:iam:`))
      state.iam_role = remote.roleArn === undefined ? null : roleName(remote.roleArn)
    state.triggers = prior.triggers ?? {}
    if (remote.schedulingStrategy === 'DAEMON') state.desired_count = prior.desired_count ?? 0
  },

  expect: (api, id, state) => servicesOf(api, clusterOf(id, state as never)).expect(id),
})

const deploymentParts = [
  'deployment_maximum_percent',
  'deployment_minimum_healthy_percent',
  'alarms',
  'deployment_circuit_breaker',
] as const

/** Lists that became empty are sent as such: what is left out stays as it is. */
function removals(changed: ReadonlySet<string>, planned: PlainObject): Record<string, unknown> {
  const lists = {
    load_balancer: 'loadBalancers',
    service_registries: 'serviceRegistries',
    placement_constraints: 'placementConstraints',
    ordered_placement_strategy: 'placementStrategy',
  }
  const empty = Object.entries(lists).filter(([name]) => changed.has(name) && (planned[name] as readonly unknown[]).length === 0)
  return Object.fromEntries(empty.map(([, path]) => [path, []]))
}

/** A role without a path by its name; one with a path as path and name. */
function roleName(arn: string): string {
  const parts = arn.split('/')
  if (parts.length < 2) return ''
  return parts.length === 2 ? parts[1]! : `/${parts.slice(1).join('/')}`
}

/** Waits until a service is active and, when asked for, steady: one deployment, with all its tasks running. */
async function waitReady(op: Operation<AwsApi>, id: string, cluster: string, steady: boolean): Promise<void> {
  let last: Service | undefined
  try {
    await op.waitFor(steady ? 'the service to reach a steady state' : 'the service to become active', async () => {
      last = await servicesOf(op.api, cluster).load(id)
      if (last?.status !== 'ACTIVE') return undefined
      if (!steady) return true
      const primary = last.deployments?.find((deployment) => deployment.status === 'PRIMARY')
      const failed = last.deployments?.find((deployment) => deployment.rolloutState === 'FAILED')
      if (failed !== undefined) throw new Error(`the deployment failed: ${failed.rolloutStateReason}${recentEvents(last)}`)
      const isSteady = last.deployments?.length === 1 && last.runningCount === last.desiredCount && primary?.rolloutState !== 'IN_PROGRESS'
      return isSteady ? true : undefined
    })
  } catch (error) {
    if (error instanceof TimeoutError) throw new TimeoutError(`${error.message}${recentEvents(last)}`, { cause: error })
    throw error
  }
}

/** What ECS says about a service, the newest first. */
function recentEvents(found: Service | undefined): string {
  const messages = (found?.events ?? []).slice(0, 3).map((event) => event.message)
  return messages.length === 0 ? '' : `. ECS says:\n${messages.join('\n')}`
}
