import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/index.ts'
import { clientConfig, codeOf, refusal, testSandbox } from './_clients.ts'
import { makeBalancer, makeDefinition, makeGroup, makeWorld, type World } from './_service-world.ts'

let sandbox: Sandbox
let world: World
/** The sandbox's clock: patience with what fails is counted in real time. */
let now = Date.parse('2026-01-01T00:00:00Z')

beforeAll(async () => {
  sandbox = await testSandbox({ clock: () => new Date(now) })
  world = await makeWorld(sandbox)
})
afterAll(() => sandbox.close())

async function service(cluster: string, name = 'app') {
  return (await world.ecs.describeServices({ cluster, services: [name] })).services![0]!
}

const events = async (cluster: string, name?: string) => (await service(cluster, name)).events!.map((event) => event.message!).reverse()

/** What a service is doing: its tasks, and what its deployments have. */
async function summary(cluster: string): Promise<string> {
  const found = await service(cluster)
  const deployments = found.deployments!.map((one) => `${one.taskDefinition!.split('/')[1]} ${one.runningCount} ${one.rolloutState}`)
  return `${found.status} ${found.runningCount}/${found.desiredCount}: ${deployments.join(', ')}`
}

/** Ids vary. */
const plain = (message: string) => message.replace(/[0-9a-f]{32}/g, 'ID').replace(/ecs-svc\/\d+/g, 'ecs-svc/ID')

async function makeService(cluster: string, changes: object = {}): Promise<void> {
  await world.ecs.createService({ cluster, serviceName: 'app', taskDefinition: 'app', desiredCount: 2, ...changes })
}

/** A cluster, and instances for it. */
async function makeCluster(name: string, instances: number, type?: string): Promise<void> {
  await world.ecs.createCluster({ clusterName: name })
  if (instances > 0) await makeGroup(world, name, instances, name, type)
}

beforeAll(() => makeDefinition(world, 'app'))

describe('a cluster', () => {
  test('has the instances whose user data names it, with the capacity of their type', async () => {
    await makeCluster('capacity', 1, 't3.medium')
    const { containerInstanceArns } = await world.ecs.listContainerInstances({ cluster: 'capacity' })
    const { containerInstances } = await world.ecs.describeContainerInstances({
      cluster: 'capacity',
      containerInstances: containerInstanceArns,
    })
    const [found] = containerInstances!
    expect(found).toMatchObject({ status: 'ACTIVE', agentConnected: true, runningTasksCount: 0 })
    const resource = (name: string) => found!.registeredResources!.find((one) => one.name === name)!.integerValue
    expect(resource('CPU')).toBe(2048)
    // Of 4096 MiB the kernel and the agent keep some.
    expect(resource('MEMORY')).toBe(3909)
    expect(found!.attributes).toContainEqual({ name: 'ecs.instance-type', value: 't3.medium' })
    const [{ AutoScalingGroups }, { clusters }] = [
      await world.autoscaling.describeAutoScalingGroups({ AutoScalingGroupNames: ['capacity'] }),
      await world.ecs.describeClusters({ clusters: ['capacity'] }),
    ]
    expect(found!.ec2InstanceId).toBe(AutoScalingGroups![0]!.Instances![0]!.InstanceId)
    expect(clusters![0]!.registeredContainerInstancesCount).toBe(1)
    await world.ec2.terminateInstances({ InstanceIds: [found!.ec2InstanceId!] })
    const after = await world.ecs.listContainerInstances({ cluster: 'capacity' })
    expect(after.containerInstanceArns).toHaveLength(1)
    expect(after.containerInstanceArns).not.toEqual(containerInstanceArns)
  })

  test('gets instances that are older than itself, and none without a profile', async () => {
    await makeGroup(world, 'older', 1, 'older')
    await world.ec2.createLaunchTemplateVersion({
      LaunchTemplateName: 'older',
      LaunchTemplateData: {
        ImageId: world.imageId,
        InstanceType: 't3.small',
        UserData: Buffer.from('cat > /etc/ecs/ecs.config <<EOF\nECS_CLUSTER=older\nEOF\n').toString('base64'),
      },
    })
    await world.autoscaling.setDesiredCapacity({ AutoScalingGroupName: 'older', DesiredCapacity: 2 })
    await world.ecs.createCluster({ clusterName: 'older' })
    expect((await world.ecs.listContainerInstances({ cluster: 'older' })).containerInstanceArns).toHaveLength(1)
  })

  test('is not deleted while there is something in it', async () => {
    await makeCluster('used', 1)
    expect(await codeOf(world.ecs.deleteCluster({ cluster: 'used' }))).toBe('ClusterContainsContainerInstancesException')
    await world.autoscaling.deleteAutoScalingGroup({ AutoScalingGroupName: 'used', ForceDelete: true })
    await world.ecs.deleteCluster({ cluster: 'used' })
    expect((await world.ecs.describeClusters({ clusters: ['used', 'never'] })).clusters!.map((one) => one.status)).toEqual(['INACTIVE'])
    expect((await world.ecs.describeClusters({ clusters: ['never'] })).failures).toMatchObject([{ reason: 'MISSING' }])
  })
})

