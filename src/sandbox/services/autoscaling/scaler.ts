import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { ec2Call, tryInstance } from '../ec2/from-outside.ts'
import { terminateInstances } from '../ec2/instance.ts'
import { loadBalancers } from '../elb/_rows.ts'
import { deregisterInstances, drainingSeconds, healthOf, registerInstances } from '../elb/target.ts'
import { type GroupRow, groups, type HookRow, hooks, type LifecycleState, type MemberRow, newUuid, policies, timeText } from './_rows.ts'
import { addActivity, endActivity } from './activity.ts'
import { currentTemplate, launchMember } from './launch.ts'
import { stepRefresh } from './refresh.ts'

/** After a launch that failed the next is tried when this much real time has passed: the reason may stay for ever. */
const retrySeconds = 60

/** Has the group looked at: something changed that may matter to it. */
export function wakeGroup(call: Call, name: string): void {
  call.inService('autoscaling').later(0, 'reconcile', name)
}

export function isLeaving(member: MemberRow): boolean {
  return member.state.startsWith('Terminating') || member.state === 'Detaching'
}

/** Members that count as capacity. */
export function liveMembers(group: GroupRow): readonly MemberRow[] {
  return group.members.filter((member) => !isLeaving(member) && member.state !== 'Standby')
}

export function patchMember(call: Call, group: string, id: string, changes: Partial<MemberRow>): void {
  const row = groups(call).get(group)
  if (row === undefined) return
  groups(call).patch(group, { members: row.members.map((member) => (member.id === id ? { ...member, ...changes } : member)) })
}

export function dropMember(call: Call, group: string, id: string): void {
  const row = groups(call).get(group)
  if (row !== undefined) groups(call).patch(group, { members: row.members.filter((member) => member.id !== id) })
}

export function groupOfInstance(call: Call, id: string): { readonly group: GroupRow; readonly member: MemberRow } | undefined {
  for (const group of groups(call).values()) {
    const member = group.members.find((one) => one.id === id)
    if (member !== undefined) return { group, member }
  }
  return undefined
}

function allows(group: GroupRow, ...processes: readonly string[]): boolean {
  return !processes.some((process) => group.suspended.includes(process))
}

/** Brings the number of instances to what is desired, and replaces those that are unhealthy. */
function reconcile(name: string, call: Call): void {
  const group = groups(call).get(name)
  if (group === undefined) return
  if (allows(group, 'ReplaceUnhealthy', 'Terminate'))
    for (const member of liveMembers(group)) if (!member.isHealthy) takeOut(call, name, member, unhealthyCause(call, member))
  const now = groups(call).get(name)!
  const live = liveMembers(now)
  if (live.length < now.desired && allows(now, 'Launch')) launch(call, name, now.desired)
  else if (live.length > now.desired && allows(now, 'Terminate')) shrink(call, now, live)
  finishDeletion(call, name)
  stepRefresh(call, name)
}

function unhealthyCause(call: Call, member: MemberRow): string {
  const state = tryInstance(call, member.id)?.state
  const why =
    state === 'running' || state === 'pending'
      ? 'an ELB system health check failure'
      : 'an EC2 health check indicating it has been terminated or stopped'
  return `At ${timeText(call.now)} an instance was taken out of service in response to ${why}.`
}

function launch(call: Call, name: string, desired: number): void {
  for (let count = liveMembers(groups(call).get(name)!).length; count < desired; count++) {
    const group = groups(call).get(name)!
    const cause = `At ${timeText(call.now)} an instance was started in response to a difference between desired and actual capacity, increasing the capacity from ${count} to ${count + 1}.`
    try {
      const instance = launchMember(call, group)
      const zone = instance.placement.AvailabilityZone!
      const activity = addActivity(call, group, {
        description: `Launching a new EC2 instance: ${instance.id}`,
        cause,
        status: 'PreInService',
        subnet: instance.subnetId,
        zone,
      })
      const member: MemberRow = {
        id: instance.id,
        type: instance.type,
        zone,
        state: 'Pending',
        isHealthy: true,
        isProtected: group.protectNew,
        template: currentTemplate(call, group.launch),
        configuration: group.launch.kind === 'configuration' ? group.launch.name : undefined,
        launched: call.now,
        activity: activity.id,
      }
      groups(call).patch(name, { members: [...group.members, member] })
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      const message = `${error.message} Launching EC2 instance failed.`
      addActivity(call, group, {
        description: `Launching a new EC2 instance.  Status Reason: ${message}`,
        cause,
        status: 'Failed',
        message,
      })
      call.inService('autoscaling').linger(retrySeconds, 'reconcile', name)
      return
    }
  }
}

