import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as ec2 from '@aws-sdk/client-ec2'
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterEach, describe, expect, test } from 'vitest'
import { type CallRecord, findSandboxOwner, resetSandbox, type Sandbox, SandboxOwnedError, startSandbox } from '../../src/sandbox/index.ts'
import { clientConfig, codeOf, refusal, testSandbox } from './_clients.ts'

const open: Sandbox[] = []
const dirs: string[] = []
afterEach(async () => {
  for (const sandbox of open.splice(0)) await sandbox.close()
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true })
})

async function start(options: Parameters<typeof startSandbox>[0] = {}): Promise<Sandbox> {
  const sandbox = await testSandbox(options)
  open.push(sandbox)
  return sandbox
}

function newDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'landform-sandbox-'))
  dirs.push(dir)
  return dir
}

const ec2Client = (sandbox: Sandbox, account?: string) => new ec2.EC2Client(clientConfig(sandbox, account, 'eu-west-1'))
const newVpc = async (client: ec2.EC2Client) => (await client.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).Vpc!.VpcId!
const vpcIds = async (client: ec2.EC2Client) => (await client.send(new ec2.DescribeVpcsCommand({}))).Vpcs!.map((vpc) => vpc.VpcId!)

describe('ids', () => {
  test('repeat with the seed and differ without one', async () => {
    const ids = async (seed?: string) => {
      const sandbox = await startSandbox(seed === undefined ? {} : { seed })
      open.push(sandbox)
      return vpcIds(ec2Client(sandbox))
    }
    expect(await ids('a')).toEqual(await ids('a'))
    expect(await ids('a')).not.toEqual(await ids('b'))
    expect(await ids()).not.toEqual(await ids())
  })

  test('of different accounts are different', async () => {
    const sandbox = await start()
    expect(await vpcIds(ec2Client(sandbox))).not.toEqual(await vpcIds(ec2Client(sandbox, '210987654321')))
  })
})

describe('a folder', () => {
  test('keeps everything for the next time', async () => {
    const dir = newDir()
    const first = await start({ dir })
    const id = await newVpc(ec2Client(first))
    const bucket = new S3Client({ ...clientConfig(first, undefined, 'us-east-1'), forcePathStyle: true })
    await bucket.send(new CreateBucketCommand({ Bucket: 'kept' }))
    await bucket.send(new PutObjectCommand({ Bucket: 'kept', Key: 'a/b', Body: 'content' }))
    await open.pop()!.close()
    expect(findSandboxOwner(dir)).toBeUndefined()

    const second = await start({ dir, seed: 'another' })
    expect(await vpcIds(ec2Client(second))).toContain(id)
    const again = new S3Client({ ...clientConfig(second, undefined, 'us-east-1'), forcePathStyle: true })
    expect(await (await again.send(new GetObjectCommand({ Bucket: 'kept', Key: 'a/b' }))).Body!.transformToString()).toBe('content')
  })

  test('has one owner, which others find', async () => {
    const dir = newDir()
    const first = await start({ dir })
    const error = await startSandbox({ dir }).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(SandboxOwnedError)
    expect((error as SandboxOwnedError).owner).toEqual({ pid: process.pid, url: first.url, lasting: false })
    expect(findSandboxOwner(dir)).toEqual({ pid: process.pid, url: first.url, lasting: false })
    expect(() => resetSandbox(dir)).toThrow(SandboxOwnedError)
  })

  test.each<[string, string]>([
    ['without a word', JSON.stringify({ pid: 2 ** 22 + 1, url: 'http://127.0.0.1:1' })],
    ['and whose number is now our own', JSON.stringify({ pid: process.pid, url: 'http://127.0.0.1:1' })],
    ['while it wrote its lock', '{"pid":'],
  ])('whose owner died %s is taken over', async (_, lock) => {
    const dir = newDir()
    writeFileSync(join(dir, 'owner.json'), lock)
    expect(findSandboxOwner(dir)).toBeUndefined()
    await start({ dir })
    expect(readdirSync(dir).filter((name) => name.startsWith('owner'))).toEqual(['owner.json'])
  })

  test('loses only the change that was being written when the power went', async () => {
    const dir = newDir()
    const id = await newVpc(ec2Client(await start({ dir })))
    await open.pop()!.close()
    const file = join(dir, 'state', '123456789012', 'eu-west-1', 'ec2.jsonl')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, `${text}["vpc","vpc-torn",{"id":"vpc-torn","ci`)
    expect(await vpcIds(ec2Client(await start({ dir })))).toContain(id)
    expect(readFileSync(file, 'utf8')).not.toContain('vpc-torn')
  })

  test('of a sandbox is emptied, and of anything else is left alone', async () => {
    const dir = newDir()
    writeFileSync(join(dir, 'mine'), '')
    expect(resetSandbox(dir)).toBe(false)
    await vpcIds(ec2Client(await start({ dir })))
    await open.pop()!.close()
    expect(resetSandbox(dir)).toBe(true)
    expect([existsSync(join(dir, 'state')), existsSync(join(dir, 'mine'))]).toEqual([false, true])
  })
})

