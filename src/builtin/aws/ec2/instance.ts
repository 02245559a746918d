import { isAwsError } from '../../../aws/index.ts'
import type { Flavour } from '../api.ts'
import {
  type AwsApi,
  blocks,
  bool,
  type Change,
  defineResource,
  number,
  type Operation,
  type Plain,
  type PlainObject,
  setting,
  string,
  stringMap,
  strings,
} from '../resource.ts'
import { mergeTags, splitTags, type Tags, tagList } from '../tags.ts'
import {
  changeTags,
  credits,
  type Device,
  deviceAttributes,
  ebsRequest,
  encodeUserData,
  type Instance,
  type InstanceAttributes,
  instances,
  isBurstable,
  readAttributes,
  userDataDigest,
  volumeModification,
  volumes,
  volumeTags,
} from './_instance-parts.ts'
import { isUnknownId, propagationMs } from './consistency.ts'
import { ec2Tags } from './tags.ts'
import { vpcs } from './vpc.ts'

type NetworkInterface = NonNullable<Instance['NetworkInterfaces']>[number]

interface Remote extends Instance {
  readonly Arn: string
  readonly ProfileName: string
  readonly Primary: NetworkInterface | undefined
  readonly Attributes: InstanceAttributes
  readonly Credits: string | undefined
  readonly IsDefaultVpc: boolean
  readonly Devices: readonly Device[]
}

const computed = { create: false } as const
/** Shown in states, refused in configurations until there is somebody who changes it. */
const shown = { create: false, readOnly: true } as const

const volumeFields = {
  delete_on_termination: bool(undefined, { default: true }),
  device_name: string(),
  encrypted: bool(),
  iops: number(),
  kms_key_id: string(),
  tags: stringMap(),
  tags_all: stringMap(undefined, { readOnly: true }),
  throughput: number(),
  volume_id: string(),
  volume_size: number(),
  volume_type: string(),
}

