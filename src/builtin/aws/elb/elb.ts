import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { Lookup } from '../../../providers/kit/index.ts'
import { propagationMs } from '../ec2/consistency.ts'
import { securityGroups } from '../ec2/security-group.ts'
import { namePrefixOf } from '../names.ts'
import {
  type AwsApi,
  blocks,
  bool,
  type Change,
  defineResource,
  number,
  type Operation,
  type PlainObject,
  string,
  strings,
  UNKNOWN,
  uniqueName,
} from '../resource.ts'
import { type Tags, tagList, tagRecord, tagsTrait } from '../tags.ts'

type Description = NonNullable<OutputOf<'elb', 'DescribeLoadBalancers'>['LoadBalancerDescriptions']>[number]
type Attributes = NonNullable<OutputOf<'elb', 'DescribeLoadBalancerAttributes'>['LoadBalancerAttributes']>
type Listener = NonNullable<NonNullable<Description['ListenerDescriptions']>[number]['Listener']>

interface Remote extends Description {
  readonly Arn: string
  readonly Attributes: Attributes
  readonly Tags: Tags
  readonly SourceGroupId: string
}

const computed = { create: false } as const

const listenerFields = {
  instance_port: number('InstancePort'),
  instance_protocol: string('InstanceProtocol', { normalize: (v) => v.toLowerCase(), flatten: (v: string) => v.toLowerCase() }),
  lb_port: number('LoadBalancerPort'),
  lb_protocol: string('Protocol', { normalize: (v) => v.toLowerCase(), flatten: (v: string) => v.toLowerCase() }),
  ssl_certificate_id: string('SSLCertificateId'),
}

const fields = {
  arn: string('Arn', computed),
  availability_zones: strings('AvailabilityZones', { update: 'zones' }),
  connection_draining: bool('Attributes.ConnectionDraining.Enabled', { create: false, update: 'draining', initial: false }),
  connection_draining_timeout: number('Attributes.ConnectionDraining.Timeout', { create: false, update: 'draining', initial: 300 }),
  cross_zone_load_balancing: bool('Attributes.CrossZoneLoadBalancing.Enabled', { create: false, update: 'attributes', initial: false }),
  desync_mitigation_mode: string(undefined, {
    read: ({ Attributes }: Remote) => Attributes.AdditionalAttributes?.find((a) => a.Key === desyncKey)?.Value ?? '',
    update: 'attributes',
    initial: 'defensive',
  }),
  dns_name: string('DNSName', computed),
  idle_timeout: number('Attributes.ConnectionSettings.IdleTimeout', { create: false, update: 'attributes', initial: 60 }),
  instances: strings('Instances[].InstanceId', { create: false, update: 'instances', initial: [] }),
  internal: bool(undefined, { read: ({ Scheme }: Remote) => Scheme === 'internal' }),
  name: string('LoadBalancerName'),
  name_prefix: string(undefined, { read: ({ LoadBalancerName }: Remote) => namePrefixOf(LoadBalancerName) }),
  security_groups: strings('SecurityGroups', { update: 'groups' }),
  source_security_group: string(undefined, {
    read: ({ SourceSecurityGroup: group }: Remote) =>
      group === undefined ? '' : [group.OwnerAlias, group.GroupName].filter((part) => (part ?? '') !== '').join('/'),
  }),
  source_security_group_id: string('SourceGroupId', computed),
  subnets: strings('Subnets', { update: 'subnets' }),
  zone_id: string('CanonicalHostedZoneNameID', computed),

  access_logs: blocks(
    undefined,
    {
      bucket: string(),
      bucket_prefix: string(),
      enabled: bool(undefined, { default: true }),
      interval: number(undefined, { default: 60 }),
    },
    { read: ({ Attributes }: Remote) => accessLogs(Attributes), update: 'attributes', initial: [] },
  ),
  health_check: blocks(
    'HealthCheck',
    {
      healthy_threshold: number('HealthyThreshold'),
      interval: number('Interval'),
      target: string('Target'),
      timeout: number('Timeout'),
      unhealthy_threshold: number('UnhealthyThreshold'),
    },
    { create: false, update: 'health', initial: [] },
  ),
  listener: blocks('Listeners[]', listenerFields, { read: 'ListenerDescriptions[].Listener', update: 'listeners' }),
}