describe('a task definition', () => {
  test('has revisions, and what ECS adds', async () => {
    await makeDefinition(world, 'revised')
    await makeDefinition(world, 'revised', { tags: [{ key: 'a', value: '1' }] })
    const { taskDefinition, tags } = await world.ecs.describeTaskDefinition({ taskDefinition: 'revised', include: ['TAGS'] })
    expect(taskDefinition).toMatchObject({ revision: 2, status: 'ACTIVE', networkMode: 'bridge', compatibilities: ['EXTERNAL', 'EC2'] })
    expect(taskDefinition!.containerDefinitions![0]).toMatchObject({
      environment: [],
      mountPoints: [],
      volumesFrom: [],
      portMappings: [{ containerPort: 8080, hostPort: 8080, protocol: 'tcp' }],
    })
    expect(tags).toEqual([{ key: 'a', value: '1' }])
    await world.ecs.deregisterTaskDefinition({ taskDefinition: 'revised:2' })
    expect((await world.ecs.describeTaskDefinition({ taskDefinition: 'revised' })).taskDefinition!.revision).toBe(1)
    expect((await world.ecs.describeTaskDefinition({ taskDefinition: 'revised:2' })).taskDefinition!.status).toBe('INACTIVE')
  })

  test.each<[what: string, changes: object, says: string]>([
    ['no containers', { containerDefinitions: [] }, 'ClientException: Container list cannot be empty.'],
    [
      'no memory',
      { containerDefinitions: [{ name: 'a', image: 'a' }] },
      "ClientException: Invalid setting for container 'a'. At least one of 'memory' or 'memoryReservation' must be specified.",
    ],
    [
      'an unknown volume',
      { containerDefinitions: [{ name: 'a', image: 'a', memory: 64, mountPoints: [{ sourceVolume: 'v', containerPath: '/v' }] }] },
      "ClientException: Unknown volume 'v'.",
    ],
    [
      'a size that Fargate does not have',
      { requiresCompatibilities: ['FARGATE'], networkMode: 'awsvpc', cpu: '256', memory: '128' },
      'ClientException: No Fargate configuration exists for given values: 256 CPU, 128 memory. See the Amazon ECS documentation for the valid values.',
    ],
  ])('with %s is refused', async (_what, changes, says) => {
    expect(await refusal(makeDefinition(world, 'refused', changes))).toBe(says)
  })
})

