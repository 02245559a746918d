import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EcsCluster } from '../../modules/ecs-cluster/index.ts'
import { EcsService } from '../../modules/ecs-service/index.ts'
import { type PlannedResource, plan as planConfig, type StackLike } from '../../src/library/index.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts'
import { cpuMs } from '../support/cpu.ts'
import { account, countTypes, testEnvironment, testNetwork } from './_stack.ts'

/** A service as it is planned, by the provider that applies it: against a sandbox in memory. */
let sandbox: Sandbox
let planned: readonly PlannedResource[]
const cluster = () => {
  const env = testEnvironment()
  return { env, cluster: new EcsCluster(env, 'cluster', { network: testNetwork(env) }) }
}
const plan = (env: StackLike) =>
  planConfig(env, {
    environment: {
      AWS_ENDPOINT_URL: sandbox.url,
      AWS_ACCESS_KEY_ID: account.id,
      AWS_SECRET_ACCESS_KEY: 'any',
      DD_HOST: sandbox.url,
      DD_API_KEY: 'a',
      DD_APP_KEY: 'b',
    },
  })

beforeAll(async () => {
  sandbox = await startSandbox({ accounts: [{ id: account.id }] })
  const stack = cluster()
  new EcsService(stack.env, 'api', { cluster: stack.cluster, image: 'example/api:41', port: 8080, healthCheck: '/health', desired: 2 })
  const { resources, diags } = await plan(stack.env)
  expect(diags).toEqual([])
  planned = resources.filter((r) => r.construct.startsWith('api/'))
})
afterAll(() => sandbox.close())

const find = (construct: string) => planned.find((r) => r.construct === construct)?.values

describe('a service of six lines', () => {
  test('is fourteen resources', () => {
    expect(countTypes(planned.map((r) => r.address))).toEqual({
      aws_cloudwatch_log_group: 1,
      aws_ecs_service: 1,
      aws_ecs_task_definition: 1,
      aws_elb: 1,
      aws_iam_role: 2,
      aws_iam_role_policy_attachment: 1,
      aws_route53_record: 1,
      datadog_monitor: 6,
    })
    expect(planned.every((r) => r.action === 'create')).toBe(true)
  })

  test('runs what was asked for', () => {
    const task = find('api/task')!
    expect(task).toMatchObject({ family: 'stage-api', network_mode: 'bridge' })
    const [container] = JSON.parse(task.container_definitions as string) as [object]
    expect(container).toMatchObject({
      image: 'example/api:41',
      portMappings: [{ containerPort: 8080, hostPort: 8080 }],
      logConfiguration: { options: { 'awslogs-group': '/ecs/stage-api', 'awslogs-region': 'us-east-1' } },
    })
    expect(find('api/service')).toMatchObject({ name: 'stage-api', desired_count: 2, launch_type: 'EC2', task_definition: undefined })
  })

  test('is reached by its name, inside alone', () => {
    expect(find('api/load-balancer/elb')).toMatchObject({
      internal: true,
      connection_draining_timeout: 60,
      health_check: [{ target: 'HTTP:8080/health' }],
      tags_all: { Environment: 'stage', ManagedBy: 'landform', Service: 'api' },
    })
    expect(find('api/load-balancer/internal-name')).toMatchObject({ name: 'api.stage.internal', type: 'A' })
  })

  test('tells people at work before it wakes people up', () => {
    const monitors = planned.filter((r) => r.type === 'datadog_monitor')
    for (const { values } of monitors) {
      expect(values.message).toContain('{{#is_warning}}@slack-ops{{/is_warning}}')
      expect(values.message).toContain('{{#is_alert}}@pagerduty-ops{{/is_alert}}')
    }
    expect(monitors.map((r) => r.values.name).sort()).toEqual(
      ['cpu', 'errors', 'latency', 'memory', 'running', 'unhealthy'].map((what) => `stage: api ${what}`),
    )
  })
})

test('once everything is loaded a plan takes milliseconds', async () => {
  const stack = cluster()
  new EcsService(stack.env, 'web', {
    cluster: stack.cluster,
    image: 'example/web:1',
    port: 3000,
    healthCheck: '/',
    desired: 1,
    public: true,
  })
  const began = cpuMs()
  const { resources, diags } = await plan(stack.env)
  const tookMs = cpuMs() - began
  expect(diags).toEqual([])
  expect(resources.filter((r) => r.construct.startsWith('web/'))).toHaveLength(15)
  // A few dozen on a machine of one's own; this one may be busy.
  expect(tookMs).toBeLessThan(2000)
})

describe('what is asked for beyond that', () => {
  test('secrets, policies and variables', async () => {
    const stack = cluster()
    new EcsService(stack.env, 'api', {
      cluster: stack.cluster,
      image: 'example/api:41',
      port: 8080,
      healthCheck: '/health',
      desired: 2,
      environment: { B: '2', A: '1' },
      secrets: { TOKEN: 'arn:aws:ssm:us-east-1:333344445555:parameter/token' },
      policy: [{ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::b/*'] }],
    })
    const { resources, diags } = await plan(stack.env)
    expect(diags).toEqual([])
    const by = new Map(resources.map((r) => [r.construct, r.values]))
    const [container] = JSON.parse(by.get('api/task')!.container_definitions as string) as [Record<string, unknown>]
    expect(container!.environment).toEqual([
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
      { name: 'ENVIRONMENT', value: 'stage' },
    ])
    expect(container!.secrets).toEqual([{ name: 'TOKEN', valueFrom: 'arn:aws:ssm:us-east-1:333344445555:parameter/token' }])
    expect(JSON.parse(by.get('api/task-policy')!.policy as string)).toMatchObject({
      Statement: [{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::b/*'] }],
    })
    expect(JSON.parse(by.get('api/secrets-policy')!.policy as string).Statement[0].Resource).toEqual([
      'arn:aws:ssm:us-east-1:333344445555:parameter/token',
    ])
  })
})
