import type * as AutoScaling from '@aws-sdk/client-auto-scaling'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { rowsOf } from '../ec2/_kind.ts'
import { subnetKind } from '../ec2/_kinds.ts'
import { zonesOf } from '../ec2/_places.ts'
import { ec2Call } from '../ec2/from-outside.ts'
import { loadBalancers } from '../elb/_rows.ts'
import { activities, findGroup, type GroupRow, groups, invalid, type MemberRow, newUuid, type TemplateRow } from './_rows.ts'
import { groupArn } from './activity.ts'
import { launchOf } from './launch.ts'
import { putHook } from './lifecycle-hook.ts'
import { finishDeletion, liveMembers, takeOut, wakeGroup } from './scaler.ts'
import { checkTags } from './tags.ts'

type Create = AutoScaling.CreateAutoScalingGroupType
type Update = AutoScaling.UpdateAutoScalingGroupType

export const groupOperations = {
  CreateAutoScalingGroup(input: Create, call: Call): object {
    const name = input.AutoScalingGroupName!
    if (!/^[\x20-\x39\x3b-\x7e]{1,255}$/.test(name)) throw invalid(`The name '${name}' of the Auto Scaling group is not valid.`)
    if (groups(call).get(name) !== undefined)
      throw new AwsError('AlreadyExists', `AutoScalingGroup by this name already exists - A group with the name ${name} already exists`)
    const launch = launchOf(call, input)
    if (launch === undefined)
      throw invalid(
        'Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.',
      )
    const { zones, subnets } = placesOf(call, input.VPCZoneIdentifier, input.AvailabilityZones)
    const balancers = [
      ...(input.LoadBalancerNames ?? []),
      ...(input.TrafficSources ?? []).filter((source) => source.Type === 'elb').map((source) => source.Identifier!),
    ]
    for (const balancer of balancers) checkBalancer(call, balancer)
    if ((input.TargetGroupARNs ?? []).length > 0) throw invalid('One or more target groups not found')
    const desired = input.DesiredCapacity ?? input.MinSize!
    checkSizes(input.MinSize!, input.MaxSize!, desired)
    const row = groups(call).put({
      id: name,
      uuid: newUuid(call),
      launch,
      min: input.MinSize!,
      max: input.MaxSize!,
      desired,
      cooldown: input.DefaultCooldown ?? 300,
      zones,
      subnets,
      loadBalancers: balancers,
      healthType: input.HealthCheckType ?? 'EC2',
      graceSeconds: input.HealthCheckGracePeriod ?? 0,
      placementGroup: input.PlacementGroup,
      terminationPolicies: input.TerminationPolicies ?? ['Default'],
      protectNew: input.NewInstancesProtectedFromScaleIn ?? false,
      tags: checkTags(input.Tags ?? []),
      roleArn:
        input.ServiceLinkedRoleARN ??
        `arn:aws:iam::${call.account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`,
      suspended: [],
      metrics: [],
      created: call.now,
      isDeleting: false,
      members: [],
      shown: {
        ...shownOf(input),
        AvailabilityZoneDistribution: input.AvailabilityZoneDistribution ?? { CapacityDistributionStrategy: 'balanced-best-effort' },
        AvailabilityZoneImpairmentPolicy: input.AvailabilityZoneImpairmentPolicy ?? {
          ZonalShiftEnabled: false,
          ImpairedZoneHealthCheckBehavior: 'IgnoreUnhealthy',
        },
        CapacityReservationSpecification: input.CapacityReservationSpecification ?? { CapacityReservationPreference: 'default' },
      },
    })
    for (const hook of input.LifecycleHookSpecificationList ?? []) putHook(call, { ...hook, AutoScalingGroupName: name })
    wakeGroup(call, row.id)
    return {}
  },

  UpdateAutoScalingGroup(input: Update, call: Call): object {
    const row = findGroup(call, input.AutoScalingGroupName)
    const min = input.MinSize ?? row.min
    const max = input.MaxSize ?? row.max
    // A count that is not given stays within the new limits.
    const desired = input.DesiredCapacity ?? Math.min(Math.max(row.desired, min), max)
    checkSizes(min, max, desired)
    const places =
      input.VPCZoneIdentifier === undefined && input.AvailabilityZones === undefined
        ? {}
        : placesOf(call, input.VPCZoneIdentifier, input.AvailabilityZones)
    groups(call).patch(row.id, {
      ...places,
      min,
      max,
      desired,
      launch: launchOf(call, input) ?? row.launch,
      cooldown: input.DefaultCooldown ?? row.cooldown,
      healthType: input.HealthCheckType ?? row.healthType,
      graceSeconds: input.HealthCheckGracePeriod ?? row.graceSeconds,
      placementGroup: input.PlacementGroup ?? row.placementGroup,
      terminationPolicies: input.TerminationPolicies ?? row.terminationPolicies,
      protectNew: input.NewInstancesProtectedFromScaleIn ?? row.protectNew,
      roleArn: input.ServiceLinkedRoleARN ?? row.roleArn,
      shown: { ...row.shown, ...shownOf(input) },
    })
    wakeGroup(call, row.id)
    return {}
  },

  SetDesiredCapacity(input: AutoScaling.SetDesiredCapacityType, call: Call): object {
    const row = findGroup(call, input.AutoScalingGroupName)
    const desired = input.DesiredCapacity!
    if (desired < row.min) throw invalid(`New SetDesiredCapacity value ${desired} is below min value ${row.min} for the AutoScalingGroup.`)
    if (desired > row.max) throw invalid(`New SetDesiredCapacity value ${desired} is above max value ${row.max} for the AutoScalingGroup.`)
    groups(call).patch(row.id, { desired })
    wakeGroup(call, row.id)
    return {}
  },

  /** Names that nothing has are passed over. */
  DescribeAutoScalingGroups(input: AutoScaling.AutoScalingGroupNamesType, call: Call): AutoScaling.AutoScalingGroupsType {
    const names = input.AutoScalingGroupNames ?? []
    const found = [...groups(call).values()].filter(
      (row) => (names.length === 0 || names.includes(row.id)) && (input.Filters ?? []).every((filter) => fits(row, filter)),
    )
    const page = pageOf(call, found, input.NextToken, Math.min(input.MaxRecords ?? 50, 100))
    return { AutoScalingGroups: page.items.map((row) => describe(row, call)), NextToken: page.nextToken }
  },

  DeleteAutoScalingGroup(input: AutoScaling.DeleteAutoScalingGroupType, call: Call): object {
    const row = findGroup(call, input.AutoScalingGroupName)
    if (input.ForceDelete !== true && row.members.length > 0)
      throw new AwsError(
        'ResourceInUse',
        'You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.',
      )
    const running = [...activities(call).values()].some((activity) => activity.group === row.id && activity.end === undefined)
    if (input.ForceDelete !== true && running)
      throw new AwsError(
        'ScalingActivityInProgress',
        'You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.',
      )
    groups(call).patch(row.id, { isDeleting: true, min: 0, max: 0, desired: 0 })
    for (const member of liveMembers(row)) takeOut(call, row.id, member, 'The Auto Scaling group is being deleted.')
    finishDeletion(call, row.id)
    return {}
  },

  SuspendProcesses(input: AutoScaling.ScalingProcessQuery, call: Call): object {
    const row = findGroup(call, input.AutoScalingGroupName)
    groups(call).patch(row.id, { suspended: [...new Set([...row.suspended, ...processesOf(input)])] })
    return {}
  },

  ResumeProcesses(input: AutoScaling.ScalingProcessQuery, call: Call): object {
    const row = findGroup(call, input.AutoScalingGroupName)
    const resumed = processesOf(input)
    groups(call).patch(row.id, { suspended: row.suspended.filter((name) => !resumed.includes(name)) })
    wakeGroup(call, row.id)
    return {}
  },

  EnableMetricsCollection(input: AutoScaling.EnableMetricsCollectionQuery, call: Call): object {
    const row = findGroup(call, input.AutoScalingGroupName)
    const chosen = metricsOf(input.Metrics)
    groups(call).patch(row.id, { metrics: [...new Set([...row.metrics, ...chosen])] })
    return {}
  },

  DisableMetricsCollection(input: AutoScaling.DisableMetricsCollectionQuery, call: Call): object {
    const row = findGroup(call, input.AutoScalingGroupName)
    const gone = metricsOf(input.Metrics)
    groups(call).patch(row.id, { metrics: row.metrics.filter((name) => !gone.includes(name)) })
    return {}
  },
}

