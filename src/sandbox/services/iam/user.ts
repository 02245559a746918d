import type * as Iam from '@aws-sdk/client-iam'
import type { Call } from '../../kernel/call.ts'
import { alreadyExists, deleteConflict, noSuchEntity, validationError } from './_errors.ts'
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
  userKind,
} from './_holders.ts'
import { arnOf, checkName, checkPath, checkTags, keyOf, listed, newEntity, page, withoutTags, withTags } from './_names.ts'
import { rows, type UserRow } from './rows.ts'

export function findUser(call: Call, name: string | undefined): UserRow {
  return findHolder(call, userKind, name)
}

/** The user of that name, or the caller when no name is given. @throws AwsError when the caller is no user */
export function userOrCaller(call: Call, name: string | undefined): UserRow {
  if (name !== undefined) return findUser(call, name)
  const own = /^arn:aws[\w-]*:iam::\d{12}:user\/(?:.*\/)?([^/]+)$/.exec(call.identity.arn)?.[1]
  if (own === undefined) throw validationError('Must specify userName when calling with non-User credentials')
  return findUser(call, own)
}

export const userOperations = {
  CreateUser(input: Iam.CreateUserRequest, call: Call): Iam.CreateUserResponse {
    const name = checkName(input.UserName, 'userName', 64)
    const path = checkPath(input.Path)
    if (rows(call, 'users').get(keyOf(name)) !== undefined) throw alreadyExists(`User with name ${name} already exists.`)
    const row = rows(call, 'users').put({
      ...newEntity(call, 'user', 'AIDA', path, name),
      inline: {},
      attached: [],
      groups: [],
      tags: checkTags(input.Tags),
      boundary: checkBoundary(call, input.PermissionsBoundary),
    })
    return { User: describeUser(row) }
  },

  GetUser(input: Iam.GetUserRequest, call: Call): Iam.GetUserResponse {
    const { account, arn } = call.identity
    if (input.UserName === undefined && arn.endsWith(':root'))
      return { User: { Path: '/', UserName: undefined, UserId: account, Arn: arn, CreateDate: new Date(Date.UTC(2020, 0, 1)) } }
    return { User: describeUser(userOrCaller(call, input.UserName)) }
  },

  ListUsers(input: Iam.ListUsersRequest, call: Call): Iam.ListUsersResponse {
    const { items, ...rest } = page(call, input, listed(rows(call, 'users').values(), input.PathPrefix))
    return { Users: items.map((row) => ({ ...describeUser(row), Tags: undefined })), ...rest }
  },

  UpdateUser(input: Iam.UpdateUserRequest, call: Call): object {
    const row = findUser(call, input.UserName)
    const name = input.NewUserName === undefined ? row.name : checkName(input.NewUserName, 'newUserName', 64)
    const path = input.NewPath === undefined ? row.path : checkPath(input.NewPath)
    const id = keyOf(name)
    if (id !== row.id && rows(call, 'users').get(id) !== undefined) throw alreadyExists(`User with name ${name} already exists.`)
    const arn = arnOf(call, 'user', path, name)
    rows(call, 'users').delete(row.id)
    rows(call, 'users').put({ ...row, id, name, path, arn })
    for (const key of [...rows(call, 'keys').values()].filter((k) => k.user === row.id)) {
      rows(call, 'keys').patch(key.id, { user: id })
      const credential = call.kernel.accounts.tryCredential(key.id)
      if (key.active && credential !== undefined) call.kernel.accounts.add({ ...credential, arn })
    }
    for (const device of [...rows(call, 'devices').values()].filter((d) => d.user === row.id))
      rows(call, 'devices').patch(device.id, { user: id })
    return {}
  },

  DeleteUser(input: Iam.DeleteUserRequest, call: Call): object {
    const row = findUser(call, input.UserName)
    checkBare(row)
    if (row.groups.length > 0) throw deleteConflict('remove users from group')
    if (row.login !== undefined) throw deleteConflict('delete login profile')
    if ([...rows(call, 'keys').values()].some((key) => key.user === row.id)) throw deleteConflict('delete access keys')
    if ([...rows(call, 'devices').values()].some((device) => device.user === row.id)) throw deleteConflict('delete MFA device')
    rows(call, 'users').delete(row.id)
    return {}
  },

  PutUserPermissionsBoundary(input: Iam.PutUserPermissionsBoundaryRequest, call: Call): object {
    rows(call, 'users').patch(findUser(call, input.UserName).id, { boundary: checkBoundary(call, input.PermissionsBoundary) })
    return {}
  },

  DeleteUserPermissionsBoundary(input: Iam.DeleteUserPermissionsBoundaryRequest, call: Call): object {
    rows(call, 'users').patch(findUser(call, input.UserName).id, { boundary: undefined })
    return {}
  },

  TagUser(input: Iam.TagUserRequest, call: Call): object {
    const row = findUser(call, input.UserName)
    rows(call, 'users').patch(row.id, { tags: withTags(row.tags, input.Tags) })
    return {}
  },

  UntagUser(input: Iam.UntagUserRequest, call: Call): object {
    const row = findUser(call, input.UserName)
    rows(call, 'users').patch(row.id, { tags: withoutTags(row.tags, input.TagKeys) })
    return {}
  },

  ListUserTags(input: Iam.ListUserTagsRequest, call: Call): Iam.ListUserTagsResponse {
    const { items, ...rest } = page(call, input, findUser(call, input.UserName).tags)
    return { Tags: items, ...rest }
  },

  ListGroupsForUser(input: Iam.ListGroupsForUserRequest, call: Call): Iam.ListGroupsForUserResponse {
    const row = findUser(call, input.UserName)
    const groups = row.groups.map((id) => rows(call, 'groups').get(id)!).filter((group) => group !== undefined)
    const { items, ...rest } = page(call, input, listed(groups))
    return {
      Groups: items.map(({ path, name, uniqueId, arn, created }) => ({
        Path: path,
        GroupName: name,
        GroupId: uniqueId,
        Arn: arn,
        CreateDate: created,
      })),
      ...rest,
    }
  },

  PutUserPolicy(input: Iam.PutUserPolicyRequest, call: Call): object {
    putInline(call, userKind, input.UserName!, input.PolicyName, input.PolicyDocument!)
    return {}
  },

  GetUserPolicy(input: Iam.GetUserPolicyRequest, call: Call): Iam.GetUserPolicyResponse {
    const { holder, ...policy } = getInline(call, userKind, input.UserName!, input.PolicyName!)
    return { UserName: holder.name, ...policy }
  },

  DeleteUserPolicy(input: Iam.DeleteUserPolicyRequest, call: Call): object {
    deleteInline(call, userKind, input.UserName!, input.PolicyName!)
    return {}
  },

  ListUserPolicies: (input: Iam.ListUserPoliciesRequest, call: Call): Iam.ListUserPoliciesResponse =>
    listInline(call, userKind, input.UserName!, input),

  AttachUserPolicy(input: Iam.AttachUserPolicyRequest, call: Call): object {
    attach(call, userKind, input.UserName!, input.PolicyArn!)
    return {}
  },

  DetachUserPolicy(input: Iam.DetachUserPolicyRequest, call: Call): object {
    detach(call, userKind, input.UserName!, input.PolicyArn!)
    return {}
  },

  ListAttachedUserPolicies: (input: Iam.ListAttachedUserPoliciesRequest, call: Call): Iam.ListAttachedUserPoliciesResponse =>
    listAttached(call, userKind, input.UserName!, input),

  CreateLoginProfile(input: Iam.CreateLoginProfileRequest, call: Call): Iam.CreateLoginProfileResponse {
    const row = userOrCaller(call, input.UserName)
    if (row.login !== undefined) throw alreadyExists(`Login Profile for User ${row.name} already exists.`)
    const login = { created: call.now, resetRequired: input.PasswordResetRequired === true }
    rows(call, 'users').patch(row.id, { login })
    return { LoginProfile: { UserName: row.name, CreateDate: login.created, PasswordResetRequired: login.resetRequired } }
  },

  GetLoginProfile(input: Iam.GetLoginProfileRequest, call: Call): Iam.GetLoginProfileResponse {
    const row = userOrCaller(call, input.UserName)
    if (row.login === undefined) throw noLogin(row)
    return { LoginProfile: { UserName: row.name, CreateDate: row.login.created, PasswordResetRequired: row.login.resetRequired } }
  },

  UpdateLoginProfile(input: Iam.UpdateLoginProfileRequest, call: Call): object {
    const row = findUser(call, input.UserName)
    if (row.login === undefined) throw noLogin(row)
    rows(call, 'users').patch(row.id, { login: { ...row.login, resetRequired: input.PasswordResetRequired ?? row.login.resetRequired } })
    return {}
  },

  DeleteLoginProfile(input: Iam.DeleteLoginProfileRequest, call: Call): object {
    const row = userOrCaller(call, input.UserName)
    if (row.login === undefined) throw noLogin(row)
    rows(call, 'users').patch(row.id, { login: undefined })
    return {}
  },

  /** Nobody logs in to the sandbox with a password: none is kept, so the old one is not asked for. */
  ChangePassword(_input: Iam.ChangePasswordRequest, call: Call): object {
    const row = userOrCaller(call, undefined)
    if (row.login === undefined) throw noLogin(row)
    rows(call, 'users').patch(row.id, { login: { ...row.login, resetRequired: false } })
    return {}
  },

  /** The sandbox's users have none of these; deleting a user by force asks for them. */
  ListSSHPublicKeys: (input: Iam.ListSSHPublicKeysRequest, call: Call): Iam.ListSSHPublicKeysResponse => {
    userOrCaller(call, input.UserName)
    return { SSHPublicKeys: [], IsTruncated: false }
  },
  ListSigningCertificates: (input: Iam.ListSigningCertificatesRequest, call: Call): Iam.ListSigningCertificatesResponse => {
    userOrCaller(call, input.UserName)
    return { Certificates: [], IsTruncated: false }
  },
  ListServiceSpecificCredentials: (
    input: Iam.ListServiceSpecificCredentialsRequest,
    call: Call,
  ): Iam.ListServiceSpecificCredentialsResponse => {
    userOrCaller(call, input.UserName)
    return { ServiceSpecificCredentials: [] }
  },
}

function noLogin(row: UserRow): Error {
  return noSuchEntity(`Login Profile for User ${row.name} cannot be found.`)
}

export function describeUser(row: UserRow): Iam.User {
  return {
    Path: row.path,
    UserName: row.name,
    UserId: row.uniqueId,
    Arn: row.arn,
    CreateDate: row.created,
    PermissionsBoundary: boundaryOf(row.boundary),
    ...(row.tags.length === 0 ? {} : { Tags: [...row.tags] }),
  }
}
