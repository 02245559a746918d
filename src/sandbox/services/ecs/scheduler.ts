import type { Call } from '../../kernel/call.ts'
import { loadBalancers } from '../elb/_rows.ts'
import { healthOf } from '../elb/target.ts'
import { newDeploymentId, newUuid } from './_names.ts'
import {
  containerInstances,
  type DeploymentRow,
  type ServiceRow,
  services,
  type TaskDefinitionRow,
  type TaskRow,
  taskDefinitions,
  tasks,
} from './_rows.ts'
import { eligibleInstances, type Placement, place } from './placement.ts'
import { startTask, stopTask } from './task.ts'

const eventsKept = 100
/** The same complaint is repeated after this time, and not before. */
const complaintMs = 5 * 60_000
/** For how long a task may fail its load balancer's health check once its grace period is over. Real time: it may fail for ever. */
const patienceSeconds = 30
const moreHelp = 'For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.'

/** Has the scheduler look at a service: something changed that may matter to it. */
export function wakeService(call: Call, id: string): void {
  call.inService('ecs').later(0, 'reconcile', id)
}

/** The same for all services of a cluster: its capacity changed. */
export function wakeServices(call: Call, cluster: string): void {
  for (const service of services(call).values())
    if (service.cluster === cluster && service.status !== 'INACTIVE') wakeService(call, service.id)
}

export function addEvent(call: Call, id: string, message: string): void {
  const service = services(call).get(id)!
  const event = { id: newUuid(call), time: call.now, message }
  services(call).patch(id, { events: [event, ...service.events].slice(0, eventsKept) })
}

const steadyWords = 'has reached a steady state.'

/** Says what hinders a service, unless it said so a moment ago and has not been steady since. */
function complain(call: Call, id: string, message: string): void {
  const { events } = services(call).get(id)!
  const steady = events.findIndex((event) => event.message.endsWith(steadyWords))
  const since = steady < 0 ? events : events.slice(0, steady)
  if (since.some((event) => event.message === message && call.now.getTime() - event.time.getTime() < complaintMs)) return
  addEvent(call, id, message)
}

export function newDeployment(call: Call, definition: string, rolloutReason?: string): DeploymentRow {
  const id = newDeploymentId(call)
  return {
    id,
    definition,
    created: call.now,
    updated: call.now,
    rollout: 'IN_PROGRESS',
    rolloutReason: rolloutReason ?? `ECS deployment ${id} in progress.`,
    failed: 0,
  }
}

export function tasksOfService(call: Call, id: string): readonly TaskRow[] {
  return [...tasks(call).values()].filter((task) => task.service === id && task.status !== 'STOPPED')
}

/** Runs, and is in service at each of the service's load balancers. */
function isHealthy(call: Call, service: ServiceRow, task: TaskRow): boolean {
  return task.status === 'RUNNING' && problemOf(call, service, task) === undefined
}

/** Why a load balancer does not have the task's instance in service. */
function problemOf(
  call: Call,
  service: ServiceRow,
  task: TaskRow,
): { readonly balancer: string; readonly instanceId: string; readonly why: string } | undefined {
  const instanceId = task.containerInstance === undefined ? undefined : containerInstances(call).get(task.containerInstance)?.instanceId
  if (instanceId === undefined) return undefined
  for (const { loadBalancerName } of service.loadBalancers) {
    const row = loadBalancerName === undefined ? undefined : loadBalancers(call).get(loadBalancerName)
    if (row === undefined) continue
    const health = healthOf(call, row, instanceId)
    if (health.State !== 'InService') return { balancer: row.id, instanceId, why: health.Description }
  }
  return undefined
}

/**
 * One step of a service towards what it is to be: stops tasks that are too many or of an earlier deployment, starts those
 * that are missing, within the limits of the deployment configuration.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
 */