const processes = [
  'Launch',
  'Terminate',
  'AddToLoadBalancer',
  'AlarmNotification',
  'AZRebalance',
  'HealthCheck',
  'InstanceRefresh',
  'ReplaceUnhealthy',
  'ScheduledActions',
]

function processesOf({ ScalingProcesses }: AutoScaling.ScalingProcessQuery): readonly string[] {
  const given = ScalingProcesses ?? []
  const unknown = given.find((name) => !processes.includes(name))
  if (unknown !== undefined) throw invalid(`Process ${unknown} is not a valid process type.`)
  return given.length === 0 ? processes : given
}

const metrics = [
  'GroupMinSize',
  'GroupMaxSize',
  'GroupDesiredCapacity',
  'GroupInServiceInstances',
  'GroupInServiceCapacity',
  'GroupPendingInstances',
  'GroupPendingCapacity',
  'GroupStandbyInstances',
  'GroupStandbyCapacity',
  'GroupTerminatingInstances',
  'GroupTerminatingCapacity',
  'GroupTotalInstances',
  'GroupTotalCapacity',
  'GroupAndWarmPoolDesiredCapacity',
  'GroupAndWarmPoolTotalCapacity',
  'WarmPoolDesiredCapacity',
  'WarmPoolMinSize',
  'WarmPoolPendingCapacity',
  'WarmPoolTerminatingCapacity',
  'WarmPoolTotalCapacity',
  'WarmPoolWarmedCapacity',
]

