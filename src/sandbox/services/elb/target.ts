import type * as Elb from '@aws-sdk/client-elastic-load-balancing'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { canConnect, interfacesOfInstance, tryInstance } from '../ec2/from-outside.ts'
import { listensOn } from '../ecs/from-outside.ts'
import { findLoadBalancer, type LoadBalancerRow, loadBalancers, type TargetRow } from './_rows.ts'
import { parseTarget } from './health-check.ts'
import { findSubnet, loadBalancerIps } from './load-balancer.ts'

export const targetOperations = {
  RegisterInstancesWithLoadBalancer(input: Elb.RegisterEndPointsInput, call: Call): Elb.RegisterEndPointsOutput {
    const row = findLoadBalancer(call, input.LoadBalancerName)
    registerInstances(call, row.id, idsOf(input.Instances))
    return instancesOf(findLoadBalancer(call, row.id))
  },

  DeregisterInstancesFromLoadBalancer(input: Elb.DeregisterEndPointsInput, call: Call): Elb.DeregisterEndPointsOutput {
    const row = findLoadBalancer(call, input.LoadBalancerName)
    const ids = idsOf(input.Instances)
    for (const id of ids)
      if (!row.targets.some((target) => target.instanceId === id) && tryInstance(call, id) === undefined) throw noInstance(id)
    deregisterInstances(call, row.id, ids)
    return instancesOf(findLoadBalancer(call, row.id))
  },

  DescribeInstanceHealth(input: Elb.DescribeEndPointStateInput, call: Call): Elb.DescribeEndPointStateOutput {
    const row = findLoadBalancer(call, input.LoadBalancerName)
    const ids =
      input.Instances === undefined || input.Instances.length === 0
        ? row.targets.map((target) => target.instanceId)
        : idsOf(input.Instances)
    return { InstanceStates: ids.map((id) => ({ InstanceId: id, ...healthOf(call, row, id) })) }
  },
}

function idsOf(instances: readonly Elb.Instance[] | undefined): readonly string[] {
  return (instances ?? []).map((instance) => instance.InstanceId ?? '')
}

function instancesOf(row: LoadBalancerRow): { Instances: Elb.Instance[] } {
  return { Instances: row.targets.map(({ instanceId }) => ({ InstanceId: instanceId })) }
}

function noInstance(id: string): AwsError {
  return new AwsError('InvalidInstance', `Could not find EC2 instance ${id}.`)
}

/** Registers instances; those that are registered stay as they are. @throws AwsError for instances that cannot be */
export function registerInstances(call: Call, name: string, ids: readonly string[]): void {
  const row = findLoadBalancer(call, name)
  const fresh = [...new Set(ids)].filter((id) => !row.targets.some((target) => target.instanceId === id))
  for (const id of fresh) {
    const instance = tryInstance(call, id)
    if (instance === undefined || instance.state === 'terminated') throw noInstance(id)
    if (instance.vpcId !== row.vpcId) throw new AwsError('InvalidInstance', `EC2 instance ${id} is not in the same VPC as ELB.`)
  }
  const added = fresh.map((instanceId): TargetRow => ({ instanceId, state: 'registering', series: 0 }))
  loadBalancers(call).patch(name, {
    targets: [...row.targets, ...added],
    draining: row.draining.filter((target) => !fresh.includes(target.instanceId)),
  })
  for (const id of fresh) probe(call, name, id)
}

/** Takes instances out; with draining they finish what they have begun. */
export function deregisterInstances(call: Call, name: string, ids: readonly string[]): void {
  const row = findLoadBalancer(call, name)
  const gone = row.targets.filter((target) => ids.includes(target.instanceId))
  if (gone.length === 0) return
  const { enabled, timeout } = row.attributes.draining
  const series = call.inService('elb').scope.nextNumber()
  const serving = enabled ? gone.filter((target) => target.state === 'in') : []
  loadBalancers(call).patch(name, {
    targets: row.targets.filter((target) => !gone.includes(target)),
    draining: [...row.draining, ...serving.map(({ instanceId }) => ({ instanceId, series }))],
  })
  for (const { instanceId } of serving) call.inService('elb').later(timeout, 'drained', subjectOf(name, instanceId, series))
}

/** Seconds that an instance of this load balancer takes to finish what it has begun. */
export function drainingSeconds(call: Call, name: string): number {
  const draining = loadBalancers(call).get(name)?.attributes.draining
  return draining?.enabled === true ? draining.timeout : 0
}

/** `InService` or `OutOfService`, and why. */
export function healthOf(call: Call, row: LoadBalancerRow, id: string): Required<Omit<Elb.InstanceState, 'InstanceId'>> {
  const target = row.targets.find((known) => known.instanceId === id)
  if (target === undefined) {
    if (row.draining.some((known) => known.instanceId === id))
      return { State: 'InService', ReasonCode: 'N/A', Description: 'Instance deregistration currently in progress.' }
    if (tryInstance(call, id) === undefined) throw noInstance(id)
    return { State: 'OutOfService', ReasonCode: 'Instance', Description: 'Instance is not currently registered with the LoadBalancer.' }
  }
  if (target.state === 'in') return { State: 'InService', ReasonCode: 'N/A', Description: 'N/A' }
  const instance = tryInstance(call, id)
  const State = 'OutOfService'
  if (instance === undefined || (instance.state !== 'running' && instance.state !== 'pending'))
    return { State, ReasonCode: 'Instance', Description: `Instance is in ${instance?.state ?? 'terminated'} state.` }
  if (!isInZone(call, row, instance.placement.AvailabilityZone))
    return {
      State,
      ReasonCode: 'ELB',
      Description: 'Instance is in the Availability Zone for which LoadBalancer is not configured to route traffic to.',
    }
  if (target.state === 'registering') return { State, ReasonCode: 'ELB', Description: 'Instance registration is still in progress.' }
  return {
    State,
    ReasonCode: 'Instance',
    Description: 'Instance has failed at least the UnhealthyThreshold number of health checks consecutively.',
  }
}