export function reconcile(id: string, call: Call): void {
  const service = services(call).get(id)
  const primary = service?.deployments[0]
  const definition = primary === undefined ? undefined : taskDefinitions(call).get(primary.definition)
  if (service === undefined || primary === undefined || definition === undefined || service.status === 'INACTIVE') return
  const desired = desiredCount(call, service, definition)
  const wanted = tasksOfService(call, id).filter((task) => task.wanted === 'RUNNING')
  const isCurrent = (task: TaskRow) => task.deployment === primary.id && !isOnDrainingInstance(call, task)
  const current = wanted.filter(isCurrent)
  const outdated = wanted.filter((task) => !isCurrent(task))

  const least = Math.ceil((desired * service.configuration.minimumHealthyPercent) / 100)
  const most = service.scheduling === 'DAEMON' ? desired : Math.floor((desired * service.configuration.maximumPercent) / 100)
  const spare = Math.max(0, wanted.filter((task) => isHealthy(call, service, task)).length - least)
  const stopping = [...surplus(call, service, current, desired), ...stoppable(call, service, outdated, spare)]
  stop(call, service, stopping)

  const room = Math.max(most, desired === 0 ? 0 : 1) - (wanted.length - stopping.length)
  const missing = desired - current.length
  const count = Math.max(0, Math.min(missing, room))
  start(call, service, definition, primary, count)
  if (
    missing > 0 &&
    count === 0 &&
    stopping.length === 0 &&
    current.length === 0 &&
    outdated.every((task) => isHealthy(call, service, task))
  )
    complain(
      call,
      id,
      `(service ${service.name}) was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.`,
    )
  settle(call, id, desired)
}

function desiredCount(call: Call, service: ServiceRow, definition: TaskDefinitionRow): number {
  if (service.status === 'DRAINING') return 0
  return service.scheduling === 'DAEMON'
    ? eligibleInstances(call, service.cluster, definition, service.constraints).length
    : service.desired
}

function isOnDrainingInstance(call: Call, task: TaskRow): boolean {
  return task.containerInstance !== undefined && containerInstances(call).get(task.containerInstance)?.status === 'DRAINING'
}

/** Current tasks that are too many: the newest, first those that do not serve yet. */
function surplus(call: Call, service: ServiceRow, current: readonly TaskRow[], desired: number): readonly TaskRow[] {
  const byUse = [...current].reverse().sort((a, b) => Number(isHealthy(call, service, a)) - Number(isHealthy(call, service, b)))
  return byUse.slice(0, Math.max(0, current.length - desired))
}

/** Outdated tasks that can go: all that serve nothing, of the others as many as can be spared. */
function stoppable(call: Call, service: ServiceRow, outdated: readonly TaskRow[], spare: number): readonly TaskRow[] {
  const serving = outdated.filter((task) => isHealthy(call, service, task))
  return [...outdated.filter((task) => !serving.includes(task)), ...serving.slice(0, spare)]
}

function stop(call: Call, service: ServiceRow, stopping: readonly TaskRow[]): void {
  if (stopping.length === 0) return
  for (const task of stopping)
    stopTask(call, task, `Scaling activity initiated by (deployment ${service.deployments[0]!.id})`, 'ServiceSchedulerInitiated')
  addEvent(call, service.id, `(service ${service.name}) has stopped ${stopping.length} running tasks: ${named(stopping)}.`)
}

function start(call: Call, service: ServiceRow, definition: TaskDefinitionRow, deployment: DeploymentRow, count: number): void {
  const started: TaskRow[] = []
  let problem: string | undefined
  for (let i = 0; i < count && problem === undefined; i++) {
    const found = placeTask(call, service, definition)
    if ('reason' in found) problem = found.reason
    else
      started.push(
        startTask(call, {
          cluster: service.cluster,
          definition,
          launchType: service.launchType ?? 'EC2',
          instance: found.instance,
          ports: found.ports,
          group: `service:${service.name}`,
          service: service.id,
          deployment: deployment.id,
          network: service.network,
        }),
      )
  }
  if (started.length > 0) addEvent(call, service.id, `(service ${service.name}) has started ${started.length} tasks: ${named(started)}.`)
  if (problem !== undefined)
    complain(
      call,
      service.id,
      `(service ${service.name}) was unable to place a task because no container instance met all of its requirements. ${problem} ${moreHelp}`,
    )
}

function placeTask(
  call: Call,
  service: ServiceRow,
  definition: TaskDefinitionRow,
): Placement | { readonly instance: undefined; readonly ports: [] } {
  if (service.launchType === 'FARGATE') return { instance: undefined, ports: [] }
  return place(call, service.cluster, definition, {
    constraints: service.constraints,
    strategy: service.placement,
    group: `service:${service.name}`,
    onePerInstance: service.scheduling === 'DAEMON',
  })
}

function named(list: readonly TaskRow[]): string {
  return list.map((task) => `(task ${task.id})`).join(' ')
}

