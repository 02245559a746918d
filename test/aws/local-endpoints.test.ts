import { expect, test, vi } from 'vitest'
import { answerLocally, isAwsError, openSession } from '../../src/aws/index.ts'
import { type CallRecord, startSandbox } from '../../src/sandbox/index.ts'

test('a session talks to an address of its own process without a socket, and gets the same answers', async () => {
  const records: CallRecord[] = []
  const sandbox = await startSandbox({ seed: 'test', onCall: (record) => records.push(record) })
  // The port is closed to everybody: whoever is answered was answered in the process.
  const url = 'http://127.0.0.1:9'
  const forget = answerLocally(url, sandbox.answer)
  const session = await openSession(
    { region: 'us-east-1', accessKey: 'test', secretKey: 'test', maxRetries: 0, endpoints: { ec2: url, ecs: url, s3: url, sts: url } },
    { env: {} },
  )
  expect((await session.identity()).account).toBe('123456789012')
  const { Vpcs } = await session.call('ec2', 'DescribeVpcs', { Filters: [{ Name: 'is-default', Values: ['true'] }] })
  expect(Vpcs).toMatchObject([{ CidrBlock: '172.31.0.0/16' }])
  const warned = vi.spyOn(console, 'warn')
  expect((await session.call('ecs', 'CreateCluster', { clusterName: 'web' })).cluster?.clusterName).toBe('web')
  expect(warned).not.toHaveBeenCalled()
  const Bucket = 'local'
  await session.call('s3', 'CreateBucket', { Bucket })
  await session.call('s3', 'PutObject', { Bucket, Key: 'a b/ü+&?.txt', Body: 'content', Metadata: { x: 'y' } })
  const object = await session.call('s3', 'GetObject', { Bucket, Key: 'a b/ü+&?.txt' })
  expect([await object.Body!.transformToString(), object.Metadata]).toEqual(['content', { x: 'y' }])
  expect((await session.call('s3', 'HeadObject', { Bucket, Key: 'a b/ü+&?.txt' })).ContentLength).toBe(7)
  expect((await session.call('s3', 'ListObjectsV2', { Bucket, Prefix: 'a b/' })).Contents?.map(({ Key }) => Key)).toEqual(['a b/ü+&?.txt'])
  const refused = await session.call('ec2', 'DescribeVpcs', { VpcIds: ['vpc-1'] }).catch((error: unknown) => error)
  expect(isAwsError(refused, 'InvalidVpcID.NotFound')).toBe(true)
  sandbox.addFault({ kind: 'drop' })
  await expect(session.call('ec2', 'DescribeVpcs', {})).rejects.toThrow(/socket hang up/)
  expect(records.length).toBeGreaterThan(6)
  forget()
  session.close()
  await sandbox.close()
})
