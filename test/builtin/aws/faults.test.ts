import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Fault, type Sandbox, startSandbox } from '../../../src/sandbox/index.ts'
import { fixture } from './_recorded.ts'
import { prelude, Stack } from './_stack.ts'

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await startSandbox({ seed: 'faults' })
})
afterEach(() => sandbox.close())

const images = (text: string): string => text.replace('amzn2-ami-hvm-*-x86_64-gp2', 'al2023-ami-2023.*-x86_64')

describe('AWS as it is', () => {
  test.each<[string, readonly Fault[], readonly string[]]>([
    ['what was just made is not found for a while', [{ kind: 'stale', reads: 2 }], ['network', 'compute', 'bucket']],
    ['calls are throttled', [{ kind: 'throttle', probability: 0.03 }], ['bucket']],
    [
      'some calls fail, some connections break',
      [
        { kind: 'error', probability: 0.05 },
        { kind: 'drop', service: 'ec2', operation: 'DescribeVpcs', times: 2 },
      ],
      ['network'],
    ],
  ])(
    '%s',
    async (_name, faults, fixtures) => {
      for (const fault of faults) sandbox.addFault(fault)
      for (const name of fixtures) {
        const stack = new Stack(sandbox.url).config(images(fixture(name)))
        await stack.apply()
        expect((await stack.plan()).actions).toEqual([])
        await stack.destroy()
        expect(stack.addresses()).toEqual([])
      }
    },
    120_000,
  )
})

describe('what goes wrong half way', () => {
  const subnet =
    'resource "aws_vpc" "v" {\n  cidr_block = "10.0.0.0/16"\n}\nresource "aws_subnet" "s" {\n  vpc_id = aws_vpc.v.id\n  cidr_block = "10.0.0.0/24"\n  map_public_ip_on_launch = true\n}\n'

  test('an object that was made is stored, and replaced by the next apply', async () => {
    const impatient = prelude.replace('secret_key ', 'max_retries = 0\n  secret_key ')
    const stack = new Stack(sandbox.url).config(subnet, impatient)
    sandbox.addFault({ kind: 'error', service: 'ec2', operation: 'ModifySubnetAttribute' })
    await expect(stack.apply()).rejects.toThrow(/creating EC2 Subnet \(subnet-\w+\): .*ModifySubnetAttribute/)
    expect(stack.attributes('aws_subnet.s').id).toMatch(/^subnet-/)
    sandbox.clearFaults()
    expect(await stack.apply()).toEqual(['deleteThenCreate aws_subnet.s'])
    expect((await stack.plan()).actions).toEqual([])
  }, 60_000)

  test('an object that somebody deletes is made again', async () => {
    const stack = new Stack(sandbox.url).config(subnet)
    await stack.apply()
    const { session } = await opened(stack)
    await session.call('ec2', 'DeleteSubnet', { SubnetId: String(stack.attributes('aws_subnet.s').id) })
    expect((await stack.plan()).actions).toEqual(['create aws_subnet.s'])
    await stack.apply()
    expect((await stack.plan()).actions).toEqual([])
  }, 60_000)

  test('what somebody changes is changed back', async () => {
    const stack = new Stack(sandbox.url).config(subnet)
    await stack.apply()
    const { session } = await opened(stack)
    const SubnetId = String(stack.attributes('aws_subnet.s').id)
    await session.call('ec2', 'ModifySubnetAttribute', { SubnetId, MapPublicIpOnLaunch: { Value: false } })
    await session.call('ec2', 'CreateTags', { Resources: [SubnetId], Tags: [{ Key: 'by', Value: 'hand' }] })
    expect((await stack.plan()).actions).toEqual(['update aws_subnet.s'])
    await stack.apply()
    expect(stack.attributes('aws_subnet.s')).toMatchObject({ map_public_ip_on_launch: true, tags: {}, tags_all: { Team: 'ops' } })
    expect((await stack.plan()).actions).toEqual([])
  }, 60_000)
})

/** The session of the last run. */
async function opened(stack: Stack) {
  stack.sessions = []
  await stack.plan()
  return { session: stack.sessions[0]! }
}
