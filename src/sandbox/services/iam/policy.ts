import type * as Iam from '@aws-sdk/client-iam'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { alreadyExists, checkPolicy, invalidInput, limitExceeded, noSuchEntity, validationError } from './_errors.ts'
import { managedPolicies } from './_managed-policies.ts'
import { arnOf, checkName, checkPath, checkTags, encodeDocument, listed, page, seconds, uniqueId, withoutTags, withTags } from './_names.ts'
import { type PolicyRow, type PolicyVersionRow, rows } from './rows.ts'

const MOST_VERSIONS = 5
const LONGEST_DOCUMENT = 6144

/** A managed policy of the account or of AWS. */
export function tryPolicy(call: Pick<Call, 'account' | 'scopeOf'>, arn: string, account?: string): PolicyRow | undefined {
  return rows(call, 'policies', account).get(arn) ?? managedPolicies().get(arn)
}

/** @throws AwsError NoSuchEntity, or InvalidInput for a text that is no ARN of a policy */
function findPolicy(call: Call, arn: string): PolicyRow {
  if (!/^arn:aws[\w-]*:iam::(\d{12}|aws):policy\/.+$/.test(arn)) throw invalidInput(`ARN ${arn} is not valid.`)
  const row = tryPolicy(call, arn)
  if (row === undefined || !call.isVisible(row.uniqueId)) throw noSuchEntity(`Policy ${arn} was not found.`)
  return row
}

/** Of the account's own policies. @throws AwsError also for those of AWS, which nobody changes */
function findOwnPolicy(call: Call, arn: string): PolicyRow {
  const row = findPolicy(call, arn)
  if (rows(call, 'policies').get(arn) === undefined)
    throw new AwsError(
      'AccessDenied',
      `User: ${call.identity.arn} is not authorized to perform: iam:${call.operation} on resource: policy ${arn}`,
      403,
    )
  return row
}

export function defaultDocument(policy: PolicyRow): string {
  return versionOf(policy, policy.defaultVersion).document
}

/** @throws AwsError NoSuchEntity */
function versionOf(policy: PolicyRow, id: string): PolicyVersionRow {
  const version = policy.versions.find((v) => v.id === id)
  if (version === undefined) throw noSuchEntity(`Policy ${policy.arn} version ${id} does not exist or is not attachable.`)
  return version
}

