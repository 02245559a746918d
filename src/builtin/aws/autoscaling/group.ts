import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { Lookup, parseDurationMs, TimeoutError, waitUntil } from '../../../providers/kit/index.ts'
import { keepMissingBlocks } from '../_blocks.ts'
import { propagationMs } from '../ec2/consistency.ts'
import { loadBalancers } from '../elb/elb.ts'
import { namePrefixOf } from '../names.ts'
import {
  type AwsApi,
  blocks,
  bool,
  type Change,
  defineResource,
  number,
  type Operation,
  type Plain,
  type PlainObject,
  plainEquals,
  type StateOf,
  setting,
  string,
  strings,
  UNKNOWN,
  uniqueName,
} from '../resource.ts'

type Group = NonNullable<OutputOf<'autoscaling', 'DescribeAutoScalingGroups'>['AutoScalingGroups']>[number]

const group = { update: 'group' } as const
const computed = { create: false } as const
const refused = { create: false, readOnly: true, read: () => [] } as const
/** Zero stands for nothing. */
const count = (path: string, options: object = {}) => number(path, { expand: (v) => v || undefined, ...options })

const specification = {
  launch_template_id: string('LaunchTemplateId'),
  launch_template_name: string('LaunchTemplateName'),
  version: string('Version'),
}

