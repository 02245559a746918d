import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { Lookup } from '../../../providers/kit/index.ts'
import type { AwsApi } from '../api.ts'
import { all } from './_answers.ts'

type Details = OutputOf<'iam', 'GetAccountAuthorizationDetails'>
type Listed = NonNullable<OutputOf<'iam', 'ListRoles'>['Roles']>[number]

/** What one list of a whole account says of its objects. */
interface Swept {
  readonly Group: NonNullable<Details['GroupDetailList']>[number]
  readonly LocalManagedPolicy: NonNullable<Details['Policies']>[number]
  readonly Role: NonNullable<Details['RoleDetailList']>[number] & Pick<Listed, 'Description' | 'MaxSessionDuration'>
  readonly User: NonNullable<Details['UserDetailList']>[number]
}

type Kind = keyof Swept
const kinds: readonly Kind[] = ['Group', 'LocalManagedPolicy', 'Role', 'User']

/** With fewer objects, asking for each is less work for both sides than listing the account. */
const worthwhile = 8

function sweeps(api: AwsApi): Lookup<ReadonlyMap<string, unknown>> {
  return api.lookup('iam', () => new Lookup((wanted) => sweep(api, wanted as readonly Kind[]), kinds.length))
}

/** Announces the read of an object that is, or belongs to, one of this kind. */
export function announce(api: AwsApi, kind: Kind): void {
  sweeps(api).expect(kind)
}

/**
 * All of a kind, by name (policies: by ARN), read in few calls. Undefined where it is better to ask for one object: few reads are
 * announced, or the list is not allowed.
 */
export async function swept<K extends Kind>(api: AwsApi, kind: K): Promise<ReadonlyMap<string, Swept[K]> | undefined> {
  const lookup = sweeps(api)
  if (lookup.announced(kind) === 0) return undefined
  const announced = kinds.reduce((sum, one) => sum + lookup.announced(one), 0)
  if (!lookup.isAsked(kind) && announced < worthwhile) return undefined
  try {
    return (await lookup.load(kind)) as ReadonlyMap<string, Swept[K]>
  } catch (error) {
    if (isAwsError(error, 'AccessDenied*')) return undefined
    throw error
  }
}

async function sweep(api: AwsApi, wanted: readonly Kind[]): Promise<ReadonlyMap<string, ReadonlyMap<string, unknown>>> {
  const found = new Map<Kind, Map<string, unknown>>(wanted.map((kind) => [kind, new Map()]))
  const pages = all(
    (marker) => api.call('iam', 'GetAccountAuthorizationDetails', { Filter: [...wanted], MaxItems: 1000, ...marker }),
    (page) => [page],
  )
  // Details of roles lack these two.
  const listed = wanted.includes('Role')
    ? all(
        (marker) => api.call('iam', 'ListRoles', { MaxItems: 1000, ...marker }),
        (page) => page.Roles,
      )
    : Promise.resolve([])
  const more = new Map(
    (await listed).map(({ RoleName, Description, MaxSessionDuration }) => [RoleName!, { Description, MaxSessionDuration }]),
  )
  for (const page of await pages) {
    for (const user of page.UserDetailList ?? []) found.get('User')?.set(user.UserName!, user)
    for (const group of page.GroupDetailList ?? []) found.get('Group')?.set(group.GroupName!, group)
    for (const policy of page.Policies ?? []) found.get('LocalManagedPolicy')?.set(policy.Arn!, policy)
    // A role made between the two lists is not known here yet.
    for (const role of page.RoleDetailList ?? [])
      if (more.has(role.RoleName!)) found.get('Role')?.set(role.RoleName!, { ...role, ...more.get(role.RoleName!) })
  }
  return found
}
