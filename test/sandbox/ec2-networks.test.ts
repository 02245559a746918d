import * as ec2 from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Sandbox } from '../../src/sandbox/index.ts'
import { clientConfig, codeOf, refusal, testSandbox } from './_clients.ts'

let sandbox: Sandbox
let client: ec2.EC2Client

beforeAll(async () => {
  sandbox = await testSandbox({ maxPageSize: 4 })
  client = new ec2.EC2Client(clientConfig(sandbox, '123456789012', 'eu-west-1'))
})
afterAll(() => sandbox.close())

/** A network with what a NAT gateway takes. Every test has one of its own. */
interface Network {
  readonly vpc: string
  readonly subnet: string
  readonly gateway: string
  readonly group: string
  readonly table: string
}

let network: Network
let count = 0

async function newNetwork(): Promise<Network> {
  const cidr = `10.${++count}`
  const { Vpc } = await client.send(new ec2.CreateVpcCommand({ CidrBlock: `${cidr}.0.0/16` }))
  const vpc = Vpc!.VpcId!
  const { Subnet } = await client.send(
    new ec2.CreateSubnetCommand({ VpcId: vpc, CidrBlock: `${cidr}.0.0/24`, AvailabilityZone: 'eu-west-1b' }),
  )
  const { InternetGateway } = await client.send(new ec2.CreateInternetGatewayCommand({}))
  const gateway = InternetGateway!.InternetGatewayId!
  await client.send(new ec2.AttachInternetGatewayCommand({ VpcId: vpc, InternetGatewayId: gateway }))
  const { GroupId } = await client.send(new ec2.CreateSecurityGroupCommand({ VpcId: vpc, GroupName: 'web', Description: 'web' }))
  const { RouteTable } = await client.send(new ec2.CreateRouteTableCommand({ VpcId: vpc }))
  return { vpc, subnet: Subnet!.SubnetId!, gateway, group: GroupId!, table: RouteTable!.RouteTableId! }
}

beforeEach(async () => {
  network = await newNetwork()
})

