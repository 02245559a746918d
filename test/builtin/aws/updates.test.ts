import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { awsProvider } from '../../../src/builtin/aws/index.ts'
import { objectVal, stringVal, type Value, valueToJson } from '../../../src/cty/index.ts'
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.ts'
import { emptyBlockValue, impliedType } from '../../../src/schema/index.ts'
import { region, Stack } from './_stack.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ seed: 'updates' })
})
afterAll(() => sandbox.close())

const network = `
resource "aws_vpc" "v" {
  cidr_block = "10.0.0.0/16"
}
resource "aws_vpc" "w" {
  cidr_block = "10.1.0.0/16"
}
resource "aws_subnet" "s" {
  vpc_id     = aws_vpc.v.id
  cidr_block = "10.0.1.0/24"
}
resource "aws_subnet" "t" {
  vpc_id     = aws_vpc.v.id
  cidr_block = "10.0.2.0/24"
}
resource "aws_internet_gateway" "g" {
  vpc_id = aws_vpc.v.id
}
resource "aws_security_group" "a" {
  vpc_id = aws_vpc.v.id
}
resource "aws_security_group" "b" {
  vpc_id = aws_vpc.v.id
}
`
const image = `
data "aws_ami" "a" {
  owners      = ["amazon"]
  most_recent = true
  filter {
    name   = "name"
    values = ["al2023-ami-2023.*-x86_64"]
  }
}
`

interface Row {
  readonly name: string
  readonly context: string
  readonly type: string
  /** Arguments before and after. */
  readonly before: string
  readonly after: string
  /** `update` unless something makes a replacement necessary. */
  readonly action?: string
  /** Stored attributes afterwards. */
  readonly want: Record<string, unknown>
}

const bucket = 'resource "aws_s3_bucket" "b" {}\n'

