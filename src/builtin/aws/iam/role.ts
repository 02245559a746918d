import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { namePrefixOf } from '../names.ts'
import { samePolicy } from '../policy.ts'
import {
  type AwsApi,
  blocks,
  bool,
  defineResource,
  number,
  type Operation,
  setting,
  string,
  strings,
  UNKNOWN,
  uniqueName,
} from '../resource.ts'
import { all, deleteUnlessGone, isNewPrincipal, propagationMs, unlessGone } from './_answers.ts'
import { readPolicy, sortedPolicy, versionFirstPolicy } from './_policy.ts'
import { names, policyText, rules } from './_rules.ts'
import { announce, swept } from './_sweep.ts'
import { iamTags } from './_tags.ts'

type Role = NonNullable<OutputOf<'iam', 'GetRole'>['Role']>

interface InlinePolicy {
  readonly name: string
  readonly policy: string
}

interface Remote extends Role {
  readonly Inline: readonly InlinePolicy[]
  readonly Attached: readonly string[]
}

type InlineList = readonly { readonly name: string | null; readonly policy: string | null }[] | null

export const role = defineResource({
  type: 'aws_iam_role',
  title: 'IAM Role',
  rules: 'sdk',
  traits: [iamTags('role')],
  fields: {
    arn: string('Arn', { create: false }),
    assume_role_policy: string('AssumeRolePolicyDocument', { update: 'trust', normalize: sortedPolicy, same: samePolicy }),
    create_date: string('CreateDate', { create: false }),
    description: string('Description', { update: 'description' }),
    force_detach_policies: bool(undefined, setting),
    inline_policy: blocks(
      undefined,
      { name: string(), policy: string(undefined, { normalize: versionFirstPolicy, same: samePolicy }) },
      { read: (remote: Remote) => remote.Inline as never, update: 'inline' },
    ),
    managed_policy_arns: strings(undefined, { read: (remote: Remote) => remote.Attached, update: 'managed' }),
    max_session_duration: number('MaxSessionDuration', { update: 'duration' }),
    name: string('RoleName'),
    name_prefix: string(undefined, { read: (remote: Remote) => namePrefixOf(remote.RoleName) }),
    path: string('Path'),
    permissions_boundary: string('PermissionsBoundary', { read: 'PermissionsBoundary.PermissionsBoundaryArn', update: 'boundary' }),
    unique_id: string('RoleId', { create: false }),
  },

  async create(op, request, planned) {
    const RoleName = planned.name || uniqueName(planned.name_prefix || 'terraform-')
    await op.retry(isNewPrincipal, () => op.api.call('iam', 'CreateRole', { ...request, RoleName } as never), propagationMs)
    return RoleName
  },

  ready: (op, id) =>
    op.waitFor('the role to be found', async () => (await unlessGone(op.api.call('iam', 'GetRole', { RoleName: id })))?.Role),

  async find({ api }, id, state): Promise<Remote | undefined> {
    const known = await swept(api, 'Role')
    const found =
      known === undefined ? (await unlessGone(api.call('iam', 'GetRole', { RoleName: id })))?.Role : (known.get(id) as Role | undefined)
    if (found === undefined) return undefined
    const detail = known?.get(id)
    const [Inline, Attached] =
      detail === undefined
        ? await Promise.all([inlinePolicies(api, id, state.inline_policy), attachedPolicies(api, id)])
        : [
            (detail.RolePolicyList ?? []).map((one) => inlineOf(one.PolicyName!, one.PolicyDocument, state.inline_policy)),
            (detail.AttachedManagedPolicies ?? []).map((one) => one.PolicyArn!),
          ]
    const AssumeRolePolicyDocument = readPolicy(found.AssumeRolePolicyDocument, state.assume_role_policy, sortedPolicy)
    return { ...found, AssumeRolePolicyDocument, Inline, Attached }
  },

  updates: {
    async trust(op, { id, planned }) {
      const input = { RoleName: id, PolicyDocument: planned.assume_role_policy! }
      await op.retry(isNewPrincipal, () => op.api.call('iam', 'UpdateAssumeRolePolicy', input), propagationMs)
    },
    async description({ api }, { id, planned }) {
      await api.call('iam', 'UpdateRoleDescription', { RoleName: id, Description: planned.description ?? '' })
    },
    async duration({ api }, { id, planned }) {
      await api.call('iam', 'UpdateRole', { RoleName: id, MaxSessionDuration: planned.max_session_duration! })
    },
    async boundary({ api }, { id, planned }) {
      const PermissionsBoundary = planned.permissions_boundary || undefined
      if (PermissionsBoundary === undefined) await api.call('iam', 'DeleteRolePermissionsBoundary', { RoleName: id })
      else await api.call('iam', 'PutRolePermissionsBoundary', { RoleName: id, PermissionsBoundary })
    },
    inline: (op, { id, prior, planned }) => changeInline(op, id, prior.inline_policy, planned.inline_policy),
    managed: (op, { id, prior, planned }) => changeManaged(op, id, prior.managed_policy_arns, planned.managed_policy_arns),
  },
  afterCreate: ['inline', 'managed'],

  async delete(op, id, state) {
    const { api } = op
    const profiles = await unlessGone(
      all(
        (marker) => api.call('iam', 'ListInstanceProfilesForRole', { RoleName: id, ...marker }),
        (page) => page.InstanceProfiles,
      ),
    )
    if (profiles === undefined) return
    for (const { InstanceProfileName } of profiles)
      await unlessGone(api.call('iam', 'RemoveRoleFromInstanceProfile', { InstanceProfileName: InstanceProfileName!, RoleName: id }))
    if (state.force_detach_policies) {
      await changeManaged(op, id, await attachedPolicies(api, id), [])
      await changeInline(op, id, await inlinePolicies(api, id, null), [])
    }
    await deleteUnlessGone(op, () => api.call('iam', 'DeleteRole', { RoleName: id }))
  },

  expect: (api) => announce(api, 'Role'),

  plan({ planned, prior, config }) {
    if (prior === undefined && typeof config.name === 'string') planned.name_prefix = UNKNOWN
    // One empty block says that there are to be none.
    if (
      Array.isArray(config.inline_policy) &&
      config.inline_policy.length > 0 &&
      prior !== undefined &&
      isNone(config.inline_policy as InlineList) &&
      isNone(prior.inline_policy as InlineList)
    )
      planned.inline_policy = prior.inline_policy!
  },

  validate: rules(names(64), policyText('assume_role_policy')),
})

