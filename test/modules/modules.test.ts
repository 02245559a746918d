import { App, TerraformStack } from 'cdktf'
import { describe, expect, test } from 'vitest'
import { Bastion } from '../../modules/bastion/index.ts'
import { EcsCluster } from '../../modules/ecs-cluster/index.ts'
import { EcsService } from '../../modules/ecs-service/index.ts'
import { Environment } from '../../modules/environment/index.ts'
import { EnvironmentRoles, environmentRoleArn } from '../../modules/environment-roles/index.ts'
import { LoadBalancer } from '../../modules/load-balancer/index.ts'
import { isModule } from '../../modules/module.ts'
import { MetricMonitor, type MetricMonitorProps, ServiceMonitors } from '../../modules/monitors/index.ts'
import { Network } from '../../modules/network/index.ts'
import { People } from '../../modules/people/index.ts'
import { PrivateBucket } from '../../modules/private-bucket/index.ts'
import { StateStore } from '../../modules/state-store/index.ts'
import { blocks, countTypes, testEnvironment, testNetwork } from './_stack.ts'

describe('what each module makes', () => {
  test.each<[name: string, make: (env: Environment) => void, want: Record<string, number>]>([
    [
      'network',
      (env) => new Network(env, 'network', { cidr: '10.30.0.0/16', zones: 3, nat: 'per-zone' }),
      {
        aws_eip: 3,
        aws_internet_gateway: 1,
        aws_nat_gateway: 3,
        aws_route: 4,
        aws_route53_zone: 2,
        aws_route_table: 4,
        aws_route_table_association: 6,
        aws_security_group: 2,
        aws_subnet: 6,
        aws_vpc: 1,
        aws_vpc_security_group_egress_rule: 2,
        aws_vpc_security_group_ingress_rule: 3,
      },
    ],
    [
      'people',
      (env) => new People(env, 'people', { groups: { a: ['arn:aws:iam::1:role/a'] }, people: { alice: ['a'], bob: [] } }),
      { aws_iam_group: 2, aws_iam_group_policy: 2, aws_iam_user: 2, aws_iam_user_group_membership: 2 },
    ],
    [
      'environment-roles',
      (env) => new EnvironmentRoles(env, 'roles', { trustedAccountId: '222233334444' }),
      { aws_iam_policy: 1, aws_iam_role: 3, aws_iam_role_policy_attachment: 4 },
    ],
    [
      'state-store',
      (env) => new StateStore(env, 'state', { bucket: 'states', role: 'landform-state', trustedAccountId: '222233334444' }),
      {
        aws_iam_role: 1,
        aws_iam_role_policy: 1,
        aws_s3_bucket: 1,
        aws_s3_bucket_public_access_block: 1,
        aws_s3_bucket_server_side_encryption_configuration: 1,
        aws_s3_bucket_versioning: 1,
      },
    ],
  ])('%s', (_name, make, want) => {
    const env = testEnvironment()
    make(env)
    expect(countTypes(blocks(env).keys())).toEqual(want)
  })

  test('bastion: five resources, and one more with a key', () => {
    const env = testEnvironment()
    const network = testNetwork(env)
    new Bastion(env, 'bastion', { network, allowedCidrs: ['198.51.100.0/24'] })
    const mine = new Map([...blocks(env)].filter(([address]) => address.includes('.bastion_')))
    expect([...mine.keys()].sort()).toEqual([
      'aws_eip.bastion_address',
      'aws_instance.bastion_instance',
      'aws_security_group.bastion_group',
      'aws_vpc_security_group_egress_rule.bastion_out',
      'aws_vpc_security_group_ingress_rule.bastion_ssh',
    ])
    expect(mine.get('aws_instance.bastion_instance')).toMatchObject({
      source_dest_check: false,
      tags: { Name: 'bastion-01', Environment: 'stage' },
      root_block_device: { encrypted: true },
      metadata_options: { http_tokens: 'required' },
    })
    expect(mine.get('aws_eip.bastion_address')).toMatchObject({ domain: 'vpc', instance: '${aws_instance.bastion_instance.id}' })
    new Bastion(env, 'other', { network, publicKey: 'ssh-ed25519 AAAA' })
    expect(blocks(env).get('aws_instance.other_instance')).toMatchObject({ key_name: '${aws_key_pair.other_key.key_name}' })
  })

  test('load-balancer: health check, draining and names inside and outside', () => {
    const env = testEnvironment()
    const network = testNetwork(env)
    new LoadBalancer(env, 'inner', { network, port: 8080, healthCheck: '/health', drainingSeconds: 300 })
    const outer = new LoadBalancer(env, 'outer', {
      network,
      port: 3000,
      healthCheck: '/',
      name: 'web',
      public: true,
      certificateArn: 'arn:c',
    })
    const all = blocks(env)
    expect(all.get('aws_elb.inner_elb')).toMatchObject({
      name: 'stage-stage',
      internal: true,
      health_check: { target: 'HTTP:8080/health', interval: 30, timeout: 5, healthy_threshold: 2, unhealthy_threshold: 2 },
      connection_draining: true,
      connection_draining_timeout: 300,
      subnets: ['${aws_subnet.network_internal_1.id}', '${aws_subnet.network_internal_2.id}'],
    })
    expect(all.get('aws_elb.outer_elb')).toMatchObject({
      name: 'stage-web',
      internal: false,
      connection_draining_timeout: 60,
      listener: [{ lb_port: 80 }, { lb_port: 443, ssl_certificate_id: 'arn:c' }],
    })
    expect([...all.keys()].filter((a) => a.startsWith('aws_route53_record.')).sort()).toEqual([
      'aws_route53_record.inner_internal_name',
      'aws_route53_record.outer_internal_name',
      'aws_route53_record.outer_public_name',
    ])
    expect([outer.internalFqdn, outer.publicFqdn]).toEqual(['web.stage.internal', 'web.stage.example.com'])
  })

  test('monitors: query, thresholds and who is told', () => {
    const env = testEnvironment()
    new MetricMonitor(env, 'errors', {
      metric: 'app.5xx',
      timeAggr: 'avg',
      timeWindow: 'last_5m',
      spaceAggr: 'avg',
      operator: '>',
      warning: { threshold: 2, notify: '@slack-api' },
      critical: { threshold: 10 },
    })
    expect(blocks(env).get('datadog_monitor.errors_monitor')).toMatchObject({
      type: 'query alert',
      query: 'avg(last_5m):avg:app.5xx{environment:stage} > 10',
      monitor_thresholds: { warning: '2', critical: '10' },
      message: 'stage: errors\n{{#is_warning}}@slack-api{{/is_warning}}\n{{#is_alert}}@pagerduty-ops{{/is_alert}}',
    })
  })

  test('people: a group may assume the roles it is for and nothing else', () => {
    const env = testEnvironment()
    const arn = environmentRoleArn('333344445555', 'admin')
    new People(env, 'people', { groups: { 'stage-admin': [arn] }, people: { alice: ['stage-admin'] } })
    expect(blocks(env).get('aws_iam_user_group_membership.people_user_alice_groups')).toMatchObject({
      groups: ['${aws_iam_group.people_everybody.name}', '${aws_iam_group.people_group_stage_admin.name}'],
    })
    const { data } = env.toTerraform() as { data: Record<string, Record<string, { statement: object[] }>> }
    expect(data.aws_iam_policy_document!.people_group_stage_admin_document!.statement).toMatchObject([
      { actions: ['sts:AssumeRole'], resources: ['arn:aws:iam::333344445555:role/admin'] },
    ])
  })
})

