import type * as Orgs from '@aws-sdk/client-organizations'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { members } from '../../seed/registry.ts'
import { iam } from '../iam/index.ts'
import {
  type AccountRow,
  allowEverything,
  arnOf,
  findAccount,
  isParent,
  managed,
  type OrganizationRow,
  type RequestRow,
  rows,
} from './rows.ts'
import { putTags } from './tags.ts'

/** How many accounts an organization may have, until AWS is asked for more. */
const accountQuota = 10
/** How long AWS takes to make an account, and then until its role can be assumed, in seconds. */
const creationSeconds = 30
const roleSeconds = 20
/** How long it takes at most until a new account can see its costs. */
const billingSeconds = 86_400
/** How long it takes to close one, and over how many days closed ones are counted. */
const closureSeconds = 120
const closureDays = 30

function described(organization: OrganizationRow, row: AccountRow): Orgs.Account {
  return {
    Id: row.id,
    Arn: arnOf(organization, 'account', row.id),
    Email: row.email,
    Name: row.name,
    Status: row.status,
    JoinedMethod: row.method,
    JoinedTimestamp: row.joined,
  }
}

function statusOf(row: RequestRow): Orgs.CreateAccountStatus {
  return {
    Id: row.id,
    AccountName: row.name,
    State: row.state,
    RequestedTimestamp: row.requested,
    CompletedTimestamp: row.completed,
    AccountId: row.account,
    FailureReason: row.failure as Orgs.CreateAccountFailureReason | undefined,
  }
}

function accountsOf(call: Call, organization: OrganizationRow): readonly AccountRow[] {
  return [...rows(call, 'accounts').values()].filter((row) => row.management === organization.id)
}

/** Twelve digits that no account of the sandbox has. */
function newAccountId(call: Call): string {
  for (;;) {
    const bytes = [...call.newBytes(), ...call.newBytes()]
    const id = `5${bytes
      .slice(0, 11)
      .map((byte) => byte % 10)
      .join('')}`
    if (rows(call, 'accounts').get(id) === undefined) return id
  }
}

export const accountOperations = {
  CreateAccount(input: Orgs.CreateAccountRequest, call: Call): Orgs.CreateAccountResponse {
    const organization = managed(call)
    const email = input.Email!
    const name = input.AccountName!
    if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email) || email.length > 64)
      throw new AwsError('InvalidInputException', 'You specified an invalid email address.')
    const pending = [...rows(call, 'requests').values()].filter((row) => row.management === organization.id && row.state === 'IN_PROGRESS')
    if (accountsOf(call, organization).length + pending.length >= accountQuota)
      throw new AwsError('ConstraintViolationException', 'You have exceeded the allowed number of AWS accounts.', 400, {
        Reason: 'ACCOUNT_NUMBER_LIMIT_EXCEEDED',
      })
    const id = `car-${Buffer.concat([call.newBytes(), call.newBytes()]).subarray(0, 16).toString('hex')}`
    const row = rows(call, 'requests').put({
      id,
      management: organization.id,
      name,
      email,
      roleName: input.RoleName ?? 'OrganizationAccountAccessRole',
      state: 'IN_PROGRESS',
      requested: call.now,
      tags: (input.Tags ?? []).map(({ Key, Value }) => ({ Key: Key!, Value: Value ?? '' })),
    })
    call.later(creationSeconds, 'created', id)
    return { CreateAccountStatus: statusOf(row) }
  },

  DescribeCreateAccountStatus(input: Orgs.DescribeCreateAccountStatusRequest, call: Call): Orgs.DescribeCreateAccountStatusResponse {
    const row = rows(call, 'requests').get(input.CreateAccountRequestId!)
    if (row?.management !== managed(call).id)
      throw new AwsError('CreateAccountStatusNotFoundException', "We can't find a create account request with the specified ID.")
    return { CreateAccountStatus: statusOf(row) }
  },

  ListCreateAccountStatus(input: Orgs.ListCreateAccountStatusRequest, call: Call): Orgs.ListCreateAccountStatusResponse {
    const { id } = managed(call)
    const all = [...rows(call, 'requests').values()].filter(
      (row) => row.management === id && (input.States === undefined || input.States.length === 0 || input.States.includes(row.state)),
    )
    const { items, nextToken } = pageOf(call, all, input.NextToken, input.MaxResults ?? 20, 'InvalidInputException')
    return { CreateAccountStatuses: items.map(statusOf), NextToken: nextToken }
  },

  DescribeAccount(input: Orgs.DescribeAccountRequest, call: Call): Orgs.DescribeAccountResponse {
    const organization = managed(call)
    return { Account: described(organization, findAccount(call, organization, input.AccountId)) }
  },

  ListAccounts(input: Orgs.ListAccountsRequest, call: Call): Orgs.ListAccountsResponse {
    const organization = managed(call)
    const { items, nextToken } = pageOf(
      call,
      accountsOf(call, organization),
      input.NextToken,
      input.MaxResults ?? 20,
      'InvalidInputException',
    )
    return { Accounts: items.map((row) => described(organization, row)), NextToken: nextToken }
  },

  ListAccountsForParent(input: Orgs.ListAccountsForParentRequest, call: Call): Orgs.ListAccountsForParentResponse {
    const organization = managed(call)
    if (!isParent(call, organization, input.ParentId))
      throw new AwsError('ParentNotFoundException', "You specified parent that doesn't exist.")
    const all = accountsOf(call, organization).filter((row) => row.parent === input.ParentId)
    const { items, nextToken } = pageOf(call, all, input.NextToken, input.MaxResults ?? 20, 'InvalidInputException')
    return { Accounts: items.map((row) => described(organization, row)), NextToken: nextToken }
  },

  CloseAccount(input: Orgs.CloseAccountRequest, call: Call): object {
    const organization = managed(call)
    const account = findAccount(call, organization, input.AccountId)
    if (account.id === organization.id)
      throw new AwsError('ConstraintViolationException', 'You attempted to close the management account.', 400, {
        Reason: 'CANNOT_CLOSE_MANAGEMENT_ACCOUNT',
      })
    if (account.status === 'SUSPENDED') throw new AwsError('AccountAlreadyClosedException', 'The account is already closed.')
    if (account.status === 'PENDING_CLOSURE') throw new AwsError('ConflictException', 'The account is already being closed.', 409)
    const all = accountsOf(call, organization)
    const since = call.now.getTime() - closureDays * 86_400_000
    const closed = all.filter((row) => row.closed !== undefined && row.closed.getTime() > since)
    if (closed.length >= Math.min(1000, Math.max(10, Math.floor(all.length / 10))))
      throw new AwsError('ConstraintViolationException', 'You have exceeded close account quota for the past 30 days.', 400, {
        Reason: 'CLOSE_ACCOUNT_QUOTA_EXCEEDED',
      })
    rows(call, 'accounts').patch(account.id, { status: 'PENDING_CLOSURE', closed: call.now })
    call.later(closureSeconds, 'closed', account.id)
    return {}
  },
}

