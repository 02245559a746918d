import type * as AutoScaling from '@aws-sdk/client-auto-scaling'
import type { Call } from '../../kernel/call.ts'
import { pageOf } from '../../kernel/paging.ts'
import { tryInstance } from '../ec2/from-outside.ts'
import { activities, findGroup, type GroupRow, groups, invalid, type MemberRow, timeText } from './_rows.ts'
import { addActivity, describeActivity } from './activity.ts'
import { checkBalancer, describeMember } from './group.ts'
import {
  dropMember,
  groupOfInstance,
  joinLoadBalancers,
  leaveLoadBalancers,
  liveMembers,
  patchMember,
  takeOut,
  wakeGroup,
} from './scaler.ts'

/** Single instances of groups, and the load balancers that all of a group's instances stand behind. */
export const memberOperations = {
  DescribeAutoScalingInstances(input: AutoScaling.DescribeAutoScalingInstancesType, call: Call): AutoScaling.AutoScalingInstancesType {
    const ids = input.InstanceIds ?? []
    const found = [...groups(call).values()].flatMap((group) =>
      group.members
        .filter((member) => ids.length === 0 || ids.includes(member.id))
        .map((member) => ({
          ...describeMember(member),
          AutoScalingGroupName: group.id,
          HealthStatus: member.isHealthy ? 'HEALTHY' : 'UNHEALTHY',
        })),
    )
    const page = pageOf(call, found, input.NextToken, Math.min(input.MaxRecords ?? 50, 50))
    return { AutoScalingInstances: [...page.items], NextToken: page.nextToken }
  },

  TerminateInstanceInAutoScalingGroup(input: AutoScaling.TerminateInstanceInAutoScalingGroupType, call: Call): AutoScaling.ActivityType {
    const { group, member } = findMember(call, input.InstanceId!)
    if (input.ShouldDecrementDesiredCapacity === true) lower(call, group, 1)
    const id = takeOut(
      call,
      group.id,
      member,
      `At ${timeText(call.now)} instance ${member.id} was taken out of service in response to a user request.`,
    )
    wakeGroup(call, group.id)
    return { Activity: describeActivity(activities(call).get(id)!, call) }
  },

  SetInstanceProtection(input: AutoScaling.SetInstanceProtectionQuery, call: Call): object {
    const group = findGroup(call, input.AutoScalingGroupName)
    for (const id of input.InstanceIds ?? []) {
      if (!group.members.some((member) => member.id === id))
        throw invalid(`The instance ${id} is not part of Auto Scaling group ${group.id}.`)
      patchMember(call, group.id, id, { isProtected: input.ProtectedFromScaleIn! })
    }
    wakeGroup(call, group.id)
    return {}
  },

  SetInstanceHealth(input: AutoScaling.SetInstanceHealthQuery, call: Call): object {
    const { group, member } = findMember(call, input.InstanceId!)
    patchMember(call, group.id, member.id, { isHealthy: input.HealthStatus === 'Healthy' })
    wakeGroup(call, group.id)
    return {}
  },

  AttachInstances(input: AutoScaling.AttachInstancesQuery, call: Call): object {
    const group = findGroup(call, input.AutoScalingGroupName)
    const ids = input.InstanceIds ?? []
    if (group.desired + ids.length > group.max)
      throw invalid(
        `AutoScalingGroup ${group.id} has min-size=${group.min}, max-size=${group.max}, and desired-size=${group.desired}. To attach ${ids.length} more instances, please update the AutoScalingGroup sizes appropriately.`,
      )
    const members = ids.map((id): MemberRow => {
      const instance = tryInstance(call, id)
      if (instance?.state !== 'running') throw invalid(`Instance ${id} is not in correct state - Instance is not in running state`)
      if (groupOfInstance(call, id) !== undefined) throw invalid(`Instance ${id} is already part of an AutoScalingGroup`)
      const zone = instance.placement.AvailabilityZone!
      const cause = `At ${timeText(call.now)} an instance was attached in response to user request.`
      const activity = addActivity(call, group, {
        description: `Attaching an existing EC2 instance: ${id}`,
        cause,
        status: 'Successful',
        zone,
      })
      return {
        id,
        type: instance.type,
        zone,
        state: 'InService',
        isHealthy: true,
        isProtected: group.protectNew,
        launched: call.now,
        activity: activity.id,
      }
    })
    const changed = groups(call).patch(group.id, { members: [...group.members, ...members], desired: group.desired + ids.length })
    joinLoadBalancers(call, changed, ids)
    return {}
  },

  DetachInstances(input: AutoScaling.DetachInstancesQuery, call: Call): AutoScaling.DetachInstancesAnswer {
    const group = findGroup(call, input.AutoScalingGroupName)
    const ids = input.InstanceIds ?? []
    if (input.ShouldDecrementDesiredCapacity === true) lower(call, group, ids.length)
    const Activities = ids.map((id) => {
      const member = group.members.find((one) => one.id === id)
      if (member === undefined) throw invalid(`The instance ${id} is not part of Auto Scaling group ${group.id}.`)
      leaveLoadBalancers(call, group, id)
      dropMember(call, group.id, id)
      const cause = `At ${timeText(call.now)} instance ${id} was detached in response to a user request.`
      return describeActivity(
        addActivity(call, group, { description: `Detaching EC2 instance: ${id}`, cause, status: 'Successful', zone: member.zone }),
        call,
      )
    })
    wakeGroup(call, group.id)
    return { Activities }
  },

  AttachLoadBalancers(input: AutoScaling.AttachLoadBalancersType, call: Call): object {
    attachBalancers(call, input.AutoScalingGroupName, input.LoadBalancerNames ?? [])
    return {}
  },

  DetachLoadBalancers(input: AutoScaling.DetachLoadBalancersType, call: Call): object {
    detachBalancers(call, input.AutoScalingGroupName, input.LoadBalancerNames ?? [])
    return {}
  },

  DescribeLoadBalancers(input: AutoScaling.DescribeLoadBalancersRequest, call: Call): AutoScaling.DescribeLoadBalancersResponse {
    const group = findGroup(call, input.AutoScalingGroupName)
    const page = pageOf(call, group.loadBalancers, input.NextToken, input.MaxRecords ?? 100)
    return { LoadBalancers: page.items.map((LoadBalancerName) => ({ LoadBalancerName, State: 'InService' })), NextToken: page.nextToken }
  },

  AttachTrafficSources(input: AutoScaling.AttachTrafficSourcesType, call: Call): object {
    attachBalancers(call, input.AutoScalingGroupName, balancersOf(input.TrafficSources))
    return {}
  },

  DetachTrafficSources(input: AutoScaling.DetachTrafficSourcesType, call: Call): object {
    detachBalancers(call, input.AutoScalingGroupName, balancersOf(input.TrafficSources))
    return {}
  },

  DescribeTrafficSources(input: AutoScaling.DescribeTrafficSourcesRequest, call: Call): AutoScaling.DescribeTrafficSourcesResponse {
    const group = findGroup(call, input.AutoScalingGroupName)
    const wanted = input.TrafficSourceType === undefined || input.TrafficSourceType === 'elb' ? group.loadBalancers : []
    const page = pageOf(call, wanted, input.NextToken, input.MaxRecords ?? 50)
    return {
      TrafficSources: page.items.map((Identifier) => ({ TrafficSource: Identifier, Identifier, Type: 'elb', State: 'InService' })),
      NextToken: page.nextToken,
    }
  },
}