describe('a service', () => {
  test('without capacity never gets steady, and says why', async () => {
    await makeCluster('empty', 0)
    await makeService('empty')
    expect(await summary('empty')).toBe('ACTIVE 0/2: app:1 0 IN_PROGRESS')
    expect(await events('empty')).toEqual([
      '(service app) was unable to place a task because no container instance met all of its requirements. Reason: No Container Instances were found in your cluster. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.',
    ])
  })

  test.each<[what: string, container: object, says: string]>([
    ['CPU', { cpu: 4096 }, 'has insufficient CPU units available.'],
    ['memory', { memory: 8192 }, 'has insufficient memory available.'],
    ['a port', { portMappings: [{ containerPort: 80, hostPort: 22 }] }, 'is already using a port required by your task.'],
    ['a log driver', { logConfiguration: { logDriver: 'splunk' } }, 'is missing an attribute required by your task.'],
  ])('that lacks %s says so', async (_what, container, says) => {
    const name = `lacking-${Object.keys(container)[0]!.toLowerCase()}`
    await makeCluster(name, 1)
    await makeDefinition(world, name, { containerDefinitions: [{ name: 'app', image: 'app', memory: 64, ...container }] })
    await makeService(name, { taskDefinition: name, desiredCount: 1 })
    expect((await events(name)).map(plain)).toEqual([
      `(service app) was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance ID) ${says} For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.`,
    ])
  })

  test('places its tasks when there is capacity, one to an instance for their port', async () => {
    await makeCluster('growing', 1)
    await makeService('growing')
    expect(await summary('growing')).toBe('ACTIVE 1/2: app:1 1 IN_PROGRESS')
    await world.autoscaling.setDesiredCapacity({ AutoScalingGroupName: 'growing', DesiredCapacity: 2 })
    expect(await summary('growing')).toBe('ACTIVE 2/2: app:1 2 COMPLETED')
    expect((await events('growing')).map(plain).slice(-3)).toEqual([
      '(service app) has started 1 tasks: (task ID).',
      '(service app) (deployment ecs-svc/ID) deployment completed.',
      '(service app) has reached a steady state.',
    ])
    const { taskArns } = await world.ecs.listTasks({ cluster: 'growing', serviceName: 'app' })
    const { tasks } = await world.ecs.describeTasks({ cluster: 'growing', tasks: taskArns })
    expect(tasks!.map((task) => task.lastStatus)).toEqual(['RUNNING', 'RUNNING'])
    expect(new Set(tasks!.map((task) => task.availabilityZone)).size).toBe(2)
    expect(tasks![0]!.containers![0]!.networkBindings).toEqual([
      { bindIP: '0.0.0.0', containerPort: 8080, hostPort: 8080, protocol: 'tcp' },
    ])
  })

  test('rolls to a new revision within its limits', async () => {
    await makeCluster('rolling', 2)
    await makeDefinition(world, 'rolling')
    await makeService('rolling', { taskDefinition: 'rolling' })
    const second = await makeDefinition(world, 'rolling')
    const update = (changes: object) => world.ecs.updateService({ cluster: 'rolling', service: 'app', ...changes })
    await update({ taskDefinition: second })
    // All tasks have to stay, and no instance has the port free: nothing moves.
    expect(await summary('rolling')).toBe('ACTIVE 2/2: rolling:2 0 IN_PROGRESS, rolling:1 2 COMPLETED')
    expect((await events('rolling')).at(-1)).toContain('is already using a port required by your task.')
    await update({ deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 100 } })
    expect(await summary('rolling')).toBe('ACTIVE 2/2: rolling:2 2 COMPLETED')
    expect((await events('rolling')).at(-1)).toBe('(service app) has reached a steady state.')
  })

  test('registers with its load balancer, which has it in service before the deployment is complete', async () => {
    await makeCluster('balanced', 2)
    await makeBalancer(world, 'balanced')
    await makeService('balanced', { loadBalancers: [{ loadBalancerName: 'balanced', containerName: 'app', containerPort: 8080 }] })
    const states = async () =>
      (await world.elb.describeInstanceHealth({ LoadBalancerName: 'balanced' })).InstanceStates!.map((one) => one.State)
    expect(await states()).toEqual(['InService', 'InService'])
    expect(await summary('balanced')).toBe('ACTIVE 2/2: app:1 2 COMPLETED')
    expect(await events('balanced')).toContain('(service app) registered 1 instances in (elb balanced)')
    await world.ecs.updateService({ cluster: 'balanced', service: 'app', desiredCount: 1 })
    await world.ecs.describeClusters({})
    expect(await states()).toEqual(['InService'])
    expect(await events('balanced')).toContain('(service app) has begun draining connections on 1 tasks.')
  })

  test('whose health check is elsewhere is never steady, and is told what is unhealthy', async () => {
    await makeCluster('sick', 1)
    await makeBalancer(world, 'sick', 'TCP:9090')
    await makeService('sick', {
      desiredCount: 1,
      loadBalancers: [{ loadBalancerName: 'sick', containerName: 'app', containerPort: 8080 }],
      deploymentConfiguration: {
        minimumHealthyPercent: 0,
        maximumPercent: 100,
        deploymentCircuitBreaker: { enable: true, rollback: false },
      },
    })
    expect(await summary('sick')).toBe('ACTIVE 1/1: app:1 1 IN_PROGRESS')
    for (let i = 0; i < 3; i++) {
      now += 31_000
      await world.ecs.listClusters({})
    }
    const messages = (await events('sick')).join('\n')
    expect(messages).toMatch(
      /\(service app\) \(instance i-\w+\) \(port 8080\) is unhealthy in \(elb sick\) due to \(reason Instance has failed/,
    )
    expect(messages).toContain('deployment failed: tasks failed to start.')
    expect((await service('sick')).deployments![0]).toMatchObject({ rolloutState: 'FAILED', failedTasks: 3 })
  })

  test('replaces the tasks of instances that drain', async () => {
    await makeCluster('draining', 2)
    await makeService('draining', { desiredCount: 1 })
    const host = async () => {
      const { taskArns } = await world.ecs.listTasks({ cluster: 'draining' })
      return (await world.ecs.describeTasks({ cluster: 'draining', tasks: taskArns })).tasks!.map((task) => task.containerInstanceArn!)
    }
    const [before] = await host()
    await world.ecs.updateContainerInstancesState({ cluster: 'draining', containerInstances: [before!], status: 'DRAINING' })
    await world.ecs.listClusters({})
    const after = await host()
    expect(after).toHaveLength(1)
    expect(after).not.toEqual([before])
  })

  test('of the strategy DAEMON has a task on each instance', async () => {
    await makeCluster('daemon', 2)
    await makeService('daemon', { schedulingStrategy: 'DAEMON', desiredCount: undefined })
    expect(await summary('daemon')).toContain('ACTIVE 2/2')
    await world.autoscaling.setDesiredCapacity({ AutoScalingGroupName: 'daemon', DesiredCapacity: 3 })
    expect(await summary('daemon')).toContain('ACTIVE 3/3')
  })

  test('is deleted when it is scaled to nothing, or by force', async () => {
    await makeCluster('ending', 1)
    await makeService('ending', { desiredCount: 1 })
    const name = { cluster: 'ending', service: 'app' }
    expect(await refusal(world.ecs.deleteService(name))).toBe(
      'InvalidParameterException: The service cannot be stopped while it is scaled above 0.',
    )
    await world.ecs.deleteService({ ...name, force: true })
    expect((await service('ending')).status).toBe('INACTIVE')
    expect((await world.ecs.listTasks({ cluster: 'ending' })).taskArns).toEqual([])
    expect((await world.ecs.listServices({ cluster: 'ending' })).serviceArns).toEqual([])
    await makeService('ending', { desiredCount: 0 })
    expect(await summary('ending')).toBe('ACTIVE 0/0: app:1 0 COMPLETED')
  })

  test.each<[what: string, changes: object, says: string]>([
    ['of an unknown cluster', { cluster: 'none' }, 'ClusterNotFoundException: Cluster not found.'],
    ['of an unknown definition', { taskDefinition: 'none' }, 'ClientException: TaskDefinition not found.'],
    ['that is there', { cluster: 'empty', serviceName: 'app' }, 'InvalidParameterException: Creation of service was not idempotent.'],
    [
      'with a container that is not defined',
      { loadBalancers: [{ loadBalancerName: 'balanced', containerName: 'no', containerPort: 8080 }] },
      'InvalidParameterException: The container no does not exist in the task definition.',
    ],
    [
      'with a port that is not mapped',
      { loadBalancers: [{ loadBalancerName: 'balanced', containerName: 'app', containerPort: 9 }] },
      'InvalidParameterException: The container app did not have a container port 9 defined.',
    ],
    [
      'with a network that its tasks do not have',
      { networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } } },
      'InvalidParameterException: Network Configuration is not valid for the given networkMode of this task definition.',
    ],
  ])('%s is refused', async (_what, changes, says) => {
    const request = { cluster: 'empty', serviceName: 'refused', taskDefinition: 'app', desiredCount: 1, ...changes }
    expect(await refusal(world.ecs.createService(request))).toBe(says)
  })
})

