import type { ObjectState } from './state.ts'

const member = 'skip_destroy'

/** L-034: whether an object is remembered as one that is to be forgotten where it would be destroyed; OpenTofu's member of the state. */
export function skipsDestroy({ extra }: Pick<ObjectState, 'extra'>): boolean {
  return extra?.get(member) === 'true'
}

/** The members of a record with or without that; the same map when nothing changes. */
export function withSkipDestroy(extra: ObjectState['extra'], skips: boolean): ObjectState['extra'] {
  if (skips ? extra?.get(member) === 'true' : extra?.has(member) !== true) return extra
  const members = new Map(extra)
  members.delete(member)
  if (skips) members.set(member, 'true')
  return members.size === 0 ? undefined : members
}
