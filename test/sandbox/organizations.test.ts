import { AccountClient, GetAlternateContactCommand, ListRegionsCommand, PutAlternateContactCommand } from '@aws-sdk/client-account'
import { EC2Client, GetInstanceMetadataDefaultsCommand, ModifyInstanceMetadataDefaultsCommand } from '@aws-sdk/client-ec2'
import { AttachUserPolicyCommand, CreateAccessKeyCommand, CreateUserCommand, IAMClient } from '@aws-sdk/client-iam'
import {
  AttachPolicyCommand,
  CloseAccountCommand,
  CreateAccountCommand,
  CreateOrganizationalUnitCommand,
  CreateOrganizationCommand,
  CreatePolicyCommand,
  DeleteOrganizationalUnitCommand,
  DeleteOrganizationCommand,
  DeletePolicyCommand,
  DescribeCreateAccountStatusCommand,
  DescribeOrganizationCommand,
  DetachPolicyCommand,
  EnableAWSServiceAccessCommand,
  EnablePolicyTypeCommand,
  ListAccountsCommand,
  ListAccountsForParentCommand,
  ListAWSServiceAccessForOrganizationCommand,
  ListParentsCommand,
  ListPoliciesForTargetCommand,
  ListRootsCommand,
  ListTagsForResourceCommand,
  MoveAccountCommand,
  OrganizationsClient,
} from '@aws-sdk/client-organizations'
import { GetPublicAccessBlockCommand, PutPublicAccessBlockCommand, S3ControlClient } from '@aws-sdk/client-s3-control'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/index.ts'
import { clientConfig, codeOf, refusal, testSandbox } from './_clients.ts'

const management = '111122223333'
const member = '222233334444'
let sandbox: Sandbox
let orgs: OrganizationsClient

beforeAll(async () => {
  sandbox = await testSandbox({
    organization: {
      management,
      hub: member,
      accounts: [
        { id: management, name: 'management', email: 'm@example.com' },
        { id: member, name: 'ops', email: 'ops@example.com' },
      ],
      roles: [],
    },
  })
  orgs = new OrganizationsClient(clientConfig(sandbox, management))
})

afterAll(() => sandbox.close())

async function rootId(): Promise<string> {
  return (await orgs.send(new ListRootsCommand({}))).Roots![0]!.Id!
}

