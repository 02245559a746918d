import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { namePrefixOf } from '../names.ts'
import { type AwsApi, defineResource, type Operation, string, UNKNOWN, uniqueName } from '../resource.ts'
import { deleteUnlessGone, isGone, propagationMs, unlessGone } from './_answers.ts'
import { names } from './_rules.ts'
import { iamTags } from './_tags.ts'

type Profile = NonNullable<OutputOf<'iam', 'GetInstanceProfile'>['InstanceProfile']>

export const instanceProfile = defineResource({
  type: 'aws_iam_instance_profile',
  title: 'IAM Instance Profile',
  rules: 'sdk',
  traits: [iamTags('instanceProfile')],
  fields: {
    arn: string('Arn', { create: false }),
    create_date: string('CreateDate', { create: false }),
    name: string('InstanceProfileName'),
    name_prefix: string(undefined, { read: (remote: Profile) => namePrefixOf(remote.InstanceProfileName) }),
    path: string('Path'),
    role: string(undefined, { read: (remote: Profile) => remote.Roles?.[0]?.RoleName ?? null, update: 'role' }),
    unique_id: string('InstanceProfileId', { create: false }),
  },

  async create({ api }, request, planned) {
    const InstanceProfileName = planned.name || uniqueName(planned.name_prefix || 'terraform-')
    await api.call('iam', 'CreateInstanceProfile', { ...request, InstanceProfileName } as never)
    return InstanceProfileName
  },

  ready: (op, id) => op.waitFor('the instance profile to be found', () => find(op.api, id)),

  find: ({ api }, id): Promise<Profile | undefined> => find(api, id),

  updates: {
    async role(op, { id, prior, planned }) {
      if (prior.role) await removeRole(op, id, prior.role)
      if (!planned.role) return
      const input = { InstanceProfileName: id, RoleName: planned.role }
      // A role or profile that was made a moment ago is not known everywhere.
      const isNew = (error: unknown): boolean => isGone(error) || isAwsError(error, 'InvalidParameterValue*')
      await op.retry(isNew, () => op.api.call('iam', 'AddRoleToInstanceProfile', input), propagationMs)
    },
  },
  afterCreate: ['role'],

  async delete(op, id, state) {
    if (state.role) await removeRole(op, id, state.role)
    await deleteUnlessGone(op, () => op.api.call('iam', 'DeleteInstanceProfile', { InstanceProfileName: id }))
  },

  plan({ planned, prior, config }) {
    if (prior === undefined && typeof config.name === 'string') planned.name_prefix = UNKNOWN
  },

  validate: names(128),
})

async function find(api: AwsApi, id: string): Promise<Profile | undefined> {
  return (await unlessGone(api.call('iam', 'GetInstanceProfile', { InstanceProfileName: id })))?.InstanceProfile
}

async function removeRole({ api }: Operation<AwsApi>, InstanceProfileName: string, RoleName: string): Promise<void> {
  await unlessGone(api.call('iam', 'RemoveRoleFromInstanceProfile', { InstanceProfileName, RoleName }))
}
