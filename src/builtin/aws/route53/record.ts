import { type InputOf, isAwsError } from '../../../aws/index.ts'
import { type ArgumentRules, checkArguments, expandFields, type PlainObject } from '../../../providers/kit/index.ts'
import {
  type ApiRequest,
  type AwsApi,
  blocks,
  bool,
  defineResource,
  number,
  type Operation,
  setting,
  string,
  strings,
  UNKNOWN,
} from '../resource.ts'
import { noteChange, waitForChange, waitForNotedChange } from './_change.ts'
import { bareZoneId, fullName, plainName } from './_names.ts'
import { type RecordSet, recordKey, recordSets, zoneNameOf } from './_record-sets.ts'

type Change = NonNullable<NonNullable<InputOf<'route53', 'ChangeResourceRecordSets'>['ChangeBatch']>['Changes']>[number]

/** A record set as the field map reads it: policies of one value stand in objects, as blocks do. */
type Remote = Omit<RecordSet, 'Weight' | 'Failover' | 'Region' | 'ResourceRecords'> & {
  readonly Fqdn: string
  readonly Records: readonly string[] | undefined
  readonly Weighted: { readonly Weight: number } | undefined
  readonly FailoverPolicy: { readonly Failover: string } | undefined
  readonly Latency: { readonly Region: string } | undefined
}

const inRecord = { update: 'record' } as const

const fields = {
  zone_id: string(undefined, { ...setting, normalize: bareZoneId }),
  name: string(undefined, { ...setting, normalize: plainName }),
  type: string('Type', inRecord),
  fqdn: string('Fqdn', { create: false }),
  allow_overwrite: bool(undefined, setting),
  ttl: number('TTL', inRecord),
  records: strings('Records', inRecord),
  set_identifier: string('SetIdentifier', inRecord),
  health_check_id: string('HealthCheckId', inRecord),
  multivalue_answer_routing_policy: bool('MultiValueAnswer', { ...inRecord, expand: (isSet) => (isSet ? true : undefined) }),
  alias: blocks(
    'AliasTarget',
    {
      name: string('DNSName', {
        normalize: aliasName,
        flatten: aliasName,
        same: (prior, planned) => withoutDualstack(prior) === withoutDualstack(planned),
      }),
      zone_id: string('HostedZoneId'),
      evaluate_target_health: bool('EvaluateTargetHealth'),
    },
    inRecord,
  ),
  weighted_routing_policy: blocks('Weighted', { weight: number('Weight') }, inRecord),
  failover_routing_policy: blocks('FailoverPolicy', { type: string('Failover') }, inRecord),
  latency_routing_policy: blocks('Latency', { region: string('Region') }, inRecord),
  geolocation_routing_policy: blocks(
    'GeoLocation',
    { continent: string('ContinentCode'), country: string('CountryCode'), subdivision: string('SubdivisionCode') },
    inRecord,
  ),
  cidr_routing_policy: blocks(
    'CidrRoutingConfig',
    { collection_id: string('CollectionId'), location_name: string('LocationName') },
    inRecord,
  ),
  geoproximity_routing_policy: blocks(
    'GeoProximityLocation',
    {
      aws_region: string('AWSRegion'),
      bias: number('Bias'),
      local_zone_group: string('LocalZoneGroup'),
      coordinates: blocks('Coordinates', { latitude: string('Latitude'), longitude: string('Longitude') }),
    },
    inRecord,
  ),
}

export const record = defineResource({
  type: 'aws_route53_record',
  title: 'Route53 Record',
  rules: 'sdk',
  timeouts: { create: 30, update: 30, delete: 30 },
  fields,

  async create(op, request, planned) {
    const zoneId = planned.zone_id!
    const ResourceRecordSet = setOf(request, await nameOf(op.api, zoneId, planned.name))
    noteChange(op, await change(op, zoneId, [{ Action: planned.allow_overwrite ? 'UPSERT' : 'CREATE', ResourceRecordSet }]))
    return idOf(planned)
  },

  ready: (op) => waitForNotedChange(op),

  async find({ api }, _id, state): Promise<Remote | undefined> {
    const zoneId = state.zone_id!
    const zoneName = await zoneNameOf(api, zoneId)
    if (zoneName === undefined) return undefined
    const name = fullName(state.name ?? '', zoneName)
    const found = await recordSets(api, zoneId).load(recordKey(name, state.type!, state.set_identifier))
    return found === undefined ? undefined : remoteOf(found, name)
  },

  updates: {
    async record(op, { planned, prior }) {
      const zoneId = planned.zone_id!
      const name = await nameOf(op.api, zoneId, planned.name)
      const ResourceRecordSet = setOf(expandFields(fields, planned as unknown as PlainObject, 'create'), name)
      const isSame = planned.type === prior.type && (planned.set_identifier ?? '') === (prior.set_identifier ?? '')
      if (isSame) await waitForChange(op, await change(op, zoneId, [{ Action: 'UPSERT', ResourceRecordSet }]))
      else {
        // Another type or identifier is another record set: the old one goes in the same batch.
        const old = await recordSets(op.api, zoneId).load(recordKey(name, prior.type!, prior.set_identifier))
        const deletion: Change[] = old === undefined ? [] : [{ Action: 'DELETE', ResourceRecordSet: old }]
        await waitForChange(op, await change(op, zoneId, [...deletion, { Action: 'CREATE', ResourceRecordSet }]))
      }
      return idOf(planned)
    },
  },

  async delete(op, _id, state) {
    const zoneId = state.zone_id!
    const zoneName = await zoneNameOf(op.api, zoneId)
    if (zoneName === undefined) return
    const key = recordKey(fullName(state.name ?? '', zoneName), state.type!, state.set_identifier)
    const ResourceRecordSet = await recordSets(op.api, zoneId).load(key)
    if (ResourceRecordSet === undefined) return
    const changeId = await change(op, zoneId, [{ Action: 'DELETE', ResourceRecordSet }]).catch((error: unknown) => {
      const isGone =
        isAwsError(error, 'NoSuchHostedZone') || (isAwsError(error, 'InvalidChangeBatch') && error.apiMessage.includes('not found'))
      if (!isGone) throw error
      return undefined
    })
    await waitForChange(op, changeId)
  },

  plan({ planned, prior }) {
    // The id and the whole name follow from type and set identifier.
    if (prior === undefined) return
    if (planned.type !== prior.type || (planned.set_identifier ?? '') !== (prior.set_identifier ?? '')) planned.id = UNKNOWN
  },

  validate: (config) => checkArguments(rules, config),

  importId(id) {
    const match = new RegExp(`^([^_]+)_(.*?)_(${recordTypes.join('|')})(?:_(.+))?$`).exec(id)
    if (match === null) return undefined
    const [, zoneId, name, type, identifier] = match
    return {
      id,
      zone_id: zoneId!,
      name: plainName(name!),
      type: type!,
      ...(identifier === undefined ? {} : { set_identifier: identifier }),
    }
  },

  expect(api, _id, state) {
    if (typeof state.fqdn === 'string' && typeof state.zone_id === 'string')
      recordSets(api, state.zone_id).expect(recordKey(state.fqdn, String(state.type), state.set_identifier as string | null))
  },
})