describe('a new account', () => {
  test('has a default VPC with a subnet in every zone, and accounts and regions share nothing', async () => {
    const other = new ec2.EC2Client(clientConfig(sandbox, '210987654321', 'us-east-1'))
    const { Vpcs = [] } = await other.send(new ec2.DescribeVpcsCommand({}))
    expect(Vpcs.map(({ CidrBlock, IsDefault, State }) => ({ CidrBlock, IsDefault, State }))).toEqual([
      { CidrBlock: '172.31.0.0/16', IsDefault: true, State: 'available' },
    ])
    const zones: string[] = []
    for await (const page of ec2.paginateDescribeSubnets({ client: other }, { Filters: [{ Name: 'default-for-az', Values: ['true'] }] }))
      zones.push(...page.Subnets!.map((subnet) => subnet.AvailabilityZone!))
    expect(zones).toEqual(['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `us-east-1${letter}`))
    expect(await refusal(other.send(new ec2.DescribeVpcsCommand({ VpcIds: [network.vpc] })))).toBe(
      `InvalidVpcID.NotFound: The vpc ID '${network.vpc}' does not exist`,
    )
  })
})

describe('what a VPC is born with', () => {
  test('main route table, default network ACL, default security group', async () => {
    const Filters = [{ Name: 'vpc-id', Values: [network.vpc] }]
    const tables = await client.send(
      new ec2.DescribeRouteTablesCommand({ Filters: [...Filters, { Name: 'association.main', Values: ['true'] }] }),
    )
    expect(tables.RouteTables![0]!.Routes).toMatchObject([{ GatewayId: 'local', State: 'active', Origin: 'CreateRouteTable' }])
    const acls = await client.send(new ec2.DescribeNetworkAclsCommand({ Filters: [...Filters, { Name: 'default', Values: ['true'] }] }))
    expect(acls.NetworkAcls![0]!.Associations!.map(({ SubnetId }) => SubnetId)).toEqual([network.subnet])
    const groups = await client.send(
      new ec2.DescribeSecurityGroupsCommand({ Filters: [...Filters, { Name: 'group-name', Values: ['default'] }] }),
    )
    const [group] = groups.SecurityGroups!
    expect(group!.IpPermissions![0]!.UserIdGroupPairs![0]!.GroupId).toBe(group!.GroupId)
  })
})

describe('refusals', () => {
  type Try = (n: Network) => Promise<unknown>
  const send: Record<string, Try> = {
    'a VPC too large': () => client.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/8' })),
    'a VPC of nonsense': () => client.send(new ec2.CreateVpcCommand({ CidrBlock: 'x' })),
    'a subnet outside': (n) => client.send(new ec2.CreateSubnetCommand({ VpcId: n.vpc, CidrBlock: '192.168.0.0/24' })),
    'a subnet that overlaps': async (n) => {
      const { Subnets } = await client.send(new ec2.DescribeSubnetsCommand({ SubnetIds: [n.subnet] }))
      return client.send(new ec2.CreateSubnetCommand({ VpcId: n.vpc, CidrBlock: Subnets![0]!.CidrBlock }))
    },
    'a subnet in no zone': (n) =>
      client.send(new ec2.CreateSubnetCommand({ VpcId: n.vpc, CidrBlock: '10.0.0.0/24', AvailabilityZone: 'eu-west-1z' })),
    'a second gateway': async (n) => {
      const { InternetGateway } = await client.send(new ec2.CreateInternetGatewayCommand({}))
      return client.send(new ec2.AttachInternetGatewayCommand({ VpcId: n.vpc, InternetGatewayId: InternetGateway!.InternetGatewayId }))
    },
    'deleting an attached gateway': (n) => client.send(new ec2.DeleteInternetGatewayCommand({ InternetGatewayId: n.gateway })),
    'deleting a VPC in use': (n) => client.send(new ec2.DeleteVpcCommand({ VpcId: n.vpc })),
    'a group twice': (n) => client.send(new ec2.CreateSecurityGroupCommand({ VpcId: n.vpc, GroupName: 'web', Description: 'x' })),
    'deleting the default group': async (n) => {
      const Filters = [
        { Name: 'vpc-id', Values: [n.vpc] },
        { Name: 'group-name', Values: ['default'] },
      ]
      const { SecurityGroups } = await client.send(new ec2.DescribeSecurityGroupsCommand({ Filters }))
      return client.send(new ec2.DeleteSecurityGroupCommand({ GroupId: SecurityGroups![0]!.GroupId }))
    },
    'deleting a group that a rule names': async (n) => {
      const { GroupId } = await client.send(new ec2.CreateSecurityGroupCommand({ VpcId: n.vpc, GroupName: 'other', Description: 'x' }))
      const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 80, ToPort: 80, UserIdGroupPairs: [{ GroupId: n.group }] }]
      await client.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }))
      return client.send(new ec2.DeleteSecurityGroupCommand({ GroupId: n.group }))
    },
    'the same rule twice': async (n) => {
      const rule = {
        GroupId: n.group,
        IpPermissions: [{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }],
      }
      await client.send(new ec2.AuthorizeSecurityGroupIngressCommand(rule))
      return client.send(new ec2.AuthorizeSecurityGroupIngressCommand(rule))
    },
    'revoking no such rule': (n) =>
      client.send(
        new ec2.RevokeSecurityGroupIngressCommand({
          GroupId: n.group,
          IpPermissions: [{ IpProtocol: 'tcp', FromPort: 1, ToPort: 1, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }],
        }),
      ),
    'ports the wrong way': (n) =>
      client.send(
        new ec2.AuthorizeSecurityGroupIngressCommand({
          GroupId: n.group,
          IpPermissions: [{ IpProtocol: 'tcp', FromPort: 9, ToPort: 8, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }],
        }),
      ),
    'a route twice': async (n) => {
      const route = { RouteTableId: n.table, DestinationCidrBlock: '0.0.0.0/0', GatewayId: n.gateway }
      await client.send(new ec2.CreateRouteCommand(route))
      return client.send(new ec2.CreateRouteCommand(route))
    },
    'deleting no such route': (n) => client.send(new ec2.DeleteRouteCommand({ RouteTableId: n.table, DestinationCidrBlock: '1.0.0.0/8' })),
    'deleting an associated table': async (n) => {
      await client.send(new ec2.AssociateRouteTableCommand({ RouteTableId: n.table, SubnetId: n.subnet }))
      return client.send(new ec2.DeleteRouteTableCommand({ RouteTableId: n.table }))
    },
    'no such filter': () => client.send(new ec2.DescribeVpcsCommand({ Filters: [{ Name: 'colour', Values: ['red'] }] })),
    'a reserved tag': (n) => client.send(new ec2.CreateTagsCommand({ Resources: [n.vpc], Tags: [{ Key: 'aws:x', Value: '' }] })),
    'tags of nothing': () =>
      client.send(new ec2.CreateTagsCommand({ Resources: ['vpc-0123456789abcdef0'], Tags: [{ Key: 'a', Value: '' }] })),
    'a dry run': () => client.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/16', DryRun: true })),
    'an address in use': async (n) => {
      const { AllocationId } = await client.send(new ec2.AllocateAddressCommand({}))
      await client.send(new ec2.CreateNatGatewayCommand({ SubnetId: n.subnet, AllocationId }))
      return client.send(new ec2.ReleaseAddressCommand({ AllocationId }))
    },
    'an operation it lacks': () => client.send(new ec2.CreateVpnGatewayCommand({ Type: 'ipsec.1' })),
  }

  test.each<[keyof typeof send & string, string]>([
    ['a VPC too large', "InvalidVpc.Range: The CIDR '10.0.0.0/8' is invalid."],
    ['a VPC of nonsense', 'InvalidParameterValue: Value (x) for parameter cidrBlock is invalid. This is not a valid CIDR block.'],
    ['a subnet outside', "InvalidSubnet.Range: The CIDR '192.168.0.0/24' is invalid."],
    ['a subnet that overlaps', "InvalidSubnet.Conflict: The CIDR '10.N.0.0/24' conflicts with another subnet"],
    [
      'a subnet in no zone',
      'InvalidParameterValue: Value (eu-west-1z) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: eu-west-1a, eu-west-1b, eu-west-1c.',
    ],
    ['a second gateway', 'InvalidParameterValue: Network VPC already has an internet gateway attached'],
    ['deleting an attached gateway', "DependencyViolation: The internetGateway 'GATEWAY' has dependencies and cannot be deleted."],
    ['deleting a VPC in use', "DependencyViolation: The vpc 'VPC' has dependencies and cannot be deleted."],
    ['a group twice', "InvalidGroup.Duplicate: The security group 'web' already exists for VPC 'VPC'"],
    ['deleting the default group', 'CannotDelete: the specified group: "SG" name: "default" cannot be deleted by a user'],
    ['deleting a group that a rule names', 'DependencyViolation: resource GROUP has a dependent object'],
    [
      'the same rule twice',
      'InvalidPermission.Duplicate: the specified rule "peer: 10.0.0.0/8, TCP, from port: 22, to port: 22, ALLOW" already exists',
    ],
    ['revoking no such rule', 'InvalidPermission.NotFound: The specified rule does not exist in this security group.'],
    ['ports the wrong way', 'InvalidParameterValue: Invalid TCP/UDP port range (9:8)'],
    ['a route twice', 'RouteAlreadyExists: The route identified by 0.0.0.0/0 already exists.'],
    ['deleting no such route', 'InvalidRoute.NotFound: no route with destination-cidr-block 1.0.0.0/8 in route table TABLE'],
    ['deleting an associated table', "DependencyViolation: The routeTable 'TABLE' has dependencies and cannot be deleted."],
    ['no such filter', "InvalidParameterValue: The filter 'colour' is invalid"],
    ['a reserved tag', "InvalidParameterValue: Tag keys starting with 'aws:' are reserved for internal use"],
    ['tags of nothing', "InvalidVpcID.NotFound: The vpc ID 'vpc-0123456789abcdef0' does not exist"],
    ['a dry run', 'DryRunOperation: Request would have succeeded, but DryRun flag is set.'],
    ['an address in use', 'InvalidIPAddress.InUse: Address IP is in use.'],
    ['an operation it lacks', 'UnsupportedOperation: The sandbox does not implement ec2:CreateVpnGateway yet.'],
  ])('%s', async (name, expected) => {
    const text = (await refusal(send[name]!(network)))
      .replaceAll(network.vpc, 'VPC')
      .replaceAll(network.gateway, 'GATEWAY')
      .replaceAll(network.group, 'GROUP')
      .replaceAll(network.table, 'TABLE')
      .replace(/\bsg-0\w+/, 'SG')
      .replace(`10.${count}.`, '10.N.')
      .replace(/Address [\d.]+ is/, 'Address IP is')
    expect(text).toBe(expected)
  })

  test('a call that fails changes nothing', async () => {
    const before = await client.send(new ec2.DescribeTagsCommand({}))
    const Tags = [...Array(51)].map((_, i) => ({ Key: `k${i}`, Value: 'v' }))
    expect(
      await codeOf(
        client.send(new ec2.CreateVpcCommand({ CidrBlock: '10.250.0.0/16', TagSpecifications: [{ ResourceType: 'vpc', Tags }] })),
      ),
    ).toBe('TagLimitExceeded')
    const { Vpcs } = await client.send(new ec2.DescribeVpcsCommand({ Filters: [{ Name: 'cidr', Values: ['10.250.0.0/16'] }] }))
    expect(Vpcs ?? []).toEqual([])
    expect((await client.send(new ec2.DescribeTagsCommand({}))).Tags).toEqual(before.Tags)
  })
})

