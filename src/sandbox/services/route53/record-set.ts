import type * as Route53 from '@aws-sdk/client-route-53'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { awsZoneName } from './_alias-zones.ts'
import { submitChange } from './_changes.ts'
import { canonicalName, liesIn, reversedName } from './_names.ts'
import { pageSize } from './_page-size.ts'
import { valueProblem } from './_record-values.ts'
import { findZone, type HostedZoneRow, invalidInput, recordKey, recordSets } from './_rows.ts'

type RecordSet = Route53.ResourceRecordSet

const MAX_ITEMS = 300
const MAX_RECORDS_IN_BATCH = 1000

export const recordSetOperations = {
  /** All changes of the batch are made, or none of them. */
  ChangeResourceRecordSets(input: Route53.ChangeResourceRecordSetsRequest, call: Call): Route53.ChangeResourceRecordSetsResponse {
    const zone = findZone(call, input.HostedZoneId)
    const given = input.ChangeBatch?.Changes ?? []
    if (given.length === 0) throw new AwsError('InvalidChangeBatch', '[The request contains no changes.]')
    const records = given.reduce((sum, { ResourceRecordSet: set }) => sum + (set?.ResourceRecords?.length ?? 1), 0)
    if (records > MAX_RECORDS_IN_BATCH)
      throw new AwsError('InvalidChangeBatch', `[Number of records limit of ${MAX_RECORDS_IN_BATCH} exceeded.]`)
    const changes = given.map((change) => ({ action: change.Action!, set: checkShape(change, zone) }))
    const problems = new Batch(call, zone).apply(changes)
    if (problems.length > 0) throw new AwsError('InvalidChangeBatch', `[${problems.join(', ')}]`)
    return { ChangeInfo: submitChange(call, input.ChangeBatch?.Comment) }
  },

  ListResourceRecordSets(input: Route53.ListResourceRecordSetsRequest, call: Call): Route53.ListResourceRecordSetsResponse {
    const zone = findZone(call, input.HostedZoneId)
    const size = pageSize(call, input.MaxItems, MAX_ITEMS)
    const { StartRecordName, StartRecordType = '', StartRecordIdentifier = '' } = input
    if (StartRecordName === undefined && StartRecordType !== '')
      throw invalidInput('The input type is only valid when the input name is given.')
    if (StartRecordType === '' && StartRecordIdentifier !== '')
      throw invalidInput('The input identifier is only valid when the input name and type are given.')
    const from = StartRecordName === undefined ? undefined : (canonicalName(StartRecordName) ?? '.')
    const rows = [...recordSets(call, zone.id).values()]
      .map(({ set }) => ({ key: orderKey(set), set }))
      .sort((a, b) => compare(a.key, b.key))
    const startKey =
      from === undefined ? '' : orderKey({ Name: from, Type: StartRecordType as Route53.RRType, SetIdentifier: StartRecordIdentifier })
    const start = rows.findIndex(({ key }) => key >= startKey)
    const page = start < 0 ? [] : rows.slice(start, start + size).map(({ set }) => set)
    const next = start < 0 ? undefined : rows[start + size]?.set
    return {
      ResourceRecordSets: page,
      IsTruncated: next !== undefined,
      NextRecordName: next?.Name,
      NextRecordType: next?.Type,
      NextRecordIdentifier: next?.SetIdentifier,
      MaxItems: size,
    }
  },
}