async function created(email: string, name: string): Promise<{ state?: string; account?: string; failure?: string }> {
  const { CreateAccountStatus } = await orgs.send(
    new CreateAccountCommand({ Email: email, AccountName: name, Tags: [{ Key: 'a', Value: 'b' }] }),
  )
  expect(CreateAccountStatus).toMatchObject({ State: 'IN_PROGRESS', AccountName: name })
  for (;;) {
    const { CreateAccountStatus: status } = await orgs.send(
      new DescribeCreateAccountStatusCommand({ CreateAccountRequestId: CreateAccountStatus!.Id }),
    )
    if (status!.State !== 'IN_PROGRESS') return { state: status!.State, account: status!.AccountId, failure: status!.FailureReason }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Settings of a client of a user who may do everything: root users assume no roles. */
async function userOf(account: string) {
  const iam = new IAMClient(clientConfig(sandbox, account))
  await iam.send(new CreateUserCommand({ UserName: 'carol' }))
  await iam.send(new AttachUserPolicyCommand({ UserName: 'carol', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }))
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey } = (await iam.send(new CreateAccessKeyCommand({ UserName: 'carol' })))
    .AccessKey!
  return { ...clientConfig(sandbox), credentials: { accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey! } }
}

describe('organizations', () => {
  test('the accounts that the sandbox was seeded with are one', async () => {
    const { Organization } = await orgs.send(new DescribeOrganizationCommand({}))
    expect(Organization).toMatchObject({ MasterAccountId: management, FeatureSet: 'ALL', MasterAccountEmail: 'm@example.com' })
    const { Accounts } = await orgs.send(new ListAccountsCommand({}))
    expect(Accounts!.map(({ Name, Email, Status }) => [Name, Email, Status])).toEqual([
      ['management', 'm@example.com', 'ACTIVE'],
      ['ops', 'ops@example.com', 'ACTIVE'],
    ])
  })

  test('members may look, and no more', async () => {
    const own = new OrganizationsClient(clientConfig(sandbox, member))
    expect((await own.send(new DescribeOrganizationCommand({}))).Organization!.MasterAccountId).toBe(management)
    expect(await refusal(own.send(new ListAccountsCommand({})))).toMatch(/^AccessDeniedException/)
    const stranger = new OrganizationsClient(clientConfig(sandbox, '999988887777'))
    expect(await codeOf(stranger.send(new DescribeOrganizationCommand({})))).toBe('AWSOrganizationsNotInUseException')
    await stranger.send(new CreateOrganizationCommand({}))
    expect(await codeOf(stranger.send(new CreateOrganizationCommand({})))).toBe('AlreadyInOrganizationException')
    await stranger.send(new DeleteOrganizationCommand({}))
    expect(await codeOf(stranger.send(new DescribeOrganizationCommand({})))).toBe('AWSOrganizationsNotInUseException')
    expect(await codeOf(orgs.send(new DeleteOrganizationCommand({})))).toBe('OrganizationNotEmptyException')
  })

  test('units hold accounts', async () => {
    const root = await rootId()
    const { OrganizationalUnit: unit } = await orgs.send(new CreateOrganizationalUnitCommand({ ParentId: root, Name: 'environments' }))
    expect(unit!.Id).toMatch(/^ou-[a-z0-9]{4}-[a-z0-9]{8}$/)
    expect(await codeOf(orgs.send(new CreateOrganizationalUnitCommand({ ParentId: root, Name: 'environments' })))).toBe(
      'DuplicateOrganizationalUnitException',
    )
    const move = { AccountId: member, SourceParentId: root, DestinationParentId: unit!.Id }
    await orgs.send(new MoveAccountCommand(move))
    expect(await codeOf(orgs.send(new MoveAccountCommand(move)))).toBe('SourceParentNotFoundException')
    expect((await orgs.send(new ListParentsCommand({ ChildId: member }))).Parents).toEqual([{ Id: unit!.Id, Type: 'ORGANIZATIONAL_UNIT' }])
    expect((await orgs.send(new ListAccountsForParentCommand({ ParentId: unit!.Id }))).Accounts!.map(({ Id }) => Id)).toEqual([member])
    expect(await codeOf(orgs.send(new DeleteOrganizationalUnitCommand({ OrganizationalUnitId: unit!.Id })))).toBe(
      'OrganizationalUnitNotEmptyException',
    )
  })

  test('a new account takes its time, and its role a little more', async () => {
    const { state, account } = await created('new@example.com', 'new')
    expect(state).toBe('SUCCEEDED')
    expect(account).toMatch(/^\d{12}$/)
    expect((await orgs.send(new ListTagsForResourceCommand({ ResourceId: account }))).Tags).toEqual([{ Key: 'a', Value: 'b' }])
    const sts = new STSClient(await userOf(management))
    const RoleArn = `arn:aws:iam::${account}:role/OrganizationAccountAccessRole`
    for (;;) {
      const work = sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'test' }))
      const code = await codeOf(work)
      if (code === 'none') {
        const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = (await work).Credentials!
        const inside = new STSClient({
          ...clientConfig(sandbox),
          credentials: { accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey!, sessionToken: sessionToken! },
        })
        expect((await inside.send(new GetCallerIdentityCommand({}))).Account).toBe(account)
        break
      }
      expect(code).toBe('AccessDenied')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await orgs.send(new CloseAccountCommand({ AccountId: account }))
    expect(await codeOf(orgs.send(new CloseAccountCommand({ AccountId: account })))).toBe('AccountAlreadyClosedException')
  })

  test('an address is used once', async () => {
    expect(await created('OPS@example.com', 'again')).toEqual({ state: 'FAILED', account: undefined, failure: 'EMAIL_ALREADY_EXISTS' })
    expect(await codeOf(orgs.send(new CreateAccountCommand({ Email: 'nobody', AccountName: 'x' })))).toBe('InvalidInputException')
  })

  test('policies are attached once their type is enabled', async () => {
    const root = await rootId()
    const { Policy } = await orgs.send(
      new CreatePolicyCommand({
        Name: 'no-leaving',
        Description: '',
        Type: 'SERVICE_CONTROL_POLICY',
        Content: '{"Version":"2012-10-17","Statement":[]}',
      }),
    )
    const attach = { PolicyId: Policy!.PolicySummary!.Id, TargetId: root }
    expect(await codeOf(orgs.send(new AttachPolicyCommand(attach)))).toBe('PolicyTypeNotEnabledException')
    await orgs.send(new EnablePolicyTypeCommand({ RootId: root, PolicyType: 'SERVICE_CONTROL_POLICY' }))
    await orgs.send(new AttachPolicyCommand(attach))
    expect(await codeOf(orgs.send(new AttachPolicyCommand(attach)))).toBe('DuplicatePolicyAttachmentException')
    const { Policies } = await orgs.send(new ListPoliciesForTargetCommand({ TargetId: root, Filter: 'SERVICE_CONTROL_POLICY' }))
    expect(Policies!.map(({ Name }) => Name)).toEqual(['FullAWSAccess', 'no-leaving'])
    expect(await codeOf(orgs.send(new DeletePolicyCommand({ PolicyId: attach.PolicyId })))).toBe('PolicyInUseException')
    await orgs.send(new DetachPolicyCommand(attach))
    await orgs.send(new DeletePolicyCommand({ PolicyId: attach.PolicyId }))
  })

  test('services are trusted', async () => {
    await orgs.send(new EnableAWSServiceAccessCommand({ ServicePrincipal: 'cloudtrail.amazonaws.com' }))
    const { EnabledServicePrincipals } = await orgs.send(new ListAWSServiceAccessForOrganizationCommand({}))
    expect(EnabledServicePrincipals!.map(({ ServicePrincipal }) => ServicePrincipal)).toEqual(['cloudtrail.amazonaws.com'])
  })
})

