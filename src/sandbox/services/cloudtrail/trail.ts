import type * as CloudTrail from '@aws-sdk/client-cloudtrail'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { ensureServiceLinkedRole } from '../iam/service-linked-role.ts'
import { tryOrganization } from '../organizations/delegation.ts'
import type { OrganizationRow } from '../organizations/rows.ts'
import { buckets } from '../s3/_store.ts'
import { mayService } from '../s3/access.ts'
import { findTrail, isSeen, ownTrail, type TrailRow, trailArn, trails } from './rows.ts'

const principal = 'cloudtrail.amazonaws.com'
/** Trails that an account may have in a region. @see CloudTrail User Guide, "Quotas in AWS CloudTrail" */
const trailQuota = 5
/** How long it takes until the members of an organization see its trail, in seconds. */
const spreadSeconds = 60

function described(row: TrailRow): CloudTrail.Trail {
  return {
    Name: row.name,
    S3BucketName: row.bucket,
    S3KeyPrefix: row.prefix,
    IncludeGlobalServiceEvents: row.hasGlobalEvents,
    IsMultiRegionTrail: row.isMultiRegion,
    HomeRegion: row.region,
    TrailARN: row.id,
    LogFileValidationEnabled: row.isValidated,
    HasCustomEventSelectors: false,
    HasInsightSelectors: false,
    IsOrganizationTrail: row.isOrganization,
  }
}

/** The organization that a trail is to be for. @throws AwsError when the caller cannot make one for it */
function checkOrganization(call: Call): OrganizationRow {
  const organization = tryOrganization(call)
  if (organization === undefined)
    throw new AwsError(
      'OrganizationsNotInUseException',
      'The request could not be processed because your account is not a member of an organization.',
    )
  if (organization.id !== call.account)
    throw new AwsError(
      'NotOrganizationMasterAccountException',
      "The account making the request is not the organization's management account.",
    )
  if (organization.services[principal] === undefined)
    throw new AwsError(
      'CloudTrailAccessNotEnabledException',
      'The request could not be processed because CloudTrail does not have trusted access to your organization.',
    )
  return organization
}

/** CloudTrail tries to write into the bucket before it makes a trail. */
function checkBucket(call: Call, name: string, arn: string, prefix: string | undefined, organization: OrganizationRow | undefined): void {
  const bucket = buckets(call).get(name)
  if (bucket === undefined) throw new AwsError('S3BucketDoesNotExistException', `S3 bucket ${name} does not exist!`)
  const facts = { 'aws:sourcearn': arn, 'aws:sourceaccount': call.account, 's3:x-amz-acl': 'bucket-owner-full-control' }
  const before = `${prefix === undefined ? '' : `${prefix}/`}AWSLogs/`
  const keys = [call.account, ...(organization === undefined ? [] : [organization.organizationId])].map((id) => `${before}${id}/CloudTrail`)
  const isOpen =
    mayService(bucket, principal, { action: 's3:GetBucketAcl' }, facts) &&
    keys.every((key) => mayService(bucket, principal, { action: 's3:PutObject', key }, facts))
  if (!isOpen) throw new AwsError('InsufficientS3BucketPolicyException', `Incorrect S3 bucket policy is detected for bucket: ${name}`)
}

export const trailOperations = {
  CreateTrail(input: CloudTrail.CreateTrailRequest, call: Call): CloudTrail.CreateTrailResponse {
    const name = input.Name!
    if (!/^[A-Za-z0-9](?!.*[._-]{2})[\w.-]{1,126}[A-Za-z0-9]$/.test(name))
      throw new AwsError(
        'InvalidTrailNameException',
        'Trail name must begin and end with a letter or number, and have 3 to 128 characters.',
      )
    const id = trailArn(call, name)
    const organization = input.IsOrganizationTrail === true ? checkOrganization(call) : undefined
    if (trails(call).get(id) !== undefined)
      throw new AwsError('TrailAlreadyExistsException', `Trail ${name} already exists for customer: ${call.account}`)
    const here = [...trails(call).values()].filter((trail) => trail.account === call.account && isSeen(call, trail))
    if (here.length >= trailQuota)
      throw new AwsError(
        'MaximumNumberOfTrailsExceededException',
        `User: ${call.account} already has ${trailQuota} trails in ${call.region}.`,
      )
    checkBucket(call, input.S3BucketName!, id, input.S3KeyPrefix, organization)
    const row = trails(call).put({
      id,
      account: call.account,
      region: call.region,
      name,
      bucket: input.S3BucketName!,
      ...(input.S3KeyPrefix === undefined ? {} : { prefix: input.S3KeyPrefix }),
      isMultiRegion: input.IsMultiRegionTrail === true,
      isOrganization: organization !== undefined,
      hasGlobalEvents: input.IncludeGlobalServiceEvents !== false,
      isValidated: input.EnableLogFileValidation === true,
      isLogging: false,
      isSpread: false,
    })
    if (organization !== undefined) {
      ensureServiceLinkedRole(call, principal)
      call.later(spreadSeconds, 'spread', id)
    }
    const { HomeRegion: _, HasCustomEventSelectors: __, HasInsightSelectors: ___, ...answer } = described(row)
    return answer
  },

  DescribeTrails(input: CloudTrail.DescribeTrailsRequest, call: Call): CloudTrail.DescribeTrailsResponse {
    const { trailNameList: names = [], includeShadowTrails = true } = input
    const seen = [...trails(call).values()].filter(
      (row) =>
        isSeen(call, row) &&
        (includeShadowTrails || (row.account === call.account && row.region === call.region)) &&
        (names.length === 0 || names.includes(row.name) || names.includes(row.id)),
    )
    return { trailList: seen.map(described) }
  },

  GetTrailStatus(input: CloudTrail.GetTrailStatusRequest, call: Call): CloudTrail.GetTrailStatusResponse {
    const { isLogging, started, stopped } = findTrail(call, input.Name)
    return { IsLogging: isLogging, StartLoggingTime: started, StopLoggingTime: stopped }
  },

  StartLogging(input: CloudTrail.StartLoggingRequest, call: Call): object {
    const { id, isLogging } = ownTrail(call, input.Name)
    if (!isLogging) trails(call).patch(id, { isLogging: true, started: call.now })
    return {}
  },

  StopLogging(input: CloudTrail.StopLoggingRequest, call: Call): object {
    trails(call).patch(ownTrail(call, input.Name).id, { isLogging: false, stopped: call.now })
    return {}
  },

  DeleteTrail(input: CloudTrail.DeleteTrailRequest, call: Call): object {
    trails(call).delete(ownTrail(call, input.Name).id)
    return {}
  },
}

export const trailEvents = {
  spread(id: string, call: Call): void {
    if (trails(call).get(id) !== undefined) trails(call).patch(id, { isSpread: true })
  },
}