type ElbChange = Change<typeof fields>

const desyncKey = 'elb.http.desyncmitigationmode'

function accessLogs({ AccessLog: log }: Attributes) {
  if (log === undefined || (log.Enabled !== true && log.S3BucketName === undefined)) return []
  return [
    {
      bucket: log.S3BucketName ?? '',
      bucket_prefix: log.S3BucketPrefix ?? '',
      enabled: log.Enabled ?? false,
      interval: log.EmitInterval ?? 0,
    },
  ]
}

function isGone(error: unknown): boolean {
  return isAwsError(error, 'LoadBalancerNotFound')
}

/** Several names in one call, as long as none of them is missing: then the call says no more than that. */
async function describeAll(api: AwsApi, names: readonly string[]): Promise<readonly Description[]> {
  try {
    const found: Description[] = []
    let Marker: string | undefined
    do {
      const page = await api.call('elb', 'DescribeLoadBalancers', {
        LoadBalancerNames: [...names],
        ...(Marker === undefined ? {} : { Marker }),
      })
      found.push(...(page.LoadBalancerDescriptions ?? []))
      Marker = page.NextMarker
    } while (Marker !== undefined)
    return found
  } catch (error) {
    if (!isGone(error)) throw error
    if (names.length === 1) return []
    return (await Promise.all(names.map((name) => describeAll(api, [name])))).flat()
  }
}

export function loadBalancers(api: AwsApi): Lookup<Description> {
  return api.lookup(
    'DescribeLoadBalancers',
    () => new Lookup(async (names) => new Map((await describeAll(api, names)).map((found) => [found.LoadBalancerName ?? '', found])), 20),
  )
}

function tagLookup(api: AwsApi): Lookup<Tags> {
  return api.lookup(
    'elb/DescribeTags',
    () =>
      new Lookup(async (names) => {
        const { TagDescriptions } = await api.call('elb', 'DescribeTags', { LoadBalancerNames: [...names] })
        return new Map((TagDescriptions ?? []).map((one) => [one.LoadBalancerName ?? '', tagRecord(one.Tags)]))
      }, 20),
  )
}

