import { type Act, act, hubOf, type Making, type Step, unlessThere } from './step.ts'

/** Services that are let into the organization and administered for all regions at once. GuardDuty and Security Hub see to that themselves, region by region. */
export function principalsOf({ organization: { detection } }: Pick<Making, 'organization'>): readonly string[] {
  return [
    ...(detection.trail ? ['cloudtrail.amazonaws.com'] : []),
    ...(detection.accessAnalyzer ? ['access-analyzer.amazonaws.com'] : []),
    ...(detection.config ? ['config.amazonaws.com'] : []),
  ]
}

export const delegates: Step = {
  name: 'delegates',
  title: 'the hub administers what watches the accounts, so that nobody needs the management account for it',
  usually: (making) => principalsOf(making).map((principal) => `organizations:RegisterDelegatedAdministrator ${principal}, the first time`),
  inside: true,
  canWait: true,
  async probe(making) {
    const { callers } = making
    const { id } = hubOf(making)
    const acts: Act[] = []
    // The management account is none's delegate.
    if (id === making.organization.management.id) return acts
    for (const ServicePrincipal of principalsOf(making)) {
      const { DelegatedAdministrators = [] } = await callers.call('management', 'organizations', 'ListDelegatedAdministrators', {
        ServicePrincipal,
      })
      // Whom the team has chosen before stays.
      if (DelegatedAdministrators.length === 0) acts.push(delegateAct(making, id, ServicePrincipal))
    }
    return acts
  },
}

function delegateAct({ callers }: Making, account: string, principal: string): Act {
  // CloudTrail wants to be asked itself.
  if (principal === 'cloudtrail.amazonaws.com')
    return act(`cloudtrail:RegisterOrganizationDelegatedAdmin ${account}`, () =>
      unlessThere(
        callers.call('management', 'cloudtrail', 'RegisterOrganizationDelegatedAdmin', { MemberAccountId: account }),
        'AccountRegisteredException',
      ),
    )
  return act(`organizations:RegisterDelegatedAdministrator ${account} ${principal}`, () =>
    unlessThere(
      callers.call('management', 'organizations', 'RegisterDelegatedAdministrator', { AccountId: account, ServicePrincipal: principal }),
      'AccountAlreadyRegisteredException',
    ),
  )
}