function metricsOf(given: readonly string[] | undefined): readonly string[] {
  const unknown = given?.find((name) => !metrics.includes(name))
  if (unknown !== undefined) throw invalid(`Metric ${unknown} is not a valid metric.`)
  return given === undefined || given.length === 0 ? metrics : given
}

function checkSizes(min: number, max: number, desired: number): void {
  if (min < 0 || max < 0) throw invalid('Size of an Auto Scaling group cannot be negative.')
  if (min > max) throw invalid(`Max bound, ${max}, must be greater than or equal to min bound, ${min}`)
  if (desired < min || desired > max)
    throw invalid(`Desired capacity:${desired} must be between the specified min size:${min} and max size:${max}`)
}

/** Subnets and their zones, or the zones whose default subnets are used. */
function placesOf(
  call: Call,
  identifier: string | undefined,
  zoneNames: readonly string[] | undefined,
): Pick<GroupRow, 'zones' | 'subnets'> {
  const table = rowsOf(subnetKind, ec2Call(call))
  const subnets = (identifier ?? '')
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '')
  const zones = [...new Set(subnets.map((id) => zoneOfSubnet(id, table.get(id)?.zone)))].sort()
  const known = zonesOf(call).map((zone) => zone.ZoneName)
  for (const zone of zoneNames ?? []) if (!known.includes(zone)) throw invalid(`Invalid availability zones ${zone}`)
  if (subnets.length === 0 && (zoneNames ?? []).length === 0) throw invalid('At least one Availability Zone or VPC Subnet is required.')
  if (subnets.length === 0) return { subnets, zones: [...zoneNames!].sort() }
  if (zoneNames !== undefined && zoneNames.length > 0 && [...zoneNames].sort().join() !== zones.join())
    throw invalid('The availability zones of the specified subnets and the Auto Scaling group do not match')
  return { subnets, zones }
}

function zoneOfSubnet(id: string, zone: string | undefined): string {
  if (zone === undefined) throw invalid(`The subnet ID '${id}' does not exist`)
  return zone
}

export function checkBalancer(call: Call, name: string): void {
  if (loadBalancers(call).get(name) === undefined)
    throw invalid(`Provided Load Balancers may not be valid. Please ensure they exist and try again.`)
}

