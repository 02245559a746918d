import type * as AutoScaling from '@aws-sdk/client-auto-scaling'
import type * as Ec2 from '@aws-sdk/client-ec2'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { addTags, destroy, rowsOf } from '../ec2/_kind.ts'
import { instanceKind, securityGroupKind, subnetKind } from '../ec2/_kinds.ts'
import type { InstanceRow, SubnetRow } from '../ec2/_rows.ts'
import { ec2Call } from '../ec2/from-outside.ts'
import { findImage } from '../ec2/image.ts'
import { launchInstances } from '../ec2/instance.ts'
import { findInstanceType } from '../ec2/instance-type.ts'
import { completeRequest, findLaunchTemplate, findVersion } from '../ec2/launch-template.ts'
import { type GroupRow, invalid, type LaunchRow, launchConfigurations, newUuid, type TemplateRow } from './_rows.ts'

type Given = Pick<AutoScaling.CreateAutoScalingGroupType, 'LaunchTemplate' | 'MixedInstancesPolicy' | 'LaunchConfigurationName'>

/** What instances are to be made of, looked up and tried. @throws AwsError when EC2 would not take it */
export function launchOf(call: Call, given: Given): LaunchRow | undefined {
  const { LaunchTemplate, MixedInstancesPolicy: policy, LaunchConfigurationName: name } = given
  const count = [LaunchTemplate, policy, name].filter((one) => one !== undefined).length
  if (count > 1)
    throw invalid(
      'Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.',
    )
  if (name !== undefined) {
    if (launchConfigurations(call).get(name) === undefined)
      throw invalid(`Launch configuration name not found - Launch configuration ${name} not found`)
    return { kind: 'configuration', name }
  }
  const specification = LaunchTemplate ?? policy?.LaunchTemplate?.LaunchTemplateSpecification
  if (specification === undefined) return undefined
  const template = templateOf(call, specification)
  const launch: LaunchRow =
    policy === undefined ? { kind: 'template', template } : { kind: 'mixed', template, policy: completePolicy(policy, template) }
  checkRequest(call, launch)
  return launch
}

function templateOf(call: Call, given: AutoScaling.LaunchTemplateSpecification): TemplateRow {
  try {
    const row = findLaunchTemplate(ec2Call(call), given)
    const version = given.Version ?? '$Default'
    findVersion(row, version)
    return { id: row.id, name: row.name, version }
  } catch (error) {
    throw refused(error)
  }
}

function refused(error: unknown): unknown {
  if (!(error instanceof AwsError)) return error
  return invalid(`You must use a valid fully-formed launch template. ${error.message}`)
}

/** What EC2 would refuse for every instance. */
function checkRequest(call: Call, launch: LaunchRow): void {
  const ec2 = ec2Call(call)
  try {
    const request = completeRequest(ec2, requestOf(call, launch))
    if (request.ImageId === undefined) throw new AwsError('MissingParameter', 'The request must contain the parameter ImageId')
    findImage(ec2, request.ImageId)
    findInstanceType(request.InstanceType ?? 'm1.small')
    const interfaceGroups = (request.NetworkInterfaces ?? []).flatMap((one) => one.Groups ?? [])
    for (const id of [...(request.SecurityGroupIds ?? []), ...interfaceGroups])
      if (rowsOf(securityGroupKind, ec2).get(id) === undefined) throw securityGroupKind.notFound([id])
  } catch (error) {
    throw refused(error)
  }
}

function completePolicy(policy: AutoScaling.MixedInstancesPolicy, template: TemplateRow): AutoScaling.MixedInstancesPolicy {
  const byDefault = {
    OnDemandAllocationStrategy: 'prioritized',
    OnDemandBaseCapacity: 0,
    OnDemandPercentageAboveBaseCapacity: 100,
    SpotAllocationStrategy: 'lowest-price',
    SpotInstancePools: 2,
  }
  return {
    LaunchTemplate: {
      ...policy.LaunchTemplate,
      LaunchTemplateSpecification: { LaunchTemplateId: template.id, LaunchTemplateName: template.name, Version: template.version },
    },
    InstancesDistribution: { ...byDefault, ...policy.InstancesDistribution },
  }
}