const rows: Row[] = [
  {
    name: 'flags and tags of a VPC',
    context: '',
    type: 'aws_vpc',
    before: 'cidr_block = "10.9.0.0/16"\ntags = { a = "1", b = "2" }',
    after: 'cidr_block = "10.9.0.0/16"\nenable_dns_hostnames = true\ntags = { b = "3", c = "4" }',
    want: { enable_dns_hostnames: true, tags: { b: '3', c: '4' }, tags_all: { Team: 'ops', b: '3', c: '4' } },
  },
  {
    name: 'names in DNS go with DNS',
    context: '',
    type: 'aws_vpc',
    before: 'cidr_block = "10.9.0.0/16"\nenable_dns_hostnames = true',
    after: 'cidr_block = "10.9.0.0/16"\nenable_dns_hostnames = false\nenable_dns_support = false',
    want: { enable_dns_hostnames: false, enable_dns_support: false },
  },
  {
    name: 'another block of a VPC',
    context: '',
    type: 'aws_vpc',
    before: 'cidr_block = "10.9.0.0/16"',
    after: 'cidr_block = "10.8.0.0/16"',
    action: 'deleteThenCreate',
    want: { cidr_block: '10.8.0.0/16' },
  },
  {
    name: 'flags of a subnet',
    context: network,
    type: 'aws_subnet',
    before: 'vpc_id = aws_vpc.v.id\ncidr_block = "10.0.9.0/24"\nmap_public_ip_on_launch = true',
    after: 'vpc_id = aws_vpc.v.id\ncidr_block = "10.0.9.0/24"\nenable_resource_name_dns_a_record_on_launch = true',
    want: { map_public_ip_on_launch: false, enable_resource_name_dns_a_record_on_launch: true },
  },
  {
    name: 'an internet gateway moves',
    context: network,
    type: 'aws_internet_gateway',
    before: '',
    after: 'vpc_id = aws_vpc.w.id',
    want: {},
  },
  {
    name: 'rules of a group',
    context: network,
    type: 'aws_security_group',
    before:
      'vpc_id = aws_vpc.v.id\ningress {\nfrom_port = 80\nto_port = 80\nprotocol = "tcp"\ncidr_blocks = ["10.0.0.0/8", "192.168.0.0/16"]\n}',
    after:
      'vpc_id = aws_vpc.v.id\ningress {\ndescription = "Web"\nfrom_port = 80\nto_port = 80\nprotocol = "tcp"\ncidr_blocks = ["10.0.0.0/8"]\n}\negress {\nfrom_port = 0\nto_port = 0\nprotocol = "-1"\nself = true\n}',
    want: {
      ingress: [expect.objectContaining({ description: 'Web', cidr_blocks: ['10.0.0.0/8'] })],
      egress: [expect.objectContaining({ protocol: '-1', self: true })],
    },
  },
  {
    name: 'one rule',
    context: network,
    type: 'aws_vpc_security_group_ingress_rule',
    before: 'security_group_id = aws_security_group.a.id\nip_protocol = "tcp"\nfrom_port = 1\nto_port = 2\ncidr_ipv4 = "10.0.0.0/8"',
    after:
      'security_group_id = aws_security_group.a.id\nip_protocol = "-1"\ncidr_ipv4 = "10.1.0.0/16"\ndescription = "All"\ntags = { a = "1" }',
    want: { ip_protocol: '-1', from_port: null, cidr_ipv4: '10.1.0.0/16', description: 'All', tags: { a: '1' } },
  },
  {
    name: 'the kind of source of a rule',
    context: network,
    type: 'aws_vpc_security_group_ingress_rule',
    action: 'deleteThenCreate',
    before: 'security_group_id = aws_security_group.a.id\nip_protocol = "tcp"\nfrom_port = 1\nto_port = 2\ncidr_ipv4 = "10.0.0.0/8"',
    after:
      'security_group_id = aws_security_group.a.id\nip_protocol = "-1"\nreferenced_security_group_id = aws_security_group.b.id\ndescription = "All"\ntags = { a = "1" }',
    want: { ip_protocol: '-1', from_port: null, cidr_ipv4: null, description: 'All', tags: { a: '1' } },
  },
  {
    name: 'routes of a table',
    context: `${network}resource "aws_eip" "e" {}\nresource "aws_nat_gateway" "n" {\n  allocation_id = aws_eip.e.id\n  subnet_id = aws_subnet.s.id\n}\n`,
    type: 'aws_route_table',
    before: 'vpc_id = aws_vpc.v.id\nroute {\ncidr_block = "0.0.0.0/0"\ngateway_id = aws_internet_gateway.g.id\n}',
    after:
      'vpc_id = aws_vpc.v.id\nroute {\ncidr_block = "0.0.0.0/0"\nnat_gateway_id = aws_nat_gateway.n.id\n}\nroute {\ncidr_block = "172.16.0.0/12"\ngateway_id = aws_internet_gateway.g.id\n}',
    want: {
      route: [
        expect.objectContaining({ cidr_block: '0.0.0.0/0', gateway_id: '' }),
        expect.objectContaining({ cidr_block: '172.16.0.0/12' }),
      ],
    },
  },
  {
    name: 'the target of a route',
    context: `${network}resource "aws_eip" "e" {}\nresource "aws_nat_gateway" "n" {\n  allocation_id = aws_eip.e.id\n  subnet_id = aws_subnet.s.id\n}\nresource "aws_route_table" "r" {\n  vpc_id = aws_vpc.v.id\n}\n`,
    type: 'aws_route',
    before: 'route_table_id = aws_route_table.r.id\ndestination_cidr_block = "0.0.0.0/0"\ngateway_id = aws_internet_gateway.g.id',
    after: 'route_table_id = aws_route_table.r.id\ndestination_cidr_block = "0.0.0.0/0"\nnat_gateway_id = aws_nat_gateway.n.id',
    want: { gateway_id: '', nat_gateway_id: expect.stringMatching(/^nat-/) },
  },
  {
    name: 'the table of an association',
    context: `${network}resource "aws_route_table" "r" {\n  count = 2\n  vpc_id = aws_vpc.v.id\n}\n`,
    type: 'aws_route_table_association',
    before: 'subnet_id = aws_subnet.s.id\nroute_table_id = aws_route_table.r[0].id',
    after: 'subnet_id = aws_subnet.s.id\nroute_table_id = aws_route_table.r[1].id',
    want: {},
  },
  {
    name: 'an instance is stopped for another type, not for its groups',
    context: network + image,
    type: 'aws_instance',
    before:
      'ami = data.aws_ami.a.id\ninstance_type = "t3.micro"\nsubnet_id = aws_subnet.s.id\nvpc_security_group_ids = [aws_security_group.a.id]\nuser_data = "one"',
    after:
      'ami = data.aws_ami.a.id\ninstance_type = "t3.small"\nsubnet_id = aws_subnet.s.id\nvpc_security_group_ids = [aws_security_group.b.id]\nuser_data = "two"\nsource_dest_check = false\nmonitoring = true\ndisable_api_stop = true\nmetadata_options {\nhttp_tokens = "required"\n}',
    want: { instance_type: 't3.small', source_dest_check: false, monitoring: true, instance_state: 'running', disable_api_stop: true },
  },
  {
    name: 'user data that makes a new instance',
    context: network + image,
    type: 'aws_instance',
    before:
      'ami = data.aws_ami.a.id\ninstance_type = "t3.micro"\nsubnet_id = aws_subnet.s.id\nuser_data = "one"\nuser_data_replace_on_change = true',
    after:
      'ami = data.aws_ami.a.id\ninstance_type = "t3.micro"\nsubnet_id = aws_subnet.s.id\nuser_data = "two"\nuser_data_replace_on_change = true',
    action: 'deleteThenCreate',
    want: { user_data: 'ad782ecdac770fc6eb9a62e44f90873fb97fb26b' },
  },
  {
    name: 'a larger root volume with tags',
    context: network + image,
    type: 'aws_instance',
    before: 'ami = data.aws_ami.a.id\ninstance_type = "t3.micro"\nsubnet_id = aws_subnet.s.id\nroot_block_device {\nvolume_size = 10\n}',
    after:
      'ami = data.aws_ami.a.id\ninstance_type = "t3.micro"\nsubnet_id = aws_subnet.s.id\nroot_block_device {\nvolume_size = 20\ntags = { a = "1" }\n}',
    want: { root_block_device: [expect.objectContaining({ volume_size: 20, tags: { a: '1' } })] },
  },
  {
    name: 'an address goes to an instance',
    context: `${network}${image}resource "aws_instance" "i" {\n  ami = data.aws_ami.a.id\n  instance_type = "t3.micro"\n  subnet_id = aws_subnet.s.id\n}\n`,
    type: 'aws_eip',
    before: 'domain = "vpc"',
    after: 'domain = "vpc"\ninstance = aws_instance.i.id\ndepends_on = [aws_internet_gateway.g]',
    want: { instance: expect.stringMatching(/^i-/), association_id: expect.stringMatching(/^eipassoc-/) },
  },
  {
    name: 'versions of a bucket',
    context: bucket,
    type: 'aws_s3_bucket_versioning',
    before: 'bucket = aws_s3_bucket.b.id\nversioning_configuration {\nstatus = "Enabled"\n}',
    after: 'bucket = aws_s3_bucket.b.id\nversioning_configuration {\nstatus = "Suspended"\n}',
    want: { versioning_configuration: [{ mfa_delete: '', status: 'Suspended' }] },
  },
  {
    name: 'public access to a bucket',
    context: bucket,
    type: 'aws_s3_bucket_public_access_block',
    before: 'bucket = aws_s3_bucket.b.id\nblock_public_acls = true',
    after: 'bucket = aws_s3_bucket.b.id\nblock_public_policy = true',
    want: { block_public_acls: false, block_public_policy: true },
  },
  {
    name: 'the encryption of a bucket',
    context: bucket,
    type: 'aws_s3_bucket_server_side_encryption_configuration',
    before: 'bucket = aws_s3_bucket.b.id\nrule {\napply_server_side_encryption_by_default {\nsse_algorithm = "AES256"\n}\n}',
    after:
      'bucket = aws_s3_bucket.b.id\nrule {\nbucket_key_enabled = true\napply_server_side_encryption_by_default {\nsse_algorithm = "aws:kms"\n}\n}',
    want: { rule: [expect.objectContaining({ bucket_key_enabled: true })] },
  },
  {
    name: 'tags of a bucket',
    context: '',
    type: 'aws_s3_bucket',
    before: 'tags = { a = "1" }',
    after: 'tags = { b = "2" }\nforce_destroy = true',
    want: { tags: { b: '2' }, force_destroy: true },
  },
]