/** Ends a deployment that has all its tasks, and says when a service has become steady. */
function settle(call: Call, id: string, desired: number): void {
  const service = services(call).get(id)!
  const primary = service.deployments[0]!
  const live = tasksOfService(call, id)
  const isSteady =
    live.length === desired &&
    live.every(
      (task) =>
        task.wanted === 'RUNNING' && task.deployment === primary.id && !isOnDrainingInstance(call, task) && isHealthy(call, service, task),
    )
  if (!isSteady) {
    if (service.isSteady) services(call).patch(id, { isSteady: false })
    return
  }
  if (service.status === 'DRAINING') {
    services(call).patch(id, { status: 'INACTIVE', deployments: [] })
    call.inService('ecs').linger(3600, 'service-forgotten', id)
    return
  }
  if (primary.rollout === 'IN_PROGRESS' || service.deployments.length > 1) {
    const completed: DeploymentRow = {
      ...primary,
      rollout: 'COMPLETED',
      rolloutReason: `ECS deployment ${primary.id} completed.`,
      updated: call.now,
      failed: 0,
    }
    services(call).patch(id, { deployments: [completed] })
    addEvent(call, id, `(service ${service.name}) (deployment ${primary.id}) deployment completed.`)
  }
  if (!service.isSteady) {
    services(call).patch(id, { isSteady: true })
    addEvent(call, id, `(service ${service.name}) ${steadyWords}`)
  }
}

/** A task of a deployment that is not done has failed: the circuit breaker counts. */
function countFailure(call: Call, service: ServiceRow, task: TaskRow): void {
  const primary = service.deployments[0]
  const breaker = service.configuration.deploymentCircuitBreaker
  if (primary === undefined || task.deployment !== primary.id || primary.rollout !== 'IN_PROGRESS') return
  const failed = primary.failed + 1
  const threshold = Math.min(200, Math.max(3, Math.ceil(service.desired / 2)))
  if (breaker?.enable !== true || failed < threshold) {
    services(call).patch(service.id, { deployments: [{ ...primary, failed }, ...service.deployments.slice(1)] })
    return
  }
  const rolloutReason = `ECS deployment circuit breaker: tasks failed to start.`
  const broken: DeploymentRow = { ...primary, failed, rollout: 'FAILED', rolloutReason, updated: call.now }
  const earlier = service.deployments.find((deployment) => deployment.rollout === 'COMPLETED')
  addEvent(call, service.id, `(service ${service.name}) (deployment ${primary.id}) deployment failed: tasks failed to start.`)
  if (breaker.rollback === true && earlier !== undefined) {
    addEvent(call, service.id, `(service ${service.name}) rolling back to (deployment ${earlier.id}).`)
    const reason = `ECS deployment circuit breaker: rolling back to deploymentId ${earlier.id}.`
    const back = newDeployment(call, earlier.definition, reason)
    services(call).patch(service.id, { deployments: [back, broken, ...service.deployments.slice(1)] })
  } else services(call).patch(service.id, { deployments: [broken, ...service.deployments.slice(1)] })
}

export const schedulerEvents = {
  reconcile,

  /** ELB: a target came in service or went out of it. */
  'target-changed'(subject: string, call: Call): void {
    const [balancer, instanceId] = subject.split(' ') as [string, string]
    for (const service of [...services(call).values()]) {
      if (service.status === 'INACTIVE' || !service.loadBalancers.some((one) => one.loadBalancerName === balancer)) continue
      wakeService(call, service.id)
      for (const task of tasksOfService(call, service.id)) {
        const problem = task.wanted === 'RUNNING' && task.status === 'RUNNING' ? problemOf(call, service, task) : undefined
        if (problem?.instanceId === instanceId) call.linger(patienceSeconds + (service.graceSeconds ?? 0), 'task-unhealthy', task.id)
      }
    }
  },

  'task-unhealthy'(id: string, call: Call): void {
    const task = tasks(call).get(id)
    const service = task?.service === undefined ? undefined : services(call).get(task.service)
    if (task === undefined || service === undefined || task.status !== 'RUNNING' || task.wanted !== 'RUNNING') return
    const problem = problemOf(call, service, task)
    if (problem === undefined) return
    const { containerPort } = service.loadBalancers[0]!
    addEvent(
      call,
      service.id,
      `(service ${service.name}) (instance ${problem.instanceId}) (port ${containerPort}) is unhealthy in (elb ${problem.balancer}) due to (reason ${problem.why})`,
    )
    countFailure(call, service, task)
    stopTask(call, task, `Task failed ELB health checks in (elb ${problem.balancer})`, 'ServiceSchedulerInitiated')
    addEvent(call, service.id, `(service ${service.name}) has stopped 1 running tasks: ${named([task])}.`)
    wakeService(call, service.id)
  },

  'service-forgotten'(id: string, call: Call): void {
    if (services(call).get(id)?.status === 'INACTIVE') services(call).delete(id)
  },
}
