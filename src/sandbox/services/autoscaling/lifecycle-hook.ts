import type * as AutoScaling from '@aws-sdk/client-auto-scaling'
import type { Call } from '../../kernel/call.ts'
import { findGroup, type HookRow, hooks, invalid } from './_rows.ts'
import { proceed } from './scaler.ts'

const transitions = ['autoscaling:EC2_INSTANCE_LAUNCHING', 'autoscaling:EC2_INSTANCE_TERMINATING'] as const

export const lifecycleHookOperations = {
  PutLifecycleHook(input: AutoScaling.PutLifecycleHookType, call: Call): object {
    putHook(call, input)
    return {}
  },

  DescribeLifecycleHooks(input: AutoScaling.DescribeLifecycleHooksType, call: Call): AutoScaling.DescribeLifecycleHooksAnswer {
    const names = input.LifecycleHookNames ?? []
    const found = [...hooks(call).values()].filter(
      (row) => row.group === input.AutoScalingGroupName && (names.length === 0 || names.includes(row.name)),
    )
    return {
      LifecycleHooks: found.map((row) => ({
        LifecycleHookName: row.name,
        AutoScalingGroupName: row.group,
        LifecycleTransition: row.transition,
        NotificationTargetARN: row.target,
        RoleARN: row.roleArn,
        NotificationMetadata: row.metadata,
        HeartbeatTimeout: row.heartbeat,
        GlobalTimeout: Math.min(row.heartbeat * 100, 172_800),
        DefaultResult: row.result,
      })),
    }
  },

  DeleteLifecycleHook(input: AutoScaling.DeleteLifecycleHookType, call: Call): object {
    const id = `${findGroup(call, input.AutoScalingGroupName).id} ${input.LifecycleHookName}`
    if (hooks(call).get(id) === undefined)
      throw invalid(`No Lifecycle Hook found with name ${input.LifecycleHookName} and AutoScalingGroup ${input.AutoScalingGroupName}`)
    hooks(call).delete(id)
    return {}
  },

  CompleteLifecycleAction(input: AutoScaling.CompleteLifecycleActionType, call: Call): object {
    const group = findGroup(call, input.AutoScalingGroupName)
    const member = group.members.find((one) =>
      input.LifecycleActionToken === undefined ? one.id === input.InstanceId : one.hookToken === input.LifecycleActionToken,
    )
    if (member?.hookToken === undefined) throw invalid(`No active Lifecycle Action found with instance ID ${input.InstanceId ?? 'null'}`)
    proceed(call, group.id, member, input.LifecycleActionResult!)
    return {}
  },
}

export function putHook(call: Call, input: AutoScaling.PutLifecycleHookType): void {
  const group = findGroup(call, input.AutoScalingGroupName)
  const id = `${group.id} ${input.LifecycleHookName}`
  const known = hooks(call).get(id)
  const transition = input.LifecycleTransition ?? known?.transition
  if (transition === undefined) throw invalid('LifecycleTransition must be provided to create a new lifecycle hook.')
  if (!transitions.includes(transition as never)) throw invalid(`Invalid lifecycle transition ${transition}.`)
  const heartbeat = input.HeartbeatTimeout ?? known?.heartbeat ?? 3600
  if (heartbeat < 30 || heartbeat > 7200) throw invalid('HeartbeatTimeout must be between 30 and 7200 seconds.')
  hooks(call).put({
    id,
    group: group.id,
    name: input.LifecycleHookName!,
    transition: transition as HookRow['transition'],
    heartbeat,
    result: (input.DefaultResult ?? known?.result ?? 'ABANDON') as HookRow['result'],
    metadata: input.NotificationMetadata ?? known?.metadata,
    target: input.NotificationTargetARN ?? known?.target,
    roleArn: input.RoleARN ?? known?.roleArn,
  })
}
