import type * as Logs from '@aws-sdk/client-cloudwatch-logs'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import {
  events,
  findGroup,
  groupArn,
  groupName,
  groups,
  invalidParameter,
  type LogGroupRow,
  notFound,
  streams,
  type Tags,
  validation,
} from './_rows.ts'

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const retentions = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]

const MAX_TAGS = 50

export const logGroupOperations = {
  CreateLogGroup(input: Logs.CreateLogGroupRequest, call: Call): object {
    const name = checkName(input.logGroupName!)
    if (groups(call).get(name) !== undefined) throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists')
    groups(call).put({
      id: name,
      created: call.now.getTime(),
      retentionInDays: undefined,
      logGroupClass: (input.logGroupClass as LogGroupRow['logGroupClass'] | undefined) ?? 'STANDARD',
      kmsKeyId: input.kmsKeyId === undefined ? undefined : checkKey(input.kmsKeyId),
      deletionProtection: input.deletionProtectionEnabled === true,
      tags: checkTags(input.tags ?? {}),
    })
    return {}
  },

  DescribeLogGroups(input: Logs.DescribeLogGroupsRequest, call: Call): Logs.DescribeLogGroupsResponse {
    const { logGroupNamePrefix: prefix, logGroupNamePattern: pattern, logGroupIdentifiers: identifiers } = input
    if (prefix !== undefined && pattern !== undefined)
      throw invalidParameter('LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.')
    if (input.limit !== undefined && (input.limit < 1 || input.limit > 50))
      throw validation(input.limit, 'limit', 'Member must have value less than or equal to 50')
    const names = identifiers === undefined ? undefined : new Set(identifiers.map((identifier) => groupName(identifier)))
    const found = [...groups(call).values()]
      .filter((row) => call.isVisible(row.id))
      .filter((row) => prefix === undefined || row.id.startsWith(prefix))
      .filter((row) => pattern === undefined || row.id.toLowerCase().includes(pattern.toLowerCase()))
      .filter((row) => names === undefined || names.has(row.id))
      .filter((row) => input.logGroupClass === undefined || row.logGroupClass === input.logGroupClass)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
    const page = pageOf(call, found, input.nextToken, input.limit ?? 50, 'InvalidParameterException')
    return { logGroups: page.items.map((row) => describe(call, row)), nextToken: page.nextToken }
  },

  DeleteLogGroup(input: Logs.DeleteLogGroupRequest, call: Call): object {
    const row = findGroup(call, input.logGroupName)
    if (row.deletionProtection)
      throw new AwsError('ValidationException', 'The log group cannot be deleted because deletion protection is enabled.')
    for (const stream of [...streams(call, row.id).values()]) {
      const lines = events(call, row.id, stream.id)
      for (const event of [...lines.values()]) lines.delete(event.id)
      streams(call, row.id).delete(stream.id)
    }
    groups(call).delete(row.id)
    return {}
  },

  PutRetentionPolicy(input: Logs.PutRetentionPolicyRequest, call: Call): object {
    const row = findGroup(call, input.logGroupName)
    if (!retentions.includes(input.retentionInDays!))
      throw validation(input.retentionInDays, 'retentionInDays', `Member must satisfy enum value set: [${retentions.join(', ')}]`)
    if (row.logGroupClass === 'DELIVERY') throw invalidParameter('The retention of a log group of class DELIVERY cannot be changed.')
    groups(call).patch(row.id, { retentionInDays: input.retentionInDays })
    return {}
  },

  DeleteRetentionPolicy(input: Logs.DeleteRetentionPolicyRequest, call: Call): object {
    groups(call).patch(findGroup(call, input.logGroupName).id, { retentionInDays: undefined })
    return {}
  },

  AssociateKmsKey(input: Logs.AssociateKmsKeyRequest, call: Call): object {
    const row = findGroup(call, input.logGroupName ?? input.resourceIdentifier)
    groups(call).patch(row.id, { kmsKeyId: checkKey(input.kmsKeyId!) })
    return {}
  },

  DisassociateKmsKey(input: Logs.DisassociateKmsKeyRequest, call: Call): object {
    groups(call).patch(findGroup(call, input.logGroupName ?? input.resourceIdentifier).id, { kmsKeyId: undefined })
    return {}
  },

  PutLogGroupDeletionProtection(input: Logs.PutLogGroupDeletionProtectionRequest, call: Call): object {
    const row = findGroup(call, input.logGroupIdentifier)
    groups(call).patch(row.id, { deletionProtection: input.deletionProtectionEnabled === true })
    return {}
  },

  ListTagsForResource(input: Logs.ListTagsForResourceRequest, call: Call): Logs.ListTagsForResourceResponse {
    return { tags: { ...byArn(call, input.resourceArn).tags } }
  },

  TagResource(input: Logs.TagResourceRequest, call: Call): object {
    return setTags(call, byArn(call, input.resourceArn), input.tags ?? {}, [])
  },

  UntagResource(input: Logs.UntagResourceRequest, call: Call): object {
    return setTags(call, byArn(call, input.resourceArn), {}, input.tagKeys ?? [])
  },

  ListTagsLogGroup(input: Logs.ListTagsLogGroupRequest, call: Call): Logs.ListTagsLogGroupResponse {
    return { tags: { ...findGroup(call, input.logGroupName).tags } }
  },

  TagLogGroup(input: Logs.TagLogGroupRequest, call: Call): object {
    return setTags(call, findGroup(call, input.logGroupName), input.tags ?? {}, [])
  },

  UntagLogGroup(input: Logs.UntagLogGroupRequest, call: Call): object {
    return setTags(call, findGroup(call, input.logGroupName), {}, input.tags ?? [])
  },
}

