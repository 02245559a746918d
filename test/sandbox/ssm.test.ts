import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { SSM } from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/index.ts'
import { clientConfig, refusal, testSandbox } from './_clients.ts'

let sandbox: Sandbox
let ssm: SSM

beforeAll(async () => {
  sandbox = await testSandbox()
  ssm = new SSM(clientConfig(sandbox))
})
afterAll(() => sandbox.close())

describe('parameters', () => {
  test('versions, labels and history', async () => {
    expect(await ssm.putParameter({ Name: '/app/url', Type: 'String', Value: 'one', Tags: [{ Key: 'Team', Value: 'ops' }] })).toMatchObject(
      { Version: 1, Tier: 'Standard' },
    )
    expect(await refusal(ssm.putParameter({ Name: '/app/url', Type: 'String', Value: 'two' }))).toMatch(
      /^ParameterAlreadyExists: The parameter already exists\./,
    )
    expect((await ssm.putParameter({ Name: '/app/url', Value: 'two', Overwrite: true })).Version).toBe(2)
    await ssm.labelParameterVersion({ Name: '/app/url', ParameterVersion: 1, Labels: ['stable'] })
    const read = async (Name: string) => (await ssm.getParameter({ Name })).Parameter
    const ARN = 'arn:aws:ssm:eu-central-1:123456789012:parameter/app/url'
    expect(await read('/app/url')).toMatchObject({ Name: '/app/url', Type: 'String', Value: 'two', Version: 2, ARN, DataType: 'text' })
    expect(await read('/app/url:1')).toMatchObject({ Value: 'one', Version: 1, Selector: ':1' })
    expect(await read('/app/url:stable')).toMatchObject({ Value: 'one' })
    expect(await read(ARN)).toMatchObject({ Value: 'two' })
    expect((await ssm.getParameterHistory({ Name: '/app/url' })).Parameters!.map((p) => p.Value)).toEqual(['one', 'two'])
    expect((await ssm.listTagsForResource({ ResourceType: 'Parameter', ResourceId: '/app/url' })).TagList).toEqual([
      { Key: 'Team', Value: 'ops' },
    ])
    await ssm.addTagsToResource({ ResourceType: 'Parameter', ResourceId: '/app/url', Tags: [{ Key: 'a', Value: 'b' }] })
    await ssm.removeTagsFromResource({ ResourceType: 'Parameter', ResourceId: '/app/url', TagKeys: ['Team'] })
    expect((await ssm.listTagsForResource({ ResourceType: 'Parameter', ResourceId: '/app/url' })).TagList).toEqual([
      { Key: 'a', Value: 'b' },
    ])
    await ssm.deleteParameter({ Name: '/app/url' })
    expect(await refusal(read('/app/url'))).toMatch(/^ParameterNotFound/)
  })

  test('a secret is shown to those who decrypt it', async () => {
    await ssm.putParameter({ Name: 'secret', Type: 'SecureString', Value: 'hunter2' })
    expect((await ssm.getParameter({ Name: 'secret' })).Parameter!.Value).not.toContain('hunter2')
    expect((await ssm.getParameter({ Name: 'secret', WithDecryption: true })).Parameter!.Value).toBe('hunter2')
    const { Parameters } = await ssm.describeParameters({ ParameterFilters: [{ Key: 'Name', Option: 'Equals', Values: ['secret'] }] })
    expect(Parameters).toMatchObject([{ Name: 'secret', KeyId: 'alias/aws/ssm', Version: 1 }])
  })

  test('by path and by many names', async () => {
    for (const name of ['/p/a', '/p/b', '/p/q/c']) await ssm.putParameter({ Name: name, Type: 'String', Value: name })
    const byPath = async (Recursive: boolean) => (await ssm.getParametersByPath({ Path: '/p', Recursive })).Parameters!.map((p) => p.Name)
    expect(await byPath(false)).toEqual(['/p/a', '/p/b'])
    expect(await byPath(true)).toEqual(['/p/a', '/p/b', '/p/q/c'])
    const first = await ssm.getParametersByPath({ Path: '/p', Recursive: true, MaxResults: 2 })
    expect(
      (await ssm.getParametersByPath({ Path: '/p', Recursive: true, NextToken: first.NextToken })).Parameters!.map((p) => p.Name),
    ).toEqual(['/p/q/c'])
    const many = await ssm.getParameters({ Names: ['/p/a', '/nope'] })
    expect([many.Parameters!.map((p) => p.Name), many.InvalidParameters]).toEqual([['/p/a'], ['/nope']])
  })

  test.each([
    [{ Name: 'aws-x', Type: 'String', Value: 'v' }, /^ValidationException: No access to reserved parameter name: aws-x\./],
    [{ Name: 'a/b', Type: 'String', Value: 'v' }, /^ValidationException: Parameter name must be a fully qualified name\./],
    [{ Name: 'n', Value: 'v' }, /^ValidationException: A parameter type is required/],
    [{ Name: 'n', Type: 'String', Value: 'x'.repeat(5000) }, /^ValidationException: Standard tier parameters support a maximum/],
    [{ Name: 'n', Type: 'String', Value: 'v', AllowedPattern: '\\d+' }, /^ParameterPatternMismatchException/],
    [{ Name: 'n', Type: 'String', Value: 'ami-1', DataType: 'aws:ec2:image' }, /^ValidationException: The AMI ami-1 does not exist\./],
  ] as const)('%j is refused', async (input, want) => {
    expect(await refusal(ssm.putParameter(input))).toMatch(want)
  })
})

describe('public parameters', () => {
  const paths = [
    '/aws/service/ecs/optimized-ami/amazon-linux-2/recommended/image_id',
    '/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id',
    '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
    '/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2',
    '/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id',
  ]
  test.each(paths)('%s is the newest image of its kind', async (Name) => {
    const { Parameter } = await ssm.getParameter({ Name })
    expect(Parameter!.ARN).toBe(`arn:aws:ssm:eu-central-1::parameter${Name}`)
    const ec2 = new EC2Client(clientConfig(sandbox))
    const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [Parameter!.Value!] }))
    expect(Images).toHaveLength(1)
    const { Images: all } = await ec2.send(
      new DescribeImagesCommand({
        Owners: [Images![0]!.OwnerId!],
        Filters: [{ Name: 'architecture', Values: [Images![0]!.Architecture!] }],
      }),
    )
    const family = Images![0]!.Name!.replace(/\d{8}.*/, '')
    expect(all!.filter((i) => i.Name!.startsWith(family)).every((i) => i.CreationDate! <= Images![0]!.CreationDate!)).toBe(true)
  })

  test('the recommendation of ECS is a document', async () => {
    const { Parameter } = await ssm.getParameter({ Name: '/aws/service/ecs/optimized-ami/amazon-linux-2/recommended' })
    const { Parameter: id } = await ssm.getParameter({ Name: paths[0]! })
    expect(JSON.parse(Parameter!.Value!)).toMatchObject({ image_id: id!.Value, os: 'Amazon Linux 2', schema_version: '1' })
    const elsewhere = new SSM(clientConfig(sandbox, undefined, 'us-west-2'))
    expect((await elsewhere.getParameter({ Name: paths[0]! })).Parameter!.Value).not.toBe(id!.Value)
    const { Parameters } = await ssm.getParametersByPath({ Path: '/aws/service/ami-amazon-linux-latest' })
    expect(Parameters!.length).toBeGreaterThan(5)
  })
})
