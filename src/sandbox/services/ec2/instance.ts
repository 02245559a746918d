import type * as Ec2 from '@aws-sdk/client-ec2'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { groupBy } from '../../kernel/group.ts'
import { pageOf } from '../../kernel/paging.ts'
import type { ImageRow } from './_image-catalogue.ts'
import { addTags, destroy, find, rowsOf, select, specifiedTags, tagsOf } from './_kind.ts'
import { instanceKind, instanceStateCodes, networkInterfaceKind, securityGroupKind, subnetKind, volumeKind, vpcKind } from './_kinds.ts'
import { zoneOf } from './_places.ts'
import { associate, describeProfile, findProfile } from './_profile.ts'
import type { InstanceRow, InstanceState, NetworkInterfaceRow, SubnetRow } from './_rows.ts'
import { announceInstance } from './from-outside.ts'
import { findImage } from './image.ts'
import { findInstanceType, type InstanceType } from './instance-type.ts'
import { findByName } from './key-pair.ts'
import { completeRequest } from './launch-template.ts'
import { associationOf, groupIdentifiers, newInterface, newPublicIp, privateDnsName, removeInterface } from './network-interface.ts'
import { newVolume, releaseVolumes, volumesOf } from './volume.ts'

const HOUR = 3600

/** What a launch makes: instances of one reservation. */
export interface Reservation {
  readonly id: string
  readonly instances: readonly InstanceRow[]
}

/**
 * Launches instances as RunInstances does.
 *
 * @param call a call as EC2 sees it (`ec2Call` makes one of another service's)
 * @param request as `completeRequest` made it: of a launch template it names, everything has been put in
 */
export function launchInstances(call: Call, request: Ec2.RunInstancesRequest): Reservation {
  const count = request.MaxCount ?? 1
  if (count < 1 || (request.MinCount ?? 1) > count)
    throw new AwsError('InvalidParameterValue', `Value (${request.MaxCount}) for parameter maxCount is invalid. Must be at least minCount.`)
  if (request.InstanceMarketOptions !== undefined)
    throw new AwsError('UnsupportedOperation', 'The sandbox does not have spot instances or capacity blocks.')
  const image = findImage(call, request.ImageId)
  const type = findInstanceType(request.InstanceType ?? 'm1.small')
  if (type.architecture !== image.architecture)
    throw new AwsError(
      'InvalidParameterValue',
      `The architecture '${type.architecture}' of the specified instance type does not match the architecture '${image.architecture}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again. You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the instance type or AMI.`,
    )
  if (request.KeyName !== undefined) findByName(call, request.KeyName)
  const profile = request.IamInstanceProfile === undefined ? undefined : findProfile(call, request.IamInstanceProfile)
  const credits = creditsOf(request.CreditSpecification?.CpuCredits, type)
  const subnet = subnetFor(call, request)
  if (
    request.SecurityGroups !== undefined &&
    request.SecurityGroups.length > 0 &&
    rowsOf(vpcKind, call).get(subnet.vpcId)?.isDefault !== true
  )
    throw new AwsError('InvalidParameterCombination', 'The parameter groupName cannot be used with the parameter subnet')
  const userData = checkUserData(request.UserData)
  const specifications = request.TagSpecifications
  const tags = {
    instance: specifiedTags(specifications, 'instance', ['volume', 'network-interface', 'spot-instances-request']),
    volume: specifiedTags(specifications, 'volume', ['instance', 'network-interface', 'spot-instances-request']),
    interface: specifiedTags(specifications, 'network-interface', ['instance', 'volume', 'spot-instances-request']),
  }
  const reservationId = call.newId('r')
  const instances = Array.from({ length: count }, (_, launchIndex) => {
    const id = call.newId('i')
    const row = rowsOf(instanceKind, call).put({
      id,
      reservationId,
      launchIndex,
      imageId: image.id,
      type: type.name,
      state: 'pending',
      stateTransition: '',
      keyName: request.KeyName,
      launched: new Date(Math.floor(call.now.getTime() / 1000) * 1000),
      placement: { ...request.Placement, AvailabilityZone: subnet.zone, Tenancy: tenancyOf(call, request, subnet) },
      monitoring: request.Monitoring?.Enabled === true,
      subnetId: subnet.id,
      vpcId: subnet.vpcId,
      ebsOptimized: request.EbsOptimized === true,
      userData,
      disableApiTermination: request.DisableApiTermination === true,
      disableApiStop: request.DisableApiStop === true,
      shutdownBehavior: request.InstanceInitiatedShutdownBehavior ?? 'stop',
      rootDevice: image.rootDevice,
      architecture: image.architecture,
      profile: profile === undefined ? undefined : { ...profile, associationId: call.newId('iip-assoc') },
      metadata: metadataOf(request.MetadataOptions, image),
      cpu: cpuOf(request.CpuOptions, type),
      credits,
      hibernation: request.HibernationOptions?.Configured === true,
      enclave: request.EnclaveOptions?.Enabled === true,
      autoRecovery: request.MaintenanceOptions?.AutoRecovery ?? 'default',
      capacityPreference: request.CapacityReservationSpecification?.CapacityReservationPreference ?? 'open',
      dnsOptions: {
        HostnameType: request.PrivateDnsNameOptions?.HostnameType ?? subnet.hostnameType,
        EnableResourceNameDnsARecord: request.PrivateDnsNameOptions?.EnableResourceNameDnsARecord ?? subnet.aRecord,
        EnableResourceNameDnsAAAARecord: request.PrivateDnsNameOptions?.EnableResourceNameDnsAAAARecord ?? subnet.aaaaRecord,
      },
      clientToken: request.ClientToken ?? '',
    })
    addTags(call, 'instance', id, tags.instance)
    addTags(call.inService('ec2'), 'instance', id, templateTags(request.LaunchTemplate))
    attachInterfaces(call, request, row, subnet, tags.interface)
    attachVolumes(call, request, row, image, tags.volume)
    call.later(20, 'instance-running', id)
    return row
  })
  return { id: reservationId, instances }
}