const fields = {
  arn: string('AutoScalingGroupARN', computed),
  availability_zones: strings('AvailabilityZones', group),
  capacity_rebalance: bool('CapacityRebalance', { ...group, expand: (v) => v }),
  context: string('Context', group),
  default_cooldown: count('DefaultCooldown', group),
  default_instance_warmup: count('DefaultInstanceWarmup', group),
  desired_capacity: number('DesiredCapacity', group),
  desired_capacity_type: string('DesiredCapacityType', group),
  enabled_metrics: strings('EnabledMetrics[].Metric', { create: false, update: 'metrics', initial: [] }),
  force_delete: bool(undefined, setting),
  force_delete_warm_pool: bool(undefined, setting),
  health_check_grace_period: number('HealthCheckGracePeriod', group),
  health_check_type: string('HealthCheckType', group),
  ignore_failed_scaling_activities: bool(undefined, setting),
  launch_configuration: string('LaunchConfigurationName', group),
  load_balancers: strings('LoadBalancerNames', { update: 'balancers' }),
  max_instance_lifetime: count('MaxInstanceLifetime', group),
  max_size: number('MaxSize', group),
  metrics_granularity: string(undefined, { ...setting, update: 'metrics', initial: '1Minute' }),
  min_elb_capacity: number(undefined, setting),
  min_size: number('MinSize', group),
  name: string('AutoScalingGroupName'),
  name_prefix: string(undefined, { read: (remote: Group) => namePrefixOf(remote.AutoScalingGroupName) }),
  placement_group: string('PlacementGroup', group),
  predicted_capacity: number('PredictedCapacity', computed),
  protect_from_scale_in: bool('NewInstancesProtectedFromScaleIn', group),
  service_linked_role_arn: string('ServiceLinkedRoleARN', group),
  suspended_processes: strings('SuspendedProcesses[].ProcessName', { create: false, update: 'processes', initial: [] }),
  target_group_arns: strings('TargetGroupARNs', { update: 'balancers' }),
  termination_policies: strings('TerminationPolicies', group),
  vpc_zone_identifier: strings('VPCZoneIdentifier', {
    ...group,
    expand: (ids) => (ids.length === 0 ? undefined : ids.join(',')),
    flatten: (text: string) => text.split(',').filter((id) => id !== ''),
  }),
  wait_for_capacity_timeout: string(undefined, setting),
  wait_for_elb_capacity: number(undefined, setting),
  warm_pool_size: number('WarmPoolSize', computed),

  availability_zone_distribution: blocks(
    'AvailabilityZoneDistribution',
    { capacity_distribution_strategy: string('CapacityDistributionStrategy', { default: 'balanced-best-effort' }) },
    group,
  ),
  capacity_reservation_specification: blocks(
    'CapacityReservationSpecification',
    {
      capacity_reservation_preference: string('CapacityReservationPreference'),
      capacity_reservation_target: blocks('CapacityReservationTarget', {
        capacity_reservation_ids: strings('CapacityReservationIds'),
        capacity_reservation_resource_group_arns: strings('CapacityReservationResourceGroupArns'),
      }),
    },
    group,
  ),
  initial_lifecycle_hook: blocks(
    'LifecycleHookSpecificationList[]',
    {
      default_result: string('DefaultResult'),
      heartbeat_timeout: count('HeartbeatTimeout'),
      lifecycle_transition: string('LifecycleTransition'),
      name: string('LifecycleHookName'),
      notification_metadata: string('NotificationMetadata'),
      notification_target_arn: string('NotificationTargetARN'),
      role_arn: string('RoleARN'),
    },
    { read: false },
  ),
  instance_maintenance_policy: blocks(
    'InstanceMaintenancePolicy',
    { max_healthy_percentage: number('MaxHealthyPercentage'), min_healthy_percentage: number('MinHealthyPercentage') },
    group,
  ),
  instance_refresh: blocks(
    undefined,
    {
      strategy: string('Strategy'),
      triggers: strings(),
      preferences: blocks('Preferences', {
        auto_rollback: bool('AutoRollback', { expand: (v) => v || undefined }),
        checkpoint_delay: string('CheckpointDelay', { expand: (v) => (v === '' ? undefined : Number(v)) }),
        instance_warmup: string('InstanceWarmup', { expand: (v) => (v === '' ? undefined : Number(v)) }),
        max_healthy_percentage: count('MaxHealthyPercentage', { default: 100 }),
        min_healthy_percentage: number('MinHealthyPercentage', { default: 90 }),
        scale_in_protected_instances: string('ScaleInProtectedInstances', { default: 'Ignore' }),
        skip_matching: bool('SkipMatching', { default: false }),
        standby_instances: string('StandbyInstances', { default: 'Ignore' }),
      }),
    },
    setting,
  ),
  launch_template: blocks(
    'LaunchTemplate',
    { id: string('LaunchTemplateId'), name: string('LaunchTemplateName'), version: string('Version') },
    { create: false, ...group },
  ),
  mixed_instances_policy: blocks(
    'MixedInstancesPolicy',
    {
      instances_distribution: blocks('InstancesDistribution', {
        on_demand_allocation_strategy: string('OnDemandAllocationStrategy'),
        on_demand_base_capacity: number('OnDemandBaseCapacity'),
        on_demand_percentage_above_base_capacity: number('OnDemandPercentageAboveBaseCapacity'),
        spot_allocation_strategy: string('SpotAllocationStrategy'),
        spot_instance_pools: count('SpotInstancePools'),
        spot_max_price: string('SpotMaxPrice'),
      }),
      launch_template: blocks('LaunchTemplate', {
        launch_template_specification: blocks('LaunchTemplateSpecification', specification),
        override: blocks('Overrides[]', {
          instance_type: string('InstanceType'),
          launch_template_specification: blocks('LaunchTemplateSpecification', specification),
          weighted_capacity: string('WeightedCapacity'),
          instance_requirements: blocks(undefined, {}, refused),
        }),
      }),
    },
    group,
  ),
  tag: blocks('Tags[]', { key: string('Key'), propagate_at_launch: bool('PropagateAtLaunch'), value: string('Value') }, { update: 'tags' }),
  traffic_source: blocks('TrafficSources[]', { identifier: string('Identifier'), type: string('Type') }, { update: 'balancers' }),
  warm_pool: blocks(undefined, {}, refused),
}

type State = StateOf<typeof fields>
type GroupChange = Change<typeof fields>

export function groups(api: AwsApi): Lookup<Group> {
  return api.lookup(
    'DescribeAutoScalingGroups',
    () =>
      new Lookup(async (names) => {
        const found = new Map<string, Group>()
        let NextToken: string | undefined
        do {
          const input = { AutoScalingGroupNames: [...names], MaxRecords: 100, ...(NextToken === undefined ? {} : { NextToken }) }
          const page = await api.call('autoscaling', 'DescribeAutoScalingGroups', input)
          for (const one of page.AutoScalingGroups ?? []) found.set(one.AutoScalingGroupName ?? '', one)
          NextToken = page.NextToken
        } while (NextToken !== undefined && NextToken !== '')
        return found
      }, 100),
  )
}

/** Something that the group needs was made a moment ago. */
function isTooNew(error: unknown): boolean {
  return (
    isAwsError(error, 'ValidationError') &&
    /Invalid IAM Instance Profile|You are not authorized to perform this operation|Unable to validate/.test((error as Error).message)
  )
}

