import type * as Iam from '@aws-sdk/client-iam'
import type { Call } from '../../kernel/call.ts'
import { alreadyExists, deleteConflict, limitExceeded, noSuchEntity } from './_errors.ts'
import { checkName, checkPath, checkTags, keyOf, listed, newEntity, page, withoutTags, withTags } from './_names.ts'
import { describeRole, findRole } from './role.ts'
import { type ProfileRow, rows } from './rows.ts'

function findProfile(call: Call, name: string | undefined): ProfileRow {
  const row = rows(call, 'profiles').get(keyOf(name ?? ''))
  if (row === undefined || !call.isVisible(row.uniqueId)) throw noSuchEntity(`Instance Profile ${name} cannot be found.`)
  return row
}

/** The instance profile of the caller's account with that ARN or name, as other services are given it. */
export function tryInstanceProfile(
  call: Pick<Call, 'account' | 'scopeOf'>,
  given: { Arn?: string; Name?: string },
): ProfileRow | undefined {
  if (given.Name !== undefined) return rows(call, 'profiles').get(keyOf(given.Name))
  return [...rows(call, 'profiles').values()].find((row) => row.arn === given.Arn)
}

export const instanceProfileOperations = {
  CreateInstanceProfile(input: Iam.CreateInstanceProfileRequest, call: Call): Iam.CreateInstanceProfileResponse {
    const name = checkName(input.InstanceProfileName, 'instanceProfileName', 128)
    const path = checkPath(input.Path)
    if (rows(call, 'profiles').get(keyOf(name)) !== undefined) throw alreadyExists(`Instance Profile ${name} already exists.`)
    const row = rows(call, 'profiles').put({ ...newEntity(call, 'instance-profile', 'AIPA', path, name), tags: checkTags(input.Tags) })
    return { InstanceProfile: describeProfile(call, row) }
  },

  GetInstanceProfile: (input: Iam.GetInstanceProfileRequest, call: Call): Iam.GetInstanceProfileResponse => ({
    InstanceProfile: describeProfile(call, findProfile(call, input.InstanceProfileName)),
  }),

  ListInstanceProfiles(input: Iam.ListInstanceProfilesRequest, call: Call): Iam.ListInstanceProfilesResponse {
    const { items, ...rest } = page(call, input, listed(rows(call, 'profiles').values(), input.PathPrefix))
    return { InstanceProfiles: items.map((row) => ({ ...describeProfile(call, row), Tags: undefined })), ...rest }
  },

  ListInstanceProfilesForRole(input: Iam.ListInstanceProfilesForRoleRequest, call: Call): Iam.ListInstanceProfilesForRoleResponse {
    const role = findRole(call, input.RoleName)
    const profiles = [...rows(call, 'profiles').values()].filter((row) => row.role === role.id)
    const { items, ...rest } = page(call, input, listed(profiles))
    return { InstanceProfiles: items.map((row) => ({ ...describeProfile(call, row), Tags: undefined })), ...rest }
  },

  DeleteInstanceProfile(input: Iam.DeleteInstanceProfileRequest, call: Call): object {
    const row = findProfile(call, input.InstanceProfileName)
    if (row.role !== undefined) throw deleteConflict('remove roles from instance profile')
    rows(call, 'profiles').delete(row.id)
    return {}
  },

  AddRoleToInstanceProfile(input: Iam.AddRoleToInstanceProfileRequest, call: Call): object {
    const row = findProfile(call, input.InstanceProfileName)
    const role = findRole(call, input.RoleName)
    if (row.role !== undefined) throw limitExceeded('Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1')
    rows(call, 'profiles').patch(row.id, { role: role.id })
    return {}
  },

  RemoveRoleFromInstanceProfile(input: Iam.RemoveRoleFromInstanceProfileRequest, call: Call): object {
    const row = findProfile(call, input.InstanceProfileName)
    const role = findRole(call, input.RoleName)
    if (row.role !== role.id) throw noSuchEntity(`The role with name ${input.RoleName} cannot be found in instance profile ${row.name}.`)
    rows(call, 'profiles').patch(row.id, { role: undefined })
    return {}
  },

  TagInstanceProfile(input: Iam.TagInstanceProfileRequest, call: Call): object {
    const row = findProfile(call, input.InstanceProfileName)
    rows(call, 'profiles').patch(row.id, { tags: withTags(row.tags, input.Tags) })
    return {}
  },

  UntagInstanceProfile(input: Iam.UntagInstanceProfileRequest, call: Call): object {
    const row = findProfile(call, input.InstanceProfileName)
    rows(call, 'profiles').patch(row.id, { tags: withoutTags(row.tags, input.TagKeys) })
    return {}
  },

  ListInstanceProfileTags(input: Iam.ListInstanceProfileTagsRequest, call: Call): Iam.ListInstanceProfileTagsResponse {
    const { items, ...rest } = page(call, input, findProfile(call, input.InstanceProfileName).tags)
    return { Tags: items, ...rest }
  },
}

export function describeProfile(call: Call, row: ProfileRow): Iam.InstanceProfile {
  const role = row.role === undefined ? undefined : rows(call, 'roles').get(row.role)
  return {
    Path: row.path,
    InstanceProfileName: row.name,
    InstanceProfileId: row.uniqueId,
    Arn: row.arn,
    CreateDate: row.created,
    Roles: role === undefined ? [] : [{ ...describeRole(role), Tags: undefined, RoleLastUsed: undefined }],
    ...(row.tags.length === 0 ? {} : { Tags: [...row.tags] }),
  }
}
