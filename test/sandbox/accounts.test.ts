import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as Iam from '@aws-sdk/client-iam'
import { IAMClient } from '@aws-sdk/client-iam'
import * as S3 from '@aws-sdk/client-s3'
import * as Sts from '@aws-sdk/client-sts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Organization, type Sandbox, startSandbox } from '../../src/sandbox/index.ts'
import { totp } from '../../src/sandbox/services/iam/mfa-device.ts'

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'

const MANAGEMENT = '100000000001'
const OPS = '200000000002'
const STAGE = '300000000003'
const PROD = '400000000004'

const organization: Organization = {
  management: MANAGEMENT,
  hub: OPS,
  accounts: [
    { id: MANAGEMENT, name: 'management', email: 'aws@example.org' },
    { id: OPS, name: 'ops' },
    { id: STAGE, name: 'stage' },
    { id: PROD, name: 'prod' },
  ],
  roles: [
    { name: 'landform-plan', trusts: OPS, access: 'read-only' },
    { name: 'landform-apply', trusts: OPS, access: 'administrator' },
  ],
}

interface Key {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

const keyOf = ({
  AccessKeyId,
  SecretAccessKey,
  SessionToken,
}: {
  AccessKeyId?: string
  SecretAccessKey?: string
  SessionToken?: string
} = {}): Key => ({
  accessKeyId: AccessKeyId!,
  secretAccessKey: SecretAccessKey!,
  ...(SessionToken === undefined ? {} : { sessionToken: SessionToken }),
})

let now = Date.UTC(2026, 5, 1, 12)
const minute = () => {
  now += 60_000
}
const codes = (seed: string) => [totp(seed, Math.floor(now / 30_000) - 1), totp(seed, Math.floor(now / 30_000))] as const

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox({ organization, iam: 'enforce', verifySignatures: false, seed: 1, clock: () => new Date(now) })
})
afterAll(() => sandbox.close())

const settings = (credentials: Key) => ({ endpoint: sandbox.url, region: 'eu-west-1', credentials, maxAttempts: 1 })
const iam = (key: Key) => new IAMClient(settings(key))
const sts = (key: Key) => new Sts.STSClient(settings(key))
const rootOf = (id: string): Key => sandbox.accounts.find((account) => account.id === id)!

