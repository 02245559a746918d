import { AutoscalingGroup } from '@cdktf/provider-aws/lib/autoscaling-group/index.js'
import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group/index.js'
import { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm/index.js'
import { DataAwsSsmParameter } from '@cdktf/provider-aws/lib/data-aws-ssm-parameter/index.js'
import { EcsCluster as Cluster } from '@cdktf/provider-aws/lib/ecs-cluster/index.js'
import { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile/index.js'
import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js'
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js'
import { LaunchTemplate } from '@cdktf/provider-aws/lib/launch-template/index.js'
import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group/index.js'
import { VpcSecurityGroupEgressRule } from '@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js'
import { VpcSecurityGroupIngressRule } from '@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js'
import type { Construct } from 'constructs'
import type { Bastion } from '../bastion/index.ts'
import { Environment } from '../environment/index.ts'
import { isModule, Module, ModuleError } from '../module.ts'
import type { Network } from '../network/index.ts'
import { trustService } from '../policy.ts'

export interface EcsClusterProps {
  readonly network: Network
  /** Default `t3.medium`. */
  readonly instanceType?: string
  /** How many instances there are at the least. Default 2. */
  readonly min?: number
  /** How many there may be. Default: twice `min`. */
  readonly max?: number
  /** Size of each root volume in GiB. Default 30. */
  readonly rootGb?: number
  /** How long the agents' logs are kept. Default 30. */
  readonly logDays?: number
  /** From where instances may be logged in to. Default: from nowhere. */
  readonly bastion?: Bastion
}

const kind = 'ecs-cluster'

/** A cluster of ECS and the instances that run its tasks, spread over the internal subnets. */
export class EcsCluster extends Module {
  readonly network: Network
  readonly clusterName: string
  readonly clusterArn: string
  /** Of the instances. */
  readonly securityGroupId: string
  readonly instanceRoleArn: string
  /** Ports of the hosts that are taken, and by whom. */
  readonly #ports = new Map<number, string>()

  constructor(scope: Construct, id: string, props: EcsClusterProps) {
    super(scope, id, kind)
    const env = Environment.of(this)
    const { network, instanceType = 't3.medium', min = 2, max = 2 * min, rootGb = 30, logDays = 30 } = props
    if (max < min) throw new ModuleError(this, `max (${max}) must not be less than min (${min}).`)
    const name = `${env.environmentName}-${id}`

    const cluster = new Cluster(this, 'cluster', { name })
    new CloudwatchLogGroup(this, 'log', { name: `/ecs/${name}/agent`, retentionInDays: logDays })
    const group = this.#securityGroup(name, network, props.bastion)
    const role = new IamRole(this, 'role', {
      name,
      description: `Instances of ${name}`,
      assumeRolePolicy: trustService('ec2.amazonaws.com'),
    })
    new IamRolePolicyAttachment(this, 'role-agent', {
      role: role.name,
      policyArn: 'arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role',
    })
    const profile = new IamInstanceProfile(this, 'profile', { name, role: role.name })
    const image = new DataAwsSsmParameter(this, 'image', {
      name: '/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id',
    })
    const template = new LaunchTemplate(this, 'template', {
      name,
      imageId: image.insecureValue,
      instanceType,
      iamInstanceProfile: { arn: profile.arn },
      vpcSecurityGroupIds: [group.id],
      metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 2 },
      blockDeviceMappings: [
        { deviceName: '/dev/xvda', ebs: { volumeSize: rootGb, volumeType: 'gp3', encrypted: 'true', deleteOnTermination: 'true' } },
      ],
      userData: Buffer.from(`#!/bin/bash\necho ECS_CLUSTER=${name} >> /etc/ecs/ecs.config\n`).toString('base64'),
      updateDefaultVersion: true,
      tagSpecifications: [{ resourceType: 'instance', tags: { Name: name, Environment: env.environmentName } }],
    })
    new AutoscalingGroup(this, 'instances', {
      name,
      minSize: min,
      maxSize: max,
      desiredCapacity: min,
      vpcZoneIdentifier: [...network.internalSubnetIds],
      launchTemplate: { id: template.id, version: template.getStringAttribute('latest_version') },
      healthCheckType: 'EC2',
      tag: [{ key: 'Name', value: name, propagateAtLaunch: true }],
      // Instances register by the name of the cluster: it has to be there first.
      dependsOn: [cluster],
      // Scaling belongs to whoever watches the load.
      lifecycle: { ignoreChanges: ['desired_capacity'] },
    })
    for (const [what, metricName] of [
      ['cpu', 'CPUReservation'],
      ['memory', 'MemoryReservation'],
    ] as const) {
      new CloudwatchMetricAlarm(this, `${what}-reserved`, {
        alarmName: `${name}-${what}-reserved`,
        alarmDescription: `Tasks reserve more than nine tenths of the ${what} of ${name}`,
        namespace: 'AWS/ECS',
        metricName,
        dimensions: { ClusterName: name },
        statistic: 'Maximum',
        comparisonOperator: 'GreaterThanOrEqualToThreshold',
        threshold: 90,
        period: 60,
        evaluationPeriods: 5,
      })
    }
    this.network = network
    this.clusterName = name
    this.clusterArn = cluster.arn
    this.securityGroupId = group.id
    this.instanceRoleArn = role.arn
  }

  static isEcsCluster(x: unknown): x is EcsCluster {
    return isModule(x, kind)
  }

  /** Takes a port of every host for a service. @throws ModuleError when another service has it */
  takePort(port: number, service: Construct): void {
    const owner = this.#ports.get(port)
    if (owner !== undefined) {
      throw new ModuleError(
        service,
        `port ${port} of the hosts of ${this.clusterName} is taken by ${owner}; choose another port or another cluster.`,
      )
    }
    this.#ports.set(port, service.node.path)
  }

  #securityGroup(name: string, network: Network, bastion: Bastion | undefined): SecurityGroup {
    const group = new SecurityGroup(this, 'group', {
      name,
      description: `Instances of ${name}`,
      vpcId: network.vpcId,
      tags: { Name: name },
    })
    const sources: (readonly [id: string, groupId: string])[] = [
      ['in-internal-elb', network.internalLoadBalancerGroupId],
      ['in-external-elb', network.externalLoadBalancerGroupId],
    ]
    for (const [id, referencedSecurityGroupId] of sources) {
      new VpcSecurityGroupIngressRule(this, id, {
        securityGroupId: group.id,
        ipProtocol: 'tcp',
        fromPort: 1024,
        toPort: 65535,
        referencedSecurityGroupId,
      })
    }
    if (bastion !== undefined) {
      new VpcSecurityGroupIngressRule(this, 'ssh', {
        securityGroupId: group.id,
        ipProtocol: 'tcp',
        fromPort: 22,
        toPort: 22,
        referencedSecurityGroupId: bastion.securityGroupId,
      })
    }
    new VpcSecurityGroupEgressRule(this, 'out', { securityGroupId: group.id, ipProtocol: '-1', cidrIpv4: '0.0.0.0/0' })
    return group
  }
}
