import { AutoScaling } from '@aws-sdk/client-auto-scaling'
import { EC2 } from '@aws-sdk/client-ec2'
import { ECS, type RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs'
import { ElasticLoadBalancing } from '@aws-sdk/client-elastic-load-balancing'
import { IAM } from '@aws-sdk/client-iam'
import type { Sandbox } from '../../src/sandbox/index.ts'
import { clientConfig } from './_clients.ts'

export interface World {
  readonly ec2: EC2
  readonly ecs: ECS
  readonly elb: ElasticLoadBalancing
  readonly autoscaling: AutoScaling
  readonly vpcId: string
  /** In two zones. */
  readonly subnets: readonly [string, string]
  readonly balancerGroup: string
  readonly instanceGroup: string
  readonly imageId: string
}

/** A network in which load balancers reach instances on all ports. */
export async function makeWorld(sandbox: Sandbox, account?: string): Promise<World> {
  const config = clientConfig(sandbox, account)
  const ec2 = new EC2(config)
  const vpcId = (await ec2.createVpc({ CidrBlock: '10.0.0.0/16' })).Vpc!.VpcId!
  const subnet = async (letter: string, third: number) =>
    (await ec2.createSubnet({ VpcId: vpcId, CidrBlock: `10.0.${third}.0/24`, AvailabilityZone: `${config.region}${letter}` })).Subnet!
      .SubnetId!
  const group = async (name: string) => (await ec2.createSecurityGroup({ GroupName: name, Description: name, VpcId: vpcId })).GroupId!
  const [balancerGroup, instanceGroup] = [await group('balancer'), await group('instance')]
  await ec2.authorizeSecurityGroupIngress({
    GroupId: instanceGroup,
    IpPermissions: [{ IpProtocol: 'tcp', FromPort: 1, ToPort: 65_535, UserIdGroupPairs: [{ GroupId: balancerGroup }] }],
  })
  await new IAM(config).createInstanceProfile({ InstanceProfileName: 'ecs' })
  const { Images } = await ec2.describeImages({ Owners: ['amazon'], Filters: [{ Name: 'name', Values: ['al2023-ami-ecs-hvm-*-x86_64'] }] })
  return {
    ec2,
    ecs: new ECS(config),
    elb: new ElasticLoadBalancing(config),
    autoscaling: new AutoScaling(config),
    vpcId,
    subnets: [await subnet('a', 1), await subnet('b', 2)],
    balancerGroup,
    instanceGroup,
    imageId: Images!.at(-1)!.ImageId!,
  }
}

export function userData(cluster: string): string {
  return Buffer.from(`#!/bin/bash\necho ECS_CLUSTER=${cluster} >> /etc/ecs/ecs.config\n`).toString('base64')
}

/** A launch template whose instances join the cluster, and a group of them. */
export async function makeGroup(world: World, name: string, count: number, cluster: string, type = 't3.small'): Promise<void> {
  await world.ec2.createLaunchTemplate({
    LaunchTemplateName: name,
    LaunchTemplateData: {
      ImageId: world.imageId,
      InstanceType: type as never,
      SecurityGroupIds: [world.instanceGroup],
      IamInstanceProfile: { Name: 'ecs' },
      UserData: userData(cluster),
    },
  })
  await world.autoscaling.createAutoScalingGroup({
    AutoScalingGroupName: name,
    LaunchTemplate: { LaunchTemplateName: name, Version: '$Latest' },
    MinSize: 0,
    MaxSize: 10,
    DesiredCapacity: count,
    VPCZoneIdentifier: world.subnets.join(','),
    Tags: [{ Key: 'Name', Value: name, PropagateAtLaunch: true, ResourceId: name, ResourceType: 'auto-scaling-group' }],
  })
}

export async function makeBalancer(world: World, name: string, target = 'HTTP:8080/health'): Promise<void> {
  await world.elb.createLoadBalancer({
    LoadBalancerName: name,
    Listeners: [{ Protocol: 'HTTP', LoadBalancerPort: 80, InstanceProtocol: 'HTTP', InstancePort: 8080 }],
    Subnets: [...world.subnets],
    SecurityGroups: [world.balancerGroup],
  })
  await world.elb.configureHealthCheck({
    LoadBalancerName: name,
    HealthCheck: { Target: target, Interval: 30, Timeout: 5, HealthyThreshold: 2, UnhealthyThreshold: 2 },
  })
}

export async function makeDefinition(
  world: World,
  family: string,
  changes: Partial<RegisterTaskDefinitionCommandInput> = {},
): Promise<string> {
  const { taskDefinition } = await world.ecs.registerTaskDefinition({
    family,
    containerDefinitions: [
      { name: 'app', image: 'app:1', cpu: 256, memory: 512, essential: true, portMappings: [{ containerPort: 8080, hostPort: 8080 }] },
    ],
    ...changes,
  })
  return taskDefinition!.taskDefinitionArn!
}