export const policyOperations = {
  CreatePolicy(input: Iam.CreatePolicyRequest, call: Call): Iam.CreatePolicyResponse {
    const name = checkName(input.PolicyName, 'policyName', 128)
    const path = checkPath(input.Path)
    const arn = arnOf(call, 'policy', path, name)
    checkDocument(input.PolicyDocument!)
    const tags = checkTags(input.Tags)
    if ([...rows(call, 'policies').values()].some((policy) => policy.name.toLowerCase() === name.toLowerCase()))
      throw alreadyExists(`A policy called ${name} already exists. Duplicate names are not allowed.`)
    const created = seconds(call.now)
    const row = rows(call, 'policies').put({
      id: arn,
      name,
      path,
      uniqueId: uniqueId(call, 'ANPA'),
      arn,
      created,
      updated: created,
      description: input.Description,
      versions: [{ id: 'v1', document: input.PolicyDocument!, created }],
      defaultVersion: 'v1',
      lastVersion: 1,
      tags,
    })
    return { Policy: describe(call, row) }
  },

  GetPolicy(input: Iam.GetPolicyRequest, call: Call): Iam.GetPolicyResponse {
    const row = findPolicy(call, input.PolicyArn!)
    return { Policy: { ...describe(call, row), Description: row.description, Tags: [...row.tags] } }
  },

  ListPolicies(input: Iam.ListPoliciesRequest, call: Call): Iam.ListPoliciesResponse {
    const scope = input.Scope ?? 'All'
    const own = scope === 'AWS' ? [] : [...rows(call, 'policies').values()]
    const all = [...own, ...(scope === 'Local' ? [] : managedPolicies().values())]
    const described = listed(all, input.PathPrefix).map((row) => describe(call, row))
    const chosen = described.filter(
      (policy) =>
        (input.OnlyAttached !== true || policy.AttachmentCount! > 0) &&
        (input.PolicyUsageFilter !== 'PermissionsBoundary' || policy.PermissionsBoundaryUsageCount! > 0),
    )
    const { items, ...rest } = page(call, input, chosen)
    return { Policies: items, ...rest }
  },

  CreatePolicyVersion(input: Iam.CreatePolicyVersionRequest, call: Call): Iam.CreatePolicyVersionResponse {
    const row = findOwnPolicy(call, input.PolicyArn!)
    checkDocument(input.PolicyDocument!)
    if (row.versions.length >= MOST_VERSIONS)
      throw limitExceeded(
        `A managed policy can have up to ${MOST_VERSIONS} versions. Before you create a new version, you must delete an existing version.`,
      )
    const version = { id: `v${row.lastVersion + 1}`, document: input.PolicyDocument!, created: seconds(call.now) }
    const changed = rows(call, 'policies').patch(row.id, {
      versions: [...row.versions, version],
      lastVersion: row.lastVersion + 1,
      updated: version.created,
      ...(input.SetAsDefault === true ? { defaultVersion: version.id } : {}),
    })
    return { PolicyVersion: describeVersion(changed, version) }
  },

  GetPolicyVersion(input: Iam.GetPolicyVersionRequest, call: Call): Iam.GetPolicyVersionResponse {
    const row = findPolicy(call, input.PolicyArn!)
    const version = versionOf(row, input.VersionId!)
    return { PolicyVersion: { ...describeVersion(row, version), Document: encodeDocument(version.document) } }
  },

  ListPolicyVersions(input: Iam.ListPolicyVersionsRequest, call: Call): Iam.ListPolicyVersionsResponse {
    const row = findPolicy(call, input.PolicyArn!)
    const newestFirst = [...row.versions].reverse().map((version) => describeVersion(row, version))
    const { items, ...rest } = page(call, input, newestFirst)
    return { Versions: items, ...rest }
  },

  SetDefaultPolicyVersion(input: Iam.SetDefaultPolicyVersionRequest, call: Call): object {
    const row = findOwnPolicy(call, input.PolicyArn!)
    versionOf(row, input.VersionId!)
    rows(call, 'policies').patch(row.id, { defaultVersion: input.VersionId!, updated: seconds(call.now) })
    return {}
  },

  DeletePolicyVersion(input: Iam.DeletePolicyVersionRequest, call: Call): object {
    const row = findOwnPolicy(call, input.PolicyArn!)
    versionOf(row, input.VersionId!)
    if (row.defaultVersion === input.VersionId) throw new AwsError('DeleteConflict', 'Cannot delete the default version of a policy.', 409)
    rows(call, 'policies').patch(row.id, { versions: row.versions.filter((version) => version.id !== input.VersionId) })
    return {}
  },

  DeletePolicy(input: Iam.DeletePolicyRequest, call: Call): object {
    const row = findOwnPolicy(call, input.PolicyArn!)
    const { attached, bounded } = entitiesWith(call, row.arn)
    if (attached.length + bounded.length > 0) throw new AwsError('DeleteConflict', 'Cannot delete a policy attached to entities.', 409)
    if (row.versions.length > 1)
      throw new AwsError(
        'DeleteConflict',
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
        409,
      )
    rows(call, 'policies').delete(row.id)
    return {}
  },

  ListEntitiesForPolicy(input: Iam.ListEntitiesForPolicyRequest, call: Call): Iam.ListEntitiesForPolicyResponse {
    const row = findPolicy(call, input.PolicyArn!)
    const found = entitiesWith(call, row.arn)
    const wanted = input.EntityFilter
    const chosen = (input.PolicyUsageFilter === 'PermissionsBoundary' ? found.bounded : found.attached).filter(
      ({ kind, path }) => (wanted === undefined || wanted.toLowerCase() === kind) && path.startsWith(input.PathPrefix ?? '/'),
    )
    const { items, ...rest } = page(call, input, chosen)
    const of = (kind: string) => items.filter((item) => item.kind === kind)
    return {
      PolicyUsers: of('user').map(({ name, uniqueId: UserId }) => ({ UserName: name, UserId })),
      PolicyGroups: of('group').map(({ name, uniqueId: GroupId }) => ({ GroupName: name, GroupId })),
      PolicyRoles: of('role').map(({ name, uniqueId: RoleId }) => ({ RoleName: name, RoleId })),
      ...rest,
    }
  },

  TagPolicy(input: Iam.TagPolicyRequest, call: Call): object {
    const row = findOwnPolicy(call, input.PolicyArn!)
    rows(call, 'policies').patch(row.id, { tags: withTags(row.tags, input.Tags) })
    return {}
  },

  UntagPolicy(input: Iam.UntagPolicyRequest, call: Call): object {
    const row = findOwnPolicy(call, input.PolicyArn!)
    rows(call, 'policies').patch(row.id, { tags: withoutTags(row.tags, input.TagKeys) })
    return {}
  },

  ListPolicyTags(input: Iam.ListPolicyTagsRequest, call: Call): Iam.ListPolicyTagsResponse {
    const { items, ...rest } = page(call, input, findPolicy(call, input.PolicyArn!).tags)
    return { Tags: items, ...rest }
  },
}

