import * as ec2 from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/index.ts'
import { clientConfig, codeOf, refusal, testSandbox } from './_clients.ts'

let sandbox: Sandbox
let client: ec2.EC2Client
let image: ec2.Image
let armImage: ec2.Image
let subnets: ec2.Subnet[]

const newest = async (name: string) => {
  const { Images } = await client.send(new ec2.DescribeImagesCommand({ Owners: ['amazon'], Filters: [{ Name: 'name', Values: [name] }] }))
  return Images!.sort((a, b) => (a.CreationDate! < b.CreationDate! ? 1 : -1))[0]!
}

beforeAll(async () => {
  sandbox = await testSandbox()
  client = new ec2.EC2Client(clientConfig(sandbox, '123456789012', 'eu-west-1'))
  image = await newest('al2023-ami-2023*-x86_64')
  armImage = await newest('al2023-ami-2023*-arm64')
  subnets = (await client.send(new ec2.DescribeSubnetsCommand({}))).Subnets!
})
afterAll(() => sandbox.close())

type Request = Partial<ec2.RunInstancesCommandInput>
const run = (request: Request = {}) =>
  client.send(new ec2.RunInstancesCommand({ ImageId: image.ImageId, InstanceType: 't3.micro', MinCount: 1, MaxCount: 1, ...request }))
const launch = async (request: Request = {}) => (await run(request)).Instances![0]!.InstanceId!
const describeOne = async (id: string) =>
  (await client.send(new ec2.DescribeInstancesCommand({ InstanceIds: [id] }))).Reservations![0]!.Instances![0]!
const stop = (id: string) => client.send(new ec2.StopInstancesCommand({ InstanceIds: [id] }))
const terminate = (id: string) => client.send(new ec2.TerminateInstancesCommand({ InstanceIds: [id] }))