function isInZone(call: Call, row: LoadBalancerRow, zone: string | undefined): boolean {
  return row.subnets.some((id) => findSubnet(call, id).zone === zone)
}

/** Begins a new series of probes for every instance: something changed on which their health depends. */
export function probeAll(call: Call, name: string): void {
  for (const { instanceId } of findLoadBalancer(call, name).targets) probe(call, name, instanceId)
}

/** The same for one instance, at every load balancer that has it. */
export function probeInstance(call: Call, instanceId: string): void {
  for (const row of [...loadBalancers(call).values()])
    if (row.targets.some((target) => target.instanceId === instanceId)) probe(call, row.id, instanceId)
}

function subjectOf(name: string, instanceId: string, series: number): string {
  return `${name} ${instanceId} ${series}`
}

function patchTarget(call: Call, name: string, instanceId: string, changes: Partial<TargetRow>): void {
  const row = findLoadBalancer(call, name)
  loadBalancers(call).patch(name, {
    targets: row.targets.map((target) => (target.instanceId === instanceId ? { ...target, ...changes } : target)),
  })
}

function probe(call: Call, name: string, instanceId: string): void {
  const elb = call.inService('elb')
  const series = elb.scope.nextNumber()
  patchTarget(call, name, instanceId, { series })
  elb.later(0, 'probe', subjectOf(name, instanceId, series))
}

/** What a health check finds out. */
function passes(call: Call, row: LoadBalancerRow, instanceId: string): boolean {
  const instance = tryInstance(call, instanceId)
  if (instance?.state !== 'running' || !isInZone(call, row, instance.placement.AvailabilityZone)) return false
  const { port } = parseTarget(row.healthCheck.target)!
  if (!listensOn(call, instance, port)) return false
  const interfaces = interfacesOfInstance(call, instanceId)
  const target = { groups: interfaces.flatMap((eni) => eni.groups), ips: interfaces.flatMap((eni) => eni.privateIps) }
  return canConnect(call, { groups: row.groups, ips: loadBalancerIps(call, row.id) }, target, port)
}

/** The target that an event is about, unless the event is outdated. */
function subject(text: string, call: Call): { row: LoadBalancerRow; target: TargetRow } | undefined {
  const [name, instanceId, series] = text.split(' ') as [string, string, string]
  const row = loadBalancers(call).get(name)
  const target = row?.targets.find((known) => known.instanceId === instanceId && known.series === Number(series))
  return row === undefined || target === undefined ? undefined : { row, target }
}

export const targetEvents = {
  /** The first probe of a series: the result counts when it holds for as many probes as the threshold says. */
  probe(text: string, call: Call): void {
    const found = subject(text, call)
    if (found === undefined) return
    const { row, target } = found
    const { interval, healthy, unhealthy } = row.healthCheck
    const isPassing = passes(call, row, target.instanceId)
    if (isPassing === (target.state === 'in') && target.state !== 'registering') {
      if (!isPassing) probeAgain(text, row, call)
    } else call.later(interval * (isPassing ? healthy : unhealthy), 'threshold', text)
  },

  threshold(text: string, call: Call): void {
    const found = subject(text, call)
    if (found === undefined) return
    const { row, target } = found
    const state = passes(call, row, target.instanceId) ? 'in' : 'failing'
    if (state !== target.state) {
      patchTarget(call, row.id, target.instanceId, { state })
      for (const [service, table] of [
        ['ecs', 'services'],
        ['autoscaling', 'groups'],
      ] as const)
        if (call.scopeOf(service).table(table).size > 0)
          call.inService(service).later(0, 'target-changed', `${row.id} ${target.instanceId}`)
    }
    if (state === 'failing') probeAgain(text, row, call)
  },

  drained(text: string, call: Call): void {
    const [name, instanceId, series] = text.split(' ') as [string, string, string]
    const row = loadBalancers(call).get(name)
    if (row === undefined) return
    const draining = row.draining.filter((target) => target.instanceId !== instanceId || target.series !== Number(series))
    loadBalancers(call).patch(name, { draining })
  },

  /** EC2: terminated instances leave by themselves, of others the health may be another now. */
  'instance-changed'(id: string, call: Call): void {
    const instance = tryInstance(call, id)
    for (const row of [...loadBalancers(call).values()]) {
      if (!row.targets.some((target) => target.instanceId === id)) continue
      if (instance === undefined || instance.state === 'terminated')
        loadBalancers(call).patch(row.id, { targets: row.targets.filter((target) => target.instanceId !== id) })
      else probe(call, row.id, id)
    }
  },
}

/** In real time: what an instance fails for may be put right without any event, and may as well stay for ever. */
function probeAgain(text: string, row: LoadBalancerRow, call: Call): void {
  call.linger(row.healthCheck.interval, 'probe', text)
}
