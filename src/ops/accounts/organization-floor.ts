import { type Act, act, ifThere, type Step, StepError, unlessThere } from './step.ts'

const policyType = 'SERVICE_CONTROL_POLICY'
const iamService = 'iam.amazonaws.com'

/** What an organization needs once, before an account of it can be kept apart and has no root credentials. */
export const organization: Step = {
  name: 'organization',
  title: 'the organization can hold its accounts to rules, and manages their root users',
  usually: [`organizations:EnablePolicyType ${policyType}`, 'iam:EnableOrganizationsRootCredentialsManagement'],
  async probe({ callers }) {
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
    return acts
  },
}