function requestOf(call: Call, launch: LaunchRow): Ec2.RunInstancesRequest {
  const count = { MinCount: 1, MaxCount: 1 }
  if (launch.kind === 'configuration') {
    const { given } = launchConfigurations(call).get(launch.name)!
    return {
      ...count,
      ImageId: given.ImageId,
      InstanceType: given.InstanceType as Ec2._InstanceType,
      KeyName: given.KeyName,
      SecurityGroupIds: given.SecurityGroups,
      UserData: given.UserData,
      IamInstanceProfile: profileOf(given.IamInstanceProfile),
      Monitoring: given.InstanceMonitoring as Ec2.RunInstancesMonitoringEnabled | undefined,
      EbsOptimized: given.EbsOptimized,
      MetadataOptions: given.MetadataOptions,
      BlockDeviceMappings: given.BlockDeviceMappings as Ec2.BlockDeviceMapping[] | undefined,
    }
  }
  const type = launch.kind === 'mixed' ? launch.policy.LaunchTemplate?.Overrides?.[0]?.InstanceType : undefined
  return {
    ...count,
    ...(type === undefined ? {} : { InstanceType: type as Ec2._InstanceType }),
    LaunchTemplate: { LaunchTemplateId: launch.template.id, Version: launch.template.version },
  }
}

function profileOf(nameOrArn: string | undefined): Ec2.IamInstanceProfileSpecification | undefined {
  if (nameOrArn === undefined) return undefined
  return nameOrArn.startsWith('arn:') ? { Arn: nameOrArn } : { Name: nameOrArn }
}

/** The template and version that an instance launched now is made of. */
export function currentTemplate(call: Call, launch: LaunchRow): TemplateRow | undefined {
  if (launch.kind === 'configuration') return undefined
  const version = findVersion(findLaunchTemplate(ec2Call(call), { LaunchTemplateId: launch.template.id }), launch.template.version)
  return { ...launch.template, version: String(version.number) }
}

/** Subnets that instances can go to, one after the other. */
export function subnetsOf(call: Call, group: GroupRow): readonly SubnetRow[] {
  const table = rowsOf(subnetKind, ec2Call(call))
  if (group.subnets.length > 0) return group.subnets.flatMap((id) => table.get(id) ?? [])
  return [...table.values()].filter((row) => row.defaultForAz && group.zones.includes(row.zone))
}

/**
 * Launches one instance of a group where the group has the fewest.
 *
 * @throws AwsError with EC2's reason; nothing is left behind then
 */
export function launchMember(call: Call, group: GroupRow): InstanceRow {
  const ec2 = ec2Call(call)
  const inZone = (zone: string) => group.members.filter((member) => member.zone === zone && !member.state.startsWith('Terminating')).length
  const subnets = [...subnetsOf(call, group)].sort((a, b) => inZone(a.zone) - inZone(b.zone))
  const subnet = subnets[0]
  if (subnet === undefined) throw new AwsError('InvalidSubnetID.NotFound', `The subnet ID '${group.subnets[0] ?? ''}' does not exist`)
  const request = inSubnet(completeRequest(ec2, requestOf(call, group.launch)), subnet)
  const tags = group.tags.filter((tag) => tag.atLaunch).map((tag) => ({ Key: tag.key, Value: tag.value }))
  const ClientToken = newUuid(call)
  try {
    const [instance] = launchInstances(ec2, { ...request, ClientToken, MinCount: 1, MaxCount: 1 }).instances
    addTags(ec2, 'instance', instance!.id, tags)
    // Tags of AWS's own, which nobody else may give.
    addTags({ ...ec2, operation: '_launch' }, 'instance', instance!.id, ownTags(group, currentTemplate(call, group.launch)))
    return instance!
  } catch (error) {
    const begun = [...rowsOf(instanceKind, ec2).values()].find((row) => row.clientToken === ClientToken)
    if (begun !== undefined) destroy(instanceKind, ec2, begun.id)
    throw error
  }
}

function ownTags(group: GroupRow, template: TemplateRow | undefined): Ec2.Tag[] {
  const tags = [{ Key: 'aws:autoscaling:groupName', Value: group.id }]
  if (template === undefined) return tags
  return [
    ...tags,
    { Key: 'aws:ec2launchtemplate:id', Value: template.id },
    { Key: 'aws:ec2launchtemplate:version', Value: template.version },
  ]
}

/** The subnet stands in the primary interface when the template has interfaces. */
function inSubnet(request: Ec2.RunInstancesRequest, subnet: SubnetRow): Ec2.RunInstancesRequest {
  const interfaces = request.NetworkInterfaces ?? []
  if (interfaces.length === 0) return { ...request, SubnetId: subnet.id }
  const NetworkInterfaces = interfaces.map((one) => ((one.DeviceIndex ?? 0) === 0 ? { ...one, SubnetId: subnet.id } : one))
  const { SubnetId: _, ...rest } = request
  return { ...rest, NetworkInterfaces }
}
