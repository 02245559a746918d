import { isAwsError } from '../../aws/index.ts'
import type { Caller } from './callers.ts'
import { type Act, act, hubOf, ifThere, type Making, StepError, unlessThere } from './step.ts'

/** How long an account that was just made the administrator of a service may take to be let act as such. */
const longestDelegationMs = 120_000

/** What GuardDuty and Security Hub have in common: an administrator in each region, chosen by the management account, and its members. */
interface Watcher {
  readonly name: 'guardduty' | 'securityhub'
  /** The administrator, as far as there is one. */
  administrator(making: Making, region: string): Promise<string | undefined>
  /** Makes an account the administrator. */
  designate(making: Making, account: string, region: string): Promise<unknown>
  /** Calls that are missing until the service is at work in an account; it is what members need an administrator to have. */
  enableActs(making: Making, who: Caller, region: string): Promise<readonly Act[]>
  /** How the administrator finds the account; undefined: it is none of its members. */
  status(making: Making, who: Caller, region: string): Promise<string | undefined>
  /** Takes the account as a member. @returns why not, in AWS's words */
  take(making: Making, who: Caller, region: string): Promise<string | undefined>
  /** Lets the account go. */
  dismiss(making: Making, who: Caller, region: string): Promise<void>
}

/** What the service says while an administrator is not known to be one. */
const notReady = ['BadRequestException', 'InvalidAccessException', 'ResourceNotFoundException']

const guardDuty: Watcher = {
  name: 'guardduty',
  async administrator({ callers }, region) {
    const { AdminAccounts = [] } = await callers.call('management', 'guardduty', 'ListOrganizationAdminAccounts', {}, region)
    return AdminAccounts.find(({ AdminStatus }) => AdminStatus === 'ENABLED')?.AdminAccountId
  },
  designate: ({ callers }, AdminAccountId, region) =>
    callers.call('management', 'guardduty', 'EnableOrganizationAdminAccount', { AdminAccountId }, region),
  async enableActs({ callers }, who, region) {
    const find = async () => (await callers.call(who, 'guardduty', 'ListDetectors', {}, region)).DetectorIds?.[0]
    if ((await find()) !== undefined) return []
    return [
      act(`guardduty:CreateDetector of the hub in ${region} ($)`, async () => {
        // Being made the administrator gives an account a detector, too.
        if ((await find()) !== undefined) return
        const create = callers.call(who, 'guardduty', 'CreateDetector', { Enable: true }, region)
        await create.catch(async (error: unknown) => {
          if (!isAwsError(error, 'BadRequestException') || (await find()) === undefined) throw error
        })
      }),
    ]
  },
  async status(making, who, region) {
    const { callers, journal } = making
    const DetectorId = await detectorOf(making, who, region)
    if (DetectorId === undefined) return undefined
    const input = { DetectorId, AccountIds: [journal.accountId!] }
    return (await callers.call(who, 'guardduty', 'GetMembers', input, region)).Members?.[0]?.RelationshipStatus
  },
  async take(making, who, region) {
    const { callers, journal } = making
    const DetectorId = await detectorOf(making, who, region)
    const AccountDetails = [{ AccountId: journal.accountId!, Email: journal.request.email }]
    const { UnprocessedAccounts = [] } = await callers.call(
      who,
      'guardduty',
      'CreateMembers',
      { DetectorId: DetectorId!, AccountDetails },
      region,
    )
    return UnprocessedAccounts[0]?.Result
  },
  async dismiss(making, who, region) {
    const { callers, journal } = making
    const input = { DetectorId: (await detectorOf(making, who, region))!, AccountIds: [journal.accountId!] }
    await callers.call(who, 'guardduty', 'DisassociateMembers', input, region)
    await callers.call(who, 'guardduty', 'DeleteMembers', input, region)
  },
}

async function detectorOf({ callers }: Making, who: Caller, region: string): Promise<string | undefined> {
  return (await callers.call(who, 'guardduty', 'ListDetectors', {}, region)).DetectorIds?.[0]
}

