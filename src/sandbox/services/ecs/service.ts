import type * as Ecs from '@aws-sdk/client-ecs'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { loadBalancers } from '../elb/_rows.ts'
import { ecsArn, invalidParameter, lastPart, namePattern } from './_names.ts'
import { type DeploymentRow, type ServiceRow, services, type TaskDefinitionRow, taskDefinitions } from './_rows.ts'
import { clusterArn, findCluster } from './cluster.ts'
import { newDeployment, tasksOfService, wakeService } from './scheduler.ts'
import { dropTags, setTags, tagsOf } from './tags.ts'
import { checkNetwork } from './task.ts'
import { definitionArn, findActiveDefinition } from './task-definition.ts'

export const serviceOperations = {
  CreateService(input: Ecs.CreateServiceRequest, call: Call): Ecs.CreateServiceResponse {
    const cluster = findCluster(call, input.cluster)
    const name = input.serviceName!
    if (!namePattern.test(name)) throw invalidParameter('Invalid service name.')
    const id = `${cluster.id}/${name}`
    const known = services(call).get(id)
    if (known?.status === 'ACTIVE') throw invalidParameter('Creation of service was not idempotent.')
    if (known?.status === 'DRAINING') throw invalidParameter('Unable to Start a service that is still Draining.')
    if (input.deploymentController !== undefined && input.deploymentController.type !== 'ECS')
      throw invalidParameter(`The sandbox has deployments of the type ECS only, not ${input.deploymentController.type}.`)
    const definition = findActiveDefinition(call, input.taskDefinition)
    const scheduling = input.schedulingStrategy ?? 'REPLICA'
    if (scheduling === 'REPLICA' && input.desiredCount === undefined) throw invalidParameter('Desired count must be specified.')
    if (scheduling === 'DAEMON' && input.desiredCount !== undefined && input.desiredCount > 0)
      throw invalidParameter(
        'The daemon scheduling strategy does not support a desired count for services. Remove a desired count value and try again',
      )
    const strategy = input.capacityProviderStrategy ?? []
    if (strategy.length > 0 && input.launchType !== undefined)
      throw invalidParameter('Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.')
    const launchType = strategy.length === 0 ? (input.launchType ?? 'EC2') : undefined
    if (launchType === 'FARGATE' && !definition.given.requiresCompatibilities?.includes('FARGATE'))
      throw invalidParameter('Task definition does not support launch_type FARGATE.')
    checkNetwork(definition, input.networkConfiguration)
    checkBalancers(call, definition, input.loadBalancers ?? [])
    if (input.healthCheckGracePeriodSeconds !== undefined && (input.loadBalancers ?? []).length === 0)
      throw invalidParameter('Health check grace period is only valid for services configured to use load balancers')
    const row = services(call).put({
      id,
      cluster: cluster.id,
      name,
      status: 'ACTIVE',
      desired: input.desiredCount ?? 0,
      launchType: launchType as ServiceRow['launchType'],
      strategy,
      scheduling,
      configuration: configurationOf(input.deploymentConfiguration, scheduling),
      loadBalancers: input.loadBalancers ?? [],
      registries: input.serviceRegistries ?? [],
      constraints: input.placementConstraints ?? [],
      placement: input.placementStrategy ?? [],
      network: networkOf(input.networkConfiguration),
      graceSeconds: input.healthCheckGracePeriodSeconds ?? ((input.loadBalancers ?? []).length > 0 ? 0 : undefined),
      roleArn: roleOf(call, input),
      platformVersion: launchType === 'FARGATE' ? (input.platformVersion ?? 'LATEST') : undefined,
      managedTags: input.enableECSManagedTags ?? false,
      propagateTags: input.propagateTags ?? 'NONE',
      executeCommand: input.enableExecuteCommand ?? false,
      zoneRebalancing: input.availabilityZoneRebalancing ?? 'DISABLED',
      created: call.now,
      createdBy: call.identity.arn,
      deployments: [newDeployment(call, definition.id)],
      events: [],
      isSteady: false,
    })
    setTags(call, serviceArn(call, row), input.tags ?? [])
    wakeService(call, id)
    return { service: describe(row, call, true) }
  },

  DescribeServices(input: Ecs.DescribeServicesRequest, call: Call): Ecs.DescribeServicesResponse {
    const cluster = findCluster(call, input.cluster)
    const names = input.services ?? []
    if (names.length === 0) throw invalidParameter('Services cannot be empty.')
    if (names.length > 10) throw invalidParameter('At most 10 services can be described in one call.')
    const found: Ecs.Service[] = []
    const failures: Ecs.Failure[] = []
    for (const name of names) {
      const row = services(call).get(`${cluster.id}/${lastPart(name)}`)
      if (row === undefined) failures.push({ arn: ecsArn(call, `service/${cluster.id}/${lastPart(name)}`), reason: 'MISSING' })
      else found.push(describe(row, call, input.include?.includes('TAGS') === true))
    }
    return { services: found, failures }
  },

  ListServices(input: Ecs.ListServicesRequest, call: Call): Ecs.ListServicesResponse {
    const cluster = findCluster(call, input.cluster)
    const found = [...services(call).values()].filter(
      (row) =>
        row.cluster === cluster.id &&
        row.status !== 'INACTIVE' &&
        (input.launchType === undefined || row.launchType === input.launchType) &&
        (input.schedulingStrategy === undefined || row.scheduling === input.schedulingStrategy),
    )
    const page = pageOf(call, found, input.nextToken, input.maxResults ?? 10, 'InvalidParameterException')
    return { serviceArns: page.items.map((row) => serviceArn(call, row)), nextToken: page.nextToken }
  },

  /** Another task definition, network or load balancer begins a deployment; a count alone does not. */
  UpdateService(input: Ecs.UpdateServiceRequest, call: Call): Ecs.UpdateServiceResponse {
    const row = findService(call, input.cluster, input.service!)
    if (row.status !== 'ACTIVE') throw new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.')
    const primary = row.deployments[0]!
    const definition =
      input.taskDefinition === undefined ? taskDefinitions(call).get(primary.definition)! : findActiveDefinition(call, input.taskDefinition)
    if (row.scheduling === 'DAEMON' && input.desiredCount !== undefined)
      throw invalidParameter(
        'The daemon scheduling strategy does not support a desired count for services. Remove a desired count value and try again',
      )
    const balancers = input.loadBalancers ?? row.loadBalancers
    if (input.networkConfiguration !== undefined) checkNetwork(definition, input.networkConfiguration)
    checkBalancers(call, definition, balancers)
    const isNew =
      definition.id !== primary.definition ||
      input.forceNewDeployment === true ||
      (input.networkConfiguration !== undefined && !same(networkOf(input.networkConfiguration), row.network)) ||
      !same(balancers, row.loadBalancers) ||
      (input.platformVersion !== undefined && input.platformVersion !== row.platformVersion)
    const started = isNew ? [newDeployment(call, definition.id)] : []
    const changed = services(call).patch(row.id, {
      desired: input.desiredCount ?? row.desired,
      configuration:
        input.deploymentConfiguration === undefined
          ? row.configuration
          : { ...row.configuration, ...configurationOf(input.deploymentConfiguration, row.scheduling) },
      loadBalancers: balancers,
      registries: input.serviceRegistries ?? row.registries,
      constraints: input.placementConstraints ?? row.constraints,
      placement: input.placementStrategy ?? row.placement,
      strategy: input.capacityProviderStrategy ?? row.strategy,
      network: input.networkConfiguration === undefined ? row.network : networkOf(input.networkConfiguration),
      graceSeconds: input.healthCheckGracePeriodSeconds ?? row.graceSeconds,
      platformVersion: input.platformVersion ?? row.platformVersion,
      managedTags: input.enableECSManagedTags ?? row.managedTags,
      propagateTags: input.propagateTags ?? row.propagateTags,
      executeCommand: input.enableExecuteCommand ?? row.executeCommand,
      zoneRebalancing: input.availabilityZoneRebalancing ?? row.zoneRebalancing,
      deployments: [...started, ...row.deployments],
      isSteady: false,
    })
    wakeService(call, row.id)
    return { service: describe(changed, call, true) }
  },

  DeleteService(input: Ecs.DeleteServiceRequest, call: Call): Ecs.DeleteServiceResponse {
    const row = findService(call, input.cluster, input.service!)
    if (row.status === 'INACTIVE') throw new AwsError('ServiceNotFoundException', 'Service not found.')
    const count = row.scheduling === 'REPLICA' ? row.desired : 0
    if (input.force !== true && count > 0) throw invalidParameter('The service cannot be stopped while it is scaled above 0.')
    const gone = services(call).patch(row.id, { status: 'DRAINING', desired: 0, isSteady: false })
    dropTags(call, serviceArn(call, row))
    wakeService(call, row.id)
    return { service: describe(gone, call, false) }
  },
}

