import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2'
import {
  AttachUserPolicyCommand,
  CreateUserCommand,
  IAMClient,
  ListUsersCommand,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam'
import {
  AttachPolicyCommand,
  CloseAccountCommand,
  CreateOrganizationalUnitCommand,
  CreatePolicyCommand,
  DescribeAccountCommand,
  DetachPolicyCommand,
  EnablePolicyTypeCommand,
  ListRootsCommand,
  ListTargetsForPolicyCommand,
  MoveAccountCommand,
  OrganizationsClient,
} from '@aws-sdk/client-organizations'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hubKey, type Sandbox } from '../../src/sandbox/index.ts'
import { codeOf, refusal, testSandbox } from './_clients.ts'

const management = '111122223333'
const member = '222233334444'
const fullAccess = 'p-FullAWSAccess'
let sandbox: Sandbox
let orgs: OrganizationsClient
let root: string

interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

const config = (credentials: Keys, region = 'eu-central-1') => ({ region, endpoint: sandbox.url, credentials, maxAttempts: 1 })
const rootKeys = (account: string): Keys => sandbox.accounts.find(({ id }) => id === account)!

/** Keys of the role with all rights in the member. */
async function administrator(account = member): Promise<Keys> {
  const sts = new STSClient(config(hub()))
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${account}:role/landform-apply`, RoleSessionName: 'test' }),
  )
  return {
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  }
}

function hub(): Keys {
  const { id, secret } = hubKey(management)
  return { accessKeyId: id, secretAccessKey: secret }
}

const listNetworks = (keys: Keys, region?: string) => new EC2Client(config(keys, region)).send(new DescribeVpcsCommand({}))
const listUsers = (keys: Keys) => new IAMClient(config(keys, 'us-east-1')).send(new ListUsersCommand({}))

async function policy(statement: object | readonly object[], name = 'guard'): Promise<string> {
  const { Policy } = await orgs.send(
    new CreatePolicyCommand({
      Name: name,
      Description: '',
      Type: 'SERVICE_CONTROL_POLICY',
      Content: JSON.stringify({ Version: '2012-10-17', Statement: statement }),
    }),
  )
  return Policy!.PolicySummary!.Id!
}

const attach = (PolicyId: string, TargetId: string) => orgs.send(new AttachPolicyCommand({ PolicyId, TargetId }))
const detach = (PolicyId: string, TargetId: string) => orgs.send(new DetachPolicyCommand({ PolicyId, TargetId }))

/** Moves the member to a new unit below the root. */
async function unit(name: string): Promise<string> {
  const { OrganizationalUnit } = await orgs.send(new CreateOrganizationalUnitCommand({ ParentId: root, Name: name }))
  const DestinationParentId = OrganizationalUnit!.Id!
  await orgs.send(new MoveAccountCommand({ AccountId: member, SourceParentId: root, DestinationParentId }))
  return DestinationParentId
}

beforeEach(async () => {
  sandbox = await testSandbox({
    iam: 'enforce',
    organization: {
      management,
      hub: management,
      accounts: [
        { id: management, name: 'management' },
        { id: member, name: 'member' },
      ],
      roles: [{ name: 'landform-apply', trusts: management, access: 'administrator' }],
    },
  })
  const account = sandbox.accounts.find(({ id }) => id === management)!
  expect(account.accessKeyId).toBe(hub().accessKeyId)
  orgs = new OrganizationsClient(config(await administrator(management), 'us-east-1'))
  root = (await orgs.send(new ListRootsCommand({}))).Roots![0]!.Id!
  await orgs.send(new EnablePolicyTypeCommand({ RootId: root, PolicyType: 'SERVICE_CONTROL_POLICY' }))
})

afterEach(() => sandbox.close())

describe('service control policies', () => {
  test('deny to everybody of a member, its root included, and not to the management account', async () => {
    await attach(await policy({ Effect: 'Deny', Action: 'ec2:*', Resource: '*' }), root)
    const keys = await administrator()
    expect(await refusal(listNetworks(keys))).toBe(
      `UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:sts::${member}:assumed-role/landform-apply/test is not authorized to perform: ec2:DescribeVpcs with an explicit deny in a service control policy`,
    )
    expect(await refusal(listNetworks(rootKeys(member)))).toContain('with an explicit deny in a service control policy')
    expect(await codeOf(listNetworks(await administrator(management)))).toBe('none')
    // Of nobody's doing, so nobody can be kept from it.
    expect(await codeOf(new STSClient(config(keys)).send(new GetCallerIdentityCommand({})))).toBe('none')
    expect(await codeOf(listUsers(keys))).toBe('none')
  })

  test('leave the regions that are wanted', async () => {
    const guard = await policy({
      Effect: 'Deny',
      NotAction: ['iam:*', 'organizations:*', 'sts:*'],
      Resource: '*',
      Condition: { StringNotEquals: { 'aws:RequestedRegion': ['eu-central-1', 'eu-west-1'] } },
    })
    const environments = await unit('environments')
    await attach(guard, environments)
    const { Targets } = await orgs.send(new ListTargetsForPolicyCommand({ PolicyId: guard }))
    expect(Targets).toMatchObject([{ TargetId: environments, Name: 'environments', Type: 'ORGANIZATIONAL_UNIT' }])
    const keys = await administrator()
    expect(await codeOf(listNetworks(keys, 'eu-west-1'))).toBe('none')
    expect(await codeOf(listNetworks(keys, 'us-east-1'))).toBe('UnauthorizedOperation')
    expect(await codeOf(listUsers(keys))).toBe('none')
  })

  test.each(['root', 'unit', 'account'] as const)('have to allow at each level: nothing is said at the %s', async (level) => {
    const id = await unit('environments')
    const target = { root, unit: id, account: member }[level]
    const only = await policy({ Effect: 'Allow', Action: 'iam:*', Resource: '*' }, 'only-iam')
    const keys = await administrator()
    await attach(only, target)
    expect(await codeOf(listNetworks(keys))).toBe('none')
    await detach(fullAccess, target)
    expect(await refusal(listNetworks(keys))).toContain('because no service control policy allows the ec2:DescribeVpcs action')
    expect(await codeOf(listUsers(keys))).toBe('none')
    expect(await refusal(detach(only, target))).toBe(
      'ConstraintViolationException: You cannot remove the last policy attached to the specified target. You must have at least one attached at all times.',
    )
  })

  test('an allow of theirs gives nothing that the own policies do not give', async () => {
    const iam = new IAMClient(config(await administrator(), 'us-east-1'))
    await iam.send(new CreateUserCommand({ UserName: 'carol' }))
    const PolicySourceArn = `arn:aws:iam::${member}:user/carol`
    const ask = async () => {
      const { EvaluationResults } = await iam.send(
        new SimulatePrincipalPolicyCommand({ PolicySourceArn, ActionNames: ['ec2:RunInstances'] }),
      )
      return EvaluationResults!.map(({ EvalDecision, OrganizationsDecisionDetail: detail }) => [
        EvalDecision,
        detail?.AllowedByOrganizations,
      ])
    }
    expect(await ask()).toEqual([['implicitDeny', true]])
    await iam.send(new AttachUserPolicyCommand({ UserName: 'carol', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }))
    expect(await ask()).toEqual([['allowed', true]])
    await attach(await policy({ Effect: 'Deny', Action: 'ec2:Run*', Resource: '*' }), member)
    expect(await ask()).toEqual([['explicitDeny', false]])
  })

  test('a role is not assumed where the organization denies that', async () => {
    const deny = await policy({ Effect: 'Deny', Action: 'sts:AssumeRole', Resource: `arn:aws:iam::${management}:role/*` })
    await attach(deny, member)
    const sts = new STSClient(config(await administrator()))
    const assume = sts.send(new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${management}:role/landform-apply`, RoleSessionName: 'test' }))
    expect(await refusal(assume)).toContain('with an explicit deny in a service control policy')
  })

  test.each([
    ['no policy', '{"Statement":1}', 'MalformedPolicyDocumentException'],
    [
      'somebody named in it',
      '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}',
      'MalformedPolicyDocumentException',
    ],
    ['more than 5,120 characters', `{"Version":"2012-10-17","Statement":[]${' '.repeat(5120)}}`, 'ConstraintViolationException'],
  ])('%s is refused', async (_, Content, code) => {
    const made = orgs.send(new CreatePolicyCommand({ Name: 'bad', Description: '', Type: 'SERVICE_CONTROL_POLICY', Content }))
    expect(await codeOf(made)).toBe(code)
  })

  test('five at most are attached to one target', async () => {
    const codes: string[] = []
    for (const i of [1, 2, 3, 4, 5]) codes.push(await codeOf(attach(await policy([], `guard-${i}`), member)))
    expect(codes).toEqual(['none', 'none', 'none', 'none', 'ConstraintViolationException'])
  })
})

test('an account that is closed is suspended, and nobody gets in', async () => {
  const status = async () => (await orgs.send(new DescribeAccountCommand({ AccountId: member }))).Account!.Status
  await orgs.send(new CloseAccountCommand({ AccountId: member }))
  expect(await status()).toBe('SUSPENDED')
  expect(await codeOf(orgs.send(new CloseAccountCommand({ AccountId: member })))).toBe('AccountAlreadyClosedException')
  await expect(administrator()).rejects.toMatchObject({ name: 'AccessDenied' })
  expect(await codeOf(orgs.send(new CloseAccountCommand({ AccountId: management })))).toBe('ConstraintViolationException')
})
