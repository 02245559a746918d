import { afterEach, describe, expect, test } from 'vitest'
import { openSession } from '../../src/aws/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { closeAccount, planAccount, steps } from '../../src/ops/accounts/index.ts'
import { defaultBudget } from '../../src/ops/watching.ts'
import type { Fault, SandboxOptions } from '../../src/sandbox/index.ts'
import { AccountsWorld, countOwn, management, ops, organization, request, watched } from './_accounts.ts'

const timeout = 120_000
/** Calls that change something. */
const changes = /:(Create|Put|Update|Delete|Attach|Enable|Modify|Move|Detach|Register|Start)/
let world: AccountsWorld

afterEach(() => world.close())

/** Makes the account as a whole and says which calls that took. */
async function calls(): Promise<readonly string[]> {
  const made: string[] = []
  const { problems } = await world.run({ onCall: (name) => made.push(name) })
  expect(problems).toBe('')
  return made
}

describe('an account', () => {
  test('is made ready, registered and released; a second run changes nothing', { timeout }, async () => {
    world = await AccountsWorld.open('once')
    const first = await calls()
    expect(first.filter((name) => name === 'organizations:CreateAccount')).toHaveLength(1)
    const { dev } = await world.members()
    expect(dev).toMatchObject([{ unit: 'environments' }])
    const { id } = dev![0]!
    expect(world.file('accounts.ts')).toMatch(
      new RegExp(
        `export const dev: Account = \\{\\n  name: 'dev',\\n  id: '${id}',\\n  email: 'aws\\+dev@example.com',\\n  region: 'us-east-1',\\n  domain: 'dev.example.com',\\n  roles,\\n\\}\\n`,
      ),
    )
    expect(world.file('accounts.ts')).toContain('export const accounts: readonly Account[] = [management, ops, stage, prod, dev]')
    expect(world.file('dev.ts')).toContain("import { dev, hub } from './accounts.ts'")
    expect(await world.networks(id, 'eu-central-1')).toEqual([])
    const second = await calls()
    expect(second.filter((name) => changes.test(name))).toEqual([])
    const { journal } = await world.run()
    expect(Object.keys(journal!.done)).toEqual(steps.map(({ name }) => name))
    expect(journal).toMatchObject({ accountId: id })
  })

  test('is planned without being made', { timeout }, async () => {
    world = await AccountsWorld.open('plan')
    const diags = new Diagnostics()
    const made: string[] = []
    const planned = await planAccount(request, { ...world.options, onCall: (name) => made.push(name) }, diags)
    expect(diags.items).toEqual([])
    expect(planned.map(({ step }) => step.name)).toEqual(steps.map(({ name }) => name))
    expect(planned[2]!.calls[0]).toBe('organizations:CreateAccount dev aws+dev@example.com')
    expect(made.filter((name) => !/:(Describe|List|Get|Head|read)/.test(name))).toEqual([])
    expect(Object.keys(await world.members())).toEqual(['management', 'ops'])
    expect(await world.as(async (callers) => (await world.options.journals(callers)).list())).toEqual([])
  })
})

