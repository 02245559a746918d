import { AccessAnalyzerClient, CreateAnalyzerCommand, ListAnalyzersCommand } from '@aws-sdk/client-accessanalyzer'
import { BudgetsClient, CreateBudgetCommand, DescribeBudgetCommand } from '@aws-sdk/client-budgets'
import {
  CloudTrailClient,
  CreateTrailCommand,
  DescribeTrailsCommand,
  RegisterOrganizationDelegatedAdminCommand,
  StartLoggingCommand,
} from '@aws-sdk/client-cloudtrail'
import {
  ConfigServiceClient,
  DescribeConfigurationRecorderStatusCommand,
  PutConfigurationRecorderCommand,
  PutDeliveryChannelCommand,
  StartConfigurationRecorderCommand,
} from '@aws-sdk/client-config-service'
import { CostExplorerClient, ListCostAllocationTagsCommand, UpdateCostAllocationTagsStatusCommand } from '@aws-sdk/client-cost-explorer'
import * as GuardDuty from '@aws-sdk/client-guardduty'
import { CreateServiceLinkedRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import {
  DescribeOrganizationCommand,
  EnableAWSServiceAccessCommand,
  ListDelegatedAdministratorsCommand,
  OrganizationsClient,
  RegisterDelegatedAdministratorCommand,
  TagResourceCommand,
} from '@aws-sdk/client-organizations'
import { CreateBucketCommand, PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3'
import * as SecurityHub from '@aws-sdk/client-securityhub'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/index.ts'
import { clientConfig, codeOf, refusal, testSandbox } from './_clients.ts'

const management = '111122223333'
const hub = '222233334444'
const member = '333344445555'
const account = (id: string) => ({ id, name: id, email: `${id}@example.com` })
let sandbox: Sandbox
let orgs: OrganizationsClient
const in1 = (id: string) => clientConfig(sandbox, id, 'us-east-1')

beforeAll(async () => {
  sandbox = await testSandbox({ organization: { management, hub, accounts: [management, hub, member].map(account), roles: [] } })
  orgs = new OrganizationsClient(in1(management))
})
afterAll(() => sandbox.close())

async function bucket(name: string, statements: readonly object[] | undefined): Promise<void> {
  const s3 = new S3Client({ ...in1(hub), forcePathStyle: true })
  await s3.send(new CreateBucketCommand({ Bucket: name }))
  if (statements === undefined) return
  await s3.send(new PutBucketPolicyCommand({ Bucket: name, Policy: JSON.stringify({ Version: '2012-10-17', Statement: statements }) }))
}

const allow = (service: string, name: string, Condition: object) => ({
  Effect: 'Allow',
  Principal: { Service: service },
  Action: 's3:*',
  Resource: [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`],
  Condition,
})

test('a trail of the organization needs trust, a bucket that lets it in, and the management account; its members see it', async () => {
  const trail = new CloudTrailClient(in1(management))
  const make = (S3BucketName: string, from = trail) =>
    from.send(new CreateTrailCommand({ Name: 'all', S3BucketName, IsOrganizationTrail: true, IsMultiRegionTrail: true }))
  expect(await codeOf(make('none'))).toBe('CloudTrailAccessNotEnabledException')
  await orgs.send(new EnableAWSServiceAccessCommand({ ServicePrincipal: 'cloudtrail.amazonaws.com' }))
  expect(await codeOf(make('none'))).toBe('S3BucketDoesNotExistException')
  await bucket('logs-closed', undefined)
  expect(await codeOf(make('logs-closed'))).toBe('InsufficientS3BucketPolicyException')
  const source = (name: string) => ({ StringEquals: { 'aws:SourceArn': `arn:aws:cloudtrail:us-east-1:${management}:trail/${name}` } })
  await bucket('logs-other', [allow('cloudtrail.amazonaws.com', 'logs-other', source('other'))])
  expect(await codeOf(make('logs-other'))).toBe('InsufficientS3BucketPolicyException')
  await bucket('logs', [allow('cloudtrail.amazonaws.com', 'logs', source('all'))])
  expect(await codeOf(make('logs', new CloudTrailClient(in1(member))))).toBe('NotOrganizationMasterAccountException')
  const register = new RegisterOrganizationDelegatedAdminCommand({ MemberAccountId: hub })
  expect(await codeOf(trail.send(register))).toBe('NoManagementAccountSLRExistsException')
  expect((await make('logs')).TrailARN).toBe(`arn:aws:cloudtrail:us-east-1:${management}:trail/all`)
  expect(await codeOf(make('logs'))).toBe('TrailAlreadyExistsException')
  const { trailList } = await new CloudTrailClient(clientConfig(sandbox, member)).send(new DescribeTrailsCommand({}))
  expect(trailList).toMatchObject([{ Name: 'all', IsOrganizationTrail: true, HomeRegion: 'us-east-1' }])
  expect(await codeOf(new CloudTrailClient(in1(member)).send(new StartLoggingCommand({ Name: 'all' })))).toBe(
    'NotOrganizationMasterAccountException',
  )
  await trail.send(register)
  expect(await codeOf(trail.send(register))).toBe('AccountRegisteredException')
})

test('delegated administrators are active members other than the management account', async () => {
  const register = (AccountId: string) =>
    codeOf(orgs.send(new RegisterDelegatedAdministratorCommand({ AccountId, ServicePrincipal: 'config.amazonaws.com' })))
  expect([await register('999988887777'), await register(management), await register(hub), await register(hub)]).toEqual([
    'AccountNotFoundException',
    'ConstraintViolationException',
    'none',
    'AccountAlreadyRegisteredException',
  ])
  const list = new ListDelegatedAdministratorsCommand({ ServicePrincipal: 'config.amazonaws.com' })
  expect((await orgs.send(list)).DelegatedAdministrators).toMatchObject([{ Id: hub, Email: `${hub}@example.com`, Status: 'ACTIVE' }])
})

test('a recorder starts with a role, a channel, and a bucket that lets Config in for the organization', async () => {
  const config = new ConfigServiceClient(in1(member))
  const roleARN = `arn:aws:iam::${member}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig`
  const record = new PutConfigurationRecorderCommand({ ConfigurationRecorder: { name: 'default', roleARN } })
  const start = new StartConfigurationRecorderCommand({ ConfigurationRecorderName: 'default' })
  const deliver = (s3BucketName: string) =>
    config.send(new PutDeliveryChannelCommand({ DeliveryChannel: { name: 'default', s3BucketName } }))
  expect(await codeOf(config.send(record))).toBe('InvalidRoleException')
  expect(await codeOf(deliver('none'))).toBe('NoAvailableConfigurationRecorderException')
  await new IAMClient(in1(member)).send(new CreateServiceLinkedRoleCommand({ AWSServiceName: 'config.amazonaws.com' }))
  await config.send(record)
  expect(await codeOf(config.send(start))).toBe('NoAvailableDeliveryChannelException')
  expect(await codeOf(deliver('none'))).toBe('NoSuchBucketException')
  const { Id } = (await orgs.send(new DescribeOrganizationCommand({}))).Organization!
  await bucket('records-other', [allow('config.amazonaws.com', 'records-other', { StringEquals: { 'aws:SourceOrgID': 'o-another' } })])
  expect(await codeOf(deliver('records-other'))).toBe('InsufficientDeliveryPolicyException')
  await bucket('records', [allow('config.amazonaws.com', 'records', { StringEquals: { 'aws:SourceOrgID': Id } })])
  await deliver('records')
  await config.send(start)
  const { ConfigurationRecordersStatus } = await config.send(new DescribeConfigurationRecorderStatusCommand({}))
  expect(ConfigurationRecordersStatus).toMatchObject([{ name: 'default', recording: true }])
  // Another region has its own.
  const elsewhere = await new ConfigServiceClient(clientConfig(sandbox, member)).send(new DescribeConfigurationRecorderStatusCommand({}))
  expect(elsewhere.ConfigurationRecordersStatus).toEqual([])
})

describe('what an account administers for the organization', () => {
  let now = Date.UTC(2026, 5, 1)
  let slow: Sandbox
  const at = (id: string) => clientConfig(slow, id, 'us-east-1')
  beforeAll(async () => {
    const organization = { management, hub, accounts: [management, hub, member].map(account), roles: [] }
    slow = await testSandbox({ organization, delays: 1, clock: () => new Date(now) })
  })
  afterAll(() => slow.close())

  test('GuardDuty: an administrator acts a while after it was named, a member has a detector a while after it was taken', async () => {
    const [boss, admin, dev] = [management, hub, member].map((id) => new GuardDuty.GuardDutyClient(at(id))) as [
      GuardDuty.GuardDutyClient,
      GuardDuty.GuardDutyClient,
      GuardDuty.GuardDutyClient,
    ]
    const { DetectorId } = await admin.send(new GuardDuty.CreateDetectorCommand({ Enable: true }))
    const take = () =>
      admin.send(new GuardDuty.CreateMembersCommand({ DetectorId, AccountDetails: [{ AccountId: member, Email: 'm@example.com' }] }))
    const name = (client: GuardDuty.GuardDutyClient, AdminAccountId: string) =>
      codeOf(client.send(new GuardDuty.EnableOrganizationAdminAccountCommand({ AdminAccountId })))
    expect([await name(dev, hub), await name(boss, '999988887777'), await name(boss, hub), await name(boss, hub)]).toEqual([
      'BadRequestException',
      'BadRequestException',
      'none',
      'none',
    ])
    expect(await name(boss, member)).toBe('BadRequestException')
    expect(await refusal(take())).toMatch(/^BadRequestException: .*not the delegated administrator/)
    now += 60_000
    expect((await take()).UnprocessedAccounts).toEqual([])
    expect((await take()).UnprocessedAccounts).toMatchObject([{ AccountId: member, Result: expect.stringContaining('already associated') }])
    const status = async () =>
      (await admin.send(new GuardDuty.GetMembersCommand({ DetectorId, AccountIds: [member] }))).Members![0]!.RelationshipStatus
    expect([await status(), (await dev.send(new GuardDuty.ListDetectorsCommand({}))).DetectorIds]).toEqual(['Created', []])
    now += 60_000
    expect([await status(), (await dev.send(new GuardDuty.ListDetectorsCommand({}))).DetectorIds!.length]).toEqual(['Enabled', 1])
  })

  test('Security Hub: the same, in its own words', async () => {
    const [boss, admin, dev] = [management, hub, member].map((id) => new SecurityHub.SecurityHubClient(at(id))) as [
      SecurityHub.SecurityHubClient,
      SecurityHub.SecurityHubClient,
      SecurityHub.SecurityHubClient,
    ]
    const take = () => admin.send(new SecurityHub.CreateMembersCommand({ AccountDetails: [{ AccountId: member }] }))
    await boss.send(new SecurityHub.EnableOrganizationAdminAccountCommand({ AdminAccountId: hub }))
    expect(await refusal(take())).toBe(`InvalidAccessException: Account ${hub} is not subscribed to AWS Security Hub`)
    await admin.send(new SecurityHub.EnableSecurityHubCommand({}))
    expect(await codeOf(admin.send(new SecurityHub.EnableSecurityHubCommand({})))).toBe('ResourceConflictException')
    expect(await refusal(take())).toBe(`InvalidAccessException: Account ${hub} is not an administrator for this organization`)
    now += 60_000
    await take()
    now += 60_000
    const { Members } = await admin.send(new SecurityHub.ListMembersCommand({}))
    expect(Members).toMatchObject([{ AccountId: member, MemberStatus: 'Enabled', AdministratorId: hub }])
    expect((await dev.send(new SecurityHub.DescribeHubCommand({}))).HubArn).toBe(`arn:aws:securityhub:us-east-1:${member}:hub/default`)
    await admin.send(new SecurityHub.DisassociateMembersCommand({ AccountIds: [member] }))
    await admin.send(new SecurityHub.DeleteMembersCommand({ AccountIds: [member] }))
    expect((await admin.send(new SecurityHub.ListMembersCommand({ OnlyAssociated: false }))).Members).toEqual([])
  })
})

test('there is one analyzer of a kind in a region; those of the organization are not for everybody', async () => {
  const client = new AccessAnalyzerClient(in1(member))
  const make = (analyzerName: string, type: 'ACCOUNT' | 'ORGANIZATION') => client.send(new CreateAnalyzerCommand({ analyzerName, type }))
  await make('one', 'ACCOUNT')
  expect([await codeOf(make('one', 'ACCOUNT')), await codeOf(make('two', 'ACCOUNT')), await codeOf(make('all', 'ORGANIZATION'))]).toEqual([
    'ConflictException',
    'ServiceQuotaExceededException',
    'ValidationException',
  ])
  const { analyzers } = await client.send(new ListAnalyzersCommand({}))
  expect(analyzers).toMatchObject([{ name: 'one', type: 'ACCOUNT', status: 'ACTIVE' }])
})

test("budgets are the account's own; tags of costs are chosen where the bill is paid, once something has them", async () => {
  const budgets = new BudgetsClient(in1(member))
  const Budget = { BudgetName: 'b', BudgetType: 'COST', TimeUnit: 'MONTHLY', BudgetLimit: { Amount: '5', Unit: 'USD' } } as const
  const find = (AccountId: string) => budgets.send(new DescribeBudgetCommand({ AccountId, BudgetName: 'b' }))
  expect([await codeOf(find(member)), await codeOf(find(hub))]).toEqual(['NotFoundException', 'AccessDeniedException'])
  await budgets.send(new CreateBudgetCommand({ AccountId: member, Budget }))
  expect(await codeOf(budgets.send(new CreateBudgetCommand({ AccountId: member, Budget })))).toBe('DuplicateRecordException')
  expect((await find(member)).Budget).toMatchObject(Budget)
  const list = new ListCostAllocationTagsCommand({ TagKeys: ['Team'] })
  expect(await refusal(new CostExplorerClient(in1(member)).send(list))).toBe(
    "AccessDeniedException: Failed to list Cost Allocation Tags: Linked account doesn't have access to cost allocation tags.",
  )
  const costs = new CostExplorerClient(in1(management))
  const choose = new UpdateCostAllocationTagsStatusCommand({ CostAllocationTagsStatus: [{ TagKey: 'Team', Status: 'Active' }] })
  expect((await costs.send(choose)).Errors).toMatchObject([{ TagKey: 'Team', Message: 'Tag keys not found: Team' }])
  await orgs.send(new TagResourceCommand({ ResourceId: member, Tags: [{ Key: 'Team', Value: 'a' }] }))
  expect((await costs.send(list)).CostAllocationTags).toMatchObject([{ TagKey: 'Team', Status: 'Inactive' }])
  await costs.send(choose)
  expect((await costs.send(list)).CostAllocationTags).toMatchObject([{ TagKey: 'Team', Status: 'Active' }])
})