describe('security group rules', () => {
  test('are objects of their own, and permissions together', async () => {
    const answer = await client.send(
      new ec2.AuthorizeSecurityGroupIngressCommand({
        GroupId: network.group,
        IpPermissions: [
          { IpProtocol: '6', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '10.1.2.3/8', Description: 'inside' }] },
          { IpProtocol: 'tcp', FromPort: 80, ToPort: 80, Ipv6Ranges: [{ CidrIpv6: '2001:DB8:0::/32' }] },
          { IpProtocol: '-1', FromPort: 1, ToPort: 2, UserIdGroupPairs: [{ GroupId: network.group }] },
        ],
        TagSpecifications: [{ ResourceType: 'security-group-rule', Tags: [{ Key: 'a', Value: 'b' }] }],
      }),
    )
    const rules = answer.SecurityGroupRules!
    expect(
      rules.map((r) => [r.IpProtocol, r.FromPort, r.ToPort, r.CidrIpv4 ?? r.CidrIpv6 ?? r.ReferencedGroupInfo?.GroupId, r.Tags?.length]),
    ).toEqual([
      ['tcp', 80, 80, '10.0.0.0/8', 1],
      ['tcp', 80, 80, '2001:db8::/32', 1],
      ['-1', -1, -1, network.group, 1],
    ])
    const { SecurityGroups } = await client.send(new ec2.DescribeSecurityGroupsCommand({ GroupIds: [network.group] }))
    expect(SecurityGroups![0]!.IpPermissions).toMatchObject([
      {
        IpProtocol: 'tcp',
        FromPort: 80,
        IpRanges: [{ CidrIp: '10.0.0.0/8', Description: 'inside' }],
        Ipv6Ranges: [{ CidrIpv6: '2001:db8::/32' }],
      },
      { IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: network.group, UserId: '123456789012' }] },
    ])
    expect(SecurityGroups![0]!.IpPermissions![1]!.FromPort).toBeUndefined()
    await client.send(
      new ec2.ModifySecurityGroupRulesCommand({
        GroupId: network.group,
        SecurityGroupRules: [
          {
            SecurityGroupRuleId: rules[0]!.SecurityGroupRuleId,
            SecurityGroupRule: { IpProtocol: 'udp', FromPort: 53, ToPort: 53, CidrIpv4: '0.0.0.0/0' },
          },
        ],
      }),
    )
    await client.send(
      new ec2.RevokeSecurityGroupIngressCommand({ GroupId: network.group, SecurityGroupRuleIds: [rules[1]!.SecurityGroupRuleId!] }),
    )
    const left = await client.send(new ec2.DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'group-id', Values: [network.group] }] }))
    expect(left.SecurityGroupRules!.map((r) => [r.IsEgress, r.IpProtocol, r.FromPort, r.CidrIpv4])).toEqual([
      [true, '-1', -1, '0.0.0.0/0'],
      [false, 'udp', 53, '0.0.0.0/0'],
      [false, '-1', -1, undefined],
    ])
  })
})

