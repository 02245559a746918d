import { Elb } from '@cdktf/provider-aws/lib/elb/index.js'
import { Route53Record } from '@cdktf/provider-aws/lib/route53-record/index.js'
import type { Construct } from 'constructs'
import { Environment } from '../environment/index.ts'
import { isModule, Module, ModuleError } from '../module.ts'
import type { Network } from '../network/index.ts'

export interface LoadBalancerProps {
  readonly network: Network
  /** Port on which the targets listen. */
  readonly port: number
  /** Path that answers with status 200 when a target is ready. Example: `/health`. */
  readonly healthCheck: string
  /** Name below the DNS zones. Default: the id of the construct that it is part of. */
  readonly name?: string
  /** Reached from the Internet, with a name in the public zone besides the internal one. Default false. */
  readonly public?: boolean
  /** ARN of the certificate for HTTPS. Default: HTTP only. */
  readonly certificateArn?: string
  /** How long requests under way may take after a target was taken out, 1 to 3600. Default 60. */
  readonly drainingSeconds?: number
  /** How long a connection may be silent. Default 30. */
  readonly idleSeconds?: number
}

const kind = 'load-balancer'

/** A classic load balancer with its health check and its names in Route 53. */
export class LoadBalancer extends Module {
  /** The name in EC2, which ECS registers targets with. */
  readonly loadBalancerName: string
  readonly dnsName: string
  /** Name inside of the VPC. */
  readonly internalFqdn: string
  /** Name on the Internet, when it is public. */
  readonly publicFqdn: string | undefined

  constructor(scope: Construct, id: string, props: LoadBalancerProps) {
    super(scope, id, kind)
    const env = Environment.of(this)
    const { network, port, healthCheck, name = scope.node.id, drainingSeconds = 60, idleSeconds = 30 } = props
    const open = props.public ?? false
    if (!healthCheck.startsWith('/')) throw new ModuleError(this, `healthCheck must be a path that begins with "/", not "${healthCheck}".`)
    if (drainingSeconds < 1 || drainingSeconds > 3600)
      throw new ModuleError(this, `drainingSeconds must be 1 to 3600, not ${drainingSeconds}.`)
    const fullName = `${env.environmentName}-${name}`
    if (fullName.length > 32)
      throw new ModuleError(this, `the name "${fullName}" is longer than the 32 characters that load balancers may have.`)
    const http = { instancePort: port, instanceProtocol: 'http', lbPort: 80, lbProtocol: 'http' }
    const https = { instancePort: port, instanceProtocol: 'http', lbPort: 443, lbProtocol: 'https', sslCertificateId: props.certificateArn }

    const elb = new Elb(this, 'elb', {
      name: fullName,
      internal: !open,
      subnets: [...(open ? network.externalSubnetIds : network.internalSubnetIds)],
      securityGroups: [open ? network.externalLoadBalancerGroupId : network.internalLoadBalancerGroupId],
      listener: props.certificateArn === undefined ? [http] : [http, https],
      healthCheck: { target: `HTTP:${port}${healthCheck}`, interval: 30, timeout: 5, healthyThreshold: 2, unhealthyThreshold: 2 },
      crossZoneLoadBalancing: true,
      connectionDraining: true,
      connectionDrainingTimeout: drainingSeconds,
      idleTimeout: idleSeconds,
      tags: { Name: fullName, Service: name },
    })
    const record = (place: 'internal' | 'public', zone: Network['internalZone']): string => {
      const fqdn = `${name}.${zone.name}`
      new Route53Record(this, `${place}-name`, {
        zoneId: zone.id,
        name: fqdn,
        type: 'A',
        alias: { name: elb.dnsName, zoneId: elb.zoneId, evaluateTargetHealth: false },
      })
      return fqdn
    }
    this.loadBalancerName = elb.name
    this.dnsName = elb.dnsName
    this.internalFqdn = record('internal', network.internalZone)
    this.publicFqdn = open ? record('public', network.publicZone) : undefined
  }

  static isLoadBalancer(x: unknown): x is LoadBalancer {
    return isModule(x, kind)
  }
}
