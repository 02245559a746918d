import type { AvailabilityZone } from '@aws-sdk/client-ec2'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'

interface RegionFacts {
  readonly name: string
  /** The short name in zone ids. */
  readonly code: string
  readonly zones: string
  readonly optIn: boolean
}

const row = (name: string, code: string, zones = 'abc', optIn = false): RegionFacts => ({ name, code, zones, optIn })

/** The commercial regions, and those zones of each that accounts commonly see. */
const regions: readonly RegionFacts[] = [
  row('ap-south-1', 'aps1'),
  row('eu-north-1', 'eun1'),
  row('eu-west-3', 'euw3'),
  row('eu-west-2', 'euw2'),
  row('eu-west-1', 'euw1'),
  row('ap-northeast-3', 'apne3'),
  row('ap-northeast-2', 'apne2', 'abcd'),
  row('ap-northeast-1', 'apne1', 'acd'),
  row('ca-central-1', 'cac1', 'abd'),
  row('sa-east-1', 'sae1'),
  row('ap-southeast-1', 'apse1'),
  row('ap-southeast-2', 'apse2'),
  row('eu-central-1', 'euc1'),
  row('us-east-1', 'use1', 'abcdef'),
  row('us-east-2', 'use2'),
  row('us-west-1', 'usw1', 'ac'),
  row('us-west-2', 'usw2', 'abcd'),
  row('af-south-1', 'afs1', 'abc', true),
  row('ap-east-1', 'ape1', 'abc', true),
  row('ap-south-2', 'aps2', 'abc', true),
  row('ap-southeast-3', 'apse3', 'abc', true),
  row('ap-southeast-4', 'apse4', 'abc', true),
  row('ca-west-1', 'caw1', 'abc', true),
  row('eu-central-2', 'euc2', 'abc', true),
  row('eu-south-1', 'eus1', 'abc', true),
  row('eu-south-2', 'eus2', 'abc', true),
  row('il-central-1', 'ilc1', 'abc', true),
  row('me-central-1', 'mec1', 'abc', true),
  row('me-south-1', 'mes1', 'abc', true),
]

/** Those that the sandbox has. */
export function regionsOf({ kernel }: Pick<Call, 'kernel'>): readonly RegionFacts[] {
  return kernel.regions === undefined ? regions : regions.filter(({ name }) => kernel.regions!.includes(name))
}

/** @throws AwsError for regions that AWS does not have */
export function regionOf(call: Call): RegionFacts {
  const found = regions.find((region) => region.name === call.region)
  if (found === undefined) throw new AwsError('AuthFailure', `The sandbox does not have the region ${call.region}.`, 401)
  return found
}

export type Zone = Required<Pick<AvailabilityZone, 'ZoneName' | 'ZoneId'>>

export function zonesOf(call: Call): readonly Zone[] {
  const { name, code, zones } = regionOf(call)
  return [...zones].map((letter, i) => ({ ZoneName: `${name}${letter}`, ZoneId: `${code}-az${i + 1}` }))
}

/** The zone of a name or an id; the first when neither is given. @throws AwsError when the region has no such zone */
export function zoneOf(call: Call, name: string | undefined, id?: string): Zone {
  const zones = zonesOf(call)
  const found = name === undefined && id === undefined ? zones[0] : zones.find((zone) => zone.ZoneName === name || zone.ZoneId === id)
  if (found === undefined)
    throw new AwsError(
      'InvalidParameterValue',
      `Value (${name ?? id}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ${zones.map((zone) => zone.ZoneName).join(', ')}.`,
    )
  return found
}
