import type * as Ec2 from '@aws-sdk/client-ec2'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { addTags, destroy, find, rowsOf, select, specifiedTags, tagsOf } from './_kind.ts'
import { instanceKind, volumeKind } from './_kinds.ts'
import { zoneOf } from './_places.ts'
import type { VolumeRow } from './_rows.ts'
import { filtered } from './places.ts'

interface TypeLimits {
  readonly size: readonly [smallest: number, largest: number]
  /** What a volume of a size has when nothing is asked for; undefined when it must be asked for. */
  readonly iops?: (size: number) => number | undefined
  readonly provisioned?: readonly [fewest: number, most: number]
  readonly throughput?: number
}

/** @see https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html */
const volumeTypes: Readonly<Record<string, TypeLimits>> = {
  standard: { size: [1, 1024], iops: () => undefined },
  gp2: { size: [1, 16_384], iops: (size) => Math.min(16_000, Math.max(100, 3 * size)) },
  gp3: { size: [1, 65_536], iops: () => 3000, provisioned: [3000, 80_000], throughput: 125 },
  io1: { size: [4, 16_384], provisioned: [100, 64_000] },
  io2: { size: [4, 65_536], provisioned: [100, 256_000] },
  st1: { size: [125, 16_384], iops: () => undefined },
  sc1: { size: [125, 16_384], iops: () => undefined },
}

export interface NewVolume {
  readonly zone: string
  readonly size: number
  readonly type: string
  readonly iops?: number
  readonly throughput?: number
  readonly encrypted?: boolean
  readonly kmsKeyId?: string
  readonly snapshotId?: string
  readonly multiAttach?: boolean
  readonly attachment?: VolumeRow['attachment']
}

/** @throws AwsError when the type does not have that size or those figures */
export function newVolume(call: Call, given: NewVolume): VolumeRow {
  const encrypted = given.encrypted === true || given.kmsKeyId !== undefined || encryptsByDefault(call)
  return rowsOf(volumeKind, call).put({
    id: call.newId('vol'),
    zone: given.zone,
    size: given.size,
    type: given.type,
    ...figuresOf(given.type, given.size, given.iops, given.throughput),
    encrypted,
    ...(encrypted ? { kmsKeyId: given.kmsKeyId === undefined ? defaultKey(call) : keyArn(call, given.kmsKeyId) } : {}),
    snapshotId: given.snapshotId,
    multiAttach: given.multiAttach ?? false,
    state: given.attachment === undefined ? 'creating' : 'in-use',
    created: call.now,
    attachment: given.attachment,
  })
}

function figuresOf(
  type: string,
  size: number,
  iops: number | undefined,
  throughput: number | undefined,
): Pick<VolumeRow, 'iops' | 'throughput'> {
  const limits = Object.hasOwn(volumeTypes, type) ? volumeTypes[type]! : undefined
  if (limits === undefined)
    throw new AwsError('InvalidParameterValue', `Value (${type}) for parameter volumeType is invalid. ${type} is not a valid volume type.`)
  const [smallest, largest] = limits.size
  if (size < smallest || size > largest)
    throw new AwsError(
      'InvalidParameterValue',
      `Volume of ${size}GiB is invalid for volume type '${type}'; allowed sizes are between ${smallest} and ${largest} GiB.`,
    )
  if (throughput !== undefined && limits.throughput === undefined)
    throw new AwsError('InvalidParameterCombination', `The parameter throughput is not supported for ${type} volumes.`)
  if (throughput !== undefined && (throughput < 125 || throughput > 2000))
    throw new AwsError(
      'InvalidParameterValue',
      `Throughput (MiBps) of ${throughput} is not between the minimum of 125 and the maximum of 2000.`,
    )
  if (iops !== undefined && limits.provisioned === undefined && limits.iops?.(size) !== iops)
    throw new AwsError('InvalidParameterCombination', `The parameter iops is not supported for ${type} volumes.`)
  if (iops === undefined && limits.iops === undefined)
    throw new AwsError('MissingParameter', `The parameter iops must be specified for ${type} volumes.`)
  const [fewest, most] = limits.provisioned ?? [0, Number.POSITIVE_INFINITY]
  if (iops !== undefined && (iops < fewest || iops > most))
    throw new AwsError(
      'InvalidParameterValue',
      `Volume iops of ${iops} is too ${iops < fewest ? 'low; minimum is' : 'high; maximum is'} ${iops < fewest ? fewest : most}.`,
    )
  return { iops: iops ?? limits.iops?.(size), throughput: throughput ?? limits.throughput }
}

interface RegionSettingRow {
  readonly id: string
  readonly value: boolean
}

function regionSettings(call: Call) {
  return call.scope.table<RegionSettingRow>('_region-settings')
}

const ENCRYPTION = 'ebs-encryption-by-default'

