import { execFile } from 'node:child_process'
import { IAM } from '@aws-sdk/client-iam'
import { STS } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts'
import { totp } from '../../src/sandbox/services/iam/mfa-device.ts'
import { awsCli } from './_sandbox.ts'

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'

const [OPS, STAGE] = ['200000000002', '300000000003']
const MINUTES = 60_000

interface Key {
  readonly AccessKeyId: string
  readonly SecretAccessKey: string
  readonly SessionToken?: string
}

/** Settings of profiles as people have them in `~/.aws/config`, told by variables. */
function environment(url: string, key: Key): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: '/nonexistent',
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_MAX_ATTEMPTS: '1',
    AWS_ACCESS_KEY_ID: key.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: key.SecretAccessKey,
    ...(key.SessionToken === undefined ? {} : { AWS_SESSION_TOKEN: key.SessionToken }),
  }
}

describe.skipIf(awsCli === undefined)('people and accounts, by the aws command (skipped without it)', () => {
  let sandbox: Sandbox
  let alice: Key
  let bob: Key
  let device: string
  let seed: string

  /** What the command prints; the last line of its errors when it fails. */
  function aws<T = unknown>(key: Key, ...args: string[]): Promise<T> {
    return new Promise((resolve) => {
      execFile(awsCli!, [...args, '--output', 'json'], { env: environment(sandbox.url, key) }, (error, stdout, stderr) => {
        resolve((error === null ? JSON.parse(stdout || 'null') : stderr.trim().split('\n').at(-1)) as T)
      })
    })
  }
  const rootOf = (account: string): Key => {
    const { accessKeyId, secretAccessKey } = sandbox.accounts.find(({ id }) => id === account)!
    return { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey }
  }
  const administrator = async (account: string): Promise<IAM> => {
    const clientOf = (key: Key) => ({
      endpoint: sandbox.url,
      region: 'eu-west-1',
      credentials: { accessKeyId: key.AccessKeyId, secretAccessKey: key.SecretAccessKey, sessionToken: key.SessionToken },
    })
    const input = { RoleArn: `arn:aws:iam::${account}:role/apply`, RoleSessionName: 'test' }
    return new IAM(clientOf((await new STS(clientOf(rootOf(OPS))).assumeRole(input)).Credentials as Key))
  }
  const become = async (key: Key, account: string, role: string, ...more: string[]): Promise<Key | string> => {
    const arn = `arn:aws:iam::${account}:role/${role}`
    const answer = await aws<{ Credentials: Key } | string>(
      key,
      'sts',
      'assume-role',
      '--role-arn',
      arn,
      '--role-session-name',
      'cli',
      ...more,
    )
    return typeof answer === 'string' ? answer : answer.Credentials
  }
  const document = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: statement })

  beforeAll(async () => {
    sandbox = await startSandbox({
      iam: 'enforce',
      verifySignatures: true,
      organization: {
        management: '100000000001',
        hub: OPS,
        accounts: [
          { id: '100000000001', name: 'management' },
          { id: OPS, name: 'ops' },
          { id: STAGE, name: 'stage' },
        ],
        roles: [{ name: 'apply', trusts: OPS, access: 'administrator' }],
      },
    })
    const [ops, stage] = await Promise.all([OPS, STAGE].map((account) => administrator(account)))
    const RoleName = 'developer'
    const AssumeRolePolicyDocument = document({
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { AWS: OPS },
      Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
    })
    await stage!.createRole({ RoleName, AssumeRolePolicyDocument })
    await stage!.attachRolePolicy({ RoleName, PolicyArn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' })
    const PolicyDocument = document({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: `arn:aws:iam::${STAGE}:role/developer` })
    await ops!.createGroup({ GroupName: 'stage' })
    await ops!.putGroupPolicy({ GroupName: 'stage', PolicyName: 'assume', PolicyDocument })
    const user = async (UserName: string): Promise<Key> => {
      await ops!.createUser({ UserName })
      return (await ops!.createAccessKey({ UserName })).AccessKey as Key
    }
    alice = await user('alice')
    bob = await user('bob')
    await ops!.addUserToGroup({ GroupName: 'stage', UserName: 'alice' })
    const { VirtualMFADevice } = await ops!.createVirtualMFADevice({ VirtualMFADeviceName: 'alice' })
    device = VirtualMFADevice!.SerialNumber!
    seed = Buffer.from(VirtualMFADevice!.Base32StringSeed!).toString()
    // The next code is left for the test: codes count once.
    const step = Math.floor(Date.now() / 30_000)
    await ops!.enableMFADevice({
      UserName: 'alice',
      SerialNumber: device,
      AuthenticationCode1: totp(seed, step - 1),
      AuthenticationCode2: totp(seed, step),
    })
  }, 4 * MINUTES)
  afterAll(() => sandbox?.close())

  const code = () => ['--serial-number', device, '--token-code', totp(seed, Math.floor(Date.now() / 30_000) + 1)]

  test(
    'Alice becomes developer in stage with her device, reads there, and changes nothing',
    async () => {
      const developer = (await become(alice, STAGE, 'developer', ...code())) as Key
      expect(await aws(developer, 'sts', 'get-caller-identity')).toMatchObject({
        Account: STAGE,
        Arn: `arn:aws:sts::${STAGE}:assumed-role/developer/cli`,
      })
      expect(await aws(developer, 'ec2', 'describe-vpcs', '--query', 'Vpcs[].IsDefault')).toEqual([true])
      expect(await aws(developer, 'iam', 'list-users', '--query', 'Users[].UserName')).toEqual([])
      expect(await aws(developer, 'ec2', 'create-vpc', '--cidr-block', '10.0.0.0/16')).toContain(
        `(UnauthorizedOperation) when calling the CreateVpc operation: You are not authorized to perform this operation. User: arn:aws:sts::${STAGE}:assumed-role/developer/cli is not authorized to perform: ec2:CreateVpc`,
      )
    },
    3 * MINUTES,
  )

  test(
    'Bob is refused, and so is Alice without her device',
    async () => {
      for (const [name, key] of [
        ['bob', bob],
        ['alice', alice],
      ] as const)
        expect(await become(key, STAGE, 'developer')).toBe(
          `An error occurred (AccessDenied) when calling the AssumeRole operation: User: arn:aws:iam::${OPS}:user/${name} is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::${STAGE}:role/developer`,
        )
    },
    3 * MINUTES,
  )

  test(
    'what one account has does not exist in the other',
    async () => {
      const [ops, stage] = (await Promise.all([OPS, STAGE].map((account) => become(rootOf(OPS), account, 'apply')))) as Key[]
      expect(await aws(ops!, 'iam', 'list-users', '--query', 'Users[].UserName')).toEqual(['alice', 'bob', 'landform'])
      expect(await aws(stage!, 'iam', 'get-user', '--user-name', 'alice')).toContain('(NoSuchEntity)')
      const id = await aws<string>(ops!, 'ec2', 'describe-vpcs', '--query', 'Vpcs[0].VpcId')
      expect(await aws(stage!, 'ec2', 'describe-vpcs', '--vpc-ids', id)).toContain(`(InvalidVpcID.NotFound)`)
    },
    3 * MINUTES,
  )
})