export function isBusy(error: unknown): boolean {
  return isAwsError(error, 'ScalingActivityInProgress', 'ResourceContention')
}

export const autoscalingGroup = defineResource({
  type: 'aws_autoscaling_group',
  title: 'Auto Scaling Group',
  rules: 'sdk',
  timeouts: { update: 10, delete: 10 },
  fields,

  async create(op, request, planned) {
    const AutoScalingGroupName = planned.name || uniqueName(planned.name_prefix || 'terraform-')
    const started = new Date()
    const input = {
      ...request,
      AutoScalingGroupName,
      LaunchTemplate: templateOf(planned),
      MixedInstancesPolicy: onlyIds(request.MixedInstancesPolicy),
      MinSize: planned.min_size ?? 0,
      MaxSize: planned.max_size ?? 0,
      Tags: tagsOf(AutoScalingGroupName, planned.tag),
    }
    await op.retry(isTooNew, () => op.api.call('autoscaling', 'CreateAutoScalingGroup', input as never), propagationMs)
    begun.set(op, started)
    return AutoScalingGroupName
  },

  ready: (op, id, planned) => waitForCapacity(op, id, planned, begun.get(op) ?? new Date(), true),

  find: ({ api }, id) => groups(api).load(id),

  updates: {
    async processes({ api }, { id, prior, planned }) {
      const { added, removed } = difference(prior.suspended_processes, planned.suspended_processes)
      const AutoScalingGroupName = id
      if (removed.length > 0) await api.call('autoscaling', 'ResumeProcesses', { AutoScalingGroupName, ScalingProcesses: removed })
      if (added.length > 0) await api.call('autoscaling', 'SuspendProcesses', { AutoScalingGroupName, ScalingProcesses: added })
    },

    async metrics({ api }, { id, prior, planned }) {
      const { added, removed } = difference(prior.enabled_metrics, planned.enabled_metrics)
      const AutoScalingGroupName = id
      const Granularity = planned.metrics_granularity ?? '1Minute'
      if (removed.length > 0) await api.call('autoscaling', 'DisableMetricsCollection', { AutoScalingGroupName, Metrics: removed })
      if (added.length > 0) await api.call('autoscaling', 'EnableMetricsCollection', { AutoScalingGroupName, Granularity, Metrics: added })
    },

    async tags({ api }, { id, prior, planned }) {
      const after = tagsOf(id, planned.tag)
      const same = (a: object, b: object) => JSON.stringify(a) === JSON.stringify(b)
      const gone = tagsOf(id, prior.tag).filter((tag) => !after.some((other) => other.Key === tag.Key))
      const fresh = after.filter((tag) => !tagsOf(id, prior.tag).some((other) => same(other, tag)))
      if (gone.length > 0) await api.call('autoscaling', 'DeleteTags', { Tags: gone })
      if (fresh.length > 0) await api.call('autoscaling', 'CreateOrUpdateTags', { Tags: fresh })
    },

    group: changeGroup,

    async balancers({ api }, { id, prior, planned }) {
      const AutoScalingGroupName = id
      const sources = (state: State) => (state.traffic_source ?? []).map((one) => `${one.type ?? ''} ${one.identifier}`)
      const sourceOf = (text: string) => {
        const [Type, Identifier] = text.split(' ') as [string, string]
        return { Identifier, ...(Type === '' ? {} : { Type }) }
      }
      const names = difference(prior.load_balancers, planned.load_balancers)
      if (names.removed.length > 0)
        await api.call('autoscaling', 'DetachLoadBalancers', { AutoScalingGroupName, LoadBalancerNames: names.removed })
      if (names.added.length > 0)
        await api.call('autoscaling', 'AttachLoadBalancers', { AutoScalingGroupName, LoadBalancerNames: names.added })
      const arns = difference(prior.target_group_arns, planned.target_group_arns)
      if (arns.removed.length > 0)
        await api.call('autoscaling', 'DetachLoadBalancerTargetGroups', { AutoScalingGroupName, TargetGroupARNs: arns.removed })
      if (arns.added.length > 0)
        await api.call('autoscaling', 'AttachLoadBalancerTargetGroups', { AutoScalingGroupName, TargetGroupARNs: arns.added })
      const traffic = difference(sources(prior), sources(planned))
      if (traffic.removed.length > 0)
        await api.call('autoscaling', 'DetachTrafficSources', { AutoScalingGroupName, TrafficSources: traffic.removed.map(sourceOf) })
      if (traffic.added.length > 0)
        await api.call('autoscaling', 'AttachTrafficSources', { AutoScalingGroupName, TrafficSources: traffic.added.map(sourceOf) })
    },
  },
  afterCreate: ['processes', 'metrics'],

  async delete(op, id, state) {
    const { api } = op
    const found = await groups(api).load(id)
    if (found === undefined) return
    const AutoScalingGroupName = id
    const force = state.force_delete === true
    if (!force) await drain(op, id)
    const ForceDelete = force || state.force_delete_warm_pool === true
    await op
      .retry(
        (error) => isAwsError(error, 'ResourceInUse', 'ScalingActivityInProgress'),
        () => api.call('autoscaling', 'DeleteAutoScalingGroup', { AutoScalingGroupName, ForceDelete }),
      )
      .catch((error: unknown) => {
        if (!isAwsError(error, 'ValidationError') || !(error as Error).message.includes('not found')) throw error
      })
  },
  waitGone: true,

  plan(draft) {
    const { planned, prior, config } = draft
    keepMissingBlocks(draft, 'availability_zone_distribution', 'capacity_reservation_specification')
    planNames(draft.planned, prior, config)
    if (prior === undefined) return
    // Of the three ways to say what instances are made of, the configuration has one.
    for (const name of ['launch_template', 'mixed_instances_policy'] as const)
      if (((config[name] ?? []) as readonly unknown[]).length === 0) planned[name] = ownLaunch(config, name) ? (prior[name] ?? []) : []
    planDistribution(draft.planned, prior)
  },

  validate(config) {
    const has = (name: string) => {
      const value = config[name] ?? null
      return value !== null && !(Array.isArray(value) && value.length === 0)
    }
    const launches = ['launch_configuration', 'launch_template', 'mixed_instances_policy'].filter(has)
    const problems: { summary: string; detail: string }[] = []
    if (launches.length !== 1)
      problems.push({
        summary: 'Invalid combination of arguments',
        detail: `"launch_template": one of launch_configuration,launch_template,mixed_instances_policy must be specified`,
      })
    if (has('name') && has('name_prefix'))
      problems.push({ summary: 'Conflicting configuration arguments', detail: '"name": conflicts with name_prefix' })
    if (has('availability_zones') && has('vpc_zone_identifier'))
      problems.push({ summary: 'Conflicting configuration arguments', detail: '"availability_zones": conflicts with vpc_zone_identifier' })
    for (const name of ['load_balancers', 'target_group_arns'])
      if (has(name) && has('traffic_source'))
        problems.push({ summary: 'Conflicting configuration arguments', detail: `"${name}": conflicts with traffic_source` })
    const target = firstOf(firstOf(config.capacity_reservation_specification)?.capacity_reservation_target)
    const [ids, groups] = ['capacity_reservation_ids', 'capacity_reservation_resource_group_arns']
    if ([ids, groups].every((name) => ((target?.[name!] ?? []) as readonly unknown[]).length > 0))
      problems.push({ summary: 'Conflicting configuration arguments', detail: `"${ids}": conflicts with ${groups}` })
    for (const refresh of (config.instance_refresh ?? []) as readonly PlainObject[]) {
      const triggers = refresh.triggers ?? []
      if (!Array.isArray(triggers) || Object.values(refresh).includes(UNKNOWN)) continue
      for (const trigger of triggers)
        if (typeof trigger === 'string' && !(trigger in config))
          problems.push({ summary: `'${trigger}' is not a recognized parameter name for aws_autoscaling_group`, detail: '' })
    }
    return problems
  },

  finish(state, prior) {
    const policies = state.termination_policies as readonly string[]
    // What AWS does when it is not told otherwise.
    if (policies.length === 1 && policies[0] === 'Default' && ((prior.termination_policies ?? []) as readonly string[]).length === 0)
      state.termination_policies = []
    const zeros = { auto_rollback: false, checkpoint_delay: '', instance_warmup: '' }
    const known = (block: PlainObject) => Object.fromEntries(Object.entries(block).filter(([, value]) => value !== null))
    state.instance_refresh = ((state.instance_refresh ?? []) as readonly PlainObject[]).map((refresh) => ({
      ...refresh,
      preferences: ((refresh.preferences ?? []) as readonly PlainObject[]).map((one) => ({ ...one, ...zeros, ...known(one) })),
    }))
  },

  expect: (api, id) => groups(api).expect(id),
})

