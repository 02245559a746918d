import { enabledRegions } from './guard-rails.ts'
import { type Act, act, actsOfParts, type Making, memberOf, type Part, type Step, StepError, unlessThere, whenSeen } from './step.ts'
import { logBucketOf } from './trail.ts'
import { watcherActs, watchers } from './watchers.ts'

const analyzerName = 'landform'
const configPrincipal = 'config.amazonaws.com'

export const detection: Step = {
  name: 'detection',
  title: 'what happens in it is watched, in every region that can be used',
  usually: ({ organization: { detection: on } }) => [
    ...(on.trail ? ['cloudtrail:DescribeTrails, until it is in the trail of the organization'] : []),
    ...(on.accessAnalyzer ? ['in each region: accessanalyzer:CreateAnalyzer'] : []),
    ...(on.config
      ? ['iam:CreateServiceLinkedRole config.amazonaws.com', 'in each region: config:StartConfigurationRecorder, with its channel ($)']
      : []),
    ...(on.guardDuty ? ['in each region: guardduty:CreateMembers ($)'] : []),
    ...(on.securityHub ? ['in each region: securityhub:CreateMembers ($)'] : []),
  ],
  inside: true,
  canWait: true,
  async probe(making) {
    const { detection: on } = making.organization
    const parts: Part[] = []
    const isRegional = on.accessAnalyzer || on.config || on.guardDuty || on.securityHub
    const regions = isRegional ? await enabledRegions(making) : []
    if (on.trail) parts.push({ name: 'CloudTrail', probe: () => trailActs(making) })
    // The recorders of all regions act as that role.
    const role = on.config ? await roleActs(making) : []
    for (const region of regions) {
      const add = (name: string, probe: Part['probe']): unknown => parts.push({ name: `${name} in ${region}`, probe })
      if (on.accessAnalyzer) add('Access Analyzer', () => analyzerActs(making, region))
      if (on.config) add('Config', () => recorderActs(making, region))
      if (on.guardDuty) add('GuardDuty', () => watcherActs(making, watchers.guardDuty, region))
      if (on.securityHub) add('Security Hub', () => watcherActs(making, watchers.securityHub, region))
    }
    return actsOfParts(making, parts, 'Something is not watched yet; everything else is.', role)
  },
}

/** The account is in the trail of its organization on its own; that can take a while to be seen. */
async function trailActs(making: Making): Promise<readonly Act[]> {
  const { callers } = making
  const isIn = async (): Promise<boolean> => {
    const { trailList = [] } = await callers.call(memberOf(making), 'cloudtrail', 'DescribeTrails', {})
    return trailList.some(({ IsOrganizationTrail, IsMultiRegionTrail }) => IsOrganizationTrail && IsMultiRegionTrail)
  }
  if (await isIn()) return []
  return [
    act('cloudtrail:DescribeTrails, until it is in the trail of the organization', async () => {
      if (await callers.until(isIn, 60_000)) return
      throw new StepError('The account is not in a trail of the organization yet.')
    }),
  ]
}

async function analyzerActs(making: Making, region: string): Promise<readonly Act[]> {
  const { callers } = making
  const who = memberOf(making)
  const { analyzers = [] } = await callers.call(who, 'accessanalyzer', 'ListAnalyzers', { type: 'ACCOUNT' }, region)
  if (analyzers.length > 0) return []
  return [
    act(`accessanalyzer:CreateAnalyzer ${analyzerName} in ${region}`, () =>
      unlessThere(
        callers.call(who, 'accessanalyzer', 'CreateAnalyzer', { analyzerName, type: 'ACCOUNT' }, region),
        'ConflictException',
        'ServiceQuotaExceededException',
      ),
    ),
  ]
}

function recorderRole({ journal }: Making): string {
  return `arn:aws:iam::${journal.accountId}:role/aws-service-role/${configPrincipal}/AWSServiceRoleForConfig`
}

async function roleActs(making: Making): Promise<readonly Act[]> {
  const { callers } = making
  const who = memberOf(making)
  const roles = await callers.call(who, 'iam', 'ListRoles', { PathPrefix: `/aws-service-role/${configPrincipal}/` })
  if ((roles.Roles ?? []).length > 0) return []
  return [
    act(`iam:CreateServiceLinkedRole ${configPrincipal}`, () =>
      // That it is there already is answered like anything that is wrong with the request.
      unlessThere(callers.call(who, 'iam', 'CreateServiceLinkedRole', { AWSServiceName: configPrincipal }), 'InvalidInput'),
    ),
  ]
}

/** A recorder that somebody has set up stays as it is. */
async function recorderActs(making: Making, region: string): Promise<readonly Act[]> {
  const { callers, journal } = making
  const who = memberOf(making)
  const { ConfigurationRecordersStatus: recorders = [] } = await callers.call(
    who,
    'config',
    'DescribeConfigurationRecorderStatus',
    {},
    region,
  )
  if (recorders[0]?.recording) return []
  const name = recorders[0]?.name ?? 'default'
  const acts: Act[] = []
  // What belongs to no region is recorded once.
  const recordingGroup = { allSupported: true, includeGlobalResourceTypes: region === journal.request.region }
  if (recorders.length === 0)
    acts.push(
      act(`config:PutConfigurationRecorder in ${region}`, () =>
        whenSeen(making, 'The recorder cannot be made', ['InvalidRoleException'], () => {
          const ConfigurationRecorder = { name, roleARN: recorderRole(making), recordingGroup }
          return callers.call(who, 'config', 'PutConfigurationRecorder', { ConfigurationRecorder }, region)
        }),
      ),
    )
  const { DeliveryChannels = [] } = await callers.call(who, 'config', 'DescribeDeliveryChannels', {}, region)
  const s3BucketName = logBucketOf(making).bucket
  if (DeliveryChannels.length === 0)
    acts.push(
      act(`config:PutDeliveryChannel to ${s3BucketName} in ${region}`, () =>
        whenSeen(
          making,
          'The recorder has no place for its records',
          ['NoSuchBucketException', 'InsufficientDeliveryPolicyException'],
          () => callers.call(who, 'config', 'PutDeliveryChannel', { DeliveryChannel: { name: 'default', s3BucketName } }, region),
        ),
      ),
    )
  acts.push(
    act(`config:StartConfigurationRecorder in ${region} ($)`, () =>
      callers.call(who, 'config', 'StartConfigurationRecorder', { ConfigurationRecorderName: name }, region),
    ),
  )
  return acts
}