export function serviceArn(call: Call, row: Pick<ServiceRow, 'id'>): string {
  return ecsArn(call, `service/${row.id}`)
}

function findService(call: Call, cluster: string | undefined, name: string): ServiceRow {
  const row = services(call).get(`${findCluster(call, cluster).id}/${lastPart(name)}`)
  if (row === undefined) throw new AwsError('ServiceNotFoundException', 'Service not found.')
  return row
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null)
}

function configurationOf(
  given: Ecs.DeploymentConfiguration | undefined,
  scheduling: ServiceRow['scheduling'],
): ServiceRow['configuration'] {
  const maximumPercent = given?.maximumPercent ?? (scheduling === 'DAEMON' ? 100 : 200)
  const minimumHealthyPercent = given?.minimumHealthyPercent ?? (scheduling === 'DAEMON' ? 0 : 100)
  if (minimumHealthyPercent < 0 || maximumPercent < 0)
    throw invalidParameter('Percentages of the deployment configuration cannot be negative.')
  if (maximumPercent < minimumHealthyPercent || (maximumPercent <= 100 && minimumHealthyPercent >= 100 && scheduling === 'REPLICA'))
    throw invalidParameter(
      'The provided deployment configuration is invalid: maximumPercent must be greater than minimumHealthyPercent for tasks to be replaced.',
    )
  const breaker = given?.deploymentCircuitBreaker ?? { enable: false, rollback: false }
  return { strategy: 'ROLLING', bakeTimeInMinutes: 0, ...given, maximumPercent, minimumHealthyPercent, deploymentCircuitBreaker: breaker }
}

