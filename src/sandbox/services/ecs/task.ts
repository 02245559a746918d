import type * as Ecs from '@aws-sdk/client-ecs'
import type { Call } from '../../kernel/call.ts'
import { pageOf } from '../../kernel/paging.ts'
import { find, rowsOf } from '../ec2/_kind.ts'
import { networkInterfaceKind, subnetKind } from '../ec2/_kinds.ts'
import { ec2Call } from '../ec2/from-outside.ts'
import { newInterface, removeInterface } from '../ec2/network-interface.ts'
import { loadBalancers } from '../elb/_rows.ts'
import { deregisterInstances, drainingSeconds, probeInstance, registerInstances } from '../elb/target.ts'
import { ecsArn, invalidParameter, lastPart, newHexId, newUuid } from './_names.ts'
import {
  type ContainerInstanceRow,
  containerInstances,
  type PortRow,
  type ServiceRow,
  services,
  type TaskDefinitionRow,
  type TaskRow,
  taskDefinitions,
  tasks,
} from './_rows.ts'
import { clusterArn, findCluster } from './cluster.ts'
import { containerInstanceArn, findContainerInstance } from './container-instance.ts'
import { bindPorts, demandOf, place } from './placement.ts'
import { addEvent, wakeService, wakeServices } from './scheduler.ts'
import { dropTags, setTags, tagsOf } from './tags.ts'
import { definitionArn, findActiveDefinition } from './task-definition.ts'

/** On AWS: pulling an image and starting its container; stopping one that heeds the signal; how long stopped tasks are shown. */
const startSeconds = 10
const stopSeconds = 5
const shownSeconds = 3600

export const taskOperations = {
  RunTask(input: Ecs.RunTaskRequest, call: Call): Ecs.RunTaskResponse {
    const cluster = findCluster(call, input.cluster)
    const definition = findActiveDefinition(call, input.taskDefinition)
    const count = input.count ?? 1
    if (count < 1 || count > 10) throw invalidParameter('count must be between 1 and 10')
    checkNetwork(definition, input.networkConfiguration)
    const group = input.group ?? `family:${definition.family}`
    const started: TaskRow[] = []
    const failures: Ecs.Failure[] = []
    for (let i = 0; i < count; i++) {
      const base = {
        cluster: cluster.id,
        definition,
        group,
        startedBy: input.startedBy,
        overrides: input.overrides,
        network: input.networkConfiguration,
      }
      if (input.launchType === 'FARGATE') {
        started.push(startTask(call, { ...base, launchType: 'FARGATE', ports: [] }))
        continue
      }
      const found = place(call, cluster.id, definition, {
        constraints: input.placementConstraints ?? [],
        strategy: input.placementStrategy ?? [],
        group,
      })
      if (found.instance === undefined) failures.push({ reason: failureOf(found.reason), detail: found.reason })
      else started.push(startTask(call, { ...base, launchType: 'EC2', instance: found.instance, ports: found.ports }))
    }
    for (const task of started) setTags(call, taskArn(call, task), input.tags ?? [])
    return { tasks: started.map((task) => describe(task, call)), failures }
  },

  /** On the instances named, without any placement. */
  StartTask(input: Ecs.StartTaskRequest, call: Call): Ecs.StartTaskResponse {
    const cluster = findCluster(call, input.cluster)
    const definition = findActiveDefinition(call, input.taskDefinition)
    checkNetwork(definition, input.networkConfiguration)
    const group = input.group ?? `family:${definition.family}`
    const started: TaskRow[] = []
    const failures: Ecs.Failure[] = []
    for (const name of input.containerInstances ?? []) {
      const instance = findContainerInstance(call, cluster.id, name)
      const ports = bindPorts(
        definition,
        [...tasks(call).values()].filter((task) => task.containerInstance === instance.id && task.status !== 'STOPPED'),
      )
      const base = {
        cluster: cluster.id,
        definition,
        group,
        startedBy: input.startedBy,
        overrides: input.overrides,
        network: input.networkConfiguration,
      }
      if (ports === undefined) failures.push({ arn: containerInstanceArn(call, instance), reason: 'RESOURCE:PORTS' })
      else started.push(startTask(call, { ...base, launchType: 'EC2', instance, ports }))
    }
    return { tasks: started.map((task) => describe(task, call)), failures }
  },

  StopTask(input: Ecs.StopTaskRequest, call: Call): Ecs.StopTaskResponse {
    const task = findTask(call, findCluster(call, input.cluster).id, input.task!)
    stopTask(call, task, input.reason ?? 'Task stopped by user', 'UserInitiated')
    return { task: describe(tasks(call).get(task.id)!, call) }
  },

  DescribeTasks(input: Ecs.DescribeTasksRequest, call: Call): Ecs.DescribeTasksResponse {
    const cluster = findCluster(call, input.cluster)
    const found: Ecs.Task[] = []
    const failures: Ecs.Failure[] = []
    for (const name of input.tasks ?? []) {
      const task = tasks(call).get(lastPart(name))
      if (task?.cluster === cluster.id) found.push(describe(task, call, input.include?.includes('TAGS')))
      else failures.push({ arn: ecsArn(call, `task/${cluster.id}/${lastPart(name)}`), reason: 'MISSING' })
    }
    return { tasks: found, failures }
  },

  ListTasks(input: Ecs.ListTasksRequest, call: Call): Ecs.ListTasksResponse {
    const cluster = findCluster(call, input.cluster)
    const service = input.serviceName === undefined ? undefined : `${cluster.id}/${lastPart(input.serviceName)}`
    if (service !== undefined && services(call).get(service) === undefined) throw invalidParameter('Service not found.')
    const instance = input.containerInstance === undefined ? undefined : lastPart(input.containerInstance)
    const wanted = input.desiredStatus ?? 'RUNNING'
    const found = [...tasks(call).values()].filter(
      (task) =>
        task.cluster === cluster.id &&
        (service === undefined || task.service === service) &&
        (instance === undefined || task.containerInstance === instance) &&
        (input.family === undefined || taskDefinitions(call).get(task.definition)?.family === input.family) &&
        (input.startedBy === undefined || task.startedBy === input.startedBy) &&
        (input.launchType === undefined || task.launchType === input.launchType) &&
        task.wanted === (wanted === 'STOPPED' ? 'STOPPED' : 'RUNNING'),
    )
    const page = pageOf(call, found, input.nextToken, input.maxResults ?? 100, 'InvalidParameterException')
    return { taskArns: page.items.map((task) => taskArn(call, task)), nextToken: page.nextToken }
  },
}

