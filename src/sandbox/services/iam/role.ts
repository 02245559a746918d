import type * as Iam from '@aws-sdk/client-iam'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import type { PolicyDocument } from '../../policy/index.ts'
import { alreadyExists, checkPolicy, deleteConflict, limitExceeded, validationError } from './_errors.ts'
import {
  attach,
  boundaryOf,
  checkBare,
  checkBoundary,
  deleteInline,
  detach,
  findHolder,
  getInline,
  listAttached,
  listInline,
  putInline,
  roleKind,
} from './_holders.ts'
import { checkName, checkPath, checkTags, encodeDocument, keyOf, listed, newEntity, page, withoutTags, withTags } from './_names.ts'
import { iamScope, type RoleRow, rows } from './rows.ts'

const LONGEST_TRUST = 2048

export function findRole(call: Call, name: string | undefined): RoleRow {
  return findHolder(call, roleKind, name)
}

/** The role of an ARN, in whatever account. */
export function tryRoleByArn(call: Pick<Call, 'account' | 'scopeOf'>, arn: string): RoleRow | undefined {
  const match = /^arn:aws[\w-]*:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(arn)
  const row = match === null ? undefined : rows(call, 'roles', match[1]!).get(keyOf(match[2]!))
  return row?.arn === arn ? row : undefined
}

export const roleOperations = {
  CreateRole(input: Iam.CreateRoleRequest, call: Call): Iam.CreateRoleResponse {
    const path = checkPath(input.Path)
    if (path.startsWith('/aws-service-role/') && !call.internal)
      throw new AwsError('AccessDenied', 'Cannot perform the operation on the protected path /aws-service-role/', 403)
    return { Role: describeRole(createRole(call, { ...input, Path: path })) }
  },

  GetRole: (input: Iam.GetRoleRequest, call: Call): Iam.GetRoleResponse => ({ Role: describeRole(findRole(call, input.RoleName)) }),

  ListRoles(input: Iam.ListRolesRequest, call: Call): Iam.ListRolesResponse {
    const { items, ...rest } = page(call, input, listed(rows(call, 'roles').values(), input.PathPrefix))
    return {
      Roles: items.map((row) => ({ ...describeRole(row), Tags: undefined, PermissionsBoundary: undefined, RoleLastUsed: undefined })),
      ...rest,
    }
  },

  UpdateRole(input: Iam.UpdateRoleRequest, call: Call): object {
    const row = findChangeable(call, input.RoleName)
    rows(call, 'roles').patch(row.id, {
      ...(input.Description === undefined ? {} : { description: input.Description }),
      ...(input.MaxSessionDuration === undefined ? {} : { maxSessionSeconds: checkDuration(input.MaxSessionDuration) }),
    })
    return {}
  },

  UpdateRoleDescription(input: Iam.UpdateRoleDescriptionRequest, call: Call): Iam.UpdateRoleDescriptionResponse {
    const row = findChangeable(call, input.RoleName)
    return { Role: describeRole(rows(call, 'roles').patch(row.id, { description: input.Description })) }
  },

  UpdateAssumeRolePolicy(input: Iam.UpdateAssumeRolePolicyRequest, call: Call): object {
    const row = findChangeable(call, input.RoleName)
    checkTrust(call, input.PolicyDocument!)
    rows(call, 'roles').patch(row.id, { trust: input.PolicyDocument! })
    return {}
  },

  DeleteRole(input: Iam.DeleteRoleRequest, call: Call): object {
    const row = findChangeable(call, input.RoleName)
    checkBare(row)
    if ([...rows(call, 'profiles').values()].some((profile) => profile.role === row.id))
      throw deleteConflict('remove roles from instance profile')
    rows(call, 'roles').delete(row.id)
    return {}
  },

  PutRolePermissionsBoundary(input: Iam.PutRolePermissionsBoundaryRequest, call: Call): object {
    rows(call, 'roles').patch(findChangeable(call, input.RoleName).id, { boundary: checkBoundary(call, input.PermissionsBoundary) })
    return {}
  },

  DeleteRolePermissionsBoundary(input: Iam.DeleteRolePermissionsBoundaryRequest, call: Call): object {
    rows(call, 'roles').patch(findChangeable(call, input.RoleName).id, { boundary: undefined })
    return {}
  },

  TagRole(input: Iam.TagRoleRequest, call: Call): object {
    const row = findRole(call, input.RoleName)
    rows(call, 'roles').patch(row.id, { tags: withTags(row.tags, input.Tags) })
    return {}
  },

  UntagRole(input: Iam.UntagRoleRequest, call: Call): object {
    const row = findRole(call, input.RoleName)
    rows(call, 'roles').patch(row.id, { tags: withoutTags(row.tags, input.TagKeys) })
    return {}
  },

  ListRoleTags(input: Iam.ListRoleTagsRequest, call: Call): Iam.ListRoleTagsResponse {
    const { items, ...rest } = page(call, input, findRole(call, input.RoleName).tags)
    return { Tags: items, ...rest }
  },

  PutRolePolicy(input: Iam.PutRolePolicyRequest, call: Call): object {
    putInline(call, roleKind, findChangeable(call, input.RoleName).name, input.PolicyName, input.PolicyDocument!)
    return {}
  },

  GetRolePolicy(input: Iam.GetRolePolicyRequest, call: Call): Iam.GetRolePolicyResponse {
    const { holder, ...policy } = getInline(call, roleKind, input.RoleName!, input.PolicyName!)
    return { RoleName: holder.name, ...policy }
  },

  DeleteRolePolicy(input: Iam.DeleteRolePolicyRequest, call: Call): object {
    deleteInline(call, roleKind, input.RoleName!, input.PolicyName!)
    return {}
  },

  ListRolePolicies: (input: Iam.ListRolePoliciesRequest, call: Call): Iam.ListRolePoliciesResponse =>
    listInline(call, roleKind, input.RoleName!, input),

  AttachRolePolicy(input: Iam.AttachRolePolicyRequest, call: Call): object {
    attach(call, roleKind, findChangeable(call, input.RoleName).name, input.PolicyArn!)
    return {}
  },

  DetachRolePolicy(input: Iam.DetachRolePolicyRequest, call: Call): object {
    detach(call, roleKind, findChangeable(call, input.RoleName).name, input.PolicyArn!)
    return {}
  },

  ListAttachedRolePolicies: (input: Iam.ListAttachedRolePoliciesRequest, call: Call): Iam.ListAttachedRolePoliciesResponse =>
    listAttached(call, roleKind, input.RoleName!, input),
}

