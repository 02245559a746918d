import { createHash } from 'node:crypto'
import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { Lookup } from '../../../providers/kit/index.ts'
import type { AwsApi } from '../api.ts'
import { type Plain, type PlainObject, plainEquals } from '../resource.ts'
import { type Tags, tagList, tagRecord } from '../tags.ts'
import { describeBy } from './describe.ts'

export type Instance = NonNullable<NonNullable<OutputOf<'ec2', 'DescribeInstances'>['Reservations']>[number]['Instances']>[number]
export type Volume = NonNullable<OutputOf<'ec2', 'DescribeVolumes'>['Volumes']>[number]

export const instances = describeBy(
  'DescribeInstances',
  'instance-id',
  (page) => (page.Reservations ?? []).flatMap((r) => r.Instances ?? []),
  (instance) => instance.InstanceId,
)

export const volumes = describeBy(
  'DescribeVolumes',
  'volume-id',
  (page) => page.Volumes,
  (volume) => volume.VolumeId,
)

/** CPU credits of instances that have any. */
export function credits(api: AwsApi): Lookup<string> {
  return api.lookup(
    'DescribeInstanceCreditSpecifications',
    () =>
      new Lookup(async (InstanceIds) => {
        const answer = await api.call('ec2', 'DescribeInstanceCreditSpecifications', { InstanceIds: [...InstanceIds] })
        return new Map((answer.InstanceCreditSpecifications ?? []).map((c) => [c.InstanceId ?? '', c.CpuCredits ?? '']))
      }, 200),
  )
}

/** Types whose speed is a matter of credits: t2, t3, t3a, t4g. */
export function isBurstable(instanceType: string | undefined): boolean {
  return /^t\d/.test(instanceType ?? '')
}

const attributes = ['disableApiStop', 'disableApiTermination', 'instanceInitiatedShutdownBehavior', 'userData'] as const

export interface InstanceAttributes {
  readonly disableApiStop: boolean | undefined
  readonly disableApiTermination: boolean | undefined
  readonly shutdownBehavior: string | undefined
  /** Base64. */
  readonly userData: string | undefined
}

/** Facts that are asked for one by one. */
export async function readAttributes(api: AwsApi, InstanceId: string): Promise<InstanceAttributes> {
  const [stop, termination, behavior, userData] = await Promise.all(
    attributes.map((Attribute) =>
      api.call('ec2', 'DescribeInstanceAttribute', { InstanceId, Attribute }).catch((error: unknown) => {
        // Some kinds of instances lack some attributes.
        if (isAwsError(error, 'UnsupportedOperation')) return undefined
        throw error
      }),
    ),
  )
  return {
    disableApiStop: stop?.DisableApiStop?.Value,
    disableApiTermination: termination?.DisableApiTermination?.Value,
    shutdownBehavior: behavior?.InstanceInitiatedShutdownBehavior?.Value,
    userData: userData?.UserData?.Value,
  }
}

/** Standard Base64 with its padding, and nothing else. */
function isBase64(text: string): boolean {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
}

/** User data as states of version 5 hold it: SHA-1 of the text, or of what the text is Base64 of. */
export function userDataDigest(text: string): string {
  const bytes = isBase64(text) ? Buffer.from(text, 'base64') : Buffer.from(text)
  return createHash('sha1').update(bytes).digest('hex')
}

/** What is sent: Base64, but not twice. */
export function encodeUserData(text: string): string {
  return isBase64(text) ? text : Buffer.from(text).toString('base64')
}

export interface Device {
  readonly name: string
  readonly deleteOnTermination: boolean
  readonly volume: Volume
}

/** A volume as the blocks of an instance show it. `own` are the tags without those of `default_tags`. */
export function deviceAttributes(device: Device, all: Tags, own: Tags): Record<string, Plain> {
  const { volume } = device
  return {
    delete_on_termination: device.deleteOnTermination,
    device_name: device.name,
    encrypted: volume.Encrypted ?? false,
    iops: volume.Iops ?? 0,
    kms_key_id: volume.KmsKeyId ?? '',
    tags: own,
    tags_all: all,
    throughput: volume.Throughput ?? 0,
    volume_id: volume.VolumeId ?? '',
    volume_size: volume.Size ?? 0,
    volume_type: volume.VolumeType ?? '',
  }
}

/** Without what AWS itself attaches. */
export function volumeTags(volume: Volume): Tags {
  return Object.fromEntries(Object.entries(tagRecord(volume.Tags)).filter(([key]) => !key.startsWith('aws:')))
}

/** A configured volume as RunInstances takes it. */
export function ebsRequest(block: PlainObject): Record<string, unknown> {
  const members = {
    delete_on_termination: 'DeleteOnTermination',
    encrypted: 'Encrypted',
    kms_key_id: 'KmsKeyId',
    snapshot_id: 'SnapshotId',
    volume_size: 'VolumeSize',
    volume_type: 'VolumeType',
    iops: 'Iops',
    throughput: 'Throughput',
  }
  const isSet = (value: Plain | undefined): boolean => value !== null && value !== undefined && value !== '' && value !== 0
  // "Encrypted: false" is refused for snapshots that are encrypted, and means nothing otherwise.
  const given = Object.entries(members).filter(([name]) => isSet(block[name]) && !(name === 'encrypted' && block[name] === false))
  return Object.fromEntries(given.map(([name, member]) => [member, block[name]]))
}

/** The calls that change a volume in place; undefined when nothing of it changes. */
export function volumeModification(prior: PlainObject, planned: PlainObject): Record<string, unknown> | undefined {
  const members = { volume_size: 'Size', volume_type: 'VolumeType', iops: 'Iops', throughput: 'Throughput' }
  const changed = Object.entries(members).filter(([name]) => {
    const value = planned[name] ?? null
    return value !== null && value !== 0 && value !== '' && !plainEquals(value, prior[name])
  })
  if (changed.length === 0) return undefined
  // A type that has a throughput of its own needs it said again with the type.
  return Object.fromEntries(changed.map(([name, member]) => [member, planned[name]]))
}

export async function changeTags(api: AwsApi, id: string, prior: Tags, planned: Tags): Promise<void> {
  const removed = Object.keys(prior).filter((key) => !(key in planned))
  const set = Object.fromEntries(Object.entries(planned).filter(([key, value]) => prior[key] !== value))
  if (removed.length > 0) await api.call('ec2', 'DeleteTags', { Resources: [id], Tags: removed.map((Key) => ({ Key })) })
  if (Object.keys(set).length > 0) await api.call('ec2', 'CreateTags', { Resources: [id], Tags: tagList(set) })
}
