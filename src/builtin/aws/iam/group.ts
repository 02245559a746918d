import type { OutputOf } from '../../../aws/index.ts'
import { defineResource, string, UNKNOWN } from '../resource.ts'
import { deleteUnlessGone, unlessGone } from './_answers.ts'
import { personName } from './_rules.ts'
import { announce, swept } from './_sweep.ts'

type Group = NonNullable<OutputOf<'iam', 'GetGroup'>['Group']>

export const group = defineResource({
  type: 'aws_iam_group',
  title: 'IAM Group',
  rules: 'sdk',
  fields: {
    arn: string('Arn', { create: false, changesWith: ['name', 'path'] }),
    name: string('GroupName', { update: 'name' }),
    path: string('Path', { update: 'name' }),
    unique_id: string('GroupId', { create: false }),
  },

  async create({ api }, request) {
    const { Group } = await api.call('iam', 'CreateGroup', request as never)
    return Group!.GroupName!
  },

  async find({ api }, id): Promise<Group | undefined> {
    const known = await swept(api, 'Group')
    if (known !== undefined) return known.get(id) as Group | undefined
    return (await unlessGone(api.call('iam', 'GetGroup', { GroupName: id, MaxItems: 1 })))?.Group
  },

  updates: {
    async name({ api }, { id, planned, changed }) {
      await api.call('iam', 'UpdateGroup', {
        GroupName: id,
        NewGroupName: changed.has('name') ? planned.name! : undefined,
        NewPath: changed.has('path') ? planned.path! : undefined,
      })
      return planned.name!
    },
  },

  async delete(op, id) {
    await deleteUnlessGone(op, () => op.api.call('iam', 'DeleteGroup', { GroupName: id }))
  },

  validate: personName,

  expect: (api) => announce(api, 'Group'),

  plan({ planned, prior }) {
    if (prior !== undefined && planned.name !== prior.name) planned.id = UNKNOWN
  },
})