/** Begins to end instances, whatever protects them from `TerminateInstances`. Those that have ended already are left alone. */
export function terminateInstances(call: Call, ids: readonly string[], reason = userInitiated(call)): void {
  for (const id of ids) {
    const instance = rowsOf(instanceKind, call).get(id)
    if (instance === undefined || instance.state === 'shutting-down' || instance.state === 'terminated') continue
    rowsOf(instanceKind, call).patch(id, { state: 'shutting-down', stateTransition: reason.transition, stateReason: reason.reason })
    call.later(30, 'instance-terminated', id)
    announceInstance(call, id)
  }
}

/** By these clients find out what an instance was launched from. */
function templateTags(template: Ec2.LaunchTemplateSpecification | undefined): Ec2.Tag[] {
  if (template?.LaunchTemplateId === undefined) return []
  return [
    { Key: 'aws:ec2launchtemplate:id', Value: template.LaunchTemplateId },
    { Key: 'aws:ec2launchtemplate:version', Value: template.Version },
  ]
}

interface Reason {
  readonly transition: string
  readonly reason: NonNullable<InstanceRow['stateReason']>
}

function userInitiated(call: Call): Reason {
  const time = call.now
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' GMT')
  return {
    transition: `User initiated (${time})`,
    reason: { code: 'Client.UserInitiatedShutdown', message: 'Client.UserInitiatedShutdown: User initiated shutdown' },
  }
}

function creditsOf(wanted: string | undefined, type: InstanceType): InstanceRow['credits'] {
  if (wanted === undefined) return type.credits
  if (wanted !== 'standard' && wanted !== 'unlimited')
    throw new AwsError('InvalidParameterValue', `The CPU credit option '${wanted}' is not valid. Specify 'standard' or 'unlimited'.`)
  // The option is ignored for types that have no credits, so that a launch template serves several types.
  return type.burstable ? wanted : undefined
}

function tenancyOf(call: Call, request: Ec2.RunInstancesRequest, subnet: SubnetRow): Ec2.Tenancy {
  const vpc = rowsOf(vpcKind, call).get(subnet.vpcId)
  const wanted = request.Placement?.Tenancy ?? 'default'
  return vpc?.tenancy === 'dedicated' && wanted === 'default' ? 'dedicated' : wanted
}

function checkUserData(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  const trimmed = text.trim()
  if (!/^[A-Za-z0-9+/\s]*={0,2}$/.test(trimmed)) throw new AwsError('InvalidParameterValue', 'Invalid BASE64 encoding of user data.')
  if (Buffer.from(trimmed, 'base64').length > 16_384) throw new AwsError('InvalidParameterValue', 'User data is limited to 16384 bytes')
  return trimmed
}

function metadataOf(given: Ec2.InstanceMetadataOptionsRequest | undefined, image: ImageRow): InstanceRow['metadata'] {
  return {
    State: 'pending',
    // Images that support version 2 only ask for it, and for one hop more so that containers reach it.
    HttpTokens: given?.HttpTokens ?? (image.imdsV2 ? 'required' : 'optional'),
    HttpPutResponseHopLimit: given?.HttpPutResponseHopLimit ?? (image.imdsV2 ? 2 : 1),
    HttpEndpoint: given?.HttpEndpoint ?? 'enabled',
    HttpProtocolIpv6: given?.HttpProtocolIpv6 ?? 'disabled',
    InstanceMetadataTags: given?.InstanceMetadataTags ?? 'disabled',
  }
}

function cpuOf(given: Ec2.CpuOptionsRequest | undefined, type: InstanceType): InstanceRow['cpu'] {
  const threads = type.vcpus / type.cores
  if (given?.CoreCount !== undefined && given.CoreCount > type.cores)
    throw new AwsError('InvalidParameterValue', `CoreCount ${given.CoreCount} is not valid for the instance type ${type.name}.`)
  return {
    CoreCount: given?.CoreCount ?? type.cores,
    ThreadsPerCore: given?.ThreadsPerCore ?? threads,
    ...(given?.AmdSevSnp === undefined ? {} : { AmdSevSnp: given.AmdSevSnp }),
  }
}

/** Where instances go: the subnet asked for, that of the interface, or the default one of the zone. */
function subnetFor(call: Call, request: Ec2.RunInstancesRequest): SubnetRow {
  const specified = request.NetworkInterfaces ?? []
  if (specified.length > 0) {
    if (request.SubnetId !== undefined)
      throw new AwsError(
        'InvalidParameterCombination',
        'Network interfaces and an instance-level subnet ID may not be specified on the same request',
      )
    if ((request.SecurityGroupIds ?? []).length > 0 || (request.SecurityGroups ?? []).length > 0)
      throw new AwsError(
        'InvalidParameterCombination',
        'Network interfaces and an instance-level security groups may not be specified on the same request',
      )
    if (request.PrivateIpAddress !== undefined)
      throw new AwsError(
        'InvalidParameterCombination',
        'Network interfaces and an instance-level private IP address may not be specified on the same request',
      )
  }
  const primary = specified.find((spec) => (spec.DeviceIndex ?? 0) === 0)
  const eni = primary?.NetworkInterfaceId === undefined ? undefined : find(networkInterfaceKind, call, primary.NetworkInterfaceId)
  const subnetId = eni?.subnetId ?? primary?.SubnetId ?? request.SubnetId
  // Clients may send an empty zone for none.
  const zone = request.Placement?.AvailabilityZone || undefined
  if (subnetId !== undefined) {
    const subnet = find(subnetKind, call, subnetId)
    if (zone !== undefined && zone !== subnet.zone)
      throw new AwsError(
        'InvalidParameterValue',
        `The availability zone '${zone}' does not match the zone '${subnet.zone}' of subnet '${subnet.id}'.`,
      )
    return subnet
  }
  const vpc = [...rowsOf(vpcKind, call).values()].find((row) => row.isDefault)
  if (vpc === undefined)
    throw new AwsError('VPCIdNotSpecified', 'No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.')
  const wanted = zone === undefined ? undefined : zoneOf(call, zone).ZoneName
  const subnet = [...rowsOf(subnetKind, call).values()].find(
    (row) => row.vpcId === vpc.id && row.defaultForAz && (wanted === undefined || row.zone === wanted),
  )
  if (subnet !== undefined) return subnet
  throw wanted === undefined
    ? new AwsError('MissingInput', `No subnets found for the default VPC '${vpc.id}'. Please specify a subnet.`)
    : new AwsError('InvalidInput', `No default subnet for availability zone: '${wanted}'.`)
}

