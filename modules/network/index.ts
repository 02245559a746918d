import { DataAwsAvailabilityZones } from '@cdktf/provider-aws/lib/data-aws-availability-zones/index.js'
import { Eip } from '@cdktf/provider-aws/lib/eip/index.js'
import { InternetGateway } from '@cdktf/provider-aws/lib/internet-gateway/index.js'
import { NatGateway } from '@cdktf/provider-aws/lib/nat-gateway/index.js'
import { Route } from '@cdktf/provider-aws/lib/route/index.js'
import { RouteTable } from '@cdktf/provider-aws/lib/route-table/index.js'
import { RouteTableAssociation } from '@cdktf/provider-aws/lib/route-table-association/index.js'
import { Route53Zone } from '@cdktf/provider-aws/lib/route53-zone/index.js'
import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group/index.js'
import { Subnet } from '@cdktf/provider-aws/lib/subnet/index.js'
import { Vpc } from '@cdktf/provider-aws/lib/vpc/index.js'
import { VpcSecurityGroupEgressRule } from '@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js'
import { VpcSecurityGroupIngressRule } from '@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js'
import { Fn } from 'cdktf'
import type { Construct } from 'constructs'
import { Environment } from '../environment/index.ts'
import { isModule, Module, ModuleError } from '../module.ts'

export interface NetworkProps {
  /** Addresses of the VPC, a /16. Each zone gets a /18 of them: a /19 for the internal subnet, a /20 for the external one. Example: `10.30.0.0/16`. */
  readonly cidr: string
  /** How many availability zones, 1 to 4. Default 2. */
  readonly zones?: number
  /** Way out of the internal subnets: one gateway for all, one per zone, or none. Default `single`. */
  readonly nat?: 'single' | 'per-zone' | 'none'
  /** Private DNS zone in which services find each other. Default `<environment>.internal`. */
  readonly internalDomain?: string
  /** Public DNS zone. Default: the account's domain. */
  readonly domain?: string
}

const kind = 'network'

/**
 * A VPC with an internal and an external subnet in each zone, gateways and routes, a private and a public DNS zone, and the security groups of
 * load balancers: internal ones are reached from the VPC alone.
 */
