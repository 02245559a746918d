import { namePrefixOf } from '../names.ts'
import { type AwsApi, defineResource, type Operation, string, UNKNOWN, uniqueName } from '../resource.ts'
import { deleteUnlessGone, unlessGone } from './_answers.ts'
import { policyField, readPolicy, versionFirstPolicy } from './_policy.ts'
import { names, oneName, policyText, rules } from './_rules.ts'
import { announce, swept } from './_sweep.ts'

interface Remote {
  readonly Holder: string
  readonly PolicyName: string
  readonly PolicyDocument: string
}

/** The calls of one kind of holder. */
interface Calls {
  put(api: AwsApi, holder: string, PolicyName: string, PolicyDocument: string): Promise<unknown>
  get(api: AwsApi, holder: string, PolicyName: string): Promise<{ PolicyName?: string; PolicyDocument?: string }>
  delete(api: AwsApi, holder: string, PolicyName: string): Promise<unknown>
  /** Of holders that are read together: all inline policies of one. */
  readonly kind: 'Group' | 'Role'
}

/** A policy inside a group or a role. Its id is `HOLDER:NAME`. */
function inlinePolicy(holder: 'group' | 'role', title: string, calls: Calls) {
  const put = async ({ api }: Operation<AwsApi>, id: string, policy: string): Promise<void> => {
    const [name, policyName] = parseId(id)
    await calls.put(api, name, policyName, policy)
  }
  return defineResource({
    type: `aws_iam_${holder}_policy`,
    title,
    rules: 'sdk',
    fields: {
      [holder]: string('Holder'),
      name: string('PolicyName'),
      name_prefix: string(undefined, { read: (remote: Remote) => namePrefixOf(remote.PolicyName) }),
      policy: policyField('PolicyDocument', versionFirstPolicy),
    },

    async create(op, _request, planned) {
      const { name, name_prefix, policy } = planned as Record<string, string | null>
      const id = `${(planned as Record<string, string | null>)[holder]}:${name || uniqueName(name_prefix || 'terraform-')}`
      await put(op, id, policy!)
      return id
    },

    async find({ api }, id, state): Promise<Remote | undefined> {
      const [name, policyName] = parseId(id)
      const found = await findInline(api, calls, name, policyName)
      if (found?.PolicyDocument === undefined) return undefined
      const known = (state as Record<string, string | null>).policy
      return { Holder: name, PolicyName: policyName, PolicyDocument: readPolicy(found.PolicyDocument, known, versionFirstPolicy) }
    },

    updates: {
      policy: (op, { id, planned }) => put(op, id, (planned as Record<string, string | null>).policy!),
    },

    async delete(op, id) {
      const [name, policyName] = parseId(id)
      await deleteUnlessGone(op, () => calls.delete(op.api, name, policyName))
    },

    plan({ planned, prior, config }) {
      // A prefix that is not configured is read off the name.
      if (prior === undefined && typeof config.name === 'string') planned.name_prefix = UNKNOWN
    },

    validate: rules(holder === 'role' ? names(128) : oneName, policyText('policy')),

    expect: (api) => announce(api, calls.kind),

    importId(id) {
      if (!/^[^:]+:[^:]+$/.test(id)) return undefined
      const [name, policyName] = parseId(id)
      return { id, [holder]: name, name: policyName }
    },
  })
}

async function findInline(api: AwsApi, calls: Calls, holder: string, name: string): Promise<{ PolicyDocument?: string } | undefined> {
  const known = await swept(api, calls.kind)
  if (known === undefined) return unlessGone(calls.get(api, holder, name))
  const detail = known.get(holder)
  const list =
    detail === undefined ? [] : 'RoleName' in detail ? detail.RolePolicyList : (detail as { GroupPolicyList?: PolicyList }).GroupPolicyList
  return list?.find((policy) => policy.PolicyName === name)
}

type PolicyList = readonly { readonly PolicyName?: string; readonly PolicyDocument?: string }[]

function parseId(id: string): [holder: string, name: string] {
  const colon = id.indexOf(':')
  return [id.slice(0, colon), id.slice(colon + 1)]
}

export const groupPolicy = inlinePolicy('group', 'IAM Group Policy', {
  kind: 'Group',
  put: (api, GroupName, PolicyName, PolicyDocument) => api.call('iam', 'PutGroupPolicy', { GroupName, PolicyName, PolicyDocument }),
  get: (api, GroupName, PolicyName) => api.call('iam', 'GetGroupPolicy', { GroupName, PolicyName }),
  delete: (api, GroupName, PolicyName) => api.call('iam', 'DeleteGroupPolicy', { GroupName, PolicyName }),
})

export const rolePolicy = inlinePolicy('role', 'IAM Role Policy', {
  kind: 'Role',
  put: (api, RoleName, PolicyName, PolicyDocument) => api.call('iam', 'PutRolePolicy', { RoleName, PolicyName, PolicyDocument }),
  get: (api, RoleName, PolicyName) => api.call('iam', 'GetRolePolicy', { RoleName, PolicyName }),
  delete: (api, RoleName, PolicyName) => api.call('iam', 'DeleteRolePolicy', { RoleName, PolicyName }),
})