describe('what an account stands on', () => {
  test('in quarantine nobody else does anything; its roles keep their floor; AWS knows whom to write to', { timeout }, async () => {
    world = await AccountsWorld.open('floor')
    const contact = { AlternateContactType: 'SECURITY', Name: 'S', Title: 'T', EmailAddress: 's@example.com', PhoneNumber: '1' } as const
    await world.as((callers) => callers.call('management', 'account', 'PutAlternateContact', contact))
    const end = (name: string): void => {
      if (name === 'iam:ListAccountAliases') throw new Killed()
    }
    await expect(world.run({ onCall: end })).rejects.toThrow(Killed)
    const { id } = (await world.members()).dev![0]!
    const apply = await world.enter(`arn:aws:iam::${id}:role/landform-apply`)
    await expect(apply.call('ec2', 'DescribeVpcs', {})).rejects.toThrow(/explicit deny in a service control policy/)
    await expectConverged()
    await expect(apply.call('ec2', 'DescribeVpcs', {})).resolves.toBeDefined()
    await expect(apply.call('iam', 'DeleteRole', { RoleName: 'landform-plan' })).rejects.toThrow(/explicit deny in a permissions boundary/)
    await expect(apply.call('iam', 'DeleteRolePermissionsBoundary', { RoleName: 'landform-apply' })).rejects.toThrow(/permissions boundary/)
    await expect(apply.call('iam', 'CreateRole', { RoleName: 'own', AssumeRolePolicyDocument: trust(id) })).resolves.toBeDefined()
    const { Role } = await apply.call('iam', 'GetRole', { RoleName: 'break-glass' })
    expect(decodeURIComponent(Role!.AssumeRolePolicyDocument!)).toContain('"Bool":{"aws:MultiFactorAuthPresent":"true"}')
    for (const [role, subject] of [
      ['landform-plan', 'repo:example/infrastructure:pull_request'],
      ['landform-apply', 'repo:example/infrastructure:environment:dev'],
    ] as const) {
      const trusted = await apply.call('iam', 'GetRole', { RoleName: role })
      const federated = (
        JSON.parse(decodeURIComponent(trusted.Role!.AssumeRolePolicyDocument!)) as { Statement: object[] }
      ).Statement.filter((statement) => JSON.stringify(statement).includes('token.actions'))
      expect(federated).toEqual([
        {
          Effect: 'Allow',
          Principal: { Federated: `arn:aws:iam::${id}:oidc-provider/token.actions.githubusercontent.com` },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: {
            StringEquals: {
              'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
              'token.actions.githubusercontent.com:sub': subject,
            },
          },
        },
      ])
    }
    const { AlternateContact } = await apply.call('account', 'GetAlternateContact', { AlternateContactType: 'SECURITY' })
    expect(AlternateContact).toEqual(contact)
    const { EnabledFeatures } = await world.as((callers) => callers.call('management', 'iam', 'ListOrganizationsFeatures', {}))
    expect(EnabledFeatures).toEqual(['RootCredentialsManagement'])
    apply.close()
  })

  test('a region that cannot be reached keeps nothing waiting, and is come back to', { timeout }, async () => {
    world = await AccountsWorld.open('region')
    const guard = await world.denyRegion('eu-west-1')
    const { journal, problems } = await world.run()
    expect(problems).toMatch(
      /^Something is left to do for the account dev: The step "guard-rails": Some regions could not be guarded; all others are\.\n {2}- eu-west-1: .*not authorized to perform: ec2:GetEbsEncryptionByDefault/,
    )
    expect(problems).toMatch(
      /The step "detection": Something is not watched yet; everything else is\.\n {2}- Access Analyzer in eu-west-1: /,
    )
    expect(Object.keys(journal!.open!)).toEqual(['guard-rails', 'detection'])
    const { dev } = await world.members()
    expect(dev).toMatchObject([{ unit: 'environments' }])
    expect(await world.networks(dev![0]!.id, 'eu-central-1')).toEqual([])
    await world.as((callers) => callers.call('management', 'organizations', 'DetachPolicy', guard))
    await expectConverged()
    expect((await world.run()).journal!.open).toBeUndefined()
    expect(await world.networks(dev![0]!.id, 'eu-west-1')).toEqual([])
  })

  test.each(['root', 'live'])('an account that was there before is shut out of nothing: %s', { timeout }, async (place) => {
    world = await AccountsWorld.open(`before ${place}`)
    await world.as(async (callers) => {
      await callers.call('management', 'organizations', 'CreateAccount', { Email: request.email, AccountName: 'dev' })
      const all = (await callers.call('management', 'organizations', 'ListAccounts', {})).Accounts!
      if (place === 'root') return
      const ParentId = (await callers.call('management', 'organizations', 'ListRoots', {})).Roots![0]!.Id!
      const unit = await callers.call('management', 'organizations', 'CreateOrganizationalUnit', { ParentId, Name: place })
      const AccountId = all.find(({ Name }) => Name === 'dev')!.Id!
      const move = { AccountId, SourceParentId: ParentId, DestinationParentId: unit.OrganizationalUnit!.Id! }
      await callers.call('management', 'organizations', 'MoveAccount', move)
    })
    const made: string[] = []
    expect((await world.run({ onCall: (name) => made.push(name) })).problems).toBe('')
    expect(made).not.toContain('organizations:CreateAccount')
    expect(made).not.toContain('organizations:AttachPolicy')
    expect((await world.members()).dev).toMatchObject([{ unit: place === 'root' ? 'environments' : 'live' }])
  })

  test('an alias that is taken gets a number', { timeout }, async () => {
    world = await AccountsWorld.open('alias')
    await world.run()
    const { id } = (await world.members()).dev![0]!
    await world.close()
    world = await AccountsWorld.open('alias')
    await world.as((callers) => callers.call({ member: ops.id }, 'iam', 'CreateAccountAlias', { AccountAlias: `dev-${id}` }))
    await expectConverged()
    const { AccountAliases } = await world.as((callers) => callers.call({ member: id }, 'iam', 'ListAccountAliases', {}))
    expect(AccountAliases).toEqual([`dev-${id}-2`])
  })
})