/** Orders by name with its labels reversed, then type, then set identifier. */
function orderKey({ Name, Type, SetIdentifier }: RecordSet): string {
  return `${reversedName(Name!)}\0${Type}\0${SetIdentifier ?? ''}`
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

const policies = ['Weight', 'Region', 'Failover', 'GeoLocation', 'MultiValueAnswer', 'CidrRoutingConfig', 'GeoProximityLocation'] as const

function policyOf(set: RecordSet): (typeof policies)[number] | undefined {
  return policies.find((name) => set[name] !== undefined && set[name] !== false)
}

/** The record set of a change in canonical form. @throws AwsError InvalidInput for one that is not whole */
function checkShape(change: Route53.Change, zone: HostedZoneRow): RecordSet {
  const given = change.ResourceRecordSet!
  const where = `Change with [Action=${change.Action}, Name=${given.Name}, Type=${given.Type}, SetIdentifier=${given.SetIdentifier ?? 'null'}]`
  const fail = (text: string) => invalidInput(`Invalid request: ${text} in ${where}`)
  if (!['CREATE', 'DELETE', 'UPSERT'].includes(change.Action ?? ''))
    throw invalidInput(
      `1 validation error detected: Value '${change.Action}' at 'changeBatch.changes.1.member.action' failed to satisfy constraint: Member must satisfy enum value set: [CREATE, DELETE, UPSERT]`,
    )
  const hasRecords = (given.ResourceRecords ?? []).length > 0
  const forms = [given.AliasTarget !== undefined, hasRecords || given.TTL !== undefined, given.TrafficPolicyInstanceId !== undefined]
  const count = forms.filter(Boolean).length
  const choice = 'Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]'
  if (count === 0) throw fail(`${choice}, but found none`)
  if (count > 1) throw fail(`${choice}, but found more than one`)
  if (forms[1] && given.TTL === undefined) throw fail("Missing field 'TTL'")
  if (forms[1] && !hasRecords) throw fail("Missing field 'ResourceRecords'")
  if (given.TTL !== undefined && (given.TTL < 0 || given.TTL > 2_147_483_647))
    throw fail(`The value of TTL ${given.TTL} is not between 0 and 2147483647`)
  const chosen = policies.filter((name) => given[name] !== undefined && given[name] !== false)
  const list = '[Weight, Region, Failover, GeoLocation, MultiValueAnswer, CidrRoutingConfig or GeoProximityLocation]'
  if (chosen.length > 1) throw fail(`Expected exactly one of ${list}, but found more than one`)
  if (chosen.length === 1 && (given.SetIdentifier ?? '') === '') throw fail("Missing field 'SetIdentifier'")
  if (chosen.length === 0 && given.SetIdentifier !== undefined) throw fail(`Expected exactly one of ${list}, but found none`)
  if (given.Weight !== undefined && (given.Weight < 0 || given.Weight > 255))
    throw fail(`The value of Weight ${given.Weight} is not between 0 and 255`)
  const name = canonicalName(given.Name!)
  if (name === undefined) throw fail(`The domain name '${given.Name}' is invalid`)
  return { ...given, Name: name, AliasTarget: aliasOf(given, zone) }
}

function aliasOf({ AliasTarget }: RecordSet, zone: HostedZoneRow): Route53.AliasTarget | undefined {
  if (AliasTarget === undefined) return undefined
  const { HostedZoneId, DNSName, EvaluateTargetHealth } = AliasTarget
  return {
    HostedZoneId: HostedZoneId ?? zone.id,
    DNSName: canonicalName(DNSName ?? '') ?? DNSName,
    EvaluateTargetHealth: EvaluateTargetHealth ?? false,
  }
}

/** `name='a.example.com.', type='A'`, as it stands in messages. */
function quoted({ Name, Type, SetIdentifier }: RecordSet): string {
  const identifier = SetIdentifier === undefined ? '' : `, set-identifier='${SetIdentifier}'`
  return `[name='${Name}', type='${Type}'${identifier}]`
}

interface Change {
  readonly action: string
  readonly set: RecordSet
}

/** The changes of a batch on the record sets of a zone, one after the other, with everything that is wrong with them. */
class Batch {
  readonly #call: Call
  readonly #zone: HostedZoneRow
  readonly #problems: string[] = []

  constructor(call: Call, zone: HostedZoneRow) {
    this.#call = call
    this.#zone = zone
  }

  apply(changes: readonly Change[]): readonly string[] {
    this.#checkRepeats(changes)
    // Deletions come first, so that a name can change its kind of record within one batch.
    const order = (change: Change) => (change.action === 'DELETE' ? 0 : 1)
    const sorted = [...changes].sort((a, b) => order(a) - order(b))
    for (const change of sorted) this.#apply(change)
    if (this.#problems.length === 0) this.#checkWhole(changes)
    return this.#problems
  }

  get #table() {
    return recordSets(this.#call, this.#zone.id)
  }

  #checkRepeats(changes: readonly Change[]): void {
    const seen = new Map<string, string>()
    for (const { action, set } of changes) {
      const key = recordKey(set)
      const before = seen.get(key)
      // One deletion and one creation of the same record set are a replacement.
      const isReplacement = before !== undefined && (before === 'DELETE') !== (action === 'DELETE')
      if (before !== undefined && !isReplacement)
        this.#problems.push(`The request contains an invalid set of changes for a resource record set '${set.Type} ${set.Name}'`)
      seen.set(key, action)
    }
  }

  #apply({ action, set }: Change): void {
    const { name } = this.#zone
    if (!liesIn(set.Name!, name)) {
      this.#problems.push(`RRSet with DNS name ${set.Name} is not permitted in zone ${name}`)
      return
    }
    if (action === 'DELETE') {
      this.#delete(set)
      return
    }
    const key = recordKey(set)
    if (action === 'CREATE' && this.#table.get(key) !== undefined) {
      this.#problems.push(`Tried to create resource record set ${quoted(set)} but it already exists`)
      return
    }
    const before = this.#problems.length
    this.#checkValues(set)
    this.#checkNeighbours(set)
    this.#checkAlias(set)
    if (this.#problems.length === before) this.#table.put({ id: key, set })
  }

  #delete(set: RecordSet): void {
    const found = this.#table.get(recordKey(set))
    if (found === undefined) this.#problems.push(`Tried to delete resource record set ${quoted(set)} but it was not found`)
    else if (!sameRecords(found.set, set))
      this.#problems.push(`Tried to delete resource record set ${quoted(set)} but the values provided do not match the current values`)
    else this.#table.delete(found.id)
  }

  #checkValues(set: RecordSet): void {
    const values = (set.ResourceRecords ?? []).map((record) => record.Value ?? '')
    for (const value of values) {
      const problem = valueProblem(set.Type!, value)
      if (problem !== undefined) this.#problems.push(problem)
    }
    const repeated = values.find((value, i) => values.indexOf(value) !== i)
    if (repeated !== undefined) this.#problems.push(`Duplicate Resource Record: '${repeated}'`)
    if (values.length > 1 && (set.Type === 'CNAME' || set.Type === 'SOA'))
      this.#problems.push(`RRSet with DNS name ${set.Name}, type ${set.Type} cannot have more than one resource record`)
    if (policyOf(set) === 'MultiValueAnswer' && values.length > 1)
      this.#problems.push(
        `RRSet with DNS name ${set.Name}, type ${set.Type}, SetIdentifier ${set.SetIdentifier} cannot have more than one resource record`,
      )
  }

  /** A name with a CNAME has nothing else, and sets of one name and type share a routing policy. */
  #checkNeighbours(set: RecordSet): void {
    const zone = this.#zone.name
    if (set.Type === 'CNAME' && set.Name === zone)
      this.#problems.push(`RRSet of type CNAME with DNS name ${set.Name} is not permitted at apex in zone ${zone}`)
    if (set.Type === 'SOA' && set.Name !== zone)
      this.#problems.push(`RRSet of type SOA with DNS name ${set.Name} is not permitted in zone ${zone}`)
    for (const { id, set: other } of this.#table.values()) {
      if (other.Name !== set.Name || id === recordKey(set)) continue
      if (other.Type !== set.Type) {
        if (other.Type === 'CNAME')
          this.#problems.push(
            `RRSet of type ${set.Type} with DNS name ${set.Name} is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone ${zone}`,
          )
        else if (set.Type === 'CNAME')
          this.#problems.push(
            `RRSet of type CNAME with DNS name ${set.Name} is not permitted as it conflicts with other records with the same DNS name in zone ${zone}`,
          )
        else continue
        return
      }
      if (policyOf(other) === policyOf(set)) continue
      const identifier = set.SetIdentifier === undefined ? '' : `, SetIdentifier ${set.SetIdentifier}`
      const reason = policyOf(other) === undefined ? 'a non-weighted set exists' : 'other RRSets exist'
      this.#problems.push(
        `RRSet with DNS name ${set.Name}, type ${set.Type}${identifier} cannot be created as ${reason} with the same name and type.`,
      )
      return
    }
  }

  #checkAlias(set: RecordSet): void {
    const target = set.AliasTarget
    if (target === undefined) return
    const start = `Tried to create an alias that targets ${target.DNSName}, type ${set.Type} in zone ${target.HostedZoneId}, but`
    const aws = awsZoneName(target.HostedZoneId!)
    const zoneName = target.HostedZoneId === this.#zone.id ? this.#zone.name : aws
    if (zoneName !== undefined && !liesIn(target.DNSName!, zoneName))
      this.#problems.push(`${start} the alias target name does not lie within the target zone`)
    else if (target.HostedZoneId === this.#zone.id && !this.#exists(target.DNSName!, set.Type!))
      this.#problems.push(`${start} that target was not found`)
  }

  #exists(name: string, type: string): boolean {
    return [...this.#table.values()].some(({ set }) => set.Name === name && set.Type === type)
  }

  #checkWhole(changes: readonly Change[]): void {
    if (!changes.some(({ set }) => set.Name === this.#zone.name)) return
    const { name } = this.#zone
    if (!this.#exists(name, 'SOA')) this.#problems.push('A HostedZone must contain exactly one SOA record.')
    if (!this.#exists(name, 'NS')) this.#problems.push('A HostedZone must contain at least one NS record for the zone itself.')
  }
}

/** Whether a deletion names what there is: values in any order. */
function sameRecords(a: RecordSet, b: RecordSet): boolean {
  const text = (set: RecordSet) => {
    const { ResourceRecords, AliasTarget, Name: _name, ...rest } = set
    const values = (ResourceRecords ?? []).map((record) => record.Value ?? '').sort()
    const alias = AliasTarget === undefined ? [] : [AliasTarget.HostedZoneId, AliasTarget.DNSName, AliasTarget.EvaluateTargetHealth]
    const others = Object.entries(rest)
      .filter(([, value]) => value !== undefined)
      .sort(([x], [y]) => compare(x, y))
    return JSON.stringify([values, alias, others])
  }
  return text(a) === text(b)
}