const block = (row: Row, args: string): string => `${row.context}resource "${row.type}" "x" {\n${args}\n}\n`

describe('changes', () => {
  test.each(rows)(
    '$name',
    async (row) => {
      const stack = new Stack(sandbox.url).config(block(row, row.before))
      await stack.apply()
      expect((await stack.plan()).actions).toEqual([])
      stack.config(block(row, row.after))
      const address = `${row.type}.x`
      expect(await stack.apply()).toEqual([`${row.action ?? 'update'} ${address}`])
      expect(stack.attributes(address)).toMatchObject(row.want)
      expect((await stack.plan()).actions).toEqual([])
      await checkImport(stack, row.type, address)
      await stack.destroy()
    },
    60_000,
  )
})

/** Arguments that no service tells. */
const notImported = new Set(['force_destroy', 'revoke_rules_on_delete', 'user_data_replace_on_change', 'get_password_data'])

/** The object as it is read by its import id alone has what is stored. */
async function checkImport(stack: Stack, typeName: string, address: string): Promise<void> {
  const stored = stack.attributes(address)
  const provider = awsProvider({
    surroundings: {
      env: { AWS_ENDPOINT_URL: sandbox.url, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', HOME: '/nonexistent' },
    },
  })
  const { provider: providerBlock } = provider.schema()
  const members = new Map([...emptyBlockValue(providerBlock).asMap()])
  members.set('region', stringVal(region))
  expect((await provider.configure({ config: objectVal(members, impliedType(providerBlock)), terraformVersion: '1.11.4' })).diags).toEqual(
    [],
  )
  const { imported, diags } = await provider.importResourceState({ typeName, id: importId(typeName, stored) })
  expect(diags).toEqual([])
  const { newState, diags: found } = await provider.readResource({ typeName, prior: imported[0]!.state, private: undefined })
  expect(found).toEqual([])
  const read = JSON.parse(json(newState)) as Record<string, unknown>
  const different = Object.keys(stored).filter((name) => !notImported.has(name) && !isSame(read[name], stored[name]))
  // The tags of the configuration cannot be told from those of default_tags, which this provider has none of.
  expect(different.filter((name) => !/^tags/.test(name) && !/block_device$/.test(name))).toEqual([])
  await provider.close()
}

function importId(type: string, stored: Record<string, unknown>): string {
  if (type === 'aws_route') return `${stored.route_table_id}_${stored.destination_cidr_block}`
  if (type === 'aws_route_table_association') return `${stored.subnet_id}/${stored.route_table_id}`
  return String(stored.id)
}

function json(value: Value): string {
  return valueToJson(value, value.type)
}

/** Nothing at all is the same as an empty text or collection. */
function isSame(a: unknown, b: unknown): boolean {
  const nothing = (v: unknown): boolean =>
    v === null || v === undefined || v === '' || v === 0 || v === false || (typeof v === 'object' && Object.keys(v).length === 0)
  return (nothing(a) && nothing(b)) || JSON.stringify(a) === JSON.stringify(b)
}