const fields = {
  ami: string('ImageId'),
  arn: string('Arn', computed),
  associate_public_ip_address: bool(undefined, { create: false, read: (remote: Remote) => remote.Primary?.Association !== undefined }),
  availability_zone: string('Placement.AvailabilityZone'),
  cpu_core_count: number('CpuOptions.CoreCount', { ...shown, absent: null }),
  cpu_threads_per_core: number('CpuOptions.ThreadsPerCore', { ...shown, absent: null }),
  disable_api_stop: bool('DisableApiStop', { read: 'Attributes.disableApiStop', update: 'flags', updateAt: 'DisableApiStop.Value' }),
  disable_api_termination: bool('DisableApiTermination', {
    read: 'Attributes.disableApiTermination',
    update: 'flags',
    updateAt: 'DisableApiTermination.Value',
  }),
  ebs_optimized: bool('EbsOptimized'),
  enable_primary_ipv6: bool(undefined, { ...shown, read: false }),
  get_password_data: bool(undefined, { ...setting, readOnly: true }),
  hibernation: bool('HibernationOptions.Configured'),
  host_id: string('Placement.HostId'),
  host_resource_group_arn: string('Placement.HostResourceGroupArn', { read: false }),
  iam_instance_profile: string('IamInstanceProfile.Name', { read: 'ProfileName', update: 'profile' }),
  instance_initiated_shutdown_behavior: string('InstanceInitiatedShutdownBehavior', {
    read: 'Attributes.shutdownBehavior',
    update: 'flags',
    updateAt: 'InstanceInitiatedShutdownBehavior.Value',
  }),
  instance_lifecycle: string('InstanceLifecycle', computed),
  instance_state: string('State.Name', computed),
  instance_type: string('InstanceType', { update: 'stopped' }),
  ipv6_address_count: number('Ipv6AddressCount', { read: (remote: Remote) => remote.Primary?.Ipv6Addresses?.length ?? 0 }),
  ipv6_addresses: strings(undefined, {
    create: false,
    read: (remote: Remote) => (remote.Primary?.Ipv6Addresses ?? []).map((a) => a.Ipv6Address ?? ''),
  }),
  key_name: string('KeyName'),
  monitoring: bool('Monitoring.Enabled', {
    read: (remote: Remote) => ['enabled', 'pending'].includes(remote.Monitoring?.State ?? ''),
    update: 'monitoring',
  }),
  outpost_arn: string('OutpostArn', computed),
  password_data: string(undefined, { read: () => '' }),
  placement_group: string('Placement.GroupName'),
  placement_partition_number: number('Placement.PartitionNumber'),
  primary_network_interface_id: string('Primary.NetworkInterfaceId', computed),
  private_dns: string('PrivateDnsName', computed),
  private_ip: string('PrivateIpAddress'),
  public_dns: string('PublicDnsName', computed),
  public_ip: string('PublicIpAddress', computed),
  secondary_private_ips: strings(undefined, {
    ...shown,
    read: (remote: Remote) =>
      (remote.Primary?.PrivateIpAddresses ?? []).filter((a) => a.Primary === false).map((a) => a.PrivateIpAddress ?? ''),
  }),
  security_groups: strings('SecurityGroups', {
    read: (remote: Remote) => (remote.IsDefaultVpc || !remote.SubnetId ? (remote.SecurityGroups ?? []).map((g) => g.GroupName ?? '') : []),
  }),
  source_dest_check: bool('SourceDestCheck', { create: false, update: 'source', initial: true }),
  spot_instance_request_id: string('SpotInstanceRequestId', computed),
  subnet_id: string('SubnetId'),
  tenancy: string('Placement.Tenancy'),
  user_data: string(undefined, {
    create: false,
    update: 'stopped',
    read: false,
    normalize: userDataDigest,
  }),
  user_data_base64: string(undefined, { create: false, read: false, update: 'stopped' }),
  user_data_replace_on_change: bool(undefined, setting),
  volume_tags: stringMap(undefined, { ...setting, readOnly: true }),
  vpc_security_group_ids: strings('SecurityGroupIds', {
    read: (remote: Remote) => (remote.SubnetId ? (remote.SecurityGroups ?? []).map((g) => g.GroupId ?? '') : []),
    update: 'groups',
    updateAt: 'Groups',
  }),

  capacity_reservation_specification: blocks(
    'CapacityReservationSpecification',
    {
      capacity_reservation_preference: string('CapacityReservationPreference'),
      capacity_reservation_target: blocks('CapacityReservationTarget', {
        capacity_reservation_id: string('CapacityReservationId'),
        capacity_reservation_resource_group_arn: string('CapacityReservationResourceGroupArn'),
      }),
    },
    shown,
  ),
  cpu_options: blocks('CpuOptions', {
    amd_sev_snp: string('AmdSevSnp'),
    core_count: number('CoreCount'),
    threads_per_core: number('ThreadsPerCore'),
  }),
  credit_specification: blocks(
    'CreditSpecification',
    { cpu_credits: string('CpuCredits') },
    {
      read: (remote: Remote) => (remote.Credits === undefined ? [] : [{ cpu_credits: remote.Credits }]),
      update: 'credits',
    },
  ),
  ebs_block_device: blocks(
    undefined,
    { ...volumeFields, snapshot_id: string() },
    {
      read: false,
      update: 'volumes',
      identity: ['device_name', 'snapshot_id'],
    },
  ),
  enclave_options: blocks('EnclaveOptions', { enabled: bool('Enabled') }),
  ephemeral_block_device: blocks(undefined, {}, { readOnly: true, read: () => [] }),
  instance_market_options: blocks(undefined, {}, { readOnly: true, read: () => [] }),
  launch_template: blocks(undefined, {}, { readOnly: true, read: () => [] }),
  maintenance_options: blocks('MaintenanceOptions', { auto_recovery: string('AutoRecovery') }, { update: 'maintenance' }),
  metadata_options: blocks(
    'MetadataOptions',
    {
      http_endpoint: string('HttpEndpoint', { default: 'enabled' }),
      http_protocol_ipv6: string('HttpProtocolIpv6', { default: 'disabled' }),
      http_put_response_hop_limit: number('HttpPutResponseHopLimit'),
      http_tokens: string('HttpTokens'),
      instance_metadata_tags: string('InstanceMetadataTags'),
    },
    { update: 'metadata' },
  ),
  network_interface: blocks(undefined, {}, { readOnly: true, read: () => [] }),
  private_dns_name_options: blocks(
    'PrivateDnsNameOptions',
    {
      enable_resource_name_dns_a_record: bool('EnableResourceNameDnsARecord'),
      enable_resource_name_dns_aaaa_record: bool('EnableResourceNameDnsAAAARecord'),
      hostname_type: string('HostnameType'),
    },
    { update: 'privateDns' },
  ),
  root_block_device: blocks(undefined, volumeFields, { read: false, update: 'volumes' }),
}