describe('gateways and addresses', () => {
  test('a NAT gateway takes its address and gives it back', async () => {
    const { AllocationId } = await client.send(new ec2.AllocateAddressCommand({}))
    const { NatGateway } = await client.send(new ec2.CreateNatGatewayCommand({ SubnetId: network.subnet, AllocationId }))
    expect(NatGateway!.State).toBe('pending')
    const id = NatGateway!.NatGatewayId!
    const describe = async () => (await client.send(new ec2.DescribeNatGatewaysCommand({ NatGatewayIds: [id] }))).NatGateways![0]!
    expect(await describe()).toMatchObject({
      State: 'available',
      NatGatewayAddresses: [{ AllocationId, IsPrimary: true, Status: 'succeeded' }],
    })
    await client.send(new ec2.CreateRouteCommand({ RouteTableId: network.table, DestinationCidrBlock: '0.0.0.0/0', NatGatewayId: id }))
    expect(await codeOf(client.send(new ec2.DeleteSubnetCommand({ SubnetId: network.subnet })))).toBe('DependencyViolation')
    expect(
      await codeOf(client.send(new ec2.DetachInternetGatewayCommand({ VpcId: network.vpc, InternetGatewayId: network.gateway }))),
    ).toBe('DependencyViolation')
    await client.send(new ec2.DeleteNatGatewayCommand({ NatGatewayId: id }))
    expect((await describe()).State).toBe('deleted')
    const { Addresses } = await client.send(new ec2.DescribeAddressesCommand({ AllocationIds: [AllocationId!] }))
    expect(Addresses![0]!.AssociationId).toBeUndefined()
    const { RouteTables } = await client.send(new ec2.DescribeRouteTablesCommand({ RouteTableIds: [network.table] }))
    expect(RouteTables![0]!.Routes![1]!.State).toBe('blackhole')
    await client.send(new ec2.DeleteSubnetCommand({ SubnetId: network.subnet }))
  })

  test('a NAT gateway without a way out fails', async () => {
    await client.send(new ec2.DetachInternetGatewayCommand({ VpcId: network.vpc, InternetGatewayId: network.gateway }))
    const { AllocationId } = await client.send(new ec2.AllocateAddressCommand({}))
    const { NatGateway } = await client.send(new ec2.CreateNatGatewayCommand({ SubnetId: network.subnet, AllocationId }))
    const { NatGateways } = await client.send(new ec2.DescribeNatGatewaysCommand({ NatGatewayIds: [NatGateway!.NatGatewayId!] }))
    expect(NatGateways![0]).toMatchObject({ State: 'failed', FailureCode: 'Gateway.NotAttached' })
  })
})

