import { isAwsError } from '../../../aws/index.ts'
import { propagationMs } from '../ec2/consistency.ts'
import { defineResource, string, uniqueName } from '../resource.ts'
import { loadBalancers } from './elb.ts'

/** One instance at one load balancer, for those whose balancer says nothing of instances. */
export const elbAttachment = defineResource({
  type: 'aws_elb_attachment',
  title: 'ELB Classic Load Balancer Attachment',
  rules: 'sdk',
  fields: {
    elb: string('LoadBalancerName', { read: false }),
    instance: string(undefined, { create: false, read: false }),
  },

  async create(op, _request, planned) {
    const input = { LoadBalancerName: planned.elb!, Instances: [{ InstanceId: planned.instance! }] }
    await op.retry(
      (error) => isAwsError(error, 'InvalidTarget', 'InvalidInstance'),
      () => op.api.call('elb', 'RegisterInstancesWithLoadBalancer', input),
      propagationMs,
    )
    return uniqueName(`${planned.elb}-`)
  },

  async find({ api }, _id, state) {
    const found = await loadBalancers(api).load(state.elb!)
    return found?.Instances?.find((one) => one.InstanceId === state.instance)
  },

  async delete({ api }, _id, state) {
    const input = { LoadBalancerName: state.elb!, Instances: [{ InstanceId: state.instance! }] }
    await api.call('elb', 'DeregisterInstancesFromLoadBalancer', input).catch((error: unknown) => {
      if (!isAwsError(error, 'LoadBalancerNotFound', 'InvalidInstance')) throw error
    })
  },

  importId: () => undefined,
  expect: (api, _id, state) => loadBalancers(api).expect(String(state.elb)),
})