function networkOf(given: Ecs.NetworkConfiguration | undefined): Ecs.NetworkConfiguration | undefined {
  const own = given?.awsvpcConfiguration
  return own === undefined ? undefined : { awsvpcConfiguration: { ...own, assignPublicIp: own.assignPublicIp ?? 'DISABLED' } }
}

/** Services behind a load balancer use the service-linked role when they are given none. */
function roleOf(call: Call, input: Ecs.CreateServiceRequest): string | undefined {
  if (input.role === undefined && (input.loadBalancers ?? []).length === 0) return undefined
  const name = input.role ?? 'aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS'
  return name.startsWith('arn:') ? name : `arn:aws:iam::${call.account}:role/${name}`
}

function checkBalancers(call: Call, definition: TaskDefinitionRow, given: readonly Ecs.LoadBalancer[]): void {
  for (const { containerName, containerPort, loadBalancerName, targetGroupArn } of given) {
    if (loadBalancerName !== undefined && targetGroupArn !== undefined)
      throw invalidParameter(
        'loadBalancerName and targetGroupArn cannot both be specified. You must specify either a loadBalancerName or a targetGroupArn.',
      )
    const container = definition.given.containerDefinitions?.find((one) => one.name === containerName)
    if (container === undefined) throw invalidParameter(`The container ${containerName} does not exist in the task definition.`)
    const mapping = container.portMappings?.find((port) => port.containerPort === containerPort)
    if (mapping === undefined)
      throw invalidParameter(`The container ${containerName} did not have a container port ${containerPort} defined.`)
    if (targetGroupArn !== undefined) throw invalidParameter(`The specified target group does not exist: ${targetGroupArn}`)
    if (definition.given.networkMode === 'awsvpc')
      throw invalidParameter('Classic Load Balancers are not supported with the awsvpc network mode.')
    if ((mapping.hostPort ?? 0) === 0)
      throw invalidParameter(
        `The task definition is configured to use a dynamic host port, but the target loadBalancer ${loadBalancerName} is a Classic Load Balancer, which needs a static one.`,
      )
    if (loadBalancers(call).get(loadBalancerName ?? '') === undefined)
      throw invalidParameter(
        `Unable to assume role and validate the listeners configured on your load balancer. There is no ACTIVE Load Balancer named '${loadBalancerName}'`,
      )
  }
}