function checkName(name: string): string {
  if (name.length > 512) throw validation(name, 'logGroupName', 'Member must have length less than or equal to 512')
  if (name === '') throw validation(name, 'logGroupName', 'Member must have length greater than or equal to 1')
  if (!/^[.\-_/#A-Za-z0-9]+$/.test(name))
    throw validation(name, 'logGroupName', 'Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+')
  if (name.startsWith('aws/')) throw invalidParameter('Log groups starting with AWS/ are reserved for AWS.')
  return name
}

/** The sandbox has no KMS: every key of the right form counts as one that exists. */
function checkKey(arn: string): string {
  if (!/^arn:aws[\w-]*:kms:[^:]+:\d{12}:key\/.+/.test(arn))
    throw invalidParameter(`Specified KMS Key doesn't exist or isn't enabled or is not symmetric: ${arn}`)
  return arn
}

function checkTags(tags: Tags): Tags {
  for (const [key, value] of Object.entries(tags)) {
    if (key === '' || key.length > 128)
      throw validation(
        key,
        'tags',
        'Map keys must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]',
      )
    if (value.length > 256)
      throw validation(value, 'tags', 'Map value must satisfy constraint: [Member must have length less than or equal to 256]')
    if (key.startsWith('aws:')) throw invalidParameter(`Tag keys must not begin with aws:, which is reserved: ${key}`)
  }
  if (Object.keys(tags).length > MAX_TAGS)
    throw new AwsError('TooManyTagsException', `The number of tags exceeds the limit of ${MAX_TAGS}.`)
  return tags
}

function setTags(call: Call, row: LogGroupRow, set: Tags, removed: readonly string[]): object {
  const tags: Record<string, string> = { ...row.tags, ...set }
  for (const key of removed) delete tags[key]
  groups(call).patch(row.id, { tags: checkTags(tags) })
  return {}
}

function byArn(call: Call, arn: string | undefined): LogGroupRow {
  const name = groupName(arn ?? '')
  if (name === arn) throw invalidParameter(`The resource ARN is invalid: ${arn}`)
  const row = groups(call).get(name)
  if (row === undefined || arn!.split(':')[4] !== call.account) throw notFound('The specified resource does not exist.')
  return row
}

function describe(call: Call, row: LogGroupRow): Logs.LogGroup {
  let storedBytes = 0
  for (const stream of streams(call, row.id).values()) storedBytes += stream.storedBytes
  const logGroupArn = groupArn(call, row.id)
  return {
    logGroupName: row.id,
    creationTime: row.created,
    retentionInDays: row.retentionInDays,
    metricFilterCount: 0,
    arn: `${logGroupArn}:*`,
    logGroupArn,
    storedBytes,
    kmsKeyId: row.kmsKeyId,
    logGroupClass: row.logGroupClass,
    deletionProtectionEnabled: row.deletionProtection,
  }
}
