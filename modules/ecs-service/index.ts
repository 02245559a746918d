import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group/index.js'
import { EcsService as Service } from '@cdktf/provider-aws/lib/ecs-service/index.js'
import { EcsTaskDefinition } from '@cdktf/provider-aws/lib/ecs-task-definition/index.js'
import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js'
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js'
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js'
import type { Construct } from 'constructs'
import type { EcsCluster } from '../ecs-cluster/index.ts'
import { Environment } from '../environment/index.ts'
import { LoadBalancer } from '../load-balancer/index.ts'
import { isModule, Module, ModuleError } from '../module.ts'
import { ServiceMonitors, type ServiceMonitorsProps } from '../monitors/index.ts'
import { policyText, type Statement, trustService } from '../policy.ts'

export interface EcsServiceProps {
  readonly cluster: EcsCluster
  /** What runs, as `repository:tag` or `repository@sha256:...`. */
  readonly image: string
  /** Port on which the container listens, and which it gets on its host. */
  readonly port: number
  /** Path that answers with status 200 when a task is ready. Example: `/health`. */
  readonly healthCheck: string
  /** How many tasks run. */
  readonly desired: number
  /** CPU units of a task; 1024 are one core. Default 256. */
  readonly cpu?: number
  /** MiB of a task. Default 512. */
  readonly memory?: number
  /** Environment variables; no secrets. */
  readonly environment?: Readonly<Record<string, string>>
  /** Environment variables with the ARNs of parameters or secrets that they are read from at start. */
  readonly secrets?: Readonly<Record<string, string>>
  /** What the tasks may do in AWS. Default: nothing. */
  readonly policy?: readonly Statement[]
  /** Reached from the Internet. Default false. */
  readonly public?: boolean
  /** ARN of the certificate for HTTPS. Default: HTTP only. */
  readonly certificateArn?: string
  /** How long requests under way may take when a task stops. Default 60. */
  readonly drainingSeconds?: number
  /** How long logs are kept. Default 30. */
  readonly logDays?: number
  /** When someone is told. */
  readonly monitors?: Pick<ServiceMonitorsProps, 'latencySeconds' | 'errors'>
}

const kind = 'ecs-service'

/**
 * A service: tasks on a cluster behind a load balancer with a name, their roles, their log and their monitors.
 *
 * ```ts
 * new EcsService(env, 'api', { cluster, image: 'example/api:41', port: 8080, healthCheck: '/health', desired: 2 })
 * ```
 */
export class EcsService extends Module {
  readonly serviceName: string
  readonly taskDefinitionArn: string
  readonly taskRoleArn: string
  readonly logGroupName: string
  readonly loadBalancer: LoadBalancer
  /** Where other services reach it. */
  readonly url: string

  constructor(scope: Construct, id: string, props: EcsServiceProps) {
    super(scope, id, kind)
    const env = Environment.of(this)
    const { cluster, image, port, desired, cpu = 256, memory = 512, logDays = 30 } = props
    if (!Number.isInteger(port) || port < 1 || port > 65535) throw new ModuleError(this, `port must be 1 to 65535, not ${port}.`)
    if (!Number.isInteger(desired) || desired < 0) throw new ModuleError(this, `desired must be a whole number, not ${desired}.`)
    if (!/[:@]/.test(image.slice(image.lastIndexOf('/') + 1))) {
      throw new ModuleError(this, `image must say which version, such as "${image}:1", so that a plan shows what changes.`)
    }
    cluster.takePort(port, this)
    const name = `${env.environmentName}-${id}`

    const balancer = new LoadBalancer(this, 'load-balancer', {
      network: cluster.network,
      name: id,
      port,
      healthCheck: props.healthCheck,
      public: props.public,
      certificateArn: props.certificateArn,
      drainingSeconds: props.drainingSeconds,
    })
    const log = new CloudwatchLogGroup(this, 'log', { name: `/ecs/${name}`, retentionInDays: logDays })
    const trust = trustService('ecs-tasks.amazonaws.com')
    const starter = new IamRole(this, 'execution-role', {
      name: `${name}-execution`,
      description: `Starts tasks of ${name}`,
      assumeRolePolicy: trust,
    })
    new IamRolePolicyAttachment(this, 'execution-policy', {
      role: starter.name,
      policyArn: 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy',
    })
    const secrets = Object.entries(props.secrets ?? {})
    if (secrets.length > 0) {
      const statement = { actions: ['ssm:GetParameters', 'secretsmanager:GetSecretValue'], resources: secrets.map(([, arn]) => arn) }
      new IamRolePolicy(this, 'secrets-policy', { name: 'secrets', role: starter.name, policy: policyText([statement]) })
    }
    const role = new IamRole(this, 'task-role', { name: `${name}-task`, description: `Tasks of ${name}`, assumeRolePolicy: trust })
    if (props.policy !== undefined)
      new IamRolePolicy(this, 'task-policy', { name: 'task', role: role.name, policy: policyText(props.policy) })

    const task = new EcsTaskDefinition(this, 'task', {
      family: name,
      networkMode: 'bridge',
      requiresCompatibilities: ['EC2'],
      executionRoleArn: starter.arn,
      taskRoleArn: role.arn,
      containerDefinitions: JSON.stringify([
        {
          name: id,
          image,
          cpu,
          memory,
          essential: true,
          portMappings: [{ containerPort: port, hostPort: port, protocol: 'tcp' }],
          environment: entries({ ENVIRONMENT: env.environmentName, ...props.environment }, 'value'),
          ...(secrets.length === 0 ? {} : { secrets: entries(props.secrets ?? {}, 'valueFrom') }),
          logConfiguration: {
            logDriver: 'awslogs',
            options: { 'awslogs-group': `/ecs/${name}`, 'awslogs-region': env.account.region, 'awslogs-stream-prefix': id },
          },
        },
      ]),
      dependsOn: [log],
    })
    const service = new Service(this, 'service', {
      name,
      cluster: cluster.clusterArn,
      taskDefinition: task.arn,
      desiredCount: desired,
      launchType: 'EC2',
      deploymentMinimumHealthyPercent: 50,
      deploymentMaximumPercent: 100,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      healthCheckGracePeriodSeconds: 60,
      loadBalancer: [{ elbName: balancer.loadBalancerName, containerName: id, containerPort: port }],
      orderedPlacementStrategy: [
        { type: 'spread', field: 'attribute:ecs.availability-zone' },
        { type: 'spread', field: 'instanceId' },
      ],
      propagateTags: 'SERVICE',
      tags: { Service: id },
    })
    new ServiceMonitors(this, 'monitors', {
      cluster: cluster.clusterName,
      service: name,
      loadBalancer: name,
      desired,
      ...props.monitors,
    })
    this.serviceName = service.name
    this.taskDefinitionArn = task.arn
    this.taskRoleArn = role.arn
    this.logGroupName = log.name
    this.loadBalancer = balancer
    this.url = `http://${balancer.internalFqdn}`
  }

  static isEcsService(x: unknown): x is EcsService {
    return isModule(x, kind)
  }
}

/** As ECS lists variables, in the order that it answers with. */
function entries(values: Readonly<Record<string, string>>, member: 'value' | 'valueFrom'): object[] {
  return Object.keys(values)
    .sort()
    .map((name) => ({ name, [member]: values[name] }))
}
