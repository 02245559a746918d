import type * as Ecs from '@aws-sdk/client-ecs'
import type { Call } from '../../kernel/call.ts'
import { pageOf } from '../../kernel/paging.ts'
import { clientError, ecsArn, invalidParameter, lastPart, namePattern } from './_names.ts'
import { families, type TaskDefinitionRow, taskDefinitions } from './_rows.ts'
import { setTags, tagsOf } from './tags.ts'

export const taskDefinitionOperations = {
  RegisterTaskDefinition(input: Ecs.RegisterTaskDefinitionRequest, call: Call): Ecs.RegisterTaskDefinitionResponse {
    const { tags = [], ...given } = input
    const family = given.family!
    if (!namePattern.test(family)) throw clientError('Family contains invalid characters.')
    const completed = completeDefinition(given)
    const revision = (families(call).get(family)?.last ?? 0) + 1
    families(call).put({ id: family, last: revision })
    const row = taskDefinitions(call).put({
      id: `${family}:${revision}`,
      family,
      revision,
      status: 'ACTIVE',
      given: completed,
      registered: call.now,
      registeredBy: call.identity.arn,
    })
    setTags(call, definitionArn(call, row), tags)
    return { taskDefinition: describe(row, call), tags: [...tagsOf(call, definitionArn(call, row))] }
  },

  DescribeTaskDefinition(input: Ecs.DescribeTaskDefinitionRequest, call: Call): Ecs.DescribeTaskDefinitionResponse {
    const row = tryDefinition(call, input.taskDefinition!)
    if (row === undefined) throw clientError('Unable to describe task definition.')
    return {
      taskDefinition: describe(row, call),
      tags: input.include?.includes('TAGS') === true ? [...tagsOf(call, definitionArn(call, row))] : [],
    }
  },

  DeregisterTaskDefinition(input: Ecs.DeregisterTaskDefinitionRequest, call: Call): Ecs.DeregisterTaskDefinitionResponse {
    if (!/:\d+$/.test(input.taskDefinition!)) throw invalidParameter('TaskDefinition must contain revision')
    const row = tryDefinition(call, input.taskDefinition!)
    if (row === undefined) throw clientError('The specified task definition does not exist.')
    if (row.status !== 'ACTIVE')
      throw clientError('The specified task definition is inactive. Specify an active task definition and try again.')
    return { taskDefinition: describe(taskDefinitions(call).patch(row.id, { status: 'INACTIVE', deregistered: call.now }), call) }
  },

  DeleteTaskDefinitions(input: Ecs.DeleteTaskDefinitionsRequest, call: Call): Ecs.DeleteTaskDefinitionsResponse {
    const gone: Ecs.TaskDefinition[] = []
    const failures: Ecs.Failure[] = []
    for (const name of input.taskDefinitions ?? []) {
      const row = tryDefinition(call, name)
      if (row === undefined) failures.push({ arn: name, reason: 'MISSING' })
      else if (row.status === 'ACTIVE')
        failures.push({
          arn: name,
          reason: 'The specified task definition is still in ACTIVE status. Please deregister the target and try again.',
        })
      else gone.push(describe(taskDefinitions(call).patch(row.id, { status: 'DELETE_IN_PROGRESS' }), call))
    }
    return { taskDefinitions: gone, failures }
  },

  ListTaskDefinitions(input: Ecs.ListTaskDefinitionsRequest, call: Call): Ecs.ListTaskDefinitionsResponse {
    const status = input.status ?? 'ACTIVE'
    const found = [...taskDefinitions(call).values()]
      .filter((row) => row.status === status && (input.familyPrefix === undefined || row.family === input.familyPrefix))
      .sort((a, b) => (a.family < b.family ? -1 : a.family > b.family ? 1 : a.revision - b.revision))
    if (input.sort === 'DESC') found.reverse()
    const page = pageOf(call, found, input.nextToken, input.maxResults ?? 100, 'InvalidParameterException')
    return { taskDefinitionArns: page.items.map((row) => definitionArn(call, row)), nextToken: page.nextToken }
  },

  ListTaskDefinitionFamilies(input: Ecs.ListTaskDefinitionFamiliesRequest, call: Call): Ecs.ListTaskDefinitionFamiliesResponse {
    const active = new Set([...taskDefinitions(call).values()].filter((row) => row.status === 'ACTIVE').map((row) => row.family))
    const wanted = (name: string) =>
      input.status === undefined || input.status === 'ALL' || active.has(name) === (input.status === 'ACTIVE')
    const names = [...families(call).values()]
      .map((row) => row.id)
      .filter((name) => name.startsWith(input.familyPrefix ?? '') && wanted(name))
    const page = pageOf(call, names, input.nextToken, input.maxResults ?? 100, 'InvalidParameterException')
    return { families: [...page.items], nextToken: page.nextToken }
  },
}