describe('lists', () => {
  test('come in pages, filters take wildcards, tags are found', async () => {
    for (let i = 0; i < 6; i++) {
      const TagSpecifications = [{ ResourceType: 'internet-gateway' as const, Tags: [{ Key: 'Name', Value: `page-${count}-${i}` }] }]
      await client.send(new ec2.CreateInternetGatewayCommand({ TagSpecifications }))
    }
    const names: (string | undefined)[] = []
    let pages = 0
    const filters = [{ Name: 'tag:Name', Values: [`page-${count}-?`, 'nothing'] }]
    for await (const page of ec2.paginateDescribeInternetGateways({ client }, { Filters: filters })) {
      pages++
      names.push(...page.InternetGateways!.map((gateway) => gateway.Tags?.[0]?.Value))
    }
    expect(pages).toBe(2)
    expect(names).toEqual([0, 1, 2, 3, 4, 5].map((i) => `page-${count}-${i}`))
    expect(await codeOf(client.send(new ec2.DescribeInternetGatewaysCommand({ NextToken: 'nonsense' })))).toBe('InvalidNextToken')
  })
})

test('a network is taken down in order', async () => {
  const { vpc, subnet, gateway, group, table } = network
  await client.send(new ec2.DeleteRouteTableCommand({ RouteTableId: table }))
  await client.send(new ec2.DeleteSecurityGroupCommand({ GroupId: group }))
  await client.send(new ec2.DeleteSubnetCommand({ SubnetId: subnet }))
  await client.send(new ec2.DetachInternetGatewayCommand({ VpcId: vpc, InternetGatewayId: gateway }))
  await client.send(new ec2.DeleteInternetGatewayCommand({ InternetGatewayId: gateway }))
  await client.send(new ec2.DeleteVpcCommand({ VpcId: vpc }))
  for (const left of ['RouteTables', 'NetworkAcls', 'SecurityGroups'] as const) {
    const Filters = [{ Name: 'vpc-id', Values: [vpc] }]
    const answer =
      left === 'RouteTables'
        ? await client.send(new ec2.DescribeRouteTablesCommand({ Filters }))
        : left === 'NetworkAcls'
          ? await client.send(new ec2.DescribeNetworkAclsCommand({ Filters }))
          : await client.send(new ec2.DescribeSecurityGroupsCommand({ Filters }))
    expect(Object.values(answer).filter(Array.isArray)).toEqual([[]])
  }
})

