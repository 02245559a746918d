import type { ObjectState } from './state.ts'

/** What identifies an object at its service, as a provider's identity schema of version `schemaVersion` describes it. */
export interface RecordedIdentity {
  readonly schemaVersion: number
  /** Compact value JSON. */
  readonly json: string
}

const versionMember = 'identity_schema_version'
const valueMember = 'identity'

/** Undefined when none is recorded. */
export function identityOf(object: Pick<ObjectState, 'extra'>): RecordedIdentity | undefined {
  const json = object.extra?.get(valueMember)
  if (json === undefined || json === 'null') return undefined
  return { schemaVersion: Number(object.extra?.get(versionMember) ?? 0), json }
}

/** The members of a record with this identity, or with none; the same map when nothing changes. */
export function withIdentity(extra: ObjectState['extra'], identity: RecordedIdentity | undefined): ObjectState['extra'] {
  const version = identity === undefined ? undefined : `${identity.schemaVersion}`
  if (extra?.get(valueMember) === identity?.json && extra?.get(versionMember) === version) return extra
  const members = new Map(extra)
  members.delete(versionMember)
  members.delete(valueMember)
  if (identity !== undefined) members.set(versionMember, version!).set(valueMember, identity.json)
  return members.size === 0 ? undefined : members
}