/** What becomes of requests for accounts. */
export const accountEvents = {
  created(requestId: string, call: Call): void {
    const request = rows(call, 'requests').get(requestId)
    if (request === undefined || request.state !== 'IN_PROGRESS') return
    if ([...rows(call, 'accounts').values()].some((row) => row.email.toLowerCase() === request.email.toLowerCase())) {
      rows(call, 'requests').patch(requestId, { state: 'FAILED', failure: 'EMAIL_ALREADY_EXISTS', completed: call.now })
      return
    }
    const organization = rows(call, 'organizations').get(request.management)!
    const id = newAccountId(call)
    rows(call, 'accounts').put({
      id,
      management: organization.id,
      name: request.name,
      email: request.email,
      parent: organization.rootId,
      joined: call.now,
      method: 'CREATED',
      status: 'ACTIVE',
      isBilled: false,
    })
    call.later(billingSeconds, 'billed', id)
    putTags(call, id, request.tags)
    allowEverything(call, organization, id)
    call.kernel.accounts.seed({ id, name: request.name, email: request.email })
    // From now on its roles are those that it has.
    members(call.kernel).put({ id, name: request.name, email: request.email, management: organization.id, done: [] })
    rows(call, 'requests').patch(requestId, { state: 'SUCCEEDED', account: id, completed: call.now })
    call.later(roleSeconds, 'entered', requestId)
  },

  billed(id: string, call: Call): void {
    const { isBilled: _, ...row } = rows(call, 'accounts').get(id)!
    rows(call, 'accounts').put(row)
  },

  closed(id: string, call: Call): void {
    rows(call, 'accounts').patch(id, { status: 'SUSPENDED' })
  },

  /** The management account can get in. */
  entered(requestId: string, call: Call): void {
    const { account, roleName, management } = rows(call, 'requests').get(requestId)!
    const root = { account: account!, arn: `arn:aws:iam::${account}:root`, userId: account!, accessKeyId: '' }
    const trust = {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${management}:root` }, Action: 'sts:AssumeRole' }],
    }
    const run = (operation: string, input: object): void => {
      iam.operations[operation]!(input, call.kernel.call(iam, operation, root, 'us-east-1'))
    }
    run('CreateRole', { RoleName: roleName, AssumeRolePolicyDocument: JSON.stringify(trust) })
    run('AttachRolePolicy', { RoleName: roleName, PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' })
  },
}
