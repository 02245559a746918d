import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/index.ts'
import { codeOf, testSandbox } from './_clients.ts'
import { makeBalancer, makeWorld, type World } from './_service-world.ts'

let sandbox: Sandbox
let world: World
/** The sandbox's clock, so that what takes time can be waited for. */
let now = Date.parse('2026-01-01T00:00:00Z')

beforeAll(async () => {
  sandbox = await testSandbox({ maxPageSize: 2, delays: 1, clock: () => new Date(now) })
  world = await makeWorld(sandbox)
})
afterAll(() => sandbox.close())

/** Lets time pass; what is due happens with the next call. */
async function pass(seconds: number): Promise<void> {
  await world.elb.describeAccountLimits({})
  now += seconds * 1000
  await world.elb.describeAccountLimits({})
}

async function launch(subnet = world.subnets[0], group = world.instanceGroup): Promise<string> {
  const { Instances } = await world.ec2.runInstances({
    ImageId: world.imageId,
    InstanceType: 't3.micro',
    MinCount: 1,
    MaxCount: 1,
    SubnetId: subnet,
    SecurityGroupIds: [group],
  })
  return Instances![0]!.InstanceId!
}

async function health(name: string, id?: string): Promise<string[]> {
  const instances = id === undefined ? {} : { Instances: [{ InstanceId: id }] }
  const { InstanceStates } = await world.elb.describeInstanceHealth({ LoadBalancerName: name, ...instances })
  return InstanceStates!.map((one) => `${one.State}: ${one.Description}`)
}

const failing = 'OutOfService: Instance has failed at least the UnhealthyThreshold number of health checks consecutively.'

