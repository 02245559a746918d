import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Moto, motoProgram, startMoto } from '../../aws/_moto.ts'
import { Stack } from './_stack.ts'

const network = `
resource "aws_vpc" "v" {
  count      = 3
  cidr_block = "10.\${count.index}.0.0/16"
}
resource "aws_subnet" "s" {
  count      = 12
  vpc_id     = aws_vpc.v[count.index % 3].id
  cidr_block = "10.\${count.index % 3}.\${count.index}.0/24"
}
resource "aws_security_group" "g" {
  count  = 6
  vpc_id = aws_vpc.v[count.index % 3].id
}
resource "aws_vpc_security_group_ingress_rule" "r" {
  count             = 6
  security_group_id = aws_security_group.g[count.index].id
  ip_protocol       = "tcp"
  from_port         = count.index
  to_port           = count.index
  cidr_ipv4         = "10.0.0.0/8"
}
resource "aws_route_table" "t" {
  count  = 3
  vpc_id = aws_vpc.v[count.index].id
}
resource "aws_route_table_association" "a" {
  count          = 12
  subnet_id      = aws_subnet.s[count.index].id
  route_table_id = aws_route_table.t[count.index % 3].id
}
resource "aws_internet_gateway" "i" {
  count  = 3
  vpc_id = aws_vpc.v[count.index].id
}
resource "aws_route" "r" {
  count                  = 3
  route_table_id         = aws_route_table.t[count.index].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.i[count.index].id
}
resource "aws_eip" "e" {
  count = 4
}
`

describe.skipIf(motoProgram === undefined)('reads that meet in one call (skipped without moto_server)', () => {
  let moto: Moto
  beforeAll(async () => {
    moto = await startMoto()
  }, 60_000)
  afterAll(() => moto?.stop())

  test('a refresh of 52 objects', async () => {
    const stack = new Stack(moto.url).config(network)
    await stack.apply()
    stack.takeRequests()
    expect((await stack.plan()).actions).toEqual([])
    expect(stack.takeRequests()).toEqual({
      'sts.GetCallerIdentity': 1,
      'ec2.DescribeVpcs': 1,
      // One attribute of one VPC at a time: EC2 has no other way.
      'ec2.DescribeVpcAttribute': 9,
      'ec2.DescribeNetworkAcls': 1,
      // By id, for routes and associations too, and the main ones of VPCs.
      'ec2.DescribeRouteTables': 2,
      // By id, and the default ones of VPCs.
      'ec2.DescribeSecurityGroups': 2,
      'ec2.DescribeSecurityGroupRules': 1,
      'ec2.DescribeSubnets': 1,
      'ec2.DescribeInternetGateways': 1,
      'ec2.DescribeAddresses': 1,
      'ec2.DescribeAddressesAttribute': 1,
    })
  }, 120_000)
})
