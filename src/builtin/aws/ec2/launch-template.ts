import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { expandFields, type Field, type FieldMap, Lookup } from '../../../providers/kit/index.ts'
import { keepMissingBlocks } from '../_blocks.ts'
import { namePrefixOf } from '../names.ts'
import {
  type AwsApi,
  blocks,
  bool,
  defineResource,
  isEquivalent,
  number,
  type Operation,
  type PlainObject,
  setting,
  string,
  stringMap,
  strings,
  UNKNOWN,
  uniqueName,
} from '../resource.ts'
import { ec2Tags } from './tags.ts'

type Template = NonNullable<OutputOf<'ec2', 'DescribeLaunchTemplates'>['LaunchTemplates']>[number]
type Version = NonNullable<OutputOf<'ec2', 'DescribeLaunchTemplateVersions'>['LaunchTemplateVersions']>[number]
type Remote = Template & { readonly Arn: string; readonly Description: string | undefined; readonly Data: Version['LaunchTemplateData'] }

/** Zero stands for nothing, which EC2 does not take as a number. */
const count = (path: string) => number(path, { expand: (v) => v || undefined })
/** A text that is empty, `true` or `false`. */
const threeWay = (path: string) =>
  string(path, { expand: (v) => (v === '' ? undefined : v === 'true'), flatten: (v: boolean) => String(v) })
const onlyTrue = (path: string) => bool(path, { expand: (v) => v || undefined })

/** What instances are made of; paths begin in `LaunchTemplateData`. */
const dataFields = {
  disable_api_stop: onlyTrue('DisableApiStop'),
  disable_api_termination: onlyTrue('DisableApiTermination'),
  ebs_optimized: threeWay('EbsOptimized'),
  image_id: string('ImageId'),
  instance_initiated_shutdown_behavior: string('InstanceInitiatedShutdownBehavior'),
  instance_type: string('InstanceType'),
  kernel_id: string('KernelId'),
  key_name: string('KeyName'),
  ram_disk_id: string('RamDiskId'),
  security_group_names: strings('SecurityGroups'),
  user_data: string('UserData'),
  vpc_security_group_ids: strings('SecurityGroupIds'),

  block_device_mappings: blocks('BlockDeviceMappings[]', {
    device_name: string('DeviceName'),
    no_device: string('NoDevice'),
    virtual_name: string('VirtualName'),
    ebs: blocks('Ebs', {
      delete_on_termination: threeWay('DeleteOnTermination'),
      encrypted: threeWay('Encrypted'),
      iops: count('Iops'),
      kms_key_id: string('KmsKeyId'),
      snapshot_id: string('SnapshotId'),
      throughput: count('Throughput'),
      volume_initialization_rate: count('VolumeInitializationRate'),
      volume_size: count('VolumeSize'),
      volume_type: string('VolumeType'),
    }),
  }),
  capacity_reservation_specification: blocks('CapacityReservationSpecification', {
    capacity_reservation_preference: string('CapacityReservationPreference'),
    capacity_reservation_target: blocks('CapacityReservationTarget', {
      capacity_reservation_id: string('CapacityReservationId'),
      capacity_reservation_resource_group_arn: string('CapacityReservationResourceGroupArn'),
    }),
  }),
  cpu_options: blocks('CpuOptions', {
    amd_sev_snp: string('AmdSevSnp'),
    core_count: count('CoreCount'),
    threads_per_core: count('ThreadsPerCore'),
  }),
  credit_specification: blocks('CreditSpecification', { cpu_credits: string('CpuCredits') }),
  enclave_options: blocks('EnclaveOptions', { enabled: bool('Enabled') }),
  hibernation_options: blocks('HibernationOptions', { configured: bool('Configured') }),
  iam_instance_profile: blocks('IamInstanceProfile', { arn: string('Arn'), name: string('Name') }),
  license_specification: blocks('LicenseSpecifications[]', { license_configuration_arn: string('LicenseConfigurationArn') }),
  maintenance_options: blocks('MaintenanceOptions', { auto_recovery: string('AutoRecovery') }),
  metadata_options: blocks('MetadataOptions', {
    http_endpoint: string('HttpEndpoint'),
    http_protocol_ipv6: string('HttpProtocolIpv6'),
    http_put_response_hop_limit: count('HttpPutResponseHopLimit'),
    http_tokens: string('HttpTokens'),
    instance_metadata_tags: string('InstanceMetadataTags'),
  }),
  monitoring: blocks('Monitoring', { enabled: bool('Enabled') }),
  network_interfaces: blocks('NetworkInterfaces[]', {
    associate_carrier_ip_address: threeWay('AssociateCarrierIpAddress'),
    associate_public_ip_address: threeWay('AssociatePublicIpAddress'),
    delete_on_termination: threeWay('DeleteOnTermination'),
    description: string('Description'),
    device_index: number('DeviceIndex'),
    interface_type: string('InterfaceType'),
    ipv4_address_count: count('SecondaryPrivateIpAddressCount'),
    ipv4_prefix_count: number('Ipv4PrefixCount', { readOnly: true }),
    ipv6_address_count: count('Ipv6AddressCount'),
    ipv6_addresses: strings('Ipv6Addresses[].Ipv6Address'),
    ipv6_prefix_count: number('Ipv6PrefixCount', { readOnly: true }),
    network_card_index: count('NetworkCardIndex'),
    network_interface_id: string('NetworkInterfaceId'),
    primary_ipv6: threeWay('PrimaryIpv6'),
    private_ip_address: string('PrivateIpAddress'),
    security_groups: strings('Groups'),
    subnet_id: string('SubnetId'),
    connection_tracking_specification: blocks(undefined, {}, { readOnly: true, read: () => [] }),
    ena_srd_specification: blocks(undefined, {}, { readOnly: true, read: () => [] }),
  }),
  placement: blocks('Placement', {
    affinity: string('Affinity'),
    availability_zone: string('AvailabilityZone'),
    group_name: string('GroupName'),
    host_id: string('HostId'),
    host_resource_group_arn: string('HostResourceGroupArn'),
    partition_number: count('PartitionNumber'),
    spread_domain: string('SpreadDomain'),
    tenancy: string('Tenancy'),
  }),
  private_dns_name_options: blocks('PrivateDnsNameOptions', {
    enable_resource_name_dns_a_record: bool('EnableResourceNameDnsARecord'),
    enable_resource_name_dns_aaaa_record: bool('EnableResourceNameDnsAAAARecord'),
    hostname_type: string('HostnameType'),
  }),
  tag_specifications: blocks('TagSpecifications[]', {
    resource_type: string('ResourceType'),
    tags: stringMap('Tags', {
      expand: (tags) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      flatten: (list: readonly { Key?: string; Value?: string }[]) =>
        Object.fromEntries(list.map((tag) => [tag.Key ?? '', tag.Value ?? ''])),
    }),
  }),
}

