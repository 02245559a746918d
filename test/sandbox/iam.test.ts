import * as Ec2 from '@aws-sdk/client-ec2'
import * as Iam from '@aws-sdk/client-iam'
import * as S3 from '@aws-sdk/client-s3'
import * as Ssm from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/index.ts'
import { clientConfig, codeOf, refusal, testSandbox } from './_clients.ts'

const document = (...Statement: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement })
const allow = (Action: string | string[], Resource: string | string[] = '*'): object => ({ Effect: 'Allow', Action, Resource })
const deny = (Action: string | string[], Resource = '*'): object => ({ Effect: 'Deny', Action, Resource })
const trust = document({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'ec2.amazonaws.com' } })
const decoded = (text: string | undefined): unknown => JSON.parse(decodeURIComponent(text!))

let sandbox: Sandbox
let iam: Iam.IAMClient
beforeAll(async () => {
  sandbox = await testSandbox({ maxPageSize: 3 })
  iam = new Iam.IAMClient(clientConfig(sandbox))
})
afterAll(() => sandbox.close())

describe('users and groups', () => {
  test('a user as AWS describes it', async () => {
    const { User } = await iam.send(
      new Iam.CreateUserCommand({ UserName: 'alice', Path: '/people/', Tags: [{ Key: 'Team', Value: 'ops' }] }),
    )
    expect(User).toMatchObject({
      Path: '/people/',
      UserName: 'alice',
      Arn: 'arn:aws:iam::123456789012:user/people/alice',
      Tags: [{ Key: 'Team', Value: 'ops' }],
    })
    expect(User!.UserId).toMatch(/^AIDA[A-Z2-7]{17}$/)
    expect((await iam.send(new Iam.GetUserCommand({ UserName: 'alice' }))).User).toEqual(User)
  })

  test.each<[name: string, send: () => Promise<unknown>, message: string]>([
    [
      'twice, without regard to case',
      () => iam.send(new Iam.CreateUserCommand({ UserName: 'ALICE' })),
      'EntityAlreadyExistsException: User with name ALICE already exists.',
    ],
    [
      'one that is not there',
      () => iam.send(new Iam.GetUserCommand({ UserName: 'nobody' })),
      'NoSuchEntityException: The user with name nobody cannot be found.',
    ],
    [
      'a name with a space',
      () => iam.send(new Iam.CreateUserCommand({ UserName: 'a b' })),
      'ValidationError: The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-',
    ],
    [
      'in a group that is not there',
      () => iam.send(new Iam.AddUserToGroupCommand({ UserName: 'alice', GroupName: 'g' })),
      'NoSuchEntityException: The group with name g cannot be found.',
    ],
    [
      'an inline policy that is not there',
      () => iam.send(new Iam.GetUserPolicyCommand({ UserName: 'alice', PolicyName: 'p' })),
      'NoSuchEntityException: The user policy with name p cannot be found.',
    ],
    [
      'a policy that is none',
      () => iam.send(new Iam.PutUserPolicyCommand({ UserName: 'alice', PolicyName: 'p', PolicyDocument: '{' })),
      'MalformedPolicyDocumentException: Syntax errors in policy.',
    ],
    [
      'a managed policy that is not there',
      () => iam.send(new Iam.AttachUserPolicyCommand({ UserName: 'alice', PolicyArn: 'arn:aws:iam::aws:policy/None' })),
      'NoSuchEntityException: Policy arn:aws:iam::aws:policy/None does not exist or is not attachable.',
    ],
  ])('%s', async (_name, send, message) => {
    expect(await refusal(send())).toBe(message)
  })

  test('a user that has things is not deleted', async () => {
    const UserName = 'loaded'
    await iam.send(new Iam.CreateUserCommand({ UserName }))
    await iam.send(new Iam.CreateGroupCommand({ GroupName: 'some' }))
    const key = (await iam.send(new Iam.CreateAccessKeyCommand({ UserName }))).AccessKey!
    const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
    const steps: [take: () => Promise<unknown>, giveBack: () => Promise<unknown>, message: string][] = [
      [
        () => Promise.resolve(),
        () => iam.send(new Iam.DeleteAccessKeyCommand({ UserName, AccessKeyId: key.AccessKeyId })),
        'delete access keys',
      ],
      [
        () => iam.send(new Iam.CreateLoginProfileCommand({ UserName, Password: 'x' })),
        () => iam.send(new Iam.DeleteLoginProfileCommand({ UserName })),
        'delete login profile',
      ],
      [
        () => iam.send(new Iam.AddUserToGroupCommand({ UserName, GroupName: 'some' })),
        () => iam.send(new Iam.RemoveUserFromGroupCommand({ UserName, GroupName: 'some' })),
        'remove users from group',
      ],
      [
        () => iam.send(new Iam.PutUserPolicyCommand({ UserName, PolicyName: 'p', PolicyDocument: document(allow('s3:*')) })),
        () => iam.send(new Iam.DeleteUserPolicyCommand({ UserName, PolicyName: 'p' })),
        'delete policies',
      ],
      [
        () => iam.send(new Iam.AttachUserPolicyCommand({ UserName, PolicyArn })),
        () => iam.send(new Iam.DetachUserPolicyCommand({ UserName, PolicyArn })),
        'detach all policies',
      ],
    ]
    for (const [take, giveBack, what] of steps) {
      await take()
      expect(await refusal(iam.send(new Iam.DeleteUserCommand({ UserName })))).toBe(
        `DeleteConflictException: Cannot delete entity, must ${what} first.`,
      )
      await giveBack()
    }
    await iam.send(new Iam.DeleteUserCommand({ UserName }))
    expect(await codeOf(iam.send(new Iam.GetUserCommand({ UserName })))).toBe('NoSuchEntityException')
  })

  test('lists come in pages, in the order of names', async () => {
    for (const GroupName of ['g5', 'g1', 'g4', 'g2', 'g3', 'G0']) await iam.send(new Iam.CreateGroupCommand({ GroupName, Path: '/paged/' }))
    const names: string[] = []
    let pages = 0
    for await (const page of Iam.paginateListGroups({ client: iam }, { PathPrefix: '/paged/', MaxItems: 2 })) {
      names.push(...page.Groups!.map((group) => group.GroupName!))
      pages++
    }
    expect(names).toEqual(['G0', 'g1', 'g2', 'g3', 'g4', 'g5'])
    expect(pages).toBe(3)
  })

  test('two access keys at most; an inactive one is refused', async () => {
    const UserName = 'keys'
    await iam.send(new Iam.CreateUserCommand({ UserName }))
    const keys = [
      await iam.send(new Iam.CreateAccessKeyCommand({ UserName })),
      await iam.send(new Iam.CreateAccessKeyCommand({ UserName })),
    ]
    expect(await refusal(iam.send(new Iam.CreateAccessKeyCommand({ UserName })))).toBe(
      'LimitExceededException: Cannot exceed quota for AccessKeysPerUser: 2',
    )
    const { AccessKeyId, SecretAccessKey } = keys[0]!.AccessKey!
    const own = new Iam.IAMClient({
      ...clientConfig(sandbox),
      credentials: { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey! },
    })
    expect((await own.send(new Iam.GetUserCommand({}))).User?.UserName).toBe('keys')
    await iam.send(new Iam.UpdateAccessKeyCommand({ UserName, AccessKeyId, Status: 'Inactive' }))
    expect(await codeOf(own.send(new Iam.GetUserCommand({})))).toBe('InvalidClientTokenId')
    await iam.send(new Iam.UpdateAccessKeyCommand({ UserName, AccessKeyId, Status: 'Active' }))
    expect((await own.send(new Iam.ListAccessKeysCommand({}))).AccessKeyMetadata?.length).toBe(2)
  })
})