const plainUserData = string(undefined, { create: false, update: 'stopped', read: false })

type InstanceChange = Change<typeof fields>

/** Version 5 keeps a digest of user data, version 6 the text. */
export const instanceOf = (flavour: Flavour) =>
  flavour === 6 ? { ...instance, fields: { ...fields, user_data: plainUserData } } : instance

const instance = defineResource({
  type: 'aws_instance',
  title: 'EC2 Instance',
  rules: 'sdk',
  timeouts: { create: 10, read: 15, update: 10, delete: 20 },
  traits: [ec2Tags('instance')],
  fields,

  async create(op, request, planned) {
    const input = await runRequest(op, request, planned as unknown as PlainObject)
    const answer = await op.retry(isNotReady, () => op.api.call('ec2', 'RunInstances', input as never), propagationMs)
    return answer.Instances![0]!.InstanceId!
  },

  ready: (op, id) =>
    op.waitFor('the instance to run', async () => {
      const found = await instances(op.api).load(id)
      const state = found?.State?.Name
      if (state === 'terminated' || state === 'shutting-down') {
        const { Code = '', Message = '' } = found?.StateReason ?? {}
        throw new Error(`The instance ended before it ran: ${Message || Code || found?.StateTransitionReason || 'no reason is given'}`)
      }
      return state === 'running' ? true : undefined
    }),

  async find(op, id): Promise<Remote | undefined> {
    const { api } = op
    const found = await instances(api).load(id)
    // Its record stays for about an hour.
    if (found === undefined || found.State?.Name === 'terminated') return undefined
    const [Attributes, Credits, vpc, Devices] = await Promise.all([
      readAttributes(api, id),
      isBurstable(found.InstanceType) ? credits(api).load(id) : undefined,
      found.VpcId ? vpcs(api).load(found.VpcId) : undefined,
      readDevices(op, found),
    ])
    return {
      ...found,
      Arn: api.arn('ec2', `instance/${id}`),
      ProfileName: found.IamInstanceProfile?.Arn?.split('/').at(-1) ?? '',
      Primary: found.NetworkInterfaces?.find((n) => n.Attachment?.DeviceIndex === 0),
      Attributes,
      Credits,
      IsDefaultVpc: vpc?.IsDefault ?? false,
      Devices,
    }
  },

  updates: {
    async profile(op, { id, planned }) {
      await changeProfile(op, id, planned.iam_instance_profile)
    },
    async groups({ api }, { id, request }) {
      if (request.Groups !== undefined)
        await api.call('ec2', 'ModifyInstanceAttribute', { InstanceId: id, Groups: request.Groups as string[] })
    },
    async source({ api }, { id, planned }) {
      await api.call('ec2', 'ModifyInstanceAttribute', { InstanceId: id, SourceDestCheck: { Value: planned.source_dest_check ?? true } })
    },
    async stopped(op, change) {
      await whileStopped(op, change.id, () => modifyStopped(op, change))
    },
    async flags({ api }, { id, request }) {
      for (const [name, value] of Object.entries(request)) {
        await api.call('ec2', 'ModifyInstanceAttribute', { InstanceId: id, [name]: value })
      }
    },
    async monitoring({ api }, { id, planned }) {
      await api.call('ec2', planned.monitoring ? 'MonitorInstances' : 'UnmonitorInstances', { InstanceIds: [id] })
    },
    async metadata(op, { id, request }) {
      await op.api.call('ec2', 'ModifyInstanceMetadataOptions', { InstanceId: id, ...(request.MetadataOptions as object) })
      await op.waitFor('the metadata options to be applied', async () =>
        (await instances(op.api).load(id))?.MetadataOptions?.State === 'pending' ? undefined : true,
      )
    },
    async maintenance({ api }, { id, request }) {
      await api.call('ec2', 'ModifyInstanceMaintenanceOptions', { InstanceId: id, ...(request.MaintenanceOptions as object) })
    },
    async privateDns(op, { id, request }) {
      const { HostnameType, ...records } = request.PrivateDnsNameOptions as { HostnameType?: string }
      const modify = (input: object): Promise<unknown> => op.api.call('ec2', 'ModifyPrivateDnsNameOptions', { InstanceId: id, ...input })
      const found = await instances(op.api).load(id)
      const isOther = HostnameType !== undefined && HostnameType !== found?.PrivateDnsNameOptions?.HostnameType
      // The type of the name can be changed only while the instance is stopped.
      if (isOther) await whileStopped(op, id, () => modify({ PrivateDnsHostnameType: HostnameType }))
      if (Object.keys(records).length > 0) await modify(records)
    },
    async credits({ api }, { id, planned }) {
      const CpuCredits = planned.credit_specification?.[0]?.cpu_credits
      if (!CpuCredits) return
      await api.call('ec2', 'ModifyInstanceCreditSpecification', { InstanceCreditSpecifications: [{ InstanceId: id, CpuCredits }] })
    },
    async volumes(op, { id, prior, planned }) {
      const pairs = [
        ...pairDevices(prior.root_block_device as never, planned.root_block_device as never),
        ...pairDevices(prior.ebs_block_device as never, planned.ebs_block_device as never),
      ]
      for (const [before, after] of pairs) await changeVolume(op, id, before, after)
    },
  },
  afterCreate: ['source'],

  async delete({ api }, id) {
    await api.call('ec2', 'TerminateInstances', { InstanceIds: [id] }).catch((error: unknown) => {
      if (!isAwsError(error, 'InvalidInstanceID.NotFound')) throw error
    })
  },
  waitGone: true,

  plan(draft) {
    const { planned, prior, config, replace } = draft
    if (prior === undefined) return
    const userData = ['user_data', 'user_data_base64'].filter((name) => planned[name] !== prior[name])
    if (planned.user_data_replace_on_change === true) for (const name of userData) replace.add(name)
    // A block that is not configured shows what the type of the instance gives.
    if ((config.credit_specification as readonly Plain[] | null)?.length === 0)
      planned.credit_specification = prior.credit_specification ?? []
  },

  validate(config) {
    const problems = []
    const isSet = (name: string): boolean => (config[name] ?? null) !== null
    for (const [a, b] of [
      ['user_data', 'user_data_base64'],
      ['security_groups', 'vpc_security_group_ids'],
      ['ipv6_address_count', 'ipv6_addresses'],
    ] as const) {
      // Only these two exclude each other in the schema; groups are the service's matter.
      if (a !== 'security_groups' && isSet(a) && isSet(b)) {
        problems.push({ summary: 'Conflicting configuration arguments', detail: `"${a}": conflicts with ${b}` })
      }
    }
    for (const name of ['ami', 'instance_type'] as const) {
      if (!isSet(name)) {
        problems.push({ summary: 'Missing required argument', detail: `"${name}": one of \`${name},launch_template\` must be specified` })
      }
    }
    return problems
  },

  finish(state, prior, remote: Remote, api) {
    const { RootDeviceName } = remote
    const root = remote.Devices.find((d) => d.name === RootDeviceName)
    const priorRoot = blockList(prior.root_block_device)[0]
    state.root_block_device = root === undefined ? [] : [deviceState(root, priorRoot, api)]
    state.ebs_block_device = remote.Devices.filter((d) => d !== root).map((device) => {
      const known = blockList(prior.ebs_block_device).find((b) => b.device_name === device.name)
      const attributes = deviceState(device, known, api)
      // What belongs to the image shows all its tags.
      if (known === undefined) attributes.tags = attributes.tags_all ?? {}
      return { ...attributes, snapshot_id: device.volume.SnapshotId ?? '' }
    })
    Object.assign(state, userDataState(remote, prior, api))
  },

  upgrades: { 0: (stored) => stored },

  expect(api, id, state) {
    instances(api).expect(id)
    if (isBurstable(String(state.instance_type))) credits(api).expect(id)
    for (const block of [...blockList(state.root_block_device), ...blockList(state.ebs_block_device)]) {
      if (typeof block.volume_id === 'string') volumes(api).expect(block.volume_id)
    }
  },
})