export function taskArn(call: Call, task: Pick<TaskRow, 'cluster' | 'id'>): string {
  return ecsArn(call, `task/${task.cluster}/${task.id}`)
}

function findTask(call: Call, cluster: string, name: string): TaskRow {
  const task = tasks(call).get(lastPart(name))
  if (task?.cluster !== cluster) throw invalidParameter('The referenced task was not found.')
  return task
}

/** Tasks that run alone get a code for what an event of a service says in words. */
function failureOf(reason: string): string {
  if (reason.includes('CPU')) return 'RESOURCE:CPU'
  if (reason.includes('memory')) return 'RESOURCE:MEMORY'
  if (reason.includes('port')) return 'RESOURCE:PORTS'
  if (reason.includes('attribute')) return 'ATTRIBUTE'
  if (reason.includes('AGENT')) return 'AGENT'
  return 'EMPTY CAPACITY'
}

/** @throws AwsError when a task of this definition needs a network configuration and there is none, or the reverse */
export function checkNetwork(definition: TaskDefinitionRow, network: Ecs.NetworkConfiguration | undefined): void {
  const isOwn = definition.given.networkMode === 'awsvpc'
  const given = network?.awsvpcConfiguration !== undefined
  if (isOwn && !given) throw invalidParameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
  if (!isOwn && given) throw invalidParameter('Network Configuration is not valid for the given networkMode of this task definition.')
}

export interface NewTask {
  readonly cluster: string
  readonly definition: TaskDefinitionRow
  readonly launchType: TaskRow['launchType']
  readonly instance?: ContainerInstanceRow
  readonly ports: readonly PortRow[]
  readonly group: string
  readonly service?: string
  readonly deployment?: string
  readonly startedBy?: string
  readonly overrides?: Ecs.TaskOverride
  readonly network?: Ecs.NetworkConfiguration
}