function checkDocument(text: string): void {
  checkPolicy(text, 'identity')
  if (text.replace(/\s/g, '').length > LONGEST_DOCUMENT) throw limitExceeded(`Cannot exceed quota for PolicySize: ${LONGEST_DOCUMENT}`)
  if (text.length > 131_072)
    throw validationError(
      `1 validation error detected: Value at 'policyDocument' failed to satisfy constraint: Member must have length less than or equal to 131072`,
    )
}

interface Entity {
  readonly kind: 'user' | 'group' | 'role'
  readonly name: string
  readonly path: string
  readonly uniqueId: string
}

/** Who has a policy attached, and whose boundary it is. */
function entitiesWith(call: Call, arn: string): { attached: Entity[]; bounded: Entity[] } {
  const attached: Entity[] = []
  const bounded: Entity[] = []
  for (const [kind, table] of [
    ['user', 'users'],
    ['group', 'groups'],
    ['role', 'roles'],
  ] as const)
    for (const row of rows(call, table).values()) {
      const entity = { kind, name: row.name, path: row.path, uniqueId: row.uniqueId }
      if (row.attached.includes(arn)) attached.push(entity)
      if ('boundary' in row && row.boundary === arn) bounded.push(entity)
    }
  return { attached, bounded }
}

function describe(call: Call, row: PolicyRow): Iam.Policy {
  const { attached, bounded } = entitiesWith(call, row.arn)
  return {
    PolicyName: row.name,
    PolicyId: row.uniqueId,
    Arn: row.arn,
    Path: row.path,
    DefaultVersionId: row.defaultVersion,
    AttachmentCount: attached.length,
    PermissionsBoundaryUsageCount: bounded.length,
    IsAttachable: !row.path.startsWith('/aws-service-role/'),
    CreateDate: row.created,
    UpdateDate: row.updated,
    ...(call.operation === 'CreatePolicy' && row.tags.length > 0 ? { Tags: [...row.tags] } : {}),
  }
}

function describeVersion(row: PolicyRow, version: PolicyVersionRow): Iam.PolicyVersion {
  return { VersionId: version.id, IsDefaultVersion: version.id === row.defaultVersion, CreateDate: version.created }
}
