import type * as Ec2 from '@aws-sdk/client-ec2'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { type FilterValue, matchesAny } from '../../kernel/filters.ts'
import type { Row } from '../../kernel/store.ts'
import { regionsOf, zonesOf } from './_places.ts'

interface MetadataDefaultsRow extends Row {
  readonly defaults: Ec2.InstanceMetadataDefaultsResponse
}

function metadataDefaults(call: Call) {
  return call.scope.table<MetadataDefaultsRow>('_instance-metadata-defaults')
}

export const placeOperations = {
  GetInstanceMetadataDefaults: (_input: object, call: Call): Ec2.GetInstanceMetadataDefaultsResult => ({
    AccountLevel: metadataDefaults(call).get('account')?.defaults ?? {},
  }),

  ModifyInstanceMetadataDefaults(input: Ec2.ModifyInstanceMetadataDefaultsRequest, call: Call): Ec2.ModifyInstanceMetadataDefaultsResult {
    const before = metadataDefaults(call).get('account')?.defaults ?? {}
    const { HttpTokens, HttpEndpoint, HttpPutResponseHopLimit, InstanceMetadataTags } = input
    const given = { HttpTokens, HttpEndpoint, HttpPutResponseHopLimit, InstanceMetadataTags }
    const kept = Object.fromEntries(
      Object.entries({ ...before, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) }).filter(
        ([, value]) => value !== 'no-preference' && value !== -1,
      ),
    )
    metadataDefaults(call).put({ id: 'account', defaults: kept })
    return { Return: true }
  },

  DescribeRegions(input: Ec2.DescribeRegionsRequest, call: Call): Ec2.DescribeRegionsResult {
    const all = regionsOf(call).map(
      (region): Required<Pick<Ec2.Region, 'RegionName' | 'Endpoint' | 'OptInStatus'>> => ({
        RegionName: region.name,
        Endpoint: `ec2.${region.name}.amazonaws.com`,
        OptInStatus: region.optIn ? 'not-opted-in' : 'opt-in-not-required',
      }),
    )
    for (const name of input.RegionNames ?? [])
      if (!all.some((region) => region.RegionName === name))
        throw new AwsError('InvalidParameterValue', `Invalid region provided: [${name}]`)
    const chosen = all.filter((region) =>
      input.RegionNames !== undefined && input.RegionNames.length > 0
        ? input.RegionNames.includes(region.RegionName)
        : input.AllRegions === true || region.OptInStatus !== 'not-opted-in',
    )
    return {
      Regions: filtered(chosen, input.Filters, {
        'region-name': (region) => region.RegionName,
        endpoint: (region) => region.Endpoint,
        'opt-in-status': (region) => region.OptInStatus,
      }),
    }
  },

  DescribeAvailabilityZones(input: Ec2.DescribeAvailabilityZonesRequest, call: Call): Ec2.DescribeAvailabilityZonesResult {
    const all = zonesOf(call).map(
      (zone) =>
        ({
          State: 'available',
          OptInStatus: 'opt-in-not-required',
          Messages: [],
          RegionName: call.region,
          ZoneName: zone.ZoneName,
          ZoneId: zone.ZoneId,
          GroupName: `${call.region}-zg-1`,
          GroupLongName: `${call.region} 1`,
          NetworkBorderGroup: call.region,
          ZoneType: 'availability-zone',
        }) satisfies Ec2.AvailabilityZone,
    )
    for (const name of input.ZoneNames ?? [])
      if (!all.some((zone) => zone.ZoneName === name)) throw new AwsError('InvalidParameterValue', `Invalid availability zone: [${name}]`)
    for (const id of input.ZoneIds ?? [])
      if (!all.some((zone) => zone.ZoneId === id)) throw new AwsError('InvalidParameterValue', `Invalid availability zone-id: [${id}]`)
    const chosen = all.filter(
      (zone) =>
        ((input.ZoneNames ?? []).length === 0 || input.ZoneNames!.includes(zone.ZoneName)) &&
        ((input.ZoneIds ?? []).length === 0 || input.ZoneIds!.includes(zone.ZoneId)),
    )
    return {
      AvailabilityZones: filtered(chosen, input.Filters, {
        'group-name': (zone) => zone.GroupName,
        'group-long-name': (zone) => zone.GroupLongName,
        message: () => undefined,
        'opt-in-status': (zone) => zone.OptInStatus,
        'parent-zone-id': () => undefined,
        'parent-zone-name': () => undefined,
        'region-name': (zone) => zone.RegionName,
        state: (zone) => zone.State,
        'zone-id': (zone) => zone.ZoneId,
        'zone-name': (zone) => zone.ZoneName,
        'zone-type': (zone) => zone.ZoneType,
      }),
    }
  },

  DescribeAccountAttributes(input: Ec2.DescribeAccountAttributesRequest, call: Call): Ec2.DescribeAccountAttributesResult {
    const vpc = [...call.scope.table<{ id: string; isDefault: boolean }>('vpc').values()].find((row) => row.isDefault)
    const all: Readonly<Record<string, readonly string[]>> = {
      'supported-platforms': ['VPC'],
      'default-vpc': [vpc?.id ?? 'none'],
      'max-instances': ['20'],
      'vpc-max-security-groups-per-interface': ['5'],
      'max-elastic-ips': ['5'],
      'vpc-max-elastic-ips': ['5'],
    }
    const wanted = input.AttributeNames ?? []
    return {
      AccountAttributes: Object.entries(all)
        .filter(([name]) => wanted.length === 0 || (wanted as readonly string[]).includes(name))
        .map(([name, values]) => ({ AttributeName: name, AttributeValues: values.map((value) => ({ AttributeValue: value })) })),
    }
  },
}

/** Filters of what has neither tags nor rows. @throws AwsError for filters that do not exist */
export function filtered<T>(
  items: readonly T[],
  filters: readonly Ec2.Filter[] | undefined,
  known: Readonly<Record<string, (item: T) => FilterValue>>,
): T[] {
  return (filters ?? []).reduce<T[]>(
    (left, { Name = '', Values = [] }) => {
      const read = Object.hasOwn(known, Name) ? known[Name] : undefined
      if (read === undefined) throw new AwsError('InvalidParameterValue', `The filter '${Name}' is invalid`)
      return left.filter((item) => matchesAny(Values, read(item)))
    },
    [...items],
  )
}
