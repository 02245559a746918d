import type * as AutoScaling from '@aws-sdk/client-auto-scaling'
import type { Call } from '../../kernel/call.ts'
import { pageOf } from '../../kernel/paging.ts'
import { findGroup, groups, invalid, newUuid, type PolicyRow, policies } from './_rows.ts'
import { wakeGroup } from './scaler.ts'

/** Scaling policies are kept and can be executed; the sandbox has no metrics that would set them off. */
export const policyOperations = {
  PutScalingPolicy(input: AutoScaling.PutScalingPolicyType, call: Call): AutoScaling.PolicyARNType {
    const group = findGroup(call, input.AutoScalingGroupName)
    const type = input.PolicyType ?? 'SimpleScaling'
    if (type === 'SimpleScaling' && (input.AdjustmentType === undefined || input.ScalingAdjustment === undefined))
      throw invalid('AdjustmentType and ScalingAdjustment must be specified for SimpleScaling policies.')
    if (type === 'TargetTrackingScaling' && input.TargetTrackingConfiguration === undefined)
      throw invalid('TargetTrackingConfiguration must be specified for TargetTrackingScaling policies.')
    const id = `${group.id} ${input.PolicyName}`
    const row = policies(call).put({
      id,
      group: group.id,
      uuid: policies(call).get(id)?.uuid ?? newUuid(call),
      given: { ...input, PolicyType: type },
    })
    return { PolicyARN: arn(call, row), Alarms: [] }
  },

  DescribePolicies(input: AutoScaling.DescribePoliciesType, call: Call): AutoScaling.PoliciesType {
    if (input.AutoScalingGroupName !== undefined) findGroup(call, input.AutoScalingGroupName)
    const names = input.PolicyNames ?? []
    const types = input.PolicyTypes ?? []
    const found = [...policies(call).values()].filter(
      (row) =>
        (input.AutoScalingGroupName === undefined || row.group === input.AutoScalingGroupName) &&
        (names.length === 0 || names.includes(row.given.PolicyName!) || names.includes(arn(call, row))) &&
        (types.length === 0 || types.includes(row.given.PolicyType!)),
    )
    const page = pageOf(call, found, input.NextToken, Math.min(input.MaxRecords ?? 50, 100))
    return {
      ScalingPolicies: page.items.map((row) => ({ Enabled: true, ...row.given, PolicyARN: arn(call, row), Alarms: [] })),
      NextToken: page.nextToken,
    }
  },

  DeletePolicy(input: AutoScaling.DeletePolicyType, call: Call): object {
    policies(call).delete(find(call, input.AutoScalingGroupName, input.PolicyName).id)
    return {}
  },

  ExecutePolicy(input: AutoScaling.ExecutePolicyType, call: Call): object {
    const { group: name, given } = find(call, input.AutoScalingGroupName, input.PolicyName)
    const group = findGroup(call, name)
    if (given.PolicyType !== 'SimpleScaling') throw invalid('The sandbox executes policies of the type SimpleScaling only.')
    const by = given.ScalingAdjustment!
    const percent = Math.trunc((group.desired * by) / 100)
    const wanted =
      given.AdjustmentType === 'ExactCapacity'
        ? by
        : group.desired + (given.AdjustmentType === 'PercentChangeInCapacity' ? percent || Math.sign(by) : by)
    groups(call).patch(name, { desired: Math.min(group.max, Math.max(group.min, wanted)) })
    wakeGroup(call, name)
    return {}
  },
}

function arn(call: Call, row: PolicyRow): string {
  return call.arn(`scalingPolicy:${row.uuid}:autoScalingGroupName/${row.group}:policyName/${row.given.PolicyName}`)
}

function find(call: Call, group: string | undefined, name: string | undefined): PolicyRow {
  const row = [...policies(call).values()].find((one) => (one.given.PolicyName === name && one.group === group) || arn(call, one) === name)
  if (row === undefined) throw invalid(`PolicyName not found - Policy ${name} not found`)
  return row
}