export const elb = defineResource({
  type: 'aws_elb',
  title: 'ELB Classic Load Balancer',
  rules: 'sdk',
  timeouts: { create: 5, update: 5 },
  traits: [
    tagsTrait({
      create: (request, tags) => {
        request.Tags = tagList(tags)
      },
      async update({ api }, id, { removed, set }) {
        const LoadBalancerNames = [id]
        if (removed.length > 0) await api.call('elb', 'RemoveTags', { LoadBalancerNames, Tags: removed.map((Key) => ({ Key })) })
        if (Object.keys(set).length > 0) await api.call('elb', 'AddTags', { LoadBalancerNames, Tags: tagList(set) })
      },
      read: (_op, remote: Remote) => remote.Tags,
    }),
  ],
  fields,

  async create(op, request, planned) {
    const LoadBalancerName = planned.name || uniqueName(planned.name_prefix || 'tf-lb-')
    const input = {
      ...request,
      LoadBalancerName,
      Listeners: listenersOf(planned.listener),
      ...(planned.internal ? { Scheme: 'internal' } : {}),
    }
    // A certificate of a moment ago is not known everywhere yet.
    await op.retry(
      (error) => isAwsError(error, 'CertificateNotFound'),
      () => op.api.call('elb', 'CreateLoadBalancer', input),
      propagationMs,
    )
    return LoadBalancerName
  },

  async find({ api }, id): Promise<Remote | undefined> {
    const found = await loadBalancers(api).load(id)
    if (found === undefined) return undefined
    const [{ LoadBalancerAttributes }, Tags, SourceGroupId] = await Promise.all([
      api.call('elb', 'DescribeLoadBalancerAttributes', { LoadBalancerName: id }),
      tagLookup(api).load(id),
      sourceGroup(api, found),
    ])
    return {
      ...found,
      Arn: api.arn('elasticloadbalancing', `loadbalancer/${id}`),
      Attributes: LoadBalancerAttributes ?? {},
      Tags: Tags ?? {},
      SourceGroupId,
    }
  },

  updates: {
    /** A port has one listener: those that go make room first. */
    async listeners(op, { id, prior, planned }) {
      const key = (listener: Listener) => JSON.stringify(Object.entries(listener).sort())
      const before = new Map(listenersOf(prior.listener).map((listener) => [key(listener), listener]))
      const after = new Map(listenersOf(planned.listener).map((listener) => [key(listener), listener]))
      const gone = [...before].filter(([k]) => !after.has(k)).map(([, listener]) => listener)
      const fresh = [...after].filter(([k]) => !before.has(k)).map(([, listener]) => listener)
      if (gone.length > 0)
        await op.api.call('elb', 'DeleteLoadBalancerListeners', {
          LoadBalancerName: id,
          LoadBalancerPorts: gone.map((l) => l.LoadBalancerPort!),
        })
      if (fresh.length > 0)
        await op.retry(
          (error) => isAwsError(error, 'DuplicateListener', 'CertificateNotFound'),
          () => op.api.call('elb', 'CreateLoadBalancerListeners', { LoadBalancerName: id, Listeners: fresh }),
          propagationMs,
        )
    },

    async instances({ api }, { id, prior, planned }) {
      const { added, removed } = difference(prior.instances, planned.instances)
      const named = (ids: readonly string[]) => ids.map((InstanceId) => ({ InstanceId }))
      if (added.length > 0) await api.call('elb', 'RegisterInstancesWithLoadBalancer', { LoadBalancerName: id, Instances: named(added) })
      if (removed.length > 0)
        await api.call('elb', 'DeregisterInstancesFromLoadBalancer', { LoadBalancerName: id, Instances: named(removed) })
    },

    attributes: changeAttributes,

    async draining({ api }, { id, planned }) {
      const ConnectionDraining = { Enabled: planned.connection_draining ?? false, Timeout: planned.connection_draining_timeout ?? 300 }
      await api.call('elb', 'ModifyLoadBalancerAttributes', { LoadBalancerName: id, LoadBalancerAttributes: { ConnectionDraining } })
    },

    async health({ api }, { id, planned }) {
      const [check] = planned.health_check ?? []
      if (check === undefined) return
      await api.call('elb', 'ConfigureHealthCheck', {
        LoadBalancerName: id,
        HealthCheck: {
          HealthyThreshold: check.healthy_threshold ?? undefined,
          UnhealthyThreshold: check.unhealthy_threshold ?? undefined,
          Interval: check.interval ?? undefined,
          Target: check.target ?? undefined,
          Timeout: check.timeout ?? undefined,
        },
      })
    },

    async groups({ api }, { id, planned }) {
      await api.call('elb', 'ApplySecurityGroupsToLoadBalancer', {
        LoadBalancerName: id,
        SecurityGroups: [...(planned.security_groups ?? [])],
      })
    },

    async zones({ api }, { id, prior, planned }) {
      const { added, removed } = difference(prior.availability_zones, planned.availability_zones)
      if (added.length > 0)
        await api.call('elb', 'EnableAvailabilityZonesForLoadBalancer', { LoadBalancerName: id, AvailabilityZones: added })
      if (removed.length > 0)
        await api.call('elb', 'DisableAvailabilityZonesForLoadBalancer', { LoadBalancerName: id, AvailabilityZones: removed })
    },

    /** Of each zone there is one subnet: those that go make room first. */
    async subnets(op, { id, prior, planned }) {
      const { added, removed } = difference(prior.subnets, planned.subnets)
      if (removed.length > 0) await op.api.call('elb', 'DetachLoadBalancerFromSubnets', { LoadBalancerName: id, Subnets: removed })
      if (added.length > 0)
        await op.retry(
          (error) => isAwsError(error, 'InvalidConfigurationRequest'),
          () => op.api.call('elb', 'AttachLoadBalancerToSubnets', { LoadBalancerName: id, Subnets: added }),
          60_000,
        )
    },
  },
  afterCreate: ['instances', 'attributes', 'draining', 'health'],

  async delete(op, id) {
    await op.api.call('elb', 'DeleteLoadBalancer', { LoadBalancerName: id })
    // Its interfaces, which hold subnets and groups, go a little later.
    await op.waitFor('the network interfaces of the load balancer to be gone', async () => {
      const Filters = [{ Name: 'description', Values: [`ELB ${id}`] }]
      const { NetworkInterfaces } = await op.api.call('ec2', 'DescribeNetworkInterfaces', { Filters })
      return (NetworkInterfaces ?? []).length === 0 ? true : undefined
    })
  },
  waitGone: true,

  plan(draft) {
    const { planned, prior, inPlace } = draft
    // A balancer that keeps a subnet can be moved; one that loses all of them cannot.
    const after = planned.subnets === UNKNOWN ? [] : ((planned.subnets ?? []) as readonly string[])
    const before = (prior?.subnets ?? []) as readonly string[]
    if (before.length === 0 || before.some((id) => after.includes(id))) inPlace.add('subnets')
  },

  validate(config) {
    const problems: { summary: string; detail: string }[] = []
    if (isSet(config, 'name') && isSet(config, 'name_prefix'))
      problems.push({ summary: 'Conflicting configuration arguments', detail: '"name": conflicts with name_prefix' })
    for (const listener of Array.isArray(config.listener) ? (config.listener as readonly PlainObject[]) : []) {
      const protocol = String(listener.lb_protocol).toLowerCase()
      if (typeof listener.lb_protocol === 'string' && isSet(listener, 'ssl_certificate_id') && !['https', 'ssl'].includes(protocol))
        problems.push({
          summary: 'Invalid listener',
          detail: `ELB Listener: ssl_certificate_id may be set only when protocol is 'https' or 'ssl'`,
        })
    }
    return problems
  },

  finish(state, prior) {
    // Logs that are off and were never configured are no logs; AWS only ever switches them off.
    const [log] = state.access_logs as readonly PlainObject[]
    if (log?.enabled === false && ((prior.access_logs ?? []) as readonly unknown[]).length === 0) state.access_logs = []
  },

  expect(api, id) {
    loadBalancers(api).expect(id)
    tagLookup(api).expect(id)
  },
})

