import { bucketActs, onlyOverTls } from './bucket.ts'
import { roleActs } from './roles.ts'
import { type Act, act, ifThere, isSameJson, type Making, memberOf, type Step, StepError } from './step.ts'

export const store: Step = {
  name: 'store',
  title: 'its states have a place',
  usually: () => ['s3:HeadBucket'],
  inside: true,
  async probe(making) {
    if (making.adopt) return ownStoreActs(making)
    const { callers, organization } = making
    const { bucket } = organization.store
    const session = await callers.store()
    try {
      await callers.attempt('s3:HeadBucket', () => session.call('s3', 'HeadBucket', { Bucket: bucket }))
      return []
    } catch (error) {
      throw new StepError(
        `The states of all accounts are kept in the bucket ${bucket} of ${organization.store.account.name}, which cannot be reached: ${(error as Error).message}\n\nTo make it:\n    make state`,
      )
    }
  },
}

/** The account is the one that keeps the states: a bucket in it, and the role that reads and writes there. */
async function ownStoreActs(making: Making): Promise<readonly Act[]> {
  const { callers, organization, journal } = making
  const who = memberOf(making)
  const { bucket: Bucket, region, role } = organization.store
  const acts: Act[] = [
    ...(await bucketActs(callers, {
      who,
      owner: who.member,
      bucket: Bucket,
      region,
      taken: 'Give the store another name in environments/accounts.ts.',
      // A policy that somebody has given it stays.
      policy: (present) => (present === undefined ? [onlyOverTls(Bucket)] : undefined),
    })),
  ]
  const trust = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${journal.accountId}:root` }, Action: 'sts:AssumeRole' }],
  })
  acts.push(...(await roleActs(making, role, trust, 'Reads and writes states')))
  const policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['s3:ListBucket', 's3:GetBucketVersioning', 's3:GetBucketLocation'], Resource: `arn:aws:s3:::${Bucket}` },
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], Resource: `arn:aws:s3:::${Bucket}/*` },
    ],
  })
  const inline = await ifThere(callers.call(who, 'iam', 'GetRolePolicy', { RoleName: role, PolicyName: 'state' }), 'NoSuchEntity')
  if (!isSameJson(decodeURIComponent(inline?.PolicyDocument ?? '{}'), policy))
    acts.push(
      act(`iam:PutRolePolicy ${role}`, () =>
        callers.call(who, 'iam', 'PutRolePolicy', { RoleName: role, PolicyName: 'state', PolicyDocument: policy }),
      ),
    )
  return acts
}