const securityHub: Watcher = {
  name: 'securityhub',
  async administrator({ callers }, region) {
    const { AdminAccounts = [] } = await callers.call('management', 'securityhub', 'ListOrganizationAdminAccounts', {}, region)
    return AdminAccounts.find(({ Status }) => Status === 'ENABLED')?.AccountId
  },
  designate: ({ callers }, AdminAccountId, region) =>
    callers.call('management', 'securityhub', 'EnableOrganizationAdminAccount', { AdminAccountId }, region),
  async enableActs({ callers }, who, region) {
    if (
      (await ifThere(
        callers.call(who, 'securityhub', 'DescribeHub', {}, region),
        'InvalidAccessException',
        'ResourceNotFoundException',
      )) !== undefined
    )
      return []
    return [
      act(`securityhub:EnableSecurityHub of the hub in ${region} ($)`, () =>
        unlessThere(
          callers.call(who, 'securityhub', 'EnableSecurityHub', { EnableDefaultStandards: true }, region),
          'ResourceConflictException',
        ),
      ),
    ]
  },
  async status({ callers, journal }, who, region) {
    const input = { AccountIds: [journal.accountId!] }
    return (await callers.call(who, 'securityhub', 'GetMembers', input, region)).Members?.[0]?.MemberStatus
  },
  async take({ callers, journal }, who, region) {
    const AccountDetails = [{ AccountId: journal.accountId!, Email: journal.request.email }]
    const { UnprocessedAccounts = [] } = await callers.call(who, 'securityhub', 'CreateMembers', { AccountDetails }, region)
    return UnprocessedAccounts[0]?.ProcessingResult
  },
  async dismiss({ callers, journal }, who, region) {
    const input = { AccountIds: [journal.accountId!] }
    await callers.call(who, 'securityhub', 'DisassociateMembers', input, region)
    await callers.call(who, 'securityhub', 'DeleteMembers', input, region)
  },
}

export const watchers = { guardDuty, securityHub } as const

/** What is missing until a service watches the account in a region, by way of the account that administers it. */
export async function watcherActs(making: Making, watcher: Watcher, region: string): Promise<readonly Act[]> {
  const { callers, journal, organization } = making
  const { name } = watcher
  const hub = hubOf(making)
  const chosen = await watcher.administrator(making, region)
  // Whom the team has chosen before stays, and is entered like any other member.
  const who: Caller = chosen === undefined ? hub.who : chosen === organization.management.id ? 'management' : { member: chosen }
  const acts: Act[] = []
  if (chosen === undefined)
    acts.push(
      act(`${name}:EnableOrganizationAdminAccount ${hub.id} in ${region}`, () =>
        callers.alone(() => watcher.designate(making, hub.id, region)),
      ),
    )
  const enabling = await watcher.enableActs(making, who, region)
  acts.push(...enabling)
  if ((chosen ?? hub.id) === journal.accountId) return acts
  const status = acts.length > 0 ? undefined : await watcher.status(making, who, region).catch(whileNotReady)
  if (isEnabled(status)) return []
  return [...acts, act(`${name}:CreateMembers ${journal.accountId} in ${region} ($)`, () => takeMember(making, watcher, who, region))]
}

const isEnabled = (status: string | undefined): boolean => status?.toLowerCase() === 'enabled'

function whileNotReady(error: unknown): undefined {
  if (!isAwsError(error, ...notReady)) throw error
  return undefined
}

async function takeMember(making: Making, watcher: Watcher, who: Caller, region: string): Promise<void> {
  let refused: string | undefined
  const isTaken = await making.callers.until(async () => {
    try {
      const status = await watcher.status(making, who, region)
      if (isEnabled(status)) return true
      // A member that is being made one is waited for; taken twice it would be refused.
      if (status?.toLowerCase() === 'created') return false
      refused = await watcher.take(making, who, region)
      return false
    } catch (error) {
      if (!isAwsError(error, ...notReady)) throw error
      refused = error.message
      return false
    }
  }, longestDelegationMs)
  if (!isTaken) throw new StepError(`The account is not taken as a member: ${refused ?? 'that takes longer than usual.'}`)
}

/** What is left until nobody watches the account in a region any more. Nothing where nobody could. */
export async function dismissActs(making: Making, watcher: Watcher, region: string): Promise<readonly Act[]> {
  const { journal, organization } = making
  const chosen = await watcher.administrator(making, region)
  if (chosen === undefined || chosen === journal.accountId) return []
  const who: Caller = chosen === organization.management.id ? 'management' : { member: chosen }
  if ((await watcher.status(making, who, region).catch(whileNotReady)) === undefined) return []
  return [act(`${watcher.name}:DeleteMembers ${journal.accountId} in ${region}`, () => watcher.dismiss(making, who, region))]
}