/** How long a new instance profile may be unknown to Auto Scaling. */
const profileMs = 2 * 60_000

/** When creation began: activities before it belong to another group of the same name. */
const begun = new WeakMap<object, Date>()

function ownLaunch(config: PlainObject, name: string): boolean {
  const others = ['launch_configuration', 'launch_template', 'mixed_instances_policy'].filter((other) => other !== name)
  return others.every((other) => {
    const value = config[other] ?? null
    return value === null || (Array.isArray(value) && value.length === 0)
  })
}

/** What hashicorp/aws plans as the id of a template that is known by its name. */
const templateIdUnknown = 'unknown'

/** A template of another id has another name, and the other way round. */
function planNames(planned: Record<string, unknown>, prior: PlainObject | undefined, config: PlainObject): void {
  const [wanted, before, after] = [firstOf(config.launch_template), firstOf(prior?.launch_template), firstOf(planned.launch_template)]
  if (wanted !== undefined && after !== undefined) {
    const next = { ...after }
    if (wanted.name === null && before !== undefined && !plainEquals(after.id, before.id)) next.name = UNKNOWN
    if (wanted.id === null && isRenamed(after.name, before?.name)) next.id = templateIdUnknown
    planned.launch_template = [next]
  }
  const specified = (policy: unknown): PlainObject | undefined =>
    firstOf(firstOf(firstOf(policy)?.launch_template)?.launch_template_specification)
  const policy = firstOf(planned.mixed_instances_policy)
  const own = specified(planned.mixed_instances_policy)
  if (own === undefined || !isRenamed(own.launch_template_name, specified(prior?.mixed_instances_policy)?.launch_template_name)) return
  const specification = { ...own, launch_template_id: templateIdUnknown }
  const template = { ...firstOf(policy!.launch_template), launch_template_specification: [specification] }
  planned.mixed_instances_policy = [{ ...policy, launch_template: [template] }]
}

