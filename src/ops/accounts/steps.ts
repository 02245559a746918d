import { isAwsError } from '../../aws/index.ts'
import { budget } from './budget.ts'
import { entryRole } from './callers.ts'
import { delegates } from './delegates.ts'
import { detection } from './detection.ts'
import { contacts, guardRails, identity } from './guard-rails.ts'
import { organization } from './organization-floor.ts'
import { hold, release } from './placement.ts'
import { isRegistered, register } from './register.ts'
import { oidc, roles } from './roles.ts'
import { type Act, ifThere, type Making, memberOf, ownTag, type Step, StepError, unlessThere } from './step.ts'
import { store } from './store.ts'
import { trail } from './trail.ts'

interface KnownAccount {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly status: string
}

async function accountsOf({ callers }: Making): Promise<readonly KnownAccount[]> {
  const all: KnownAccount[] = []
  let NextToken: string | undefined
  do {
    const page = await callers.call('management', 'organizations', 'ListAccounts', { NextToken })
    for (const { Id, Name, Email, Status } of page.Accounts ?? []) all.push({ id: Id!, name: Name!, email: Email!, status: Status! })
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  return all
}

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

const request: Step = {
  name: 'request',
  title: 'the request can be met',
  usually: () => [],
  async probe(making) {
    const { callers, organization, journal } = making
    const { name, email } = journal.request
    const found = await ifThere(
      callers.call('management', 'organizations', 'DescribeOrganization', {}),
      'AWSOrganizationsNotInUseException',
    )
    if (found === undefined) {
      if (!making.adopt)
        throw new StepError(
          `The account ${organization.management.name} (${organization.management.id}) has no organization. Begin with the account that people log in to:\n    make bootstrap ACCOUNT=${organization.hub.name} EMAIL=... ADOPT=1`,
        )
      return [
        {
          text: 'organizations:CreateOrganization',
          run: () =>
            unlessThere(
              callers.call('management', 'organizations', 'CreateOrganization', { FeatureSet: 'ALL' }),
              'AlreadyInOrganizationException',
            ),
        },
      ]
    }
    const { MasterAccountId: management } = found.Organization!
    if (management !== organization.management.id)
      throw new StepError(
        `The organization is managed by the account ${management}, but environments/accounts.ts says ${organization.management.id}. Correct "management" there, or log in to the other organization.`,
      )
    const others = (await accountsOf(making)).filter((account) => account.id !== journal.accountId)
    const same = others.find((account) => isSame(account.email, email))
    if (same !== undefined && same.name !== name)
      throw new StepError(`The e-mail address ${email} belongs to the account ${same.name} (${same.id}). Use another one.`)
    if (same !== undefined && same.status !== 'ACTIVE')
      throw new StepError(
        `The account ${same.name} (${same.id}) with this e-mail address has been closed; its status is ${same.status}. Use another address: AWS does not give it free again.`,
      )
    return []
  },
}

const create: Step = {
  name: 'create',
  title: 'the account exists',
  usually: () => ['organizations:CreateAccount', 'organizations:DescribeCreateAccountStatus, until it has been made'],
  async probe(making) {
    const { callers, journal } = making
    const { name, email } = journal.request
    if (journal.accountId !== undefined) return []
    const existing = (await accountsOf(making)).find((account) => isSame(account.email, email))
    if (existing !== undefined) {
      // Made by an earlier run that could not write it down.
      await making.note({ accountId: existing.id })
      return []
    }
    const wait: Act = { text: 'organizations:DescribeCreateAccountStatus, until it has been made', run: () => waitForAccount(making) }
    if ((journal.requestId ?? (await runningRequest(making))) !== undefined) return [wait]
    return [
      {
        text: `organizations:CreateAccount ${name} ${email}`,
        async run() {
          const { CreateAccountStatus } = await callers
            .call('management', 'organizations', 'CreateAccount', {
              Email: email,
              AccountName: name,
              RoleName: entryRole,
              IamUserAccessToBilling: 'ALLOW',
              Tags: [ownTag],
            })
            .catch(explainRefusal)
          await making.note({ requestId: CreateAccountStatus!.Id! })
        },
      },
      wait,
    ]
  },
}

/** A request for this account that an earlier run has made without being able to write it down. Two with one name are never under way at once. */
async function runningRequest(making: Making): Promise<string | undefined> {
  const { callers, journal } = making
  let NextToken: string | undefined
  do {
    const page = await callers.call('management', 'organizations', 'ListCreateAccountStatus', { States: ['IN_PROGRESS'], NextToken })
    const found = page.CreateAccountStatuses?.find((status) => status.AccountName === journal.request.name)
    if (found?.Id !== undefined) {
      await making.note({ requestId: found.Id })
      return found.Id
    }
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  return undefined
}

async function waitForAccount(making: Making): Promise<void> {
  const { callers } = making
  const done = await callers.until(async () => {
    const { CreateAccountStatus: status } = await callers.call('management', 'organizations', 'DescribeCreateAccountStatus', {
      CreateAccountRequestId: making.journal.requestId!,
    })
    if (status?.State === 'FAILED') {
      // The next run begins anew.
      await making.note({ requestId: undefined })
      throw new StepError(failureAdvice(status.FailureReason ?? 'unknown', making.journal.request.email))
    }
    if (status?.State !== 'SUCCEEDED') return false
    await making.note({ accountId: status.AccountId! })
    return true
  })
  if (!done)
    throw new StepError(
      'AWS is still making the account. That can take long on a new organization; go on later with "landform account resume".',
    )
}

function failureAdvice(reason: string, email: string): string {
  const advice: Readonly<Record<string, string>> = {
    ACCOUNT_LIMIT_EXCEEDED:
      'The organization has as many accounts as it may have. Ask for more in Service Quotas, in the management account.',
    EMAIL_ALREADY_EXISTS: `The e-mail address ${email} is the one of another AWS account, which may be outside of this organization. Use another address.`,
    INVALID_EMAIL: `AWS does not accept the e-mail address ${email}.`,
    INVALID_ADDRESS: 'The address of the management account is not complete. Correct it in the billing console.',
    CONCURRENT_ACCOUNT_MODIFICATION: 'Another account was being made at the same time. Run the command again.',
    INTERNAL_FAILURE: 'AWS says that it failed itself. Run the command again; if that does not help, ask AWS Support.',
    PENDING_BUSINESS_VALIDATION: 'AWS is still checking the business of the management account. Try again when that has ended.',
    MISSING_PAYMENT_INSTRUMENT: 'The management account has no valid way to pay. Add one in the billing console.',
  }
  return `AWS did not make the account: ${reason}. ${advice[reason] ?? 'See the documentation of CreateAccount.'}`
}

function explainRefusal(error: unknown): never {
  if (isAwsError(error, 'ConstraintViolationException'))
    throw new StepError(`AWS refuses another account: ${error.apiMessage} Ask for more in Service Quotas, in the management account.`)
  throw error
}

const enter: Step = {
  name: 'enter',
  title: 'the account can be entered',
  usually: () => [`sts:AssumeRole ${entryRole}, until that is possible`],
  inside: true,
  async probe(making) {
    const { callers, journal } = making
    const isInside = async (): Promise<boolean> => {
      try {
        return (await callers.call(memberOf(making), 'sts', 'GetCallerIdentity', {})).Account === journal.accountId
      } catch (error) {
        if (!isAwsError(error, 'AccessDenied', 'AccessDeniedException', 'InvalidClientTokenId', 'OptInRequired', 'PendingVerification'))
          throw error
        callers.forget(journal.accountId!)
        return false
      }
    }
    if (await isInside()) return []
    return [
      {
        text: `sts:AssumeRole ${entryRole}, until that is possible`,
        async run() {
          if (await callers.until(isInside)) return
          throw new StepError(
            `The account ${journal.accountId} exists, but its role ${entryRole} cannot be assumed. An account that was invited has no such role: make one in it that trusts ${making.organization.management.id} and may do everything, then go on with "landform account resume ${journal.request.name}".`,
          )
        },
      },
    ]
  },
}

const registry: Step = {
  name: 'register',
  title: 'it stands in environments/accounts.ts and has an environment',
  usually: ({ journal }) => ['environments/accounts.ts: an entry', `environments/${journal.request.name}.ts: an environment`],
  inside: true,
  async probe({ journal, registration }) {
    if (isRegistered(registration, journal)) return []
    return [
      {
        text: `environments/accounts.ts and environments/${journal.request.name}.ts`,
        run: async () => register(registration, journal),
      },
    ]
  },
}

/** In the order in which they are taken. */
export const steps: readonly Step[] = [
  request,
  organization,
  create,
  enter,
  hold,
  oidc,
  roles,
  store,
  trail,
  delegates,
  identity,
  contacts,
  guardRails,
  detection,
  budget,
  registry,
  release,
]
