import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import type { Row, Table } from '../../kernel/store.ts'
import { tryOrganization } from '../organizations/delegation.ts'

/** A trail; its id is its ARN. */
export interface TrailRow extends Row {
  readonly account: string
  readonly region: string
  readonly name: string
  readonly bucket: string
  readonly prefix?: string
  readonly isMultiRegion: boolean
  readonly isOrganization: boolean
  readonly hasGlobalEvents: boolean
  readonly isValidated: boolean
  readonly isLogging: boolean
  readonly started?: Date
  readonly stopped?: Date
  /** Members of the organization see it: a while after it was made. */
  readonly isSpread: boolean
}

/** Trails are seen in all regions and, those of an organization, in all of its accounts. */
export function trails(call: Pick<Call, 'kernel'>): Table<TrailRow> {
  return call.kernel.store.scope('-', '-', 'cloudtrail').table<TrailRow>('trails')
}

/** Whether a trail can be seen from where the call is made; what is not the caller's own or comes from elsewhere is a shadow. */
export function isSeen(call: Call, trail: TrailRow): boolean {
  if (trail.region !== call.region && !trail.isMultiRegion) return false
  if (trail.account === call.account) return true
  return trail.isOrganization && trail.isSpread && tryOrganization(call)?.id === trail.account
}

/** A trail by name, of the region, or by ARN. @throws AwsError when there is none in sight */
export function findTrail(call: Call, name: string | undefined): TrailRow {
  const isArn = name?.startsWith('arn:') === true
  const row = [...trails(call).values()].find((trail) => (isArn ? trail.id === name : trail.name === name) && isSeen(call, trail))
  if (row !== undefined) return row
  throw new AwsError('TrailNotFoundException', `Unknown trail: ${isArn ? name : trailArn(call, name ?? '')} for the user: ${call.account}`)
}

/** A trail that the caller may change: its own, where it was made. */
export function ownTrail(call: Call, name: string | undefined): TrailRow {
  const row = findTrail(call, name)
  if (row.account !== call.account)
    throw new AwsError(
      'NotOrganizationMasterAccountException',
      "The account making the request is not the organization's management account.",
    )
  if (row.region !== call.region)
    throw new AwsError('InvalidHomeRegionException', `Trail ${row.id} must be updated in its home region ${row.region}.`)
  return row
}

export function trailArn(call: Call, name: string): string {
  return `arn:aws:cloudtrail:${call.region}:${call.account}:trail/${name}`
}