function attachInterfaces(
  call: Call,
  request: Ec2.RunInstancesRequest,
  instance: InstanceRow,
  subnet: SubnetRow,
  tags: readonly Ec2.Tag[],
): void {
  const specifications = request.NetworkInterfaces ?? []
  const all: readonly Ec2.InstanceNetworkInterfaceSpecification[] =
    specifications.length > 0
      ? specifications
      : [
          {
            DeviceIndex: 0,
            SubnetId: subnet.id,
            Groups: [
              ...(request.SecurityGroupIds ?? []),
              ...(request.SecurityGroups ?? []).map((name) => groupByName(call, name, subnet.vpcId)),
            ],
            PrivateIpAddress: request.PrivateIpAddress,
            Ipv6AddressCount: request.Ipv6AddressCount,
            Ipv6Addresses: request.Ipv6Addresses,
          },
        ]
  for (const spec of all) {
    const deviceIndex = spec.DeviceIndex ?? 0
    const attachment = {
      id: call.newId('eni-attach'),
      instanceId: instance.id,
      deviceIndex,
      deleteOnTermination: spec.DeleteOnTermination ?? spec.NetworkInterfaceId === undefined,
      time: call.now,
    }
    if (spec.NetworkInterfaceId !== undefined) {
      const eni = find(networkInterfaceKind, call, spec.NetworkInterfaceId)
      if (eni.attachment !== undefined || eni.requesterManaged)
        throw new AwsError('InvalidNetworkInterface.InUse', `Interface: [${eni.id}] in use.`)
      rowsOf(networkInterfaceKind, call).patch(eni.id, { attachment })
      continue
    }
    const own = spec.SubnetId === undefined ? subnet : find(subnetKind, call, spec.SubnetId)
    const listed = spec.PrivateIpAddresses ?? []
    const foreign = (spec.Groups ?? []).find((id) => find(securityGroupKind, call, id).vpcId !== own.vpcId)
    if (foreign !== undefined)
      throw new AwsError('InvalidParameter', `Security group ${foreign} and subnet ${own.id} belong to different networks.`)
    const eni = newInterface(call, {
      subnet: own,
      description: spec.Description ?? '',
      groups: spec.Groups ?? [],
      privateIp: listed.find((ip) => ip.Primary === true)?.PrivateIpAddress ?? spec.PrivateIpAddress,
      secondaryIps: listed.filter((ip) => ip.Primary !== true).map((ip) => ip.PrivateIpAddress!),
      secondaryCount: spec.SecondaryPrivateIpAddressCount,
      ipv6Count: spec.Ipv6AddressCount,
      ipv6: spec.Ipv6Addresses?.map((ip) => ip.Ipv6Address!),
    })
    const borrows = deviceIndex === 0 && (spec.AssociatePublicIpAddress ?? own.mapPublicIp)
    rowsOf(networkInterfaceKind, call).patch(eni.id, {
      attachment,
      borrowsPublicIp: borrows,
      ...(borrows ? { lentPublicIp: newPublicIp(call) } : {}),
    })
    addTags(call, 'network-interface', eni.id, tags)
  }
}

function groupByName(call: Call, name: string, vpcId: string): string {
  const group = [...rowsOf(securityGroupKind, call).values()].find((row) => row.vpcId === vpcId && row.name === name)
  if (group === undefined)
    throw new AwsError('InvalidGroup.NotFound', `The security group '${name}' does not exist in default VPC '${vpcId}'`)
  return group.id
}

/** The image's root volume, changed by the request's mapping of the same device, and the request's further ones. */
function attachVolumes(
  call: Call,
  request: Ec2.RunInstancesRequest,
  instance: InstanceRow,
  image: ImageRow,
  tags: readonly Ec2.Tag[],
): void {
  const mappings = request.BlockDeviceMappings ?? []
  const root = mappings.find((mapping) => mapping.DeviceName === image.rootDevice)
  const further = mappings.filter((mapping) => mapping !== root && mapping.NoDevice === undefined && mapping.Ebs !== undefined)
  const attach = (device: string, ebs: Ec2.EbsBlockDevice, isRoot: boolean) => {
    const smallest = isRoot ? image.rootSize : 1
    if (ebs.VolumeSize !== undefined && ebs.VolumeSize < smallest)
      throw new AwsError(
        'InvalidBlockDeviceMapping',
        `Volume of size ${ebs.VolumeSize}GB is smaller than snapshot '${image.snapshotId}', expect size>= ${smallest}GB`,
      )
    if (!isRoot && ebs.SnapshotId !== undefined)
      throw new AwsError('InvalidSnapshot.NotFound', `The snapshot '${ebs.SnapshotId}' does not exist.`)
    const size = ebs.VolumeSize ?? (isRoot ? image.rootSize : undefined)
    if (size === undefined) throw new AwsError('MissingParameter', 'The request must contain the parameter size or snapshotId')
    const volume = newVolume(call, {
      zone: instance.placement.AvailabilityZone!,
      size,
      type: ebs.VolumeType ?? (isRoot ? image.rootType : 'gp2'),
      iops: ebs.Iops,
      throughput: ebs.Throughput,
      encrypted: ebs.Encrypted,
      kmsKeyId: ebs.KmsKeyId,
      snapshotId: isRoot ? image.snapshotId : undefined,
      attachment: {
        instanceId: instance.id,
        device,
        deleteOnTermination: ebs.DeleteOnTermination ?? true,
        state: 'attached',
        time: instance.launched,
      },
    })
    addTags(call, 'volume', volume.id, tags)
  }
  attach(image.rootDevice, root?.Ebs ?? {}, true)
  for (const mapping of further) attach(mapping.DeviceName ?? '', mapping.Ebs!, false)
}