describe('keys', () => {
  const keys = {
    rsa: 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7vbqajDw4o6gJy8UtmIbkcpnkO3Kwc4qsEnSZp/TR+fQi62F79RHWmwKOtFmwteURgLbj7D/WGuNLGOfa/2vse3G2eHnHl5CB8ruRX9fBl/KgwCVr2JaEuUm66bBQeP5XeBotdR4cvX38uPYivCDdPjJ1QWPdspTBKcxeFbccDw== a@b',
    ed25519: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f',
  }
  test.each<[string, string, string, RegExp]>([
    ['rsa', keys.rsa, 'rsa', /^([0-9a-f]{2}:){15}[0-9a-f]{2}$/],
    ['ed25519', keys.ed25519, 'ed25519', /^[A-Za-z0-9+/]{43}=$/],
  ])('%s', async (name, text, type, fingerprint) => {
    await client.send(new ec2.ImportKeyPairCommand({ KeyName: name, PublicKeyMaterial: Buffer.from(text) }))
    const { KeyPairs } = await client.send(new ec2.DescribeKeyPairsCommand({ KeyNames: [name], IncludePublicKey: true }))
    expect(KeyPairs).toMatchObject([{ KeyName: name, KeyType: type, PublicKey: text, KeyFingerprint: expect.stringMatching(fingerprint) }])
    expect(await codeOf(client.send(new ec2.ImportKeyPairCommand({ KeyName: name, PublicKeyMaterial: Buffer.from(text) })))).toBe(
      'InvalidKeyPair.Duplicate',
    )
    await client.send(new ec2.DeleteKeyPairCommand({ KeyName: name }))
    expect(await codeOf(client.send(new ec2.DescribeKeyPairsCommand({ KeyNames: [name] })))).toBe('InvalidKeyPair.NotFound')
  })

  test('made here have a private key', async () => {
    const { KeyMaterial } = await client.send(new ec2.CreateKeyPairCommand({ KeyName: 'made', KeyType: 'ed25519' }))
    expect(KeyMaterial).toContain('-----BEGIN PRIVATE KEY-----')
  })

  test('of no known form are refused', async () => {
    expect(await refusal(client.send(new ec2.ImportKeyPairCommand({ KeyName: 'x', PublicKeyMaterial: Buffer.from('ssh-rsa AAAA') })))).toBe(
      'InvalidKey.Format: Key is not in valid OpenSSH public key format',
    )
  })
})
