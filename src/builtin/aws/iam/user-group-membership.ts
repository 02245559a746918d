import { type AwsApi, defineResource, type Operation, string, strings, uniqueName } from '../resource.ts'
import { all, unlessGone } from './_answers.ts'
import { announce, swept } from './_sweep.ts'

interface Remote {
  readonly UserName: string
  readonly Groups: readonly string[]
}

/** That a user is in some groups; others, which it is in too, are left alone. */
export const userGroupMembership = defineResource({
  type: 'aws_iam_user_group_membership',
  title: 'IAM User Group Membership',
  rules: 'sdk',
  fields: {
    user: string('UserName'),
    groups: strings('Groups', { update: 'groups' }),
  },

  async create(op, _request, planned) {
    for (const GroupName of planned.groups!) await join(op, planned.user!, GroupName)
    return uniqueName('terraform-')
  },

  async find({ api }, _id, state): Promise<Remote | undefined> {
    const UserName = state.user!
    const found = await groupsOf(api, UserName)
    if (found === undefined) return undefined
    const names = new Set(found)
    return { UserName, Groups: (state.groups ?? []).filter((name) => names.has(name)) }
  },

  updates: {
    async groups(op, { prior, planned }) {
      const [before, after] = [prior.groups ?? [], planned.groups ?? []]
      for (const GroupName of before) if (!after.includes(GroupName)) await leave(op, planned.user!, GroupName)
      for (const GroupName of after) if (!before.includes(GroupName)) await join(op, planned.user!, GroupName)
    },
  },

  async delete(op, _id, state) {
    for (const GroupName of state.groups ?? []) await leave(op, state.user!, GroupName)
  },

  expect: (api) => announce(api, 'User'),

  importId(id) {
    const [user, ...groups] = id.split('/')
    return user === '' || groups.length === 0 ? undefined : { id: uniqueName('terraform-'), user: user!, groups }
  },
})

/** Undefined: there is no such user. */
async function groupsOf(api: AwsApi, UserName: string): Promise<readonly string[] | undefined> {
  const known = await swept(api, 'User')
  if (known !== undefined) return known.has(UserName) ? (known.get(UserName)!.GroupList ?? []) : undefined
  const found = await unlessGone(
    all(
      (marker) => api.call('iam', 'ListGroupsForUser', { UserName, ...marker }),
      (page) => page.Groups,
    ),
  )
  return found?.map((group) => group.GroupName!)
}

async function join({ api }: Operation<AwsApi>, UserName: string, GroupName: string): Promise<void> {
  await api.call('iam', 'AddUserToGroup', { UserName, GroupName })
}

async function leave({ api }: Operation<AwsApi>, UserName: string, GroupName: string): Promise<void> {
  await unlessGone(api.call('iam', 'RemoveUserFromGroup', { UserName, GroupName }))
}