function encryptsByDefault(call: Call): boolean {
  return regionSettings(call).get(ENCRYPTION)?.value ?? false
}

/** The key behind the alias aws/ebs of the account and region. */
function defaultKey(call: Call): string {
  const keys = call.scope.table<{ id: string; arn: string }>('_default-keys')
  const known = keys.get('aws/ebs')
  if (known !== undefined) return known.arn
  const hex = call.newBytes().toString('hex')
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
  return keys.put({ id: 'aws/ebs', arn: `arn:aws:kms:${call.region}:${call.account}:key/${uuid}` }).arn
}

function keyArn(call: Call, given: string): string {
  if (given.startsWith('arn:')) return given
  if (given === 'alias/aws/ebs') return defaultKey(call)
  return `arn:aws:kms:${call.region}:${call.account}:${given.startsWith('alias/') ? given : `key/${given}`}`
}

export const volumeOperations = {
  CreateVolume(input: Ec2.CreateVolumeRequest, call: Call): Ec2.Volume {
    if (input.AvailabilityZone === undefined && input.AvailabilityZoneId === undefined)
      throw new AwsError('MissingParameter', 'The request must contain the parameter AvailabilityZone')
    if (input.Size === undefined && input.SnapshotId === undefined)
      throw new AwsError('MissingParameter', 'The request must contain the parameter size/snapshot')
    if (input.SnapshotId !== undefined) throw new AwsError('InvalidSnapshot.NotFound', `The snapshot '${input.SnapshotId}' does not exist.`)
    const tags = specifiedTags(input.TagSpecifications, 'volume')
    const volume = newVolume(call, {
      zone: zoneOf(call, input.AvailabilityZone, input.AvailabilityZoneId).ZoneName,
      size: input.Size!,
      type: input.VolumeType ?? 'gp2',
      iops: input.Iops,
      throughput: input.Throughput,
      encrypted: input.Encrypted,
      kmsKeyId: input.KmsKeyId,
      multiAttach: input.MultiAttachEnabled,
    })
    addTags(call, 'volume', volume.id, tags)
    call.later(3, 'volume-available', volume.id)
    return describeVolume(volume, call)
  },

  DescribeVolumes(input: Ec2.DescribeVolumesRequest, call: Call): Ec2.DescribeVolumesResult {
    const { rows, NextToken } = select(volumeKind, call, {
      ids: input.VolumeIds,
      filters: input.Filters,
      token: input.NextToken,
      size: input.MaxResults,
    })
    return { Volumes: rows.map((row) => describeVolume(row, call)), NextToken }
  },

  DescribeVolumeAttribute(input: Ec2.DescribeVolumeAttributeRequest, call: Call): Ec2.DescribeVolumeAttributeResult {
    const volume = find(volumeKind, call, input.VolumeId, 'volumeId')
    if (input.Attribute === 'autoEnableIO') return { VolumeId: volume.id, AutoEnableIO: { Value: false } }
    return { VolumeId: volume.id, ProductCodes: [] }
  },

  DescribeVolumeStatus(input: Ec2.DescribeVolumeStatusRequest, call: Call): Ec2.DescribeVolumeStatusResult {
    const { rows, NextToken } = select(volumeKind, call, {
      ids: input.VolumeIds,
      filters: input.Filters,
      token: input.NextToken,
      size: input.MaxResults,
    })
    return {
      VolumeStatuses: rows.map((volume) => ({
        VolumeId: volume.id,
        AvailabilityZone: volume.zone,
        Actions: [],
        Events: [],
        VolumeStatus: { Status: 'ok', Details: [{ Name: 'io-enabled', Status: 'passed' }] },
      })),
      NextToken,
    }
  },

  ModifyVolume(input: Ec2.ModifyVolumeRequest, call: Call): Ec2.ModifyVolumeResult {
    const volume = find(volumeKind, call, input.VolumeId, 'volumeId')
    if (volume.state !== 'available' && volume.state !== 'in-use')
      throw new AwsError('IncorrectState', `The volume '${volume.id}' is '${volume.state}'`)
    if (volume.modification?.state === 'modifying')
      throw new AwsError('IncorrectModificationState', `Volume ${volume.id} is currently being modified.`)
    const { Size: size = volume.size, VolumeType: type = volume.type } = input
    if (size < volume.size) throw new AwsError('InvalidParameterValue', 'New size cannot be smaller than existing size')
    const sameType = type === volume.type
    const kept = (figure: number | undefined) => (sameType && volumeTypes[type]?.provisioned !== undefined ? figure : undefined)
    const before = { size: volume.size, type: volume.type, iops: volume.iops, throughput: volume.throughput }
    const figures = figuresOf(type, size, input.Iops ?? kept(volume.iops), input.Throughput ?? (sameType ? volume.throughput : undefined))
    const changed = rowsOf(volumeKind, call).patch(volume.id, {
      size,
      type,
      ...figures,
      multiAttach: input.MultiAttachEnabled ?? volume.multiAttach,
      modification: { state: 'modifying', start: call.now, before },
    })
    call.later(10, 'volume-optimizing', volume.id)
    return { VolumeModification: describeModification(changed) }
  },

  DescribeVolumesModifications(input: Ec2.DescribeVolumesModificationsRequest, call: Call): Ec2.DescribeVolumesModificationsResult {
    const ids = input.VolumeIds ?? []
    for (const id of ids) {
      const volume = find(volumeKind, call, id)
      if (volume.modification === undefined)
        throw new AwsError('InvalidVolumeModification.NotFound', `Modification for volume '${id}' does not exist.`)
    }
    const all = [...rowsOf(volumeKind, call).values()].filter(
      (volume) => volume.modification !== undefined && (ids.length === 0 || ids.includes(volume.id)),
    )
    const chosen = filtered(all, input.Filters, {
      'volume-id': (volume) => volume.id,
      'modification-state': (volume) => volume.modification!.state,
      'original-size': (volume) => volume.modification!.before.size,
      'original-volume-type': (volume) => volume.modification!.before.type,
      'target-size': (volume) => volume.size,
      'target-volume-type': (volume) => volume.type,
    })
    const page = pageOf(call, chosen, input.NextToken, input.MaxResults)
    return { VolumesModifications: page.items.map(describeModification), NextToken: page.nextToken }
  },

  AttachVolume(input: Ec2.AttachVolumeRequest, call: Call): Ec2.VolumeAttachment {
    const volume = find(volumeKind, call, input.VolumeId, 'volumeId')
    const instance = find(instanceKind, call, input.InstanceId, 'instanceId')
    const device = input.Device ?? ''
    if (volume.state === 'in-use') throw new AwsError('VolumeInUse', `${volume.id} is already attached to an instance`)
    if (volume.state !== 'available') throw new AwsError('IncorrectState', `${volume.id} is not 'available'.`)
    if (instance.state !== 'running' && instance.state !== 'stopped')
      throw new AwsError('IncorrectState', `Instance '${instance.id}' is not 'running'.`)
    if (instance.placement.AvailabilityZone !== volume.zone)
      throw new AwsError(
        'InvalidVolume.ZoneMismatch',
        `The volume '${volume.id}' is not in the same availability zone as instance '${instance.id}'`,
      )
    if (volumesOf(call, instance.id).some((other) => other.attachment?.device === device))
      throw new AwsError('InvalidParameterValue', `Invalid value '${device}' for unixDevice. Attachment point ${device} is already in use`)
    const attachment = { instanceId: instance.id, device, deleteOnTermination: false, state: 'attaching' as const, time: call.now }
    const changed = rowsOf(volumeKind, call).patch(volume.id, { state: 'in-use', attachment })
    call.later(3, 'volume-attached', volume.id)
    return describeAttachment(changed)
  },

  DetachVolume(input: Ec2.DetachVolumeRequest, call: Call): Ec2.VolumeAttachment {
    const volume = find(volumeKind, call, input.VolumeId, 'volumeId')
    const { attachment } = volume
    if (attachment === undefined) throw new AwsError('IncorrectState', `Volume '${volume.id}' is in the 'available' state.`)
    if (input.InstanceId !== undefined && input.InstanceId !== attachment.instanceId)
      throw new AwsError('InvalidAttachment.NotFound', `The volume '${volume.id}' is not attached to instance '${input.InstanceId}'.`)
    const instance = rowsOf(instanceKind, call).get(attachment.instanceId)
    if (instance?.rootDevice === attachment.device && instance.state !== 'stopped')
      throw new AwsError('OperationNotPermitted', `Unable to detach root volume '${volume.id}' from instance '${instance.id}'`)
    const detaching = describeAttachment(volume)
    rowsOf(volumeKind, call).put(detached(volume))
    return { ...detaching, State: 'detaching' }
  },

  DeleteVolume(input: Ec2.DeleteVolumeRequest, call: Call): object {
    const volume = find(volumeKind, call, input.VolumeId, 'volumeId')
    if (volume.attachment !== undefined)
      throw new AwsError('VolumeInUse', `Volume ${volume.id} is currently attached to ${volume.attachment.instanceId}`)
    if (volume.state !== 'deleting') {
      rowsOf(volumeKind, call).patch(volume.id, { state: 'deleting' })
      call.later(3, 'volume-deleted', volume.id)
    }
    return {}
  },

  GetEbsEncryptionByDefault(_input: Ec2.GetEbsEncryptionByDefaultRequest, call: Call): Ec2.GetEbsEncryptionByDefaultResult {
    return { EbsEncryptionByDefault: encryptsByDefault(call), SseType: encryptsByDefault(call) ? 'sse-kms' : undefined }
  },

  EnableEbsEncryptionByDefault(_input: Ec2.EnableEbsEncryptionByDefaultRequest, call: Call): Ec2.EnableEbsEncryptionByDefaultResult {
    return { EbsEncryptionByDefault: regionSettings(call).put({ id: ENCRYPTION, value: true }).value }
  },

  DisableEbsEncryptionByDefault(_input: Ec2.DisableEbsEncryptionByDefaultRequest, call: Call): Ec2.DisableEbsEncryptionByDefaultResult {
    return { EbsEncryptionByDefault: regionSettings(call).put({ id: ENCRYPTION, value: false }).value }
  },

  GetEbsDefaultKmsKeyId(_input: Ec2.GetEbsDefaultKmsKeyIdRequest, _call: Call): Ec2.GetEbsDefaultKmsKeyIdResult {
    return { KmsKeyId: 'alias/aws/ebs' }
  },
}