export function startTask(call: Call, given: NewTask): TaskRow {
  const task = tasks(call).put({
    id: newHexId(call),
    cluster: given.cluster,
    definition: given.definition.id,
    service: given.service,
    deployment: given.deployment,
    containerInstance: given.instance?.id,
    launchType: given.launchType,
    status: given.launchType === 'FARGATE' ? 'PROVISIONING' : 'PENDING',
    wanted: 'RUNNING',
    group: given.group,
    startedBy: given.startedBy,
    ...demandOf(given.definition),
    ports: given.ports,
    interfaceId: given.definition.given.networkMode === 'awsvpc' ? newTaskInterface(call, given.network?.awsvpcConfiguration) : undefined,
    overrides: given.overrides,
    created: call.now,
  })
  call.inService('ecs').later(startSeconds, 'task-started', task.id)
  return task
}

function newTaskInterface(call: Call, network: Ecs.AwsVpcConfiguration | undefined): string {
  const ec2 = ec2Call(call)
  const subnets = network?.subnets ?? []
  const subnet = find(subnetKind, ec2, subnets[tasks(call).size % Math.max(subnets.length, 1)])
  const description = ecsArn(call, `attachment/${newUuid(call)}`)
  return newInterface(ec2, { subnet, description, groups: network?.securityGroups ?? [], requesterManaged: true }).id
}

/** Stops a task: when it serves behind a load balancer, once that has let go of it. */
export function stopTask(call: Call, task: TaskRow, reason: string, stopCode: Ecs.TaskStopCode): void {
  if (task.wanted === 'STOPPED') return
  tasks(call).patch(task.id, { wanted: 'STOPPED', stopping: call.now, stoppedReason: reason, stopCode })
  const drained = task.status === 'RUNNING' ? leaveLoadBalancers(call, task) : 0
  call.inService('ecs').later(drained + stopSeconds, 'task-stopped', task.id)
}

/** The task has ended, of itself or with its instance. */
export function taskStopped(call: Call, task: TaskRow, reason: string, stopCode: Ecs.TaskStopCode): void {
  if (task.status === 'STOPPED') return
  if (task.status === 'RUNNING' && task.wanted === 'RUNNING') leaveLoadBalancers(call, task)
  if (task.interfaceId !== undefined) removeInterface(ec2Call(call), task.interfaceId)
  tasks(call).patch(task.id, {
    status: 'STOPPED',
    wanted: 'STOPPED',
    stopping: task.stopping ?? call.now,
    stopped: call.now,
    stoppedReason: task.stoppedReason ?? reason,
    stopCode: task.stopCode ?? stopCode,
  })
  const ecs = call.inService('ecs')
  ecs.linger(shownSeconds, 'task-forgotten', task.id)
  probeHost(call, task)
  wakeServices(call, task.cluster)
}

function hostOf(call: Call, task: TaskRow): string | undefined {
  return task.containerInstance === undefined ? undefined : containerInstances(call).get(task.containerInstance)?.instanceId
}

/** Whether something answers on the instance's ports is another matter now. */
function probeHost(call: Call, task: TaskRow): void {
  const instanceId = hostOf(call, task)
  if (instanceId !== undefined) probeInstance(call, instanceId)
}

function balancersOf(service: ServiceRow | undefined): readonly string[] {
  return (service?.loadBalancers ?? []).flatMap((one) => (one.loadBalancerName === undefined ? [] : [one.loadBalancerName]))
}

function serviceOf(call: Call, task: TaskRow): ServiceRow | undefined {
  return task.service === undefined ? undefined : services(call).get(task.service)
}

/** Seconds until connections are drained. An instance with another task of the service stays registered. */
function leaveLoadBalancers(call: Call, task: TaskRow): number {
  const service = serviceOf(call, task)
  const instanceId = hostOf(call, task)
  if (service === undefined || instanceId === undefined) return 0
  const others = [...tasks(call).values()].some(
    (other) =>
      other.id !== task.id &&
      other.service === task.service &&
      other.containerInstance === task.containerInstance &&
      other.status === 'RUNNING' &&
      other.wanted === 'RUNNING',
  )
  if (others) return 0
  let seconds = 0
  for (const name of balancersOf(service)) {
    if (
      loadBalancers(call)
        .get(name)
        ?.targets.some((target) => target.instanceId === instanceId) !== true
    )
      continue
    deregisterInstances(call, name, [instanceId])
    seconds = Math.max(seconds, drainingSeconds(call, name))
    addEvent(call, service.id, `(service ${service.name}) deregistered 1 instances in (elb ${name})`)
    addEvent(call, service.id, `(service ${service.name}) has begun draining connections on 1 tasks.`)
  }
  return seconds
}