function isSet(config: PlainObject, name: string): boolean {
  return (config[name] ?? null) !== null
}

function difference(before: readonly string[] | null, after: readonly string[] | null): { added: string[]; removed: string[] } {
  return {
    added: (after ?? []).filter((one) => !(before ?? []).includes(one)),
    removed: (before ?? []).filter((one) => !(after ?? []).includes(one)),
  }
}

function listenersOf(list: ElbChange['planned']['listener']): Listener[] {
  return (list ?? []).map((listener) => ({
    Protocol: listener.lb_protocol ?? undefined,
    LoadBalancerPort: listener.lb_port ?? undefined,
    InstanceProtocol: listener.instance_protocol ?? undefined,
    InstancePort: listener.instance_port ?? undefined,
    ...(listener.ssl_certificate_id ? { SSLCertificateId: listener.ssl_certificate_id } : {}),
  }))
}

async function changeAttributes({ api }: Operation<AwsApi>, { id, planned, changed }: ElbChange): Promise<void> {
  const [log] = planned.access_logs ?? []
  const LoadBalancerAttributes: Attributes = {
    ...(changed.has('cross_zone_load_balancing')
      ? { CrossZoneLoadBalancing: { Enabled: planned.cross_zone_load_balancing ?? false } }
      : {}),
    ...(changed.has('idle_timeout') ? { ConnectionSettings: { IdleTimeout: planned.idle_timeout ?? undefined } } : {}),
    ...(changed.has('desync_mitigation_mode')
      ? { AdditionalAttributes: [{ Key: desyncKey, Value: planned.desync_mitigation_mode ?? undefined }] }
      : {}),
    ...(changed.has('access_logs')
      ? {
          AccessLog:
            log === undefined
              ? { Enabled: false }
              : {
                  Enabled: log.enabled ?? true,
                  EmitInterval: log.interval ?? undefined,
                  S3BucketName: log.bucket ?? undefined,
                  ...(log.bucket_prefix ? { S3BucketPrefix: log.bucket_prefix } : {}),
                },
        }
      : {}),
  }
  await api.call('elb', 'ModifyLoadBalancerAttributes', { LoadBalancerName: id, LoadBalancerAttributes })
}

/** The group by which instances know the balancer. AWS gives its name only. */
async function sourceGroup(api: AwsApi, found: Description): Promise<string> {
  const groups = await Promise.all((found.SecurityGroups ?? []).map((id) => securityGroups(api).load(id)))
  return groups.find((group) => group?.GroupName === found.SourceSecurityGroup?.GroupName)?.GroupId ?? ''
}