export const instanceOperations = {
  RunInstances(input: Ec2.RunInstancesRequest, call: Call): Ec2.Reservation {
    if (input.MinCount === undefined || input.MaxCount === undefined)
      throw new AwsError(
        'MissingParameter',
        `The request must contain the parameter ${input.MinCount === undefined ? 'minCount' : 'maxCount'}`,
      )
    const { id, instances } = launchInstances(call, completeRequest(call, input))
    return {
      ReservationId: id,
      OwnerId: call.account,
      Groups: [],
      Instances: instances.map((row) => describeInstance(row, call)),
    }
  },

  DescribeInstances(input: Ec2.DescribeInstancesRequest, call: Call): Ec2.DescribeInstancesResult {
    for (const id of input.InstanceIds ?? []) checkId(id)
    const { rows, NextToken } = select(instanceKind, call, {
      ids: input.InstanceIds,
      filters: input.Filters,
      token: input.NextToken,
      size: input.MaxResults,
    })
    const reservations = groupBy(rows, (row) => row.reservationId)
    return {
      Reservations: [...reservations].map(([ReservationId, instances]) => ({
        ReservationId,
        OwnerId: call.account,
        Groups: [],
        Instances: instances.map((row) => describeInstance(row, call)),
      })),
      NextToken,
    }
  },

  DescribeInstanceStatus(input: Ec2.DescribeInstanceStatusRequest, call: Call): Ec2.DescribeInstanceStatusResult {
    const all = [...rowsOf(instanceKind, call).values()].filter((row) => input.IncludeAllInstances === true || row.state === 'running')
    const { rows, NextToken } = select(
      { ...instanceKind, filters: { ...instanceKind.filters, 'instance-status.status': statusOf, 'system-status.status': statusOf } },
      call,
      { ids: input.InstanceIds, filters: input.Filters, token: input.NextToken, size: input.MaxResults },
      (input.InstanceIds ?? []).length > 0 ? undefined : all,
    )
    return {
      InstanceStatuses: rows
        .filter((row) => input.IncludeAllInstances === true || row.state === 'running')
        .map((row) => {
          const status = {
            Status: statusOf(row),
            Details: row.state === 'running' ? [{ Name: 'reachability' as const, Status: 'passed' as const }] : [],
          }
          return {
            InstanceId: row.id,
            AvailabilityZone: row.placement.AvailabilityZone,
            InstanceState: describeState(row.state),
            InstanceStatus: status,
            SystemStatus: status,
          }
        }),
      NextToken,
    }
  },

  DescribeInstanceAttribute(input: Ec2.DescribeInstanceAttributeRequest, call: Call): Ec2.InstanceAttribute {
    const instance = find(instanceKind, call, input.InstanceId, 'instanceId')
    const answer = { InstanceId: instance.id }
    switch (input.Attribute) {
      case 'disableApiTermination':
        return { ...answer, DisableApiTermination: { Value: instance.disableApiTermination } }
      case 'disableApiStop':
        return { ...answer, DisableApiStop: { Value: instance.disableApiStop } }
      case 'instanceInitiatedShutdownBehavior':
        return { ...answer, InstanceInitiatedShutdownBehavior: { Value: instance.shutdownBehavior } }
      case 'userData':
        return { ...answer, UserData: { Value: instance.userData } }
      case 'instanceType':
        return { ...answer, InstanceType: { Value: instance.type } }
      case 'sourceDestCheck':
        return { ...answer, SourceDestCheck: { Value: primaryOf(call, instance)?.sourceDestCheck ?? true } }
      case 'ebsOptimized':
        return { ...answer, EbsOptimized: { Value: instance.ebsOptimized } }
      case 'enaSupport':
        return { ...answer, EnaSupport: { Value: true } }
      case 'enclaveOptions':
        return { ...answer, EnclaveOptions: { Enabled: instance.enclave } }
      case 'rootDeviceName':
        return { ...answer, RootDeviceName: { Value: instance.rootDevice } }
      case 'blockDeviceMapping':
        return { ...answer, BlockDeviceMappings: describeDevices(call, instance) }
      case 'groupSet':
        return { ...answer, Groups: groupIdentifiers(call, primaryOf(call, instance)?.groups ?? []) }
      case 'productCodes':
        return { ...answer, ProductCodes: [] }
      case 'sriovNetSupport':
        return answer
      case 'kernel':
        return { ...answer, KernelId: {} }
      case 'ramdisk':
        return { ...answer, RamdiskId: {} }
      default:
        throw new AwsError('InvalidParameterValue', `Value (${input.Attribute}) for parameter attribute is invalid. Unknown attribute.`)
    }
  },

  ModifyInstanceAttribute(input: Ec2.ModifyInstanceAttributeRequest, call: Call): object {
    const instance = find(instanceKind, call, input.InstanceId, 'instanceId')
    const stopped = (attribute: string) => {
      if (instance.state !== 'stopped')
        throw new AwsError('IncorrectInstanceState', `The instance '${instance.id}' is not in the 'stopped' state.`)
      return attribute
    }
    const changes: { -readonly [K in keyof InstanceRow]?: InstanceRow[K] } = {}
    // The older form names the attribute and gives its value as text.
    const old = (name: Ec2.InstanceAttributeName) => (input.Attribute === name ? input.Value : undefined)
    const flag = (name: Ec2.InstanceAttributeName, given: Ec2.AttributeBooleanValue | undefined) => {
      const text = old(name)
      return given?.Value ?? (text === undefined ? undefined : text === 'true')
    }
    const text = (name: Ec2.InstanceAttributeName, given: Ec2.AttributeValue | undefined) => given?.Value ?? old(name)

    const sourceDestCheck = flag('sourceDestCheck', input.SourceDestCheck)
    if (sourceDestCheck !== undefined) {
      const enis = interfacesOf(call, instance)
      if (enis.length > 1)
        throw new AwsError(
          'InvalidInstanceID',
          `There are multiple interfaces attached to instance '${instance.id}'. Please specify an interface ID for the operation instead.`,
        )
      for (const eni of enis) rowsOf(networkInterfaceKind, call).patch(eni.id, { sourceDestCheck })
    }
    changes.disableApiTermination = flag('disableApiTermination', input.DisableApiTermination) ?? instance.disableApiTermination
    changes.disableApiStop = flag('disableApiStop', input.DisableApiStop) ?? instance.disableApiStop
    const behavior = text('instanceInitiatedShutdownBehavior', input.InstanceInitiatedShutdownBehavior)
    if (behavior !== undefined) {
      if (behavior !== 'stop' && behavior !== 'terminate')
        throw new AwsError('InvalidParameterValue', `Value (${behavior}) for parameter value is invalid. Unknown shutdown behavior.`)
      changes.shutdownBehavior = behavior
    }
    const typeName = text('instanceType', input.InstanceType)
    if (typeName !== undefined) {
      stopped('instanceType')
      const type = findInstanceType(typeName)
      if (type.architecture !== instance.architecture)
        throw new AwsError(
          'InvalidParameterValue',
          `The architecture '${type.architecture}' of the specified instance type does not match the architecture '${instance.architecture}' of the instance.`,
        )
      Object.assign(changes, {
        type: type.name,
        cpu: cpuOf(undefined, type),
        credits: type.burstable ? (instance.credits ?? type.credits) : undefined,
      })
    }
    const userData = input.UserData?.Value
    if (userData !== undefined) {
      stopped('userData')
      changes.userData = checkUserData(Buffer.from(userData).toString('base64'))
    } else if (old('userData') !== undefined) {
      stopped('userData')
      changes.userData = checkUserData(old('userData'))
    }
    const ebsOptimized = flag('ebsOptimized', input.EbsOptimized)
    if (ebsOptimized !== undefined) {
      stopped('ebsOptimized')
      changes.ebsOptimized = ebsOptimized
    }
    if (input.Groups !== undefined && input.Groups.length > 0) {
      for (const id of input.Groups) {
        const group = find(securityGroupKind, call, id)
        if (group.vpcId !== instance.vpcId)
          throw new AwsError('InvalidGroup.NotFound', `The security group '${id}' does not exist in VPC '${instance.vpcId}'`)
      }
      const primary = primaryOf(call, instance)
      if (primary !== undefined) rowsOf(networkInterfaceKind, call).patch(primary.id, { groups: input.Groups })
    }
    for (const { DeviceName, Ebs } of input.BlockDeviceMappings ?? []) {
      const volume = volumesOf(call, instance.id).find((row) => row.attachment!.device === DeviceName)
      if (volume === undefined) throw new AwsError('InvalidInstanceAttributeValue', `No device is currently mapped at ${DeviceName}`)
      if (Ebs?.DeleteOnTermination !== undefined)
        rowsOf(volumeKind, call).patch(volume.id, {
          attachment: { ...volume.attachment!, deleteOnTermination: Ebs.DeleteOnTermination },
        })
    }
    rowsOf(instanceKind, call).patch(instance.id, changes)
    return {}
  },

  ModifyInstanceMetadataOptions(input: Ec2.ModifyInstanceMetadataOptionsRequest, call: Call): Ec2.ModifyInstanceMetadataOptionsResult {
    const instance = find(instanceKind, call, input.InstanceId, 'instanceId')
    const { metadata } = instance
    const changed = {
      State: 'applied' as const,
      HttpTokens: input.HttpTokens ?? metadata.HttpTokens,
      HttpPutResponseHopLimit: input.HttpPutResponseHopLimit ?? metadata.HttpPutResponseHopLimit,
      HttpEndpoint: input.HttpEndpoint ?? metadata.HttpEndpoint,
      HttpProtocolIpv6: input.HttpProtocolIpv6 ?? metadata.HttpProtocolIpv6,
      InstanceMetadataTags: input.InstanceMetadataTags ?? metadata.InstanceMetadataTags,
    }
    rowsOf(instanceKind, call).patch(instance.id, { metadata: changed })
    return { InstanceId: instance.id, InstanceMetadataOptions: { ...changed, State: 'pending' } }
  },

  ModifyInstanceMaintenanceOptions(
    input: Ec2.ModifyInstanceMaintenanceOptionsRequest,
    call: Call,
  ): Ec2.ModifyInstanceMaintenanceOptionsResult {
    const instance = find(instanceKind, call, input.InstanceId, 'instanceId')
    const autoRecovery = input.AutoRecovery ?? instance.autoRecovery
    rowsOf(instanceKind, call).patch(instance.id, { autoRecovery })
    return { InstanceId: instance.id, AutoRecovery: autoRecovery }
  },

  ModifyInstancePlacement(input: Ec2.ModifyInstancePlacementRequest, call: Call): Ec2.ModifyInstancePlacementResult {
    const instance = find(instanceKind, call, input.InstanceId, 'instanceId')
    const placement = {
      ...instance.placement,
      Tenancy: input.Tenancy ?? instance.placement.Tenancy,
      GroupName: input.GroupName ?? instance.placement.GroupName,
      Affinity: input.Affinity ?? instance.placement.Affinity,
      HostId: input.HostId ?? instance.placement.HostId,
    }
    rowsOf(instanceKind, call).patch(instance.id, { placement })
    return { Return: true }
  },

  ModifyInstanceCapacityReservationAttributes(
    input: Ec2.ModifyInstanceCapacityReservationAttributesRequest,
    call: Call,
  ): Ec2.ModifyInstanceCapacityReservationAttributesResult {
    const instance = find(instanceKind, call, input.InstanceId, 'instanceId')
    const capacityPreference = input.CapacityReservationSpecification?.CapacityReservationPreference ?? instance.capacityPreference
    rowsOf(instanceKind, call).patch(instance.id, { capacityPreference })
    return { Return: true }
  },

  ModifyPrivateDnsNameOptions(input: Ec2.ModifyPrivateDnsNameOptionsRequest, call: Call): Ec2.ModifyPrivateDnsNameOptionsResult {
    const instance = find(instanceKind, call, input.InstanceId, 'instanceId')
    const { dnsOptions } = instance
    rowsOf(instanceKind, call).patch(instance.id, {
      dnsOptions: {
        HostnameType: input.PrivateDnsHostnameType ?? dnsOptions.HostnameType,
        EnableResourceNameDnsARecord: input.EnableResourceNameDnsARecord ?? dnsOptions.EnableResourceNameDnsARecord,
        EnableResourceNameDnsAAAARecord: input.EnableResourceNameDnsAAAARecord ?? dnsOptions.EnableResourceNameDnsAAAARecord,
      },
    })
    return { Return: true }
  },

  DescribeInstanceCreditSpecifications(
    input: Ec2.DescribeInstanceCreditSpecificationsRequest,
    call: Call,
  ): Ec2.DescribeInstanceCreditSpecificationsResult {
    const { rows, NextToken } = select(instanceKind, call, {
      ids: input.InstanceIds,
      filters: input.Filters,
      token: input.NextToken,
      size: input.MaxResults,
    })
    return {
      InstanceCreditSpecifications: rows
        .filter((row) => row.credits !== undefined)
        .map((row) => ({ InstanceId: row.id, CpuCredits: row.credits })),
      NextToken,
    }
  },

  ModifyInstanceCreditSpecification(
    input: Ec2.ModifyInstanceCreditSpecificationRequest,
    call: Call,
  ): Ec2.ModifyInstanceCreditSpecificationResult {
    const done: Ec2.SuccessfulInstanceCreditSpecificationItem[] = []
    const failed: Ec2.UnsuccessfulInstanceCreditSpecificationItem[] = []
    for (const { InstanceId, CpuCredits } of input.InstanceCreditSpecifications ?? []) {
      const instance = InstanceId === undefined ? undefined : rowsOf(instanceKind, call).get(InstanceId)
      if (instance === undefined)
        failed.push({
          InstanceId,
          Error: { Code: 'InvalidInstanceID.NotFound', Message: `The instance ID '${InstanceId}' does not exist` },
        })
      else {
        rowsOf(instanceKind, call).patch(instance.id, { credits: creditsOf(CpuCredits, findInstanceType(instance.type)) })
        done.push({ InstanceId })
      }
    }
    return { SuccessfulInstanceCreditSpecifications: done, UnsuccessfulInstanceCreditSpecifications: failed }
  },

  MonitorInstances(input: Ec2.MonitorInstancesRequest, call: Call): Ec2.MonitorInstancesResult {
    return setMonitoring(call, input.InstanceIds, true)
  },

  UnmonitorInstances(input: Ec2.UnmonitorInstancesRequest, call: Call): Ec2.UnmonitorInstancesResult {
    return setMonitoring(call, input.InstanceIds, false)
  },

  StartInstances(input: Ec2.StartInstancesRequest, call: Call): Ec2.StartInstancesResult {
    const rows = (input.InstanceIds ?? []).map((id) => find(instanceKind, call, id))
    return {
      StartingInstances: rows.map((row) => {
        if (row.state === 'running' || row.state === 'pending') return stateChange(row, row.state)
        if (row.state !== 'stopped')
          throw new AwsError('IncorrectInstanceState', `The instance '${row.id}' is not in a state from which it can be started.`)
        for (const eni of interfacesOf(call, row))
          if (eni.borrowsPublicIp === true && associationOf(eni, eni.privateIps[0]!, call) === undefined)
            rowsOf(networkInterfaceKind, call).patch(eni.id, { lentPublicIp: newPublicIp(call) })
        rowsOf(instanceKind, call).put({ ...row, state: 'pending', stateReason: undefined, stateTransition: '', launched: call.now })
        call.later(15, 'instance-running', row.id)
        return stateChange(row, 'pending')
      }),
    }
  },

  StopInstances(input: Ec2.StopInstancesRequest, call: Call): Ec2.StopInstancesResult {
    const rows = (input.InstanceIds ?? []).map((id) => find(instanceKind, call, id))
    return {
      StoppingInstances: rows.map((row) => {
        if (row.state === 'stopped' || row.state === 'stopping') return stateChange(row, row.state)
        if (row.state !== 'running')
          throw new AwsError('IncorrectInstanceState', `The instance '${row.id}' is not in a state from which it can be stopped.`)
        if (row.disableApiStop)
          throw new AwsError(
            'OperationNotPermitted',
            `The instance '${row.id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.`,
          )
        const { transition, reason } = userInitiated(call)
        rowsOf(instanceKind, call).patch(row.id, { state: 'stopping', stateTransition: transition, stateReason: reason })
        call.later(30, 'instance-stopped', row.id)
        announceInstance(call, row.id)
        return stateChange(row, 'stopping')
      }),
    }
  },

  RebootInstances(input: Ec2.RebootInstancesRequest, call: Call): object {
    for (const id of input.InstanceIds ?? []) {
      const instance = find(instanceKind, call, id)
      if (instance.state !== 'running')
        throw new AwsError('IncorrectInstanceState', `The instance '${id}' is not in a state from which it can be rebooted.`)
    }
    return {}
  },

  TerminateInstances(input: Ec2.TerminateInstancesRequest, call: Call): Ec2.TerminateInstancesResult {
    const ids = input.InstanceIds ?? []
    for (const id of ids) checkId(id)
    const rows = ids.map((id) => find(instanceKind, call, id))
    const held = rows.find((row) => row.disableApiTermination && row.state !== 'terminated')
    if (held !== undefined)
      throw new AwsError(
        'OperationNotPermitted',
        `The instance '${held.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
      )
    terminateInstances(call, ids)
    return { TerminatingInstances: rows.map((row) => stateChange(row, find(instanceKind, call, row.id).state)) }
  },

  DescribeIamInstanceProfileAssociations(
    input: Ec2.DescribeIamInstanceProfileAssociationsRequest,
    call: Call,
  ): Ec2.DescribeIamInstanceProfileAssociationsResult {
    const wanted = input.AssociationIds ?? []
    const byName = Object.fromEntries((input.Filters ?? []).map((filter) => [filter.Name, filter.Values ?? []]))
    const chosen = [...rowsOf(instanceKind, call).values()].filter(
      (row) =>
        row.profile !== undefined &&
        row.state !== 'terminated' &&
        (wanted.length === 0 || wanted.includes(row.profile.associationId)) &&
        (byName['instance-id'] === undefined || byName['instance-id'].includes(row.id)) &&
        (byName.state === undefined || byName.state.includes('associated')),
    )
    const page = pageOf(call, chosen, input.NextToken, input.MaxResults)
    return { IamInstanceProfileAssociations: page.items.map((row) => describeProfile(row, 'associated')), NextToken: page.nextToken }
  },

  AssociateIamInstanceProfile(input: Ec2.AssociateIamInstanceProfileRequest, call: Call): Ec2.AssociateIamInstanceProfileResult {
    const instance = find(instanceKind, call, input.InstanceId, 'instanceId')
    if (instance.profile !== undefined) throw new AwsError('IncorrectState', `There is an existing association for instance ${instance.id}`)
    return { IamInstanceProfileAssociation: describeProfile(associate(call, instance, input.IamInstanceProfile), 'associating') }
  },

  ReplaceIamInstanceProfileAssociation(
    input: Ec2.ReplaceIamInstanceProfileAssociationRequest,
    call: Call,
  ): Ec2.ReplaceIamInstanceProfileAssociationResult {
    const instance = findByAssociation(call, input.AssociationId)
    return { IamInstanceProfileAssociation: describeProfile(associate(call, instance, input.IamInstanceProfile), 'associating') }
  },

  DisassociateIamInstanceProfile(input: Ec2.DisassociateIamInstanceProfileRequest, call: Call): Ec2.DisassociateIamInstanceProfileResult {
    const instance = findByAssociation(call, input.AssociationId)
    rowsOf(instanceKind, call).patch(instance.id, { profile: undefined })
    return { IamInstanceProfileAssociation: describeProfile(instance, 'disassociating') }
  },

  GetPasswordData(input: Ec2.GetPasswordDataRequest, call: Call): Ec2.GetPasswordDataResult {
    const instance = find(instanceKind, call, input.InstanceId, 'instanceId')
    return { InstanceId: instance.id, PasswordData: '', Timestamp: instance.launched }
  },

  GetInstanceUefiData(input: Ec2.GetInstanceUefiDataRequest, call: Call): Ec2.GetInstanceUefiDataResult {
    checkId(input.InstanceId ?? '')
    const instance = find(instanceKind, call, input.InstanceId, 'instanceId')
    throw new AwsError('UnsupportedOperation', `The instance '${instance.id}' has no UEFI variable store.`)
  },

  /** Spot instances are not offered, so nobody has asked for any. */
  DescribeSpotInstanceRequests(input: Ec2.DescribeSpotInstanceRequestsRequest, _call: Call): Ec2.DescribeSpotInstanceRequestsResult {
    const id = input.SpotInstanceRequestIds?.[0]
    if (id !== undefined) throw new AwsError('InvalidSpotInstanceRequestID.NotFound', `The spot instance request ID '${id}' does not exist`)
    return { SpotInstanceRequests: [] }
  },
}

export const instanceEvents = {
  'instance-running': (id: string, call: Call) => {
    const instance = rowsOf(instanceKind, call).get(id)
    if (instance?.state !== 'pending') return
    rowsOf(instanceKind, call).patch(id, { state: 'running', metadata: { ...instance.metadata, State: 'applied' } })
    announceInstance(call, id)
  },
  'instance-stopped': (id: string, call: Call) => {
    const instance = rowsOf(instanceKind, call).get(id)
    if (instance?.state !== 'stopping') return
    for (const { lentPublicIp: _, ...eni } of interfacesOf(call, instance)) rowsOf(networkInterfaceKind, call).put(eni)
    rowsOf(instanceKind, call).patch(id, { state: 'stopped' })
    announceInstance(call, id)
  },
  'instance-terminated': (id: string, call: Call) => {
    const instance = rowsOf(instanceKind, call).get(id)
    if (instance?.state !== 'shutting-down') return
    for (const eni of interfacesOf(call, instance)) {
      if (eni.attachment!.deleteOnTermination) {
        removeInterface(call, eni.id)
        continue
      }
      const { attachment: _a, lentPublicIp: _l, ...free } = eni
      rowsOf(networkInterfaceKind, call).put(free)
    }
    releaseVolumes(call, id)
    rowsOf(instanceKind, call).patch(id, { state: 'terminated', profile: undefined })
    call.linger(HOUR, 'instance-forgotten', id)
    announceInstance(call, id)
  },
  'instance-forgotten': (id: string, call: Call) => destroy(instanceKind, call, id),
}

function checkId(id: string): void {
  if (!/^i-[0-9a-f]{8}([0-9a-f]{9})?$/.test(id)) throw new AwsError('InvalidInstanceID.Malformed', `Invalid id: "${id}"`)
}

function statusOf(row: InstanceRow): 'ok' | 'initializing' | 'not-applicable' {
  return row.state === 'running' ? 'ok' : row.state === 'pending' ? 'initializing' : 'not-applicable'
}

function describeState(state: InstanceState): Ec2.InstanceState {
  return { Name: state, Code: instanceStateCodes[state] }
}

function stateChange(before: InstanceRow, now: InstanceState): Ec2.InstanceStateChange {
  return { InstanceId: before.id, PreviousState: describeState(before.state), CurrentState: describeState(now) }
}

function setMonitoring(
  call: Call,
  ids: readonly string[] | undefined,
  monitoring: boolean,
): { InstanceMonitorings: Ec2.InstanceMonitoring[] } {
  return {
    InstanceMonitorings: (ids ?? []).map((id) => {
      const instance = find(instanceKind, call, id)
      rowsOf(instanceKind, call).patch(instance.id, { monitoring })
      return { InstanceId: instance.id, Monitoring: { State: monitoring ? 'pending' : 'disabling' } }
    }),
  }
}

function findByAssociation(call: Call, id: string | undefined): InstanceRow {
  const instance = [...rowsOf(instanceKind, call).values()].find((row) => row.profile?.associationId === id)
  if (id === undefined || instance === undefined)
    throw new AwsError('InvalidAssociationID.NotFound', `An invalid association-id of '${id}' was given`)
  return instance
}

function interfacesOf(call: Call, instance: InstanceRow): NetworkInterfaceRow[] {
  return [...rowsOf(networkInterfaceKind, call).values()]
    .filter((eni) => eni.attachment?.instanceId === instance.id)
    .sort((a, b) => a.attachment!.deviceIndex - b.attachment!.deviceIndex)
}

function primaryOf(call: Call, instance: InstanceRow): NetworkInterfaceRow | undefined {
  return interfacesOf(call, instance).find((eni) => eni.attachment!.deviceIndex === 0)
}

function describeDevices(call: Call, instance: InstanceRow): Ec2.InstanceBlockDeviceMapping[] {
  return volumesOf(call, instance.id).map((volume) => ({
    DeviceName: volume.attachment!.device,
    Ebs: {
      VolumeId: volume.id,
      Status: volume.attachment!.state,
      AttachTime: volume.attachment!.time,
      DeleteOnTermination: volume.attachment!.deleteOnTermination,
    },
  }))
}

function describeInstance(instance: InstanceRow, call: Call): Ec2.Instance {
  const image = findImage(call, instance.imageId)
  const type = findInstanceType(instance.type)
  const enis = interfacesOf(call, instance)
  const primary = enis[0]
  const publicIp = primary === undefined ? undefined : associationOf(primary, primary.privateIps[0]!, call)
  const gone = instance.state === 'terminated'
  return {
    InstanceId: instance.id,
    ImageId: instance.imageId,
    InstanceType: instance.type as Ec2._InstanceType,
    State: describeState(instance.state),
    StateReason:
      instance.stateReason === undefined ? undefined : { Code: instance.stateReason.code, Message: instance.stateReason.message },
    StateTransitionReason: instance.stateTransition,
    AmiLaunchIndex: instance.launchIndex,
    LaunchTime: instance.launched,
    UsageOperationUpdateTime: instance.launched,
    KeyName: instance.keyName,
    Architecture: instance.architecture,
    Platform: image.platform as Ec2.PlatformValues | undefined,
    PlatformDetails: image.platformDetails,
    UsageOperation: image.platform === undefined ? 'RunInstances' : 'RunInstances:0002',
    Placement: { GroupName: '', ...instance.placement },
    Monitoring: { State: instance.monitoring ? 'enabled' : 'disabled' },
    SubnetId: gone ? undefined : instance.subnetId,
    VpcId: gone ? undefined : instance.vpcId,
    PrivateDnsName: primary === undefined ? '' : privateDnsName(call, primary.privateIps[0]!),
    PrivateIpAddress: primary?.privateIps[0],
    PublicDnsName: publicIp?.PublicDnsName ?? '',
    PublicIpAddress: publicIp?.PublicIp,
    Ipv6Address: primary?.ipv6[0],
    BlockDeviceMappings: describeDevices(call, instance),
    NetworkInterfaces: enis.map((eni) => describeInstanceInterface(eni, call)),
    SecurityGroups: groupIdentifiers(call, primary?.groups ?? []),
    SourceDestCheck: primary?.sourceDestCheck,
    RootDeviceName: instance.rootDevice,
    RootDeviceType: 'ebs',
    VirtualizationType: 'hvm',
    Hypervisor: 'xen',
    EnaSupport: true,
    EbsOptimized: instance.ebsOptimized,
    BootMode: image.bootMode,
    CurrentInstanceBootMode: image.bootMode === undefined || type.hypervisor === 'xen' ? 'legacy-bios' : 'uefi',
    ClientToken: instance.clientToken,
    ProductCodes: [],
    IamInstanceProfile: instance.profile === undefined ? undefined : { Arn: instance.profile.arn, Id: instance.profile.id },
    MetadataOptions: instance.metadata,
    CpuOptions: instance.cpu,
    CapacityReservationSpecification: { CapacityReservationPreference: instance.capacityPreference },
    HibernationOptions: { Configured: instance.hibernation },
    EnclaveOptions: { Enabled: instance.enclave },
    MaintenanceOptions: { AutoRecovery: instance.autoRecovery, RebootMigration: 'default' },
    NetworkPerformanceOptions: { BandwidthWeighting: 'default' },
    PrivateDnsNameOptions: instance.dnsOptions,
    Tags: [...tagsOf(call, instance.id)],
  }
}

function describeInstanceInterface(eni: NetworkInterfaceRow, call: Call): Ec2.InstanceNetworkInterface {
  const hostnames = rowsOf(vpcKind, call).get(eni.vpcId)?.dnsHostnames === true
  const dnsName = (ip: string) => (hostnames ? privateDnsName(call, ip) : undefined)
  const publicIp = (ip: string): Ec2.InstanceNetworkInterfaceAssociation | undefined => {
    const association = associationOf(eni, ip, call)
    if (association === undefined) return undefined
    const { IpOwnerId, PublicIp, PublicDnsName } = association
    return { IpOwnerId, PublicIp, PublicDnsName }
  }
  const attachment = eni.attachment!
  const primary = eni.privateIps[0]!
  return {
    NetworkInterfaceId: eni.id,
    VpcId: eni.vpcId,
    SubnetId: eni.subnetId,
    Description: eni.description,
    OwnerId: call.account,
    Status: 'in-use',
    InterfaceType: eni.type,
    MacAddress: eni.mac,
    SourceDestCheck: eni.sourceDestCheck,
    Groups: groupIdentifiers(call, eni.groups),
    PrivateIpAddress: primary,
    PrivateDnsName: dnsName(primary),
    Association: publicIp(primary),
    Attachment: {
      AttachmentId: attachment.id,
      AttachTime: attachment.time,
      DeleteOnTermination: attachment.deleteOnTermination,
      DeviceIndex: attachment.deviceIndex,
      NetworkCardIndex: 0,
      Status: 'attached',
    },
    PrivateIpAddresses: eni.privateIps.map((ip, i) => ({
      PrivateIpAddress: ip,
      PrivateDnsName: dnsName(ip),
      Primary: i === 0,
      Association: publicIp(ip),
    })),
    Ipv6Addresses: eni.ipv6.map((ip) => ({ Ipv6Address: ip, IsPrimaryIpv6: false })),
  }
}
