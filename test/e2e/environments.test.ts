import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ops, prod, stage } from '../../environments/accounts.ts'
import { environmentRoleArn } from '../../modules/environment-roles/index.ts'
import { openSession } from '../../src/aws/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { openProject, prepareEnvironments, sandboxOptions } from '../../src/ops/index.ts'
import { hubKey, type Sandbox, startSandbox } from '../../src/sandbox/index.ts'
import { totp } from '../../src/sandbox/services/iam/mfa-device.ts'
import { expectDocumented } from '../ops/_documented.ts'
import { ensureBuilt, type Outcome } from './_cli.ts'
import { EnvironmentProject } from './_environments.ts'

/** The environments of this repository through their whole life, in a sandbox of their own. The steps follow on each other. */
let project: EnvironmentProject
beforeAll(() => {
  ensureBuilt()
  project = new EnvironmentProject()
})
afterAll(() => project.remove())

const timeoutMs = 240_000

function expectDone({ code, stdout, stderr }: Outcome): string {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

/** `network 28, bastion 5` as an object. */
function modules(stdout: string): Readonly<Record<string, number>> {
  const line = /^Modules: (.*)$/m.exec(stdout)?.[1] ?? ''
  return Object.fromEntries(line.split(', ').map((text) => [text.split(' ')[0]!, Number(text.split(' ')[1])]))
}

describe.each([
  {
    name: 'stage',
    adds: 100,
    modules: { roles: 8, people: 6, 'team-states': 6, network: 27, bastion: 5, cluster: 14, uploads: 4, api: 15, web: 15 },
  },
  {
    name: 'prod',
    adds: 110,
    modules: { roles: 8, people: 6, 'team-states': 6, network: 37, bastion: 5, cluster: 14, uploads: 4, api: 15, web: 15 },
  },
  { name: 'ops', adds: 36, modules: { roles: 8, people: 24, audit: 4 } },
])('$name', ({ name, adds, modules: wanted }) => {
  test('plan', { timeout: timeoutMs }, () => {
    const stdout = expectDone(project.env(['plan', name]))
    expect(modules(stdout)).toEqual(wanted)
    expect(stdout).toContain(`Plan: ${adds} to add, 0 to change, 0 to destroy.`)
  })

  test('apply does what was planned', { timeout: timeoutMs }, () => {
    const stdout = expectDone(project.env(['apply', name], { YES: '1' }))
    expect(stdout).toContain(`Apply complete! Resources: ${adds} added, 0 changed, 0 destroyed.`)
  })

  test('and then nothing is left to do', { timeout: timeoutMs }, () => {
    expect(expectDone(project.env(['plan', name]))).toContain('No changes. Your infrastructure matches the configuration.')
  })
})

describe('who may go where', () => {
  const region = 'us-east-1'
  let sandbox: Sandbox
  // Codes of devices are good for half a minute: time stands still meanwhile.
  const nowMs = Date.now()
  beforeAll(async () => {
    const diags = new Diagnostics()
    const prepared = await prepareEnvironments(openProject(project.root, diags)!, diags)
    sandbox = await startSandbox({ ...sandboxOptions(prepared!.project, prepared!.organization, {}), clock: () => new Date(nowMs) })
  }, timeoutMs)
  afterAll(() => sandbox.close())

  interface Key {
    readonly AccessKeyId?: string | undefined
    readonly SecretAccessKey?: string | undefined
    readonly SessionToken?: string | undefined
  }
  const as = (key: Key, assumeRole: readonly { roleArn: string }[] = []) =>
    openSession(
      { region, accessKey: key.AccessKeyId, secretKey: key.SecretAccessKey, token: key.SessionToken, assumeRole, maxRetries: 0 },
      { env: { AWS_ENDPOINT_URL: sandbox.url } },
    )
  /** The one who applies, in an account. */
  const administrator = (account: string) => {
    const { id, secret } = hubKey(ops.id)
    return as({ AccessKeyId: id, SecretAccessKey: secret }, [{ roleArn: `arn:aws:iam::${account}:role/landform-apply` }])
  }
  /** A user of ops, logged in with password and device. */
  const logIn = async (user: string): Promise<{ plain: Key; withDevice: Key }> => {
    const admin = await administrator(ops.id)
    const { AccessKey } = await admin.call('iam', 'CreateAccessKey', { UserName: user })
    const { VirtualMFADevice } = await admin.call('iam', 'CreateVirtualMFADevice', { VirtualMFADeviceName: user })
    const SerialNumber = VirtualMFADevice!.SerialNumber!
    const seed = Buffer.from(VirtualMFADevice!.Base32StringSeed!).toString()
    const step = Math.floor(nowMs / 30_000)
    const [AuthenticationCode1, AuthenticationCode2, TokenCode] = [-1, 0, 1].map((offset) => totp(seed, step + offset))
    await admin.call('iam', 'EnableMFADevice', { UserName: user, SerialNumber, AuthenticationCode1, AuthenticationCode2 })
    const { Credentials } = await (await as(AccessKey!)).call('sts', 'GetSessionToken', { SerialNumber, TokenCode })
    return { plain: AccessKey!, withDevice: Credentials! }
  }
  const enter = async (key: Key, account: string, role: string) =>
    (await as(key)).call('sts', 'AssumeRole', { RoleArn: environmentRoleArn(account, role as 'admin'), RoleSessionName: 'test' })

  test('Alice may enter every environment, with her device; Bob has not been let in again', { timeout: timeoutMs }, async () => {
    const alice = await logIn('alice')
    const bob = await logIn('bob')
    for (const { id } of [ops, stage, prod]) {
      expect((await enter(alice.withDevice, id, 'admin')).AssumedRoleUser?.Arn).toBe(`arn:aws:sts::${id}:assumed-role/admin/test`)
    }
    await expect(enter(alice.plain, stage.id, 'admin')).rejects.toThrow('AccessDenied')
    await expect(enter(alice.withDevice, stage.id, 'developer')).rejects.toThrow('AccessDenied')
    expect((await enter(bob.withDevice, ops.id, 'readonly')).AssumedRoleUser?.Arn).toContain('/readonly/')
    for (const { id } of [stage, prod]) await expect(enter(bob.withDevice, id, 'admin')).rejects.toThrow('AccessDenied')
    const { Credentials } = await enter(bob.withDevice, ops.id, 'readonly')
    await expect((await as(Credentials!)).call('iam', 'DeleteUser', { UserName: 'alice' })).rejects.toThrow('AccessDenied')
  })

  test('the ids of one account are nothing in another', { timeout: timeoutMs }, async () => {
    const inStage = await (await administrator(stage.id)).call('ec2', 'DescribeVpcs', {
      Filters: [{ Name: 'tag:Name', Values: ['stage'] }],
    })
    const [vpc] = inStage.Vpcs ?? []
    expect(vpc?.CidrBlock).toBe('10.30.0.0/16')
    const inProd = await administrator(prod.id)
    await expect(inProd.call('ec2', 'DescribeVpcs', { VpcIds: [vpc!.VpcId!] })).rejects.toThrow('InvalidVpcID.NotFound')
  })

  test('the instances of the cluster have registered and the tasks run behind their load balancers', { timeout: timeoutMs }, async () => {
    const session = await administrator(stage.id)
    const { clusters } = await session.call('ecs', 'DescribeClusters', { clusters: ['stage-cluster'] })
    expect(clusters?.[0]).toMatchObject({ registeredContainerInstancesCount: 2, runningTasksCount: 4 })
    const { InstanceStates } = await session.call('elb', 'DescribeInstanceHealth', { LoadBalancerName: 'stage-api' })
    expect(InstanceStates?.map((i) => i.State)).toEqual(['InService', 'InService'])
  })
})

describe('a number is changed', () => {
  test('the draining timeout of all load balancers: one update in place for each', { timeout: timeoutMs }, () => {
    project.edit('environments/stage.ts', 'drainingSeconds: 300', 'drainingSeconds: 60')
    const stdout = expectDone(project.env(['plan', 'stage']))
    expectDocumented('docs/environments.md', 'Modules: api 1, web 1', stdout)
    expect(modules(stdout)).toEqual({ api: 1, web: 1 })
    expect(stdout.match(/will be updated in-place/g)).toHaveLength(2)
    expect(stdout.match(/^ +~ .*$/gm)?.map((line) => line.trim().replace(/ +/g, ' '))).toEqual([
      '~ update in-place',
      '~ resource "aws_elb" "api_load_balancer_elb" {',
      '~ connection_draining_timeout = 300 -> 60',
      '~ resource "aws_elb" "web_load_balancer_elb" {',
      '~ connection_draining_timeout = 300 -> 60',
    ])
    const applied = expectDone(project.env(['apply', 'stage'], { YES: '1' }))
    expectDocumented('docs/environments.md', 'Apply complete! Resources: 0 added, 2 changed, 0 destroyed.', applied)
    expect(expectDone(project.env(['plan', 'stage']))).toContain('No changes.')
  })

  test('prod has not changed', { timeout: timeoutMs }, () => {
    const stdout = expectDone(project.env(['plan', 'all']))
    expect(stdout.match(/^plan .*$/gm)).toEqual(['plan ops', 'plan stage', 'plan prod'])
    expect(stdout.match(/No changes\./g)).toHaveLength(3)
  })
})

test('all are destroyed, the last one first', { timeout: timeoutMs }, () => {
  const stdout = expectDone(project.env(['destroy', 'all'], { YES: '1' }))
  expect(stdout.match(/^(destroy .*|Destroy complete.*)$/gm)).toEqual([
    'destroy prod',
    'Destroy complete! Resources: 110 destroyed.',
    'destroy stage',
    'Destroy complete! Resources: 100 destroyed.',
    'destroy ops',
    'Destroy complete! Resources: 36 destroyed.',
  ])
})
