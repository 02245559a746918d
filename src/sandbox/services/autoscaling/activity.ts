import type * as AutoScaling from '@aws-sdk/client-auto-scaling'
import type { Call } from '../../kernel/call.ts'
import { pageOf } from '../../kernel/paging.ts'
import { type ActivityRow, activities, type GroupRow, groups, newUuid } from './_rows.ts'

/** AWS shows the activities of six weeks. */
const keptMs = 42 * 24 * 3600_000

export const activityOperations = {
  DescribeScalingActivities(input: AutoScaling.DescribeScalingActivitiesType, call: Call): AutoScaling.ActivitiesType {
    const ids = input.ActivityIds ?? []
    const found = [...activities(call).values()]
      .filter((row) => input.AutoScalingGroupName === undefined || row.group === input.AutoScalingGroupName)
      .filter((row) => ids.length === 0 || ids.includes(row.id))
      .filter((row) => groups(call).get(row.group) !== undefined || input.IncludeDeletedGroups === true)
      .filter((row) => call.now.getTime() - row.start.getTime() < keptMs)
      .reverse()
    const page = pageOf(call, found, input.NextToken, Math.min(input.MaxRecords ?? 100, 100))
    return { Activities: page.items.map((row) => describeActivity(row, call)), NextToken: page.nextToken }
  },
}

export function describeActivity(row: ActivityRow, call: Call): AutoScaling.Activity {
  const group = groups(call).get(row.group)
  return {
    ActivityId: row.id,
    AutoScalingGroupName: row.group,
    AutoScalingGroupARN: group === undefined ? undefined : groupArn(call, group),
    Description: row.description,
    Cause: row.cause,
    StartTime: row.start,
    EndTime: row.end,
    StatusCode: row.status,
    StatusMessage: row.message,
    Progress: row.end === undefined ? 50 : 100,
    Details: row.details,
  }
}

export function groupArn(call: Call, group: Pick<GroupRow, 'id' | 'uuid'>): string {
  return call.inService('autoscaling').arn(`autoScalingGroup:${group.uuid}:autoScalingGroupName/${group.id}`)
}

export function addActivity(
  call: Call,
  group: GroupRow,
  facts: Pick<ActivityRow, 'description' | 'cause' | 'status' | 'message'> & { readonly subnet?: string; readonly zone?: string },
): ActivityRow {
  const { subnet, zone, ...rest } = facts
  const isOver = rest.status === 'Failed' || rest.status === 'Successful'
  return activities(call).put({
    id: newUuid(call),
    group: group.id,
    ...rest,
    start: call.now,
    ...(isOver ? { end: call.now } : {}),
    details: JSON.stringify({
      ...(subnet === undefined ? {} : { 'Subnet ID': subnet }),
      ...(zone === undefined ? {} : { 'Availability Zone': zone }),
    }),
  })
}

export function endActivity(call: Call, id: string, status: 'Successful' | 'Failed' | 'Cancelled' = 'Successful', message?: string): void {
  const row = activities(call).get(id)
  if (row !== undefined && row.end === undefined) activities(call).patch(id, { status, end: call.now, message })
}
