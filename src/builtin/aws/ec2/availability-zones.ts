import type { DataSourceSpec, PlainObject } from '../../../providers/kit/index.ts'
import type { AwsApi } from '../api.ts'
import { filtersOf, textsOf } from './filters.ts'

export const availabilityZones: DataSourceSpec<AwsApi> = {
  type: 'aws_availability_zones',
  title: 'EC2 Availability Zones',
  supports: ['all_availability_zones', 'exclude_names', 'exclude_zone_ids', 'filter', 'state', 'timeouts'],
  async read({ api }, config: PlainObject) {
    const state = typeof config.state === 'string' && config.state !== '' ? [{ Name: 'state', Values: [config.state] }] : []
    const Filters = [...filtersOf(config.filter), ...state]
    const { AvailabilityZones = [] } = await api.call('ec2', 'DescribeAvailabilityZones', {
      ...(config.all_availability_zones === true ? { AllAvailabilityZones: true } : {}),
      ...(Filters.length === 0 ? {} : { Filters }),
    })
    const excludedNames = textsOf(config.exclude_names)
    const excludedIds = textsOf(config.exclude_zone_ids)
    const zones = AvailabilityZones.filter((z) => !excludedNames.includes(z.ZoneName ?? '') && !excludedIds.includes(z.ZoneId ?? '')).sort(
      (a, b) => ((a.ZoneName ?? '') < (b.ZoneName ?? '') ? -1 : 1),
    )
    return {
      id: api.region,
      group_names: [...new Set(zones.map((z) => z.GroupName ?? ''))],
      names: zones.map((z) => z.ZoneName ?? ''),
      zone_ids: zones.map((z) => z.ZoneId ?? ''),
    }
  },
}