test.each<[string, SandboxOptions]>([
  ['throttled calls', { faults: [{ kind: 'throttle', probability: 0.04 }] }],
  ['connections that break', { faults: [{ kind: 'drop', probability: 0.05 }] }],
  ['errors of AWS itself', { faults: [{ kind: 'error', probability: 0.05 }] }],
  ['things that are not found at once', { faults: [{ kind: 'stale', reads: 2 }] }],
])('%s are got over in one run', { timeout }, async (name, more) => {
  world = await AccountsWorld.open(name, false, { regions: ['us-east-1', 'eu-central-1'], ...more })
  expect((await world.run({ patienceMs: 60_000 })).problems).toBe('')
  world.sandbox.clearFaults()
  await expectConverged()
})

test('what takes AWS its time is waited for; what takes it a day is left, and done by the next run', { timeout }, async () => {
  let hours = 0
  const clock = (): Date => new Date(Date.now() + hours * 3_600_000)
  world = await AccountsWorld.open('slow', false, { delays: 0.01, clock, regions: ['us-east-1', 'eu-central-1'] })
  const first = await world.run({ organization: watched, patienceMs: 60_000 })
  expect(first.problems).toMatch(
    /^Something is left to do for the account dev: The step "budget": AWS takes up to 24 hours until costs of a new account can be seen\.\n {2}- budget: .*AccessDeniedException/,
  )
  expect(first.problems.split('Something is left')).toHaveLength(2)
  expect(Object.keys(first.journal!.open!)).toEqual(['budget'])
  const { id } = (await world.members()).dev![0]!
  hours = 1
  const made: string[] = []
  expect((await world.run({ organization: watched, onCall: (name) => made.push(name) })).problems).toBe('')
  expect(made.filter((name) => changes.test(name))).toEqual(['budgets:CreateBudget', 'costexplorer:UpdateCostAllocationTagsStatus'])
  expect(await countOwn(world, id, 'eu-central-1')).toMatchObject({ detectors: 1, guardDuty: 'Enabled', budgets: ['landform-monthly'] })
})

