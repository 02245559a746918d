import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as ec2 from '@aws-sdk/client-ec2'
import * as ecs from '@aws-sdk/client-ecs'
import { GetBucketAnalyticsConfigurationCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CallRecord, type Sandbox, startSandbox } from '../../src/sandbox/index.ts'
import { clientConfig, refusal, testSandbox } from './_clients.ts'

/** An emulator of nothing: it answers what it was told to, and remembers what it was asked. */
interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

let server: Server
let url: string
let sandbox: Sandbox
let records: CallRecord[]
const asked: Asked[] = []
let next: { status: number; headers?: Record<string, string>; body: string }

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request
      .on('data', (chunk) => (body += chunk))
      .on('end', () => {
        asked.push({ method: request.method!, url: request.url!, headers: request.headers, body })
        response.writeHead(next.status, next.headers).end(next.body)
      })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  records = []
  sandbox = await testSandbox({ fallback: url, onCall: (record) => records.push(record) })
})
afterAll(async () => {
  await sandbox.close()
  server.closeAllConnections()
  server.close()
})

const lastRecord = () => records.at(-1)!

describe('what is not implemented', () => {
  test('an operation of a service that is there', async () => {
    next = {
      status: 200,
      headers: { 'content-type': 'text/xml', 'x-amzn-requestid': 'theirs' },
      body: '<DescribeFleetsResponse xmlns="x"><fleetSet><item><fleetId>fleet-1</fleetId></item></fleetSet></DescribeFleetsResponse>',
    }
    const answer = await new ec2.EC2Client(clientConfig(sandbox)).send(new ec2.DescribeFleetsCommand({ MaxResults: 7 }))
    expect([answer.Fleets?.[0]?.FleetId, answer.$metadata.requestId]).toEqual(['fleet-1', 'theirs'])
    // The very request, with the signature and the host it was made for.
    expect(asked.at(-1)).toMatchObject({
      method: 'POST',
      url: '/',
      headers: { host: sandbox.url.slice('http://'.length), authorization: expect.stringContaining('Credential=123456789012/') },
    })
    expect(asked.at(-1)!.body).toMatch(/Action=DescribeFleets&.*MaxResults=7/)
    expect(lastRecord()).toMatchObject({ service: 'ec2', status: 200, forwarded: true })
  })

  test('one that is refused there, as it is refused', async () => {
    next = {
      status: 404,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: '{"__type":"ClusterNotFoundException","message":"no such thing"}',
    }
    const work = new ecs.ECSClient(clientConfig(sandbox)).send(new ecs.ListServicesByNamespaceCommand({ namespace: 'n' }))
    expect(await refusal(work)).toBe('ClusterNotFoundException: no such thing')
  })

  test('one with a path and a query', async () => {
    next = {
      status: 404,
      headers: { 'content-type': 'application/xml' },
      body: '<Error><Code>NoSuchConfiguration</Code><Message>none</Message></Error>',
    }
    const client = new S3Client({ ...clientConfig(sandbox), forcePathStyle: true })
    expect(await refusal(client.send(new GetBucketAnalyticsConfigurationCommand({ Bucket: 'b', Id: 'a b' })))).toMatch(
      /^NoSuchConfiguration/,
    )
    expect(asked.at(-1)).toMatchObject({ method: 'GET', url: expect.stringMatching(/^\/b\/\?analytics=&id=a%20b/) })
  })

  test('a service that is not there', async () => {
    next = { status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: '{"QueueUrls":["q"]}' }
    const authorization = 'AWS4-HMAC-SHA256 Credential=123456789012/20300101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0'
    const answer = await fetch(sandbox.url, {
      method: 'POST',
      headers: { authorization, 'x-amz-target': 'AmazonSQS.ListQueues', 'content-type': 'application/x-amz-json-1.0' },
      body: '{}',
    })
    expect([answer.status, await answer.json()]).toEqual([200, { QueueUrls: ['q'] }])
    expect(asked.at(-1)).toMatchObject({ headers: { 'x-amz-target': 'AmazonSQS.ListQueues' }, body: '{}' })
    expect(lastRecord()).toMatchObject({ service: 'sqs', forwarded: true })
  })
})

test('what is implemented never goes there', async () => {
  const before = asked.length
  await new STSClient(clientConfig(sandbox)).send(new GetCallerIdentityCommand({}))
  await new S3Client(clientConfig(sandbox)).send(new ListBucketsCommand({}))
  expect(await refusal(new ec2.EC2Client(clientConfig(sandbox)).send(new ec2.DescribeVpcsCommand({ VpcIds: ['vpc-0'] })))).toContain(
    'InvalidVpcID',
  )
  expect(asked.length).toBe(before)
})

test('keys that nobody has are refused here', async () => {
  const strict = await startSandbox({ fallback: url, iam: 'enforce' })
  try {
    const before = asked.length
    const work = new ec2.EC2Client(clientConfig(strict, '999999999999')).send(new ec2.DescribeFleetsCommand({}))
    expect(await refusal(work)).toContain('AuthFailure')
    expect(asked.length).toBe(before)
  } finally {
    await strict.close()
  }
})

test('an emulator that is not there is named, once', async () => {
  const alone = await startSandbox({ fallback: 'http://127.0.0.1:1' })
  try {
    const authorization = 'AWS4-HMAC-SHA256 Credential=123456789012/20300101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0'
    const answer = await fetch(alone.url, { method: 'POST', headers: { authorization }, body: '{}' })
    expect([answer.status, await answer.text()]).toEqual([
      400,
      expect.stringContaining(
        'The sandbox does not implement sqs, and http://127.0.0.1:1/, which is to answer instead, does not: connect ECONNREFUSED',
      ),
    ])
  } finally {
    await alone.close()
  }
})