function isRenamed(after: Plain | undefined, before: Plain | undefined): boolean {
  return typeof after === 'string' && after !== '' && after !== before
}

function firstOf(blocks: unknown): PlainObject | undefined {
  return Array.isArray(blocks) && blocks[0] !== UNKNOWN ? (blocks[0] as PlainObject | undefined) : undefined
}

/** How a policy distributes instances is AWS's to say where the configuration does not. */
function planDistribution(planned: Record<string, unknown>, prior: PlainObject): void {
  const [before] = (prior.mixed_instances_policy ?? []) as readonly PlainObject[]
  const [after] = (planned.mixed_instances_policy ?? []) as readonly PlainObject[]
  if (before === undefined || after === undefined || (after.instances_distribution as readonly unknown[]).length > 0) return
  planned.mixed_instances_policy = [{ ...after, instances_distribution: before.instances_distribution ?? [] }]
}

function difference(before: readonly string[] | null, after: readonly string[] | null): { added: string[]; removed: string[] } {
  return {
    added: (after ?? []).filter((one) => !(before ?? []).includes(one)),
    removed: (before ?? []).filter((one) => !(after ?? []).includes(one)),
  }
}

function tagsOf(id: string, tags: State['tag']) {
  return (tags ?? []).map((tag) => ({
    ResourceId: id,
    ResourceType: 'auto-scaling-group',
    Key: tag.key ?? undefined,
    Value: tag.value ?? '',
    PropagateAtLaunch: tag.propagate_at_launch ?? false,
  }))
}

/** A template is named by its id, or by its name: not by both. */
function templateOf(state: State) {
  const [template] = state.launch_template ?? []
  if (template === undefined) return undefined
  const name =
    template.id && template.id !== templateIdUnknown
      ? { LaunchTemplateId: template.id }
      : { LaunchTemplateName: template.name ?? undefined }
  return { ...name, ...(template.version ? { Version: template.version } : {}) }
}

/** The same within a policy. */
function onlyIds(policy: unknown): unknown {
  if (typeof policy !== 'object' || policy === null) return policy
  if (Array.isArray(policy)) return policy.map(onlyIds)
  const { LaunchTemplateName, ...rest } = policy as Record<string, unknown>
  const others = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, onlyIds(value)]))
  if (rest.LaunchTemplateId === templateIdUnknown) delete others.LaunchTemplateId
  return others.LaunchTemplateId === undefined && LaunchTemplateName !== undefined ? { ...others, LaunchTemplateName } : others
}

