import { gunzipSync } from 'node:zlib'
import type * as Ecs from '@aws-sdk/client-ecs'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { rowsOf } from '../ec2/_kind.ts'
import { instanceKind } from '../ec2/_kinds.ts'
import type { InstanceRow } from '../ec2/_rows.ts'
import { tryInstance } from '../ec2/from-outside.ts'
import { findInstanceType } from '../ec2/instance-type.ts'
import { ecsArn, invalidParameter, lastPart, newHexId } from './_names.ts'
import { type ContainerInstanceRow, clusters, containerInstances, type TaskRow, tasks } from './_rows.ts'
import { findCluster } from './cluster.ts'
import { wakeServices } from './scheduler.ts'
import { dropTags, setTags, tagsOf } from './tags.ts'
import { taskStopped } from './task.ts'

/** From the start of an instance until its agent registers, on AWS. */
const bootSeconds = 60

export const containerInstanceOperations = {
  ListContainerInstances(input: Ecs.ListContainerInstancesRequest, call: Call): Ecs.ListContainerInstancesResponse {
    const cluster = findCluster(call, input.cluster)
    const found = instancesOf(call, cluster.id).filter((row) => input.status === undefined || row.status === input.status)
    const page = pageOf(call, found, input.nextToken, input.maxResults ?? 100, 'InvalidParameterException')
    return { containerInstanceArns: page.items.map((row) => containerInstanceArn(call, row)), nextToken: page.nextToken }
  },

  DescribeContainerInstances(input: Ecs.DescribeContainerInstancesRequest, call: Call): Ecs.DescribeContainerInstancesResponse {
    const cluster = findCluster(call, input.cluster)
    const found: Ecs.ContainerInstance[] = []
    const failures: Ecs.Failure[] = []
    for (const name of input.containerInstances ?? []) {
      const row = containerInstances(call).get(lastPart(name))
      if (row?.cluster === cluster.id) found.push(describe(row, call, input.include?.includes('TAGS') === true))
      else failures.push({ arn: ecsArn(call, `container-instance/${cluster.id}/${lastPart(name)}`), reason: 'MISSING' })
    }
    return { containerInstances: found, failures }
  },

  UpdateContainerInstancesState(input: Ecs.UpdateContainerInstancesStateRequest, call: Call): Ecs.UpdateContainerInstancesStateResponse {
    const cluster = findCluster(call, input.cluster)
    const { status } = input
    if (status !== 'ACTIVE' && status !== 'DRAINING')
      throw invalidParameter(`Container instances can be ACTIVE or DRAINING, not ${status}.`)
    const changed: Ecs.ContainerInstance[] = []
    const failures: Ecs.Failure[] = []
    for (const name of input.containerInstances ?? []) {
      const row = containerInstances(call).get(lastPart(name))
      if (row?.cluster === cluster.id) changed.push(describe(containerInstances(call).patch(row.id, { status }), call, false))
      else failures.push({ arn: name, reason: 'MISSING' })
    }
    wakeServices(call, cluster.id)
    return { containerInstances: changed, failures }
  },

  DeregisterContainerInstance(input: Ecs.DeregisterContainerInstanceRequest, call: Call): Ecs.DeregisterContainerInstanceResponse {
    const cluster = findCluster(call, input.cluster)
    const row = containerInstances(call).get(lastPart(input.containerInstance!))
    if (row?.cluster !== cluster.id) throw invalidParameter('Container instance not found')
    if (input.force !== true && tasksOn(call, row.id).length > 0) throw invalidParameter('Found running tasks on the instance.')
    const containerInstance = { ...describe(row, call, true), status: 'INACTIVE' }
    deregister(call, row, 'Container instance deregistered forcibly by user')
    return { containerInstance }
  },
}