describe('a load balancer', () => {
  test('is described as it was made', async () => {
    await makeBalancer(world, 'made')
    const [found] = (await world.elb.describeLoadBalancers({ LoadBalancerNames: ['made'] })).LoadBalancerDescriptions!
    expect(found).toMatchObject({
      LoadBalancerName: 'made',
      DNSName: expect.stringMatching(/^made-\d+\.eu-central-1\.elb\.amazonaws\.com$/),
      CanonicalHostedZoneNameID: 'Z215JYRZR1TBD5',
      AvailabilityZones: ['eu-central-1a', 'eu-central-1b'],
      HealthCheck: { Target: 'HTTP:8080/health', Interval: 30, Timeout: 5, HealthyThreshold: 2, UnhealthyThreshold: 2 },
      ListenerDescriptions: [{ Listener: { Protocol: 'HTTP', LoadBalancerPort: 80, InstanceProtocol: 'HTTP', InstancePort: 8080 } }],
      SecurityGroups: [world.balancerGroup],
      SourceSecurityGroup: { GroupName: 'balancer', OwnerAlias: '123456789012' },
      Scheme: 'internet-facing',
      VPCId: world.vpcId,
    })
  })

  test('keeps its attributes, each by itself', async () => {
    await makeBalancer(world, 'attributes')
    const read = async () => (await world.elb.describeLoadBalancerAttributes({ LoadBalancerName: 'attributes' })).LoadBalancerAttributes!
    expect(await read()).toMatchObject({
      CrossZoneLoadBalancing: { Enabled: false },
      ConnectionDraining: { Enabled: false, Timeout: 300 },
      ConnectionSettings: { IdleTimeout: 60 },
      AccessLog: { Enabled: false },
    })
    const change = (LoadBalancerAttributes: object) =>
      world.elb.modifyLoadBalancerAttributes({ LoadBalancerName: 'attributes', LoadBalancerAttributes })
    await change({ ConnectionDraining: { Enabled: true, Timeout: 60 } })
    await change({ CrossZoneLoadBalancing: { Enabled: true } })
    expect(await read()).toMatchObject({ CrossZoneLoadBalancing: { Enabled: true }, ConnectionDraining: { Enabled: true, Timeout: 60 } })
    expect(await codeOf(change({ ConnectionDraining: { Enabled: true, Timeout: 3601 } }))).toBe('InvalidConfigurationRequestException')
  })

  test('has tags, which are listed by name', async () => {
    await makeBalancer(world, 'tagged')
    await world.elb.addTags({
      LoadBalancerNames: ['tagged'],
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    })
    await world.elb.addTags({ LoadBalancerNames: ['tagged'], Tags: [{ Key: 'a', Value: '3' }] })
    await world.elb.removeTags({ LoadBalancerNames: ['tagged'], Tags: [{ Key: 'b' }] })
    const { TagDescriptions } = await world.elb.describeTags({ LoadBalancerNames: ['tagged'] })
    expect(TagDescriptions).toEqual([{ LoadBalancerName: 'tagged', Tags: [{ Key: 'a', Value: '3' }] }])
  })

  test('is one of a paged list, and of its account and region alone', async () => {
    const names: string[] = []
    let Marker: string | undefined
    do {
      const page = await world.elb.describeLoadBalancers({ Marker })
      expect(page.LoadBalancerDescriptions!.length).toBeLessThanOrEqual(2)
      names.push(...page.LoadBalancerDescriptions!.map((one) => one.LoadBalancerName!))
      Marker = page.NextMarker
    } while (Marker !== undefined)
    expect(names).toEqual(['made', 'attributes', 'tagged'])
    const other = await makeWorld(sandbox, '222222222222')
    expect((await other.elb.describeLoadBalancers({})).LoadBalancerDescriptions).toEqual([])
    expect(await codeOf(other.elb.describeLoadBalancers({ LoadBalancerNames: ['made'] }))).toBe('AccessPointNotFoundException')
  })

  test('in default subnets is moved by zone', async () => {
    const name = { LoadBalancerName: 'zones' }
    const Listeners = [{ Protocol: 'TCP', LoadBalancerPort: 80, InstancePort: 80 }]
    await world.elb.createLoadBalancer({ ...name, Listeners, AvailabilityZones: ['eu-central-1a'] })
    const move = { ...name, AvailabilityZones: ['eu-central-1b'] }
    expect((await world.elb.enableAvailabilityZonesForLoadBalancer(move)).AvailabilityZones).toEqual(['eu-central-1a', 'eu-central-1b'])
    const left = await world.elb.disableAvailabilityZonesForLoadBalancer({ ...name, AvailabilityZones: ['eu-central-1a'] })
    expect(left.AvailabilityZones).toEqual(['eu-central-1b'])
    expect(await codeOf(world.elb.disableAvailabilityZonesForLoadBalancer(move))).toBe('InvalidConfigurationRequestException')
    await world.elb.deleteLoadBalancer(name)
  })

  test('holds its subnets and groups until it is deleted', async () => {
    await makeBalancer(world, 'holding')
    const enis = async () =>
      (await world.ec2.describeNetworkInterfaces({ Filters: [{ Name: 'description', Values: ['ELB holding'] }] })).NetworkInterfaces!
    expect(await enis()).toHaveLength(2)
    expect(await codeOf(world.ec2.deleteSecurityGroup({ GroupId: world.balancerGroup }))).toBe('DependencyViolation')
    await world.elb.detachLoadBalancerFromSubnets({ LoadBalancerName: 'holding', Subnets: [world.subnets[1]] })
    expect(await enis()).toHaveLength(1)
    await world.elb.deleteLoadBalancer({ LoadBalancerName: 'holding' })
    expect(await enis()).toEqual([])
    await world.elb.deleteLoadBalancer({ LoadBalancerName: 'holding' })
  })

  test.each<[what: string, work: () => Promise<unknown>, code: string]>([
    ['a second of its name', () => makeBalancer(world, 'made'), 'DuplicateAccessPointNameException'],
    ['an unknown one', () => world.elb.describeLoadBalancers({ LoadBalancerNames: ['none'] }), 'AccessPointNotFoundException'],
    ['an unknown instance', () => register('made', 'i-0123456789abcdef0'), 'InvalidEndPointException'],
    ['an unknown subnet', () => create({ Subnets: ['subnet-0123456789abcdef0'] }), 'SubnetNotFoundException'],
    ['an unknown group', () => create({ SecurityGroups: ['sg-0123456789abcdef0'] }), 'InvalidSecurityGroupException'],
    ['HTTPS without a certificate', () => create({ Listeners: [listener('HTTPS')] }), 'ValidationError'],
    ['protocols of two layers', () => create({ Listeners: [listener('TCP', 'HTTP')] }), 'InvalidConfigurationRequestException'],
    ['a name with a dot', () => create({ LoadBalancerName: 'a.b' }), 'ValidationError'],
    ['another listener on a port', () => addListener('made', 9090), 'DuplicateListenerException'],
    ['a check without a path', () => check('made', 'HTTP:80'), 'ValidationError'],
  ])('refuses %s', async (_what, work, code) => {
    expect(await codeOf(work())).toBe(code)
  })

  const listener = (Protocol: string, InstanceProtocol = Protocol) => ({
    Protocol,
    LoadBalancerPort: 80,
    InstanceProtocol,
    InstancePort: 80,
  })
  const create = (changes: object) =>
    world.elb.createLoadBalancer({
      LoadBalancerName: 'refused',
      Listeners: [listener('HTTP')],
      Subnets: [...world.subnets],
      SecurityGroups: [world.balancerGroup],
      ...changes,
    })
  const addListener = (name: string, InstancePort: number) =>
    world.elb.createLoadBalancerListeners({ LoadBalancerName: name, Listeners: [{ ...listener('HTTP'), InstancePort }] })
  const check = (name: string, Target: string) =>
    world.elb.configureHealthCheck({
      LoadBalancerName: name,
      HealthCheck: { Target, Interval: 30, Timeout: 5, HealthyThreshold: 2, UnhealthyThreshold: 2 },
    })
})

