import type { InstanceMetadataOptionsResponse, Placement, Route } from '@aws-sdk/client-ec2'
import type { Row } from '../../kernel/store.ts'

export interface CidrAssociation {
  readonly id: string
  readonly cidr: string
}

export interface VpcRow extends Row {
  readonly cidr: string
  readonly state: 'pending' | 'available'
  readonly associations: readonly CidrAssociation[]
  readonly associations6: readonly CidrAssociation[]
  readonly tenancy: 'default' | 'dedicated'
  readonly isDefault: boolean
  readonly dhcpOptionsId: string
  readonly dnsSupport: boolean
  readonly dnsHostnames: boolean
  readonly addressUsageMetrics: boolean
}

export interface DhcpOptionsRow extends Row {
  readonly configurations: readonly { readonly key: string; readonly values: readonly string[] }[]
}

export interface SubnetRow extends Row {
  readonly vpcId: string
  readonly cidr: string
  readonly associations6: readonly CidrAssociation[]
  readonly zone: string
  readonly zoneId: string
  readonly state: 'pending' | 'available'
  readonly defaultForAz: boolean
  readonly mapPublicIp: boolean
  readonly assignIpv6: boolean
  readonly dns64: boolean
  readonly ipv6Native: boolean
  readonly hostnameType: 'ip-name' | 'resource-name'
  readonly aRecord: boolean
  readonly aaaaRecord: boolean
  readonly lniDeviceIndex?: number
  readonly customerOwnedIp?: boolean
  readonly customerOwnedIpPool?: string
}

export interface InternetGatewayRow extends Row {
  readonly vpcId?: string
}

export interface NatGatewayRow extends Row {
  readonly vpcId: string
  readonly subnetId: string
  readonly connectivity: 'public' | 'private'
  readonly state: 'pending' | 'available' | 'failed' | 'deleting' | 'deleted'
  readonly created: Date
  readonly deleted?: Date
  readonly failure?: { readonly code: string; readonly message: string }
  readonly addresses: readonly {
    readonly allocationId?: string
    readonly associationId?: string
    readonly interfaceId: string
    readonly privateIp: string
    readonly publicIp?: string
    readonly primary: boolean
  }[]
}

export interface AddressRow extends Row {
  readonly publicIp: string
  readonly borderGroup: string
  readonly pool: string
  readonly associationId?: string
  readonly interfaceId?: string
  readonly privateIp?: string
  readonly ptr?: string
}

export interface RouteTableRow extends Row {
  readonly vpcId: string
  readonly routes: readonly Route[]
  readonly associations: readonly { readonly id: string; readonly main: boolean; readonly subnetId?: string; readonly gatewayId?: string }[]
  readonly propagating: readonly string[]
}

export interface NetworkAclRow extends Row {
  readonly vpcId: string
  readonly isDefault: boolean
  readonly entries: readonly {
    readonly number: number
    readonly egress: boolean
    readonly protocol: string
    readonly action: 'allow' | 'deny'
    readonly cidr?: string
    readonly cidr6?: string
    readonly from?: number
    readonly to?: number
    readonly icmpType?: number
    readonly icmpCode?: number
  }[]
  readonly associations: readonly { readonly id: string; readonly subnetId: string }[]
}

export interface SecurityGroupRow extends Row {
  readonly name: string
  readonly description: string
  readonly vpcId: string
}

/** Whom a rule lets in or out: exactly one of them. */
export type RulePeer =
  | { readonly kind: 'cidr'; readonly value: string }
  | { readonly kind: 'cidr6'; readonly value: string }
  | { readonly kind: 'prefixList'; readonly value: string }
  | { readonly kind: 'group'; readonly value: string; readonly account: string }

export interface SecurityGroupRuleRow extends Row {
  readonly groupId: string
  readonly egress: boolean
  readonly protocol: string
  readonly from: number
  readonly to: number
  readonly peer: RulePeer
  readonly description?: string
}

export interface KeyPairRow extends Row {
  readonly name: string
  readonly type: 'rsa' | 'ed25519'
  readonly fingerprint: string
  readonly publicKey: string
  readonly created: Date
}

export interface NetworkInterfaceRow extends Row {
  readonly vpcId: string
  readonly subnetId: string
  readonly zone: string
  readonly description: string
  readonly groups: readonly string[]
  readonly mac: string
  readonly type: 'interface' | 'nat_gateway'
  readonly requesterManaged: boolean
  readonly sourceDestCheck: boolean
  /** The first is the primary one. */
  readonly privateIps: readonly string[]
  readonly ipv6: readonly string[]
  /** An address that AWS lends for as long as the instance runs. */
  readonly lentPublicIp?: string
  /** Whether AWS lends another one whenever the instance starts. */
  readonly borrowsPublicIp?: boolean
  readonly attachment?: {
    readonly id: string
    readonly instanceId: string
    readonly deviceIndex: number
    readonly deleteOnTermination: boolean
    readonly time: Date
  }
}

export interface VolumeRow extends Row {
  readonly zone: string
  readonly size: number
  readonly type: string
  readonly iops?: number
  readonly throughput?: number
  readonly encrypted: boolean
  readonly kmsKeyId?: string
  readonly snapshotId?: string
  readonly multiAttach: boolean
  readonly state: 'creating' | 'available' | 'in-use' | 'deleting'
  readonly created: Date
  readonly attachment?: {
    readonly instanceId: string
    readonly device: string
    readonly deleteOnTermination: boolean
    readonly state: 'attaching' | 'attached'
    readonly time: Date
  }
  readonly modification?: {
    readonly state: 'modifying' | 'optimizing' | 'completed'
    readonly start: Date
    readonly before: Pick<VolumeRow, 'size' | 'type' | 'iops' | 'throughput'>
  }
}

export type InstanceState = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated'

export interface InstanceRow extends Row {
  readonly reservationId: string
  readonly launchIndex: number
  readonly imageId: string
  readonly type: string
  readonly state: InstanceState
  readonly stateReason?: { readonly code: string; readonly message: string }
  readonly stateTransition: string
  readonly keyName?: string
  readonly launched: Date
  readonly placement: Placement
  readonly monitoring: boolean
  readonly subnetId: string
  readonly vpcId: string
  readonly ebsOptimized: boolean
  readonly userData?: string
  readonly disableApiTermination: boolean
  readonly disableApiStop: boolean
  readonly shutdownBehavior: 'stop' | 'terminate'
  readonly rootDevice: string
  readonly architecture: 'x86_64' | 'arm64'
  readonly profile?: { readonly arn: string; readonly id: string; readonly associationId: string }
  readonly metadata: InstanceMetadataOptionsResponse
  readonly cpu: { readonly CoreCount: number; readonly ThreadsPerCore: number; readonly AmdSevSnp?: 'enabled' | 'disabled' }
  readonly credits: 'standard' | 'unlimited' | undefined
  readonly hibernation: boolean
  readonly enclave: boolean
  readonly autoRecovery: 'default' | 'disabled'
  readonly capacityPreference: 'open' | 'none' | 'capacity-reservations-only'
  readonly dnsOptions: {
    readonly HostnameType: 'ip-name' | 'resource-name'
    readonly EnableResourceNameDnsARecord: boolean
    readonly EnableResourceNameDnsAAAARecord: boolean
  }
  readonly clientToken: string
  readonly lifecycle?: 'spot'
}