describe('callers', () => {
  const identity = (sandbox: Sandbox, accessKeyId: string, secretAccessKey = 'x') =>
    new STSClient({ ...clientConfig(sandbox), credentials: { accessKeyId, secretAccessKey } }).send(new GetCallerIdentityCommand({}))

  test.each([
    ['the key by default', {}, 'test', '123456789012'],
    ['the id of any account', {}, '999988887777', '999988887777'],
    ['a key of an account', { accounts: [{ id: '111111111111', accessKeyId: 'AKIAX', secretAccessKey: 's' }] }, 'AKIAX', '111111111111'],
  ])('%s', async (_, options, key, account) => {
    expect(await identity(await start(options), key)).toMatchObject({ Account: account, Arn: `arn:aws:iam::${account}:root` })
  })

  test.each<[string, object, string, string, string]>([
    ['a key of nobody', {}, 'AKIAUNKNOWN', 'x', 'InvalidClientTokenId: The security token included in the request is invalid.'],
    [
      'an account id where IAM decides',
      { iam: 'enforce' },
      '999988887777',
      'x',
      'InvalidClientTokenId: The security token included in the request is invalid.',
    ],
    ['a wrong secret where signatures are checked', { verifySignatures: true }, 'test', 'wrong', 'SignatureDoesNotMatch'],
  ])('%s is refused', async (_, options, key, secret, expected) => {
    expect(await refusal(identity(await start(options), key, secret))).toContain(expected)
  })

  test('a pre-signed address is good for its time', async () => {
    let now = Date.now()
    const sandbox = await start({ clock: () => new Date(now) })
    const s3 = new S3Client({ ...clientConfig(sandbox, 'test', 'us-east-1'), forcePathStyle: true })
    await s3.send(new CreateBucketCommand({ Bucket: 'signed' }))
    await s3.send(new PutObjectCommand({ Bucket: 'signed', Key: 'k', Body: 'content' }))
    const date = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')
    const query = new URLSearchParams({
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': `test/${date.slice(0, 8)}/us-east-1/s3/aws4_request`,
      'X-Amz-Date': date,
      'X-Amz-Expires': '60',
      'X-Amz-SignedHeaders': 'host',
      'X-Amz-Signature': '0',
    })
    const url = `${sandbox.url}/signed/k?${query}`
    expect(await (await fetch(url)).text()).toBe('content')
    now += 61_000
    const late = await fetch(url)
    expect([late.status, await late.text()]).toEqual([
      403,
      expect.stringContaining('<Code>AccessDenied</Code><Message>Request has expired</Message>'),
    ])
  })

  test('a right secret is right', async () => {
    const sandbox = await start({ verifySignatures: true })
    expect(await identity(sandbox, 'test', 'test')).toMatchObject({ Account: '123456789012' })
    const s3 = new S3Client({ ...clientConfig(sandbox, 'test', 'us-east-1'), forcePathStyle: true })
    await s3.send(new CreateBucketCommand({ Bucket: 'signed' }))
    expect(await codeOf(s3.send(new PutObjectCommand({ Bucket: 'signed', Key: 'a b/ü (1)*.txt', Body: 'x', Metadata: { a: 'b' } })))).toBe(
      'none',
    )
  })
})

