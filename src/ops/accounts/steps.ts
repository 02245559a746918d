import { type AwsError, isAwsError } from '../../aws/index.ts'
import type { Organization } from '../organization.ts'
import { type Callers, entryRole } from './callers.ts'
import { defaultNetworkActs } from './default-network.ts'
import type { Journal } from './journal.ts'
import { isRegistered, type Registration, register } from './register.ts'

/** A call that is still to be made. */
export interface Act {
  /** As `plan` shows it: `organizations:CreateAccount dev aws+dev@example.com`. */
  readonly text: string
  run(): Promise<void>
}

/** What a step works with. Everything but the journal's news is as it was when the run began. */
export interface Making {
  readonly organization: Organization
  readonly callers: Callers
  readonly registration: Registration
  /** The account for the hub itself, in an organization that has none yet. */
  readonly adopt: boolean
  journal: Journal
  /** Writes down what is known now. */
  note(changes: Pick<Journal, 'requestId' | 'accountId'>): Promise<void>
}

export interface Step {
  readonly name: string
  /** What it is for, in a few words. */
  readonly title: string
  /** Looks what there is and says what is missing. Changes nothing. @throws StepError when there is no way to go on. */
  probe(making: Making): Promise<readonly Act[]>
  /** What it usually does, for a plan in which the account does not exist yet. */
  readonly usually: readonly string[]
  /** Needs the number of the account. */
  readonly inside?: boolean
}

/** Why an account cannot be made; whole sentences with the remedy. */
export class StepError extends Error {
  override readonly name = 'StepError'
}

const quarantine = 'quarantine'
const federation = 'token.actions.githubusercontent.com'

const memberOf = ({ journal }: Making): { readonly member: string } => ({ member: journal.accountId! })

/** Something that another run may have made in the meantime is as good as made. */
async function unlessThere(work: Promise<unknown>, ...codes: readonly string[]): Promise<void> {
  await work.catch((error: unknown) => {
    if (!isAwsError(error, ...codes)) throw error
  })
}

/** What there is, or undefined for what there is not. */
async function ifThere<T>(work: Promise<T>, ...codes: readonly string[]): Promise<T | undefined> {
  return work.catch((error: unknown) => {
    if (isAwsError(error, ...codes)) return undefined
    throw error
  })
}

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
  usually: [],
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
  usually: ['organizations:CreateAccount', 'organizations:DescribeCreateAccountStatus, until it has been made'],
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
              Tags: [{ Key: 'ManagedBy', Value: 'landform' }],
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
  usually: [`sts:AssumeRole ${entryRole}, until that is possible`],
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

