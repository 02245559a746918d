import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/index.ts'
import { codeOf, refusal, testSandbox } from './_clients.ts'
import { makeBalancer, makeGroup, makeWorld, type World } from './_service-world.ts'

let sandbox: Sandbox
let world: World
/** The sandbox's clock: what is tried again is so after real time only. */
let now = Date.parse('2026-01-01T00:00:00Z')

beforeAll(async () => {
  sandbox = await testSandbox({ maxPageSize: 2, clock: () => new Date(now) })
  world = await makeWorld(sandbox)
})
afterAll(() => sandbox.close())

async function group(name: string) {
  const [found] = (await world.autoscaling.describeAutoScalingGroups({ AutoScalingGroupNames: [name] })).AutoScalingGroups!
  return found!
}

const ids = async (name: string) => (await group(name)).Instances!.map((one) => one.InstanceId!)

async function activities(name: string) {
  const all: { text: string; cause: string }[] = []
  let NextToken: string | undefined
  do {
    const page = await world.autoscaling.describeScalingActivities({ AutoScalingGroupName: name, NextToken })
    all.push(...page.Activities!.map((one) => ({ text: `${one.StatusCode} ${one.Description}`, cause: one.Cause! })))
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  return all
}

async function instance(id: string) {
  return (await world.ec2.describeInstances({ InstanceIds: [id] })).Reservations![0]!.Instances![0]!
}

describe('a group', () => {
  test('launches what is desired, spread over its zones, with its tags', async () => {
    await makeGroup(world, 'spread', 4, 'none')
    const { Instances, AvailabilityZones, LaunchTemplate, Status } = await group('spread')
    expect(AvailabilityZones).toEqual(['eu-central-1a', 'eu-central-1b'])
    expect(LaunchTemplate).toMatchObject({ LaunchTemplateName: 'spread', Version: '$Latest' })
    expect(Status).toBeUndefined()
    expect(Instances!.map((one) => `${one.LifecycleState} ${one.HealthStatus} ${one.LaunchTemplate!.Version}`)).toEqual(
      Array(4).fill('InService Healthy 1'),
    )
    expect(Instances!.map((one) => one.AvailabilityZone).sort()).toEqual([
      'eu-central-1a',
      'eu-central-1a',
      'eu-central-1b',
      'eu-central-1b',
    ])
    const made = await instance(Instances![0]!.InstanceId!)
    expect(made).toMatchObject({ State: { Name: 'running' }, InstanceType: 't3.small', SecurityGroups: [{ GroupId: world.instanceGroup }] })
    expect(Object.fromEntries(made.Tags!.map((tag) => [tag.Key, tag.Value]))).toMatchObject({
      Name: 'spread',
      'aws:autoscaling:groupName': 'spread',
      'aws:ec2launchtemplate:version': '1',
    })
  })

  test('replaces an instance that somebody terminates', async () => {
    await makeGroup(world, 'replacing', 2, 'none')
    const [victim, other] = await ids('replacing')
    await world.ec2.terminateInstances({ InstanceIds: [victim!] })
    const after = await ids('replacing')
    expect(after).toHaveLength(2)
    expect(after).toContain(other)
    expect(after).not.toContain(victim)
    const found = (await activities('replacing')).find((one) => one.text === `Successful Terminating EC2 instance: ${victim}`)
    expect(found!.cause).toContain(
      'was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.',
    )
  })

  test('is scaled out and in, and says why', async () => {
    await makeGroup(world, 'scaled', 1, 'none')
    await world.autoscaling.setDesiredCapacity({ AutoScalingGroupName: 'scaled', DesiredCapacity: 3 })
    expect(await ids('scaled')).toHaveLength(3)
    const before = await ids('scaled')
    await world.autoscaling.updateAutoScalingGroup({ AutoScalingGroupName: 'scaled', MaxSize: 1 })
    const after = await group('scaled')
    expect(after).toMatchObject({ DesiredCapacity: 1, MaxSize: 1 })
    expect(after.Instances).toHaveLength(1)
    const gone = before.filter((id) => id !== after.Instances![0]!.InstanceId)
    for (const id of gone) expect((await instance(id)).State!.Name).toBe('terminated')
    expect((await activities('scaled')).map((one) => one.cause).join('\n')).toContain(
      'in response to a difference between desired and actual capacity, shrinking the capacity from 3 to 2.',
    )
  })

  test('keeps protected instances', async () => {
    await makeGroup(world, 'protected', 2, 'none')
    const [kept] = await ids('protected')
    await world.autoscaling.setInstanceProtection({ AutoScalingGroupName: 'protected', InstanceIds: [kept!], ProtectedFromScaleIn: true })
    await world.autoscaling.setDesiredCapacity({ AutoScalingGroupName: 'protected', DesiredCapacity: 0 })
    expect(await ids('protected')).toEqual([kept])
  })

  test('launches nothing while that is suspended', async () => {
    await makeGroup(world, 'suspended', 0, 'none')
    await world.autoscaling.suspendProcesses({ AutoScalingGroupName: 'suspended', ScalingProcesses: ['Launch'] })
    await world.autoscaling.setDesiredCapacity({ AutoScalingGroupName: 'suspended', DesiredCapacity: 1 })
    expect(await ids('suspended')).toEqual([])
    await world.autoscaling.resumeProcesses({ AutoScalingGroupName: 'suspended', ScalingProcesses: ['Launch'] })
    expect(await ids('suspended')).toHaveLength(1)
  })

  test('says why a launch fails, and tries again later', async () => {
    await makeGroup(world, 'failing', 0, 'none')
    const key = await world.ec2.createKeyPair({ KeyName: 'gone' })
    await world.ec2.createLaunchTemplateVersion({
      LaunchTemplateName: 'failing',
      SourceVersion: '1',
      LaunchTemplateData: { KeyName: 'gone' },
    })
    await world.ec2.deleteKeyPair({ KeyPairId: key.KeyPairId })
    await world.autoscaling.setDesiredCapacity({ AutoScalingGroupName: 'failing', DesiredCapacity: 1 })
    expect(await ids('failing')).toEqual([])
    const [failed] = await activities('failing')
    expect(failed!.text).toContain("Failed Launching a new EC2 instance.  Status Reason: The key pair 'gone' does not exist")
    await world.ec2.createLaunchTemplateVersion({
      LaunchTemplateName: 'failing',
      SourceVersion: '1',
      LaunchTemplateData: { InstanceType: 't3.small' },
    })
    expect(await ids('failing')).toEqual([])
    now += 61_000
    expect(await ids('failing')).toHaveLength(1)
  })

  test('stands behind its load balancer', async () => {
    await makeBalancer(world, 'front', 'TCP:22')
    await makeGroup(world, 'behind', 1, '')
    await world.autoscaling.attachLoadBalancers({ AutoScalingGroupName: 'behind', LoadBalancerNames: ['front'] })
    const state = async () => (await world.elb.describeInstanceHealth({ LoadBalancerName: 'front' })).InstanceStates!
    expect((await state()).map((one) => one.State)).toEqual(['InService'])
    const [before] = await ids('behind')
    await world.autoscaling.terminateInstanceInAutoScalingGroup({ InstanceId: before!, ShouldDecrementDesiredCapacity: false })
    const [after] = await ids('behind')
    expect((await state()).map((one) => one.InstanceId)).toEqual([after])
    expect(after).not.toBe(before)
  })

  test('waits at its hooks', async () => {
    await makeGroup(world, 'hooked', 0, 'none')
    const hook = { AutoScalingGroupName: 'hooked', LifecycleHookName: 'hello' }
    await world.autoscaling.putLifecycleHook({ ...hook, LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING', HeartbeatTimeout: 60 })
    await world.autoscaling.setDesiredCapacity({ AutoScalingGroupName: 'hooked', DesiredCapacity: 1 })
    const [waiting] = (await group('hooked')).Instances!
    expect(waiting!.LifecycleState).toBe('Pending:Wait')
    await world.autoscaling.completeLifecycleAction({ ...hook, InstanceId: waiting!.InstanceId, LifecycleActionResult: 'CONTINUE' })
    expect((await group('hooked')).Instances![0]).toMatchObject({ InstanceId: waiting!.InstanceId, LifecycleState: 'InService' })
    await world.autoscaling.setDesiredCapacity({ AutoScalingGroupName: 'hooked', DesiredCapacity: 2 })
    const abandoned = (await group('hooked')).Instances!.find((one) => one.LifecycleState === 'Pending:Wait')!
    now += 61_000
    expect(await ids('hooked')).not.toContain(abandoned.InstanceId)
  })

  test('is refreshed instance by instance when its template has a new version', async () => {
    await makeGroup(world, 'refreshed', 3, 'none')
    const before = await ids('refreshed')
    await world.ec2.createLaunchTemplateVersion({
      LaunchTemplateName: 'refreshed',
      SourceVersion: '1',
      LaunchTemplateData: { InstanceType: 't3.medium' },
    })
    const { InstanceRefreshId } = await world.autoscaling.startInstanceRefresh({ AutoScalingGroupName: 'refreshed' })
    const after = (await group('refreshed')).Instances!
    expect(after.map((one) => `${one.InstanceType} ${one.LaunchTemplate!.Version}`)).toEqual(Array(3).fill('t3.medium 2'))
    expect(after.filter((one) => before.includes(one.InstanceId!))).toEqual([])
    const { InstanceRefreshes } = await world.autoscaling.describeInstanceRefreshes({ AutoScalingGroupName: 'refreshed' })
    expect(InstanceRefreshes).toMatchObject([{ InstanceRefreshId, Status: 'Successful', PercentageComplete: 100 }])
  })

  test('is deleted when it has no instances, or with them', async () => {
    await makeGroup(world, 'deleted', 1, 'none')
    const [id] = await ids('deleted')
    const name = { AutoScalingGroupName: 'deleted' }
    expect(await codeOf(world.autoscaling.deleteAutoScalingGroup(name))).toBe('ResourceInUseFault')
    await world.autoscaling.deleteAutoScalingGroup({ ...name, ForceDelete: true })
    expect((await world.autoscaling.describeAutoScalingGroups({ AutoScalingGroupNames: ['deleted'] })).AutoScalingGroups).toEqual([])
    expect((await instance(id!)).State!.Name).toBe('terminated')
  })

  test('is one of a paged list, and of its account alone', async () => {
    const names: string[] = []
    let NextToken: string | undefined
    do {
      const page = await world.autoscaling.describeAutoScalingGroups({ NextToken })
      names.push(...page.AutoScalingGroups!.map((one) => one.AutoScalingGroupName!))
      NextToken = page.NextToken
    } while (NextToken !== undefined)
    expect(names).toEqual(expect.arrayContaining(['spread', 'refreshed']))
    expect(new Set(names).size).toBe(names.length)
    const other = await makeWorld(sandbox, '222222222222')
    expect((await other.autoscaling.describeAutoScalingGroups({})).AutoScalingGroups).toEqual([])
  })

  test.each<[what: string, work: () => Promise<unknown>, says: RegExp]>([
    ['a second of its name', () => create({}), /^AlreadyExistsFault: AutoScalingGroup by this name already exists/],
    ['an unknown group', () => world.autoscaling.setDesiredCapacity({ AutoScalingGroupName: 'no', DesiredCapacity: 0 }), /name not found/],
    ['more than it may have', () => create({ DesiredCapacity: 5 }, 'x'), /Desired capacity:5 must be between/],
    ['no place', () => create({ VPCZoneIdentifier: '' }, 'x'), /At least one Availability Zone or VPC Subnet is required/],
    ['an unknown subnet', () => create({ VPCZoneIdentifier: 'subnet-0123456789abcdef0' }, 'x'), /The subnet ID .* does not exist/],
    ['an unknown template', () => create({ LaunchTemplate: { LaunchTemplateName: 'none' } }, 'x'), /valid fully-formed launch template/],
    ['nothing to launch', () => create({ LaunchTemplate: undefined }, 'x'), /^ValidationError: Valid requests must contain either/],
    ['an unknown load balancer', () => create({ LoadBalancerNames: ['none'] }, 'x'), /Provided Load Balancers may not be valid/],
  ])('refuses %s', async (_what, work, says) => {
    expect(await refusal(work())).toMatch(says)
  })

  const create = (changes: object, AutoScalingGroupName = 'spread') =>
    world.autoscaling.createAutoScalingGroup({
      AutoScalingGroupName,
      LaunchTemplate: { LaunchTemplateName: 'spread' },
      MinSize: 0,
      MaxSize: 1,
      VPCZoneIdentifier: world.subnets.join(','),
      ...changes,
    })
})

describe('a launch template', () => {
  test('has versions, of which one is the default', async () => {
    const data = { ImageId: world.imageId, InstanceType: 't3.micro' as const }
    const { LaunchTemplate } = await world.ec2.createLaunchTemplate({
      LaunchTemplateName: 'versions',
      LaunchTemplateData: data,
      TagSpecifications: [{ ResourceType: 'launch-template', Tags: [{ Key: 'a', Value: '1' }] }],
    })
    const LaunchTemplateId = LaunchTemplate!.LaunchTemplateId
    expect(LaunchTemplate).toMatchObject({ DefaultVersionNumber: 1, LatestVersionNumber: 1, Tags: [{ Key: 'a', Value: '1' }] })
    await world.ec2.createLaunchTemplateVersion({ LaunchTemplateId, SourceVersion: '1', LaunchTemplateData: { InstanceType: 't3.small' } })
    await world.ec2.modifyLaunchTemplate({ LaunchTemplateId, DefaultVersion: '2' })
    const versions = async (...Versions: string[]) =>
      (await world.ec2.describeLaunchTemplateVersions({ LaunchTemplateId, Versions })).LaunchTemplateVersions!.map((one) => [
        one.VersionNumber,
        one.DefaultVersion,
        one.LaunchTemplateData,
      ])
    expect(await versions('$Default', '1')).toEqual([
      [2, true, { ...data, InstanceType: 't3.small' }],
      [1, false, data],
    ])
    const { SuccessfullyDeletedLaunchTemplateVersions: gone, UnsuccessfullyDeletedLaunchTemplateVersions: kept } =
      await world.ec2.deleteLaunchTemplateVersions({ LaunchTemplateId, Versions: ['1', '2'] })
    expect([gone!.map((one) => one.VersionNumber), kept!.map((one) => one.VersionNumber)]).toEqual([[1], [2]])
    expect(await codeOf(versions('1'))).toBe('InvalidLaunchTemplateId.VersionNotFound')
    const { Instances } = await world.ec2.runInstances({
      LaunchTemplate: { LaunchTemplateId },
      MinCount: 1,
      MaxCount: 1,
      SubnetId: world.subnets[0],
    })
    expect(Instances![0]!.InstanceType).toBe('t3.small')
    await world.ec2.deleteLaunchTemplate({ LaunchTemplateId })
    expect(await codeOf(world.ec2.describeLaunchTemplates({ LaunchTemplateIds: [LaunchTemplateId!] }))).toBe(
      'InvalidLaunchTemplateId.NotFound',
    )
  })

  test.each<[what: string, work: () => Promise<unknown>, code: string]>([
    ['a second of its name', () => make('spread'), 'InvalidLaunchTemplateName.AlreadyExistsException'],
    ['a name of two letters', () => make('ab'), 'InvalidLaunchTemplateName.MalformedException'],
    [
      'an unknown name',
      () => world.ec2.describeLaunchTemplates({ LaunchTemplateNames: ['none'] }),
      'InvalidLaunchTemplateName.NotFoundException',
    ],
    [
      'an id of another form',
      () => world.ec2.describeLaunchTemplates({ LaunchTemplateIds: ['lt-x'] }),
      'InvalidLaunchTemplateId.Malformed',
    ],
  ])('refuses %s', async (_what, work, code) => {
    expect(await codeOf(work())).toBe(code)
  })

  const make = (LaunchTemplateName: string) =>
    world.ec2.createLaunchTemplate({ LaunchTemplateName, LaunchTemplateData: { InstanceType: 't3.small' } })
})