export function definitionArn(call: Call, row: Pick<TaskDefinitionRow, 'id'>): string {
  return ecsArn(call, `task-definition/${row.id}`)
}

/** A revision by ARN or `family:revision`; of a family alone, its latest active revision. */
export function tryDefinition(call: Call, name: string): TaskDefinitionRow | undefined {
  const own = lastPart(name)
  if (own.includes(':')) return taskDefinitions(call).get(own)
  return [...taskDefinitions(call).values()]
    .filter((row) => row.family === own && row.status === 'ACTIVE')
    .reduce<TaskDefinitionRow | undefined>(
      (latest, row) => (latest === undefined || row.revision > latest.revision ? row : latest),
      undefined,
    )
}

/** One that tasks can be started of. */
export function findActiveDefinition(call: Call, name: string | undefined): TaskDefinitionRow {
  const row = name === undefined ? undefined : tryDefinition(call, name)
  if (row === undefined) throw clientError('TaskDefinition not found.')
  if (row.status !== 'ACTIVE') throw clientError('TaskDefinition is inactive')
  return row
}

type Given = TaskDefinitionRow['given']

const fargateMemory: Readonly<Record<string, readonly [least: number, most: number]>> = {
  256: [512, 2048],
  512: [1024, 4096],
  1024: [2048, 8192],
  2048: [4096, 16_384],
  4096: [8192, 30_720],
  8192: [16_384, 61_440],
  16384: [32_768, 122_880],
}

/** @throws AwsError for definitions that ECS does not take */
function completeDefinition(given: Given): Given {
  const containers = given.containerDefinitions ?? []
  if (containers.length === 0) throw clientError('Container list cannot be empty.')
  const isFargate = given.requiresCompatibilities?.includes('FARGATE') === true
  const networkMode = given.networkMode ?? (isFargate ? undefined : 'bridge')
  if (isFargate) checkFargate(given)
  for (const arn of [given.taskRoleArn, given.executionRoleArn])
    if (arn !== undefined && arn !== '' && !/^(arn:aws[\w-]*:iam::\d{12}:role\/)?[\w+=,.@/-]+$/.test(arn))
      throw clientError('Role is not valid')
  const names = new Set<string>()
  for (const container of containers) {
    const name = container.name ?? ''
    if (!namePattern.test(name)) throw clientError('Container.name should not be null or empty.')
    if (names.has(name)) throw clientError(`Duplicate container name '${name}' in the task definition.`)
    names.add(name)
    if ((container.image ?? '') === '') throw clientError('Container.image should not be null or empty.')
    if (container.memory === undefined && container.memoryReservation === undefined && given.memory === undefined)
      throw clientError(`Invalid setting for container '${name}'. At least one of 'memory' or 'memoryReservation' must be specified.`)
    if (container.memory !== undefined && container.memory < 6)
      throw clientError(`Invalid setting for container '${name}'. 'memory' must be at least 6.`)
    if (container.memory !== undefined && container.memoryReservation !== undefined && container.memoryReservation > container.memory)
      throw clientError(`Invalid setting for container '${name}'. 'memory' should be greater than 'memoryReservation'`)
    for (const port of container.portMappings ?? [])
      if (networkMode === 'awsvpc' && port.hostPort !== undefined && port.hostPort !== 0 && port.hostPort !== port.containerPort)
        throw clientError('When networkMode=awsvpc, the host ports and container ports in port mappings must match.')
  }
  if (!containers.some((container) => container.essential !== false))
    throw clientError('At least one container in the task definition must be essential.')
  for (const container of containers)
    for (const mount of container.mountPoints ?? [])
      if (!(given.volumes ?? []).some((volume) => volume.name === mount.sourceVolume))
        throw clientError(`Unknown volume '${mount.sourceVolume}'.`)
  return { ...given, networkMode, containerDefinitions: containers.map((container) => complete(container, networkMode)) }
}

