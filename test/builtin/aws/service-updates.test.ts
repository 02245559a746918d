import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.ts'
import { Stack } from './_stack.ts'

let sandbox: Sandbox
beforeAll(async () => {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'
  sandbox = await startSandbox({ seed: 'updates' })
})
afterAll(() => sandbox.close())

const network = (prefix: string) => `
data "aws_ami" "ecs" {
  most_recent = true
  owners      = ["amazon"]
  filter {
    name   = "name"
    values = ["al2023-ami-ecs-hvm-*-x86_64"]
  }
}
resource "aws_vpc" "v" { cidr_block = "${prefix}.0.0/16" }
resource "aws_subnet" "s" {
  count             = 3
  vpc_id            = aws_vpc.v.id
  cidr_block        = "${prefix}.\${count.index}.0/24"
  availability_zone = "eu-central-1\${["a", "b", "c"][count.index]}"
}
resource "aws_security_group" "g" {
  count  = 2
  name   = "g\${count.index}-${prefix}"
  vpc_id = aws_vpc.v.id
}
`

/** Each text in turn: what its plan does, and that nothing is left to do then. */
async function walk(stack: Stack, texts: readonly string[]): Promise<string[][]> {
  const done: string[][] = []
  for (const text of texts) {
    done.push(await stack.config(text).apply())
    expect((await stack.plan()).actions).toEqual([])
  }
  return done
}

describe('a load balancer', () => {
  const elb = (body: string) => `${network('10.1')}
resource "aws_elb" "e" {
  name = "e"
  ${body}
}
`
  const listener = (port: number, protocol = 'http') =>
    `listener {\n lb_port = 80\n lb_protocol = "${protocol}"\n instance_port = ${port}\n instance_protocol = "http"\n}`
  const check = (port: number) =>
    `health_check {\n target = "HTTP:${port}/"\n interval = 10\n timeout = 5\n healthy_threshold = 2\n unhealthy_threshold = 2\n}`

  test('changes in place, but for its name and the last of its subnets', { timeout: 120_000 }, async () => {
    const stack = new Stack(sandbox.url)
    const two = 'subnets = [aws_subnet.s[0].id, aws_subnet.s[1].id]'
    const [, ...done] = await walk(stack, [
      elb(`${two}\n${listener(80)}`),
      elb(`${two}\n${listener(8080)}`),
      // Upper case means the same.
      elb(`${two}\n${listener(8080, 'HTTP')}\n${check(8080)}`),
      elb(`${two}\n${listener(8080)}\n${check(8081)}\nsecurity_groups = [aws_security_group.g[1].id]`),
      elb(
        `${two}\n${listener(8080)}\n${check(8081)}\nsecurity_groups = [aws_security_group.g[1].id]\naccess_logs {\n bucket = "b"\n}\ntags = { A = "1" }`,
      ),
      elb(
        `subnets = [aws_subnet.s[1].id, aws_subnet.s[2].id]\n${listener(8080)}\n${check(8081)}\nsecurity_groups = [aws_security_group.g[1].id]`,
      ),
      elb(`subnets = [aws_subnet.s[0].id]\n${listener(8080)}\n${check(8081)}\nsecurity_groups = [aws_security_group.g[1].id]`),
    ])
    expect(done).toEqual([...Array(5).fill(['update aws_elb.e']), ['deleteThenCreate aws_elb.e']])
    expect(stack.attributes('aws_elb.e')).toMatchObject({
      availability_zones: ['eu-central-1a'],
      access_logs: [],
      tags_all: { Team: 'ops' },
    })
    await stack.destroy()
  })
})

