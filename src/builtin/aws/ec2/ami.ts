import type { OutputOf } from '../../../aws/index.ts'
import type { DataSourceSpec, Plain, PlainObject } from '../../../providers/kit/index.ts'
import type { AwsApi } from '../api.ts'
import { tagRecord } from '../tags.ts'
import { filtersOf, textsOf } from './filters.ts'

type Image = NonNullable<OutputOf<'ec2', 'DescribeImages'>['Images']>[number]

export const ami: DataSourceSpec<AwsApi> = {
  type: 'aws_ami',
  title: 'EC2 AMI',
  supports: ['executable_users', 'filter', 'include_deprecated', 'most_recent', 'name_regex', 'owners', 'timeouts'],

  async read(op, config) {
    const images = await findImages(op.api, config)
    if (images.length === 0) throw new Error('Your query returned no results. Please change your search criteria and try again.')
    if (images.length > 1 && config.most_recent !== true) {
      throw new Error(
        'Your query returned more than one result. Please try a more specific search criteria, or set `most_recent` attribute to true.',
      )
    }
    const [image] = images
    return { ...attributesOf(image!, op.api), include_deprecated: config.include_deprecated === true }
  },

  validate(config) {
    const regex = config.name_regex
    if (typeof regex !== 'string') return []
    try {
      new RegExp(regex)
      return []
    } catch (error) {
      return [{ summary: 'Invalid regular expression', detail: `"name_regex": ${(error as Error).message}` }]
    }
  },
}

/** Newest first. */
async function findImages(api: AwsApi, config: PlainObject): Promise<Image[]> {
  const Filters = filtersOf(config.filter)
  const Owners = [...textsOf(config.owners)]
  const ExecutableUsers = [...textsOf(config.executable_users)]
  const images: Image[] = []
  let NextToken: string | undefined
  do {
    const page = await api.call('ec2', 'DescribeImages', {
      IncludeDeprecated: config.include_deprecated === true,
      ...(Filters.length === 0 ? {} : { Filters }),
      ...(Owners.length === 0 ? {} : { Owners }),
      ...(ExecutableUsers.length === 0 ? {} : { ExecutableUsers }),
      ...(NextToken === undefined ? {} : { NextToken }),
    })
    images.push(...(page.Images ?? []))
    NextToken = page.NextToken || undefined
  } while (NextToken !== undefined)
  const regex = typeof config.name_regex === 'string' && config.name_regex !== '' ? new RegExp(config.name_regex) : undefined
  const matching = regex === undefined ? images : images.filter((image) => regex.test(image.Name ?? ''))
  return matching.sort((a, b) => Date.parse(b.CreationDate ?? '') - Date.parse(a.CreationDate ?? ''))
}

function attributesOf(image: Image, api: AwsApi): Record<string, Plain> {
  const text = (value: string | undefined): string => value ?? ''
  return {
    architecture: text(image.Architecture),
    arn: api.arn('ec2', `image/${image.ImageId}`, ''),
    block_device_mappings: (image.BlockDeviceMappings ?? []).map((mapping) => ({
      device_name: text(mapping.DeviceName),
      no_device: text(mapping.NoDevice),
      virtual_name: text(mapping.VirtualName),
      ebs: mapping.Ebs === undefined ? {} : volumeOf(mapping.Ebs),
    })),
    boot_mode: text(image.BootMode),
    creation_date: text(image.CreationDate),
    deprecation_time: text(image.DeprecationTime),
    description: text(image.Description),
    ena_support: image.EnaSupport ?? false,
    hypervisor: text(image.Hypervisor),
    id: text(image.ImageId),
    image_id: text(image.ImageId),
    image_location: text(image.ImageLocation),
    image_owner_alias: text(image.ImageOwnerAlias),
    image_type: text(image.ImageType),
    imds_support: text(image.ImdsSupport),
    kernel_id: text(image.KernelId),
    last_launched_time: text(image.LastLaunchedTime),
    name: text(image.Name),
    owner_id: text(image.OwnerId),
    platform: text(image.Platform),
    platform_details: text(image.PlatformDetails),
    product_codes: (image.ProductCodes ?? []).map((code) => ({
      product_code_id: text(code.ProductCodeId),
      product_code_type: text(code.ProductCodeType),
    })),
    public: image.Public ?? false,
    ramdisk_id: text(image.RamdiskId),
    root_device_name: text(image.RootDeviceName),
    root_device_type: text(image.RootDeviceType),
    root_snapshot_id: text(image.BlockDeviceMappings?.find((m) => m.DeviceName === image.RootDeviceName)?.Ebs?.SnapshotId),
    sriov_net_support: text(image.SriovNetSupport),
    state: text(image.State),
    state_reason: { code: image.StateReason?.Code ?? 'UNSET', message: image.StateReason?.Message ?? 'UNSET' },
    tags: tagRecord(image.Tags),
    tpm_support: text(image.TpmSupport),
    usage_operation: text(image.UsageOperation),
    virtualization_type: text(image.VirtualizationType),
  }
}

type Ebs = NonNullable<NonNullable<Image['BlockDeviceMappings']>[number]['Ebs']>

/** A map of texts: so it is in the schema. */
function volumeOf(ebs: Ebs): Record<string, string> {
  return {
    delete_on_termination: String(ebs.DeleteOnTermination ?? false),
    encrypted: String(ebs.Encrypted ?? false),
    iops: String(ebs.Iops ?? 0),
    snapshot_id: ebs.SnapshotId ?? '',
    throughput: String(ebs.Throughput ?? 0),
    volume_initialization_rate: String((ebs as { VolumeInitializationRate?: number }).VolumeInitializationRate ?? 0),
    volume_size: String(ebs.VolumeSize ?? 0),
    volume_type: ebs.VolumeType ?? '',
  }
}