function shownOf(input: Create | Update): GroupRow['shown'] {
  const names = [
    'CapacityRebalance',
    'MaxInstanceLifetime',
    'Context',
    'DesiredCapacityType',
    'DefaultInstanceWarmup',
    'InstanceMaintenancePolicy',
    'AvailabilityZoneDistribution',
    'AvailabilityZoneImpairmentPolicy',
    'CapacityReservationSpecification',
  ] as const
  const given: Record<string, unknown> = {}
  for (const name of names) if (input[name] !== undefined) given[name] = input[name]
  // -1 takes an instance warm-up back.
  if (given.DefaultInstanceWarmup === -1) given.DefaultInstanceWarmup = undefined
  if (given.MaxInstanceLifetime === 0) given.MaxInstanceLifetime = undefined
  return given
}

function fits(row: GroupRow, filter: AutoScaling.Filter): boolean {
  const values = filter.Values ?? []
  const name = filter.Name ?? ''
  if (name === 'tag-key') return row.tags.some((tag) => values.includes(tag.key))
  if (name === 'tag-value') return row.tags.some((tag) => values.includes(tag.value))
  if (name.startsWith('tag:')) return row.tags.some((tag) => tag.key === name.slice(4) && values.includes(tag.value))
  throw invalid(`Filter type ${name} is not correct. Allowed Filter types are: [tag-key, tag-value, tag:<key>]`)
}

function specificationOf(template: TemplateRow): AutoScaling.LaunchTemplateSpecification {
  return { LaunchTemplateId: template.id, LaunchTemplateName: template.name, Version: template.version }
}

export function describeMember(member: MemberRow): AutoScaling.Instance {
  return {
    InstanceId: member.id,
    InstanceType: member.type,
    AvailabilityZone: member.zone,
    LifecycleState: member.state,
    HealthStatus: member.isHealthy ? 'Healthy' : 'Unhealthy',
    LaunchTemplate: member.template === undefined ? undefined : specificationOf(member.template),
    LaunchConfigurationName: member.configuration,
    ProtectedFromScaleIn: member.isProtected,
  }
}

function describe(row: GroupRow, call: Call): AutoScaling.AutoScalingGroup {
  const { launch } = row
  return {
    ...row.shown,
    AutoScalingGroupName: row.id,
    AutoScalingGroupARN: groupArn(call, row),
    LaunchConfigurationName: launch.kind === 'configuration' ? launch.name : undefined,
    LaunchTemplate: launch.kind === 'template' ? specificationOf(launch.template) : undefined,
    MixedInstancesPolicy: launch.kind === 'mixed' ? launch.policy : undefined,
    MinSize: row.min,
    MaxSize: row.max,
    DesiredCapacity: row.desired,
    DefaultCooldown: row.cooldown,
    AvailabilityZones: [...row.zones],
    LoadBalancerNames: [...row.loadBalancers],
    TargetGroupARNs: [],
    TrafficSources: row.loadBalancers.map((Identifier) => ({ Identifier, Type: 'elb' })),
    HealthCheckType: row.healthType,
    HealthCheckGracePeriod: row.graceSeconds,
    Instances: row.members.map(describeMember),
    CreatedTime: row.created,
    SuspendedProcesses: row.suspended.map((ProcessName) => ({
      ProcessName,
      SuspensionReason: `User suspended at ${row.created.toISOString()}`,
    })),
    PlacementGroup: row.placementGroup,
    VPCZoneIdentifier: row.subnets.join(','),
    EnabledMetrics: row.metrics.map((Metric) => ({ Metric, Granularity: '1Minute' })),
    Status: row.isDeleting ? 'Delete in progress' : undefined,
    Tags: row.tags.map((tag) => ({
      ResourceId: row.id,
      ResourceType: 'auto-scaling-group',
      Key: tag.key,
      Value: tag.value,
      PropagateAtLaunch: tag.atLaunch,
    })),
    TerminationPolicies: [...row.terminationPolicies],
    NewInstancesProtectedFromScaleIn: row.protectNew,
    ServiceLinkedRoleARN: row.roleArn,
  }
}