/** Something that an earlier call made is not known to EC2 yet. */
function isNotReady(error: unknown): boolean {
  const texts = ['Invalid IAM Instance Profile', 'Invalid launch template', 'has no associated IAM Roles']
  return isUnknownId(error) || (isAwsError(error, 'InvalidParameterValue') && texts.some((text) => error.apiMessage.includes(text)))
}

function blockList(plain: Plain | undefined): readonly PlainObject[] {
  return Array.isArray(plain) ? (plain as readonly PlainObject[]) : []
}

/** The request to run one instance. */
async function runRequest(op: Operation<AwsApi>, request: Record<string, unknown>, planned: PlainObject): Promise<Record<string, unknown>> {
  const { api, config } = op
  const { SubnetId, SecurityGroupIds, PrivateIpAddress, Ipv6AddressCount, CpuOptions, ...rest } = request
  const place = {
    ...(SubnetId === undefined ? {} : { SubnetId }),
    ...(PrivateIpAddress === undefined ? {} : { PrivateIpAddress }),
    ...(Ipv6AddressCount === undefined || Ipv6AddressCount === 0 ? {} : { Ipv6AddressCount }),
    ...(blockList(planned.ipv6_addresses).length === 0
      ? {}
      : { Ipv6Addresses: (planned.ipv6_addresses as readonly string[]).map((Ipv6Address) => ({ Ipv6Address })) }),
  }
  const isPublic = config.associate_public_ip_address ?? null
  // Whether there is a public address is said of an interface, and then all else about the network is too.
  const network =
    isPublic === null || SubnetId === undefined
      ? { ...place, ...(SecurityGroupIds === undefined ? {} : { SecurityGroupIds }) }
      : {
          NetworkInterfaces: [
            {
              DeviceIndex: 0,
              AssociatePublicIpAddress: isPublic,
              ...place,
              ...(SecurityGroupIds === undefined ? {} : { Groups: SecurityGroupIds }),
            },
          ],
        }
  const userData = config.user_data_base64 ?? (typeof config.user_data === 'string' ? encodeUserData(config.user_data) : null)
  const mappings = await deviceRequests(api, planned)
  const volumeTagList = tagList(deviceTags(planned, api))
  const cpu = blockList(planned.cpu_options).length > 0 ? { CpuOptions } : {}
  return {
    ...rest,
    ...cpu,
    ...network,
    MinCount: 1,
    MaxCount: 1,
    ...(userData === null ? {} : { UserData: userData }),
    ...(mappings.length === 0 ? {} : { BlockDeviceMappings: mappings }),
    TagSpecifications: [
      ...((rest.TagSpecifications as unknown[] | undefined) ?? []),
      ...(volumeTagList.length === 0 ? [] : [{ ResourceType: 'volume', Tags: volumeTagList }]),
    ],
  }
}

