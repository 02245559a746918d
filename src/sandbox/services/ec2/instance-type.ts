import type * as Ec2 from '@aws-sdk/client-ec2'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { zonesOf } from './_places.ts'
import { filtered } from './places.ts'

export interface InstanceType {
  readonly name: string
  readonly vcpus: number
  readonly cores: number
  readonly memoryMib: number
  readonly architecture: 'x86_64' | 'arm64'
  readonly hypervisor: 'nitro' | 'xen'
  readonly burstable: boolean
  /** The credit option of a burstable type when none is asked for. */
  readonly credits: 'standard' | 'unlimited' | undefined
  readonly interfaces: number
  readonly addresses: number
}

/** Per size: vCPUs. Memory follows from the family's GiB per vCPU. */
const sizes: Readonly<Record<string, number>> = {
  medium: 1,
  large: 2,
  xlarge: 4,
  '2xlarge': 8,
  '4xlarge': 16,
  '8xlarge': 32,
  '12xlarge': 48,
  '16xlarge': 64,
  '24xlarge': 96,
}

const burstSizes: Readonly<Record<string, readonly [vcpus: number, mib: number]>> = {
  nano: [2, 512],
  micro: [2, 1024],
  small: [2, 2048],
  medium: [2, 4096],
  large: [2, 8192],
  xlarge: [4, 16_384],
  '2xlarge': [8, 32_768],
}

const t2Vcpus: Readonly<Record<string, number>> = { nano: 1, micro: 1, small: 1 }

const families: readonly (readonly [names: string, gibPerVcpu: number])[] = [
  ['m4 m5 m5a m5d m5n m6i m6a m6id m6in m6g m6gd m7i m7a m7g m7gd m8g', 4],
  ['c4 c5 c5a c5d c5n c6i c6a c6in c6id c6g c6gd c6gn c7i c7a c7g c7gd c8g', 2],
  ['r4 r5 r5a r5d r5n r6i r6a r6id r6g r6gd r7i r7a r7g r7gd r8g', 8],
]

function limitsOf(vcpus: number): Pick<InstanceType, 'interfaces' | 'addresses'> {
  if (vcpus <= 1) return { interfaces: 2, addresses: 4 }
  if (vcpus <= 2) return { interfaces: 3, addresses: 10 }
  if (vcpus <= 8) return { interfaces: 4, addresses: 15 }
  return { interfaces: 8, addresses: 30 }
}

const types: ReadonlyMap<string, InstanceType> = new Map(
  [
    ...['t2', 't3', 't3a', 't4g'].flatMap((family) =>
      Object.entries(burstSizes).map(([size, [vcpus, memoryMib]]): InstanceType => {
        const count = family === 't2' ? (t2Vcpus[size] ?? vcpus) : vcpus
        const isArm = family === 't4g'
        return {
          name: `${family}.${size}`,
          vcpus: count,
          cores: family === 't2' || isArm ? count : count / 2,
          memoryMib,
          architecture: isArm ? 'arm64' : 'x86_64',
          hypervisor: family === 't2' ? 'xen' : 'nitro',
          burstable: true,
          credits: family === 't2' ? 'standard' : 'unlimited',
          ...(size === 'nano' || size === 'micro' ? { interfaces: 2, addresses: size === 'nano' ? 2 : 2 } : limitsOf(vcpus)),
        }
      }),
    ),
    ...families.flatMap(([names, gib]) =>
      names.split(' ').flatMap((family) => {
        const isArm = /\dg/.test(family)
        const oneThread = isArm || /^[mcr]7a/.test(family)
        return Object.entries(sizes)
          .filter(([size]) => isArm || oneThread || size !== 'medium')
          .map(
            ([size, vcpus]): InstanceType => ({
              name: `${family}.${size}`,
              vcpus,
              cores: oneThread ? vcpus : vcpus / 2,
              memoryMib: vcpus * gib * 1024,
              architecture: isArm ? 'arm64' : 'x86_64',
              hypervisor: /^[mcr]4$/.test(family) ? 'xen' : 'nitro',
              burstable: false,
              credits: undefined,
              ...limitsOf(vcpus),
            }),
          )
      }),
    ),
  ].map((type) => [type.name, type]),
)

/** @throws AwsError for types that the catalogue does not have */
export function findInstanceType(name: string): InstanceType {
  const type = types.get(name)
  if (type === undefined) throw new AwsError('InvalidParameterValue', `Invalid value '${name}' for InstanceType.`)
  return type
}