function shrink(call: Call, group: GroupRow, live: readonly MemberRow[]): void {
  const surplus = live.length - group.desired
  const free = live.filter((member) => !member.isProtected || group.isDeleting)
  const victims = chooseVictims(call, group, free, surplus)
  for (const [i, member] of victims.entries()) {
    const cause = `At ${timeText(call.now)} an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from ${live.length - i} to ${live.length - i - 1}.`
    takeOut(call, group.id, member, cause)
  }
}

/** @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html */
function chooseVictims(call: Call, group: GroupRow, candidates: readonly MemberRow[], count: number): readonly MemberRow[] {
  const left = [...candidates]
  const victims: MemberRow[] = []
  const current = group.launch.kind === 'configuration' ? undefined : currentTemplate(call, group.launch)?.version
  const isOutdated = (member: MemberRow) =>
    group.launch.kind === 'configuration' ? member.configuration !== group.launch.name : member.template?.version !== current
  const age = (member: MemberRow) => member.launched.getTime()
  while (victims.length < count && left.length > 0) {
    const inZone = (zone: string) => left.filter((member) => member.zone === zone).length
    const policy = group.terminationPolicies[0] ?? 'Default'
    left.sort((a, b) => {
      if (policy === 'OldestInstance') return age(a) - age(b)
      if (policy === 'NewestInstance') return age(b) - age(a)
      return inZone(b.zone) - inZone(a.zone) || Number(isOutdated(b)) - Number(isOutdated(a)) || age(a) - age(b)
    })
    victims.push(left.shift()!)
  }
  return victims
}

/** Takes an instance out of the group: out of its load balancers first, then past the hooks, then it is terminated. */
export function takeOut(call: Call, name: string, member: MemberRow, cause: string): string {
  const group = groups(call).get(name)!
  endActivity(call, member.activity, 'Cancelled')
  const activity = addActivity(call, group, {
    description: `Terminating EC2 instance: ${member.id}`,
    cause,
    status: 'InProgress',
    subnet: tryInstance(call, member.id)?.subnetId,
    zone: member.zone,
  })
  patchMember(call, name, member.id, { state: 'Terminating', activity: activity.id })
  call.inService('autoscaling').later(leaveLoadBalancers(call, group, member.id), 'leave', member.id)
  return activity.id
}

/** Seconds until the connections to an instance are drained. */
export function leaveLoadBalancers(call: Call, group: GroupRow, id: string): number {
  let seconds = 0
  for (const name of group.loadBalancers) {
    if (
      loadBalancers(call)
        .get(name)
        ?.targets.some((target) => target.instanceId === id) !== true
    )
      continue
    deregisterInstances(call, name, [id])
    seconds = Math.max(seconds, drainingSeconds(call, name))
  }
  return seconds
}

export function joinLoadBalancers(call: Call, group: GroupRow, ids: readonly string[]): void {
  for (const name of group.loadBalancers) if (loadBalancers(call).get(name) !== undefined) registerInstances(call, name, ids)
}

function hookOf(call: Call, group: string, transition: HookRow['transition']): HookRow | undefined {
  return [...hooks(call).values()].find((hook) => hook.group === group && hook.transition === transition)
}

/** Lets an instance wait for whoever heeds a hook; false when there is none. In real time: the default may be to try again. */
function waitAt(call: Call, group: string, member: MemberRow, transition: HookRow['transition'], state: LifecycleState): boolean {
  const hook = hookOf(call, group, transition)
  if (hook === undefined) return false
  const hookToken = newUuid(call)
  patchMember(call, group, member.id, { state, hookToken })
  call.inService('autoscaling').linger(hook.heartbeat, 'hook-timeout', `${member.id} ${hookToken} ${hook.result}`)
  return true
}

/** Ends the waiting at a hook. */
export function proceed(call: Call, group: string, member: MemberRow, result: string): void {
  const { hookToken: _, ...rest } = member
  if (member.state === 'Pending:Wait') {
    if (result === 'CONTINUE') enterService(call, group, rest)
    else
      takeOut(
        call,
        group,
        rest,
        `At ${timeText(call.now)} an instance was taken out of service because a launch was abandoned by a lifecycle hook.`,
      )
    wakeGroup(call, group)
  } else if (member.state === 'Terminating:Wait') end(call, group, rest)
}