function findMember(call: Call, id: string): { readonly group: GroupRow; readonly member: MemberRow } {
  const found = groupOfInstance(call, id)
  if (found === undefined) throw invalid(`Instance Id not found - No managed instance found for instance ID: ${id}`)
  return found
}

function lower(call: Call, group: GroupRow, by: number): void {
  if (group.desired - by < group.min)
    throw invalid(
      `Currently, desiredSize equals minSize (${group.min}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.`,
    )
  groups(call).patch(group.id, { desired: group.desired - by })
}

/** The sandbox has classic load balancers, and no target groups. */
function balancersOf(sources: readonly AutoScaling.TrafficSourceIdentifier[] | undefined): readonly string[] {
  const foreign = (sources ?? []).find((source) => source.Type !== undefined && source.Type !== 'elb')
  if (foreign !== undefined || (sources ?? []).some((source) => source.Identifier?.startsWith('arn:')))
    throw invalid('One or more target groups not found')
  return (sources ?? []).map((source) => source.Identifier!)
}

function attachBalancers(call: Call, name: string | undefined, balancers: readonly string[]): void {
  const group = findGroup(call, name)
  for (const balancer of balancers) checkBalancer(call, balancer)
  const changed = groups(call).patch(group.id, { loadBalancers: [...new Set([...group.loadBalancers, ...balancers])] })
  joinLoadBalancers(
    call,
    changed,
    liveMembers(changed)
      .filter((member) => member.state === 'InService')
      .map((member) => member.id),
  )
}

function detachBalancers(call: Call, name: string | undefined, balancers: readonly string[]): void {
  const group = findGroup(call, name)
  const missing = balancers.find((balancer) => !group.loadBalancers.includes(balancer))
  if (missing !== undefined) throw invalid(`Trying to remove Load Balancers that are not part of the group: ${missing}`)
  for (const member of group.members) leaveLoadBalancers(call, { ...group, loadBalancers: balancers }, member.id)
  groups(call).patch(group.id, { loadBalancers: group.loadBalancers.filter((balancer) => !balancers.includes(balancer)) })
}