const launchAttributes = ['launch_template', 'mixed_instances_policy', 'launch_configuration'] as const

async function changeGroup(op: Operation<AwsApi>, { id, planned, request, changed }: GroupChange): Promise<void> {
  const { api } = op
  const started = new Date()
  const input: Record<string, unknown> = { ...request, AutoScalingGroupName: id }
  delete input.LaunchTemplate
  if (changed.has('launch_template')) input.LaunchTemplate = templateOf(planned)
  if (changed.has('mixed_instances_policy')) input.MixedInstancesPolicy = onlyIds(request.MixedInstancesPolicy)
  // What is taken out of a configuration has a value that says so.
  if (changed.has('default_instance_warmup') && !planned.default_instance_warmup) input.DefaultInstanceWarmup = -1
  if (changed.has('max_instance_lifetime') && !planned.max_instance_lifetime) input.MaxInstanceLifetime = 0
  if (changed.has('termination_policies') && (planned.termination_policies ?? []).length === 0) input.TerminationPolicies = ['Default']
  if (changed.has('instance_maintenance_policy') && (planned.instance_maintenance_policy ?? []).length === 0)
    input.InstanceMaintenancePolicy = { MinHealthyPercentage: -1, MaxHealthyPercentage: -1 }
  for (const size of ['min_size', 'max_size', 'desired_capacity'] as const)
    if (changed.has(size))
      input[{ min_size: 'MinSize', max_size: 'MaxSize', desired_capacity: 'DesiredCapacity' }[size]] = planned[size] ?? undefined
  await op.retry(
    (error) => isTooNew(error) || isBusy(error),
    () => api.call('autoscaling', 'UpdateAutoScalingGroup', input as never),
    propagationMs,
  )
  if (changed.has('desired_capacity') || changed.has('min_size')) await waitForCapacity(op, id, planned, started, false)
  const [refresh] = planned.instance_refresh ?? []
  const triggers = refresh?.triggers ?? []
  if (refresh !== undefined && [...changed].some((name) => launchAttributes.includes(name as never) || triggers.includes(name)))
    await startRefresh(op, id, refresh)
}

async function startRefresh(op: Operation<AwsApi>, id: string, refresh: NonNullable<State['instance_refresh']>[number]): Promise<void> {
  const [preferences] = refresh.preferences ?? []
  const seconds = (text: string | null) => (text ? Number(text) : undefined)
  const Preferences =
    preferences === undefined
      ? undefined
      : {
          AutoRollback: preferences.auto_rollback || undefined,
          CheckpointDelay: seconds(preferences.checkpoint_delay),
          InstanceWarmup: seconds(preferences.instance_warmup),
          MaxHealthyPercentage: preferences.max_healthy_percentage || undefined,
          MinHealthyPercentage: preferences.min_healthy_percentage ?? undefined,
          ScaleInProtectedInstances: (preferences.scale_in_protected_instances || undefined) as 'Ignore' | undefined,
          SkipMatching: preferences.skip_matching ?? undefined,
          StandbyInstances: (preferences.standby_instances || undefined) as 'Ignore' | undefined,
        }
  const start = () =>
    op.api.call('autoscaling', 'StartInstanceRefresh', {
      AutoScalingGroupName: id,
      Strategy: (refresh.strategy ?? 'Rolling') as 'Rolling',
      ...(Preferences === undefined ? {} : { Preferences }),
    })
  // One that is under way would go on with what was before.
  await start().catch(async (error: unknown) => {
    if (!isAwsError(error, 'InstanceRefreshInProgress')) throw error
    await op.api.call('autoscaling', 'CancelInstanceRefresh', { AutoScalingGroupName: id })
    await op.retry((again) => isAwsError(again, 'InstanceRefreshInProgress'), start)
  })
}