describe('roles and instance profiles', () => {
  test('a role, its trust policy percent-encoded, its instance profile', async () => {
    await iam.send(new Iam.CreateRoleCommand({ RoleName: 'web', AssumeRolePolicyDocument: trust, Description: 'Web' }))
    const { Role } = await iam.send(new Iam.GetRoleCommand({ RoleName: 'web' }))
    expect(Role).toMatchObject({ Path: '/', Arn: 'arn:aws:iam::123456789012:role/web', MaxSessionDuration: 3600, Description: 'Web' })
    expect(Role!.AssumeRolePolicyDocument).toMatch(/^%7B%22Version/)
    expect(decoded(Role!.AssumeRolePolicyDocument)).toEqual(JSON.parse(trust))

    await iam.send(new Iam.CreateInstanceProfileCommand({ InstanceProfileName: 'web' }))
    await iam.send(new Iam.AddRoleToInstanceProfileCommand({ InstanceProfileName: 'web', RoleName: 'web' }))
    expect((await iam.send(new Iam.GetInstanceProfileCommand({ InstanceProfileName: 'web' }))).InstanceProfile!.Roles![0]!.RoleName).toBe(
      'web',
    )
    expect(await refusal(iam.send(new Iam.AddRoleToInstanceProfileCommand({ InstanceProfileName: 'web', RoleName: 'web' })))).toBe(
      'LimitExceededException: Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1',
    )
    expect(await refusal(iam.send(new Iam.DeleteRoleCommand({ RoleName: 'web' })))).toBe(
      'DeleteConflictException: Cannot delete entity, must remove roles from instance profile first.',
    )
    await iam.send(new Iam.RemoveRoleFromInstanceProfileCommand({ InstanceProfileName: 'web', RoleName: 'web' }))
    await iam.send(new Iam.DeleteRoleCommand({ RoleName: 'web' }))
    expect((await iam.send(new Iam.GetInstanceProfileCommand({ InstanceProfileName: 'web' }))).InstanceProfile!.Roles).toEqual([])
  })

  test('roles of services are made by name and deleted in the background', async () => {
    const { Role } = await iam.send(
      new Iam.CreateServiceLinkedRoleCommand({ AWSServiceName: 'autoscaling.amazonaws.com', CustomSuffix: 'x' }),
    )
    expect(Role).toMatchObject({ RoleName: 'AWSServiceRoleForAutoScaling_x', Path: '/aws-service-role/autoscaling.amazonaws.com/' })
    expect(await codeOf(iam.send(new Iam.DeleteRoleCommand({ RoleName: Role!.RoleName })))).toBe('UnmodifiableEntityException')
    const { DeletionTaskId } = await iam.send(new Iam.DeleteServiceLinkedRoleCommand({ RoleName: Role!.RoleName }))
    expect((await iam.send(new Iam.GetServiceLinkedRoleDeletionStatusCommand({ DeletionTaskId }))).Status).toBe('SUCCEEDED')
  })
})