function isNone(list: InlineList): boolean {
  return (list ?? []).every(({ name }) => name === null || name === '')
}

async function attachedPolicies(api: AwsApi, RoleName: string): Promise<string[]> {
  const found = await unlessGone(
    all(
      (marker) => api.call('iam', 'ListAttachedRolePolicies', { RoleName, ...marker }),
      (page) => page.AttachedPolicies,
    ),
  )
  return (found ?? []).map((attached) => attached.PolicyArn!)
}

function inlineOf(name: string, document: string | undefined, known: InlineList): InlinePolicy {
  const before = (known ?? []).find((one) => one.name === name)?.policy
  return { name, policy: readPolicy(document, before, (text) => text) }
}

async function inlinePolicies(api: AwsApi, RoleName: string, known: InlineList): Promise<InlinePolicy[]> {
  const names = await unlessGone(
    all(
      (marker) => api.call('iam', 'ListRolePolicies', { RoleName, ...marker }),
      (page) => page.PolicyNames,
    ),
  )
  const found = (names ?? []).map(async (PolicyName) => {
    const answer = await unlessGone(api.call('iam', 'GetRolePolicy', { RoleName, PolicyName }))
    return answer === undefined ? [] : [inlineOf(PolicyName, answer.PolicyDocument, known)]
  })
  return (await Promise.all(found)).flat()
}

async function changeInline({ api }: Operation<AwsApi>, RoleName: string, prior: InlineList, planned: InlineList): Promise<void> {
  const wanted = (planned ?? []).filter(({ name }) => name !== null && name !== '')
  for (const { name } of prior ?? [])
    if (name && !wanted.some((w) => w.name === name)) await unlessGone(api.call('iam', 'DeleteRolePolicy', { RoleName, PolicyName: name }))
  for (const { name, policy } of wanted) {
    if ((prior ?? []).some((p) => p.name === name && p.policy === policy)) continue
    await api.call('iam', 'PutRolePolicy', { RoleName, PolicyName: name!, PolicyDocument: policy! })
  }
}

async function changeManaged(
  op: Operation<AwsApi>,
  RoleName: string,
  prior: readonly string[] | null,
  planned: readonly string[] | null,
): Promise<void> {
  const [before, after] = [prior ?? [], planned ?? []]
  for (const PolicyArn of before)
    if (!after.includes(PolicyArn)) await unlessGone(op.api.call('iam', 'DetachRolePolicy', { RoleName, PolicyArn }))
  const isBusy = (error: unknown): boolean => isAwsError(error, 'ConcurrentModification*')
  for (const PolicyArn of after)
    if (!before.includes(PolicyArn))
      await op.retry(isBusy, () => op.api.call('iam', 'AttachRolePolicy', { RoleName, PolicyArn }), propagationMs)
}
