import { isAwsError } from '../../../aws/index.ts'
import { propagationMs } from '../ec2/consistency.ts'
import { defineResource, string, uniqueName } from '../resource.ts'
import { groups, isBusy } from './group.ts'

/** One load balancer or target group in front of a group, for groups that say nothing of them. */
export const autoscalingAttachment = defineResource({
  type: 'aws_autoscaling_attachment',
  title: 'Auto Scaling Group Attachment',
  rules: 'sdk',
  fields: {
    autoscaling_group_name: string('AutoScalingGroupName', { read: false }),
    elb: string(undefined, { create: false, read: false }),
    lb_target_group_arn: string(undefined, { create: false, read: false }),
  },

  async create(op, _request, planned) {
    const AutoScalingGroupName = planned.autoscaling_group_name!
    const attach = (): Promise<unknown> =>
      planned.elb
        ? op.api.call('autoscaling', 'AttachLoadBalancers', { AutoScalingGroupName, LoadBalancerNames: [planned.elb] })
        : op.api.call('autoscaling', 'AttachLoadBalancerTargetGroups', {
            AutoScalingGroupName,
            TargetGroupARNs: [planned.lb_target_group_arn!],
          })
    await op.retry(isBusy, attach, propagationMs)
    return uniqueName(`${AutoScalingGroupName}-`)
  },

  async find({ api }, _id, state) {
    const found = await groups(api).load(state.autoscaling_group_name!)
    const isThere = state.elb
      ? found?.LoadBalancerNames?.includes(state.elb) === true
      : found?.TargetGroupARNs?.includes(state.lb_target_group_arn!) === true
    return isThere ? found : undefined
  },

  async delete(op, _id, state) {
    const AutoScalingGroupName = state.autoscaling_group_name!
    const detach = (): Promise<unknown> =>
      state.elb
        ? op.api.call('autoscaling', 'DetachLoadBalancers', { AutoScalingGroupName, LoadBalancerNames: [state.elb] })
        : op.api.call('autoscaling', 'DetachLoadBalancerTargetGroups', {
            AutoScalingGroupName,
            TargetGroupARNs: [state.lb_target_group_arn!],
          })
    await op.retry(isBusy, detach, propagationMs).catch((error: unknown) => {
      const isGone = /not found|Trying to remove/.test((error as Error).message)
      if (!isAwsError(error, 'ValidationError') || !isGone) throw error
    })
  },

  validate(config) {
    const given = ['elb', 'lb_target_group_arn'].filter((name) => (config[name] ?? null) !== null)
    if (given.length === 1) return []
    return [{ summary: 'Invalid combination of arguments', detail: '"elb": one of elb,lb_target_group_arn must be specified' }]
  },

  importId: () => undefined,
  expect: (api, _id, state) => groups(api).expect(String(state.autoscaling_group_name)),
})