/** The unit of a name below the root; undefined when there is none. */
async function findUnit({ callers }: Making, root: string, name: string): Promise<string | undefined> {
  let NextToken: string | undefined
  do {
    const page = await callers.call('management', 'organizations', 'ListOrganizationalUnitsForParent', { ParentId: root, NextToken })
    const found = page.OrganizationalUnits?.find((unit) => unit.Name === name)
    if (found !== undefined) return found.Id
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  return undefined
}

/** What is missing until the account is in a unit; nothing when it is in one of the others named. */
async function moveActs(making: Making, name: string, orIn: readonly string[]): Promise<readonly Act[]> {
  const { callers, journal } = making
  const root = (await callers.call('management', 'organizations', 'ListRoots', {})).Roots![0]!.Id!
  const parent = (await callers.call('management', 'organizations', 'ListParents', { ChildId: journal.accountId! })).Parents![0]!.Id!
  for (const unit of [name, ...orIn]) if ((await findUnit(making, root, unit)) === parent) return []
  const acts: Act[] = []
  if ((await findUnit(making, root, name)) === undefined)
    acts.push({
      text: `organizations:CreateOrganizationalUnit ${name}`,
      run: () =>
        unlessThere(
          callers.call('management', 'organizations', 'CreateOrganizationalUnit', { ParentId: root, Name: name }),
          'DuplicateOrganizationalUnitException',
        ),
    })
  acts.push({
    text: `organizations:MoveAccount to ${name}`,
    async run() {
      // A unit that was just made is not known everywhere at once.
      const moved = await callers.until(async () => {
        const to = await findUnit(making, root, name)
        if (to === undefined) return false
        const move = { AccountId: journal.accountId!, SourceParentId: parent, DestinationParentId: to }
        try {
          await unlessThere(
            callers.call('management', 'organizations', 'MoveAccount', move),
            'DuplicateAccountException',
            'SourceParentNotFoundException',
          )
          return true
        } catch (error) {
          if (isAwsError(error, 'DestinationParentNotFoundException')) return false
          throw error
        }
      })
      if (!moved) throw new StepError(`The account cannot be moved to the unit ${name}. Look at the organization, then resume.`)
    },
  })
  return acts
}

const hold: Step = {
  name: 'hold',
  title: `the account is in the unit ${quarantine} until it is ready`,
  usually: [`organizations:MoveAccount to ${quarantine}`],
  inside: true,
  probe: (making) => moveActs(making, quarantine, [making.journal.request.unit]),
}

const oidc: Step = {
  name: 'oidc',
  title: 'workflows on GitHub are known to the account',
  usually: ['iam:CreateOpenIDConnectProvider'],
  inside: true,
  async probe(making) {
    const { callers, journal } = making
    if (journal.request.repository === undefined) return []
    const arn = `arn:aws:iam::${journal.accountId}:oidc-provider/${federation}`
    const who = memberOf(making)
    const found = await ifThere(callers.call(who, 'iam', 'GetOpenIDConnectProvider', { OpenIDConnectProviderArn: arn }), 'NoSuchEntity')
    if (found?.ClientIDList?.includes('sts.amazonaws.com')) return []
    if (found !== undefined)
      return [
        {
          text: 'iam:AddClientIDToOpenIDConnectProvider sts.amazonaws.com',
          run: async () => {
            await callers.call(who, 'iam', 'AddClientIDToOpenIDConnectProvider', {
              OpenIDConnectProviderArn: arn,
              ClientID: 'sts.amazonaws.com',
            })
          },
        },
      ]
    return [
      {
        text: `iam:CreateOpenIDConnectProvider ${federation}`,
        run: () =>
          unlessThere(
            callers.call(who, 'iam', 'CreateOpenIDConnectProvider', { Url: `https://${federation}`, ClientIDList: ['sts.amazonaws.com'] }),
            'EntityAlreadyExists',
          ),
      },
    ]
  },
}

interface RoleFloor {
  readonly name: string
  readonly policy: string
  readonly description: string
  /** The claim `sub` of GitHub's tokens. */
  readonly subject: string
}

function rolesOf({ journal, registration }: Making): readonly RoleFloor[] {
  const { request: asked } = journal
  return [
    {
      name: registration.roles.plan,
      policy: 'arn:aws:iam::aws:policy/ReadOnlyAccess',
      description: 'Plans are made with it',
      subject: `repo:${asked.repository}:pull_request`,
    },
    {
      name: registration.roles.apply,
      policy: 'arn:aws:iam::aws:policy/AdministratorAccess',
      description: 'Plans are applied with it',
      subject: `repo:${asked.repository}:environment:${asked.name}`,
    },
  ]
}

function trustOf({ journal, organization, adopt }: Making, subject: string): string {
  const hub = adopt ? journal.accountId! : organization.hub.id
  const statements: object[] = [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${hub}:root` }, Action: 'sts:AssumeRole' }]
  if (journal.request.repository !== undefined)
    statements.push({
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${journal.accountId}:oidc-provider/${federation}` },
      Action: 'sts:AssumeRoleWithWebIdentity',
      // Both, and as equal texts: a missing subject would let in every repository of GitHub.
      Condition: { StringEquals: { [`${federation}:aud`]: 'sts.amazonaws.com', [`${federation}:sub`]: subject } },
    })
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}

const roles: Step = {
  name: 'roles',
  title: 'there are the roles of plans and applies',
  usually: [
    'iam:CreateRole, for plans',
    'iam:AttachRolePolicy ReadOnlyAccess',
    'iam:CreateRole, for applies',
    'iam:AttachRolePolicy AdministratorAccess',
  ],
  inside: true,
  async probe(making) {
    const acts: Act[] = []
    for (const role of rolesOf(making))
      acts.push(
        ...(await roleActs(making, role.name, trustOf(making, role.subject), role.description)),
        ...(await attachActs(making, role)),
      )
    return acts
  },
}

async function roleActs(making: Making, name: string, trust: string, description: string): Promise<readonly Act[]> {
  const { callers } = making
  const who = memberOf(making)
  const found = await ifThere(callers.call(who, 'iam', 'GetRole', { RoleName: name }), 'NoSuchEntity')
  if (found === undefined) {
    const input = { RoleName: name, AssumeRolePolicyDocument: trust, Description: description, MaxSessionDuration: 43_200 }
    return [
      { text: `iam:CreateRole ${name}`, run: () => unlessThere(callers.call(who, 'iam', 'CreateRole', input), 'EntityAlreadyExists') },
    ]
  }
  const present = decodeURIComponent(found.Role!.AssumeRolePolicyDocument ?? '{}')
  if (isSameJson(present, trust)) return []
  return [
    {
      text: `iam:UpdateAssumeRolePolicy ${name}`,
      run: async () => {
        await callers.call(who, 'iam', 'UpdateAssumeRolePolicy', { RoleName: name, PolicyDocument: trust })
      },
    },
  ]
}