/** All volumes of a new instance get the same tags; those of single ones are set once they are there. */
function deviceTags(planned: PlainObject, api: AwsApi): Tags {
  const [root] = blockList(planned.root_block_device)
  const isOnly = blockList(planned.ebs_block_device).length === 0
  return mergeTags(isOnly ? ((root?.tags ?? null) as PlainObject | null) : null, api.tags)
}

async function deviceRequests(api: AwsApi, planned: PlainObject): Promise<Record<string, unknown>[]> {
  const mappings = blockList(planned.ebs_block_device).map((block) => ({ DeviceName: block.device_name, Ebs: ebsRequest(block) }))
  const [root] = blockList(planned.root_block_device)
  if (root === undefined) return mappings
  const { Images } = await api.call('ec2', 'DescribeImages', { ImageIds: [String(planned.ami)] })
  const DeviceName = Images?.[0]?.RootDeviceName
  if (DeviceName === undefined)
    throw new Error(`The image ${String(planned.ami)} has no root device that "root_block_device" could be about.`)
  return [...mappings, { DeviceName, Ebs: ebsRequest(root) }]
}

async function readDevices(op: Operation<AwsApi>, found: Instance): Promise<Device[]> {
  const mappings = (found.BlockDeviceMappings ?? []).filter((m) => m.Ebs?.VolumeId !== undefined)
  const devices = await Promise.all(
    mappings.map(async (mapping) => {
      const volume = await findVolume(op, mapping.Ebs!.VolumeId!)
      return volume && { name: mapping.DeviceName ?? '', deleteOnTermination: mapping.Ebs!.DeleteOnTermination ?? false, volume }
    }),
  )
  return devices.filter((d) => d !== undefined)
}

/** A volume that is attached exists: without it a state would say that the instance has no root device. */
async function findVolume({ api, pace }: Operation<AwsApi>, id: string): Promise<Device['volume'] | undefined> {
  for (let looks = 0; looks < 10; looks++) {
    const found = await volumes(api).load(id)
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, pace.firstMs))
  }
  return undefined
}

function deviceState(device: Device, known: PlainObject | undefined, api: AwsApi): Record<string, Plain> {
  const { all, own } = splitTags(volumeTags(device.volume), known ?? {}, api.tags)
  return deviceAttributes(device, all, own)
}

