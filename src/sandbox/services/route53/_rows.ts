import type { ResourceRecordSet, VPC } from '@aws-sdk/client-route-53'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import type { Row, Table } from '../../kernel/store.ts'

export type Tags = Readonly<Record<string, string>>

export interface HostedZoneRow extends Row {
  /** Canonical: lower case, with the dot at the end. */
  readonly name: string
  readonly callerReference: string
  readonly comment: string | undefined
  readonly isPrivate: boolean
  readonly vpcs: readonly Required<VPC>[]
  /** Of a reusable delegation set, when the zone was created with one. */
  readonly delegationSetId: string | undefined
  readonly nameServers: readonly string[]
  readonly tags: Tags
}

/** A record set as clients see it: the name is canonical. The id is `recordKey` of it. */
export interface RecordSetRow extends Row {
  readonly set: ResourceRecordSet
}

export interface ChangeRow extends Row {
  readonly status: 'PENDING' | 'INSYNC'
  readonly submitted: Date
  readonly comment: string | undefined
}

export interface DelegationSetRow extends Row {
  readonly callerReference: string
  readonly nameServers: readonly string[]
}

export function zones(call: Call): Table<HostedZoneRow> {
  return call.scope.table<HostedZoneRow>('zones')
}

/** The record sets of one zone. A zone of another account is reached through the owner's scope. */
export function recordSets(call: Call, zoneId: string): Table<RecordSetRow> {
  return call.scope.table<RecordSetRow>(`records/${zoneId}`)
}

/** What tells record sets of a zone apart: name, type and set identifier. */
export function recordKey(set: Pick<ResourceRecordSet, 'Name' | 'Type' | 'SetIdentifier'>): string {
  return `${set.Name} ${set.Type} ${set.SetIdentifier ?? ''}`
}

export function delegationSets(call: Call): Table<DelegationSetRow> {
  return call.scope.table<DelegationSetRow>('delegation-sets')
}

/** Ids travel with and without what they are ids of. */
export function bareId(id: string | undefined): string {
  return (id ?? '').replace(/^\/?(hostedzone|change|delegationset)\//, '')
}

/** @throws AwsError NoSuchHostedZone */
export function findZone(call: Call, id: string | undefined): HostedZoneRow {
  const row = zones(call).get(bareId(id))
  if (row === undefined || !call.isVisible(row.id)) throw noSuchZone(bareId(id))
  return row
}

export function noSuchZone(id: string): AwsError {
  return new AwsError('NoSuchHostedZone', `No hosted zone found with ID: ${id}`, 404)
}

export function invalidInput(message: string): AwsError {
  return new AwsError('InvalidInput', message)
}