export const volumeEvents = {
  'volume-available': (id: string, call: Call) => {
    if (rowsOf(volumeKind, call).get(id)?.state === 'creating') rowsOf(volumeKind, call).patch(id, { state: 'available' })
  },
  'volume-attached': (id: string, call: Call) => {
    const attachment = rowsOf(volumeKind, call).get(id)?.attachment
    if (attachment !== undefined) rowsOf(volumeKind, call).patch(id, { attachment: { ...attachment, state: 'attached' } })
  },
  'volume-optimizing': (id: string, call: Call) => {
    const modification = rowsOf(volumeKind, call).get(id)?.modification
    if (modification === undefined) return
    rowsOf(volumeKind, call).patch(id, { modification: { ...modification, state: 'optimizing' } })
    call.later(60, 'volume-modified', id)
  },
  'volume-modified': (id: string, call: Call) => {
    const modification = rowsOf(volumeKind, call).get(id)?.modification
    if (modification?.state === 'optimizing') rowsOf(volumeKind, call).patch(id, { modification: { ...modification, state: 'completed' } })
  },
  'volume-deleted': (id: string, call: Call) => destroy(volumeKind, call, id),
}

/** The volumes on an instance, in the order in which they were attached. */
export function volumesOf(call: Call, instanceId: string): VolumeRow[] {
  return [...rowsOf(volumeKind, call).values()].filter((volume) => volume.attachment?.instanceId === instanceId)
}