async function attachActs(making: Making, { name, policy }: RoleFloor): Promise<readonly Act[]> {
  const { callers } = making
  const who = memberOf(making)
  const attached = await ifThere(callers.call(who, 'iam', 'ListAttachedRolePolicies', { RoleName: name }), 'NoSuchEntity')
  if (attached?.AttachedPolicies?.some(({ PolicyArn }) => PolicyArn === policy)) return []
  return [
    {
      text: `iam:AttachRolePolicy ${name} ${policy.split('/').at(-1)}`,
      run: async () => {
        await callers.call(who, 'iam', 'AttachRolePolicy', { RoleName: name, PolicyArn: policy })
      },
    },
  ]
}

function isSameJson(a: string, b: string): boolean {
  try {
    return JSON.stringify(sorted(JSON.parse(a))) === JSON.stringify(sorted(JSON.parse(b)))
  } catch {
    return false
  }
}

/** Members of objects in order; lists of one element as that element, which is the same in policies. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 1 ? sorted(value[0]) : value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  )
}

const store: Step = {
  name: 'store',
  title: 'its states have a place',
  usually: ['s3:HeadBucket'],
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
  const act = (text: string, run: () => Promise<unknown>): Act => ({
    text,
    run: async () => {
      await run()
    },
  })
  const put = {
    bucket: act(`s3:CreateBucket ${Bucket}`, () =>
      unlessThere(
        callers.call(
          who,
          's3',
          'CreateBucket',
          { Bucket, ...(region === 'us-east-1' ? {} : { CreateBucketConfiguration: { LocationConstraint: region as never } }) },
          region,
        ),
        'BucketAlreadyOwnedByYou',
      ),
    ),
    versions: act('s3:PutBucketVersioning', () =>
      callers.call(who, 's3', 'PutBucketVersioning', { Bucket, VersioningConfiguration: { Status: 'Enabled' } }, region),
    ),
    encryption: act('s3:PutBucketEncryption', () =>
      callers.call(
        who,
        's3',
        'PutBucketEncryption',
        { Bucket, ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] } },
        region,
      ),
    ),
    block: act('s3:PutPublicAccessBlock', () =>
      callers.call(who, 's3', 'PutPublicAccessBlock', { Bucket, PublicAccessBlockConfiguration: noPublicAccess }, region),
    ),
  }
  const acts: Act[] = []
  const present = await ifThere(
    callers.call(who, 's3', 'HeadBucket', { Bucket }, region).catch((error: unknown) => {
      if (isAwsError(error, '403', 'Forbidden', 'AccessDenied'))
        throw new StepError(`The bucket ${Bucket} belongs to somebody else. Give the store another name in environments/accounts.ts.`)
      throw error
    }),
    'NotFound',
    'NoSuchBucket',
    '404',
  )
  if (present === undefined) acts.push(put.bucket, put.versions, put.encryption, put.block)
  else {
    if ((await callers.call(who, 's3', 'GetBucketVersioning', { Bucket }, region)).Status !== 'Enabled') acts.push(put.versions)
    const block = await ifThere(callers.call(who, 's3', 'GetPublicAccessBlock', { Bucket }, region), 'NoSuchPublicAccessBlockConfiguration')
    if (!isSameJson(JSON.stringify(block?.PublicAccessBlockConfiguration ?? {}), JSON.stringify(noPublicAccess))) acts.push(put.block)
    const encryption = await ifThere(
      callers.call(who, 's3', 'GetBucketEncryption', { Bucket }, region),
      'ServerSideEncryptionConfigurationNotFoundError',
    )
    if (encryption === undefined) acts.push(put.encryption)
  }
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

const noPublicAccess = { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true }

const passwordPolicy = {
  MinimumPasswordLength: 14,
  RequireSymbols: true,
  RequireNumbers: true,
  RequireUppercaseCharacters: true,
  RequireLowercaseCharacters: true,
  AllowUsersToChangePassword: true,
  PasswordReusePrevention: 24,
} as const

const identity: Step = {
  name: 'identity',
  title: 'it has a name of its own and strict passwords',
  usually: ['iam:CreateAccountAlias', 'iam:UpdateAccountPasswordPolicy'],
  inside: true,
  async probe(making) {
    const { callers, journal } = making
    const who = memberOf(making)
    const acts: Act[] = []
    // With the number in it the name is free: names of accounts are unique in all of AWS.
    const alias = `${journal.request.name}-${journal.accountId}`
    if (((await callers.call(who, 'iam', 'ListAccountAliases', {})).AccountAliases ?? []).length === 0)
      acts.push({
        text: `iam:CreateAccountAlias ${alias}`,
        run: () => unlessThere(callers.call(who, 'iam', 'CreateAccountAlias', { AccountAlias: alias }), 'EntityAlreadyExists'),
      })
    const present = await ifThere(callers.call(who, 'iam', 'GetAccountPasswordPolicy', {}), 'NoSuchEntity')
    const policy: Readonly<Record<string, unknown>> = { ...present?.PasswordPolicy }
    if (Object.entries(passwordPolicy).some(([key, value]) => policy[key] !== value))
      acts.push({
        text: 'iam:UpdateAccountPasswordPolicy',
        run: async () => {
          await callers.call(who, 'iam', 'UpdateAccountPasswordPolicy', passwordPolicy)
        },
      })
    return acts
  },
}

/** Regions in which an account is looked after at once. */
const regionsAtOnce = 4