describe('account management', () => {
  test('contacts, of members too', async () => {
    const client = new AccountClient(clientConfig(sandbox, management))
    const AlternateContactType = 'SECURITY'
    expect(await codeOf(client.send(new GetAlternateContactCommand({ AlternateContactType, AccountId: member })))).toBe(
      'ResourceNotFoundException',
    )
    const contact = { AlternateContactType, Name: 'Ops', Title: 'On call', EmailAddress: 'sec@example.com', PhoneNumber: '+1' } as const
    await client.send(new PutAlternateContactCommand({ ...contact, AccountId: member }))
    const own = new AccountClient(clientConfig(sandbox, member))
    expect((await own.send(new GetAlternateContactCommand({ AlternateContactType }))).AlternateContact).toEqual(contact)
    expect(await codeOf(own.send(new GetAlternateContactCommand({ AlternateContactType, AccountId: management })))).toBe(
      'AccessDeniedException',
    )
  })

  test('regions', async () => {
    const { Regions } = await new AccountClient(clientConfig(sandbox, member)).send(
      new ListRegionsCommand({ RegionOptStatusContains: ['ENABLED', 'ENABLED_BY_DEFAULT'] }),
    )
    expect(Regions!.map(({ RegionName }) => RegionName)).toContain('us-east-1')
    expect(Regions!.map(({ RegionName }) => RegionName)).not.toContain('af-south-1')
  })
})

test('public access of a whole account', async () => {
  // The account's number is part of the host's name, which addresses of this machine have no place for.
  const endpointProvider = () => ({ url: new URL(sandbox.url), properties: {} })
  const client = new S3ControlClient({ ...clientConfig(sandbox, member), disableHostPrefix: true, endpointProvider } as never)
  expect(await codeOf(client.send(new GetPublicAccessBlockCommand({ AccountId: member })))).toBe('NoSuchPublicAccessBlockConfiguration')
  const PublicAccessBlockConfiguration = {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  }
  await client.send(new PutPublicAccessBlockCommand({ AccountId: member, PublicAccessBlockConfiguration }))
  expect((await client.send(new GetPublicAccessBlockCommand({ AccountId: member }))).PublicAccessBlockConfiguration).toEqual(
    PublicAccessBlockConfiguration,
  )
  expect(await codeOf(client.send(new GetPublicAccessBlockCommand({ AccountId: management })))).toBe('AccessDenied')
})

test('defaults of instance metadata', async () => {
  const ec2 = new EC2Client(clientConfig(sandbox, member))
  expect((await ec2.send(new GetInstanceMetadataDefaultsCommand({}))).AccountLevel ?? {}).toEqual({})
  await ec2.send(new ModifyInstanceMetadataDefaultsCommand({ HttpTokens: 'required' }))
  expect((await ec2.send(new GetInstanceMetadataDefaultsCommand({}))).AccountLevel).toEqual({ HttpTokens: 'required' })
})