test('a task alone is placed, or is told why not', async () => {
  await makeCluster('alone', 1)
  const run = async () => world.ecs.runTask({ cluster: 'alone', taskDefinition: 'app' })
  const { tasks, failures } = await run()
  expect([tasks!.map((task) => task.lastStatus), failures]).toEqual([['PENDING'], []])
  expect((await run()).failures).toMatchObject([{ reason: 'RESOURCE:PORTS' }])
  await world.ecs.stopTask({ cluster: 'alone', task: tasks![0]!.taskArn!, reason: 'enough' })
  const { tasks: after } = await world.ecs.describeTasks({ cluster: 'alone', tasks: [tasks![0]!.taskArn!] })
  expect(after).toMatchObject([{ lastStatus: 'STOPPED', stoppedReason: 'enough', stopCode: 'UserInitiated' }])
})

test('a sandbox that is started again goes on with its services', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'landform-ecs-'))
  try {
    const first = await testSandbox({ dir })
    const before = await makeWorld(first)
    await before.ecs.createCluster({ clusterName: 'kept' })
    await makeGroup(before, 'kept', 2, 'kept')
    const logConfiguration = { logDriver: 'awslogs' as const, options: { 'awslogs-group': 'g' } }
    await makeDefinition(before, 'kept', { containerDefinitions: [{ name: 'app', image: 'app', memory: 64, logConfiguration }] })
    await before.ecs.createService({ cluster: 'kept', serviceName: 'app', taskDefinition: 'kept', desiredCount: 1 })
    await first.close()
    const second = await testSandbox({ dir })
    const { ECS } = await import('@aws-sdk/client-ecs')
    const ecs = new ECS(clientConfig(second))
    await ecs.updateService({ cluster: 'kept', service: 'app', desiredCount: 3 })
    const [found] = (await ecs.describeServices({ cluster: 'kept', services: ['app'] })).services!
    expect(found).toMatchObject({ runningCount: 3, desiredCount: 3 })
    await second.close()
  } finally {
    rmSync(dir, { recursive: true })
  }
})

test('lists are paged, and nothing of it is in another account', async () => {
  const names: string[] = []
  let nextToken: string | undefined
  do {
    const page = await world.ecs.listClusters({ maxResults: 3, nextToken })
    names.push(...page.clusterArns!.map((arn) => arn.split('/')[1]!))
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  expect(names).toEqual(expect.arrayContaining(['capacity', 'rolling', 'alone']))
  const other = await makeWorld(sandbox, '222222222222')
  expect((await other.ecs.listClusters({})).clusterArns).toEqual([])
  expect(await codeOf(other.ecs.describeServices({ cluster: 'rolling', services: ['app'] }))).toBe('ClusterNotFoundException')
})