/** A new role as `CreateRole` makes it, on protected paths too. @throws AwsError */
export function createRole(call: Call, input: Iam.CreateRoleRequest): RoleRow {
  const name = checkName(input.RoleName, 'roleName', 64)
  checkTrust(call, input.AssumeRolePolicyDocument!)
  if (rows(call, 'roles').get(keyOf(name)) !== undefined) throw alreadyExists(`Role with name ${name} already exists.`)
  return rows(call, 'roles').put({
    ...newEntity(call, 'role', 'AROA', input.Path ?? '/', name),
    inline: {},
    attached: [],
    tags: checkTags(input.Tags),
    boundary: checkBoundary(call, input.PermissionsBoundary),
    description: input.Description,
    trust: input.AssumeRolePolicyDocument!,
    maxSessionSeconds: checkDuration(input.MaxSessionDuration ?? 3600),
  })
}

/** Roles that belong to a service are changed by that service alone. */
function findChangeable(call: Call, name: string | undefined): RoleRow {
  const row = findRole(call, name)
  if (row.path.startsWith('/aws-service-role/') && !call.internal)
    throw new AwsError(
      'UnmodifiableEntity',
      `Cannot perform the operation on the protected role '${row.name}' - this role is only modifiable by AWS`,
    )
  return row
}

function checkDuration(seconds: number): number {
  if (seconds < 3600 || seconds > 43_200)
    throw validationError(
      `1 validation error detected: Value '${seconds}' at 'maxSessionDuration' failed to satisfy constraint: Member must have value ${seconds < 3600 ? 'greater than or equal to 3600' : 'less than or equal to 43200'}`,
    )
  return seconds
}

/** @throws AwsError MalformedPolicyDocument, also for a principal that does not exist */
function checkTrust(call: Call, text: string): PolicyDocument {
  const policy = checkPolicy(text, 'trust')
  if (text.replace(/\s/g, '').length > LONGEST_TRUST) throw limitExceeded(`Cannot exceed quota for ACLSizePerRole: ${LONGEST_TRUST}`)
  for (const statement of policy.statements)
    for (const { kind, value } of statement.principals?.entries ?? [])
      if (kind === 'AWS' && !isPossiblePrincipal(call, value))
        throw new AwsError('MalformedPolicyDocument', `Invalid principal in policy: "AWS":"${value}"`)
  return policy
}

/** Users and roles must exist, in accounts that the sandbox knows. Accounts are taken on trust. */
function isPossiblePrincipal(call: Call, value: string): boolean {
  if (value === '*' || /^\d{12}$/.test(value) || /^A(ID|RO)A[A-Z0-9]{16,}$/.test(value)) return true
  const match = /^arn:aws[\w-]*:(iam|sts)::(\d{12}):(root|user\/.+|role\/.+|assumed-role\/[^/]+\/.+|federated-user\/.+)$/.exec(value)
  if (match === null) return false
  const [, , account, resource] = match as unknown as [string, string, string, string]
  const [kind, ...names] = resource.split('/')
  const name = keyOf(names.at(-1) ?? '')
  const scope = iamScope(call, account)
  const isKnown = account === call.account || scope.table('users').size + scope.table('roles').size > 0
  if (!isKnown || (kind !== 'user' && kind !== 'role')) return true
  return (kind === 'user' ? rows(call, 'users', account) : rows(call, 'roles', account)).get(name)?.arn === value
}

export function describeRole(row: RoleRow): Iam.Role {
  return {
    Path: row.path,
    RoleName: row.name,
    RoleId: row.uniqueId,
    Arn: row.arn,
    CreateDate: row.created,
    AssumeRolePolicyDocument: encodeDocument(row.trust),
    Description: row.description === '' ? undefined : row.description,
    MaxSessionDuration: row.maxSessionSeconds,
    PermissionsBoundary: boundaryOf(row.boundary),
    ...(row.tags.length === 0 ? {} : { Tags: [...row.tags] }),
    RoleLastUsed: row.lastUsed === undefined ? {} : { LastUsedDate: row.lastUsed.at, Region: row.lastUsed.region },
  }
}