const configurableTypes = [
  'SOA',
  'A',
  'TXT',
  'NS',
  'CNAME',
  'MX',
  'NAPTR',
  'PTR',
  'SRV',
  'SPF',
  'AAAA',
  'CAA',
  'DS',
  'TLSA',
  'SSHFP',
  'SVCB',
  'HTTPS',
]
/** Longer ones first, so that none is taken for the beginning of another. */
const recordTypes = [...configurableTypes].sort((a, b) => b.length - a.length)

function idOf(state: { zone_id: string | null; name: string | null; type: string | null; set_identifier: string | null }): string {
  const parts = [state.zone_id, state.name ?? '', state.type]
  return [...parts, ...(state.set_identifier ? [state.set_identifier] : [])].join('_')
}

async function nameOf(api: AwsApi, zoneId: string, name: string | null): Promise<string> {
  const zoneName = await zoneNameOf(api, zoneId)
  // What the caller does next says that the zone is gone.
  return zoneName === undefined ? (name ?? '') : fullName(name ?? '', zoneName)
}

async function change(op: Operation<AwsApi>, HostedZoneId: string, Changes: Change[]): Promise<string | undefined> {
  const { ChangeInfo } = await op.api.call('route53', 'ChangeResourceRecordSets', {
    HostedZoneId,
    ChangeBatch: { Comment: 'Managed by Terraform', Changes },
  })
  return ChangeInfo?.Id
}

/** Texts stand in quotation marks in Route 53, and without the outer ones in configurations. */
function isQuoted(type: string | undefined): boolean {
  return type === 'TXT' || type === 'SPF'
}

function setOf(request: ApiRequest, Name: string): RecordSet {
  const { Records, Weighted, FailoverPolicy, Latency, TTL, ...rest } = request
  const values = (Records as readonly string[] | undefined)?.map((value) => ({
    Value: isQuoted(request.Type as string) ? `"${value}"` : value,
  }))
  const parts = [Weighted, FailoverPolicy, Latency] as (object | undefined)[]
  const own = values === undefined ? {} : { ResourceRecords: values, TTL: TTL as number }
  return Object.assign({ ...rest, Name, ...own }, ...parts) as RecordSet
}

function remoteOf(set: RecordSet, fqdn: string): Remote {
  const { Weight, Failover, Region, ResourceRecords, ...rest } = set
  return {
    ...rest,
    Fqdn: fqdn,
    Records: ResourceRecords?.map(({ Value = '' }) => (isQuoted(set.Type) ? Value.replace(/^"([\s\S]*)"$/, '$1') : Value)),
    Weighted: Weight === undefined ? undefined : { Weight },
    FailoverPolicy: Failover === undefined ? undefined : { Failover },
    Latency: Region === undefined ? undefined : { Region },
  }
}

function aliasName(name: string): string {
  return plainName(name)
}

/** Load balancers have the same records with this prefix and without it. */
function withoutDualstack(name: string): string {
  return name.replace(/^dualstack\./, '')
}

const policies = [
  'cidr_routing_policy',
  'failover_routing_policy',
  'geolocation_routing_policy',
  'geoproximity_routing_policy',
  'latency_routing_policy',
  'multivalue_answer_routing_policy',
  'weighted_routing_policy',
] as const

/** One policy at most, and with it an identifier. */
const policyRules = Object.fromEntries(
  policies.map((name): [string, ArgumentRules] => [
    name,
    { conflictsWith: policies.filter((other) => other !== name), requiredWith: ['set_identifier'] },
  ]),
)

const rules: Readonly<Record<string, ArgumentRules>> = {
  ...policyRules,
  alias: { exactlyOneOf: ['records'], conflictsWith: ['ttl'] },
  records: { exactlyOneOf: ['alias'] },
  ttl: { requiredWith: ['records'], conflictsWith: ['alias'] },
}