/** The digest or the text, whichever was configured. */
function userDataState(remote: Remote, prior: PlainObject, api: AwsApi): Record<string, Plain> {
  const { userData } = remote.Attributes
  if (userData === undefined || userData === '') return {}
  if (typeof prior.user_data_base64 === 'string' && prior.user_data_base64 !== '') return { user_data_base64: userData }
  return { user_data: api.flavour === 6 ? Buffer.from(userData, 'base64').toString() : userDataDigest(userData) }
}

async function whileStopped(op: Operation<AwsApi>, id: string, work: () => Promise<unknown>): Promise<void> {
  const { api } = op
  const wasRunning = (await instances(api).load(id))?.State?.Name === 'running'
  if (wasRunning) {
    await api.call('ec2', 'StopInstances', { InstanceIds: [id] })
    await op.waitFor('the instance to stop', async () => ((await instances(api).load(id))?.State?.Name === 'stopped' ? true : undefined))
  }
  await work()
  if (!wasRunning) return
  await api.call('ec2', 'StartInstances', { InstanceIds: [id] })
  await op.waitFor('the instance to run', async () => ((await instances(api).load(id))?.State?.Name === 'running' ? true : undefined))
}

async function modifyStopped({ api, config }: Operation<AwsApi>, { id, planned, changed }: InstanceChange): Promise<void> {
  const modify = (input: object): Promise<unknown> => api.call('ec2', 'ModifyInstanceAttribute', { InstanceId: id, ...input })
  if (changed.has('instance_type')) await modify({ InstanceType: { Value: planned.instance_type! } })
  if (changed.has('user_data') || changed.has('user_data_base64')) {
    const text = config.user_data_base64 ?? (typeof config.user_data === 'string' ? encodeUserData(config.user_data) : '')
    await modify({ UserData: { Value: Buffer.from(String(text), 'base64') } })
  }
}

async function changeProfile(op: Operation<AwsApi>, id: string, name: string | null): Promise<void> {
  const { api } = op
  const { IamInstanceProfileAssociations = [] } = await api.call('ec2', 'DescribeIamInstanceProfileAssociations', {
    Filters: [{ Name: 'instance-id', Values: [id] }],
  })
  const current = IamInstanceProfileAssociations.find((a) => a.State === 'associated' || a.State === 'associating')
  const AssociationId = current?.AssociationId
  if (!name) {
    if (AssociationId !== undefined) await api.call('ec2', 'DisassociateIamInstanceProfile', { AssociationId })
    return
  }
  await op.retry(
    isNotReady,
    (): Promise<unknown> =>
      AssociationId === undefined
        ? api.call('ec2', 'AssociateIamInstanceProfile', { InstanceId: id, IamInstanceProfile: { Name: name } })
        : api.call('ec2', 'ReplaceIamInstanceProfileAssociation', { AssociationId, IamInstanceProfile: { Name: name } }),
    propagationMs,
  )
}

/** Blocks about the same volume, before and after. */
function pairDevices(prior: readonly PlainObject[] | null, planned: readonly PlainObject[] | null): [PlainObject, PlainObject][] {
  const pairs: [PlainObject, PlainObject][] = []
  for (const after of planned ?? []) {
    const before = (prior ?? []).find((b) => b.device_name === after.device_name)
    if (before !== undefined) pairs.push([before, after])
  }
  return pairs
}

async function changeVolume(op: Operation<AwsApi>, instanceId: string, before: PlainObject, after: PlainObject): Promise<void> {
  const { api } = op
  const VolumeId = String(before.volume_id)
  const modification = volumeModification(before, after)
  if (modification !== undefined) {
    await api.call('ec2', 'ModifyVolume', { VolumeId, ...modification })
    await op.waitFor('the volume to be modified', async () => {
      const { VolumesModifications } = await api.call('ec2', 'DescribeVolumesModifications', { VolumeIds: [VolumeId] })
      const state = VolumesModifications?.[0]?.ModificationState
      return state === 'optimizing' || state === 'completed' ? true : undefined
    })
  }
  if (before.delete_on_termination !== after.delete_on_termination) {
    await api.call('ec2', 'ModifyInstanceAttribute', {
      InstanceId: instanceId,
      BlockDeviceMappings: [{ DeviceName: String(after.device_name), Ebs: { DeleteOnTermination: after.delete_on_termination === true } }],
    })
  }
  const tags = (block: PlainObject): Tags => mergeTags((block.tags ?? null) as PlainObject | null, api.tags)
  await changeTags(api, VolumeId, tags(before), tags(after))
}