function describe(row: ServiceRow, call: Call, withTags: boolean): Ecs.Service {
  const live = tasksOfService(call, row.id)
  const primary = row.deployments[0]
  const definition = primary === undefined ? undefined : { id: primary.definition }
  return {
    serviceArn: serviceArn(call, row),
    serviceName: row.name,
    clusterArn: clusterArn(call, row.cluster),
    status: row.status,
    desiredCount: row.scheduling === 'DAEMON' ? live.filter((task) => task.wanted === 'RUNNING').length : row.desired,
    runningCount: live.filter((task) => task.status === 'RUNNING').length,
    pendingCount: live.filter((task) => task.status !== 'RUNNING').length,
    launchType: row.launchType,
    capacityProviderStrategy: row.strategy.length === 0 ? undefined : row.strategy.map((item) => ({ weight: 0, base: 0, ...item })),
    platformVersion: row.platformVersion,
    platformFamily: row.launchType === 'FARGATE' ? 'Linux' : undefined,
    taskDefinition: definition === undefined ? undefined : definitionArn(call, definition),
    deploymentConfiguration: row.configuration,
    deploymentController: { type: 'ECS' },
    deployments: row.deployments.map((deployment, i) => describeDeployment(row, deployment, i, call)),
    loadBalancers: [...row.loadBalancers],
    serviceRegistries: [...row.registries],
    schedulingStrategy: row.scheduling,
    placementConstraints: [...row.constraints],
    placementStrategy: [...row.placement],
    networkConfiguration: row.network,
    healthCheckGracePeriodSeconds: row.graceSeconds,
    roleArn: row.roleArn,
    events: row.events.map((event) => ({ id: event.id, createdAt: event.time, message: event.message })),
    createdAt: row.created,
    createdBy: row.createdBy,
    enableECSManagedTags: row.managedTags,
    propagateTags: row.propagateTags,
    enableExecuteCommand: row.executeCommand,
    availabilityZoneRebalancing: row.zoneRebalancing,
    tags: withTags ? [...tagsOf(call, serviceArn(call, row))] : undefined,
  }
}

function describeDeployment(row: ServiceRow, deployment: DeploymentRow, index: number, call: Call): Ecs.Deployment {
  const own = tasksOfService(call, row.id).filter((task) => task.deployment === deployment.id)
  return {
    id: deployment.id,
    status: index === 0 ? 'PRIMARY' : 'ACTIVE',
    taskDefinition: definitionArn(call, { id: deployment.definition }),
    desiredCount: index === 0 ? row.desired : 0,
    runningCount: own.filter((task) => task.status === 'RUNNING').length,
    pendingCount: own.filter((task) => task.status !== 'RUNNING').length,
    failedTasks: deployment.failed,
    createdAt: deployment.created,
    updatedAt: deployment.updated,
    launchType: row.launchType,
    platformVersion: row.platformVersion,
    networkConfiguration: row.network,
    rolloutState: deployment.rollout,
    rolloutStateReason: deployment.rolloutReason,
  }
}