/** Lets the instances of a group go before the group does. */
async function drain(op: Operation<AwsApi>, id: string): Promise<void> {
  const input = { AutoScalingGroupName: id, MinSize: 0, MaxSize: 0, DesiredCapacity: 0 }
  await op.retry(isBusy, () => op.api.call('autoscaling', 'UpdateAutoScalingGroup', input))
  const protectedOnes = ((await groups(op.api).load(id))?.Instances ?? []).filter((one) => one.ProtectedFromScaleIn === true)
  // Fifty in one call.
  for (let i = 0; i < protectedOnes.length; i += 50) {
    const InstanceIds = protectedOnes.slice(i, i + 50).map((one) => one.InstanceId!)
    await op.api.call('autoscaling', 'SetInstanceProtection', { AutoScalingGroupName: id, InstanceIds, ProtectedFromScaleIn: false })
  }
  await op.waitFor('the instances of the group to be gone', async () => {
    const found = await groups(op.api).load(id)
    return found === undefined || (found.Instances ?? []).length === 0 ? true : undefined
  })
}

/**
 * Waits until the group has the instances that it is to have, healthy and in service, also at its load balancers where that is
 * asked for. A launch that failed ends the waiting, unless failures are to be ignored.
 */
async function waitForCapacity(op: Operation<AwsApi>, id: string, planned: State, since: Date, isNew: boolean): Promise<void> {
  const timeoutMs = parseDurationMs(planned.wait_for_capacity_timeout ?? '10m') ?? 600_000
  if (timeoutMs === 0) return
  const exactElb = planned.wait_for_elb_capacity ?? 0
  const minElb = isNew ? (planned.min_elb_capacity ?? 0) : 0
  let problem = ''
  const look = async (): Promise<true | undefined> => {
    if (planned.ignore_failed_scaling_activities !== true) await failOnActivity(op, id, since)
    const found = await groups(op.api).load(id)
    if (found === undefined) return undefined
    const ready = (found.Instances ?? []).filter((one) => one.LifecycleState === 'InService' && one.HealthStatus === 'Healthy')
    const wanted = found.DesiredCapacity ?? 0
    problem = `want at least ${wanted} healthy instance(s) in Auto Scaling Group, have ${ready.length}`
    if (isNew ? ready.length < wanted : ready.length !== wanted) return undefined
    if (exactElb === 0 && minElb === 0) return true
    const inService = await countInService(op, found)
    problem = `want ${exactElb || `at least ${minElb}`} healthy instance(s) registered to Load Balancer, have ${inService}`
    return (exactElb > 0 ? inService === exactElb : inService >= minElb) ? true : undefined
  }
  const deadlineMs = Date.now() + timeoutMs
  try {
    await waitUntil(look, { pace: op.pace, deadlineMs, signal: op.signal, what: `the capacity of the group (${timeoutMs / 1000} s)` })
  } catch (error) {
    if (error instanceof TimeoutError) throw new TimeoutError(`${error.message}: ${problem}`, { cause: error })
    throw error
  }
}

async function failOnActivity({ api }: Operation<AwsApi>, id: string, since: Date): Promise<void> {
  const { Activities } = await api.call('autoscaling', 'DescribeScalingActivities', { AutoScalingGroupName: id })
  // AWS keeps whole seconds.
  const from = since.getTime() - 1000
  const failed = (Activities ?? []).filter((activity) => activity.StatusCode === 'Failed' && (activity.StartTime?.getTime() ?? 0) > from)
  // A profile that was made a moment ago: Auto Scaling tries again. One that is not there never will be.
  const isEarly = Date.now() - since.getTime() < profileMs
  const fatal = failed.filter((activity) => !isEarly || !activity.StatusMessage?.includes('Invalid IAM Instance Profile'))
  if (fatal.length > 0)
    throw new Error(
      fatal.map((activity) => `scaling activity (${activity.ActivityId}): ${activity.StatusCode}: ${activity.StatusMessage}`).join('\n'),
    )
}

/** Instances of the group that each of its load balancers has in service. */
async function countInService({ api }: Operation<AwsApi>, found: Group): Promise<number> {
  const own = new Set((found.Instances ?? []).map((one) => one.InstanceId))
  const counts = await Promise.all(
    (found.LoadBalancerNames ?? []).map(async (name) => {
      if ((await loadBalancers(api).load(name)) === undefined) return 0
      const { InstanceStates } = await api.call('elb', 'DescribeInstanceHealth', { LoadBalancerName: name })
      return (InstanceStates ?? []).filter((one) => one.State === 'InService' && own.has(one.InstanceId)).length
    }),
  )
  return counts.length === 0 ? 0 : Math.min(...counts)
}