const guardRails: Step = {
  name: 'guard-rails',
  title: 'every region that can be used is guarded',
  usually: [
    's3:PutPublicAccessBlock of the account',
    'in each region: ec2:EnableEbsEncryptionByDefault',
    'in each region: ec2:ModifyInstanceMetadataDefaults',
    'in each region: the default network is removed',
  ],
  inside: true,
  async probe(making) {
    const { callers, journal } = making
    const who = memberOf(making)
    const acts: Act[] = []
    const AccountId = journal.accountId!
    const block = await ifThere(
      callers.call(who, 's3control', 'GetPublicAccessBlock', { AccountId }),
      'NoSuchPublicAccessBlockConfiguration',
    )
    if (!isSameJson(JSON.stringify(block?.PublicAccessBlockConfiguration ?? {}), JSON.stringify(noPublicAccess)))
      acts.push({
        text: 's3:PutPublicAccessBlock of the account',
        run: async () => {
          await callers.call(who, 's3control', 'PutPublicAccessBlock', { AccountId, PublicAccessBlockConfiguration: noPublicAccess })
        },
      })
    const enabled = await enabledRegions(making)
    const found = new Map<string, readonly Act[]>()
    const failures: string[] = []
    const queue = [...enabled]
    const worker = async (): Promise<void> => {
      for (let region = queue.shift(); region !== undefined; region = queue.shift()) {
        try {
          found.set(region, await regionActs(making, region))
        } catch (error) {
          if (!isAwsError(error)) throw error
          failures.push(`${region}: ${(error as AwsError).message}`)
        }
      }
    }
    await Promise.all(Array.from({ length: regionsAtOnce }, worker))
    for (const region of enabled) acts.push(...(found.get(region) ?? []))
    // The other regions are not kept waiting by one that cannot be reached.
    if (acts.length === 0 && failures.length > 0)
      throw new StepError(
        `Some regions could not be guarded; all others are.\n${failures.map((f) => `  - ${f}`).join('\n')}\n\nResume when they can be reached.`,
      )
    return acts
  },
}

async function enabledRegions(making: Making): Promise<readonly string[]> {
  const names: string[] = []
  let NextToken: string | undefined
  do {
    const page = await making.callers.call(memberOf(making), 'account', 'ListRegions', {
      RegionOptStatusContains: ['ENABLED', 'ENABLED_BY_DEFAULT'],
      NextToken,
    })
    for (const { RegionName } of page.Regions ?? []) names.push(RegionName!)
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  return names.sort()
}

async function regionActs(making: Making, region: string): Promise<readonly Act[]> {
  const { callers } = making
  const who = memberOf(making)
  const acts: Act[] = []
  if ((await callers.call(who, 'ec2', 'GetEbsEncryptionByDefault', {}, region)).EbsEncryptionByDefault !== true)
    acts.push({
      text: `ec2:EnableEbsEncryptionByDefault in ${region}`,
      run: async () => {
        await callers.call(who, 'ec2', 'EnableEbsEncryptionByDefault', {}, region)
      },
    })
  if ((await callers.call(who, 'ec2', 'GetInstanceMetadataDefaults', {}, region)).AccountLevel?.HttpTokens !== 'required')
    acts.push({
      text: `ec2:ModifyInstanceMetadataDefaults in ${region}`,
      run: async () => {
        await callers.call(who, 'ec2', 'ModifyInstanceMetadataDefaults', { HttpTokens: 'required' }, region)
      },
    })
  acts.push(...(await defaultNetworkActs(callers, who, region)))
  return acts
}

const registry: Step = {
  name: 'register',
  title: 'it stands in environments/accounts.ts and has an environment',
  usually: ['environments/accounts.ts: an entry', 'environments/NAME.ts: an environment'],
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

const release: Step = {
  name: 'release',
  title: 'the account is in its unit',
  usually: ['organizations:MoveAccount'],
  inside: true,
  probe: (making) => moveActs(making, making.journal.request.unit, []),
}

/** In the order in which they are taken. */
export const steps: readonly Step[] = [request, create, enter, hold, oidc, roles, store, identity, guardRails, registry, release]