async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`
  }
  return 'no error'
}

async function assume(key: Key, account: string, role: string, more: Partial<Sts.AssumeRoleCommandInput> = {}): Promise<Key> {
  const { Credentials } = await sts(key).send(
    new Sts.AssumeRoleCommand({ RoleArn: `arn:aws:iam::${account}:role/${role}`, RoleSessionName: 'test', ...more }),
  )
  return keyOf(Credentials)
}

async function whoIs(key: Key): Promise<string> {
  return (await sts(key).send(new Sts.GetCallerIdentityCommand({}))).Arn!
}

describe('a seeded organization', () => {
  test('the hub gives the key of its user, which may assume the roles that trust the hub', async () => {
    const landform = rootOf(OPS)
    expect(await whoIs(landform)).toBe(`arn:aws:iam::${OPS}:user/landform`)
    for (const account of [MANAGEMENT, OPS, STAGE, PROD]) {
      const session = await assume(landform, account, 'landform-plan')
      expect(await whoIs(session)).toBe(`arn:aws:sts::${account}:assumed-role/landform-plan/test`)
    }
  })

  test('its user may do nothing else', async () => {
    expect(await failure(iam(rootOf(OPS)).send(new Iam.ListUsersCommand({})))).toBe(
      `AccessDenied: User: arn:aws:iam::${OPS}:user/landform is not authorized to perform: iam:ListUsers because no identity-based policy allows the iam:ListUsers action`,
    )
    expect(await failure(assume(rootOf(OPS), STAGE, 'OrganizationAccountAccessRole'))).toBe(
      `AccessDenied: User: arn:aws:iam::${OPS}:user/landform is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::${STAGE}:role/OrganizationAccountAccessRole`,
    )
  })

  test('read-only is that, administrators are that', async () => {
    const plan = iam(await assume(rootOf(OPS), STAGE, 'landform-plan'))
    expect((await plan.send(new Iam.ListRolesCommand({}))).Roles?.map((role) => role.RoleName)).toEqual([
      'landform-apply',
      'landform-plan',
      'OrganizationAccountAccessRole',
    ])
    const create = new Iam.CreateUserCommand({ UserName: 'x' })
    expect(await failure(plan.send(create))).toBe(
      `AccessDenied: User: arn:aws:sts::${STAGE}:assumed-role/landform-plan/test is not authorized to perform: iam:CreateUser on resource: arn:aws:iam::${STAGE}:user/x because no identity-based policy allows the iam:CreateUser action`,
    )
    const apply = iam(await assume(rootOf(OPS), STAGE, 'landform-apply'))
    expect((await apply.send(create)).User?.Arn).toBe(`arn:aws:iam::${STAGE}:user/x`)
    await apply.send(new Iam.DeleteUserCommand({ UserName: 'x' }))
  })

  test('what one account has does not exist in another', async () => {
    const [stage, prod] = [iam(rootOf(STAGE)), iam(rootOf(PROD))]
    const { Policy } = await stage.send(
      new Iam.CreatePolicyCommand({
        PolicyName: 'only-here',
        PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' } }),
      }),
    )
    await stage.send(new Iam.CreateUserCommand({ UserName: 'only-here' }))
    expect(await failure(prod.send(new Iam.GetUserCommand({ UserName: 'only-here' })))).toBe(
      'NoSuchEntityException: The user with name only-here cannot be found.',
    )
    expect(await failure(prod.send(new Iam.GetPolicyCommand({ PolicyArn: Policy!.Arn })))).toBe(
      `NoSuchEntityException: Policy ${Policy!.Arn} was not found.`,
    )
  })

  test('a role that an account does not have cannot be assumed', async () => {
    expect(await failure(assume(rootOf(OPS), PROD, 'nobody'))).toContain('AccessDenied: User: ')
  })
})

describe('the store of states', () => {
  const store = { account: OPS, region: 'eu-west-1', bucket: 'acme-states', role: 'landform-state', trusts: OPS }

  test('a private, versioned, encrypted bucket, and a role that uses it', async () => {
    const own = await startSandbox({ organization: { ...organization, store }, iam: 'enforce', seed: 2 })
    try {
      const hub = own.accounts.find((account) => account.id === OPS)!
      const { Credentials } = await new Sts.STSClient({ endpoint: own.url, region: 'eu-west-1', credentials: hub }).send(
        new Sts.AssumeRoleCommand({ RoleArn: `arn:aws:iam::${OPS}:role/landform-state`, RoleSessionName: 'test' }),
      )
      const client = (credentials: Key) =>
        new S3.S3Client({ endpoint: own.url, region: 'eu-west-1', credentials, forcePathStyle: true, maxAttempts: 1 })
      const state = client(keyOf(Credentials))
      const Bucket = store.bucket
      expect((await state.send(new S3.GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled')
      const put = new S3.PutObjectCommand({ Bucket, Key: 'stage/terraform.tfstate', Body: '{}', IfNoneMatch: '*' })
      expect((await state.send(put)).ServerSideEncryption).toBe('AES256')
      expect(await failure(state.send(put))).toContain('PreconditionFailed')
      await state.send(new S3.DeleteObjectCommand({ Bucket, Key: 'stage/terraform.tfstate' }))
      expect(await failure(state.send(new S3.DeleteBucketCommand({ Bucket })))).toContain('AccessDenied')
      expect(await failure(client(hub).send(new S3.GetObjectCommand({ Bucket, Key: 'x' })))).toContain('AccessDenied')
    } finally {
      await own.close()
    }
  })

  test('what was deleted does not come back when the sandbox is started again, what is new is added', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'landform-accounts-'))
    try {
      const first = await startSandbox({ dir, organization })
      const root = (s: Sandbox, id: string) =>
        new IAMClient({ endpoint: s.url, region: 'us-east-1', credentials: s.accounts.find((a) => a.id === id)!, maxAttempts: 1 })
      const stage = root(first, STAGE)
      await stage.send(new Iam.DetachRolePolicyCommand({ RoleName: 'landform-plan', PolicyArn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }))
      await stage.send(new Iam.DeleteRoleCommand({ RoleName: 'landform-plan' }))
      await first.close()
      const dev = { id: '500000000005', name: 'dev' }
      const audit = { name: 'audit', trusts: OPS, access: 'read-only' as const }
      const wider = { ...organization, accounts: [...organization.accounts, dev], roles: [...organization.roles, audit] }
      const second = await startSandbox({ dir, organization: wider })
      const names = async (id: string) => (await root(second, id).send(new Iam.ListRolesCommand({}))).Roles!.map((role) => role.RoleName)
      expect(await names(STAGE)).toEqual(['audit', 'landform-apply', 'OrganizationAccountAccessRole'])
      expect(await names(dev.id)).toEqual(['audit', 'landform-apply', 'landform-plan', 'OrganizationAccountAccessRole'])
      await second.close()
    } finally {
      rmSync(dir, { recursive: true })
    }
  })
})

describe('people', () => {
  const stageRole = `arn:aws:iam::${STAGE}:role/people/deploy`
  let alice: Key
  let bob: Key
  let device: string
  let seed: string

  beforeAll(async () => {
    const admin = await assume(rootOf(OPS), OPS, 'landform-apply')
    const ops = iam(admin)
    const document = (Statement: object) => JSON.stringify({ Version: '2012-10-17', Statement })
    await ops.send(new Iam.CreateGroupCommand({ GroupName: 'deployers' }))
    await ops.send(
      new Iam.PutGroupPolicyCommand({
        GroupName: 'deployers',
        PolicyName: 'stage',
        PolicyDocument: document({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: stageRole }),
      }),
    )
    const newUser = async (UserName: string) => {
      await ops.send(new Iam.CreateUserCommand({ UserName, Path: '/people/' }))
      return keyOf((await ops.send(new Iam.CreateAccessKeyCommand({ UserName }))).AccessKey)
    }
    alice = await newUser('alice')
    bob = await newUser('bob')
    await ops.send(new Iam.AddUserToGroupCommand({ GroupName: 'deployers', UserName: 'alice' }))
    const created = await ops.send(new Iam.CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: 'alice' }))
    device = created.VirtualMFADevice!.SerialNumber!
    seed = Buffer.from(created.VirtualMFADevice!.Base32StringSeed!).toString()
    const [AuthenticationCode1, AuthenticationCode2] = codes(seed)
    await ops.send(new Iam.EnableMFADeviceCommand({ UserName: 'alice', SerialNumber: device, AuthenticationCode1, AuthenticationCode2 }))

    const stage = iam(await assume(rootOf(OPS), STAGE, 'landform-apply'))
    await stage.send(
      new Iam.CreateRoleCommand({
        RoleName: 'deploy',
        Path: '/people/',
        AssumeRolePolicyDocument: document({
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${OPS}:root` },
          Action: 'sts:AssumeRole',
          Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
        }),
      }),
    )
    await stage.send(new Iam.AttachRolePolicyCommand({ RoleName: 'deploy', PolicyArn: 'arn:aws:iam::aws:policy/PowerUserAccess' }))
  })

  const denied = (name: string) =>
    `AccessDenied: User: arn:aws:iam::${OPS}:user/people/${name} is not authorized to perform: sts:AssumeRole on resource: ${stageRole}`

  test('Alice, in the right group, with her device, becomes deploy in stage', async () => {
    minute()
    const session = await assume(alice, STAGE, 'people/deploy', { SerialNumber: device, TokenCode: codes(seed)[1] })
    expect(await whoIs(session)).toBe(`arn:aws:sts::${STAGE}:assumed-role/deploy/test`)
  })

  test('not without her device, nor with a wrong or used code', async () => {
    expect(await failure(assume(alice, STAGE, 'people/deploy'))).toBe(denied('alice'))
    const used = codes(seed)[1]
    const message = 'AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code. '
    for (const TokenCode of [used, '000000'])
      expect(await failure(assume(alice, STAGE, 'people/deploy', { SerialNumber: device, TokenCode }))).toBe(message)
  })

  test('a session with the device is as good', async () => {
    minute()
    const input = { SerialNumber: device, TokenCode: codes(seed)[1] }
    const { Credentials } = await sts(alice).send(new Sts.GetSessionTokenCommand(input))
    expect(await whoIs(await assume(keyOf(Credentials), STAGE, 'people/deploy'))).toContain('assumed-role/deploy')
    const without = await sts(alice).send(new Sts.GetSessionTokenCommand({}))
    expect(await failure(assume(keyOf(without.Credentials), STAGE, 'people/deploy'))).toBe(denied('alice'))
  })

  test('Bob is in no group: refused, even with a device of another', async () => {
    minute()
    expect(await failure(assume(bob, STAGE, 'people/deploy'))).toBe(denied('bob'))
    expect(await failure(assume(bob, STAGE, 'people/deploy', { SerialNumber: device, TokenCode: codes(seed)[1] }))).toContain(
      'AccessDenied: MultiFactorAuthentication failed, unable to validate MFA code.',
    )
  })

  test('who leaves the group loses the role, and who leaves loses the key', async () => {
    minute()
    const ops = iam(await assume(rootOf(OPS), OPS, 'landform-apply'))
    await ops.send(new Iam.RemoveUserFromGroupCommand({ GroupName: 'deployers', UserName: 'alice' }))
    expect(await failure(assume(alice, STAGE, 'people/deploy', { SerialNumber: device, TokenCode: codes(seed)[1] }))).toBe(denied('alice'))
    await ops.send(new Iam.DeleteAccessKeyCommand({ UserName: 'bob', AccessKeyId: bob.accessKeyId }))
    expect(await failure(whoIs(bob))).toBe('InvalidClientTokenId: The security token included in the request is invalid.')
  })
})

