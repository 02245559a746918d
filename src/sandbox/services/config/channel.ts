import type * as Config from '@aws-sdk/client-config-service'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { tryOrganization } from '../organizations/delegation.ts'
import { buckets } from '../s3/_store.ts'
import { mayService } from '../s3/access.ts'
import { type ChannelRow, channels, recorders } from './rows.ts'

const principal = 'config.amazonaws.com'

function findChannel(call: Call, name: string | undefined): ChannelRow {
  const row = channels(call).get(name ?? '')
  if (row !== undefined) return row
  throw new AwsError('NoSuchDeliveryChannelException', `Cannot find delivery channel with specified name '${name}'.`)
}

/** Config tries to write into the bucket before it agrees to deliver there. */
function checkBucket(call: Call, name: string, prefix: string | undefined): void {
  const bucket = buckets(call).get(name)
  if (bucket === undefined) throw new AwsError('NoSuchBucketException', `Cannot find a S3 bucket with name '${name}'.`)
  const organization = tryOrganization(call)?.organizationId
  const facts = {
    'aws:sourceaccount': call.account,
    's3:x-amz-acl': 'bucket-owner-full-control',
    ...(organization === undefined ? {} : { 'aws:sourceorgid': organization }),
  }
  const key = `${prefix === undefined ? '' : `${prefix}/`}AWSLogs/${call.account}/Config/ConfigWritabilityCheckFile`
  const isOpen =
    mayService(bucket, principal, { action: 's3:GetBucketAcl' }, facts) &&
    mayService(bucket, principal, { action: 's3:PutObject', key }, facts)
  if (!isOpen)
    throw new AwsError(
      'InsufficientDeliveryPolicyException',
      `Insufficient delivery policy to s3 bucket: ${name}, unable to write to bucket, provided s3 key prefix is '${prefix ?? 'null'}'.`,
    )
}

export const channelOperations = {
  PutDeliveryChannel(input: Config.PutDeliveryChannelRequest, call: Call): object {
    const { name = 'default', ...rest } = input.DeliveryChannel!
    if (recorders(call).size === 0)
      throw new AwsError('NoAvailableConfigurationRecorderException', 'Configuration recorder is not available to put delivery channel.')
    if ([...channels(call).values()].some(({ id }) => id !== name))
      throw new AwsError(
        'MaxNumberOfDeliveryChannelsExceededException',
        `Failed to put delivery channel '${name}' because the maximum number of delivery channels: 1 is reached.`,
      )
    checkBucket(call, rest.s3BucketName ?? '', rest.s3KeyPrefix)
    channels(call).put({ id: name, channel: { ...rest, name } })
    return {}
  },

  DescribeDeliveryChannels(input: Config.DescribeDeliveryChannelsRequest, call: Call): Config.DescribeDeliveryChannelsResponse {
    const names = input.DeliveryChannelNames ?? []
    const found = names.length === 0 ? [...channels(call).values()] : names.map((name) => findChannel(call, name))
    return { DeliveryChannels: found.map(({ channel }) => channel) }
  },

  DeleteDeliveryChannel(input: Config.DeleteDeliveryChannelRequest, call: Call): object {
    const { id } = findChannel(call, input.DeliveryChannelName)
    if ([...recorders(call).values()].some(({ isRecording }) => isRecording))
      throw new AwsError(
        'LastDeliveryChannelDeleteFailedException',
        `Failed to delete last specified delivery channel with name '${id}', because there is a running configuration recorder.`,
      )
    channels(call).delete(id)
    return {}
  },
}
