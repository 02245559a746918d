import { DataAwsAmi } from '@cdktf/provider-aws/lib/data-aws-ami/index.js'
import { Eip } from '@cdktf/provider-aws/lib/eip/index.js'
import { Instance } from '@cdktf/provider-aws/lib/instance/index.js'
import { KeyPair } from '@cdktf/provider-aws/lib/key-pair/index.js'
import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group/index.js'
import { VpcSecurityGroupEgressRule } from '@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js'
import { VpcSecurityGroupIngressRule } from '@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js'
import type { Construct } from 'constructs'
import { Environment } from '../environment/index.ts'
import { isModule, Module, ModuleError } from '../module.ts'
import type { Network } from '../network/index.ts'

export interface BastionProps {
  readonly network: Network
  /** Addresses that may open SSH, as CIDR blocks. Default: nobody. Example: `['198.51.100.0/24']`. */
  readonly allowedCidrs?: readonly string[]
  /** Default `t3.micro`. */
  readonly instanceType?: string
  /** Public half of the SSH key that opens the instance. Default: no key. */
  readonly publicKey?: string
  /** Image to start from. Default: the newest Amazon Linux 2023. */
  readonly ami?: string
}

const kind = 'bastion'

/** The one host that is reached from outside: security group, instance that may forward packets, fixed address. */
export class Bastion extends Module {
  readonly securityGroupId: string
  readonly instanceId: string
  readonly publicIp: string

  constructor(scope: Construct, id: string, props: BastionProps) {
    super(scope, id, kind)
    const env = Environment.of(this)
    const { network, allowedCidrs = [], instanceType = 't3.micro' } = props
    if (allowedCidrs.includes('0.0.0.0/0'))
      throw new ModuleError(this, 'allowedCidrs must not open SSH to everybody; name the networks of your offices.')
    const name = `${env.environmentName}-${id}`
    const tags = { Name: `${id}-01`, Environment: env.environmentName }

    const group = new SecurityGroup(this, 'group', {
      name,
      description: 'Allows ssh from outside',
      vpcId: network.vpcId,
      tags: { Name: name },
    })
    allowedCidrs.forEach((cidrIpv4, i) => {
      new VpcSecurityGroupIngressRule(this, i === 0 ? 'ssh' : `ssh-${i + 1}`, {
        securityGroupId: group.id,
        ipProtocol: 'tcp',
        fromPort: 22,
        toPort: 22,
        cidrIpv4,
      })
    })
    new VpcSecurityGroupEgressRule(this, 'out', { securityGroupId: group.id, ipProtocol: '-1', cidrIpv4: '0.0.0.0/0' })
    const key = props.publicKey === undefined ? undefined : new KeyPair(this, 'key', { keyName: name, publicKey: props.publicKey })
    const instance = new Instance(this, 'instance', {
      ami: props.ami ?? this.#newestImage(),
      instanceType,
      subnetId: network.externalSubnetIds[0]!,
      vpcSecurityGroupIds: [group.id],
      ...(key === undefined ? {} : { keyName: key.keyName }),
      // It forwards what is addressed to others.
      sourceDestCheck: false,
      metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required' },
      rootBlockDevice: { encrypted: true },
      tags,
      // A newer image is taken by replacing the instance on purpose, never by the way.
      lifecycle: { ignoreChanges: ['ami'] },
    })
    const address = new Eip(this, 'address', { domain: 'vpc', instance: instance.id, tags })
    this.securityGroupId = group.id
    this.instanceId = instance.id
    this.publicIp = address.publicIp
  }

  static isBastion(x: unknown): x is Bastion {
    return isModule(x, kind)
  }

  #newestImage(): string {
    return new DataAwsAmi(this, 'image', {
      mostRecent: true,
      owners: ['amazon'],
      filter: [
        { name: 'name', values: ['al2023-ami-2023.*-x86_64'] },
        { name: 'virtualization-type', values: ['hvm'] },
      ],
    }).id
  }
}