describe('managed policies', () => {
  test('versions: five at most, numbers are never used again, the default one stays', async () => {
    const { Policy } = await iam.send(new Iam.CreatePolicyCommand({ PolicyName: 'versions', PolicyDocument: document(allow('s3:1')) }))
    const PolicyArn = Policy!.Arn!
    const next = (n: number) =>
      iam.send(new Iam.CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: document(allow(`s3:${n}`)), SetAsDefault: true }))
    for (const n of [2, 3, 4, 5]) await next(n)
    expect(await refusal(next(6))).toContain('LimitExceededException: A managed policy can have up to 5 versions.')
    expect(await refusal(iam.send(new Iam.DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v5' })))).toBe(
      'DeleteConflictException: Cannot delete the default version of a policy.',
    )
    await iam.send(new Iam.DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v1' }))
    expect((await next(6)).PolicyVersion?.VersionId).toBe('v6')
    const versions: string[] = []
    for await (const page of Iam.paginateListPolicyVersions({ client: iam }, { PolicyArn }))
      versions.push(...page.Versions!.map((v) => v.VersionId!))
    expect(versions).toEqual(['v6', 'v5', 'v4', 'v3', 'v2'])
    const version = await iam.send(new Iam.GetPolicyVersionCommand({ PolicyArn, VersionId: 'v6' }))
    expect(decoded(version.PolicyVersion!.Document)).toEqual(JSON.parse(document(allow('s3:6'))))
    expect(await refusal(iam.send(new Iam.DeletePolicyCommand({ PolicyArn })))).toContain('This policy has more than one version.')
  })

  test('an attached policy is not deleted, and says to whom it is attached', async () => {
    const { Policy } = await iam.send(
      new Iam.CreatePolicyCommand({ PolicyName: 'attached', Path: '/a/', PolicyDocument: document(allow('s3:*')) }),
    )
    const PolicyArn = Policy!.Arn!
    await iam.send(new Iam.CreateRoleCommand({ RoleName: 'attached', AssumeRolePolicyDocument: trust }))
    await iam.send(new Iam.AttachRolePolicyCommand({ RoleName: 'attached', PolicyArn }))
    expect((await iam.send(new Iam.GetPolicyCommand({ PolicyArn }))).Policy?.AttachmentCount).toBe(1)
    expect((await iam.send(new Iam.ListEntitiesForPolicyCommand({ PolicyArn }))).PolicyRoles?.map((role) => role.RoleName)).toEqual([
      'attached',
    ])
    expect(await refusal(iam.send(new Iam.DeletePolicyCommand({ PolicyArn })))).toBe(
      'DeleteConflictException: Cannot delete a policy attached to entities.',
    )
    await iam.send(new Iam.DetachRolePolicyCommand({ RoleName: 'attached', PolicyArn }))
    await iam.send(new Iam.DeletePolicyCommand({ PolicyArn }))
    expect(await refusal(iam.send(new Iam.GetPolicyCommand({ PolicyArn })))).toBe(
      `NoSuchEntityException: Policy ${PolicyArn} was not found.`,
    )
  })

  test.each([
    'AdministratorAccess',
    'ReadOnlyAccess',
    'AmazonSSMManagedInstanceCore',
    'service-role/AmazonECSTaskExecutionRolePolicy',
    'service-role/AmazonEC2ContainerServiceforEC2Role',
  ])('%s is there, and nobody changes it', async (name) => {
    const PolicyArn = `arn:aws:iam::aws:policy/${name}`
    const { Policy } = await iam.send(new Iam.GetPolicyCommand({ PolicyArn }))
    const { PolicyVersion } = await iam.send(new Iam.GetPolicyVersionCommand({ PolicyArn, VersionId: Policy!.DefaultVersionId! }))
    expect(decoded(PolicyVersion!.Document)).toMatchObject({ Version: '2012-10-17' })
    expect(await codeOf(iam.send(new Iam.DeletePolicyCommand({ PolicyArn })))).toBe('AccessDenied')
  })
})

describe('the account', () => {
  test('an alias belongs to one account', async () => {
    const other = new Iam.IAMClient(clientConfig(sandbox, '210987654321'))
    await iam.send(new Iam.CreateAccountAliasCommand({ AccountAlias: 'acme' }))
    expect((await iam.send(new Iam.ListAccountAliasesCommand({}))).AccountAliases).toEqual(['acme'])
    expect(await codeOf(other.send(new Iam.CreateAccountAliasCommand({ AccountAlias: 'acme' })))).toBe('EntityAlreadyExistsException')
    expect((await other.send(new Iam.ListAccountAliasesCommand({}))).AccountAliases).toEqual([])
  })

  test('everything that may be, in one list', async () => {
    const names: string[] = []
    for await (const page of Iam.paginateGetAccountAuthorizationDetails({ client: iam }, { Filter: ['Role', 'Group'] })) {
      expect(page.UserDetailList).toEqual([])
      names.push(...page.RoleDetailList!.map((role) => role.RoleName!), ...page.GroupDetailList!.map((group) => group.GroupName!))
    }
    expect(names).toContain('attached')
    expect(names).toContain('g3')
  })

  test('a password policy is there once it is set', async () => {
    expect(await codeOf(iam.send(new Iam.GetAccountPasswordPolicyCommand({})))).toBe('NoSuchEntityException')
    await iam.send(new Iam.UpdateAccountPasswordPolicyCommand({ MinimumPasswordLength: 14, MaxPasswordAge: 90 }))
    expect((await iam.send(new Iam.GetAccountPasswordPolicyCommand({}))).PasswordPolicy).toMatchObject({
      MinimumPasswordLength: 14,
      ExpirePasswords: true,
      RequireSymbols: false,
    })
  })

  test('policies can be tried out', async () => {
    await iam.send(new Iam.CreateUserCommand({ UserName: 'tried' }))
    await iam.send(
      new Iam.PutUserPolicyCommand({ UserName: 'tried', PolicyName: 'p', PolicyDocument: document(allow('s3:*'), deny('s3:Delete*')) }),
    )
    const decisions: string[] = []
    const input = {
      PolicySourceArn: 'arn:aws:iam::123456789012:user/tried',
      ActionNames: ['s3:GetObject', 's3:DeleteObject', 'ec2:RunInstances'],
    }
    for await (const page of Iam.paginateSimulatePrincipalPolicy({ client: iam }, input))
      decisions.push(...page.EvaluationResults!.map((r) => r.EvalDecision!))
    expect(decisions).toEqual(['allowed', 'explicitDeny', 'implicitDeny'])
  })
})

describe('when IAM is enforced', () => {
  let enforced: Sandbox
  const settings = async (policy: string, boundary?: string) => {
    const root = new Iam.IAMClient(rootConfig())
    const UserName = `u${Math.random().toString(36).slice(2)}`
    const made =
      boundary === undefined ? undefined : await root.send(new Iam.CreatePolicyCommand({ PolicyName: UserName, PolicyDocument: boundary }))
    await root.send(new Iam.CreateUserCommand({ UserName, PermissionsBoundary: made?.Policy?.Arn }))
    await root.send(new Iam.PutUserPolicyCommand({ UserName, PolicyName: 'p', PolicyDocument: policy }))
    const { AccessKey } = await root.send(new Iam.CreateAccessKeyCommand({ UserName }))
    return {
      arn: `arn:aws:iam::123456789012:user/${UserName}`,
      config: {
        ...clientConfig(enforced),
        credentials: { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! },
        forcePathStyle: true,
      },
    }
  }
  const rootConfig = () => ({ ...clientConfig(enforced, 'test'), forcePathStyle: true })
  beforeAll(async () => {
    enforced = await testSandbox({ iam: 'enforce' })
  })
  afterAll(() => enforced.close())

  test('each service refuses in its own words', async () => {
    const { arn, config } = await settings(document(allow('sts:*')))
    const because = (action: string) => `because no identity-based policy allows the ${action} action`
    expect(await refusal(new Ec2.EC2Client(config).send(new Ec2.DescribeVpcsCommand({})))).toBe(
      `UnauthorizedOperation: You are not authorized to perform this operation. User: ${arn} is not authorized to perform: ec2:DescribeVpcs ${because('ec2:DescribeVpcs')}`,
    )
    expect(await refusal(new S3.S3Client(config).send(new S3.ListBucketsCommand({})))).toBe(
      `AccessDenied: User: ${arn} is not authorized to perform: s3:ListAllMyBuckets ${because('s3:ListAllMyBuckets')}`,
    )
    expect(await refusal(new Ssm.SSMClient(config).send(new Ssm.GetParameterCommand({ Name: '/a/b' })))).toBe(
      `AccessDeniedException: User: ${arn} is not authorized to perform: ssm:GetParameter on resource: arn:aws:ssm:eu-central-1:123456789012:parameter/a/b ${because('ssm:GetParameter')}`,
    )
  })

  test('resources that a request names are held against policies', async () => {
    await new S3.S3Client(rootConfig()).send(
      new S3.CreateBucketCommand({ Bucket: 'enforced-a', CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } }),
    )
    const { config } = await settings(
      document(allow(['s3:PutObject', 's3:GetObject'], 'arn:aws:s3:::enforced-a/own/*'), allow('s3:ListBucket', 'arn:aws:s3:::enforced-a')),
    )
    const s3 = new S3.S3Client(config)
    const put = (Key: string) => codeOf(s3.send(new S3.PutObjectCommand({ Bucket: 'enforced-a', Key, Body: 'x' })))
    expect(await put('own/1')).toBe('none')
    expect(await put('other/1')).toBe('AccessDenied')
    expect(await codeOf(s3.send(new S3.HeadObjectCommand({ Bucket: 'enforced-a', Key: 'own/1' })))).toBe('none')
    expect(await codeOf(s3.send(new S3.ListObjectsV2Command({ Bucket: 'enforced-a' })))).toBe('none')
    expect(await codeOf(s3.send(new S3.DeleteObjectCommand({ Bucket: 'enforced-a', Key: 'own/1' })))).toBe('AccessDenied')
  })

  test('tags that a request gives can be asked for', async () => {
    const Condition = { StringEquals: { 'aws:RequestTag/Team': 'web' } }
    const { config } = await settings(document({ ...allow('ec2:CreateVpc'), Condition }))
    const ec2 = new Ec2.EC2Client(config)
    const create = (Value: string) =>
      codeOf(
        ec2.send(
          new Ec2.CreateVpcCommand({
            CidrBlock: '10.0.0.0/16',
            TagSpecifications: [{ ResourceType: 'vpc', Tags: [{ Key: 'Team', Value }] }],
          }),
        ),
      )
    expect(await create('web')).toBe('none')
    expect(await create('ops')).toBe('UnauthorizedOperation')
  })

  test('a deny wins, and a boundary bounds', async () => {
    const { arn, config } = await settings(document(allow('*'), deny('iam:DeleteUser')), document(allow('iam:*'), deny('iam:Create*')))
    const own = new Iam.IAMClient(config)
    expect(await codeOf(own.send(new Iam.ListUsersCommand({})))).toBe('none')
    const nobody = 'arn:aws:iam::123456789012:user/nobody'
    expect(await refusal(own.send(new Iam.DeleteUserCommand({ UserName: 'nobody' })))).toBe(
      `AccessDenied: User: ${arn} is not authorized to perform: iam:DeleteUser on resource: ${nobody} with an explicit deny in an identity-based policy`,
    )
    expect(await refusal(own.send(new Iam.CreateUserCommand({ UserName: 'nobody' })))).toBe(
      `AccessDenied: User: ${arn} is not authorized to perform: iam:CreateUser on resource: ${nobody} with an explicit deny in a permissions boundary`,
    )
    expect(await refusal(new Ec2.EC2Client(config).send(new Ec2.DescribeVpcsCommand({})))).toContain(
      'because no permissions boundary allows the ec2:DescribeVpcs action',
    )
  })

  test('passing a role on takes a permission of its own', async () => {
    const root = new Iam.IAMClient(rootConfig())
    const RoleName = 'passed'
    await root.send(new Iam.CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }))
    await root.send(new Iam.CreateInstanceProfileCommand({ InstanceProfileName: RoleName }))
    const input = { InstanceProfileName: RoleName, RoleName }
    const pass = async (...statements: object[]) => {
      const { arn, config } = await settings(document(allow('iam:AddRoleToInstanceProfile'), ...statements))
      return { arn, outcome: new Iam.IAMClient(config).send(new Iam.AddRoleToInstanceProfileCommand(input)) }
    }
    const { arn, outcome } = await pass()
    expect(await refusal(outcome)).toBe(
      `AccessDenied: User: ${arn} is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/passed because no identity-based policy allows the iam:PassRole action`,
    )
    const to = (service: string) => ({ ...allow('iam:PassRole', '*'), Condition: { StringEquals: { 'iam:PassedToService': service } } })
    expect(await codeOf((await pass(to('ecs.amazonaws.com'))).outcome)).toBe('AccessDenied')
    expect(await codeOf((await pass(to('ec2.amazonaws.com'))).outcome)).toBe('none')
  })

  test('a user may manage itself by name', async () => {
    const { arn, config } = await settings(document(allow('iam:*AccessKey*', 'arn:aws:iam::*:user/${aws:username}')))
    const own = new Iam.IAMClient(config)
    expect((await own.send(new Iam.ListAccessKeysCommand({}))).AccessKeyMetadata?.length).toBe(1)
    expect((await own.send(new Iam.ListAccessKeysCommand({ UserName: arn.split('/')[1] }))).AccessKeyMetadata?.length).toBe(1)
    expect(await codeOf(own.send(new Iam.ListAccessKeysCommand({ UserName: 'other' })))).toBe('AccessDenied')
  })
})
