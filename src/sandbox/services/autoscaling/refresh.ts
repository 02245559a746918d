import type * as AutoScaling from '@aws-sdk/client-auto-scaling'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { findGroup, groups, newUuid, type RefreshRow, refreshes, timeText } from './_rows.ts'
import { currentTemplate, launchOf } from './launch.ts'
import { liveMembers, takeOut, wakeGroup } from './scaler.ts'

const active: readonly string[] = ['Pending', 'InProgress', 'Cancelling', 'RollbackInProgress']

export const refreshOperations = {
  StartInstanceRefresh(input: AutoScaling.StartInstanceRefreshType, call: Call): AutoScaling.StartInstanceRefreshAnswer {
    const group = findGroup(call, input.AutoScalingGroupName)
    if (tryActive(call, group.id) !== undefined)
      throw new AwsError(
        'InstanceRefreshInProgress',
        'An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.',
      )
    const wanted = input.DesiredConfiguration === undefined ? undefined : launchOf(call, input.DesiredConfiguration)
    const launch = wanted ?? group.launch
    if (wanted !== undefined) groups(call).patch(group.id, { launch })
    const preferences = { MinHealthyPercentage: 90, InstanceWarmup: group.graceSeconds, SkipMatching: false, ...input.Preferences }
    const current = currentTemplate(call, launch)
    const left = liveMembers(group)
      .filter(
        (member) =>
          preferences.SkipMatching !== true || member.template?.id !== current?.id || member.template?.version !== current?.version,
      )
      .map((member) => member.id)
    const row = refreshes(call).put({
      id: newUuid(call),
      group: group.id,
      status: 'Pending',
      start: call.now,
      preferences,
      left,
      total: left.length,
    })
    wakeGroup(call, group.id)
    return { InstanceRefreshId: row.id }
  },

  CancelInstanceRefresh(input: AutoScaling.CancelInstanceRefreshType, call: Call): AutoScaling.CancelInstanceRefreshAnswer {
    const row = tryActive(call, findGroup(call, input.AutoScalingGroupName).id)
    if (row === undefined)
      throw new AwsError(
        'ActiveInstanceRefreshNotFound',
        `No in progress or pending Instance Refresh found for Auto Scaling group ${input.AutoScalingGroupName}`,
      )
    refreshes(call).patch(row.id, { status: 'Cancelled', reason: 'Cancelled due to user request.', end: call.now })
    return { InstanceRefreshId: row.id }
  },

  DescribeInstanceRefreshes(input: AutoScaling.DescribeInstanceRefreshesType, call: Call): AutoScaling.DescribeInstanceRefreshesAnswer {
    const { id } = findGroup(call, input.AutoScalingGroupName)
    const ids = input.InstanceRefreshIds ?? []
    const found = [...refreshes(call).values()].filter((row) => row.group === id && (ids.length === 0 || ids.includes(row.id))).reverse()
    const page = pageOf(call, found, input.NextToken, input.MaxRecords ?? 50)
    return { InstanceRefreshes: page.items.map(describe), NextToken: page.nextToken }
  },
}

function tryActive(call: Call, group: string): RefreshRow | undefined {
  return [...refreshes(call).values()].find((row) => row.group === group && active.includes(row.status))
}

/** Replaces the next instances of a refresh, once those before are replaced. */
export function stepRefresh(call: Call, name: string): void {
  const row = tryActive(call, name)
  const group = groups(call).get(name)
  if (row === undefined || group === undefined) return
  const inService = group.members.filter((member) => member.state === 'InService')
  const left = row.left.filter((id) => inService.some((member) => member.id === id))
  if (left.length === 0 && inService.length >= group.desired) {
    refreshes(call).patch(row.id, { status: 'Successful', left, end: call.now })
    return
  }
  refreshes(call).patch(row.id, { status: 'InProgress', left })
  const least = Math.ceil((group.desired * (row.preferences.MinHealthyPercentage ?? 90)) / 100)
  if (group.members.length !== inService.length || inService.length < group.desired) return
  const count = Math.max(1, inService.length - least)
  for (const id of left.slice(0, count)) {
    const member = inService.find((one) => one.id === id)!
    takeOut(call, name, member, `At ${timeText(call.now)} an instance was taken out of service in response to an instance refresh.`)
  }
  wakeGroup(call, name)
}

function describe(row: RefreshRow): AutoScaling.InstanceRefresh {
  return {
    InstanceRefreshId: row.id,
    AutoScalingGroupName: row.group,
    Status: row.status,
    StatusReason: row.reason,
    StartTime: row.start,
    EndTime: row.end,
    PercentageComplete: row.total === 0 ? 100 : Math.floor(((row.total - row.left.length) * 100) / row.total),
    InstancesToUpdate: row.left.length,
    Preferences: row.preferences,
  }
}