/** The same fields as attributes of the template: read from its latest version, changed by a new one. */
function ofLatestVersion<F extends FieldMap>(fields: F): F {
  const at = ({ path, options, ...rest }: Field): Field => ({
    ...rest,
    path,
    options: { ...options, create: false, read: `Data.${path}`, update: 'version' },
  })
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, at(field)])) as unknown as F
}

const refused = { create: false, readOnly: true, read: () => [] } as const

const fields = {
  ...ofLatestVersion(dataFields),
  arn: string('Arn', { create: false }),
  default_version: number('DefaultVersionNumber', { create: false, update: 'default' }),
  description: string('Description', { create: 'VersionDescription', update: 'version' }),
  latest_version: number('LatestVersionNumber', { create: false }),
  name: string('LaunchTemplateName'),
  name_prefix: string(undefined, { read: (remote: Remote) => namePrefixOf(remote.LaunchTemplateName) }),
  update_default_version: bool(undefined, { ...setting, update: 'default' }),
  elastic_gpu_specifications: blocks(undefined, {}, refused),
  elastic_inference_accelerator: blocks(undefined, {}, refused),
  instance_market_options: blocks(undefined, {}, refused),
  instance_requirements: blocks(undefined, {}, refused),
}

function isGone(error: unknown): boolean {
  return isAwsError(
    error,
    'InvalidLaunchTemplateId.NotFound',
    'InvalidLaunchTemplateName.NotFoundException',
    'InvalidLaunchTemplateId.VersionNotFound',
  )
}

/** Several templates in one call, as long as none of them is missing: then the call says no more than that. */
async function describeAll(api: AwsApi, ids: readonly string[]): Promise<readonly Template[]> {
  try {
    return (await api.call('ec2', 'DescribeLaunchTemplates', { LaunchTemplateIds: [...ids] })).LaunchTemplates ?? []
  } catch (error) {
    if (!isGone(error)) throw error
    if (ids.length === 1) return []
    return (await Promise.all(ids.map((id) => describeAll(api, [id])))).flat()
  }
}

function templates(api: AwsApi): Lookup<Template> {
  return api.lookup(
    'DescribeLaunchTemplates',
    () => new Lookup(async (ids) => new Map((await describeAll(api, ids)).map((found) => [found.LaunchTemplateId ?? '', found])), 200),
  )
}