describe('what watches the accounts', () => {
  const few = { regions: ['eu-central-1'] }
  const run = (changed: Partial<typeof organization>) => world.run({ organization: { ...organization, ...changed } })
  const id = async (): Promise<string> => (await world.members()).dev![0]!.id

  test('nothing that costs unless it is asked for; what is asked for later is done by the next run', { timeout }, async () => {
    world = await AccountsWorld.open('choices', false, few)
    expect((await run({})).problems).toBe('')
    const dev = { member: await id() }
    await world.as(async (callers) => {
      const { trailList } = await callers.call(dev, 'cloudtrail', 'DescribeTrails', {})
      expect(trailList).toMatchObject([
        { Name: 'landform', IsOrganizationTrail: true, IsMultiRegionTrail: true, LogFileValidationEnabled: true },
      ])
      expect(await callers.call('management', 'cloudtrail', 'GetTrailStatus', { Name: 'landform' })).toMatchObject({ IsLogging: true })
      expect((await callers.call(dev, 'config', 'DescribeConfigurationRecorders', {}, 'eu-central-1')).ConfigurationRecorders).toEqual([])
      expect((await callers.call(dev, 'guardduty', 'ListDetectors', {}, 'eu-central-1')).DetectorIds).toEqual([])
      const told = { AccountId: dev.member, BudgetName: 'landform-monthly' }
      const { Notifications } = await callers.call(dev, 'budgets', 'DescribeNotificationsForBudget', told)
      expect(Notifications!.map(({ NotificationType, Threshold }) => `${NotificationType} ${Threshold}`)).toEqual([
        'ACTUAL 80',
        'ACTUAL 100',
        'FORECASTED 100',
      ])
    })
    const { detection } = watched
    expect((await run({ detection, budget: { ...defaultBudget, accounts: { dev: 50 } } })).problems).toBe('')
    expect(await countOwn(world, dev.member, 'eu-central-1')).toMatchObject({ recorders: ['default true'], guardDuty: 'Enabled' })
    const { Budget } = await world.as((callers) =>
      callers.call(dev, 'budgets', 'DescribeBudget', { AccountId: dev.member, BudgetName: 'landform-monthly' }),
    )
    expect(Budget!.BudgetLimit).toEqual({ Amount: '50', Unit: 'USD' })
  })

  test('the bucket of the logs is open to the trail of the organization alone, and only over TLS', { timeout }, async () => {
    world = await AccountsWorld.open('logs', false, few)
    await run({})
    const Bucket = 'landform-logs-222233334444-us-east-1'
    const { Organization } = await world.as((callers) => callers.call('management', 'organizations', 'DescribeOrganization', {}))
    const { Policy } = await world.as((callers) => callers.call({ member: ops.id }, 's3', 'GetBucketPolicy', { Bucket }))
    const statements = (JSON.parse(Policy!) as { Statement: object[] }).Statement
    const source = { 'aws:SourceArn': 'arn:aws:cloudtrail:us-east-1:111122223333:trail/landform' }
    const Principal = { Service: 'cloudtrail.amazonaws.com' }
    expect(statements).toEqual([
      expect.objectContaining({ Effect: 'Deny', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      expect.objectContaining({ Principal, Action: 's3:GetBucketAcl', Condition: { StringEquals: source } }),
      expect.objectContaining({
        Principal,
        Action: 's3:PutObject',
        Resource: ['111122223333', Organization!.Id].map((owner) => `arn:aws:s3:::${Bucket}/AWSLogs/${owner}/*`),
        Condition: { StringEquals: { ...source, 's3:x-amz-acl': 'bucket-owner-full-control' } },
      }),
    ])
    // What somebody adds stays, and what somebody takes away comes back.
    const own = {
      Sid: 'Own',
      Effect: 'Allow',
      Principal: { AWS: '111122223333' },
      Action: 's3:ListBucket',
      Resource: `arn:aws:s3:::${Bucket}`,
    }
    const changed = JSON.stringify({ Version: '2012-10-17', Statement: [own, statements[0]] })
    await world.as((callers) => callers.call({ member: ops.id }, 's3', 'PutBucketPolicy', { Bucket, Policy: changed }))
    expect((await run({})).problems).toBe('')
    const after = await world.as((callers) => callers.call({ member: ops.id }, 's3', 'GetBucketPolicy', { Bucket }))
    expect((JSON.parse(after.Policy!) as { Statement: object[] }).Statement).toEqual([own, ...statements])
  })

  test('a bucket of that name that belongs to somebody else is not written to, and keeps nothing waiting', { timeout }, async () => {
    world = await AccountsWorld.open('taken', false, {
      ...few,
      accounts: [{ id: '999988887777', accessKeyId: 'THEIRS', secretAccessKey: 'any' }],
    })
    const env = { ...world.options.environment, AWS_ACCESS_KEY_ID: 'THEIRS', AWS_SECRET_ACCESS_KEY: 'any' } as NodeJS.ProcessEnv
    const theirs = await openSession({ region: 'us-east-1' }, { env })
    const Bucket = 'landform-logs-222233334444-us-east-1'
    await theirs.call('s3', 'CreateBucket', { Bucket })
    const open = {
      Effect: 'Allow',
      Principal: { AWS: ops.id },
      Action: 's3:*',
      Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
    }
    await theirs.call('s3', 'PutBucketPolicy', { Bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement: open }) })
    theirs.close()
    const { problems, journal } = await run({})
    expect(problems).toMatch(
      /The step "trail": The bucket landform-logs-222233334444-us-east-1 belongs to somebody else\. Name another one/,
    )
    expect(Object.keys(journal!.open!)).toEqual(['trail', 'delegates', 'detection'])
    const trail = { bucket: 'our-own-logs' }
    expect((await run({ detection: { ...organization.detection, trail } })).problems).toBe('')
  })

  test('what the team has set up before stays: a trail, another administrator, a recorder', { timeout }, async () => {
    world = await AccountsWorld.open('theirs', false, few)
    expect((await world.run({ organization: watched })).problems).toBe('')
    await world.as(async (callers) => {
      await callers.call('management', 'cloudtrail', 'DeleteTrail', { Name: 'landform' })
      const Bucket = 'their-logs'
      await callers.call({ member: ops.id }, 's3', 'CreateBucket', { Bucket })
      const Principal = { Service: 'cloudtrail.amazonaws.com' }
      const open = { Effect: 'Allow', Principal, Action: 's3:*', Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`] }
      await callers.call({ member: ops.id }, 's3', 'PutBucketPolicy', {
        Bucket,
        Policy: JSON.stringify({ Version: '2012-10-17', Statement: open }),
      })
      const input = { Name: 'theirs', S3BucketName: Bucket, IsOrganizationTrail: true, IsMultiRegionTrail: true }
      await callers.call('management', 'cloudtrail', 'CreateTrail', input)
    })
    const silent = await world.run({ organization: watched })
    expect(silent.problems).toMatch(/The step "trail": The organization's trail theirs records nothing\. Start it, or delete it/)
    await world.as((callers) => callers.call('management', 'cloudtrail', 'StartLogging', { Name: 'theirs' }))
    const made: string[] = []
    expect((await world.run({ organization: watched, onCall: (name) => made.push(name) })).problems).toBe('')
    expect(made.filter((name) => changes.test(name))).toEqual([])
  })

  test('an account is let go before it is closed', { timeout }, async () => {
    world = await AccountsWorld.open('dismissed', false, few)
    await world.run({ organization: watched })
    const diags = new Diagnostics()
    const made: string[] = []
    await closeAccount(request, { ...world.options, organization: watched, onCall: (name) => made.push(name) }, diags)
    expect(diags.items).toEqual([])
    expect(made.filter((name) => /:(Delete|Disassociate)/.test(name)).sort()).toEqual([
      'guardduty:DeleteMembers',
      'guardduty:DisassociateMembers',
      'securityhub:DeleteMembers',
      'securityhub:DisassociateMembers',
    ])
    const { Members } = await world.as((callers) => callers.call({ member: ops.id }, 'securityhub', 'ListMembers', {}, 'eu-central-1'))
    expect(Members).toEqual([])
  })
})

/** Numbers of calls at which a run is disturbed: a few of all of them, other ones in each part of the run. */
function sampled(total: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => Math.floor((i * total) / count))
}

const trust = (account: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'sts:AssumeRole' }],
  })

class Killed extends Error {}

async function expectConverged(as = organization): Promise<void> {
  const { problems } = await world.run({ organization: as })
  expect(problems).toBe('')
  const members = await world.members()
  expect(members.dev).toHaveLength(1)
  expect(members.dev).toMatchObject([{ unit: 'environments' }])
  expect(world.file('accounts.ts').match(/export const dev: Account/g)).toHaveLength(1)
}

describe.each([
  { name: 'killed before a call', hook: 'onCall' },
  { name: 'killed after a call', hook: 'onAnswer' },
] as const)('$name', ({ hook }) => {
  test.each(sampled(200, 3))('number %i, it goes on', { timeout }, async (at) => {
    world = await AccountsWorld.open(`kill ${hook} ${at}`, false, { regions: ['eu-central-1'] })
    let count = 0
    const kill = (): void => {
      if (count++ >= at) throw new Killed()
    }
    await expect(world.run({ organization: watched, [hook]: kill })).rejects.toThrow(Killed)
    await expectConverged(watched)
  })
})

test.each<[string, Fault, number]>([
  ['denied', { kind: 'deny' }, 12],
  ['denied', { kind: 'deny' }, 160],
  ['changed at the same time', { kind: 'error', code: 'ConcurrentModificationException', status: 400 }, 150],
])('%s at a request (%o number %i), it goes on', { timeout }, async (_, fault, after) => {
  world = await AccountsWorld.open(`answer ${fault.kind} ${after}`, false, { regions: ['eu-central-1'] })
  world.sandbox.addFault({ ...fault, after, times: 1 })
  await world.run({ organization: watched })
  world.sandbox.clearFaults()
  await expectConverged(watched)
})

test('two runs at once make one account', { timeout }, async () => {
  world = await AccountsWorld.open('twice')
  const results = await Promise.allSettled([world.run(), world.run()])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
  await expectConverged()
})

test('the hub itself, in an organization that has nothing yet', { timeout }, async () => {
  world = await AccountsWorld.open('adopt', true)
  const asked = { ...request, name: 'ops', email: 'aws+ops@example.com', unit: 'operations' }
  const { problems } = await world.run({}, asked)
  expect(problems).toBe('')
  const { ops } = await world.members()
  expect(ops).toMatchObject([{ unit: 'operations' }])
  expect(world.file('accounts.ts')).toContain(`export const ops: Account = { name: 'ops', id: '${ops![0]!.id}'`)
})

describe('bad requests', () => {
  test.each([
    [
      'an address that another account has',
      { email: 'aws+OPS@example.com' },
      /^Invalid request for an account: .* belongs to the account ops/,
    ],
    ['a name that is too long', { name: 'd'.repeat(51) }, /^Invalid request for an account: The name/],
    ['no address', { email: 'dev' }, /^Invalid request for an account: "dev" is no e-mail address/],
    ['no repository', { repository: 'infrastructure' }, /^Invalid request for an account: The repository/],
    ['the name of another account', { name: 'ops' }, /^Invalid request for an account: The account ops \(222233334444\) is there already/],
  ])('%s', async (_name, changes, want) => {
    world = await AccountsWorld.open('bad')
    const { journal, problems } = await world.run({}, { ...request, ...changes })
    expect(journal).toBeUndefined()
    expect(problems).toMatch(want)
    expect(Object.keys(await world.members())).toEqual(['management', 'ops'])
  })
})

describe('what AWS refuses', () => {
  test('an address of an account elsewhere; another one is taken instead', { timeout }, async () => {
    world = await AccountsWorld.open('elsewhere', false, {
      accounts: [{ id: '999988887777', accessKeyId: 'ELSEWHERE', secretAccessKey: 'any' }],
    })
    await world.elsewhere({ AWS_ACCESS_KEY_ID: 'ELSEWHERE', AWS_SECRET_ACCESS_KEY: 'any' }, request.email)
    const refused = await world.run()
    expect(refused.problems).toMatch(
      /^The account dev is not ready: The step "create" failed: AWS did not make the account: EMAIL_ALREADY_EXISTS\. .*Use another address\./,
    )
    expect((await world.members()).dev).toBeUndefined()
    const { problems } = await world.run({}, { ...request, email: 'aws+dev2@example.com' })
    expect(problems).toBe('')
    expect((await world.members()).dev).toHaveLength(1)
  })

  test('more accounts than the organization may have', { timeout }, async () => {
    world = await AccountsWorld.open('quota')
    for (let i = 0; i < 8; i++)
      await world.as((callers) =>
        callers.call('management', 'organizations', 'CreateAccount', { Email: `aws+${i}@example.com`, AccountName: `more-${i}` }),
      )
    const { problems } = await world.run()
    expect(problems).toMatch(/^The account dev is not ready: .*AWS refuses another account: .*Ask for more in Service Quotas/)
    expect((await world.members()).dev).toBeUndefined()
  })

  test.each<[string, Partial<typeof organization>, string]>([
    [
      'credentials of another account than that of the file',
      { hub: { ...ops, id: '999988887777', name: 'other' }, target: 'aws', management: { ...management, id: '999988887777' } },
      'This needs credentials of the account other (999988887777) that may assume the role landform-apply of management (999988887777).',
    ],
    ['a role in an account that manages nothing', { management: ops }, 'The organization is managed by the account 111122223333'],
  ])('%s', { timeout }, async (_, changes, want) => {
    world = await AccountsWorld.open('wrong')
    const { problems } = await world.run({ organization: { ...organization, ...changes } })
    expect(problems).toContain(want)
    expect((await world.members()).dev).toBeUndefined()
  })
})

test('the hub, where there is not even an organization', { timeout }, async () => {
  world = await AccountsWorld.begin('beginning')
  const asked = { ...request, name: 'ops', email: 'aws+ops@example.com', unit: 'operations' }
  const diags = new Diagnostics()
  const planned = await planAccount(asked, world.options, diags)
  expect(diags.items).toEqual([])
  expect(planned.slice(0, 3).map(({ calls: [first] }) => first)).toEqual([
    'organizations:CreateOrganization',
    'organizations:EnablePolicyType SERVICE_CONTROL_POLICY',
    'organizations:CreateAccount',
  ])
  const { problems } = await world.run({}, asked)
  expect(problems).toBe('')
  const again: string[] = []
  await world.run({ onCall: (name) => again.push(name) }, asked)
  expect(again.filter((name) => changes.test(name))).toEqual([])
})

describe('closing', () => {
  const close = async (changes = {}): Promise<string> => {
    const diags = new Diagnostics()
    await closeAccount(request, { ...world.options, ...changes }, diags)
    return diags.items.map(({ summary, detail }) => `${summary}: ${detail}`).join('\n')
  }

  test('waits until nothing is left in the account, goes on where it was, and happens once', { timeout }, async () => {
    world = await AccountsWorld.open('close')
    await world.run()
    const put = async (resources: readonly object[]): Promise<void> => {
      const Body = JSON.stringify({ version: 4, resources })
      await world.as(async (callers) =>
        (await callers.store()).call('s3', 'PutObject', { Bucket: organization.store.bucket, Key: 'dev/terraform.tfstate', Body }),
      )
    }
    await put([{ mode: 'managed', type: 'aws_vpc', name: 'main' }])
    expect(await close()).toMatch(
      /^The account dev is not closed: .*Something is left in the account:\n {2}- s3:\/\/test-states\/dev\/terraform.tfstate\n\nDestroy it first:\n {4}make destroy ENV=dev\n/,
    )
    await put([{ mode: 'data', type: 'aws_caller_identity', name: 'me' }])
    for (let at = 0; at < 16; at += 3) {
      let calls = 0
      const onCall = (): void => {
        if (calls++ >= at) throw new Killed()
      }
      await close({ onCall }).catch((error: unknown) => expect(error).toBeInstanceOf(Killed))
    }
    expect(await close()).toBe('')
    expect((await world.members()).dev).toMatchObject([{ unit: 'suspended' }])
    const made: string[] = []
    expect(await close({ onCall: (name: string) => made.push(name) })).toBe('')
    expect(made).not.toContain('organizations:CloseAccount')
    expect((await world.run()).problems).toMatch(/^The account has been closed: /)
  })

  test('is tried again when AWS is busy', { timeout }, async () => {
    world = await AccountsWorld.open('closures')
    await world.run()
    world.sandbox.addFault({ kind: 'throttle', service: 'organizations', operation: 'CloseAccount', times: 2 })
    expect(await close()).toBe('')
  })
})