describe('trust', () => {
  const trust = (statement: object) =>
    JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', ...statement } })

  test('an external id must be given as the trust policy says', async () => {
    const stage = iam(await assume(rootOf(OPS), STAGE, 'landform-apply'))
    const Condition = { StringEquals: { 'sts:ExternalId': 'secret-42' } }
    await stage.send(
      new Iam.CreateRoleCommand({ RoleName: 'landform-plan2', AssumeRolePolicyDocument: trust({ Principal: { AWS: OPS }, Condition }) }),
    )
    const ops = iam(await assume(rootOf(OPS), OPS, 'landform-apply'))
    const PolicyDocument = trust({ Resource: '*' })
    await ops.send(new Iam.PutUserPolicyCommand({ UserName: 'landform', PolicyName: 'all', PolicyDocument }))
    expect(await failure(assume(rootOf(OPS), STAGE, 'landform-plan2'))).toContain('AccessDenied')
    expect(await failure(assume(rootOf(OPS), STAGE, 'landform-plan2', { ExternalId: 'secret-41' }))).toContain('AccessDenied')
    expect(await whoIs(await assume(rootOf(OPS), STAGE, 'landform-plan2', { ExternalId: 'secret-42' }))).toContain('landform-plan2')
    await ops.send(new Iam.DeleteUserPolicyCommand({ UserName: 'landform', PolicyName: 'all' }))
  })

  test('of the same account, who is named needs no policy; by the account, one is needed', async () => {
    const admin = iam(await assume(rootOf(OPS), PROD, 'landform-apply'))
    const { User } = await admin.send(new Iam.CreateUserCommand({ UserName: 'carol' }))
    const carol = keyOf((await admin.send(new Iam.CreateAccessKeyCommand({ UserName: 'carol' }))).AccessKey)
    await admin.send(new Iam.CreateRoleCommand({ RoleName: 'named', AssumeRolePolicyDocument: trust({ Principal: { AWS: User!.Arn } }) }))
    await admin.send(new Iam.CreateRoleCommand({ RoleName: 'account', AssumeRolePolicyDocument: trust({ Principal: { AWS: PROD } }) }))
    expect(await whoIs(await assume(carol, PROD, 'named'))).toContain('assumed-role/named')
    expect(await failure(assume(carol, PROD, 'account'))).toContain('AccessDenied')
  })

  test('a principal that does not exist is refused', async () => {
    const admin = iam(await assume(rootOf(OPS), PROD, 'landform-apply'))
    const AssumeRolePolicyDocument = trust({ Principal: { AWS: `arn:aws:iam::${PROD}:user/nobody` } })
    expect(await failure(admin.send(new Iam.CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument })))).toBe(
      `MalformedPolicyDocumentException: Invalid principal in policy: "AWS":"arn:aws:iam::${PROD}:user/nobody"`,
    )
  })

  test('sessions of sessions last an hour at most, and none longer than the role allows', async () => {
    const landform = rootOf(OPS)
    expect(await failure(assume(landform, STAGE, 'landform-plan', { DurationSeconds: 7200 }))).toBe(
      'ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    )
    const session = await assume(landform, OPS, 'landform-apply')
    expect(await failure(assume(session, STAGE, 'landform-plan', { DurationSeconds: 7200 }))).toContain('role chaining')
    expect(await whoIs(await assume(session, STAGE, 'landform-plan'))).toContain(STAGE)
  })

  test('a session runs out; a day later nobody knows it', async () => {
    const session = await assume(rootOf(OPS), STAGE, 'landform-plan', { DurationSeconds: 900 })
    now += 901_000
    expect(await failure(whoIs(session))).toBe('ExpiredToken: The security token included in the request is expired')
    now += 25 * 3_600_000
    await assume(rootOf(OPS), STAGE, 'landform-plan')
    expect(await failure(whoIs(session))).toBe('InvalidClientTokenId: The security token included in the request is invalid.')
  })

  test('a session policy narrows', async () => {
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'iam:ListUsers', Resource: '*' } })
    const narrow = iam(await assume(rootOf(OPS), STAGE, 'landform-apply', { Policy }))
    await narrow.send(new Iam.ListUsersCommand({}))
    expect(await failure(narrow.send(new Iam.ListRolesCommand({})))).toContain('because no session policy allows the iam:ListRoles action')
  })

  test('a CI job becomes a role by the token of its provider', async () => {
    const admin = iam(await assume(rootOf(OPS), STAGE, 'landform-apply'))
    const { OpenIDConnectProviderArn } = await admin.send(
      new Iam.CreateOpenIDConnectProviderCommand({ Url: 'https://ci.example.org', ClientIDList: ['sts.amazonaws.com'] }),
    )
    const AssumeRolePolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Action: 'sts:AssumeRoleWithWebIdentity',
        Principal: { Federated: OpenIDConnectProviderArn },
        Condition: { StringLike: { 'ci.example.org:sub': 'repo:acme/shop:*' } },
      },
    })
    await admin.send(new Iam.CreateRoleCommand({ RoleName: 'ci', AssumeRolePolicyDocument }))
    const token = (claims: object) =>
      `e30.${Buffer.from(JSON.stringify({ iss: 'https://ci.example.org', aud: 'sts.amazonaws.com', exp: now / 1000 + 60, ...claims })).toString('base64url')}.x`
    const become = (WebIdentityToken: string) =>
      new Sts.STSClient({ endpoint: sandbox.url, region: 'eu-west-1', credentials: rootOf(STAGE) }).send(
        new Sts.AssumeRoleWithWebIdentityCommand({ RoleArn: `arn:aws:iam::${STAGE}:role/ci`, RoleSessionName: 'job', WebIdentityToken }),
      )
    expect((await become(token({ sub: 'repo:acme/shop:pull_request' }))).AssumedRoleUser?.Arn).toBe(
      `arn:aws:sts::${STAGE}:assumed-role/ci/job`,
    )
    expect(await failure(become(token({ sub: 'repo:evil/shop:pull_request' })))).toBe(
      'AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity',
    )
    expect(await failure(become(token({ sub: 'repo:acme/shop:x', aud: 'other' })))).toContain('Incorrect token audience')
    expect(await failure(become(token({ sub: 'repo:acme/shop:x', exp: 1 })))).toContain('ExpiredToken')
  })
})