describe('rules that types cannot say', () => {
  const monitor = (props: Partial<MetricMonitorProps>) => (env: Environment) =>
    new MetricMonitor(env, 'm', { metric: 'a.b', warning: { threshold: 1 }, critical: { threshold: 2 }, ...props })
  const service = (props: object) => (env: Environment) => {
    const cluster = new EcsCluster(env, 'cluster', { network: testNetwork(env) })
    new EcsService(env, 'api', { cluster, image: 'example/api:41', port: 8080, healthCheck: '/health', desired: 2, ...props })
  }
  test.each<[want: string, make: (env: Environment) => unknown]>([
    ['stage/n: cidr must be a /16', (env) => new Network(env, 'n', { cidr: '10.0.0.0/8' })],
    ['stage/n: zones must be a whole number from 1 to 4', (env) => new Network(env, 'n', { cidr: '10.0.0.0/16', zones: 5 })],
    ['must not open SSH to everybody', (env) => new Bastion(env, 'b', { network: testNetwork(env), allowedCidrs: ['0.0.0.0/0'] })],
    ['max (1) must not be less than min (2)', (env) => new EcsCluster(env, 'c', { network: testNetwork(env), min: 2, max: 1 })],
    ['the warning (2) must be reached before the critical level (2)', monitor({ warning: { threshold: 2 } })],
    ['the warning (1) must be reached before the critical level (2) when values fall', monitor({ operator: '<' })],
    ['image must say which version', service({ image: 'localhost:5000/api' })],
    ['port must be 1 to 65535', service({ port: 0 })],
    ['desired must be a whole number', service({ desired: 1.5 })],
    ['healthCheck must be a path that begins with "/"', service({ healthCheck: 'health' })],
    ['drainingSeconds must be 1 to 3600', service({ drainingSeconds: 0 })],
    ['is in a group "x" that is not among the groups', (env) => new People(env, 'p', { groups: {}, people: { alice: ['x'] } })],
    [
      'is longer than the 32 characters',
      (env) =>
        new LoadBalancer(env, 'a-name-that-is-too-long-for-aws', {
          network: testNetwork(env),
          port: 1,
          healthCheck: '/',
          name: 'a-name-that-is-too-long-for-aws',
        }),
    ],
  ])('%s', (want, make) => {
    expect(() => make(testEnvironment())).toThrow(want)
  })

  test('modules need an environment around them', () => {
    expect(() => new Network(new TerraformStack(new App(), 'plain'), 'n', { cidr: '10.0.0.0/16' })).toThrow('modules need an Environment')
  })
})

test('modules are known by their symbol', () => {
  const env = testEnvironment()
  const network = testNetwork(env)
  const bucket = new PrivateBucket(env, 'b', { bucket: 'b' })
  expect([Network.isNetwork(network), Network.isNetwork(bucket), PrivateBucket.isPrivateBucket(bucket)]).toEqual([true, false, true])
  // As of another copy of the code, which shares no class.
  expect(isModule({ [Symbol.for('landform/network')]: true }, 'network')).toBe(true)
  expect([Environment.isEnvironment(env), Environment.isEnvironment(network), ServiceMonitors.isServiceMonitors(undefined)]).toEqual([
    true,
    false,
    false,
  ])
  expect(Environment.of(bucket)).toBe(env)
})

test('names that would meet are told apart', () => {
  const env = testEnvironment()
  new PrivateBucket(env, 'a-b', { bucket: 'one' })
  new PrivateBucket(env, 'a_b', { bucket: 'two' })
  const names = [...blocks(env).keys()].filter((a) => a.startsWith('aws_s3_bucket.'))
  expect(names).toHaveLength(2)
  expect(names[0]).toBe('aws_s3_bucket.a_b_bucket')
  expect(names[1]).toMatch(/^aws_s3_bucket\.a_b_bucket_[0-9A-F]{8}$/)
})