/** The cluster that an instance's user data names in the agent's configuration; undefined for instances without an agent. */
export function clusterOfUserData(userData: string | undefined): string | undefined {
  if (userData === undefined) return undefined
  const bytes = Buffer.from(userData, 'base64')
  const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8')
  if (!text.includes('/etc/ecs/ecs.config')) return undefined
  return /\bECS_CLUSTER=["']?([a-zA-Z0-9_-]+)/.exec(text)?.[1]
}

export function instancesOf(call: Call, cluster: string): readonly ContainerInstanceRow[] {
  return [...containerInstances(call).values()].filter((row) => row.cluster === cluster)
}

/** Tasks that take up capacity of a container instance. */
export function tasksOn(call: Call, containerInstance: string): readonly TaskRow[] {
  return [...tasks(call).values()].filter((task) => task.containerInstance === containerInstance && task.status !== 'STOPPED')
}

export function findByInstance(call: Call, instanceId: string): ContainerInstanceRow | undefined {
  return [...containerInstances(call).values()].find((row) => row.instanceId === instanceId)
}

/** Agents look for their cluster until there is one. */
export function registerWaiting(call: Call, cluster: string): void {
  for (const instance of rowsOf(instanceKind, call.inService('ec2')).values())
    if (instance.state === 'running' && clusterOfUserData(instance.userData) === cluster)
      call.inService('ecs').later(bootSeconds, 'agent-started', instance.id)
}

/** CPU units and MiB that tasks of an instance can have: the rest of the memory is the kernel's and the agent's. */
function capacityOf(instance: InstanceRow): { readonly cpu: number; readonly memory: number } {
  const { vcpus, memoryMib } = findInstanceType(instance.type)
  return { cpu: vcpus * 1024, memory: memoryMib - Math.ceil(memoryMib * 0.03) - 64 }
}

function register(call: Call, instance: InstanceRow, cluster: string): void {
  const row = containerInstances(call).put({
    id: newHexId(call),
    cluster,
    instanceId: instance.id,
    zone: instance.placement.AvailabilityZone ?? '',
    ...capacityOf(instance),
    status: 'ACTIVE',
    connected: true,
    registered: call.now,
    attributes: {
      'ecs.ami-id': instance.imageId,
      'ecs.availability-zone': instance.placement.AvailabilityZone ?? '',
      'ecs.cpu-architecture': instance.architecture,
      'ecs.instance-type': instance.type,
      'ecs.os-type': 'linux',
      'ecs.subnet-id': instance.subnetId,
      'ecs.vpc-id': instance.vpcId,
      'ecs.capability.task-eni': null,
      'ecs.capability.execution-role-awslogs': null,
      'com.amazonaws.ecs.capability.task-iam-role': null,
      'com.amazonaws.ecs.capability.ecr-auth': null,
      'com.amazonaws.ecs.capability.logging-driver.awslogs': null,
      'com.amazonaws.ecs.capability.logging-driver.json-file': null,
      'com.amazonaws.ecs.capability.docker-remote-api.1.19': null,
    },
  })
  setTags(call, containerInstanceArn(call, row), [])
  wakeServices(call, cluster)
}

function deregister(call: Call, row: ContainerInstanceRow, reason: string): void {
  for (const task of tasksOn(call, row.id)) taskStopped(call, task, reason, 'TerminationNotice')
  containerInstances(call).delete(row.id)
  dropTags(call, containerInstanceArn(call, row))
  wakeServices(call, row.cluster)
}

export const containerInstanceEvents = {
  /** EC2: an instance started, stopped or is gone. */
  'instance-changed'(id: string, call: Call): void {
    const instance = tryInstance(call, id)
    const row = findByInstance(call, id)
    if (instance?.state === 'running') {
      if (row === undefined && clusterOfUserData(instance.userData) !== undefined) call.later(bootSeconds, 'agent-started', id)
      else if (row !== undefined && !row.connected) {
        containerInstances(call).patch(row.id, { connected: true })
        wakeServices(call, row.cluster)
      }
    } else if (row !== undefined && (instance === undefined || instance.state === 'terminated' || instance.state === 'shutting-down')) {
      deregister(call, row, `Host EC2 (instance ${id}) terminated.`)
    } else if (row?.connected === true && instance?.state !== 'pending') {
      for (const task of tasksOn(call, row.id)) taskStopped(call, task, `Host EC2 (instance ${id}) stopped.`, 'TerminationNotice')
      containerInstances(call).patch(row.id, { connected: false })
      wakeServices(call, row.cluster)
    }
  },

  /** An agent without permissions, which it has from the instance's profile, cannot register. */
  'agent-started'(id: string, call: Call): void {
    const instance = tryInstance(call, id)
    const cluster = clusterOfUserData(instance?.userData)
    if (instance?.state !== 'running' || instance.profile === undefined || cluster === undefined) return
    if (clusters(call).get(cluster)?.status === 'ACTIVE' && findByInstance(call, id) === undefined) register(call, instance, cluster)
  },
}

export function containerInstanceArn(call: Call, row: ContainerInstanceRow): string {
  return ecsArn(call, `container-instance/${row.cluster}/${row.id}`)
}

/** Ports that an agent keeps for itself and for SSH. */
export const reservedPorts = [22, 2375, 2376, 51678, 51679]

function describe(row: ContainerInstanceRow, call: Call, withTags: boolean): Ecs.ContainerInstance {
  const taken = tasksOn(call, row.id)
  const ports = (protocol: string) =>
    taken.flatMap((task) => task.ports.filter((port) => port.protocol === protocol).map((port) => String(port.hostPort)))
  const resources = (cpu: number, memory: number, tcp: readonly string[], udp: readonly string[]): Ecs.Resource[] => [
    { name: 'CPU', type: 'INTEGER', doubleValue: 0, longValue: 0, integerValue: cpu },
    { name: 'MEMORY', type: 'INTEGER', doubleValue: 0, longValue: 0, integerValue: memory },
    {
      name: 'PORTS',
      type: 'STRINGSET',
      doubleValue: 0,
      longValue: 0,
      integerValue: 0,
      stringSetValue: [...reservedPorts.map(String), ...tcp],
    },
    { name: 'PORTS_UDP', type: 'STRINGSET', doubleValue: 0, longValue: 0, integerValue: 0, stringSetValue: [...udp] },
  ]
  const used = (of: 'cpu' | 'memory') => taken.reduce((sum, task) => sum + task[of], 0)
  return {
    containerInstanceArn: containerInstanceArn(call, row),
    ec2InstanceId: row.instanceId,
    version: 3,
    versionInfo: { agentVersion: '1.96.0', agentHash: '2f3a2f9c', dockerVersion: 'DockerVersion: 25.0.8' },
    remainingResources: resources(row.cpu - used('cpu'), row.memory - used('memory'), ports('tcp'), ports('udp')),
    registeredResources: resources(row.cpu, row.memory, [], []),
    status: row.status,
    agentConnected: row.connected,
    runningTasksCount: taken.filter((task) => task.status === 'RUNNING').length,
    pendingTasksCount: taken.filter((task) => task.status !== 'RUNNING').length,
    attributes: Object.entries(row.attributes).map(([name, value]) => ({ name, value: value ?? undefined })),
    registeredAt: row.registered,
    attachments: [],
    tags: withTags ? [...tagsOf(call, containerInstanceArn(call, row))] : [],
  }
}

/** @throws AwsError when the cluster has no such instance */
export function findContainerInstance(call: Call, cluster: string, nameOrArn: string): ContainerInstanceRow {
  const row = containerInstances(call).get(lastPart(nameOrArn))
  if (row?.cluster !== cluster) throw new AwsError('InvalidParameterException', 'Container instance not found')
  return row
}