export const taskEvents = {
  'task-started'(id: string, call: Call): void {
    const task = tasks(call).get(id)
    if (task === undefined || task.status === 'STOPPED' || task.status === 'RUNNING') return
    tasks(call).patch(id, { status: 'RUNNING', started: call.now })
    if (task.wanted === 'STOPPED') return
    const service = serviceOf(call, task)
    const instanceId = hostOf(call, task)
    for (const name of instanceId === undefined ? [] : balancersOf(service)) {
      const balancer = loadBalancers(call).get(name)
      if (balancer === undefined || balancer.targets.some((target) => target.instanceId === instanceId)) continue
      registerInstances(call, name, [instanceId!])
      addEvent(call, service!.id, `(service ${service!.name}) registered 1 instances in (elb ${name})`)
    }
    probeHost(call, task)
    if (task.service !== undefined) wakeService(call, task.service)
  },

  'task-stopped'(id: string, call: Call): void {
    const task = tasks(call).get(id)
    if (task !== undefined) taskStopped(call, task, task.stoppedReason ?? '', task.stopCode ?? 'UserInitiated')
  },

  'task-forgotten'(id: string, call: Call): void {
    const task = tasks(call).get(id)
    if (task === undefined) return
    dropTags(call, taskArn(call, task))
    tasks(call).delete(id)
  },
}

function describe(task: TaskRow, call: Call, withTags?: boolean): Ecs.Task {
  const definition = taskDefinitions(call).get(task.definition)!
  const instance = task.containerInstance === undefined ? undefined : containerInstances(call).get(task.containerInstance)
  const eni = task.interfaceId === undefined ? undefined : rowsOf(networkInterfaceKind, call.inService('ec2')).get(task.interfaceId)
  return {
    taskArn: taskArn(call, task),
    clusterArn: clusterArn(call, task.cluster),
    taskDefinitionArn: definitionArn(call, definition),
    containerInstanceArn: instance === undefined ? undefined : containerInstanceArn(call, instance),
    availabilityZone: instance?.zone ?? eni?.zone,
    launchType: task.launchType,
    platformVersion: task.launchType === 'FARGATE' ? '1.4.0' : undefined,
    lastStatus: task.status,
    desiredStatus: task.wanted,
    healthStatus: 'UNKNOWN',
    group: task.group,
    startedBy: task.startedBy ?? task.deployment,
    cpu: String(task.cpu),
    memory: String(task.memory),
    connectivity: 'CONNECTED',
    connectivityAt: task.created,
    createdAt: task.created,
    pullStartedAt: task.started,
    pullStoppedAt: task.started,
    startedAt: task.started,
    stoppingAt: task.stopping,
    stoppedAt: task.stopped,
    stoppedReason: task.stoppedReason,
    stopCode: task.stopCode,
    version: 1,
    overrides: task.overrides ?? { containerOverrides: [], inferenceAcceleratorOverrides: [] },
    tags: withTags === true ? [...tagsOf(call, taskArn(call, task))] : [],
    attachments:
      eni === undefined
        ? []
        : [
            {
              id: lastPart(eni.description),
              type: 'ElasticNetworkInterface',
              status: task.status === 'RUNNING' ? 'ATTACHED' : 'PRECREATED',
              details: [
                { name: 'subnetId', value: eni.subnetId },
                { name: 'networkInterfaceId', value: eni.id },
                { name: 'macAddress', value: eni.mac },
                { name: 'privateIPv4Address', value: eni.privateIps[0] },
              ],
            },
          ],
    containers: (definition.given.containerDefinitions ?? []).map((container) => ({
      containerArn: ecsArn(call, `container/${task.cluster}/${task.id}/${container.name}`),
      taskArn: taskArn(call, task),
      name: container.name,
      image: container.image,
      lastStatus: task.status,
      cpu: String(container.cpu ?? 0),
      memory: container.memory === undefined ? undefined : String(container.memory),
      memoryReservation: container.memoryReservation === undefined ? undefined : String(container.memoryReservation),
      networkInterfaces: [],
      networkBindings:
        task.status === 'RUNNING'
          ? task.ports
              .filter((port) => port.container === container.name)
              .map(({ containerPort, hostPort, protocol }) => ({ bindIP: '0.0.0.0', containerPort, hostPort, protocol }))
          : [],
    })),
  }
}