describe('a cluster with its service', () => {
  const text = (parts: { cluster?: string; definition?: string; service?: string; group?: string; template?: string; tag?: string }) => `
${network('10.2')}
resource "aws_ecs_cluster" "c" {
  name = "c"
  ${parts.cluster ?? ''}
}
resource "aws_iam_instance_profile" "p" {
  name = "p"
}
resource "aws_launch_template" "t" {
  name                   = "template"
  image_id               = data.aws_ami.ecs.id
  instance_type          = "${parts.template ?? 't3.small'}"
  update_default_version = true
  user_data              = base64encode("echo ECS_CLUSTER=\${aws_ecs_cluster.c.name} >> /etc/ecs/ecs.config")
  vpc_security_group_ids = [aws_security_group.g[0].id]
  iam_instance_profile {
    name = aws_iam_instance_profile.p.name
  }
}
resource "aws_autoscaling_group" "g" {
  name                = "g"
  min_size            = 2
  max_size            = 4
  vpc_zone_identifier = aws_subnet.s[*].id
  launch_template {
    id      = aws_launch_template.t.id
    version = aws_launch_template.t.latest_version
  }
  tag {
    key                 = "Name"
    value               = "${parts.tag ?? 'g'}"
    propagate_at_launch = true
  }
  ${parts.group ?? ''}
}
resource "aws_ecs_task_definition" "d" {
  family                = "d"
  container_definitions = jsonencode([{ name = "d", image = "d:1", memory = 128, portMappings = [{ containerPort = 80, hostPort = 80 }]${
    parts.definition ?? ''
  } }])
}
resource "aws_ecs_service" "s" {
  name                  = "s"
  cluster               = aws_ecs_cluster.c.id
  task_definition       = aws_ecs_task_definition.d.arn
  wait_for_steady_state = true
  deployment_minimum_healthy_percent = 50
  deployment_maximum_percent         = 100
  ${parts.service ?? 'desired_count = 1'}
  depends_on            = [aws_autoscaling_group.g]
}
`

  test('changes part by part', { timeout: 180_000 }, async () => {
    const stack = new Stack(sandbox.url)
    const refresh = 'instance_refresh {\n strategy = "Rolling"\n}'
    const texts: readonly (readonly [change: string, parts: Parameters<typeof text>[0]])[] = [
      ['', {}],
      ['update aws_ecs_cluster.c', { cluster: 'setting {\n name = "containerInsights"\n value = "enabled"\n}' }],
      [
        'update aws_ecs_service.s',
        { cluster: 'setting {\n name = "containerInsights"\n value = "enabled"\n}', service: 'desired_count = 2' },
      ],
      ['update aws_autoscaling_group.g', { service: 'desired_count = 2', tag: 'other' }],
      [
        'update aws_autoscaling_group.g',
        {
          service: 'desired_count = 2',
          group: 'suspended_processes = ["AZRebalance"]\ntermination_policies = ["OldestInstance"]\nhealth_check_grace_period = 60',
        },
      ],
      // A parameter that ECS fills in by itself is no change, and its neighbours' order is none.
      [
        '',
        {
          service: 'desired_count = 2',
          group: 'suspended_processes = ["AZRebalance"]\ntermination_policies = ["OldestInstance"]\nhealth_check_grace_period = 60',
          definition: ', essential = true, cpu = 0',
        },
      ],
      ['update aws_autoscaling_group.g', { service: 'desired_count = 2', group: refresh }],
      [
        'update aws_launch_template.t, update aws_autoscaling_group.g',
        { service: 'desired_count = 2', group: refresh, template: 't3.medium' },
      ],
      [
        'deleteThenCreate aws_ecs_task_definition.d, update aws_ecs_service.s',
        {
          service: 'desired_count = 2',
          group: refresh,
          template: 't3.medium',
          definition: ', environment = [{ name = "A", value = "1" }]',
        },
      ],
    ]
    await stack.config(text({})).apply()
    for (const [change, parts] of texts.slice(1)) {
      // What the step before took back comes with its own.
      const wanted = change === '' ? [] : change.split(', ')
      const done = await stack.config(text(parts)).apply()
      expect(done.sort(), JSON.stringify(parts)).toEqual(expect.arrayContaining(wanted.sort()))
      if (change === '') expect(done).toEqual([])
      expect((await stack.plan()).actions).toEqual([])
    }
    expect(stack.attributes('aws_launch_template.t')).toMatchObject({ latest_version: 2, default_version: 2 })
    expect(stack.attributes('aws_ecs_task_definition.d')).toMatchObject({ revision: 2 })
    const { AutoScaling } = await import('@aws-sdk/client-auto-scaling')
    const config = { region: 'eu-central-1', endpoint: sandbox.url, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
    const [group] = (await new AutoScaling(config).describeAutoScalingGroups({})).AutoScalingGroups!
    expect(group!.Instances!.map((one) => one.InstanceType)).toEqual(['t3.medium', 't3.medium'])
    await stack.destroy()
    expect(stack.addresses()).toEqual([])
  })

  test('that is gone is planned again', { timeout: 120_000 }, async () => {
    const stack = new Stack(sandbox.url).config(text({}))
    await stack.apply()
    const { ECS } = await import('@aws-sdk/client-ecs')
    const config = { region: 'eu-central-1', endpoint: sandbox.url, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
    const ecs = new ECS(config)
    await ecs.deleteService({ cluster: 'c', service: 's', force: true })
    await ecs.deregisterTaskDefinition({ taskDefinition: String(stack.attributes('aws_ecs_task_definition.d').arn) })
    expect((await stack.plan()).actions.sort()).toEqual(['create aws_ecs_service.s', 'create aws_ecs_task_definition.d'])
    await stack.apply()
    expect((await stack.plan()).actions).toEqual([])
    await stack.destroy()
  })
})

test('a launch that fails is told, and the group is marked for replacement', { timeout: 60_000 }, async () => {
  const stack = new Stack(sandbox.url).config(`${network('10.3')}
resource "aws_launch_template" "t" {
  name          = "failing"
  image_id      = data.aws_ami.ecs.id
  instance_type = "t3.small"
  key_name      = "none"
}
resource "aws_autoscaling_group" "g" {
  name                = "failing"
  min_size            = 1
  max_size            = 1
  vpc_zone_identifier = [aws_subnet.s[0].id]
  launch_template {
    id = aws_launch_template.t.id
  }
}
`)
  await expect(stack.apply()).rejects.toThrow(
    /scaling activity \(\S+\): Failed: The key pair 'none' does not exist Launching EC2 instance failed\./,
  )
  await stack.destroy()
})

test.each<[what: string, text: string, problem: RegExp]>([
  [
    'an argument that is not supported',
    'resource "aws_autoscaling_group" "g" {\n min_size = 0\n max_size = 0\n launch_template {\n id = "lt"\n }\n warm_pool {\n }\n}',
    /The argument "warm_pool" of aws_autoscaling_group is not supported yet/,
  ],
  [
    'two ways to say what instances are made of',
    'resource "aws_autoscaling_group" "g" {\n min_size = 0\n max_size = 0\n launch_configuration = "l"\n launch_template {\n id = "lt"\n }\n}',
    /one of launch_configuration,launch_template,mixed_instances_policy must be specified/,
  ],
  [
    'container definitions that are no list',
    'resource "aws_ecs_task_definition" "d" {\n family = "d"\n container_definitions = "{}"\n}',
    /container_definitions is invalid/,
  ],
  [
    'a certificate on a plain port',
    'resource "aws_elb" "e" {\n listener {\n lb_port = 80\n lb_protocol = "http"\n instance_port = 80\n instance_protocol = "http"\n ssl_certificate_id = "arn"\n }\n}',
    /ssl_certificate_id may be set only when protocol is 'https' or 'ssl'/,
  ],
])('%s is refused at validation', async (_what, text, problem) => {
  expect((await new Stack(sandbox.url).config(text).validate()).join('\n')).toMatch(problem)
})