const register = (name: string, InstanceId: string) =>
  world.elb.registerInstancesWithLoadBalancer({ LoadBalancerName: name, Instances: [{ InstanceId }] })

describe('a target', () => {
  test('comes in service when it has passed its checks, and leaves after draining', async () => {
    await makeBalancer(world, 'life')
    await world.elb.modifyLoadBalancerAttributes({
      LoadBalancerName: 'life',
      LoadBalancerAttributes: { ConnectionDraining: { Enabled: true, Timeout: 120 } },
    })
    const id = await launch()
    await pass(30)
    await register('life', id)
    expect(await health('life')).toEqual(['OutOfService: Instance registration is still in progress.'])
    // Two checks, thirty seconds apart.
    await pass(61)
    expect(await health('life')).toEqual(['InService: N/A'])
    await world.elb.deregisterInstancesFromLoadBalancer({ LoadBalancerName: 'life', Instances: [{ InstanceId: id }] })
    expect(await health('life')).toEqual([])
    expect(await health('life', id)).toEqual(['InService: Instance deregistration currently in progress.'])
    await pass(121)
    expect(await health('life', id)).toEqual(['OutOfService: Instance is not currently registered with the LoadBalancer.'])
  })

  test('fails when its security group does not let the load balancer in, until it does', async () => {
    await makeBalancer(world, 'closed')
    const { GroupId } = await world.ec2.createSecurityGroup({ GroupName: 'closed', Description: 'closed', VpcId: world.vpcId })
    const id = await launch(world.subnets[0], GroupId)
    await pass(30)
    await register('closed', id)
    await pass(61)
    expect(await health('closed')).toEqual([failing])
    await world.ec2.authorizeSecurityGroupIngress({
      GroupId,
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 8080, ToPort: 8080, IpRanges: [{ CidrIp: '10.0.0.0/16' }] }],
    })
    await pass(31)
    await pass(61)
    expect(await health('closed')).toEqual(['InService: N/A'])
  })

  test('fails in a zone that the load balancer is not in', async () => {
    await makeBalancer(world, 'zone')
    await world.elb.detachLoadBalancerFromSubnets({ LoadBalancerName: 'zone', Subnets: [world.subnets[1]] })
    const id = await launch(world.subnets[1])
    await pass(30)
    await register('zone', id)
    await pass(61)
    expect(await health('zone')).toEqual([
      'OutOfService: Instance is in the Availability Zone for which LoadBalancer is not configured to route traffic to.',
    ])
  })

  test('fails when it is stopped, and leaves when it is terminated', async () => {
    await makeBalancer(world, 'ending')
    const id = await launch()
    await pass(30)
    await register('ending', id)
    await pass(61)
    expect(await health('ending')).toEqual(['InService: N/A'])
    await world.ec2.stopInstances({ InstanceIds: [id] })
    await pass(31)
    await pass(61)
    expect(await health('ending')).toEqual(['OutOfService: Instance is in stopped state.'])
    await world.ec2.terminateInstances({ InstanceIds: [id] })
    await pass(61)
    expect(await health('ending')).toEqual([])
  })
})