export const instanceTypeOperations = {
  DescribeInstanceTypes(input: Ec2.DescribeInstanceTypesRequest, call: Call): Ec2.DescribeInstanceTypesResult {
    const names = input.InstanceTypes ?? []
    const unknown = names.filter((name) => !types.has(name))
    if (unknown.length > 0)
      throw new AwsError('InvalidInstanceType', `The following supplied instance types do not exist: [${unknown.join(', ')}]`)
    const chosen = filtered(names.length > 0 ? names.map((name) => types.get(name)!) : [...types.values()], input.Filters, {
      'instance-type': (type) => type.name,
      'current-generation': (type) => isCurrent(type),
      'burstable-performance-supported': (type) => type.burstable,
      hypervisor: (type) => type.hypervisor,
      'bare-metal': () => false,
      'free-tier-eligible': (type) => isFree(type),
      'memory-info.size-in-mib': (type) => type.memoryMib,
      'processor-info.supported-architecture': (type) => type.architecture,
      'supported-usage-class': () => ['on-demand', 'spot'],
      'supported-virtualization-type': () => 'hvm',
      'vcpu-info.default-cores': (type) => type.cores,
      'vcpu-info.default-vcpus': (type) => type.vcpus,
    })
    const page = pageOf(call, chosen, input.NextToken, names.length > 0 ? undefined : (input.MaxResults ?? 100))
    return { InstanceTypes: page.items.map(describeType), NextToken: page.nextToken }
  },

  DescribeInstanceTypeOfferings(input: Ec2.DescribeInstanceTypeOfferingsRequest, call: Call): Ec2.DescribeInstanceTypeOfferingsResult {
    const locations =
      input.LocationType === 'availability-zone'
        ? zonesOf(call).map((zone) => zone.ZoneName)
        : input.LocationType === 'availability-zone-id'
          ? zonesOf(call).map((zone) => zone.ZoneId)
          : [call.region]
    const LocationType = input.LocationType ?? 'region'
    const all = locations.flatMap((Location) => [...types.keys()].map((name) => ({ InstanceType: name, Location, LocationType })))
    const chosen = filtered(all, input.Filters, { 'instance-type': (o) => o.InstanceType, location: (o) => o.Location })
    const page = pageOf(call, chosen, input.NextToken, input.MaxResults ?? 1000)
    return {
      InstanceTypeOfferings: page.items.map((o) => ({ ...o, InstanceType: o.InstanceType as Ec2._InstanceType })),
      NextToken: page.nextToken,
    }
  },
}

function isCurrent(type: InstanceType): boolean {
  return !/^[mcr]4\./.test(type.name)
}

function isFree(type: InstanceType): boolean {
  return type.name === 't2.micro' || type.name === 't3.micro' || type.name === 't4g.small'
}

function describeType(type: InstanceType): Ec2.InstanceTypeInfo {
  const threads = type.vcpus / type.cores
  return {
    InstanceType: type.name as Ec2._InstanceType,
    CurrentGeneration: isCurrent(type),
    FreeTierEligible: isFree(type),
    SupportedUsageClasses: ['on-demand', 'spot'],
    SupportedRootDeviceTypes: ['ebs'],
    SupportedVirtualizationTypes: ['hvm'],
    BareMetal: false,
    Hypervisor: type.hypervisor,
    ProcessorInfo: {
      SupportedArchitectures: [type.architecture],
      SustainedClockSpeedInGhz: 2.5,
      Manufacturer: type.architecture === 'arm64' ? 'AWS' : /a\./.test(type.name) ? 'AMD' : 'Intel',
    },
    VCpuInfo: {
      DefaultVCpus: type.vcpus,
      DefaultCores: type.cores,
      DefaultThreadsPerCore: threads,
      ValidCores: [type.cores],
      ValidThreadsPerCore: threads === 2 ? [1, 2] : [1],
    },
    MemoryInfo: { SizeInMiB: type.memoryMib },
    InstanceStorageSupported: /\dg?d/.test(type.name),
    EbsInfo: {
      EbsOptimizedSupport: type.hypervisor === 'nitro' || isCurrent(type) === false ? 'default' : 'unsupported',
      EncryptionSupport: 'supported',
      NvmeSupport: type.hypervisor === 'nitro' ? 'required' : 'unsupported',
    },
    NetworkInfo: {
      NetworkPerformance: 'Up to 5 Gigabit',
      MaximumNetworkInterfaces: type.interfaces,
      MaximumNetworkCards: 1,
      DefaultNetworkCardIndex: 0,
      NetworkCards: [{ NetworkCardIndex: 0, NetworkPerformance: 'Up to 5 Gigabit', MaximumNetworkInterfaces: type.interfaces }],
      Ipv4AddressesPerInterface: type.addresses,
      Ipv6AddressesPerInterface: type.addresses,
      Ipv6Supported: true,
      EnaSupport: type.hypervisor === 'nitro' ? 'required' : 'unsupported',
      EfaSupported: false,
      EncryptionInTransitSupported: false,
    },
    PlacementGroupInfo: { SupportedStrategies: ['partition', 'spread'] },
    HibernationSupported: type.burstable,
    BurstablePerformanceSupported: type.burstable,
    DedicatedHostsSupported: true,
    AutoRecoverySupported: true,
    SupportedBootModes: type.hypervisor === 'nitro' ? ['legacy-bios', 'uefi'] : ['legacy-bios'],
  }
}