export class Network extends Module {
  readonly vpcId: string
  readonly cidr: string
  /** One per zone; not reached from the Internet. */
  readonly internalSubnetIds: readonly string[]
  /** One per zone. */
  readonly externalSubnetIds: readonly string[]
  /** Addresses from which the internal subnets reach the Internet. */
  readonly natIps: readonly string[]
  readonly internalZone: DnsZone
  readonly publicZone: DnsZone
  readonly internalLoadBalancerGroupId: string
  readonly externalLoadBalancerGroupId: string

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id, kind)
    const env = Environment.of(this)
    const { cidr, zones = 2, nat = 'single', internalDomain = `${env.environmentName}.internal`, domain = env.account.domain } = props
    if (!/^\d{1,3}(\.\d{1,3}){3}\/16$/.test(cidr)) throw new ModuleError(this, `cidr must be a /16 such as 10.30.0.0/16, not "${cidr}".`)
    if (!Number.isInteger(zones) || zones < 1 || zones > 4)
      throw new ModuleError(this, `zones must be a whole number from 1 to 4, not ${zones}.`)
    const name = env.environmentName
    const vpc = new Vpc(this, 'vpc', { cidrBlock: cidr, enableDnsSupport: true, enableDnsHostnames: true, tags: { Name: name } })
    const available = new DataAwsAvailabilityZones(this, 'zones', { state: 'available' })
    const internet = new InternetGateway(this, 'internet', { vpcId: vpc.id, tags: { Name: name } })

    const subnet = (side: 'internal' | 'external', i: number, bits: number, index: number) =>
      new Subnet(this, `${side}-${i + 1}`, {
        vpcId: vpc.id,
        availabilityZone: Fn.element(available.names, i),
        cidrBlock: Fn.cidrsubnet(cidr, bits, index),
        mapPublicIpOnLaunch: side === 'external',
        tags: { Name: `${name}-${side}-${i + 1}` },
      })
    const each = Array.from({ length: zones }, (_, i) => i)
    const external = each.map((i) => subnet('external', i, 4, 4 * i + 2))
    const internal = each.map((i) => subnet('internal', i, 3, 2 * i))

    const outwards = new RouteTable(this, 'external-routes', { vpcId: vpc.id, tags: { Name: `${name}-external` } })
    new Route(this, 'external-default', { routeTableId: outwards.id, destinationCidrBlock: '0.0.0.0/0', gatewayId: internet.id })
    for (const i of each) {
      new RouteTableAssociation(this, `external-${i + 1}-routes`, { subnetId: external[i]!.id, routeTableId: outwards.id })
    }

    const gatewayCount = { none: 0, single: 1, 'per-zone': zones }[nat]
    const addresses: Eip[] = []
    const gateways = each.slice(0, gatewayCount).map((i) => {
      const address = new Eip(this, `nat-${i + 1}-address`, {
        domain: 'vpc',
        tags: { Name: `${name}-nat-${i + 1}` },
        dependsOn: [internet],
      })
      addresses.push(address)
      return new NatGateway(this, `nat-${i + 1}`, {
        allocationId: address.id,
        subnetId: external[i]!.id,
        tags: { Name: `${name}-${i + 1}` },
        dependsOn: [internet],
      })
    })
    for (const i of each) {
      const inwards = new RouteTable(this, `internal-${i + 1}-table`, { vpcId: vpc.id, tags: { Name: `${name}-internal-${i + 1}` } })
      new RouteTableAssociation(this, `internal-${i + 1}-routes`, { subnetId: internal[i]!.id, routeTableId: inwards.id })
      const gateway = gateways[i] ?? gateways[0]
      if (gateway === undefined) continue
      new Route(this, `internal-${i + 1}-default`, {
        routeTableId: inwards.id,
        destinationCidrBlock: '0.0.0.0/0',
        natGatewayId: gateway.id,
      })
    }

    const privateZone = new Route53Zone(this, 'internal-zone', {
      name: internalDomain,
      comment: `Names inside of ${name}`,
      vpc: [{ vpcId: vpc.id }],
    })
    const publicZone = new Route53Zone(this, 'public-zone', { name: domain, comment: `Public names of ${name}` })

    this.vpcId = vpc.id
    this.cidr = cidr
    this.internalSubnetIds = internal.map((s) => s.id)
    this.externalSubnetIds = external.map((s) => s.id)
    this.natIps = addresses.map((a) => a.publicIp)
    this.internalZone = { id: privateZone.zoneId, name: internalDomain }
    this.publicZone = { id: publicZone.zoneId, name: domain }
    this.internalLoadBalancerGroupId = this.#balancerGroup('internal', vpc.id, [{ port: 80, from: cidr }])
    this.externalLoadBalancerGroupId = this.#balancerGroup('external', vpc.id, [
      { port: 80, from: '0.0.0.0/0' },
      { port: 443, from: '0.0.0.0/0' },
    ])
  }

  static isNetwork(x: unknown): x is Network {
    return isModule(x, kind)
  }

  #balancerGroup(side: 'internal' | 'external', vpcId: string, open: readonly { port: number; from: string }[]): string {
    const name = `${Environment.of(this).environmentName}-${side}-elb`
    const group = new SecurityGroup(this, `${side}-elb`, { name, description: `Load balancers, ${side}`, vpcId, tags: { Name: name } })
    for (const { port, from } of open) {
      new VpcSecurityGroupIngressRule(this, `${side}-elb-in-${port}`, {
        securityGroupId: group.id,
        ipProtocol: 'tcp',
        fromPort: port,
        toPort: port,
        cidrIpv4: from,
      })
    }
    // Only into the VPC: that is where targets are.
    new VpcSecurityGroupEgressRule(this, `${side}-elb-out`, { securityGroupId: group.id, ipProtocol: '-1', cidrIpv4: this.cidr })
    return group.id
  }
}

export interface DnsZone {
  readonly id: string
  readonly name: string
}
