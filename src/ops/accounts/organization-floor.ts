import { principalsOf } from './delegates.ts'
import { type Act, act, ifThere, type Making, type Step, StepError, unlessThere } from './step.ts'

const policyType = 'SERVICE_CONTROL_POLICY'
const iamService = 'iam.amazonaws.com'

/** What an organization needs once, before an account of it can be kept apart and has no root credentials. */
export const organization: Step = {
  name: 'organization',
  title: 'the organization can hold its accounts to rules, manages their root users, and lets in what watches',
  usually: (making) => [
    `organizations:EnablePolicyType ${policyType}`,
    'iam:EnableOrganizationsRootCredentialsManagement',
    ...principalsOf(making).map((principal) => `organizations:EnableAWSServiceAccess ${principal}`),
  ],
  async probe(making) {
    const { callers } = making
    const { Organization } = await callers.call('management', 'organizations', 'DescribeOrganization', {})
    if (Organization?.FeatureSet !== 'ALL')
      throw new StepError(
        'The organization is for billing only. Enable all of its features in the console of AWS Organizations, in the management account; the accounts that were invited have to agree to that.',
      )
    const acts: Act[] = []
    const root = (await callers.call('management', 'organizations', 'ListRoots', {})).Roots![0]!
    if (!root.PolicyTypes?.some(({ Type, Status }) => Type === policyType && Status !== 'PENDING_DISABLE'))
      acts.push(
        act(`organizations:EnablePolicyType ${policyType}`, () =>
          unlessThere(
            callers.call('management', 'organizations', 'EnablePolicyType', { RootId: root.Id!, PolicyType: policyType }),
            'PolicyTypeAlreadyEnabledException',
          ),
        ),
      )
    // Accounts that are made from now on have a root user without credentials.
    const features = await ifThere(
      callers.call('management', 'iam', 'ListOrganizationsFeatures', {}),
      'ServiceAccessNotEnabledException',
      'ServiceAccessNotEnabled',
    )
    if (features === undefined)
      acts.push(
        act(`organizations:EnableAWSServiceAccess ${iamService}`, () =>
          callers.call('management', 'organizations', 'EnableAWSServiceAccess', { ServicePrincipal: iamService }),
        ),
      )
    if (features?.EnabledFeatures?.includes('RootCredentialsManagement') !== true)
      acts.push(
        act('iam:EnableOrganizationsRootCredentialsManagement', () =>
          callers.call('management', 'iam', 'EnableOrganizationsRootCredentialsManagement', {}),
        ),
      )
    return [...acts, ...(await trustActs(making))]
  },
}

/** What is missing until the services that watch the accounts are let into the organization. Others let themselves in. */
async function trustActs(making: Making): Promise<readonly Act[]> {
  const { callers } = making
  const wanted = principalsOf(making)
  if (wanted.length === 0) return []
  const trusted = new Set<string>()
  let NextToken: string | undefined
  do {
    const page = await callers.call('management', 'organizations', 'ListAWSServiceAccessForOrganization', { NextToken })
    for (const { ServicePrincipal } of page.EnabledServicePrincipals ?? []) trusted.add(ServicePrincipal!)
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  return wanted
    .filter((principal) => !trusted.has(principal))
    .map((ServicePrincipal) =>
      act(`organizations:EnableAWSServiceAccess ${ServicePrincipal}`, () =>
        callers.call('management', 'organizations', 'EnableAWSServiceAccess', { ServicePrincipal }),
      ),
    )
}