/** What becomes of the volumes of an instance that ends. */
export function releaseVolumes(call: Call, instanceId: string): void {
  for (const volume of volumesOf(call, instanceId)) {
    if (volume.attachment!.deleteOnTermination) destroy(volumeKind, call, volume.id)
    else rowsOf(volumeKind, call).put(detached(volume))
  }
}

function detached(volume: VolumeRow): VolumeRow {
  const { attachment: _, ...rest } = volume
  return { ...rest, state: 'available' }
}

function describeAttachment(volume: VolumeRow): Ec2.VolumeAttachment {
  const attachment = volume.attachment!
  return {
    VolumeId: volume.id,
    InstanceId: attachment.instanceId,
    Device: attachment.device,
    State: attachment.state,
    AttachTime: attachment.time,
    DeleteOnTermination: attachment.deleteOnTermination,
  }
}

function describeModification(volume: VolumeRow): Ec2.VolumeModification {
  const { state, start, before } = volume.modification!
  return {
    VolumeId: volume.id,
    ModificationState: state,
    Progress: state === 'modifying' ? 0 : state === 'optimizing' ? 50 : 100,
    StartTime: start,
    EndTime: state === 'completed' ? start : undefined,
    OriginalSize: before.size,
    OriginalVolumeType: before.type as Ec2.VolumeType,
    OriginalIops: before.iops,
    OriginalThroughput: before.throughput,
    TargetSize: volume.size,
    TargetVolumeType: volume.type as Ec2.VolumeType,
    TargetIops: volume.iops,
    TargetThroughput: volume.throughput,
  }
}

function describeVolume(volume: VolumeRow, call: Call): Ec2.Volume {
  return {
    VolumeId: volume.id,
    AvailabilityZone: volume.zone,
    Size: volume.size,
    VolumeType: volume.type as Ec2.VolumeType,
    Iops: volume.iops,
    Throughput: volume.throughput,
    Encrypted: volume.encrypted,
    KmsKeyId: volume.kmsKeyId,
    SnapshotId: volume.snapshotId ?? '',
    MultiAttachEnabled: volume.multiAttach,
    State: volume.state,
    CreateTime: volume.created,
    Attachments: volume.attachment === undefined ? [] : [describeAttachment(volume)],
    Tags: [...tagsOf(call, volume.id)],
  }
}