describe('an instance', () => {
  test('goes through its states, and its parts go with it', async () => {
    const answer = await run({ TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'of', Value: 'root' }] }] })
    expect(answer.Instances![0]!.State).toEqual({ Code: 0, Name: 'pending' })
    const id = answer.Instances![0]!.InstanceId!
    const running = await describeOne(id)
    expect(running).toMatchObject({ State: { Code: 16, Name: 'running' }, SourceDestCheck: true, Placement: { Tenancy: 'default' } })
    const volumeId = running.BlockDeviceMappings![0]!.Ebs!.VolumeId!
    const { Volumes } = await client.send(new ec2.DescribeVolumesCommand({ VolumeIds: [volumeId] }))
    expect(Volumes![0]).toMatchObject({
      State: 'in-use',
      Size: 8,
      VolumeType: 'gp3',
      Iops: 3000,
      Throughput: 125,
      Tags: [{ Key: 'of', Value: 'root' }],
    })

    const publicIp = running.PublicIpAddress
    expect(publicIp).toBeDefined()
    expect((await stop(id)).StoppingInstances![0]).toMatchObject({ CurrentState: { Name: 'stopping' }, PreviousState: { Name: 'running' } })
    const stopped = await describeOne(id)
    expect([stopped.State!.Name, stopped.PublicIpAddress, stopped.PrivateIpAddress]).toEqual([
      'stopped',
      undefined,
      running.PrivateIpAddress,
    ])
    await client.send(new ec2.StartInstancesCommand({ InstanceIds: [id] }))
    const again = await describeOne(id)
    expect(again.State!.Name).toBe('running')
    expect(again.PublicIpAddress).not.toBe(publicIp)

    await terminate(id)
    const gone = await describeOne(id)
    expect(gone).toMatchObject({ State: { Code: 48, Name: 'terminated' }, StateReason: { Code: 'Client.UserInitiatedShutdown' } })
    expect([gone.NetworkInterfaces, gone.BlockDeviceMappings, gone.VpcId]).toEqual([[], [], undefined])
    expect(await codeOf(client.send(new ec2.DescribeVolumesCommand({ VolumeIds: [volumeId] })))).toBe('InvalidVolume.NotFound')
  })

  test('is what was asked for', async () => {
    const id = await launch({
      InstanceType: 't4g.small',
      ImageId: armImage.ImageId,
      SubnetId: subnets[1]!.SubnetId,
      UserData: Buffer.from('#!/bin/sh').toString('base64'),
      CreditSpecification: { CpuCredits: 'standard' },
      MetadataOptions: { HttpTokens: 'optional', HttpPutResponseHopLimit: 5, InstanceMetadataTags: 'enabled' },
      Monitoring: { Enabled: true },
      EbsOptimized: true,
      DisableApiTermination: true,
      InstanceInitiatedShutdownBehavior: 'terminate',
      BlockDeviceMappings: [
        { DeviceName: '/dev/xvda', Ebs: { VolumeSize: 30, VolumeType: 'gp2', DeleteOnTermination: false } },
        { DeviceName: '/dev/sdb', Ebs: { VolumeSize: 100, VolumeType: 'io1', Iops: 500, Encrypted: true } },
      ],
    })
    const instance = await describeOne(id)
    expect(instance).toMatchObject({
      Architecture: 'arm64',
      SubnetId: subnets[1]!.SubnetId,
      Placement: { AvailabilityZone: subnets[1]!.AvailabilityZone },
      Monitoring: { State: 'enabled' },
      EbsOptimized: true,
      MetadataOptions: { HttpTokens: 'optional', HttpPutResponseHopLimit: 5, HttpEndpoint: 'enabled', InstanceMetadataTags: 'enabled' },
      CpuOptions: { CoreCount: 2, ThreadsPerCore: 1 },
    })
    const attribute = (Attribute: ec2.InstanceAttributeName) =>
      client.send(new ec2.DescribeInstanceAttributeCommand({ InstanceId: id, Attribute }))
    expect((await attribute('userData')).UserData?.Value).toBe('IyEvYmluL3No')
    expect((await attribute('disableApiTermination')).DisableApiTermination?.Value).toBe(true)
    expect((await attribute('instanceInitiatedShutdownBehavior')).InstanceInitiatedShutdownBehavior?.Value).toBe('terminate')
    const credits = await client.send(new ec2.DescribeInstanceCreditSpecificationsCommand({ InstanceIds: [id] }))
    expect(credits.InstanceCreditSpecifications).toEqual([{ InstanceId: id, CpuCredits: 'standard' }])
    const { Volumes = [] } = await client.send(
      new ec2.DescribeVolumesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [id] }] }),
    )
    expect(
      Volumes.map((v) => [v.Attachments![0]!.Device, v.Size, v.VolumeType, v.Iops, v.Encrypted, v.Attachments![0]!.DeleteOnTermination]),
    ).toEqual([
      ['/dev/xvda', 30, 'gp2', 100, false, false],
      ['/dev/sdb', 100, 'io1', 500, true, true],
    ])
    expect(Volumes[1]!.KmsKeyId).toMatch(/^arn:aws:kms:eu-west-1:123456789012:key\//)
  })

  test('is changed where it runs, or where it stands still', async () => {
    const id = await launch()
    const change = (attributes: Omit<ec2.ModifyInstanceAttributeCommandInput, 'InstanceId'>) =>
      client.send(new ec2.ModifyInstanceAttributeCommand({ InstanceId: id, ...attributes }))
    await change({ SourceDestCheck: { Value: false } })
    await change({ DisableApiTermination: { Value: true } })
    expect(await refusal(change({ InstanceType: { Value: 't3.small' } }))).toBe(
      `IncorrectInstanceState: The instance '${id}' is not in the 'stopped' state.`,
    )
    await stop(id)
    await change({ InstanceType: { Value: 't3.small' } })
    await change({ UserData: { Value: Buffer.from('new') } })
    await client.send(new ec2.ModifyInstanceMetadataOptionsCommand({ InstanceId: id, HttpPutResponseHopLimit: 3 }))
    await client.send(
      new ec2.ModifyInstanceCreditSpecificationCommand({ InstanceCreditSpecifications: [{ InstanceId: id, CpuCredits: 'standard' }] }),
    )
    expect(await describeOne(id)).toMatchObject({
      InstanceType: 't3.small',
      SourceDestCheck: false,
      MetadataOptions: { HttpPutResponseHopLimit: 3 },
    })
    expect(await refusal(terminate(id))).toBe(
      `OperationNotPermitted: The instance '${id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
    )
    await change({ DisableApiTermination: { Value: false } })
    expect(await codeOf(terminate(id))).toBe('none')
  })

  test('keeps interfaces that are not its own', async () => {
    const { NetworkInterface } = await client.send(
      new ec2.CreateNetworkInterfaceCommand({ SubnetId: subnets[0]!.SubnetId, PrivateIpAddress: '172.31.0.77' }),
    )
    const eni = NetworkInterface!.NetworkInterfaceId!
    const id = await launch({ NetworkInterfaces: [{ DeviceIndex: 0, NetworkInterfaceId: eni }] })
    expect(await describeOne(id)).toMatchObject({ PrivateIpAddress: '172.31.0.77', SubnetId: subnets[0]!.SubnetId })
    expect(await codeOf(launch({ NetworkInterfaces: [{ DeviceIndex: 0, NetworkInterfaceId: eni }] }))).toBe('InvalidNetworkInterface.InUse')
    expect(await codeOf(client.send(new ec2.DeleteNetworkInterfaceCommand({ NetworkInterfaceId: eni })))).toBe('InvalidParameterValue')
    await terminate(id)
    await client.send(new ec2.DeleteNetworkInterfaceCommand({ NetworkInterfaceId: eni }))
  })

  test('has an elastic address in place of a lent one', async () => {
    const id = await launch()
    const before = (await describeOne(id)).PublicIpAddress
    const { AllocationId, PublicIp } = await client.send(new ec2.AllocateAddressCommand({}))
    const { AssociationId } = await client.send(new ec2.AssociateAddressCommand({ AllocationId, InstanceId: id }))
    expect((await describeOne(id)).PublicIpAddress).toBe(PublicIp)
    expect(PublicIp).not.toBe(before)
    expect(await codeOf(client.send(new ec2.ReleaseAddressCommand({ AllocationId })))).toBe('InvalidIPAddress.InUse')
    const { Addresses } = await client.send(new ec2.DescribeAddressesCommand({ Filters: [{ Name: 'instance-id', Values: [id] }] }))
    expect(Addresses).toMatchObject([{ AllocationId, AssociationId, InstanceId: id }])
    await terminate(id)
    await client.send(new ec2.DescribeInstancesCommand({}))
    expect(await codeOf(client.send(new ec2.ReleaseAddressCommand({ AllocationId })))).toBe('none')
  })
})

describe('interfaces', () => {
  const create = async (more: Partial<ec2.CreateNetworkInterfaceCommandInput> = {}) =>
    (await client.send(new ec2.CreateNetworkInterfaceCommand({ SubnetId: subnets[0]!.SubnetId, ...more }))).NetworkInterface!
      .NetworkInterfaceId!
  const describeIt = async (id: string) =>
    (await client.send(new ec2.DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [id] }))).NetworkInterfaces![0]!

  test('are attached to instances and detached', async () => {
    const id = await create()
    const instance = await launch({ SubnetId: subnets[0]!.SubnetId })
    await describeOne(instance)
    const attach = (NetworkInterfaceId: string, DeviceIndex: number) =>
      client.send(new ec2.AttachNetworkInterfaceCommand({ NetworkInterfaceId, InstanceId: instance, DeviceIndex }))
    const { AttachmentId } = await attach(id, 1)
    expect(await describeIt(id)).toMatchObject({ Status: 'in-use', Attachment: { AttachmentId, InstanceId: instance, DeviceIndex: 1 } })
    expect((await describeOne(instance)).NetworkInterfaces).toHaveLength(2)
    expect(await codeOf(attach(id, 2))).toBe('InvalidNetworkInterface.InUse')
    const another = await create()
    expect(await codeOf(attach(another, 1))).toBe('InvalidParameterValue')
    // A t3.micro has two at most.
    expect(await codeOf(attach(another, 2))).toBe('AttachmentLimitExceeded')
    await client.send(new ec2.DetachNetworkInterfaceCommand({ AttachmentId }))
    expect((await describeIt(id)).Status).toBe('available')
    await client.send(new ec2.DeleteNetworkInterfaceCommand({ NetworkInterfaceId: id }))
    expect(await codeOf(describeIt(id))).toBe('InvalidNetworkInterfaceID.NotFound')
  })

  test('take further addresses and give them back', async () => {
    const id = await create({ PrivateIpAddress: '172.31.1.10' })
    const assign = (more: object) => client.send(new ec2.AssignPrivateIpAddressesCommand({ NetworkInterfaceId: id, ...more }))
    const unassign = (...PrivateIpAddresses: string[]) =>
      client.send(new ec2.UnassignPrivateIpAddressesCommand({ NetworkInterfaceId: id, PrivateIpAddresses }))
    await assign({ PrivateIpAddresses: ['172.31.1.11'] })
    await assign({ SecondaryPrivateIpAddressCount: 2 })
    const ips = (await describeIt(id)).PrivateIpAddresses!.map((ip) => ip.PrivateIpAddress!)
    expect([ips.length, ips[0], ips[1], new Set(ips).size]).toEqual([4, '172.31.1.10', '172.31.1.11', 4])
    expect(await codeOf(assign({ PrivateIpAddresses: ['10.0.0.1'] }))).toBe('InvalidParameterValue')
    expect(await codeOf(create({ PrivateIpAddress: '172.31.1.11' }))).toBe('InvalidIPAddress.InUse')
    expect(await codeOf(unassign('172.31.1.10'))).toBe('InvalidParameterValue')
    await unassign('172.31.1.11')
    expect((await describeIt(id)).PrivateIpAddresses).toHaveLength(3)
  })
})

describe('launches', () => {
  test('of several are one reservation', async () => {
    const { ReservationId, Instances } = await run({ MinCount: 1, MaxCount: 3 })
    expect(Instances!.map((instance) => instance.AmiLaunchIndex)).toEqual([0, 1, 2])
    const { Reservations } = await client.send(
      new ec2.DescribeInstancesCommand({ Filters: [{ Name: 'reservation-id', Values: [ReservationId!] }] }),
    )
    expect(Reservations!.map((reservation) => reservation.Instances!.length)).toEqual([3])
    expect(new Set(Instances!.map((instance) => instance.PrivateIpAddress)).size).toBe(3)
  })

  test('from a template tell of it, and what the request says goes before', async () => {
    const { LaunchTemplate } = await client.send(
      new ec2.CreateLaunchTemplateCommand({
        LaunchTemplateName: 'web',
        LaunchTemplateData: {
          ImageId: image.ImageId,
          InstanceType: 't3.small',
          TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'of', Value: 'web' }] }],
        },
      }),
    )
    const launched = await client.send(
      new ec2.RunInstancesCommand({ LaunchTemplate: { LaunchTemplateName: 'web' }, InstanceType: 't3.micro', MinCount: 1, MaxCount: 1 }),
    )
    const instance = await describeOne(launched.Instances![0]!.InstanceId!)
    expect(instance.InstanceType).toBe('t3.micro')
    expect(instance.Tags).toEqual([
      { Key: 'of', Value: 'web' },
      { Key: 'aws:ec2launchtemplate:id', Value: LaunchTemplate!.LaunchTemplateId },
      { Key: 'aws:ec2launchtemplate:version', Value: '1' },
    ])
  })

  test('with a token happen once', async () => {
    const first = await launch({ ClientToken: 'once' })
    expect(await launch({ ClientToken: 'once' })).toBe(first)
    expect(await codeOf(launch({ ClientToken: 'once', InstanceType: 't3.small' }))).toBe('IdempotentParameterMismatch')
  })

  test.each<[string, (id: string) => Request, string]>([
    [
      'of no such image',
      () => ({ ImageId: 'ami-00000000000000000' }),
      "InvalidAMIID.NotFound: The image id '[ami-00000000000000000]' does not exist",
    ],
    ['of nonsense', () => ({ ImageId: 'x' }), 'InvalidAMIID.Malformed: Invalid id: "x" (expecting "ami-...")'],
    [
      'of no such type',
      () => ({ InstanceType: 't9.huge' as 't3.micro' }),
      "InvalidParameterValue: Invalid value 't9.huge' for InstanceType.",
    ],
    [
      'of none',
      () => ({ MinCount: 0, MaxCount: 0 }),
      'InvalidParameterValue: Value (0) for parameter maxCount is invalid. Must be at least minCount.',
    ],
    ['with no such key', () => ({ KeyName: 'k' }), "InvalidKeyPair.NotFound: The key pair 'k' does not exist"],
    [
      'in no such subnet',
      () => ({ SubnetId: 'subnet-00000000000000000' }),
      "InvalidSubnetID.NotFound: The subnet ID 'subnet-00000000000000000' does not exist",
    ],
    ['with no such group', () => ({ SecurityGroupIds: ['sg-0'] }), "InvalidGroup.NotFound: The security group 'sg-0' does not exist"],
    [
      'with an interface and a subnet',
      (subnet) => ({ SubnetId: subnet, NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: subnet }] }),
      'InvalidParameterCombination: Network interfaces and an instance-level subnet ID may not be specified on the same request',
    ],
    [
      'on a disk too small',
      () => ({ BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 4 } }] }),
      "InvalidBlockDeviceMapping: Volume of size 4GB is smaller than snapshot 'SNAP', expect size>= 8GB",
    ],
    [
      'with user data too long',
      () => ({ UserData: Buffer.alloc(16_385).toString('base64') }),
      'InvalidParameterValue: User data is limited to 16384 bytes',
    ],
    ['with user data in clear', () => ({ UserData: '#!/bin/sh' }), 'InvalidParameterValue: Invalid BASE64 encoding of user data.'],
    [
      'with tags of something else',
      () => ({ TagSpecifications: [{ ResourceType: 'vpc', Tags: [{ Key: 'a', Value: 'b' }] }] }),
      "InvalidParameterValue: 'vpc' is not a valid taggable resource type for this operation.",
    ],
  ])('%s are refused', async (_, request, expected) => {
    const text = await refusal(launch(request(subnets[0]!.SubnetId!)))
    expect(text.replace(image.BlockDeviceMappings![0]!.Ebs!.SnapshotId!, 'SNAP')).toBe(expected)
  })

  test('of another architecture are refused', async () => {
    expect(await refusal(launch({ ImageId: armImage.ImageId }))).toMatch(
      /^InvalidParameterValue: The architecture 'x86_64' of the specified instance type does not match the architecture 'arm64' of the specified AMI\./,
    )
  })

  test('that fail leave nothing behind', async () => {
    const volumes = async () => (await client.send(new ec2.DescribeVolumesCommand({}))).Volumes!.length
    const before = await volumes()
    expect(
      await codeOf(launch({ MaxCount: 2, BlockDeviceMappings: [{ DeviceName: '/dev/sdb', Ebs: { DeleteOnTermination: true } }] })),
    ).toBe('MissingParameter')
    expect(await volumes()).toBe(before)
  })
})

describe('volumes', () => {
  const create = async (more: Partial<ec2.CreateVolumeCommandInput> = {}) =>
    (
      await client.send(
        new ec2.CreateVolumeCommand({ AvailabilityZone: subnets[0]!.AvailabilityZone, Size: 10, VolumeType: 'gp3', ...more }),
      )
    ).VolumeId!
  const volume = async (id: string) => (await client.send(new ec2.DescribeVolumesCommand({ VolumeIds: [id] }))).Volumes![0]!

  test('are attached, changed, detached and deleted', async () => {
    const id = await create()
    const instance = await launch({ SubnetId: subnets[0]!.SubnetId })
    const place = { VolumeId: id, InstanceId: instance, Device: '/dev/sdf' }
    await client.send(new ec2.DescribeVolumesCommand({}))
    expect((await client.send(new ec2.AttachVolumeCommand(place))).State).toBe('attaching')
    expect(await volume(id)).toMatchObject({ State: 'in-use', Attachments: [{ State: 'attached', Device: '/dev/sdf' }] })
    expect(await codeOf(client.send(new ec2.AttachVolumeCommand(place)))).toBe('VolumeInUse')
    await client.send(new ec2.ModifyVolumeCommand({ VolumeId: id, Size: 20, Iops: 4000 }))
    const { VolumesModifications } = await client.send(new ec2.DescribeVolumesModificationsCommand({ VolumeIds: [id] }))
    expect(VolumesModifications).toMatchObject([{ ModificationState: 'completed', OriginalSize: 10, TargetSize: 20, TargetIops: 4000 }])
    expect(await volume(id)).toMatchObject({ Size: 20, Iops: 4000, Throughput: 125 })
    expect(await codeOf(client.send(new ec2.DeleteVolumeCommand({ VolumeId: id })))).toBe('VolumeInUse')
    await client.send(new ec2.DetachVolumeCommand({ VolumeId: id }))
    expect((await volume(id)).State).toBe('available')
    await client.send(new ec2.DeleteVolumeCommand({ VolumeId: id }))
    expect(await codeOf(volume(id))).toBe('InvalidVolume.NotFound')
  })

  test.each<[string, Partial<ec2.CreateVolumeCommandInput>, string]>([
    [
      'too large',
      { VolumeType: 'gp2', Size: 20_000 },
      "InvalidParameterValue: Volume of 20000GiB is invalid for volume type 'gp2'; allowed sizes are between 1 and 16384 GiB.",
    ],
    [
      'of no such type',
      { VolumeType: 'gp9' as 'gp3' },
      'InvalidParameterValue: Value (gp9) for parameter volumeType is invalid. gp9 is not a valid volume type.',
    ],
    ['io1 without figures', { VolumeType: 'io1' }, 'MissingParameter: The parameter iops must be specified for io1 volumes.'],
    [
      'gp2 with throughput',
      { VolumeType: 'gp2', Throughput: 200 },
      'InvalidParameterCombination: The parameter throughput is not supported for gp2 volumes.',
    ],
    ['of no such snapshot', { SnapshotId: 'snap-1' }, "InvalidSnapshot.NotFound: The snapshot 'snap-1' does not exist."],
  ])('%s are refused', async (_, request, expected) => {
    expect(await refusal(create(request))).toBe(expected)
  })

  test('are encrypted by default once the region says so', async () => {
    await client.send(new ec2.EnableEbsEncryptionByDefaultCommand({}))
    expect((await client.send(new ec2.GetEbsEncryptionByDefaultCommand({}))).EbsEncryptionByDefault).toBe(true)
    expect((await volume(await create())).Encrypted).toBe(true)
    await client.send(new ec2.DisableEbsEncryptionByDefaultCommand({}))
    expect((await volume(await create())).Encrypted).toBe(false)
  })
})

describe('images and types', () => {
  test.each([
    [['amazon'], 'al2023-ami-2023*-x86_64', 2],
    [['amazon'], 'amzn2-ami-ecs-hvm-*-x86_64-ebs', 2],
    [['099720109477'], 'ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-*', 2],
    [['self'], '*', 0],
  ])('of %j named %s', async (Owners, name, expected) => {
    const { Images } = await client.send(new ec2.DescribeImagesCommand({ Owners, Filters: [{ Name: 'name', Values: [name] }] }))
    expect(Images ?? []).toHaveLength(expected)
  })

  test('differ between regions, and are the same in every sandbox', async () => {
    const elsewhere = new ec2.EC2Client(clientConfig(sandbox, '123456789012', 'us-east-1'))
    expect(await codeOf(elsewhere.send(new ec2.DescribeImagesCommand({ ImageIds: [image.ImageId!] })))).toBe('InvalidAMIID.NotFound')
    const another = await testSandbox({ seed: 'another' })
    const there = new ec2.EC2Client(clientConfig(another, '123456789012', 'eu-west-1'))
    expect(await codeOf(there.send(new ec2.DescribeImagesCommand({ ImageIds: [image.ImageId!] })))).toBe('none')
    await another.close()
  })

  test('a type tells its processors, memory and architecture', async () => {
    const { InstanceTypes } = await client.send(new ec2.DescribeInstanceTypesCommand({ InstanceTypes: ['m5.xlarge', 't2.micro'] }))
    expect(
      InstanceTypes!.map((t) => [t.InstanceType, t.VCpuInfo?.DefaultVCpus, t.VCpuInfo?.DefaultCores, t.MemoryInfo?.SizeInMiB]),
    ).toEqual([
      ['m5.xlarge', 4, 2, 16_384],
      ['t2.micro', 1, 1, 1024],
    ])
    expect(await codeOf(client.send(new ec2.DescribeInstanceTypesCommand({ InstanceTypes: ['x9.mega' as 't3.micro'] })))).toBe(
      'InvalidInstanceType',
    )
  })
})