function checkFargate(given: Given): void {
  if (given.networkMode !== 'awsvpc') throw clientError("Fargate only supports network mode 'awsvpc'.")
  const range = fargateMemory[given.cpu ?? '']
  const memory = Number(given.memory)
  if (range === undefined || !(memory >= range[0] && memory <= range[1]))
    throw clientError(
      `No Fargate configuration exists for given values: ${given.cpu ?? 'null'} CPU, ${given.memory ?? 'null'} memory. See the Amazon ECS documentation for the valid values.`,
    )
  const logs = given.containerDefinitions!.some((container) => container.logConfiguration?.logDriver === 'awslogs')
  if (logs && given.executionRoleArn === undefined)
    throw clientError('Fargate requires task definition to have execution role ARN to support log driver awslogs.')
}

/** What ECS shows for what a container definition leaves out. */
function complete(container: Ecs.ContainerDefinition, networkMode: string | undefined): Ecs.ContainerDefinition {
  const hostPort = (port: Ecs.PortMapping) => {
    if (port.hostPort !== undefined && port.hostPort !== 0) return port.hostPort
    return networkMode === 'awsvpc' || networkMode === 'host' ? port.containerPort : 0
  }
  return {
    ...container,
    cpu: container.cpu ?? 0,
    essential: container.essential ?? true,
    environment: container.environment ?? [],
    mountPoints: container.mountPoints ?? [],
    volumesFrom: container.volumesFrom ?? [],
    systemControls: container.systemControls ?? [],
    portMappings: (container.portMappings ?? []).map((port) => ({ ...port, hostPort: hostPort(port), protocol: port.protocol ?? 'tcp' })),
  }
}

/** What a container instance must be able to do. */
function requirementsOf(given: Given): Ecs.Attribute[] {
  const names = new Set<string>()
  for (const container of given.containerDefinitions ?? []) {
    if (container.logConfiguration !== undefined) {
      names.add(`com.amazonaws.ecs.capability.logging-driver.${container.logConfiguration.logDriver}`)
      if (container.logConfiguration.logDriver === 'awslogs' && given.executionRoleArn !== undefined)
        names.add('ecs.capability.execution-role-awslogs')
    }
    if (/\.dkr\.ecr\./.test(container.image ?? '')) names.add('com.amazonaws.ecs.capability.ecr-auth')
  }
  if (given.taskRoleArn !== undefined) names.add('com.amazonaws.ecs.capability.task-iam-role')
  if (given.networkMode === 'awsvpc') names.add('ecs.capability.task-eni')
  names.add('com.amazonaws.ecs.capability.docker-remote-api.1.19')
  return [...names].map((name) => ({ name }))
}

function compatibilitiesOf(given: Given): Ecs.Compatibility[] {
  const isForFargate = given.networkMode === 'awsvpc' && given.cpu !== undefined && given.memory !== undefined
  return isForFargate ? ['EC2', 'FARGATE'] : ['EXTERNAL', 'EC2']
}

function describe(row: TaskDefinitionRow, call: Call): Ecs.TaskDefinition {
  const { given } = row
  return {
    ...given,
    taskDefinitionArn: definitionArn(call, row),
    revision: row.revision,
    status: row.status,
    volumes: given.volumes ?? [],
    placementConstraints: given.placementConstraints ?? [],
    requiresAttributes: requirementsOf(given),
    compatibilities: compatibilitiesOf(given),
    registeredAt: row.registered,
    registeredBy: row.registeredBy,
    deregisteredAt: row.deregistered,
  }
}