describe('faults', () => {
  test.each<[string, Parameters<Sandbox['addFault']>[0], string[]]>([
    ['throttling, twice', { kind: 'throttle', times: 2 }, ['RequestLimitExceeded', 'RequestLimitExceeded', 'none']],
    ['an error, once, after one call', { kind: 'error', after: 1, times: 1 }, ['none', 'InternalError', 'none']],
    ['of another operation', { kind: 'error', operation: 'DescribeSubnets' }, ['none', 'none']],
    ['of another account', { kind: 'error', account: '210987654321' }, ['none']],
    ['of another service', { kind: 'throttle', service: 's3' }, ['none']],
  ])('%s', async (_, fault, expected) => {
    const sandbox = await start()
    sandbox.addFault(fault)
    const client = ec2Client(sandbox)
    for (const code of expected) expect(await codeOf(client.send(new ec2.DescribeVpcsCommand({})))).toBe(code)
  })

  test('a dropped connection', async () => {
    const sandbox = await start({ faults: [{ kind: 'drop', times: 1 }] })
    const client = ec2Client(sandbox)
    expect(await refusal(client.send(new ec2.DescribeVpcsCommand({})))).toMatch(/socket hang up|ECONNRESET/)
    expect(await codeOf(client.send(new ec2.DescribeVpcsCommand({})))).toBe('none')
  })

  test('what was just made is not found yet', async () => {
    const sandbox = await start({ faults: [{ kind: 'stale', operation: 'CreateVpc', reads: 2 }] })
    const client = ec2Client(sandbox)
    const id = await newVpc(client)
    const look = () => codeOf(client.send(new ec2.DescribeVpcsCommand({ VpcIds: [id] })))
    expect([await look(), await look(), await look()]).toEqual(['InvalidVpcID.NotFound', 'InvalidVpcID.NotFound', 'none'])
  })

  test('by chance, but the same chance with the same seed', async () => {
    const results = async () => {
      const client = ec2Client(await start({ faults: [{ kind: 'throttle', probability: 0.5 }] }))
      const codes: string[] = []
      for (let i = 0; i < 12; i++) codes.push(await codeOf(client.send(new ec2.DescribeVpcsCommand({}))))
      return codes
    }
    const first = await results()
    expect(new Set(first).size).toBe(2)
    expect(await results()).toEqual(first)
  })

  test('end when they are cleared', async () => {
    const sandbox = await start({ faults: [{ kind: 'error' }] })
    sandbox.clearFaults()
    expect(await codeOf(ec2Client(sandbox).send(new ec2.DescribeVpcsCommand({})))).toBe('none')
  })
})

test('time passes as the clock says, and things take as long as on AWS when asked to', async () => {
  let now = Date.parse('2030-01-01T00:00:00Z')
  const sandbox = await start({ clock: () => new Date(now), delays: 1 })
  const client = ec2Client(sandbox)
  const { Images } = await client.send(
    new ec2.DescribeImagesCommand({ Owners: ['amazon'], Filters: [{ Name: 'architecture', Values: ['x86_64'] }] }),
  )
  const run = await client.send(
    new ec2.RunInstancesCommand({ ImageId: Images![0]!.ImageId, InstanceType: 't3.micro', MinCount: 1, MaxCount: 1 }),
  )
  const id = run.Instances![0]!.InstanceId!
  const state = async () => {
    const { Reservations } = await client.send(new ec2.DescribeInstancesCommand({ InstanceIds: [id] }))
    return Reservations![0]!.Instances![0]!.State!.Name
  }
  expect(run.Instances![0]!.LaunchTime).toEqual(new Date(now))
  expect(await state()).toBe('pending')
  now += 60_000
  expect(await state()).toBe('running')
  await client.send(new ec2.TerminateInstancesCommand({ InstanceIds: [id] }))
  now += 60_000
  expect(await state()).toBe('terminated')
  now += 3_600_000
  expect(await codeOf(state())).toBe('InvalidInstanceID.NotFound')
})