function enterService(call: Call, group: string, member: MemberRow): void {
  const row = groups(call).get(group)!
  groups(call).patch(group, { members: row.members.map((one) => (one.id === member.id ? { ...member, state: 'InService' } : one)) })
  endActivity(call, member.activity)
  if (allows(row, 'AddToLoadBalancer')) joinLoadBalancers(call, row, [member.id])
  wakeGroup(call, group)
}

function end(call: Call, group: string, member: MemberRow): void {
  const row = groups(call).get(group)!
  groups(call).patch(group, {
    members: row.members.map((one) => (one.id === member.id ? { ...member, state: 'Terminating:Proceed' } : one)),
  })
  const instance = tryInstance(call, member.id)
  if (instance === undefined || instance.state === 'terminated') gone(call, group, member)
  else terminateInstances(ec2Call(call), [member.id])
}

function gone(call: Call, group: string, member: MemberRow): void {
  endActivity(
    call,
    groups(call)
      .get(group)!
      .members.find((one) => one.id === member.id)?.activity ?? '',
  )
  dropMember(call, group, member.id)
  wakeGroup(call, group)
}

/** A group that is being deleted is gone when its last instance is. */
export function finishDeletion(call: Call, name: string): void {
  const group = groups(call).get(name)
  if (group?.isDeleting !== true || group.members.length > 0) return
  groups(call).delete(name)
  for (const hook of [...hooks(call).values()]) if (hook.group === name) hooks(call).delete(hook.id)
  for (const policy of [...policies(call).values()]) if (policy.group === name) policies(call).delete(policy.id)
}

function subject(
  text: string,
  call: Call,
): { readonly group: string; readonly member: MemberRow; readonly rest: readonly string[] } | undefined {
  const [id, ...rest] = text.split(' ') as [string, ...string[]]
  const found = groupOfInstance(call, id)
  return found === undefined ? undefined : { group: found.group.id, member: found.member, rest }
}

export const scalerEvents = {
  reconcile,

  /** Connections are drained. */
  leave(text: string, call: Call): void {
    const found = subject(text, call)
    if (found === undefined || found.member.state !== 'Terminating') return
    const { group, member } = found
    if (!waitAt(call, group, member, 'autoscaling:EC2_INSTANCE_TERMINATING', 'Terminating:Wait')) end(call, group, member)
  },

  'hook-timeout'(text: string, call: Call): void {
    const found = subject(text, call)
    if (found !== undefined && found.member.hookToken === found.rest[0]) proceed(call, found.group, found.member, found.rest[1]!)
  },

  /** EC2: an instance came up, or something else ended it. */
  'instance-changed'(id: string, call: Call): void {
    const found = groupOfInstance(call, id)
    if (found === undefined) return
    const { group, member } = found
    const state = tryInstance(call, id)?.state ?? 'terminated'
    if (isLeaving(member)) {
      if (state === 'terminated') gone(call, group.id, member)
    } else if (state === 'running') {
      if (member.state !== 'Pending') return
      if (!waitAt(call, group.id, member, 'autoscaling:EC2_INSTANCE_LAUNCHING', 'Pending:Wait')) enterService(call, group.id, member)
    } else if (state !== 'pending' && member.isHealthy && member.state !== 'Standby' && allows(group, 'HealthCheck')) {
      patchMember(call, group.id, id, { isHealthy: false })
      wakeGroup(call, group.id)
    }
  },

  /** ELB: a target came in service or went out of it; groups that heed that give it time. */
  'target-changed'(text: string, call: Call): void {
    const [, id] = text.split(' ') as [string, string]
    const found = groupOfInstance(call, id)
    if (found === undefined || found.member.state !== 'InService' || !heedsLoadBalancers(found.group)) return
    if (failsAt(call, found.group, id)) call.linger(Math.max(found.group.graceSeconds, 30), 'target-failed', id)
  },

  'target-failed'(text: string, call: Call): void {
    const found = subject(text, call)
    const group = found === undefined ? undefined : groups(call).get(found.group)
    if (found === undefined || group === undefined || found.member.state !== 'InService') return
    if (!heedsLoadBalancers(group) || !allows(group, 'HealthCheck') || !failsAt(call, group, found.member.id)) return
    patchMember(call, group.id, found.member.id, { isHealthy: false })
    wakeGroup(call, group.id)
  },
}

function heedsLoadBalancers(group: GroupRow): boolean {
  return group.healthType.split(',').includes('ELB')
}

function failsAt(call: Call, group: GroupRow, id: string): boolean {
  return group.loadBalancers.some((name) => {
    const row = loadBalancers(call).get(name)
    const isTarget = row?.targets.some((target) => target.instanceId === id) === true
    return isTarget && healthOf(call, row!, id).State !== 'InService'
  })
}