export const launchTemplate = defineResource({
  type: 'aws_launch_template',
  title: 'EC2 Launch Template',
  rules: 'sdk',
  traits: [ec2Tags('launch-template')],
  fields,

  async create({ api }, request, planned) {
    const LaunchTemplateName = planned.name || uniqueName(planned.name_prefix || 'terraform-')
    const LaunchTemplateData = expandFields(dataFields, planned as never, 'create')
    const { LaunchTemplate } = await api.call('ec2', 'CreateLaunchTemplate', { ...request, LaunchTemplateName, LaunchTemplateData })
    return LaunchTemplate!.LaunchTemplateId!
  },

  async find({ api }, id): Promise<Remote | undefined> {
    const found = await templates(api).load(id)
    if (found === undefined) return undefined
    try {
      const Versions = [String(found.LatestVersionNumber)]
      const { LaunchTemplateVersions } = await api.call('ec2', 'DescribeLaunchTemplateVersions', { LaunchTemplateId: id, Versions })
      const version = LaunchTemplateVersions?.[0]
      return {
        ...found,
        Arn: api.arn('ec2', `launch-template/${id}`),
        Description: version?.VersionDescription,
        Data: version?.LaunchTemplateData ?? {},
      }
    } catch (error) {
      if (isGone(error)) return undefined
      throw error
    }
  },

  updates: {
    async version(op, { id, planned }) {
      const { LaunchTemplateVersion } = await op.api.call('ec2', 'CreateLaunchTemplateVersion', {
        LaunchTemplateId: id,
        LaunchTemplateData: expandFields(dataFields, planned as never, 'create'),
        ...(planned.description ? { VersionDescription: planned.description } : {}),
      })
      if (planned.update_default_version === true) await setDefault(op, id, LaunchTemplateVersion!.VersionNumber!)
    },

    async default(op, { id, planned, changed, prior }) {
      if (planned.update_default_version !== true) {
        if (changed.has('default_version') && planned.default_version) await setDefault(op, id, planned.default_version)
      } else if (planned.latest_version && planned.latest_version !== prior.default_version)
        await setDefault(op, id, planned.latest_version)
    },
  },

  async delete({ api }, id) {
    await api.call('ec2', 'DeleteLaunchTemplate', { LaunchTemplateId: id }).catch((error: unknown) => {
      if (!isGone(error)) throw error
    })
  },

  plan(draft) {
    const { planned, prior, config } = draft
    keepMissingBlocks(draft, 'metadata_options')
    if (prior === undefined) return
    const changed = (names: readonly string[]) => names.some((name) => !isEquivalent(planned[name], prior[name]))
    const isNew = changed(Object.keys(planned).filter((name) => !ofTemplate.has(name)))
    if (isNew) planned.latest_version = UNKNOWN
    const follows = planned.update_default_version === true && (config.default_version ?? null) === null
    if (follows && (isNew || changed(['update_default_version']))) planned.default_version = UNKNOWN
  },

  validate(config) {
    const conflicts = [
      ['name', 'name_prefix'],
      ['default_version', 'update_default_version'],
      ['security_group_names', 'vpc_security_group_ids'],
    ] as const
    const inner = [
      ['iam_instance_profile', 'arn', 'name'],
      ['placement', 'host_resource_group_arn', 'host_id'],
      [
        'capacity_reservation_specification.0.capacity_reservation_target',
        'capacity_reservation_id',
        'capacity_reservation_resource_group_arn',
      ],
    ] as const
    const isSet = (name: string) => (config[name] ?? null) !== null && config[name] !== false
    const within = inner.filter(([block, a, b]) => {
      const steps = block.split('.0.')
      const own = steps.reduce<PlainObject | undefined>(
        (at, step) => (Array.isArray(at?.[step]) ? (at[step] as PlainObject[])[0] : undefined),
        config,
      )
      return (own?.[a] ?? null) !== null && (own?.[b] ?? null) !== null
    })
    return [...conflicts, ...within.map(([block, a, b]) => [`${block}.0.${a}`, `${block}.0.${b}`] as const)]
      .filter(([a, b]) => a.includes('.') || (isSet(a) && isSet(b)))
      .map(([a, b]) => ({ summary: 'Conflicting configuration arguments', detail: `"${a}": conflicts with ${b}` }))
  },

  expect: (api, id) => templates(api).expect(id),
})

/** What belongs to the template itself: other changes make another version of it. */
const ofTemplate: ReadonlySet<string> = new Set([
  'id',
  'arn',
  'name',
  'name_prefix',
  'description',
  'default_version',
  'latest_version',
  'update_default_version',
  'tags_all',
])

async function setDefault({ api }: Operation<AwsApi>, id: string, version: number): Promise<void> {
  await api.call('ec2', 'ModifyLaunchTemplate', { LaunchTemplateId: id, DefaultVersion: String(version) })
}
