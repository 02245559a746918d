import { bucketActs, onlyOverTls, type Statement, withStatements } from './bucket.ts'
import { type Act, act, hubOf, type Making, type Step, StepError, unlessThere, whenSeen } from './step.ts'

const trailName = 'landform'
/** Where the logs of all accounts are kept: a bucket of the hub, unless the file names it. */
export function logBucketOf(making: Making): { readonly bucket: string; readonly region: string } {
  const { store, detection } = making.organization
  const named = typeof detection.trail === 'object' ? detection.trail.bucket : undefined
  return { bucket: named ?? `landform-logs-${hubOf(making).id}-${store.region}`, region: store.region }
}

export const trail: Step = {
  name: 'trail',
  title: 'what is done in all accounts is recorded, in a bucket of the hub',
  usually: ({ organization: { detection } }) =>
    detection.trail
      ? ['s3:CreateBucket, for the logs, the first time', `cloudtrail:CreateTrail ${trailName} of the organization, the first time`]
      : [],
  inside: true,
  canWait: true,
  async probe(making) {
    const { detection } = making.organization
    const present = detection.trail ? await organizationTrail(making) : undefined
    // Somebody has seen to it before. A second trail would cost by the event.
    const isOthers = present !== undefined && present.Name !== trailName
    const acts = (detection.trail && !isOthers) || detection.config ? [...(await logBucketActs(making))] : []
    return detection.trail ? [...acts, ...(await trailActs(making, present, isOthers))] : acts
  },
}

/** The trail of the organization for all regions, by whatever name. */
async function organizationTrail({ callers }: Making) {
  const { trailList = [] } = await callers.call('management', 'cloudtrail', 'DescribeTrails', {})
  const all = trailList.filter(({ IsOrganizationTrail, IsMultiRegionTrail }) => IsOrganizationTrail && IsMultiRegionTrail)
  return all.find(({ Name }) => Name === trailName) ?? all[0]
}

async function trailActs(
  making: Making,
  present: Awaited<ReturnType<typeof organizationTrail>>,
  isOthers: boolean,
): Promise<readonly Act[]> {
  const { callers, organization } = making
  const region = present?.HomeRegion ?? organization.management.region
  const start = act(`cloudtrail:StartLogging ${trailName}`, () =>
    callers.call('management', 'cloudtrail', 'StartLogging', { Name: trailName }, region),
  )
  if (present === undefined) {
    const { bucket } = logBucketOf(making)
    return [act(`cloudtrail:CreateTrail ${trailName} of the organization, in every region`, () => createTrail(making, bucket)), start]
  }
  const { IsLogging } = await callers.call('management', 'cloudtrail', 'GetTrailStatus', { Name: present.TrailARN! }, region)
  if (IsLogging) return []
  if (isOthers)
    throw new StepError(`The organization's trail ${present.Name} records nothing. Start it, or delete it, in the console of CloudTrail.`)
  return [start]
}

function createTrail(making: Making, bucket: string): Promise<void> {
  const { callers, organization } = making
  const refusals = ['S3BucketDoesNotExistException', 'InsufficientS3BucketPolicyException', 'CloudTrailAccessNotEnabledException']
  return whenSeen(making, 'The trail cannot be made', refusals, () => {
    const input = {
      Name: trailName,
      S3BucketName: bucket,
      IsOrganizationTrail: true,
      IsMultiRegionTrail: true,
      IncludeGlobalServiceEvents: true,
      EnableLogFileValidation: true,
    }
    const create = callers.call('management', 'cloudtrail', 'CreateTrail', input, organization.management.region)
    return unlessThere(create, 'TrailAlreadyExistsException')
  })
}

/** What is missing of the bucket of the logs. */
async function logBucketActs(making: Making): Promise<readonly Act[]> {
  const { callers, organization } = making
  const { Organization } = await callers.call('management', 'organizations', 'DescribeOrganization', {})
  const { id: owner, who } = hubOf(making)
  const { bucket, region } = logBucketOf(making)
  const own = [
    onlyOverTls(bucket),
    ...(organization.detection.trail ? trailStatements(making, bucket, Organization!.Id!) : []),
    ...(organization.detection.config ? configStatements(bucket, Organization!.Id!) : []),
  ]
  const taken = "Name another one in environments/accounts.ts: detection.trail, as { bucket: '...' }."
  return bucketActs(callers, { who, owner, bucket, region, taken, policy: (present) => withStatements(present, own) })
}

/** @see CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail": those of organizations. No other trail may write there. */
function trailStatements({ organization: { management } }: Making, bucket: string, organizationId: string): readonly Statement[] {
  const Principal = { Service: 'cloudtrail.amazonaws.com' }
  const source = { 'aws:SourceArn': `arn:aws:cloudtrail:${management.region}:${management.id}:trail/${trailName}` }
  return [
    {
      Sid: 'CloudTrailLooks',
      Effect: 'Allow',
      Principal,
      Action: 's3:GetBucketAcl',
      Resource: `arn:aws:s3:::${bucket}`,
      Condition: { StringEquals: source },
    },
    {
      Sid: 'CloudTrailWrites',
      Effect: 'Allow',
      Principal,
      Action: 's3:PutObject',
      Resource: [management.id, organizationId].map((id) => `arn:aws:s3:::${bucket}/AWSLogs/${id}/*`),
      Condition: { StringEquals: { ...source, 's3:x-amz-acl': 'bucket-owner-full-control' } },
    },
  ]
}

/** @see Config Developer Guide, "Permissions for the Amazon S3 bucket": for the service-linked roles of all accounts of the organization */
function configStatements(bucket: string, organizationId: string): readonly Statement[] {
  const Principal = { Service: 'config.amazonaws.com' }
  const source = { 'aws:SourceOrgID': organizationId }
  return [
    {
      Sid: 'ConfigLooks',
      Effect: 'Allow',
      Principal,
      Action: ['s3:GetBucketAcl', 's3:ListBucket'],
      Resource: `arn:aws:s3:::${bucket}`,
      Condition: { StringEquals: source },
    },
    {
      Sid: 'ConfigWrites',
      Effect: 'Allow',
      Principal,
      Action: 's3:PutObject',
      Resource: `arn:aws:s3:::${bucket}/AWSLogs/*/Config/*`,
      Condition: { StringEquals: { ...source, 's3:x-amz-acl': 'bucket-owner-full-control' } },
    },
  ]
}