test('calls are on their way as long as asked for, several at the same time', async () => {
  const sandbox = await start({ latencyMs: 60 })
  const client = ec2Client(sandbox)
  await vpcIds(client)
  const began = performance.now()
  await Promise.all(Array.from({ length: 20 }, () => vpcIds(client)))
  const took = performance.now() - began
  expect(took).toBeGreaterThanOrEqual(59)
  expect(took).toBeLessThan(20 * 59)
  await expect(startSandbox({ latencyMs: Number('far') })).rejects.toThrow(/^The latency of the sandbox is a number of milliseconds/)
})

test('every call is told of, refused ones with their error', async () => {
  const records: CallRecord[] = []
  const sandbox = await start({ onCall: (record) => records.push(record) })
  const client = ec2Client(sandbox)
  await client.send(new ec2.DescribeVpcsCommand({}))
  await codeOf(client.send(new ec2.DescribeVpcsCommand({ VpcIds: ['vpc-1'] })))
  expect(
    records.map(({ service, operation, account, region, status, error }) => [service, operation, account, region, status, error]),
  ).toEqual([
    ['ec2', 'DescribeVpcs', '123456789012', 'eu-west-1', 200, undefined],
    ['ec2', 'DescribeVpcs', '123456789012', 'eu-west-1', 400, "InvalidVpcID.NotFound: The vpc ID 'vpc-1' does not exist"],
  ])
})

describe('requests that no client sends', () => {
  test.each<[string, string, RequestInit, number, RegExp]>([
    ['nothing', '/', {}, 403, /<Code>AccessDenied<\/Code>/],
    [
      'a service that the sandbox lacks',
      '/',
      {
        headers: {
          authorization: 'AWS4-HMAC-SHA256 Credential=test/20300101/us-east-1/braket/aws4_request, SignedHeaders=host, Signature=0',
        },
      },
      400,
      /service braket, which the sandbox does not have/,
    ],
    [
      'an unknown action',
      '/',
      {
        method: 'POST',
        body: 'Action=Nonsense&Version=2016-11-15',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          authorization: 'AWS4-HMAC-SHA256 Credential=test/20300101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0',
        },
      },
      400,
      /<Code>InvalidAction<\/Code><Message>The action Nonsense is not valid for this web service/,
    ],
    [
      'an unknown parameter',
      '/',
      {
        method: 'POST',
        body: 'Action=DescribeVpcs&Version=2016-11-15&Colour=red',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          authorization: 'AWS4-HMAC-SHA256 Credential=test/20300101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0',
        },
      },
      400,
      /<Code>UnknownParameter<\/Code><Message>The parameter Colour is not recognized/,
    ],
    [
      'XML that is none',
      '/some-bucket?versioning',
      {
        method: 'PUT',
        body: '<a><b></a>',
        headers: { authorization: 'AWS4-HMAC-SHA256 Credential=test/20300101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0' },
      },
      400,
      /<Code>MalformedXML<\/Code>/,
    ],
    [
      'a document type',
      '/some-bucket?versioning',
      {
        method: 'PUT',
        body: '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        headers: { authorization: 'AWS4-HMAC-SHA256 Credential=test/20300101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0' },
      },
      400,
      /<Code>MalformedXML<\/Code>/,
    ],
  ])('%s', async (_, path, init, status, body) => {
    const sandbox = await start()
    const response = await fetch(`${sandbox.url}${path}`, init)
    expect(response.status).toBe(status)
    expect(await response.text()).toMatch(body)
  })
})
