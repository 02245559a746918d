import { isAwsError } from '../../../aws/index.ts'
import { type AwsApi, defineResource, string, uniqueName } from '../resource.ts'
import { all, deleteUnlessGone, propagationMs, unlessGone } from './_answers.ts'
import { announce, swept } from './_sweep.ts'

interface Remote {
  readonly RoleName: string
  readonly PolicyArn: string
}

export const rolePolicyAttachment = defineResource({
  type: 'aws_iam_role_policy_attachment',
  title: 'IAM Role Policy Attachment',
  rules: 'sdk',
  fields: {
    role: string('RoleName'),
    policy_arn: string('PolicyArn'),
  },

  async create(op, _request, planned) {
    const input = { RoleName: planned.role!, PolicyArn: planned.policy_arn! }
    // Attachments to one role at a time.
    const isBusy = (error: unknown): boolean => isAwsError(error, 'ConcurrentModification*')
    await op.retry(isBusy, () => op.api.call('iam', 'AttachRolePolicy', input), propagationMs)
    return uniqueName(`${planned.role!}-`)
  },

  async find({ api }, _id, state): Promise<Remote | undefined> {
    const RoleName = state.role!
    const attached = await attachedTo(api, RoleName)
    return attached.some((policy) => policy.PolicyArn === state.policy_arn) ? { RoleName, PolicyArn: state.policy_arn! } : undefined
  },

  async delete(op, _id, state) {
    await deleteUnlessGone(op, () => op.api.call('iam', 'DetachRolePolicy', { RoleName: state.role!, PolicyArn: state.policy_arn! }))
  },

  expect: (api) => announce(api, 'Role'),

  importId(id) {
    const slash = id.indexOf('/')
    if (slash <= 0 || !id.slice(slash + 1).startsWith('arn:')) return undefined
    const [role, policy_arn] = [id.slice(0, slash), id.slice(slash + 1)]
    return { id: `${role}-${policy_arn}`, role, policy_arn }
  },
})

async function attachedTo(api: AwsApi, RoleName: string): Promise<readonly { readonly PolicyArn?: string }[]> {
  const known = await swept(api, 'Role')
  if (known !== undefined) return known.get(RoleName)?.AttachedManagedPolicies ?? []
  const found = await unlessGone(
    all(
      (marker) => api.call('iam', 'ListAttachedRolePolicies', { RoleName, ...marker }),
      (page) => page.AttachedPolicies,
    ),
  )
  return found ?? []
}
